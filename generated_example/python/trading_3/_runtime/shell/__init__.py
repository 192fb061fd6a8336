"""asyncio and `websockets`: the only part of the runtime that knows an event loop, a socket or a clock."""

from .connection import Client, Connection, ConnectionStats, connection

__all__ = ["Client", "Connection", "ConnectionStats", "connection"]
