"""The core of a connection, without a socket, an event loop, a clock or randomness.

Frames and clock readings go in; `take()` gives what the shell has to do, in order. Deliveries do not take that
way: `receive` calls the consumers itself, so that an update costs one decode, one look-up and the call.

    shell                                session
    ─────                                ───────
    opened / refused / unreachable   →   the attempt that `Open` asked for
    receive / receive_binary / lost  →   what the socket gives
    tick                             →   at `next_timer`
    take                             ←   Open, Transmit, Close, Abort, PauseReading, ResumeReading, Changed, Strange,
                                         Serve

Rules for the next editor: a state changes only in `_enter`; a subscription changes only by the table in
`transitions`; every frame that the server answers takes its slot before it is sent; nothing here awaits.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import Any, Final, Literal

from ..codec import Undecodable, UnknownMessageKey
from ..errors import (
    Closed,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRejected,
    InvalidPayload,
    RemoteError,
    RequestTimeout,
    SlowConsumer,
    WsgenError,
)
from ..operations import Protocol, PushOperation, RequestOperation, SendOperation, SubscriptionOperation
from ..options import ConnectionEvent, ConnectionState, SessionOptions, UnknownMessage
from .attempts import Attempts, Cause
from .calls import Call, Cancelled, ReplyQueue, Slot, Staircase, Wait
from .consumers import Consumer
from .effects import Abort, Changed, Close, Effect, Serve, Strange, Transmit
from .leases import Lease
from .liveness import Liveness
from .pressure import Pressure
from .reports import Reports
from .routes import MessageRoute, Route, UpdateRoute, maker
from .subscriptions import Domain, Wire
from .timers import Timer, Timers

__all__ = ["Session"]

CLOSE_GRACE: Final = 1.0
POISON_CODES: Final = frozenset({1003, 1007, 1008, 1009, 1011})
"""Close codes with which servers end a connection because of what was sent on it."""


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
        self._options = options
        self._clock = clock
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
        self._single_file: deque[Wire] = deque()
        self._one_way_since_answer = False
        self._beat_clock: Wait | None = None
        self._frame = b""
        self._closing: Timer | None = None
        self._when_closed: Callable[[], None] | None = None
        emit = self._emit
        self._attempts = Attempts(options, clock, jitter, self._timers, emit, self.reports, self._attempt_failed)
        self._pressure = Pressure(clock, self._timers, emit, self._may_pause, self.overflow)
        beat = options.heartbeat
        interval = None if beat is None else beat.interval
        self._liveness = Liveness(clock, self._timers, interval, self._beat, options.max_silence, self._stale)
        self.receive: Callable[[bytes], None] = (
            self._receive_observed if self.reports.frames or self._liveness.watches else self._receive
        )
        """What a text frame is given to. Consumers are called from here."""

    # What the shell asks.

    @property
    def connected(self) -> bool:
        return self.state == "CONNECTED"

    @property
    def default_timeout(self) -> float:
        """Seconds that a call waits for its answer, unless it says otherwise."""
        return self._options.timeout

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
    def generation(self) -> int:
        """The number of the attempt whose answers count."""
        return self._attempts.generation

    @property
    def attempts(self) -> int:
        """Attempts to connect so far."""
        return self._attempts.total

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
        if self.connected:
            call.settle()
        else:
            self.wait_for_connection(call, call.settle, lambda error: call.settle(error=error))
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
        on_disconnect: Literal["fail", "queue"] | None = None,
        ttl: float | None = None,
    ) -> Call:
        """Settles with the reply's payload.

        Raises:
            Closed, InvalidRequest: nothing was sent.
        """
        self._check(lease)
        frame = self.codec.encode(operation.request, payload)
        call = self._call(operation.request, lease)
        call.timeout = self._timeout(timeout)
        self._when_connected(call, lambda: self._send_request(operation, call, frame), on_disconnect, ttl)
        return call

    def send(
        self,
        lease: Lease,
        operation: SendOperation[Any],
        payload: object,
        on_disconnect: Literal["fail", "queue"] | None = None,
        ttl: float | None = None,
    ) -> Call:
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
            self._one_way_since_answer = True
            self._transmit(frame)
            call.settle()

        self._when_connected(call, start, on_disconnect, ttl)
        return call

    def listen(self, lease: Lease, operation: PushOperation[Any], consumer: Consumer) -> None:
        """Deliver every message of `operation` to `consumer`, from now on. Does not connect.

        Raises:
            Closed: the client is closed.
        """
        self._check(lease)
        consumer.lease, consumer.state = lease, "CONFIRMED"
        consumer.bind(self)
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
        again = self.state == "RECONNECTING"
        self._attempts.succeeded()
        self._enter("CONNECTED", attempt=self._attempts.number)
        self._liveness.start()
        self._start_what_waits(again)

    def refused(self, generation: int, status: int, retry_after: float | None = None) -> None:
        """The server answered the handshake with an HTTP status."""
        self._attempt_failed(generation, HandshakeRejected(status, retry_after), retry_after or 0.0)

    def unreachable(self, generation: int, error: Exception) -> None:
        """The attempt failed before the server answered."""
        self._attempt_failed(generation, error)

    def lost(self, generation: int, code: int | None, reason: str = "") -> None:
        """The socket ended; everything that arrived before has been given to `receive`."""
        if generation != self.generation:
            return
        if self._closing is not None:
            self._closed()
        elif self.connected:
            self._interrupted(ConnectionLost(code, reason, "maybe"), code)

    def _receive_observed(self, frame: bytes) -> None:
        if self.reports.frames:
            self.reports.received(frame)
        if self._liveness.watches:
            self._liveness.heard()
        self._receive(frame)

    def _receive(self, frame: bytes) -> None:
        self._frame = frame
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
        self._liveness.heard()
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
            self._emit(Serve(consumer, result))

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
            self._silence(consumer)
            consumer.end(error)

    def over(self, consumer: Consumer) -> bool:
        """A consumer that blocks is at its high-water mark. Whether it may keep one more."""
        return self._pressure.over(consumer, len(self._frame))

    def relieved(self, consumer: Consumer) -> None:
        """A consumer has caught up, or has ended."""
        self._pressure.relieved(consumer)

    def dropped(self, consumer: Consumer) -> None:
        """A consumer lost a value, as its policy says."""
        self.reports.dropped(consumer)

    # What subscriptions need.

    def next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def next_order(self) -> int:
        self._order += 1
        return self._order

    def wait_for_connection(
        self,
        call: Call,
        start: Callable[[], None],
        give_up: Callable[[WsgenError], object],
        patience: float | None = None,
    ) -> None:
        """Run `start` when the connection is there, or `give_up` when that takes too long."""
        self._waiting[call] = start
        call.order = call.order or self.next_order()
        bound = self._options.patience if patience is None else patience
        timer = self._timers.at(self._clock() + bound, lambda: give_up(self._not_connected()))
        call.wait_in(self._waiting, timer)
        if self.state in ("DISCONNECTED", "FAILED"):
            self._enter("CONNECTING", attempt=1)
            self._attempts.first()

    def _not_connected(self) -> WsgenError:
        return ConnectionFailed(self._attempts.number, self._attempts.cause)

    def ask(self, slot: Slot, replies: tuple[str, ...], frame: bytes) -> None:
        """Send a frame that the server answers."""
        for key in replies:
            self._queue(key).append(slot)
        if replies:
            self._slots[slot.sequence] = slot
        self._transmit(frame)
        if self._pressure.full:
            self._pressure.weigh()

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
        self.next_in_single_file()
        return waited

    def desynchronised(self, slot: Slot) -> None:
        """Replies no longer belong to the calls that they reach: only a new connection helps.

        Topics that were learned by position may belong to others, and are asked for again one at a time.
        """
        if self.connected:
            for queue in slot.queues:
                for wire in queue.learned:
                    wire.doubt()
            self._emit(Close(1000, "desynchronised"))
            self._interrupted(ConnectionLost(None, "desynchronised", "maybe"), "desynchronised")

    def next_in_single_file(self) -> None:
        """Send the next of those that are sent alone, when nothing else is asked for."""
        while self._single_file and not any(domain.asking for domain in self._domains.values()):
            wire = self._single_file.popleft()
            wire.queued = False
            wire.domain.opened(wire)

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

    def _when_connected(
        self,
        call: Call,
        start: Callable[[], None],
        on_disconnect: Literal["fail", "queue"] | None,
        ttl: float | None,
    ) -> None:
        if self.connected:
            start()
        elif self.state != "RECONNECTING":
            self.wait_for_connection(call, start, lambda error: call.settle(error=error))
        elif (on_disconnect or self._options.on_disconnect) == "fail":
            call.settle(error=self._lost_unsent())
        else:
            patience = self._options.ttl if ttl is None else ttl
            self.wait_for_connection(call, start, lambda _: call.settle(error=self._lost_unsent()), patience)

    def _lost_unsent(self) -> ConnectionLost:
        cause = self._attempts.cause
        if isinstance(cause, ConnectionLost):
            return ConnectionLost(cause.code, cause.reason, "no")
        return ConnectionLost(None, "" if cause is None else str(cause), "no")

    def _transmit(self, frame: bytes) -> None:
        if self.reports.frames:
            self.reports.sent(frame)
        self._emit(Transmit(frame))

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
                self.desynchronised(slot)

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
        self._one_way_since_answer = False
        if self._pressure.full:
            self._pressure.weigh()

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
            self.next_in_single_file()
        self._strange(UnknownMessage(bad.key, frame, bad.error))

    def _strange(self, message: UnknownMessage) -> None:
        if self.state != "CLOSED":
            self.reports.strange(message)
            self._emit(Strange(message))

    # The connection.

    def _emit(self, effect: Effect) -> None:
        self.effects.append(effect)

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
        self._emit(Changed(event))

    def _attempt_failed(self, generation: int, error: Exception, retry_after: float = 0.0) -> None:
        if generation == self.generation and self.state in ("CONNECTING", "RECONNECTING"):
            cause = self._attempts.failed(error, retry_after)
            if cause is not None:
                self._fail(cause, error.status if isinstance(error, HandshakeRejected) else None)

    def _start_what_waits(self, again: bool) -> None:
        """Send in the order in which it was asked for: what is wanted from before, and what has come since."""
        starts: list[tuple[int, Callable[[], None]]] = []
        for call, start in list(self._waiting.items()):
            call.stop_waiting()
            starts.append((call.order, start))
        wires = [wire for domain in self._domains.values() for wire in domain.wires.values() if wire.wanted]
        for wire in sorted(wires, key=lambda wire: wire.order):
            if wire.alone:
                wire.queued = True
                self._single_file.append(wire)
            else:
                starts.append((wire.order, partial(wire.domain.opened, wire)))
        for _, start in sorted(starts, key=itemgetter(0)):
            start()
        if again:
            self.reports.reconnected(len(wires))
        self.next_in_single_file()

    def _interrupted(self, failure: ConnectionLost, reason: int | str | None) -> None:
        """The connection is gone, and another one may come: calls in flight fail, subscriptions wait."""
        self._liveness.stop()
        self._pressure.reset()
        excused = self._poisoned(failure.code)
        self._one_way_since_answer = False
        self._single_file.clear()
        cause = self._attempts.lost(failure, excused=excused)
        if cause is not None:
            self._fail(cause, reason)
            return
        self._enter("RECONNECTING", reason, 0, failure)
        self._end_slots()
        for domain in self._domains.values():
            domain.interrupted()
        for lease in list(self._leases):
            for call in [call for call in lease.calls if call not in self._waiting]:
                sent: Literal["no", "maybe"] = "no" if call.wait is None else "maybe"
                call.settle(error=ConnectionLost(failure.code, failure.reason, sent))

    def _poisoned(self, code: int | None) -> bool:
        """Whether a subscription is to blame for the end: then it is asked for alone, and ends the second time."""
        slot = next(iter(self._slots.values()), None)
        wire = None if slot is None else slot.wire
        if code not in POISON_CODES or self._one_way_since_answer or wire is None or not wire.wanted:
            return False
        if wire.suspect:
            sentence = f"the server ends the connection with code {code} whenever `{wire.message}` is sent with these"
            wire.domain.expel(wire, lambda: RemoteError(f"{sentence} parameters: {wire.sent}"))
        else:
            wire.suspect = wire.alone = True
        return True

    def _stale(self) -> None:
        self._emit(Abort())
        self._interrupted(ConnectionLost(None, "the server is silent", "maybe"), "stale")

    def _beat(self) -> None:
        beat = self._options.heartbeat
        assert beat is not None, "there is no timer without a heartbeat"

        def answered(key: str, payload: Any) -> None:
            self._stop_beat_clock()

        self._stop_beat_clock()
        slot = Slot(self.next_sequence(), "request", answered, lambda error: self._stop_beat_clock())
        self.ask(slot, () if beat.reply is None else (beat.reply,), self.codec.encode(beat.type, beat.payload))
        if beat.reply is not None:
            self._beat_clock = self.clock_for(slot, None, slot.entomb)

    def _stop_beat_clock(self) -> None:
        if self._beat_clock is not None:
            self._beat_clock.cancel()
            self._beat_clock = None

    def _may_pause(self) -> bool:
        return self.connected and not any(slot.waiting for slot in self._slots.values())

    def _fail(self, error: Cause, reason: int | str | None) -> None:
        """No connection, and none to come by itself: everything that depends on it ends."""
        self._enter("FAILED", reason, self._attempts.number, error(False))
        self._end_slots()
        for domain in self._domains.values():
            domain.lost(error)
        for lease in list(self._leases):
            for call in list(lease.calls):
                call.settle(error=error(call.wait is not None))
            for consumer in list(lease.consumers):
                if consumer.wire is None and consumer.is_stream:
                    self._unlisten_with(consumer, error(False))

    def _unlisten_with(self, consumer: Consumer, error: WsgenError) -> None:
        consumer.end(error)
        self._unlisten(consumer)

    def _end_slots(self) -> None:
        for message in self._messages.values():
            if message.queue is not None:
                message.queue.drain()
        self._stop_beat_clock()
        self._slots.clear()
        self._answers.clear()

    def _close_last(self, releases: Iterable[Call], done: Call) -> None:
        was = self.state
        self._pressure.resume()
        self._liveness.stop()
        self._enter("CLOSED")
        if was == "CONNECTED":
            self._when_closed = done.settle
            self._closing = self._timers.at(self._clock() + CLOSE_GRACE, self._finish_closing)
            _when_all_settled(releases, self._finish_closing)
            return
        self._attempts.stop()
        if was in ("CONNECTING", "RECONNECTING"):
            self._emit(Abort())
        self._closed()
        done.settle()

    def _finish_closing(self) -> None:
        if self._closing is not None:
            self._emit(Close(1000))
            self._closed()

    def _closed(self) -> None:
        """Nothing is left of the connection."""
        self._attempts.generation += 1
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
