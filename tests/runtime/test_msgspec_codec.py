"""What travels, as a user and the protocol expect it: frames in, payloads out, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, field
from wsgen_runtime.codec import Codec, Undecodable, UnknownMessageKey
from wsgen_runtime.errors import InvalidPayload, InvalidRequest
from wsgen_runtime.msgspec_codec import Envelope, MsgspecCodec, Untagged, from_wire
from wsgen_runtime.rules import ByType, ByValue, Raw
from wsgen_runtime.undivided import Undivided, read_as


class Quote(Struct, kw_only=True):
    symbol: str
    last_price: float = field(name="lastPrice")
    note: str | UnsetType = UNSET


class QuoteUpdate(Struct, kw_only=True):
    topic: str
    payload: Quote


class Response(Struct, kw_only=True):
    status: Literal["ok", "error"] | str
    topic: str | UnsetType = UNSET


class Order(Struct, kw_only=True):
    kind: Literal["order"] = "order"
    account_id: str = field(name="accountId")
    limit: int | UnsetType | None = field(name="limitPrice", default=UNSET)
    comment: str | UnsetType = UNSET
    quantity: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    legs: list[Quote] | UnsetType = UNSET


class Tick(Struct, kw_only=True, tag_field="event", tag="tick"):
    event: ClassVar[Literal["tick"]] = "tick"
    price: float


class Tock(Struct, kw_only=True, tag_field="event", tag="tock"):
    kind: ClassVar[Literal["tock"]] = "tock"
    count: int


Either: TypeAlias = Untagged[Quote | Response]

CODEC = MsgspecCodec(
    Envelope(tag="type", payload="payload"),
    sent={"orders.place": Order, "ping": None, "names": dict[str, int], "maybe": Order | None},
    received={
        "quotes.update": QuoteUpdate,
        "quotes.subscribe.response": Response,
        "now": dict[str, int],
        "pong": None,
        "either": Either,
        "maybe": Quote | None,
        "all": list[Quote],
    },
)


def received(type: str, **more: Any) -> bytes:
    return json.dumps({"type": type, **more}).encode()


def quote(**changes: Any) -> dict[str, Any]:
    return {"symbol": "AAPL", "lastPrice": 189.5, **changes}


def test_it_is_a_codec() -> None:
    codec: Codec = CODEC

    assert codec.encode("ping", None) == b'{"type":"ping"}'


class TestDecode:
    def test_a_model(self) -> None:
        frame = received("quotes.update", payload={"topic": "quotes:AAPL", "payload": quote()})

        key, payload = CODEC.decode(frame)

        assert key == "quotes.update"
        assert payload == QuoteUpdate(topic="quotes:AAPL", payload=Quote(symbol="AAPL", last_price=189.5))

    def test_a_type_that_is_no_model(self) -> None:
        assert CODEC.decode(received("now", payload={"s": 1, "ms": 2})) == ("now", {"s": 1, "ms": 2})
        assert CODEC.decode(received("all", payload=[])) == ("all", [])

    def test_a_union(self) -> None:
        _, payload = CODEC.decode(received("either", payload={"status": "ok"}))

        assert payload == Response(status="ok")

    @pytest.mark.parametrize("more", [{}, {"payload": None}, {"payload": {"any": "thing"}}, {"pong": 1}])
    def test_a_message_without_a_payload(self, more: dict[str, Any]) -> None:
        assert CODEC.decode(received("pong", **more)) == ("pong", None)

    @pytest.mark.parametrize("more", [{}, {"payload": None}])
    def test_an_optional_payload_may_be_missing_or_null(self, more: dict[str, Any]) -> None:
        assert CODEC.decode(received("maybe", **more)) == ("maybe", None)

    def test_order_of_properties_and_strangers_do_not_matter(self) -> None:
        frame = b' {"payload": {"s": 1}, "id": 7, "type": "now", "quotes.update": 1} \n'

        assert CODEC.decode(frame) == ("now", {"s": 1})

    def test_unknown_properties_are_ignored_and_unknown_enum_values_kept(self) -> None:
        frame = received("quotes.subscribe.response", payload={"status": "later", "new": 1})

        assert CODEC.decode(frame)[1] == Response(status="later")

    def test_python_names_are_not_wire_names(self) -> None:
        frame = received("maybe", payload={"symbol": "AAPL", "last_price": 1.0})

        with pytest.raises(Undecodable, match=r"lastPrice"):
            CODEC.decode(frame)

    def test_the_last_of_two_equal_names_counts(self) -> None:
        assert CODEC.decode(b'{"type":"pong","type":"now","payload":{}}') == ("now", {})


class TestDecodeFailures:
    def test_a_message_that_nobody_described(self) -> None:
        with pytest.raises(UnknownMessageKey) as caught:
            CODEC.decode(received("quotes.deleted", payload={}))

        assert caught.value.type == "quotes.deleted"

    def test_a_message_that_is_only_sent_is_unknown_when_received(self) -> None:
        with pytest.raises(UnknownMessageKey) as caught:
            CODEC.decode(received("orders.place", payload={}))

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
    def test_a_payload_that_does_not_fit(self, payload: object, path: str) -> None:
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(received("quotes.update", payload=payload))

        assert (caught.value.key, caught.value.error.message) == ("quotes.update", "quotes.update")
        assert caught.value.error.path == path
        assert caught.value.error.problem

    def test_a_payload_that_is_missing(self) -> None:
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(received("quotes.update"))

        assert (caught.value.key, caught.value.error.path) == ("quotes.update", "$.payload")

    def test_a_fault_is_placed_by_wire_names_alone_and_of_what_is_tried_as_a_whole(self) -> None:
        with pytest.raises(Undecodable) as in_array:
            CODEC.decode(received("all", payload=[quote(), quote(symbol=None)]))
        with pytest.raises(Undecodable) as in_union:
            CODEC.decode(received("either", payload={"symbol": "A", "lastPrice": []}))

        assert in_array.value.error.path == "$.payload[1].symbol"
        assert in_union.value.error.path == "$.payload"
        assert in_union.value.error.problem == "fits none of 2 types"

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
    def test_what_is_no_message(self, frame: bytes) -> None:
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(frame)

        assert caught.value.key is None
        assert caught.value.error.message is None

    @given(st.binary(max_size=60))
    def test_any_bytes_are_answered_with_one_of_the_two(self, frame: bytes) -> None:
        with pytest.raises((Undecodable, UnknownMessageKey)):
            CODEC.decode(frame)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.just("type") | st.text(), inner),
            max_leaves=8,
        ),
        st.sampled_from(["quotes.update", "now", "pong", "either", "maybe", "all"]),
    )
    def test_any_payload_is_a_payload_or_undecodable_under_its_key(self, payload: object, key: str) -> None:
        frame = json.dumps({"type": key, "payload": payload}).encode()
        try:
            got, _ = CODEC.decode(frame)
        except Undecodable as error:
            got = error.key or key  # JSON that Python writes and RFC 8259 does not know (NaN) has no key

        assert got == key


class TestOtherEnvelopes:
    def test_the_tag_may_stand_deeper(self) -> None:
        codec = MsgspecCodec(
            Envelope("meta.type", "data"),
            sent={"q": Quote, "ping": None},
            received={"q": Quote, "pong": None},
        )

        assert codec.encode("ping", None) == b'{"meta":{"type":"ping"}}'
        frame = codec.encode("q", Quote(symbol="A", last_price=1.0))
        assert frame == b'{"meta":{"type":"q"},"data":{"symbol":"A","lastPrice":1.0}}'
        assert codec.decode(frame) == ("q", Quote(symbol="A", last_price=1.0))
        with pytest.raises(UnknownMessageKey, match="'z'"):
            codec.decode(b'{"meta":{"type":"z"}}')
        with pytest.raises(Undecodable, match=r"\$\.meta\.type"):
            codec.decode(b'{"meta":3}')

    def test_the_payload_may_be_the_whole_frame(self) -> None:
        types = {"tick": Tick, "tock": Tick, "pong": None}
        codec = MsgspecCodec(Envelope("event", None), sent=types, received={**types, "free": dict[str, Any]})

        assert codec.encode("tick", Tick(price=1.0)) == b'{"event":"tick","price":1.0}'
        assert codec.encode("pong", None) == b'{"event":"pong"}'
        assert codec.decode(b'{"event":"tick","price":2}') == ("tick", Tick(price=2.0))
        assert codec.decode(b'{"event":"pong","x":2}') == ("pong", None)
        assert codec.decode(b'{"event":"free","x":2}') == ("free", {"event": "free", "x": 2})
        with pytest.raises(Undecodable) as caught:
            codec.decode(b'{"event":"tick"}')
        assert (caught.value.key, caught.value.error.path) == ("tick", "$.price")

    def test_sent_frames_can_have_another_tag_or_none(self) -> None:
        for sent_tag, frame in (("meta.op", {"price": 1.0, "event": "tick", "meta": {"op": "tick"}}), ("", None)):
            codec = MsgspecCodec(
                Envelope(tag="type", payload=None, sent_tag=sent_tag), sent={"tick": Tick}, received={"quote": Quote}
            )
            assert json.loads(codec.encode("tick", Tick(price=1.0))) == (frame or {"event": "tick", "price": 1.0})

    def test_a_whole_frame_that_leaves_its_tag_out_gets_it(self) -> None:
        codec = MsgspecCodec(Envelope("event", None), sent={"q": Quote, "d": dict[str, int]}, received={})

        assert json.loads(codec.encode("q", Quote(symbol="A", last_price=1.0))) == quote(
            symbol="A", lastPrice=1.0, event="q"
        )
        assert json.loads(codec.encode_parameters("d", {"a": 1})) == {"a": 1, "event": "d"}

    def test_a_tag_that_is_a_number(self) -> None:
        codec = MsgspecCodec(Envelope("op", "d"), sent={}, received={"10": dict[str, int], "11": None})

        assert codec.decode(b'{"op":10,"d":{"a":1}}') == ("10", {"a": 1})
        assert codec.decode(b'{"op":"11"}') == ("11", None)
        with pytest.raises(UnknownMessageKey, match="'12'"):
            codec.decode(b'{"op":12}')

    def test_one_message_needs_no_tag(self) -> None:
        codec = MsgspecCodec(Envelope("", None), sent={"q": Quote}, received={"q": Quote})

        frame = codec.encode("q", Quote(symbol="A", last_price=1.0))

        assert frame == b'{"symbol":"A","lastPrice":1.0}'
        assert codec.decode(frame) == ("q", Quote(symbol="A", last_price=1.0))
        with pytest.raises(Undecodable) as caught:
            codec.decode(b"[]")
        assert (caught.value.key, caught.value.error.path) == ("q", "$")

    def test_one_array_needs_no_tag(self) -> None:
        codec = MsgspecCodec(Envelope("", None), sent={}, received={"ticker": tuple[int, list[float], str]})

        assert codec.decode(b'[42,[1.5,2],"ticker"]') == ("ticker", (42, [1.5, 2.0], "ticker"))

    def test_several_messages_need_one(self) -> None:
        with pytest.raises(ValueError, match="2 messages can be received, and nothing tells them apart"):
            MsgspecCodec(Envelope("", None), sent={}, received={"a": Quote, "b": Response})

    @pytest.mark.parametrize("frame", [b"null", b"{}", b'{"type":"x"}'])
    def test_where_nothing_is_received_everything_is_unknown(self, frame: bytes) -> None:
        codec = MsgspecCodec(Envelope("", None), sent={"q": Quote}, received={})

        with pytest.raises(UnknownMessageKey):
            codec.decode(frame)


class TestEncode:
    def test_what_is_absent_stays_absent_and_constants_are_sent(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1"))

        assert frame == b'{"type":"orders.place","payload":{"kind":"order","accountId":"1"}}'

    def test_null_is_null_unless_the_protocol_has_no_null_there(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1", limit=None))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "limitPrice": None}

    @pytest.mark.parametrize("payload", [None, 1, "text", [{}], {"any": "thing"}])
    def test_anything_can_be_sent_where_the_document_says_anything(self, payload: Any) -> None:
        codec = MsgspecCodec(Envelope("type", "payload"), sent={"echo": Any}, received={"echo": Any})

        key, received = codec.decode(codec.encode("echo", payload))

        assert (key, received) == ("echo", payload)

    def test_what_was_given_is_sent(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1", quantity=1))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "quantity": 1}

    def test_a_type_that_is_no_model(self) -> None:
        assert CODEC.encode("names", {"a": 1}) == b'{"type":"names","payload":{"a":1}}'

    def test_null_that_is_a_payload_is_sent(self) -> None:
        whole = MsgspecCodec(Envelope("", None), sent={"poll": NoneType}, received={"empty": NoneType})
        wrapped = MsgspecCodec(Envelope("type", "payload"), sent={"poll": NoneType, "ping": None}, received={})

        assert whole.encode("poll", None) == whole.encode_parameters("poll", {}) == b"null"
        assert whole.decode(b"null") == ("empty", None)
        assert whole.reversed().assemble("empty", {}) is None
        assert (
            wrapped.encode("poll", None) == wrapped.encode_parameters("poll", {}) == b'{"type":"poll","payload":null}'
        )
        assert wrapped.encode("ping", None) == b'{"type":"ping"}'
        with pytest.raises(Undecodable):
            whole.decode(b"{}")

    def test_no_payload(self) -> None:
        assert CODEC.encode("ping", None) == b'{"type":"ping"}'
        assert CODEC.encode("maybe", None) == b'{"type":"maybe"}'

    @pytest.mark.parametrize(
        ("key", "payload"),
        [
            ("orders.place", None),
            ("orders.place", Quote(symbol="A", last_price=1.0)),
            ("orders.place", {"accountId": "1"}),
            ("orders.place", "text"),
            ("names", {"a": "1"}),
            ("names", {"a": object()}),
            ("ping", Quote(symbol="A", last_price=1.0)),
        ],
    )
    def test_what_does_not_fit_is_not_sent(self, key: str, payload: object) -> None:
        with pytest.raises(InvalidRequest) as caught:
            CODEC.encode(key, payload)

        assert caught.value.message == key
        assert str(caught.value).startswith(f"`{key}` was not sent: ")

    @pytest.mark.parametrize(
        ("attribute", "value", "path"),
        [
            ("account_id", 7, "$.accountId"),
            ("quantity", 0, "$.quantity"),
            ("quantity", "2", "$.quantity"),
            ("limit", 1.5, "$.limitPrice"),
            ("kind", "other", "$.kind"),
            (
                "legs",
                [
                    Quote(symbol="A", last_price=None)  # type: ignore[arg-type]  # structs take anything
                ],
                "$.legs[0].lastPrice",
            ),
            ("legs", [Quote(symbol="A", last_price=float("inf"))], "$.legs[0].lastPrice"),
            ("account_id", object(), "$"),
        ],
    )
    def test_a_model_that_was_made_invalid_is_not_sent(self, attribute: str, value: object, path: str) -> None:
        order = Order(account_id="1")
        setattr(order, attribute, value)

        with pytest.raises(InvalidRequest) as caught:
            CODEC.encode("orders.place", order)

        assert caught.value.path == path

    def test_an_object_in_itself_is_not_sent(self) -> None:
        circle: dict[str, Any] = {}
        circle["me"] = circle

        with pytest.raises(InvalidRequest):
            CODEC.encode("names", circle)

    @given(st.text(), st.integers() | st.none())
    def test_every_text_arrives_as_it_was(self, account: str, limit: int | None) -> None:
        order = Order(account_id=account, limit=limit)
        try:
            frame = CODEC.encode("orders.place", order)
        except InvalidRequest:
            assert any("\ud800" <= letter <= "\udfff" for letter in account)
        else:
            assert json.loads(frame)["payload"] == {
                "kind": "order",
                "accountId": account,
                "limitPrice": limit,
            }


class TestParameters:
    def test_wire_names_json_values_and_no_absent_property(self) -> None:
        class Window(Struct, kw_only=True):
            since: datetime = field(name="from")
            until: datetime | UnsetType = UNSET
            depth: int | UnsetType = UNSET

        codec = MsgspecCodec(Envelope("type", "payload"), sent={"w": Window}, received={})
        window = Window(since=datetime(2024, 1, 2, tzinfo=UTC))

        assert codec.parameters("w", window) == {"from": "2024-01-02T00:00:00Z"}
        assert codec.encode_parameters("w", codec.parameters("w", window)) == codec.encode("w", window)

    def test_no_payload_has_no_parameters(self) -> None:
        assert CODEC.parameters("ping", None) == {}
        assert CODEC.encode_parameters("ping", {}) == b'{"type":"ping"}'


class TestGetter:
    def test_by_wire_names(self) -> None:
        _, update = CODEC.decode(received("quotes.update", payload={"topic": "t", "payload": quote()}))

        assert CODEC.getter("quotes.update", "topic")(update) == "t"
        assert CODEC.getter("quotes.update", "payload")(update) == Quote(symbol="AAPL", last_price=189.5)
        assert CODEC.getter("quotes.update", "payload.lastPrice")(update) == 189.5

    def test_absent_is_none(self) -> None:
        _, response = CODEC.decode(received("quotes.subscribe.response", payload={"status": "ok"}))

        assert CODEC.getter("quotes.subscribe.response", "topic")(response) is None
        assert CODEC.getter("quotes.subscribe.response", "no.such")(response) is None
        assert CODEC.getter("maybe", "symbol")(None) is None

    def test_through_unions_dictionaries_and_properties_of_the_senders_own(self) -> None:
        assert CODEC.getter("either", "lastPrice")(Quote(symbol="A", last_price=1.0)) == 1.0
        assert CODEC.getter("either", "lastPrice")(Response(status="ok")) is None
        assert CODEC.getter("now", "ms")({"ms": 3}) == 3
        assert CODEC.getter("all", "0.symbol")([Quote(symbol="A", last_price=1.0)]) == "A"
        assert CODEC.getter("all", "1.symbol")([Quote(symbol="A", last_price=1.0)]) is None

    def test_a_name_with_a_dot(self) -> None:
        class Dotted(Struct):
            a_b: int = field(name="a.b")

        codec = MsgspecCodec(Envelope("type", "payload"), sent={}, received={"d": Dotted})

        assert codec.getter("d", "a.b")(Dotted(a_b=3)) == 3


SERVER = CODEC.reversed()


class TestTheOtherSide:
    @pytest.mark.parametrize(
        ("key", "payload"),
        [
            ("orders.place", Order(account_id="a", limit=3)),
            ("ping", None),
            ("names", {"a": 1}),
            ("maybe", None),
        ],
    )
    def test_it_decodes_what_clients_encode(self, key: str, payload: object) -> None:
        assert SERVER.decode(CODEC.encode(key, payload)) == (key, payload)

    @pytest.mark.parametrize(
        ("key", "payload"),
        [
            ("quotes.update", QuoteUpdate(topic="t", payload=Quote(symbol="A", last_price=1.5))),
            ("now", {"s": 1}),
            ("pong", None),
            ("maybe", None),
            ("all", [Quote(symbol="A", last_price=1.5)]),
        ],
    )
    def test_clients_decode_what_it_encodes(self, key: str, payload: object) -> None:
        assert CODEC.decode(SERVER.encode(key, payload)) == (key, payload)

    def test_it_sends_nothing_that_is_not_valid(self) -> None:
        with pytest.raises(InvalidRequest, match="`now` was not sent"):
            SERVER.encode("now", {"s": "soon"})

    def test_values_are_put_at_their_paths(self) -> None:
        quote = Quote(symbol="A", last_price=1.5)
        update = SERVER.assemble("quotes.update", {"topic": "t", "payload": quote})
        assert update == QuoteUpdate(topic="t", payload=quote)
        assert json.loads(SERVER.encode("quotes.update", update))["payload"] == {
            "topic": "t",
            "payload": {"symbol": "A", "lastPrice": 1.5},
        }

    def test_what_is_required_besides_is_made_up(self) -> None:
        assert SERVER.assemble("quotes.update", {"payload.symbol": "A"}) == QuoteUpdate(
            topic="", payload=Quote(symbol="A", last_price=0)
        )

    def test_a_message_without_a_payload_has_none(self) -> None:
        assert SERVER.assemble("pong", {}) is None

    def test_values_that_do_not_fit_are_refused(self) -> None:
        with pytest.raises(InvalidRequest, match=r"`quotes.update` was not sent: .* at `\$.topic`"):
            SERVER.assemble("quotes.update", {"topic": 7, "payload": Quote(symbol="A", last_price=1)})

    def test_the_values_that_the_document_lists(self) -> None:
        assert SERVER.constants("quotes.subscribe.response", "status") == ("ok", "error")
        assert SERVER.constants("quotes.subscribe.response", "topic") == ()
        assert SERVER.constants("quotes.update", "payload.nothing") == ()

    def test_frames_that_no_tag_tells_apart_are_tried(self) -> None:
        codec = MsgspecCodec(
            Envelope(tag="event", payload=None, sent_tag=""),
            sent={"ping": None, "order": Order, "names": dict[str, int]},
            received={"tick": Tick},
        )
        other = codec.reversed()
        for key, payload in (("order", Order(account_id="a")), ("names", {"a": 1})):
            assert other.decode(codec.encode(key, payload)) == (key, payload)
        assert other.decode(b'{"a": "text"}') == ("ping", None)
        assert codec.decode(other.encode("tick", Tick(price=1.5))) == ("tick", Tick(price=1.5))


class Circle(Struct, kw_only=True):
    radius: float
    unit: str | UnsetType = UNSET


class Ball(Struct, kw_only=True):
    radius: float
    weight: int


Round: TypeAlias = Untagged[Circle | Ball]
RoundOrNumbers: TypeAlias = Untagged[Circle | list[int]]


class TestWhatFitsNearly:
    """The document says a number; what counts is what the server meant."""

    def codec(self, kind: object) -> MsgspecCodec:
        return MsgspecCodec(Envelope("type", "payload"), sent={"x": kind}, received={"x": kind})

    @pytest.mark.parametrize(
        ("kind", "payload", "expected"),
        [
            (int, 5.0, 5),
            (list[int], [1, 2.0], [1, 2]),
            (dict[str, int | str], {"a": 2.0, "b": "2"}, {"a": 2, "b": "2"}),
            (float, "1.5", 1.5),
            (int, "7", 7),
            (Ball, {"radius": "2", "weight": 3.0}, Ball(radius=2.0, weight=3)),
            (Round, {"radius": "2", "weight": 3.0}, Ball(radius=2.0, weight=3)),
        ],
    )
    def test_it_is_taken(self, kind: object, payload: object, expected: object) -> None:
        assert self.codec(kind).decode(received("x", payload=payload)) == ("x", expected)

    def test_it_is_not_sent(self) -> None:
        with pytest.raises(InvalidRequest, match=r"weight"):
            self.codec(Ball).encode("x", Ball(radius=1, weight="3"))  # type: ignore[arg-type]  # structs take anything

    def test_text_stays_text_where_both_are_allowed(self) -> None:
        codec = self.codec(dict[str, int | str])
        assert codec.decode(received("x", payload={"a": "1"})) == ("x", {"a": "1"})


class TestUntagged:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"radius": 1}, Circle(radius=1.0)),
            ({"radius": 1, "weight": 2}, Ball(radius=1.0, weight=2)),
            ({"radius": 1, "weight": 2, "unit": "m"}, Circle(radius=1.0, unit="m")),
            ([1], [1]),
            (["a"], ["a"]),
            (None, None),
        ],
    )
    def test_of_what_fits_the_one_that_knows_most_counts(self, value: object, expected: object) -> None:
        class Shape(Struct):
            form: Untagged[Circle | Ball | list[int] | list[str]] | UnsetType | None = UNSET

        codec = MsgspecCodec(Envelope("type", "payload"), sent={"s": Shape}, received={"s": Shape})
        _, shape = codec.decode(received("s", payload={"form": value}))
        assert shape.form == expected
        assert codec.decode(codec.encode("s", shape)) == ("s", shape)

    def test_what_fits_none_is_invalid(self) -> None:
        codec = MsgspecCodec(Envelope("type", "payload"), sent={}, received={"s": RoundOrNumbers})
        with pytest.raises(Undecodable, match="fits none of 2 types"):
            codec.decode(received("s", payload={"side": 1}))


class TestTags:
    """Whole frames whose models have the tag themselves."""

    RULE = ByValue("event", {"tick": "tick", "tock": "tock", "bye": "bye"}, otherwise="other")

    def test_a_tag_is_read_and_sent(self) -> None:
        types = {"tick": Tick, "tock": Tock, "bye": None}
        codec = MsgspecCodec(Envelope("event", None), sent=types, received=types)

        assert codec.decode(b'{"count":1,"event":"tock"}') == ("tock", Tock(count=1))
        assert codec.decode(b'{"event":"bye"}') == ("bye", None)
        assert codec.encode("tock", Tock(count=2)) == b'{"event":"tock","count":2}'
        assert codec.getter("tock", "event")(Tock(count=1)) == "tock"
        assert codec.reversed().constants("tick", "event") == ("tick",)
        assert codec.reversed().assemble("tock", {"event": "tock"}) == Tock(count=0)
        with pytest.raises(UnknownMessageKey, match="'tack'"):
            codec.decode(b'{"event":"tack"}')

    @pytest.mark.parametrize("payload", [None, "payload"])
    def test_one_message_needs_its_tag_too(self, payload: str | None) -> None:
        codec = MsgspecCodec(Envelope("event", payload), sent={}, received={"tick": Tick})

        for stranger in (b'{"event":"not tick","price":1}', b'{"event":"tock","price":1}'):
            with pytest.raises(UnknownMessageKey):
                codec.decode(stranger)
        with pytest.raises(Undecodable, match="no message type"):
            codec.decode(b'{"price":1,"payload":{"price":1}}')

    def test_a_rule_that_leads_on_where_there_is_no_tag(self) -> None:
        types = {"tick": Tick, "tock": Tock, "bye": None, "other": list[int]}
        codec = MsgspecCodec(Envelope("", None), sent={}, received=types, rule=self.RULE)

        assert codec.decode(b'{"event":"tick","price":1}') == ("tick", Tick(price=1.0))
        assert codec.decode(b"[1,2]") == ("other", [1, 2])
        with pytest.raises(Undecodable, match=r"price"):
            codec.decode(b'{"event":"tick"}')

    def test_values_at_several_places_lead_to_models_without_tags(self) -> None:
        rule = ByValue("op", {1: ByValue("arg.channel", {"q": "q", "r": "r"}), "end": "end"})
        codec = MsgspecCodec(
            Envelope("", None), sent={}, received={"q": dict[str, Any], "r": Circle, "end": None}, rule=rule
        )

        assert codec.decode(b'{"arg":{"channel":"r"},"op":1,"radius":3}') == ("r", Circle(radius=3.0))
        assert codec.decode(b'{"op":"end","arg":7}') == ("end", None)
        for stranger in (b'{"op":2}', b'{"op":1}', b'{"op":1,"arg":7}', b'{"op":[1]}', b"[]"):
            with pytest.raises(UnknownMessageKey):
                codec.decode(stranger)

    def test_frames_that_are_no_json_and_binary_ones(self) -> None:
        rule = ByType("", {"object": ByValue("event", {"tick": "tick"}), "text": "line", "binary": "blob"})
        types = {"tick": Tick, "line": Raw("text"), "blob": Raw("binary")}
        codec = MsgspecCodec(Envelope("", None), sent={"line": Raw("text")}, received=types, rule=rule)

        assert codec.decode(b'{"event":"tick","price":1}') == ("tick", Tick(price=1.0))
        assert codec.decode(b"hello") == ("line", "hello")
        assert codec.decode_binary(b"\x00") == ("blob", b"\x00")
        assert codec.encode("line", "bye") == b"bye"

    def test_what_cannot_be_told_apart_is_read_as_what_is_asked_for(self) -> None:
        codec = MsgspecCodec(
            Envelope("", None),
            sent={},
            received={"shape": Undivided[Circle | Ball]},
            rule=ByType("", {"object": "shape"}),
        )
        _, shape = codec.decode(b'{"radius":1.0,"weight":2.0}')

        assert shape.raw == {"radius": 1.0, "weight": 2.0}
        assert read_as(shape, Ball) == Ball(radius=1.0, weight=2)
        with pytest.raises(InvalidPayload, match=r"price"):
            read_as(shape, Tick)


def test_models_are_made_from_what_travels() -> None:
    assert from_wire(Quote, {"symbol": "A", "lastPrice": 1.5}) == Quote(symbol="A", last_price=1.5)
