"""No valid instance is refused: `jsonschema` says what is valid, the models must take it.

Schemas and instances are drawn together, so that most instances are valid.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsgen.problems import Problems

from tests.generator.payload_modules import adapter, loaded
from tests.generator.payload_schemas import models

KEYS = st.sampled_from(["a", "b", "kind"])
DEFINITIONS = ("D0", "D1", "D2")

SCALARS = st.one_of(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "null"},
            {"type": ["string", "null"]},
            {"type": ["integer", "string"]},
            {"type": "string", "pattern": "^[a-c]*$"},
            {"type": "number", "exclusiveMaximum": 1},
            {"type": "integer", "minimum": -0.5},
            {"type": "string", "minLength": 1, "maxLength": 2},
            True,
            {},
        ]
    ),
    st.builds(lambda values: {"enum": values}, st.lists(st.sampled_from(["x", "y", 1, None]), min_size=1, unique=True)),
    st.builds(lambda value: {"const": value}, st.sampled_from(["x", "y", 1, True, None])),
)  # fmt: skip
REFERENCES = st.builds(lambda name: {"$ref": name}, st.sampled_from(DEFINITIONS))


def _object(properties: dict[str, Any], required: list[str], more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    return schema if more is None else {**schema, "additionalProperties": more}


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(KEYS, inner, max_size=3)
    beside: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.builds(
        lambda each: {"type": "object", "properties": each}, properties
    )
    ends = [{}, {"minItems": 1, "maxItems": 1}, {"minItems": 2, "maxItems": 2}, {"items": False}]
    least = st.sampled_from([{}, {"minItems": 1}])
    return st.one_of(
        st.builds(_object, properties, st.lists(KEYS, unique=True, max_size=2), st.none() | st.booleans() | inner),
        st.builds(lambda item, more: {"type": "array", "items": item, **more}, inner, least),
        st.builds(
            lambda items, more: {"type": "array", "prefixItems": items, **more},
            st.lists(inner, min_size=1, max_size=2),
            st.sampled_from(ends),
        ),
        st.builds(
            lambda word, parts, more: {word: parts, **more},
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            st.lists(inner, min_size=1, max_size=3),
            beside,
        ),
        st.builds(lambda value: {"type": "object", "additionalProperties": value}, inner),
        st.builds(lambda refused: {"not": refused}, SCALARS),
    )  # fmt: skip


SCHEMAS = st.recursive(SCALARS | REFERENCES, _combined, max_leaves=6)
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, -1, 0.5, "", "x", "abc"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS | st.just("other"), inner, max_size=3),
    max_leaves=4,
)


def standard(schema: Any) -> Any:
    """The schema as JSON Schema writes references."""
    if isinstance(schema, list):
        return [standard(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    as_they_are = ("enum", "const", "required")
    return {word: value if word in as_they_are else _standard_value(word, value) for word, value in schema.items()}


def _standard_value(word: str, value: Any) -> Any:
    if word == "properties":
        return {name: standard(each) for name, each in value.items()}
    return standard(value)


@st.composite
def instances(draw: st.DrawFn, schema: Any, definitions: dict[str, Any], depth: int = 0) -> Any:
    """A value that is likely to be valid."""

    def part(each: Any) -> Any:
        return draw(instances(each, definitions, depth + 1))

    if not isinstance(schema, dict) or not schema or depth > 6:
        return draw(VALUES)
    if "$ref" in schema:
        return part(definitions[schema["$ref"]])
    if "const" in schema or "enum" in schema:
        return draw(st.sampled_from(schema.get("enum", [schema.get("const")])))
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            chosen = schema[word] if word == "allOf" else [draw(st.sampled_from(schema[word]))]
            beside = {key: value for key, value in schema.items() if key != word}
            found = [part(each) for each in (*chosen, *([beside] if beside else []))]
            objects = [each for each in found if isinstance(each, dict)]
            return {key: value for each in objects for key, value in each.items()} if objects else found[0]
    types = schema.get("type", "any")
    return _typed(draw, part, draw(st.sampled_from(types)) if isinstance(types, list) else types, schema)


def _typed(draw: st.DrawFn, part: Any, type: str, schema: dict[str, Any]) -> Any:
    if type == "object":
        wanted = [
            name for name in schema.get("properties", {}) if name in schema.get("required", ()) or draw(st.booleans())
        ]
        found = {name: part(schema["properties"][name]) for name in wanted}
        found |= {name: draw(VALUES) for name in schema.get("required", []) if name not in found}
        return found | ({"other": part(schema.get("additionalProperties", True))} if draw(st.booleans()) else {})
    if type == "array":
        if "prefixItems" in schema:
            return [part(each) for each in schema["prefixItems"]] + draw(st.lists(VALUES, max_size=1))
        return [part(schema["items"]) for _ in range(draw(st.integers(schema.get("minItems", 0), 2)))]
    scalars: dict[str, list[Any]] = {
        "string": ["", "x", "abc", "ab"],
        "integer": [0, 1, -1, 3, 1.0],
        "number": [0, 0.5, -3, 2],
        "boolean": [True, False],
        "null": [None],
    }
    return draw(st.sampled_from(scalars[type]) if type in scalars else VALUES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_every_valid_instance_is_taken(data: st.DataObject) -> None:
    definitions = {name: data.draw(SCHEMAS) for name in DEFINITIONS}
    references = {name: {"$ref": name} for name in DEFINITIONS}
    problems = Problems()
    found = models(
        definitions,
        sent=references if data.draw(st.booleans()) else None,
        received=references,
        strict=data.draw(st.booleans()),
        problems=problems,
    )

    assert "WSG463" not in {problem.code for problem in problems}
    bundle = {name: standard(each) for name, each in definitions.items()}
    with loaded(found) as module:
        for name in DEFINITIONS:
            taken = adapter(module, found.types[f"received:{name}"])
            validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": bundle})
            for _ in range(4):
                instance = data.draw(instances(definitions[name], definitions))
                try:
                    valid = validator.is_valid(instance)
                except RecursionError:  # a definition that is nothing but itself
                    continue
                if valid:
                    taken.validate_json(json.dumps(instance), by_alias=True, by_name=False)


def test_the_oracle_sees_a_refusal() -> None:
    found = models({"D0": {"type": "integer"}})

    with loaded(found) as module:
        assert adapter(module, found.types["received:D0"]).validate_json("1") == 1
    assert not jsonschema.Draft202012Validator({"type": "integer"}).is_valid("x")
