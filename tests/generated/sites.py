"""Packages of small documents, and a real server that says how it was connected to."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.transports import picows_lent_to

from .packages import from_document, write

__all__ = ["Site", "imported", "site"]


@contextmanager
def imported(document: str, folder: Path, package: str) -> Iterator[Any]:
    """The package of a document in YAML, imported; its modules are forgotten at the end."""
    write(from_document(yaml.safe_load(document), folder, package), folder / package)
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module(package)
        with picows_lent_to(package):
            yield module
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]


@dataclass
class Site:
    """A server of `websockets`: what it was asked for, and what it was sent.

    Attributes:
        greeting: is sent to everybody who connects.
        targets: path and query of each handshake, as they travelled.
        frames: what clients have sent, decoded.
    """

    greeting: list[Any] = field(default_factory=list[Any])
    url: str = ""
    targets: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    frames: list[Any] = field(default_factory=list[Any])
    answers: dict[str, Any] = field(default_factory=dict[str, Any])

    async def converse(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.targets.append(connection.request.path)
        self.headers.append(dict(connection.request.headers.raw_items()))
        try:
            for frame in self.greeting:
                await connection.send(json.dumps(frame))
            async for raw in connection:
                frame = json.loads(raw)
                self.frames.append(frame)
                if frame.get("type") in self.answers:
                    await connection.send(json.dumps(self.answers[frame["type"]]))
        except ConnectionClosed:
            pass


@asynccontextmanager
async def site(*greeting: Any, **answers: Any) -> AsyncGenerator[Site]:
    """A server on a port of 127.0.0.1; `answers` by the type of what is answered."""
    found = Site(list(greeting), answers=answers)
    async with serve(found.converse, "127.0.0.1", 0) as server:
        found.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield found
