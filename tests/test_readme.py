"""What the README shows is what happens. `python -m tests.test_readme` puts the real output of the build there."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers import TradingServer
from tests.servers.plain import plain_server

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BUILD = "wsgen build specs/trading.asyncapi.json -o trading"
BAR = {"time": 1, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 7}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the specs in which the README's build command has run, and what it printed."""
    folder = tmp_path_factory.mktemp("readme")
    return folder, build_in(folder)


def build_in(folder: Path) -> str:
    shutil.copytree(ROOT / "specs", folder / "specs")
    run = subprocess.run(
        [sys.executable, "-m", "wsgen.cli", *BUILD.split()[1:]],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_the_two_commands_are_there() -> None:
    assert blocks("sh") == [f"pip install . && {BUILD}\n", "pip install -e '.[dev]' && pytest\n"]


def test_the_build_prints_what_the_readme_shows(built: tuple[Path, str]) -> None:
    assert blocks("text") == [built[1]]


def test_the_usage_example_runs(built: tuple[Path, str], trading_server: TradingServer) -> None:
    (example,) = blocks("python")
    program = example.replace("ws://localhost:8000/ws", trading_server.url)
    assert program != example
    stop = threading.Event()
    pushing = threading.Thread(target=push_bars, args=(trading_server, stop))
    pushing.start()
    try:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=built[0],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
    finally:
        stop.set()
        pushing.join()
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert {"close 1.5", "volume 7"} <= set(lines)
    assert lines[-1] == "1 in lobby"


async def test_the_example_of_a_stream_runs(tmp_path: Path) -> None:
    (example,) = blocks("py")
    async with plain_server() as server:
        server.trades = [{"type": "trade", "price": 1.5, "quantity": 10, "side": side} for side in ("buy", "sell")]
        program = example.replace('"8000"', f'"{urlsplit(server.url).port}"')
        assert program != example
        shutil.copytree(ROOT / "generated_example" / "python" / "trading_3", tmp_path / "trading_3")
        command = [sys.executable, "-W", "error", "-c", program]
        run = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=PIPE, stderr=PIPE)
        output, errors = await asyncio.wait_for(run.communicate(), 60)
    assert (run.returncode, output.decode(), errors.decode()) == (0, "10 at 1.5\n", "")


def push_bars(server: TradingServer, stop: threading.Event) -> None:
    """Send a bar to whoever has subscribed, until `stop`."""
    while not stop.wait(0.02):
        for connection in server.admin.state()["connections"]:
            for topic in connection["topics"]:
                if topic.startswith("bars:"):
                    server.admin.push(topic, "bars.update", {"topic": topic, "payload": BAR})


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    (configuration,) = blocks("toml")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "wsgen.cli", "build"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stderr
    assert "WSG425" not in run.stderr
    assert 'route="connection"' in (tmp_path / "src/shop/clients/trading/alerts.py").read_text(encoding="utf-8")


def rewrite() -> None:
    with tempfile.TemporaryDirectory() as folder:
        printed = build_in(Path(folder))
    text = re.sub(r"^```text\n.*?^```$", lambda _: f"```text\n{printed}```", README, flags=re.MULTILINE | re.DOTALL)
    (ROOT / "README.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
