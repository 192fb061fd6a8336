"""A minute of load with drops, or ten with `WSGEN_SOAK=1`: nothing may grow."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from wsgen_runtime import ConnectionLost, RequestTimeout

from tests.faults.clients import BARS, HASTE, FaultClient, unless_lost
from tests.faults.invariants import allocated, nothing_left, own_updates_in_order, recovered, until
from tests.faults.server import FaultyServer, faulty_server

SECONDS = 600 if os.environ.get("WSGEN_SOAK") else 60
ROUND = 3.0
"""Seconds of load between two looks at what is held."""

SUBSCRIPTIONS, STREAMS = 200, 4
WARM = 4
"""Rounds after which nothing may grow any more."""

SEED = 7


@dataclass(frozen=True, slots=True)
class Look:
    """What is held while nothing is under way: blocks of memory, descriptors, tasks. `lag`: by how many milliseconds a
    timer was late at the most, in the round before."""

    blocks: int
    descriptors: int
    tasks: int
    lag: float


class Load:
    """What goes on during a round."""

    def __init__(self, server: FaultyServer, client: FaultClient, chance: random.Random) -> None:
        self.server = server
        self.client = client
        self.chance = chance
        self.updates = 0
        self.replies = 0
        self.lag = 0.0

    async def round(self) -> None:
        """Updates, requests, subscriptions that come and go, and a drop, all at the same time."""
        async with asyncio.TaskGroup() as group:
            for work in (self._push, self._ask, self._come_and_go, self._drop, self._watch_the_clock):
                group.create_task(self._until_the_end(work))

    async def _until_the_end(self, work: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + ROUND
        while loop.time() < end:
            await work()

    async def _push(self) -> None:
        self.server.tick()
        self.updates += sum(len(peer.held) for peer in self.server.peers)
        await asyncio.sleep(0.02)

    async def _ask(self) -> None:
        try:
            self.replies += await self.client.join("lobby", timeout=1.0) == "lobby"
        except (ConnectionLost, RequestTimeout):
            await asyncio.sleep(0.01)

    async def _come_and_go(self) -> None:
        watch = await self.client.watch(f"visitor {self.chance.randrange(50)}", timeout=30.0)
        await asyncio.sleep(0.05)
        await watch.subscription.unsubscribe()
        self.client.watches.remove(watch)

    async def _drop(self) -> None:
        await asyncio.sleep(ROUND * self.chance.uniform(0.3, 0.6))
        if self.chance.random() < 0.5:
            self.server.reset_all()
        else:
            self.server.close_all(self.chance.choice([1001, 1012]))

    async def _watch_the_clock(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + 0.01
        await asyncio.sleep(0.01)
        self.lag = max(self.lag, loop.time() - due)


async def follow(client: FaultClient, symbol: str, taken: list[int]) -> None:
    """A stream, as an application reads it."""
    async with client.connection.stream(BARS, {"symbol": symbol}, timeout=30.0) as bars:
        async for _ in bars:
            taken[0] += 1


async def test_nothing_grows_under_load() -> None:
    looks: list[Look] = []
    retry = replace(HASTE, stable_after=0.0)
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, timeout=30.0, retry=retry) as client:
        load = Load(server, client, random.Random(SEED))
        await asyncio.gather(*(client.watch(str(number)) for number in range(SUBSCRIPTIONS)))
        taken = [0]
        followers = [asyncio.create_task(follow(client, f"0{number}", taken)) for number in range(STREAMS)]
        loop = asyncio.get_running_loop()
        end = loop.time() + SECONDS
        while loop.time() < end or len(looks) <= 2 * WARM:
            load.lag = 0.0
            await load.round()
            await answered(client)
            own_updates_in_order(client.watches)
            looks.append(look(server, client, load.lag))
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        await recovered(server, client)
    first, last = looks[WARM], looks[-1]
    print(
        f"\n{len(looks)} rounds of {ROUND:g} s, {server.accepted} connections, {load.updates:,} updates, "
        f"{taken[0]:,} taken from streams, {load.replies:,} replies; after round {WARM}: {first}; at the end: {last}; "
        f"most: {max(each.blocks for each in looks[WARM:]):,} blocks, {max(each.lag for each in looks):.0f} ms"
    )
    assert taken[0] > 0
    assert (last.descriptors, last.tasks) == (first.descriptors, first.tasks)
    assert last.blocks < 1.02 * first.blocks + 1_000, looks


async def answered(client: FaultClient) -> None:
    """Everything that was sent has been answered; a connection that is lost meanwhile counts no more."""
    async with asyncio.timeout(30):
        while True:
            await until(lambda: client.connection.state == "CONNECTED", "connected again", 30.0)
            if not isinstance(await unless_lost(client.ping(timeout=30.0)), ConnectionLost):
                return


def look(server: FaultyServer, client: FaultClient, lag: float) -> Look:
    for watch in client.watches:
        watch.listener.notes.clear()
    client.events.clear()
    server.forget()
    descriptors = len(os.listdir("/proc/self/fd"))
    return Look(allocated(), descriptors, len(asyncio.all_tasks()), round(1_000 * lag, 1))
