"""Plays a scenario against the session core: a fake clock, a fake random source, no socket."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from wsgen_runtime.errors import WsgenError
from wsgen_runtime.options import ConnectionEvent, ConnectionOptions, Delivery, Heartbeat, Retry, SessionOptions
from wsgen_runtime.session import (
    Abort,
    Asked,
    Call,
    Cancelled,
    Changed,
    Close,
    Consumer,
    Lease,
    Open,
    PauseReading,
    ResumeReading,
    Session,
    Transmit,
    canonical_parameters,
)

from .protocol import REQUESTS, Operations

Step = dict[str, Any]

OPTIONS = ("timeout", "connect_timeout", "open_timeout", "max_attempts", "on_disconnect", "ttl", "max_silence")
PER_DOMAIN = ("route", "topic", "delivery")


class Failed(AssertionError):
    """A step that does not hold."""


class Peer:
    """One connection of the scenario and what its socket would know."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.lease = Lease()
        self.attempt: int | None = None
        self.paused = False
        self.held: deque[Callable[[], None]] = deque()
        session.lease(self.lease)

    def give(self, frame: Callable[[], None]) -> None:
        """A frame arrives; it waits while reading is paused."""
        self.held.append(frame)
        self.flush()

    def flush(self) -> None:
        while self.held and not self.paused:
            self.held.popleft()()
            self.paused = _paused(self.session, self.paused)

    def ended(self) -> None:
        self.paused = False
        self.held.clear()


class Unfinished:
    """What an asynchronous callback returns; a step says when it is done."""

    def __await__(self) -> Iterator[None]:
        yield


def _paused(session: Session, paused: bool) -> bool:
    """Whether reading is paused after what the session has asked for so far."""
    for effect in session.effects:
        if isinstance(effect, PauseReading | ResumeReading):
            paused = isinstance(effect, PauseReading)
    return paused


class Player:
    """The state of one scenario between its steps."""

    def __init__(self, options: Step) -> None:
        self.now = 0.0
        self._options = session_options(options)
        self._operations = Operations(
            options.get("route", {}),
            options.get("topic"),
            bool(options.get("strict_topic", False)),
            {domain: Delivery(**delivery) for domain, delivery in options.get("delivery", {}).items()},
        )
        self._peers: dict[str, Peer] = {}
        self._current = self._peer("")
        self._attempted: tuple[Session, int] | None = None
        self._sent: list[Any] = []
        self._events: list[ConnectionEvent] = []
        self._calls: dict[str, Call] = {}
        self._consumers: dict[str, tuple[Peer, Consumer]] = {}
        self._got: dict[str, list[Any]] = defaultdict(list)
        self._wanted: dict[str, int] = defaultdict(int)
        self._raising: set[str] = set()
        self._busy: set[str] = set()
        self._on_update: dict[str, Step] = {}
        self._resets: dict[str, int] = defaultdict(int)
        self._steps: dict[str, Callable[[Step], None]] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    def play(self, step: Step) -> None:
        """Do one step.

        Raises:
            Failed: the step does not hold; the message has both sides.
        """
        for name, action in self._steps.items():
            if name in step:
                action(step)
                self._pump()
                return
        raise Failed(f"unknown step {step!r}; known are {', '.join(sorted(self._steps))}")

    def seen(self) -> dict[str, Any]:
        """All that can be seen from outside; of frames, payloads and events what has come since the last time."""
        sent, self._sent = self._sent, []
        events, self._events = self._events, []
        got = {label: values for label, values in self._got.items() if values}
        self._got.clear()
        return {
            "sent": sent,
            "events": [[event.state, event.reason, event.attempt, _word(event.error)] for event in events],
            "got": got,
            "resets": dict(self._resets),
            "calls": {label: _word(call.error) if call.settled else "pending" for label, call in self._calls.items()},
            "handles": {
                label: [one.state, one.topic, one.delivered, one.dropped, one.waiting, _word(one.error)]
                for label, (_, one) in self._consumers.items()
            },
            "sessions": {lane: _seen(peer.session) for lane, peer in self._peers.items()},
        }

    def _peer(self, lane: str) -> Peer:
        if lane not in self._peers:
            session = Session(self._operations.protocol, self._options, lambda: self.now, lambda: 0.5)
            self._peers[lane] = Peer(session)
        return self._peers[lane]

    def _pump(self) -> None:
        for peer in list(self._peers.values()):
            for effect in peer.session.take():
                if isinstance(effect, Open):
                    peer.attempt, self._current = effect.generation, peer
                    self._attempted = peer.session, effect.generation
                elif isinstance(effect, Transmit):
                    self._sent.append(json.loads(effect.frame))
                elif isinstance(effect, Close | Abort):
                    peer.attempt = None
                    peer.ended()
                elif isinstance(effect, PauseReading | ResumeReading):
                    peer.paused = isinstance(effect, PauseReading)
                elif isinstance(effect, Changed):
                    self._events.append(effect.event)
        for label, count in self._wanted.items():
            consumer = self._consumers[label][1]
            while self._wanted[label] and consumer.waiting:
                self._got[label].append(consumer.take())
                self._wanted[label] = count = count - 1
        for peer in self._peers.values():
            peer.flush()
        if any(peer.session.effects for peer in self._peers.values()):
            self._pump()

    # Calls.

    def _call(self, label: str | None, start: Callable[[], Call | None]) -> None:
        try:
            call = start()
        except Exception as error:
            call = _settled(error)
        if label is not None:
            self._calls[label] = call or _settled(None)

    def _do_subscribe(self, step: Step) -> None:
        label, operation = str(step.get("as", step["subscribe"])), self._operations.subscriptions[step["subscribe"]]
        params = step.get("params", {})
        lane = ""
        if operation.route == "connection":
            lane = f"{operation.domain}:{canonical_parameters(self._operations.protocol.codec, operation, params)}"
        peer = self._peer(lane)
        consumer = self._consumer(label, operation.domain, bool(step.get("stream")))
        self._call(label, lambda: peer.session.subscribe(peer.lease, operation, params, consumer, step.get("timeout")))
        self._consumers[label] = peer, consumer

    def _consumer(self, label: str, domain: str, stream: bool) -> Consumer:
        def reset() -> None:
            self._resets[label] += 1

        def update(value: Any) -> Unfinished | None:
            self._got[label].append(value)
            if label in self._on_update:
                self.play(self._on_update.pop(label))
            if label in self._raising:
                raise RuntimeError("the scenario's callback raises")
            return Unfinished() if label in self._busy else None

        operation = self._operations.subscriptions.get(domain)
        delivery = None if operation is None else operation.delivery
        key = None if delivery is None or delivery.key is None else self._operations.protocol.codec.field(delivery.key)
        return Consumer(domain, None if stream else update, on_reset=reset, delivery=delivery, key=key)

    def _do_unsubscribe(self, step: Step) -> None:
        label = step["unsubscribe"]
        peer, consumer = self._consumers[label]
        pending = consumer.call is not None and not consumer.call.settled
        self._call(None if pending else label, lambda: peer.session.leave(consumer))
        if pending and consumer.state == "UNSUBSCRIBING":
            assert consumer.call is not None
            self._calls[label] = consumer.call

    def _do_cancel(self, step: Step) -> None:
        peer, consumer = self._consumers[step["cancel"]]
        peer.session.leave(consumer)

    def _do_abandon(self, step: Step) -> None:
        label = step["abandon"]
        peer, consumer = self._consumers.get(label, (self._current, None))
        if consumer is not None and consumer.state != "UNSUBSCRIBING":
            peer.session.leave(consumer)
        elif consumer is None:
            peer.session.abandon(self._calls[label])
        else:
            self._calls[label] = _settled(Cancelled())

    def _do_request(self, step: Step) -> None:
        label, peer = str(step.get("as", step["request"])), self._peers[""]
        operation = self._operations.requests[step["request"]]
        self._call(
            label,
            lambda: peer.session.request(
                peer.lease,
                operation,
                step.get("payload"),
                step.get("timeout"),
                step.get("on_disconnect"),
                step.get("ttl"),
            ),
        )

        def settled(call: Call) -> None:
            if call.error is None:
                self._got[label].append(call.result)

        self._calls[label].when_settled(settled)

    def _do_send(self, step: Step) -> None:
        peer, operation = self._peers[""], self._operations.sends[step["send"]]
        self._call(
            str(step.get("as", step["send"])),
            lambda: peer.session.send(
                peer.lease, operation, step.get("payload"), step.get("on_disconnect"), step.get("ttl")
            ),
        )

    def _do_listen(self, step: Step) -> None:
        label, peer = str(step.get("as", step["listen"])), self._peers[""]
        consumer = self._consumer(label, step["listen"], bool(step.get("stream")))
        operation = self._operations.pushes[step["listen"]]
        self._call(label, lambda: peer.session.listen(peer.lease, operation, consumer))
        self._consumers[label] = peer, consumer

    def _do_handle(self, step: Step) -> None:
        label, peer = str(step.get("as", step["handle"])), self._peers[""]

        def answer(asked: Asked) -> None:
            self._got[label].append(asked.payload)
            if "answer" in step:
                peer.session.answers.send(asked, step["answer"])

        consumer = Consumer(step["handle"], answer)
        operation = self._operations.handlers[step["handle"]]
        self._call(label, lambda: peer.session.handle(peer.lease, operation, consumer))
        self._consumers[label] = peer, consumer

    def _do_connect(self, step: Step) -> None:
        peer = self._peers[""]
        self._call(step.get("as", "connect"), lambda: peer.session.connect(peer.lease))

    def _do_reconnect(self, step: Step) -> None:
        peer = self._peers[""]
        self._call(step.get("as", "reconnect"), lambda: peer.session.reconnect(peer.lease))

    def _do_close(self, step: Step) -> None:
        for peer in list(self._peers.values()):
            self._call(step.get("as", "close"), partial(peer.session.close, peer.lease))

    def _do_raises(self, step: Step) -> None:
        self._raising.add(step["raises"])

    def _do_busy(self, step: Step) -> None:
        self._busy.add(step["busy"])

    def _do_done(self, step: Step) -> None:
        peer, consumer = self._consumers[step["done"]]
        if consumer.busy:
            peer.session.served(consumer)

    def _do_on_update(self, step: Step) -> None:
        self._on_update[step["on_update"]] = step["do"]

    def _do_take(self, step: Step) -> None:
        self._wanted[step["take"]] += step.get("count", 1)

    # The socket.

    def _attempt(self) -> tuple[Session, int]:
        """The attempt that is under way; else the latest one, whose answer then comes late."""
        for peer in self._peers.values():
            if peer.attempt is not None and peer.session.state in ("CONNECTING", "RECONNECTING"):
                generation, peer.attempt, self._current = peer.attempt, None, peer
                return peer.session, generation
        if self._attempted is None:
            raise Failed("there was no attempt")
        return self._attempted

    def _do_opened(self, step: Step) -> None:
        session, generation = self._attempt()
        session.opened(generation)

    def _do_refused(self, step: Step) -> None:
        session, generation = self._attempt()
        session.refused(generation, step["refused"], step.get("retry_after"))

    def _do_unreachable(self, step: Step) -> None:
        session, generation = self._attempt()
        session.unreachable(generation, ConnectionRefusedError("refused"))

    def _do_frame(self, step: Step) -> None:
        self._give(step["frame"])

    def _do_frames(self, step: Step) -> None:
        for frame in step["frames"]:
            self._give(frame)

    def _give(self, frame: Any) -> None:
        session, text = self._current.session, json.dumps(frame).encode()
        self._current.give(lambda: session.receive(text))

    def _do_text(self, step: Step) -> None:
        session, text = self._current.session, step["text"].encode()
        self._current.give(lambda: session.receive(text))

    def _do_binary(self, step: Step) -> None:
        session, frame = self._current.session, bytes.fromhex(step["binary"])
        self._current.give(lambda: session.receive_binary(frame))

    def _do_lost(self, step: Step) -> None:
        session = self._current.session
        self._current.ended()
        session.lost(session.generation, step["lost"])

    def _do_advance(self, step: Step) -> None:
        # Decimal seconds of a scenario add up as it says, not as binary fractions do.
        end = round(self.now + step["advance"], 9)
        while True:
            due = [
                (when, peer)
                for peer in self._peers.values()
                if (when := peer.session.next_timer) is not None and round(when, 9) <= end
            ]
            if not due:
                break
            when, peer = min(due, key=lambda entry: entry[0])
            self.now = max(self.now, when)
            peer.session.tick()
            self._pump()
        self.now = max(self.now, end)

    # Expectations.

    def _do_expect_sent(self, step: Step) -> None:
        sent, self._sent = self._sent, []
        same(sent, step["expect_sent"], "frames sent")

    def _do_expect_attempts(self, step: Step) -> None:
        attempts = sum(peer.session.attempts for peer in self._peers.values())
        same(attempts, step["expect_attempts"], "attempts")

    def _do_expect_state(self, step: Step) -> None:
        same(self._current.session.state, step["expect_state"], "state")

    def _do_expect_handle(self, step: Step) -> None:
        same(self._consumers[step["expect_handle"]][1].state, step["state"], "state of the handle")

    def _do_expect_got(self, step: Step) -> None:
        same(self._got.pop(step["expect_got"], []), step["values"], "payloads")

    def _do_expect_settled(self, step: Step) -> None:
        call = self._calls[step["expect_settled"]]
        outcome = _outcome(call.error) if call.settled else "still pending"
        same(outcome, step.get("error", "settled without an error"), "outcome")

    def _do_expect_pending(self, step: Step) -> None:
        call = self._calls[step["expect_pending"]]
        same(_outcome(call.error) if call.settled else "still pending", "still pending", "outcome")

    def _do_expect_resets(self, step: Step) -> None:
        same(self._resets[step["expect_resets"]], step["count"], "resets")

    def _do_expect_ended(self, step: Step) -> None:
        consumer = self._consumers[step["expect_ended"]][1]
        ended = consumer.state == "DELETED"
        outcome = _outcome(consumer.error) if ended else "not ended"
        same(outcome, step.get("error", "settled without an error"), "end")

    def _do_expect_events(self, step: Step) -> None:
        events, self._events = self._events, []
        found = [
            {name: getattr(event, name) for name in wanted}
            for event, wanted in zip(events, step["expect_events"], strict=False)
        ]
        found += [{"state": event.state} for event in events[len(found) :]]
        same(found, step["expect_events"], "events")

    def _do_expect_clean(self, step: Step) -> None:
        left = [lane or "the connection" for lane, peer in self._peers.items() if not peer.session.clean]
        same(not left, step["expect_clean"], f"nothing left{f' (but on {left})' if left else ''}")


def session_options(options: Step) -> SessionOptions:
    """Session options by their names in a scenario."""
    known: Any = {name: options[name] for name in OPTIONS if name in options}
    if "retry" in options:
        retry = dict(options["retry"])
        if "delays" in retry:
            retry["delays"] = tuple(retry["delays"])
        known["retry"] = Retry(**retry)
    if "heartbeat" in options:
        beat = options["heartbeat"]
        known["heartbeat"] = Heartbeat(**{"reply": REQUESTS.get(beat["type"]), **beat})
    unknown = set(options) - set(known) - set(PER_DOMAIN) - {"strict_topic"}
    if unknown:
        raise Failed(f"unknown options: {', '.join(sorted(unknown))}")
    given: ConnectionOptions = known
    return SessionOptions.of(given)


def same(found: Any, expected: Any, what: str) -> None:
    if found != expected:
        raise Failed(f"{what}:\n  expected {json.dumps(expected)}\n  found    {json.dumps(found, default=str)}")


def _seen(session: Session) -> list[Any]:
    reports, due = session.reports, session.next_timer
    counters = [reports.unknown, reports.invalid, reports.unrouted]
    return [session.state, session.attempts, session.clean, None if due is None else round(due, 6), *counters]


def _word(error: Exception | None) -> str | None:
    """What an error is called; those that are not ours have other names in other languages."""
    ours = error is None or isinstance(error, WsgenError | Cancelled)
    return None if error is None else _outcome(error) if ours else "another error"


def _settled(error: Exception | None) -> Call:
    call = Call("", None)
    call.settled, call.error = True, error  # type: ignore[assignment]  # any exception of a step is an outcome
    return call


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "settled without an error"
    return "CancelledError" if isinstance(error, Cancelled) else type(error).__name__
