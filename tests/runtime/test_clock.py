"""A clock that can be put forward, as the drivers of connections see it."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from wsgen_runtime.clock import Clock, VirtualClock
from wsgen_runtime.shell.fakes import advance, running_clock, until


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(running_clock)


async def test_an_event_loop_is_a_clock() -> None:
    clock: Clock = asyncio.get_running_loop()
    assert clock.time() == pytest.approx(running_clock().time(), abs=1)


async def test_it_begins_at_nought_and_passes_with_real_time(clock: VirtualClock) -> None:
    assert clock.time() == 0
    rung = asyncio.Event()
    clock.call_at(0.01, rung.set)
    await asyncio.wait_for(rung.wait(), 10)
    assert clock.time() >= 0.01


async def test_what_becomes_due_is_called_in_the_order_of_time(clock: VirtualClock) -> None:
    calls: list[tuple[str, float]] = []

    def call(name: str) -> None:
        calls.append((name, round(clock.time(), 1)))

    for name, when in (("late", 20), ("early", 10), ("too late", 1000), ("as early", 10)):
        clock.call_at(when, partial(call, name))

    await advance(clock, 100)

    assert calls == [("early", 10.0), ("as early", 10.0), ("late", 20.0)]
    assert 100 <= clock.time() < 200


async def test_a_timer_can_set_the_next(clock: VirtualClock) -> None:
    rings: list[float] = []

    def ring() -> None:
        rings.append(round(clock.time()))
        clock.call_at(clock.time() + 10, ring)

    clock.call_at(10, ring)
    await advance(clock, 35)

    assert rings == [10, 20, 30]


async def test_a_cancelled_timer_is_never_called(clock: VirtualClock) -> None:
    calls: list[str] = []
    timer = clock.call_at(1, lambda: calls.append("cancelled"))
    clock.call_at(2, lambda: calls.append("kept"))
    timer.cancel()

    await advance(clock, 3)

    assert calls == ["kept"]
    assert clock.next_timer is None


async def test_a_timer_that_is_due_already_is_called_from_outside(clock: VirtualClock) -> None:
    calls: list[str] = []
    clock.call_at(clock.time(), lambda: calls.append("due"))
    assert calls == []
    await advance(clock, 0)
    assert calls == ["due"]


async def test_until_gives_the_result_and_takes_as_long_as_it_needs(clock: VirtualClock) -> None:
    done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    clock.call_at(500, lambda: done.set_result("done"))
    clock.call_at(900, lambda: pytest.fail("nobody waits so long"))

    assert await until(clock, done, 1000) == "done"
    assert 500 <= clock.time() < 900


async def test_until_raises_what_was_awaited_raises(clock: VirtualClock) -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await until(clock, fail(), 1)


async def test_until_waits_for_timers_that_are_set_later(clock: VirtualClock) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.05, lambda: clock.call_at(3000, lambda: done.set_result(None)))

    await asyncio.wait_for(until(clock, done, 3600), 10)

    assert clock.time() >= 3000


async def test_until_gives_up_and_leaves_no_task(clock: VirtualClock) -> None:
    began = set(asyncio.all_tasks())

    def ring() -> None:
        clock.call_at(clock.time() + 20, ring)

    ring()
    with pytest.raises(TimeoutError, match="not done within 60 s of the fake's time"):
        await until(clock, asyncio.Event().wait(), 60)

    assert asyncio.all_tasks() == began
