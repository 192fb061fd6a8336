"""What `wsgen` costs where nothing has changed, and for several clients at a time. Prints figures; judges nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from . import FULL

SPEC = Path(__file__).parents[2] / "specs" / "trading.asyncapi.json"

MEASURE = """
import json, resource, sys
from wsgen.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code or 0
own = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"code": code, "cpu": own.ru_utime + own.ru_stime, "peak": own.ru_maxrss / 1024}), file=sys.stderr)
"""
"""Seconds of CPU of the whole process, without those it has started; MB at the most."""


def measured(folder: Path, *arguments: str) -> dict[str, float]:
    """What a command line costs: the fastest of three runs, as others use the machine too."""
    runs: list[dict[str, float]] = []
    for _ in range(3 if FULL else 1):
        began = time.perf_counter()
        command = [sys.executable, "-c", MEASURE, *arguments]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        figures: dict[str, float] = json.loads(run.stderr.splitlines()[-1])
        assert figures["code"] == 0, run.stdout + run.stderr
        runs.append({**figures, "wall": time.perf_counter() - began})
    return min(runs, key=lambda each: each["wall"])


@pytest.mark.benchmark
def test_what_is_up_to_date(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    build = ("build", str(SPEC), "-o", str(tmp_path / "trading"))
    measured(tmp_path, *build)
    print()
    for name, arguments in {"--help": ("--help",), "build": build, "build --check": (*build, "--check")}.items():
        figures = measured(tmp_path, *arguments)
        print(f"{name:<14} {figures['cpu']:5.2f} s CPU {figures['peak']:5.0f} MB")
        record_property(name, figures["cpu"])


@pytest.mark.benchmark
@pytest.mark.parametrize("clients", [2, 4, 8, 24] if FULL else [2])
def test_several_clients(tmp_path: Path, clients: int, record_property: Callable[[str, object], None]) -> None:
    text = SPEC.read_text("utf-8")
    for number in range(clients):
        (tmp_path / f"{number}.json").write_text(text.replace("Trading WebSocket API", f"Trading {number}"), "utf-8")
    sources = [f"{number}.json" for number in range(clients)]
    print()
    for name, options in {"one at a time": ("--jobs", "1"), "as many as pay": ()}.items():
        for kind, verify in {"": (), ", not verified": ("--no-verify",)}.items():
            figures = measured(tmp_path, "build", *sources, "-o", "out", "--force", *options, *verify)
            print(f"{clients} clients, {name}{kind}: {figures['wall']:.2f} s")
            record_property(name + kind, figures["wall"])
