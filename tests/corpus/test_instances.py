"""What is made up from a schema fits it, and differs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from jsonschema import Draft7Validator

from .instances import instances
from .probe import compare

SCHEMAS: list[Mapping[str, object]] = [
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}, "b": {"type": "string"}}},
    {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}},
    {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "minItems": 2},
    {"type": "array", "items": [{"const": 1}, {"type": "boolean"}]},
    {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
    {"type": ["string", "null"], "minLength": 4, "maxLength": 6},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
    {"oneOf": [{"type": "integer"}, {"type": "string"}, False]},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
    {"type": "integer", "multipleOf": 5, "minimum": 1},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_instances_fit(schema: Mapping[str, object]) -> None:
    found = instances(schema, 5)

    assert found
    assert all(Draft7Validator(schema).is_valid(value) for value in found)
    assert found == instances(schema, 5)


def test_nothing_fits_nothing() -> None:
    assert instances({"type": "object", "required": ["a"], "properties": {"a": False}}, 5) == []


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": 1}, {"a": 1, "type": "x"}, None),
        ({"a": 1, "extra": 2}, {"a": 1}, None),
        ({"a": 1, "b": 2}, {"a": 1}, "`$.b` is lost"),
        ({"a": [1, 2]}, {"a": [1]}, "`$.a` has 1 items"),
        ({"a": True}, {"a": 1}, "`$.a` becomes 1"),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, '`$.a.b` becomes "y"'),
    ],
)
def test_what_counts_as_equal(before: object, after: object, difference: str | None) -> None:
    assert compare(before, after, ["a", "b"]) == difference
