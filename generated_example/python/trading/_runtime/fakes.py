"""Fake servers: the other side of a generated client, inside the process of a test.

A generated `Fake…Server` is a `FakeServer` with typed methods for everything that its clients can be sent. What
the server answers is decided here, by the descriptors that the clients themselves work with.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar, overload
from urllib.parse import parse_qs, urlsplit

from .clock import VirtualClock
from .codec import Undecodable, UnknownMessageKey
from .errors import ConnectionLost, HandshakeRejected, InvalidRequest
from .operations import (
    Confirmation,
    HandlerOperation,
    Protocol,
    PushOperation,
    RequestOperation,
    SendOperation,
    SubscriptionOperation,
)
from .rules import Frame
from .samples import least_texts
from .session import (
    Ids,
    Roles,
    canonical_parameters,
    computed_topic,
    id_text,
    maker,
    reader,
    release_parameters,
    unwrapped,
    with_id,
)
from .shell.fakes import MemoryPeer, Peer, Promise, advance, promise, running_clock, serve_on_port, soon, until
from .transport import ConnectRequest, MemoryAttempt, MemoryTransport
from .undivided import Undivided

__all__ = ["FakeConnection", "FakeServer", "FakeSubscription", "Handler", "Received"]

T = TypeVar("T")
PayloadT = TypeVar("PayloadT")
AnswerT = TypeVar("AnswerT")
RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")
DataT = TypeVar("DataT")

Operation: TypeAlias = SubscriptionOperation[Any, Any] | RequestOperation[Any, Any] | SendOperation[Any]

REFUSALS = ("error", "failed", "rejected", False)
"""What a status says that refuses, where the document lists no value for that."""

HANDSHAKE = frozenset({"connection", "host", "origin", "upgrade", "user-agent"})
"""Headers of a handshake that are no credentials; those of RFC 6455 begin with `sec-websocket-`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a client. `payload` is None for one without a payload."""

    message: str
    payload: object


@dataclass(frozen=True, slots=True)
class FakeSubscription:
    """A subscription that the server has confirmed, of one connection."""

    domain: str
    request: object
    topic: str | None


class FakeConnection:
    """A connection of a client, and what it was asked for with. Its `repr` shows no query and no header's value."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    @property
    def open(self) -> bool:
        return self._peer.open

    @property
    def path(self) -> str:
        """The path of its URL, percent-encoded as it was sent."""
        return urlsplit(self._peer.request.url).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The query of its URL, decoded: all values of each name."""
        return parse_qs(urlsplit(self._peer.request.url).query, keep_blank_values=True)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of its handshake."""
        return self._peer.request.headers

    def __repr__(self) -> str:
        return f"<{'open' if self.open else 'ended'} connection to {self.path}>"


class Handler(Generic[PayloadT, AnswerT]):
    """An attribute of a fake server that takes a function from a client's payload to the server's answer."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.name = ""

    def __set_name__(self, owner: type[FakeServer], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, server: None, owner: type[FakeServer]) -> Self: ...
    @overload
    def __get__(self, server: FakeServer, owner: type[FakeServer]) -> Callable[[PayloadT], AnswerT] | None: ...
    def __get__(
        self, server: FakeServer | None, owner: type[FakeServer]
    ) -> Self | Callable[[PayloadT], AnswerT] | None:
        return self if server is None else server.handlers.get(self.message)

    def __set__(self, server: FakeServer, function: Callable[[PayloadT], AnswerT] | None) -> None:
        if function is None:
            server.handlers.pop(self.message, None)
        else:
            server.handlers[self.message] = function


class FakeServer:
    """Base of generated fake servers. It is its own network: `transport` is the client's way to it.

        server = FakeTradingServer()
        async with TradingClient("ws://fake", transport=server.transport) as trading:
            ...

    It confirms every subscribe and unsubscribe, and answers what is answered without a payload. Everything else
    is answered by the functions that are given to its `on_…` attributes; where one is missing, or raises, the
    connection is closed with code 1011 and the reason. What it sends by the `push_…` methods has reached the
    client when they return.

    Its clients have a time of their own (delays of retries, timeouts, silence). It passes as real time does, and
    `advance` and `until` put it forward: what would take a minute has then happened at once.
    """

    def __init__(
        self,
        protocol: Protocol,
        operations: Iterable[Operation],
        formats: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`formats` has the formats of texts in messages, by message and path: what is made up is of them."""
        self.clock = VirtualClock(running_clock)
        """The time of the server, and of clients on `transport`."""
        self.handlers: dict[str, Callable[[Any], Any]] = {}
        """What the `on_…` attributes hold, by message."""
        self._desk = _Desk(protocol, operations, self.handlers, _attributes(type(self)), formats or {})
        self.transport = MemoryTransport(self._accept, schedule=soon, clock=self.clock)
        """For the option `transport` of clients."""

    @property
    def received(self) -> list[Received]:
        """What clients have sent, in order. Clear it as you like."""
        return self._desk.received

    @property
    def subscriptions(self) -> list[FakeSubscription]:
        """What is subscribed to now, over all connections."""
        held = [each for dialogue in self._desk.open() for each in dialogue.held]
        return [FakeSubscription(each.operation.domain, each.request, each.topic) for each in held]

    @property
    def connections(self) -> list[FakeConnection]:
        """Every connection so far, in order."""
        return [FakeConnection(peer) for peer in self._desk.peers]

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._desk.open())

    async def advance(self, seconds: float) -> None:
        """Put the time forward, and let everything happen that comes with it."""
        await advance(self.clock, seconds)

    async def until(self, awaitable: Awaitable[T], *, within: float = 3600.0) -> T:
        """Await something, and put the time forward for as long as that takes.

        Raises:
            TimeoutError: it is not done `within` so many seconds of the fake's time.
        """
        return await until(self.clock, awaitable, within)

    def delay(self, seconds: float) -> None:
        """From now on, answer so much later."""
        self._desk.faults.delay = seconds

    def go_silent(self, *messages: str) -> None:
        """From now on, answer nothing; or nothing of these messages, by their wire types."""
        self._desk.faults.silence(messages)

    def reject_handshakes(self, status: int, *, retry_after: float | None = None) -> None:
        """From now on, refuse connections with this HTTP status, and `Retry-After` (seconds) if given."""
        self._desk.faults.rejection = HandshakeRejected(status, retry_after)

    def expire_credentials(self, status: Literal[401, 403] = 401) -> None:
        """From now on, refuse connections with the headers and the query that clients have connected with so far;
        before the first connection, with those that it comes with. Connections that are open stay open.
        """
        self._desk.expire(status)

    def recover(self) -> None:
        """End all of these: refusals, delays, silence, rejected handshakes, expired credentials."""
        self._desk.faults = _Faults()

    def drop(self, code: int | None = None, reason: str = "") -> None:
        """End every connection: with a close frame of this code, or without any, as a broken network does."""
        for dialogue in self._desk.open():
            if code is None:
                dialogue.peer.drop()
            else:
                dialogue.peer.close(code, _reason(reason))

    def send_raw(self, frame: bytes) -> None:
        """Send any bytes as a text message on every connection, or a `Frame` as a binary one.

        Raises:
            LookupError: nobody is connected.
        """
        for dialogue in self._desk.somebody():
            dialogue.peer.send(frame)

    def serve(self, port: int = 0) -> AbstractAsyncContextManager[str]:
        """Serve on a port of 127.0.0.1 too, by default a free one; entering gives the URL.

        Clients that come this way have the event loop's time, and so have answers to them.
        """
        return serve_on_port(self._desk, port)

    def _accept(self, attempt: MemoryAttempt) -> None:
        rejected = self._desk.admit(attempt.request)
        if rejected is not None:
            attempt.refuse(rejected.status, rejected.retry_after)
            return
        connection = attempt.accept(next(iter(attempt.request.subprotocols), None))
        peer = MemoryPeer(connection, self.clock)
        self._desk.join(peer)
        connection.on_frame = lambda frame: self._desk.receive(peer, frame)
        connection.on_end = lambda: self._desk.leave(peer)
        connection.on_binary = lambda frame: self._desk.receive(peer, Frame(frame))

    # What generated methods call.

    def _update(
        self,
        operation: SubscriptionOperation[RequestT, DataT],
        update: DataT,
        *,
        topic: str | None = None,
        request: RequestT | None = None,
    ) -> None:
        self._desk.update(operation, update, topic, request)

    def _push(self, operation: PushOperation[DataT], payload: DataT) -> None:
        self._desk.push(operation.messages[0], payload)

    async def _ask(self, operation: HandlerOperation[RequestT, ReplyT], payload: RequestT) -> ReplyT:
        reply: ReplyT = await self._desk.ask(operation, payload)
        return reply

    def _update_one_of(
        self,
        operation: SubscriptionOperation[RequestT, Undivided[DataT]],
        update: DataT,
        *,
        topic: str | None = None,
        request: RequestT | None = None,
    ) -> None:
        self._desk.update(operation, update, topic, request)

    def _push_one_of(self, operation: PushOperation[Undivided[DataT]], payload: DataT) -> None:
        self._desk.push(operation.messages[0], payload)

    def _refuse(
        self, operation: SubscriptionOperation[RequestT, DataT], message: str, request: RequestT | None
    ) -> None:
        self._desk.refuse(operation, message, request)


def _attributes(kind: type[FakeServer]) -> dict[str, str]:
    """The names of the attributes that take handlers, by message."""
    found = [each for base in kind.__mro__ for each in vars(base).values()]
    return {each.message: each.name for each in found if isinstance(each, Handler)}


def _reason(text: str) -> str:
    """As much of a text as a close frame has room for (RFC 6455, section 5.5.1)."""
    return text.encode()[:123].decode(errors="ignore")


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A confirmed subscription; `key` has its canonical parameters."""

    operation: SubscriptionOperation[Any, Any]
    request: object
    key: str
    topic: str
    named: object
    """The topic as it is written, which can be a number."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A request of the server that a client has not answered yet; `id` is what its reply will repeat."""

    operation: HandlerOperation[Any, Any]
    id: str | None
    reply: Promise


class _Dialogue:
    """A client, what it is subscribed to, and what it was asked."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.held: list[_Held] = []
        self.asked: list[_Question] = []

    def hold(self, held: _Held) -> None:
        same = (held.operation.subscribe, held.key)
        self.held = [each for each in self.held if (each.operation.subscribe, each.key) != same]
        self.held.append(held)


class _Faults:
    """What is wrong with the server just now."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.rejection: HandshakeRejected | None = None
        self.expired: dict[object, HandshakeRejected] = {}
        self.expires_next: HandshakeRejected | None = None
        self._refusals: dict[tuple[str, str | None], str] = {}
        self._mute = False
        self._unanswered: set[str] = set()

    def silence(self, messages: Iterable[str]) -> None:
        listed = set(messages)
        self._mute = self._mute or not listed
        self._unanswered |= listed

    def silent(self, message: str) -> bool:
        return self._mute or message in self._unanswered

    def refuse(self, message: str, parameters: str | None, words: str) -> None:
        self._refusals[message, parameters] = words

    def refusal(self, message: str, parameters: str) -> str | None:
        return self._refusals.get((message, parameters), self._refusals.get((message, None)))


class _Desk:
    """Where handshakes and frames of clients arrive, and where answers and pushes leave."""

    def __init__(
        self,
        protocol: Protocol,
        operations: Iterable[Operation],
        handlers: Mapping[str, Callable[[Any], Any]],
        attributes: Mapping[str, str],
        formats: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.received: list[Received] = []
        self.peers: list[Peer] = []
        self.faults = _Faults()
        self._clients = protocol.codec
        self._codec = protocol.codec.reversed()
        self._log = logging.getLogger(f"{protocol.name}.fake")
        self._handlers = handlers
        self._attributes = attributes
        self._formats = formats
        self._answers: dict[str, Callable[[_Dialogue, Any], bytes | None]] = {}
        self._dialogues: list[_Dialogue] = []
        self._credentials: list[object] = []
        self._ids = Ids(lambda: 0.0)
        for operation in operations:
            self._offer(operation)

    def _offer(self, operation: Operation) -> None:
        if isinstance(operation, SubscriptionOperation):
            self._answers[operation.subscribe] = lambda dialogue, payload: self._subscribe(dialogue, operation, payload)
            if operation.unsubscribe is not None:
                self._answers[operation.unsubscribe] = lambda dialogue, payload: self._release(
                    dialogue, operation, payload
                )
        elif isinstance(operation, RequestOperation):
            self._answers[operation.request] = lambda _, payload: self._reply(operation, payload)
        else:
            self._answers[operation.message] = lambda _, payload: self._acknowledge(operation, payload)

    # Clients come and go.

    def admit(self, request: ConnectRequest) -> HandshakeRejected | None:
        """See `Dialogues.admit`."""
        credentials, faults = _credentials(request), self.faults
        self._credentials.append(credentials)
        if faults.expires_next is not None:
            faults.expired[credentials] = faults.expires_next
            faults.expires_next = None
        return faults.rejection or faults.expired.get(credentials)

    def expire(self, status: int) -> None:
        rejected = HandshakeRejected(status)
        self.faults.expired.update(dict.fromkeys(self._credentials, rejected))
        if not self._credentials:
            self.faults.expires_next = rejected

    def join(self, peer: Peer) -> None:
        """See `Dialogues.join`."""
        self.peers.append(peer)
        self._dialogues.append(_Dialogue(peer))

    def leave(self, peer: Peer) -> None:
        """See `Dialogues.leave`."""
        for dialogue in [each for each in self._dialogues if each.peer is peer]:
            self._dialogues.remove(dialogue)
            for question in dialogue.asked:
                if not question.reply.done():
                    question.reply.set_exception(ConnectionLost(None, "the client has gone", "maybe"))

    def open(self) -> list[_Dialogue]:
        self._dialogues = [each for each in self._dialogues if each.peer.open]
        return list(self._dialogues)

    def somebody(self) -> list[_Dialogue]:
        found = self.open()
        if not found:
            raise LookupError("nobody is connected")
        return found

    # What they send, and what they are answered.

    def receive(self, peer: Peer, frame: bytes) -> None:
        """See `Dialogues.receive`."""
        dialogue = next((each for each in self._dialogues if each.peer is peer), None)
        if dialogue is None:
            return
        try:
            decode = self._codec.decode_binary if type(frame) is Frame else self._codec.decode
            key, payload = decode(frame)
        except (Undecodable, UnknownMessageKey) as error:
            peer.close(1007, _reason(str(error)))
            return
        self.received.append(Received(key, payload))
        if self._take_reply(dialogue, key, payload, frame):
            return
        if not self.faults.silent(key):
            self._answer(dialogue, key, payload)

    def _take_reply(self, dialogue: _Dialogue, key: str, payload: object, frame: bytes) -> bool:
        """Whether a message is the answer to what the server asked."""
        for question in dialogue.asked:
            operation = question.operation
            if key not in operation.replies:
                continue
            if question.id is not None and operation.correlation is not None:
                read = reader(self._codec, key, operation.correlation.reply, operation.correlation)
                if id_text(read(payload, frame)) != question.id:
                    continue
            dialogue.asked.remove(question)
            if not question.reply.done():
                event = operation.events.get(key)
                question.reply.set_result(payload if event is None else maker(event)(payload))
            return True
        return False

    def _answer(self, dialogue: _Dialogue, key: str, payload: object) -> None:
        answer, peer = self._answers.get(key), dialogue.peer
        try:
            frame = None if answer is None else answer(dialogue, payload)
        except Exception as error:
            name = self._attributes.get(key, key)
            self._log.exception("no answer to `%s`", key)
            peer.close(1011, _reason(f"{name}: {error}"))
            return
        if frame is None:
            return
        if self.faults.delay:
            peer.clock.call_at(peer.clock.time() + self.faults.delay, lambda: peer.send(frame))
        else:
            peer.send(frame)

    def _subscribe(
        self, dialogue: _Dialogue, operation: SubscriptionOperation[Any, Any], payload: object
    ) -> bytes | None:
        confirmation = operation.confirmation
        parameters = canonical_parameters(self._clients, operation, payload)
        topic = computed_topic(operation, parameters) or f"{operation.domain}:{parameters}"
        refusal = self.faults.refusal(operation.subscribe, parameters)
        handler = self._handlers.get(operation.subscribe)
        if confirmation is None:
            dialogue.hold(_Held(operation, payload, parameters, topic, topic))
            if handler is not None:
                handler(payload)
            return None
        id = self._id_in(confirmation, operation.subscribe, payload)
        if refusal is not None and confirmation.refusals:
            return self._refusal(confirmation, refusal, id)
        if refusal is not None:
            reply = self._confirm(confirmation, topic, id, refusal)
        elif handler is not None:
            reply = handler(payload)
        else:
            reply = self._confirm(confirmation, topic, id)
        roles = Roles(confirmation, self._clients.getter)
        if roles.ok(reply):
            named = roles.named(reply) or topic
            dialogue.hold(_Held(operation, payload, parameters, str(named), named))
        return self._codec.encode(confirmation.key, reply)

    def _release(
        self, dialogue: _Dialogue, operation: SubscriptionOperation[Any, Any], payload: object
    ) -> bytes | None:
        unsubscribe, topic = operation.unsubscribe or "", ""
        given = {**operation.defaults, **self._clients.parameters(unsubscribe, payload)}
        for held in dialogue.held:
            expected = release_parameters(operation, json.loads(held.key), held.named)
            if held.operation is operation and all(given.get(name) == value for name, value in expected.items()):
                topic = held.topic
                dialogue.held.remove(held)
                break
        if operation.release is None:
            return None
        handler = self._handlers.get(unsubscribe)
        id = self._id_in(operation.release, unsubscribe, payload)
        reply = self._confirm(operation.release, topic, id) if handler is None else handler(payload)
        return self._codec.encode(operation.release.key, reply)

    def _id_in(self, confirmation: Confirmation, key: str, payload: object) -> dict[str, object]:
        """What the answer repeats of a message, at its path there."""
        if confirmation.correlation is None:
            return {}
        found = self._clients.getter(key, confirmation.correlation.request)(payload)
        return {} if found is None else {confirmation.correlation.reply: found}

    def _topic(self, confirmation: Confirmation, topic: str) -> object:
        """The topic, or a number of its own where the server numbers subscriptions."""
        try:
            self._assembled(confirmation.key, {confirmation.topic or "": topic})
        except InvalidRequest:
            return self._ids.new("integer")
        return topic

    def _assembled(self, key: str, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`; texts that nobody gives are the least of their formats."""
        return self._codec.assemble(key, {**least_texts(self._formats.get(key, {}), values), **values})

    def _refusal(self, confirmation: Confirmation, words: str, id: Mapping[str, object]) -> bytes:
        """The message that refuses, in these words."""
        key, path = next(iter(confirmation.refusals.items()))
        said = {} if path is None else {path: words}
        return self._codec.encode(key, self._assembled(key, {**said, **id}))

    def _confirm(
        self, confirmation: Confirmation, topic: str, id: Mapping[str, object], refusal: str | None = None
    ) -> Any:
        """A reply that confirms, or that refuses in these words."""
        values: dict[str, object] = dict(id)
        if confirmation.topic is not None:
            values[confirmation.topic] = self._topic(confirmation, topic)
        if confirmation.message is not None and refusal is not None:
            values[confirmation.message] = refusal
        if confirmation.status is None:
            return self._assembled(confirmation.key, values)
        roles = Roles(confirmation, self._clients.getter)
        listed = self._codec.constants(confirmation.key, confirmation.status)
        problem = "no value of its status says so"
        for status in (*listed, *(confirmation.ok if refusal is None else REFUSALS)):
            try:
                reply = self._assembled(confirmation.key, {**values, confirmation.status: status})
            except InvalidRequest as error:
                problem = str(error)
                continue
            if roles.ok(reply) is (refusal is None):
                return reply
        raise LookupError(f"no answer could be made up: {problem}")

    def _reply(self, operation: RequestOperation[Any, Any], payload: object) -> bytes | None:
        handler = self._handlers.get(operation.request)
        reply = None if handler is None else handler(payload)
        if not operation.replies:
            return None
        if handler is not None:
            key, content = unwrapped(reply, operation.events, operation.replies[0])
            return self._codec.encode(key, content)
        if len(operation.replies) == 1:
            try:
                return self._codec.encode(operation.replies[0], None)
            except InvalidRequest:
                pass  # its payload is for a handler to say
        raise LookupError("give it a function that returns the reply")

    def _acknowledge(self, operation: SendOperation[Any], payload: object) -> bytes | None:
        handler = self._handlers.get(operation.message)
        if handler is not None:
            handler(payload)
        if operation.acknowledgement is None:
            return None
        return self._codec.encode(operation.acknowledgement, self._assembled(operation.acknowledgement, {}))

    # What the test sends.

    def push(self, key: str, payload: object) -> None:
        frame = self._codec.encode(key, payload)
        for dialogue in self.somebody():
            dialogue.peer.send(frame)

    async def ask(self, operation: HandlerOperation[Any, Any], payload: object) -> Any:
        """Ask the client that came last, and wait for its answer."""
        dialogue, correlation = self.somebody()[-1], operation.correlation
        if correlation is None:
            frame, id = self._codec.encode(operation.request, payload), None
        else:
            kind = correlation.kind
            frame, id = with_id(
                self._codec,
                operation.request,
                payload,
                correlation.request,
                correlation,
                lambda: None if kind is None else self._ids.new(kind),
            )
        question = _Question(operation, id, promise())
        dialogue.asked.append(question)
        dialogue.peer.send(frame)
        return await question.reply

    def update(
        self, operation: SubscriptionOperation[Any, Any], update: object, topic: str | None, request: object
    ) -> None:
        """Send an update to those who follow the topic, or who asked for `request`, or to all of the domain."""
        one = operation.updates[0]
        events = {each.key: each.event for each in operation.updates if each.event is not None}
        key, data = unwrapped(update, events, one.key)
        kind = next(each for each in operation.updates if each.key == key)
        frames: dict[str, bytes] = {}
        for peer, followed in self._followers(operation, topic, request, named=kind.topic is not None):
            if followed not in frames:
                values = {} if kind.topic is None else {kind.topic: followed}
                whole = data if kind.data is None else self._assembled(key, {**values, kind.data: data})
                frames[followed] = self._codec.encode(key, whole)
            peer.send(frames[followed])

    def _followers(
        self, operation: SubscriptionOperation[Any, Any], topic: str | None, request: object, *, named: bool
    ) -> list[tuple[Peer, str]]:
        """Who gets an update, under which topic. `named` says that updates carry it; else one is enough for each."""
        present = self.somebody()
        wanted = None if request is None else canonical_parameters(self._clients, operation, request)
        found = [
            (dialogue.peer, held.topic)
            for dialogue in present
            for held in dialogue.held
            if held.operation is operation and topic in (None, held.topic) and wanted in (None, held.key)
        ]
        if topic is not None and not found:
            return [(dialogue.peer, topic) for dialogue in present]
        if not found:
            about = operation.domain if request is None else f"{operation.domain}` with `{wanted}"
            raise LookupError(f"nobody is subscribed to `{about}`")
        return list({(id(peer), followed if named else ""): (peer, followed) for peer, followed in found}.values())

    def refuse(self, operation: SubscriptionOperation[Any, Any], message: str, request: object) -> None:
        parameters = None if request is None else canonical_parameters(self._clients, operation, request)
        self.faults.refuse(operation.subscribe, parameters, message)


def _credentials(request: ConnectRequest) -> object:
    """What of a handshake can expire: its query, and headers that are the client's own."""
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    own = [
        (name, value)
        for name, value in headers
        if name == "sec-websocket-protocol" or not (name in HANDSHAKE or name.startswith("sec-websocket-"))
    ]
    return (urlsplit(request.url).query, request.subprotocols, tuple(sorted(own)))
