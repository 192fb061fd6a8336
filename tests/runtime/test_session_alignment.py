"""What costs a healthy server no connection, although replies go by order and only the server knows the topics."""

from __future__ import annotations

from typing import Any

import pytest
from wsgen_runtime.errors import SubscribeTimeout
from wsgen_runtime.operations import RequestOperation
from wsgen_runtime.options import Retry, SessionOptions
from wsgen_runtime.session import Consumer

from .sessions import Bench, ok, topic_of, update

SYMBOLS = [str(number) for number in range(1_000)]


@pytest.fixture
def bench() -> Bench:
    bench = Bench(SessionOptions(retry=Retry(delays=(0.0,))))
    bench.connect()
    return bench


def all_get_their_own(bench: Bench, got: dict[str, list[Any]], symbols: list[str]) -> None:
    bench.receive(*(update(symbol, symbol) for symbol in symbols))
    assert {symbol: got[symbol] for symbol in symbols} == {symbol: [symbol] for symbol in symbols}


@pytest.mark.parametrize("drop", [False, True])
def test_a_thousand_subscriptions_behind_a_slow_server(bench: Bench, *, drop: bool) -> None:
    got: dict[str, list[Any]] = {symbol: [] for symbol in SYMBOLS}
    calls = [bench.bars(symbol, got[symbol].append)[1] for symbol in SYMBOLS]
    for symbol in SYMBOLS:
        bench.advance(0.01)
        bench.receive(ok("bars", topic_of(symbol)))
    assert [call.error for call in calls] == [None] * 1_000
    if drop:
        bench.lose(1006)
        bench.advance(1)
        bench.open()
        for symbol in SYMBOLS:
            bench.advance(0.01)
            bench.receive(ok("bars", topic_of(symbol)))
    bench.advance(60)

    assert "desynchronised" not in [event.reason for event in bench.events]
    assert bench.session.connected
    all_get_their_own(bench, got, SYMBOLS)


def test_late_answers_to_some_of_them(bench: Bench) -> None:
    """Each fifth caller is impatient; the answers come when it has gone."""
    got: dict[str, list[Any]] = {symbol: [] for symbol in SYMBOLS[:50]}
    calls = {}
    for number, symbol in enumerate(SYMBOLS[:50]):
        timeout = 0.5 if number % 5 == 4 else None
        _, calls[symbol] = bench.subscribe("bars", {"symbol": symbol}, got[symbol].append, timeout=timeout)
    for symbol in SYMBOLS[:50]:
        bench.advance(0.6)
        bench.receive(ok("bars", topic_of(symbol)))
    bench.advance(60)

    impatient = {symbol for symbol, call in calls.items() if isinstance(call.error, SubscribeTimeout)}
    assert impatient == set(SYMBOLS[4:50:5])
    assert "desynchronised" not in [event.reason for event in bench.events]
    all_get_their_own(bench, got, [symbol for symbol in SYMBOLS[:50] if symbol not in impatient])


def test_echoes_of_other_clients(bench: Bench) -> None:
    """Replies that also come unasked, with topics that nobody here has."""
    got: list[Any] = []
    bench.held("A", got.append)
    echoes: RequestOperation[Any, Any] = RequestOperation(request="chat.join", replies=("chat.message",))
    heard: list[Any] = []
    bench.session.listen(bench.lease, bench.operations.pushes["chat.message"], Consumer("chat.message", heard.append))
    joined = bench.session.request(bench.lease, echoes, {"room": "lobby"})
    for number in range(10):
        bench.receive({"type": "chat.message", "payload": {"topic": f"echo {number}"}})
    bench.advance(60)

    assert joined.result == {"topic": "echo 0"}
    assert len(heard) == 9
    assert bench.session.connected
    bench.receive(update("A", 1))
    assert got == [1]


def test_one_that_is_never_answered_alone(bench: Bench) -> None:
    """No other topic was learned by order meanwhile: there is nothing that could be wrong."""
    bench.held("A")
    _, call = bench.bars("B", print)
    bench.advance(60)

    assert isinstance(call.error, SubscribeTimeout)
    assert bench.session.connected
