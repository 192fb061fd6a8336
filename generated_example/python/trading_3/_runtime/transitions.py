"""What becomes of a wire subscription, as data.

Two facts are kept apart for each set of parameters: whether somebody here *wants* it, and what the server has
of it on this connection (*held*). Everything that can happen is one line in the table over the two. To change
the behaviour of subscriptions, change a line; a test goes over every pair.

`wanted` is the fact after the happening: a `JOINED` always leaves it true, the last `LEFT` false.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["TABLE", "Act", "Happening", "Held"]


class Held(Enum):
    """What the server has of a set of parameters, as far as this connection has told."""

    __hash__ = object.__hash__  # each is there once; the hash of `Enum` is a function in Python

    ABSENT = "absent"
    ASKED = "asked"
    HELD = "held"
    RELEASING = "releasing"


class Happening(Enum):
    """What can happen to a wire subscription."""

    __hash__ = object.__hash__

    OPENED = "opened"
    """The connection can be used, or what stood in the way of asking is gone."""
    JOINED = "joined"
    """A consumer arrived."""
    LEFT = "left"
    """The last consumer went."""
    CONFIRMED = "confirmed"
    """The server said ok to a subscribe, perhaps late."""
    REFUSED = "refused"
    """The server refused the latest subscribe."""
    SILENT = "silent"
    """The server did not answer the latest subscribe in time."""
    RELEASED = "released"
    """The server answered the unsubscribe, with whatever words, or did not in time."""
    UNDONE = "undone"
    """The server said ok to a subscribe, but an unsubscribe of the same topic was on its way behind it."""
    LOST = "lost"
    """The connection ended."""


class Act(Enum):
    """What the session does about it."""

    __hash__ = object.__hash__

    NOTHING = "nothing"
    ASK = "ask"
    """Send the subscribe."""
    CONFIRM = "confirm"
    """Settle the calls of all consumers that wait."""
    REJECT = "reject"
    """End all consumers that wait with the server's refusal."""
    RELEASE = "release"
    """Send the unsubscribe, where there is one and no other parameters share the topic."""


_A, _Q, _H, _R = Held.ABSENT, Held.ASKED, Held.HELD, Held.RELEASING

TABLE: Final[Mapping[tuple[bool, Held, Happening], tuple[Held, Act]]] = {
    (True, _A, Happening.OPENED): (_Q, Act.ASK),
    (True, _Q, Happening.OPENED): (_Q, Act.NOTHING),
    (True, _H, Happening.OPENED): (_H, Act.NOTHING),
    (True, _R, Happening.OPENED): (_R, Act.NOTHING),
    (False, _A, Happening.OPENED): (_A, Act.NOTHING),
    (False, _Q, Happening.OPENED): (_Q, Act.NOTHING),
    (False, _H, Happening.OPENED): (_H, Act.NOTHING),
    (False, _R, Happening.OPENED): (_R, Act.NOTHING),
    # A consumer joins what is under way, is confirmed at once, or waits for a release in flight.
    (True, _A, Happening.JOINED): (_Q, Act.ASK),
    (True, _Q, Happening.JOINED): (_Q, Act.NOTHING),
    (True, _H, Happening.JOINED): (_H, Act.CONFIRM),
    (True, _R, Happening.JOINED): (_R, Act.NOTHING),
    # What was only asked is not undone before its answer is known: a new consumer may join it.
    (False, _A, Happening.LEFT): (_A, Act.NOTHING),
    (False, _Q, Happening.LEFT): (_Q, Act.NOTHING),
    (False, _H, Happening.LEFT): (_R, Act.RELEASE),
    (False, _R, Happening.LEFT): (_R, Act.NOTHING),
    # A late ok is adopted when somebody wants it, and undone when nobody does.
    (True, _A, Happening.CONFIRMED): (_H, Act.CONFIRM),
    (True, _Q, Happening.CONFIRMED): (_H, Act.CONFIRM),
    (True, _H, Happening.CONFIRMED): (_H, Act.NOTHING),
    (True, _R, Happening.CONFIRMED): (_R, Act.NOTHING),
    (False, _A, Happening.CONFIRMED): (_R, Act.RELEASE),
    (False, _Q, Happening.CONFIRMED): (_R, Act.RELEASE),
    (False, _H, Happening.CONFIRMED): (_H, Act.NOTHING),
    (False, _R, Happening.CONFIRMED): (_R, Act.NOTHING),
    (True, _A, Happening.REFUSED): (_A, Act.NOTHING),
    (True, _Q, Happening.REFUSED): (_A, Act.REJECT),
    (True, _H, Happening.REFUSED): (_H, Act.NOTHING),
    (True, _R, Happening.REFUSED): (_R, Act.NOTHING),
    (False, _A, Happening.REFUSED): (_A, Act.NOTHING),
    (False, _Q, Happening.REFUSED): (_A, Act.NOTHING),
    (False, _H, Happening.REFUSED): (_H, Act.NOTHING),
    (False, _R, Happening.REFUSED): (_R, Act.NOTHING),
    # Each caller's own clock ends its call; the wire subscription is silent when the last of them has gone. One
    # that is being renewed has no caller: it is asked for once more.
    (True, _A, Happening.SILENT): (_A, Act.NOTHING),
    (True, _Q, Happening.SILENT): (_Q, Act.ASK),
    (True, _H, Happening.SILENT): (_H, Act.NOTHING),
    (True, _R, Happening.SILENT): (_R, Act.NOTHING),
    (False, _A, Happening.SILENT): (_A, Act.NOTHING),
    (False, _Q, Happening.SILENT): (_A, Act.NOTHING),
    (False, _H, Happening.SILENT): (_H, Act.NOTHING),
    (False, _R, Happening.SILENT): (_R, Act.NOTHING),
    (True, _A, Happening.RELEASED): (_A, Act.NOTHING),
    (True, _Q, Happening.RELEASED): (_Q, Act.NOTHING),
    (True, _H, Happening.RELEASED): (_H, Act.NOTHING),
    (True, _R, Happening.RELEASED): (_Q, Act.ASK),
    (False, _A, Happening.RELEASED): (_A, Act.NOTHING),
    (False, _Q, Happening.RELEASED): (_Q, Act.NOTHING),
    (False, _H, Happening.RELEASED): (_H, Act.NOTHING),
    (False, _R, Happening.RELEASED): (_A, Act.NOTHING),
    # The wait for that unsubscribe is the same as for one of its own.
    (True, _A, Happening.UNDONE): (_R, Act.NOTHING),
    (True, _Q, Happening.UNDONE): (_R, Act.NOTHING),
    (True, _H, Happening.UNDONE): (_H, Act.NOTHING),
    (True, _R, Happening.UNDONE): (_R, Act.NOTHING),
    (False, _A, Happening.UNDONE): (_R, Act.NOTHING),
    (False, _Q, Happening.UNDONE): (_R, Act.NOTHING),
    (False, _H, Happening.UNDONE): (_H, Act.NOTHING),
    (False, _R, Happening.UNDONE): (_R, Act.NOTHING),
    (True, _A, Happening.LOST): (_A, Act.NOTHING),
    (True, _Q, Happening.LOST): (_A, Act.NOTHING),
    (True, _H, Happening.LOST): (_A, Act.NOTHING),
    (True, _R, Happening.LOST): (_A, Act.NOTHING),
    (False, _A, Happening.LOST): (_A, Act.NOTHING),
    (False, _Q, Happening.LOST): (_A, Act.NOTHING),
    (False, _H, Happening.LOST): (_A, Act.NOTHING),
    (False, _R, Happening.LOST): (_A, Act.NOTHING),
}
