"""Which message goes where: one route for each message key, made when something first has to do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..codec import Undecodable, UnknownMessageKey
from ..operations import Correlation, PushOperation
from ..options import UnknownMessage
from .calls import ReplyQueue
from .consumers import Consumer
from .correlation import id_text, read_raw, reader
from .routes import Maker, MessageRoute, Route, UpdateRoute, maker

if TYPE_CHECKING:
    from .liveness import Liveness
    from .reports import Reports
    from .session import Session
    from .subscriptions import Domain

__all__ = ["Switchboard", "observed", "receiver"]


class Switchboard:
    """The routes of one session. `routes` holds, for each message key, the function that takes its messages; also for
    the class of its frames, where it has one.
    """

    __slots__ = ("_messages", "_session", "routes")

    def __init__(self, session: Session) -> None:
        self.routes: dict[object, Route] = {}
        self._session = session
        self._messages: dict[str, MessageRoute] = {}

    def queue(self, key: str) -> ReplyQueue:
        """The queue of those who wait for replies of this kind."""
        message = self._message(key)
        if message.queue is None:
            message.queue = ReplyQueue()
            self._settle(message)
        return message.queue

    def waiting(self, key: str) -> ReplyQueue | None:
        """The same, if there is one."""
        message = self._messages.get(key)
        return None if message is None else message.queue

    def reply_topic(self, key: str, topic: Callable[[Any], str | None]) -> None:
        """Replies of this kind may name their topic."""
        self._message(key).topic = topic

    def confirms(self, key: str, domain: Domain) -> None:
        """Replies of this kind confirm subscriptions of a domain."""
        message = self._message(key)
        message.domains = (*message.domains, domain)

    def reply_id(self, key: str, correlation: Correlation) -> None:
        """Replies of this kind may name the request that they answer."""
        message = self._message(key)
        if correlation not in message.ids:
            message.ids[correlation] = reader(self._session.codec, key, correlation.reply, correlation)

    def raw_id(self, key: str, payload: object, frame: bytes) -> str | None:
        """The same of a reply whose payload is not valid."""
        found = (id_text(read_raw(payload, frame, each.reply, each)) for each in self._message(key).ids)
        return next((id for id in found if id is not None), None)

    def add_update(self, key: str, route: UpdateRoute) -> None:
        """Messages of this kind are updates of a domain."""
        message = self._message(key)
        message.updates = (*message.updates, route)
        self._settle(message)

    def swallow(self, key: str) -> None:
        """Messages of this kind are of no interest."""
        self._message(key).swallowed = True

    def listen(self, operation: PushOperation[Any], consumer: Consumer) -> None:
        """Deliver every message of `operation` to `consumer`."""
        events = operation.events or {}
        for key in operation.messages:
            message = self._message(key)
            make = maker(events[key]) if key in events else None
            message.listeners = (*message.listeners, (consumer, make))
            self._settle(message)

    def handle(self, key: str, consumer: Consumer, make: Maker) -> None:
        """Deliver every message of `key` to `consumer`, unless an earlier one gets them."""
        message = self._message(key)
        message.handlers = (*message.handlers, (consumer, make))
        self._settle(message)

    def silence(self, consumer: Consumer) -> None:
        """Deliver nothing to `consumer` any more."""
        for message in self._messages.values():
            kept = tuple(entry for entry in message.listeners if entry[0] is not consumer)
            handlers = tuple(entry for entry in message.handlers if entry[0] is not consumer)
            if (len(kept), len(handlers)) != (len(message.listeners), len(message.handlers)):
                message.listeners, message.handlers = kept, handlers
                self._settle(message)

    def drain(self) -> None:
        """The connection has ended: no reply comes any more."""
        for message in self._messages.values():
            if message.queue is not None:
                message.queue.drain()

    def clear(self) -> None:
        """Nothing goes anywhere."""
        self._messages.clear()
        self.routes.clear()

    def _message(self, key: str) -> MessageRoute:
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = MessageRoute(self._session, key)
            self._settle(message)
        return message

    def _settle(self, message: MessageRoute) -> None:
        self.routes[message.key] = route = message.quickest()
        classes = self._session.codec.classes
        if classes is not None and message.key in classes.of:
            self.routes[classes.of[message.key]] = route


def receiver(session: Session, acted: Callable[[], None]) -> Callable[[bytes], None]:
    """The way of a text frame. All that it needs is at hand, as every frame goes here."""
    by_key, classes = _receiver_by_key(session, acted), session.codec.classes
    if classes is None:
        return by_key
    load, refused, routes, effects = classes.load, classes.refused, session.switchboard.routes, session.effects

    def receive(frame: bytes) -> None:
        try:
            message = load(frame)
        except refused:
            message = None
        if message is None:
            by_key(frame)
            return
        session.frame = frame
        route = routes.get(message.__class__)
        if route is None:
            session.count_unrouted(message.key)
        else:
            route(message.payload, frame)
        if effects:
            acted()

    return receive


def _receiver_by_key(session: Session, acted: Callable[[], None]) -> Callable[[bytes], None]:
    decode, routes, effects = session.codec.decode, session.switchboard.routes, session.effects

    def receive(frame: bytes) -> None:
        session.frame = frame
        try:
            key, payload = decode(frame)
        except UnknownMessageKey as unknown:
            session.strange(UnknownMessage(unknown.type, frame, None))
        except Undecodable as bad:
            session.undecodable(bad, frame)
        else:
            route = routes.get(key)
            if route is None:
                session.count_unrouted(key)
            else:
                route(payload, frame)
        if effects:
            acted()

    return receive


def observed(receive: Callable[[bytes], None], reports: Reports, liveness: Liveness) -> Callable[[bytes], None]:
    """The same way, past those who have to know of each frame."""

    def receive_and_tell(frame: bytes) -> None:
        if reports.frames:
            reports.received(frame)
        liveness.heard()
        receive(frame)

    return receive_and_tell
