"""The core of a connection, without a socket, an event loop, a clock or randomness.

Frames and clock readings go in; `take()` gives what the shell has to do, in order. Deliveries do not take that
way: `receive` calls the consumers itself, so that an update costs one decode, one look-up and the call.

    shell                                session
    ─────                                ───────
    opened / refused / unreachable   →   the attempt that `Open` asked for
    receive / receive_binary / lost  →   what the socket gives
    tick                             →   at `next_timer`
    take                             ←   Open, Transmit, Close, Abort, Changed, Serve

Rules for the next editor: a state changes only in `_enter`; a subscription changes only by the table in
`transitions`; every frame that the server answers takes its slot before it is sent; nothing here awaits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ..codec import Undecodable, UnknownMessageKey
from ..errors import (
    Closed,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRejected,
    InvalidPayload,
    RequestTimeout,
    SlowConsumer,
    WsgenError,
)
from ..operations import Protocol, PushOperation, RequestOperation, SendOperation, SubscriptionOperation
from ..options import ConnectionEvent, ConnectionState, SessionOptions, UnknownMessage
from .calls import Call, Cancelled, ReplyQueue, Slot, Staircase, Wait
from .consumers import Consumer
from .effects import Abort, Changed, Close, Effect, Open, Serve, Strange, Transmit
from .leases import Lease
from .reports import Reports
from .routes import MessageRoute, Route, UpdateRoute, maker
from .subscriptions import Domain
from .timers import Timer, Timers

__all__ = ["Session"]

CLOSE_GRACE = 1.0


class Session:
    """One connection: its state, its calls, its subscriptions.

    `clock` gives monotonic seconds; `jitter` gives random numbers in [0, 1).
    """

    def __init__(
        self,
        protocol: Protocol,
        options: SessionOptions,
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        self.codec = protocol.codec
        self.reports = Reports(protocol.name)
        self.state: ConnectionState = "DISCONNECTED"
        self.generation = 0
        self.attempts = 0
        self._options = options
        self._clock = clock
        self._jitter = jitter
        self._decode = protocol.codec.decode
        self.effects: list[Effect] = []
        self._timers = Timers()
        self._answers = Staircase()
        self._slots: OrderedDict[int, Slot] = OrderedDict()
        self._sequence = 0
        self._order = 0
        self._leases: dict[Lease, None] = {}
        self._domains: dict[int, Domain] = {}
        self._messages: dict[str, MessageRoute] = {}
        self._routes: dict[str, Route] = {}
        self._waiting: dict[Call, Callable[[], None]] = {}
        self._attempt = 0
        self._attempt_timer: Timer | None = None
        self._cause: Exception | None = None
        self._denied = False
        self._closing: Timer | None = None
        self._when_closed: Callable[[], None] | None = None
        self.receive: Callable[[bytes], None] = self._receive_aloud if self.reports.frames else self._receive
        """What a text frame is given to. Consumers are called from here."""

    # What the shell asks.

    @property
    def connected(self) -> bool:
        return self.state == "CONNECTED"

    @property
    def clean(self) -> bool:
        """Whether no call, slot, timer, consumer or subscription is left."""
        return not (
            len(self._timers)
            or self._slots
            or self._waiting
            or any(lease.calls or lease.consumers for lease in self._leases)
            or any(not domain.idle for domain in self._domains.values())
        )

    @property
    def unknown(self) -> int:
        """How many messages came that the document does not describe."""
        return self.reports.unknown

    @property
    def invalid(self) -> int:
        """How many frames came that were not valid."""
        return self.reports.invalid

    @property
    def unrouted(self) -> int:
        """How many valid messages came that nobody waited for."""
        return self.reports.unrouted

    @property
    def shared_by(self) -> int:
        """How many clients use this connection."""
        return len(self._leases)

    @property
    def next_timer(self) -> float | None:
        return self._timers.next()

    def take(self) -> list[Effect]:
        """What is to be done, in order; empty most of the time."""
        effects, self.effects = self.effects, []
        return effects

    def tick(self) -> None:
        """Fire the timers that are due."""
        self._timers.fire(self._clock())

    # What a client does.

    def lease(self, lease: Lease) -> None:
        """Let another client share this connection."""
        self._leases[lease] = None

    def detach(self, lease: Lease) -> None:
        """Take a client out of a connection that has failed; its listeners can go to another one."""
        self._leases.pop(lease, None)
        for consumer in list(lease.consumers):
            self._silence(consumer)
        lease.consumers.clear()

    def connect(self, lease: Lease) -> Call:
        """Settles when the connection can be used."""
        call = self._call("connect", lease)
        self._when_connected(call, call.settle)
        return call

    def reconnect(self, lease: Lease) -> Call:
        """Start afresh after a failure; nothing else where the connection is there or under way."""
        return self.connect(lease)

    def subscribe(
        self,
        lease: Lease,
        operation: SubscriptionOperation[Any, Any],
        request: object,
        consumer: Consumer,
        timeout: float | None = None,
    ) -> Call:
        """Settles with the consumer after the server's confirmation.

        Raises:
            Closed, InvalidRequest, AmbiguousRoute: nothing was sent.
        """
        self._check(lease)
        return self._domain(operation).subscribe(lease, request, consumer, self._timeout(timeout))

    def leave(self, consumer: Consumer) -> Call | None:
        """End a subscription, or give up one that is pending. The call of the unsubscribe, if a frame was sent."""
        if consumer.wire is None:
            self._unlisten(consumer)
            return None
        return consumer.wire.domain.leave(consumer)

    def request(
        self,
        lease: Lease,
        operation: RequestOperation[Any, Any],
        payload: object,
        timeout: float | None = None,
    ) -> Call:
        """Settles with the reply's payload.

        Raises:
            Closed, InvalidRequest: nothing was sent.
        """
        self._check(lease)
        frame = self.codec.encode(operation.request, payload)
        call = self._call(operation.request, lease)
        call.timeout = self._timeout(timeout)
        self._when_connected(call, lambda: self._send_request(operation, call, frame))
        return call

    def send(self, lease: Lease, operation: SendOperation[Any], payload: object) -> Call:
        """Settles when the frame is handed over.

        Raises:
            Closed, InvalidRequest: nothing was sent.
        """
        self._check(lease)
        frame = self.codec.encode(operation.message, payload)
        if operation.acknowledgement is not None:
            route = self._message(operation.acknowledgement)
            route.swallowed = True
        call = self._call(operation.message, lease)

        def start() -> None:
            self._transmit(frame)
            call.settle()

        self._when_connected(call, start)
        return call

    def listen(self, lease: Lease, operation: PushOperation[Any], consumer: Consumer) -> None:
        """Deliver every message of `operation` to `consumer`, from now on. Does not connect.

        Raises:
            Closed: the client is closed.
        """
        self._check(lease)
        consumer.lease, consumer.state = lease, "CONFIRMED"
        consumer.bind(self.overflow)
        lease.consumers[consumer] = None
        events = operation.events or {}
        for key in operation.messages:
            route = self._message(key)
            make = maker(events[key]) if key in events else None
            route.listeners = (*route.listeners, (consumer, make))
            self._routes[key] = route.quickest()

    def abandon(self, call: Call) -> None:
        """The caller of a request gave up; its slot stays until its reply comes."""
        self._give_up(call, Cancelled())

    def close(self, lease: Lease) -> Call:
        """End all that one client has here; the last one closes the connection. Settles when that is done."""
        done = Call("close", None)
        if lease.closed:
            done.settle()
            return done
        lease.closed = True
        self._leases.pop(lease, None)
        releases: dict[Call, None] = {}
        for consumer in sorted(lease.consumers, key=lambda one: 0 if one.wire is None else one.wire.order):
            pending = consumer.call is not None and consumer.state != "UNSUBSCRIBING"
            if consumer.wire is not None and pending:
                consumer.wire.domain.leave(consumer, Closed())
            elif (release := self.leave(consumer)) is not None:
                releases[release] = None
        for call in [call for call in lease.calls if call not in releases]:
            self._give_up(call, Closed())
        if not self._leases and self.state != "CLOSED":
            self._close_last(releases, done)
        else:
            done.timer = self._timers.at(self._clock() + CLOSE_GRACE, done.settle)
            _when_all_settled(releases, done.settle)
        return done

    # What the socket says.

    def opened(self, generation: int) -> None:
        """The attempt succeeded."""
        if generation != self.generation or self.state not in ("CONNECTING", "RECONNECTING"):
            return
        self._stop_attempt()
        self._enter("CONNECTED", attempt=self._attempt)
        for call, start in list(self._waiting.items()):
            call.stop_waiting()
            if not call.settled:
                start()

    def refused(self, generation: int, status: int, retry_after: float | None = None) -> None:
        """The server answered the handshake with an HTTP status."""
        if status in (401, 403):
            fatal, self._denied = self._denied, True
        else:
            fatal = 300 <= status < 500 and status not in (408, 425, 429)
        self._attempt_failed(generation, HandshakeRejected(status), fatal, retry_after or 0.0)

    def unreachable(self, generation: int, error: Exception) -> None:
        """The attempt failed before the server answered."""
        self._attempt_failed(generation, error, False, 0.0)

    def lost(self, generation: int, code: int | None, reason: str = "") -> None:
        """The socket ended; everything that arrived before has been given to `receive`."""
        if generation != self.generation:
            return
        if self._closing is not None:
            self._closed()
        elif self.connected:
            self._fail(lambda sent: ConnectionLost(code, reason, "maybe" if sent else "no"), code)

    def _receive_aloud(self, frame: bytes) -> None:
        self.reports.received(frame)
        self._receive(frame)

    def _receive(self, frame: bytes) -> None:
        try:
            key, payload = self._decode(frame)
        except UnknownMessageKey as unknown:
            self._strange(UnknownMessage(unknown.type, frame, None))
            return
        except Undecodable as bad:
            self._undecodable(bad, frame)
            return
        route = self._routes.get(key)
        if route is None:
            self.count_unrouted(key)
        else:
            route(payload, frame)

    def receive_binary(self, frame: bytes) -> None:
        """A binary frame, which this protocol does not have."""
        self._strange(UnknownMessage(None, frame, InvalidPayload(None, "$", "expected text, got a binary frame")))

    # What consumers do.

    def deliver(self, consumers: Iterable[Consumer], value: Any) -> None:
        """Give one value to several consumers; one that fails harms no other."""
        for consumer in consumers:
            if consumer.ended:
                continue
            consumer.delivered += 1
            try:
                result = consumer.accept(value)
            except BaseException as error:
                self.callback_failed(consumer, error)
            else:
                if result is not None:
                    self.callback_started(consumer, result)

    def callback_started(self, consumer: Consumer, result: Any) -> None:
        """A callback returned something: an awaitable is served, anything else is of no interest."""
        if hasattr(result, "__await__"):
            consumer.started()
            self.effects.append(Serve(consumer, result))

    def callback_failed(self, consumer: Consumer, error: BaseException) -> None:
        """Report what a callback raised; only what ends the program goes on.

        Raises:
            KeyboardInterrupt, SystemExit: `error` is one.
        """
        self.reports.callback_failed(consumer, error)

    def served(self, consumer: Consumer) -> Awaitable[None] | None:
        """An awaitable of `Serve` is done: what is to be awaited next for this consumer, if anything."""
        while True:
            try:
                result = consumer.next_result()
            except BaseException as error:
                self.callback_failed(consumer, error)
            else:
                if result is None or hasattr(result, "__await__"):
                    return result  # type: ignore[no-any-return]  # what callbacks return is checked here

    def overflow(self, consumer: Consumer, error: SlowConsumer) -> None:
        """End a consumer that fell too far behind."""
        self.reports.slow(error)
        if consumer.wire is not None:
            consumer.wire.domain.leave(consumer, error)
        else:
            self._unlisten(consumer)
            consumer.end(error)

    # What subscriptions need.

    def next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def next_order(self) -> int:
        self._order += 1
        return self._order

    def wait_for_connection(
        self, call: Call, start: Callable[[], None], give_up: Callable[[WsgenError], object]
    ) -> None:
        """Run `start` when the connection is there, or `give_up` when that takes too long."""
        self._waiting[call] = start
        timer = self._timers.at(
            self._clock() + self._options.patience, lambda: give_up(ConnectionFailed(self._attempt, self._cause))
        )
        call.wait_in(self._waiting, timer)
        if self.state in ("DISCONNECTED", "FAILED"):
            self._attempt, self._cause, self._denied = 0, None, False
            self._enter("CONNECTING", attempt=1)
            self._attempt_after(self._options.delay_before(1) or 0.0)

    def ask(self, slot: Slot, replies: tuple[str, ...], frame: bytes) -> None:
        """Send a frame that the server answers."""
        for key in replies:
            self._queue(key).append(slot)
        if replies:
            self._slots[slot.sequence] = slot
        self._transmit(frame)

    def clock_for(
        self, slot: Slot, timeout: float | None, expired: Callable[[], None], started: float | None = None
    ) -> Wait:
        """A clock that runs while the server is silent."""
        begin = self._clock() if started is None else started
        return Wait(slot, begin, self._timeout(timeout), self._timers, self._answers, expired)

    def reply(self, message: MessageRoute, queue: ReplyQueue, payload: Any) -> bool:
        """A reply came: find its slot, and restart the clocks of all that was sent after it. Whether it was awaited."""
        slot = queue.match(None if message.topic is None else message.topic(payload))
        assert slot is not None, "a message is a reply only while something waits for it"
        waited = slot.waiting
        self._settle_slot(slot, queue)
        slot.answered(message.key, payload)
        self._let_next_go(slot)
        return waited

    def desynchronised(self) -> None:
        """Replies no longer belong to the calls that they reach: only a new connection helps."""
        if self.connected:
            self.effects.append(Close(1000, "desynchronised"))
            self._fail(
                lambda sent: ConnectionLost(None, "desynchronised", "maybe" if sent else "no"),
                "desynchronised",
            )

    def reply_topic(self, key: str, topic: Callable[[Any], str | None]) -> None:
        """Replies of this kind may name their topic."""
        self._message(key).topic = topic

    def add_update(self, key: str, route: UpdateRoute) -> None:
        message = self._message(key)
        message.updates = (*message.updates, route)
        self._routes[key] = message.quickest()

    def count_unrouted(self, what: str) -> None:
        """A valid message that nobody waits for."""
        if self.state != "CLOSED":
            self.reports.nobody_waited(what)

    # Inside.

    def _check(self, lease: Lease) -> None:
        if lease.closed:
            raise Closed

    def _call(self, message: str, lease: Lease) -> Call:
        self._check(lease)
        return Call(message, lease)

    def _timeout(self, timeout: float | None) -> float:
        return self._options.timeout if timeout is None else timeout

    def _domain(self, operation: SubscriptionOperation[Any, Any]) -> Domain:
        domain = self._domains.get(id(operation))
        if domain is None:
            domain = self._domains[id(operation)] = Domain(self, operation)
        return domain

    def _message(self, key: str) -> MessageRoute:
        message = self._messages.get(key)
        if message is None:
            message = self._messages[key] = MessageRoute(self, key)
            self._routes[key] = message.quickest()
        return message

    def _queue(self, key: str) -> ReplyQueue:
        message = self._message(key)
        if message.queue is None:
            message.queue = ReplyQueue()
            self._routes[key] = message.quickest()
        return message.queue

    def _when_connected(self, call: Call, start: Callable[[], None]) -> None:
        if self.connected:
            start()
        else:
            self.wait_for_connection(call, start, lambda error: call.settle(error=error))

    def _transmit(self, frame: bytes) -> None:
        if self.reports.frames:
            self.reports.sent(frame)
        self.effects.append(Transmit(frame))

    def _send_request(self, operation: RequestOperation[Any, Any], call: Call, frame: bytes) -> None:
        if call.settled:
            return
        queues = [self._queue(key) for key in operation.replies]
        busy = None if operation.pipeline else next((queue for queue in queues if queue.awaited), None)
        if busy is not None:
            busy.held_back.append(lambda: self._send_request(operation, call, frame))
            return

        def answered(key: str, payload: Any) -> None:
            event = operation.events.get(key)
            call.settle(payload if event is None else maker(event)(payload))

        def expired() -> None:
            call.settle(error=RequestTimeout(call.message, call.timeout))
            slot.entomb()
            self._let_next_go(slot)
            if slot.misaligned:
                self.desynchronised()

        slot = Slot(self.next_sequence(), "request", answered, lambda error: call.settle(error=error))
        self.ask(slot, operation.replies, frame)
        call.wait = self.clock_for(slot, call.timeout, expired)

    def _give_up(self, call: Call, error: WsgenError | Cancelled) -> None:
        if call.settled:
            return
        call.settle(error=error)
        if call.wait is not None:
            call.wait.slot.entomb()
            self._let_next_go(call.wait.slot)

    def _settle_slot(self, slot: Slot, queue: ReplyQueue) -> None:
        queue.replied = self._sequence
        for one in slot.queues:
            one.remove(slot, self._sequence)
        self._slots.pop(slot.sequence, None)
        oldest = next(iter(self._slots), self._sequence + 1)
        self._answers.note(slot.sequence, self._clock(), oldest)

    def _let_next_go(self, slot: Slot) -> None:
        for queue in slot.queues:
            while queue.held_back and not queue.awaited:
                queue.held_back.popleft()()

    def _unlisten(self, consumer: Consumer) -> None:
        self._silence(consumer)
        consumer.end(None)

    def _silence(self, consumer: Consumer) -> None:
        for key, route in self._messages.items():
            kept = tuple(entry for entry in route.listeners if entry[0] is not consumer)
            if len(kept) != len(route.listeners):
                route.listeners = kept
                self._routes[key] = route.quickest()

    def _undecodable(self, bad: Undecodable, frame: bytes) -> None:
        message = None if bad.key is None else self._messages.get(bad.key)
        slot = None if message is None or message.queue is None else message.queue.front()
        if message is not None and message.queue is not None and slot is not None:
            self._settle_slot(slot, message.queue)
            slot.failed(bad.error)
            self._let_next_go(slot)
        self._strange(UnknownMessage(bad.key, frame, bad.error))

    def _strange(self, message: UnknownMessage) -> None:
        if self.state != "CLOSED":
            self.reports.strange(message)
            self.effects.append(Strange(message))

    # The connection.

    def _enter(
        self,
        state: ConnectionState,
        reason: int | str | None = None,
        attempt: int = 0,
        error: Exception | None = None,
    ) -> None:
        self.state = state
        event = ConnectionEvent(state, reason, attempt, error)
        self.reports.entered(event)
        self.effects.append(Changed(event))

    def _attempt_after(self, delay: float) -> None:
        if delay > 0:
            self._attempt_timer = self._timers.at(self._clock() + delay, self._try)
        else:
            self._try()

    def _try(self) -> None:
        self._attempt += 1
        self.attempts += 1
        self.generation += 1
        generation = self.generation
        self._attempt_timer = self._timers.at(
            self._clock() + self._options.open_timeout, lambda: self._attempt_too_slow(generation)
        )
        self.effects.append(Open(self._attempt, generation))

    def _attempt_too_slow(self, generation: int) -> None:
        self.effects.append(Abort())
        timeout = self._options.open_timeout
        self._attempt_failed(generation, TimeoutError(f"no handshake within {timeout:g} s"), False, 0.0)

    def _stop_attempt(self) -> None:
        if self._attempt_timer is not None:
            self._attempt_timer.cancel()
            self._attempt_timer = None

    def _attempt_failed(self, generation: int, error: Exception, fatal: bool, retry_after: float) -> None:
        if generation != self.generation or self.state != "CONNECTING":
            return
        self._stop_attempt()
        self._cause = error
        attempts = self._attempt
        reason = error.status if isinstance(error, HandshakeRejected) else None
        delay = self._options.delay_before(attempts + 1)
        if fatal and isinstance(error, HandshakeRejected):
            status = error.status
            self._fail(lambda sent: HandshakeRejected(status), reason)
        elif delay is None:
            self._fail(lambda sent: ConnectionFailed(attempts, error), reason)
        else:
            self.reports.attempt_failed(attempts, error, max(delay, retry_after))
            self.generation += 1  # a late answer to this attempt is not one to the next
            self._attempt_after(max(delay, retry_after))

    def _fail(self, error: Callable[[bool], WsgenError], reason: int | str | None) -> None:
        """No connection, and none to come by itself: everything that depends on it ends."""
        self.generation += 1
        self._enter("FAILED", reason, self._attempt, error(False))
        self._end_slots()
        calls = [call for lease in self._leases for call in lease.calls]
        consumers = [consumer for lease in self._leases for consumer in lease.consumers]
        for domain in list(self._domains.values()):
            domain.lost(error)
        for call in calls:
            call.settle(error=error(call.wait is not None))
        for consumer in consumers:
            if consumer.wire is None and consumer.is_stream:
                self._unlisten_with(consumer, error(False))

    def _unlisten_with(self, consumer: Consumer, error: WsgenError) -> None:
        consumer.end(error)
        self._unlisten(consumer)

    def _end_slots(self) -> None:
        for message in self._messages.values():
            if message.queue is not None:
                message.queue.drain()
        self._slots.clear()
        self._answers.clear()

    def _close_last(self, releases: Iterable[Call], done: Call) -> None:
        was = self.state
        self._enter("CLOSED")
        if was == "CONNECTED":
            self._when_closed = done.settle
            self._closing = self._timers.at(self._clock() + CLOSE_GRACE, self._finish_closing)
            _when_all_settled(releases, self._finish_closing)
            return
        self.generation += 1
        self._stop_attempt()
        if was in ("CONNECTING", "RECONNECTING"):
            self.effects.append(Abort())
        self._closed()
        done.settle()

    def _finish_closing(self) -> None:
        if self._closing is not None:
            self.effects.append(Close(1000))
            self._closed()

    def _closed(self) -> None:
        """Nothing is left of the connection."""
        self.generation += 1
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._end_slots()
        for domain in self._domains.values():
            domain.lost(lambda sent: Closed())
        self._messages.clear()
        self._routes.clear()
        self._domains.clear()
        when_closed, self._when_closed = self._when_closed, None
        if when_closed is not None:
            when_closed()


def _when_all_settled(calls: Iterable[Call], action: Callable[[], None]) -> None:
    """Run `action` once all of `calls` have settled."""
    waiting = [call for call in calls if not call.settled]
    left = len(waiting)
    if not left:
        action()

    def one_settled(call: Call) -> None:
        nonlocal left
        left -= 1
        if not left:
            action()

    for call in waiting:
        call.when_settled(one_settled)
