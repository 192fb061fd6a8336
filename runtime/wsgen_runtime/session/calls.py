"""Calls, and which reply belongs to which.

Servers of this kind answer in order and without an id, so a reply belongs to the oldest slot of its kind, unless
something in it says better. *Every* frame that the server will answer takes a slot before it is sent. A call
that nobody waits for any more leaves its slot in place as a tombstone: the reply that reaches it is the one that
was meant for it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from ..errors import WsgenError
from .timers import Timer, Timers

if TYPE_CHECKING:
    from .leases import Lease

__all__ = ["AnswerLog", "Call", "Cancelled", "ReplyQueue", "Slot", "Wait"]


class Cancelled(Exception):
    """The outcome of a call that its own caller gave up."""


class Call:
    """Something that a caller waits for. It settles exactly once, with a result or an error."""

    __slots__ = ("_on_settled", "error", "lease", "message", "result", "settled", "timeout", "timer", "wait")

    def __init__(self, message: str, lease: Lease | None) -> None:
        self.message = message
        self.lease = lease
        if lease is not None:
            lease.calls[self] = None
        self.timeout = 0.0
        self.settled = False
        self.result: Any = None
        self.error: WsgenError | Cancelled | None = None
        self.wait: Wait | None = None
        self.timer: Timer | None = None
        self._on_settled: Callable[[Call], None] | None = None

    def when_settled(self, action: Callable[[Call], None]) -> None:
        """Run `action` when the call settles, at once if it has."""
        if self.settled:
            action(self)
        else:
            self._on_settled = action

    def settle(self, result: Any = None, error: WsgenError | Cancelled | None = None) -> None:
        if self.settled:
            return
        self.settled, self.result, self.error = True, result, error
        if self.lease is not None:
            self.lease.calls.pop(self, None)
        if self.wait is not None:
            self.wait.cancel()
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        action, self._on_settled = self._on_settled, None
        if action is not None:
            action(self)


class Slot:
    """The place of one sent frame among those that wait for a reply.

    `waiting` is false for a tombstone. `topic` is known for an unsubscribe and a repeated subscribe. `shadowed`
    says that a tombstone stood before it at some time.
    """

    __slots__ = (
        "answered",
        "failed",
        "kind",
        "queues",
        "replies_before",
        "sequence",
        "shadowed",
        "topic",
        "waiting",
    )

    def __init__(
        self,
        sequence: int,
        kind: Literal["subscribe", "unsubscribe", "request"],
        answered: Callable[[str, Any], None],
        failed: Callable[[WsgenError], None],
        topic: str | None = None,
    ) -> None:
        self.sequence = sequence
        self.kind = kind
        self.answered = answered
        self.failed = failed
        self.topic = topic
        self.waiting = True
        self.shadowed = False
        self.replies_before = 0
        self.queues: tuple[ReplyQueue, ...] = ()

    def entomb(self) -> None:
        """Nobody waits any more; the reply that is meant for this slot is still to come."""
        if not self.waiting:
            return
        self.waiting = False
        for queue in self.queues:
            queue.shadow(self)

    @property
    def misaligned(self) -> bool:
        """Whether a reply that came since this was sent may have been its own, taken by a tombstone before it."""
        return self.shadowed and any(queue.replies > self.replies_before for queue in self.queues)


class ReplyQueue:
    """The slots that wait for one kind of reply, oldest first."""

    __slots__ = ("_by_topic", "_slots", "held_back", "replies")

    def __init__(self) -> None:
        self._slots: deque[Slot] = deque()
        self.held_back: deque[Callable[[], None]] = deque()
        self._by_topic: dict[str, list[Slot]] = {}
        self.replies = 0

    def __len__(self) -> int:
        return len(self._slots)

    def append(self, slot: Slot) -> None:
        slot.shadowed = slot.shadowed or any(not other.waiting for other in self._slots)
        slot.replies_before = max(slot.replies_before, self.replies)
        slot.queues += (self,)
        self._slots.append(slot)
        if slot.topic is not None:
            self._by_topic.setdefault(slot.topic, []).append(slot)

    def shadow(self, tombstone: Slot) -> None:
        for slot in self._slots:
            if slot.sequence > tombstone.sequence:
                slot.shadowed = True

    def match(self, topic: str | None) -> Slot | None:
        """The slot that a reply belongs to: by its topic where exactly one waiting call has it, else by order.

        By order, a reply with a topic passes over slots that are known to have another one, unless all do.
        """
        if not self._slots:
            return None
        first = self._slots[0]
        if topic is None or (first.topic == topic and first.waiting):
            return first
        known = [slot for slot in self._by_topic.get(topic, ()) if slot.waiting]
        if len(known) == 1:
            return known[0]
        return next((slot for slot in self._slots if slot.topic is None or slot.topic == topic), first)

    def front(self) -> Slot | None:
        return self._slots[0] if self._slots else None

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for a reply of this kind."""
        return any(slot.waiting for slot in self._slots)

    def remove(self, slot: Slot) -> None:
        if self._slots[0] is slot:
            self._slots.popleft()
        else:
            self._slots.remove(slot)
        if slot.topic is not None:
            same = self._by_topic[slot.topic]
            same.remove(slot)
            if not same:
                del self._by_topic[slot.topic]

    def drain(self) -> list[Slot]:
        """Empty the queue; the connection has ended."""
        slots = list(self._slots)
        self._slots.clear()
        self._by_topic.clear()
        self.held_back.clear()
        return slots


class AnswerLog:
    """When the server last answered something that was sent before a given frame.

    Kept as a staircase of (sequence, time), both rising, so that a thousand calls behind one slow server need no
    thousand new timers at each answer.
    """

    __slots__ = ("_sequences", "_times")

    def __init__(self) -> None:
        self._sequences: list[int] = []
        self._times: list[float] = []

    def note(self, sequence: int, time: float, oldest: int) -> None:
        """An answer to frame `sequence` came at `time`; nothing older than `oldest` waits any more."""
        at = bisect_left(self._sequences, sequence)
        del self._sequences[at:], self._times[at:]
        self._sequences.append(sequence)
        self._times.append(time)
        useless = bisect_left(self._sequences, oldest) - 1
        if useless > 0:
            del self._sequences[:useless], self._times[:useless]

    def latest_before(self, sequence: int) -> float:
        at = bisect_left(self._sequences, sequence)
        return self._times[at - 1] if at else float("-inf")

    def clear(self) -> None:
        self._sequences.clear()
        self._times.clear()


class Wait:
    """The clock of one call: it runs while the server is silent, and starts anew when the server answers
    anything that was sent before.
    """

    __slots__ = ("_answers", "_expired", "_timer", "_timers", "slot", "started", "timeout")

    def __init__(
        self,
        slot: Slot,
        started: float,
        timeout: float,
        timers: Timers,
        answers: AnswerLog,
        expired: Callable[[], None],
    ) -> None:
        self.slot = slot
        self.started = started
        self.timeout = timeout
        self._timers = timers
        self._answers = answers
        self._expired = expired
        self._timer = timers.at(started + timeout, self._due)

    def _due(self) -> None:
        silent_since = max(self.started, self._answers.latest_before(self.slot.sequence))
        if silent_since > self.started and silent_since + self.timeout > self._timer.when:
            self._timer = self._timers.at(silent_since + self.timeout, self._due)
        else:
            self._expired()

    def cancel(self) -> None:
        self._timer.cancel()
