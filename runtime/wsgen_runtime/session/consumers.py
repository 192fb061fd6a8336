"""Who gets values, and what waits for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import SlowConsumer
from ..options import SubscriptionState
from .calls import Call

if TYPE_CHECKING:
    from .leases import Lease
    from .subscriptions import Wire

__all__ = ["Consumer"]


def _nowhere(value: Any) -> None:
    """Takes what arrives after a consumer has ended."""


class Consumer:
    """A callback, or a queue that a stream takes from.

    `accept` is what the dispatcher calls with each value: the callback itself, the queue while an asynchronous
    callback runs or for a stream, or nothing at all once the consumer has ended. A result that is not None is
    an awaitable, which the shell serves.
    """

    __slots__ = (
        "_callback",
        "_on_ended",
        "_overflow",
        "accept",
        "busy",
        "call",
        "delivered",
        "domain",
        "ended",
        "error",
        "lease",
        "limit",
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
        limit: int = 4096,
    ) -> None:
        self.domain = domain
        self._callback = callback
        self.on_reset = on_reset
        self.on_error = on_error
        self.limit = limit
        self.accept: Callable[[Any], Any] = self._enqueue if callback is None else callback
        self.queue: deque[Any] | None = deque() if callback is None else None
        self.busy = False
        self.delivered = 0
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
        self._on_ended: tuple[Callable[[Consumer], None], ...] = ()
        self._overflow: Callable[[Consumer, SlowConsumer], None] | None = None

    @property
    def is_stream(self) -> bool:
        return self._callback is None

    def bind(self, overflow: Callable[[Consumer, SlowConsumer], None]) -> None:
        """`overflow` ends this consumer when it falls too far behind."""
        self._overflow = overflow

    def _enqueue(self, value: Any) -> None:
        if self._callback is not None:
            self.delivered -= 1  # counted when the callback gets it
        queue = self.queue
        if queue is None:
            queue = self.queue = deque()
        if len(queue) >= self.limit:
            assert self._overflow is not None, "a consumer is bound before it is given anything"
            self._overflow(self, SlowConsumer(self.domain, len(queue)))
            return
        queue.append(value)
        if self.wake is not None:
            self.wake()

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
            result = self._callback(self.queue.popleft())
            if result is not None:
                return result
        self.busy = False
        self.queue = None
        if not self.ended:
            self.accept = self._callback
        return None

    def stop(self) -> None:
        """Nothing is delivered from now on."""
        self.ended = True
        self.accept = _nowhere
        if self.queue is not None:
            self.queue.clear()

    def end(self, error: Exception | None) -> None:
        """The last that happens to a consumer. After an error a stream still gives out what it had taken in."""
        if self.state == "DELETED":
            return
        self.error, self.state = error, "DELETED"
        kept = self.queue if self.is_stream and error is not None else None
        if kept is None:
            self.stop()
        else:
            self.ended, self.accept = True, _nowhere
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
