"""The connection ends at every place of a dialogue, in both directions, by a reset and in order."""

from __future__ import annotations

import asyncio
import random

import pytest
from wsgen_runtime import ConnectionLost, RequestTimeout

from tests.faults.clients import FaultClient, unless_lost
from tests.faults.invariants import nothing_left, recovered, until
from tests.faults.proxy import Cut, CutHandshake, Direction, Fault, HalfOpen, Plan, Slow, proxied
from tests.faults.server import faulty_server

UP = 10
DOWN = 16
"""Frames of the dialogue in each direction; a test holds them."""

POSITIONS: list[tuple[Direction, int]] = [
    *(("up", position) for position in range(UP + 1)),
    *(("down", position) for position in range(DOWN + 1)),
]


async def dialogue(client: FaultClient) -> None:
    """Everything that a client does, one after the other. Only what is told may fail, and only by the loss."""
    await client.watch("A")
    second = await client.watch("B")
    joiner = await client.watch("A")
    room = await unless_lost(client.join("lobby"))
    assert room == "lobby" or isinstance(room, ConnectionLost)
    high = await client.watch_alerts("high")
    await second.subscription.unsubscribe()
    assert second.subscription.state == "DELETED"
    await joiner.subscription.unsubscribe()
    await client.watch("B")
    await unless_lost(client.ping())
    await high.subscription.unsubscribe()
    await client.watch_alerts("low")
    await client.watch("C")
    assert client.wanted == {"bars:A", "bars:B", "alerts:low", "bars:C"}


async def assert_survived(*plans: Plan, accepted: int, transport: str = "websockets") -> None:
    """Hold the dialogue through a proxy with these plans; everything must be well at the end."""
    async with nothing_left(), faulty_server() as server, proxied(server.port, *plans) as proxy:
        async with FaultClient(proxy.url, transport=transport) as client:
            await dialogue(client)
            await until(lambda: server.accepted == accepted, lambda: f"{server.accepted} connections")
            await recovered(server, client)
            assert server.accepted == accepted


async def test_the_dialogue_has_so_many_frames() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        async with FaultClient(proxy.url) as client:
            await dialogue(client)
            assert proxy.passages[0].passed == {"up": UP, "down": DOWN}
            await recovered(server, client)


@pytest.mark.parametrize("transport", ["websockets", "websockets-recv", "picows"])
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "end"])
@pytest.mark.parametrize(("direction", "position"), POSITIONS)
async def test_a_cut_between_two_frames(direction: Direction, position: int, reset: bool, transport: str) -> None:
    await assert_survived((Cut(direction, position, reset=reset),), accepted=2, transport=transport)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("position", [0, 1, 30, 100])
async def test_a_cut_within_the_handshake(direction: Direction, position: int) -> None:
    """Of the first connection, and of the one that should have mended a cut."""
    cut: Plan = (CutHandshake(direction, position),)
    await assert_survived(cut, (Cut("down", 5),), cut, cut, accepted=2 if direction == "up" else 5)


@pytest.mark.parametrize("position", range(0, DOWN, 3))
async def test_a_cut_within_the_resubscriptions(position: int) -> None:
    await assert_survived((Cut("down", 14),), (Cut("down", position % 5),), (Cut("up", position % 4),), accepted=4)


def weather(chance: random.Random) -> Fault:
    """Some fault that ends a connection, sooner or later."""
    direction: Direction = chance.choice(["up", "down"])
    position = chance.randrange(8)
    faults: list[Fault] = [
        Cut(direction, position, chance.randrange(6), chance.random() < 0.5),
        CutHandshake(direction, chance.randrange(150), chance.random() < 0.5),
        HalfOpen(direction, position),
    ]
    return chance.choice(faults)


@pytest.mark.parametrize("seed", range(12))
async def test_any_weather(seed: int) -> None:
    """Faults one after the other, while two tasks subscribe, ask and leave."""
    chance = random.Random(seed)
    plans: list[Plan] = [(weather(chance),) for _ in range(5)]
    plans.insert(2, (weather(chance), Slow(chance.choice(["up", "down"]), 10)))

    async def visitor(client: FaultClient, name: str) -> None:
        for number in range(6):
            watch = await client.watch(f"{name}{number % 4}")
            try:
                assert await client.join(name, timeout=0.5) == name
            except (ConnectionLost, RequestTimeout):
                await asyncio.sleep(0.01)
            if number % 2:
                await watch.subscription.unsubscribe()

    async with nothing_left(), faulty_server() as server, proxied(server.port, *plans) as proxy:
        options = {"ping_interval": 0.05, "ping_timeout": 0.1, "open_timeout": 0.3}
        async with FaultClient(proxy.url, **options) as client:
            async with asyncio.timeout(20):
                await asyncio.gather(visitor(client, "A"), visitor(client, "B"))
            proxy.calm()
            await recovered(server, client)
