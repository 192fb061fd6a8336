"""Everything that can be set on a connection, with its default, and the types that callers meet."""

from __future__ import annotations

import ssl as _ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Protocol, Self, TypeAlias, TypedDict, TypeVar, cast

from .retry import Verdict, judge

__all__ = [
    "Callback",
    "ConnectionEvent",
    "ConnectionOptions",
    "ConnectionState",
    "Credential",
    "Delivery",
    "Heartbeat",
    "OnDisconnect",
    "RequestHandler",
    "Retry",
    "SessionOptions",
    "Stream",
    "Subscription",
    "SubscriptionState",
    "UnknownMessage",
    "Url",
    "restored",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")

Callback: TypeAlias = Callable[[T], Awaitable[None] | None]
"""Called with each value, in order. One that returns an awaitable is awaited before its next value."""

RequestHandler: TypeAlias = Callable[[RequestT], ReplyT | Awaitable[ReplyT]]
"""Called with each request of the server; its result, or what that gives when it is awaited, is the reply."""

Credential: TypeAlias = T | Callable[[int], T | Awaitable[T]]
"""A value, or a function (also an async one) from the number of the attempt, from 1, to the value."""

Url: TypeAlias = Credential[str]
"""A `ws` or `wss` URL, or a function that gives one for each attempt."""

OnDisconnect: TypeAlias = Literal["fail", "queue"]
"""What a request or send does while the connection is lost: raise `ConnectionLost` at once, or wait for another one."""

ConnectionState: TypeAlias = Literal["DISCONNECTED", "CONNECTING", "CONNECTED", "RECONNECTING", "FAILED", "CLOSED"]
SubscriptionState: TypeAlias = Literal["CREATED", "PENDING", "CONFIRMED", "UNSUBSCRIBING", "DELETED"]


@dataclass(frozen=True, slots=True)
class Retry:
    """When a connection is tried again.

    Attributes:
        delays: seconds before each attempt of a first connect, exactly. Their number is the number of attempts.
        stable_after: seconds that a connection must last before an outage counts as over.
        give_up_after: seconds after which an outage of an established connection is final; None: never.
        judge: says of a failure whether another attempt is worth it; the default is `retry.judge`.
    """

    delays: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0)
    stable_after: float = 5.0
    give_up_after: float | None = 300.0
    judge: Callable[[Exception], Verdict] = judge


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A message that is sent regularly, for servers that close connections on which the client says nothing.

    Attributes:
        type: the message, by its wire type.
        interval: seconds from one to the next.
        payload: its payload; None for a message without one.
        reply: the wire type of the server's answer, which is swallowed; None when it does not answer.
    """

    type: str
    interval: float
    payload: object = None
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happens when a consumer is slower than its updates. Nothing is ever dropped silently.

    Attributes:
        policy: "block" stops reading, "drop_oldest" keeps the newest `limit`, "latest" keeps one for each value
            of `key`, "fail" ends the consumer with `SlowConsumer`.
        limit: how many values may wait.
        key: for "latest", the wire name of the field that tells values apart.
    """

    policy: Literal["block", "drop_oldest", "latest", "fail"] = "block"
    limit: int = 4096
    key: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A frame that could not be delivered as what the document describes.

    Attributes:
        type: what the frame calls itself, if it says so.
        raw: the frame as it came.
        error: what is wrong with it; None for a message that the document does not describe.
    """

    type: str | None
    raw: bytes
    error: Exception | None


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """A change of the connection's state.

    Attributes:
        state: the state that was entered.
        reason: a close code, an HTTP status, a word of the client's own ("desynchronised"), or None.
        attempt: the number of the attempt that is under way or succeeded, from 1; 0 outside of connecting.
        error: the exception behind it, if any.
    """

    state: ConnectionState
    reason: int | str | None = None
    attempt: int = 0
    error: Exception | None = None


class ConnectionOptions(TypedDict, total=False):
    """Options of a connection. All may be left out.

    headers, query, subprotocols, cookies: credentials and the like, sent to the server's own origin only; see
        `Credential`. Asked again for every attempt.
    ssl: a context for `wss` URLs; default: the system's trust.
    connect_timeout: seconds that a call waits for a connection; default: what `retry` allows, 60 where that
        has no end.
    open_timeout: seconds for one attempt; default 10.
    timeout: seconds that a call waits for its answer; default 5.
    max_attempts: attempts of a first connect; default 5, None: for ever.
    retry: see `Retry`.
    on_disconnect: what a request or send does while the connection is lost: "fail" raises `ConnectionLost` at once
        (default), "queue" waits for a connection as long as `ttl` (default 30 s) allows. Nothing that was sent is
        ever sent again.
    heartbeat: see `Heartbeat`; default: what the package was built with, else none. None: none.
    max_silence: seconds without any frame of the server after which the connection counts as dead; default: none.
    ping_interval, ping_timeout: protocol pings; default 20 s and 20 s, None: none.
    max_size: bytes of the largest message that is accepted; default 16 MiB.
    compression: "deflate" or None; default None, which is faster.
    transport: "websockets" (default), "websockets-recv", "picows" (a package of its own), or a `Transport` of
            your own.
    on_unknown: called with every frame that is no message of the document, or is not valid.
    on_state: called with every change of state.
    """

    headers: Credential[Mapping[str, str]]
    query: Credential[Mapping[str, str]]
    subprotocols: Credential[Sequence[str]]
    cookies: Credential[Mapping[str, str]]
    ssl: _ssl.SSLContext
    connect_timeout: float
    open_timeout: float
    timeout: float
    max_attempts: int | None
    retry: Retry
    on_disconnect: OnDisconnect
    ttl: float
    heartbeat: Heartbeat | None
    max_silence: float
    ping_interval: float | None
    ping_timeout: float | None
    max_size: int | None
    compression: Literal["deflate"] | None
    transport: object
    on_unknown: Callable[[UnknownMessage], None]
    on_state: Callable[[ConnectionEvent], None]


def restored(options: Mapping[str, object], **names: str) -> ConnectionOptions:
    """Options under their own names, where a client has some of them under others: `names` of each."""
    own = {name: option for option, name in names.items()}
    return cast(ConnectionOptions, {own.get(name, name): value for name, value in options.items()})


class Subscription(Protocol):
    """A confirmed subscription."""

    @property
    def id(self) -> str:
        """A name of it, unique in this process."""
        ...

    @property
    def topic(self) -> str | None:
        """The topic that the server confirmed; None when its reply had none."""
        ...

    @property
    def state(self) -> SubscriptionState: ...

    @property
    def delivered(self) -> int:
        """How many updates this consumer was given."""
        ...

    @property
    def dropped(self) -> int:
        """How many updates it lost because it was slow; see `Delivery`."""
        ...

    @property
    def resets(self) -> int:
        """How often the subscription was renewed after a lost connection; updates in between are missing."""
        ...

    async def unsubscribe(self) -> None:
        """Leave. The last one to leave a topic waits for the server's answer; ends `DELETED` in every case."""
        ...

    def cancel(self) -> None:
        """Leave at once, without waiting; for use inside a callback."""
        ...

    async def wait_ended(self) -> None:
        """Return after an own `unsubscribe` or the client's close; raise what ended it otherwise."""
        ...


class Stream(Protocol[T_co]):
    """Updates as an asynchronous context manager and iterator. Entering subscribes, leaving unsubscribes."""

    @property
    def topic(self) -> str | None: ...

    @property
    def resets(self) -> int:
        """How often the subscription was renewed after a lost connection; updates in between are missing."""
        ...

    @property
    def dropped(self) -> int:
        """How many values it lost because it was slow; see `Delivery`."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __aiter__(self) -> AsyncIterator[T_co]: ...


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The options that the session itself acts on; see `ConnectionOptions`."""

    timeout: float = 5.0
    connect_timeout: float | None = None
    open_timeout: float = 10.0
    max_attempts: int | None = 5
    retry: Retry = Retry()
    on_disconnect: OnDisconnect = "fail"
    ttl: float = 30.0
    heartbeat: Heartbeat | None = None
    max_silence: float | None = None

    @classmethod
    def of(cls, options: ConnectionOptions) -> SessionOptions:
        """The session's part of connection options; attempts are as many as delays unless they are given."""
        retry = options.get("retry", Retry())
        own = cls(
            timeout=options.get("timeout", 5.0),
            connect_timeout=options.get("connect_timeout"),
            open_timeout=options.get("open_timeout", 10.0),
            max_attempts=options.get("max_attempts", max(1, len(retry.delays))),
            retry=retry,
            on_disconnect=options.get("on_disconnect", "fail"),
            ttl=options.get("ttl", 30.0),
            heartbeat=options.get("heartbeat"),
            max_silence=options.get("max_silence"),
        )
        return DEFAULTS if own == DEFAULTS else own  # most connections have these

    def delay_before(self, attempt: int) -> float | None:
        """Seconds before an attempt of a first connect, from 1; None when there is none left."""
        if self.max_attempts is not None and attempt > self.max_attempts:
            return None
        return self.listed_delay(attempt)

    def listed_delay(self, attempt: int) -> float:
        """Seconds before an attempt, from 1. Past the listed delays they double, up to 30 s."""
        delays = self.retry.delays or (0.0,)
        if attempt <= len(delays):
            return delays[attempt - 1]
        # Beyond some thirty doublings a float has no room, and 30 s have long been reached.
        doublings = min(attempt - len(delays), 30)
        return min(30.0, max(1.0, delays[-1]) * 2.0**doublings)

    @property
    def patience(self) -> float:
        """Seconds that a call waits for a connection."""
        if self.connect_timeout is not None:
            return self.connect_timeout
        if self.max_attempts is None:
            return 60.0
        delays = (self.delay_before(attempt) or 0.0 for attempt in range(1, self.max_attempts + 1))
        return sum(delays) + self.open_timeout * self.max_attempts


DEFAULTS: Final = SessionOptions()
