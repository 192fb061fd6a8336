"""What callers hold: subscriptions and streams."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ..options import SubscriptionState
from ..session import Consumer
from .driver import Driver

__all__ = ["ConsumerStream", "ConsumerSubscription", "PushStream"]

T = TypeVar("T")
_numbers = itertools.count(1)


class ConsumerSubscription:
    """A confirmed subscription; see `Subscription`."""

    __slots__ = ("_consumer", "_driver", "_ended", "id")

    def __init__(self, driver: Driver, consumer: Consumer) -> None:
        self.id = f"{consumer.domain}-{next(_numbers)}"
        self._driver = driver
        self._consumer = consumer
        self._ended: asyncio.Future[None] | None = None

    @property
    def topic(self) -> str | None:
        return self._consumer.topic

    @property
    def state(self) -> SubscriptionState:
        return self._consumer.state

    @property
    def delivered(self) -> int:
        return self._consumer.delivered

    @property
    def dropped(self) -> int:
        return self._consumer.dropped

    @property
    def resets(self) -> int:
        return self._consumer.resets

    async def unsubscribe(self) -> None:
        call = self._driver.session.leave(self._consumer)
        self._driver.carry_out()
        if call is not None:
            await self._driver.settled(call, lambda: None)

    def cancel(self) -> None:
        self._driver.session.leave(self._consumer)
        self._driver.carry_out()

    async def wait_ended(self) -> None:
        consumer = self._consumer
        consumer.watched = True
        if consumer.state != "DELETED":
            if self._ended is None:
                ended = self._ended = self._driver.loop.create_future()
                consumer.when_ended(lambda _: None if ended.done() else ended.set_result(None))
            await asyncio.shield(self._ended)
        if consumer.error is not None:
            raise copy.copy(consumer.error)

    def __repr__(self) -> str:
        return f"<Subscription {self.id} {self.state.lower()} topic={self.topic!r}>"


class ConsumerStream(Generic[T]):
    """Values as a context manager and iterator; see `Stream`."""

    def __init__(self, consumer: Consumer, enter: Callable[[Consumer], Awaitable[Driver]]) -> None:
        self._consumer = consumer
        self._enter = enter
        self._driver: Driver | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._entered = False

    @property
    def topic(self) -> str | None:
        return self._consumer.topic

    @property
    def resets(self) -> int:
        return self._consumer.resets

    @property
    def dropped(self) -> int:
        return self._consumer.dropped

    async def __aenter__(self) -> Self:
        if self._entered:
            raise RuntimeError("a stream is entered once; ask for a new one")
        self._entered = True
        self._driver = await self._enter(self._consumer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._driver is not None, "__aexit__ follows __aenter__"
        call = self._driver.session.leave(self._consumer)
        self._driver.carry_out()
        if call is not None:
            await self._driver.settled(call, lambda: None)

    def __aiter__(self) -> AsyncIterator[T]:
        if self._driver is None:
            raise RuntimeError("enter the stream first: `async with … as stream:`")
        return self

    async def __anext__(self) -> T:
        consumer = self._consumer
        queue: Any = consumer.queue  # of a stream, there is one
        while not queue:
            if consumer.ended:
                if consumer.error is not None:
                    raise copy.copy(consumer.error)
                raise StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("a stream has one reader at a time")
            self._waiter = asyncio.get_running_loop().create_future()
            consumer.wake = self._wake
            try:
                await self._waiter
            finally:
                self._waiter = consumer.wake = None
        if not consumer.behind:
            return queue.popleft()  # type: ignore[no-any-return]  # what the codec made is of the stream's type
        value = consumer.take()
        if self._driver is not None:
            self._driver.carry_out()
        return value  # type: ignore[no-any-return]  # as above

    def _wake(self) -> None:
        waiter, self._consumer.wake = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class PushStream(ConsumerStream[T]):
    """A stream of what is sent unasked. Nothing is lost by leaving it late, so a loop alone enters and leaves it."""

    def __aiter__(self) -> AsyncIterator[T]:
        return self if self._entered else self._entering()

    async def _entering(self) -> AsyncGenerator[T, None]:
        async with self:
            async for value in self:
                yield value
