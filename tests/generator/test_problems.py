from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import wsgen
from wsgen.problems import Place, Problem, Problems
from wsgen.problems.rules import RULES

_CODE = re.compile(r"WSG\d{3}")
_SOURCE = Path(wsgen.__file__).parent


def _codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def test_every_code_in_the_source_has_a_rule_and_every_rule_is_used() -> None:
    rules = _SOURCE / "problems" / "rules"
    used = {code for path in _SOURCE.rglob("*.py") if rules not in path.parents for code in _codes_in(path)}
    assert used == set(RULES)


def test_rules_are_complete_sentences_in_the_order_of_their_codes() -> None:
    assert list(RULES) == sorted(RULES)
    for code, rule in RULES.items():
        assert _CODE.fullmatch(code)
        assert rule.title, code
        assert not rule.title.endswith("."), code
        assert rule.text.endswith("."), code
        assert rule.mend.rstrip("`\"'").endswith("."), code


def test_problems_come_by_place_and_each_once() -> None:
    problems = Problems()
    later, earlier = Place("a.yaml", 9, 1), Place("a.yaml", 2, 5)
    problems.warning("WSG207", "a note on line nine", later)
    problems.error("WSG203", "an error on line nine", later)
    problems.error("WSG203", "an error on line two", earlier)
    problems.error("WSG203", "an error on line two", earlier)
    assert [(problem.place.line, problem.level) for problem in problems] == [(2, "error"), (9, "error"), (9, "warning")]
    assert len(problems) == 3


def test_only_errors_are_fatal() -> None:
    problems = Problems()
    problems.add(Problem("WSG207", "warning", "a warning", Place("a.yaml")))
    assert not problems.fatal
    problems.add(Problem("WSG203", "error", "an error", Place("a.yaml")))
    assert problems.fatal


def test_a_line_is_looked_for_when_somebody_asks_for_it() -> None:
    asked: list[str] = []

    def find() -> tuple[int, int]:
        asked.append("position")
        return 3, 5

    place = Place("a.json", pointer="/info", find=find)
    assert place != Place("a.json", 3, 5, "/channels")
    assert asked == []
    assert (place.line, place.column, str(place)) == (3, 5, "a.json:3:5")
    assert asked == ["position"]
    written = Place("a.json", 3, 5, "/info")
    assert (place, hash(place), pickle.loads(pickle.dumps(place))) == (written, hash(written), written)
    assert written < Place("a.json", 3, 6) < Place("b.json")
