"""Runs the examples that `wsgen explain` prints: what is typed in them, over the files of one of their forms."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from wsgen.cli import main
from wsgen.cli.examples import Example, example_of
from wsgen.problems import Problems
from wsgen.verify import verify

__all__ = ["names_its_mend", "problems_of", "run_wsgen", "write_form"]

FORM = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs/schemas/problems.schema.json").read_text("utf-8"))
)
OUTPUT = "output/"
ENDLESS = "WSG604"


def problems_of(code: str, folder: Path, *, mended: bool) -> list[dict[str, Any]]:
    """The problems of the last command of an example, or of the output that it shows."""
    example = example_of(code)
    if example.parts[0].name.startswith(OUTPUT):
        return _of_output(example, mended=mended, timeout=2.0 if code == ENDLESS and not mended else 100.0)
    write_form(example, folder, mended=mended)
    found: list[dict[str, Any]] = []
    with chdir(folder), unforeseen_combinations():
        for command in example.commands(mended=mended):
            words = shlex.split(command, comments=True)
            if words[0] == "wsgen":
                found = json.loads(run_wsgen(*words[1:], "--format", "json")[1])
                FORM.validate(found)
            else:
                subprocess.run(["sh", "-ec", command], check=True)
    return found


def names_its_mend(problem: Mapping[str, Any]) -> bool:
    """Whether a reader is told what to do; of a value that must be something else that is all there is to say."""
    return problem["level"] == "note" or bool(problem["help"]) or " must be " in problem["message"]


def write_form(example: Example, folder: Path, *, mended: bool) -> None:
    for name, text in example.files(mended=mended).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def run_wsgen(*arguments: str) -> tuple[int, str, str]:
    """The exit code of a command line, and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert isinstance(end.value.code, int)
    return end.value.code, out.getvalue(), err.getvalue()


def _of_output(example: Example, *, mended: bool, timeout: float) -> list[dict[str, Any]]:
    texts = {PurePosixPath(name).relative_to(OUTPUT): text for name, text in example.files(mended=mended).items()} or {
        PurePosixPath("__init__.py"): ""
    }
    problems = Problems()
    verify(texts, problems, timeout=timeout)
    return [{"code": problem.code, "level": problem.level, "help": problem.help} for problem in problems]


NUMBER = '{"type": "number"}'


@contextmanager
def unforeseen_combinations() -> Iterator[None]:
    """Three numbers in a row bring the model generator down: no document is known that really does."""
    from wsgen.payloads import annotate

    real = annotate._source

    def failing(bundle: Any) -> str:
        if f'"prefixItems": [{", ".join(3 * [NUMBER])}]' in json.dumps(bundle):
            raise RuntimeError("unforeseen")
        return real(bundle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(annotate, "_source", failing)
        yield
