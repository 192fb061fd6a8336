"""Calls, and which reply belongs to which.

Servers of this kind answer in order and without an id, so a reply belongs to the oldest slot of its kind, unless
something in it says better. *Every* frame that the server will answer takes a slot before it is sent. A call
that nobody waits for any more leaves its slot in place as a tombstone: the reply that reaches it is the one that
was meant for it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from ..errors import WsgenError
from .timers import Timer, Timers

if TYPE_CHECKING:
    from .leases import Lease
    from .wires import Wire

__all__ = ["Call", "Cancelled", "ReplyQueue", "Slot", "Staircase", "Wait", "when_all_settled"]


class Cancelled(Exception):
    """The outcome of a call that its own caller gave up."""


class Call:
    """Something that a caller waits for. It settles exactly once, with a result or an error."""

    __slots__ = (
        "_on_settled",
        "_queue",
        "error",
        "lease",
        "message",
        "order",
        "result",
        "settled",
        "timeout",
        "timer",
        "wait",
    )

    def __init__(self, message: str, lease: Lease | None) -> None:
        self.message = message
        self.lease = lease
        if lease is not None:
            lease.calls[self] = None
        self.timeout = 0.0
        self.order = 0
        self.settled = False
        self.result: Any = None
        self.error: WsgenError | Cancelled | None = None
        self.wait: Wait | None = None
        self.timer: Timer | None = None
        self._queue: dict[Call, Callable[[], None]] | None = None
        self._on_settled: tuple[Callable[[Call], None], ...] = ()

    def when_settled(self, action: Callable[[Call], None]) -> None:
        """Run `action` when the call settles, at once if it has."""
        if self.settled:
            action(self)
        else:
            self._on_settled = (*self._on_settled, action)

    def wait_in(self, queue: dict[Call, Callable[[], None]], timer: Timer) -> None:
        """It waits in `queue` for a connection, as long as `timer` allows."""
        self._queue, self.timer = queue, timer

    def stop_waiting(self) -> None:
        """There is a connection, or no need of one any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self._queue is not None:
            self._queue.pop(self, None)
            self._queue = None

    def settle(self, result: Any = None, error: WsgenError | Cancelled | None = None) -> None:
        if self.settled:
            return
        self.settled, self.result, self.error = True, result, error
        if self.lease is not None:
            self.lease.calls.pop(self, None)
        if self.wait is not None:
            self.wait.cancel()
        self.stop_waiting()
        actions, self._on_settled = self._on_settled, ()
        for action in actions:
            action(self)


class Slot:
    """The place of one sent frame among those that wait for a reply.

    `waiting` is false for a tombstone. `topic` is what its reply will say, where that is known: of an unsubscribe,
    and of a subscribe that another answer to the same parameters has overtaken. `id` is what it was sent with and its
    reply will repeat, where it was. `wire` is what a subscribe asks for. A topic that is not `certain` is that of a
    rule, from which the server may differ.
    """

    __slots__ = ("answered", "certain", "failed", "id", "kind", "queues", "sequence", "topic", "waiting", "wire")

    def __init__(
        self,
        sequence: int,
        kind: Literal["subscribe", "unsubscribe", "request", "heartbeat"],
        answered: Callable[[str, Any], None],
        failed: Callable[[WsgenError], None],
        topic: str | None = None,
        wire: Wire | None = None,
        id: str | None = None,
        *,
        certain: bool = True,
    ) -> None:
        self.wire = wire
        self.certain = certain
        self.id = id
        self.sequence = sequence
        self.kind = kind
        self.answered = answered
        self.failed = failed
        self.topic = topic
        self.waiting = True
        self.queues: tuple[ReplyQueue, ...] = ()

    def entomb(self) -> None:
        """Nobody waits any more; the reply that is meant for this slot is still to come."""
        self.waiting = False

    def revive(self) -> None:
        """Somebody waits again for what had been given up."""
        self.waiting = True

    def learn(self, topic: str) -> None:
        """The reply will name this topic."""
        for queue in self.queues:
            queue.rename(self, topic)
        self.topic, self.certain = topic, True

    @property
    def open(self) -> bool:
        """Whether its reply may have any topic, for all that is known for certain."""
        return self.topic is None or not self.certain

    @property
    def misaligned(self) -> bool:
        """Whether a reply that came since this was sent may have been its own, taken by a tombstone before it."""
        return any(queue.replied >= self.sequence and queue.shadows(self) for queue in self.queues)


_sent = attrgetter("sequence")


class _Line:
    """Slots in the order in which they were sent. None of its answers takes longer where more of them wait."""

    __slots__ = ("by_topic", "open", "slots")

    def __init__(self) -> None:
        self.slots: OrderedDict[Slot, None] = OrderedDict()  # of a dict, the first key is far behind those that left
        self.open: OrderedDict[Slot, None] = OrderedDict()
        """Those that any topic may reach, as their own is not known for certain."""
        self.by_topic: dict[str, list[Slot]] = {}

    @property
    def first(self) -> Slot | None:
        return next(iter(self.slots), None)

    def first_for(self, topic: str) -> Slot | None:
        """The first one that a reply with this topic may belong to."""
        opened, same = next(iter(self.open), None), self.by_topic.get(topic)
        if opened is None or same is None:
            return opened if same is None else same[0]
        return min(opened, same[0], key=_sent)

    def append(self, slot: Slot) -> None:
        self.slots[slot] = None
        if slot.open:
            self.open[slot] = None
        if slot.topic is not None:
            self.by_topic.setdefault(slot.topic, []).append(slot)

    def rename(self, slot: Slot, topic: str) -> None:
        """Its topic is known for certain."""
        self.open.pop(slot, None)
        self._forget_topic(slot)
        insort(self.by_topic.setdefault(topic, []), slot, key=_sent)

    def remove(self, slot: Slot) -> None:
        del self.slots[slot]
        self.open.pop(slot, None)
        self._forget_topic(slot)

    def _forget_topic(self, slot: Slot) -> None:
        if slot.topic is not None:
            _take_out(self.by_topic, slot.topic, slot)


def _take_out(table: dict[str, list[Slot]], key: str, slot: Slot) -> None:
    same = table[key]
    same.remove(slot)
    if not same:
        del table[key]


class ReplyQueue:
    """The slots that wait for one kind of reply, oldest first."""

    __slots__ = ("_all", "_by_id", "_by_wire", "_nameless", "_risen", "held_back", "latest", "learned", "replied")

    def __init__(self) -> None:
        self._all = self._nameless = _Line()
        """All slots, and those without an id: the same line until one with an id has come."""
        self._by_id: dict[str, list[Slot]] = {}
        self._by_wire: dict[str, list[Slot]] = {}
        """Of what parameters ask for, by those."""
        self._risen = Staircase()
        self.held_back: deque[Callable[[], None]] = deque()
        self.learned: list[Wire] = []
        """What learned its topic by position since the queue was last empty."""
        self.latest: str | None = None
        """The topic of the latest reply that had the topic of its slot."""
        self.replied = 0
        """The sequence number of the latest frame that had been sent when the latest reply without an id came."""

    def __len__(self) -> int:
        return len(self._all.slots)

    def append(self, slot: Slot) -> None:
        slot.queues += (self,)
        if slot.id is not None:
            self._by_id.setdefault(slot.id, []).append(slot)
            if self._nameless is self._all:
                self._nameless = _Line()
                for other in self._all.slots:
                    self._nameless.append(other)
        if slot.wire is not None:
            self._by_wire.setdefault(slot.wire.key, []).append(slot)
        self._all.append(slot)
        if self._in_both(slot):
            self._nameless.append(slot)

    def _in_both(self, slot: Slot) -> bool:
        return self._nameless is not self._all and slot.id is None

    def with_id(self, id: str) -> Slot | None:
        """The oldest slot that was sent with this id."""
        same = self._by_id.get(id)
        return same[0] if same else None

    def asking_for(self, parameters: str) -> Slot | None:
        """The oldest slot of a subscribe with these canonical parameters."""
        same = self._by_wire.get(parameters)
        return same[0] if same else None

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._all.slots)

    def __contains__(self, slot: Slot) -> bool:
        return slot in self._all.slots

    def match(self, topic: str | None, *, held: bool = False) -> Slot | None:
        """The slot that a reply belongs to: by its topic where exactly one waiting call has it, else by order.

        A subscribe that was repeated has the oldest of its slots answered first, so that those behind keep their
        places. By order, a reply with a topic passes over slots that are known to have another one, unless all do; and
        every reply over those that wait for one with an id, unless all do.

        None: it has come before. That is so where its topic is `held` by a subscription already, and all who wait are
        known or expected to have another one; or where all are known to, and it was that of the reply before.
        """
        line = self._nameless if self._nameless.slots else self._all
        first = line.first
        if first is None:
            return None
        if topic is None or (first.topic == topic and first.waiting):
            return first
        known = self.known(topic)
        if known is not None:
            return known
        found = line.first_for(topic)
        if found is None and (held or topic == self.latest):
            return None
        if found is not None and held and found.topic is not None and found.topic != topic:
            return None
        return found or first

    def known(self, topic: str) -> Slot | None:
        """The slot that a reply with this topic belongs to, where exactly one waiting call is known to have it."""
        same = self._all.by_topic.get(topic, ())
        waiting = [slot for slot in same if slot.waiting]
        if len(waiting) != 1:
            return None
        wire = waiting[0].wire
        return waiting[0] if wire is None else next(slot for slot in same if slot.wire is wire)

    @property
    def guessed(self) -> bool:
        """Whether a topic was learned by position since the queue was last empty."""
        return any(wire.topic is not None for wire in self.learned)

    def front(self) -> Slot | None:
        return self._all.first

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for a reply of this kind."""
        return any(slot.waiting for slot in self)

    def shadows(self, slot: Slot) -> bool:
        """Whether a tombstone stands before `slot`, or stood there at some time."""
        if self._risen.latest_before(slot.sequence) >= slot.sequence:
            return True
        for other in self:
            if other is slot:
                return False
            if not other.waiting and (other.id is None or slot.id is not None):
                return True
        return False

    def rename(self, slot: Slot, topic: str) -> None:
        """The topic of a slot has become known."""
        self._all.rename(slot, topic)
        if self._in_both(slot):
            self._nameless.rename(slot, topic)

    def remove(self, slot: Slot, sent: int, *, by_id: bool = False) -> None:
        """A reply came for `slot`; `sent` is the sequence number of the latest frame that was sent.

        One that was found by its id says nothing about the order of the others.
        """
        self._all.remove(slot)
        if self._in_both(slot):
            self._nameless.remove(slot)
        if slot.id is not None:
            _take_out(self._by_id, slot.id, slot)
        if slot.wire is not None:
            _take_out(self._by_wire, slot.wire.key, slot)
        first = self.front()
        if first is None:
            self.learned.clear()
        if by_id:
            return
        if first is not None and slot.wire is not None and slot.wire.guessed:
            self.learned.append(slot.wire)
        if not slot.waiting:
            self._risen.note(slot.sequence, sent, sent + 1 if first is None else first.sequence)

    def drain(self) -> None:
        """Empty the queue; the connection has ended. What learned its topic by position before a reply that was still
        to come may have learned another one's, and forgets it.
        """
        for wire in self.learned:
            wire.topic = None
        self._all = self._nameless = _Line()
        self._by_id.clear()
        self._by_wire.clear()
        self._risen.clear()
        self.held_back.clear()
        self.learned.clear()
        self.latest = None


class Staircase:
    """When something last happened to any frame that was sent before a given one.

    Kept as pairs (sequence, when), both rising, so that a thousand calls behind one slow server cost no more than
    a search each.
    """

    __slots__ = ("_sequences", "_whens")

    def __init__(self) -> None:
        self._sequences: list[int] = []
        self._whens: list[float] = []

    def note(self, sequence: int, when: float, oldest: int) -> None:
        """It happened to frame `sequence`, the latest so far; nobody will ask about frames before `oldest`."""
        at = bisect_left(self._sequences, sequence)
        del self._sequences[at:], self._whens[at:]
        self._sequences.append(sequence)
        self._whens.append(when)
        useless = bisect_left(self._sequences, oldest) - 1
        if useless > 0:
            del self._sequences[:useless], self._whens[:useless]

    def latest_before(self, sequence: int) -> float:
        at = bisect_left(self._sequences, sequence)
        return self._whens[at - 1] if at else float("-inf")

    def clear(self) -> None:
        self._sequences.clear()
        self._whens.clear()


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
        answers: Staircase,
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


def when_all_settled(calls: Iterable[Call], action: Callable[[], None]) -> None:
    """Run `action` once all of `calls` have settled."""
    waiting = [call for call in calls if not call.settled]
    left = len(waiting)
    if not left:
        action()

    def one_settled(call: Call) -> None:
        nonlocal left
        left -= 1
        if not left:
            action()

    for call in waiting:
        call.when_settled(one_settled)
