"""Many subscriptions through many drops. `WSGEN_SOAK=1` makes it 10,000 through 200."""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import replace

from tests.faults.clients import HASTE, Calls, FaultClient
from tests.faults.invariants import PATIENCE, allocated, nothing_left, recovered, until
from tests.faults.server import FaultyServer, faulty_server

SOAK = bool(os.environ.get("WSGEN_SOAK"))
SUBSCRIPTIONS, DROPS = (10_000, 200) if SOAK else (2_000, 50)
SEED = 3
CHURN = 10
"""Subscriptions that leave, and as many that come, around each drop."""

WARM = 10
"""Drops after which memory must be level."""


async def drop(server: FaultyServer, chance: random.Random) -> None:
    """End the connection in some way, perhaps once more while the subscriptions are being renewed."""
    accepted = server.accepted
    if chance.random() < 0.5:
        server.behaviour.reset_after = chance.randrange(1, SUBSCRIPTIONS)
    if chance.random() < 0.5:
        server.reset_all()
    else:
        server.close_all(chance.choice([1001, 1012]))
    await until(lambda: server.accepted > accepted, "connected again")


async def churn(client: FaultClient, number: int, chance: random.Random) -> None:
    """Some leave, and as many come, all at once."""
    leaving = chance.sample(client.watches, CHURN)
    calls = Calls()
    for index in range(CHURN):
        calls.start(client.watch(f"{number}-{index}"))
    for watch in leaving:
        calls.start(watch.subscription.unsubscribe())
    assert set(await calls.settled(4 * PATIENCE)) == {None}
    client.watches = [watch for watch in client.watches if watch.wanted]


async def test_many_subscriptions_survive_many_drops() -> None:
    chance = random.Random(SEED)
    levels: list[int] = []
    started = time.process_time()
    retry = replace(HASTE, stable_after=0.0)
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, timeout=30.0, retry=retry) as client:
        server.behaviour.snapshot = None
        await asyncio.gather(*(client.watch(str(number)) for number in range(SUBSCRIPTIONS)))
        for number in range(1, DROPS + 1):
            dropping = asyncio.ensure_future(drop(server, chance))
            await churn(client, number, chance)
            await dropping
            await recovered(server, client)
            assert len(client.wanted) == len(client.watches) == SUBSCRIPTIONS
            for watch in client.watches:
                watch.listener.notes.clear()
            client.events.clear()
            server.forget()
            if number >= WARM:
                levels.append(allocated())
    print(
        f"\n{SUBSCRIPTIONS} subscriptions, {DROPS} drops, {server.accepted} connections, "
        f"{time.process_time() - started:.1f} s of CPU; blocks of memory after drop {WARM}: {levels[0]}, "
        f"at the end: {levels[-1]}, at most: {max(levels)}"
    )
    coming = CHURN * (DROPS - WARM)
    assert levels[-1] < levels[0] + 2 * coming, levels
