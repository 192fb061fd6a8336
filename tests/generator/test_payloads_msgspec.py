"""Models of msgspec: which unions it can tell apart, what is absent, what is left to the server."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from wsgen.payloads import Models
from wsgen.payloads.limits import is_quick
from wsgen.problems import Problems

from tests.generator.payload_schemas import models


def structs(definitions: dict[str, Any], *, problems: Problems | None = None, **more: Any) -> Models:
    return models(definitions, library="msgspec", problems=problems, **more)


def circle(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


class TestUnions:
    @pytest.mark.parametrize(
        ("members", "told"),
        [
            ([{"type": "string"}, {"type": "integer"}, {"type": "null"}], True),
            ([{"enum": ["a", "b"]}, {"type": "number"}, {"type": "boolean"}], True),
            ([{"$ref": "Circle"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}], True),
            ([{"type": "integer", "minimum": 3}, {"type": "number"}], False),
            ([{"enum": [1, 2]}, {"type": "number"}], False),
            ([{"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "integer"}}], False),
            ([{"$ref": "Circle"}, {"$ref": "Square"}], False),
            ([{"$ref": "Circle"}, {"type": "object", "additionalProperties": {"type": "string"}}], False),
            ([{"$ref": "Buy"}, {"$ref": "Sell"}, {"type": "null"}], True),
            ([{"$ref": "Buy"}, {"$ref": "Circle"}], False),
        ],
    )
    def test_what_cannot_be_told_apart_is_tried_and_told_of(self, members: list[Any], told: bool) -> None:
        problems = Problems()
        found = structs(
            {
                "Holder": {"type": "object", "properties": {"value": {"anyOf": members}}},
                "Circle": circle(radius={"type": "number"}),
                "Square": circle(side={"type": "number"}),
                "Buy": circle(side={"const": "buy"}),
                "Sell": circle(side={"const": "sell"}),
            },
            received={"holder": {"$ref": "Holder"}},
            problems=problems,
        )
        assert ("Untagged[" in found.text) is not told
        assert [each.code for each in problems] == ([] if told else ["WSG467"])

    def test_a_tag_is_a_class_variable_with_its_own_name(self) -> None:
        found = structs(
            {
                "Side": {"oneOf": [{"$ref": "Buy"}, {"$ref": "Sell"}]},
                "Buy": circle(**{"@type": {"const": "buy"}}),
                "Sell": circle(**{"@type": {"const": "sell"}}),
            }
        )
        assert 'class Buy(Struct, kw_only=True, tag_field="@type", tag="buy"):' in found.text
        assert 'type: ClassVar[Literal["buy"]] = "buy"' in found.text
        assert "Side: TypeAlias = Buy | Sell" in found.text

    def test_a_class_has_one_tag(self) -> None:
        both = {"a": {"const": "1"}, "b": {"const": "1"}}
        found = structs(
            {
                "One": {"oneOf": [{"$ref": "X"}, {"$ref": "Y"}]},
                "Two": {"oneOf": [{"$ref": "X"}, {"$ref": "Z"}]},
                "X": circle(**both),
                "Y": circle(a={"const": "2"}),
                "Z": circle(b={"const": "2"}),
            }
        )
        assert found.text.count("tag_field") == 2
        assert found.text.count("Untagged[") == 1

    def test_a_class_that_is_called_class_var_leaves_tags_out(self) -> None:
        found = structs(
            {
                "ClassVar": {"oneOf": [{"$ref": "Buy"}, {"$ref": "Sell"}]},
                "Buy": circle(side={"const": "buy"}),
                "Sell": circle(side={"const": "sell"}),
            }
        )
        assert "tag_field" not in found.text
        assert "ClassVar: TypeAlias = Untagged[Buy | Sell]" in found.text


class TestFields:
    DEFINITION: ClassVar[dict[str, Any]] = {
        "Order": {
            "type": "object",
            "required": ["account-id"],
            "properties": {
                "account-id": {"type": "string"},
                "quantity": {"type": "integer", "default": 1, "description": "How many."},
                "tags": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
                "limit": {"type": ["number", "null"]},
                "note": {"type": ["string", "null"], "default": None},
            },
        }
    }

    def test_what_is_sent_has_no_default_but_absent(self) -> None:
        text = structs(self.DEFINITION, sent={"order": {"$ref": "Order"}}).text
        assert 'account_id: str = field(name="account-id")' in text
        assert "quantity: int | UnsetType = UNSET\n" in text
        assert "Default: `1`." in text
        assert "limit: float | None | UnsetType = UNSET" in text
        assert "note: str | None | UnsetType = UNSET" in text

    def test_what_is_received_has_the_defaults_of_the_document(self) -> None:
        text = structs(self.DEFINITION).text
        assert "quantity: int = 1\n" in text
        assert 'tags: list[str] = field(default_factory=lambda: ["a"])' in text
        assert "limit: float | None | UnsetType = UNSET" in text
        assert "note: str | None = None" in text

    def test_properties_that_are_not_described_are_told_of(self) -> None:
        problems = Problems()
        structs({"A": {**circle(x={"type": "string"}), "additionalProperties": True}}, problems=problems)
        assert [each.code for each in problems] == ["WSG468"]


class TestLimits:
    @pytest.mark.parametrize(
        ("schema", "annotation"),
        [
            ({"type": "integer", "maximum": 2**64}, "x: int\n"),
            ({"type": "integer", "minimum": 0, "maximum": 2**64}, "x: Annotated[int, Meta(ge=0)]\n"),
            ({"type": "number", "minimum": 1, "exclusiveMinimum": 2}, "x: Annotated[float, Meta(gt=2)]\n"),
            ({"type": "number", "minimum": 2, "exclusiveMinimum": 1}, "x: Annotated[float, Meta(ge=2)]\n"),
            ({"type": "number", "maximum": 2, "exclusiveMaximum": 2}, "x: Annotated[float, Meta(lt=2)]\n"),
            ({"const": 2**64}, "x: int\n"),
            ({"type": "string", "pattern": "^[A-Z]{3}$"}, 'x: Annotated[str, Meta(pattern="^[A-Z]{3}$")]\n'),
            ({"type": "string", "pattern": "^(a+)+$"}, "x: str\n"),
        ],
    )
    def test_what_msgspec_cannot_check_is_left_to_the_server(self, schema: dict[str, Any], annotation: str) -> None:
        assert annotation in structs({"A": circle(x=schema)}).text

    @pytest.mark.parametrize("pattern", ["^[A-Z]{3,5}$", r"^\d+(\.\d+)?$", "^a*b+$", "^[0-9a-f]{8}-[0-9a-f]{4}$"])
    def test_patterns_that_are_quick(self, pattern: str) -> None:
        assert is_quick(pattern)

    @pytest.mark.parametrize("pattern", ["^(a+)+$", "(x*)*", "(a|b){2,}", "a*a*a*b", "a{1,5000}", "(", "a{0,60}b*c+"])
    def test_patterns_that_may_not_be(self, pattern: str) -> None:
        assert not is_quick(pattern)
