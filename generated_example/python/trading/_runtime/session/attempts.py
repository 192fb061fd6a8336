"""Getting a connection, and getting it back: when the next attempt is due, and when there is none left.

An *outage* lasts from a loss until a connection has been stable for `Retry.stable_after`; a server that accepts and
closes at once is one long outage. Delays, the time to give up and the one further attempt after a denial count by it.
A first connect has exact delays of its own; for denials it is an outage like another.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConnectionFailed, ConnectionLost, HandshakeRejected, WsgenError
from ..options import SessionOptions
from ..retry import Verdict, judge
from .effects import Abort, Effect, Open
from .reports import Reports
from .timers import Timer, Timers

__all__ = ["Attempts", "Cause"]

Cause = Callable[[bool], WsgenError]
"""Makes the error of whoever depended on a connection, given whether a frame of theirs had been sent."""


class Attempts:
    """The attempts to connect of one session."""

    __slots__ = (
        "_clock",
        "_connected_at",
        "_denied",
        "_emit",
        "_jitter",
        "_options",
        "_outage_since",
        "_reports",
        "_timer",
        "_timers",
        "_too_slow",
        "cause",
        "generation",
        "number",
        "total",
    )

    def __init__(
        self,
        options: SessionOptions,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        timers: Timers,
        emit: Callable[[Effect], None],
        reports: Reports,
        too_slow: Callable[[int, Exception], None],
    ) -> None:
        self.generation = 0
        """The number of the attempt whose answers count; every end of a connection raises it."""
        self.total = 0
        self.number = 0
        """Attempts in this outage."""
        self.cause: Exception | None = None
        self._options = options
        self._clock = clock
        self._jitter = jitter
        self._timers = timers
        self._emit = emit
        self._reports = reports
        self._too_slow = too_slow
        self._timer: Timer | None = None
        self._outage_since: float | None = None
        self._connected_at = 0.0
        self._denied = False

    @property
    def end(self) -> float | None:
        """When the attempt that is due or under way begins or ends by itself; None without one."""
        return None if self._timer is None or not self._timer.live else self._timer.when

    def first(self) -> None:
        """Begin a first connect."""
        self.number, self.cause, self._denied, self._outage_since = 0, None, False, None
        self._after(self._options.delay_before(1) or 0.0)

    def succeeded(self) -> None:
        """The attempt under way has led to a connection."""
        self.stop()
        self._connected_at = self._clock()

    def lost(self, failure: ConnectionLost, *, excused: bool) -> Cause | None:
        """A connection ended. None: another attempt is due; else why there is none.

        `excused`: the end is somebody's fault who has been found, and says nothing about the connection.
        """
        now = self._clock()
        self.generation += 1
        stable = now - self._connected_at >= self._options.retry.stable_after
        if stable:
            self._denied = False
        if stable or self._outage_since is None:
            self._outage_since, self.number = now, 0
        self.cause = failure
        return self._next(failure, 0.0, excused=excused)

    def failed(self, error: Exception, retry_after: float = 0.0) -> Cause | None:
        """The attempt under way failed. None: another one is due; else why there is none."""
        self.stop()
        self.generation += 1  # a late answer to this attempt is not one to the next
        self.cause = error
        return self._next(error, retry_after, excused=False)

    def stop(self) -> None:
        """No attempt is due or under way any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self, failure: Exception, retry_after: float, *, excused: bool) -> Cause | None:
        verdict = self._judge(failure)
        if not excused:
            if verdict.action == "never" or (verdict.action == "once" and self._denied):
                return _fatal(failure)
            self._denied = self._denied or verdict.action == "once"
        delay = self._delay()
        if delay is not None:
            delay = max(delay, retry_after)
        if delay is None or self._too_late(delay):
            attempts = self.number
            return lambda sent: ConnectionFailed(attempts, failure)
        self._reports.attempt_due(failure, verdict, self.number, delay)
        self._after(delay)
        return None

    def _judge(self, failure: Exception) -> Verdict:
        try:
            return self._options.retry.judge(failure)
        except Exception as error:
            self._reports.judge_failed(error)
            return judge(failure)

    def _delay(self) -> float | None:
        if self._outage_since is None:
            return self._options.delay_before(self.number + 1)
        delay = self._options.listed_delay(self.number + 1)
        if delay == 0:
            return self._jitter() / 2
        return delay / 2 + delay / 2 * self._jitter()

    def _too_late(self, delay: float) -> bool:
        since, patience = self._outage_since, self._options.retry.give_up_after
        if since is None:  # a first connect: nobody waits longer for it, whatever the server asks for
            return delay > self._options.patience
        return patience is not None and self._clock() + delay > since + patience

    def _after(self, delay: float) -> None:
        if delay > 0:
            self._timer = self._timers.at(self._clock() + delay, self._try)
        else:
            self._try()

    def _try(self) -> None:
        self.number += 1
        self.total += 1
        self.generation += 1
        generation, timeout = self.generation, self._options.open_timeout

        def too_slow() -> None:
            self._emit(Abort())
            self._too_slow(generation, TimeoutError(f"no handshake within {timeout:g} s"))

        self._timer = self._timers.at(self._clock() + timeout, too_slow)
        self._emit(Open(self.number, generation))


def _fatal(failure: Exception) -> Cause:
    if isinstance(failure, HandshakeRejected):
        status, retry_after, detail = failure.status, failure.retry_after, failure.detail
        return lambda sent: HandshakeRejected(status, retry_after, detail)
    if isinstance(failure, ConnectionLost):
        code, reason = failure.code, failure.reason
        return lambda sent: ConnectionLost(code, reason, "maybe" if sent else "no")
    return lambda sent: ConnectionFailed(1, failure)
