"""Is anybody there? Heartbeats of the application, and the silence after which a connection counts as dead.

Protocol pings are the transport's. A server may ask for messages of the application all the same: some close a
connection on which the client has said nothing for a while, whatever it pings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..options import SessionOptions
from .calls import Slot, Wait
from .timers import Timer, Timers

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Liveness"]


class Liveness:
    """The two timers of an open connection; each is there only where its option is given."""

    __slots__ = (
        "_beating",
        "_clock",
        "_frame",
        "_heard_at",
        "_heartbeat",
        "_listening",
        "_max_silence",
        "_session",
        "_timers",
        "_unanswered",
        "watches",
    )

    def __init__(self, session: Session, options: SessionOptions, clock: Callable[[], float], timers: Timers) -> None:
        self.watches = options.max_silence is not None
        self._session = session
        self._clock = clock
        self._timers = timers
        beat = options.heartbeat
        self._heartbeat = beat
        self._frame = b"" if beat is None else session.codec.encode(beat.type, beat.payload)
        self._max_silence = options.max_silence
        self._heard_at = 0.0
        self._beating: Timer | None = None
        self._listening: Timer | None = None
        self._unanswered: dict[Slot, Wait] = {}

    def start(self) -> None:
        """The connection is open."""
        self._set_beat()
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
        for wait in self._unanswered.values():
            wait.cancel()
        self._unanswered.clear()

    def _set_beat(self) -> None:
        if self._heartbeat is not None:
            self._beating = self._timers.at(self._clock() + self._heartbeat.interval, self._beat)

    def _beat(self) -> None:
        beat, session = self._heartbeat, self._session
        assert beat is not None, "there is no timer without a heartbeat"
        self._set_beat()

        def answered() -> None:
            wait = self._unanswered.pop(slot, None)
            if wait is not None:
                wait.cancel()

        def expired() -> None:
            del self._unanswered[slot]
            slot.entomb()

        slot = Slot(session.next_sequence(), "heartbeat", lambda key, payload: answered(), lambda error: answered())
        session.ask(slot, () if beat.reply is None else (beat.reply,), self._frame)
        if beat.reply is not None:
            self._unanswered[slot] = session.clock_for(slot, None, expired)

    def _listen(self) -> None:
        assert self._max_silence is not None, "this timer is only set with a bound"
        due = self._heard_at + self._max_silence
        if due > self._clock():
            self._listening = self._timers.at(due, self._listen)
        else:
            self._listening = None
            self._session.stale()
