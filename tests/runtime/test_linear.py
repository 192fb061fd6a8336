"""What a server sends costs no look at all who wait. Work is counted in lines of the runtime that run, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import wsgen_runtime
from wsgen_runtime.errors import WsgenError
from wsgen_runtime.options import Retry, SessionOptions
from wsgen_runtime.session.calls import ReplyQueue, Slot

from .sessions import Bench, ok, topic_of

OURS = str(Path(wsgen_runtime.__file__).parent)


def work_of(act: Callable[[], object]) -> int:
    """How many lines of the runtime run; a comprehension counts with each of its turns."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        return count if frame.f_code.co_filename.startswith(OURS) else None

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return lines


def answered(key: str, payload: object) -> None:
    pass


def failed(error: WsgenError) -> None:
    pass


def queue_of(count: int) -> ReplyQueue:
    """Each waits for a topic of its own that is known for certain."""
    queue = ReplyQueue()
    for number in range(count):
        queue.append(Slot(number, "subscribe", answered, failed, topic_of(str(number))))
    return queue


def asked_before(queue: ReplyQueue) -> None:
    """One whose topic only the server knew has come and gone, in the middle of the others."""
    slot = Slot(len(queue), "subscribe", answered, failed)
    queue.append(slot)
    queue.remove(slot, len(queue), by_id=True)


def learned_before(queue: ReplyQueue) -> None:
    """One whose topic only the server knew has become known."""
    slot = Slot(len(queue), "subscribe", answered, failed)
    queue.append(slot)
    slot.learn("learned")


def guessed_before(queue: ReplyQueue) -> None:
    """One whose topic was that of a rule has become known."""
    slot = Slot(len(queue), "subscribe", answered, failed, "by a rule", certain=False)
    queue.append(slot)
    slot.learn("learned")


def drained_before(queue: ReplyQueue) -> None:
    """The connection has ended while some waited whose topics only the server knew, and there is a new one."""
    slots = list(queue)
    queue.append(Slot(len(queue), "subscribe", answered, failed))
    queue.drain()
    for slot in slots:
        queue.append(slot)


@pytest.mark.parametrize("before", [lambda queue: None, asked_before, learned_before, guessed_before, drained_before])
@pytest.mark.parametrize("held", [False, True], ids=["unknown", "held"])
def test_a_reply_with_a_topic_that_nobody_waits_for_looks_at_none_of_them(
    before: Callable[[ReplyQueue], None], *, held: bool
) -> None:
    """A server may repeat it as often as it likes."""
    work: list[int] = []
    for count in (10, 1_000):
        queue = queue_of(count)
        before(queue)
        first = next(iter(queue))
        queue.latest = None
        assert queue.match("of nobody", held=held) is (None if held else first)
        work.append(work_of(lambda queue=queue: queue.match("of nobody", held=held)))  # type: ignore[misc]  # a lambda's default
    assert 0 < work[1] <= work[0]


def test_a_slot_of_any_topic_is_found_wherever_it_stands() -> None:
    """The guard passes no slot over that a reply may belong to."""
    queue = queue_of(5)
    open_one = Slot(5, "subscribe", answered, failed)
    queue.append(open_one)
    assert queue.match("of nobody") is open_one
    guessed = Slot(6, "subscribe", answered, failed, "by a rule", certain=False)
    queue.append(guessed)
    queue.remove(open_one, 6)
    assert queue.match("of nobody") is guessed
    guessed.learn("known")
    assert queue.match("of nobody") is next(iter(queue))
    assert queue.match("known") is guessed


def named_ones(queue: ReplyQueue, count: int) -> None:
    """So many wait for replies that repeat their ids."""
    for number in range(count):
        queue.append(Slot(len(queue), "request", answered, failed, id=str(number)))


def beside_ids(count: int) -> ReplyQueue:
    queue = ReplyQueue()
    named_ones(queue, count)
    queue.append(Slot(count, "subscribe", answered, failed))
    return queue


def ids_alone(count: int) -> ReplyQueue:
    queue = ReplyQueue()
    named_ones(queue, count)
    return queue


def behind_others(count: int) -> ReplyQueue:
    queue = queue_of(count)
    queue.append(Slot(count, "subscribe", answered, failed))
    return queue


@pytest.mark.parametrize("topic", [None, "of nobody"])
@pytest.mark.parametrize(("queue_of_so_many", "place"), [(beside_ids, -1), (ids_alone, 0), (behind_others, -1)])
def test_a_reply_without_an_id_looks_at_none_of_those_who_wait_for_another(
    queue_of_so_many: Callable[[int], ReplyQueue], place: int, topic: str | None
) -> None:
    work: list[int] = []
    for count in (10, 1_000):
        queue = queue_of_so_many(count)
        expected = list(queue)[0 if topic is None and queue_of_so_many is behind_others else place]
        assert queue.match(topic) is expected
        work.append(work_of(lambda queue=queue: queue.match(topic)))  # type: ignore[misc]  # a lambda's default
    assert 0 < work[1] <= work[0]


def test_those_who_wait_with_an_id_keep_no_place_in_the_order_of_the_others() -> None:
    queue = ReplyQueue()
    named_ones(queue, 2)
    first, second = Slot(2, "request", answered, failed), Slot(3, "request", answered, failed)
    for slot in (first, second):
        queue.append(slot)
    queue.remove(first, 3)
    assert queue.match(None) is second
    queue.remove(second, 3)
    named = list(queue)
    assert queue.match(None) is named[0] is queue.with_id("0")
    queue.remove(named[0], 3, by_id=True)
    assert (queue.match(None), queue.with_id("0"), len(queue)) == (named[1], None, 1)


def test_of_slots_with_one_topic_the_one_that_was_sent_first_is_the_first() -> None:
    """Also where its topic has become known last."""
    queue = ReplyQueue()
    slots = [Slot(number, "subscribe", answered, failed) for number in range(3)]
    for slot in slots:
        queue.append(slot)
    slots[2].learn("same")
    slots[1].learn("same")
    queue.remove(slots[0], 2)
    assert queue.match("same") is slots[1]


def renewal(count: int, *, repeats: bool = False) -> int:
    """The work of a renewal whose confirmations all come twice, after a drop; `repeats`: as is known of the server."""
    bench = Bench(SessionOptions(retry=Retry(delays=(0.0,))))
    bench.connect()
    symbols = [str(number) for number in range(count)]
    calls = [bench.bars(symbol, lambda _: None)[1] for symbol in symbols]
    bench.receive(*(ok("bars", topic_of(symbol)) for symbol in symbols))
    assert all(call.settled and call.error is None for call in calls)
    bench.session.alignment.repeats = repeats
    bench.lose(1006)
    bench.advance(1)
    bench.open()

    def confirm() -> None:
        for symbol in symbols:
            bench.receive(ok("bars", topic_of(symbol)), ok("bars", topic_of(symbol)))

    return work_of(confirm)


@pytest.mark.parametrize("repeats", [False, True])
def test_twice_the_subscriptions_whose_confirmations_come_twice_are_twice_the_work(*, repeats: bool) -> None:
    renewal(5, repeats=repeats)  # fills caches
    small, middle, large = (renewal(count, repeats=repeats) for count in (50, 100, 200))
    assert large - middle <= 1.1 * 2 * (middle - small), (small, middle, large)


def doubts(count: int) -> int:
    """The work of so many replies that are in doubt, while one waits, and of the silence after them."""
    bench = Bench()
    bench.connect()
    bench.bars("known", lambda _: None)
    bench.receive(ok("bars", topic_of("known")))
    bench.session.alignment.repeats = True
    _, call = bench.bars("asked", lambda _: None)

    def repeat() -> None:
        for _ in range(count):
            bench.receive(ok("bars", topic_of("known")))
        bench.advance(30)

    work = work_of(repeat)
    assert call.settled
    return work


def test_twice_the_replies_in_doubt_are_twice_the_work() -> None:
    doubts(5)
    small, middle, large = doubts(50), doubts(100), doubts(200)
    assert large - middle <= 1.1 * 2 * (middle - small), (small, middle, large)
