"""Connections that are shared by the clients of one event loop."""

from __future__ import annotations

import asyncio
import weakref
from functools import partial
from typing import Any, Final, TypeAlias

from ..addresses import Address
from ..errors import OptionsConflict
from ..operations import Protocol
from ..options import ConnectionOptions, Retry, Url
from ..session import Lease
from ..transport import Transport
from .driver import Driver, Observer

__all__ = ["acquire"]

CREDENTIALS: Final = ("headers", "query", "subprotocols", "cookies", "ssl")
OWN: Final = ("on_state", "on_unknown", "transport", *CREDENTIALS)
"""Options that belong to one client, or are part of what makes connections the same."""

_Key: TypeAlias = tuple[int, str, str]

_connections: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, list[_Entry]]] = (
    weakref.WeakKeyDictionary()
)


class _Entry:
    """A connection, and what a client must have in common with it to share it."""

    __slots__ = ("_credentials", "_place", "_transport", "driver")

    def __init__(
        self, driver: Driver, url: Url, address: Address, transport: Transport, options: ConnectionOptions
    ) -> None:
        self.driver = driver
        self._place = _place(url, address)
        self._transport = transport
        self._credentials = _credentials(options)

    def suits(self, url: Url, address: Address, transport: Transport, options: ConnectionOptions) -> bool:
        same = self._place == _place(url, address) and self._transport == transport
        return same and self._credentials == _credentials(options)


def acquire(
    protocol: Protocol,
    url: Url,
    address: Address,
    transport: Transport,
    options: ConnectionOptions,
    lease: Lease,
    observer: Observer,
    lane: str = "",
) -> Driver:
    """The connection that clients of `protocol` share for this URL, credentials and lane; a new one if there is none.

    Returns without waiting: two tasks that call this at once get the same connection.

    Raises:
        OptionsConflict: the connection is there, and an option that was given differs.
        RuntimeError: no event loop is running.
    """
    loop = asyncio.get_running_loop()
    key = (id(protocol), "" if callable(url) else url, lane)  # functions are compared by `==`, and may have no hash
    entries = _connections.setdefault(loop, {}).setdefault(key, [])
    for entry in entries:
        if entry.suits(url, address, transport, options):
            _check_options(entry.driver.options, options)
            entry.driver.share(lease, observer)
            return entry.driver

    driver = Driver(protocol, url, address, transport, options, partial(_forget, key, entries), lane=bool(lane))
    entries.append(_Entry(driver, url, address, transport, options))
    driver.share(lease, observer)
    return driver


def _forget(key: _Key, entries: list[_Entry], driver: Driver) -> None:
    entries[:] = [entry for entry in entries if entry.driver is not driver]
    table = _connections.get(driver.loop)
    if not entries and table is not None and table.get(key) is entries:
        del table[key]


def _place(url: Url, address: Address) -> tuple[Url, Address | None]:
    """A URL has its channel's address already; what a function gives will get it."""
    return (url, address if callable(url) else None)


def _credentials(options: ConnectionOptions) -> tuple[Any, ...]:
    return tuple(options.get(name) for name in CREDENTIALS)


def _check_options(present: ConnectionOptions, given: ConnectionOptions) -> None:
    for name, value in given.items():
        if name not in OWN and present.get(name, _DEFAULTS.get(name)) != value:
            raise OptionsConflict(name)


_DEFAULTS: Final[dict[str, Any]] = {
    "open_timeout": 10.0,
    "timeout": 5.0,
    "ping_interval": 20.0,
    "ping_timeout": 20.0,
    "max_size": 16 * 1024 * 1024,
    "max_attempts": 5,
    "retry": Retry(),
    "on_disconnect": "fail",
    "ttl": 30.0,
}
