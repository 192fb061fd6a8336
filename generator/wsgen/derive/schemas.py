"""Reading schemas: what properties a value has, and which constants it must carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wsgen.model import ABSENT, Application, Json, Message, Named, Schema, SchemaKey, Shape

__all__ = ["Constant", "Schemas", "own_values", "unreferenced"]

Constant: TypeAlias = str | int
"""What can tell messages apart: text or a whole number."""

DEPTH = 3
"""How deep a constant or a format may stand in a frame. Real envelopes have it on the first or second level."""

BRANCHES = 300
"""How many parts of one schema are looked at: documents can nest them without end, real ones have 252."""


@dataclass(frozen=True, slots=True)
class Schemas:
    """The definitions of an application, and questions about schemas that refer to them.

    Answers about definitions are kept: a small document can refer to one of them exponentially often.
    """

    definitions: Mapping[SchemaKey, Schema]
    _constants: dict[tuple[SchemaKey, int], frozenset[Constant]] = field(
        default_factory=dict[tuple[SchemaKey, int], frozenset[Constant]]
    )
    _pinned: dict[tuple[SchemaKey, int], dict[str, Constant]] = field(
        default_factory=dict[tuple[SchemaKey, int], dict[str, Constant]]
    )

    _properties: dict[SchemaKey, Mapping[str, Schema]] = field(default_factory=dict[SchemaKey, "Mapping[str, Schema]"])

    def shape(self, schema: Schema | None) -> Shape | None:
        """The keywords of a schema, behind its names; None for `true`, `false`, None and endless chains."""
        seen: set[SchemaKey] = set()
        while isinstance(schema, Named):
            if schema.key in seen:
                return None
            seen.add(schema.key)
            schema = self.definitions.get(schema.key)
        return schema if isinstance(schema, Shape) else None

    def parts(self, schema: Schema | None) -> tuple[Shape, ...]:
        """The shapes that a value must all fit: the schema itself and its `allOf` branches, at any depth."""
        first = self.shape(schema)
        if first is None or not first.all_of:
            return () if first is None else (first,)
        found: dict[int, Shape] = {}
        pending: list[Schema | None] = [schema]
        while pending and len(found) < BRANCHES:
            shape = self.shape(pending.pop(0))
            if shape is not None and id(shape) not in found:
                found[id(shape)] = shape
                pending.extend(shape.all_of)
        return tuple(found.values())

    def alternatives(self, shape: Shape) -> tuple[Schema, ...]:
        """The branches of `anyOf` and `oneOf` but for null."""
        if not shape.any_of and not shape.one_of:
            return ()
        branches = (*shape.any_of, *shape.one_of)[:BRANCHES]
        return tuple(branch for branch in branches if not self.is_null(branch))

    def is_null(self, schema: Schema) -> bool:
        """Whether nothing but null fits."""
        shape = self.shape(schema)
        return shape is not None and (shape.types == ("null",) or shape.const is None)

    def without_null(self, schema: Schema) -> tuple[Schema, bool]:
        """The schema minus its null branch, and whether null fitted."""
        shape = self.shape(schema)
        if shape is None:
            return schema, False
        if any(self.is_null(branch) for branch in (*shape.any_of, *shape.one_of)):
            rest = self.alternatives(shape)
            plain = not (shape.properties or shape.all_of or shape.types)
            if len(rest) == 1 and plain:
                return rest[0], True
            any_of = tuple(branch for branch in shape.any_of if not self.is_null(branch))
            one_of = tuple(branch for branch in shape.one_of if not self.is_null(branch))
            return replace(shape, any_of=any_of, one_of=one_of), True
        if "null" in shape.types and len(shape.types) > 1 and isinstance(schema, Shape):
            types = tuple(type for type in shape.types if type != "null")
            return replace(shape, types=types, nullable=False), True
        if shape.nullable and isinstance(schema, Shape):
            return replace(shape, nullable=False), True
        return schema, shape.nullable or "null" in shape.types

    def properties(self, schema: Schema | None) -> Mapping[str, Schema]:
        """The properties of an object, of its `allOf` branches and of a single alternative to null.

        One that several branches describe must fit them all.
        """
        if not isinstance(schema, Named):
            return self._read_properties(schema)
        known = self._properties.get(schema.key)
        if known is None:
            known = self._properties[schema.key] = self._read_properties(schema)
        return known

    def _read_properties(self, schema: Schema | None) -> Mapping[str, Schema]:
        found: dict[str, list[Schema]] = {}
        for part in self._object_parts(schema):
            for name, property in part.properties.items():
                found.setdefault(name, []).append(property)
        return {
            name: each[0] if len(each) == 1 else Shape(each[0].place, all_of=tuple(each))
            for name, each in found.items()
        }

    def _object_parts(self, schema: Schema | None) -> Iterator[Shape]:
        for part in self.parts(schema):
            yield part
            rest = self.alternatives(part)
            if len(rest) == 1:
                yield from self.parts(rest[0])

    def required(self, schema: Schema | None) -> frozenset[str]:
        """The names of the properties that an object must have."""
        return frozenset(name for part in self._object_parts(schema) for name in part.required)

    def formats(self, schema: Schema | None, depth: int = 0) -> Iterator[tuple[str, str]]:
        """The formats of texts that an object must have, with their paths of names joined by dots."""
        required = self.required(schema) if depth < DEPTH else frozenset[str]()
        for name, property in self.properties(schema).items():
            shape = self.shape(property)
            if name not in required or shape is None or "." in name:
                continue
            if shape.format and shape.types == ("string",) and not own_values(shape):
                yield name, shape.format
            yield from ((f"{name}.{path}", format) for path, format in self.formats(property, depth + 1))

    def at(self, schema: Schema | None, path: str) -> Schema | None:
        """The schema of the property at a path of names joined by dots."""
        for name in path.split("."):
            schema = self.properties(schema).get(name)
        return schema

    def is_object(self, schema: Schema | None) -> bool:
        """Whether the schema describes objects."""
        return any("object" in part.types or part.properties for part in self._object_parts(schema))

    def is_text(self, schema: Schema | None) -> bool:
        """Whether text fits, and beside it null at most."""
        if schema is None:
            return False
        values = self.values(schema)
        if values:
            return all(isinstance(value, str | None) for value in values)
        shape = self.shape(self.without_null(schema)[0])
        return shape is not None and set(shape.types) - {"null"} == {"string"}

    def is_flag(self, schema: Schema | None) -> bool:
        """Whether the schema describes true and false."""
        shape = self.shape(schema)
        return shape is not None and shape.types == ("boolean",)

    def values(self, schema: Schema | None) -> tuple[Json, ...]:
        """All values of an enumeration, also over alternatives; empty: it is none."""
        found: list[Json] = []
        for part in self.parts(schema):
            for shape in (part, *map(self.shape, self.alternatives(part))):
                if shape is not None:
                    found.extend(own_values(shape))
        return tuple(found)

    def constants(self, schema: Schema | None, depth: int = DEPTH) -> frozenset[Constant]:
        """The constants that a value must be. More than one contradict each other.

        A constant is a `const`, an `enum` of one value, or alternatives of which exactly one has a constant
        and the others are any text, as FastWS writes them.
        """
        if depth < 0:
            return frozenset()
        if isinstance(schema, Named):
            known = self._constants.get((schema.key, depth))
            if known is None:
                known = self._constants[schema.key, depth] = self._read_constants(schema, depth)
            return known
        return self._read_constants(schema, depth)

    def _read_constants(self, schema: Schema | None, depth: int) -> frozenset[Constant]:
        found: set[Constant] = set()
        for part in self.parts(schema):
            own = own_values(part)
            if len(own) == 1:
                found.update(value for value in own if isinstance(value, str | int) and not isinstance(value, bool))
            found |= self._constant_of_alternatives(part, depth)
        return frozenset(found)

    def _constant_of_alternatives(self, shape: Shape, depth: int) -> frozenset[Constant]:
        found: set[Constant] = set()
        for branch in self.alternatives(shape):
            constants = self.constants(branch, depth - 1)
            if not constants and not self._is_any_text(branch):
                return frozenset()
            found |= constants
        return frozenset(found) if len(found) == 1 else frozenset()

    def has_loose_tag(self, schema: Schema | None) -> bool:
        """Whether a property is a constant or else any text, as FastWS writes its tags."""
        shapes = (self.shape(each) for each in self.properties(schema).values())
        return any(
            shape is not None
            and any(self._is_any_text(branch) for branch in self.alternatives(shape))
            and bool(self._constant_of_alternatives(shape, 1))
            for shape in shapes
        )

    def _is_any_text(self, schema: Schema) -> bool:
        shape = self.shape(schema)
        return shape is not None and shape.types == ("string",) and not own_values(shape)

    def pinned(self, schema: Schema | None, depth: int = DEPTH) -> dict[str, Constant]:
        """Paths of properties that have one constant value; outer ones first, then document order."""
        if isinstance(schema, Named):
            known = self._pinned.get((schema.key, depth))
            if known is None:
                known = self._pinned[schema.key, depth] = self._read_pinned(schema, depth)
            return known
        return self._read_pinned(schema, depth)

    def _read_pinned(self, schema: Schema | None, depth: int) -> dict[str, Constant]:
        found: dict[str, Constant] = {}
        inner: dict[str, Constant] = {}
        for name, property in self.properties(schema).items():
            if "." in name or not name:
                continue
            constants = self.constants(property)
            if len(constants) == 1:
                found[name] = next(iter(constants))
            elif depth > 1 and not constants:
                below = self.pinned(property, depth - 1)
                inner.update({f"{name}.{path}": value for path, value in below.items()})
        for path, value in self._pinned_by_alternatives(schema, depth).items():
            found.setdefault(path, value)
        return {**found, **inner}

    def _pinned_by_alternatives(self, schema: Schema | None, depth: int) -> dict[str, Constant]:
        """What all alternatives of a schema pin to the same value."""
        shape = self.shape(schema)
        branches = self.alternatives(shape) if shape is not None else ()
        if depth < 1 or len(branches) < 2:
            return {}
        each = [self.pinned(branch, depth - 1) for branch in branches]
        return {path: value for path, value in each[0].items() if all(one.get(path) == value for one in each)}

    def contradictions(self, schema: Schema | None) -> dict[str, tuple[Constant, ...]]:
        """Properties that must be several constants at once, so that no value fits."""
        found = {name: self.constants(property) for name, property in self.properties(schema).items()}
        return {name: tuple(sorted(values, key=str)) for name, values in found.items() if len(values) > 1}


def own_values(shape: Shape) -> tuple[Json, ...]:
    """All values that a schema lists itself: a constant, an enumeration, a constant in the words of a vendor."""
    if shape.const is not ABSENT:
        return (shape.const,)
    return shape.enum or _vendor_constant(shape)


VENDOR_CONSTANTS: Mapping[str, re.Pattern[str]] = {"x-fern-type": re.compile(r"literal<(.*)>", re.DOTALL)}
"""Extensions that hold a constant as JSON, in these words."""


def _vendor_constant(shape: Shape) -> tuple[Json, ...]:
    for name, form in VENDOR_CONSTANTS.items():
        given = shape.extensions.get(name)
        found = form.fullmatch(given) if isinstance(given, str) else None
        if found is not None:
            try:
                value: Json = json.loads(found[1])
            except ValueError:
                continue
            return (value,)
    return ()


def unreferenced(application: Application) -> tuple[SchemaKey, ...]:
    """Keys of the definitions that nothing in the application refers to, in document order."""
    used: set[SchemaKey] = set()
    pending: list[Schema | None] = [*application.schemas.values(), *_roots(application)]
    while pending:
        schema = pending.pop()
        if isinstance(schema, Named):
            used.add(schema.key)
        elif isinstance(schema, Shape):
            pending.extend(_children(schema))
    return tuple(key for key in application.schemas if key not in used)


def _roots(application: Application) -> Iterator[Schema | None]:
    for message in _messages(application):
        yield from (message.payload, message.headers)
    for channel in application.channels:
        yield from (parameter.schema for parameter in channel.parameters)
        if channel.binding is not None:
            yield from (channel.binding.query, channel.binding.headers)


def _messages(application: Application) -> Iterable[Message]:
    yield from application.messages
    for channel in application.channels:
        yield from channel.messages
    for operation in application.operations:
        yield from operation.messages
        if operation.reply is not None:
            yield from operation.reply.messages


def _children(shape: Shape) -> Iterator[Schema | None]:
    yield from (*shape.properties.values(), *shape.pattern_properties.values(), *shape.prefix_items)
    yield from (*shape.all_of, *shape.any_of, *shape.one_of)
    yield from (shape.additional_properties, shape.property_names, shape.items, shape.additional_items)
    yield from (shape.not_, shape.if_, shape.then, shape.else_)
