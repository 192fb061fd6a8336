"""The seam between the runtime and a socket, and a transport that needs no socket.

A `Transport` makes connections. An open one has two faces: its `Link` is what the client calls, its
`Receiver` is what it calls. Everything on a `Link` is synchronous and keeps its order; only `connect` and
`drain` wait. The rules that every transport keeps:

- When `connect` raises, its receiver is never called.
- When `connect` returns, the receiver is called from then on, and not before the coroutine that awaits
  `connect` has gone on (await it directly, without a task in between). Frames that came together with the
  server's handshake are not lost: they wait.
- A receiver is never called from inside a call of its link.
- `lost` is called exactly once, as the last, whoever ended the connection.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from .clock import Clock
from .errors import HandshakeRejected

__all__ = [
    "ConnectRequest",
    "Link",
    "MemoryAttempt",
    "MemoryConnection",
    "MemoryTransport",
    "Receiver",
    "Schedule",
    "Serve",
    "Transport",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConnectRequest:
    """All that one attempt to connect needs. Its `repr` shows no secret: no header's value, no query.

    Attributes:
        url: a `ws` or `wss` URL, complete with path and query.
        headers: sent with the handshake, to the origin of `url` only.
        subprotocols: offered to the server, the preferred one first (RFC 6455, section 1.9).
        ssl: an `ssl.SSLContext` for a `wss` URL; None: the system's trust.
        open_timeout: seconds for the whole attempt: name, socket, TLS and handshake.
        ping_interval: seconds between protocol pings; None: none are sent.
        ping_timeout: seconds of waiting for a pong before the connection counts as dead; None: for ever.
        max_size: bytes of the largest message that is accepted; None: no limit.
        compression: "deflate" offers permessage-deflate (RFC 7692).
        binary: whether binary messages are expected. A transport that cannot tell them from text without a cost
            may give all as text where they are not.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    subprotocols: tuple[str, ...] = ()
    ssl: object | None = None
    open_timeout: float = 10.0
    ping_interval: float | None = 20.0
    ping_timeout: float | None = 20.0
    max_size: int | None = 16 * 1024 * 1024
    compression: Literal["deflate"] | None = None
    binary: bool = False

    @property
    def public_url(self) -> str:
        """The URL without user name, password and query: the form for logs and messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def __repr__(self) -> str:
        return f"ConnectRequest(url={self.public_url!r}, headers={list(self.headers)!r})"


class Receiver(Protocol):
    """What a connection gives to. An exception out of it never harms the connection, but is a fault."""

    def receive(self, frame: bytes, /) -> None:
        """A text message, whole. Whether it is UTF-8 has not been checked."""
        ...

    def receive_binary(self, frame: bytes) -> None:
        """A binary message, whole."""
        ...

    def lost(self, code: int | None, reason: str, error: Exception | None) -> None:
        """The connection has ended; nothing follows.

        Args:
            code: the close code (RFC 6455, section 7.4): the server's; or this side's, where it failed the
                connection because of what the server sent (1002, 1007, 1008, 1009); 1005 for a close frame
                without a code; None when there was no close frame.
            reason: the words beside the code, or what this side saw; may be empty.
            error: what is behind it, if anything is, such as an `OSError`.
        """
        ...


class Link(Protocol):
    """An open connection, from the client's side. After its end every method does nothing.

    One with a method `send_all(frames)` is given by it what is sent at the same time, as the subscriptions of a new
    connection are: texts, and binary messages as `rules.Frame`. In order, like so many calls of `send`.
    """

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose; None when it chose none."""
        ...

    def send(self, frame: bytes) -> None:
        """Send a text message (UTF-8). It is copied or sent before the call returns."""
        ...

    def send_binary(self, frame: bytes) -> None:
        """Send a binary message."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake, after all that has been sent. Nothing is received afterwards. Reading
        goes on if it was paused, and `lost` follows within a bounded time, also if the server is silent."""
        ...

    def abort(self) -> None:
        """Drop the connection without a closing handshake. Nothing is received afterwards; `lost` follows."""
        ...

    def pause_reading(self) -> None:
        """Receive nothing, and let the server feel it. Pings go on; their timeout stands still."""
        ...

    def resume_reading(self) -> None:
        """Receive again, beginning with what had arrived before the pause."""
        ...

    async def drain(self) -> None:
        """Wait while more is waiting to be sent than should; return at once otherwise."""
        ...

    async def wait_closed(self) -> None:
        """After `close` or `abort`: wait until `lost` has been called and nothing of the connection is left."""
        ...


class Transport(Protocol):
    """Makes connections. Transports that compare equal share their connections.

    One with an attribute `clock` (`clock.Clock`, or None) decides where their time comes from: retry delays,
    timeouts, silence.
    """

    async def connect(self, request: ConnectRequest, receiver: Receiver) -> Link:
        """Open a connection that gives to `receiver`. Cancelling the call leaves nothing behind.

        Raises:
            HandshakeRejected: the server answered with an HTTP status other than 101, or with a redirect to
                another origin, which is not followed.
            TimeoutError: not open within `open_timeout`.
            OSError: the socket or TLS could not be had.
            ConnectionFault: the server's answer was no valid handshake.
            ValueError: `url` is no `ws` or `wss` URL.
        """
        ...


Schedule: TypeAlias = Callable[[Callable[[], None]], object]
"""Calls a function soon, from outside the caller; `loop.call_soon` of asyncio is one."""


class MemoryTransport:
    """Connections inside one process: no port, no event loop, and no wait that is not yours.

    The client's end is an ordinary `Transport`. The server's end is `connections`: read what was sent,
    answer, close, drop.

        transport = MemoryTransport()
        async with TradingClient("ws://test", transport=transport) as trading:
            server = transport.connections[-1]
            server.send_json({"type": "chat.message", "payload": {"text": "hello"}})

    By default every attempt is accepted. `serve` decides otherwise: it is called with each attempt and
    answers it, at once or (as a coroutine function) when it likes:

        def serve(attempt: MemoryAttempt) -> None:
            if "Authorization" in attempt.request.headers:
                attempt.accept()
            else:
                attempt.refuse(401)

    What the server's end sends is received before the call returns, unless a rule of this module forbids it
    (the connection is not open yet, reading is paused, the client is in the middle of a call). Then it waits
    for the next call of the server's end, or for `flush`. A server that answers by itself, with `on_frame`,
    gives `schedule=lambda call: asyncio.get_running_loop().call_soon(call)` and needs neither.
    `open_timeout`, pings and sizes have no effect here.
    """

    def __init__(
        self, serve: Serve | None = None, *, schedule: Schedule | None = None, clock: Clock | None = None
    ) -> None:
        self.clock = clock
        """Where the connections take their time from; None: from the event loop."""
        self.attempts: list[MemoryAttempt] = []
        """Every attempt so far, in order."""
        self.connections: list[MemoryConnection] = []
        """The server's end of every accepted attempt, in order."""
        self._serve = serve
        self._schedule = schedule

    async def connect(self, request: ConnectRequest, receiver: Receiver) -> Link:
        """See `Transport.connect`.

        Raises:
            RuntimeError: `serve` returned without an answer.
        """
        wire = _Wire(receiver, self._schedule)
        attempt = MemoryAttempt(request, wire, self.connections)
        self.attempts.append(attempt)
        result = attempt.accept() if self._serve is None else self._serve(attempt)
        if isinstance(result, Awaitable):
            await result
        if attempt.answer is None:
            raise RuntimeError("`serve` returned without an answer: call accept(), refuse() or unreachable()")
        if isinstance(attempt.answer, Exception):
            raise attempt.answer
        wire.open()
        return _MemoryLink(attempt.answer, wire)


class MemoryAttempt:
    """One attempt to connect. The server answers it once: `accept`, `refuse` or `unreachable`."""

    def __init__(self, request: ConnectRequest, wire: _Wire, connections: list[MemoryConnection]) -> None:
        self.request = request
        """What the client asked for: URL, headers, subprotocols."""
        self.answer: MemoryConnection | Exception | None = None
        """The answer; None before there is one."""
        self._wire = wire
        self._connections = connections

    def accept(self, subprotocol: str | None = None) -> MemoryConnection:
        """Open the connection, and return the server's end of it.

        Raises:
            ValueError: the client did not offer this subprotocol.
            RuntimeError: the attempt has been answered.
        """
        offered = self.request.subprotocols
        if subprotocol is not None and subprotocol not in offered:
            raise ValueError(f"subprotocol {subprotocol!r} was not offered; offered: {list(offered)}")
        connection = MemoryConnection(self.request, self._wire, subprotocol)
        self._say(connection)
        self._connections.append(connection)
        return connection

    def refuse(self, status: int, retry_after: float | None = None) -> None:
        """Answer the handshake with this HTTP status, and with `Retry-After` (seconds) if given.

        Raises:
            RuntimeError: the attempt has been answered.
        """
        self._say(HandshakeRejected(status, retry_after))

    def unreachable(self, error: OSError | None = None) -> None:
        """Fail as a network does. The default is that nobody listens; `TimeoutError()` takes too long.

        Raises:
            RuntimeError: the attempt has been answered.
        """
        self._say(error or ConnectionRefusedError("nobody listens there"))

    def _say(self, answer: MemoryConnection | Exception) -> None:
        if self.answer is not None:
            raise RuntimeError("the attempt has been answered")
        self.answer = answer


class MemoryConnection:
    """The server's end of a connection in memory."""

    def __init__(self, request: ConnectRequest, wire: _Wire, subprotocol: str | None) -> None:
        self.request = request
        """What the client asked for."""
        self.subprotocol = subprotocol
        self.received: list[bytes] = []
        """Text messages of the client, in order."""
        self.received_binary: list[bytes] = []
        """Binary messages of the client, in order."""
        self.on_frame: Callable[[bytes], object] | None = None
        """Called with each text message of the client; may answer, close, drop."""
        self.on_end: Callable[[], object] | None = None
        """Called once, when either side has ended the connection."""
        self.on_binary: Callable[[bytes], object] | None = None
        """Called with each binary message of the client."""
        self.close_received: tuple[int, str] | None = None
        """Code and reason of the client's close frame; None before there was one."""
        self.aborted = False
        """Whether the client dropped the connection."""
        self._wire = wire
        wire.on_end = self._ended

    def _ended(self) -> None:
        if self.on_end is not None:
            self.on_end()

    @property
    def open(self) -> bool:
        """Whether neither side has ended the connection."""
        return self._wire.end is None

    @property
    def paused(self) -> bool:
        """Whether the client has stopped reading."""
        return self._wire.paused

    def send(self, frame: bytes) -> None:
        """Send a text message. Any bytes are sent as they are.

        Raises:
            RuntimeError: the connection has ended.
        """
        self._wire.give(partial(self._wire.receiver.receive, frame))

    def send_binary(self, frame: bytes) -> None:
        """Send a binary message.

        Raises:
            RuntimeError: the connection has ended.
        """
        self._wire.give(partial(self._wire.receiver.receive_binary, frame))

    def send_json(self, value: object) -> None:
        """Send a value as JSON.

        Raises:
            RuntimeError: the connection has ended.
        """
        self.send(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def take(self) -> list[bytes]:
        """The text messages received since the last call of this method."""
        taken, self.received = self.received, []
        return taken

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a close frame, after all that was sent. Closing what has ended does nothing."""
        self._wire.finish(code, reason, None)

    def drop(self, error: Exception | None = None) -> None:
        """End without a close frame, as a broken network does, after all that was sent."""
        self._wire.finish(None, "", error)

    def flush(self) -> None:
        """Let the client receive what waits, as far as it reads."""
        self._wire.flush()


class _Wire:
    """The way from the server's end to the receiver, and whether it may be called now."""

    def __init__(self, receiver: Receiver, schedule: Schedule | None) -> None:
        self.receiver = receiver
        self.paused = False
        self.end: tuple[int | None, str, Exception | None] | None = None
        self.on_end: Callable[[], None] | None = None
        self._schedule = schedule
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = True
        self._told = False

    def open(self) -> None:
        """The client has its link from here on."""
        self._busy = False
        if self._schedule is not None:
            self._schedule(self.flush)

    def give(self, call: Callable[[], None]) -> None:
        if self.end is not None:
            raise RuntimeError("the connection has ended")
        self._waiting.append(call)
        self._soon()

    def finish(self, code: int | None, reason: str, error: Exception | None) -> None:
        if self._end(code, reason, error):
            self._soon()

    def leave(self, code: int | None, reason: str) -> None:
        """The client ends the connection: what waits is not received any more."""
        self._waiting.clear()
        self.paused = False
        self._end(code, reason, None)
        self.client_calls(lambda: None)

    def _end(self, code: int | None, reason: str, error: Exception | None) -> bool:
        """Whether this is news."""
        if self.end is not None:
            return False
        self.end = (code, reason, error)
        if self.on_end is not None:
            self.on_end()
        return True

    def client_calls(self, effect: Callable[[], object]) -> None:
        """Run what a call of the link causes on this side. The receiver is not called meanwhile."""
        busy, self._busy = self._busy, True
        try:
            effect()
        finally:
            self._busy = busy
        if self._schedule is not None:
            self._schedule(self.flush)

    def flush(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and not self.paused:
                self._waiting.popleft()()
            if self.end is not None and not self._waiting and not self._told:
                self._told = True
                self.receiver.lost(*self.end)
        finally:
            self._busy = False

    def _soon(self) -> None:
        if self._schedule is not None:
            self._schedule(self.flush)
        else:
            self.flush()


class _MemoryLink:
    """The client's end."""

    __slots__ = ("_server", "_wire")

    def __init__(self, server: MemoryConnection, wire: _Wire) -> None:
        self._server = server
        self._wire = wire

    @property
    def subprotocol(self) -> str | None:
        return self._server.subprotocol

    def send(self, frame: bytes) -> None:
        if self._server.open:
            self._server.received.append(frame)
            if self._server.on_frame is not None:
                self._wire.client_calls(partial(self._server.on_frame, frame))

    def send_binary(self, frame: bytes) -> None:
        if self._server.open:
            self._server.received_binary.append(frame)
            if self._server.on_binary is not None:
                self._wire.client_calls(partial(self._server.on_binary, frame))

    def close(self, code: int = 1000, reason: str = "") -> None:
        if self._server.open:
            self._server.close_received = (code, reason)
        self._wire.leave(code, reason)

    def abort(self) -> None:
        if self._server.open:
            self._server.aborted = True
        self._wire.leave(None, "")

    def pause_reading(self) -> None:
        self._wire.paused = True

    def resume_reading(self) -> None:
        self._wire.paused = False
        self._wire.client_calls(lambda: None)

    async def drain(self) -> None:
        return

    async def wait_closed(self) -> None:
        self._wire.flush()


Serve: TypeAlias = Callable[[MemoryAttempt], Awaitable[object] | MemoryConnection | None]
"""The server's answer to an attempt, at once or as a coroutine function."""
