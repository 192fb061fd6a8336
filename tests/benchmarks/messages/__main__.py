"""`python -m tests.benchmarks.messages [--rounds N] [--count N]`: what a received message costs.

Every client is a process of its own and the server another one. The clients take turns, round after round; what
is shown is the median, and its ratio to `websockets + msgspec` in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wsgen.config import ClientSettings
from wsgen.config.settings import Models
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from tests.environments import environment

from .clients import CLIENTS

ROOT = Path(__file__).parents[3]
NEEDED = (
    "websockets>=17,<18",
    "pydantic>=2.12",
    "msgspec>=0.22",
    "picows>=2.3",
    "centrifuge-python",
    "gql[websockets]",
)
BASE = "websockets + msgspec"
STEADY = {"MALLOC_TRIM_THRESHOLD_": str(2**26), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
"""The environment of what is measured. asyncio reads into a new quarter of a megabyte each time: whether glibc asks the
system for it anew, which costs as much as the message, is otherwise the luck of where the heap ends."""


@dataclass(frozen=True, slots=True)
class Load:
    """A feed: `rate` is in messages a second, 0 as fast as possible."""

    name: str
    count: int
    topics: int = 1
    rate: int = 0


def loads(count: int) -> tuple[Load, ...]:
    return Load("one topic", count), Load("10,000 topics", count, 10_000), Load("20,000 a second", count, 1, 20_000)


def packages(folder: Path) -> Path:
    """The trading client with models of either kind, with every transport."""
    libraries: tuple[Models, ...] = ("pydantic", "msgspec")
    for models in libraries:
        package = folder / models / "trading"
        document = str(ROOT / "specs" / "trading.asyncapi.json")
        settings = ClientSettings(input=document, output=package, models=models, picows=True)
        for path, text in build_client(settings, Problems(), check=False).files.items():
            (package / path).parent.mkdir(parents=True, exist_ok=True)
            (package / path).write_text(text, "utf-8")
    return folder


@contextmanager
def feed() -> Iterator[int]:
    """A running server; its port."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("feed.py"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def run(python: Path, client: str, port: int, load: Load, folder: Path) -> float:
    """CPU microseconds per message."""
    arguments = [client, port, load.count, load.topics, load.rate, folder]
    command = [str(python), str(Path(__file__).with_name("clients.py")), *(str(each) for each in arguments)]
    environ = {**os.environ, **STEADY}
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environ)
    if done.returncode != 0:
        raise RuntimeError(f"{client} failed:\n{done.stderr}")
    answer = json.loads(done.stdout)
    if answer["left"]:
        raise RuntimeError(f"{client} lacks {answer['left']} messages")
    return float(answer["seconds"]) / load.count * 1e6


def able(folder: Path) -> list[str]:
    """The clients whose packages there are."""
    built = {path.name for path in folder.iterdir()}
    return [name for name in CLIENTS if not name.startswith("wsgen") or name.split(", ")[1] in built]


def table(medians: dict[str, float], load: Load) -> str:
    lines = [f"{load.name}, {load.count:,} messages", "", "| client | CPU µs per message | ratio |", "|---|---|---|"]
    for name, value in medians.items():
        ratio = f"{medians[BASE] / value:.2f}" if name != "drain" else ""
        lines.append(f"| {name} | {value:.2f} | {ratio} |")
    return "\n".join(lines)


def medians(python: Path, port: int, folder: Path, load: Load, rounds: int) -> dict[str, float]:
    """What a message costs each client that can take this load; they take turns."""
    fitting = [each for each in able(folder) if load.topics == 1 or each not in {"gql", "centrifuge-python"}]
    fitting = [each for each in fitting if load.topics == 1 or "stream" not in each]
    costs: dict[str, list[float]] = {client: [] for client in fitting}
    for _ in range(rounds):
        for client in fitting:
            costs[client].append(run(python, client, port, load, folder))
    return {client: statistics.median(each) for client, each in costs.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.messages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=50_000)
    chosen = parser.parse_args(arguments)
    python = environment(NEEDED)
    with tempfile.TemporaryDirectory() as name, feed() as port:
        folder = packages(Path(name))
        for load in loads(chosen.count):
            print(table(medians(python, port, folder, load, chosen.rounds), load), end="\n\n")


if __name__ == "__main__":
    main()
