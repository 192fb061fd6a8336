"""Frames that are strange, broken, lost, late or there twice."""

from __future__ import annotations

import asyncio

import pytest
from wsgen_runtime import RequestTimeout, SubscribeTimeout, UnknownMessage

from tests.faults.clients import FaultClient
from tests.faults.invariants import nothing_left, recovered, until, wanted_is_held
from tests.faults.proxy import Delay, Drop, Duplicate, Fault, Fragment, Inject, Slow, proxied
from tests.faults.server import faulty_server
from tests.runtime.sockets import BINARY, CONT, PING, PONG, TEXT, frame

STRANGE = {
    "no JSON": frame(TEXT, b"\x00 no json"),
    "no UTF-8": frame(TEXT, b'{"type":"pong\xff"}'),
    "no object": frame(TEXT, b"[[[]]]"),
    "no type": frame(TEXT, b"{}"),
    "an unknown type": frame(TEXT, b'{"type":"weather","payload":{"wind":12}}'),
    "a payload that does not fit": frame(TEXT, b'{"type":"bars.update","payload":{"topic":7}}'),
    "binary": frame(BINARY, b"\x00\xff"),
    "nothing": frame(TEXT, b""),
}

HARMLESS = {
    "a ping": frame(PING, b"are you there"),
    "a pong that nobody asked for": frame(PONG, b"yes"),
    "an update of a topic that nobody has": frame(TEXT, b'{"type":"bars.update","payload":{"topic":"bars:X"}}'),
    "a message in fragments": frame(TEXT, b'{"type":"chat.mess', fin=False)
    + frame(PING)
    + frame(CONT, b'age","payload":{"text":"hello"}}'),
}


async def talk(client: FaultClient) -> None:
    """One call at a time; the server sends 8 frames: 3 confirmations, each with an update, and 2 replies."""
    await client.watch("A")
    await client.watch("B")
    assert await client.join("lobby") == "lobby"
    await client.watch_alerts("high")
    await client.ping()


@pytest.mark.parametrize("position", [0, 1, 2, 7])
@pytest.mark.parametrize("data", STRANGE.values(), ids=STRANGE)
async def test_strange_frames_are_given_to_the_hook_and_harm_nothing(data: bytes, position: int) -> None:
    unknown: list[UnknownMessage] = []
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, (Inject("down", position, data),)) as proxy:
            async with FaultClient(proxy.url, on_unknown=unknown.append) as client:
                await talk(client)
                await recovered(server, client)
                assert server.accepted == 1
    assert [message.raw for message in unknown] == [data[2:]]


@pytest.mark.parametrize("data", HARMLESS.values(), ids=HARMLESS)
async def test_harmless_frames_are_no_news(data: bytes) -> None:
    unknown: list[UnknownMessage] = []
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, tuple(Inject("down", position, data) for position in range(8))) as proxy:
            async with FaultClient(proxy.url, on_unknown=unknown.append) as client:
                await talk(client)
                await recovered(server, client)
                assert server.accepted == 1
    assert unknown == []


@pytest.mark.parametrize(
    "fault", [Fragment(1), Fragment(50), Slow("down"), Slow("up"), Slow("up", 20, 0.001)], ids=repr
)
async def test_messages_in_small_pieces_are_whole(fault: Fault) -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (fault,)) as proxy:
        async with FaultClient(proxy.url) as client:
            await talk(client)
            await recovered(server, client)
            assert server.accepted == 1


@pytest.mark.parametrize("position", range(1, 9))
async def test_a_reply_or_an_update_that_comes_twice_confuses_nobody(position: int) -> None:
    async with nothing_left(), faulty_server() as server:
        server.behaviour.snapshot = None
        async with proxied(server.port, (Duplicate("down", position),)) as proxy, FaultClient(proxy.url) as client:
            await talk(client)
            for watch in list(client.watches):
                await watch.subscription.unsubscribe()
            await client.watch("A")
            await recovered(server, client)
            assert proxy.passages[0].passed["down"] > 8
            assert server.accepted == 1


@pytest.mark.parametrize("timeout", [0.05, 1.0], ids=["the caller has gone", "the caller waits"])
async def test_a_late_confirmation(timeout: float) -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port, (Delay("down", 3, 0.2),)) as proxy:
        async with FaultClient(proxy.url) as client:
            await client.watch("A")
            if timeout < 0.2:
                with pytest.raises(SubscribeTimeout):
                    await client.watch("B", timeout=timeout)
                assert server.only.held == {"bars:A": 1, "bars:B": 1}
                await until(lambda: wanted_is_held(server, client) is None, "what came too late is undone")
                assert server.received["bars.unsubscribe"] == 1
            else:
                await client.watch("B", timeout=timeout)
            await recovered(server, client)
            assert server.accepted == 1


async def test_a_late_reply_is_not_taken_for_the_next_ones() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        server.behaviour.reply_delay = 0.1
        with pytest.raises(RequestTimeout):
            await client.join("first", timeout=0.05)
        server.behaviour.reply_delay = 0.0
        rooms = await asyncio.gather(client.join("second"), client.join("third"))
        assert list(rooms) == ["second", "third"]
        await recovered(server, client)
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("fault", "settled"),
    [(Drop("down", 1), ["Watch", "Watch", "SubscribeTimeout"]), (Duplicate("down", 1), ["Watch", "Watch", "Watch"])],
    ids=["lost", "twice"],
)
async def test_no_update_reaches_another_for_long_after_a_confirmation_went_wrong(
    fault: Fault, settled: list[str]
) -> None:
    """Only the server knows the topics, and replies go by order: the first of three is lost, or comes twice."""
    async with nothing_left(), faulty_server() as server, proxied(server.port, (fault,)) as proxy:
        server.behaviour.snapshot = None
        async with FaultClient(proxy.url, timeout=0.2) as client:
            found = await asyncio.gather(*(client.watch(symbol) for symbol in "ABC"), return_exceptions=True)
            assert [type(each).__name__ for each in found] == settled
            await until(lambda: "RECONNECTING" in client.states, "noticed")
            assert next(event.reason for event in client.events if event.state == "RECONNECTING") == "desynchronised"
            for watch in client.watches:
                watch.listener.notes.clear()
            await recovered(server, client)
            assert len(client.wanted) == settled.count("Watch")
