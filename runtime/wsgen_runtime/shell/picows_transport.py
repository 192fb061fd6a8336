"""The transport on `picows`: a parser in C that calls back for each frame, several times faster than `websockets`.

It is chosen with `transport="picows"`, and needs the package of that name. What `picows` leaves to its user is done
here: joining fragments, a limit for whole messages, reserved bits, redirects, subprotocols, an end to a handshake
that is cancelled. It has no compression.

Rules for the next editor:

- `picows` hands over the frames that came with the handshake's answer before `ws_connect` returns. So everything
  waits in the backlog until `begin`, as it does in a pause, and from the end of one turn to the next.
- Nothing may escape from the listener: `picows` would log it, or close the connection with 1011.
- A cancelled `ws_connect` leaves its socket open. The socket is made here, so that it can be shut down.
- The parser's own complaints (1002, 1007, 1009) show in `close_handshake.sent`; the exception behind them must be
  collected from `wait_disconnected`, or asyncio reports it as lost.
- picows knows the status codes of Python's `http` alone; others are read from the raw answer.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, TypeVarTuple, cast
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from picows import (
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,  # pyright: ignore[reportUnknownVariableType]  (its further options are not typed)
)

from ..errors import ConnectionFault, HandshakeRejected
from ..rules import Frame as BinaryFrame
from ..transport import ConnectRequest, Link, Receiver
from .dispatching import MAX_PARTS, TURN
from .keepalive import NoPong, keep_alive
from .refusals import retry_after

if TYPE_CHECKING:
    from picows.picows import WSCloseHandshake, WSCloseInfo

__all__ = ["PicowsTransport"]

CLOSE_TIMEOUT = 2.0
"""Seconds that the closing handshake may take."""

MAX_REDIRECTS = 10
"""As many as `websockets` follows."""

UNLIMITED = 2**62
"""Bytes of a frame, where there is no limit."""

TEXT, BINARY, CONT, CLOSE = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION, WSMsgType.CLOSE
NO_CODE = 1005

LOGGER = logging.Logger("picows", logging.CRITICAL + 1)
"""A logger that logs nothing: all that it would say is told by `lost`, by errors, or by the event loop."""

_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class PicowsTransport:
    """Connections by `picows`.

    Attributes:
        close_timeout: seconds that the closing handshake may take.
    """

    close_timeout: float = CLOSE_TIMEOUT

    async def connect(self, request: ConnectRequest, receiver: Receiver) -> Link:
        """See `Transport.connect`. A request for compression is a `ValueError`."""
        if request.compression is not None:
            raise ValueError("picows has no compression: use the default transport, or compression=None")
        async with asyncio.timeout(request.open_timeout):
            listener = await _open(request, receiver, self.close_timeout)
        return listener.begin(request.ping_interval, request.ping_timeout)


async def _open(request: ConnectRequest, receiver: Receiver, close_timeout: float) -> _Listener:
    """An open connection, after redirects within its origin."""
    url = request.url
    for _ in range(MAX_REDIRECTS):
        try:
            return await _handshake(request, url, receiver, close_timeout)
        except WSHandshakeError as error:
            status, headers = _answer(error)
        location = headers.get("location")
        if status not in _REDIRECTS or location is None:
            if status in (0, 101):
                raise ConnectionFault("the server's answer was no valid handshake") from None
            raise HandshakeRejected(status, retry_after(headers.get("retry-after")))
        target = urljoin(url, location)
        if _origin(target) != _origin(request.url):
            detail = f"its redirect to another origin, {_shown(target)}, is not followed"
            raise HandshakeRejected(status, detail=detail)
        url = target
    raise ConnectionFault(f"the server redirects more than {MAX_REDIRECTS} times")


async def _handshake(request: ConnectRequest, url: str, receiver: Receiver, close_timeout: float) -> _Listener:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"not a ws or wss URL: {request.public_url}")
    tls = parts.scheme == "wss"
    host = parts.netloc.rpartition("@")[2]
    connected = await _connected(parts.hostname, parts.port or (443 if tls else 80))
    try:
        _, listener = await ws_connect(
            lambda _request, response: _Listener(receiver, request.max_size, close_timeout, response.headers),
            urlunsplit(parts._replace(netloc=host)),
            socket_factory=lambda _url: connected,
            ssl_context=request.ssl if tls else None,  # type: ignore[arg-type]  # an option of ours: any object
            disconnect_on_exception=False,
            websocket_handshake_timeout=None,
            logger_name=LOGGER,
            max_frame_size=UNLIMITED if request.max_size is None else request.max_size,
            extra_headers=_headers(request, parts.username, parts.password),
            max_redirects=0,
            use_aiofastnet=False,
        )
    except BaseException:
        _shut_down(connected)
        raise
    if not isinstance(listener, _Listener):
        raise ConnectionFault("the server's answer was no valid handshake: it hung up")
    if listener.subprotocol is not None and listener.subprotocol not in request.subprotocols:
        listener.give_up()
        raise ConnectionFault(f"the server chose the subprotocol {listener.subprotocol!r}, which was not offered")
    return listener


async def _connected(host: str, port: int) -> socket.socket:
    """A connected socket, to the first address that answers.

    Raises:
        OSError: there is none; the last address's error.
    """
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        attempt = socket.socket(family, kind, protocol)
        attempt.setblocking(False)
        try:
            await loop.sock_connect(attempt, address)
        except OSError as error:
            attempt.close()
            failure = error
        except BaseException:
            attempt.close()
            raise
        else:
            return attempt
    raise failure or OSError(f"no address for {host}")


def _shut_down(connected: socket.socket) -> None:
    """End a socket that a transport of asyncio may hold: it sees the end, and closes the socket itself."""
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended already


def _headers(request: ConnectRequest, user: str | None, password: str | None) -> list[tuple[str, str]]:
    headers = list(request.headers.items())
    if request.subprotocols:
        headers.append(("Sec-WebSocket-Protocol", ", ".join(request.subprotocols)))
    if user is not None and "authorization" not in {name.lower() for name, _ in headers}:
        secret = f"{unquote(user)}:{unquote(password or '')}".encode()
        headers.append(("Authorization", f"Basic {base64.b64encode(secret).decode()}"))
    return headers


def _answer(error: WSHandshakeError) -> tuple[int, Mapping[str, str]]:
    """Status and headers (lower-case names) of an answer that opens no connection; 0 where it is no HTTP."""
    raw = error.raw_header or b""
    found = _STATUS.match(raw)
    lines = [line.partition(":") for line in raw.decode("latin-1").split("\r\n")[1:]]
    headers = {name.strip().lower(): value.strip() for name, colon, value in reversed(lines) if colon}
    return int(found[1]) if found else 0, headers


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return scheme, parts.hostname or "", parts.port or (443 if scheme == "wss" else 80)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class _Listener(WSListener):
    """One connection: frames from the parser to the receiver."""

    __slots__ = (
        "_backlog",
        "_close_timeout",
        "_closing_ends",
        "_complaint",
        "_dead",
        "_ended",
        "_hears",
        "_left",
        "_loop",
        "_max_size",
        "_parts",
        "_parts_are",
        "_parts_size",
        "_pinging",
        "_pong",
        "_receive",
        "_receiver",
        "_turn_ends",
        "_turn_scheduled",
        "_watching",
        "pauses",
        "reading_paused",
        "subprotocol",
        "transport",
        "writable",
    )

    def __init__(
        self, receiver: Receiver, max_size: int | None, close_timeout: float, headers: Mapping[str, str]
    ) -> None:
        self.subprotocol: str | None = headers.get("sec-websocket-protocol")
        self.reading_paused = True  # until `begin`; the socket is read meanwhile
        self.pauses = 0
        self.transport: WSTransport
        self.writable = asyncio.Event()
        self.writable.set()
        self._receiver = receiver
        self._receive = receiver.receive
        self._hears = True
        self._max_size = UNLIMITED if max_size is None else max_size
        self._close_timeout = close_timeout
        self._loop = asyncio.get_running_loop()
        self._backlog: deque[bytes] | None = deque()
        self._parts: list[bytes] | None = None
        self._parts_size = 0
        self._parts_are: type[bytes] = bytes
        self._turn_ends = 0.0
        self._turn_scheduled = False
        self._left = False
        self._dead: Exception | None = None
        self._complaint: Exception | None = None
        self._ended = False
        self._pong: asyncio.Future[None] | None = None
        self._closing_ends: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def begin(self, ping_interval: float | None, ping_timeout: float | None) -> Link:
        """Give to the receiver from the loop's turn after the next on: in the next one, who waits for the
        connection goes on, and can begin to listen for what came with the handshake."""
        self._watching = self._loop.create_task(self._watch())
        if ping_interval is not None and not self.transport.is_disconnected:
            pings = keep_alive(self._round_trip, self, ping_interval, ping_timeout, self._is_dead)
            self._pinging = self._loop.create_task(pings)
        self._loop.call_soon(self._resume_unless_paused)
        return _Link(self)

    def give_up(self) -> None:
        """End a connection that has not begun."""
        self._deaf()
        self.transport.disconnect(graceful=False)

    # What picows calls.

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # Most frames are a whole message. What is read of a frame, and each call, costs up to a twentieth of its way.
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._fail(1002, "reserved bits without an extension")
        elif kind is TEXT and frame.fin and self._parts is None:
            if self._backlog is None and self._hears:
                receive, turn_ends = self._receive, self._turn_ends
                if not turn_ends:
                    turn_ends = self._turn_ends = perf_counter() + TURN
                try:
                    receive(frame.get_payload_as_bytes())
                except Exception as error:
                    self._report(error)
                if not frame.last_in_buffer:
                    if perf_counter() > turn_ends:
                        self._end_turn()
                    return
            else:
                self._give(frame.get_payload_as_bytes())
        else:
            self._take(kind, frame)
        if frame.last_in_buffer:
            self._turn_ends = 0.0

    def _take(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Anything but a whole text."""
        if kind is BINARY and frame.fin and self._parts is None:
            self._give(BinaryFrame(frame.get_payload_as_bytes()))
        elif kind is CLOSE:
            self._answer_close(frame)
        elif kind is WSMsgType.PONG:
            if self._pong is not None and not self._pong.done():
                self._pong.set_result(None)
        else:
            self._join(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.writable.set()
        if self._pong is not None and not self._pong.done():
            self._pong.cancel()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    # What the link calls.

    def is_open(self) -> bool:
        transport = self.transport
        closing = transport.is_close_frame_sent or self._close_handshake() is not None
        return not (closing or transport.is_disconnected or transport.underlying_transport.is_closing())

    def pause(self) -> None:
        if self._ended and self._backlog is None:
            return  # the end has been told
        self.reading_paused = True
        self.pauses += 1
        self._wait()

    def resume(self) -> None:
        if self.reading_paused:
            self.reading_paused = False
            self._schedule_turn()

    def _resume_unless_paused(self) -> None:
        if self.pauses == 0:
            self.resume()

    def leave(self) -> None:
        """Give nothing any more, but the end."""
        self._left = True
        self._deaf()
        if self._backlog is not None:
            self._backlog.clear()
        self.resume()

    def bound_closing(self) -> None:
        """Have the connection end within `close_timeout`, whatever the server does."""
        if self._closing_ends is None and not self.transport.is_disconnected:
            self._closing_ends = self._loop.call_later(self._close_timeout, self._abort)

    async def wait_closed(self) -> None:
        if self._watching is not None:
            await asyncio.wait([self._watching])
        if self._pinging is not None:
            await asyncio.wait([self._pinging])

    # Inside.

    def _deaf(self) -> None:
        self._hears = False

    def _abort(self) -> None:
        self.transport.disconnect(graceful=False)

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the server sent (RFC 6455, section 7.1.7)."""
        self._deaf()
        self._parts = None
        if self.is_open():
            self.transport.send_close(WSCloseCode(code), reason)
        self.bound_closing()

    def _answer_close(self, frame: WSFrame) -> None:
        self._deaf()
        if not self.transport.is_close_frame_sent:
            code = int(cast("int", frame.get_close_code()))
            self.transport.send_close(WSCloseCode(code or 1000))
        self.bound_closing()

    def _join(self, frame: WSFrame) -> None:
        """A frame that is no whole message: the beginning, the middle or the end of one."""
        begins = frame.msg_type is not CONT
        if begins == (self._parts is not None):
            self._fail(1002, "a new message inside a fragmented one" if begins else "a fragment of no message")
            return
        if begins:
            self._parts_are = bytes if frame.msg_type is TEXT else BinaryFrame
            self._parts_size = 0
        parts = [] if self._parts is None else self._parts
        parts.append(frame.get_payload_as_bytes())
        self._parts_size += len(parts[-1])
        self._parts = parts
        if len(parts) > MAX_PARTS:
            self._fail(1008, f"more than {MAX_PARTS} fragments in a message")
        elif self._parts_size > self._max_size:
            self._fail(1009, f"a message of more than {self._max_size} bytes")
        elif frame.fin:
            self._parts = None
            self._give(self._parts_are(b"".join(parts)))

    def _give(self, frame: bytes) -> None:
        if not self._hears:
            return
        if self._backlog is not None:
            self._backlog.append(frame)
            return
        if not self._turn_ends:
            self._turn_ends = perf_counter() + TURN
        self._deliver(frame)
        if perf_counter() > self._turn_ends:
            self._end_turn()

    def _deliver(self, frame: bytes) -> None:
        try:
            self._receive(frame) if type(frame) is bytes else self._receiver.receive_binary(frame)
        except Exception as error:
            self._report(error)

    def _end_turn(self) -> None:
        self._wait()
        self._schedule_turn()

    def _wait(self) -> None:
        if self._backlog is None:
            self._backlog = deque()
        socket_side = self.transport.underlying_transport
        if not socket_side.is_closing():
            socket_side.pause_reading()

    def _schedule_turn(self) -> None:
        if not self._turn_scheduled:
            self._turn_scheduled = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._turn_scheduled = False
        backlog = self._backlog
        if backlog is None:
            return
        receive, receive_binary = self._receiver.receive, self._receiver.receive_binary
        turn_ends = perf_counter() + TURN
        while backlog and not self.reading_paused:
            frame = backlog.popleft()
            try:
                receive(frame) if type(frame) is bytes else receive_binary(frame)
            except Exception as error:
                self._report(error)
            if perf_counter() > turn_ends:
                break
        if self.reading_paused:
            return
        if backlog:
            self._schedule_turn()
            return
        self._backlog = None
        if self._ended:
            self._tell_the_end()
        elif not self.transport.underlying_transport.is_closing():
            self.transport.underlying_transport.resume_reading()

    async def _watch(self) -> None:
        """Wait for the end, collect the parser's complaint, and tell."""
        try:
            await self.transport.wait_disconnected()
        except Exception as complaint:
            self._complaint = complaint
        if self._closing_ends is not None:
            self._closing_ends.cancel()
        if self._pinging is not None:
            self._pinging.cancel()
        self._ended = True
        if self._backlog is None:
            self._tell_the_end()
        else:
            self._schedule_turn()

    def _tell_the_end(self) -> None:
        handshake = self._close_handshake()
        received = _close_frame(None if handshake is None else handshake.recv)
        sent = _close_frame(None if handshake is None else handshake.sent)
        if received is not None:
            self._guarded(self._receiver.lost, *received, None)
        elif sent is not None and not self._left and sent[0] in (1002, 1007, 1008, 1009):
            self._guarded(self._receiver.lost, *sent, self._complaint)
        else:
            words = str(self._dead) if isinstance(self._dead, NoPong) else ""
            self._guarded(self._receiver.lost, None, words, self._dead)

    def _close_handshake(self) -> WSCloseHandshake | None:
        """None before a close frame; the annotation of picows forgets that."""
        return cast("WSCloseHandshake | None", self.transport.close_handshake)

    async def _round_trip(self) -> bool:
        """Ping, and wait for a pong; False where the connection has ended."""
        if self.transport.is_disconnected:
            return False
        self._pong = self._loop.create_future()
        self.transport.send_ping(b"")
        try:
            await self._pong
        except asyncio.CancelledError:
            if not self.transport.is_disconnected:
                raise
            return False
        return True

    def _is_dead(self, error: Exception) -> None:
        self._dead = error
        self._abort()

    def _guarded(self, call: Callable[[*Ts], None], *values: *Ts) -> None:
        try:
            call(*values)
        except Exception as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "the receiver of a WebSocket raised", "exception": error})


def _close_frame(info: WSCloseInfo | None) -> tuple[int, str] | None:
    """Code and reason of a close frame, as picows keeps it."""
    if info is None:
        return None
    return int(cast("int", info.code)) or NO_CODE, cast("str | None", info.reason) or ""


class _Link:
    """The client's side of a connection."""

    __slots__ = ("_listener",)

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener

    @property
    def subprotocol(self) -> str | None:
        return self._listener.subprotocol

    def send(self, frame: bytes) -> None:
        if self._listener.is_open():
            self._listener.transport.send(TEXT, frame)

    def send_binary(self, frame: bytes) -> None:
        if self._listener.is_open():
            self._listener.transport.send(BINARY, frame)

    def close(self, code: int = 1000, reason: str = "") -> None:
        listener = self._listener
        was_open = listener.is_open()
        listener.leave()
        if was_open:
            listener.transport.send_close(WSCloseCode(code), reason)
        listener.bound_closing()

    def abort(self) -> None:
        self._listener.leave()
        self._listener.transport.disconnect(graceful=False)

    def pause_reading(self) -> None:
        self._listener.pause()

    def resume_reading(self) -> None:
        self._listener.resume()

    async def drain(self) -> None:
        await self._listener.writable.wait()

    async def wait_closed(self) -> None:
        await self._listener.wait_closed()
