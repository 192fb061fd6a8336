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

    __slots__ = ("_when", "callback")

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self._when = when
        self.callback: Callable[[], object] | None = callback

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.callback = None

    def run(self) -> None:
        """Call, unless cancelled; at most once."""
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class VirtualClock:
    """Time that stands still until somebody moves it with `run_next` and `move_to`.

    A timer whose time has come when it is set is handed to `soon`, which calls it from outside the caller.
    """

    def __init__(self, soon: Callable[[Callable[[], None]], object]) -> None:
        self.on_set: Callable[[], None] | None = None
        """Called whenever a timer is set that has to wait."""
        self._soon = soon
        self._now = 0.0
        self._timers: list[tuple[float, int, VirtualTimer]] = []
        self._numbers = itertools.count()

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], object], /) -> VirtualTimer:
        """See `Clock.call_at`."""
        timer = VirtualTimer(when, callback)
        if when <= self._now:
            self._soon(timer.run)
        else:
            heapq.heappush(self._timers, (when, next(self._numbers), timer))
            if self.on_set is not None:
                self.on_set()
        return timer

    @property
    def next_timer(self) -> float | None:
        """When the next timer is due; None when none is set."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run_next(self, until: float) -> bool:
        """Go to the next timer and call it, if it is due by `until`; whether there was one."""
        when = self.next_timer
        if when is None or when > until:
            return False
        self._now = max(self._now, when)
        heapq.heappop(self._timers)[2].run()
        return True

    def move_to(self, when: float) -> None:
        """Make it that late. No timer is called: `run_next` comes first."""
        self._now = max(self._now, when)
