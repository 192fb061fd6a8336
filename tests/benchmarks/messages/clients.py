"""The clients that are measured: each receives all of a feed, and prints what a message cost.

Usage: clients.py NAME PORT COUNT TOPICS RATE PACKAGES; PACKAGES is the folder of generated packages. One line of
JSON comes out: CPU seconds between the first and the last message, and how many there were.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import process_time
from typing import Any


class Meter:
    """Counts messages, and the CPU time from the first to the last."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.begin = 0.0
        self.end = 0.0
        self.done = asyncio.Event()

    def __call__(self, _: object) -> None:
        if not self.begin:
            self.begin = process_time()
        self.left -= 1
        if not self.left:
            self.end = process_time()
            self.done.set()


Setting = dict[str, Any]


def url(setting: Setting, path: str) -> str:
    query = f"count={setting['count']}&topics={setting['topics']}&rate={setting['rate']}"
    return f"ws://127.0.0.1:{setting['port']}{path}?{query}"


async def drain(setting: Setting, meter: Meter) -> None:
    """A bare socket that reads and throws away: what the server can do at the most."""
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", setting["port"])) as connected:
        path = url(setting, "/raw").split(str(setting["port"]), 1)[1]
        connected.sendall(f"GET {path} HTTP/1.1\r\nSec-WebSocket-Key: AAAA\r\n\r\n".encode())
        connected.recv(4096)
        connected.sendall(b"\x81\x82\0\0\0\0{}")
        connected.setblocking(False)
        buffer = bytearray(1 << 18)
        size = await loop.sock_recv_into(connected, buffer)
        meter.begin = process_time()
        while size:
            connected.settimeout(0.3)
            try:
                size = connected.recv_into(buffer)
            except TimeoutError:
                break
        meter.end = process_time()
        meter.left = 0
        meter.done.set()


async def websockets_alone(setting: Setting, meter: Meter) -> None:
    from websockets.asyncio.client import connect

    async with connect(url(setting, "/raw"), compression=None) as connection:
        await connection.send("{}")
        while meter.left:
            meter(await connection.recv(decode=False))


def _decoder(kind: str) -> Callable[[bytes], object]:
    if kind == "msgspec":
        import msgspec

        bar = msgspec.defstruct("Bar", [(name, float) for name in ("time", "open", "high", "low", "close", "volume")])
        update = msgspec.defstruct("Update", [("topic", str), ("payload", bar)])
        frame = msgspec.defstruct("Frame", [("payload", update)], tag="bars.update", tag_field="type")
        return msgspec.json.Decoder(frame).decode
    from pydantic import create_model

    bar_model = create_model("Bar", **dict.fromkeys(("time", "open", "high", "low", "close", "volume"), (float, ...)))
    update_model = create_model("Update", topic=(str, ...), payload=(bar_model, ...))
    frame_model = create_model("Frame", type=(str, ...), payload=(update_model, ...))
    return frame_model.__pydantic_validator__.validate_json


def websockets_and(kind: str) -> Callable[[Setting, Meter], Awaitable[None]]:
    """`websockets`, a typed decode, a dictionary of topics and a callback: what people write by hand."""

    async def run(setting: Setting, meter: Meter) -> None:
        from websockets.asyncio.client import connect

        decode = _decoder(kind)
        listeners = {f"bars:S{number}": meter for number in range(setting["topics"])}
        async with connect(url(setting, "/raw"), compression=None) as connection:
            await connection.send("{}")
            while meter.left:
                frame: Any = decode(await connection.recv(decode=False))
                listeners[frame.payload.topic](frame.payload.payload)

    return run


async def picows_alone(setting: Setting, meter: Meter) -> None:
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    class Listener(WSListener):
        def on_ws_connected(self, transport: WSTransport) -> None:
            transport.send(WSMsgType.TEXT, b"{}")

        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            meter(frame.get_payload_as_bytes())

    transport, _ = await ws_connect(Listener, url(setting, "/raw"), use_aiofastnet=False)
    await meter.done.wait()
    transport.disconnect(graceful=False)


def picows_and(kind: str) -> Callable[[Setting, Meter], Awaitable[None]]:
    """The same on picows: as fast as Python code that is called for each message can be."""

    async def run(setting: Setting, meter: Meter) -> None:
        from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

        decode = _decoder(kind)
        listeners = {f"bars:S{number}": meter for number in range(setting["topics"])}

        class Listener(WSListener):
            def on_ws_connected(self, transport: WSTransport) -> None:
                transport.send(WSMsgType.TEXT, b"{}")

            def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
                if frame.msg_type is WSMsgType.TEXT:
                    message: Any = decode(frame.get_payload_as_bytes())
                    listeners[message.payload.topic](message.payload.payload)

        transport, _ = await ws_connect(Listener, url(setting, "/raw"), use_aiofastnet=False)
        await meter.done.wait()
        transport.disconnect(graceful=False)

    return run


def wsgen(models: str, transport: str, *, stream: bool = False) -> Callable[[Setting, Meter], Awaitable[None]]:
    """A generated client, as an application uses it."""

    async def run(setting: Setting, meter: Meter) -> None:
        sys.path.insert(0, str(Path(setting["packages"]) / models))
        module = importlib.import_module("trading")
        async with module.TradingClient(url(setting, "/trading"), transport=transport) as client:
            requests = [module.BarsSubscriptionRequest(symbol=f"S{number}") for number in range(setting["topics"])]
            if stream:
                async with client.bars.stream(requests[0]) as bars:
                    async for value in bars:
                        meter(value)
                        if not meter.left:
                            return
            calls = [client.bars.subscribe(request, meter, timeout=60) for request in requests]
            await asyncio.gather(*calls)
            await meter.done.wait()

    return run


async def centrifuge(setting: Setting, meter: Meter) -> None:
    from centrifuge import Client, SubscriptionEventHandler

    class Events(SubscriptionEventHandler):
        async def on_publication(self, ctx: Any) -> None:
            meter(ctx)

    client = Client(url(setting, "/centrifuge"))
    for number in range(setting["topics"]):
        await client.new_subscription(f"bars:S{number}", events=Events()).subscribe()
    await client.connect()
    await meter.done.wait()
    await client.disconnect()


async def gql(setting: Setting, meter: Meter) -> None:
    from gql import Client
    from gql import gql as parsed
    from gql.transport.websockets import WebsocketsTransport

    async with Client(transport=WebsocketsTransport(url(setting, "/gql"))) as session:
        async for value in session.subscribe(parsed("subscription { bar { open } }")):
            meter(value)
            if not meter.left:
                return


CLIENTS: dict[str, Callable[[Setting, Meter], Awaitable[None]]] = {
    "drain": drain,
    "websockets": websockets_alone,
    "websockets + msgspec": websockets_and("msgspec"),
    "websockets + pydantic": websockets_and("pydantic"),
    "picows": picows_alone,
    "picows + msgspec": picows_and("msgspec"),
    "picows + pydantic": picows_and("pydantic"),
    "wsgen, pydantic": wsgen("pydantic", "websockets"),
    "wsgen, pydantic, stream": wsgen("pydantic", "websockets", stream=True),
    "wsgen, pydantic, recv": wsgen("pydantic", "websockets-recv"),
    "wsgen, pydantic, picows": wsgen("pydantic", "picows"),
    "wsgen, msgspec": wsgen("msgspec", "websockets"),
    "wsgen, msgspec, stream": wsgen("msgspec", "websockets", stream=True),
    "wsgen, msgspec, recv": wsgen("msgspec", "websockets-recv"),
    "wsgen, msgspec, picows": wsgen("msgspec", "picows"),
    "centrifuge-python": centrifuge,
    "gql": gql,
}


async def measure(name: str, setting: Setting) -> dict[str, object]:
    meter = Meter(setting["count"])
    await asyncio.wait_for(CLIENTS[name](setting, meter), 120)
    return {"seconds": meter.end - meter.begin, "left": meter.left}


if __name__ == "__main__":
    client, port, count, topics, rate, packages = sys.argv[1:]
    given = {"port": int(port), "count": int(count), "topics": int(topics), "rate": int(rate), "packages": packages}
    print(json.dumps(asyncio.run(measure(client, given))))
