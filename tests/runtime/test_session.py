"""The session alone: calls, matching, timeouts, delivery, bounds. What frames and times can say is in the scenarios."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from wsgen_runtime.errors import (
    ConnectionFailed,
    ConnectionLost,
    HandshakeRejected,
    InvalidPayload,
    SubscriptionRejected,
)
from wsgen_runtime.operations import (
    Confirmation,
    PushOperation,
    RequestOperation,
    SendOperation,
    SubscriptionOperation,
    Update,
)
from wsgen_runtime.options import Retry, SessionOptions
from wsgen_runtime.session import Call, Cancelled, Close, Consumer, Lease
from wsgen_runtime.session.timers import Timers

from .sessions import Bench, ok, refusal, released, topic_of, update


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.connect()
    return bench


@pytest.fixture
def timers_set(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of every timer that is set."""
    whens: list[float] = []
    real = Timers.at

    def at(self: Timers, when: float, action: Callable[[], object]) -> Any:
        whens.append(when)
        return real(self, when, action)

    monkeypatch.setattr(Timers, "at", at)
    return whens


# Timeouts.


def test_a_thousand_calls_behind_a_slow_serial_server(bench: Bench, timers_set: list[float]) -> None:
    calls = [bench.join(str(n)) for n in range(1_000)]

    for n in range(1_000):
        bench.advance(0.01)
        bench.receive({"type": "chat.joined", "payload": n})

    assert [call.error for call in calls] == [None] * 1_000
    assert [call.result for call in calls] == list(range(1_000))
    assert len(timers_set) < 2_500, "timers are set anew for a call now and then, not at each answer"
    assert bench.session.clean


def test_a_thousand_subscriptions_behind_a_slow_serial_server(bench: Bench, timers_set: list[float]) -> None:
    pairs = [bench.bars(str(n), lambda _: None) for n in range(1_000)]
    last = bench.ping()

    for n in range(1_000):
        bench.advance(0.01)
        bench.receive(ok("bars", topic_of(str(n))))
    bench.advance(4.9)
    bench.receive({"type": "pong"})

    assert [call.error for _, call in pairs] == [None] * 1_000
    assert {consumer.state for consumer, _ in pairs} == {"CONFIRMED"}
    assert last.settled
    assert last.error is None
    assert len(timers_set) < 3_000


def test_answered_calls_leave_no_timers_behind(bench: Bench) -> None:
    waiting = bench.join()
    for _ in range(10_000):
        bench.ping()
        bench.receive({"type": "pong"})

    assert len(bench.session._timers) == 1
    assert len(bench.session._timers._heap) < 100
    assert not waiting.settled


def test_a_thousand_silent_calls_time_out_alone(bench: Bench) -> None:
    calls = [bench.join(str(n)) for n in range(1_000)]

    bench.advance(5)

    assert {type(call.error).__name__ for call in calls} == {"RequestTimeout"}
    assert bench.session.state == "CONNECTED"


# Which reply belongs to which call.


def echo(bench: Bench) -> tuple[RequestOperation[Any, Any], list[Any]]:
    """A request whose reply is also a push, with a listener."""
    heard: list[Any] = []
    push: PushOperation[Any] = bench.operations.pushes["chat.message"]
    bench.session.listen(bench.lease, push, Consumer("chat.message", heard.append))
    return RequestOperation(request="chat.send", replies=("chat.message",)), heard


def test_an_echo_is_a_reply_only_while_a_call_waits(bench: Bench) -> None:
    operation, heard = echo(bench)
    message = {"type": "chat.message", "payload": "hi"}

    bench.receive(message)
    call = bench.session.request(bench.lease, operation, {"text": "hi"})
    bench.receive(message, message)

    assert call.result == "hi"
    assert heard == ["hi", "hi"]


def test_a_push_is_not_lost_to_a_call_that_was_given_up(bench: Bench) -> None:
    operation, heard = echo(bench)
    call = bench.session.request(bench.lease, operation, {"text": "hi"})
    bench.session.abandon(call)

    bench.receive({"type": "chat.message", "payload": "news"})

    assert isinstance(call.error, Cancelled)
    assert heard == ["news"]
    assert not bench.session._slots


def test_one_of_several_replies(bench: Bench) -> None:
    operation: RequestOperation[Any, Any] = RequestOperation(request="ask", replies=("chat.joined", "pong"))
    first = bench.session.request(bench.lease, operation, {})
    second = bench.session.request(bench.lease, operation, {})

    bench.receive({"type": "pong", "payload": 1}, {"type": "chat.joined", "payload": 2})

    assert (first.result, second.result) == (1, 2)
    assert bench.session.clean


def test_alignment_is_judged_by_the_queue_that_was_answered(bench: Bench) -> None:
    both: RequestOperation[Any, Any] = RequestOperation(request="ask", replies=("chat.joined", "pong"))
    for _ in range(3):
        bench.ping()
        bench.receive({"type": "pong"})
    lost = bench.session.request(bench.lease, both, {}, 1.0)
    bench.advance(1)
    victim = bench.session.request(bench.lease, both, {})
    bench.receive({"type": "chat.joined", "payload": "of the victim"})
    bench.advance(5)

    assert type(lost.error).__name__ == "RequestTimeout"
    assert type(victim.error).__name__ == "RequestTimeout"
    assert bench.events[-1].reason == "desynchronised"


def test_the_socket_of_a_desynchronised_connection_is_closed(bench: Bench) -> None:
    bench.join(timeout=1)
    bench.advance(1)
    bench.join()
    bench.receive({"type": "chat.joined", "payload": None})
    bench.advance(5)

    assert [effect for effect in bench.ended if isinstance(effect, Close)] == [Close(1000, "desynchronised")]


@pytest.fixture
def one_at_a_time() -> RequestOperation[Any, Any]:
    return RequestOperation(request="chat.join", replies=("chat.joined",), pipeline=False)


def test_without_pipelining_one_call_is_in_flight(bench: Bench, one_at_a_time: RequestOperation[Any, Any]) -> None:
    calls = [bench.session.request(bench.lease, one_at_a_time, n) for n in range(3)]
    assert [frame["payload"] for frame in bench.frames()] == [0]

    bench.session.abandon(calls[1])
    bench.receive({"type": "chat.joined", "payload": "for 0"})

    assert [frame["payload"] for frame in bench.frames()] == [2]
    bench.receive({"type": "chat.joined", "payload": "for 2"})
    assert [call.result for call in calls] == ["for 0", None, "for 2"]
    assert bench.session.clean


def test_without_pipelining_a_timeout_lets_the_next_go(bench: Bench, one_at_a_time: RequestOperation[Any, Any]) -> None:
    calls = [bench.session.request(bench.lease, one_at_a_time, n, 1.0) for n in range(2)]

    bench.advance(1)

    assert [frame["payload"] for frame in bench.frames()] == [0, 1]
    assert [call.settled for call in calls] == [True, False]
    bench.advance(0.999)
    assert not calls[1].settled


def test_without_pipelining_any_of_the_replies_lets_the_next_go(bench: Bench) -> None:
    wide: RequestOperation[Any, Any] = RequestOperation(request="wide", replies=("chat.joined", "pong"), pipeline=False)
    narrow = bench.ping()
    waiting = bench.session.request(bench.lease, wide, {})
    assert [frame["type"] for frame in bench.frames()] == ["ping"]

    bench.receive({"type": "pong"})

    assert narrow.settled
    assert [frame["type"] for frame in bench.frames()] == ["wide"]
    bench.receive({"type": "chat.joined", "payload": 1})
    assert waiting.result == 1


def test_a_lost_connection_says_what_was_sent(bench: Bench, one_at_a_time: RequestOperation[Any, Any]) -> None:
    sent, held_back = (bench.session.request(bench.lease, one_at_a_time, n) for n in range(2))

    bench.lose(1006)

    assert isinstance(sent.error, ConnectionLost)
    assert isinstance(held_back.error, ConnectionLost)
    assert (sent.error.code, sent.error.sent) == (1006, "maybe")
    assert held_back.error.sent == "no"


def test_an_undecodable_reply_tells_its_caller_and_the_hook(bench: Bench) -> None:
    _, call = bench.bars("AAPL", lambda _: None)

    bench.receive({"type": "bars.subscribe.response", "payload": {}})

    assert isinstance(call.error, InvalidPayload)
    assert call.error.path == "$.payload.status"
    assert [message.type for message in bench.strange] == ["bars.subscribe.response"]
    assert (bench.session.reports.invalid, bench.session.reports.unknown) == (1, 0)


def test_strange_frames_are_counted_and_given_raw(bench: Bench) -> None:
    bench.session.receive(b"not json")
    bench.session.receive(b'{"type": "unheard"}')
    bench.session.receive_binary(b"\x00\xff")
    bench.collect()

    assert [message.raw for message in bench.strange] == [b"not json", b'{"type": "unheard"}', b"\x00\xff"]
    assert [message.type for message in bench.strange] == [None, "unheard", None]
    assert (bench.session.reports.invalid, bench.session.reports.unknown) == (2, 1)


# What confirms.


def operation_with(confirmation: Confirmation, **more: Any) -> SubscriptionOperation[Any, Any]:
    return SubscriptionOperation(
        domain="bars",
        subscribe="bars.subscribe",
        confirmation=confirmation,
        updates=(Update("bars.update", topic="topic", data="payload"),),
        unsubscribe="bars.unsubscribe",
        **more,
    )


@pytest.mark.parametrize(
    ("status", "confirms"),
    [
        *[("ok", True), ("success", True), ("subscribed", True), (True, True), (None, True)],
        *[("error", False), ("OK", False), (False, False), (1, False), ("", False), ({}, False)],
    ],
)
def test_what_confirms(bench: Bench, status: object, confirms: bool) -> None:
    operation = operation_with(Confirmation("chat.joined", status="state.code"))
    call = bench.session.subscribe(bench.lease, operation, {}, Consumer("bars", lambda _: None))

    bench.receive({"type": "chat.joined", "payload": {"state": {"code": status}}})

    assert call.settled
    assert (call.error is None) == confirms
    assert confirms or isinstance(call.error, SubscriptionRejected)


@pytest.mark.parametrize("payload", [None, {}, {"state": "error"}])
def test_a_reply_without_a_status_confirms(bench: Bench, payload: object) -> None:
    operation = operation_with(Confirmation("chat.joined"))
    call = bench.session.subscribe(bench.lease, operation, {}, Consumer("bars", lambda _: None))

    bench.receive({"type": "chat.joined", "payload": payload})

    assert call.settled
    assert call.error is None


def test_a_refusal_has_the_servers_words_and_reply(bench: Bench) -> None:
    first, second = (bench.bars("AAPL", lambda _: None)[1] for _ in range(2))

    bench.receive(refusal("bars", "no such symbol"))

    assert isinstance(first.error, SubscriptionRejected)
    assert first.error.message == "no such symbol"
    assert first.error.reply == {"status": "error", "message": "no such symbol"}
    assert first.error is not second.error, "two tasks do not share one traceback"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, {"symbol": "AAPL", "resolution": "1"}),
        (("symbol",), {"symbol": "AAPL"}),
        (("topic",), {"topic": "t"}),
        ((), {}),
        (("symbol", "absent"), {"symbol": "AAPL"}),
    ],
)
def test_what_an_unsubscribe_carries(bench: Bench, names: tuple[str, ...] | None, expected: object) -> None:
    operation = operation_with(
        Confirmation("chat.joined", topic="topic"), release=Confirmation("pong"), release_parameters=names
    )
    consumer = Consumer("bars", lambda _: None)
    bench.session.subscribe(bench.lease, operation, {"symbol": "AAPL", "resolution": "1"}, consumer)
    bench.receive({"type": "chat.joined", "payload": {"topic": "t"}})
    bench.frames()

    bench.session.leave(consumer)

    assert bench.frames() == [{"type": "bars.unsubscribe", "payload": expected}]


def test_an_unsubscribe_that_is_not_answered_is_done_when_it_is_sent(bench: Bench) -> None:
    operation = operation_with(Confirmation("chat.joined", topic="topic"))
    first, second = Consumer("bars", lambda _: None), Consumer("bars", lambda _: None)
    bench.session.subscribe(bench.lease, operation, {}, first)
    bench.receive({"type": "chat.joined", "payload": {"topic": "t"}})

    assert bench.session.leave(first) is None
    assert first.state == "DELETED"
    bench.session.subscribe(bench.lease, operation, {}, second)

    assert [frame["type"] for frame in bench.frames()] == ["bars.subscribe", "bars.unsubscribe", "bars.subscribe"]


# Delivery.


def test_late_updates_are_not_counted_as_unrouted(bench: Bench) -> None:
    consumer = bench.held("AAPL", lambda _: None)
    bench.session.leave(consumer)
    bench.receive(update("AAPL", 1), released("bars", topic_of("AAPL")), update("AAPL", 2))
    bench.bars("MSFT", lambda _: None)
    bench.receive(update("AAPL", 3), ok("bars", topic_of("MSFT")), update("AAPL", 4))

    assert bench.session.reports.unrouted == 0


def test_a_caller_may_leave_as_soon_as_it_is_confirmed(bench: Bench) -> None:
    got: list[int] = []
    first, call = bench.bars("AAPL", got.append)
    second, joined = bench.bars("AAPL", got.append)

    def leave_the_other(_: Call) -> None:
        bench.session.leave(second)

    call.when_settled(leave_the_other)

    bench.receive(update("AAPL", 1), ok("bars", topic_of("AAPL")), update("AAPL", 2))

    assert got == [1, 2]
    assert isinstance(joined.error, Cancelled)
    assert first.state == "CONFIRMED"
    assert second.state == "DELETED"


def test_an_acknowledgement_of_a_one_way_message_is_swallowed(bench: Bench) -> None:
    operation: SendOperation[Any] = SendOperation(message="chat.typing", acknowledgement="chat.joined")

    call = bench.session.send(bench.lease, operation, {})
    bench.receive({"type": "chat.joined", "payload": {}})

    assert call.settled
    assert bench.session.reports.unrouted == 0


def two_domains_with_one_update(bench: Bench) -> tuple[list[int], list[int]]:
    """Two confirmed subscriptions of two operations whose updates have one type."""
    got: tuple[list[int], list[int]] = ([], [])
    for number, (callback, reply) in enumerate(zip(got, ("chat.joined", "pong"), strict=True)):
        operation = operation_with(Confirmation(reply, topic="topic"))
        bench.session.subscribe(bench.lease, operation, {"n": number}, Consumer(reply, callback.append))
        bench.receive({"type": reply, "payload": {"topic": topic_of(reply)}})
    return got


def test_two_domains_with_one_kind_of_update(bench: Bench) -> None:
    first, second = two_domains_with_one_update(bench)

    bench.receive(update("chat.joined", 1), update("pong", 2), update("chat.joined", 3))
    assert (first, second) == ([1, 3], [2])
    assert bench.session.reports.unrouted == 0, "what one of them takes is not missed by the other"

    bench.receive(update("GOOG", 4))
    assert bench.session.reports.unrouted == 1, "what none of them takes counts once"


def test_stale_flat_updates_after_an_unsubscribe_without_an_answer(bench: Bench) -> None:
    got: list[object] = []
    operation: SubscriptionOperation[Any, Any] = SubscriptionOperation(
        domain="alerts",
        subscribe="alerts.subscribe",
        confirmation=Confirmation("chat.joined"),
        updates=(Update("alerts.update"),),
        unsubscribe="alerts.unsubscribe",
    )

    def subscribe(level: str) -> Consumer:
        consumer = Consumer("alerts", got.append)
        bench.session.subscribe(bench.lease, operation, {"level": level}, consumer)
        return consumer

    stale, fresh, confirmed = ({"type": "alerts.update", "payload": n} for n in ("stale", "fresh", "more"))
    high = subscribe("high")
    bench.receive({"type": "chat.joined"})
    bench.session.leave(high)
    low = subscribe("low")
    bench.receive(stale, {"type": "chat.joined"}, fresh)
    assert got == ["fresh"]

    bench.session.leave(low)
    subscribe("low")
    bench.receive(confirmed, {"type": "chat.joined"})
    assert got == ["fresh", "more"], "of the same parameters it may be the first of the new one"


# Bounds.


def test_subscribing_and_unsubscribing_for_ever_leaves_nothing(bench: Bench) -> None:
    def rounds(count: int, first: int) -> None:
        for n in range(first, first + count):
            consumer = bench.held(str(n), lambda _: None)
            bench.session.leave(consumer)
            bench.receive(released("bars", topic_of(str(n))))
            bench.sent.clear()

    rounds(2_000, 0)
    gc.collect()
    before = len(gc.get_objects())
    rounds(8_000, 2_000)
    gc.collect()

    assert bench.session.clean
    assert len(gc.get_objects()) - before < 100
    domain = bench.session._domains[id(bench.operations.subscriptions["bars"])]
    assert len(domain._gone) <= 1_024


def test_one_topic_for_ever_leaves_nothing(bench: Bench) -> None:
    for _ in range(10_000):
        consumer = bench.held("AAPL", lambda _: None)
        bench.session.leave(consumer)
        bench.receive(released("bars", topic_of("AAPL")))

    assert bench.session.clean
    assert len(bench.session._timers._heap) < 100


def test_calls_that_give_up_before_there_is_a_connection_leave_nothing() -> None:
    bench = Bench()
    for _ in range(100):
        call = bench.join()
        bench.session.abandon(call)
        consumer, _ = bench.bars("AAPL", lambda _: None)
        bench.session.leave(consumer)
    bench.open()

    assert bench.frames() == []
    assert bench.session.clean


# Attempts.


def test_the_servers_wish_to_wait_is_honoured() -> None:
    bench = Bench()
    call = bench.session.connect(bench.lease)
    bench.collect()

    bench.session.refused(bench.attempts[-1].generation, 503, 7.0)
    bench.advance(6.999)
    assert len(bench.attempts) == 1
    bench.advance(0.001)
    assert len(bench.attempts) == 2

    bench.session.refused(bench.attempts[-1].generation, 503, 0.5)
    bench.advance(1.999)
    assert len(bench.attempts) == 2, "the ordinary delay is the least"
    bench.advance(0.001)
    assert len(bench.attempts) == 3
    assert not call.settled


def test_the_failure_keeps_its_cause() -> None:
    bench = Bench(SessionOptions(max_attempts=1, retry=Retry(delays=(0.0,))))
    call = bench.session.connect(bench.lease)
    bench.collect()
    cause = OSError("no route to host")

    bench.session.unreachable(bench.attempts[-1].generation, cause)
    bench.collect()

    assert isinstance(call.error, ConnectionFailed)
    assert call.error.attempts == 1
    assert call.error.cause is cause
    assert [event.state for event in bench.events] == ["CONNECTING", "FAILED"]
    assert isinstance(bench.events[-1].error, ConnectionFailed)


def test_answers_to_an_earlier_attempt_are_ignored() -> None:
    bench = Bench()
    bench.session.connect(bench.lease)
    bench.collect()
    late = bench.attempts[-1].generation
    bench.advance(10)
    bench.session.opened(late)
    bench.session.refused(late, 404)
    bench.advance(1)
    assert len(bench.attempts) == 2

    bench.session.unreachable(late, OSError())
    bench.session.refused(late, 404)
    bench.session.opened(late)
    assert bench.events[-1].state == "CONNECTING"

    bench.open()
    bench.session.lost(late, 1006)
    assert bench.session.connected


def test_a_second_403_is_final() -> None:
    bench = Bench()
    call = bench.session.connect(bench.lease)
    for _ in range(2):
        bench.collect()
        bench.session.refused(bench.attempts[-1].generation, 403)
        bench.advance(1)

    assert isinstance(call.error, HandshakeRejected)
    assert call.error.status == 403


# Clients that share a connection.


def test_a_client_that_closes_takes_only_its_own(bench: Bench) -> None:
    got: list[int] = []
    other = Lease()
    bench.session.lease(other)
    mine = bench.held("AAPL", lambda _: None)
    bench.held("MSFT", lambda _: None)
    shared = bench.held("MSFT", got.append, lease=other)
    theirs = bench.held("GOOG", got.append, lease=other)
    bench.frames()

    done = bench.session.close(bench.lease)

    assert bench.frames() == [{"type": "bars.unsubscribe", "payload": {"symbol": "AAPL"}}]
    assert not done.settled
    bench.receive(update("MSFT", 1), update("GOOG", 2), released("bars", topic_of("AAPL")))
    assert done.settled
    assert (mine.state, shared.state, theirs.state) == ("DELETED", "CONFIRMED", "CONFIRMED")
    assert got == [1, 2]
    assert bench.session.state == "CONNECTED"
    assert bench.ended == []


def test_a_client_that_closes_waits_one_second(bench: Bench) -> None:
    bench.session.lease(Lease())
    mine = bench.held("AAPL", lambda _: None)

    done = bench.session.close(bench.lease)
    bench.advance(0.999)
    assert not done.settled
    bench.advance(0.001)

    assert done.settled
    assert bench.session.state == "CONNECTED"
    bench.receive(released("bars", topic_of("AAPL")))
    assert mine.state == "DELETED"
    assert bench.session.clean


def test_the_last_release_against_a_new_client(bench: Bench) -> None:
    other = Lease()
    bench.session.lease(other)
    got: list[int] = []
    bench.held("AAPL", lambda _: None)
    bench.session.close(bench.lease)
    bench.frames()

    _, call = bench.bars("AAPL", got.append, lease=other)
    bench.receive(update("AAPL", 1), released("bars", topic_of("AAPL")))
    assert [frame["type"] for frame in bench.frames()] == ["bars.subscribe"]
    bench.receive(ok("bars", topic_of("AAPL")), update("AAPL", 2))

    assert call.error is None
    assert got == [2]


def test_what_a_closed_client_only_asked_is_undone_for_those_who_stay(bench: Bench) -> None:
    bench.session.lease(Lease())
    bench.bars("AAPL", lambda _: None)
    bench.session.close(bench.lease)
    assert [frame["type"] for frame in bench.frames()] == ["bars.subscribe"]

    bench.receive(ok("bars", topic_of("AAPL")))

    assert [frame["type"] for frame in bench.frames()] == ["bars.unsubscribe"]


def test_closing_a_thousand_subscriptions_keeps_their_order(bench: Bench) -> None:
    for n in range(1_000):
        bench.held(str(n), lambda _: None)
    bench.frames()

    done = bench.session.close(bench.lease)

    assert [frame["payload"]["symbol"] for frame in bench.frames()] == [str(n) for n in range(1_000)]
    for n in range(1_000):
        bench.receive(released("bars", topic_of(str(n))))
    assert done.settled
    assert bench.ended == [Close(1000)]
    assert bench.session.clean


def test_nothing_is_told_after_close(bench: Bench) -> None:
    bench.held("AAPL", lambda _: None)
    bench.session.close(bench.lease)
    bench.receive({"type": "unheard"}, {"type": "chat.message", "payload": 1}, update("GOOG", 1))
    bench.session.receive(b"not json")
    bench.advance(1)
    bench.receive({"type": "unheard"})

    assert bench.strange == []
    assert (bench.session.reports.unknown, bench.session.reports.invalid, bench.session.reports.unrouted) == (0, 0, 0)
    assert bench.ended == [Close(1000)]
