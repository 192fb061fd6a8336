"""The documents of specs/derived: what becomes of each, and what is said of what it leaves open, to the word.

Each is sound by the specification; what a build would say of it stands beside it, as JSON, with the operations that
become of it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.operations import Client
from wsgen.pipeline import foresee, understand
from wsgen.problems import Problems

from .reading import SPECS

FOLDER = SPECS / "derived"
DOCUMENTS = sorted(FOLDER.glob("*.yaml"))


def told(path: Path) -> dict[str, object]:
    """What is said of a document, and what becomes of it."""
    problems = Problems()
    understood = understand(ClientSettings(input=str(path)), problems)
    if not problems.fatal:
        foresee(understood, problems)
    return {
        "problems": [
            {
                "code": problem.code,
                "level": problem.level,
                "line": problem.place.line,
                "column": problem.place.column,
                "pointer": problem.place.pointer,
                "message": problem.message,
                "help": problem.help,
                "related": [[place.line, place.column, words] for place, words in problem.related],
                "settled_by": problem.settled_by.splitlines(),
            }
            for problem in problems
        ],
        "operations": [] if problems.fatal else operations(understood.client),
    }


def operations(client: Client) -> list[str]:
    """Each operation in a line."""
    found: list[str] = []
    for domain in (domain for connection in client.connections for domain in connection.domains):
        found += [
            f"subscribe {each.subscribe.key}: {', '.join(update.message.key for update in each.updates)}"
            for each in domain.subscriptions
        ]
        found += [f"request {each.message.key}: {', '.join(r.key for r in each.replies)}" for each in domain.requests]
        found += [f"answer {each.message.key}: {', '.join(r.key for r in each.replies)}" for each in domain.handlers]
        found += [f"send {each.message.key}" for each in domain.sends]
        found += [f"hear {each.message.key}" for each in domain.pushes]
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_said_stands_beside_it(path: Path) -> None:
    expected = json.loads((FOLDER / f"{path.name}.told.json").read_text(encoding="utf-8"))
    assert told(path) == expected
    assert expected["problems"] or expected["operations"]
