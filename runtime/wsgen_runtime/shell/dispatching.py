"""Frames from the socket to the receiver in one call: no queue, no task, no switch between them.

`websockets` parses a read into frames, puts them into a queue, and wakes a task that takes them out. This
connection class hands them over where they are read, and leaves the rest (handshake, pings, closing
handshake, compression, everything that is wrong with a frame, flow control of writing) to the library. It takes
part in the library's inner life: `process_event`, `data_received`, `connection_made`, `connection_lost`, `send_data`
and `recv_messages` are not public, so it is used with the major versions in `DISPATCHING_MAJORS` alone; the tests run
with each of them.

Parsing is two thirds of what a message costs in the library. So frames of messages are cut out of a read here, where
they are all there (RFC 6455, section 5.2), and fragments joined. Any other frame goes to the library as it came.

Rules for the next editor:

- Frames are cut here only while it is known that the library stands between two frames: from the end of the
  handshake on, until something is wrong, or either side closes. It gets whole frames, or the rest of one that it has
  (`_owed`). It must get everything that could be wrong: a mask, reserved bits, opcodes, a size, a place.
- The library knows nothing of a message whose fragments were cut here (`_parts_cut`). Before it gets anything but
  a whole ping or pong, it gets those fragments (`_uncut`).
- Frames can come in the same read as the handshake's answer. So the receiver is bound before the handshake, and
  everything waits in the backlog until `begin`.
- Fragments are joined here, also those that the library has parsed. In its assembler they would wait for a reader
  that never comes.
- All that `_cut` does for a whole text is done for every message: an attribute costs it one per cent, a call five.
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
from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any, cast

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.messages import Assembler
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event, State

from ..rules import Frame as BinaryFrame
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
CONNECTING, OPEN, CLOSING = State.CONNECTING, State.OPEN, State.CLOSING

WHOLE_TEXT, WHOLE_BINARY = 0x81, 0x82
"""The first byte of a frame that is a message: its only fragment, no reserved bit."""

BEGINS_TEXT, BEGINS_BINARY, GOES_ON, ENDS = 0x01, 0x02, 0x00, 0x80
"""The first byte of the first fragment of a message, of one in the middle, and of the last."""

PINGED, PONGED = 0x89, 0x8A
"""The first byte of a control frame that changes nothing."""

END_OF_HEAD = b"\r\n\r\n"
"""What ends the answer to the handshake (RFC 9112, section 2.1)."""

ANSWERED = Response(101, "Switching Protocols", Headers())
"""Stands for the answer to the handshake, after it: the library asks whether there was one."""

UNLIMITED = 2**63
"""Bytes of a message, where there is no limit."""

End = tuple[int | None, str, Exception | None]


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


def dispatching_to(to: Receiver, max_size: int | None) -> type[DispatchingConnection]:
    """What makes connections that give to this receiver; for `create_connection=` of one connect."""
    made = partial(DispatchingConnection, to, max_size)
    return cast("type[DispatchingConnection]", made)  # the library only calls it; a class would take 2 kB each time


class _NoMessages:
    """Stands where the library has its assembler, which takes 1 kB and is given nothing here."""

    def close(self) -> None:
        """Nobody waits for a message."""


NO_MESSAGES = cast("Assembler", _NoMessages())


class DispatchingConnection(ClientConnection):
    """A connection that gives frames to its receiver at once, from `begin` on."""

    __slots__ = (
        "_backlog",
        "_closing_ends",
        "_cuts",
        "_dead",
        "_end",
        "_head",
        "_hears",
        "_left",
        "_max_size",
        "_owed",
        "_parts",
        "_parts_are",
        "_parts_cut",
        "_parts_size",
        "_pinging",
        "_turn_ends",
        "_turn_scheduled",
        "_unread",
        "pauses",
        "reading_paused",
        "receiver",
    )

    def __init__(self, receiver: Receiver, max_size: int | None, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.receiver = receiver
        self.reading_paused = True  # until `begin`; the socket is read meanwhile
        self.pauses = 0
        self._max_size = UNLIMITED if max_size is None else max_size
        self._cuts = False
        self._owed = 0
        """Bytes that the library still lacks of the frame that it is in."""
        self._unread = b""
        """The beginning of a frame whose size is not known yet."""
        self._head = b""
        """The latest bytes of the handshake's answer."""
        self._hears = True
        self._backlog: deque[bytes] | None = deque()
        self._parts: list[bytes] | None = None
        self._parts_are: type[bytes] = bytes
        self._parts_cut = False
        self._parts_size = 0
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
        self.request, self.response = None, ANSWERED  # their headers take 2 kB
        self.loop.call_soon(self._resume_unless_paused)
        return DispatchingLink(self)

    def pause(self) -> None:
        """Stop giving, and stop reading the socket."""
        if self._end is not None and self._backlog is None:
            return  # the end has been told
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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.recv_messages = NO_MESSAGES

    def data_received(self, data: bytes) -> None:
        self._turn_ends = perf_counter() + TURN
        if self._cuts:
            self._cut(data)
        elif self.protocol.state is CONNECTING:
            self._shake_hands(data)
        else:
            self._hand_over(data)
        if self.protocol.state is CLOSING:
            self.bound_closing()

    def eof_received(self) -> None:
        self._cuts = False
        self._hand_over(b"")
        super().eof_received()

    def process_event(self, event: Event) -> None:
        if not isinstance(event, Frame):
            super().process_event(event)
        elif event.opcode is TEXT or event.opcode is BINARY:
            kind = bytes if event.opcode is TEXT else BinaryFrame
            if event.fin:
                self._give(kind(event.data))
            elif self._hears:
                self._parts, self._parts_are = [bytes(event.data)], kind
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

    def _shake_hands(self, data: bytes) -> None:
        """Let the library have the answer to the handshake, and begin to cut after it."""
        end = (self._head + data).find(END_OF_HEAD)
        if end < 0:
            self._head = (self._head + data)[1 - len(END_OF_HEAD) :]
            super().data_received(data)
            return
        begin = end + len(END_OF_HEAD) - len(self._head)
        super().data_received(data[:begin])
        self._cuts = self.protocol.state is OPEN and not self.protocol.extensions
        if begin < len(data):
            self._cut(data[begin:])

    def _cut(self, data: bytes) -> None:
        """Give the messages that are one whole frame each, and the library everything else."""
        if self._unread:
            data, self._unread = self._unread + data, b""
        receive, longest = self.receiver.receive, self._max_size
        at, size = 0, len(data)
        try:
            while self._cuts and at < size:
                if self._owed:
                    part = data[at : at + self._owed]
                    at += len(part)
                    self._owed -= len(part)
                    self._parse(part)
                    continue
                begin = at + 2
                if begin > size:
                    break
                length = data[at + 1]
                if length > 125:
                    begin += 2 if length == 126 else 8 if length == 127 else 0
                    if begin > size:
                        break
                    if length == 126:
                        length = data[at + 2] << 8 | data[at + 3]
                    else:  # above 127 it is masked, which is wrong for a server's
                        length = int.from_bytes(data[at + 2 : begin], "big") if length == 127 else UNLIMITED
                end = begin + length
                if data[at] != WHOLE_TEXT or end > size or length > longest or self._parts is not None:
                    at, message = self._cut_other(data, at, begin, end)
                    if message is not None:
                        self._give(message)
                    continue
                frame, at = data[begin:end], end
                if self._backlog is not None:
                    self._backlog.append(frame)
                    continue
                try:
                    receive(frame)
                except Exception as error:
                    self._report(error)
                if perf_counter() > self._turn_ends:
                    self._end_turn()
        finally:  # also where a callback ends the program: the closing handshake must still find its frames
            self._unread = data[at:]
        if not self._cuts:
            self._hand_over(b"")

    def _cut_other(self, data: bytes, at: int, begin: int, end: int) -> tuple[int, bytes | None]:
        """Cut a frame that is no whole text, or leave it to the library. Where to go on, and a message that it ends."""
        head, whole = data[at], end <= len(data)
        if whole and end - begin <= self._max_size:
            if head == WHOLE_BINARY and self._parts is None:
                return end, BinaryFrame(data[begin:end])
            if head in (BEGINS_TEXT, BEGINS_BINARY) and self._parts is None:
                self._parts, self._parts_are = [data[begin:end]], bytes if head == BEGINS_TEXT else BinaryFrame
                self._parts_cut, self._parts_size = True, end - begin
                return end, None
            if head in (GOES_ON, ENDS) and self._parts_cut and self._parts is not None:
                size, parts = self._parts_size + end - begin, self._parts
                if size <= self._max_size and len(parts) < MAX_PARTS:
                    parts.append(data[begin:end])
                    self._parts_size = size
                    return end, None if head == GOES_ON else self._joined(parts)
        if not (whole and head in (PINGED, PONGED)):
            self._parse(self._uncut())
        self._owed = end - at
        return at, None

    def _uncut(self) -> bytes:
        """The fragments that the library does not know of; its events bring them back."""
        if not self._parts_cut or self._parts is None:
            return b""
        parts, self._parts, self._parts_cut = self._parts, None, False
        kinds = [TEXT if self._parts_are is bytes else BINARY] + [CONT] * (len(parts) - 1)
        return b"".join(
            Frame(kind, part, fin=False).serialize(mask=False) for kind, part in zip(kinds, parts, strict=True)
        )

    def _parse(self, data: bytes) -> None:
        """Let the library see a frame, or a part of one."""
        if data:
            super().data_received(data)
        self._cuts = self._cuts and self.protocol.state is OPEN

    def _hand_over(self, data: bytes) -> None:
        """Let the library see everything that has come, as it is no longer cut here."""
        data, self._unread = self._uncut() + self._unread + data, b""
        if data and not (self._left and self.transport.is_closing()):  # it would answer pings after an abort
            super().data_received(data)

    def _deaf(self) -> None:
        self._hears = self._cuts = False
        if not self._parts_cut:
            self._parts = None

    def _join(self, frame: Frame) -> None:
        parts = self._parts
        if parts is None:
            return
        parts.append(bytes(frame.data))
        if len(parts) > MAX_PARTS:
            self._deaf()
            self.protocol.fail(1008, f"more than {MAX_PARTS} fragments in a message")
            self.send_data()
        elif frame.fin:
            self._give(self._joined(parts))

    def _joined(self, parts: list[bytes]) -> bytes:
        self._parts, self._parts_cut = None, False
        return self._parts_are(b"".join(parts))

    def _give(self, frame: bytes) -> None:
        if not self._hears:
            return
        if self._backlog is not None:
            self._backlog.append(frame)
            return
        self._deliver(frame)
        if perf_counter() > self._turn_ends:
            self._end_turn()

    def _end_turn(self) -> None:
        self._wait()
        self._schedule_turn()

    def _deliver(self, frame: bytes) -> None:
        try:
            self.receiver.receive(frame) if type(frame) is bytes else self.receiver.receive_binary(frame)
        except Exception as error:
            self._report(error)

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
        receive, receive_binary = self.receiver.receive, self.receiver.receive_binary
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
        if self._end is not None:
            self._tell_the_end()
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def _tell_the_end(self) -> None:
        assert self._end is not None
        try:
            self.receiver.lost(*self._end)
        except Exception as error:
            self._report(error)

    def _is_dead(self, error: Exception) -> None:
        self._dead = error
        self.transport.abort()

    def _report(self, error: Exception) -> None:
        self.loop.call_exception_handler(
            {"message": "the receiver of a WebSocket raised", "exception": error, "protocol": self}
        )


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

    def send_all(self, frames: Sequence[bytes]) -> None:
        connection = self._connection
        protocol = connection.protocol
        if protocol.state is OPEN and not connection.transport.is_closing():
            for frame in frames:
                protocol.send_binary(frame) if type(frame) is BinaryFrame else protocol.send_text(frame)
            connection.transport.write(b"".join(protocol.data_to_send()))  # a system call for each costs most of it

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
