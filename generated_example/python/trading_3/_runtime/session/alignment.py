"""Do replies that go by order still reach the calls that they answer?

One reply that is lost lets the later ones reach the call before theirs, one that comes twice lets them reach the call
behind it. Neither shows in the replies where only the server knows the topic of a subscription. It shows in their
number: in the end one call has no reply, or one reply has no call. A call without a reply may also be a slow or
silent server; so it has as long again for a late one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .calls import Slot, Wait

if TYPE_CHECKING:
    from .routes import MessageRoute
    from .session import Session
    from .wires import Wire

__all__ = ["Alignment"]

TOLD: Final = 1_024
SUSPICIONS: Final = 3
"""How many connections replies that no call waits for may cost: there are servers that confirm what nobody asked."""


class Alignment:
    """What one session knows about the order of its replies."""

    def __init__(self, session: Session) -> None:
        self.repeats = False
        """Whether the server has answered more often than it was asked."""
        self._suspicions = 0
        self._shared = False
        self._told: dict[str, None] = {}
        self._session = session
        self._overdue: dict[Slot, Wait] = {}

    def unanswered(self, slot: Slot) -> None:
        """A call has timed out; its slot stays."""
        if slot.misaligned:
            self._lost(slot)
        else:
            self.watch(slot)

    def watch(self, slot: Slot) -> None:
        """Nobody waits for the reply of this slot any more, but it has to come."""
        if slot not in self._overdue:
            self._overdue[slot] = self._session.clock_for(slot, None, lambda: self._never_came(slot))

    def answered(self, slot: Slot) -> None:
        """A reply has come for it, perhaps late."""
        wait = self._overdue.pop(slot, None)
        if wait is not None:
            wait.cancel()

    def clear(self) -> None:
        """The connection has ended."""
        for wait in self._overdue.values():
            wait.cancel()
        self._overdue.clear()
        self._shared = False
        self._told.clear()

    def confirmed(self, wire: Wire, topic: str | None, *, guessed: bool, held: bool) -> None:
        """A reply with this topic has reached a subscribe; `guessed` where only their order says that it should.
        Another subscription may have the topic (it is `held`) or have had it: then two share it, or it came twice.
        """
        wire.guessed = guessed
        if topic is not None:
            self._shared |= guessed and (held or topic in self._told)
            self._told[topic] = None
            if len(self._told) > TOLD:
                del self._told[next(iter(self._told))]

    def surplus(self, message: MessageRoute, payload: Any) -> None:
        """A reply came that no call waits for."""
        topic = None if message.topic is None else message.topic(payload)
        if topic is None or self._suspicions == SUSPICIONS:
            return
        if message.holds(topic) and not self._shared:
            return  # it has come before, and was not taken for another one's
        guessed = [wire for domain in message.domains for wire in domain.wires.values() if wire.guessed]
        if guessed:
            self.repeats = True
            self._suspicions += 1
            self._session.desynchronised(guessed)

    def _never_came(self, slot: Slot) -> None:
        del self._overdue[slot]
        if any(queue.guessed for queue in slot.queues):
            self._lost(slot)

    def _lost(self, slot: Slot) -> None:
        self._session.desynchronised([wire for queue in slot.queues for wire in queue.learned])
