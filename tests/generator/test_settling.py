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
    return [f"{line.removeprefix('    ').removeprefix('# ')}\n" for line in block[1].splitlines()]


def configurations(text: str, document: str) -> list[str]:
    """The text where a user may put it in a wsgen.toml: into the client's table, or alone."""
    return [f'{CLIENT}\ninput = "{document}"\n{text}', text]


def all_offered(printed: str) -> str:
    """All lines that are offered, as they stand there."""
    blocks = re.findall(r"^  help: .*\n((?:    .*\n)+)", printed, re.MULTILINE)
    return "".join(line.removeprefix("    ") for block in blocks for line in block.splitlines(keepends=True))


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


def arguments(answer: Answer) -> list[Answer]:
    """The parameters that callers give."""
    return [each for connection in answer["connections"] for each in connection["parameters"]]


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
    "WSG452": (lambda before, after: not arguments(before) and bool(arguments(after)),),
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
        for text in configurations(line, document):
            Path("wsgen.toml").write_text(text, "utf-8")
            exit_code, out, _ = run_wsgen("validate", document, "--format", "json")
            assert exit_code == 0, line
            assert code not in {problem["code"] for problem in json.loads(out)}, line
            assert holds(before, inspected(document)), line


SEVERAL = """\
asyncapi: 3.0.0
info: {title: Quotes, version: 1.0.0}
channels:
  quotes:
    address: /quotes
    messages:
      subscribe: {payload: {type: object, properties: {type: {const: bars.subscribe}, symbol: {type: string}}}}
      opened: {payload: {type: object, properties: {type: {const: bars.opened}, open: {type: number}}}}
      closed: {payload: {type: object, properties: {type: {const: bars.closed}, close: {type: number}}}}
      ask: {payload: {type: object, properties: {type: {const: chat.join}, room: {type: string}}}}
      told: {payload: {type: object, properties: {type: {const: chat.joined}, room: {type: string}}}}
operations:
  sent:
    action: receive
    summary: Sent by the client
    channel: {$ref: '#/channels/quotes'}
    messages: [{$ref: '#/channels/quotes/messages/subscribe'}, {$ref: '#/channels/quotes/messages/ask'}]
  received:
    action: send
    summary: Sent by the server
    channel: {$ref: '#/channels/quotes'}
    messages:
      - {$ref: '#/channels/quotes/messages/opened'}
      - {$ref: '#/channels/quotes/messages/closed'}
      - {$ref: '#/channels/quotes/messages/told'}
"""


TWICE = """\
asyncapi: 3.0.0
info: {title: Quotes, version: 1.0.0}
channels:
  quotes: {address: /quotes, messages: &alike {one: &one {payload: {type: object}}, other: *one}}
  trades: {address: /trades, messages: *alike}
operations:
  quotes: {action: send, summary: Sent by the server, channel: {$ref: '#/channels/quotes'}}
  trades: {action: send, summary: Sent by the server, channel: {$ref: '#/channels/trades'}}
"""


def test_all_lines_of_a_document_can_be_pasted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quotes.yaml").write_text(SEVERAL, "utf-8")
    printed = run_wsgen("validate", "quotes.yaml")[2]
    codes = re.findall(r"warning\[(\w+)\]", printed)
    assert sorted(codes) == ["WSG421", "WSG423", "WSG425"], printed
    for text in configurations(all_offered(printed), "quotes.yaml"):
        Path("wsgen.toml").write_text(text, "utf-8")
        assert run_wsgen("validate", "quotes.yaml") == (0, "", "")


def test_a_key_that_two_problems_offer_is_in_force_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quotes.yaml").write_text(TWICE, "utf-8")
    printed = run_wsgen("validate", "quotes.yaml")[2]
    assert printed.count("warning[WSG410]") == 2
    lines = [line for line in all_offered(printed).splitlines() if "discriminator" in line]
    assert [line.startswith("# ") for line in lines] == [False, True]
    assert tomllib.loads(all_offered(printed))


def test_it_is_told_where_lines_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("quotes.yaml").write_text(SEVERAL, "utf-8")
    assert run_wsgen("validate", "quotes.yaml")[2].count("`[[tool.wsgen.client]]`") == 1


def test_the_line_that_names_a_thing_keeps_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = example_of("WSG480")
    write_form(example, tmp_path, mended=False)
    document = example.parts[0].name
    printed = run_wsgen("build", document, "-o", "before", "--no-verify")[2]
    (line,) = offered(printed, "WSG480")
    Path("wsgen.toml").write_text(line, "utf-8")
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
    yield from (f"{line.removeprefix('# ')}\n" for line in problem.settled_by.splitlines())


@pytest.mark.skipif(not DOCUMENTS, reason="WSGEN_CORPUS names no folder with documents in `ws`")
def test_the_lines_for_real_documents_settle_them(tmp_path: Path) -> None:
    tried = 0
    unsettled: list[str] = []
    for document in DOCUMENTS:
        for problem in warnings_of(ClientSettings(input=document.as_posix(), output=Path("client")))[:3]:
            for line in list(lines_offered(problem))[:2]:
                file = tmp_path / "wsgen.toml"
                file.write_text(configurations(line, "document")[0], "utf-8")
                assert tomllib.loads(file.read_text("utf-8"))
                problems = Problems()
                (settings,) = load_config(tmp_path, problems, file).clients
                left = warnings_of(replace(settings, input=document.as_posix(), output=Path("client")))
                if list(problems) or (problem.code, problem.place) in {(each.code, each.place) for each in left}:
                    unsettled.append(f"{document.name}: {problem.code}: {line}")
                tried += 1
    print(f"\n{tried} lines tried")
    assert not unsettled
    assert tried
