"""What a build costs. Prints figures; judges nothing by time. `make bench` shows them."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from . import FULL
from .feeds import channels, feeds

SIZES = (10, 100, 1000) if FULL else (5, 10, 20)
SPEC = Path(__file__).parents[2] / "specs" / "trading.asyncapi.json"

MEASURE = """
import json, resource, sys, time
from wsgen.payloads import annotate
source, spent = annotate._source, [0.0]
def timed(bundle):
    before = time.process_time()
    try:
        return source(bundle)
    finally:
        spent[0] += time.process_time() - before
annotate._source = timed
from wsgen.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code or 0
own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"code": code, "cpu": own.ru_utime + own.ru_stime, "models": spent[0],
                  "verification": children.ru_utime + children.ru_stime, "peak": own.ru_maxrss / 1024}),
      file=sys.stderr)
"""
"""Seconds of CPU: all but the verification, the part of datamodel-code-generator, the verification; MB at the most."""

Figures = dict[str, float]


def measured(document: Path, folder: Path) -> Figures:
    """What a build costs: the fastest of three, as others use the machine too."""
    runs = [_measured(document, folder.with_name(f"{folder.name}_{number}")) for number in range(3 if FULL else 1)]
    return min(runs, key=lambda each: each["cpu"])


def _measured(document: Path, folder: Path) -> Figures:
    command = [sys.executable, "-c", MEASURE, "build", str(document), "-o", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    figures: Figures = json.loads(run.stderr.splitlines()[-1])
    assert figures["code"] == 0, run.stdout + run.stderr
    assert (folder / "client.py").is_file()
    return figures


def table(rows: Mapping[str, Figures]) -> str:
    lines = [f"{'':<16} {'CPU':>8} {'models':>8} {'memory':>8} {'verification':>14}"]
    lines += [
        f"{name:<16} {each['cpu']:>6.2f} s {each['models']:>6.2f} s {each['peak']:>5.0f} MB "
        f"{each['verification']:>12.2f} s"
        for name, each in rows.items()
    ]
    return "\n".join(lines)


@pytest.mark.benchmark
def test_build_of_trading(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    figures = measured(SPEC, tmp_path / "trading")
    print(f"\n{table({'trading': figures})}")
    assert figures["verification"] > 0, "the verification runs in a process of its own"
    for name, value in figures.items():
        record_property(name, value)


@pytest.mark.benchmark
@pytest.mark.parametrize("document", [feeds, channels])
def test_builds_of_growing_documents(document: Callable[[int], str], tmp_path: Path) -> None:
    """`models` is what datamodel-code-generator takes of the CPU. The exponent is of what grows: 1 is linear."""
    rows: dict[str, Figures] = {}
    for size in SIZES:
        file = tmp_path / f"{size}.json"
        file.write_text(document(size), "utf-8")
        rows[f"{size:,} {document.__name__}"] = measured(file, tmp_path / f"client_{size}")
    print(f"\n{table(rows)}")
    assert len(rows) == len(SIZES)
    if FULL:  # small documents say nothing of it
        least, middle, most = (each["cpu"] for each in rows.values())
        grown = [(size - SIZES[0]) for size in SIZES[1:]]
        exponent = math.log10((most - least) / (middle - least)) / math.log10(grown[1] / grown[0])
        print(f"exponent {exponent:.2f}")


@pytest.mark.benchmark
def test_builds_after_a_change(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """The same folder again: where one schema has another property, and where no code is another."""
    size = SIZES[-1]
    document = json.loads(feeds(size))
    file, folder = tmp_path / "feeds.json", tmp_path / "feeds"
    last = document["components"]["schemas"][f"Feed{size - 1:04}Bar"]["properties"]

    def changed(name: str, round: int) -> None:
        if name == "a schema":
            last[f"round{round}"] = {"type": "number"}
        document["info"]["x-round"] = f"{name} {round}"
        file.write_text(json.dumps(document), "utf-8")

    changed("all", 0)
    rows = {"all": _measured(file, folder)}
    for name in ("a schema", "no code"):
        runs: list[Figures] = []
        for round in range(3 if FULL else 1):
            changed(name, round)
            runs.append(_measured(file, folder))
        rows[name] = min(runs, key=lambda each: each["cpu"] + each["verification"])
    print(f"\n{table(rows)}")
    assert rows["no code"]["verification"] == 0, "nothing is verified where no code changes"
    whole = rows["all"]["cpu"] + rows["all"]["verification"]
    for name, each in rows.items():
        share = (each["cpu"] + each["verification"]) / whole
        print(f"{name}: {share:.0%} of a whole build")
        record_property(name, share)
