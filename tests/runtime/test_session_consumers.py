"""What becomes of values: those that come early, and streams and callbacks that are slow, asynchronous, or fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from wsgen_runtime.errors import (
    SlowConsumer,
)
from wsgen_runtime.options import Delivery
from wsgen_runtime.session import Consumer

from .sessions import Bench, ok, topic_of, update


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.connect()
    return bench


def test_a_slow_stream_ends_and_keeps_what_it_had(bench: Bench) -> None:
    got: list[int] = []
    slow, other = bench.held("AAPL", delivery=Delivery("fail")), bench.held("AAPL", got.append)

    bench.receive(*(update("AAPL", n) for n in range(4_098)))

    assert isinstance(slow.error, SlowConsumer)
    assert slow.error.queued == 4_096
    assert slow.state == "DELETED"
    assert list(slow.queue or ()) == list(range(4_096))
    assert len(got) == 4_098
    assert other.state == "CONFIRMED"


def test_the_last_consumer_that_is_too_slow_is_unsubscribed(bench: Bench) -> None:
    bench.held("AAPL", delivery=Delivery("fail"))
    bench.frames()

    bench.receive(*(update("AAPL", n) for n in range(5_000)))

    assert bench.frames() == [{"type": "bars.unsubscribe", "payload": {"symbol": "AAPL"}}]


async def test_asynchronous_callbacks_run_one_at_a_time_in_order(bench: Bench) -> None:
    begun: list[int] = []

    async def callback(value: int) -> None:
        begun.append(value)

    consumer = bench.held("AAPL", callback)
    bench.receive(*(update("AAPL", n) for n in range(3)))

    assert len(bench.serving) == 1, "one task serves a consumer, however much waits for it"
    awaitable: Any = bench.serving[0].awaitable
    for expected in range(3):
        assert consumer.delivered == expected + 1
        await awaitable
        assert begun == list(range(expected + 1))
        awaitable = bench.session.served(consumer)
    assert awaitable is None

    bench.receive(update("AAPL", 3))
    assert len(bench.serving) == 2
    await bench.serving[1].awaitable
    assert bench.session.served(consumer) is None
    assert begun == [0, 1, 2, 3]


async def test_an_asynchronous_callback_that_ends_gets_nothing_more(bench: Bench) -> None:
    begun: list[int] = []

    async def callback(value: int) -> None:
        begun.append(value)
        bench.session.leave(consumer)

    consumer = bench.held("AAPL", callback)
    bench.receive(*(update("AAPL", n) for n in range(3)))

    await bench.serving[0].awaitable
    assert bench.session.served(consumer) is None
    assert begun == [0]


async def test_a_callback_that_is_asynchronous_now_and_then(bench: Bench) -> None:
    got: list[int] = []

    async def later(value: int) -> None:
        got.append(value)

    def callback(value: int) -> Any:
        if value == 2:
            raise ValueError(value)
        return later(value) if value % 3 == 0 else got.append(value)

    consumer = bench.held("AAPL", callback)
    bench.receive(*(update("AAPL", n) for n in range(5)))
    awaitable: Any = bench.serving[0].awaitable
    while awaitable is not None:
        await awaitable
        awaitable = bench.session.served(consumer)

    assert got == [0, 1, 3, 4]
    assert bench.session.clean is False
    assert len(bench.serving) == 1


def test_what_a_synchronous_callback_returns_is_of_no_interest(bench: Bench) -> None:
    bench.held("AAPL", lambda value: value)

    bench.receive(update("AAPL", 1), update("AAPL", 2))

    assert bench.serving == []


@pytest.mark.parametrize("error", [ValueError("x"), asyncio.CancelledError(), StopIteration(), GeneratorExit()])
def test_whatever_a_callback_raises_harms_nobody_else(bench: Bench, error: BaseException) -> None:
    got: list[int] = []

    def raises(value: int) -> None:
        raise error

    bench.held("AAPL", raises)
    bench.held("AAPL", got.append)
    bench.session.listen(bench.lease, bench.operations.pushes["chat.message"], Consumer("m", raises))

    bench.receive(update("AAPL", 1), {"type": "chat.message", "payload": 1}, update("AAPL", 2))

    assert got == [1, 2]
    assert bench.session.state == "CONNECTED"


def test_what_ends_the_program_is_not_held_up(bench: Bench) -> None:
    def stop(value: int) -> None:
        raise KeyboardInterrupt

    bench.held("AAPL", stop)

    with pytest.raises(KeyboardInterrupt):
        bench.receive(update("AAPL", 1))


def test_an_error_of_a_callback_goes_to_on_error(bench: Bench) -> None:
    reported: list[Exception] = []

    def on_error(error: Exception) -> None:
        reported.append(error)
        raise RuntimeError("on_error raises, too")

    def callback(value: int) -> None:
        raise ValueError(value)

    bench.subscribe("bars", {"symbol": "AAPL"}, consumer=Consumer("bars", callback, on_error=on_error))
    bench.receive(ok("bars", topic_of("AAPL")), update("AAPL", 7))

    assert [str(error) for error in reported] == ["7"]
    assert bench.session.state == "CONNECTED"


def test_early_updates_are_bounded_by_number(bench: Bench) -> None:
    got: list[int] = []
    bench.bars("AAPL", got.append)

    bench.receive(*(update("AAPL", n) for n in range(1_100)))
    assert bench.session.reports.unrouted == 100

    bench.receive(ok("bars", topic_of("AAPL")))
    assert got == list(range(100, 1_100))
    assert bench.session.reports.unrouted == 100


def test_early_updates_are_bounded_by_size(bench: Bench) -> None:
    got: list[str] = []
    bench.bars("AAPL", got.append)
    half = "x" * (2 * 1024 * 1024)

    bench.receive(update("AAPL", "first"), update("AAPL", half), update("AAPL", half + "y"), update("AAPL", "last"))
    bench.receive(ok("bars", topic_of("AAPL")))

    assert [len(value) for value in got] == [len(half) + 1, len("last")]
    assert bench.session.reports.unrouted == 2


def test_delivered_early_updates_no_longer_count(bench: Bench) -> None:
    got: list[str] = []
    bench.bars("AAPL", got.append)
    bench.bars("MSFT", got.append)
    large = "x" * (3 * 1024 * 1024)

    bench.receive(update("AAPL", large), ok("bars", topic_of("AAPL")), update("MSFT", large))
    bench.receive(ok("bars", topic_of("MSFT")))

    assert [len(value) for value in got] == [len(large)] * 2
    assert bench.session.reports.unrouted == 0


def test_the_bound_of_early_updates_is_that_of_one_domain(bench: Bench) -> None:
    bars: list[int] = []
    quotes: list[int] = []
    bench.bars("AAPL", bars.append)
    bench.subscribe("quotes", {"symbols": []}, quotes.append)

    bench.receive(*(update("AAPL", n) for n in range(800)))
    bench.receive(*({"type": "quotes.update", "payload": {"topic": "q", "payload": n}} for n in range(800)))
    bench.receive(ok("bars", topic_of("AAPL")), ok("quotes", "q"))

    assert (len(bars), len(quotes)) == (800, 800)
    assert bench.session.reports.unrouted == 0


def test_what_was_kept_for_nobody_is_counted_when_nothing_is_pending(bench: Bench) -> None:
    bench.bars("AAPL", lambda _: None)
    bench.receive(update("GOOG", 1), update("GOOG", 2))
    assert bench.session.reports.unrouted == 0

    bench.receive(ok("bars", topic_of("AAPL")))

    assert bench.session.reports.unrouted == 2
