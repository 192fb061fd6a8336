"""What the client in TypeScript takes: CPU time for each update, memory of subscriptions that wait.

Each client is a process of its own, against one server in another process; rounds are interleaved. Ratios count.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.typescript.tools import NodeTools, Unavailable, install

from . import FULL

SOURCE = Path(__file__).parent / "typescript" / "figures.ts"
KINDS = ("ws + JSON.parse", "wsgen", "graphql-ws", "centrifuge")
UPDATES = 200_000 if FULL else 2_000
ROUNDS = 7 if FULL else 1
IDLE = 10_000 if FULL else 200


@pytest.fixture(scope="module")
def tools() -> NodeTools:
    try:
        return install()
    except Unavailable as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def script(tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    required = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    target = tmp_path_factory.mktemp("figures") / "figures.mjs"
    return tools.bundle(SOURCE, target, "--minify", f"--banner:js={required}")


def test_what_measures_is_sound(tools: NodeTools) -> None:
    assert tools.tsc([SOURCE], types=["node"]) == ""
    assert tools.misformatted([SOURCE]) == ""


def _figure(script: Path, *words: str) -> float:
    node = shutil.which("node")
    assert node
    run = subprocess.run([node, "--expose-gc", str(script), *words], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return float(run.stdout)


@contextmanager
def serving(script: Path, updates: int) -> Iterator[str]:
    with subprocess.Popen(["node", str(script), "serve", str(updates)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"ws://127.0.0.1:{int(server.stdout.readline())}/"
        server.terminate()


@pytest.mark.benchmark
def test_updates(script: Path, record_property: Callable[[str, object], None]) -> None:
    with serving(script, UPDATES) as url:
        rounds = [{kind: _figure(script, "follow", url, kind, str(UPDATES)) for kind in KINDS} for _ in range(ROUNDS)]
    median = {kind: statistics.median(each[kind] for each in rounds) for kind in KINDS}
    print()
    for kind, value in median.items():
        print(f"{kind:<16} {value:>6.2f} µs for each update, {value / median[KINDS[0]]:.2f} × ws + JSON.parse")
        record_property(kind, value)
    assert all(value > 0 for value in median.values())


@pytest.mark.benchmark
def test_idle_subscriptions(script: Path, record_property: Callable[[str, object], None]) -> None:
    with serving(script, 0) as url:
        size = _figure(script, "idle", url, str(IDLE))
    print(f"\n{size:.0f} bytes for each of {IDLE:,} subscriptions that wait")
    record_property("idle subscription", size)
    assert size > 0
