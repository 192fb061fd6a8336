"""Both transports on `websockets`, against real sockets: what they give, and how they end."""

from __future__ import annotations

import asyncio
import logging
import struct
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
from wsgen_runtime.transport import Transport

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
from tests.runtime.transports import causes, each, each_hasty, echo, port_of, request, silent, unknown_causes


@each
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


@each
async def test_a_server_that_accepts_speaks_and_closes_at_once_is_heard_in_order(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"hello") + close_frame(1012, "restart"))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert notes.ends == []
        assert await notes.end() == (1012, "restart", None)
        assert notes.frames == [b"hello"]


@each
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


@each
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


@each_hasty
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


@each
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


@each
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


@each
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


@each
async def test_a_close_frame_without_code_is_1005(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(close_frame(None))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert await notes.end() == (1005, "", None)


@each_hasty
async def test_a_server_that_closes_but_keeps_its_socket_is_left(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await peer.handshake(close_frame(1001, "going"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        code, reason, _ = await notes.end()
    assert (code, reason) == (1001, "going")


@each
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
        assert (code, reason) == (None, "")
        assert type(error).__name__ in (fault.__name__, *unknown_causes(transport))


@each
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


@each
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


@each_hasty
async def test_closing_against_a_silent_server_is_bounded(transport: Transport) -> None:
    notes = Notes()
    async with raw_server(silent) as url:
        link = await transport.connect(request(url), notes)
        link.close()
        code, _, _ = await notes.end()
    assert code is None


@each
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


@each
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


@each
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


@pytest.mark.parametrize("transport", [WebSocketsTransport(), RecvTransport()], ids=["dispatching", "recv"])
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


@each
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


@each
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


@each
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
