"""From a decoded message to its consumers.

Rules for the next editor: what is called `deliver` runs once per frame. Everything there is paid for by each of them:
a call, a tuple or an attribute of one more object is one to five per cent of the way of an update. A method that is
stored in a field is read first and called then, which Python does faster than both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..codec import Codec, Getter
from ..operations import Correlation, Update
from .calls import ReplyQueue
from .consumers import Consumer
from .correlation import Reader, id_text

if TYPE_CHECKING:
    from .session import Session
    from .subscriptions import Domain

__all__ = ["Maker", "MessageRoute", "Route", "UpdateRoute", "deliver", "maker", "unwrapped", "update_route"]

Maker: TypeAlias = Callable[[Any], Any]
Route: TypeAlias = Callable[[Any, bytes], object]


def maker(event: type[Any]) -> Maker:
    """What wraps a payload in a generated event class; classes of messages without a payload take none."""
    if "payload" in getattr(event, "__dataclass_fields__", {}):
        return event
    return lambda payload: event()


def unwrapped(value: object, events: Mapping[str, type[object]], only: str) -> tuple[str, object]:
    """The message and the payload of what may stand in a generated event class; `only` where there is none."""
    for key, event in events.items():
        if type(value) is event:
            return key, getattr(value, "payload", None)
    return only, value


def deliver(session: Session, consumers: Iterable[Consumer], value: Any) -> None:
    """Give one value to several consumers; one that fails harms no other."""
    for consumer in consumers:
        if consumer.ended:
            continue
        consumer.delivered += 1
        accept = consumer.accept
        try:
            result = accept(value)
        except BaseException as error:
            session.callback_failed(consumer, error)
        else:
            if result is not None:
                session.callback_started(consumer, result)


class UpdateRoute:
    """One kind of update of one domain. `address` None: the domain has one address for all.

    `alone` says that nobody else gets what this domain has no use for.
    """

    __slots__ = ("_address", "_data", "_domain", "_make", "_session", "_sinks", "alone")

    def __init__(
        self,
        session: Session,
        domain: Domain,
        address: Callable[[Any], Hashable] | None,
        data: Getter | None,
        make: Maker | None,
    ) -> None:
        self._session = session
        self._domain = domain
        self._sinks = domain.sinks
        self._address = address
        self._data = data
        self._make = make
        self.alone = False

    def deliver(self, payload: Any, frame: bytes) -> bool:
        """Whether this domain had a use for it."""
        address = () if self._address is None else self._address(payload)
        value = payload if self._data is None else self._data(payload)
        try:
            consumer = self._sinks[address]
        except KeyError:
            return self._without_consumer(address, value, frame)
        except TypeError:  # a list or an object stands where the address is: nobody's
            return self._without_consumer(repr(address), value, frame)
        if self._make is not None:
            value = self._make(value)
        if consumer.ended:
            return True
        consumer.delivered += 1
        accept = consumer.accept
        try:
            result = accept(value)
        except BaseException as error:
            self._session.callback_failed(consumer, error)
        else:
            if result is not None:
                self._session.callback_started(consumer, result)
        return True

    def _without_consumer(self, address: Hashable, value: Any, frame: bytes) -> bool:
        if self._make is not None:
            value = self._make(value)
        kept = self._domain.keep(address, value, len(frame))
        if not kept and self.alone:
            self._session.count_unrouted(self._domain.operation.domain)
        return kept


class TopicPayloadRoute(UpdateRoute):
    """The same for updates whose Python names are `topic` and `payload`, as those of FastWS are: the names stand in the
    code, which is faster than any getter."""

    __slots__ = ()

    def deliver(self, payload: Any, frame: bytes) -> bool:
        value = payload.payload
        try:
            consumer = self._sinks[payload.topic]
        except (KeyError, TypeError):
            return super().deliver(payload, frame)
        if consumer.ended:
            return True
        consumer.delivered += 1
        accept = consumer.accept
        try:
            result = accept(value)
        except BaseException as error:
            self._session.callback_failed(consumer, error)
        else:
            if result is not None:
                self._session.callback_started(consumer, result)
        return True


def update_route(session: Session, domain: Domain, update: Update, pairs: Iterable[str] | None) -> UpdateRoute:
    """The route of an update, whose address is in its fields `pairs`, or else its topic."""
    getter = session.codec.getter
    address: Callable[[Any], Hashable] | None = None
    if pairs is not None:
        address = _tuple_of([getter(update.key, f"{update.data}.{path}" if update.data else path) for path in pairs])
    elif update.topic is not None:
        address = getter(update.key, update.topic)
    data = None if update.data is None else getter(update.key, update.data)
    make: Maker | None = None if update.event is None else maker(update.event)
    kind = TopicPayloadRoute if make is None and pairs is None and _named_so(session.codec, update) else UpdateRoute
    return kind(session, domain, address, data, make)


def _named_so(codec: Codec, update: Update) -> bool:
    if update.topic is None or update.data is None:
        return False
    names = [*codec.attributes(update.key, update.topic), *codec.attributes(update.key, update.data)]
    return names == ["topic", "payload"]


def _tuple_of(fields: list[Getter]) -> Callable[[Any], Hashable]:
    def address(payload: Any) -> Hashable:
        return tuple([field(payload) for field in fields])

    return address


class MessageRoute:
    """All that a message can be: a reply, an update, a push, a request of the server, or something to swallow."""

    __slots__ = ("_session", "domains", "handlers", "ids", "key", "listeners", "queue", "swallowed", "topic", "updates")

    def __init__(self, session: Session, key: str) -> None:
        self._session = session
        self.key = key
        self.queue: ReplyQueue | None = None
        self.topic: Callable[[Any], str | None] | None = None
        self.domains: tuple[Domain, ...] = ()
        """Those whose subscribes it confirms."""
        self.ids: dict[Correlation, Reader] = {}
        self.updates: tuple[UpdateRoute, ...] = ()
        self.listeners: tuple[tuple[Consumer, Maker | None], ...] = ()
        self.handlers: tuple[tuple[Consumer, Maker], ...] = ()
        self.swallowed = False

    def holds(self, topic: str) -> bool:
        """Whether a subscription that it confirmed has this topic."""
        return any(domain.holds(topic) for domain in self.domains)

    def id_of(self, payload: Any, frame: bytes) -> str | None:
        """The id of the request that it answers, where it says one."""
        for read in self.ids.values():
            found = id_text(read(payload, frame))
            if found is not None:
                return found
        return None

    def quickest(self) -> Route:
        """The function that does what this route does now."""
        alone = len(self.updates) == 1 and self.queue is None and not self.listeners and not self.handlers
        for update in self.updates:
            update.alone = alone
        return self.updates[0].deliver if alone else self.deliver

    def deliver(self, payload: Any, frame: bytes) -> None:
        if self.queue is not None and not len(self.queue) and self.domains and not self.updates and not self.listeners:
            self._session.alignment.surplus(self, payload)
        elif self.queue is not None and len(self.queue):
            slot = self._session.reply(self, self.queue, payload, frame)
            # What may also come unasked, such as an echo, is lost to nobody because a call was given up.
            if slot is not None and (slot.waiting or not (self.updates or self.listeners)):
                return
        used = [update.deliver(payload, frame) for update in self.updates]
        for consumer, make in self.listeners:
            deliver(self._session, (consumer,), payload if make is None else make(payload))
        for consumer, make in self.handlers[:1]:  # a request is answered once
            deliver(self._session, (consumer,), make(payload))
        if not (any(used) or self.listeners or self.handlers or self.swallowed):
            self._session.count_unrouted(self.key)
