"""A server of the trading protocol that misbehaves as told.

It answers as FastWS servers do: one reply for each request, in order, without an id; what it does not understand
closes the connection with 1003. It keeps the account that the invariants are checked against: what each connection
holds, and everything that no client may do.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from tests.faults.frames import Frame, Splitter, accept_key
from tests.runtime.sockets import CLOSE, PING, PONG, TEXT, close_frame, frame

__all__ = ["Answer", "Attempt", "Behaviour", "FaultyServer", "Peer", "bar_topic", "faulty_server"]

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a handshake that is no 101."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A handshake as it came: when (seconds of the loop's clock), where to, and with what."""

    time: float
    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Behaviour:
    """How the server treats its clients. Tests change it while it runs.

    Attributes:
        answers: the next handshakes are answered with these, one each.
        answer: all further handshakes are answered with this.
        token: handshakes without `Authorization: Bearer <token>` are answered with `denied`.
        denied: see `token`.
        close_on_accept: the close code that follows every 101.
        close_on_confirm: the close code that follows the first confirmation of a connection.
        poison: a subscribe to one of these symbols closes the connection with its code.
        hasty: whether poison works when it comes, before the answers to what came earlier.
        refused: symbols whose subscription is refused.
        silent: how many more subscribes of a symbol are overlooked: neither served nor answered.
        lost: how many more replies of a type are lost; what they answer has been done.
        pongs: whether pings of WebSocket itself are answered.
        twice: types of replies that are sent twice.
        reply_delay: seconds that each reply takes, one after the other.
        snapshot: whether a confirmation comes with an update: before it, or after it.
        reset_after: the connection is reset after so many more messages, once.
        idle: seconds without a text frame after which a client is closed with 1000.
    """

    answers: deque[Answer] = field(default_factory=deque[Answer])
    answer: Answer | None = None
    token: str | None = None
    denied: int = 403
    close_on_accept: int | None = None
    close_on_confirm: int | None = None
    poison: dict[str, int] = field(default_factory=dict[str, int])
    hasty: bool = False
    refused: set[str] = field(default_factory=set[str])
    silent: Counter[str] = field(default_factory=Counter[str])
    lost: Counter[str] = field(default_factory=Counter[str])
    pongs: bool = True
    twice: set[str] = field(default_factory=set[str])
    reply_delay: float = 0.0
    snapshot: Literal["before", "after"] | None = "after"
    reset_after: int | None = None
    idle: float | None = None


class FaultyServer:
    """The server, and its account.

    Attributes:
        url: where clients connect.
        attempts: every handshake, in order.
        peers: the connections that are open, in order.
        accepted: how many connections there have been.
        violations: what no client may do, in words.
        received: how many messages of each type came, on all connections.
    """

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.attempts: list[Attempt] = []
        self.peers: list[Peer] = []
        self.accepted = 0
        self.violations: list[str] = []
        self.received: Counter[str] = Counter()
        self.sequence: Counter[str] = Counter()
        self.sockets: set[asyncio.Transport] = set()
        self._port = 0
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/ws"

    @property
    def only(self) -> Peer:
        """The one connection that is open."""
        (peer,) = self.peers
        return peer

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        if self._listener is not None:
            return
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Peer(self), "127.0.0.1", self._port, backlog=256)
        self._port = self._listener.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Connections are refused from now on; those that are open stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def restart(self, code: int = 1012, down: float = 0.0) -> None:
        """Close all connections, be gone for some seconds, and listen again on the same port."""
        self.stop_listening()
        self.close_all(code)
        await asyncio.sleep(down)
        await self.listen()

    def close_all(self, code: int) -> None:
        """Close every connection with this code."""
        for peer in list(self.peers):
            peer.close(code)

    def reset_all(self) -> None:
        """End every connection with a TCP reset."""
        for peer in list(self.peers):
            peer.reset()

    def forget(self) -> None:
        """Forget what has been, so that it takes no memory; what is goes on."""
        self.attempts.clear()
        self.sequence.clear()
        for peer in self.peers:
            peer.subscribed.clear()

    def tick(self) -> None:
        """Send one update of everything that is held, to everyone who holds it."""
        for peer in self.peers:
            for topic in peer.held:
                peer.update(topic)
            peer.flush()

    async def stop(self) -> None:
        """End everything; nothing is left when this returns."""
        self.stop_listening()
        for transport in list(self.sockets):
            transport.abort()
        while self.sockets:
            await asyncio.sleep(0)

    def judge(self, path: str, headers: dict[str, str]) -> Answer | None:
        """What this handshake is answered with, if not with 101."""
        behaviour = self.behaviour
        self.attempts.append(Attempt(asyncio.get_running_loop().time(), path, headers))
        if behaviour.answers:
            return behaviour.answers.popleft()
        if behaviour.token is not None and headers.get("authorization") != f"Bearer {behaviour.token}":
            return Answer(behaviour.denied)
        return behaviour.answer


class Peer(asyncio.Protocol):
    """The server's side of one connection.

    Attributes:
        number: which of the server's connections it is, from 1.
        held: how often each topic is subscribed to.
        subscribed: topics in the order in which they were asked for.
        close_code: of the client's close frame; None before there was one.
    """

    def __init__(self, server: FaultyServer) -> None:
        self.number = 0
        self.held: Counter[str] = Counter()
        self.subscribed: list[str] = []
        self.close_code: int | None = None
        self._server = server
        self._splitter = Splitter()
        self._head: bytes | None = b""
        self._out: list[bytes] = []
        self._requests: deque[Message] = deque()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._confirmed = False
        self._closing = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.sockets.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sockets.discard(self._transport)
        self._leave()

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = head if not end else None
            if not end or not self._handshake(head):
                return
        for one in self._splitter.feed(data):
            self._frame(one)
        self.flush()

    # What the server does.

    def send(self, type: str, payload: object = None) -> None:
        """Send a message with the next `flush`."""
        message = {"type": type} if payload is None else {"type": type, "payload": payload}
        self.send_frame(frame(TEXT, json.dumps(message, separators=(",", ":")).encode()))

    def send_frame(self, raw: bytes) -> None:
        """Send any bytes with the next `flush`."""
        if not self._closing:
            self._out.append(raw)

    def update(self, topic: str) -> None:
        """Send the next update of a topic with the next `flush`. It carries what tells it from all others."""
        self._server.sequence[topic] += 1
        mark = {"mark": topic, "sequence": self._server.sequence[topic], "connection": self.number}
        domain = topic.partition(":")[0]
        self.send(f"{domain}.update", {"topic": topic, "payload": mark} if domain == "bars" else mark)

    def flush(self) -> None:
        """Write what there is to be sent, in one piece."""
        if self._out and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, and end the connection once the client has answered or is gone."""
        if not self._closing:
            self.send_frame(close_frame(code, reason))
            self.flush()
            self._leave()
            self._later("abort", 2.0, self._transport.abort)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.flush()
        raw: socket.socket = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._leave()
        self._transport.abort()

    # The handshake.

    def _handshake(self, head: bytes) -> bool:
        request, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = self._server.judge(request.split(" ")[1], headers)
        if answer is not None:
            self._answer(answer)
            return False
        accept = accept_key(headers["sec-websocket-key"].encode()).decode()
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        self._server.accepted += 1
        self.number = self._server.accepted
        self._server.peers.append(self)
        self._restart_idle_clock()
        if self._server.behaviour.close_on_accept is not None:
            self.close(self._server.behaviour.close_on_accept)
        return True

    def _answer(self, answer: Answer) -> None:
        lines = [f"HTTP/1.1 {answer.status} Test", "Content-Length: 0", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._transport.close()

    # Frames of the client.

    def _frame(self, one: Frame) -> None:
        behaviour = self._server.behaviour
        if one.opcode == PING:
            if behaviour.pongs:
                self.send_frame(frame(PONG, one.payload))
        elif one.opcode == CLOSE:
            self._closed_by_client(one.payload)
        elif one.opcode == TEXT and not self._closing:
            self._restart_idle_clock()
            try:
                self._message(json.loads(one.payload))
            except Exception as error:
                self._forbidden(f"{error!r} at {one.payload!r}")
        elif one.opcode not in (TEXT, PONG):
            self._forbidden(f"frame of opcode {one.opcode}")

    def _message(self, message: Message) -> None:
        behaviour = self._server.behaviour
        self._server.received[message["type"]] += 1
        if behaviour.reset_after is not None:
            behaviour.reset_after -= 1
            if not behaviour.reset_after:
                behaviour.reset_after = None
                self.reset()
                return
        symbol = str(next(iter((message.get("payload") or {"": ""}).values())))
        if behaviour.hasty and symbol in behaviour.poison:
            self.close(behaviour.poison[symbol], "poison")
        elif behaviour.reply_delay or self._requests:
            self._requests.append(message)
            if len(self._requests) == 1:
                self._serve_later()
        else:
            self._serve(message)

    def _closed_by_client(self, payload: bytes) -> None:
        self.close_code = int.from_bytes(payload[:2], "big") if payload else 1005
        self.send_frame(frame(CLOSE, payload))
        self.flush()
        self._leave()
        self._transport.close()

    def _serve_later(self) -> None:
        def serve() -> None:
            self._serve(self._requests.popleft())
            self.flush()
            if self._requests:
                self._serve_later()

        self._later("serve", self._server.behaviour.reply_delay, serve)

    def _serve(self, message: Message) -> None:
        domain, _, verb = message["type"].rpartition(".")
        payload: Message = message.get("payload") or {}
        if verb == "subscribe":
            self._subscribe(domain, payload)
        elif verb == "unsubscribe":
            self._unsubscribe(domain, payload)
        elif message["type"] == "chat.join":
            self._reply("chat.joined", {"room": payload["room"]})
        elif message["type"] == "ping":
            self._reply("pong")
        elif message["type"] != "chat.typing":
            self._forbidden(f"unknown message {message['type']!r}")

    def _subscribe(self, domain: str, payload: Message) -> None:
        behaviour = self._server.behaviour
        symbol = str(next(iter(payload.values())))
        topic = f"{domain}:{symbol}"
        self.subscribed.append(topic)
        if symbol in behaviour.poison:
            self.close(behaviour.poison[symbol], "poison")
            return
        kind = f"{domain}.subscribe.response"
        if symbol in behaviour.refused:
            self._reply(kind, {"status": "error", "message": f"no {symbol}", "topic": topic})
            return
        if behaviour.silent[symbol]:
            behaviour.silent[symbol] -= 1
            return
        self.held[topic] += 1
        if behaviour.snapshot == "before":
            self.update(topic)
        self._reply(kind, {"status": "ok", "message": "", "topic": topic})
        if behaviour.snapshot == "after":
            self.update(topic)
        if behaviour.close_on_confirm is not None and not self._confirmed:
            self.close(behaviour.close_on_confirm)
        self._confirmed = True

    def _unsubscribe(self, domain: str, payload: Message) -> None:
        topic = f"{domain}:{next(iter(payload.values()))}"
        if topic not in self.held:
            self._forbidden(f"unsubscribe of {topic}, which connection {self.number} does not hold")
            return
        del self.held[topic]
        self._reply(f"{domain}.unsubscribe.response", {"status": "ok", "message": "", "topic": topic})

    def _reply(self, type: str, payload: object = None) -> None:
        behaviour = self._server.behaviour
        if behaviour.lost[type]:
            behaviour.lost[type] -= 1
            return
        self.send(type, payload)
        if type in behaviour.twice:
            self.send(type, payload)

    def _forbidden(self, what: str) -> None:
        self._server.violations.append(what)
        self.close(1003, what)

    # Time, and the end.

    def _restart_idle_clock(self) -> None:
        idle = self._server.behaviour.idle
        self._stop("idle")
        if idle is not None:
            self._later("idle", idle, lambda: self.close(1000, "idle"))

    def _stop(self, what: str) -> None:
        timer = self._timers.pop(what, None)
        if timer is not None:
            timer.cancel()

    def _later(self, what: str, delay: float, action: Callable[[], object]) -> None:
        self._stop(what)
        self._timers[what] = asyncio.get_running_loop().call_later(delay, action)

    def _leave(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._closing = True
        if self in self._server.peers:
            self._server.peers.remove(self)


def bar_topic(symbol: str) -> str:
    """The topic of the bars of a symbol."""
    return f"bars:{symbol}"


@asynccontextmanager
async def faulty_server() -> AsyncGenerator[FaultyServer]:
    """A server on a free port of 127.0.0.1. What it noticed that no client may do fails the test at the end."""
    server = FaultyServer()
    await server.listen()
    try:
        yield server
    finally:
        await server.stop()
    assert server.violations == []
