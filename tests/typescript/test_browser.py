"""The page of `generated_example/browser` in a real browser, against a real FastWS server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.servers import Admin, Process

from .tools import HERE, NodeTools

ROOT = HERE.parents[1]
PAGE = ROOT / "generated_example" / "browser"
SCREENSHOTS = ROOT / ".cache" / "screenshots"

TOPICS = ['bars:{"resolution":"1","symbol":"AAPL"}', 'bars:{"resolution":"1","symbol":"MSFT"}']


@pytest.fixture
def chromium() -> str:
    """The browser. Without it the test is left out, but not in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        assert not os.environ.get("CI"), "no `chromium` on the path"
        pytest.skip("no `chromium` on the path")
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


@pytest.fixture
def page(node_tools: NodeTools, tmp_path: Path) -> Iterator[str]:
    """The address of the page, bundled as its own server bundles it."""
    shutil.copy(PAGE / "index.html", tmp_path)
    node_tools.bundle(PAGE / "main.ts", tmp_path / "main.js", "--platform=browser")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def service() -> Iterator[Process]:
    process = Process()
    process.start()
    yield process
    process.stop()


class Browser:
    """A page in Chromium, driven by `browser.mjs` line by line."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running

    def do(self, step: str, **values: object) -> None:
        """Have a step of `browser.mjs` done.

        Raises:
            AssertionError: it could not be; what the page says is in the message.
        """
        assert self._running.stdin
        assert self._running.stdout
        self._running.stdin.write(json.dumps({"step": step, **values}) + "\n")
        self._running.stdin.flush()
        answer = self._running.stdout.readline()
        assert answer == "done\n", answer or "the browser has ended"


@pytest.fixture
def browser(node_tools: NodeTools, chromium: str, tmp_path: Path) -> Iterator[Browser]:
    script = node_tools.bundle(HERE / "browser.mjs", tmp_path / "driver.mjs", "--external:playwright-core")
    # Node looks for packages beside the script alone.
    beside = node_tools.modules.parent / f"driver-{os.getpid()}.mjs"
    shutil.copy(script, beside)
    with subprocess.Popen(
        ["node", str(beside), chromium], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        yield Browser(running)
        assert running.stdin
        running.stdin.close()
        assert running.wait(timeout=30) == 0
    beside.unlink()


def _push(admin: Admin, closes: list[float]) -> None:
    for topic, close in zip(TOPICS, closes, strict=True):
        bar = {"time": 0, "open": close, "high": close, "low": close, "close": close}
        assert admin.push(topic, "bars.update", {"topic": topic, "payload": bar}) == 1


def _topics(admin: Admin) -> list[str]:
    return sorted(topic for connection in admin.state()["connections"] for topic in connection["topics"])


def test_a_page_follows_bars_through_a_restart_and_releases_all_when_closed(
    browser: Browser, page: str, service: Process
) -> None:
    admin = Admin(service.port)
    browser.do("open", url=f"{page}?url=ws://127.0.0.1:{service.port}/ws")
    browser.do("follow", symbol="AAPL")
    browser.do("follow", symbol="MSFT")
    browser.do("sees", state="CONNECTED", rows={"AAPL": ["CONFIRMED", ""], "MSFT": ["CONFIRMED", ""]})
    assert _topics(admin) == TOPICS
    assert len(admin.state()["connections"]) == 1

    for step in range(30):
        _push(admin, [100.0 + step % 7, 200.0 - step % 5])
    browser.do("sees", state="CONNECTED", rows={"AAPL": ["CONFIRMED", "101.00"], "MSFT": ["CONFIRMED", "196.00"]})

    service.stop()
    browser.do("misses", state="CONNECTED")
    service.start()
    browser.do("sees", state="CONNECTED", rows={"AAPL": ["CONFIRMED", "101.00"], "MSFT": ["CONFIRMED", "196.00"]})
    assert _topics(admin) == TOPICS
    _push(admin, [1.5, 2.5])
    browser.do("sees", state="CONNECTED", rows={"AAPL": ["CONFIRMED", "1.50"], "MSFT": ["CONFIRMED", "2.50"]})
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    browser.do("shoot", path=str(SCREENSHOTS / "bars.png"))
    assert (SCREENSHOTS / "bars.png").stat().st_size > 5_000

    browser.do("stop", symbol="MSFT")
    browser.do("sees", state="CONNECTED", rows={"AAPL": ["CONFIRMED", "1.50"]})
    browser.do("close")
    browser.do("sees", state="CLOSED", rows=None)
    browser.do("silent")
    assert _until_empty(admin) == []


def _until_empty(admin: Admin) -> list[object]:
    """The connections that the server still has after a while."""
    waiting = threading.Event()
    for _ in range(100):
        if not admin.state()["connections"]:
            return []
        waiting.wait(0.05)
    return list(admin.state()["connections"])


def test_the_page_with_its_own_server(browser: Browser, node_tools: NodeTools, tmp_path: Path) -> None:
    shutil.copytree(PAGE, tmp_path / "browser")
    (tmp_path / "typescript").symlink_to(PAGE.parent / "typescript")
    (tmp_path / "node_modules").symlink_to(node_tools.modules)
    command = ["node", str(tmp_path / "browser" / "serve.mjs")]
    environment = {**os.environ, "PORT": str(_free_pair())}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as server:
        assert server.stdout
        told = server.stdout.readline().removeprefix("open ").strip()
        browser.do("open", url=told.replace("localhost", "127.0.0.1"))
        browser.do("follow", symbol="AAPL")
        browser.do("moves", symbol="AAPL")
        browser.do("silent")
        server.terminate()


def _free_pair() -> int:
    """A port that is free, as is the next one."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def test_the_page_is_sound(node_tools: NodeTools) -> None:
    assert node_tools.tsc([PAGE / "main.ts"]) == ""
    assert node_tools.misformatted([*PAGE.glob("*.[mht]*[sl]"), HERE / "browser.mjs"]) == ""
