"""A client's own view of a connection that others may share."""

from __future__ import annotations

import asyncio
import logging
import os
import warnings
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack, cast

from ..addresses import Address, channel_url, public_url
from ..codec import Getter
from ..errors import Closed
from ..operations import (
    HandlerOperation,
    Protocol,
    PushOperation,
    RequestOperation,
    SendOperation,
    SubscriptionOperation,
)
from ..options import (
    Callback,
    ConnectionEvent,
    ConnectionOptions,
    ConnectionState,
    Credential,
    Delivery,
    Heartbeat,
    OnDisconnect,
    RequestHandler,
    Stream,
    Subscription,
    UnknownMessage,
    Url,
)
from ..session import Consumer, Lease, canonical_parameters
from ..transport import Transport
from .answering import Answering
from .driver import Driver, credential
from .handles import ConsumerStream, ConsumerSubscription, PushStream
from .registry import acquire
from .websockets_transport import RecvTransport, WebSocketsTransport

__all__ = ["Client", "Connection", "ConnectionStats", "connection"]

RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")
DataT = TypeVar("DataT")

TRANSPORTS: Final[dict[str, Transport]] = {
    "websockets": WebSocketsTransport(),
    "websockets-recv": RecvTransport(),
}


@dataclass(frozen=True, slots=True)
class ConnectionStats:
    """Counters of a connection since it was made.

    Attributes:
        attempts: attempts to connect.
        unknown: messages that the document does not describe.
        invalid: frames that were not valid.
        unrouted: valid messages that nobody waited for.
    """

    attempts: int = 0
    unknown: int = 0
    invalid: int = 0
    unrouted: int = 0


class Connection:
    """What a client can do with its connection. The socket behind it is shared by all clients of the package
    with the same URL and credentials, and is opened by the first call.
    """

    def __init__(
        self, protocol: Protocol, url: Url | None, options: ConnectionOptions, address: Address | str = ""
    ) -> None:
        unknown = sorted(set(options) - set(ConnectionOptions.__annotations__))
        if unknown:
            raise TypeError(f"unknown connection options: {', '.join(unknown)}")
        given, options = options, protocol.defaults.copy()
        options.update(given)
        _check_heartbeat(protocol, options.get("heartbeat"))
        self._protocol = protocol
        channel = Address(address) if isinstance(address, str) else address
        self._address = channel
        self._url = _of_channel(_given_url(protocol) if url is None else url, channel)
        self._options = _with_headers(options, channel.handshake_headers())
        self._transport = _transport(options.get("transport", "websockets"))
        self._log = logging.getLogger(protocol.name)
        self._driver: Driver | None = None
        self._lease = Lease()
        self._lanes: dict[str, tuple[Driver, Lease]] = {}
        self._listeners: dict[Consumer, PushOperation[Any] | HandlerOperation[Any, Any]] = {}
        self._event_queues: list[tuple[deque[ConnectionEvent], asyncio.Event]] = []
        self._closed = False

    @property
    def state(self) -> ConnectionState:
        if self._closed:
            return "CLOSED"
        return "DISCONNECTED" if self._driver is None else self._driver.session.state

    @property
    def stats(self) -> ConnectionStats:
        if self._driver is None:
            return ConnectionStats()
        session = self._driver.session
        reports = session.reports
        return ConnectionStats(session.attempts, reports.unknown, reports.invalid, reports.unrouted)

    async def connect(self) -> None:
        """Open the connection, or wait until it is open. Optional: the first call does it.

        Raises:
            ConnectionFailed: no attempt succeeded.
            HandshakeRejected: the server refused, and trying again would not help.
            Closed: the client is closed.
        """
        driver = self._use()
        call = driver.session.connect(self._lease)
        driver.carry_out()
        await driver.settled(call, lambda: driver.session.abandon(call))

    async def reconnect(self) -> None:
        """Start afresh after a failure. Does nothing where the connection is open.

        Raises: like `connect`.
        """
        await self.connect()

    async def events(self) -> AsyncIterator[ConnectionEvent]:
        """Every change of state from now on, until the client is closed."""
        entry: tuple[deque[ConnectionEvent], asyncio.Event] = (deque(), asyncio.Event())
        queue, arrived = entry
        self._event_queues.append(entry)
        try:
            while True:
                while queue:
                    event = queue.popleft()
                    yield event
                    if event.state == "CLOSED":
                        return
                arrived.clear()
                await arrived.wait()
        finally:
            self._event_queues.remove(entry)

    async def close(self) -> None:
        """End everything of this client: its subscriptions are unsubscribed, its calls raise `Closed`. The last
        client of a shared connection closes it with code 1000. Final; a second call does nothing.
        """
        if self._closed:
            return
        self._closed = True
        shares = [*self._lanes.values(), *([] if self._driver is None else [(self._driver, self._lease)])]
        self._lanes.clear()
        self._emit(ConnectionEvent("CLOSED"))
        closing = [(driver, driver.close(lease)) for driver, lease in shares]
        for consumer in self._listeners:
            consumer.end(None)  # those that no connection has taken in
        self._listeners.clear()
        for driver, call in closing:
            await driver.settled(call, lambda: None)
        for driver, _ in shares:
            await driver.gone()

    # What generated methods call.

    async def subscribe(
        self,
        operation: SubscriptionOperation[RequestT, DataT],
        request: RequestT,
        on_update: Callback[DataT],
        *,
        on_reset: Callable[[], None] | None = None,
        on_error: Callable[[Exception], None] | None = None,
        timeout: float | None = None,
    ) -> Subscription:
        """Subscribe, and return after the server's confirmation; see the generated method."""
        delivery = operation.delivery
        consumer = Consumer(
            operation.domain,
            on_update,
            on_reset=on_reset,
            on_error=on_error,
            delivery=delivery,
            key=self._delivery_key(delivery),
        )
        driver = await self._subscribe(operation, request, consumer, timeout)
        return ConsumerSubscription(driver, consumer)

    def stream(
        self,
        operation: SubscriptionOperation[RequestT, DataT],
        request: RequestT,
        *,
        delivery: Delivery | None = None,
        timeout: float | None = None,
    ) -> Stream[DataT]:
        """Updates as a context manager and iterator; see the generated method."""
        consumer = self._stream_consumer(operation.domain, delivery or operation.delivery)

        async def enter(entering: Consumer) -> Driver:
            return await self._subscribe(operation, request, entering, timeout)

        return ConsumerStream[DataT](consumer, enter)

    async def request(
        self,
        operation: RequestOperation[RequestT, ReplyT],
        payload: RequestT,
        *,
        timeout: float | None = None,
        on_disconnect: OnDisconnect | None = None,
        ttl: float | None = None,
    ) -> ReplyT:
        """Send, and return the reply; see the generated method."""
        driver = self._use()
        call = driver.session.request(self._lease, operation, payload, timeout, on_disconnect, ttl)
        driver.carry_out()
        return cast(ReplyT, await driver.settled(call, lambda: driver.session.abandon(call)))

    async def send(
        self,
        operation: SendOperation[RequestT],
        payload: RequestT,
        *,
        on_disconnect: OnDisconnect | None = None,
        ttl: float | None = None,
    ) -> None:
        """Send; see the generated method."""
        driver = self._use()
        call = driver.session.send(self._lease, operation, payload, on_disconnect, ttl)
        driver.carry_out()
        await driver.settled(call, lambda: driver.session.abandon(call))
        await driver.drain()

    def listen(
        self,
        operation: PushOperation[DataT],
        callback: Callback[DataT],
        *,
        delivery: Delivery | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> Callable[[], None]:
        """Call `callback` with every push of `operation`, until the result is called. Does not connect."""
        key = self._delivery_key(delivery)
        return self._listen(
            operation, Consumer(operation.name, callback, on_error=on_error, delivery=delivery, key=key)
        )

    def handle(
        self,
        operation: HandlerOperation[RequestT, ReplyT],
        handler: RequestHandler[RequestT, ReplyT],
        *,
        concurrent: bool = False,
        error_reply: Callable[[Exception], ReplyT] | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> Callable[[], None]:
        """Answer every request of `operation` with what `handler` returns, until the result is called. Does not
        connect. Requests are handled one after the other, or for `concurrent` all at once where the handler is
        asynchronous. What it raises is reported, and answered with what `error_reply` makes of it, or not at all.
        When the connection ends, handlers are cancelled: what was asked on it is not answered on another one.

        Raises:
            RuntimeError: this client has a handler for it.
            Closed: the client is closed.
        """
        if operation in self._listeners.values():
            raise RuntimeError(f"`{operation.request}` has a handler; call what registering it returned first")
        answering = Answering(lambda: self._driver, handler, error_reply, concurrent=concurrent)
        consumer = answering.consumer = Consumer(operation.request, answering, on_error=on_error)
        return self._listen(operation, consumer)

    def listen_stream(self, operation: PushOperation[DataT], *, delivery: Delivery | None = None) -> Stream[DataT]:
        """Every push of `operation` as a context manager and iterator; entering or iterating it connects."""
        consumer = self._stream_consumer(operation.name, delivery)

        async def enter(entering: Consumer) -> Driver:
            driver = self._use()
            driver.session.listen(self._lease, operation, entering)
            await self.connect()
            return driver

        return PushStream[DataT](consumer, enter)

    # Inside.

    def _stream_consumer(self, domain: str, delivery: Delivery | None) -> Consumer:
        return Consumer(domain, None, delivery=delivery, key=self._delivery_key(delivery))

    def _delivery_key(self, delivery: Delivery | None) -> Getter | None:
        if delivery is None or delivery.policy != "latest":
            return None
        if delivery.key is None:
            raise ValueError('the policy "latest" needs `key`, the wire name of the field that tells values apart')
        return self._protocol.codec.field(delivery.key)

    async def _subscribe(
        self,
        operation: SubscriptionOperation[Any, Any],
        request: object,
        consumer: Consumer,
        timeout: float | None,
    ) -> Driver:
        if operation.route == "connection":
            driver, lease = self._use_lane(operation, request)
            consumer.when_ended(lambda _: self._leave_lane_soon(driver, lease))
        else:
            driver, lease = self._use(), self._lease
        call = driver.session.subscribe(lease, operation, request, consumer, timeout)
        driver.carry_out()
        await driver.settled(call, lambda: driver.session.leave(consumer))
        return driver

    def _use(self) -> Driver:
        if self._closed:
            raise Closed
        driver = self._driver
        if driver is not None and driver.loop is asyncio.get_running_loop():
            if driver.session.state != "FAILED":
                return driver
            driver.detach(self._lease)
        self._lease = Lease()
        self._driver = driver = self._acquire(self._lease, "")
        for consumer, operation in self._listeners.items():
            self._take_in(driver, operation, consumer)
        return driver

    def _use_lane(self, operation: SubscriptionOperation[Any, Any], request: object) -> tuple[Driver, Lease]:
        if self._closed:
            raise Closed
        parameters = canonical_parameters(self._protocol.codec, operation, request)
        lane = f"{operation.domain}:{parameters}"
        share = self._lanes.get(lane)
        if share is None or share[0].session.state in ("FAILED", "CLOSED"):
            lease = Lease()
            share = self._lanes[lane] = (self._acquire(lease, lane), lease)
        return share

    def _leave_lane_soon(self, driver: Driver, lease: Lease) -> None:
        driver.loop.call_soon(self._leave_lane, driver, lease)

    def _leave_lane(self, driver: Driver, lease: Lease) -> None:
        if not lease.consumers and not lease.calls and not lease.closed:
            self._lanes = {lane: share for lane, share in self._lanes.items() if share[1] is not lease}
            driver.close(lease)

    def _acquire(self, lease: Lease, lane: str) -> Driver:
        return acquire(self._protocol, self._url, self._address, self._transport, self._options, lease, self, lane)

    def _listen(
        self, operation: PushOperation[Any] | HandlerOperation[Any, Any], consumer: Consumer
    ) -> Callable[[], None]:
        if self._closed:
            raise Closed
        self._listeners[consumer] = operation
        if self._driver is not None and self._driver.session.state != "FAILED":
            self._take_in(self._driver, operation, consumer)

        def stop() -> None:
            self._listeners.pop(consumer, None)
            if self._driver is not None:
                self._driver.session.leave(consumer)

        return stop

    def _take_in(
        self, driver: Driver, operation: PushOperation[Any] | HandlerOperation[Any, Any], consumer: Consumer
    ) -> None:
        if isinstance(operation, HandlerOperation):
            driver.session.handle(self._lease, operation, consumer)
        else:
            driver.session.listen(self._lease, operation, consumer)

    def state_changed(self, event: ConnectionEvent) -> None:
        self._emit(event)

    def strange_message(self, message: UnknownMessage) -> None:
        hook = self._options.get("on_unknown")
        if hook is not None:
            self._call_hook("on_unknown", lambda: hook(message))

    def _emit(self, event: ConnectionEvent) -> None:
        for queue, arrived in self._event_queues:
            queue.append(event)
            arrived.set()
        hook = self._options.get("on_state")
        if hook is not None:
            self._call_hook("on_state", lambda: hook(event))

    def _call_hook(self, name: str, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            self._log.exception("%s raised", name)

    def __del__(self) -> None:
        driver = getattr(self, "_driver", None)
        if driver is None or self._closed or driver.session.state in ("FAILED", "CLOSED"):
            return
        warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=2)
        if not driver.loop.is_closed():
            driver.loop.call_soon_threadsafe(driver.close, self._lease)

    def __repr__(self) -> str:
        return f"<{self._protocol.name} connection to {_shown(self._url)} {self.state.lower()}>"


class Client:
    """Base of generated clients: a connection with the life of an `async with` block."""

    def __init__(
        self, protocol: Protocol, url: Url | None, options: ConnectionOptions, *, address: Address | str = ""
    ) -> None:
        self.connection = Connection(protocol, url, options, address)

    async def connect(self) -> None:
        """Open the connection. Optional: the first call does it.

        Raises:
            ConnectionFailed: no attempt succeeded.
            HandshakeRejected: the server refused, and trying again would not help.
        """
        await self.connection.connect()

    async def close(self) -> None:
        """Unsubscribe, and let go of the connection. Final; a second call does nothing."""
        await self.connection.close()

    async def __aenter__(self) -> Self:
        try:
            await self.connect()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.connection!r}>"


@asynccontextmanager
async def connection(
    protocol: Protocol, url: Url | None, *, address: Address | str = "", **options: Unpack[ConnectionOptions]
) -> AsyncGenerator[Connection, None]:
    """Open (or share) a connection for the length of a block."""
    shared = Connection(protocol, url, options, address)
    try:
        await shared.connect()
        yield shared
    finally:
        await shared.close()


def _transport(choice: object) -> Transport:
    if not isinstance(choice, str):
        return cast(Transport, choice)
    if choice == "picows":
        return _picows()
    if choice not in TRANSPORTS:
        raise ValueError(f"unknown transport {choice!r}; known are {', '.join((*TRANSPORTS, 'picows'))}")
    return TRANSPORTS[choice]


def _picows() -> Transport:
    """The transport on picows, loaded by name: a package has it only where it was asked for.

    Raises:
        ValueError: it is not there.
    """
    try:
        module = import_module(".picows_transport", __package__)
    except ModuleNotFoundError as missing:
        if missing.name == "picows":
            raise ValueError("transport='picows' needs the package picows: pip install picows") from None
        raise ValueError(
            "this client was built without transport='picows': set `picows = true` in its configuration"
        ) from None
    return cast(Transport, module.PicowsTransport())


def _check_heartbeat(protocol: Protocol, heartbeat: Heartbeat | None) -> None:
    """Find out now whether the heartbeat can be sent.

    Raises:
        ValueError: the client has no such message.
        InvalidRequest: the payload does not fit it.
    """
    if heartbeat is not None:
        try:
            protocol.codec.encode(heartbeat.type, heartbeat.payload)
        except KeyError:
            raise ValueError(f"the heartbeat {heartbeat.type!r} is no message that this client sends") from None


def _of_channel(url: Url, channel: Address) -> Url:
    """The URL of a channel; of a function, each URL that it gives is made one later.

    Raises:
        ValueError: `url` is no WebSocket URL, or a value cannot stand in the address.
    """
    if not callable(url):
        return channel_url(url, channel)
    channel.expanded()
    return url


def _shown(url: Url) -> str:
    return "a URL of its own for each attempt" if callable(url) else public_url(url)


def _given_url(protocol: Protocol) -> str:
    """The URL in the environment.

    Raises:
        ValueError: there is none.
    """
    name = protocol.url_env
    if name is None:
        raise ValueError("a URL is needed, such as 'wss://example.com/path'")
    url = os.environ.get(name)
    if not url:
        state = "is not set" if url is None else "is empty"
        raise ValueError(f"no URL is given, and the environment variable {name}, which would hold it, {state}")
    return url


@dataclass(frozen=True, slots=True)
class _ChannelHeaders:
    """Headers of the channel's own, under those that the caller gives; equal ones share a connection."""

    channel: Mapping[str, str]
    given: Credential[Mapping[str, str]] | None

    async def __call__(self, attempt: int) -> Mapping[str, str]:
        given: Mapping[str, str] = await credential(self.given, attempt) or {}
        names = {name.lower() for name in given}
        return {**{name: value for name, value in self.channel.items() if name.lower() not in names}, **given}


def _with_headers(options: ConnectionOptions, channel: Mapping[str, str]) -> ConnectionOptions:
    return {**options, "headers": _ChannelHeaders(channel, options.get("headers"))} if channel else options
