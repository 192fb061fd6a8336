"""Timers on a clock that somebody else reads."""

from __future__ import annotations

import heapq
from collections.abc import Callable

__all__ = ["Timer", "Timers"]


class Timer:
    """One deadline. `cancel` it when what it waited for has come."""

    __slots__ = ("_action", "_timers", "when")

    def __init__(self, timers: Timers, when: float, action: Callable[[], object]) -> None:
        self._timers = timers
        self._action: Callable[[], object] | None = action
        self.when = when

    @property
    def live(self) -> bool:
        return self._action is not None

    def cancel(self) -> None:
        if self._action is not None:
            self._action = None
            self._timers.forget()

    def fire(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class Timers:
    """Deadlines, earliest first; equal ones in the order in which they were set."""

    __slots__ = ("_count", "_heap", "_live")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def at(self, when: float, action: Callable[[], object]) -> Timer:
        timer = Timer(self, when, action)
        self._count += 1
        self._live += 1
        heapq.heappush(self._heap, (when, self._count, timer))
        return timer

    def forget(self) -> None:
        self._live -= 1
        # Calls that are answered in time leave their timers behind; without this the heap would grow for ever.
        if len(self._heap) > 64 and len(self._heap) > 2 * self._live:
            self._heap = [entry for entry in self._heap if entry[2].live]
            heapq.heapify(self._heap)

    def next(self) -> float | None:
        """When the next timer is due."""
        heap = self._heap
        while heap and not heap[0][2].live:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def fire(self, now: float) -> None:
        """Run everything that is due at `now`, in order."""
        while (when := self.next()) is not None and when <= now:
            timer = heapq.heappop(self._heap)[2]
            self._live -= 1
            timer.fire()
