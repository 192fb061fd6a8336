"""The documents of specs/valid and specs/invalid: one feature, or one fault, each.

A valid document gives no problem at all. Beside each invalid one stand its problems, as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wsgen.problems import Problems, Stop

from .reading import SPECS, read
from .rule_examples import names_its_mend

VALID = sorted(
    [path for path in (SPECS / "valid").iterdir() if path.is_file()] + [SPECS / "valid/several-files/asyncapi.yaml"]
)
INVALID = sorted(path for path in (SPECS / "invalid").iterdir() if not path.name.endswith(".problems.json"))


def described(path: Path) -> list[dict[str, object]]:
    """The problems of a document, as they stand beside it."""
    problems = Problems()
    try:
        read(path, problems)
    except Stop:
        assert problems.fatal
    return [
        {
            "code": problem.code,
            "level": problem.level,
            "line": problem.place.line,
            "column": problem.place.column,
            "pointer": problem.place.pointer,
            "message": problem.message,
            "help": problem.help.replace(SPECS.parent.as_posix(), "."),
            "related": [[place.line, place.column, words] for place, words in problem.related],
        }
        for problem in problems
    ]


@pytest.mark.parametrize("path", VALID, ids=lambda path: str(path.relative_to(SPECS / "valid")))
def test_a_valid_document_has_no_problem(path: Path) -> None:
    assert described(path) == []


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_an_invalid_document_has_the_problems_that_stand_beside_it(path: Path) -> None:
    expected = json.loads((path.parent / f"{path.name}.problems.json").read_text(encoding="utf-8"))
    assert described(path) == expected
    assert expected
    assert all(names_its_mend(problem) for problem in expected)


def test_every_rule_on_documents_has_an_invalid_document() -> None:
    from wsgen.problems.rules import parse, references, structure

    shown = {problem["code"] for path in INVALID for problem in described(path)}
    # Not in a folder of documents: a file that is missing or huge, bytes that are not text, what is fetched or
    # imported, and numbers of parts.
    elsewhere = {"WSG101", "WSG102", "WSG103", "WSG112", "WSG113", "WSG308"}
    assert {*parse.RULES, *structure.RULES, *references.RULES} - elsewhere == shown - elsewhere
