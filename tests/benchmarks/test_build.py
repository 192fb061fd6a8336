"""What a build costs. Prints figures; judges nothing by time. `make bench` shows them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "specs" / "trading.asyncapi.json"

MEASURE = """
import json, resource, sys
from wsgen.cli import main
sys.argv = ["wsgen", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code or 0
own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"code": code, "cpu": own.ru_utime + own.ru_stime,
                  "verification": children.ru_utime + children.ru_stime, "peak": own.ru_maxrss}), file=sys.stderr)
"""


@pytest.mark.benchmark
def test_build_of_trading(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-c", MEASURE, "build", str(SPEC), "-o", str(tmp_path / "trading")]
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    figures = json.loads(run.stderr.splitlines()[-1])
    assert figures["code"] == 0, run.stdout + run.stderr
    assert (tmp_path / "trading" / "client.py").is_file()
    print(
        f"\nbuild of trading: {figures['cpu']:.2f} s CPU, {figures['peak'] / 1024:.0f} MB at the most; "
        f"its verification {figures['verification']:.2f} s CPU in a process of its own"
    )
    for name, value in figures.items():
        record_property(name, value)
