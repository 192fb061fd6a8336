"""`python -m tests.scenarios PATH`: play a scenario, or all of a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .player import Failed, Player


def play(path: Path) -> str | None:
    """What does not hold in the scenario at `path`; None when all does."""
    scenario = json.loads(path.read_text(encoding="utf-8"))
    try:
        player = Player(scenario.get("options", {}))
    except Failed as failure:
        return f"{path}: {failure}"
    for number, step in enumerate(scenario["steps"], 1):
        try:
            player.play(step)
        except Failed as failure:
            return f"{path}: step {number}: {json.dumps(step)}\n{failure}"
    return None


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.scenarios PATH", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    files = sorted(path.glob("**/*.json")) if path.is_dir() else [path]
    for file in files:
        failure = play(file)
        if failure is not None:
            print(failure)
            return 1
    print(f"{len(files)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
