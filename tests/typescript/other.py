"""The session in TypeScript, in a process that reads scenarios."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .tools import HERE, NodeTools

__all__ = ["Other", "process"]


class Other:
    """Plays steps, and tells what can be seen after each; see `Player.seen`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seen(self, options: dict[str, Any], steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What it shows after each step; of the log, all lines with their levels.

        Raises:
            RuntimeError: a step threw; what the process said is in the message.
        """
        given, said = self._process.stdin, self._process.stdout
        assert given is not None
        assert said is not None
        given.write(json.dumps({"options": options, "steps": steps}) + "\n")
        given.flush()
        line = said.readline()
        if not line:
            _, words = self._process.communicate()
            raise RuntimeError(words)
        found: list[dict[str, Any]] = json.loads(line)
        return found


@contextmanager
def process(tools: NodeTools, folder: Path) -> Iterator[Other]:
    """One process for many scenarios; `folder` is for its program."""
    script = tools.bundle(HERE / "steps.ts", folder / "steps.mjs", "--sourcemap=inline")
    with subprocess.Popen(
        ["node", "--enable-source-maps", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as running:
        yield Other(running)
