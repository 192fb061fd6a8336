"""Both transports on `websockets`, against real sockets: pauses, pings, bursts, and slow servers."""

from __future__ import annotations

import asyncio
import struct
import time
from itertools import pairwise

import pytest
from websockets.asyncio.server import serve
from wsgen_runtime.rules import Frame
from wsgen_runtime.shell.dispatching import DispatchingLink
from wsgen_runtime.shell.keepalive import NoPong
from wsgen_runtime.shell.websockets_transport import WebSocketsTransport
from wsgen_runtime.transport import Transport

from tests.runtime.sockets import (
    BINARY,
    CLOSE,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    Notes,
    Peer,
    close_frame,
    frame,
    raw_server,
)
from tests.runtime.transports import each, echo, port_of, request


@each
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


@each
async def test_who_waits_for_the_connection_goes_on_before_what_came_with_the_handshake(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"snapshot"))
        await peer.write(close_frame(1000))

    heard: list[str] = []
    notes = Notes()
    notes.on_receive = lambda _: heard.append("a frame")
    async with raw_server(script) as url:
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def connect() -> None:
            await transport.connect(request(url), notes)
            opened.set_result(None)

        connecting = asyncio.create_task(connect())
        await opened
        heard.append("the caller")
        await connecting
        await notes.end()
    assert heard == ["the caller", "a frame"]


@each
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


@each
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


@each
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


@each
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


@each
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


@each
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


@each
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


@each
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


async def test_what_is_sent_at_once_arrives_in_order() -> None:
    read: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await peer.handshake()
        for _ in range(4):
            read.append(await peer.read_frame())
        await peer.write(close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await WebSocketsTransport().connect(request(url), notes)
        assert isinstance(link, DispatchingLink)
        link.send_all([b"one", Frame(b"two"), b"three"])
        link.send(b"four")
        await notes.end()
        link.send_all([b"late", b"later"])
    assert read == [(TEXT, b"one"), (BINARY, b"two"), (TEXT, b"three"), (TEXT, b"four")]


@each
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


@each
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
