"""Protocol pings (RFC 6455, section 5.5.2), for transports whose reading can be paused.

The keepalive of `websockets` takes a pong that was not read for one that was not sent: with reading paused it
would close a healthy connection. This one lets the timeout begin anew when a pause fell into it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

__all__ = ["Flow", "NoPong", "keep_alive"]


class NoPong(TimeoutError):
    """The server did not answer a ping."""


class Flow(Protocol):
    """Whether frames are being read."""

    reading_paused: bool
    pauses: int
    """How often reading was paused so far."""


async def keep_alive(
    connection: ClientConnection,
    flow: Flow,
    interval: float,
    timeout: float | None,
    dead: Callable[[Exception], None],
) -> None:
    """Ping every `interval` seconds until the connection ends. Call `dead`, once, when nothing came back for
    `timeout` seconds during which frames were read."""
    while True:
        await asyncio.sleep(interval)
        round_trip = asyncio.create_task(_round_trip(connection))
        try:
            while not round_trip.done():
                pauses, reading = flow.pauses, not flow.reading_paused
                await asyncio.wait([round_trip], timeout=timeout)
                if not round_trip.done() and reading and flow.pauses == pauses:
                    dead(NoPong(f"no pong within {timeout:g} s"))
                    return
        finally:
            round_trip.cancel()
        if not round_trip.result():
            return


async def _round_trip(connection: ClientConnection) -> bool:
    try:
        await (await connection.ping())
    except ConnectionClosed:
        return False
    return True
