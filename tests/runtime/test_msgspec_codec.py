"""What the codec over msgspec does in its own way; see `test_codecs` for what all do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, field
from wsgen_runtime.codec import Undecodable, UnknownMessageKey
from wsgen_runtime.errors import InvalidPayload, InvalidRequest
from wsgen_runtime.msgspec_codec import Envelope, MsgspecCodec, Untagged, from_wire
from wsgen_runtime.rules import ByType, ByValue, Raw
from wsgen_runtime.undivided import Undivided, read_as

from tests.runtime.codecs import quote, received
from tests.runtime.msgspec_kit import CODEC, Order, Quote, Response, Tick, Tock


class TestDecodeFailures:
    def test_a_fault_is_placed_by_wire_names_alone_and_of_what_is_tried_as_a_whole(self) -> None:
        with pytest.raises(Undecodable) as in_array:
            CODEC.decode(received("all", payload=[quote(), quote(symbol=None)]))
        with pytest.raises(Undecodable) as in_union:
            CODEC.decode(received("either", payload={"symbol": "A", "lastPrice": []}))

        assert in_array.value.error.path == "$.payload[1].symbol"
        assert in_union.value.error.path == "$.payload"
        assert in_union.value.error.problem == "fits none of 2 types"

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


class TestEncode:
    def test_null_is_null_unless_the_protocol_has_no_null_there(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1", limit=None))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "limitPrice": None}

    def test_what_was_given_is_sent(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1", quantity=1))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "quantity": 1}

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


class TestGetter:
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


class Entry(Struct):
    at: datetime


class Log(Struct):
    entries: Annotated[list[Entry], Meta(min_length=1)]
    text: Annotated[str, Meta(max_length=3)]


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

    def test_moments_are_made_up_wherever_they_stand(self) -> None:
        server = MsgspecCodec(Envelope("type", "payload"), sent={}, received={"log": Log}).reversed()

        made = server.assemble("log", {"text": "t"})
        assert made == Log(entries=[Entry(at=datetime(1970, 1, 1, tzinfo=UTC))], text="t")
        for wrong, problem in ((1, "got `int`"), ("long", "length <= 3")):
            with pytest.raises(InvalidRequest, match=rf"{problem} at `\$\.text`"):
                server.assemble("log", {"text": wrong})

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
