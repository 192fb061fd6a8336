"""What travels, as a user and the protocol expect it, whatever the model library: frames in, payloads out, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import NoneType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsgen_runtime.codec import Codec, Undecodable, UnknownMessageKey
from wsgen_runtime.errors import InvalidRequest
from wsgen_runtime.framing import Envelope
from wsgen_runtime.rules import ByType, ByValue, Rule, Tag

from tests.runtime import msgspec_kit, pydantic_kit
from tests.runtime.codecs import Kit, quote, received


@pytest.fixture(scope="module", params=[pydantic_kit.KIT, msgspec_kit.KIT], ids=["pydantic", "msgspec"])
def kit(request: pytest.FixtureRequest) -> Kit:
    kit: Kit = request.param
    return kit


def test_it_is_a_codec(kit: Kit) -> None:
    codec: Codec = kit.codec

    assert codec.encode("ping", None) == b'{"type":"ping"}'


class TestDecode:
    def test_a_model(self, kit: Kit) -> None:
        frame = received("quotes.update", payload={"topic": "quotes:AAPL", "payload": quote()})

        key, payload = kit.codec.decode(frame)

        assert key == "quotes.update"
        assert payload == kit.QuoteUpdate(topic="quotes:AAPL", payload=kit.Quote(symbol="AAPL", last_price=189.5))

    def test_a_type_that_is_no_model(self, kit: Kit) -> None:
        assert kit.codec.decode(received("now", payload={"s": 1, "ms": 2})) == ("now", {"s": 1, "ms": 2})
        assert kit.codec.decode(received("all", payload=[])) == ("all", [])

    def test_a_union(self, kit: Kit) -> None:
        _, payload = kit.codec.decode(received("either", payload={"status": "ok"}))

        assert payload == kit.Response(status="ok")

    @pytest.mark.parametrize("more", [{}, {"payload": None}, {"payload": {"any": "thing"}}, {"pong": 1}])
    def test_a_message_without_a_payload(self, kit: Kit, more: dict[str, Any]) -> None:
        assert kit.codec.decode(received("pong", **more)) == ("pong", None)

    @pytest.mark.parametrize("more", [{}, {"payload": None}])
    def test_an_optional_payload_may_be_missing_or_null(self, kit: Kit, more: dict[str, Any]) -> None:
        assert kit.codec.decode(received("maybe", **more)) == ("maybe", None)

    def test_order_of_properties_and_strangers_do_not_matter(self, kit: Kit) -> None:
        frame = b' {"payload": {"s": 1}, "id": 7, "type": "now", "quotes.update": 1} \n'

        assert kit.codec.decode(frame) == ("now", {"s": 1})

    def test_unknown_properties_are_ignored_and_unknown_enum_values_kept(self, kit: Kit) -> None:
        frame = received("quotes.subscribe.response", payload={"status": "later", "new": 1})

        assert kit.codec.decode(frame)[1] == kit.Response(status="later")

    def test_python_names_are_not_wire_names(self, kit: Kit) -> None:
        frame = received("maybe", payload={"symbol": "AAPL", "last_price": 1.0})

        with pytest.raises(Undecodable, match=r"lastPrice"):
            kit.codec.decode(frame)

    def test_the_last_of_two_equal_names_counts(self, kit: Kit) -> None:
        assert kit.codec.decode(b'{"type":"pong","type":"now","payload":{}}') == ("now", {})


class TestDecodeFailures:
    def test_a_message_that_nobody_described(self, kit: Kit) -> None:
        with pytest.raises(UnknownMessageKey) as caught:
            kit.codec.decode(received("quotes.deleted", payload={}))

        assert caught.value.type == "quotes.deleted"

    def test_a_message_that_is_only_sent_is_unknown_when_received(self, kit: Kit) -> None:
        with pytest.raises(UnknownMessageKey) as caught:
            kit.codec.decode(received("orders.place", payload={}))

        assert caught.value.type == "orders.place"

    @pytest.mark.parametrize(
        ("payload", "path"),
        [
            ({"topic": "t", "payload": quote(lastPrice="much")}, "$.payload.payload.lastPrice"),
            ({"topic": "t", "payload": {"symbol": "A"}}, "$.payload.payload.lastPrice"),
            ({"topic": "t"}, "$.payload.payload"),
            ({"topic": 1, "payload": quote()}, "$.payload.topic"),
            (None, "$.payload"),
            ("text", "$.payload"),
        ],
    )
    def test_a_payload_that_does_not_fit(self, kit: Kit, payload: object, path: str) -> None:
        with pytest.raises(Undecodable) as caught:
            kit.codec.decode(received("quotes.update", payload=payload))

        assert (caught.value.key, caught.value.error.message) == ("quotes.update", "quotes.update")
        assert caught.value.error.path == path
        assert caught.value.error.problem

    def test_a_payload_that_is_missing(self, kit: Kit) -> None:
        with pytest.raises(Undecodable) as caught:
            kit.codec.decode(received("quotes.update"))

        assert (caught.value.key, caught.value.error.path) == ("quotes.update", "$.payload")

    @pytest.mark.parametrize(
        "frame",
        [
            b"",
            b"{",
            b"hello",
            b'{"type": "pong"',
            b'{"type": "pong", "payload": NaN}x',
            b'{"type": "\xff"}',
            b'\xef\xbb\xbf{"type": "pong"}',
            b'{"type": "\\ud800"}',
            b'{"type":"pong","payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b"[]",
            b"null",
            b"3",
            b'"pong"',
            b"{}",
            b'{"type": null}',
            b'{"type": ["pong"]}',
            b'{"type": {"pong": 1}}',
            b'{"type": 1.5}',
        ],
        ids=lambda frame: repr(frame[:30]),
    )
    def test_what_is_no_message(self, kit: Kit, frame: bytes) -> None:
        with pytest.raises(Undecodable) as caught:
            kit.codec.decode(frame)

        assert caught.value.key is None
        assert caught.value.error.message is None

    @given(st.binary(max_size=60))
    def test_any_bytes_are_answered_with_one_of_the_two(self, kit: Kit, frame: bytes) -> None:
        with pytest.raises((Undecodable, UnknownMessageKey)):
            kit.codec.decode(frame)


class TestOtherEnvelopes:
    def test_the_tag_may_stand_deeper(self, kit: Kit) -> None:
        codec = kit.make(
            Envelope("meta.type", "data"),
            sent={"q": kit.Quote, "ping": None},
            received={"q": kit.Quote, "pong": None},
        )

        assert codec.encode("ping", None) == b'{"meta":{"type":"ping"}}'
        frame = codec.encode("q", kit.Quote(symbol="A", last_price=1.0))
        assert frame == b'{"meta":{"type":"q"},"data":{"symbol":"A","lastPrice":1.0}}'
        assert codec.decode(frame) == ("q", kit.Quote(symbol="A", last_price=1.0))
        with pytest.raises(UnknownMessageKey, match="'z'"):
            codec.decode(b'{"meta":{"type":"z"}}')
        with pytest.raises(Undecodable, match=r"\$\.meta\.type"):
            codec.decode(b'{"meta":3}')

    def test_the_payload_may_be_the_whole_frame(self, kit: Kit) -> None:
        types = {"tick": kit.Tick, "tock": kit.Tick, "pong": None}
        codec = kit.make(Envelope("event", None), sent=types, received={**types, "free": dict[str, Any]})

        assert codec.encode("tick", kit.Tick(price=1.0)) == b'{"event":"tick","price":1.0}'
        assert codec.encode("pong", None) == b'{"event":"pong"}'
        assert codec.decode(b'{"event":"tick","price":2}') == ("tick", kit.Tick(price=2.0))
        assert codec.decode(b'{"event":"pong","x":2}') == ("pong", None)
        assert codec.decode(b'{"event":"free","x":2}') == ("free", {"event": "free", "x": 2})
        with pytest.raises(Undecodable) as caught:
            codec.decode(b'{"event":"tick"}')
        assert (caught.value.key, caught.value.error.path) == ("tick", "$.price")

    def test_sent_frames_can_have_another_tag_or_none(self, kit: Kit) -> None:
        for sent_tag, frame in (("meta.op", {"price": 1.0, "event": "tick", "meta": {"op": "tick"}}), ("", None)):
            codec = kit.make(
                Envelope(tag="type", payload=None, sent_tag=sent_tag),
                sent={"tick": kit.Tick},
                received={"quote": kit.Quote},
            )
            assert json.loads(codec.encode("tick", kit.Tick(price=1.0))) == (frame or {"event": "tick", "price": 1.0})

    def test_a_whole_frame_that_leaves_its_tag_out_gets_it(self, kit: Kit) -> None:
        codec = kit.make(Envelope("event", None), sent={"q": kit.Quote, "d": dict[str, int]}, received={})

        assert json.loads(codec.encode("q", kit.Quote(symbol="A", last_price=1.0))) == quote(
            symbol="A", lastPrice=1.0, event="q"
        )
        assert json.loads(codec.encode_parameters("d", {"a": 1})) == {"a": 1, "event": "d"}

    def test_a_tag_that_is_a_number(self, kit: Kit) -> None:
        codec = kit.make(Envelope("op", "d"), sent={}, received={"10": dict[str, int], "11": None})

        assert codec.decode(b'{"op":10,"d":{"a":1}}') == ("10", {"a": 1})
        assert codec.decode(b'{"op":"11"}') == ("11", None)
        with pytest.raises(UnknownMessageKey, match="'12'"):
            codec.decode(b'{"op":12}')

    @pytest.mark.parametrize(("tag", "payload"), [("op", "d"), ("op", None), ("m.op", "d"), ("m.op", None)])
    def test_a_tag_of_truth_is_no_number(self, kit: Kit, tag: str, payload: str | None) -> None:
        received = dict.fromkeys(("0", "1", "word"), dict[str, Any])
        codec = kit.make(Envelope(tag, payload), sent={}, received=received)

        def frame(tag: str) -> bytes:
            return f'{{"op":{tag},"m":{{"op":{tag}}},"d":{{}}}}'.encode()

        assert [codec.decode(frame(tag))[0] for tag in ("0", "1", '"1"', '"word"')] == ["0", "1", "1", "word"]
        for truth in ("true", "false"):
            with pytest.raises(Undecodable, match=re.escape(f"a message type that is no text at `$.{tag}`")):
                codec.decode(frame(truth))

    @pytest.mark.parametrize("more", [{}, {"word": "word"}])
    def test_true_is_not_one(self, kit: Kit, more: dict[Tag, Rule]) -> None:
        """As values of JSON, which Python takes for equal."""

        def codec(rule: Rule) -> Codec:
            received = dict.fromkeys(("truth", "number", "word"), dict[str, Any])
            made: Codec = kit.make(Envelope("", None), sent={}, received=received, rule=rule)
            return made

        number = codec(ByValue("a", {1: "number", **more}))
        truth = codec(ByValue("a", {True: "truth", **more}))
        both = codec(ByType("a", {"boolean": ByValue("a", {True: "truth"})}, ByValue("a", {1: "number", **more})))

        assert number.decode(b'{"a":1}')[0] == both.decode(b'{"a":1}')[0] == "number"
        assert truth.decode(b'{"a":true}')[0] == both.decode(b'{"a":true}')[0] == "truth"
        for strict, frame in ((number, b'{"a":true}'), (truth, b'{"a":1}'), (both, b'{"a":false}'), (both, b'{"a":0}')):
            with pytest.raises(UnknownMessageKey):
                strict.decode(frame)

    def test_true_does_not_lead_to_where_more_decides_on_one(self, kit: Kit) -> None:
        received = dict.fromkeys(("number", "truth", "word"), dict[str, Any])
        inner = ByValue("b", {"x": "number"})
        strict = kit.make(Envelope("", None), sent={}, received=received, rule=ByValue("a", {1: inner, "w": "word"}))
        apart = ByType("a", {"boolean": ByValue("a", {True: ByValue("b", {"x": "truth"})})}, ByValue("a", {1: inner}))
        both = kit.make(Envelope("", None), sent={}, received=received, rule=apart)
        deep = kit.make(
            Envelope("", None), sent={}, received=received, rule=ByValue("b", {"x": ByValue("a", {1: "number"})})
        )

        assert {codec.decode(b'{"a":1,"b":"x"}')[0] for codec in (strict, both, deep)} == {"number"}
        assert both.decode(b'{"a":true,"b":"x"}')[0] == "truth"
        for codec in (strict, deep):
            with pytest.raises(UnknownMessageKey):
                codec.decode(b'{"a":true,"b":"x"}')

    def test_one_message_needs_no_tag(self, kit: Kit) -> None:
        codec = kit.make(Envelope("", None), sent={"q": kit.Quote}, received={"q": kit.Quote})

        frame = codec.encode("q", kit.Quote(symbol="A", last_price=1.0))

        assert frame == b'{"symbol":"A","lastPrice":1.0}'
        assert codec.decode(frame) == ("q", kit.Quote(symbol="A", last_price=1.0))
        with pytest.raises(Undecodable) as caught:
            codec.decode(b"[]")
        assert (caught.value.key, caught.value.error.path) == ("q", "$")

    def test_null_that_is_a_payload_is_sent(self, kit: Kit) -> None:
        whole = kit.make(Envelope("", None), sent={"poll": NoneType}, received={"empty": NoneType})
        wrapped = kit.make(Envelope("type", "payload"), sent={"poll": NoneType, "ping": None}, received={})

        assert whole.encode("poll", None) == whole.encode_parameters("poll", {}) == b"null"
        assert whole.decode(b"null") == ("empty", None)
        assert whole.reversed().assemble("empty", {}) is None
        assert (
            wrapped.encode("poll", None) == wrapped.encode_parameters("poll", {}) == b'{"type":"poll","payload":null}'
        )
        assert wrapped.encode("ping", None) == b'{"type":"ping"}'
        with pytest.raises(Undecodable):
            whole.decode(b"{}")

    def test_one_array_needs_no_tag(self, kit: Kit) -> None:
        codec = kit.make(Envelope("", None), sent={}, received={"ticker": tuple[int, list[float], str]})

        assert codec.decode(b'[42,[1.5,2],"ticker"]') == ("ticker", (42, [1.5, 2.0], "ticker"))

    def test_several_messages_need_one(self, kit: Kit) -> None:
        with pytest.raises(ValueError, match="2 messages can be received, and nothing tells them apart"):
            kit.make(Envelope("", None), sent={}, received={"a": kit.Quote, "b": kit.Response})

    @pytest.mark.parametrize("frame", [b"null", b"{}", b'{"type":"x"}'])
    def test_where_nothing_is_received_everything_is_unknown(self, kit: Kit, frame: bytes) -> None:
        codec = kit.make(Envelope("", None), sent={"q": kit.Quote}, received={})

        with pytest.raises(UnknownMessageKey):
            codec.decode(frame)


class TestEncode:
    def test_what_is_absent_stays_absent_and_constants_are_sent(self, kit: Kit) -> None:
        frame = kit.codec.encode("orders.place", kit.Order(account_id="1"))

        assert frame == b'{"type":"orders.place","payload":{"kind":"order","accountId":"1"}}'

    @pytest.mark.parametrize("payload", [None, 1, "text", [{}], {"any": "thing"}])
    def test_anything_can_be_sent_where_the_document_says_anything(self, kit: Kit, payload: Any) -> None:
        codec = kit.make(Envelope("type", "payload"), sent={"echo": Any}, received={"echo": Any})

        key, received = codec.decode(codec.encode("echo", payload))

        assert (key, received) == ("echo", payload)

    def test_a_type_that_is_no_model(self, kit: Kit) -> None:
        assert kit.codec.encode("names", {"a": 1}) == b'{"type":"names","payload":{"a":1}}'

    def test_no_payload(self, kit: Kit) -> None:
        assert kit.codec.encode("ping", None) == b'{"type":"ping"}'
        assert kit.codec.encode("maybe", None) == b'{"type":"maybe"}'

    @given(st.text(), st.integers() | st.none())
    def test_every_text_arrives_as_it_was(self, kit: Kit, account: str, limit: int | None) -> None:
        order = kit.Order(account_id=account, limit=limit)
        try:
            frame = kit.codec.encode("orders.place", order)
        except InvalidRequest:
            assert any("\ud800" <= letter <= "\udfff" for letter in account)
        else:
            assert json.loads(frame)["payload"] == {
                "kind": "order",
                "accountId": account,
                "limitPrice": limit,
            }


class TestParameters:
    def test_no_payload_has_no_parameters(self, kit: Kit) -> None:
        assert kit.codec.parameters("ping", None) == {}
        assert kit.codec.encode_parameters("ping", {}) == b'{"type":"ping"}'


class TestGetter:
    def test_by_wire_names(self, kit: Kit) -> None:
        _, update = kit.codec.decode(received("quotes.update", payload={"topic": "t", "payload": quote()}))

        assert kit.codec.getter("quotes.update", "topic")(update) == "t"
        assert kit.codec.getter("quotes.update", "payload")(update) == kit.Quote(symbol="AAPL", last_price=189.5)
        assert kit.codec.getter("quotes.update", "payload.lastPrice")(update) == 189.5

    def test_absent_is_none(self, kit: Kit) -> None:
        _, response = kit.codec.decode(received("quotes.subscribe.response", payload={"status": "ok"}))

        assert kit.codec.getter("quotes.subscribe.response", "topic")(response) is None
        assert kit.codec.getter("quotes.subscribe.response", "no.such")(response) is None
        assert kit.codec.getter("maybe", "symbol")(None) is None


class TestTheOtherSide:
    @pytest.mark.parametrize(
        ("key", "make"),
        [
            ("orders.place", lambda kit: kit.Order(account_id="a", limit=3)),
            ("ping", lambda kit: None),
            ("names", lambda kit: {"a": 1}),
            ("maybe", lambda kit: None),
        ],
    )
    def test_it_decodes_what_clients_encode(self, kit: Kit, key: str, make: Callable[[Kit], object]) -> None:
        payload = make(kit)
        assert kit.codec.reversed().decode(kit.codec.encode(key, payload)) == (key, payload)

    @pytest.mark.parametrize(
        ("key", "make"),
        [
            ("quotes.update", lambda kit: kit.QuoteUpdate(topic="t", payload=kit.Quote(symbol="A", last_price=1.5))),
            ("now", lambda kit: {"s": 1}),
            ("pong", lambda kit: None),
            ("maybe", lambda kit: None),
            ("all", lambda kit: [kit.Quote(symbol="A", last_price=1.5)]),
        ],
    )
    def test_clients_decode_what_it_encodes(self, kit: Kit, key: str, make: Callable[[Kit], object]) -> None:
        payload = make(kit)
        assert kit.codec.decode(kit.codec.reversed().encode(key, payload)) == (key, payload)

    def test_it_sends_nothing_that_is_not_valid(self, kit: Kit) -> None:
        with pytest.raises(InvalidRequest, match="`now` was not sent"):
            kit.codec.reversed().encode("now", {"s": "soon"})

    def test_values_are_put_at_their_paths(self, kit: Kit) -> None:
        quote = kit.Quote(symbol="A", last_price=1.5)
        update = kit.codec.reversed().assemble("quotes.update", {"topic": "t", "payload": quote})
        assert update == kit.QuoteUpdate(topic="t", payload=quote)
        assert json.loads(kit.codec.reversed().encode("quotes.update", update))["payload"] == {
            "topic": "t",
            "payload": {"symbol": "A", "lastPrice": 1.5},
        }

    def test_what_is_required_besides_is_made_up(self, kit: Kit) -> None:
        assert kit.codec.reversed().assemble("quotes.update", {"payload.symbol": "A"}) == kit.QuoteUpdate(
            topic="", payload=kit.Quote(symbol="A", last_price=0)
        )

    def test_what_is_made_up_says_what_it_is(self, kit: Kit) -> None:
        codec = kit.make(
            Envelope("", None),
            sent={},
            received={"quote": kit.Quote, "status": dict[str, str]},
            rule=ByValue("method", {}, absent=ByValue("symbol", {"A": "quote"}, otherwise="status")),
        )

        server = codec.reversed()

        assert server.assemble("quote", {}) == kit.Quote(symbol="A", last_price=0)
        assert server.assemble("status", {"of": "all"}) == {"of": "all"}

    def test_a_message_without_a_payload_has_none(self, kit: Kit) -> None:
        assert kit.codec.reversed().assemble("pong", {}) is None

    def test_values_that_do_not_fit_are_refused(self, kit: Kit) -> None:
        with pytest.raises(InvalidRequest, match=r"`quotes.update` was not sent: .* at `\$.topic`"):
            kit.codec.reversed().assemble("quotes.update", {"topic": 7, "payload": kit.Quote(symbol="A", last_price=1)})

    def test_the_values_that_the_document_lists(self, kit: Kit) -> None:
        assert kit.codec.reversed().constants("quotes.subscribe.response", "status") == ("ok", "error")
        assert kit.codec.reversed().constants("quotes.subscribe.response", "topic") == ()
        assert kit.codec.reversed().constants("quotes.update", "payload.nothing") == ()

    def test_frames_that_no_tag_tells_apart_are_tried(self, kit: Kit) -> None:
        codec = kit.make(
            Envelope(tag="event", payload=None, sent_tag=""),
            sent={"ping": None, "order": kit.Order, "names": dict[str, int]},
            received={"tick": kit.Tick},
        )
        other = codec.reversed()
        for key, payload in (("order", kit.Order(account_id="a")), ("names", {"a": 1})):
            assert other.decode(codec.encode(key, payload)) == (key, payload)
        assert other.decode(b'{"a": "text"}') == ("ping", None)
        assert codec.decode(other.encode("tick", kit.Tick(price=1.5))) == ("tick", kit.Tick(price=1.5))
