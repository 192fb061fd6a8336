"""What a connection tells the log, and the counters behind it. One line per event; nothing that may be secret."""

from __future__ import annotations

import logging

from ..errors import ConnectionLost
from ..options import ConnectionEvent, UnknownMessage
from ..retry import Verdict
from .consumers import Consumer

__all__ = ["Reports"]

LOG_EVERY = 1_000
CUT = 200


class Reports:
    """The log of one connection. `frames` says whether every frame goes to it; it is read once."""

    __slots__ = ("_log", "frames", "invalid", "unknown", "unrouted")

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)
        self.frames = self._log.isEnabledFor(logging.DEBUG)
        self.unknown = 0
        self.invalid = 0
        self.unrouted = 0

    def entered(self, event: ConnectionEvent) -> None:
        """The connection entered a state."""
        if event.state == "FAILED":
            self._log.error("failed: %s", event.error)
        elif event.state == "CLOSED":
            self._log.info("closed")

    def connected(self, resubscribed: int | None) -> None:
        """There is a connection: the first one, or another one on which so many subscriptions are renewed."""
        if resubscribed is None:
            self._log.info("connected")
        else:
            self._log.info("reconnected; %d subscriptions are renewed", resubscribed)

    def attempt_due(self, failure: Exception, verdict: Verdict, failed: int, delay: float) -> None:
        """Another attempt is due after a loss, or after an attempt that failed; `failed` is how many did."""
        level = logging.ERROR if verdict.level == "error" else logging.INFO
        if isinstance(failure, ConnectionLost):
            words = "reconnecting in %.3g s (attempt %d): %s; %s"
            self._log.log(level, words, delay, failed + 1, failure, verdict.because)
        else:
            self._log.log(level, "attempt %d failed: %s; the next one in %.3g s", failed, failure, delay)

    def judge_failed(self, error: Exception) -> None:
        self._log.error("Retry.judge raised %s: %s; the usual judgement holds", type(error).__name__, error)

    def sent(self, frame: bytes) -> None:
        self._log.debug("> %r", frame[:CUT])

    def received(self, frame: bytes) -> None:
        self._log.debug("< %r", frame[:CUT])

    def strange(self, message: UnknownMessage) -> None:
        """A frame that is no message of the document, or not a valid one."""
        if message.error is None:
            self.unknown += 1
            if _worth_a_line(self.unknown):
                self._log.warning("%d unknown messages so far; this one is %s", self.unknown, _cut(message.type))
        else:
            self.invalid += 1
            if _worth_a_line(self.invalid):
                self._log.warning("%d invalid messages so far; this one: %s", self.invalid, message.error)

    def nobody_waited(self, what: str) -> None:
        """A valid message that nobody waits for."""
        self.unrouted += 1
        if _worth_a_line(self.unrouted):
            self._log.warning("%d messages so far that nobody waited for; this one is of %s", self.unrouted, what)

    def callback_failed(self, consumer: Consumer, error: BaseException) -> None:
        """What a callback raised goes to `on_error`, then to the log.

        Raises:
            KeyboardInterrupt, SystemExit: the callback wants the program to end.
        """
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise error
        if consumer.on_error is not None and isinstance(error, Exception):
            try:
                consumer.on_error(error)
            except Exception:
                self._log.exception("%s: on_error raised", consumer.domain)
        name = type(error).__name__
        self._log.error("%s: a callback raised %s: %s", consumer.domain, name, error, exc_info=error)

    def dropped(self, consumer: Consumer) -> None:
        """A slow consumer lost a value, as its policy says."""
        if _worth_a_line(consumer.dropped):
            self._log.warning("%s: a slow consumer has lost %d values so far", consumer.domain, consumer.dropped)

    def slow(self, error: Exception) -> None:
        self._log.warning("%s", error)

    def ended(self, consumer: Consumer) -> None:
        """A subscription ended by itself; the log is told unless somebody waits for the end."""
        if consumer.error is not None and not consumer.watched and not consumer.is_stream:
            self._log.error("%s: the subscription ended: %s", consumer.domain, consumer.error)

    def release_refused(self, domain: str, words: str) -> None:
        self._log.warning("%s: the server refused the unsubscribe%s", domain, f": {_cut(words)}" if words else "")

    def release_silent(self, domain: str) -> None:
        self._log.warning("%s: no answer to the unsubscribe", domain)

    def other_topic(self, domain: str, expected: str, topic: str) -> None:
        self._log.warning("%s: expected the topic %s, the server confirmed %s", domain, _cut(expected), _cut(topic))


def _worth_a_line(count: int) -> bool:
    return count == 1 or count % LOG_EVERY == 0


def _cut(text: str | None) -> str:
    return repr(text if text is None else text[:CUT])
