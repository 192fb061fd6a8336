"""Asking again on a new connection, and finding the subscription that ends connections.

What is wanted is sent again in its original order, all at once. Two kinds are sent only after every other one has been
answered, one at a time: those whose topic is in doubt, and the *suspects*. A suspect was the oldest unanswered call
when the server ended the connection because of what was sent on it. One that does so again while it is alone is ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import itemgetter
from typing import Final

from ..errors import RemoteError
from .calls import Call, Slot
from .subscriptions import Domain
from .wires import Wire

__all__ = ["Renewal"]

POISON_CODES: Final = frozenset({1003, 1007, 1008, 1009, 1011})
"""Close codes with which servers end a connection because of what was sent on it (RFC 6455, section 7.4)."""


class Renewal:
    """What is asked for again, and what must be asked for alone."""

    __slots__ = ("_domains", "_single_file", "one_way_since_answer")

    def __init__(self, domains: Mapping[int, Domain]) -> None:
        self.one_way_since_answer = False
        """Whether something was sent, since the last answered call, that no answer tells about."""
        self._domains = domains
        self._single_file: list[Wire] = []  # a deque takes 760 bytes when it is empty

    def begin(self, waiting: Mapping[Call, Callable[[], None]]) -> int:
        """There is a connection: send in the order in which it was asked for. How many are wanted from before."""
        starts: list[tuple[int, Callable[[], None]]] = []
        for call, start in list(waiting.items()):
            call.stop_waiting()
            starts.append((call.order, start))
        wires = [wire for domain in self._domains.values() for wire in domain.wires.values() if wire.wanted]
        for wire in sorted(wires, key=lambda wire: wire.order):
            if wire.alone:
                self.queue(wire)
            else:
                starts.append((wire.order, partial(wire.domain.opened, wire)))
        for _, start in sorted(starts, key=itemgetter(0)):
            start()
        self.go_on()
        return len(wires)

    @property
    def asking(self) -> int:
        """How many answers to subscribes are awaited."""
        return sum(domain.asking for domain in self._domains.values())

    @property
    def guessed(self) -> list[Wire]:
        """Those whose topic only the order of replies says."""
        return [wire for domain in self._domains.values() for wire in domain.wires.values() if wire.guessed]

    def queue(self, wire: Wire) -> None:
        """Send one when nothing else is asked for."""
        wire.queued = True
        self._single_file.append(wire)

    def go_on(self) -> None:
        """Send the next of those that are sent alone, when nothing else is asked for."""
        while self._single_file and not self.asking:
            wire = self._single_file.pop(0)
            if wire.queued:
                wire.queued = False
                wire.domain.opened(wire)

    def ended(self, code: int | None, slots: Iterable[Slot]) -> bool:
        """The connection ended; `slots` are the unanswered calls, oldest first. Whether a subscription is to blame."""
        self._single_file.clear()
        one_way, self.one_way_since_answer = self.one_way_since_answer, False
        slot = next(iter(slots), None)
        wire = None if slot is None else slot.wire
        if code not in POISON_CODES or one_way or wire is None or not wire.wanted:
            return False
        if wire.suspect:
            sentence = f"the server ends the connection (code {code}) whenever it is asked for this subscription to "
            wire.domain.expel(wire, lambda: RemoteError(f"{sentence}`{wire.domain.operation.domain}`"))
        else:
            wire.suspect = wire.alone = True
        return True
