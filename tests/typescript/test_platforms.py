"""The generated client on every platform, bundled and from its source, with the platform's own `WebSocket`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from tests.servers import Admin, Process, TradingServer

from .node_tests import bundled, named, run_with
from .output import SPECS
from .platforms import PLATFORMS, command
from .tools import HERE, NodeTools

LIVE = HERE / "example_live.ts"
RESTART = HERE / "example_restart.ts"
IMPORTED = "../../generated_example/typescript/trading/index.js"
TOPIC = 'bars:{"resolution":"1","symbol":"AAPL"}'
FROM_SOURCE = [platform for platform in PLATFORMS if platform != "node-20"]


@pytest.fixture(params=PLATFORMS)
def program(request: pytest.FixtureRequest, node_tools: NodeTools) -> list[str]:
    return command(node_tools, request.param)


def test_it_talks_to_the_real_server(
    program: list[str], node_tools: NodeTools, trading_server: TradingServer, tmp_path: Path
) -> None:
    results = run_with(program, bundled(node_tools, tmp_path, [LIVE]), trading_server.url)
    assert {name: results.get(name) for name in named(LIVE)} == dict.fromkeys(named(LIVE), "ok"), results[""]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The script beside a package that is built with the extension `.ts`."""
    package = tmp_path / "trading"
    settings = ClientSettings(
        input=str(SPECS / "trading.asyncapi.json"), output=package, target="typescript", import_extension=".ts"
    )
    for path, text in build_client(settings, Problems()).files.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text, "utf-8")
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    script = RESTART.read_text("utf-8")
    assert script.count(IMPORTED) == 1
    (tmp_path / "restart.ts").write_text(script.replace(IMPORTED, "./trading/index.ts"), "utf-8")
    return tmp_path / "restart.ts"


@pytest.fixture
def service() -> Iterator[Process]:
    process = Process()
    process.start()
    yield process
    process.stop()


@pytest.mark.parametrize("platform", FROM_SOURCE)
def test_it_runs_from_its_source_through_a_restart_of_the_server(
    platform: str, node_tools: NodeTools, service: Process, source: Path
) -> None:
    admin = Admin(service.port)
    url = f"ws://127.0.0.1:{service.port}/ws"
    with subprocess.Popen(
        [*command(node_tools, platform), str(source), url], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == f"subscribed to {TOPIC}\n"
        _trade(admin, 1.5)
        assert running.stdout.readline() == "close 1.5\n"
        service.stop()
        service.start()
        assert running.stdout.readline() == "renewed\n"
        (connection,) = admin.state()["connections"]
        assert connection["headers"]["x-api-key"] == "secret"
        _trade(admin, 0)
        assert running.stdout.read() == "close 0\nCLOSED\n"
        assert running.wait(timeout=30) == 0
    assert admin.state()["received"] == {"bars.subscribe": 1, "bars.unsubscribe": 1}


def _trade(admin: Admin, close: float) -> None:
    bar = {"time": 0, "open": 1, "high": 1, "low": 1, "close": close}
    assert admin.push(TOPIC, "bars.update", {"topic": TOPIC, "payload": bar}) == 1


def test_it_compiles_where_there_is_no_page(node_tools: NodeTools, source: Path) -> None:
    modules = sorted(source.parent.rglob("*.ts"))
    assert node_tools.tsc(modules, types=["node"], lib=["ES2022", "ESNext.Disposable"]) == ""


def test_deno_finds_nothing_wrong_with_it(node_tools: NodeTools, source: Path) -> None:
    deno = command(node_tools, "deno")[0]
    result = subprocess.run(
        [deno, "check", "--no-config", "--no-lock", "--no-remote", str(source)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
