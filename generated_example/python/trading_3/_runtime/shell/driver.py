"""One session on one event loop: carries out what the session asks, and tells it what the socket says."""

from __future__ import annotations

import asyncio
import inspect
import random
import typing
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from ..addresses import Address, channel_url
from ..clock import Clock, Timer
from ..errors import HandshakeRejected
from ..operations import Protocol
from ..options import ConnectionEvent, ConnectionOptions, Credential, SessionOptions, UnknownMessage, Url
from ..rules import Frame
from ..session import (
    Abort,
    Call,
    Cancelled,
    Changed,
    Close,
    Consumer,
    Effect,
    Lease,
    Open,
    PauseReading,
    ResumeReading,
    Serve,
    Session,
    Strange,
    Transmit,
)
from ..transport import ConnectRequest, Link, Transport

__all__ = ["Driver", "Observer", "credential"]

T = TypeVar("T")


class Observer(typing.Protocol):
    """Who wants to know what happens to a connection. Both methods are called in the event loop."""

    def state_changed(self, event: ConnectionEvent) -> None:
        """The connection entered a state."""
        ...

    def strange_message(self, message: UnknownMessage) -> None:
        """A frame came that could not be delivered."""
        ...


class Inlet:
    """What the transport gives to during one attempt."""

    def __init__(self, session: Session, generation: int, carry_out: Callable[[], None]) -> None:
        self._session = session
        self._generation = generation
        self.receive = session.receive  # the session's own: no call stands between it and the transport
        self._carry_out = carry_out

    def receive_binary(self, frame: bytes) -> None:
        self._session.receive_binary(frame)
        self._carry_out()

    def lost(self, code: int | None, reason: str, error: Exception | None) -> None:
        self._session.lost(self._generation, code, reason)
        self._carry_out()


class Driver:
    """A session, its socket and its timer."""

    __slots__ = (
        "_address",
        "_beside",
        "_clock",
        "_lane",
        "_left",
        "_link",
        "_observers",
        "_on_closed",
        "_opening",
        "_serving",
        "_timer",
        "_transport",
        "_url",
        "loop",
        "options",
        "session",
    )

    def __init__(
        self,
        protocol: Protocol,
        url: Url,
        address: Address,
        transport: Transport,
        options: ConnectionOptions,
        on_closed: Callable[[Driver], None],
        *,
        lane: bool,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        own_clock: Clock | None = getattr(transport, "clock", None)
        self._clock: Clock = own_clock or self.loop
        self.session = Session(protocol, SessionOptions.of(options), self._clock.time, random.random, self.carry_out)
        self.options = options
        self._url = url
        self._address = address
        self._transport = transport
        self._on_closed = on_closed
        self._lane = lane
        self._observers: dict[Lease, weakref.ref[Observer]] = {}
        self._link: Link | None = None
        self._left: Link | None = None
        self._opening: asyncio.Task[None] | None = None
        self._serving: dict[Consumer, asyncio.Task[None]] = {}
        self._beside: dict[asyncio.Task[None], Consumer] = {}
        self._timer: Timer | None = None

    def share(self, lease: Lease, observer: Observer) -> None:
        """Let one more client use this connection. The observer is held weakly."""
        self.session.lease(lease)
        self._observers[lease] = weakref.ref(observer)

    def detach(self, lease: Lease) -> None:
        """Take a client out of a failed connection."""
        self.session.detach(lease)
        self._observers.pop(lease, None)

    def close(self, lease: Lease) -> Call:
        """End what one client has here; the last one closes the connection. Nobody can join it from now on."""
        self._observers.pop(lease, None)
        mine = set(lease.consumers)
        call = self.session.close(lease)
        self.carry_out()
        self._stop_serving(lambda consumer: consumer in mine)
        return call

    async def settled(self, call: Call, give_up: Callable[[], object]) -> Any:
        """The result of a call. When the waiting task is cancelled, `give_up` undoes what the call did.

        Raises: the call's error.
        """
        if not call.settled:
            done: asyncio.Future[None] = self.loop.create_future()
            call.when_settled(lambda _: None if done.done() else done.set_result(None))
            try:
                await done
            except asyncio.CancelledError:
                give_up()
                self.carry_out()
                raise
        if call.error is None:
            return call.result
        if isinstance(call.error, Cancelled):
            raise asyncio.CancelledError
        raise call.error

    async def gone(self) -> None:
        """Wait until nothing is left of the connection that was closed last."""
        if self._left is not None:
            await self._left.wait_closed()

    async def drain(self) -> None:
        """Wait while the socket takes no more."""
        if self._link is not None:
            await self._link.drain()

    def carry_out(self) -> None:
        """Do what the session asks, in order, and set the timer."""
        session = self.session
        while session.effects:
            frames: list[bytes] = []
            for effect in session.take():
                if type(effect) is Transmit:
                    frames.append(effect.frame)
                    continue
                if frames:
                    self._send(frames)
                    frames = []
                self._do(effect)
            if frames:
                self._send(frames)
        self._set_timer()

    def _do(self, effect: Effect) -> None:
        if type(effect) is Serve:
            self._serve(effect)
        elif type(effect) is Open:
            self._opening = self.loop.create_task(self._open(effect.attempt, effect.generation))
        elif type(effect) is Close:
            self._hang_up(effect)
        elif type(effect) is Abort:
            self._abort()
        elif type(effect) is PauseReading:
            if self._link is not None:
                self._link.pause_reading()
        elif type(effect) is ResumeReading:
            if self._link is not None:
                self._link.resume_reading()
        elif type(effect) is Changed:
            self._changed(effect.event)
        elif type(effect) is Strange:
            self._strange(effect.message)

    def _send(self, frames: list[bytes]) -> None:
        """Send one frame, or several at once where the link can do that."""
        link = self._link
        if link is None:
            return
        send_all: Callable[[Sequence[bytes]], None] | None = getattr(link, "send_all", None)
        if len(frames) > 1 and send_all is not None:
            send_all(frames)
            return
        for frame in frames:
            link.send_binary(frame) if type(frame) is Frame else link.send(frame)

    def _set_timer(self) -> None:
        when, timer = self.session.next_timer, self._timer
        if timer is not None and (when is None or when < timer.when()):
            timer.cancel()
            timer = self._timer = None
        # A timer that is early finds nothing due; setting it anew for every call would cost more.
        if timer is None and when is not None:
            self._timer = self._clock.call_at(when, self._tick)

    def _tick(self) -> None:
        self._timer = None
        try:
            self.session.tick()
        finally:
            self.carry_out()

    def _hang_up(self, effect: Close) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close(effect.code, effect.reason)
            self._left = link

    def _abort(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        link, self._link = self._link, None
        if link is not None:
            link.abort()
            self._left = link

    def _changed(self, event: ConnectionEvent) -> None:
        if event.state in ("RECONNECTING", "FAILED", "CLOSED"):
            self._stop_serving(lambda consumer: consumer.answers)
        if event.state in ("FAILED", "CLOSED"):
            self._on_closed(self)
        if self._lane:
            return  # `Connection.state` is that of its main connection
        for observer in self._present():
            observer.state_changed(event)

    def _strange(self, message: UnknownMessage) -> None:
        for observer in self._present():
            observer.strange_message(message)

    def _present(self) -> list[Observer]:
        return [observer for reference in self._observers.values() if (observer := reference()) is not None]

    def serve_beside(self, consumer: Consumer, awaitable: Awaitable[None]) -> None:
        """Await something for a consumer, beside whatever else is served for it."""

        async def serve() -> None:
            try:
                await awaitable
            except Exception as error:
                self.session.callback_failed(consumer, error)
                self.carry_out()
            finally:
                self._beside.pop(task, None)

        task = self.loop.create_task(serve())
        self._beside[task] = consumer

    def _serve(self, effect: Serve) -> None:
        consumer = effect.consumer

        async def serve() -> None:
            awaitable: Awaitable[None] | None = effect.awaitable
            try:
                while awaitable is not None:
                    try:
                        await awaitable
                    except Exception as error:
                        self.session.callback_failed(consumer, error)
                    if self._serving.get(consumer) is not task:
                        return
                    awaitable = self.session.served(consumer)
                    self.carry_out()
            finally:
                if self._serving.get(consumer) is task:
                    del self._serving[consumer]

        task = self._serving[consumer] = self.loop.create_task(serve())

    def _stop_serving(self, whom: Callable[[Consumer], bool]) -> None:
        """Cancel what runs for these consumers, but for whoever asks for it."""
        tasks = [task for consumer, task in self._serving.items() if whom(consumer)]
        tasks += [task for task, consumer in self._beside.items() if whom(consumer)]
        for consumer in [consumer for consumer in self._serving if whom(consumer)]:
            del self._serving[consumer]
        for task in tasks:
            if task is not _current_task():
                task.cancel()

    async def _open(self, attempt: int, generation: int) -> None:
        session = self.session
        inlet = Inlet(session, generation, self.carry_out)
        try:
            request = await self._request(attempt)
            link = await self._transport.connect(request, inlet)
        except HandshakeRejected as error:
            session.refused(generation, error.status, error.retry_after, error.detail)
        except Exception as error:
            session.unreachable(generation, error)
        else:
            if generation != session.generation:
                link.abort()
                return
            self._link = link
            self._opening = None
            session.opened(generation)
        self.carry_out()

    async def _request(self, attempt: int) -> ConnectRequest:
        options = self.options
        headers = dict(await credential(options.get("headers"), attempt) or {})
        cookies: Mapping[str, str] = await credential(options.get("cookies"), attempt) or {}
        if cookies:
            headers["Cookie"] = "; ".join(_cookie(name, value) for name, value in cookies.items())
        query: Mapping[str, str] = await credential(options.get("query"), attempt) or {}
        subprotocols: Sequence[str] = await credential(options.get("subprotocols"), attempt) or ()
        return ConnectRequest(
            url=_with_query(await self._server_url(attempt), query),
            headers=headers,
            subprotocols=tuple(subprotocols),
            ssl=options.get("ssl"),
            open_timeout=options.get("open_timeout", 10.0),
            ping_interval=options.get("ping_interval", 20.0),
            ping_timeout=options.get("ping_timeout", 20.0),
            max_size=options.get("max_size", 16 * 1024 * 1024),
            compression=options.get("compression"),
            binary=self.session.codec.has_binary,
        )

    async def _server_url(self, attempt: int) -> str:
        if not callable(self._url):
            return self._url
        given: object = await credential(self._url, attempt)
        if not isinstance(given, str):
            raise ValueError(f"expected a URL such as 'wss://example.com/path', got a {type(given).__name__}")
        return channel_url(given, self._address)


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


async def credential(given: Credential[T] | None, attempt: int) -> T | None:
    """The value of a credential for this attempt."""
    value: Any = given
    if callable(value):
        value = value(attempt)
    if inspect.isawaitable(value):
        value = await value
    result: T | None = value
    return result


def _cookie(name: str, value: str) -> str:
    cookie = SimpleCookie({name: value})
    return cookie[name].OutputString()


def _with_query(url: str, query: Mapping[str, str]) -> str:
    if not query:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(query)]))))
