"""Everything at once, by chance: a server that loses, delays, refuses and closes, and callers that come and go.

Confirmations are not lost here: among several that are awaited at the same time, the next one is taken for it.
"""

from __future__ import annotations

import asyncio
import random

import pytest
from wsgen_runtime import CallTimeout, ConnectionLost, RemoteError

from tests.faults.clients import FaultClient, Watch
from tests.faults.invariants import nothing_left, own_updates_in_order, recovered, until
from tests.faults.server import FaultyServer, faulty_server

SYMBOLS = "ABCDEF"
STEPS = 12


async def mischief(server: FaultyServer, chance: random.Random) -> None:
    """Change how the server behaves, again and again."""
    behaviour = server.behaviour
    for _ in range(2 * STEPS):
        behaviour.snapshot = chance.choice(["before", "after", None])
        behaviour.reply_delay = chance.choice([0.0, 0.0, 0.002, 0.01])
        behaviour.twice = {"pong"} if chance.random() < 0.2 else set()
        behaviour.refused = {chance.choice(SYMBOLS)} if chance.random() < 0.2 else set()
        match chance.randrange(8):
            case 0:
                server.reset_all()
            case 1:
                server.close_all(chance.choice([1000, 1001, 1012, 1013, 4000]))
            case 2:
                behaviour.lost[chance.choice(["bars.unsubscribe.response", "pong"])] = 1
            case 3:
                behaviour.reset_after = chance.randrange(1, 8)
            case 4:
                server.tick()
            case _:
                await asyncio.sleep(0.02 * chance.random())
        await asyncio.sleep(0.03 * chance.random())


async def visitor(client: FaultClient, chance: random.Random) -> None:
    """Somebody who subscribes, asks, loses patience and leaves; every call returns, or raises what is documented."""
    mine: list[Watch] = []
    for _ in range(STEPS):
        try:
            match chance.randrange(6):
                case 0 | 1:
                    mine.append(await client.watch(chance.choice(SYMBOLS)))
                case 2:
                    async with asyncio.timeout(0.02 * chance.random()):
                        mine.append(await client.watch(chance.choice(SYMBOLS)))
                case 3 if mine:
                    await mine.pop(chance.randrange(len(mine))).subscription.unsubscribe()
                case 4 if mine:
                    mine.pop(chance.randrange(len(mine))).subscription.cancel()
                case _:
                    await client.ping()
        except (ConnectionLost, CallTimeout, RemoteError):
            await asyncio.sleep(0.01)
        except TimeoutError:
            continue


@pytest.mark.parametrize("seed", range(8))
async def test_everything_at_once(seed: int) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, timeout=0.15) as client:
        async with asyncio.timeout(30):
            work = [visitor(client, random.Random(10 * seed + number)) for number in range(4)]
            await asyncio.gather(mischief(server, random.Random(seed)), *work)
        server.behaviour = type(server.behaviour)()
        own_updates_in_order(client.watches)
        before = server.accepted
        server.reset_all()
        await until(lambda: server.accepted > before, "connected again")
        await recovered(server, client)
        assert client.connection.state == "CONNECTED"
