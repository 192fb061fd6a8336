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


def renewal(count: int) -> int:
    """The work of a renewal whose confirmations all come twice, after a drop."""
    bench = Bench(SessionOptions(retry=Retry(delays=(0.0,))))
    bench.connect()
    symbols = [str(number) for number in range(count)]
    calls = [bench.bars(symbol, lambda _: None)[1] for symbol in symbols]
    bench.receive(*(ok("bars", topic_of(symbol)) for symbol in symbols))
    assert all(call.settled and call.error is None for call in calls)
    bench.lose(1006)
    bench.advance(1)
    bench.open()

    def confirm() -> None:
        for symbol in symbols:
            bench.receive(ok("bars", topic_of(symbol)), ok("bars", topic_of(symbol)))

    return work_of(confirm)


def test_twice_the_subscriptions_whose_confirmations_come_twice_are_twice_the_work() -> None:
    renewal(5)  # fills caches
    small, middle, large = renewal(50), renewal(100), renewal(200)
    assert large - middle <= 1.1 * 2 * (middle - small), (small, middle, large)
