"""What the tests of both transports on `websockets` share."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from wsgen_runtime.shell.websockets_transport import RecvTransport, WebSocketsTransport
from wsgen_runtime.transport import ConnectRequest, Transport

from tests.runtime.sockets import PATIENCE, Peer


def with_both(close_timeout: float) -> pytest.MarkDecorator:
    dispatching = pytest.param(WebSocketsTransport(close_timeout), id="dispatching")
    return pytest.mark.parametrize("transport", [dispatching, pytest.param(RecvTransport(close_timeout), id="recv")])


both = with_both(close_timeout=PATIENCE)
both_hasty = with_both(close_timeout=0.2)


def request(url: str, *, ping_interval: float | None = None, **options: Any) -> ConnectRequest:
    return ConnectRequest(url=url, ping_interval=ping_interval, **options)


async def silent(peer: Peer) -> None:
    """Accept, and say nothing."""
    await peer.handshake()
    await peer.gone()


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def causes(transport: Transport, name: str) -> tuple[str, ...]:
    """What may stand behind the end: `recv` of `websockets` before 17 does not tell."""
    return (name, "NoneType") if isinstance(transport, RecvTransport) else (name,)


def port_of(server: Any) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
