"""Is anybody there? Heartbeats of the application, and the silence after which a connection counts as dead.

Protocol pings are the transport's. A server may ask for messages of the application all the same: some close a
connection on which the client has said nothing for a while, whatever it pings.
"""

from __future__ import annotations

from collections.abc import Callable

from .timers import Timer, Timers

__all__ = ["Liveness"]


class Liveness:
    """The two timers of an open connection; None leaves one out."""

    def __init__(
        self,
        clock: Callable[[], float],
        timers: Timers,
        interval: float | None,
        beat: Callable[[], None],
        max_silence: float | None,
        stale: Callable[[], None],
    ) -> None:
        self.watches = max_silence is not None
        self._clock = clock
        self._timers = timers
        self._interval = interval
        self._beat = beat
        self._max_silence = max_silence
        self._stale = stale
        self._heard_at = 0.0
        self._beating: Timer | None = None
        self._listening: Timer | None = None

    def start(self) -> None:
        """The connection is open."""
        self.heard()
        if self._interval is not None:
            self._beating = self._timers.at(self._clock() + self._interval, self._next_beat)
        self.resume()

    def heard(self) -> None:
        """A frame came."""
        self._heard_at = self._clock()

    def pause(self) -> None:
        """Reading is paused: silence is ours."""
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    def resume(self) -> None:
        """Reading goes on."""
        if self._max_silence is not None:
            self.heard()
            self._listening = self._timers.at(self._heard_at + self._max_silence, self._listen)

    def stop(self) -> None:
        """The connection has ended."""
        self.pause()
        if self._beating is not None:
            self._beating.cancel()
            self._beating = None

    def _next_beat(self) -> None:
        assert self._interval is not None, "this timer is only set with an interval"
        self._beating = self._timers.at(self._clock() + self._interval, self._next_beat)
        self._beat()

    def _listen(self) -> None:
        assert self._max_silence is not None, "this timer is only set with a bound"
        due = self._heard_at + self._max_silence
        if due > self._clock():
            self._listening = self._timers.at(due, self._listen)
        else:
            self._listening = None
            self._stale()
