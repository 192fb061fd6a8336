"""Frames from the socket to the receiver in one call: no queue, no task, no switch between them.

`websockets` parses a read into frames, puts them into a queue, and wakes a task that takes them out. This
connection class hands them over where they are parsed, and leaves the rest (handshake, pings, closing
handshake, compression, flow control of writing) to the library. It takes part in the library's inner life:
`process_event`, `data_received`, `connection_lost` and `send_data` are not public, so it is used with the
major versions in `DISPATCHING_MAJORS` alone; the tests run with each of them.

Rules for the next editor:

- Frames can come in the same read as the handshake's answer. So the receiver is bound before the handshake,
  by a class of its own for each connect, and everything waits in the backlog until `begin`.
- Fragments are joined here. In the library's assembler they would wait for a reader that never comes.
- Nothing may escape into `data_received`: asyncio would drop the connection (1006).
- One read can hold thousands of frames. After `TURN` seconds the rest waits in the backlog, reading is
  paused, and the loop gets its turn. The end is told after the backlog is empty.
- The backlog exists exactly while frames must wait: before `begin`, in a pause of the client's, and from the
  end of one turn to the next.
- `frame.data` may be a `bytearray`. Its UTF-8 has not been checked; the decoders do that.
- After our close frame the server's frames still arrive, and are dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, ClassVar, TypeVarTuple

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Event, State

from ..transport import Receiver
from .keepalive import NoPong, keep_alive

__all__ = [
    "DISPATCHING_MAJORS",
    "MAX_PARTS",
    "TURN",
    "DispatchingConnection",
    "DispatchingLink",
    "dispatching_to",
    "how_it_ended",
    "round_trip",
]

DISPATCHING_MAJORS = range(15, 18)
"""Major versions of `websockets` that this module is tested with."""

TURN = 0.005
"""Seconds that the receiver is given frames at a stretch."""

MAX_PARTS = 1024
"""Fragments of one message; more are an attack (RFC 6455, section 10.4)."""

TEXT, BINARY, CONT = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
OPEN, CLOSING = State.OPEN, State.CLOSING

Deliver = Callable[[bytes], None]
End = tuple[int | None, str, Exception | None]
Ts = TypeVarTuple("Ts")


def how_it_ended(received: Close | None, sent: Close | None, left: bool, cause: BaseException | None) -> End:
    """What `Receiver.lost` is told; `left` when the client itself ended the connection.

    A close frame of the server says all: whatever became of the socket after it is of no interest. Without one,
    the code that this side failed the connection with says what was wrong with the server's frames: protocol
    error, not UTF-8, too many fragments, too big.
    """
    if received is not None:
        return int(received.code), received.reason, None
    error = cause if isinstance(cause, Exception) and not isinstance(cause, EOFError) else None
    if sent is not None and not left and sent.code in (1002, 1007, 1008, 1009):
        return int(sent.code), sent.reason, error
    return None, str(error) if isinstance(error, NoPong) else "", error


async def round_trip(connection: ClientConnection) -> bool:
    """Ping, and wait for the pong; False where the connection has ended."""
    try:
        await (await connection.ping())
    except ConnectionClosed:
        return False
    return True


def dispatching_to(to: Receiver) -> type[DispatchingConnection]:
    """A connection class whose instances give to this receiver; for `create_connection=` of one connect."""

    class Bound(DispatchingConnection):
        receiver = to

    return Bound


class DispatchingConnection(ClientConnection):
    """A connection that gives frames to its receiver at once, from `begin` on."""

    receiver: ClassVar[Receiver]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reading_paused = True  # until `begin`; the socket is read meanwhile
        self.pauses = 0
        self._receive: Deliver = self.receiver.receive
        self._receive_binary: Deliver = self.receiver.receive_binary
        self._backlog: deque[tuple[Deliver, bytes]] | None = deque()
        self._parts: list[bytes] = []
        self._parts_go_to: Deliver = _drop
        self._turn_ends = 0.0
        self._turn_scheduled = False
        self._left = False
        self._dead: Exception | None = None
        self._end: End | None = None
        self._closing_ends: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None

    def begin(self, ping_interval: float | None, ping_timeout: float | None) -> DispatchingLink:
        """Give to the receiver from the loop's turn after the next on: in the next one, who waits for the
        connection goes on, and can begin to listen for what came with the handshake."""
        if ping_interval is not None and self._end is None:
            pings = keep_alive(partial(round_trip, self), self, ping_interval, ping_timeout, self._is_dead)
            self._pinging = self.loop.create_task(pings)
        self.loop.call_soon(self._resume_unless_paused)
        return DispatchingLink(self)

    def pause(self) -> None:
        """Stop giving, and stop reading the socket."""
        self.reading_paused = True
        self.pauses += 1
        self._wait()

    def resume(self) -> None:
        """Go on giving, from the loop's next turn on."""
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
        if self._closing_ends is None and self._end is None:
            self._closing_ends = self.loop.call_later(self.close_timeout or 0.0, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self._turn_ends = perf_counter() + TURN
        super().data_received(data)
        if self.protocol.state is CLOSING:
            self.bound_closing()

    def process_event(self, event: Event) -> None:
        if not isinstance(event, Frame):
            super().process_event(event)
        elif event.opcode is TEXT or event.opcode is BINARY:
            deliver = self._receive if event.opcode is TEXT else self._receive_binary
            if event.fin:
                self._give(deliver, bytes(event.data))
            else:
                self._parts_go_to = deliver
                self._parts = [bytes(event.data)]
        elif event.opcode is CONT:
            self._join(event)
        else:
            super().process_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._closing_ends is not None:
            self._closing_ends.cancel()
        if self._pinging is not None:
            self._pinging.cancel()
        cause = self._dead or exc or self.protocol.parser_exc
        self._end = how_it_ended(self.protocol.close_rcvd, self.protocol.close_sent, self._left, cause)
        if self._backlog is None:
            self._tell_the_end()

    def _deaf(self) -> None:
        self._receive = self._receive_binary = self._parts_go_to = _drop
        self._parts = []

    def _join(self, frame: Frame) -> None:
        if self._parts_go_to is _drop:
            return
        self._parts.append(bytes(frame.data))
        if len(self._parts) > MAX_PARTS:
            self._deaf()
            self.protocol.fail(1008, f"more than {MAX_PARTS} fragments in a message")
            self.send_data()
        elif frame.fin:
            whole, self._parts = b"".join(self._parts), []
            self._give(self._parts_go_to, whole)

    def _give(self, deliver: Deliver, frame: bytes) -> None:
        if self._backlog is not None:
            self._backlog.append((deliver, frame))
            return
        try:
            deliver(frame)
        except Exception as error:
            self._report(error)
        if perf_counter() > self._turn_ends:
            self._wait()
            self._schedule_turn()

    def _wait(self) -> None:
        if self._backlog is None:
            self._backlog = deque()
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def _schedule_turn(self) -> None:
        if not self._turn_scheduled:
            self._turn_scheduled = True
            self.loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._turn_scheduled = False
        backlog = self._backlog
        if backlog is None:
            return
        turn_ends = perf_counter() + TURN
        while backlog and not self.reading_paused:
            deliver, frame = backlog.popleft()
            self._guarded(deliver, frame)
            if perf_counter() > turn_ends:
                break
        if self.reading_paused:
            return
        if backlog:
            self._schedule_turn()
            return
        self._backlog = None
        if self._end is not None:
            self._tell_the_end()
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def _tell_the_end(self) -> None:
        assert self._end is not None
        self._guarded(self.receiver.lost, *self._end)

    def _is_dead(self, error: Exception) -> None:
        self._dead = error
        self.transport.abort()

    def _guarded(self, call: Callable[[*Ts], None], *values: *Ts) -> None:
        try:
            call(*values)
        except Exception as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        self.loop.call_exception_handler(
            {"message": "the receiver of a WebSocket raised", "exception": error, "protocol": self}
        )


def _drop(frame: bytes) -> None:
    """Where frames go that nobody wants any more."""


class DispatchingLink:
    """The client's side of a dispatching connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: DispatchingConnection) -> None:
        self._connection = connection

    @property
    def subprotocol(self) -> str | None:
        return self._connection.subprotocol

    def send(self, frame: bytes) -> None:
        connection = self._connection
        if connection.protocol.state is OPEN and not connection.transport.is_closing():
            connection.protocol.send_text(frame)
            connection.send_data()

    def send_binary(self, frame: bytes) -> None:
        connection = self._connection
        if connection.protocol.state is OPEN and not connection.transport.is_closing():
            connection.protocol.send_binary(frame)
            connection.send_data()

    def close(self, code: int = 1000, reason: str = "") -> None:
        connection = self._connection
        connection.leave()
        if connection.protocol.state is OPEN and not connection.transport.is_closing():
            connection.protocol.send_close(code, reason)
            connection.send_data()
        connection.bound_closing()

    def abort(self) -> None:
        self._connection.leave()
        self._connection.transport.abort()

    def pause_reading(self) -> None:
        self._connection.pause()

    def resume_reading(self) -> None:
        self._connection.resume()

    async def drain(self) -> None:
        try:
            await self._connection.drain()
        except Exception:
            return  # the connection was lost meanwhile; `lost` says why

    async def wait_closed(self) -> None:
        await self._connection.wait_closed()
