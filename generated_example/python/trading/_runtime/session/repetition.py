"""Which reply answers a subscribe, where the server is known to send some twice and only their order pairs them.

A topic that comes for the first time on a connection is no repetition: it answers the oldest subscribe. One that has
come before is a repetition, or it answers a subscribe with other parameters of the same topic; what comes next tells.
So such a server is asked for one subscription at a time, and a reply in doubt waits until the call that it could
answer would time out. If the server is silent until then, its latest replies are those that were meant.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .calls import ReplyQueue, Slot

if TYPE_CHECKING:
    from .routes import MessageRoute
    from .session import Session

__all__ = ["Repetition"]

TOLD: Final = 1_024


class Doubt(NamedTuple):
    """A reply that may be a repetition, or that came behind one."""

    key: str
    topic: str
    payload: Any


class Repetition:
    """What has come on one connection, and what of it is in doubt."""

    __slots__ = ("_doubts", "_session", "guessed", "told")

    def __init__(self, session: Session) -> None:
        self.told: dict[str, str | None] = {}
        """The topics of replies, each with the parameters that it is certainly of."""
        self.guessed = False
        """Whether it is not certain of some replies whose they are."""
        self._session = session
        self._doubts: dict[ReplyQueue, tuple[list[Doubt], list[Doubt]]] = {}
        """All of each queue, and those whose topic had not come before."""

    def clear(self) -> None:
        """The connection has ended."""
        self.told.clear()
        self.guessed = False
        self._doubts.clear()

    def confirmed(self, slot: Slot, topic: str, *, certain: bool) -> None:
        """A reply with this topic is taken to be of `slot`."""
        wire = slot.wire
        if wire is None:
            return
        if slot.topic != topic:
            wire.guessed = True
            self.guessed |= not certain
        self.tell(topic, wire.key if certain else None)

    def tell(self, topic: str, parameters: str | None = None) -> None:
        """A reply with this topic has come; `parameters` where it is certainly theirs."""
        self.told[topic] = parameters or self.told.pop(topic, None)
        if len(self.told) > TOLD:
            del self.told[next(iter(self.told))]

    def find(self, message: MessageRoute, queue: ReplyQueue, topic: str, payload: Any) -> Slot | None:
        """The slot that a reply certainly answers. None: it is in doubt, and whoever it answers will be told."""
        slot = self._certain(queue, topic)
        if slot is not None:
            self.confirmed(slot, topic, certain=True)
            return slot
        doubts, first = self._doubts.setdefault(queue, ([], []))
        doubts.append(Doubt(message.key, topic, payload))
        if topic not in self.told:
            first.append(doubts[-1])
        self.tell(topic)
        if len(first) == len(queue):
            self._answer(queue, first, certain=True)
        return None

    def _certain(self, queue: ReplyQueue, topic: str) -> Slot | None:
        slot = queue.known(topic)
        if slot is not None or self._doubts.get(queue):
            return slot
        if topic not in self.told:
            return queue.match(topic)
        own = self.told[topic]
        return None if own is None else queue.asking_for(own)

    def settle(self, slot: Slot) -> bool:
        """The server is silent, and the call of `slot` is about to time out. Whether a reply in doubt answers it."""
        for queue in slot.queues:
            doubts, _ = self._doubts.get(queue, ([], []))
            if doubts and slot in queue:
                before = list(queue).index(slot)
                self._answer(queue, doubts[-1 - before :], certain=False)
                return slot not in queue
        return False

    def _answer(self, queue: ReplyQueue, doubts: list[Doubt], *, certain: bool) -> None:
        """Give the oldest slots these replies."""
        del self._doubts[queue]
        for slot, doubt in zip(list(islice(queue, len(doubts))), doubts, strict=False):
            if slot in queue:  # no callback has ended the connection
                self.confirmed(slot, doubt.topic, certain=certain)
                self._session.answer(slot, queue, doubt.key, doubt.payload)
