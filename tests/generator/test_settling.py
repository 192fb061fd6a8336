"""Each warning that offers lines of configuration is settled by each of them, as they are printed.

The lines are read out of what `wsgen validate` prints, written into a wsgen.toml beside the document of the rule's
example, and tried.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from wsgen.cli.examples import example_of
from wsgen.config import ClientSettings, load_config
from wsgen.pipeline import examine
from wsgen.problems import Problem, Problems, Stop

from .rule_examples import run_wsgen, write_form

Answer: TypeAlias = dict[str, Any]
Expectation: TypeAlias = Callable[[Answer, Answer], bool]

CORPUS = Path(os.environ.get("WSGEN_CORPUS", "no corpus"))
DOCUMENTS = sorted((CORPUS / "ws").glob("*"))

CLIENT = "[[tool.wsgen.client]]"


def offered(printed: str, code: str) -> list[str]:
    """The configuration below the first problem of a code: one text for each line that it offers."""
    after = printed.split(f"[{code}]: ", 1)[1]
    block = re.search(r"^  help: .*\n((?:    .*\n)+)", after, re.MULTILINE)
    assert block, printed
    header, *lines = [line.removeprefix("    ") for line in block[1].splitlines()]
    assert header.startswith("["), header
    return [f"{header}\n{line.removeprefix('# ')}\n" for line in lines]


def configuration(text: str, document: str) -> str:
    """The text in a wsgen.toml, with the client's input."""
    client = f'{CLIENT}\ninput = "{document}"\n'
    return client + text.removeprefix(f"{CLIENT}\n") if text.startswith(CLIENT) else f"{client}\n{text}"


def operation(answer: Answer, message: str) -> Answer:
    """The one operation that begins with a message."""
    (found,) = [each for each in answer["operations"] if each["message"] == message]
    assert isinstance(found, dict)
    return found


def decided(answer: Answer) -> list[Answer]:
    return [{key: value for key, value in each.items() if key != "warnings"} for each in answer["operations"]]


def kept(before: Answer, after: Answer) -> bool:
    """The same operations, now beyond doubt."""
    return [{**each, "certain": True} for each in decided(before)] == decided(after)


def of(message: str, **expected: object) -> Expectation:
    """What becomes of the operation of a message."""

    def holds(before: Answer, after: Answer) -> bool:
        return expected.items() <= operation(after, message).items()

    return holds


PLAIN: Mapping[str, object] = {"kind": "request", "updates": []}
SETTLED: Mapping[str, tuple[Expectation, ...]] = {
    "WSG402": (
        lambda before, after: kept(before, after) and after["perspective"]["value"] == "server",
        lambda before, after: after["perspective"]["value"] == "client",
    ),
    "WSG406": (lambda before, after: decided(before) == decided(after),),
    "WSG410": (lambda before, after: [each["key"] for each in after["messages"]] == ["quote", "trade"],),
    "WSG412": (kept, of("chat.join", kind="send", replies=[])),
    "WSG420": (kept, of("bars.subscribe", **PLAIN)),
    "WSG421": (
        kept,
        of("bars.subscribe", updates=["bars.opened"]),
        of("bars.subscribe", updates=["bars.closed"]),
        of("bars.subscribe", **PLAIN),
    ),
    "WSG422": (kept,),
    "WSG416": (kept, of("move", kind="request", replies=["move"])),
    "WSG423": (
        kept,
        of("bars.subscribe", kind="subscription", replies=["bars.begun"], updates=["bars.update"]),
        of("bars.subscribe", kind="send"),
    ),
    "WSG424": (kept,),
    "WSG425": (
        of("bars.subscribe", route={"symbol": "symbol"}),
        of("bars.subscribe", route="connection"),
        of("bars.subscribe", route="broadcast"),
    ),
    "WSG427": tuple(
        of("bars.subscribe", confirmation={"status": "status", "message": None, "topic": "topic", "ok": [value]})
        for value in ("accepted", "denied")
    ),
    "WSG429": (
        of("subscribe", kind="subscription", replies=["refused"]),
        of("subscribe", kind="subscription", replies=["subscribed"]),
    ),
    "WSG480": (kept,),
}
"""For each line that a warning offers, in their order: what it says must become of the client."""


def inspected(document: str) -> Answer:
    found: Answer = json.loads(run_wsgen("inspect", document, "--json")[1])
    return found


@pytest.mark.parametrize("code", SETTLED)
def test_each_line_settles_what_it_says(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    example = example_of(code)
    document = example.parts[0].name
    write_form(example, tmp_path, mended=False)
    before, printed = inspected(document), run_wsgen("validate", document)[2]
    lines = offered(printed, code)
    assert len(lines) == len(SETTLED[code])
    for line, holds in zip(lines, SETTLED[code], strict=True):
        Path("wsgen.toml").write_text(configuration(line, document), "utf-8")
        exit_code, out, _ = run_wsgen("validate", document, "--format", "json")
        assert exit_code == 0, line
        assert code not in {problem["code"] for problem in json.loads(out)}, line
        assert holds(before, inspected(document)), line


def test_the_line_that_names_a_thing_keeps_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = example_of("WSG480")
    write_form(example, tmp_path, mended=False)
    document = example.parts[0].name
    printed = run_wsgen("build", document, "-o", "before", "--no-verify")[2]
    (line,) = offered(printed, "WSG480")
    Path("wsgen.toml").write_text(configuration(line, document), "utf-8")
    assert run_wsgen("build", document, "-o", "after", "--no-verify", "--strict")[0] == 0
    assert Path("after/models.py").read_bytes() == Path("before/models.py").read_bytes()


def test_all_that_offer_lines_are_tried() -> None:
    from wsgen.problems.rules import RULES

    codes = {code for code in RULES if "settled_by=" in _around(code)}
    assert codes == SETTLED.keys()


def _around(code: str) -> str:
    """The source of the call that reports a code."""
    import ast

    import wsgen

    for path in Path(wsgen.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        if f'"{code}",' not in text or "rules" in path.parts:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and any(isinstance(a, ast.Constant) and a.value == code for a in node.args):
                keywords = {keyword.arg for keyword in node.keywords}
                offers = "settled_by" in keywords or len(node.args) > 5
                return "settled_by=" if offers else ""
    return ""


def warnings_of(settings: ClientSettings) -> list[Problem]:
    problems = Problems()
    try:
        examine(settings, problems)
    except Stop:
        return []
    return [problem for problem in problems if problem.settled_by]


def lines_offered(problem: Problem) -> Iterator[str]:
    header, *lines = problem.settled_by.splitlines()
    yield from (f"{header}\n{line.removeprefix('# ')}\n" for line in lines)


@pytest.mark.skipif(not DOCUMENTS, reason="WSGEN_CORPUS names no folder with documents in `ws`")
def test_the_lines_for_real_documents_settle_them(tmp_path: Path) -> None:
    tried = 0
    unsettled: list[str] = []
    for document in DOCUMENTS:
        for problem in warnings_of(ClientSettings(input=document.as_posix(), output=Path("client")))[:3]:
            for line in list(lines_offered(problem))[:2]:
                file = tmp_path / "wsgen.toml"
                file.write_text(configuration(line, "document"), "utf-8")
                assert tomllib.loads(file.read_text("utf-8"))
                problems = Problems()
                (settings,) = load_config(tmp_path, problems, file).clients
                left = warnings_of(replace(settings, input=document.as_posix(), output=Path("client")))
                if list(problems) or (problem.code, problem.place) in {(each.code, each.place) for each in left}:
                    unsettled.append(f"{document.name}: {problem.code}: {line}")
                tried += 1
    print(*unsettled, sep="\n")
    assert len(unsettled) <= 0.2 * tried, unsettled  # WSG410 asks where a name stands, and cannot know that it does
    print(f"\n{tried} lines tried")
    assert tried
