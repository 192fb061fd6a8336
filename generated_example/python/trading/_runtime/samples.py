"""The least that a JSON Schema allows, and values that are laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeGuard

__all__ = ["FORMATS", "least_texts", "merged", "nested", "sample"]

FORMATS: Final[Mapping[str, str]] = {
    "date": "1970-01-01",
    "date-time": "1970-01-01T00:00:00Z",
    "duration": "PT0S",
    "email": "nobody@example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "time": "00:00:00Z",
    "uri": "http://example.com/",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
"""The least valid text of each format of JSON Schema that texts may be checked for."""


def least_texts(formats: Mapping[str, str], given: Iterable[str]) -> dict[str, object]:
    """The least text of each format, by path, but where a path that is given leads to it or through it."""
    return {
        path: FORMATS[format]
        for path, format in formats.items()
        if format in FORMATS and not any(_overlap(path, other) for other in given)
    }


def _overlap(one: str, other: str) -> bool:
    """Whether one of two paths leads to or through the other."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    found: dict[str, object] = {}
    for path, value in values.items():
        *way, last = path.split(".")
        inner = found
        for name in way:
            step = inner.setdefault(name, {})
            if not _is_object(step):
                raise ValueError(f"`{path}` leads through a value")
            inner = step
        inner[last] = value
    return found


def merged(below: object, above: object) -> object:
    """`above`, with the properties of `below` that it does not have; objects in both are merged themselves."""
    if not (_is_object(below) and _is_object(above)):
        return above
    return {**below, **{name: merged(below.get(name), value) for name, value in above.items()}}


def sample(schema: Mapping[str, object]) -> object:
    """A value that fits a JSON Schema of pydantic's: what is required, as small as it may be.

    Raises:
        ValueError: it requires itself, so that no value is small enough.
    """
    definitions = schema.get("$defs")
    return _sample(schema, definitions if _is_object(definitions) else {}, ())


def _sample(schema: object, definitions: Mapping[str, object], within: tuple[str, ...]) -> object:
    if not _is_object(schema):
        return None
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in within:
            raise ValueError(f"`{reference}` requires itself")
        return _sample(definitions.get(reference.removeprefix("#/$defs/")), definitions, (*within, reference))
    if "const" in schema:
        return schema["const"]
    listed = schema.get("enum") or schema.get("examples")
    if _is_array(listed):
        return listed[0]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if _is_array(choices):
        return _sample(choices[0], definitions, within)
    return _of_type(schema, definitions, within)


def _of_type(schema: Mapping[str, object], definitions: Mapping[str, object], within: tuple[str, ...]) -> object:
    kind = schema.get("type")
    if kind == "object":
        properties, required = schema.get("properties"), schema.get("required")
        if not (_is_object(properties) and _is_array(required)):
            return {}
        return {str(name): _sample(properties.get(str(name)), definitions, within) for name in required}
    if kind == "array":
        first = schema.get("prefixItems")
        items = first if _is_array(first) else [schema.get("items")] * int(_number(schema, "minItems") or 0)
        return [_sample(item, definitions, within) for item in items]
    if kind == "string":
        known = FORMATS.get(str(schema.get("format")))
        return known or "-" * int(_number(schema, "minLength") or 0)
    if kind in ("integer", "number"):
        return _least(schema)
    return False if kind == "boolean" else None


def _least(schema: Mapping[str, object]) -> float:
    """Zero, or what is next to it among the numbers that are allowed."""
    found: float = 0
    for keyword, step in (("minimum", 0), ("exclusiveMinimum", 1)):
        bound = _number(schema, keyword)
        found = found if bound is None else max(found, bound + step)
    for keyword, step in (("maximum", 0), ("exclusiveMaximum", 1)):
        bound = _number(schema, keyword)
        found = found if bound is None else min(found, bound - step)
    return int(found) if found == int(found) else found


def _number(schema: Mapping[str, object], keyword: str) -> float | None:
    value = schema.get(keyword)
    return value if isinstance(value, int | float) else None


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
