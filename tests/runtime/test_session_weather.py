"""Random interleavings in bad weather: connections end and come back, subscriptions are poison, servers are slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsgen_runtime.errors import ConnectionFault, RemoteError, SubscribeTimeout, SubscriptionRejected
from wsgen_runtime.options import Heartbeat, Retry, SessionOptions

from .sessions import STEPS_TAKEN, enough_steps
from .test_session_properties import COUNT, DOMAIN, KEYS, NUMBER, TIMEOUT, Listener, Server, World, close, topic_of

__all__ = ["enough_steps"]

POISON = {"symbol": "POISON"}
"""The server ends the connection when it is asked for this, as FastWS does for what it cannot validate."""

BLAMELESS = (1000, 1001, 1006, 1012, 1013, 4429, None)
RETRY = Retry(delays=(0.0, 0.5, 1.0), stable_after=1.0, give_up_after=None)


@dataclass
class Strict(Server):
    """Ends the connection for poison, after its answers to what was asked before."""

    closing: int | None = None

    def serve(self, count: int) -> None:
        while count and self.waiting and self.closing is None:
            count -= 1
            frame = self.waiting[0]
            payload = frame.get("payload")
            if payload == POISON:
                self.closing = 1003
            elif frame["type"] == "chat.typing":
                self.waiting.popleft()
            else:
                super().serve(1)


class Weather(World):
    """A world whose connections end, and where attempts to connect may fail."""

    server: Strict

    def __init__(self, options: SessionOptions) -> None:
        self.failures = 0
        self.connections = 0
        self.confirmed_on: dict[Listener, int] = {}
        self.expected_resets: dict[Listener, int] = {}
        super().__init__(options)

    # What can happen.

    def poison(self, timeout: float) -> None:
        listener = Listener(self, "bars", POISON)
        _, listener.call = self.bench.subscribe("bars", POISON, consumer=listener.consumer, timeout=timeout)
        self.listeners.append(listener)
        self.calls.append(listener.call)

    def send(self, ttl: float) -> None:
        bench = self.bench
        operation = bench.operations.sends["chat.typing"]
        self.calls.append(bench.session.send(bench.lease, operation, {"on": True}, "queue", ttl))

    def queue(self, ttl: float) -> None:
        bench, room = self.bench, {"room": len(self.requests)}
        operation = bench.operations.requests["chat.join"]
        call = bench.session.request(bench.lease, operation, room, None, "queue", ttl)
        self.requests.append((call, room))
        self.calls.append(call)

    def drop(self, code: int | None, failures: int) -> None:
        if self.bench.session.connected:
            self.failures = failures
            self.bench.lose(code)
            self.start_over()

    def deliver(self, count: int) -> None:
        if not self.bench.session.connected:
            return
        for _ in range(min(count, len(self.server.outbox))):
            super().deliver(1)
            self.count_resets()
        if self.server.closing is not None and not self.server.outbox:
            self.drop(self.server.closing, 0)

    # How it goes together.

    def new_server(self) -> Strict:
        return Strict()

    def settle_effects(self) -> None:
        bench = self.bench
        bench.collect()
        while bench.attempts:
            generation = bench.attempts[-1].generation
            bench.attempts.clear()
            if self.failures:
                self.failures -= 1
                bench.session.unreachable(generation, OSError("refused"))
            else:
                self.connections += 1
                bench.session.opened(generation)
            bench.collect()
        self.server.waiting.extend(bench.frames())
        self.count_resets()

    def count_resets(self) -> None:
        for listener in self.listeners:
            if listener.confirmed and self.confirmed_on.get(listener) != self.connections:
                again = listener in self.confirmed_on
                self.expected_resets[listener] = self.expected_resets.get(listener, 0) + again
                self.confirmed_on[listener] = self.connections

    def come_to_rest(self) -> None:
        for _ in range(120):
            self.settle_effects()
            self.serve(99)
            self.deliver(99)
            self.advance(1)
        self.settle_effects()
        assert [call.message for call in self.calls if not call.settled] == [], "every call settles"
        assert self.faults == []

    def held(self) -> set[str]:
        return {topic for topic in self.server.held if not topic.startswith("orders")}

    def wanted(self) -> set[str]:
        return {one.topic for one in self.listeners if one.confirmed and one.domain != "orders"}

    def all_get_what_they_want(self) -> None:
        for domain, each in KEYS.items():
            for which in range(len(each)):
                self.push(domain, which)
        before = {listener: listener.last or 0 for listener in self.listeners}
        self.deliver(99)
        for listener in self.listeners:
            assert ((listener.last or 0) > before[listener]) == listener.confirmed
        assert self.faults == []


CODE = st.sampled_from(BLAMELESS)
FAILURES = st.sampled_from([0, 0, 0, 1, 3])
TTL = st.sampled_from([0.1, 2.0, 30.0])
DROP = st.tuples(st.just("drop"), CODE, FAILURES)
STEP = st.one_of(
    st.tuples(st.just("subscribe"), DOMAIN, NUMBER, TIMEOUT),
    st.tuples(st.just("subscribe"), DOMAIN, NUMBER, TIMEOUT),
    st.tuples(st.just("leave"), NUMBER),
    st.tuples(st.just("request"), NUMBER, TIMEOUT),
    st.tuples(st.just("queue"), TTL),
    st.tuples(st.just("abandon"), NUMBER),
    st.tuples(st.just("send"), TTL),
    st.tuples(st.just("poison"), TIMEOUT),
    st.tuples(st.just("serve"), COUNT),
    st.tuples(st.just("deliver"), COUNT),
    st.tuples(st.just("serve"), st.just(9)),
    st.tuples(st.just("deliver"), st.just(9)),
    st.tuples(st.just("push"), DOMAIN, NUMBER),
    st.tuples(st.just("push"), DOMAIN, NUMBER),
    st.tuples(st.just("advance"), st.sampled_from([0.1, 0.5, 1.0, 4.0, 5.0])),
    DROP,
)
STEPS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
IN_BAD_WEATHER = SessionOptions(
    timeout=5.0,
    retry=RETRY,
    heartbeat=Heartbeat("ping", 3.0, reply="pong"),
    max_silence=12.0,
)


def play(steps: list[tuple[Any, ...]], options: SessionOptions) -> Weather:
    STEPS_TAKEN["test_session_weather"] += len(steps)
    world = Weather(options)
    for name, *arguments in steps:
        getattr(world, name)(*arguments)
        world.settle_effects()
    return world


@STEPS
@given(st.lists(STEP, min_size=20, max_size=70))
def test_in_bad_weather_whoever_wants_updates_gets_them_and_nobody_else(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps, IN_BAD_WEATHER)
    world.come_to_rest()

    assert world.wanted() == world.held()
    assert world.server.wrong == [], "nothing is unsubscribed that is not held"
    for listener in world.listeners:
        assert listener.consumer.state in ("CONFIRMED", "DELETED")
        assert listener.consumer.resets == world.expected_resets.get(listener, 0)
        error = listener.consumer.error
        if listener.topic.endswith("POISON"):
            assert not listener.confirmed
            assert error is None or type(error) in (RemoteError, SubscribeTimeout)
        else:
            assert error is None or isinstance(error, (SubscriptionRejected, SubscribeTimeout, ConnectionFault))
    world.all_get_what_they_want()
    close(world)


@STEPS
@given(st.lists(st.one_of(STEP, st.tuples(st.just("lose_a_reply"))), min_size=20, max_size=70))
def test_in_bad_weather_every_call_settles_and_nothing_is_left(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps, IN_BAD_WEATHER)
    world.come_to_rest()
    close(world)
    assert [call.message for call in world.calls if not call.settled] == []
    assert world.bench.session.clean


@STEPS
@given(
    st.lists(
        st.one_of(STEP, st.tuples(st.just("drop"), st.sampled_from([4400, 1008, 1011, 1003]), FAILURES)),
        min_size=20,
        max_size=70,
    )
)
def test_after_a_fatal_end_everything_starts_afresh(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps, IN_BAD_WEATHER)
    world.come_to_rest()

    assert world.bench.session.state in ("CONNECTED", "FAILED")
    assert world.wanted() == (world.held() if world.bench.session.connected else set())
    world.bench.session.reconnect(world.bench.lease)
    world.come_to_rest()
    world.all_get_what_they_want()
    close(world)


PATIENT = SessionOptions(timeout=1000.0, connect_timeout=10_000.0, retry=RETRY)


@STEPS
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("subscribe"), st.just("bars"), st.integers(0, 1), st.just(1000.0)),
            st.tuples(st.just("leave"), NUMBER),
            st.tuples(st.just("serve"), COUNT),
            st.tuples(st.just("deliver"), COUNT),
            st.tuples(st.just("push"), st.just("bars"), st.integers(0, 1)),
            st.tuples(st.just("advance"), st.sampled_from([0.5, 2.0])),
            DROP,
        ),
        min_size=20,
        max_size=70,
    )
)
def test_drops_end_no_subscription_and_each_is_asked_once(steps: list[tuple[Any, ...]]) -> None:
    world = play(steps, PATIENT)
    world.come_to_rest()

    assert world.server.doubled == []
    assert world.server.wrong == []
    assert all(listener.confirmed != listener.left for listener in world.listeners)
    assert {topic_of("bars", one.parameters) for one in world.listeners if not one.left} == world.held()
    world.all_get_what_they_want()
    close(world)
