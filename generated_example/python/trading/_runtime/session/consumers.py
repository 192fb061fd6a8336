"""Who gets values, and what waits for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ..codec import Getter
from ..errors import SlowConsumer
from ..options import Delivery, SubscriptionState
from .calls import Call

if TYPE_CHECKING:
    from .leases import Lease
    from .wires import Wire

__all__ = ["Consumer", "Gate"]


def _nowhere(value: Any) -> None:
    """Takes what arrives after a consumer has ended."""


class Gate(Protocol):
    """What a consumer tells its session."""

    def over(self, consumer: Consumer) -> bool:
        """It blocks, and one more brings it to its high-water mark or beyond. Whether it may keep that."""
        ...

    def relieved(self, consumer: Consumer) -> None:
        """It has caught up."""
        ...

    def overflow(self, consumer: Consumer, error: SlowConsumer) -> None:
        """It must end."""
        ...

    def dropped(self, consumer: Consumer) -> None:
        """It lost a value, as its policy says."""
        ...


class Conflated:
    """A queue that keeps the latest value for each key, where the first of them stood."""

    __slots__ = ("_key", "_replaced", "_values")

    def __init__(self, key: Getter, replaced: Callable[[], None]) -> None:
        self._key = key
        self._replaced = replaced
        self._values: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.values())

    def append(self, value: Any) -> None:
        key = self._key(value)
        key = key if isinstance(key, Hashable) else repr(key)
        if key in self._values:
            self._replaced()
        self._values[key] = value

    def popleft(self) -> Any:
        return self._values.pop(next(iter(self._values)))

    def clear(self) -> None:
        self._values.clear()


class _Quick:
    """What is read of a consumer for every value: the first fields of one, so that they lie beside each other. Of
    10,000 consumers, those that wait for their next value are in no cache.
    """

    __slots__ = ("accept", "delivered", "ended")


class Consumer(_Quick):
    """A callback, or a queue that a stream takes from.

    `accept` is what the dispatcher calls with each value: the callback itself, the queue while an asynchronous
    callback runs or for a stream, or nothing at all once the consumer has ended. A result that is not None is
    an awaitable, which the shell serves.
    """

    __slots__ = (
        "_callback",
        "_gate",
        "_key",
        "_mark",
        "_on_ended",
        "answers",
        "behind",
        "busy",
        "call",
        "delivery",
        "domain",
        "dropped",
        "error",
        "lease",
        "on_error",
        "on_reset",
        "queue",
        "resets",
        "state",
        "topic",
        "wake",
        "watched",
        "wire",
    )

    def __init__(
        self,
        domain: str,
        callback: Callable[[Any], Any] | None,
        *,
        on_reset: Callable[[], None] | None = None,
        on_error: Callable[[Exception], None] | None = None,
        delivery: Delivery | None = None,
        key: Getter | None = None,
    ) -> None:
        self.domain = domain
        self._callback = callback
        self.on_reset = on_reset
        self.on_error = on_error
        self.delivery = delivery or DEFAULT_DELIVERY
        self._mark = 0
        self._key = key
        self.accept: Callable[[Any], Any] = self._take_in if callback is None else callback
        self.queue: deque[Any] | Conflated | None = self._new_queue() if callback is None else None
        self.answers = False
        """Whether it is given what the server asks, which is of interest as long as the connection lasts."""
        self.busy = False
        self.delivered = 0
        self.dropped = 0
        self.resets = 0
        self.state: SubscriptionState = "CREATED"
        self.topic: str | None = None
        self.wire: Wire | None = None
        self.call: Call | None = None
        self.lease: Lease | None = None
        self.ended = False
        self.watched = False
        self.error: Exception | None = None
        self.wake: Callable[[], None] | None = None
        self.behind = False
        """Whether it blocks, and has not caught up since it was at its high-water mark."""
        self._on_ended: tuple[Callable[[Consumer], None], ...] = ()
        self._gate: Gate | None = None

    @property
    def is_stream(self) -> bool:
        return self._callback is None

    @property
    def waiting(self) -> int:
        """How many values wait for it."""
        return 0 if self.queue is None else len(self.queue)

    def bind(self, gate: Gate) -> None:
        """`gate` is told when the consumer falls behind."""
        self._gate = gate

    def _new_queue(self) -> deque[Any] | Conflated:
        limit = self.delivery.limit
        self._mark = limit - 1 if self.delivery.policy == "block" else limit  # reading stops before it is over
        if self._key is None or self.delivery.policy != "latest":
            return deque()
        return Conflated(self._key, self._drop)

    def _take_in(self, value: Any) -> None:
        """A value for a stream."""
        queue: Any = self.queue  # there is one from the beginning
        if len(queue) >= self._mark and not self._makes_room(queue):
            return
        queue.append(value)
        if self.wake is not None:
            self.wake()

    def _enqueue(self, value: Any) -> None:
        """A value for a callback that runs; it is counted when the callback gets it."""
        self.delivered -= 1
        queue = self.queue
        if queue is None:
            queue = self.queue = self._new_queue()
        if len(queue) < self._mark or self._makes_room(queue):
            queue.append(value)

    def _makes_room(self, queue: deque[Any] | Conflated) -> bool:
        gate, policy = self._gate, self.delivery.policy
        assert gate is not None, "a consumer is bound before it is given anything"
        if policy == "block":
            self.behind = True
            return gate.over(self)
        if policy == "drop_oldest":
            queue.popleft()
            self._drop()
            return True
        if isinstance(queue, Conflated):
            return True
        gate.overflow(self, SlowConsumer(self.domain, len(queue)))
        return False

    def _drop(self) -> None:
        self.dropped += 1
        if self._gate is not None:
            self._gate.dropped(self)

    def take(self) -> Any:
        """The value that has waited longest. There is one."""
        queue = self.queue
        assert queue is not None, "a value waits"
        value = queue.popleft()
        if self.behind and len(queue) <= self.delivery.limit // 2:
            self.behind = False
            if self._gate is not None:
                self._gate.relieved(self)
        return value

    def started(self) -> None:
        """An asynchronous callback has begun; what arrives meanwhile waits."""
        self.busy = True
        if not self.ended:
            self.accept = self._enqueue

    def next_result(self) -> Any:
        """Call the callback with the next waiting value; None when nothing waits and it is idle again.

        Raises: whatever a callback raises.
        """
        assert self._callback is not None, "streams are taken from"
        while self.queue and not self.ended:
            self.delivered += 1
            result = self._callback(self.take())
            if result is not None:
                return result
        self.busy = False
        self.queue = None
        if not self.ended:
            self.accept = self._callback
        return None

    def start_over(self) -> None:
        """What waits, and the callback that runs, are of no interest any more; what comes from now on is."""
        assert self._callback is not None, "streams keep what they have taken in"
        self.busy, self.queue = False, None
        if not self.ended:
            self.accept = self._callback
        self._no_longer_over()

    def stop(self) -> None:
        """Nothing is delivered from now on."""
        self._stop_accepting()
        if self.queue is not None:
            self.queue.clear()

    def _stop_accepting(self) -> None:
        self.ended, self.accept = True, _nowhere
        self._no_longer_over()

    def _no_longer_over(self) -> None:
        if self.behind and self._gate is not None:
            self.behind = False
            self._gate.relieved(self)

    def end(self, error: Exception | None) -> None:
        """The last that happens to a consumer. After an error a stream still gives out what it had taken in."""
        if self.state == "DELETED":
            return
        self.error, self.state = error, "DELETED"
        if self.is_stream and error is not None:
            self._stop_accepting()
        else:
            self.stop()
        if self.lease is not None:
            self.lease.consumers.pop(self, None)
        if self.wake is not None:
            self.wake()
        actions, self._on_ended = self._on_ended, ()
        for action in actions:
            action(self)

    def when_ended(self, action: Callable[[Consumer], None]) -> None:
        """Run `action` at the end."""
        self._on_ended = (*self._on_ended, action)


DEFAULT_DELIVERY = Delivery()
