"""The sessions of both languages do the same, whatever happens to them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .tools import HERE, NodeTools
from .weather import CHOICES, OPTIONS, written


class Other:
    """The session in TypeScript, in a process that reads scenarios."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seen(self, options: dict[str, Any], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What it shows after each step."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"options": options, "steps": steps}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            _, words = self._process.communicate()
            raise AssertionError(words)
        found: list[dict[str, Any]] = json.loads(line)
        return found


@pytest.fixture(scope="module")
def other(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Generator[Other]:
    script = node_tools.bundle(HERE / "steps.ts", tmp_path_factory.mktemp("steps") / "steps.mjs", "--sourcemap=inline")
    with subprocess.Popen(
        ["node", "--enable-source-maps", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield Other(process)
        assert process.stdin is not None
        process.stdin.close()


@given(OPTIONS, CHOICES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_show_the_same_after_every_step(
    other: Other, options: dict[str, Any], choices: list[tuple[int, int, int]]
) -> None:
    steps, seen = written(options, choices)

    for number, (step, here, there) in enumerate(zip(steps, seen, other.seen(options, steps), strict=True)):
        if here != there:
            parts = {name: (here[name], there[name]) for name in here if here[name] != there[name]}
            told = "\n".join(f"{json.dumps(each)}" for each in steps[: number + 1])
            pytest.fail(f"after {json.dumps(step)}, Python and TypeScript differ in {parts}:\n{told}")
