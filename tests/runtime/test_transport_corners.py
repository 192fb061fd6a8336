"""All transports against real sockets, in the corners: what comes beside, after, and in the middle of a callback."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve
from wsgen_runtime.shell.websockets_transport import RecvTransport, WebSocketsTransport
from wsgen_runtime.transport import Link, Transport

from tests.runtime.sockets import BINARY, CLOSE, CONT, PING, PONG, TEXT, Notes, Peer, close_frame, frame, raw_server
from tests.runtime.transports import each, port_of, request

both = pytest.mark.parametrize("transport", [WebSocketsTransport(), RecvTransport()], ids=["dispatching", "recv"])


async def when_asked(peer: Peer, data: bytes) -> None:
    """Write it when the client has asked: it has begun to give then, and all comes in one read."""
    await peer.handshake()
    assert await peer.read_frame() == (TEXT, b"go on")
    await peer.write(data)


class InOrder(Notes):
    """Writes texts and binary messages into one list; `recv` knows both as texts."""

    def receive_binary(self, frame: bytes) -> None:
        self.receive(bytes(frame))


@each
@pytest.mark.parametrize("pauses", [1, 2, 5], ids="pause at every {}.".format)
async def test_pauses_inside_a_read_keep_everything_in_order(transport: Transport, pauses: int) -> None:
    fragments = frame(TEXT, b"3", fin=False) + frame(PING, b"p") + frame(CONT, b"", fin=False) + frame(CONT, b"")
    large = b"7" * 70_000
    stream = [frame(TEXT, b"1"), frame(BINARY, b"2"), fragments, frame(TEXT, b"4"), frame(PONG), frame(TEXT, b"5")]
    stream += [frame(BINARY, b"6", fin=False) + frame(CONT), frame(TEXT, large), frame(TEXT, b"8")]
    answers: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await when_asked(peer, b"".join(stream) + close_frame(1012))
        answers.append(await peer.read_frame())

    notes = InOrder()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)

        def pause(_: bytes) -> None:
            if len(notes.frames) % pauses == 0:
                link.pause_reading()
                asyncio.get_running_loop().call_later(0.001, link.resume_reading)

        notes.on_receive = pause
        link.send(b"go on")
        assert (await notes.end())[0] == 1012
    assert notes.frames == [b"1", b"2", b"3", b"4", b"5", b"6", large, b"8"]
    assert answers == [(PONG, b"p")]


@each
async def test_a_pause_after_the_end_does_nothing(transport: Transport) -> None:
    async def script(peer: Peer) -> None:
        await when_asked(peer, frame(TEXT, b"last") + close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        link.send(b"go on")
        await notes.end()
        for _ in range(2):
            link.pause_reading()
            link.resume_reading()
            await asyncio.sleep(0.01)
        await link.wait_closed()
    assert [end[0] for end in notes.ends] == [1000]
    assert notes.frames == [b"last"]


@each
async def test_what_comes_after_the_close_frame_is_not_heard(transport: Transport) -> None:
    late = frame(TEXT, b"late") + frame(PING, b"late") + frame(BINARY, b"late") + close_frame(1011) + b"\xff\xff\xff"
    answers: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        await when_asked(peer, frame(TEXT, b"before") + close_frame(1001, "going") + late)
        answers.append(await peer.read_frame())
        peer.writer.write_eof()
        with pytest.raises(asyncio.IncompleteReadError):
            answers.append(await peer.read_frame())

    notes = InOrder()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        link.send(b"go on")
        assert (await notes.end())[:2] == (1001, "going")
    assert notes.frames == [b"before"]
    assert [(opcode, payload[:2]) for opcode, payload in answers] == [(CLOSE, struct.pack("!H", 1001))]


@each
async def test_closing_inside_a_frame_shakes_hands_over_the_rest_of_the_read(transport: Transport) -> None:
    """The rest ends in the middle of a frame, and the server's close frame comes after that frame."""
    cut = frame(TEXT, b"x" * 500)
    answers: list[tuple[int, bytes]] = []

    async def script(peer: Peer) -> None:
        fragment = frame(TEXT, b"un", fin=False)
        await when_asked(peer, frame(TEXT, b"first") + frame(BINARY, b"late") + fragment + frame(CONT) + cut[:100])
        answers.append(await peer.read_frame())
        await peer.write(cut[100:] + frame(TEXT, b"late") + close_frame(1000, "bye"))

    notes = InOrder()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.close(1000, "bye")
        link.send(b"go on")
        assert await notes.end() == (1000, "bye", None)
    assert notes.frames == [b"first"]
    assert answers == [(CLOSE, struct.pack("!H", 1000) + b"bye")]


@each
async def test_aborting_inside_a_frame_answers_nothing_of_the_rest(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(peer: Peer) -> None:
        await when_asked(peer, frame(TEXT, b"first") + frame(PING, b"?") * 20 + frame(TEXT, b"late"))
        await peer.gone()

    notes = Notes()
    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)
        notes.on_receive = lambda _: link.abort()
        link.send(b"go on")
        assert (await notes.end())[:2] == (None, "")
    assert notes.frames == [b"first"]
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


@each
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b"\x81\x80", id="masked, empty"),
        pytest.param(b"\x81\x85", id="masked, and no more of it"),
        pytest.param(b"\x81\xfe", id="masked, and no size"),
        pytest.param(b"\xc1\x00", id="a reserved bit"),
        pytest.param(b"\x83\x00", id="an unknown opcode"),
        pytest.param(b"\x09\x00", id="a ping in fragments"),
        pytest.param(b"\x80\x00", id="a fragment of nothing"),
    ],
)
async def test_what_is_wrong_is_told_when_the_head_is_there(transport: Transport, wrong: bytes) -> None:
    """A server that stops there is not waited for."""
    told = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.handshake(frame(TEXT, b"right"))
        await peer.write(wrong)
        if not isinstance(transport, WebSocketsTransport | RecvTransport):
            return  # picows ends the socket, and need not say why
        opcode, payload = await peer.read_frame()
        assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1002))
        told.set()

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        await notes.end()
    assert notes.frames == [b"right"]
    if isinstance(transport, WebSocketsTransport | RecvTransport):
        assert told.is_set()
        assert notes.ends[0][0] == 1002


@both
async def test_compressed_messages_of_one_read_come_in_order(transport: Transport) -> None:
    sent = [b'{"number":%d,"text":"again and again"}' % number for number in range(200)]

    async def handler(ws: ServerConnection) -> None:
        for number, message in enumerate(sent):
            if number % 7 == 0:
                await ws.send([message[:9], message[9:20], message[20:]], text=True)
            else:
                await ws.send(message, text=number % 5 > 0)
        await ws.close(1000)

    notes = InOrder()
    async with serve(handler, "127.0.0.1", 0, compression="deflate") as server:
        url = f"ws://127.0.0.1:{port_of(server)}"
        await transport.connect(request(url, compression="deflate"), notes)
        assert (await notes.end())[0] == 1000
    assert notes.frames == sent


@each
async def test_nothing_of_a_connection_is_left_for_the_next_one(transport: Transport) -> None:
    """The first one ends in the middle of a frame, and of a message."""
    turns = iter([frame(TEXT, b"first") + frame(TEXT, b"half", fin=False) + frame(TEXT, b"cut" * 40)[:50], b""])

    async def script(peer: Peer) -> None:
        rest = next(turns)
        if rest:
            await peer.handshake(rest)
            peer.writer.write_eof()
        else:
            await peer.handshake(frame(TEXT, b"whole") + close_frame(1000))

    notes = Notes()
    async with raw_server(script) as url:
        await transport.connect(request(url), notes)
        assert (await notes.end())[0] is None
        await transport.connect(request(url), notes)
        await notes.until(lambda: len(notes.ends) == 2)
    assert notes.frames == [b"first", b"whole"]
    assert notes.ends[1][0] == 1000


@each
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda link: link.close(), id="close"),
        pytest.param(lambda link: link.abort(), id="abort"),
        pytest.param(lambda link: link.pause_reading(), id="pause"),
    ],
)
async def test_what_a_callback_does_before_it_raises_is_done(transport: Transport, act: Callable[[Link], None]) -> None:
    async def script(peer: Peer) -> None:
        await when_asked(peer, frame(TEXT, b"first") + frame(TEXT, b"second"))
        await peer.gone()

    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(type(context["exception"])))
    notes = Notes()

    async with raw_server(script) as url:
        link = await transport.connect(request(url), notes)

        def fail(_: bytes) -> None:
            act(link)
            raise ZeroDivisionError

        notes.on_receive = fail
        link.send(b"go on")
        await notes.count(1)
        await asyncio.sleep(0.02)
        assert notes.frames == [b"first"]
        link.abort()
        await notes.end()
    assert reported == [ZeroDivisionError]
