"""Real servers for tests, each in a process and a virtual environment of its own."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import tempfile
import urllib.parse
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.environments import environment

__all__ = ["REQUIREMENTS", "Admin", "Process", "TradingServer", "environment", "trading_server"]

REQUIREMENTS = ("fastws==0.1.7", "pydantic==2.14.*", "uvicorn>=0.34,<1", "websockets>=15,<18")
START_TIMEOUT = 60


class Admin:
    """The server's loopback routes for tests, as blocking calls."""

    def __init__(self, port: int) -> None:
        self._port = port

    def push(self, topic: str, type: str, payload: object) -> int:
        """Have the server send a message to all that are subscribed to `topic`; how many they are."""
        query = urllib.parse.urlencode({"topic": topic, "type": type})
        sent: int = self._call("POST", f"/admin/push?{query}", payload)["sent"]
        return sent

    def kick(self, code: int = 1012, reason: str = "") -> int:
        """Close every connection with this code; how many they were."""
        query = urllib.parse.urlencode({"code": code, "reason": reason})
        kicked: int = self._call("POST", f"/admin/kick?{query}")["kicked"]
        return kicked

    def mode(self, **values: object) -> None:
        """Set `subscribe_delay` (seconds), `reject`, `silent`, `poison` (lists of symbols, levels, accounts; a
        subscribe to what is in the last ends the connection with 1003), `token` (handshakes without
        `Authorization: Bearer <token>` are answered with 403)."""
        self._call("POST", "/admin/mode", values)

    def state(self) -> dict[str, Any]:
        """`connections`, each with `topics`, `received`, `query` and `headers`; and `received`: how often
        each operation was received since the last reset, also from connections that have ended."""
        return self._call("GET", "/admin/state")

    def reset(self) -> None:
        """Close every connection, forget the counters and the mode."""
        self._call("POST", "/admin/reset")

    def document(self) -> dict[str, Any]:
        """The AsyncAPI document that the server publishes."""
        return self._call("GET", "/asyncapi.json")

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=START_TIMEOUT)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path} was answered with {response.status}: {text}")
        answer: dict[str, Any] = json.loads(text)
        return answer


class Process:
    """The process of `trading.py`, which can be stopped, and started again on the same port.

    Attributes:
        port: where it listens; 0 before the first start.
    """

    def __init__(self) -> None:
        self.port = 0
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Run it, if it does not run; returns when it answers.

        Raises:
            RuntimeError: it could not be installed or did not start; its words are in the message.
        """
        if self._running is not None and self._running.poll() is None:
            return
        file = str(Path(__file__).with_name("trading.py"))
        program = [str(environment(REQUIREMENTS)), "-W", "ignore", file, str(self.port)]
        with tempfile.TemporaryFile("w+") as log:
            process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
            self._running = process
            assert process.stdout is not None
            port = process.stdout.readline()
            if not port:
                log.seek(0)
                raise RuntimeError(f"the trading server did not start:\n{log.read()}")
        self.port = int(port)
        Admin(self.port).state()

    def stop(self) -> None:
        """End it as a service is ended; returns when it is gone."""
        process, self._running = self._running, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


class TradingServer:
    """A running trading server. Its methods are those of `Admin` and `Process`, for use in an event loop.

    Attributes:
        url: where clients connect.
        admin: the same calls, blocking.
    """

    def __init__(self, process: Process) -> None:
        self.url = f"ws://127.0.0.1:{process.port}/ws"
        self.admin = Admin(process.port)
        self._process = process

    async def push(self, topic: str, type: str, payload: object) -> int:
        return await asyncio.to_thread(self.admin.push, topic, type, payload)

    async def kick(self, code: int = 1012, reason: str = "") -> int:
        return await asyncio.to_thread(self.admin.kick, code, reason)

    async def mode(self, **values: object) -> None:
        await asyncio.to_thread(self.admin.mode, **values)

    async def state(self) -> dict[str, Any]:
        return await asyncio.to_thread(self.admin.state)

    async def reset(self) -> None:
        await asyncio.to_thread(self.admin.reset)

    def renew(self) -> None:
        """Have it run, without connections, counters or special modes, whatever was before."""
        self._process.start()
        self.admin.reset()

    async def stop(self) -> None:
        """End its process, as a deployment does. Until `start`, nobody listens on its port."""
        await asyncio.to_thread(self._process.stop)

    async def start(self) -> None:
        """Start it again on the same port, without any memory."""
        await asyncio.to_thread(self._process.start)


@contextmanager
def trading_server() -> Generator[TradingServer]:
    """Run `trading.py` on a free port of 127.0.0.1; entered when it answers, stopped and gone when left.

    Raises:
        RuntimeError: it could not be installed or did not start; its words are in the message.
    """
    process = Process()
    try:
        process.start()
        yield TradingServer(process)
    finally:
        process.stop()
