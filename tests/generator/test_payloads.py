"""Models as a reader of generated code meets them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ValidationError
from wsgen.payloads import Models, TypeExpression
from wsgen.payloads.pydantic_models import RESERVED
from wsgen.problems import Problems

from tests.generator.payload_modules import adapter, loaded
from tests.generator.payload_schemas import models


def text(name: str) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"type": "string"}}}


def body(found: Models, *, after: str = "__all__") -> str:
    """The definitions, without imports and `__all__`."""
    return found.text.partition(f"{after} = [")[2].partition("]\n")[2].strip() + "\n"


def expected(lines: str) -> str:
    return textwrap.dedent(lines).strip() + "\n"


def decoded(found: Models, payload: str, json: str) -> Any:
    with loaded(found) as module:
        return adapter(module, found.types[payload]).validate_json(json, by_alias=True, by_name=False)


def encoded(found: Models, payload: str, json: str) -> str:
    """What a payload looks like after it was decoded and encoded."""
    with loaded(found) as module:
        type = adapter(module, found.types[payload])
        value = type.validate_json(json, by_alias=True, by_name=False)
        return type.dump_json(value, by_alias=True, exclude_unset=True).decode()


class TestClasses:
    def test_a_whole_module(self) -> None:
        found = models(
            {
                "Order": {
                    "type": "object",
                    "title": "Order",
                    "description": "An order.",
                    "required": ["accountId", "side", "kind"],
                    "properties": {
                        "kind": {"type": "string", "const": "order"},
                        "accountId": {"type": "string", "title": "Account", "description": "Whose.", "maxLength": 9},
                        "side": {"$ref": "Side"},
                        "limitPrice": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "quantity": {"type": "integer", "default": 1, "minimum": 1},
                    },
                },
                "Side": {"type": "string", "enum": ["buy", "sell"], "description": "Buy or sell."},
                "Unused": text("x"),
            },
            received={"orders": {"$ref": "Order"}},
        )

        assert found.text == expected(
            '''
            from __future__ import annotations

            from typing import Annotated, ClassVar, Literal, TypeAlias

            from pydantic import Field

            from ._runtime.pydantic_codec import WireModel

            __all__ = [
                "Order",
                "Side",
            ]

            Side: TypeAlias = Literal["buy", "sell"] | str
            """Buy or sell."""


            class Order(WireModel):
                """An order."""

                wire_constants: ClassVar[frozenset[str]] = frozenset({"kind"})

                kind: Literal["order"] = "order"
                account_id: Annotated[str, Field(alias="accountId", max_length=9)]
                """Whose."""
                side: Side
                limit_price: Annotated[float | None, Field(alias="limitPrice")] = None
                tags: list[str] | None = None
                quantity: Annotated[int, Field(ge=1)] = 1
            '''
        )
        assert found.classes == ("Order", "Side")
        assert found.types == {"received:orders": TypeExpression("Order", ("Order",), ())}
        assert found.open_enums == ("Side",)

    def test_nothing_to_write(self) -> None:
        found = models({}, received={"now": {"type": "object", "additionalProperties": {"type": "integer"}}})

        assert found.text == "from __future__ import annotations\n\n__all__: list[str] = []\n"
        assert found.types["received:now"] == TypeExpression("dict[str, int]", (), ())

    def test_classes_stand_after_what_they_use_and_circles_are_closed_at_the_end(self) -> None:
        found = models(
            {
                "Node": {"type": "object", "properties": {"next": {"$ref": "Link"}, "self": {"$ref": "Node"}}},
                "Link": {"type": "object", "properties": {"node": {"$ref": "Node"}, "leaf": {"$ref": "Leaf"}}},
                "Leaf": text("x"),
            }
        )

        assert [each.name for each in ast.parse(found.text).body if isinstance(each, ast.ClassDef)] == [
            "Leaf",
            "Link",
            "Node",
        ]
        assert found.text.endswith("\n\n\nLink.model_rebuild()\nNode.model_rebuild()\n")
        assert encoded(found, "received:Node", '{"next":{"node":{"next":{}}}}') == '{"next":{"node":{"next":{}}}}'

    def test_objects_on_the_spot_are_named_after_their_place(self) -> None:
        inner = {"type": "object", "properties": {"lot": {"type": "integer"}}}
        found = models(
            {
                "Order": {
                    "type": "object",
                    "properties": {"legs": {"type": "array", "items": inner}, "stop-loss": inner},
                }
            },
            received={"a": {"$ref": "Order"}, "Chat": inner},
            taken=frozenset({"OrderStopLoss"}),
        )

        assert found.classes == ("Chat", "Order", "OrderLegsItem", "OrderStopLoss2")
        assert found.types["received:Chat"].text == "Chat"

    def test_a_variant_is_named_after_its_definition_or_title(self) -> None:
        found = models(
            {
                "Event": {
                    "type": "object",
                    "properties": {"at": {"type": "integer"}},
                    "oneOf": [{"$ref": "Opened"}, {"title": "is closed", **text("why")}, text("other")],
                },
                "Opened": text("by"),
            }
        )

        assert found.types["received:Event"].models == ("Event",)
        assert "Event: TypeAlias = EventOpened | EventIsClosed | Event2" in body(found)

    def test_names_that_python_and_pydantic_keep_for_themselves(self) -> None:
        names = ["class", "1st", "copy", "json", "schema", "validate", "model_config", "model_dump", "model_id"]
        names += ["_hidden", "__class__", "wire_constants", "list", "self", "date", "type", "a b", "größe", "", "☃"]
        properties = {name: {"type": "integer"} for name in names}
        found = models({"Odd": {"type": "object", "required": names, "properties": properties}})
        json = "{" + ", ".join(f'"{name}": {index}' for index, name in enumerate(names)) + "}"

        value = decoded(found, "received:Odd", json)

        assert [value.class_, value.field_1st, value.copy_, value.model_id, value.self] == [0, 1, 2, 8, 13]
        assert value.model_dump(by_alias=True) == {name: index for index, name in enumerate(names)}

    def test_names_that_differ_in_case_alone(self) -> None:
        properties = {name: {"type": "integer"} for name in ("Bar", "BAR", "bar", "ba r")}
        found = models({"Odd": {"type": "object", "properties": properties}})

        value = decoded(found, "received:Odd", '{"Bar": 1, "BAR": 2, "bar": 3, "ba r": 4}')

        assert (value.bar, value.bar_2, value.bar_3, value.ba_r) == (3, 1, 2, 4)

    def test_a_date_may_be_called_date(self) -> None:
        day = {"type": "object", "properties": {"date": {"type": "string", "format": "date"}}}
        found = models({"Day": day}, typed_formats=True)

        assert "date: dt.date | None = None" in found.text
        assert encoded(found, "received:Day", '{"date":"2024-02-29"}') == '{"date":"2024-02-29"}'

    @pytest.mark.parametrize(
        "name",
        [
            "BaseModel",
            "Field",
            "Literal",
            "Annotated",
            "Any",
            "ClassVar",
            "TypeAlias",
            "WireModel",
            "ConfigDict",
            "UUID",
            "Subscription",
            "Closed",
            "OMIT_NONE",
        ],
    )
    def test_names_of_ours_yield(self, name: str) -> None:
        everything = {
            "type": "object",
            "additionalProperties": True,
            "required": ["kind"],
            "properties": {
                "kind": {"const": "k"},
                "id": {"type": "string", "format": "uuid"},
                "any": True,
                "short": {"type": "string", "maxLength": 2},
                "status": {"enum": ["a", "b"]},
            },
        }
        found = models({name: everything, "Side": {"enum": [1, 2]}}, sent={"a": {"$ref": name}, "b": {"$ref": "Side"}})
        json = '{"kind":"k","id":"00000000-0000-0000-0000-000000000000","any":null,"status":"b","extra":1}'

        assert found.classes == tuple(sorted(("Side", name)))
        assert encoded(found, "sent:a", json) == json

    def test_reserved_attributes_are_those_of_pydantic(self) -> None:
        attributes = {name for name in dir(BaseModel) if not name.startswith("_")}

        assert attributes <= RESERVED


class TestAbsence:
    ORDER: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["must", "null"],
        "properties": {
            "must": {"type": "integer"},
            "null": {"type": ["integer", "null"]},
            "may": {"type": "integer"},
            "may_null": {"type": ["integer", "null"]},
            "default": {"type": "integer", "default": 5},
        },
    }

    def test_what_is_required_must_be_there(self) -> None:
        with pytest.raises(ValidationError, match="null"):
            decoded(models({"O": self.ORDER}), "received:O", '{"must":1}')

    def test_absent_stays_absent_and_null_stays_null(self) -> None:
        found = models({"O": self.ORDER})

        for sent in (
            '{"must":1,"null":null}',
            '{"must":1,"null":null,"may_null":null}',
            '{"must":1,"null":2,"default":5}',
        ):
            assert encoded(found, "received:O", sent) == sent

    def test_none_is_not_sent_where_null_is_not_allowed(self) -> None:
        found = models({"O": self.ORDER}, sent={"o": {"$ref": "O"}})

        with loaded(found) as module:
            order = module.O(must=1, null=None, may=None, may_null=None)
            assert order.model_dump_json(exclude_unset=True) == '{"must":1,"null":null,"may_null":null}'

    def test_constants_are_sent_unasked(self) -> None:
        kind = {"type": "object", "properties": {"kind": {"const": "k"}, "x": {"type": "integer"}}}
        found = models({"Tagged": kind, "Inner": kind}, sent={"a": {"$ref": "Tagged"}})

        with loaded(found) as module:
            assert module.Tagged(x=1).model_dump_json(exclude_unset=True) == '{"kind":"k","x":1}'

    def test_an_optional_constant_of_data_is_not_sent_unasked(self) -> None:
        flag = {"type": "object", "properties": {"deleted": {"const": True}, "error": {"const": "gone"}}}
        found = models({"Flag": flag, "Row": {"type": "object", "properties": {"flag": {"$ref": "Flag"}}}}, sent={
            "row": {"$ref": "Row"}
        })  # fmt: skip

        with loaded(found) as module:
            assert module.Row(flag=module.Flag()).model_dump_json(exclude_unset=True) == '{"flag":{}}'
            assert module.Flag().deleted is None

    @pytest.mark.parametrize(
        ("schema", "default", "written"),
        [
            ({"type": "string"}, "a", '"a"'),
            ({"type": "number"}, 1, "1.0"),
            ({"type": "integer"}, 5.0, "5"),
            ({"type": "integer"}, "5", "None"),
            ({"type": "integer"}, True, "None"),
            ({"type": "boolean"}, 0, "None"),
            ({"enum": ["a", "b"]}, "b", '"b"'),
            ({"enum": ["a", "b"]}, 3, "None"),
            ({"type": "array", "items": {"type": "integer"}}, [1, 2], "[1, 2]"),
            ({"type": "array", "items": {"type": "integer"}}, ["x"], "None"),
            ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": "b"}, '{"a": "b"}'),
            ({"$ref": "Inner"}, {"x": "y"}, "None"),
            ({"type": "string", "format": "date-time"}, "2024-01-01T00:00:00Z", "None"),
            ({"type": ["string", "null"]}, "a", '"a"'),
        ],
    )
    def test_defaults_have_the_type_of_their_field(self, schema: dict[str, Any], default: Any, written: str) -> None:
        owner = {"type": "object", "properties": {"value": {**schema, "default": default}}}
        problems = Problems()
        definitions = {"Owner": owner, "Inner": text("x")}
        found = models(definitions, received={"o": {"$ref": "Owner"}}, typed_formats=True, problems=problems)

        (line,) = [line for line in found.text.splitlines() if line.startswith("    value: ")]
        assert line.endswith(f" = {written}")

    def test_a_default_of_the_wrong_type_is_told(self) -> None:
        problems = Problems()
        models(
            {"O": {"type": "object", "properties": {"n": {"type": "integer", "default": "many"}}}}, problems=problems
        )

        (problem,) = problems
        assert (problem.code, problem.level) == ("WSG465", "note")
        assert problem.message == (
            'the default of `n` is "many", which its schema does not allow; the client ignores it'
        )

    def test_a_list_that_is_filled_in_place_is_not_lost(self) -> None:
        owner = {"type": "object", "properties": {"tags": {"type": "array", "items": {}, "default": []}}}

        assert "tags: list[Any] = []" in models({"O": owner}).text
        assert (
            "tags: Annotated[list[Any] | None, OMIT_NONE] = None"
            in models({"O": owner}, sent={"o": {"$ref": "O"}}).text
        )


class TestEnums:
    def test_an_enum_that_arrives_takes_unknown_values(self) -> None:
        found = models({"S": {"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "b": {"enum": [1, 2]}}}})

        assert encoded(found, "received:S", '{"a":"new","b":9}') == '{"a":"new","b":9}'
        assert found.open_enums == ("S.a", "S.b")

    def test_one_that_is_only_sent_is_closed(self) -> None:
        schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}}
        found = models({"S": schema}, sent={"s": {"$ref": "S"}})

        assert found.open_enums == ()
        with pytest.raises(ValidationError):
            decoded(found, "sent:s", '{"a":"new"}')

    def test_a_class_that_is_sent_and_received_is_one_class(self) -> None:
        schema = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}}
        found = models({"S": schema}, sent={"s": {"$ref": "S"}}, received={"r": {"$ref": "S"}})

        assert found.classes == ("S",)
        assert found.open_enums == ("S.a",)

    def test_strict_enums_closes_all(self) -> None:
        found = models({"S": {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}}}, strict=True)

        assert found.open_enums == ()
        with pytest.raises(ValidationError):
            decoded(found, "received:S", '{"a":"new"}')

    def test_an_enum_that_the_document_leaves_open_is_open_in_any_case(self) -> None:
        schema = {"anyOf": [{"enum": ["x", "y"]}, {"type": "string"}]}
        found = models({}, sent={"s": schema}, strict=True)

        assert found.types["sent:s"] == TypeExpression("s", ("s",), ())
        assert 's: TypeAlias = Literal["x", "y"] | str\n' in found.text

    def test_constants_that_are_listed_one_by_one_are_an_enum(self) -> None:
        found = models({"E": {"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}})

        assert body(found) == 'E: TypeAlias = Literal["a", "b"] | str\n'

    def test_values_that_no_literal_can_hold(self) -> None:
        found = models({}, received={"a": {"enum": [1.5, 2.5]}, "b": {"enum": ["x", None]}, "c": {"const": {"a": 1}}})

        assert found.types["received:a"].text == "float"
        assert found.types["received:b"].text == "b"
        assert 'b: TypeAlias = Literal["x"] | str | None\n' in found.text
        assert found.types["received:c"].text == "dict[str, Any]"


class TestUnions:
    TAGGED: ClassVar[dict[str, Any]] = {
        name: {"type": "object", "required": ["kind"], "properties": {"kind": {"const": name.lower()}, name: {}}}
        for name in ("Cat", "Dog")
    }

    def test_constants_discriminate(self) -> None:
        found = models({**self.TAGGED, "Pet": {"oneOf": [{"$ref": "Cat"}, {"$ref": "Dog"}]}})

        assert 'Pet: TypeAlias = Annotated[Cat | Dog, Field(discriminator="kind")]' in found.text
        assert type(decoded(found, "received:Pet", '{"kind":"dog"}')).__name__ == "Dog"

    def test_a_discriminator_with_several_values_stays_closed(self) -> None:
        bird = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["owl", "jay"]}}}
        pet = {"discriminator": "kind", "oneOf": [{"$ref": "Cat"}, {"$ref": "Bird"}]}
        found = models({**self.TAGGED, "Bird": bird, "Pet": pet}, received={"pet": {"$ref": "Pet"}})

        assert 'kind: Literal["owl", "jay"]\n' in found.text
        assert type(decoded(found, "received:pet", '{"kind":"jay"}')).__name__ == "Bird"

    def test_a_null_beside_them(self) -> None:
        found = models({**self.TAGGED, "Pet": {"oneOf": [{"$ref": "Cat"}, {"$ref": "Dog"}, {"type": "null"}]}})

        assert found.types["received:Pet"].text == "Pet | None"
        assert decoded(found, "received:Pet", "null") is None

    def test_members_without_a_tag_are_told_apart_by_what_they_hold(self) -> None:
        found = models({"A": text("a"), "B": {**text("b")}, "U": {"anyOf": [{"$ref": "A"}, {"$ref": "B"}]}})

        assert type(decoded(found, "received:U", '{"b":"x","c":1}')).__name__ == "B"

    def test_alternatives_of_what_is_required_are_no_types(self) -> None:
        schema = {**text("a"), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
        found = models({"A": schema})

        assert found.classes == ("A",)

    def test_a_model_or_a_free_object(self) -> None:
        free = {"type": "object", "additionalProperties": True}
        found = models(
            {"V": text("lp"), "Q": {"type": "object", "properties": {"v": {"anyOf": [{"$ref": "V"}, free]}}}}
        )

        assert type(decoded(found, "received:Q", '{"v":{"lp":"1"}}').v).__name__ == "V"
        assert decoded(found, "received:Q", '{"v":{"error":"x"}}').v == {"error": "x"}


class TestAllOf:
    def test_parts_are_one_class(self) -> None:
        found = models(
            {
                "Base": {"type": "object", "properties": {"id": {"type": "integer"}}},
                "Derived": {"allOf": [{"$ref": "Base"}, {"required": ["id"]}, text("name")], "description": "Both."},
            },
            received={"d": {"$ref": "Derived"}},
        )

        assert body(found) == expected(
            '''
            class Derived(WireModel):
                """Both."""

                id: int
                name: str
            '''
        )

    def test_a_reference_with_remarks_is_the_reference(self) -> None:
        holder = {
            "type": "object",
            "properties": {"bar": {"allOf": [{"$ref": "Bar"}], "description": "A bar.", "nullable": True}},
        }
        found = models({"Holder": holder, "Bar": text("x")}, received={"h": {"$ref": "Holder"}})

        assert '    bar: Bar | None = None\n    """A bar."""' in found.text

    def test_a_constant_overrides_the_base(self) -> None:
        found = models(
            {
                "Base": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
                "Cat": {"allOf": [{"$ref": "Base"}, {"properties": {"kind": {"const": "cat"}}}]},
            },
            received={"c": {"$ref": "Cat"}},
        )

        assert 'kind: Literal["cat"] = "cat"' in found.text

    def test_a_schema_that_contains_itself(self) -> None:
        found = models({"A": {"allOf": [{"$ref": "A"}, text("x")]}})

        assert decoded(found, "received:A", '{"x":"1"}').x == "1"


class TestOtherKeywords:
    @pytest.mark.parametrize(
        ("schema", "written"),
        [
            ({"type": "string", "minLength": 0, "maxLength": 3}, "Annotated[str, Field(max_length=3)]"),
            ({"type": "string", "maxLength": 0, "minLength": 0}, "Annotated[str, Field(max_length=0)]"),
            ({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 10}, "Annotated[int, Field(ge=1, lt=10)]"),
            ({"type": "number", "minimum": -90, "exclusiveMinimum": True}, "Annotated[float, Field(gt=-90)]"),
            ({"type": "integer", "multipleOf": 5}, "Annotated[int, Field(multiple_of=5)]"),
            ({"type": "number", "multipleOf": 0.01}, "float"),
            ({"type": "string", "pattern": "^[a-z]+$"}, 'Annotated[str, Field(pattern="^[a-z]+$")]'),
            ({"type": "string", "pattern": "^(?!x)"}, "str"),
            ({"type": "string", "pattern": "^\\W$"}, "str"),
            ({"type": "string", "pattern": "("}, "str"),
            ({"type": "string", "format": "email"}, "str"),
            ({"type": "string", "format": "password"}, "str"),
            ({"type": "integer", "format": "unix-time"}, "int"),
            ({"type": ["integer", "string"], "format": "date-time"}, "int | str"),
            ({"type": "array", "items": {"type": "string", "maxLength": 2}},
             "list[Annotated[str, Field(max_length=2)]]"),
            ({"type": "array"}, "list[Any]"),
            ({"type": "array", "minItems": 1, "items": {"type": "integer"}},
             "Annotated[list[int], Field(min_length=1)]"),
            ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
             "tuple[int, str]"),
            ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "additionalItems": False},
             "list[int | str]"),
            ({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False},
             "dict[str, int]"),
            ({"type": "long"}, "int"),
            ({"type": "money"}, "Any"),
            ({"nullable": True, "type": "string"}, "str | None"),
            ({"type": "string", "not": {"const": "x"}, "if": {"const": "y"}, "then": {"minLength": 3}}, "str"),
            ({"minLength": 3}, "Any"),
        ],
    )  # fmt: skip
    def test_types(self, schema: dict[str, Any], written: str) -> None:
        found = models({"O": {"type": "object", "required": ["v"], "properties": {"v": schema}}})

        assert f"    v: {written}\n" in found.text

    def test_properties_that_the_document_allows_are_kept_and_others_ignored(self) -> None:
        found = models({"Open": {**text("a"), "additionalProperties": True}, "Plain": text("a")})

        assert encoded(found, "received:Open", '{"a":"1","b":2}') == '{"a":"1","b":2}'
        assert encoded(found, "received:Plain", '{"a":"1","b":2}') == '{"a":"1"}'

    def test_a_property_that_is_only_required_is_kept(self) -> None:
        found = models({"O": {**text("a"), "required": ["a", "b"]}})

        assert encoded(found, "received:O", '{"a":"1","b":[2]}') == '{"a":"1","b":[2]}'

    def test_a_property_that_cannot_be_there_has_no_field(self) -> None:
        found = models({"O": {"type": "object", "properties": {"a": {"type": "string"}, "b": False}}})

        assert body(found) == "class O(WireModel):\n    a: str | None = None\n"

    def test_a_list_of_itself_ends_in_anything(self) -> None:
        problems = Problems()
        found = models({"Tree": {"type": "array", "items": {"$ref": "Tree"}}}, problems=problems)

        assert found.types["received:Tree"].text == "list[Any]"
        assert [problem.code for problem in problems] == ["WSG461"]

    def test_a_payload_that_cannot_exist(self) -> None:
        problems = Problems()
        found = models({}, received={"never": False}, problems=problems)

        assert found.types["received:never"] == TypeExpression("Any", (), ("Any",))
        assert [problem.code for problem in problems] == ["WSG464"]

    def test_a_payload_that_needs_imports_of_its_own_has_a_name(self) -> None:
        times = {"type": "array", "items": {"type": "string", "format": "date-time"}}
        found = models({}, received={"Times": times}, typed_formats=True)

        assert found.types["received:Times"] == TypeExpression("Times", ("Times",), ())
        assert body(found) == "Times: TypeAlias = list[dt.datetime]\n"

    @pytest.mark.parametrize(
        ("format", "text"),
        [
            ("uuid", "bid-42"),
            ("uuid", "6F1C0A52-6A53-4B1C-9D3B-0F5B2A3C4D5E"),
            ("date-time", ""),
            ("date-time", "2024-02-29T10:00:00.123456789Z"),
            ("date-time", "2016-12-31T23:59:60Z"),
            ("date", "29.2.2024"),
        ],
    )
    def test_formats_stay_the_text_that_travels(self, format: str, text: str) -> None:
        owner = {"type": "object", "properties": {"value": {"type": "string", "format": format, "description": "V"}}}
        json = f'{{"value":"{text}"}}'

        for found, id in (
            (models({"O": owner}), "received:O"),
            (models({"O": owner}, sent={"O": {"$ref": "O"}}), "sent:O"),
        ):
            assert "value: str" in found.text or "value: Annotated[str | None, OMIT_NONE]" in found.text
            assert f'"""V\n\n    Format: {format}.\n    """' in found.text
            assert encoded(found, id, json) == json

    def test_a_bomb_of_combinations_ends(self) -> None:
        bomb: dict[str, Any] = {
            f"B{level}": {"allOf": [{"anyOf": [{"$ref": f"B{level + 1}"}, {"$ref": f"B{level + 1}"}]}] * 2}
            for level in range(40)
        }
        problems = Problems()
        found = models({**bomb, "B40": text("x")}, received={"b": {"$ref": "B0"}}, problems=problems)

        assert found.types["received:b"].text
        assert {problem.code for problem in problems} == {"WSG466"}

    def test_many_variants_of_one_envelope_are_no_bomb(self) -> None:
        base = {"type": "object", "properties": {"meta": text("id")}}
        problems = Problems()
        found = models({"E": {**base, "oneOf": [text(f"p{index}") for index in range(300)]}}, problems=problems)

        assert len(found.classes) == 601
        assert not list(problems)


def test_what_cannot_be_written_is_replaced_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from wsgen.payloads import annotate

    real = annotate._source

    def failing(bundle: Any) -> str:
        # One type cannot be written, and takes the whole bundle with it.
        if '"prefixItems"' in json.dumps(bundle):
            raise RuntimeError("unforeseen")
        return real(bundle)

    monkeypatch.setattr(annotate, "_source", failing)
    problems = Problems()
    three = {"type": "array", "prefixItems": [{"type": "integer"}] * 3, "minItems": 3, "items": False}
    bad = {"type": "object", "required": ["x"], "properties": {"x": three}, "description": "Bad."}
    found = models({"Bad": bad, "Good": text("y")}, problems=problems)

    assert found.classes == ("Bad", "Good")
    assert 'Bad: TypeAlias = dict[str, Any]\n"""Bad."""' in found.text
    assert "class Good(WireModel):\n    y: str\n" in found.text
    assert [(problem.code, problem.level) for problem in problems] == [("WSG463", "warning")]


def test_the_same_input_gives_the_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    script = tmp_path / "write.py"
    script.write_text(
        textwrap.dedent(
            """
            import json, sys
            from tests.generator.payload_schemas import models
            names = ["Zebra", "Ant", "Mole", "Bee"]
            refs = [{"$ref": name} for name in names]
            definitions = {
                name: {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {
                        "kind": {"const": name},
                        "other": {"oneOf": refs},
                        "inner": {"type": "object", "properties": {"x": {"enum": names}}},
                        "at": {"type": "string", "format": "date-time"},
                    },
                }
                for name in names
            }
            found = models(definitions)
            sys.stdout.write(found.text + repr(found.classes) + repr(found.types) + repr(found.open_enums))
            """
        )
    )
    root = str(Path(__file__).parents[2])
    outputs = {
        subprocess.run(
            [sys.executable, str(script)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": root},
            check=True,
            capture_output=True,
            cwd=tmp_path,
        ).stdout
        for seed in ("0", "1", "4711")
    }

    assert len(outputs) == 1
    assert b"class Zebra(WireModel)" in outputs.pop()


def test_the_generator_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, wsgen.payloads; sys.exit(any(m.startswith(('datamodel', 'pydantic')) for m in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
