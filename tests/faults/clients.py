"""A client that writes down what happens to it, on the protocol of the scenarios."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from wsgen_runtime import Client, ConnectionEvent, ConnectionLost, ConnectionOptions, Retry, Subscription

from tests.scenarios.protocol import Operations

__all__ = [
    "ALERTS",
    "BARS",
    "HASTE",
    "JOIN",
    "MESSAGE",
    "PING",
    "TYPING",
    "Calls",
    "FaultClient",
    "Listener",
    "Reset",
    "Update",
    "Watch",
    "unless_lost",
]

T = TypeVar("T")

OPERATIONS = Operations({})
BARS = OPERATIONS.subscriptions["bars"]
ALERTS = OPERATIONS.subscriptions["alerts"]
JOIN = OPERATIONS.requests["chat.join"]
PING = OPERATIONS.requests["ping"]
TYPING = OPERATIONS.sends["chat.typing"]
MESSAGE = OPERATIONS.pushes["chat.message"]

TRANSPORT: Final = os.environ.get("WSGEN_TRANSPORT", "websockets")
"""What all clients of these tests use that do not say otherwise."""

HASTE: Final = Retry(delays=(0.01, 0.02, 0.03, *[0.05] * 7), stable_after=0.1, give_up_after=8.0)
"""The rules of reconnection, with short delays."""


@dataclass(frozen=True, slots=True)
class Update:
    """What the server put into an update: whose it is, its number, and the connection that it was sent on."""

    topic: str
    sequence: int
    connection: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The subscription was renewed."""


@dataclass(slots=True)
class Listener:
    """A consumer that writes down what it is given, in order."""

    notes: list[Update | Reset] = field(default_factory=list[Update | Reset])

    def update(self, payload: dict[str, Any]) -> None:
        self.notes.append(Update(payload["mark"], payload["sequence"], payload["connection"]))

    def reset(self) -> None:
        self.notes.append(Reset())

    @property
    def updates(self) -> list[Update]:
        return [note for note in self.notes if isinstance(note, Update)]

    @property
    def resets(self) -> int:
        return len(self.notes) - len(self.updates)


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription, the topic that it should have, and what came."""

    topic: str
    subscription: Subscription
    listener: Listener

    @property
    def wanted(self) -> bool:
        return self.subscription.state in ("PENDING", "CONFIRMED")


class FaultClient(Client):
    """A client in a hurry.

    Attributes:
        events: every change of state.
        watches: every subscription that was confirmed.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.events: list[ConnectionEvent] = []
        self.watches: list[Watch] = []
        defaults = {
            "transport": TRANSPORT,
            "retry": HASTE,
            "timeout": 2.0,
            "open_timeout": 2.0,
            "on_state": self.events.append,
        }
        super().__init__(OPERATIONS.protocol, url, cast(ConnectionOptions, {**defaults, **options}))

    @property
    def wanted(self) -> set[str]:
        """The topics that somebody here wants."""
        return {watch.topic for watch in self.watches if watch.wanted}

    @property
    def states(self) -> list[str]:
        return [event.state for event in self.events]

    async def watch(self, symbol: str, *, timeout: float | None = None) -> Watch:
        """Subscribe to the bars of a symbol."""
        return await self._watch("bars", "symbol", symbol, timeout)

    async def watch_alerts(self, level: str) -> Watch:
        """Subscribe to alerts, whose updates do not say whose they are."""
        return await self._watch("alerts", "level", level, None)

    async def ping(self, *, timeout: float | None = None) -> None:
        await self.connection.request(PING, None, timeout=timeout)

    async def join(self, room: str, *, timeout: float | None = None) -> str:
        """Ask to join a room: the room that the reply names."""
        reply = await self.connection.request(JOIN, {"room": room}, timeout=timeout)
        return str(reply["room"])

    async def type(self, room: str) -> None:
        """Tell a room that one is typing; there is no reply."""
        await self.connection.send(TYPING, {"room": room})

    async def _watch(self, domain: str, parameter: str, value: str, timeout: float | None) -> Watch:
        listener = Listener()
        subscription = await self.connection.subscribe(
            OPERATIONS.subscriptions[domain],
            {parameter: value},
            listener.update,
            on_reset=listener.reset,
            timeout=timeout,
        )
        watch = Watch(f"{domain}:{value}", subscription, listener)
        self.watches.append(watch)
        return watch


class Calls:
    """Calls that run at the same time, so that none is forgotten."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(call)
        self._tasks.append(task)
        return task

    async def settled(self, within: float = 10.0) -> list[BaseException | None]:
        """What each call raised, in order.

        Raises:
            AssertionError: some have not settled in time.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        hanging = [str(task.get_coro()) for task in self._tasks if not task.done()]
        assert hanging == [], f"calls that never settle: {hanging}"
        return [asyncio.CancelledError() if task.cancelled() else task.exception() for task in self._tasks]


async def unless_lost(call: Awaitable[T]) -> T | ConnectionLost:
    """The result of a call, or the loss of the connection, which it may always raise."""
    try:
        return await call
    except ConnectionLost as lost:
        return lost
