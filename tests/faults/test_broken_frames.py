"""Frames that break the connection, or that are lost: what comes after them."""

from __future__ import annotations

import random
import struct

import pytest
from wsgen_runtime import CallTimeout, ConnectionLost, RequestTimeout, SubscribeTimeout
from wsgen_runtime.shell.websockets_transport import WebSocketsTransport

from tests.faults.clients import Calls, FaultClient, unless_lost
from tests.faults.invariants import end_of, nothing_left, recovered, until
from tests.faults.proxy import Cut, Drop, HalfOpen, Inject, proxied
from tests.faults.server import faulty_server
from tests.runtime.sockets import CONT, PING, TEXT, frame

BROKEN = {
    "reserved bits": (b"\xf1\x02{}", 1002),
    "a reserved opcode": (b"\x83\x02{}", 1002),
    "a masked frame": (b"\x81\x82abcd{}", 1002),
    "a continuation of nothing": (frame(CONT, b"{}"), 1002),
    "a new message within fragments": (frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), None),
    "a control frame in fragments": (frame(PING, b"x", fin=False), 1002),
    "a control frame of 126 bytes": (b"\x89\x7e\x00\x7e" + b"x" * 126, 1002),
    "a close code that does not exist": (frame(8, struct.pack("!H", 999)), 1002),
    "a length of 2 to the 63": (b"\x81\x7f" + b"\xff" * 8, None),
    "more than is allowed": (frame(TEXT, b"x" * 70_000), 1009),
    "fragments of more than is allowed": (frame(TEXT, b"x" * 40_000, fin=False) + frame(CONT, b"x" * 40_000), 1009),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
async def test_a_frame_that_breaks_the_protocol_costs_one_connection(data: bytes, code: int | None) -> None:
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, (Inject("down", 4, data),)) as proxy:
            async with FaultClient(proxy.url, max_size=65_536) as client:
                for symbol in ("A", "B", "C"):
                    await client.watch(symbol)
                await recovered(server, client)
                assert server.accepted == 2
    reasons = [event.reason for event in client.events if event.state == "RECONNECTING"]
    assert len(reasons) == 1
    if code is not None:
        assert reasons == [code]


@pytest.mark.parametrize("extra", [1, 2, 3, 40])
@pytest.mark.parametrize("reset", [True, False])
async def test_a_frame_that_ends_in_the_middle(extra: int, reset: bool) -> None:
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, (Cut("down", 3, extra, reset),)) as proxy, FaultClient(proxy.url) as client:
            for symbol in ("A", "B", "C"):
                await client.watch(symbol)
            await recovered(server, client)
            assert server.accepted == 2


async def test_a_frame_that_never_ends_is_silence() -> None:
    promise = b"\x81\x7e\xff\xff"
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, (Inject("down", 4, promise),)) as proxy:
            async with FaultClient(proxy.url, max_silence=0.3) as client:
                for symbol in ("A", "B", "C"):
                    await client.watch(symbol)
                await recovered(server, client)
                assert server.accepted == 2


@pytest.mark.parametrize("seed", range(12))
async def test_garbage_anywhere(seed: int) -> None:
    chance = random.Random(seed)
    plans = [
        (Inject("down", chance.randrange(8), bytes([chance.randrange(0xB0, 0x100)]) + chance.randbytes(30)),)
        for _ in range(4)
    ]
    async with nothing_left(), faulty_server() as server, proxied(server.port, *plans) as proxy:
        async with FaultClient(proxy.url, max_silence=0.3) as client:
            calls = Calls()
            for number in range(6):
                calls.start(client.watch(str(number)))
                await unless_lost(client.join("lobby", timeout=1.0))
            assert set(await calls.settled()) == {None}
            await recovered(server, client)


async def test_one_lost_reply_costs_no_third_call() -> None:
    """Replies without a topic: the next call's reply is taken for the lost one, and only a new connection helps."""
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Drop("down", 3),)) as proxy:
        async with FaultClient(proxy.url) as client:
            await client.watch("A")
            failed = []
            for number in range(6):
                try:
                    assert await client.join(str(number), timeout=0.15) == str(number)
                except (CallTimeout, ConnectionLost) as error:
                    failed.append((number, type(error).__name__))
                    await client.connect()
            assert failed == [(0, "RequestTimeout"), (1, "RequestTimeout")]
            assert [event.reason for event in client.events if event.state == "RECONNECTING"] == ["desynchronised"]
            await recovered(server, client)
            assert server.accepted == 2


async def test_what_becomes_of_a_connection_that_was_given_up_concerns_nobody() -> None:
    """The old one ends when its closing handshake is given up, long after the new one is open."""
    plan = (Drop("down", 1), HalfOpen("down", 2))
    async with nothing_left(), faulty_server() as server, proxied(server.port, plan) as proxy:
        async with FaultClient(proxy.url, transport=WebSocketsTransport(close_timeout=0.3)) as client:
            for room in ("one", "two"):
                with pytest.raises(RequestTimeout):
                    await client.join(room, timeout=0.1)
            await client.watch("A")
            await until(lambda: len(server.peers) == 1 and server.accepted == 2, "the old connection ends")
            await recovered(server, client)
            assert client.states == ["CONNECTING", "CONNECTED", "RECONNECTING", "CONNECTED"]
            assert server.accepted == 2


@pytest.mark.parametrize("lost", [1, 3, 5])
async def test_one_lost_confirmation_harms_no_other_subscription(lost: int) -> None:
    """Nobody asks again: what is lost is one confirmation, and the next one, which was taken for it."""
    failed: list[str] = []
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Drop("down", lost),)) as proxy:
        server.behaviour.snapshot = None
        async with FaultClient(proxy.url) as client:
            for number in range(8):
                try:
                    await client.watch(str(number), timeout=0.15)
                except SubscribeTimeout:
                    failed.append(str(number))
            await recovered(server, client)
            assert failed == [str(lost - 1), str(lost)]
            assert len(client.wanted) == 6
            assert server.accepted == 2


@pytest.mark.parametrize("lost", [1, 3, 5])
async def test_a_caller_who_asks_again_gets_the_subscription(lost: int) -> None:
    """The server has it twice then, until the next connection."""
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Drop("down", lost),)) as proxy:
        server.behaviour.snapshot = None
        async with FaultClient(proxy.url) as client:
            for number in range(8):
                if number == lost - 1:
                    with pytest.raises(SubscribeTimeout):
                        await client.watch(str(number), timeout=0.15)
                await client.watch(str(number))
            server.tick()
            await client.ping()
            assert [len(watch.listener.updates) for watch in client.watches] == [1] * 8
            assert [topic for topic, count in server.only.held.items() if count > 1] == [f"bars:{lost - 1}"]
            assert server.accepted == 1
            server.reset_all()
            await recovered(server, client)


@pytest.mark.parametrize("silences", [1, 2])
async def test_a_resubscription_without_an_answer_is_sent_once_more(silences: int) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, timeout=0.15) as client:
        first, second, third = [await client.watch(symbol) for symbol in ("A", "B", "C")]
        server.behaviour.silent["B"] = silences
        server.reset_all()
        await until(lambda: server.received["bars.subscribe"] == 7, "three, three again, and one more")
        if silences == 2:
            with pytest.raises(SubscribeTimeout):
                await end_of(second)
        await recovered(server, client)
        assert client.wanted == {first.topic, third.topic} | ({second.topic} if silences == 1 else set())
        assert [watch.listener.resets for watch in (first, second, third)] == [1, 2 - silences, 1]
        assert server.accepted == 2
