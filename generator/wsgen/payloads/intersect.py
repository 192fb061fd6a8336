"""`allOf`: what several schemas say together, as one schema.

A property that two of them describe gets an `allOf` of both; that is worked out when the property is read.
Where two schemas contradict each other no value is valid, and any answer will do: the first one's is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import TypeGuard

from wsgen.model import ABSENT, Always, Json, Never, Schema, Shape
from wsgen.problems import Place

__all__ = ["ASSERTIONS", "asserts", "both", "is_number", "is_text", "only_types", "same"]

ASSERTIONS = frozenset(
    {"minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"multipleOf", "minItems", "maxItems", "minProperties", "maxProperties"}
)
"""Keywords without a field in `Shape` that a model can check."""

_LOWER = frozenset({"minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"})
_UPPER = frozenset({"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"})
_MAX_VARIANTS = 64


def asserts(schema: Schema) -> bool:
    """Whether a schema says more than annotations do."""
    if isinstance(schema, Shape):
        said = (
            schema.types,
            schema.format,
            schema.properties,
            schema.pattern_properties,
            schema.required,
            schema.prefix_items,
            schema.any_of,
            schema.one_of,
            schema.enum is not None,
            schema.const is not ABSENT,
            schema.additional_properties is not None,
            schema.items is not None,
            ASSERTIONS & schema.keywords.keys(),
            any(asserts(part) for part in schema.all_of),
        )
        return any(said)
    return not isinstance(schema, Always)


def only_types(shape: Shape) -> bool:
    """Whether a schema says no more than `type: object`, open or closed; beside a reference that is nothing."""
    bare = replace(shape, types=(), additional_properties=None)
    closed = isinstance(shape.additional_properties, Always | Never | None)
    return closed and not asserts(bare)


def same(a: Json, b: Json) -> bool:
    """Equality of JSON values: 1 is 1.0, and true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return a == b


def is_text(value: str) -> bool:
    """Whether a text can be written as UTF-8. A JSON document can hold halves of surrogate pairs, which cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def both(a: Shape, b: Shape) -> Shape:
    """A schema for what is valid by both. Neither has an `allOf` any more."""
    return Shape(
        place=a.place,
        types=_types(a.types, b.types),
        title=a.title or b.title,
        description=a.description or b.description,
        format=a.format or b.format,
        properties=_properties(a.properties, b.properties),
        pattern_properties=_properties(a.pattern_properties, b.pattern_properties),
        additional_properties=_optional(a.additional_properties, b.additional_properties),
        required=tuple(dict.fromkeys((*a.required, *b.required))),
        items=_optional(a.items, b.items),
        prefix_items=a.prefix_items or b.prefix_items,
        additional_items=_optional(a.additional_items, b.additional_items),
        enum=_enum(a.enum, b.enum),
        const=b.const if a.const is ABSENT else a.const,
        default=b.default if a.default is ABSENT else a.default,
        any_of=_variants(a.any_of, b.any_of),
        one_of=_variants(a.one_of, b.one_of),
        nullable=a.nullable or b.nullable,
        deprecated=a.deprecated or b.deprecated,
        discriminator=a.discriminator or b.discriminator,
        discriminator_mapping=a.discriminator_mapping or b.discriminator_mapping,
        keywords=_keywords(a.keywords, b.keywords),
    )


def _types(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    if not a or not b:
        return a or b
    common = [type for type in a if type in b]
    if "integer" not in common and {"integer", "number"} <= {*a, *b}:
        common.append("integer")
    return tuple(common) or a


def _all(place: Place, *parts: Schema) -> Schema:
    return Shape(place=place, all_of=parts)


def _optional(a: Schema | None, b: Schema | None) -> Schema | None:
    if a is None or b is None or a == b:
        return b if a is None else a
    return _all(a.place, a, b)


def _properties(a: Mapping[str, Schema], b: Mapping[str, Schema]) -> Mapping[str, Schema]:
    merged = dict(a)
    for name, schema in b.items():
        found = merged.get(name)
        merged[name] = schema if found is None or found == schema else _all(found.place, found, schema)
    return merged


def _enum(a: tuple[Json, ...] | None, b: tuple[Json, ...] | None) -> tuple[Json, ...] | None:
    if a is None or b is None:
        return b if a is None else a
    return tuple(value for value in a if any(same(value, other) for other in b)) or a


def _variants(a: tuple[Schema, ...], b: tuple[Schema, ...]) -> tuple[Schema, ...]:
    if not a or not b:
        return a or b
    if len(a) * len(b) > _MAX_VARIANTS:
        return a
    return tuple(_all(x.place, x, y) for x, y in product(a, b))


def is_number(value: Json) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _keywords(a: Mapping[str, Json], b: Mapping[str, Json]) -> Mapping[str, Json]:
    merged = dict(a)
    for name, value in b.items():
        found = merged.get(name)
        if name not in merged:
            merged[name] = value
        elif is_number(found) and is_number(value):
            if name in _LOWER:
                merged[name] = max(found, value)
            elif name in _UPPER:
                merged[name] = min(found, value)
    return merged
