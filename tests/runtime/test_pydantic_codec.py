"""What the codec over pydantic does in its own way; see `test_codecs` for what all do."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from wsgen_runtime.codec import Undecodable
from wsgen_runtime.errors import InvalidRequest
from wsgen_runtime.pydantic_codec import Envelope, PydanticCodec, WireModel

from tests.runtime.codecs import quote, received
from tests.runtime.pydantic_kit import CODEC, Free, Order, Quote, Response


class TestDecode:
    def test_properties_that_the_document_allows_are_kept(self) -> None:
        _, payload = CODEC.decode(received("free", payload={"name": "a", "colour": "red"}))

        assert payload.model_extra == {"colour": "red"}


class TestDecodeFailures:
    def test_a_fault_in_an_array_and_in_a_union_is_placed_by_wire_names_alone(self) -> None:
        with pytest.raises(Undecodable) as in_array:
            CODEC.decode(received("all", payload=[quote(), quote(symbol=None)]))
        with pytest.raises(Undecodable) as in_union:
            CODEC.decode(received("either", payload={"symbol": "A", "lastPrice": []}))

        assert in_array.value.error.path == "$.payload[1].symbol"
        assert in_union.value.error.path == "$.payload.lastPrice"

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.just("type") | st.text(), inner),
            max_leaves=8,
        ),
        st.sampled_from(["quotes.update", "now", "pong", "either", "maybe", "free", "all"]),
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
        frame = CODEC.encode("orders.place", Order(account_id="1", limit=None, comment=None))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "limitPrice": None}

    def test_defaults_that_were_given_are_sent(self) -> None:
        frame = CODEC.encode("orders.place", Order(account_id="1", quantity=1))

        assert json.loads(frame)["payload"] == {"kind": "order", "accountId": "1", "quantity": 1}

    def test_properties_of_the_callers_own_are_sent_where_the_document_allows_them(self) -> None:
        frame = CODEC.encode("free", Free.model_validate({"name": "a", "colour": "red"}))

        assert json.loads(frame)["payload"] == {"name": "a", "colour": "red"}

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
            ("orders.place", Order.model_construct(kind="order")),
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
            ("legs", [Quote.model_construct(symbol="A", last_price=None)], "$.legs[0].lastPrice"),
            ("legs", [Quote.model_construct(symbol="A", last_price=float("inf"))], "$.legs[0].lastPrice"),
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
            CODEC.encode("free", Free.model_construct(name="a", **circle))


class TestParameters:
    def test_wire_names_json_values_and_no_absent_property(self) -> None:
        class Window(WireModel):
            since: Annotated[datetime, Field(alias="from")]
            until: datetime | None = None
            depth: int = 5

        codec = PydanticCodec(Envelope("type", "payload"), sent={"w": Window}, received={})
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
        assert CODEC.getter("free", "meta.id")(Free.model_validate({"name": "a", "meta": {"id": 4}})) == 4

    def test_a_name_with_a_dot(self) -> None:
        class Dotted(WireModel):
            a_b: Annotated[int, Field(alias="a.b")]

        codec = PydanticCodec(Envelope("type", "payload"), sent={}, received={"d": Dotted})

        assert codec.getter("d", "a.b")(Dotted(a_b=3)) == 3


def test_the_other_side_decodes_properties_of_the_callers_own() -> None:
    payload = Free.model_validate({"name": "x", "more": [1]})

    assert CODEC.reversed().decode(CODEC.encode("free", payload)) == ("free", payload)
