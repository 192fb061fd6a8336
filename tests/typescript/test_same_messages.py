"""A client in TypeScript takes made-up frames for the messages that they were made up for, as Python's does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.pipeline import understand
from wsgen.problems import Problems

from tests.corpus.conversations import encoded
from tests.corpus.frames import Case, cases, described

from .output import sound_documents, write_all
from .tools import HERE, NodeTools

DOCUMENTS = [path for path in sound_documents() if path.name != "schema-formats.yaml"]
"""But one: who makes up instances does not see the schema behind a reference to a schema with a format."""

FEED = """
asyncapi: 3.0.0
info: {title: Feed, version: '1'}
channels:
  feed:
    messages:
      trade: {payload: {type: object, properties: {price: {type: number}}}}
      volume: {payload: {type: object, properties: {price: {type: number}}}}
operations: {tell: {action: send, channel: {$ref: '#/channels/feed'}}}
"""


def made_up(document: Path) -> Iterator[Case]:
    """Frames of a document with one connection, which say what they are."""
    client = understand(ClientSettings(input=str(document)), Problems()).client
    if len(client.connections) == 1:
        yield from (case for case in cases(described(document, client)) if case.certain)


@pytest.fixture(scope="module")
def told(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Case, object]]:
    """Each frame, and what the codec in TypeScript says of it."""
    folder = tmp_path_factory.mktemp("messages")
    write_all(DOCUMENTS, folder)
    given = [
        (number, path, case)
        for number, path in enumerate(DOCUMENTS)
        if (folder / f"client_{number}").exists()
        for case in made_up(path)
    ]
    used = sorted({number for number, _, _ in given})
    lines = [f'import * as of{number} from "./client_{number}/protocol.js";' for number in used]
    lines.append(f'import {{ play }} from "{(HERE / "messages.js").as_posix()}";')
    lists = ", ".join(f"Object.values(of{number}).filter((each) => each.codec)" for number in used)
    entry = folder / "everything.ts"
    entry.write_text("\n".join([*lines, f"play([{lists}]);"]))
    script = node_tools.bundle(entry, folder / "messages.mjs")
    frames = [
        [used.index(number), _side(case), encoded(_plain(case)).decode(errors="ignore")] for number, _, case in given
    ]
    answers = json.loads(node_tools.node(script, stdin=json.dumps(frames)))
    return [(path, case, answer) for (_, path, case), answer in zip(given, answers, strict=True) if answer is not None]


def test_frames_are_taken_for_their_messages(told: list[tuple[Path, Case, object]]) -> None:
    wrong = [
        f"{path.name}: {case.value} is {answer}, not {_key(case)}"
        for path, case, answer in told
        if answer != [_key(case), True]
    ]
    assert wrong == []
    assert len(told) > 200


def test_what_cannot_be_told_apart_arrives_with_its_payload(node_tools: NodeTools, tmp_path: Path) -> None:
    document = tmp_path / "feed.yaml"
    document.write_text(FEED)
    write_all([document], tmp_path)
    entry = tmp_path / "everything.ts"
    entry.write_text(
        f'import {{ PROTOCOL }} from "./client_0/protocol.js";\n'
        f'import {{ play }} from "{(HERE / "messages.js").as_posix()}";\nplay([[PROTOCOL]]);\n'
    )
    frames = [[0, "client", frame] for frame in ('{"price":1.5}', '{"price":2}')]
    script = node_tools.bundle(entry, tmp_path / "messages.mjs")
    assert json.loads(node_tools.node(script, stdin=json.dumps(frames))) == [["message", True]] * 2


def _side(case: Case) -> str:
    side = "server" if case.direction == "to_server" else "client"
    return f"{side} binary" if case.frame == "binary" else side


def _key(case: Case) -> str:
    return case.delivered if case.direction == "from_server" else case.key


def _plain(case: Case) -> dict[str, object]:
    return {"value": case.value, "frame": case.frame}
