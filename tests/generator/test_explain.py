"""`wsgen explain`: each rule has an example that gives its code, and a mend that takes it away. All are run."""

from __future__ import annotations

from pathlib import Path

import pytest
from wsgen.cli.examples import example_of
from wsgen.problems import rules
from wsgen.problems.rules import RULES

from .rule_examples import names_its_mend, problems_of, run_wsgen

EXAMPLES = Path(rules.__file__).parent / "examples"


def test_each_rule_has_an_example() -> None:
    assert {path.stem for path in EXAMPLES.iterdir()} == RULES.keys()


@pytest.mark.parametrize("code", RULES)
def test_the_example_gives_the_code_and_its_mend_takes_it_away(code: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    found = problems_of(code, before, mended=False)
    assert code in {problem["code"] for problem in found}
    assert all(names_its_mend(problem) for problem in found), found
    assert problems_of(code, after, mended=True) == []


@pytest.mark.parametrize("code", RULES)
def test_an_explanation_is_complete(code: str) -> None:
    exit_code, out, err = run_wsgen("explain", code.lower())
    assert (exit_code, err) == (0, "")
    assert out.startswith(f"{code}: {RULES[code].title}\n")
    for text in (RULES[code].text, RULES[code].mend):
        assert " ".join(text.split()) in " ".join(out.split())
    for part in example_of(code).parts:
        assert part.is_shell or f"\n  {part.name}\n" in out
        for _, line in part.lines:
            assert line in out
    assert "\n- " in out or "\n+ " in out
    assert max(map(len, out.splitlines())) <= 240


def test_without_a_code_all_are_listed() -> None:
    exit_code, out, _ = run_wsgen("explain")
    assert exit_code == 0
    assert out.splitlines() == [f"{code}  {rule.title}" for code, rule in RULES.items()]


def test_an_unknown_code() -> None:
    exit_code, out, err = run_wsgen("explain", "nonsense")
    assert (exit_code, out) == (2, "")
    assert err == "there is no code nonsense; `wsgen explain` lists all codes\n"
