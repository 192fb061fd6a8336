"""`python -m tests.benchmarks.performance [--rounds N] [--count N]`: measure everything, and write docs/performance.md.

Takes some minutes, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.environments import environment

from .messages.__main__ import NEEDED, STEADY, Load, feed, loads, medians, packages, table

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
EXCHANGES = Path(__file__).parent / "messages" / "exchanges.py"
COUNTS = {
    "raw round trips": 2_000,
    "requests": 2_000,
    "renewals": 1_000,
    "subscriptions": 10_000,
    "raw connections": 100,
    "connections": 100,
}
LIBRARIES = ("websockets", "pydantic", "msgspec", "picows", "centrifuge-python", "gql")

HEAD = """\
# Performance

`python -m tests.benchmarks.performance` measures all of this and writes this page; run it on a machine that does
nothing else. Nothing in the test suite is judged by time.

**Method.** Each client is a process of its own, and the server is another one, on nothing but asyncio. Shown is the
time of the processor in the client's process, from the first to the last message: how long the machine was busy with
other things does not count. Clients take turns, round after round, and the median of the rounds is shown. Ratios are of
one run, and bigger is better. `drain` is a socket that reads and throws away: the server sends that fast, and is not
the limit. Messages are bars of `specs/trading.asyncapi.json`. `websockets + …` is what people write by hand: `recv`, a
typed decode, a dictionary of topics, a callback. `picows + …` is the same, called for each frame. Beside a goal that
depends on how fast anything in Python can be, **by hand** is what it would be for these few lines on picows: they keep
no order, end no turn, know no error and no second message. All have glibc keep what they give back
(`MALLOC_TRIM_THRESHOLD_`), as each read of asyncio takes a quarter of a megabyte, and where the heap happens to end
would else decide who pays for it.
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """What was meant to be reached, and what is; `by_hand` is what code without a library between reaches."""

    words: str
    aim: str
    reached: str
    met: bool
    by_hand: str = ""


def exchange(python: Path, name: str, port: int, folder: Path) -> dict[str, float]:
    """One measurement beside messages, for each of its repetitions."""
    command = [str(python), str(EXCHANGES), name, str(port), str(COUNTS[name]), str(folder)]
    environ = {**os.environ, **STEADY}
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environ)
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def exchanges(python: Path, port: int, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """The medians of all of them; they take turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in COUNTS}
    for _ in range(rounds):
        for name, each in found.items():
            each.append(exchange(python, name, port, folder))
    return {
        name: {kind: statistics.median(one[kind] for one in each) for kind in each[0]} for name, each in found.items()
    }


def message_goals(one: Mapping[str, float], many: Mapping[str, float]) -> Iterator[Goal]:
    """Of received messages: `one` topic, or `many`."""
    raw = one["websockets + msgspec"]

    def ratio(words: str, client: str, over: float, aim: float) -> Iterator[Goal]:
        if client in one:
            by_hand = client.replace("wsgen, ", "picows + ").removesuffix(", picows") if "picows" in client else ""
            most = f"{over / one[by_hand]:.2f} ×" if by_hand else ""
            yield Goal(words, f"≥ {aim:g} ×", f"{over / one[client]:.2f} ×", over / one[client] >= aim, most)

    hand = "by hand on `websockets` and msgspec"
    yield from ratio(f"msgspec models, against the same {hand}", "wsgen, msgspec", raw, 1.15)
    yield from ratio(f'`transport="websockets-recv"`, against the same {hand}', "wsgen, msgspec, recv", raw, 0.92)
    yield from ratio(f'`transport="picows"`, against the same {hand}', "wsgen, msgspec, picows", raw, 4.5)
    yield from ratio("pydantic models, against the same by hand", "wsgen, pydantic", one["websockets + pydantic"], 1.0)
    best = "wsgen, msgspec" if "wsgen, msgspec" in one else "wsgen, pydantic"
    for peer in ("centrifuge-python", "gql"):
        yield from ratio(f"against {peer}", best, one[peer], 3)
        yield from ratio(f'`transport="picows"`, against {peer}', f"{best}, picows", one[peer], 8)
    stream = one[f"{best}, stream"] - one[best]
    yield Goal("a stream, over a callback", "≤ 0.45 µs", f"{stream:.2f} µs", stream <= 0.45)
    by_hand = best.replace("wsgen, ", "picows + ")
    spread, least = (many[each] / one[each] - 1 for each in (best, by_hand))
    yield Goal("10,000 topics, over one", "≤ 10 %", f"{spread:.0%}", spread <= 0.1, f"{least:.0%}")


def exchange_goals(found: Mapping[str, Mapping[str, float]]) -> Iterator[Goal]:
    trip = (found["requests"]["cpu"] - found["raw round trips"]["cpu"]) * 1e6
    yield Goal("a request and its reply, over a raw round trip", "≤ 20 µs", f"{trip:.1f} µs", trip <= 20)
    renewal = found["renewals"]["cpu"] * 1e6
    yield Goal("1,000 renewals after a drop, each", "≤ 25 µs", f"{renewal:.1f} µs", renewal <= 25)
    idle = found["subscriptions"]["bytes"]
    yield Goal("an idle subscription, of 10,000", "≤ 1,024 bytes", f"{idle:,.0f} bytes", idle <= 1_024)
    more = found["connections"]["bytes"] - found["raw connections"]["bytes"]
    yield Goal("a client, over a connection of `websockets`", "≤ 4,096 bytes", f"{more:,.0f} bytes", more <= 4_096)


def goals_table(goals: Sequence[Goal]) -> str:
    lines = ["| what | goal | reached | | by hand |", "|---|---|---|---|---|"]
    lines += [
        f"| {each.words} | {each.aim} | {each.reached} | {'met' if each.met else '**not met**'} | {each.by_hand} |"
        for each in goals
    ]
    return "\n".join(lines)


def machine(python: Path) -> str:
    """What it was measured on, in a sentence."""
    program = "import sys; from importlib.metadata import version as v; print(*(v(name) for name in sys.argv[1:]))"
    command = [str(python), "-c", program, *LIBRARIES]
    versions = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    libraries = ", ".join(f"{name} {version}" for name, version in zip(LIBRARIES, versions, strict=True))
    models = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    processor = models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine()
    return (
        f"{os.cpu_count()} processors ({processor}), {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}; {libraries}."
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def page(
    machine: str, messages: Sequence[tuple[Load, Mapping[str, float]]], found: Mapping[str, Mapping[str, float]]
) -> str:
    """The whole document."""
    goals = [*message_goals(messages[0][1], messages[1][1]), *exchange_goals(found)]
    beside = [
        "| what | for each |",
        "|---|---|",
        f"| a round trip on `websockets`, with `json` | {found['raw round trips']['cpu'] * 1e6:.1f} µs CPU |",
        f"| a typed request and its reply | {found['requests']['cpu'] * 1e6:.1f} µs CPU |",
        f"| a renewal, of 1,000 after a drop, with the connection | {found['renewals']['cpu'] * 1e6:.1f} µs CPU, "
        f"{found['renewals']['wall'] * 1e6:.1f} µs in all |",
        f"| an idle subscription, of 10,000 | {found['subscriptions']['bytes']:,.0f} bytes |",
        f"| a connection of `websockets` | {found['raw connections']['bytes']:,.0f} bytes |",
        f"| a client that is connected | {found['connections']['bytes']:,.0f} bytes |",
    ]
    parts = [
        HEAD,
        f"**Machine.** {machine}\n",
        "## Goals\n",
        goals_table(goals) + "\n",
        "## Received messages\n",
        "\n\n".join(table(dict(costs), load) for load, costs in messages) + "\n",
        "## Requests, renewals, memory\n",
        "\n".join(beside) + "\n",
    ]
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.performance", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=50_000, help="messages of each feed")
    parser.add_argument("--output", type=Path, default=PAGE)
    chosen = parser.parse_args(arguments)
    python = environment(NEEDED)
    with tempfile.TemporaryDirectory() as name, feed() as port:
        folder = packages(Path(name))
        messages = [(load, medians(python, port, folder, load, chosen.rounds)) for load in loads(chosen.count)]
        found = exchanges(python, port, folder, chosen.rounds)
    chosen.output.write_text(page(machine(python), messages, found), "utf-8")
    sys.stdout.write(chosen.output.read_text("utf-8"))


if __name__ == "__main__":
    main()
