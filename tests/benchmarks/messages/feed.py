"""A server that pushes as fast as a socket takes it. It runs in a process of its own, on nothing but asyncio.

The path says which protocol it speaks: `/raw` (any frame starts the feed), `/trading` (that of
`specs/trading.asyncapi.json`), `/centrifuge`, `/gql` (graphql-transport-ws). The query says how much:
`count` messages over `topics` topics, `rate` messages a second (0: as fast as possible). `chat.typing` drops the
connection.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["bar", "text_frame", "topic"]

CHUNK = 64 * 1024
"""Bytes that are written at a time."""


def topic(number: int) -> str:
    return f"bars:S{number}"


def bar(number: int) -> dict[str, float]:
    return {"time": 1700000000 + number, "open": 189.25, "high": 190.5, "low": 188.75, "close": 189.5, "volume": 1200}


def text_frame(text: bytes) -> bytes:
    """A frame of a server (RFC 6455, section 5.2)."""
    size = len(text)
    head = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size)
    return b"\x81" + head + text


def _trading(number: int, topics: int) -> object:
    payload = {"topic": topic(number % topics), "payload": bar(number)}
    return {"type": "bars.update", "payload": payload}


def _centrifuge(number: int, topics: int) -> object:
    return {"push": {"channel": topic(number % topics), "pub": {"data": bar(number)}}}


def _gql(number: int, topics: int) -> object:
    return {"id": str(number % topics + 1), "type": "next", "payload": {"data": {"bar": bar(number)}}}


PUSHES: dict[str, Callable[[int, int], object]] = {
    "/raw": _trading,
    "/trading": _trading,
    "/centrifuge": _centrifuge,
    "/gql": _gql,
}


@dataclass(slots=True)
class _Talk:
    """One connection: what to answer to a frame, and when the feed may begin."""

    kind: str
    topics: int
    subscribed: int = 0

    def answers(self, frame: bytes) -> Iterator[object]:
        for line in frame.decode().split("\n"):
            if line:
                yield from self._answers(json.loads(line))

    @property
    def complete(self) -> bool:
        return self.subscribed >= self.topics

    def _answers(self, message: dict[str, Any]) -> Iterator[object]:
        kind = message.get("type")
        if self.kind == "/raw":
            self.subscribed = self.topics
        elif kind == "bars.subscribe":
            self.subscribed += 1
            name = f"bars:{message['payload']['symbol']}"
            payload = {"status": "ok", "message": "", "topic": name}
            yield {"type": "bars.subscribe.response", "payload": payload}
        elif kind in {"chat.join", "bars.unsubscribe"}:
            reply = {"room": "x", "members": 1} if kind == "chat.join" else {"status": "ok", "message": "", "topic": ""}
            yield {"type": "chat.joined" if kind == "chat.join" else f"{kind}.response", "payload": reply}
        elif "connect" in message:
            yield {"id": message["id"], "connect": {"client": "c", "version": "0", "ping": 25, "pong": True}}
        elif "subscribe" in message:
            self.subscribed += 1
            yield {"id": message["id"], "subscribe": {}}
        elif kind == "connection_init":
            yield {"type": "connection_ack"}
        elif kind == "subscribe":
            self.subscribed += 1


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        request = await reader.readuntil(b"\r\n\r\n")
        target = urlsplit(request.split(b" ", 2)[1].decode())
        query = {name: int(values[0]) for name, values in parse_qs(target.query).items()}
        writer.write(_accepted(request))
        talk = _Talk(target.path, query.get("topics", 1))
        feeding: asyncio.Task[None] | None = None
        while True:
            opcode, frame = await _read(reader)
            if opcode == 8:
                writer.write(b"\x88\x02\x03\xe8")
                break
            if b'"chat.typing"' in frame:
                writer.transport.abort()
                break
            if opcode == 9:
                writer.write(b"\x8a" + bytes([len(frame)]) + frame)
            if opcode == 1:
                for answer in talk.answers(frame):
                    writer.write(text_frame(json.dumps(answer, separators=(",", ":")).encode()))
                if talk.complete and feeding is None and query.get("count"):
                    feeding = asyncio.create_task(_feed(writer, talk, query["count"], query.get("rate", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _accepted(request: bytes) -> bytes:
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
    }
    accept = hashlib.sha1(headers[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    offered = [name.strip() for name in headers.get(b"sec-websocket-protocol", b"").split(b",")]
    chosen = b"graphql-transport-ws" if b"graphql-transport-ws" in offered else offered[0]
    extra = b"Sec-WebSocket-Protocol: " + chosen + b"\r\n" if chosen else b""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + base64.b64encode(accept)
        + b"\r\n"
        + extra
        + b"\r\n"
    )


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """A frame of a client: its opcode and its payload, unmasked."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        size = struct.unpack("!H", await reader.readexactly(2))[0]
    elif size == 127:
        size = struct.unpack("!Q", await reader.readexactly(8))[0]
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))


async def _feed(writer: asyncio.StreamWriter, talk: _Talk, count: int, rate: int) -> None:
    await asyncio.sleep(0.05)  # the client has read its answers
    push = PUSHES[talk.kind]
    frames = [text_frame(json.dumps(push(n, talk.topics), separators=(",", ":")).encode()) for n in range(count)]
    loop = asyncio.get_running_loop()
    if rate:
        begin = loop.time()
        for number, frame in enumerate(frames):
            late = begin + number / rate - loop.time()
            if late > 0:
                await asyncio.sleep(late)
            writer.write(frame)
    else:
        whole = b"".join(frames)
        for start in range(0, len(whole), CHUNK):
            writer.write(whole[start : start + CHUNK])
            await writer.drain()


async def main() -> None:
    """Serve on a free port of 127.0.0.1, and print its number."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
