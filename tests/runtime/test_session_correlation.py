"""Requests whose replies say by an id which one they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from wsgen_runtime.errors import InvalidPayload, RequestTimeout
from wsgen_runtime.operations import Correlation, RequestOperation
from wsgen_runtime.session import Call, Consumer

from .sessions import Bench, ok

COUNTED = Correlation(request="id", reply="id", kind="integer")


def operation(
    correlation: Correlation = COUNTED, replies: Sequence[str] = ("chat.joined",), *, pipeline: bool = True
) -> RequestOperation[Any, Any]:
    return RequestOperation(request="chat.join", replies=tuple(replies), correlation=correlation, pipeline=pipeline)


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.connect()
    return bench


def ask(bench: Bench, payload: object = None, of: Any = None, timeout: float | None = None) -> Call:
    return bench.session.request(bench.lease, of or operation(), {} if payload is None else payload, timeout)


def joined(bench: Bench, **payload: object) -> None:
    bench.receive({"type": "chat.joined", "payload": payload})


def payloads(bench: Bench) -> list[Any]:
    return [frame["payload"] for frame in bench.frames()]


def test_ids_are_put_into_requests_that_have_none(bench: Bench) -> None:
    ask(bench, {"room": "a"})
    ask(bench, {"room": "b"})

    assert payloads(bench) == [{"room": "a", "id": 1}, {"room": "b", "id": 2}]


def test_ids_of_callers_are_sent_as_they_are_and_not_made_again_while_they_wait(bench: Bench) -> None:
    mine = ask(bench, {"id": 2})
    others = [ask(bench), ask(bench)]

    assert payloads(bench) == [{"id": 2}, {"id": 1}, {"id": 3}]
    joined(bench, id=3)
    joined(bench, id=2)
    assert (mine.settled, [call.settled for call in others]) == (True, [False, True])


@pytest.mark.parametrize("kind", ["string", "uuid"])
def test_ids_are_of_the_kind_that_the_schema_says(bench: Bench, kind: Any) -> None:
    calls = [ask(bench, of=operation(Correlation("id", "id", kind))) for _ in range(3)]
    ids = [payload["id"] for payload in payloads(bench)]

    assert len(set(ids)) == 3
    if kind == "uuid":
        assert {(UUID(id).version, UUID(id).variant) for id in ids} == {(4, "specified in RFC 4122")}
    else:
        assert ids == ["1", "2", "3"]
    for number in (2, 0, 1):
        joined(bench, id=ids[number], number=number)
    assert [call.result["number"] for call in calls] == [0, 1, 2]


def test_without_a_kind_callers_give_ids_or_there_is_none(bench: Bench) -> None:
    given = Correlation("id", "id")
    first, second = ask(bench, {"room": "a"}, operation(given)), ask(bench, {"id": "mine"}, operation(given))

    assert payloads(bench) == [{"room": "a"}, {"id": "mine"}]
    joined(bench, id="mine")
    assert (first.settled, second.settled) == (False, True)
    joined(bench)
    assert first.settled


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_replies_find_their_requests_in_any_order(bench: Bench, order: Sequence[int]) -> None:
    calls = [ask(bench, {"room": room}) for room in "abc"]
    sent = payloads(bench)

    for number in order:
        joined(bench, **sent[number])

    assert [call.result["room"] for call in calls] == ["a", "b", "c"]
    assert bench.session.clean


def test_replies_without_an_id_belong_to_requests_in_order(bench: Bench) -> None:
    first, second, third = (ask(bench) for _ in range(3))

    joined(bench, id=2, to="second")
    joined(bench, to="first")
    joined(bench, to="third")

    assert [call.result["to"] for call in (first, second, third)] == ["first", "second", "third"]


def test_an_id_that_nobody_waits_for_is_dropped_and_counted(bench: Bench) -> None:
    call = ask(bench)

    joined(bench, id=99)
    joined(bench, id=None, to="it")
    joined(bench, id=1)

    assert call.result == {"id": None, "to": "it"}
    assert bench.session.reports.unrouted == 2


def test_an_id_may_come_back_as_text(bench: Bench) -> None:
    first, second = ask(bench), ask(bench)

    joined(bench, id="2")
    joined(bench, id=1.0)

    assert (first.result, second.result) == ({"id": 1.0}, {"id": "2"})


@pytest.mark.parametrize("id", [True, [1], {"1": 1}])
def test_what_is_no_id_counts_as_none(bench: Bench, id: object) -> None:
    call = ask(bench)

    joined(bench, id=id)

    assert call.result == {"id": id}


def test_a_late_reply_is_dropped_wherever_it_comes(bench: Bench) -> None:
    late = ask(bench, timeout=1)
    bench.advance(1)
    following = ask(bench)

    joined(bench, id=2)
    joined(bench, id=1)

    assert isinstance(late.error, RequestTimeout)
    assert following.result == {"id": 2}
    assert bench.session.clean


def test_a_lost_reply_mixes_nothing_up(bench: Bench) -> None:
    """Without ids, the same costs the connection: the reply to the second would have reached the first's place."""
    lost = ask(bench, timeout=1)
    bench.advance(1)
    answered, silent = ask(bench), ask(bench)
    joined(bench, id=2)
    bench.advance(6)

    assert isinstance(lost.error, RequestTimeout)
    assert answered.result == {"id": 2}
    assert isinstance(silent.error, RequestTimeout)
    assert bench.session.connected


def test_a_server_that_repeats_no_id_can_still_mix_things_up(bench: Bench) -> None:
    ask(bench, timeout=1)
    bench.advance(1)
    ask(bench)
    joined(bench)
    bench.advance(5)

    assert bench.events[-1].reason == "desynchronised"


def test_a_reply_that_comes_twice_reaches_nobody_else(bench: Bench) -> None:
    first, second = ask(bench), ask(bench)

    joined(bench, id=1)
    joined(bench, id=1)

    assert (first.settled, second.settled) == (True, False)
    assert bench.session.reports.unrouted == 1


def test_an_invalid_reply_rejects_the_request_that_it_names(bench: Bench) -> None:
    of = operation(replies=["bars.subscribe.response"])
    first, second = ask(bench, of=of), ask(bench, of=of)

    bench.receive({"type": "bars.subscribe.response", "payload": {"id": 2}})
    bench.receive({"type": "bars.subscribe.response", "payload": {"id": 7}})

    assert isinstance(second.error, InvalidPayload)
    assert not first.settled
    bench.receive({"type": "bars.subscribe.response", "payload": {}})
    assert isinstance(first.error, InvalidPayload)
    assert bench.session.reports.invalid == 3


def test_an_id_may_stand_beside_the_payload(bench: Bench) -> None:
    of = operation(Correlation("id", "meta.id", "integer", within="frame"), ["chat.joined", "bars.subscribe.response"])
    first, second, third = (ask(bench, {"room": room}, of) for room in "abc")

    assert bench.frames() == [
        {"type": "chat.join", "payload": {"room": room}, "id": id} for id, room in enumerate("abc", 1)
    ]
    bench.receive({"type": "chat.joined", "payload": "for b", "meta": {"id": 2}})
    bench.receive({"type": "bars.subscribe.response", "payload": {}, "meta": {"id": 3}})
    bench.receive({"type": "chat.joined", "payload": "for a"})
    assert (first.result, second.result) == ("for a", "for b")
    assert isinstance(third.error, InvalidPayload)


def test_an_id_may_stand_deep_in_the_payload(bench: Bench) -> None:
    of = operation(Correlation("meta.id", "meta.id", "integer"))
    ask(bench, {"meta": {"by": "me"}}, of)
    ask(bench, {}, of)
    bench.session.request(bench.lease, of, None)

    assert bench.frames() == [
        {"type": "chat.join", "payload": {"meta": {"by": "me", "id": 1}}},
        {"type": "chat.join", "payload": {}},
        {"type": "chat.join"},
    ]


def test_a_reply_to_nobody_may_be_a_push(bench: Bench) -> None:
    got: list[Any] = []
    bench.session.listen(bench.lease, bench.operations.pushes["chat.message"], Consumer("chat.message", got.append))
    call = ask(bench, of=operation(replies=["chat.message"]))

    bench.receive({"type": "chat.message", "payload": {"id": 5}})
    bench.receive({"type": "chat.message", "payload": {"id": 1}})

    assert call.result == {"id": 1}
    assert got == [{"id": 5}]


def test_requests_with_and_without_an_id_share_a_kind_of_reply(bench: Bench) -> None:
    plain = bench.join("lobby")
    named = ask(bench)

    joined(bench, id=1)
    assert (plain.settled, named.settled) == (False, True)
    joined(bench, id=None)
    assert plain.settled


def test_a_new_connection_knows_no_ids_of_the_last_one(bench: Bench) -> None:
    ask(bench)
    bench.lose(1006)
    bench.advance(1)
    bench.open()
    again = ask(bench)

    joined(bench, id=1)
    assert not again.settled
    joined(bench, id=2)
    assert again.settled


def test_without_pipelining_ids_make_no_difference(bench: Bench) -> None:
    slow = operation(pipeline=False)
    first, second = ask(bench, {"n": 1}, slow), ask(bench, {"n": 2}, slow)

    assert payloads(bench) == [{"n": 1, "id": 1}]
    joined(bench, id=1)
    assert payloads(bench) == [{"n": 2, "id": 2}]
    joined(bench, id=2)
    assert first.settled
    assert second.settled


def test_subscriptions_and_requests_may_share_a_kind_of_reply(bench: Bench) -> None:
    call = ask(bench, of=operation(replies=["bars.subscribe.response"]))
    _, subscribing = bench.bars("A", print)

    bench.receive(ok("bars", "bars:A:1"))
    bench.receive({"type": "bars.subscribe.response", "payload": {"status": "ok", "topic": "bars:A:1", "id": 1}})

    assert call.settled
    assert subscribing.settled
