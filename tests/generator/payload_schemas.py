"""Schemas as values, from JSON: what `build` makes of a document, for tests of a single room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsgen.model import ABSENT, Always, Named, Never, Schema, SchemaKey, Shape
from wsgen.payloads import ModelLibrary, ModelOptions, Models, Root, write_models
from wsgen.problems import Place, Problems

_OWN = {
    "type", "title", "description", "format", "properties", "patternProperties", "additionalProperties",
    "required", "items", "prefixItems", "additionalItems", "enum", "const", "default", "allOf", "anyOf", "oneOf",
    "not", "if", "then", "else", "nullable", "deprecated", "discriminator", "$ref",
}  # fmt: skip


def key(name: str) -> SchemaKey:
    return f"doc.json#/components/schemas/{name}"


def schema(value: Any, pointer: str = "") -> Schema:
    """The schema of a JSON value; `$ref` is the bare name of a definition."""
    place = Place("doc.json", 1, 1, pointer)
    if value is False:
        return Never(place)
    if value is True or value == {}:
        return Always(place)
    if "$ref" in value:
        return Named(key(value["$ref"]), place)
    return Shape(place, **_keywords(value, pointer))


def _keywords(value: dict[str, Any], pointer: str) -> dict[str, Any]:
    def one(name: str) -> Schema | None:
        return schema(value[name], f"{pointer}/{name}") if name in value else None

    def several(name: str) -> tuple[Schema, ...]:
        return tuple(schema(each, f"{pointer}/{name}/{index}") for index, each in enumerate(value.get(name, [])))

    def named(name: str) -> dict[str, Schema]:
        return {each: schema(inner, f"{pointer}/{name}/{each}") for each, inner in value.get(name, {}).items()}

    types = value.get("type", [])
    return {
        "types": (types,) if isinstance(types, str) else tuple(types),
        "title": value.get("title", ""),
        "description": value.get("description", ""),
        "format": value.get("format", ""),
        "properties": named("properties"),
        "pattern_properties": named("patternProperties"),
        "additional_properties": one("additionalProperties"),
        "required": tuple(value.get("required", [])),
        "items": one("items"),
        "prefix_items": several("prefixItems"),
        "additional_items": one("additionalItems"),
        "enum": tuple(value["enum"]) if "enum" in value else None,
        "const": value.get("const", ABSENT),
        "default": value.get("default", ABSENT),
        "all_of": several("allOf"),
        "any_of": several("anyOf"),
        "one_of": several("oneOf"),
        "not_": one("not"),
        "if_": one("if"),
        "then": one("then"),
        "else_": one("else"),
        "nullable": value.get("nullable", False),
        "deprecated": value.get("deprecated", False),
        "discriminator": value.get("discriminator", ""),
        "keywords": {name: inner for name, inner in value.items() if name not in _OWN},
    }


def models(
    definitions: Mapping[str, Any],
    *,
    sent: Mapping[str, Any] | None = None,
    received: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
    taken: frozenset[str] = frozenset(),
    strict: bool = False,
    typed_formats: bool = False,
    problems: Problems | None = None,
    library: ModelLibrary = "pydantic",
) -> Models:
    """The models of payloads by name. Without `sent` and `received`, every definition is received."""
    if sent is None and received is None:
        received = {name: {"$ref": name} for name in definitions}
    sent, received = sent or {}, received or {}
    roots = [
        *(
            Root(f"sent:{name}", schema(each, f"/sent/{name}"), name, True, False)
            for name, each in (sent or {}).items()
        ),
        *(
            Root(f"received:{name}", schema(each, f"/received/{name}"), name, False, True)
            for name, each in received.items()
        ),
    ]
    given = {key(name): schema(each, f"/components/schemas/{name}") for name, each in definitions.items()}
    called = {key(name): (names or {}).get(name, name) for name in definitions}
    return write_models(
        roots,
        given,
        called,
        taken=taken,
        options=ModelOptions(strict, typed_formats, library),
        problems=Problems() if problems is None else problems,
    )
