from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from wsgen_runtime.errors import HandshakeRejected
from wsgen_runtime.transport import (
    ConnectRequest,
    Link,
    MemoryAttempt,
    MemoryConnection,
    MemoryTransport,
    Transport,
)


class Notes:
    """A receiver that writes down what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.binary: list[bytes] = []
        self.ends: list[tuple[int | None, str, Exception | None]] = []
        self.on_receive: Callable[[bytes], None] | None = None

    def receive(self, frame: bytes) -> None:
        self.frames.append(frame)
        if self.on_receive is not None:
            self.on_receive(frame)

    def receive_binary(self, frame: bytes) -> None:
        self.binary.append(frame)

    def lost(self, code: int | None, reason: str, error: Exception | None) -> None:
        self.ends.append((code, reason, error))


REQUEST = ConnectRequest(url="ws://test/ws", subprotocols=("v2", "v1"))


async def opened() -> tuple[Notes, Link, MemoryConnection]:
    notes, transport = Notes(), MemoryTransport()
    link = await transport.connect(REQUEST, notes)
    return notes, link, transport.connections[-1]


def test_memory_transport_is_a_transport() -> None:
    transport: Transport = MemoryTransport()
    assert callable(transport.connect)


async def test_both_ends_exchange_frames_in_order() -> None:
    notes, link, server = await opened()
    link.send(b"one")
    link.send(b"two")
    link.send_binary(b"\x00")
    server.send(b"a")
    server.send_binary(b"\xff")
    server.send_json({"type": "pong", "text": "é"})
    assert server.take() == [b"one", b"two"]
    assert server.take() == []
    assert server.received_binary == [b"\x00"]
    assert notes.frames == [b"a", '{"type":"pong","text":"é"}'.encode()]
    assert notes.binary == [b"\xff"]


async def test_frames_before_the_client_has_its_link_are_kept_for_it() -> None:
    notes = Notes()

    def serve(attempt: MemoryAttempt) -> None:
        attempt.accept().send(b"hello")

    transport = MemoryTransport(serve)
    await transport.connect(REQUEST, notes)
    assert notes.frames == []
    transport.connections[-1].flush()
    assert notes.frames == [b"hello"]


async def test_schedule_gives_what_waits_once_the_client_has_gone_on() -> None:
    notes = Notes()

    def serve(attempt: MemoryAttempt) -> None:
        attempt.accept().send(b"hello")

    loop = asyncio.get_running_loop()
    await MemoryTransport(serve, schedule=loop.call_soon).connect(REQUEST, notes)
    assert notes.frames == []
    await asyncio.sleep(0)
    assert notes.frames == [b"hello"]


async def test_a_coroutine_function_answers_when_it_likes() -> None:
    decided = asyncio.Event()

    async def serve(attempt: MemoryAttempt) -> None:
        await decided.wait()
        attempt.accept("v1")

    connecting = asyncio.create_task(MemoryTransport(serve).connect(REQUEST, Notes()))
    await asyncio.sleep(0)
    assert not connecting.done()
    decided.set()
    assert (await connecting).subprotocol == "v1"


async def test_a_refusal_carries_status_and_retry_after() -> None:
    transport = MemoryTransport(lambda attempt: attempt.refuse(429, retry_after=3.0))
    with pytest.raises(HandshakeRejected, match="429") as caught:
        await transport.connect(REQUEST, Notes())
    assert (caught.value.status, caught.value.retry_after) == (429, 3.0)
    assert transport.connections == []
    assert transport.attempts[0].request is REQUEST


async def test_unreachable_raises_what_a_network_raises() -> None:
    with pytest.raises(ConnectionRefusedError):
        await MemoryTransport(lambda attempt: attempt.unreachable()).connect(REQUEST, Notes())
    with pytest.raises(TimeoutError):
        await MemoryTransport(lambda attempt: attempt.unreachable(TimeoutError())).connect(REQUEST, Notes())


async def test_mistakes_of_the_servers_end_are_told() -> None:
    with pytest.raises(RuntimeError, match="without an answer"):
        await MemoryTransport(lambda attempt: None).connect(REQUEST, Notes())
    with pytest.raises(ValueError, match="'v3' was not offered"):
        await MemoryTransport(lambda attempt: attempt.accept("v3")).connect(REQUEST, Notes())

    def serve(attempt: MemoryAttempt) -> None:
        attempt.accept()
        attempt.refuse(403)

    with pytest.raises(RuntimeError, match="has been answered"):
        await MemoryTransport(serve).connect(REQUEST, Notes())


async def test_a_pause_holds_frames_and_the_end_back() -> None:
    notes, link, server = await opened()
    link.pause_reading()
    assert server.paused
    server.send(b"a")
    server.close(1012, "restart")
    assert (notes.frames, notes.ends) == ([], [])
    link.resume_reading()
    server.flush()
    assert notes.frames == [b"a"]
    assert notes.ends == [(1012, "restart", None)]


async def test_a_pause_inside_a_frame_stops_the_rest_of_a_burst() -> None:
    notes, link, server = await opened()
    link.pause_reading()
    server.send(b"a")
    server.send(b"b")
    notes.on_receive = lambda frame: link.pause_reading()
    link.resume_reading()
    server.flush()
    assert notes.frames == [b"a"]


async def test_the_end_is_told_once_and_nothing_follows() -> None:
    notes, link, server = await opened()
    server.drop(ConnectionResetError("reset"))
    server.close(1000)
    link.close()
    link.abort()
    link.send(b"late")
    server.flush()
    assert [(code, reason, type(error)) for code, reason, error in notes.ends] == [(None, "", ConnectionResetError)]
    assert not server.open
    assert server.received == []
    with pytest.raises(RuntimeError, match="has ended"):
        server.send(b"late")


async def test_the_client_closes_and_receives_nothing_more() -> None:
    notes, link, server = await opened()
    link.pause_reading()
    server.send(b"late")
    link.close(1000, "bye")
    assert notes.ends == []
    server.flush()
    assert server.close_received == (1000, "bye")
    assert (notes.frames, notes.ends) == ([], [(1000, "bye", None)])


async def test_closing_what_the_server_has_closed_still_drops_what_waits() -> None:
    notes, link, server = await opened()
    link.pause_reading()
    server.send(b"late")
    server.close(1012)
    link.close()
    server.flush()
    assert (notes.frames, notes.ends) == ([], [(1012, "", None)])
    assert server.close_received is None


async def test_wait_closed_tells_the_end_without_flush() -> None:
    notes, link, _ = await opened()
    link.close()
    assert notes.ends == []
    await asyncio.wait_for(link.wait_closed(), 1)
    assert notes.ends == [(1000, "", None)]


async def test_an_aborted_connection_ends_without_a_code() -> None:
    notes, link, server = await opened()
    link.abort()
    server.flush()
    assert server.aborted
    assert notes.ends == [(None, "", None)]


async def test_a_server_that_answers_by_itself_never_calls_into_a_call() -> None:
    notes = Notes()

    def serve(attempt: MemoryAttempt) -> None:
        server = attempt.accept()
        server.on_frame = server.send

    loop = asyncio.get_running_loop()
    link = await MemoryTransport(serve, schedule=loop.call_soon).connect(REQUEST, notes)
    link.send(b"echo")
    assert notes.frames == []
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert notes.frames == [b"echo"]


async def test_without_schedule_an_answer_waits_for_flush() -> None:
    notes, link, server = await opened()
    server.on_frame = server.send
    link.send(b"echo")
    assert notes.frames == []
    server.flush()
    assert notes.frames == [b"echo"]


async def test_a_frame_sent_from_inside_a_frame_is_answered_after_it() -> None:
    notes, link, server = await opened()
    server.on_frame = lambda frame: server.send(b"answer")
    seen: list[list[bytes]] = []

    def ask_once(frame: bytes) -> None:
        if frame == b"first":
            link.send(b"question")
            seen.append(list(notes.frames))

    notes.on_receive = ask_once
    server.send(b"first")
    assert seen == [[b"first"]]
    assert notes.frames == [b"first", b"answer"]


async def test_drain_returns_at_once() -> None:
    _, link, _ = await opened()
    await asyncio.wait_for(link.drain(), 1)
    assert link.subprotocol is None


def test_the_repr_of_a_request_shows_no_secret() -> None:
    request = ConnectRequest(
        url="wss://user:hunter2@example.com:8443/ws?token=hunter2#hunter2",
        headers={"Authorization": "Bearer hunter2", "X-Api-Key": "hunter2"},
        subprotocols=("hunter2",),
    )
    assert repr(request) == ("ConnectRequest(url='wss://example.com:8443/ws', headers=['Authorization', 'X-Api-Key'])")
