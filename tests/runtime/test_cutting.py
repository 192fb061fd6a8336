"""The dispatching connection cuts frames itself: whatever comes, in whatever pieces, it does what the library does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Event, State
from websockets.uri import parse_uri
from wsgen_runtime.shell.dispatching import DispatchingConnection, DispatchingLink

from tests.faults.frames import Splitter, accept_key
from tests.runtime.sockets import BINARY, CONT, PING, PONG, TEXT, Notes, close_frame, frame

LONGEST = 300


class Wire(asyncio.Transport):
    """Where a connection writes to; it ends when somebody ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.late = b""
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.ended:
            self.late += bytes(data)
        else:
            self.written += bytes(data)

    def write_eof(self) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self.ended

    def close(self) -> None:
        self.ended = True

    abort = close

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@dataclass
class Outcome:
    """What came of a stream: messages, the two close frames, and the pongs."""

    messages: list[tuple[bool, bytes]] = field(default_factory=list)
    received: Close | None = None
    sent: Close | None = None
    state: State = State.OPEN
    answers: list[tuple[int, bytes]] = field(default_factory=list)


def answered(written: bytes) -> list[tuple[int, bytes]]:
    return [(one.opcode, one.payload) for one in Splitter().feed(written)]


def by_the_library(pieces: list[bytes]) -> Outcome:
    """The library's parser alone, with the fragments joined."""
    protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=LONGEST)
    events: list[Event] = []
    for piece in pieces:
        protocol.receive_data(piece)
        events += protocol.events_received()
    protocol.receive_eof()
    outcome, parts = Outcome(), list[bytes]()
    text = True
    for event in events:
        assert isinstance(event, Frame)
        if event.opcode in (Opcode.TEXT, Opcode.BINARY):
            text = event.opcode is Opcode.TEXT
        if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            parts.append(bytes(event.data))
            if event.fin:
                outcome.messages.append((text, b"".join(parts)))
                parts = []
    outcome.received, outcome.sent, outcome.state = protocol.close_rcvd, protocol.close_sent, protocol.state
    outcome.answers = answered(b"".join(protocol.data_to_send()))
    return outcome


class InOrder(Notes):
    """Writes texts and binaries into one list."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[bool, bytes]] = []

    def receive(self, frame: bytes) -> None:
        self.messages.append((True, frame))

    def receive_binary(self, frame: bytes) -> None:
        self.messages.append((False, bytes(frame)))


def connected(to: Notes, wire: Wire) -> tuple[DispatchingConnection, bytes]:
    """A connection that has asked for the handshake, and the answer that it waits for."""
    protocol = ClientProtocol(parse_uri("ws://localhost/"), max_size=LONGEST)
    connection = DispatchingConnection(to, LONGEST, protocol, close_timeout=1)
    connection.connection_made(wire)
    request = protocol.connect()
    protocol.send_request(request)
    protocol.data_to_send()
    return connection, (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept_key(request.headers["Sec-WebSocket-Key"].encode())
        + b"\r\n\r\n"
    )


async def turns() -> None:
    """Let the connection give what waits; on a busy machine that takes it more than one turn."""
    for _ in range(30):
        await asyncio.sleep(0)


async def by_the_connection(stream: bytes, edges: list[int]) -> Outcome:
    """The same by a connection, from its handshake on: the pieces begin somewhere in the answer to it."""
    notes, wire = InOrder(), Wire()
    connection, answer = connected(notes, wire)
    whole = answer + stream
    for start, stop in pairwise([0, *edges, len(whole)]):
        if start < stop:
            connection.data_received(whole[start:stop])
    connection.eof_received()
    connection.begin(None, None)
    await turns()
    connection.leave()
    connection.connection_lost(None)
    protocol = connection.protocol
    return Outcome(notes.messages, protocol.close_rcvd, protocol.close_sent, protocol.state, answered(wire.written))


class Meddler(InOrder):
    """Pauses, closes, aborts or raises at every message of some number."""

    def __init__(self, every: int, meddle: Callable[[], None]) -> None:
        super().__init__()
        self.every = every
        self.meddle = meddle

    def receive(self, frame: bytes) -> None:
        super().receive(frame)
        self._count()

    def receive_binary(self, frame: bytes) -> None:
        super().receive_binary(frame)
        self._count()

    def _count(self) -> None:
        if len(self.messages) % self.every == 0:
            self.meddle()


like_frames = st.integers(0, LONGEST // 2).map(lambda count: frame(TEXT) * count)
payloads = st.one_of(st.binary(max_size=6), st.binary(min_size=120, max_size=LONGEST), like_frames)
between = st.sampled_from([b"", b"", frame(PING, b"?"), frame(PONG), frame(PING, b"!" * 125)])


@st.composite
def fragmented(draw: st.DrawFn, longest: int = 40) -> bytes:
    """A message in several frames, with control frames between them."""
    kind, parts = (
        draw(st.sampled_from([TEXT, BINARY])),
        draw(st.lists(st.binary(max_size=longest), min_size=2, max_size=5)),
    )
    frames = [frame(CONT if number else kind, part, fin=number == len(parts) - 1) for number, part in enumerate(parts)]
    return b"".join(one + (draw(between) if number < len(parts) - 1 else b"") for number, one in enumerate(frames))


whole = st.builds(frame, st.sampled_from([TEXT, TEXT, TEXT, BINARY]), payloads)
control = st.builds(frame, st.sampled_from([PING, PONG]), st.binary(max_size=125))
right = st.one_of(whole, whole, whole, control, fragmented())
wrong = st.one_of(
    fragmented(LONGEST),  # in all it may be too long
    st.just(frame(CONT, b"of nothing")),
    st.just(frame(TEXT, b"begun", fin=False)),
    st.just(frame(TEXT, bytes(LONGEST + 1))),
    st.just(frame(PING, bytes(126))),
    st.sampled_from([b"\xc1\x01x", b"\xa1\x01x", b"\x91\x01x", b"\x83\x01x", b"\x8b\x00", b"\x09\x00"]),
    st.sampled_from([b"\x81\x81abcdx", b"\x81\xfe\x00\x7eabcd", b"\x81\xff" + bytes(7) + b"\x01abcdx"]),
    st.sampled_from(
        [b"\x81\x7f\x80" + bytes(7), b"\x81\x7f" + b"\xff" * 8, b"\x81\x7e\x00\x01x", b"\x81\x7f" + bytes(8)]
    ),
    st.just(close_frame(1000)),
    st.just(close_frame(1001, "going")),
    st.binary(max_size=20),
)
streams = st.tuples(st.lists(right, max_size=8), st.lists(st.one_of(right, wrong), max_size=4)).map(
    lambda halves: b"".join([*halves[0], *halves[1]])
)


@settings(max_examples=400, deadline=None)
@given(stream=streams, cuts=st.lists(st.integers(0, 1500), max_size=12))
@example(stream=frame(TEXT, b"x" * 200), cuts=[130, 131, 132, 133, 134])
@example(stream=frame(TEXT, b"x") + close_frame(1000) + frame(TEXT, b"late"), cuts=[])
@example(stream=frame(TEXT, b"a", fin=False) + frame(TEXT, b"in between") + frame(CONT, b"b"), cuts=[])
def test_any_stream_in_any_pieces_is_what_the_library_makes_of_it(stream: bytes, cuts: list[int]) -> None:
    ours = asyncio.run(by_the_connection(stream, sorted(cuts)))
    assert ours == by_the_library([stream])


async def closed_between(pieces: list[bytes], number: int) -> tuple[InOrder, DispatchingConnection, Wire]:
    """What comes of a stream when the client closes before a piece of it."""
    notes, wire = InOrder(), Wire()
    connection, answer = connected(notes, wire)
    connection.data_received(answer)
    link = connection.begin(None, None)
    await turns()
    for index, piece in enumerate(pieces):
        if index == number:
            link.close()
        connection.data_received(piece)
    connection.eof_received()
    connection.connection_lost(None)
    await turns()
    return notes, connection, wire


@settings(max_examples=200, deadline=None)
@given(stream=streams, cuts=st.lists(st.integers(0, 900), max_size=8), number=st.integers(0, 8))
@example(stream=frame(TEXT, b"a", fin=False) + frame(CONT, b"b") + close_frame(1000), cuts=[3, 4], number=1)
@example(
    stream=frame(TEXT, b"a", fin=False) + frame(PING, b"?") + frame(CONT, b"b") + close_frame(1000), cuts=[4], number=1
)
def test_a_close_between_two_reads_leaves_the_closing_handshake_whole(
    stream: bytes, cuts: list[int], number: int
) -> None:
    notes, connection, _ = asyncio.run(closed_between(pieces_of(stream, cuts), number))
    plain = by_the_library([stream])
    assert notes.messages == plain.messages[: len(notes.messages)]
    assert connection.protocol.close_rcvd == plain.received
    assert len(notes.ends) == 1


@settings(max_examples=100, deadline=None)
@given(stream=st.lists(right, max_size=6).map(b"".join))
def test_byte_for_byte_gives_the_same(stream: bytes) -> None:
    ours = asyncio.run(by_the_connection(stream, list(range(1, 129 + len(stream)))))
    assert ours == by_the_library([stream])


def pieces_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(edges) if start < stop]


async def meddled(pieces: list[bytes], every: int, how: str) -> tuple[Meddler, DispatchingConnection, Wire]:
    """What a receiver makes of a stream that does this to its connection while it is given to."""
    wire = Wire()

    def meddle() -> None:
        if how == "raise":
            raise KeyboardInterrupt
        {"pause": link.pause_reading, "close": link.close, "abort": link.abort}[how]()

    notes = Meddler(every, meddle)
    connection, answer = connected(notes, wire)
    connection.data_received(answer)
    link: DispatchingLink = connection.begin(None, None)
    await turns()
    for number, piece in enumerate(pieces):
        if wire.is_closing():
            break
        try:
            connection.data_received(piece)
        except KeyboardInterrupt:
            assert how == "raise"
        if number % 2 and how == "pause":  # sometimes while it is paused, as what was read before arrives then too
            link.resume_reading()
            await turns()
    if not wire.is_closing():
        try:
            connection.eof_received()
        except KeyboardInterrupt:
            assert how == "raise"
    await turns()
    while how == "pause" and connection.reading_paused:
        link.resume_reading()
        await turns()
    connection.leave()
    connection.connection_lost(None)
    return notes, connection, wire


@settings(max_examples=200, deadline=None)
@given(stream=streams, cuts=st.lists(st.integers(0, 900), max_size=8), every=st.integers(1, 4))
@example(stream=frame(TEXT, b"a") + frame(PING) + frame(BINARY, b"b") + frame(TEXT, b"c"), cuts=[], every=1)
def test_pauses_anywhere_change_nothing(stream: bytes, cuts: list[int], every: int) -> None:
    notes, connection, wire = asyncio.run(meddled(pieces_of(stream, cuts), every, "pause"))
    protocol = connection.protocol
    ours = Outcome(notes.messages, protocol.close_rcvd, protocol.close_sent, protocol.state, answered(wire.written))
    assert ours == by_the_library([stream])
    assert len(notes.ends) == 1


@settings(max_examples=200, deadline=None)
@given(stream=streams, cuts=st.lists(st.integers(0, 900), max_size=8), number=st.integers(1, 8))
@example(stream=frame(TEXT, b"a") + frame(TEXT, b"b" * 99) + close_frame(1000), cuts=[30], number=1)
def test_closing_anywhere_ends_the_messages_there(stream: bytes, cuts: list[int], number: int) -> None:
    notes, connection, wire = asyncio.run(meddled(pieces_of(stream, cuts), number, "close"))
    plain = by_the_library([stream])
    assert notes.messages == plain.messages[:number]
    assert connection.protocol.close_rcvd == plain.received
    assert [opcode for opcode, _ in answered(wire.written)].count(Opcode.CLOSE) <= 1
    assert len(notes.ends) == 1


@settings(max_examples=100, deadline=None)
@given(stream=streams, cuts=st.lists(st.integers(0, 900), max_size=8), number=st.integers(1, 8))
@example(stream=frame(TEXT, b"a") + frame(PING, b"late") * 2 + close_frame(1000), cuts=[], number=1)
def test_after_an_abort_nothing_is_heard_and_nothing_written(stream: bytes, cuts: list[int], number: int) -> None:
    notes, _, wire = asyncio.run(meddled(pieces_of(stream, cuts), number, "abort"))
    assert wire.late == b""
    assert notes.messages == by_the_library([stream]).messages[:number]
    assert len(notes.ends) == 1


@settings(max_examples=100, deadline=None)
@given(stream=st.lists(whole, min_size=1, max_size=6).map(b"".join), cuts=st.lists(st.integers(0, 900), max_size=8))
@example(stream=frame(TEXT, b"a") + frame(TEXT, b"b" * 99), cuts=[30])
def test_what_ends_a_program_leaves_the_connection_between_frames(stream: bytes, cuts: list[int]) -> None:
    """A callback may raise `KeyboardInterrupt`; the client still shakes hands over closing, and must understand."""
    pieces = [*pieces_of(stream, cuts), b"", *[frame(PONG)] * 7, close_frame(1000)]
    notes, connection, _ = asyncio.run(meddled(pieces, 1, "raise"))
    assert notes.messages == by_the_library([stream]).messages
    assert connection.protocol.close_rcvd == Close(1000, "")
