"""The share that one client has in a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import Call

if TYPE_CHECKING:
    from .consumers import Consumer

__all__ = ["Lease"]


class Lease:
    """What one client has on a connection: its calls and its consumers."""

    __slots__ = ("calls", "closed", "consumers")

    def __init__(self) -> None:
        self.calls: dict[Call, None] = {}
        self.consumers: dict[Consumer, None] = {}
        self.closed = False
