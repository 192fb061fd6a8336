"""Both transports on `websockets`, against real sockets: what they give, and how they end."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import Close
from websockets.typing import Subprotocol
from wsgen_runtime.shell.dispatching import MAX_PARTS, how_it_ended
from wsgen_runtime.shell.keepalive import NoPong
from wsgen_runtime.shell.websockets_transport import RecvTransport, WebSocketsTransport
from wsgen_runtime.transport import ConnectRequest, Transport

from tests.runtime.sockets import (
    BINARY,
    CLOSE,
    CONT,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    End,
    Notes,
    Peer,
    close_frame,
    frame,
    raw_server,
)


def with_both(close_timeout: float) -> pytest.MarkDecorator:
    dispatching = pytest.param(WebSocketsTransport(close_timeout), id="dispatching")
    return pytest.mark.parametrize("transport", [dispatching, pytest.param(RecvTransport(close_timeout), id="recv")])


both = with_both(close_timeout=PATIENCE)
both_hasty = with_both(close_timeout=0.2)


def request(url: str, *, ping_interval: float | None = None, **options: Any) -> ConnectRequest:
    return ConnectRequest(url=url, ping_interval=ping_interval, **options)


async def silent(peer: Peer) -> None:
    """Accept, and say nothing."""
    await peer.handshake()
    await peer.gone()


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def causes(transport: Transport, name: str) -> tuple[str, ...]:
    """What may stand behind the end: `recv` of `websockets` before 17 does not tell."""
    return (name, "NoneType") if isinstance(transport, RecvTransport) else (name,)


def port_of(server: Any) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port


@both
async def test_frames_in_the_same_write_as_the_handshake_come_after_connect(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"first") + frame(TEXT, b"second"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        assert notes.frames == []
        assert await notes.count(2) == [b"first", b"second"]
        link.abort()
        await notes.end()


@both
async def test_a_server_that_accepts_speaks_and_closes_at_once_is_heard_in_order(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"hello") + close_frame(1012, "restart"))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert notes.ends == []
        assert await notes.end() == (1012, "restart", None)
        assert notes.frames == [b"hello"]


@both
async def test_fragments_are_joined_around_control_frames(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake()
        await peer.write(frame(TEXT, b"one ", fin=False) + frame(PING, b"x") + frame(CONT, b"mes", fin=False))
        assert await peer.read_frame() == (PONG, b"x")
        await peer.write(frame(CONT, b"sage") + frame(TEXT, b"next") + frame(TEXT, b"", fin=False) + frame(CONT))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        assert await notes.count(3) == [b"one message", b"next", b""]
        assert {type(data) for data in notes.frames} == {bytes}
        link.abort()
        await notes.end()


async def test_binary_is_told_from_text_by_the_dispatching_transport_alone() -> None:
    async def script(peer: Peer) -> None:
        parts = frame(BINARY, b"\xff", fin=False) + frame(CONT, b"\xfe")
        await peer.handshake(frame(BINARY, b"\x00") + parts + frame(TEXT, b"text"))
        await peer.gone()

    dispatched, received = Notes(), Notes()
    async with raw_server(script) as url:
        one = await WebSocketsTransport().connect(request(url), dispatched)
        two = await RecvTransport().connect(request(url), received)
        await dispatched.count(1)
        await received.count(3)
        one.abort()
        two.abort()
        await dispatched.end()
        await received.end()
    assert (dispatched.frames, dispatched.binary) == ([b"text"], [b"\x00", b"\xff\xfe"])
    assert (received.frames, received.binary) == ([b"\x00", b"\xff\xfe", b"text"], [])


@both
@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(frame(TEXT, b"x" * 1001), id="one frame"),
        pytest.param(frame(TEXT, b"x" * 600, fin=False) + frame(CONT, b"x" * 600), id="two fragments"),
    ],
)
async def test_a_message_over_max_size_ends_with_1009(transport: Transport, stream: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"y" * 1000) + stream + frame(TEXT, b"late"))
        opcode, payload = await peer.read_frame()
        assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1009))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url, max_size=1000), notes)
        code, reason, error = await notes.end()
    assert code == 1009
    assert type(error).__name__ in causes(transport, "PayloadTooBig")
    assert "1000" in reason
    assert notes.frames == [b"y" * 1000]


@both_hasty
async def test_a_broken_frame_ends_with_1002(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(CONT, b"no message has begun"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        code, _, error = await notes.end()
    assert (code, type(code)) == (1002, int)
    assert type(error).__name__ in causes(transport, "ProtocolError")


async def test_too_many_fragments_end_with_1008() -> None:
    async def script(peer: Peer) -> None:
        parts = frame(TEXT, b"", fin=False) + frame(CONT, b"x", fin=False) * (2 * MAX_PARTS)
        await peer.handshake(parts + frame(CONT) + frame(TEXT, b"late"))
        assert (await peer.read_frame())[1][:2] == struct.pack("!H", 1008)

    notes = Notes()
    async with raw_server(script) as url:
        await WebSocketsTransport().connect(request(url), notes)
        assert await notes.end() == (1008, f"more than {MAX_PARTS} fragments in a message", None)
    assert notes.frames == []


@both
async def test_as_many_fragments_as_allowed_are_one_message(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        middle = frame(CONT, b"x", fin=False) * (MAX_PARTS // 2)
        await peer.handshake(frame(TEXT, b"<", fin=False) + middle + frame(CONT, b">"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        assert await notes.count(1) == [b"<" + b"x" * (MAX_PARTS // 2) + b">"]
        link.abort()
        await notes.end()


@both
async def test_text_that_is_no_utf8_passes(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"\xc3\x28") + frame(TEXT, b"after"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        assert await notes.count(2) == [b"\xc3\x28", b"after"]
        link.abort()
        await notes.end()


@both
@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 1013, 4000, 4403])
async def test_the_servers_close_code_and_reason_are_told(transport: Transport, code: int) -> None:
    async def handler(ws: ServerConnection) -> None:
        await ws.send("last")
        await ws.close(code, "weil ä")

    notes = Notes()
    async with serve(handler, "127.0.0.1", 0) as server:
        await transport.connect(request(f"ws://127.0.0.1:{port_of(server)}"), notes)
        assert await notes.end() == (code, "weil ä", None)
    assert notes.frames == [b"last"]


@both
async def test_a_close_frame_without_code_is_1005(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(close_frame(None))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert await notes.end() == (1005, "", None)


@both_hasty
async def test_a_server_that_closes_but_keeps_its_socket_is_left(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(close_frame(1001, "going"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        code, reason, _ = await notes.end()
    assert (code, reason) == (1001, "going")


@both
async def test_a_reset_and_an_end_of_stream_have_no_code(transport: Transport) -> None:
    async def reset(peer: Peer) -> None:
        await peer.handshake()
        await peer.read_frame()
        peer.reset()

    async def hang_up(peer: Peer) -> None:
        await peer.handshake()
        await peer.read_frame()

    for script, fault in [(reset, ConnectionResetError), (hang_up, type(None))]:
        notes = Notes()
        async with raw_server(script) as url:
            link = await transport.connect(request(url), notes)
            link.send(b"now")
            code, reason, error = await notes.end()
        assert (code, reason, type(error)) == (None, "", fault)


@both
async def test_abort_drops_a_silent_server_at_once(transport: Transport) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.handshake()
        await peer.gone()
        gone.set()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        link.abort()
        assert notes.ends == []
        assert await notes.end() == (None, "", None)
        await asyncio.wait_for(gone.wait(), PATIENCE)
        link.abort()
        link.close()
        link.send(b"late")
    assert len(notes.ends) == 1


@both
async def test_closing_shakes_hands_and_drops_late_frames(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake()
        assert await peer.read_frame() == (TEXT, b"last words")
        assert await peer.read_frame() == (CLOSE, struct.pack("!H", 1000) + b"bye")
        await peer.write(frame(TEXT, b"late") * 3 + close_frame(1000, "bye"))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        link.send(b"last words")
        link.close(1000, "bye")
        link.close(4000, "again")
        link.send(b"after the close")
        assert await notes.end() == (1000, "bye", None)
    assert notes.frames == []


@both_hasty
async def test_closing_against_a_silent_server_is_bounded(transport: Transport) -> None:
    notes = Notes()
    async with raw_server(silent) as url:
        link = await transport.connect(request(url), notes)
        link.close()
        code, _, _ = await notes.end()
    assert code is None


@both
@pytest.mark.parametrize("way", ["close", "abort"])
async def test_wait_closed_leaves_nothing_behind(transport: Transport, way: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake()
        while (await peer.read_frame())[0] != CLOSE:
            pass
        await peer.write(close_frame(1000))

    def tasks() -> list[str]:
        return [repr(task) for task in asyncio.all_tasks() if "wsgen_runtime" in repr(task)]

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url, ping_interval=20), notes)
        await asyncio.sleep(0)
        assert tasks()
        link.close() if way == "close" else link.abort()
        assert notes.ends == []
        await link.wait_closed()
        assert len(notes.ends) == 1
        assert tasks() == []


@both
async def test_closing_drops_what_waits_and_reads_on(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"first") + frame(TEXT, b"held") * 100)
        opcode, _ = await peer.read_frame()
        assert opcode == CLOSE
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.pause_reading()
        await notes.count(1)
        link.close()
        assert (await notes.end())[0] == 1000
    assert notes.frames == [b"first"]


@both
async def test_closing_inside_a_frame_stops_the_rest_of_a_burst(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"x") * 50)
        await peer.read_frame()
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.close()
        assert (await notes.end())[0] == 1000
    assert notes.frames == [b"x"]


@both
async def test_a_pause_stops_the_flow_and_resuming_loses_nothing(transport: Transport) -> None:
    flushed = asyncio.Event()
    count, message = 512, b"x" * 65536

    async def script(peer: Peer) -> None:
        await peer.handshake()
        peer.writer.transport.set_write_buffer_limits(0)
        await peer.write(frame(TEXT, message) * count)
        flushed.set()
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.pause_reading()
        await notes.count(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flushed.wait(), 0.3)
        assert len(notes.frames) == 1
        notes.on_receive = None
        link.resume_reading()
        assert (await notes.end())[0] == 1000
    assert len(notes.frames) == count


@both
async def test_the_end_waits_for_the_end_of_a_pause(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"one") + frame(TEXT, b"two") + close_frame(1012))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.pause_reading()
        await notes.count(1)
        link.send(b"to nobody")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(notes.end()), 0.1)
        link.resume_reading()
        await notes.count(2)
        link.resume_reading()
        assert await notes.end() == (1012, "", None)


@both
async def test_a_pause_between_reads_holds_the_next_frame(transport: Transport) -> None:
    notes = Notes()
    async with serve(echo, "127.0.0.1", 0) as server:
        link = await transport.connect(request(f"ws://127.0.0.1:{port_of(server)}"), notes)
        link.send(b"one")
        await notes.count(1)
        link.pause_reading()
        link.send(b"two")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(notes.count(2)), 0.1)
        link.resume_reading()
        assert await notes.count(2) == [b"one", b"two"]
        link.close()
        await notes.end()


@both
async def test_pings_survive_a_pause_that_is_longer_than_their_timeout(transport: Transport) -> None:
    notes = Notes()
    async with serve(echo, "127.0.0.1", 0, ping_interval=None) as server:
        asked = request(f"ws://127.0.0.1:{port_of(server)}", ping_interval=0.02, ping_timeout=0.2)
        link = await transport.connect(asked, notes)
        link.pause_reading()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(notes.end()), 0.7)
        link.resume_reading()
        link.send(b"alive")
        assert await notes.count(1) == [b"alive"]
        link.close()
        assert (await notes.end())[0] == 1000


@both
async def test_a_server_without_pongs_is_dead(transport: Transport) -> None:
    pings: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await peer.handshake()
        pings.append(await peer.read_frame())
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url, ping_interval=0.02, ping_timeout=0.05), notes)
        code, reason, error = await notes.end()
    assert (code, reason, type(error)) == (None, "no pong within 0.05 s", NoPong)
    assert isinstance(error, TimeoutError)
    assert pings[0][0] == PING


@both
async def test_pongs_keep_a_connection_for_many_intervals(transport: Transport) -> None:
    pings = 0

    async def script(peer: Peer) -> None:
        nonlocal pings
        await peer.handshake()
        while pings < 5:
            opcode, data = await peer.read_frame()
            assert opcode == PING
            pings += 1
            await peer.write(frame(PONG, data))
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url, ping_interval=0.01, ping_timeout=5), notes)
        assert (await notes.end())[0] == 1000
    assert pings == 5


@both
async def test_a_burst_leaves_the_loop_its_turns(transport: Transport) -> None:
    count = 20_000

    async def script(peer: Peer) -> None:
        await peer.handshake()
        await peer.write(frame(TEXT, b"x" * 120) * count + close_frame(1000))

    at_turn: list[int] = []
    notes = Notes()

    async def take_turns() -> None:
        while True:
            at_turn.append(len(notes.frames))
            await asyncio.sleep(0)

    def busy(_: bytes) -> None:
        until = time.perf_counter() + 40e-6
        while time.perf_counter() < until:
            pass

    notes.on_receive = busy
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        turns = asyncio.create_task(take_turns())
        assert (await notes.end())[0] == 1000
        turns.cancel()
    assert len(notes.frames) == count
    # 40 µs for each frame and 5 ms for each turn: 125 frames, in at most two turns between two of the others.
    assert max(after - before for before, after in pairwise(at_turn)) <= 260


@both
async def test_an_exception_of_the_receiver_is_reported_and_harms_nothing(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"bad") + frame(TEXT, b"good") + close_frame(1000))

    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    notes = Notes()

    def fail(data: bytes) -> None:
        if data == b"bad":
            raise ZeroDivisionError

    notes.on_receive = fail
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert await notes.end() == (1000, "", None)
    assert notes.frames == [b"bad", b"good"]
    assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]


@both
async def test_everything_is_sent_in_order_before_the_close(transport: Transport) -> None:
    got: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await peer.handshake()
        while not got or got[-1][0] != CLOSE:
            got.append(await peer.read_frame())
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        for number in range(300):
            link.send(b"%d" % number)
            link.send_binary(b"%d" % number)
        link.close()
        await notes.end()
    wanted = [(opcode, b"%d" % number) for number in range(300) for opcode in (TEXT, BINARY)]
    assert got == [*wanted, (CLOSE, struct.pack("!H", 1000))]


@both
async def test_drain_waits_for_a_slow_server(transport: Transport) -> None:
    read_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.handshake()
        await read_on.wait()
        for _ in range(64):
            await peer.read_frame()
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        await asyncio.wait_for(link.drain(), PATIENCE)
        for _ in range(64):
            link.send(b"x" * 1_000_000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.drain(), 0.1)
        read_on.set()
        await asyncio.wait_for(link.drain(), PATIENCE)
        assert (await notes.end())[0] == 1000


@both
async def test_the_end_of_the_connection_ends_drain(transport: Transport) -> None:
    notes = Notes()

    async def script(peer: Peer) -> None:
        await peer.handshake()
        await asyncio.Event().wait()

    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        for _ in range(64):
            link.send(b"x" * 1_000_000)
        draining = asyncio.create_task(link.drain())
        await asyncio.sleep(0)
        link.abort()
        await notes.end()
        await asyncio.wait_for(draining, PATIENCE)
        assert draining.done()


@both
async def test_compression_is_offered_only_on_request(transport: Transport) -> None:
    offers: list[str | None] = []

    async def handler(ws: ServerConnection) -> None:
        assert ws.request is not None
        offers.append(ws.request.headers.get("Sec-WebSocket-Extensions"))
        await echo(ws)

    message = b'{"text":"' + b"again and " * 1000 + b'"}'
    async with serve(handler, "127.0.0.1", 0) as server:
        for compression in ("deflate", None):
            notes = Notes()
            url = f"ws://127.0.0.1:{port_of(server)}"
            link = await transport.connect(request(url, compression=compression), notes)
            link.send(message)
            assert await notes.count(1) == [message]
            link.close()
            await notes.end()
    assert offers[0] is not None
    assert offers[0].startswith("permessage-deflate")
    assert offers[1] is None


@both
async def test_the_servers_choice_of_subprotocol_is_told(transport: Transport) -> None:
    chosen: list[str | None] = []
    for known in [[Subprotocol("v1")], None]:
        notes = Notes()
        async with serve(echo, "127.0.0.1", 0, subprotocols=known) as server:
            url = f"ws://127.0.0.1:{port_of(server)}"
            link = await transport.connect(request(url, subprotocols=("v2", "v1")), notes)
            chosen.append(link.subprotocol)
            link.close()
            await notes.end()
    assert chosen == ["v1", None]


@both
async def test_debug_logs_of_websockets_show_no_header_and_no_frame(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "websockets.client")
    notes = Notes()
    async with raw_server(silent) as url:
        headers = {"Authorization": "Bearer hunter2", "X-Api-Key": "hunter2"}
        link = await transport.connect(request(f"{url}/?token=hunter2", headers=headers), notes)
        link.send(b"hunter2")
        link.abort()
        await notes.end()
    assert "hunter2" not in caplog.text
    assert not [record for record in caplog.records if record.name == "websockets.client"]


RESET = ConnectionResetError("reset")
TOO_BIG = ValueError("too big")
NO_PONG = NoPong("no pong within 20 s")


@pytest.mark.parametrize(
    ("received", "sent", "left", "cause", "told"),
    [
        (Close(1012, "restart"), Close(1012, "restart"), False, RESET, (1012, "restart", None)),
        (Close(1000, "bye"), Close(1000, "bye"), True, None, (1000, "bye", None)),
        (None, Close(1009, "too big"), False, TOO_BIG, (1009, "too big", TOO_BIG)),
        (None, Close(1009, "own words"), True, None, (None, "", None)),
        (None, Close(1000, ""), True, RESET, (None, "", RESET)),
        (None, Close(1011, "internal"), False, RESET, (None, "", RESET)),
        (None, None, False, EOFError("unexpected end of stream"), (None, "", None)),
        (None, None, False, NO_PONG, (None, "no pong within 20 s", NO_PONG)),
    ],
)
def test_how_a_connection_ended(
    received: Close | None, sent: Close | None, left: bool, cause: Exception | None, told: End
) -> None:
    assert how_it_ended(received, sent, left, cause) == told


messages = st.lists(st.lists(st.binary(max_size=200), min_size=1, max_size=4), max_size=12)


@both
@settings(max_examples=25, deadline=None)
@given(parts=messages, cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_any_fragmentation_and_any_cut_of_the_stream_gives_the_same_messages(
    transport: Transport, parts: list[list[bytes]], cuts: list[int]
) -> None:
    stream = b"".join(
        frame(CONT if index else TEXT, data, fin=index == len(message) - 1)
        for message in parts
        for index, data in enumerate(message)
    ) + close_frame(1000)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]

    async def script(peer: Peer) -> None:
        await peer.handshake()
        for start, stop in pairwise(edges):
            await peer.write(stream[start:stop])
            await asyncio.sleep(0)

    async def play() -> Notes:
        notes = Notes()
        async with raw_server(script) as url:
            await transport.connect(request(url), notes)
            await notes.end()
        return notes

    notes = asyncio.run(play())
    assert notes.frames == [b"".join(message) for message in parts]
    assert [end[0] for end in notes.ends] == [1000]


async def test_an_untested_version_of_websockets_is_used_by_its_public_interface(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(BINARY, b"x"))
        await peer.gone()

    monkeypatch.setattr("wsgen_runtime.shell.websockets_transport.version", "18.0")
    notes = Notes()
    async with raw_server(script) as url:
        link = await WebSocketsTransport().connect(request(url), notes)
        assert await notes.count(1) == [b"x"]
        link.abort()
        await notes.end()
