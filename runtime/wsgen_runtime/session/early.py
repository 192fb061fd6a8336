"""Updates that come before the confirmation of the subscribe that they are for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Container, Hashable
from typing import Any, Final

__all__ = ["EarlyUpdates"]

MESSAGES: Final = 1_000
BYTES: Final = 4 * 1024 * 1024


class EarlyUpdates:
    """What one domain keeps, each with its address; the oldest go where it is too much. `lost` is told of each."""

    __slots__ = ("_bytes", "_kept", "_lost")

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._kept: deque[tuple[Hashable, Any, int]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, address: Hashable, value: Any, size: int) -> None:
        """Keep an update of so many bytes."""
        self._kept.append((address, value, size))
        self._bytes += size
        while len(self._kept) > MESSAGES or self._bytes > BYTES:
            self._bytes -= self._kept.popleft()[2]
            self._lost()

    def take(self, addresses: Collection[Hashable]) -> list[tuple[Hashable, Any]]:
        """What was kept for these addresses; it is kept no more."""
        taken = [(address, value) for address, value, _ in self._kept if address in addresses]
        if taken:
            self._kept = deque(entry for entry in self._kept if entry[0] not in addresses)
            self._bytes = sum(entry[2] for entry in self._kept)
        return taken

    def drop(self, missed_by_nobody: Container[Hashable]) -> None:
        """Keep nothing any more."""
        for address, _, _ in self._kept:
            if address not in missed_by_nobody:
                self._lost()
        self._kept.clear()
        self._bytes = 0
