"""A session with a clock that stands until it is told, and what its socket would see."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from wsgen_runtime.operations import Route
from wsgen_runtime.options import ConnectionEvent, Delivery, SessionOptions, UnknownMessage
from wsgen_runtime.session import (
    Abort,
    Call,
    Changed,
    Close,
    Consumer,
    Lease,
    Open,
    Serve,
    Session,
    Strange,
    Transmit,
)

from tests.scenarios.protocol import Operations

__all__ = ["STEPS_TAKEN", "Bench", "enough_steps", "ok", "refusal", "released", "topic_of", "update"]


STEPS_TAKEN: Counter[str] = Counter()
"""How many steps random tests have taken, by module."""


@pytest.fixture(scope="module", autouse=True)
def enough_steps(request: pytest.FixtureRequest) -> Iterator[None]:
    """The random tests of a module take at least ten thousand steps, if all of them run."""
    module = request.module
    yield
    tests = {item.name for item in request.session.items if getattr(item, "module", None) is module}
    if tests >= {name for name in vars(module) if name.startswith("test_")}:
        assert STEPS_TAKEN[module.__name__.rpartition(".")[2]] >= 10_000


class Bench:
    """Drives one session; collects what it asks for."""

    def __init__(self, options: SessionOptions | None = None, routes: Mapping[str, Route] | None = None) -> None:
        self.now = 0.0
        self.operations = Operations(routes or {})
        self.session = Session(self.operations.protocol, options or SessionOptions(), lambda: self.now, lambda: 0.5)
        self.lease = Lease()
        self.session.lease(self.lease)
        self.sent: list[dict[str, Any]] = []
        self.attempts: list[Open] = []
        self.ended: list[Close | Abort] = []
        self.hung_up: Callable[[], None] = lambda: None
        self.events: list[ConnectionEvent] = []
        self.strange: list[UnknownMessage] = []
        self.serving: list[Serve] = []

    def collect(self) -> None:
        """Take what the session wants done."""
        for effect in self.session.take():
            match effect:
                case Transmit():
                    self.sent.append(json.loads(effect.frame))
                case Open():
                    self.attempts.append(effect)
                case Close() | Abort():
                    self.ended.append(effect)
                    self.hung_up()
                case Changed():
                    self.events.append(effect.event)
                case Strange():
                    self.strange.append(effect.message)
                case Serve():
                    self.serving.append(effect)

    def frames(self) -> list[dict[str, Any]]:
        """What was sent since the last time."""
        self.collect()
        sent, self.sent = self.sent, []
        return sent

    def connect(self) -> None:
        """Open the connection."""
        self.session.connect(self.lease)
        self.open()

    def open(self) -> None:
        """The attempt that is under way succeeds."""
        self.collect()
        self.session.opened(self.attempts[-1].generation)
        self.collect()

    def lose(self, code: int | None = None) -> None:
        """The socket ends."""
        self.session.lost(self.session.generation, code)
        self.collect()

    def receive(self, *frames: Mapping[str, object]) -> None:
        for frame in frames:
            self.session.receive(json.dumps(frame).encode())
        self.collect()

    def advance(self, seconds: float) -> int:
        """Let time pass; how many times timers were due."""
        end, ticks = round(self.now + seconds, 9), 0
        while (when := self.session.next_timer) is not None and round(when, 9) <= end:
            self.now = max(self.now, when)
            self.session.tick()
            self.collect()
            ticks += 1
        self.now = end
        return ticks

    def subscribe(
        self,
        domain: str,
        parameters: Mapping[str, object],
        callback: Callable[[Any], Any] | None = None,
        *,
        lease: Lease | None = None,
        consumer: Consumer | None = None,
        timeout: float | None = None,
        delivery: Delivery | None = None,
    ) -> tuple[Consumer, Call]:
        """Subscribe with a callback, or as a stream without one."""
        consumer = consumer or Consumer(domain, callback, delivery=delivery)
        operation = self.operations.subscriptions[domain]
        call = self.session.subscribe(lease or self.lease, operation, dict(parameters), consumer, timeout)
        return consumer, call

    def bars(
        self,
        symbol: str,
        callback: Callable[[Any], Any] | None = None,
        *,
        lease: Lease | None = None,
        delivery: Delivery | None = None,
    ) -> tuple[Consumer, Call]:
        return self.subscribe("bars", {"symbol": symbol}, callback, lease=lease, delivery=delivery)

    def held(
        self,
        symbol: str,
        callback: Callable[[Any], Any] | None = None,
        *,
        lease: Lease | None = None,
        delivery: Delivery | None = None,
    ) -> Consumer:
        """A confirmed subscription to bars."""
        consumer, call = self.bars(symbol, callback, lease=lease, delivery=delivery)
        if not call.settled:
            self.receive(ok("bars", topic_of(symbol)))
        assert call.error is None
        assert call.settled
        return consumer

    def join(self, room: str = "lobby", timeout: float | None = None) -> Call:
        return self.session.request(self.lease, self.operations.requests["chat.join"], {"room": room}, timeout)

    def ping(self) -> Call:
        return self.session.request(self.lease, self.operations.requests["ping"], None)


def topic_of(symbol: str) -> str:
    return f"bars:{symbol}:1"


def ok(domain: str, topic: str | None, status: str = "ok") -> dict[str, object]:
    return {
        "type": f"{domain}.subscribe.response",
        "payload": {"status": status, "message": "", "topic": topic},
    }


def refusal(domain: str, message: str = "no") -> dict[str, object]:
    return {"type": f"{domain}.subscribe.response", "payload": {"status": "error", "message": message}}


def released(domain: str, topic: str | None, status: str = "ok") -> dict[str, object]:
    payload = {"status": status, "message": "no" if status != "ok" else "", "topic": topic}
    return {"type": f"{domain}.unsubscribe.response", "payload": payload}


def update(symbol: str, value: object) -> dict[str, object]:
    return {"type": "bars.update", "payload": {"topic": topic_of(symbol), "payload": value}}
