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

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal

from ..codec import Undecodable
from ..errors import (
    Closed,
    ConnectionFailed,
    ConnectionLost,
    HandshakeRejected,
    SlowConsumer,
    WsgenError,
)
from ..operations import (
    HandlerOperation,
    Protocol,
    PushOperation,
    RequestOperation,
    SendOperation,
    SubscriptionOperation,
)
from ..options import ConnectionEvent, ConnectionState, OnDisconnect, SessionOptions, UnknownMessage
from .alignment import Alignment
from .answers import Answers
from .attempts import Attempts, Cause
from .calls import Call, Cancelled, ReplyQueue, Slot, Staircase, Wait, when_all_settled
from .consumers import Consumer
from .correlation import Ids
from .effects import Abort, Changed, Close, Effect, Serve, Strange, Transmit
from .leases import Lease
from .liveness import Liveness
from .pressure import Pressure
from .renewal import Renewal
from .reports import Reports
from .requests import Requests
from .routes import MessageRoute
from .subscriptions import Domain
from .switchboard import Switchboard, observed, receiver
from .timers import Timer, Timers
from .wires import Wire

__all__ = ["Session"]

CLOSE_GRACE: Final = 1.0
LATE: Final = 0.25
"""Seconds by which the timers of a row of attempts may be late in all."""


class Session:
    """One connection: its state, its calls, its subscriptions.

    `clock` gives monotonic seconds; `jitter` gives random numbers in [0, 1). `acted` is called after a text frame that
    gave the shell something to do.
    """

    __slots__ = (
        "_answered",
        "_attempts",
        "_clock",
        "_closing",
        "_domains",
        "_leases",
        "_liveness",
        "_options",
        "_order",
        "_pressure",
        "_requests",
        "_sequence",
        "_slots",
        "_timers",
        "_waiting",
        "_when_closed",
        "alignment",
        "answers",
        "codec",
        "effects",
        "frame",
        "ids",
        "receive",
        "renewal",
        "reports",
        "state",
        "switchboard",
    )

    def __init__(
        self,
        protocol: Protocol,
        options: SessionOptions,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        acted: Callable[[], None] = lambda: None,
    ) -> None:
        self.codec = protocol.codec
        self.reports = Reports(protocol.name)
        self.state: ConnectionState = "DISCONNECTED"
        self._options = options
        self._clock = clock
        self.effects: list[Effect] = []
        self._timers = Timers()
        self._answered = Staircase()
        self._slots: OrderedDict[int, Slot] = OrderedDict()
        self._sequence = 0
        self._order = 0
        self._leases: dict[Lease, None] = {}
        self._domains: dict[int, Domain] = {}
        self.switchboard = Switchboard(self)
        self._waiting: dict[Call, Callable[[], None]] = {}
        self.renewal = Renewal(self._domains)
        self.answers = Answers(self)
        self.alignment = Alignment(self)
        self.frame = b""
        """The frame that is being given to consumers."""
        self._closing: Timer | None = None
        self._when_closed: Callable[[], None] | None = None
        emit = self._emit
        self._attempts = Attempts(options, clock, jitter, self._timers, emit, self.reports, self._attempt_failed)
        self.ids = Ids(jitter)
        self._requests = Requests(self, options, self._attempts, self.ids)
        self._liveness = Liveness(self, options, clock, self._timers)
        self._pressure = Pressure(clock, self._timers, emit, self._liveness, self._may_pause, self.overflow)
        quick = receiver(self, acted)
        self.receive: Callable[[bytes], None] = (
            observed(quick, self.reports, self._liveness) if self.reports.frames or self._liveness.watches else quick
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
    def shared_by(self) -> int:
        """How many clients use this connection."""
        return len(self._leases)

    @property
    def next_timer(self) -> float | None:
        return self._timers.next()

    def take(self) -> list[Effect]:
        """What is to be done, in order; empty most of the time."""
        taken = self.effects.copy()
        self.effects.clear()
        return taken

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
            self.switchboard.silence(consumer)
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
        on_disconnect: OnDisconnect | None = None,
        ttl: float | None = None,
    ) -> Call:
        """Settles with the reply's payload.

        Raises:
            Closed, InvalidRequest: nothing was sent.
        """
        self._check(lease)
        return self._requests.request(lease, operation, payload, timeout, on_disconnect, ttl)

    def send(
        self,
        lease: Lease,
        operation: SendOperation[Any],
        payload: object,
        on_disconnect: OnDisconnect | None = None,
        ttl: float | None = None,
    ) -> Call:
        """Settles when the frame is handed over.

        Raises:
            Closed, InvalidRequest: nothing was sent.
        """
        self._check(lease)
        return self._requests.send(lease, operation, payload, on_disconnect, ttl)

    def listen(self, lease: Lease, operation: PushOperation[Any], consumer: Consumer) -> None:
        """Deliver every message of `operation` to `consumer`, from now on. Does not connect.

        Raises:
            Closed: the client is closed.
        """
        self._take_in(lease, consumer)
        self.switchboard.listen(operation, consumer)

    def handle(self, lease: Lease, operation: HandlerOperation[Any, Any], consumer: Consumer) -> None:
        """Deliver every request of the server to `consumer`, as `Asked`, from now on. Does not connect. Among several
        consumers, the first one gets them.

        Raises:
            Closed: the client is closed.
        """
        self._take_in(lease, consumer)
        self.answers.add(operation, consumer)

    def abandon(self, call: Call) -> None:
        """The caller of a request gave up; its slot stays until its reply comes."""
        self._requests.give_up(call, Cancelled())

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
            self._requests.give_up(call, Closed())
        if not self._leases and self.state != "CLOSED":
            self._close_last(releases, done)
        else:
            done.timer = self._timers.at(self._clock() + CLOSE_GRACE, done.settle)
            when_all_settled(releases, done.settle)
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
        renewed = self.renewal.begin(self._waiting)
        self.reports.connected(renewed if again else None)

    def refused(self, generation: int, status: int, retry_after: float | None = None, detail: str = "") -> None:
        """The server answered the handshake with an HTTP status."""
        self._attempt_failed(generation, HandshakeRejected(status, retry_after, detail), retry_after or 0.0)

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

    def receive_binary(self, frame: bytes) -> None:
        """A binary frame; most protocols have none."""
        self._liveness.heard()
        self.frame = frame
        try:
            key, payload = self.codec.decode_binary(frame)
        except Undecodable as bad:
            self.undecodable(bad, frame)
            return
        route = self.switchboard.routes.get(key)
        if route is None:
            self.count_unrouted(key)
        else:
            route(payload, frame)

    # What consumers do.

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
            self.switchboard.silence(consumer)
            consumer.end(error)

    def over(self, consumer: Consumer) -> bool:
        """A consumer that blocks is at its high-water mark. Whether it may keep one more."""
        return self._pressure.over(consumer, len(self.frame))

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

        by_default = patience is None and self._options.connect_timeout is None

        def too_long() -> None:
            # By default the last attempt ends at the same instant, or a little later: its outcome settles the call.
            end = self._attempts.end
            if by_default and end is not None and end <= self._clock() + LATE:
                call.timer = self._timers.at(max(end, self._clock()), too_long)
            else:
                give_up(self._not_connected())

        call.wait_in(self._waiting, self._timers.at(self._clock() + bound, too_long))
        if self.state in ("DISCONNECTED", "FAILED"):
            self._enter("CONNECTING", attempt=1)
            self._attempts.first()

    def _not_connected(self) -> WsgenError:
        return ConnectionFailed(self._attempts.number, self._attempts.cause)

    def ask(self, slot: Slot, replies: tuple[str, ...], frame: bytes) -> None:
        """Send a frame that the server answers."""
        for key in replies:
            self.switchboard.queue(key).append(slot)
        if replies:
            self._slots[slot.sequence] = slot
        self.renewal.one_way_since_answer |= not replies
        self.transmit(frame)
        if self._pressure.full:
            self._pressure.weigh()

    def say(self, frame: bytes) -> None:
        """Send a frame that the server does not answer."""
        self.renewal.one_way_since_answer = True
        self.transmit(frame)

    def clock_for(
        self, slot: Slot, timeout: float | None, expired: Callable[[], None], started: float | None = None
    ) -> Wait:
        """A clock that runs while the server is silent."""
        begin = self._clock() if started is None else started
        return Wait(slot, begin, self._timeout(timeout), self._timers, self._answered, expired)

    def reply(self, message: MessageRoute, queue: ReplyQueue, payload: Any, frame: bytes) -> Slot | None:
        """A reply came: find its slot, and restart the clocks of all that was sent after it.

        None: nobody waits for it. `waiting` of the slot is what it was before.
        """
        id = message.id_of(payload, frame) if message.ids else None
        slot = self.alignment.find(message, queue, payload) if id is None else queue.with_id(id)
        if slot is not None:
            self.answer(slot, queue, message.key, payload, by_id=id is not None)
        return slot

    def answer(self, slot: Slot, queue: ReplyQueue, key: str, payload: Any, *, by_id: bool = False) -> None:
        """Give a slot its reply, a message `key`."""
        self._settle_slot(slot, queue, by_id=by_id)
        slot.answered(key, payload)
        self.let_next_go(slot)
        self.renewal.go_on()

    def desynchronised(self, doubtful: Iterable[Wire]) -> None:
        """Replies no longer belong to the calls that they reach: only a new connection helps.

        Topics that were learned by position may belong to others, and are asked for again one at a time.
        """
        if self.connected:
            for wire in doubtful:
                wire.doubt()
            self._emit(Close(1000, "desynchronised"))
            self._interrupted(ConnectionLost(None, "desynchronised", "maybe"), "desynchronised")

    def count_unrouted(self, what: str) -> None:
        """A valid message that nobody waits for."""
        if self.state != "CLOSED":
            self.reports.nobody_waited(what)

    def undecodable(self, bad: Undecodable, frame: bytes) -> None:
        """A frame that is no message of the protocol, or a bad one; a call that it answers fails."""
        queue = None if bad.key is None else self.switchboard.waiting(bad.key)
        if queue is not None and bad.key is not None and len(queue):
            id = self.switchboard.raw_id(bad.key, bad.payload, frame)
            slot = queue.front() if id is None else queue.with_id(id)
            if slot is not None:
                self._settle_slot(slot, queue, by_id=id is not None)
                slot.failed(bad.error)
                self.let_next_go(slot)
                self.renewal.go_on()
        self.strange(UnknownMessage(bad.key, frame, bad.error))

    def strange(self, message: UnknownMessage) -> None:
        """A frame that is told to the shell as it is."""
        if self.state != "CLOSED":
            self.reports.strange(message)
            self._emit(Strange(message))

    # Inside.

    def _check(self, lease: Lease) -> None:
        if lease.closed:
            raise Closed

    def _take_in(self, lease: Lease, consumer: Consumer) -> None:
        self._check(lease)
        consumer.lease, consumer.state = lease, "CONFIRMED"
        consumer.bind(self)
        lease.consumers[consumer] = None

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

    def transmit(self, frame: bytes) -> None:
        if self.reports.frames:
            self.reports.sent(frame)
        self._emit(Transmit(frame))

    def _settle_slot(self, slot: Slot, queue: ReplyQueue, *, by_id: bool) -> None:
        if not by_id:
            queue.replied = self._sequence
        for one in slot.queues:
            one.remove(slot, self._sequence, by_id=by_id)
        self._slots.pop(slot.sequence, None)
        self.alignment.answered(slot)
        oldest = next(iter(self._slots), self._sequence + 1)
        self._answered.note(slot.sequence, self._clock(), oldest)
        self.renewal.one_way_since_answer = False
        if self._pressure.full:
            self._pressure.weigh()

    def let_next_go(self, slot: Slot) -> None:
        for queue in slot.queues:
            while queue.held_back and not queue.awaited:
                queue.held_back.popleft()()

    def _unlisten(self, consumer: Consumer) -> None:
        self.switchboard.silence(consumer)
        consumer.end(None)

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

    def _interrupted(self, failure: ConnectionLost, reason: int | str | None) -> None:
        """The connection is gone, and another one may come: calls in flight fail, subscriptions wait."""
        self._liveness.stop()
        self._pressure.reset()
        excused = self.renewal.ended(failure.code, self._slots.values())
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

    def stale(self) -> None:
        """Nothing has come for too long: the socket is dead, and has nobody for a closing handshake."""
        self._emit(Abort())
        self._interrupted(ConnectionLost(None, "the server is silent", "maybe"), "stale")

    def _may_pause(self) -> bool:
        return self.connected and not any(slot.waiting and slot.kind != "heartbeat" for slot in self._slots.values())

    def _fail(self, error: Cause, reason: int | str | None) -> None:
        """No connection, and none to come by itself: everything that depends on it ends."""
        self._enter("FAILED", reason, self._attempts.number, error(False))
        self._end_slots()
        calls = [call for lease in self._leases for call in lease.calls]
        consumers = [consumer for lease in self._leases for consumer in lease.consumers]
        for domain in list(self._domains.values()):
            domain.lost(error)
        for call in calls:
            call.settle(error=error(call.wait is not None))
        for consumer in consumers:
            if consumer.wire is None and consumer.is_stream:
                consumer.end(error(False))
                self._unlisten(consumer)

    def _end_slots(self) -> None:
        self.switchboard.drain()
        self.alignment.clear()
        self._slots.clear()
        self._answered.clear()
        for consumer in [each for lease in self._leases for each in lease.consumers if each.answers]:
            consumer.start_over()

    def _close_last(self, releases: Iterable[Call], done: Call) -> None:
        was = self.state
        self._pressure.resume()
        self._liveness.stop()
        self._enter("CLOSED")
        if was == "CONNECTED":
            self._when_closed = done.settle
            self._closing = self._timers.at(self._clock() + CLOSE_GRACE, self._finish_closing)
            when_all_settled(releases, self._finish_closing)
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
        self.switchboard.clear()
        self._domains.clear()
        when_closed, self._when_closed = self._when_closed, None
        if when_closed is not None:
            when_closed()
