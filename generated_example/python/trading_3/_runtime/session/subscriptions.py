"""The subscriptions of one domain on one connection.

A *wire subscription* is one set of parameters: what one subscribe frame asks for. Consumers with equal canonical
parameters share it. Its two facts (wanted, held) move only through `Domain._happen`, by the table in
`transitions`; the methods named after acts are what the table orders. To add a rule, add a line there.

An update finds its consumers by its *address*: its topic, or the values of its routing fields, or nothing at all
where a domain has only one address.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import (
    AmbiguousRoute,
    Closed,
    SubscribeTimeout,
    SubscriptionRejected,
    TopicMismatch,
    WsgenError,
)
from ..operations import Confirmation, SubscriptionOperation
from ..transitions import TABLE, Act, Happening, Held
from .calls import Call, Cancelled, Slot
from .consumers import Consumer
from .correlation import id_text
from .early import EarlyUpdates
from .routes import deliver, update_route
from .wires import (
    Roles,
    Table,
    Wire,
    add,
    at,
    canonical,
    computed_topic,
    having,
    paired_addresses,
    parameters_of,
    put,
    release_parameters,
    without,
)

if TYPE_CHECKING:
    from .leases import Lease
    from .session import Session

__all__ = ["Domain"]

GONE_ADDRESSES = 1_024


class Domain:
    """All wire subscriptions of one operation on one connection."""

    __slots__ = (
        "_acts",
        "_asked",
        "_at",
        "_codec",
        "_confirmation",
        "_early",
        "_exclusive",
        "_gone",
        "_lingering",
        "_pairs",
        "_release",
        "_released_meanwhile",
        "_releasing",
        "_session",
        "_single_address",
        "_topics",
        "operation",
        "sinks",
        "wires",
    )

    def __init__(self, session: Session, operation: SubscriptionOperation[Any, Any]) -> None:
        self.operation = operation
        self.wires: dict[str, Wire] = {}
        self.sinks: dict[Hashable, Consumer] = {}
        """Who gets the updates of each address. Several are one consumer that gives to all of them."""
        self._session = session
        self._codec = session.codec
        self._at: Table = {}
        self._early = EarlyUpdates(lambda: session.count_unrouted(operation.domain))
        self._asked = 0
        self._gone: dict[Hashable, str | None] = {}
        self._releasing: dict[str, tuple[Wire, Slot]] = {}
        self._released_meanwhile: list[tuple[str, Slot]] = []
        self._lingering: str | None = None
        self._confirmation = self._roles(operation.confirmation)
        self._release = self._roles(operation.release)
        if operation.confirmation is not None:
            session.switchboard.confirms(operation.confirmation.key, self)
        route = operation.route
        self._pairs = dict(route) if route is not None and not isinstance(route, str) else None
        flat = self._pairs is None and all(update.topic is None for update in operation.updates)
        self._single_address = flat
        self._exclusive = flat and route != "broadcast"
        self._topics: Table = {} if flat or self._pairs is not None else self._at  # there, topics are the addresses
        self._acts: dict[Act, Callable[[Wire], None]] = {
            Act.NOTHING: lambda wire: None,
            Act.ASK: self._ask,
            Act.CONFIRM: self._confirm,
            Act.REJECT: self._reject,
            Act.RELEASE: self._let_go,
        }
        for update in operation.updates:
            session.switchboard.add_update(update.key, update_route(session, self, update, self._pairs))

    def _roles(self, confirmation: Confirmation | None) -> Roles | None:
        if confirmation is None:
            return None
        roles, switchboard = Roles(confirmation, self._codec.getter), self._session.switchboard
        switchboard.reply_topic(confirmation.key, roles.topic)
        if confirmation.correlation is not None:
            for key in roles.keys:
                switchboard.reply_id(key, confirmation.correlation)
        return roles

    # Consumers come and go.

    def subscribe(self, lease: Lease, request: object, consumer: Consumer, timeout: float) -> Call:
        """Let `consumer` join the wire subscription of `request`.

        Raises:
            InvalidRequest: `request` does not fit its schema.
            AmbiguousRoute: updates of this domain could not be told from those of other parameters.
        """
        operation = self.operation
        frame = self._codec.encode(operation.subscribe, request)
        sent = parameters_of(self._codec, operation, request)
        key = canonical({**operation.defaults, **sent})
        stands_back = self._exclusive and self._must_wait(key)
        wire = self.wires.get(key) or Wire(self, key)
        if not wire.wanted and wire.held in (Held.ABSENT, Held.RELEASING):
            text = canonical(sent)
            wire.frame, wire.sent, wire.order = frame, key if text == key else text, self._session.next_order()
            if self._pairs is not None:
                wire.addresses = paired_addresses(operation.subscribe, self._pairs.values(), key)
        self.wires[key] = wire
        call = Call(operation.subscribe, lease)
        consumer.wire, consumer.call, consumer.lease = wire, call, lease
        consumer.bind(self._session)
        lease.consumers[consumer] = None
        wire.consumers += (consumer,)
        call.timeout = timeout
        if not self._session.connected:
            self._session.wait_for_connection(
                call, lambda: self.opened(wire), lambda error: self.leave(consumer, error)
            )
        elif not stands_back and not wire.queued:
            self._happen(wire, Happening.JOINED)
            if wire.held is Held.ASKED and call.wait is None and not call.settled:
                self._start_clock(wire, consumer)
        return call

    def opened(self, wire: Wire) -> None:
        """The connection can be used."""
        if self.wires.get(wire.key) is wire and wire.wanted and not wire.queued:
            self._happen(wire, Happening.OPENED)

    def holds(self, topic: str) -> bool:
        """Whether a subscription with this topic is confirmed on this connection."""
        return topic in self._topics

    @property
    def asking(self) -> int:
        """How many answers to subscribes are awaited."""
        return self._asked

    def leave(self, consumer: Consumer, error: WsgenError | None = None) -> Call | None:
        """Take a consumer out: its own wish, or with an error. The call of an unsubscribe in flight, if any."""
        wire, call = consumer.wire, consumer.call
        if wire is None or consumer not in wire.consumers:
            return call if consumer.state == "UNSUBSCRIBING" else None
        wire.drop(consumer)
        self._refresh(wire)
        pending = call is not None and not call.settled
        if pending:
            assert call is not None
            self._keep_clock(wire, call)
            call.settle(error=error or Cancelled())
        consumer.stop() if error is None else consumer.end(error)
        if not wire.consumers:
            self._happen(wire, Happening.LEFT)
        if error is None and not pending and wire.held is Held.RELEASING and not wire.consumers:
            consumer.state = "UNSUBSCRIBING"
            consumer.call = Call(self.operation.unsubscribe or "", consumer.lease)
            wire.leavers = (*wire.leavers, consumer)
            return consumer.call
        consumer.end(error)
        self._tidy(wire)
        return None

    def interrupted(self) -> None:
        """The connection ended, and another one may come: whoever wants something waits for it."""
        leavers = self._forget_connection()
        for wire in list(self.wires.values()):
            for consumer in wire.consumers:
                call, consumer.state = consumer.call, "PENDING"
                if call is not None and call.timer is None:
                    self._wait_again(wire, consumer, call)
            self._tidy(wire)
        for consumer in leavers:
            self._left(consumer)

    def _wait_again(self, wire: Wire, consumer: Consumer, call: Call) -> None:
        if call.wait is not None:
            call.wait.cancel()
            call.wait = None
        call.order = wire.order
        self._session.wait_for_connection(call, lambda: self.opened(wire), lambda error: self.leave(consumer, error))

    def _forget_connection(self) -> list[Consumer]:
        """What the server had, and what was on its way, is gone. Those who were waiting to have left."""
        leavers: list[Consumer] = []
        for wire in self.wires.values():
            self._happen(wire, Happening.LOST)
            self._stop_clock(wire)
            wire.ask, wire.renewing, wire.queued, wire.guessed = None, False, False, False
            wire.asks, wire.undone = (), ()
            if self._pairs is None:
                wire.addresses = ()
            leavers += wire.leavers
            wire.leavers = ()
        for table in (self.sinks, self._at, self._topics, self._gone, self._releasing):
            table.clear()
        self._early.drop(self._gone)
        self._released_meanwhile.clear()
        self._lingering = None
        return leavers

    def expel(self, wire: Wire, error: Callable[[], WsgenError]) -> None:
        """End one wire subscription with an error, and ask for it no more."""
        consumers, wire.consumers = wire.consumers, ()
        for consumer in consumers:
            self._end(consumer, error())

    def lost(self, error: Callable[[bool], WsgenError]) -> None:
        """The connection ended, and everything on it; `error` makes the cause, given whether a frame was sent."""
        ended = [(wire, wire.held in (Held.ASKED, Held.HELD)) for wire in self.wires.values()]
        leavers = self._forget_connection()
        self.wires.clear()
        for consumer in leavers:
            self._left(consumer)
        for wire, asked in ended:
            self.expel(wire, partial(error, asked))

    def _left(self, consumer: Consumer) -> None:
        consumer.end(None)
        if consumer.call is not None:
            consumer.call.settle()

    def _end(self, consumer: Consumer, error: WsgenError) -> None:
        """End a consumer with an error; its call raises it, or the log is told."""
        call = consumer.call
        consumer.end(error)
        if call is not None and not call.settled:
            call.settle(error=error)
        elif not isinstance(error, Closed):
            self._session.reports.ended(consumer)

    def _happen(self, wire: Wire, happening: Happening) -> None:
        before = wire.held
        wire.held, act = TABLE[wire.wanted, before, happening]
        self._asked += (wire.held is Held.ASKED) - (before is Held.ASKED)
        self._acts[act](wire)
        if not self._asked:
            if self._early:
                self._early.drop(self._gone)
            if self._released_meanwhile:
                self._forget_releases()

    # Acts, as the table orders them.

    def _ask(self, wire: Wire) -> None:
        def answered(key: str, reply: Any) -> None:
            self._answered(wire, slot, key, reply)

        def failed(error: WsgenError) -> None:
            self._undecodable(wire, slot, error)

        wire.renewing = any(consumer.call is None for consumer in wire.consumers)
        known = wire.topic if wire.renewing else None
        if self._must_queue(known):
            wire.held = Held.ABSENT
            self._asked -= 1
            self._session.renewal.queue(wire)
            return
        topic = known or computed_topic(self.operation, wire.key)
        frame, id = self._with_id(self.operation.subscribe, wire.frame, wire.sent, self.operation.confirmation)
        slot = Slot(
            *(self._session.next_sequence(), "subscribe", answered, failed, topic, wire, id), certain=known is not None
        )
        wire.ask = slot
        wire.asks = (*wire.asks, slot)
        for address in ((),) if self._single_address else wire.addresses:
            if self._gone.get(address) == wire.key:
                self._gone[address] = None
        if self._confirmation is None:
            self._session.ask(slot, (), frame)
            wire.answered(slot)
            self._confirmed(wire, slot, None, None)
            return
        self._session.ask(slot, self._confirmation.keys, frame)
        self._stop_clock(wire)
        for consumer in wire.consumers:
            self._start_clock(wire, consumer)
        if wire.renewing:
            wire.wait = self._session.clock_for(slot, None, lambda: self._not_renewed(wire, slot))

    def _must_queue(self, topic: str | None) -> bool:
        """Whether a subscribe, of a `topic` that is known or not, has to wait until no other one is asked for."""
        confirmation = self.operation.confirmation
        by_order = topic is None and confirmation is not None and confirmation.correlation is None
        return by_order and self._session.alignment.repeats and self._session.renewal.asking > 1

    def _with_id(
        self, message: str, frame: bytes, sent: str, confirmation: Confirmation | None
    ) -> tuple[bytes, str | None]:
        """The frame with a new id that its answer will repeat, where answers do that."""
        correlation = None if confirmation is None else confirmation.correlation
        if correlation is None:
            return frame, None
        parameters: dict[str, Any] = json.loads(sent)
        id: object = at(parameters, correlation.request)
        if correlation.kind is not None and id is None:
            id = self._session.ids.new(correlation.kind)
            put(parameters, correlation.request, id)
            frame = self._codec.encode_parameters(message, parameters)
        return frame, id_text(id)

    def _confirm(self, wire: Wire) -> None:
        self._place(wire)
        wire.renewing = wire.alone = wire.suspect = False
        wire.silences = 0
        renewed: list[Consumer] = []
        for consumer in wire.consumers:
            if consumer.ended:  # by what another one did when it was told
                continue
            call, pending = consumer.call, consumer.state != "CONFIRMED"
            consumer.state, consumer.topic, consumer.call = "CONFIRMED", wire.topic, None
            if call is not None and not call.settled:
                call.settle(consumer)
            elif pending:
                renewed.append(consumer)
        self._refresh(wire)
        for consumer in renewed:
            self._reset(consumer)
        self._deliver_early(wire)

    def _reset(self, consumer: Consumer) -> None:
        """Updates between the connections are missing."""
        consumer.resets += 1
        if consumer.on_reset is None or consumer.ended:
            return
        try:
            consumer.on_reset()
        except BaseException as error:
            self._session.callback_failed(consumer, error)

    def _reject(self, wire: Wire) -> None:
        for consumer in wire.consumers:
            renewed = consumer.call is None
            self.leave(consumer, copy.copy(wire.refusal))
            if renewed:
                self._session.reports.ended(consumer)

    def _let_go(self, wire: Wire) -> None:
        shared = wire.topic is not None and any(other is not wire for other in having(self._topics, wire.topic))
        self._unplace(wire, forget=not shared)
        unsubscribe = self.operation.unsubscribe
        if unsubscribe is None or shared or not self._session.connected:
            wire.held = Held.ABSENT
            if unsubscribe is None:
                self._lingering = wire.key
        else:
            self._send_release(wire, unsubscribe)

    def _send_release(self, wire: Wire, unsubscribe: str) -> None:
        release = self.operation.release

        def answered(key: str, reply: Any) -> None:
            self._released(wire, slot, key, reply)

        def failed(error: WsgenError) -> None:
            self._released(wire, slot, None, None)

        parameters = self._release_parameters(wire)
        frame = self._codec.encode_parameters(unsubscribe, parameters)
        frame, id = self._with_id(unsubscribe, frame, canonical(parameters), release)
        slot = Slot(self._session.next_sequence(), "unsubscribe", answered, failed, wire.topic, id=id)
        self._session.ask(slot, () if self._release is None else self._release.keys, frame)
        if release is not None or self._exclusive:
            for address in wire.addresses:
                if address in self._gone:
                    self._gone[address] = wire.key
        if release is None:
            self._happen(wire, Happening.RELEASED)
            return
        self._releasing[wire.key if wire.topic is None else wire.topic] = (wire, slot)
        wire.wait = self._session.clock_for(slot, None, lambda: self._release_silent(wire, slot))

    def _release_parameters(self, wire: Wire) -> dict[str, Any]:
        sent: dict[str, Any] = json.loads(wire.sent)
        return release_parameters(self.operation, sent, wire.topic if wire.named is None else wire.named)

    # Answers, and silence.

    def _answered(self, wire: Wire, slot: Slot, key: str, reply: Any) -> None:
        wire.answered(slot)
        roles = self._confirmation
        assert roles is not None, "only what is confirmed is answered"
        if roles.ok(reply, key):
            named = roles.named(reply)
            self._confirmed(wire, slot, None if named is None else str(named), named)
        elif wire.ask is slot or (wire.renewing and wire.held is Held.ASKED):
            words = roles.message(reply, key)
            self._refuse(wire, SubscriptionRejected(self.operation.domain, words, reply))
        self._tidy(wire)

    def _confirmed(self, wire: Wire, slot: Slot, topic: str | None, named: Hashable) -> None:
        expected = computed_topic(self.operation, wire.key)
        if topic is None:
            topic = expected
        if wire.held in (Held.ABSENT, Held.ASKED):
            if self._undone(wire, slot, topic, named):
                return
            self._learn(wire, topic, named)
            if expected is not None and topic is not None and expected != topic:
                self._mismatched(wire, expected, topic)
        self._happen(wire, Happening.CONFIRMED)

    def _learn(self, wire: Wire, topic: str | None, named: Hashable) -> None:
        """The server said ok: the latest subscribe is answered with it, and other replies will name this topic."""
        wire.ask, wire.queued = None, False
        wire.topic, wire.named = topic, named
        if self._pairs is None:
            wire.addresses = ((),) if self._single_address else (topic,)
            if named is not None and named != topic and not self._single_address:
                wire.addresses = (named, topic)
        for slot in wire.asks:
            slot.entomb()
            self._session.alignment.watch(slot)
            if topic is not None:
                slot.learn(topic)
        self._stop_clock(wire)

    def _undone(self, wire: Wire, slot: Slot, topic: str | None, named: Hashable) -> bool:
        """Whether an unsubscribe of this topic was sent after `slot`: then its ok no longer holds, and whoever waits
        for it is asked again after that unsubscribe.
        """
        other, release = self._releasing.get(wire.key if topic is None else topic, (wire, slot))
        if release.sequence <= slot.sequence:
            return False
        if wire.ask is slot:
            self._learn(wire, topic, named)
            for consumer in wire.consumers:
                if consumer.call is not None and consumer.call.wait is not None:
                    consumer.call.wait.cancel()
            self._happen(wire, Happening.UNDONE)
            if release.waiting:
                other.undone = (*other.undone, wire)
            else:
                self._happen(wire, Happening.RELEASED)
        return True

    def _mismatched(self, wire: Wire, expected: str, topic: str) -> None:
        domain = self.operation.domain
        if not self.operation.strict_topic:
            self._session.reports.other_topic(domain, expected, topic)
            return
        for consumer in wire.consumers:
            self.leave(consumer, TopicMismatch(domain, expected, topic))

    def _refuse(self, wire: Wire, error: WsgenError) -> None:
        wire.ask, wire.refusal = None, error
        for slot in wire.asks:
            slot.entomb()
            self._session.alignment.watch(slot)
        self._happen(wire, Happening.REFUSED)

    def _undecodable(self, wire: Wire, slot: Slot, error: WsgenError) -> None:
        wire.answered(slot)
        if wire.ask is slot:
            self._refuse(wire, error)
        self._tidy(wire)

    def _silent(self, wire: Wire, slot: Slot, consumer: Consumer) -> None:
        assert consumer.call is not None
        if self._session.alignment.settle(slot):
            return
        error = SubscribeTimeout(self.operation.subscribe, consumer.call.timeout)
        wire.drop(consumer)
        self._end(consumer, error)
        if not wire.wanted:
            self._all_silent(wire, slot)
        self._session.alignment.unanswered(slot)
        self._session.renewal.go_on()

    def _not_renewed(self, wire: Wire, slot: Slot) -> None:
        """A subscription from before was not answered: it is asked for once more, and ends the second time."""
        if self._session.alignment.settle(slot):
            return
        slot.entomb()
        wire.silences += 1
        if wire.silences == 1:
            self._happen(wire, Happening.SILENT)
        else:
            timeout = self._session.default_timeout
            for consumer in [consumer for consumer in wire.consumers if consumer.call is None]:
                wire.drop(consumer)
                self._end(consumer, SubscribeTimeout(self.operation.subscribe, timeout))
            if not wire.wanted:
                self._all_silent(wire, slot)
        self._session.alignment.unanswered(slot)
        self._session.renewal.go_on()

    def _given_up(self, wire: Wire, slot: Slot) -> None:
        if self._session.alignment.settle(slot):
            return
        self._all_silent(wire, slot)
        self._session.alignment.unanswered(slot)
        self._session.renewal.go_on()

    def _all_silent(self, wire: Wire, slot: Slot) -> None:
        slot.entomb()
        if wire.ask is slot:
            wire.ask = None
        self._happen(wire, Happening.SILENT)
        self._tidy(wire)

    def _released(self, wire: Wire, slot: Slot, key: str | None, reply: Any) -> None:
        self._forget_release(wire)
        waiting = slot.waiting
        slot.entomb()
        self._released_meanwhile.append((wire.key if slot.topic is None else slot.topic, slot))
        if not (self._asked and self._session.alignment.repeats):
            self._forget_releases()
        if waiting:
            if self._release is not None and not self._release.ok(reply, key):
                self._session.reports.release_refused(self.operation.domain, self._release.message(reply, key))
            self._release_done(wire)

    def _forget_releases(self) -> None:
        """No answer to a subscribe that was sent before them is in doubt."""
        for topic, slot in self._released_meanwhile:
            if topic in self._releasing and self._releasing[topic][1] is slot:
                del self._releasing[topic]
        self._released_meanwhile.clear()

    def _release_silent(self, wire: Wire, slot: Slot) -> None:
        slot.entomb()
        self._session.reports.release_silent(self.operation.domain)
        if not self._exclusive:
            self._forget_release(wire)
        self._release_done(wire)
        self._session.alignment.unanswered(slot)

    def _release_done(self, wire: Wire) -> None:
        self._stop_clock(wire)
        leavers, wire.leavers = wire.leavers, ()
        undone, wire.undone = wire.undone, ()
        for one in (wire, *undone):
            self._happen(one, Happening.RELEASED)
        for consumer in leavers:
            self._left(consumer)
        for one in (wire, *undone):
            self._tidy(one)
        self._ask_those_who_wait()

    def _forget_release(self, wire: Wire) -> None:
        """From now on, what comes for these addresses is of a later subscribe."""
        for address in wire.addresses:
            if self._gone.get(address) == wire.key:
                self._gone[address] = None

    def _ask_those_who_wait(self) -> None:
        if self._exclusive:
            for wire in list(self.wires.values()):
                if wire.wanted and wire.held is Held.ABSENT:
                    self._happen(wire, Happening.OPENED)

    # Clocks.

    def _start_clock(self, wire: Wire, consumer: Consumer) -> None:
        slot, call = wire.ask, consumer.call
        if slot is None or call is None or call.settled:
            return
        if not wire.renewing:
            self._stop_clock(wire)
        slot.revive()
        consumer.state = "PENDING"
        started = None
        if call.wait is not None:  # it joined a renewal that is asked for once more
            call.wait.cancel()
            started = call.wait.started
        call.wait = self._session.clock_for(slot, call.timeout, lambda: self._silent(wire, slot, consumer), started)

    def _keep_clock(self, wire: Wire, call: Call) -> None:
        """A caller gave up what was asked for; the server's silence still has to be noticed."""
        wait, slot = call.wait, wire.ask
        if wait is not None and slot is not None and not wire.consumers:
            slot.entomb()
            self._stop_clock(wire)  # it may be that of a renewal, which the call joined
            wire.wait = self._session.clock_for(
                slot, wait.timeout, lambda: self._given_up(wire, slot), started=wait.started
            )

    def _stop_clock(self, wire: Wire) -> None:
        if wire.wait is not None:
            wire.wait.cancel()
            wire.wait = None

    # Addresses.

    def _must_wait(self, key: str) -> bool:
        """Whether another set of parameters is just being released.

        Raises:
            AmbiguousRoute: another set is there to stay.
        """
        waits = False
        for other in self.wires.values():
            if other.key == key:
                continue
            if other.wanted or other.held is not Held.RELEASING:
                raise AmbiguousRoute(self.operation.domain)
            waits = True
        if self._lingering is not None and self._lingering != key:
            raise AmbiguousRoute(self.operation.domain)
        return waits

    def _place(self, wire: Wire) -> None:
        if wire.topic is not None:
            add(self._topics, wire.topic, wire)
        for address in wire.addresses:
            self._gone.pop(address, None)
            add(self._at, address, wire)

    def _unplace(self, wire: Wire, *, forget: bool) -> None:
        if wire.topic is not None:
            without(self._topics, wire.topic, wire)
        for address in wire.addresses:
            without(self._at, address, wire)
            if forget and address not in self._at:
                self._gone[address] = None
                if len(self._gone) > GONE_ADDRESSES:
                    del self._gone[next(iter(self._gone))]
        if forget:
            self._early.take(wire.addresses)

    def _refresh(self, wire: Wire) -> None:
        for address in wire.addresses:
            consumers: tuple[Consumer, ...] = ()
            for other in having(self._at, address):
                consumers += other.confirmed  # of one alone, the same tuple: there may be 10,000 subscriptions
            if len(consumers) > 1:
                self.sinks[address] = Consumer(self.operation.domain, partial(deliver, self._session, consumers))
            elif consumers:
                self.sinks[address] = consumers[0]
            else:
                self.sinks.pop(address, None)

    def _tidy(self, wire: Wire) -> None:
        if not wire.wanted and wire.held is Held.ABSENT and not wire.asks and not wire.leavers:
            self._stop_clock(wire)
            if self.wires.get(wire.key) is wire:
                del self.wires[wire.key]

    # Updates that nobody holds yet.

    def keep(self, address: Hashable, value: Any, size: int) -> bool:
        """Keep an update that has no consumer while a subscribe is pending. False: nobody may miss it."""
        if address in self._at:
            return True
        if not self._asked or self._gone.get(address) is not None:
            return address in self._gone
        self._early.keep(address, value, size)
        return True

    def _deliver_early(self, wire: Wire) -> None:
        for address, value in self._early.take(wire.addresses):
            if address in self.sinks:
                deliver(self._session, (self.sinks[address],), value)

    @property
    def idle(self) -> bool:
        """Whether nothing is left of any subscription."""
        return not (self.wires or self.sinks or self._at or self._topics or self._early)
