"""Bad weather between a client and a server: a proxy that knows where frames begin and end.

Each connection through it follows a plan, a tuple of faults. Plans are given out in order of the connections;
further connections pass unharmed. Frames are counted for each direction, from 1; position 0 is right after the
handshake. "up" leads to the server, "down" to the client.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tests.faults.frames import Frame, Splitter

__all__ = [
    "Blackhole",
    "Cut",
    "CutHandshake",
    "Delay",
    "Direction",
    "Drop",
    "Duplicate",
    "Fault",
    "Fragment",
    "HalfOpen",
    "Inject",
    "Passage",
    "Plan",
    "Proxy",
    "Slow",
    "proxied",
]

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Cut:
    """End both sockets after so many frames, and so many bytes of the next one; by reset, or in order."""

    direction: Direction
    frames: int
    extra: int = 0
    reset: bool = True


@dataclass(frozen=True, slots=True)
class CutHandshake:
    """End both sockets after so many bytes of the handshake's request or answer."""

    direction: Direction
    bytes: int
    reset: bool = True


@dataclass(frozen=True, slots=True)
class Blackhole:
    """Accept the socket, and never pass anything."""


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """After so many frames nothing passes any more in either direction; no socket is closed."""

    direction: Direction
    frames: int


@dataclass(frozen=True, slots=True)
class Slow:
    """Pass only so many bytes at a time, with a pause of seconds after each."""

    direction: Direction
    bytes: int = 1
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Inject:
    """Put bytes in after so many frames."""

    direction: Direction
    frames: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose one frame."""

    direction: Direction
    frame: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Pass one frame twice."""

    direction: Direction
    frame: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Keep one frame back for some seconds; later ones overtake it."""

    direction: Direction
    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Fragment:
    """Pass every message in parts of so many bytes, with a ping between them."""

    bytes: int


Fault: TypeAlias = Blackhole | Cut | CutHandshake | Delay | Drop | Duplicate | Fragment | HalfOpen | Inject | Slow
Plan: TypeAlias = tuple[Fault, ...]


class Proxy:
    """The proxy.

    Attributes:
        plans: what is in store for the next connections.
        passages: every connection so far, in order.
    """

    def __init__(self, target: int) -> None:
        self.plans: deque[Plan] = deque()
        self.passages: list[Passage] = []
        self.faults: list[Exception] = []
        self._target = target
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/ws"

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """Connections are refused from now on; those that are open stay."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def cut(self, *, reset: bool = True) -> None:
        """End every connection."""
        for passage in self.passages:
            passage.end(reset=reset)

    def calm(self) -> None:
        """No fault happens any more, but those that have begun go on."""
        self.plans.clear()
        for passage in self.passages:
            passage.plan = ()

    def freeze(self) -> None:
        """Make every connection half open."""
        for passage in self.passages:
            passage.swallows = True

    async def stop(self) -> None:
        """End everything; nothing is left when this returns."""
        self.stop_listening()
        self.cut()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that ends with the proxy; what it raises beyond the end of a socket is kept in `faults`."""

        async def guarded() -> None:
            try:
                await work
            except (ConnectionError, asyncio.IncompleteReadError):
                return
            except Exception as fault:
                self.faults.append(fault)

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plan = self.plans.popleft() if self.plans else ()
        passage = Passage(plan, self, writer)
        self.passages.append(passage)
        self.start(passage.serve(reader, self._target))


class Passage:
    """One connection through the proxy.

    Attributes:
        plan: its faults.
        passed: how many frames came in each direction, those included that were lost here.
        swallows: whether nothing passes any more.
    """

    def __init__(self, plan: Plan, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self.plan = plan
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.swallows = any(isinstance(fault, Blackhole) for fault in plan)
        self._proxy = proxy
        self._writers: dict[Direction, asyncio.StreamWriter] = {"down": client}
        self._slow = {fault.direction: fault for fault in plan if isinstance(fault, Slow)}
        self._fragment = next((fault.bytes for fault in plan if isinstance(fault, Fragment)), None)

    async def serve(self, client: asyncio.StreamReader, target: int) -> None:
        """Pass everything on until both sides have ended."""
        if self.swallows:
            await self._swallow(client)
            return
        server, self._writers["up"] = await asyncio.open_connection("127.0.0.1", target)
        await self._handshake("up", await client.readuntil(b"\r\n\r\n"))
        answer = await server.readuntil(b"\r\n\r\n")
        await self._handshake("down", answer)
        if not answer.startswith(b"HTTP/1.1 101"):
            self.end(reset=False)
            return
        for direction in ("up", "down"):
            await self._at_position(direction)
        self._proxy.start(self._pump("up", client))
        await self._pump("down", server)

    def end(self, *, reset: bool) -> None:
        """End both sockets: by a TCP reset, or in order after what has been written."""
        for writer in self._writers.values():
            if not reset:
                writer.close()
            elif not writer.transport.is_closing():
                raw: socket.socket = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        try:
            while await reader.read(65536):
                pass
        finally:
            self.end(reset=True)

    async def _handshake(self, direction: Direction, head: bytes) -> None:
        for fault in self.plan:
            if isinstance(fault, CutHandshake) and fault.direction == direction and fault.bytes < len(head):
                await self._write(direction, head[: fault.bytes])
                self.end(reset=fault.reset)
                raise ConnectionAbortedError
        await self._write(direction, head)

    async def _pump(self, direction: Direction, reader: asyncio.StreamReader) -> None:
        splitter = Splitter()
        try:
            while data := await reader.read(65536):
                for one in splitter.feed(data):
                    await self._frame(direction, one)
            await self._write(direction, splitter.rest)
            self.end(reset=self.swallows)
        except ConnectionError:
            self.end(reset=True)
            raise

    async def _frame(self, direction: Direction, one: Frame) -> None:
        number = self.passed[direction] = self.passed[direction] + 1
        copies, delay = 1, 0.0
        for fault in self.plan:
            if isinstance(fault, Drop | Duplicate | Delay) and (fault.direction, fault.frame) == (direction, number):
                copies = {Drop: 0, Duplicate: 2, Delay: 1}[type(fault)]
                delay = fault.seconds if isinstance(fault, Delay) else 0.0
            elif isinstance(fault, Cut) and (fault.direction, fault.frames) == (direction, number - 1):
                await self._write(direction, one.raw[: fault.extra])  # without `extra` it has been cut before
                self.end(reset=fault.reset)
                raise ConnectionAbortedError
        data = self._in_parts(one) if direction == "down" and self._fragment and one.opcode < 8 else one.raw
        if delay:
            self._proxy.start(self._write_later(direction, data, delay))
        else:
            await self._write(direction, data * copies)
        await self._at_position(direction)

    async def _at_position(self, direction: Direction) -> None:
        """Do what the plan says about the place between two frames."""
        here = (direction, self.passed[direction])
        for fault in self.plan:
            if isinstance(fault, Inject) and (fault.direction, fault.frames) == here:
                await self._write(direction, fault.data)
            elif isinstance(fault, HalfOpen) and (fault.direction, fault.frames) == here:
                self.swallows = True
            elif isinstance(fault, Cut) and (fault.direction, fault.frames) == here and not fault.extra:
                self.end(reset=fault.reset)
                raise ConnectionAbortedError

    def _in_parts(self, one: Frame) -> bytes:
        size = self._fragment or len(one.payload)
        parts = [one.payload[start : start + size] for start in range(0, len(one.payload), size)] or [b""]
        out: list[bytes] = []
        for index, part in enumerate(parts):
            fin = 0x80 if index == len(parts) - 1 else 0
            assert len(part) < 126, "parts are short frames"
            out.append(bytes([fin | (one.opcode if index == 0 else 0), len(part)]) + part)
        return b"\x89\x00".join(out)

    async def _write_later(self, direction: Direction, data: bytes, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._write(direction, data)

    async def _write(self, direction: Direction, data: bytes) -> None:
        if self.swallows:
            return
        writer, slow = self._writers[direction], self._slow.get(direction)
        step = len(data) if slow is None else slow.bytes
        for start in range(0, len(data), max(1, step)):
            writer.write(data[start : start + step])
            await writer.drain()
            if slow is not None:
                await asyncio.sleep(slow.pause)


@asynccontextmanager
async def proxied(target: int, *plans: Plan) -> AsyncGenerator[Proxy]:
    """A proxy on a free port of 127.0.0.1 before the server on port `target`, with plans for its first connections.
    A fault of its own fails the test at the end."""
    proxy = Proxy(target)
    proxy.plans.extend(plans)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.stop()
    assert proxy.faults == []
