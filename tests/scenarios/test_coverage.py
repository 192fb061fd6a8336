"""Every rule, known failure and race is shown by a scenario, or by a test where no scenario can show it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NUMBERS = [
    *(f"R{number}" for number in range(1, 30)),
    *(f"T{number}" for number in range(1, 14)),
    *(f"C{number}" for number in range(1, 17)),
]

RUNTIME = HERE.parent / "runtime"
TESTS = {
    "R1": (
        ("test_shell", "test_two_clients_of_one_url_share_one_connection"),
        ("test_shell", "test_clients_that_start_at_once_share_one_connection"),
        ("test_shell", "test_clients_whose_url_is_the_same_function_share_a_connection"),
        ("test_shell", "test_options_that_differ_are_a_conflict_only_when_they_were_given"),
    ),
    "R6": (
        ("test_shell", "test_credentials_are_asked_for_each_attempt_and_stay_out_of_sight"),
        ("test_shell", "test_a_url_may_be_asked_for_each_attempt"),
        ("test_transport_handshake", "test_a_redirect_to_another_origin_is_refused_and_nothing_is_sent_there"),
    ),
    "R29": (
        ("test_session_log", "test_the_life_of_a_connection"),
        ("test_session_outages", "test_an_outage_is_told_line_by_line"),
    ),
    "C12": (("test_transport_flow", "test_pings_survive_a_pause_that_is_longer_than_their_timeout"),),
}
"""What lies outside of a session: sharing, credentials, the log, pings."""


def scenarios_of(folder: Path) -> dict[str, list[str]]:
    """The numbers that each scenario names."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["rule"].split(", ")
        for path in sorted(folder.glob("*.json"))
    }


def functions_of(module: str) -> set[str]:
    tree = ast.parse((RUNTIME / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


SCENARIOS = scenarios_of(HERE)


@pytest.mark.parametrize("number", [number for number in NUMBERS if number not in TESTS])
def test_a_scenario_shows_it(number: str) -> None:
    assert [name for name, numbers in SCENARIOS.items() if number in numbers] != []


@pytest.mark.parametrize("number", TESTS)
def test_a_test_shows_it(number: str) -> None:
    for module, name in TESTS[number]:
        assert name in functions_of(module), f"{number}: {module}.py has no {name}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_names_what_there_is(name: str) -> None:
    """Its file is named after one of the numbers that it shows."""
    assert set(SCENARIOS[name]) <= set(NUMBERS)
    prefix = re.match(r"[rtc]\d+(?=-)", name)
    assert prefix is not None
    assert prefix[0].upper() in SCENARIOS[name]


def test_no_number_is_shown_by_few_words() -> None:
    """A rule of several sentences needs more than one scenario."""
    for number in ("R3", "R4", "R5", "R7", "R8", "R9", "R10", "R14", "R16", "R17", "R18", "R19", "R20", "R24", "R28"):
        assert sum(number in numbers for numbers in SCENARIOS.values()) >= 5, number
