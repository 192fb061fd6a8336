"""A receiver that writes down what it is given, and a server that can write arbitrary bytes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

TEXT, BINARY, CONT, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA

PATIENCE = 20.0
"""Seconds until a test gives up on something that must happen."""

End = tuple[int | None, str, Exception | None]


class Notes:
    """A receiver that writes down what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.binary: list[bytes] = []
        self.ends: list[End] = []
        self.on_receive: Callable[[bytes], None] | None = None
        self._news = asyncio.Event()

    def receive(self, frame: bytes) -> None:
        self.frames.append(frame)
        self._news.set()
        if self.on_receive is not None:
            self.on_receive(frame)

    def receive_binary(self, frame: bytes) -> None:
        self.binary.append(frame)
        self._news.set()

    def lost(self, code: int | None, reason: str, error: Exception | None) -> None:
        self.ends.append((code, reason, error))
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was given makes this true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def count(self, frames: int) -> list[bytes]:
        """Wait for so many text frames."""
        await self.until(lambda: len(self.frames) >= frames)
        return self.frames

    async def end(self) -> End:
        """Wait for the end."""
        await self.until(lambda: bool(self.ends))
        return self.ends[0]


def frame(opcode: int, data: bytes = b"", *, fin: bool = True) -> bytes:
    """A frame of a server (RFC 6455, section 5.2)."""
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + b"\x7e" + struct.pack("!H", len(data)) + data
    return head + b"\x7f" + struct.pack("!Q", len(data)) + data


def close_frame(code: int | None, reason: str = "") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason.encode())


class Peer:
    """The server's side of one socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.request = b""

    async def handshake(self, extra: bytes = b"") -> None:
        """Accept, with `extra` in the same write as the answer."""
        self.request = await self.reader.readuntil(b"\r\n\r\n")
        guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(self.header("Sec-WebSocket-Key").encode() + guid).digest())
        self.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + extra
        )
        await self.writer.drain()

    def header(self, name: str) -> str:
        for line in self.request.decode().split("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return ""

    async def refuse(self, status: str, headers: str = "") -> None:
        """Answer with an HTTP status, such as "403 Forbidden", and header lines that end in CRLF."""
        self.request = await self.reader.readuntil(b"\r\n\r\n")
        self.writer.write(f"HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n".encode())
        await self.writer.drain()

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the client's next frame."""
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        mask = await self.reader.readexactly(4)
        data = await self.reader.readexactly(size)
        repeated = (mask * (size // 4 + 1))[:size]
        unmasked = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
        return first & 0x0F, unmasked.to_bytes(size, "big")

    async def gone(self) -> None:
        """Wait until the client's socket is closed."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionResetError:
            return

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def raw_server(script: Script) -> AsyncGenerator[str]:
    """A server on 127.0.0.1 that runs the script for each socket; gives its URL. A fault of a script is raised."""
    faults: list[BaseException] = []
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went first, or the test is over
        except Exception as fault:
            faults.append(fault)
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        if running:
            await asyncio.wait(running)
    for fault in faults:
        raise fault
