"""Do replies that go by order still reach the calls that they answer?

One reply that is lost lets the later ones reach the call before theirs, one that comes twice lets them reach the call
behind it. Neither shows in the replies where only the server knows the topic of a subscription. It shows in their
number: in the end one call has no reply, or one reply has no call. A call without a reply may also be a slow or
silent server; so it has as long again for a late one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .calls import ReplyQueue, Slot, Wait
from .repetition import Repetition

if TYPE_CHECKING:
    from .routes import MessageRoute
    from .session import Session

__all__ = ["Alignment"]

SUSPICIONS: Final = 3
"""How many connections replies that no call waits for may cost: there are servers that confirm what nobody asked."""


class Alignment:
    """What one session knows about the order of its replies."""

    __slots__ = ("_overdue", "_repetition", "_session", "_shared", "_suspicions", "repeats")

    def __init__(self, session: Session) -> None:
        self.repeats = False
        """Whether the server has answered more often than it was asked."""
        self._suspicions = 0
        self._shared = False
        self._repetition = Repetition(session)
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
        if self._shared:
            for wire in self._session.renewal.guessed:
                wire.topic = None
        self._shared = False
        self._repetition.clear()

    def find(self, message: MessageRoute, queue: ReplyQueue, payload: Any) -> Slot | None:
        """The slot that a reply without an id belongs to. None: it has come before, or may have."""
        topic = None if message.topic is None else message.topic(payload)
        if topic is None:
            return queue.match(None)
        if self.repeats and message.domains:
            return self._repetition.find(message, queue, topic, payload)
        held = message.holds(topic)
        slot = queue.match(topic, held=held)
        queue.latest = topic if slot is not None and slot.topic == topic else queue.latest
        if slot is None and message.domains:
            self.surplus(message, payload)
        elif slot is not None and slot.wire is not None:
            # Two share the topic, or the reply has come twice.
            self._shared |= slot.topic != topic and (held or topic in self._repetition.told)
            self._repetition.confirmed(slot, topic, certain=False)
        return slot

    def settle(self, slot: Slot) -> bool:
        """Nothing more came for `slot`. Whether a reply that was in doubt has answered it now."""
        return self._repetition.settle(slot)

    def surplus(self, message: MessageRoute, payload: Any) -> None:
        """A reply came that no call waits for."""
        topic = None if message.topic is None else message.topic(payload)
        if topic is None or self._suspicions == SUSPICIONS:
            return
        mistaken = self._repetition.guessed if self.repeats else self._shared
        if topic in self._repetition.told and not mistaken:
            return  # it has come before, and was not taken for another one's
        self._repetition.tell(topic)
        if self._repetition.guessed or self.repeats:
            self.repeats = True
            self._suspicions += 1
            self._session.desynchronised(self._session.renewal.guessed)

    def _never_came(self, slot: Slot) -> None:
        del self._overdue[slot]
        if any(queue.guessed for queue in slot.queues):
            self._lost(slot)

    def _lost(self, slot: Slot) -> None:
        self._session.desynchronised([wire for queue in slot.queues for wire in queue.learned])
