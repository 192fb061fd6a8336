"""The faults themselves: each does what it says, seen by a client that is not ours."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidMessage, InvalidStatus

from tests.faults.frames import Splitter
from tests.faults.invariants import PATIENCE, nothing_left
from tests.faults.proxy import (
    Blackhole,
    Cut,
    CutHandshake,
    Delay,
    Drop,
    Duplicate,
    Fault,
    Fragment,
    HalfOpen,
    Inject,
    Slow,
    proxied,
)
from tests.faults.server import Answer, FaultyServer, faulty_server
from tests.runtime.sockets import BINARY, PONG, TEXT, frame

SILENCE = 0.05
"""Seconds in which an answer from this machine would have come."""


async def ask(ws: ClientConnection, type: str, payload: object = None) -> None:
    await ws.send(json.dumps({"type": type, "payload": payload}))


async def hear(ws: ClientConnection) -> Any:
    return json.loads(await ws.recv())


async def join_rooms(ws: ClientConnection, count: int, answers: int | None = None) -> list[str]:
    """Ask to join so many rooms at once; the rooms of so many answers, and of those that come beyond them."""
    rooms: list[str] = []
    enough = count if answers is None else answers
    try:
        for number in range(count):
            await ask(ws, "chat.join", {"room": str(number)})
        while True:
            async with asyncio.timeout(PATIENCE if len(rooms) < enough else SILENCE):
                rooms.append((await hear(ws))["payload"]["room"])
    except (TimeoutError, ConnectionClosed):
        return rooms


def test_a_stream_is_cut_at_frames_whatever_the_reads_are() -> None:
    frames = [frame(TEXT, b"one"), frame(PONG), frame(BINARY, b"x" * 126), frame(TEXT, b"y" * 70_000, fin=False)]
    stream = b"".join(frames) + b"\x81"
    for size in (1, 3, 1000, len(stream)):
        splitter = Splitter()
        found = [one for at in range(0, len(stream), size) for one in splitter.feed(stream[at : at + size])]
        assert [one.raw for one in found] == frames
        assert [(one.opcode, one.fin, len(one.payload)) for one in found] == [
            (TEXT, True, 3),
            (PONG, True, 0),
            (BINARY, True, 126),
            (TEXT, False, 70_000),
        ]
        assert splitter.rest == b"\x81"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Drop("down", 2), ["0", "2"]),
        (Drop("up", 2), ["0", "2"]),
        (Duplicate("down", 2), ["0", "1", "1", "2"]),
        (Delay("down", 2, 0.03), ["0", "2", "1"]),
        (Slow("down", 7, 0.001), ["0", "1", "2"]),
        (Slow("up", 7, 0.001), ["0", "1", "2"]),
        (Fragment(5), ["0", "1", "2"]),
        (Cut("down", 2), ["0", "1"]),
        (Cut("down", 1, extra=3), ["0"]),
        (Cut("down", 0), []),
        (HalfOpen("down", 1), ["0"]),
    ],
    ids=repr,
)
async def test_a_fault_on_frames(fault: Fault, heard: list[str]) -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (fault,)) as proxy:
        async with connect(proxy.url, compression=None, close_timeout=0) as ws:
            assert await join_rooms(ws, 3, len(heard)) == heard
        async with connect(proxy.url, compression=None) as ws:
            assert await join_rooms(ws, 3) == ["0", "1", "2"], "one plan is for one connection"


@pytest.mark.parametrize("reset", [True, False])
async def test_a_cut_ends_both_sockets(reset: bool) -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Cut("up", 1, reset=reset),)) as proxy:
        async with connect(proxy.url, compression=None) as ws:
            await ask(ws, "ping")
            with pytest.raises(ConnectionClosedError) as caught:
                await ws.recv()
        assert caught.value.rcvd is None
        assert isinstance(caught.value.__cause__, ConnectionResetError) is reset
        while server.peers:
            await asyncio.sleep(0)
        assert server.received == {"ping": 1}


async def test_a_half_open_connection_swallows_both_ways_and_stays_open() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (HalfOpen("up", 1),)) as proxy:
        async with connect(proxy.url, compression=None, close_timeout=0) as ws:
            assert await join_rooms(ws, 3, 0) == []
            assert len(server.peers) == 1
            assert server.received == {"chat.join": 1}
        while server.peers:
            await asyncio.sleep(0)


async def test_a_blackhole_takes_the_socket_and_says_nothing() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Blackhole(),)) as proxy:
        with pytest.raises(TimeoutError):
            await connect(proxy.url, open_timeout=SILENCE)
        assert server.attempts == []


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_a_handshake_that_is_cut(direction: Any) -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (CutHandshake(direction, 30),)) as proxy:
        with pytest.raises((InvalidMessage, ConnectionError, EOFError)):
            await connect(proxy.url)
        assert len(server.attempts) == (1 if direction == "down" else 0)


async def test_bytes_that_nobody_sent() -> None:
    plan = (Inject("down", 0, frame(TEXT, b'{"early":1}')), Inject("down", 1, b"\xff\xff"))
    async with nothing_left(), faulty_server() as server, proxied(server.port, plan) as proxy:
        async with connect(proxy.url, compression=None) as ws:
            assert await hear(ws) == {"early": 1}
            await ask(ws, "ping")
            assert await hear(ws) == {"type": "pong"}
            with pytest.raises(ConnectionClosedError) as caught:
                await ws.recv()
        assert caught.value.sent is not None
        assert caught.value.sent.code == 1002


async def test_nobody_listens_for_a_while() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        proxy.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            await connect(proxy.url)
        await proxy.listen()
        async with connect(proxy.url, compression=None) as ws:
            proxy.freeze()
            assert await join_rooms(ws, 1, 0) == []
            proxy.cut()
            with pytest.raises(ConnectionClosed):
                await ws.recv()


@pytest.fixture
async def server() -> AsyncGenerator[FaultyServer]:
    async with nothing_left(), faulty_server() as server:
        yield server


BAR_OK = {"type": "bars.subscribe.response", "payload": {"status": "ok", "message": "", "topic": "bars:A"}}


def bar(sequence: int, connection: int = 1) -> object:
    mark = {"mark": "bars:A", "sequence": sequence, "connection": connection}
    return {"type": "bars.update", "payload": {"topic": "bars:A", "payload": mark}}


async def test_the_server_keeps_account(server: FaultyServer) -> None:
    async with connect(server.url, compression=None) as ws:
        await ask(ws, "bars.subscribe", {"symbol": "A"})
        assert [await hear(ws), await hear(ws)] == [BAR_OK, bar(1)]
        server.tick()
        assert await hear(ws) == bar(2)
        assert server.only.held == {"bars:A": 1}
        await ask(ws, "bars.subscribe", {"symbol": "A"})
        assert await hear(ws) == BAR_OK
        assert server.only.held == {"bars:A": 2}
        await ask(ws, "bars.unsubscribe", {"symbol": "A"})
        assert [await hear(ws), (await hear(ws))["type"]] == [bar(3), "bars.unsubscribe.response"]
        assert server.only.held == {}
        assert server.received == {"bars.subscribe": 2, "bars.unsubscribe": 1}


async def test_what_no_client_may_do_is_noted_and_closes(server: FaultyServer) -> None:
    for type, payload in (("bars.unsubscribe", {"symbol": "A"}), ("nonsense", None), ("bars.subscribe", {})):
        async with connect(server.url, compression=None) as ws:
            await ask(ws, type, payload)
            with pytest.raises(ConnectionClosed) as caught:
                await ws.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1003
    assert len(server.violations) == 3
    server.violations.clear()


async def test_handshakes_are_answered_as_told(server: FaultyServer) -> None:
    behaviour = server.behaviour
    behaviour.answers.append(Answer(503, (("Retry-After", "7"),)))
    behaviour.token = "good"
    for token, status, retry_after in (("good", 503, "7"), ("bad", 403, None)):
        with pytest.raises(InvalidStatus) as caught:
            await connect(server.url, additional_headers={"Authorization": f"Bearer {token}"})
        assert caught.value.response.status_code == status
        assert caught.value.response.headers.get("Retry-After") == retry_after
    async with connect(server.url, additional_headers={"Authorization": "Bearer good"}, compression=None) as ws:
        assert await join_rooms(ws, 1) == ["0"]
    assert [attempt.path for attempt in server.attempts] == ["/ws"] * 3


async def test_replies_are_lost_sent_twice_late_and_refused_as_told(server: FaultyServer) -> None:
    behaviour = server.behaviour
    behaviour.snapshot = None
    async with connect(server.url, compression=None) as ws:
        behaviour.silent["A"] = 1
        behaviour.refused.add("B")
        behaviour.twice.add("pong")
        behaviour.lost["chat.joined"] = 1
        await ask(ws, "bars.subscribe", {"symbol": "A"})
        await ask(ws, "bars.subscribe", {"symbol": "B"})
        await ask(ws, "chat.join", {"room": "1"})
        await ask(ws, "ping")
        assert [(await hear(ws))["type"] for _ in range(3)] == ["bars.subscribe.response", "pong", "pong"]
        behaviour.twice.clear()
        behaviour.reply_delay = 0.02
        started = time.monotonic()
        assert await join_rooms(ws, 3) == ["0", "1", "2"]
        assert time.monotonic() - started >= 0.06


async def test_connections_end_as_told(server: FaultyServer) -> None:
    behaviour = server.behaviour

    async def end_of(type: str | None, payload: object = None) -> int | None:
        async with connect(server.url, compression=None) as ws:
            if type is not None:
                await ask(ws, type, payload)
            try:
                while True:
                    await ws.recv()
            except ConnectionClosed as closed:
                return None if closed.rcvd is None else closed.rcvd.code

    behaviour.poison["P"] = 1011
    assert await end_of("bars.subscribe", {"symbol": "P"}) == 1011
    behaviour.close_on_confirm = 1001
    assert await end_of("bars.subscribe", {"symbol": "A"}) == 1001
    behaviour.close_on_accept = 1012
    assert await end_of(None) == 1012
    behaviour.close_on_accept, behaviour.idle = None, 0.03
    assert await end_of(None) == 1000
    assert await end_of("chat.typing", {"room": "1"}) == 1000
    behaviour.idle = None
    ended = asyncio.ensure_future(end_of("chat.typing", {"room": "1"}))
    while not server.peers:
        await asyncio.sleep(0)
    server.reset_all()
    assert await ended is None
    assert server.peers == []


async def test_a_restart_is_on_the_same_port(server: FaultyServer) -> None:
    url = server.url
    async with connect(url, compression=None) as ws:
        restart = asyncio.ensure_future(server.restart(down=0.05))
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
        with pytest.raises(ConnectionRefusedError):
            await connect(url)
        await restart
    async with connect(url, compression=None) as ws:
        assert await join_rooms(ws, 1) == ["0"]
    assert server.accepted == 2
