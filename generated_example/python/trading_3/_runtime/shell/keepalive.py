"""Protocol pings (RFC 6455, section 5.5.2), for transports whose reading can be paused.

The keepalive of `websockets` takes a pong that was not read for one that was not sent: with reading paused it
would close a healthy connection. This one lets the timeout begin anew when a pause fell into it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Protocol

__all__ = ["Flow", "NoPong", "keep_alive"]


class NoPong(TimeoutError):
    """The server did not answer a ping."""


class Flow(Protocol):
    """Whether frames are being read."""

    reading_paused: bool
    pauses: int
    """How often reading was paused so far."""


async def keep_alive(
    round_trip: Callable[[], Coroutine[None, None, bool]],
    flow: Flow,
    interval: float,
    timeout: float | None,
    dead: Callable[[Exception], None],
) -> None:
    """Ping every `interval` seconds until the connection ends. Call `dead`, once, when nothing came back for
    `timeout` seconds during which frames were read. `round_trip` pings and waits for the pong; it returns False
    where the connection has ended."""
    while True:
        await asyncio.sleep(interval)
        waiting = asyncio.create_task(round_trip())
        try:
            while not waiting.done():
                pauses, reading = flow.pauses, not flow.reading_paused
                await asyncio.wait([waiting], timeout=timeout)
                if not waiting.done() and reading and flow.pauses == pauses:
                    dead(NoPong(f"no pong within {timeout:g} s"))
                    return
        finally:
            waiting.cancel()
        if not waiting.result():
            return
