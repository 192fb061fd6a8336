"""A server in memory and a client, for tests of the shell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from wsgen_runtime import (
    Client,
    ConnectionOptions,
    MemoryAttempt,
    MemoryConnection,
    MemoryTransport,
    Url,
)

from tests.scenarios.protocol import Operations

__all__ = [
    "ALERTS",
    "BARS",
    "JOIN",
    "MESSAGE",
    "OPERATIONS",
    "PING",
    "TYPING",
    "URL",
    "Server",
    "TestClient",
    "settled_tasks",
    "turns",
]

URL = "ws://server.test/ws"
OPERATIONS = Operations({})
BARS = OPERATIONS.subscriptions["bars"]
ALERTS = Operations({"alerts": "connection"}).subscriptions["alerts"]
JOIN = OPERATIONS.requests["chat.join"]
PING = OPERATIONS.requests["ping"]
TYPING = OPERATIONS.sends["chat.typing"]
MESSAGE = OPERATIONS.pushes["chat.message"]


class Server:
    """Answers as the protocol of the scenarios says; `silent` and `refused` symbols are special."""

    def __init__(self) -> None:
        self.transport = MemoryTransport(self.answer, schedule=self._soon)
        self.silent: set[str] = set()
        self.refused: set[str] = set()
        self.unreachable = False
        self.status: int | None = None

    def _soon(self, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(call)

    def answer(self, attempt: MemoryAttempt) -> None:
        if self.status is not None:
            attempt.refuse(self.status)
        elif self.unreachable:
            attempt.unreachable()
        else:
            connection = attempt.accept()
            connection.on_frame = lambda frame: self._frame(connection, json.loads(frame))

    def _frame(self, connection: MemoryConnection, frame: dict[str, Any]) -> None:
        kind, payload = frame["type"], frame.get("payload") or {}
        if kind == "ping":
            connection.send_json({"type": "pong"})
        elif kind == "chat.join" and payload.get("room") not in self.silent:
            connection.send_json({"type": "chat.joined", "payload": {"room": payload["room"]}})
        elif kind.endswith("subscribe") and payload.get("symbol") not in self.silent:
            refused = payload.get("symbol") in self.refused
            reply = {"status": "error" if refused else "ok", "message": "no such symbol" if refused else ""}
            domain = kind.partition(".")[0]
            topic = ":".join([domain, *map(str, payload.values())])
            connection.send_json({"type": f"{kind}.response", "payload": {**reply, "topic": topic}})

    @property
    def only(self) -> MemoryConnection:
        (one,) = [connection for connection in self.transport.connections if connection.open]
        return one

    def sent(self) -> list[str]:
        return [json.loads(frame)["type"] for c in self.transport.connections for frame in c.received]

    def push(self, type: str, payload: object) -> None:
        self.only.send_json({"type": type, "payload": payload})

    def bar(self, symbol: str, close: float) -> None:
        self.push("bars.update", {"topic": f"bars:{symbol}", "payload": {"close": close}})


class TestClient(Client):
    __test__ = False

    def __init__(self, url: Url = URL, **options: Any) -> None:
        super().__init__(OPERATIONS.protocol, url, cast(ConnectionOptions, options))


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def settled_tasks() -> set[asyncio.Task[Any]]:
    await turns()
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
