"""The trading back end of `specs/trading-3.asyncapi.yaml`, on `websockets` alone, in the event loop of a test.

It does what `trading.py` does, frame for frame, but for FastWS's answer to what has none (`chat.None`).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

__all__ = ["PlainServer", "plain_server"]

Frame: TypeAlias = dict[str, Any]

DEFAULTS = {"bars": {"resolution": "1"}, "quotes": {"depth": ""}}


@dataclass(eq=False)
class Visitor:
    """A connection of the channel `trading`."""

    connection: ServerConnection
    topics: set[str] = field(default_factory=set[str])
    nick: str = "guest"

    async def send(self, type: str, payload: object = None) -> None:
        await self.connection.send(
            json.dumps({"type": type} if payload is None else {"type": type, "payload": payload})
        )


class PlainServer:
    """A running server.

    Attributes:
        url: of the server; the addresses of the channels come below it.
        received: how often each message was received.
        streams: path, query and headers of each connection to `marketData`.
        token: what handshakes must carry; None: nothing.
        reject, silent: names whose subscribes are refused, or not answered.
        trades: what a stream begins with.
    """

    def __init__(self) -> None:
        self.url = ""
        self.received: Counter[str] = Counter()
        self.streams: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.visitors: list[Visitor] = []
        self.token: str | None = None
        self.reject: set[str] = set()
        self.silent: set[str] = set()
        self.trades: list[Frame] = []
        self._sequence = 0
        self._answers: dict[str, Callable[[Visitor, Frame], Frame | None]] = {
            "chat.join": self._join,
            "chat.typing": lambda visitor, payload: None,
            "now": lambda visitor, payload: {"seconds": 1_792_000_000, "milliseconds": 1_792_000_000_000},
        }

    async def push(self, topic: str, type: str, payload: object) -> int:
        """Send a message to all that are subscribed to `topic`; how many they are."""
        listeners = [each for each in self.visitors if topic in each.topics]
        for visitor in listeners:
            await visitor.send(type, payload)
        return len(listeners)

    async def kick(self, code: int) -> None:
        """Close every connection with this code."""
        await asyncio.gather(*(each.connection.close(code) for each in list(self.visitors)))

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse what is asked for without the token, and unknown paths."""
        parts = urlsplit(request.path)
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, "a token is needed\n")
        if parts.path != "/ws" and parts.path.split("/")[:2] != ["", "marketdata"]:
            return connection.respond(HTTPStatus.NOT_FOUND, "no such channel\n")
        return None

    async def converse(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        try:
            if parts.path == "/ws":
                await self._trade(Visitor(connection))
            else:
                headers = dict(connection.request.headers.raw_items())
                await self._stream(connection, unquote(parts.path.split("/")[2]), parse_qs(parts.query), headers)
        except ConnectionClosed:
            pass

    async def _stream(
        self, connection: ServerConnection, symbol: str, query: dict[str, list[str]], headers: dict[str, str]
    ) -> None:
        self.streams.append((symbol, query, headers))
        for trade in self.trades:
            if trade["side"] in query.get("side", ["buy", "sell"]):
                await connection.send(json.dumps(trade))
        if query.get("heartbeat") == ["true"]:
            await connection.send(json.dumps({"type": "heartbeat", "sequence": 0}))
        await connection.wait_closed()

    async def _trade(self, visitor: Visitor) -> None:
        self.visitors.append(visitor)
        try:
            async for raw in visitor.connection:
                frame = json.loads(raw)
                self.received[frame["type"]] += 1
                await self._answer(visitor, frame["type"], frame.get("payload") or {})
        finally:
            self.visitors.remove(visitor)

    async def _answer(self, visitor: Visitor, type: str, payload: Frame) -> None:
        domain, _, verb = type.rpartition(".")
        if verb in ("subscribe", "unsubscribe"):
            await self._subscription(visitor, domain, verb, payload)
        elif type == "ping":
            await visitor.send("pong")
        elif type == "chat.post":
            await visitor.send("chat.post.response", await self._post(visitor, payload))
        else:
            answer = self._answers[type](visitor, payload)
            if answer is not None:
                await visitor.send({"chat.join": "chat.joined"}.get(type, f"{type}.response"), answer)

    async def _subscription(self, visitor: Visitor, domain: str, verb: str, payload: Frame) -> None:
        names = {text for value in payload.values() for text in (value if isinstance(value, list) else [value])}
        topic = f"{domain}:{json.dumps({**DEFAULTS.get(domain, {}), **payload}, sort_keys=True)}"
        if names & self.silent:
            return
        refused = verb == "subscribe" and names & self.reject
        if verb == "unsubscribe":
            visitor.topics.discard(topic)
        elif not refused:
            visitor.topics.add(topic)
        status = {"status": "error", "message": "not available"} if refused else {"status": "ok", "message": "done"}
        await visitor.send(f"{domain}.{verb}.response", {**status, "topic": topic})

    def _join(self, visitor: Visitor, payload: Frame) -> Frame:
        visitor.nick = payload.get("nick", "guest")
        topic = f"chat:{payload['room']}"
        visitor.topics.add(topic)
        return {"room": payload["room"], "members": sum(topic in each.topics for each in self.visitors)}

    async def _post(self, visitor: Visitor, payload: Frame) -> Frame:
        self._sequence += 1
        message = {**payload, "nick": visitor.nick, "sequence": self._sequence}
        await self.push(f"chat:{payload['room']}", "chat.message", message)
        return {"sequence": self._sequence}


@asynccontextmanager
async def plain_server() -> AsyncGenerator[PlainServer]:
    """Run the server on a free port of 127.0.0.1."""
    plain = PlainServer()
    async with serve(plain.converse, "127.0.0.1", 0, process_request=plain.admit) as server:
        plain.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield plain
