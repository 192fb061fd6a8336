"""The sessions of both languages do the same, whatever happens to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .other import Other
from .weather import CHOICES, OPTIONS, written


@given(OPTIONS, CHOICES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_show_the_same_after_every_step(
    other: Other, options: dict[str, Any], choices: list[tuple[int, int, int]]
) -> None:
    steps, seen = written(options, choices)

    for number, (step, here, there) in enumerate(zip(steps, seen, other.seen(options, steps), strict=True)):
        there["log"] = [level for level, _ in there["log"]]
        if here != there:
            parts = {name: (here[name], there[name]) for name in here if here[name] != there[name]}
            told = "\n".join(f"{json.dumps(each)}" for each in steps[: number + 1])
            pytest.fail(f"after {json.dumps(step)}, Python and TypeScript differ in {parts}:\n{told}")
