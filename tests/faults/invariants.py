"""What must hold after every fault, whatever it was."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from wsgen_runtime import ConnectionLost, RequestTimeout

from tests.faults.clients import FaultClient, Reset, Update, Watch
from tests.faults.server import FaultyServer

__all__ = [
    "PATIENCE",
    "allocated",
    "end_of",
    "nothing_left",
    "own_updates_in_order",
    "recovered",
    "until",
    "wanted_is_held",
]

PATIENCE = 10.0
"""Seconds until a test gives up on something that must happen."""


async def until(condition: Callable[[], bool], what: Callable[[], str] | str, patience: float = PATIENCE) -> None:
    """Wait for something that a socket brings about; fail with `what` when it never does."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while not condition():
        if loop.time() > end:
            raise AssertionError(what if isinstance(what, str) else what())
        await asyncio.sleep(0.002)


async def end_of(watch: Watch) -> None:
    """Wait for the end of a subscription; raises what ended it."""
    async with asyncio.timeout(PATIENCE):
        await watch.subscription.wait_ended()


def wanted_is_held(server: FaultyServer, *clients: FaultClient) -> str | None:
    """None when the server has exactly the subscriptions that are wanted, each once, on one connection for each
    set of clients that share one; else the difference."""
    held = sorted(topic for peer in server.peers for topic, count in peer.held.items() for _ in range(count))
    wanted = sorted(set().union(*(client.wanted for client in clients)))
    if held != wanted:
        return f"wanted {wanted[:20]}, the server has {held[:20]}"
    waiting = [w.topic for client in clients for w in client.watches if w.subscription.state == "PENDING"]
    return f"not confirmed: {waiting[:20]}" if waiting else None


async def recovered(server: FaultyServer, client: FaultClient) -> None:
    """The client is connected, the server has what it wants, and updates reach every listener again. A connection
    that looks well and is not may be lost meanwhile: then the next one counts."""

    def difference() -> str:
        return f"{client.connection.state}: {wanted_is_held(server, client)}; events {client.events[-8:]}"

    def well() -> bool:
        return client.connection.state == "CONNECTED" and wanted_is_held(server, client) is None

    async with asyncio.timeout(2 * PATIENCE):
        while True:
            await until(well, difference)
            live = [watch for watch in client.watches if watch.wanted]
            before = [len(watch.listener.updates) for watch in live]
            server.tick()
            try:
                await client.ping(timeout=1.0)
            except (ConnectionLost, RequestTimeout):
                continue
            deaf = [w.topic for w, count in zip(live, before, strict=True) if len(w.listener.updates) <= count]
            assert deaf == [], "confirmed, but no update comes"
            break
    own_updates_in_order(client.watches)
    assert server.violations == []


def own_updates_in_order(watches: Iterable[Watch]) -> None:
    """Each listener got the updates of its own topic alone, in the order in which they were sent, without a gap
    within a connection, and was told of every new connection before its first update."""
    for watch in watches:
        last: Update | None = None
        resets = 0
        for note in watch.listener.notes:
            if isinstance(note, Reset):
                resets += 1
                continue
            assert note.topic == watch.topic, f"{watch.topic} got an update of {note.topic}"
            if last is not None and note.connection == last.connection:
                assert note.sequence == last.sequence + 1, f"{watch.topic}: {note} after {last}"
                assert resets == 0, f"{watch.topic}: {resets} resets within connection {note.connection}"
            elif last is not None:
                assert note.sequence > last.sequence, f"{watch.topic}: {note} after {last}"
                assert resets > 0, f"{watch.topic}: no reset before {note}, after {last}"
            last, resets = note, 0


@asynccontextmanager
async def nothing_left() -> AsyncGenerator[None]:
    """After the block there are no more tasks, timers and sockets than before it."""
    before = _inventory()
    yield
    await until(lambda: not _surplus(before), lambda: "left behind: " + "; ".join(_surplus(before)), patience=5.0)


Inventory = tuple[set[asyncio.Task[Any]], list[asyncio.TimerHandle], dict[str, str]]


def _inventory() -> Inventory:
    loop = asyncio.get_running_loop()
    scheduled: list[asyncio.TimerHandle] = getattr(loop, "_scheduled")  # noqa: B009  # asyncio shows it nowhere else
    own = {task for task in (asyncio.current_task(),) if task is not None}
    return asyncio.all_tasks() - own, [timer for timer in scheduled if not timer.cancelled()], _sockets()


def _sockets() -> dict[str, str]:
    """Descriptors of this process that are sockets, and which ones."""
    found: dict[str, str] = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # it was the directory's own
        if target.startswith("socket:"):
            found[name] = target
    return found


def _surplus(before: Inventory) -> list[str]:
    tasks, timers, sockets = _inventory()
    surplus = [repr(task) for task in tasks - before[0]]
    surplus += [repr(timer) for timer in timers if timer not in before[1]]
    surplus += [f"{name} -> {socket}" for name, socket in sockets.items() if before[2].get(name) != socket]
    return surplus


def allocated() -> int:
    """How many blocks of memory the interpreter holds, after what is garbage is gone."""
    for _ in range(3):
        gc.collect()
    return sys.getallocatedblocks()
