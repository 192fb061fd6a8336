"""Every scenario of this folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from .__main__ import play

SCENARIOS = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    assert play(path) is None


def test_the_runner_sees_what_does_not_hold(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"rule": "R2", "says": "", "steps": [{"connect": true}, {"expect_attempts": 2}]}')

    failure = play(wrong)

    assert failure is not None
    assert "step 2" in failure
    assert "expected 2" in failure
    assert "found    1" in failure
