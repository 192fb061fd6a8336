"""What happens when consumers are slower than the server.

The policy "block" stops reading at a consumer's high-water mark, and goes on at half of it. Two things limit that.
While a call waits for its reply, reading must go on, or a request made inside `async for` would wait for ever for a
reply that nobody reads: the queue grows instead, up to a bound in bytes. And one slow consumer must not starve the
others: reading may pause for five seconds in any twenty. When either is used up, the fullest consumer ends with
`SlowConsumer`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SlowConsumer
from .consumers import Consumer
from .effects import Effect, PauseReading, ResumeReading
from .liveness import Liveness
from .timers import Timer, Timers

__all__ = ["Pressure"]

BYTE_BOUND = 16 * 1024 * 1024
BUDGET = 5.0
WINDOW = 20.0


class Pressure:
    """Who is too full, and whether reading is paused because of it.

    `liveness` stands still meanwhile; `may_pause` says whether nobody waits for a reply; `end` ends a consumer.
    """

    __slots__ = (
        "_clock",
        "_emit",
        "_end",
        "_liveness",
        "_may_pause",
        "_pauses",
        "_since",
        "_timer",
        "_timers",
        "full",
        "paused",
    )

    def __init__(
        self,
        clock: Callable[[], float],
        timers: Timers,
        emit: Callable[[Effect], None],
        liveness: Liveness,
        may_pause: Callable[[], bool],
        end: Callable[[Consumer, SlowConsumer], None],
    ) -> None:
        self.full: dict[Consumer, int] = {}
        """Consumers above their high-water mark, and the bytes that came since."""
        self.paused = False
        self._clock = clock
        self._timers = timers
        self._emit = emit
        self._liveness = liveness
        self._may_pause = may_pause
        self._end = end
        self._pauses: list[tuple[float, float]] = []  # a deque takes 760 bytes when it is empty
        self._since = 0.0
        self._timer: Timer | None = None

    def over(self, consumer: Consumer, size: int) -> bool:
        """Another message of `size` bytes for a consumer at its mark. Whether it may still be kept."""
        held = self.full.get(consumer, 0) + size
        if held > BYTE_BOUND:
            self._end_consumer(consumer)
            return False
        self.full[consumer] = held
        self.weigh()
        return not consumer.ended

    def relieved(self, consumer: Consumer) -> None:
        """A consumer has caught up, or has ended."""
        if self.full.pop(consumer, None) is not None:
            self.weigh()

    def weigh(self) -> None:
        """Pause or resume as things stand now."""
        if self.full and self._may_pause():
            if not self.paused:
                self._pause()
        elif self.paused:
            self.resume()

    def resume(self) -> None:
        """Read again, whatever is full."""
        if self.paused:
            self.reset()
            self._liveness.resume()
            self._emit(ResumeReading())

    def reset(self) -> None:
        """Nothing is paused: the connection ended, or reading goes on."""
        if self.paused:
            self.paused = False
            self._pauses.append((self._since, self._clock()))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pause(self) -> None:
        now = self._clock()
        end = self._end_of_budget(now)
        if end <= now:
            self._end_fullest()
            return
        self.paused, self._since = True, now
        self._timer = self._timers.at(end, self._spent)
        self._liveness.pause()
        self._emit(PauseReading())

    def _end_of_budget(self, now: float) -> float:
        """When a pause that begins now would have to end. It uses up nothing while an earlier one leaves the window."""
        while self._pauses and self._pauses[0][1] <= now - WINDOW:
            self._pauses.pop(0)
        left = BUDGET - sum(end - max(begin, now - WINDOW) for begin, end in self._pauses)
        at = now
        for begin, end in self._pauses:
            if left <= begin + WINDOW - at:
                break
            left -= max(0.0, begin + WINDOW - at)
            at = end + WINDOW
        return at + left if left > 0 else now

    def _spent(self) -> None:
        self._timer = None
        self._end_fullest()

    def _end_fullest(self) -> None:
        if self.full:
            self._end_consumer(max(self.full, key=lambda consumer: consumer.waiting))
        self.weigh()

    def _end_consumer(self, consumer: Consumer) -> None:
        self.full.pop(consumer, None)
        self._end(consumer, SlowConsumer(consumer.domain, consumer.waiting))
