"""Random interleavings against a simple server and a simple idea of who must get what."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsgen_runtime.errors import AmbiguousRoute
from wsgen_runtime.options import SessionOptions
from wsgen_runtime.session import Call, Consumer

from .sessions import STEPS_TAKEN, Bench, enough_steps

__all__ = ["enough_steps"]

KEYS = {
    "bars": ({"symbol": "A"}, {"symbol": "B"}, {"symbol": "a"}, {"symbol": "BAD"}),
    "alerts": ({"level": "high"}, {"level": "low"}),
    "orders": ({"account": "1"}, {"account": "2"}),
}
"""The server takes both spellings of a symbol for one topic, and refuses BAD."""


def topic_of(domain: str, parameters: dict[str, Any]) -> str:
    return f"{domain}:{next(iter(parameters.values())).upper()}"


@dataclass
class Server:
    """Answers in order, whenever it is told to; a wrong request is noted, as a real one would close for it."""

    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    outbox: deque[tuple[dict[str, Any], str | None]] = field(default_factory=deque)
    held: set[str] = field(default_factory=set)
    pushed: dict[str, int] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    losing: int = 0
    doubling: int = 0
    lossy: bool = False
    repeats: bool = False

    def serve(self, count: int) -> None:
        for _ in range(min(count, len(self.waiting))):
            frame = self.waiting.popleft()
            domain, _, verb = frame["type"].partition(".")
            if verb == "subscribe":
                self._subscribe(domain, frame["payload"])
            elif verb == "unsubscribe":
                self._unsubscribe(domain, frame["payload"])
            elif verb == "join":
                self._answer({"type": "chat.joined", "payload": frame["payload"]})
            else:
                self._answer({"type": "pong"})

    def push(self, domain: str, parameters: dict[str, Any]) -> None:
        """An update, to whom has subscribed."""
        topic = topic_of(domain, parameters)
        if topic in self.held:
            number = self.pushed[topic] = self.pushed.get(topic, 0) + 1
            payload: dict[str, Any] = {"topic": topic, "number": number}
            payload = {"topic": topic, "payload": payload} if domain == "bars" else payload
            self.outbox.append(({"type": f"{domain}.update", "payload": payload}, None))

    def _subscribe(self, domain: str, parameters: dict[str, Any]) -> None:
        topic = topic_of(domain, parameters)
        status = "error" if "BAD" in topic else "ok"
        if status == "ok":
            if topic in self.held:
                self.doubled.append(topic)
            self.held.add(topic)
        payload = {"status": status, "message": "", "topic": topic}
        self._answer({"type": f"{domain}.subscribe.response", "payload": payload}, topic)

    def _unsubscribe(self, domain: str, parameters: dict[str, Any]) -> None:
        topic = topic_of(domain, parameters)
        if topic not in self.held:
            self.wrong.append(topic)
        self.held.discard(topic)
        payload = {"status": "ok", "message": "", "topic": topic}
        self._answer({"type": f"{domain}.unsubscribe.response", "payload": payload})

    def _answer(self, frame: dict[str, Any], topic: str | None = None) -> None:
        if self.losing:
            self.losing -= 1
            self.lossy = True
        else:
            self.outbox.append((frame, topic))
            if self.doubling:
                self.doubling -= 1
                self.lossy = self.repeats = True
                self.outbox.append((frame, topic))


class Listener:
    """One caller of subscribe: what it asked for, and what it was given."""

    def __init__(self, world: World, domain: str, parameters: dict[str, Any]) -> None:
        self.world = world
        self.domain = domain
        self.parameters = parameters
        self.topic = topic_of(domain, parameters)
        self.consumer = Consumer(domain, self.update)
        self.call: Call | None = None
        self.left = False
        self.last: int | None = None

    def update(self, value: dict[str, Any]) -> None:
        call = self.call
        confirmed = call is not None and call.settled and call.error is None
        if not confirmed or self.left:
            self.world.faults.append(f"{self.topic} got {value} before its confirmation, or after it left")
        elif value["topic"] != self.topic and not self.world.misaligned(self.domain):
            self.world.faults.append(f"{self.topic} got {value}")
        elif self.last not in (None, value["number"] - 1) and not self.world.misaligned(self.domain):
            self.world.faults.append(f"{self.topic} got {value} after {self.last}")
        self.last = value["number"]

    @property
    def confirmed(self) -> bool:
        return self.consumer.state == "CONFIRMED"


class World:
    """A session, a server, and those who listen."""

    def __init__(self, options: SessionOptions | None = None) -> None:
        self.bench = Bench(options or SessionOptions(timeout=5.0))
        self.bench.hung_up = self.start_over
        self.server = self.new_server()
        self.listeners: list[Listener] = []
        self.requests: list[tuple[Call, object]] = []
        self.calls: list[Call] = []
        self.checked: set[Call] = set()
        self.faults: list[str] = []
        self.noticed = False
        self.bench.connect()
        self.settle_effects()

    def new_server(self) -> Server:
        """What a new connection leads to."""
        return Server()

    # What can happen.

    def subscribe(self, domain: str, which: int, timeout: float) -> None:
        parameters = KEYS[domain][which % len(KEYS[domain])]
        listener = Listener(self, domain, parameters)
        try:
            _, listener.call = self.bench.subscribe(domain, parameters, consumer=listener.consumer, timeout=timeout)
        except AmbiguousRoute:
            assert domain != "bars", "updates with a topic are told apart"
            return
        self.listeners.append(listener)
        self.calls.append(listener.call)

    def leave(self, which: int) -> None:
        if self.listeners:
            listener = self.listeners[which % len(self.listeners)]
            call = self.bench.session.leave(listener.consumer)
            listener.left = True
            if call is not None:
                self.calls.append(call)

    def request(self, which: int, timeout: float) -> None:
        room = {"room": len(self.requests)}
        call = (
            self.bench.ping()
            if which % 3 == 0
            else self.bench.session.request(
                self.bench.lease, self.bench.operations.requests["chat.join"], room, timeout
            )
        )
        self.requests.append((call, None if which % 3 == 0 else room))
        self.calls.append(call)

    def abandon(self, which: int) -> None:
        if self.requests:
            self.bench.session.abandon(self.requests[which % len(self.requests)][0])

    def serve(self, count: int) -> None:
        self.server.serve(count)

    def deliver(self, count: int) -> None:
        for _ in range(min(count, len(self.server.outbox))):
            if not self.server.outbox:  # the connection ended
                return
            frame, topic = self.server.outbox.popleft()
            server, before = self.server, {one for one in self.listeners if one.confirmed}
            self.bench.receive(frame)
            if not server.lossy:
                new = {one.topic for one in self.listeners if one.confirmed and one not in before}
                assert new <= {topic}, "an ok confirms whom it was meant for"
            self.check_requests(server.lossy)
            self.settle_effects()

    def push(self, domain: str, which: int) -> None:
        self.server.push(domain, KEYS[domain][which % len(KEYS[domain])])

    def lose_a_reply(self) -> None:
        self.server.losing += 1

    def double_a_reply(self) -> None:
        self.server.doubling += 1

    def advance(self, seconds: float) -> None:
        self.bench.advance(seconds)

    def lose(self) -> None:
        if self.bench.session.connected:
            self.bench.lose(1006)
            self.start_over()

    # How it goes together.

    def misaligned(self, domain: str) -> bool:
        """After a reply that was lost or came twice, a topic may be learned from another call's reply, until that is
        noticed. Where one set of parameters at a time may be asked, only a confirmation that comes twice can be taken
        for that of the next one.
        """
        return self.server.lossy and not self.noticed and (domain == "bars" or self.server.repeats)

    def start_over(self) -> None:
        """The socket has ended, and with it all that was on its way."""
        self.bench.sent.clear()
        self.server = self.new_server()
        for listener in self.listeners:
            listener.last = None

    def settle_effects(self) -> None:
        """Carry frames to the server; open what is to be opened."""
        bench = self.bench
        bench.collect()
        if bench.attempts:
            bench.open()
            bench.attempts.clear()
        self.server.waiting.extend(bench.frames())

    def check_requests(self, lossy: bool) -> None:
        for call, room in self.requests:
            if call not in self.checked and call.settled:
                self.checked.add(call)
                answered = call.error is None and not lossy
                assert not answered or call.result == room, "a reply goes to the call that it answers"


NUMBER = st.integers(0, 7)
TIMEOUT = st.sampled_from([1.0, 5.0, 5.0, 8.0])
DOMAIN = st.sampled_from(["bars", "bars", "bars", "alerts", "orders"])
COUNT = st.sampled_from([1, 1, 2, 9])

ORDINARY: tuple[st.SearchStrategy[tuple[Any, ...]], ...] = (
    st.tuples(st.just("subscribe"), DOMAIN, NUMBER, TIMEOUT),
    st.tuples(st.just("subscribe"), DOMAIN, NUMBER, TIMEOUT),
    st.tuples(st.just("leave"), NUMBER),
    st.tuples(st.just("leave"), NUMBER),
    st.tuples(st.just("request"), NUMBER, TIMEOUT),
    st.tuples(st.just("abandon"), NUMBER),
    st.tuples(st.just("serve"), COUNT),
    st.tuples(st.just("deliver"), COUNT),
    st.tuples(st.just("serve"), st.just(9)),
    st.tuples(st.just("deliver"), st.just(9)),
    st.tuples(st.just("push"), DOMAIN, NUMBER),
    st.tuples(st.just("push"), DOMAIN, NUMBER),
    st.tuples(st.just("advance"), st.sampled_from([0.1, 1.0, 4.0, 5.0])),
)
LOSSY = (*ORDINARY, st.tuples(st.just("lose_a_reply")), st.tuples(st.just("lose")))

STEPS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def play(steps: list[tuple[Any, ...]]) -> World:
    STEPS_TAKEN["test_session_properties"] += len(steps)
    world = World()
    for name, *arguments in steps:
        getattr(world, name)(*arguments)
        world.settle_effects()
    return world


def at_most(count: int, name: str, steps: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The steps, with no more than so many of this name."""
    before = [sum(step[0] == name for step in steps[:index]) for index in range(len(steps))]
    return [step for step, found in zip(steps, before, strict=True) if step[0] != name or found < count]


def come_to_rest(world: World) -> None:
    """The server answers all, everything arrives, and enough time passes."""
    for _ in range(60):
        world.settle_effects()
        world.serve(99)
        world.deliver(99)
        world.advance(1)
    world.settle_effects()
    assert [call.message for call in world.calls if not call.settled] == [], "every call settles"
    assert world.faults == []


def close(world: World) -> None:
    done = world.bench.session.close(world.bench.lease)
    for listener in world.listeners:
        listener.left = True
    world.settle_effects()
    world.serve(99)
    world.deliver(99)
    world.advance(1)
    assert done.settled
    assert world.faults == []
    assert world.bench.session.clean
    assert all(listener.consumer.state == "DELETED" for listener in world.listeners)
    assert all(call.settled for call in world.calls)


def wanted(world: World, domains: tuple[str, ...] = ("bars", "alerts")) -> set[str]:
    return {listener.topic for listener in world.listeners if listener.confirmed and listener.domain in domains}


@STEPS
@given(st.lists(st.one_of(*ORDINARY), min_size=20, max_size=70))
def test_whoever_wants_updates_gets_them_and_nobody_else(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps)
    come_to_rest(world)
    server = world.server

    assert server.wrong == [], "nothing is unsubscribed that is not held"
    assert wanted(world) == {topic for topic in server.held if not topic.startswith("orders")}
    for domain, each in KEYS.items():
        for which in range(len(each)):
            world.push(domain, which)
    before = {listener: listener.last or 0 for listener in world.listeners}
    world.deliver(99)
    for listener in world.listeners:
        assert ((listener.last or 0) > before[listener]) == listener.confirmed
    close(world)


@STEPS
@given(st.lists(st.one_of(*LOSSY), min_size=20, max_size=70))
def test_whatever_is_lost_every_call_settles_and_nothing_is_left(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps)
    come_to_rest(world)
    close(world)
    assert [call.message for call in world.calls if not call.settled] == []
    assert world.bench.session.clean


@STEPS
@given(
    st.sampled_from(["lose_a_reply", "double_a_reply"]).flatmap(
        lambda fault: st.lists(st.one_of(*ORDINARY, st.tuples(st.just(fault))), min_size=20, max_size=70)
    )
)
def test_replies_that_are_lost_or_come_twice_mix_up_nothing_for_long(steps: list[tuple[Any, ...]]) -> None:
    """Once the server has been silent for two timeouts, every update goes to whom it is meant for."""
    world = play(at_most(3, "double_a_reply", steps))
    come_to_rest(world)

    world.noticed = True
    for listener in world.listeners:
        listener.last = None
    for which in range(len(KEYS["bars"])):
        world.push("bars", which)
    world.deliver(99)
    assert world.faults == []
    for listener in world.listeners:
        assert listener.domain != "bars" or (listener.last is not None) == listener.confirmed
    close(world)


@STEPS
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("subscribe"), st.just("bars"), st.integers(0, 1), st.just(20.0)),
            st.tuples(st.just("leave"), NUMBER),
            st.tuples(st.just("serve"), COUNT),
            st.tuples(st.just("deliver"), COUNT),
        ),
        min_size=20,
        max_size=70,
    )
)
def test_without_a_timeout_the_server_is_asked_once(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps)
    come_to_rest(world)

    assert world.server.doubled == []
    assert world.server.wrong == []
    assert [event.reason for event in world.bench.events] == [None, None], "nothing is suspected of a healthy server"
    close(world)
