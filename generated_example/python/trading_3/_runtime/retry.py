"""Whether a failure of a connection is worth another attempt. `Retry.judge` replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import ConnectionLost, HandshakeRejected

__all__ = ["Verdict", "judge"]

DENIED_STATUS = frozenset({401, 403})
PASSING_STATUS = frozenset({408, 425, 429})
DENIED_CODES = frozenset({1008, 4401, 4403})
PASSING_PRIVATE_CODES = frozenset({4408, 4429})
OUR_FAULT_CODES = frozenset({1002, 1007, 1009, 1010})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a failure.

    Attributes:
        action: "retry"; "once": one further attempt in this outage, with fresh credentials; "never".
        because: the reason, for the log.
        level: at which level the log tells it.
    """

    action: Literal["retry", "once", "never"]
    because: str
    level: Literal["info", "error"] = "info"


def judge(failure: Exception) -> Verdict:
    """The first case that applies decides. Close codes are those of RFC 6455, section 7.4."""
    if isinstance(failure, HandshakeRejected):
        return _judge_status(failure.status)
    if isinstance(failure, ConnectionLost) and failure.code is not None:
        return _judge_code(failure.code)
    return Verdict("retry", "the network failed, and networks recover")


def _judge_status(status: int) -> Verdict:
    if status in DENIED_STATUS:
        return Verdict("once", "the server did not accept the credentials; fresh ones may be better")
    if status in PASSING_STATUS:
        return Verdict("retry", "the server asks for another attempt later")
    if 500 <= status < 600:
        return Verdict("retry", "the server has a fault, and servers recover")
    return Verdict("never", "the server answers this request in no other way")


def _judge_code(code: int) -> Verdict:
    if code in DENIED_CODES:
        return Verdict("once", "the server did not accept the credentials; fresh ones may be better")
    if code in PASSING_PRIVATE_CODES:
        return Verdict("retry", "the server asks for another attempt later")
    if 4400 <= code < 4500:
        return Verdict("never", "the server says that the client is at fault")
    if code in OUR_FAULT_CODES:
        return Verdict("retry", "the server could not read what was sent", "error")
    return Verdict("retry", "the server ended the connection, and may take a new one")
