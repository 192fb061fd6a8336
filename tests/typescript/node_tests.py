"""Tests in TypeScript: one process for several files, each test reported."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .tools import NodeTools

__all__ = ["bundled", "named", "report", "run", "run_with"]

_RESULT = re.compile(r"^\s*(not ok|ok) \d+ - (.*)$", re.MULTILINE)


def named(file: Path, function: str = "test") -> list[str]:
    """The names of the tests in a file."""
    return re.findall(rf'^\s*{function}\(\s*"((?:[^"\\]|\\.)*)"', file.read_text("utf-8"), re.MULTILINE)


def run(
    tools: NodeTools, folder: Path, files: Sequence[Path], *arguments: str, node: str = "node"
) -> Mapping[str, str]:
    """What Node's own test runner says of each test, by its name; and under "" all that it says."""
    # Node has a `WebSocket` of its own from version 22 on; 20 has it behind this flag.
    flags = ["--enable-source-maps", "--experimental-websocket", "--test-reporter=tap"]
    return run_with([node, *flags], bundled(tools, folder, files), *arguments)


def bundled(tools: NodeTools, folder: Path, files: Sequence[Path]) -> Path:
    """One script of several files."""
    everything = folder / "everything.ts"
    everything.write_text("".join(f'import "{file.as_posix()}";\n' for file in files))
    required = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    return tools.bundle(everything, folder / "tests.mjs", "--sourcemap=inline", f"--banner:js={required}")


def run_with(command: Sequence[str], script: Path, *arguments: str) -> Mapping[str, str]:
    """What a program says of each test of a script, by its name; and under "" all that it says.

    Raises:
        subprocess.TimeoutExpired: it does not end by itself.
    """
    whole = [*command, str(script), *arguments]
    ran = subprocess.run(whole, capture_output=True, text=True, encoding="utf-8", timeout=300)
    return {"": ran.stdout + ran.stderr, **{name: result for result, name in _RESULT.findall(ran.stdout)}}


def report(told: str, name: str) -> str:
    """What is told of one test; everything where that is not found."""
    lines = told.splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith("not ok") and line.endswith(f"- {name}"):
            return "\n".join(lines[number : number + 40])
    return told
