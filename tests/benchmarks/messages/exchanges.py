"""What is measured beside received messages: round trips, renewals, memory. Each is a process of its own.

Usage: exchanges.py NAME PORT COUNT PACKAGES. One line of JSON comes out: what was measured, for each of COUNT.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

Setting = dict[str, Any]
Figures = dict[str, float]


def trading(setting: Setting) -> Any:
    """The generated package."""
    sys.path.insert(0, str(Path(setting["packages"]) / "pydantic"))
    return importlib.import_module("trading")


def address(setting: Setting, number: int = 0) -> str:
    """Clients of one URL would share a connection."""
    return f"ws://127.0.0.1:{setting['port']}/trading?number={number}"


def in_use() -> int:
    """Bytes that Python has allocated, without what was used before."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def raw_round_trips(setting: Setting) -> Figures:
    """Send, receive, and read the JSON: one after the other."""
    from websockets.asyncio.client import connect

    frame = json.dumps({"type": "chat.join", "payload": {"room": "x", "nick": "guest"}})
    async with connect(address(setting), compression=None) as connection:
        begin = process_time()
        for _ in range(setting["count"]):
            await connection.send(frame)
            json.loads(await connection.recv(decode=False))
        return {"cpu": process_time() - begin}


async def requests(setting: Setting) -> Figures:
    """The same as typed requests."""
    module = trading(setting)
    async with module.TradingClient(address(setting)) as client:
        join = module.ChatJoin(room="x")
        await client.chat.join(join)
        begin = process_time()
        for _ in range(setting["count"]):
            await client.chat.join(join)
        return {"cpu": process_time() - begin}


async def renewals(setting: Setting) -> Figures:
    """Subscriptions that a dropped connection has lost, from the drop until all are confirmed."""
    module = trading(setting)
    runtime = importlib.import_module("trading.runtime")
    renewed = asyncio.Event()
    left, begin, cpu = setting["count"], 0.0, 0.0

    def reset() -> None:
        nonlocal left
        left -= 1
        if not left:
            renewed.set()

    def changed(event: Any) -> None:
        nonlocal begin, cpu
        if event.state == "RECONNECTING" and not begin:
            begin, cpu = perf_counter(), process_time()

    retry = runtime.Retry(delays=(0.0,))
    async with module.TradingClient(address(setting), retry=retry, on_state=changed) as client:
        asked = [module.BarsSubscriptionRequest(symbol=f"S{number}") for number in range(setting["count"])]
        await asyncio.gather(*(client.bars.subscribe(one, print, on_reset=reset, timeout=60) for one in asked))
        await client.chat.typing(module.ChatTyping(room="x"))
        await renewed.wait()
        return {"cpu": process_time() - cpu, "wall": perf_counter() - begin}


async def subscriptions(setting: Setting) -> Figures:
    """What an idle subscription keeps. The requests are not kept by the application."""
    module = trading(setting)
    async with module.TradingClient(address(setting)) as client:

        async def subscribe(numbers: range) -> None:
            request = module.BarsSubscriptionRequest
            calls = (client.bars.subscribe(request(symbol=f"S{number}"), print, timeout=60) for number in numbers)
            await asyncio.gather(*calls)

        await subscribe(range(100))
        tracemalloc.start()
        before = in_use()
        for first in range(100, 100 + setting["count"], 100):  # asyncio's own list of tasks stays as long as it was
            await subscribe(range(first, first + 100))
        await asyncio.sleep(0)
        return {"bytes": in_use() - before}


async def raw_connections(setting: Setting) -> Figures:
    from websockets.asyncio.client import connect

    warm = await connect(address(setting), compression=None)
    tracemalloc.start()
    before = in_use()
    opened = [await connect(address(setting, 1 + number), compression=None) for number in range(setting["count"])]
    after = in_use()
    await asyncio.gather(*(connection.close() for connection in (warm, *opened)))
    return {"bytes": after - before}


async def connections(setting: Setting) -> Figures:
    """Clients without a subscription, each with a connection."""
    module = trading(setting)
    warm = module.TradingClient(address(setting))
    await warm.connect()
    tracemalloc.start()
    before = in_use()
    opened = [module.TradingClient(address(setting, 1 + number)) for number in range(setting["count"])]
    for client in opened:
        await client.connect()
    after = in_use()
    await asyncio.gather(*(client.close() for client in (warm, *opened)))
    return {"bytes": after - before}


EXCHANGES: dict[str, Callable[[Setting], Awaitable[Figures]]] = {
    "raw round trips": raw_round_trips,
    "requests": requests,
    "renewals": renewals,
    "subscriptions": subscriptions,
    "raw connections": raw_connections,
    "connections": connections,
}


async def measure(name: str, setting: Setting) -> Figures:
    figures = await asyncio.wait_for(EXCHANGES[name](setting), 120)
    return {kind: value / setting["count"] for kind, value in figures.items()}


if __name__ == "__main__":
    name, port, count, packages = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(name, {"port": int(port), "count": int(count), "packages": packages}))))
