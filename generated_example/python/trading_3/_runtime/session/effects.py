"""What the session asks of its shell. The shell carries them out in order."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..options import ConnectionEvent, UnknownMessage

if TYPE_CHECKING:
    from .consumers import Consumer

__all__ = [
    "Abort",
    "Changed",
    "Close",
    "Effect",
    "Open",
    "PauseReading",
    "ResumeReading",
    "Serve",
    "Strange",
    "Transmit",
]


@dataclass(frozen=True, slots=True)
class Open:
    """Open a socket; answer with `opened`, `refused` or `unreachable` of the same generation."""

    attempt: int
    generation: int


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send a text frame, or a binary one where it is a `rules.Frame`."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket with the closing handshake. Nothing more is expected of it."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Abort:
    """Give up the attempt or the socket at once. Nothing more is expected of it."""


@dataclass(frozen=True, slots=True)
class PauseReading:
    """Take nothing more from the socket for now; pings go on."""


@dataclass(frozen=True, slots=True)
class ResumeReading:
    """Take from the socket again."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The connection entered a state."""

    event: ConnectionEvent


@dataclass(frozen=True, slots=True)
class Strange:
    """A frame came that is no message of the protocol, or not a valid one."""

    message: UnknownMessage


@dataclass(frozen=True, slots=True)
class Serve:
    """An asynchronous callback is under way: await it, then call `Session.served`."""

    consumer: Consumer
    awaitable: Awaitable[None]


Effect: TypeAlias = Open | Transmit | Close | Abort | Changed | PauseReading | ResumeReading | Strange | Serve
