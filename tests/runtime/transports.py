"""What the tests of all transports that open sockets share."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from wsgen_runtime.shell.websockets_transport import RecvTransport, WebSocketsTransport
from wsgen_runtime.transport import ConnectRequest, Transport

from tests.runtime.sockets import PATIENCE, Peer


def transports(close_timeout: float) -> dict[str, Transport]:
    """Every transport that opens sockets, by name; that of picows where the package is installed."""
    found: dict[str, Transport] = {
        "dispatching": WebSocketsTransport(close_timeout),
        "recv": RecvTransport(close_timeout),
    }
    if find_spec("picows"):
        from wsgen_runtime.shell.picows_transport import PicowsTransport

        found["picows"] = PicowsTransport(close_timeout)
    return found


def with_each(close_timeout: float) -> pytest.MarkDecorator:
    each = transports(close_timeout).items()
    return pytest.mark.parametrize("transport", [pytest.param(transport, id=name) for name, transport in each])


each = with_each(close_timeout=PATIENCE)
each_hasty = with_each(close_timeout=0.2)


def request(url: str, *, ping_interval: float | None = None, **options: Any) -> ConnectRequest:
    return ConnectRequest(url=url, ping_interval=ping_interval, **options)


async def silent(peer: Peer) -> None:
    """Accept, and say nothing."""
    await peer.handshake()
    await peer.gone()


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def unknown_causes(transport: Transport) -> tuple[str, ...]:
    """What may stand behind the end of a socket instead of the fault: picows does not tell."""
    return () if isinstance(transport, RecvTransport | WebSocketsTransport) else ("NoneType",)


def causes(transport: Transport, name: str) -> tuple[str, ...]:
    """What may stand behind the end. `recv` of `websockets` before 17 does not tell, and picows not always."""
    if isinstance(transport, RecvTransport):
        return (name, "NoneType")
    return (name,) if isinstance(transport, WebSocketsTransport) else ("WSProtocolError", "NoneType")


def port_of(server: Any) -> int:
    port: int = next(iter(server.sockets)).getsockname()[1]
    return port
