"""Where the time of a connection comes from: the event loop's clock, or one that a test moves by hand."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Timer", "VirtualClock"]


class Timer(Protocol):
    """A call that has been put off; `asyncio.TimerHandle` is one."""

    def when(self) -> float: ...
    def cancel(self) -> None: ...


class Clock(Protocol):
    """Tells the time in seconds from any origin, and calls back later; an asyncio event loop is one.

    A transport with an attribute `clock` brings its own: its connections take their time from there.
    """

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], object], /) -> Timer:
        """Call once, when the time has come; never from inside this method."""
        ...


class VirtualTimer:
    """A timer of a `VirtualClock`."""

    __slots__ = ("_callback", "_changed", "_when")

    def __init__(self, when: float, callback: Callable[[], object], changed: Callable[[], None]) -> None:
        self._when = when
        self._callback: Callable[[], object] | None = callback
        self._changed = changed

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self._callback = None
        self._changed()

    @property
    def waiting(self) -> bool:
        return self._callback is not None

    def run(self) -> None:
        """Call, unless it was cancelled; at most once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class VirtualClock:
    """Time that passes as that of another clock does, and can be put forward: with `run_next` and `move_to`.

    It begins at 0. `base` gives the other clock; it is not called before the time matters.
    """

    def __init__(self, base: Callable[[], Clock]) -> None:
        self.on_set: Callable[[], None] | None = None
        """Called whenever a timer is set."""
        self._base = base
        self._begin: float | None = None
        self._timers: list[tuple[float, int, VirtualTimer]] = []
        self._numbers = itertools.count()
        self._alarm: Timer | None = None

    def time(self) -> float:
        """Seconds since the first call."""
        now = self._base().time()
        if self._begin is None:
            self._begin = now
        return now - self._begin

    def call_at(self, when: float, callback: Callable[[], object], /) -> VirtualTimer:
        """See `Clock.call_at`."""
        timer = VirtualTimer(when, callback, self._set_alarm)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        self._set_alarm()
        if self.on_set is not None:
            self.on_set()
        return timer

    @property
    def next_timer(self) -> float | None:
        """When the next timer is due; None when none is set."""
        while self._timers and not self._timers[0][2].waiting:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run_next(self, until: float) -> bool:
        """Go to the next timer and call it, if it is due by `until`; whether there was one."""
        when = self.next_timer
        if when is None or when > until:
            return False
        self.move_to(when)
        heapq.heappop(self._timers)[2].run()
        self._set_alarm()
        return True

    def move_to(self, when: float) -> None:
        """Make it that late, if it is not later already. No timer is called: `run_next` comes first."""
        ahead = when - self.time()
        if ahead > 0 and self._begin is not None:
            self._begin -= ahead
            self._set_alarm()

    def _set_alarm(self) -> None:
        """Have the other clock wake this one for its next timer."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        when = self.next_timer
        if when is not None:
            ahead = when - self.time()
            base = self._base()
            self._alarm = base.call_at(base.time() + ahead, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        due = self.next_timer
        # An alarm may ring a little early; the timer counts as due all the same.
        if due is not None:
            self.run_next(due)
        self._set_alarm()
