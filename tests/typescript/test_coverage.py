"""What no scenario shows is shown by a test in this language, too."""

from __future__ import annotations

import pytest

from tests.scenarios.test_coverage import TESTS as IN_PYTHON

from .tools import HERE

TESTS = {
    "R1": (
        ("contract.test.ts", "R1: clients that start at once share one connection, and the last one closes it"),
        ("contract.test.ts", "R1: clients with other credentials have connections of their own"),
        ("shell.test.ts", "other options than those of the open connection conflict"),
    ),
    "R6": (
        ("shell.test.ts", "credentials are asked for at every attempt"),
        ("websocket.test.ts", "headers, subprotocols and query reach the server"),
    ),
    "R29": (
        ("test_log.py", "test_the_life_of_a_connection"),
        ("test_log.py", "test_each_failed_attempt_is_one_line"),
    ),
    "C12": (("contract.test.ts", "C12: pings survive a pause that is longer than their timeout"),),
}


def test_there_is_one_for_each_that_python_has() -> None:
    """A rule that is held in one language only fails here."""
    assert TESTS.keys() == IN_PYTHON.keys()


@pytest.mark.parametrize("number", TESTS)
def test_a_test_shows_it(number: str) -> None:
    for file, name in TESTS[number]:
        text = (HERE / file).read_text("utf-8")
        assert f'"{name}"' in text or f"def {name}(" in text, f"{number}: {file} has no {name}"
