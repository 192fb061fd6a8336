"""The tests of the runtime in TypeScript that Node's own test runner runs: one process, each test reported."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

import pytest

from .tools import HERE, NodeTools

_NAMED = re.compile(r'^\s*test\(\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_RESULT = re.compile(r"^\s*(not ok|ok) \d+ - (.*)$", re.MULTILINE)

FILES = sorted(HERE.glob("*.test.ts"))
TESTS = [(file.name, name) for file in FILES for name in _NAMED.findall(file.read_text())]


@pytest.fixture(scope="module")
def results(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What Node says of each test, and in all."""
    folder = tmp_path_factory.mktemp("node")
    everything = folder / "everything.ts"
    everything.write_text("".join(f'import "{file.as_posix()}";\n' for file in FILES))
    required = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    script = node_tools.bundle(everything, folder / "tests.mjs", "--sourcemap=inline", f"--banner:js={required}")
    # Node has a `WebSocket` of its own from version 22 on; 20 has it behind this flag.
    command = ["node", "--enable-source-maps", "--experimental-websocket", "--test-reporter=tap", str(script)]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)
    told = ran.stdout + ran.stderr
    return {"": told, **{name: result for result, name in _RESULT.findall(ran.stdout)}}


def test_each_has_a_name_of_its_own() -> None:
    assert len({name for _, name in TESTS}) == len(TESTS) > 40


@pytest.mark.parametrize(("file", "name"), TESTS, ids=lambda each: each.replace(" ", "-"))
def test_node(file: str, name: str, results: Mapping[str, str]) -> None:
    assert results.get(name) == "ok", _report(results[""], name)


def _report(told: str, name: str) -> str:
    """What is told of one test; everything where that is not found."""
    lines = told.splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith("not ok") and line.endswith(f"- {name}"):
            return "\n".join(lines[number : number + 40])
    return told
