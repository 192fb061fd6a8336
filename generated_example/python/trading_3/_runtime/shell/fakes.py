"""What fake servers need of asyncio and `websockets`: clients in memory, time that passes at once, and a real port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias, TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from ..clock import Clock, VirtualClock
from ..errors import HandshakeRejected
from ..rules import Frame
from ..transport import ConnectRequest, MemoryConnection

__all__ = [
    "Dialogues",
    "MemoryPeer",
    "Peer",
    "Promise",
    "advance",
    "promise",
    "running_clock",
    "serve_on_port",
    "soon",
    "until",
]

T = TypeVar("T")
Promise: TypeAlias = "asyncio.Future[Any]"

TURNS = 100
"""How often the event loop turns at each moment of virtual time: the time that programs have to react."""


def soon(call: Callable[[], None]) -> None:
    """Call in the next turn of the running event loop."""
    asyncio.get_running_loop().call_soon(call)


def running_clock() -> Clock:
    """The clock of the running event loop."""
    return asyncio.get_running_loop()


def promise() -> Promise:
    """Something that can be awaited, and is still to come."""
    return asyncio.get_running_loop().create_future()


async def advance(clock: VirtualClock, seconds: float) -> None:
    """Put a clock forward: what becomes due is called in order, and what follows from it happens."""
    end = clock.time() + seconds
    await _turn()
    while clock.run_next(end):
        await _turn()
    clock.move_to(end)
    await _turn()


async def until(clock: VirtualClock, awaitable: Awaitable[T], within: float) -> T:
    """The result of an awaitable, with as much virtual time as that takes.

    Raises:
        TimeoutError: it takes longer than `within` seconds of virtual time.
    """
    task = asyncio.ensure_future(awaitable)
    end = clock.time() + within
    try:
        while True:
            await _turn(task)
            if task.done():
                return task.result()
            if clock.next_timer is None:
                await _timer_or(task, clock)
            elif not clock.run_next(end):
                raise TimeoutError(f"not done within {within:g} s of the fake's time")
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


async def _turn(task: asyncio.Future[T] | None = None) -> None:
    for _ in range(TURNS):
        if task is not None and task.done():
            return
        await asyncio.sleep(0)


async def _timer_or(task: asyncio.Future[T], clock: VirtualClock) -> None:
    """Wait until the task is done, or the clock has a timer."""
    timer_set = asyncio.Event()
    clock.on_set = timer_set.set
    waiting = asyncio.create_task(timer_set.wait())
    try:
        futures: list[asyncio.Future[Any]] = [task, waiting]
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    finally:
        clock.on_set = None
        waiting.cancel()


class Peer(Protocol):
    """A client, from the server's side. After its end every method does nothing."""

    @property
    def open(self) -> bool: ...

    @property
    def request(self) -> ConnectRequest:
        """The handshake that it came with."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock by which what is sent to it is delayed."""
        ...

    def send(self, frame: bytes) -> None:
        """A `Frame` goes as a binary message, anything else as text."""
        ...

    def close(self, code: int, reason: str) -> None: ...
    def drop(self) -> None: ...


class Dialogues(Protocol):
    """The server behind a port."""

    def admit(self, request: ConnectRequest) -> HandshakeRejected | None:
        """Why a handshake is refused; None: it is not."""
        ...

    def join(self, peer: Peer) -> None: ...
    def receive(self, peer: Peer, frame: bytes) -> None:
        """A message of a client; a binary one is a `Frame`."""
        ...

    def leave(self, peer: Peer) -> None:
        """Its connection has ended."""
        ...


@asynccontextmanager
async def serve_on_port(dialogues: Dialogues, port: int) -> AsyncGenerator[str, None]:
    """Serve on a port of 127.0.0.1 (0: any that is free), and yield the URL."""

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        rejected = dialogues.admit(_handshake(request))
        if rejected is None:
            return None
        response = connection.respond(HTTPStatus(rejected.status), rejected.detail)
        if rejected.retry_after is not None:
            response.headers["Retry-After"] = f"{rejected.retry_after:.0f}"
        return response

    def choose(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next(iter(offered), None)

    async def converse(connection: ServerConnection) -> None:
        if connection.request is None:
            return  # websockets converses after a handshake alone
        peer = SocketPeer(connection, connection.request)
        dialogues.join(peer)
        writing = asyncio.create_task(peer.write())
        try:
            while True:
                frame = await connection.recv()
                dialogues.receive(peer, frame.encode() if isinstance(frame, str) else Frame(frame))
        except ConnectionClosed:
            pass
        finally:
            writing.cancel()
            dialogues.leave(peer)

    async with serve(converse, "127.0.0.1", port, process_request=admit, select_subprotocol=choose) as server:
        number: int = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{number}"


def _handshake(request: Request) -> ConnectRequest:
    return ConnectRequest(url=f"ws://127.0.0.1{request.path}", headers=dict(request.headers.raw_items()))


class SocketPeer:
    """A client on a socket; what is sent is written in order by a task of its own."""

    def __init__(self, connection: ServerConnection, request: Request) -> None:
        self.request = _handshake(request)
        self._connection = connection
        self._outgoing: asyncio.Queue[bytes | tuple[int, str]] = asyncio.Queue()

    @property
    def open(self) -> bool:
        return self._connection.state is State.OPEN

    @property
    def clock(self) -> Clock:
        return self._connection.loop

    def send(self, frame: bytes) -> None:
        self._outgoing.put_nowait(frame)

    def close(self, code: int, reason: str) -> None:
        self._outgoing.put_nowait((code, reason))

    def drop(self) -> None:
        self._connection.transport.abort()

    async def write(self) -> None:
        """Send what waits, for as long as the connection lasts."""
        try:
            while True:
                waiting = await self._outgoing.get()
                if isinstance(waiting, bytes):
                    await self._connection.send(waiting, text=type(waiting) is not Frame)
                else:
                    await self._connection.close(*waiting)
        except ConnectionClosed:
            return  # the reader notices too


class MemoryPeer:
    """A client in this process. It has got what is sent when `send` returns, unless it is calling itself."""

    def __init__(self, connection: MemoryConnection, clock: Clock) -> None:
        self.request = connection.request
        self.clock = clock
        self._connection = connection

    @property
    def open(self) -> bool:
        return self._connection.open

    def send(self, frame: bytes) -> None:
        if self._connection.open:
            (self._connection.send_binary if type(frame) is Frame else self._connection.send)(frame)
            self._connection.flush()

    def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)
        self._connection.flush()

    def drop(self) -> None:
        self._connection.drop()
        self._connection.flush()
