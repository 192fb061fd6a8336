"""Documents of applications: `package.module:attribute`, imported in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from wsgen.problems import Place, Problems, Stop

__all__ = ["TIMEOUT", "text_of_module"]

TIMEOUT = 60.0
"""Seconds for the import and the call."""


def text_of_module(source: str, folders: Sequence[Path], problems: Problems, *, timeout: float = TIMEOUT) -> str:
    """The document that an attribute of a module gives: a dictionary, a function, or an object with `.asyncapi()`.

    The module is imported by this interpreter in a process of its own, so that what it prints and what it does to its
    process stays there. `folders` are on its path; the first is its current folder.

    Raises:
        Stop: there is none (WSG113).
    """
    module, _, attribute = source.partition(":")
    with tempfile.TemporaryDirectory(prefix="wsgen-module-") as name:
        result = Path(name) / "result.json"
        paths = [str(folder.resolve()) for folder in folders]
        # -P: not the folder of the script, which is one of wsgen.
        script = str(Path(__file__).with_name("importing.py"))
        command = [sys.executable, "-P", "-B", script, module, attribute, str(result), *paths]
        try:
            run = subprocess.run(
                command, cwd=paths[0], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise _refused(source, f"`{module}` was not imported within {timeout:g} s", problems) from None
        except OSError as error:
            raise _refused(source, f"it cannot be imported: {error.strerror or error}", problems) from error
        if not result.is_file():
            last = run.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            reason = f"`{module}` ended the interpreter with {run.returncode}" + "".join(f": {line}" for line in last)
            raise _refused(source, reason, problems)
        answer = cast("dict[str, str]", json.loads(result.read_text("utf-8")))
    if "problem" in answer:
        raise _refused(source, answer["problem"], problems)
    return answer["text"]


def _refused(source: str, message: str, problems: Problems) -> Stop:
    help = f"it is imported by {Path(sys.executable).name} of the environment that wsgen is installed in, from the "
    problems.error("WSG113", message, Place(source), help + "configuration's folder (and `src` there)")
    return Stop()
