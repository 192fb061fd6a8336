"""The transports on `websockets`: one dispatches from the socket, one uses only what is public."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TypeVar, cast
from urllib.parse import urljoin, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.version import version

from ..errors import ConnectionFault, HandshakeRejected
from ..transport import ConnectRequest, Link, Receiver
from .dispatching import DISPATCHING_MAJORS, TURN, dispatching_to, how_it_ended, round_trip
from .keepalive import keep_alive
from .refusals import retry_after

__all__ = ["CLOSE_TIMEOUT", "RecvTransport", "WebSocketsTransport"]

CLOSE_TIMEOUT = 2.0
"""Seconds that the closing handshake may take."""

HIGH_WATER = 64 * 1024
"""Bytes that may wait to be sent before `drain` waits."""

Connection = TypeVar("Connection", bound=ClientConnection)


@dataclass(frozen=True, slots=True)
class WebSocketsTransport:
    """Connections by `websockets`, with frames dispatched from the socket (see `shell.dispatching`).

    With a version of `websockets` that this is not tested with, connections are those of `RecvTransport`.

    Attributes:
        close_timeout: seconds that the closing handshake may take.
    """

    close_timeout: float = CLOSE_TIMEOUT

    async def connect(self, request: ConnectRequest, receiver: Receiver) -> Link:
        """See `Transport.connect`."""
        if int(version.partition(".")[0]) not in DISPATCHING_MAJORS:
            return await RecvTransport(self.close_timeout).connect(request, receiver)
        connection = await _open(request, self.close_timeout, dispatching_to(receiver, request.max_size))
        return connection.begin(request.ping_interval, request.ping_timeout)


@dataclass(frozen=True, slots=True)
class RecvTransport:
    """Connections by `websockets` through its public interface alone: slower, and safe with any version.

    `recv(decode=False)` does not say whether a message was text or binary: all are given as text, but where binary
    messages are expected.

    Attributes:
        close_timeout: seconds that the closing handshake may take.
    """

    close_timeout: float = CLOSE_TIMEOUT

    async def connect(self, request: ConnectRequest, receiver: Receiver) -> Link:
        """See `Transport.connect`."""
        connection = await _open(request, self.close_timeout, ClientConnection)
        return _RecvLink(connection, receiver, request, self.close_timeout)


def _logger() -> logging.Logger:
    """A logger that never logs below WARNING: at DEBUG, `websockets` writes every header into the log.

    It is no part of the tree of loggers, so that nobody lowers its level by setting one above it.
    """
    logger = logging.Logger("websockets.client", logging.WARNING)
    logger.parent = logging.getLogger("websockets.client")
    return logger


LOGGER = _logger()


async def _open(request: ConnectRequest, close_timeout: float, make: type[Connection]) -> Connection:
    """An open connection, as `make` makes it; raises as `Transport.connect` says."""
    parts = urlsplit(request.url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"not a ws or wss URL: {request.public_url}")
    tls = parts.scheme == "wss"
    try:
        connection = await connect(
            request.url,
            # Naming host and port makes `websockets` refuse redirects to another origin, where it would
            # send every header but Authorization and Cookie along.
            host=parts.hostname,
            port=parts.port or (443 if tls else 80),
            ssl=(request.ssl or True) if tls else None,
            proxy=None,
            additional_headers=request.headers,
            subprotocols=[Subprotocol(name) for name in request.subprotocols] or None,
            compression=request.compression,
            open_timeout=request.open_timeout,
            ping_interval=None,
            close_timeout=close_timeout,
            max_size=request.max_size,
            logger=LOGGER,
            create_connection=make,
        )
    except OSError:
        raise
    except Exception as error:
        raise _refusal(request, error) from None
    return cast("Connection", connection)  # the library says that it is some `ClientConnection`


def _refusal(request: ConnectRequest, error: Exception) -> Exception:
    """What a failed handshake means. The library's own words can hold the URL's query; ours do not."""
    if isinstance(error, InvalidStatus):
        values: Sequence[str] = error.response.headers.get_all("Retry-After")
        return HandshakeRejected(error.response.status_code, retry_after(values[0] if values else None))
    redirect = error.__cause__ or error.__context__
    if isinstance(redirect, InvalidStatus):
        target = urlsplit(urljoin(request.url, redirect.response.headers.get_all("Location")[0]))
        origin = f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
        return HandshakeRejected(
            redirect.response.status_code, detail=f"its redirect to another origin, {origin}, is not followed"
        )
    if isinstance(error, InvalidURI):
        return ValueError(f"not a ws or wss URL: {request.public_url}")
    return ConnectionFault(f"the server's answer was no valid handshake: {error}")


class _RecvLink:
    """A connection that one task reads and another writes."""

    def __init__(
        self, connection: ClientConnection, receiver: Receiver, request: ConnectRequest, close_timeout: float
    ) -> None:
        self.reading_paused = False
        self.pauses = 0
        self._connection = connection
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._close_timeout = close_timeout
        self._binary = request.binary
        self._may_read = _set_event()
        self._outgoing: deque[tuple[bytes, bool]] = deque()
        self._outgoing_size = 0
        self._to_send = asyncio.Event()
        self._drained = _set_event()
        self._left = False
        self._close: tuple[int, str] | None = None
        self._dead: Exception | None = None
        self._closing_ends: asyncio.TimerHandle | None = None
        self._reader = self._loop.create_task(self._read())
        self._others = [self._loop.create_task(self._write()), self._loop.create_task(self._watch())]
        if request.ping_interval is not None:
            pings = keep_alive(
                partial(round_trip, connection), self, request.ping_interval, request.ping_timeout, self._is_dead
            )
            self._others.append(self._loop.create_task(pings))

    @property
    def subprotocol(self) -> str | None:
        return self._connection.subprotocol

    def send(self, frame: bytes) -> None:
        self._put(frame, True)

    def send_binary(self, frame: bytes) -> None:
        self._put(frame, False)

    def close(self, code: int = 1000, reason: str = "") -> None:
        if self._leave():
            self._close = (code, reason)
            self._to_send.set()
            self._closing_ends = self._loop.call_later(self._close_timeout, self._connection.transport.abort)

    def abort(self) -> None:
        self._leave()
        self._connection.transport.abort()

    def pause_reading(self) -> None:
        self.reading_paused = True
        self.pauses += 1
        self._may_read.clear()

    def resume_reading(self) -> None:
        self.reading_paused = False
        self._may_read.set()

    async def drain(self) -> None:
        await self._drained.wait()

    async def wait_closed(self) -> None:
        await self._connection.wait_closed()
        await asyncio.wait([self._reader, *self._others])

    def _leave(self) -> bool:
        """Give nothing any more, but the end; whether this is news."""
        news = not self._left and not self._reader.done()
        self._left = True
        self.resume_reading()
        return news

    def _put(self, frame: bytes, text: bool) -> None:
        if self._left or self._reader.done():
            return
        self._outgoing.append((frame, text))
        self._outgoing_size += len(frame)
        if self._outgoing_size > HIGH_WATER:
            self._drained.clear()
        self._to_send.set()

    async def _read(self) -> None:
        try:
            await self._give_all()
        except ConnectionClosed as closed:
            self._end(*how_it_ended(closed.rcvd, closed.sent, self._left, self._dead or closed.__cause__))

    async def _give_all(self) -> None:
        """Give frame after frame; the loop gets its turn after `TURN` seconds at the latest."""
        await asyncio.sleep(0)  # who waits for the connection goes on first, and can begin to listen
        recv, receive, binary = self._connection.recv, self._receiver.receive, self._binary
        turn_ends = perf_counter() + TURN
        while True:
            if binary:
                frame, receive = self._told_apart(await recv())
            else:
                frame = await recv(False)
            if self.reading_paused:
                await self._may_read.wait()
            if not self._left:
                try:
                    receive(frame)
                except Exception as error:
                    self._report(error)
            if perf_counter() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = perf_counter() + TURN

    def _told_apart(self, frame: str | bytes) -> tuple[bytes, Callable[[bytes], None]]:
        if isinstance(frame, str):
            return frame.encode(), self._receiver.receive
        return frame, self._receiver.receive_binary

    def _end(self, code: int | None, reason: str, error: Exception | None) -> None:
        self._left = True
        self._drained.set()
        for task in self._others:
            task.cancel()
        if self._closing_ends is not None:
            self._closing_ends.cancel()
        try:
            self._receiver.lost(code, reason, error)
        except Exception as fault:
            self._report(fault)

    async def _write(self) -> None:
        """Send what waits, in order; close after the last of it."""
        try:
            while self._close is None or self._outgoing:
                await self._to_send.wait()
                self._to_send.clear()
                while self._outgoing:
                    frame, text = self._outgoing.popleft()
                    await self._connection.send(frame, text=text)
                    self._outgoing_size -= len(frame)
                    if self._outgoing_size <= HIGH_WATER:
                        self._drained.set()
            await self._connection.close(*self._close)
        except ConnectionClosed:
            return  # the reader tells

    async def _watch(self) -> None:
        """Drop a connection that should have been closed by the server: `recv` alone waits for it for ever."""
        closing = False
        while True:
            await asyncio.sleep(self._close_timeout)
            if closing and self._connection.state is State.CLOSING:
                self._connection.transport.abort()
            closing = self._connection.state is State.CLOSING

    def _is_dead(self, error: Exception) -> None:
        self._dead = error
        self._connection.transport.abort()

    def _report(self, error: Exception) -> None:
        self._loop.call_exception_handler(
            {
                "message": "the receiver of a WebSocket raised",
                "exception": error,
                "protocol": self._connection,
            }
        )


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
