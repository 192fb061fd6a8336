"""What frames of a message look like: their JSON types, and what may stand at which place.

A message has several forms where its payload is one of several alternatives. A form says what all its frames
have in common, so that frames of two forms can be told apart where the forms exclude each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from wsgen.model import Application, Json, Message, Named, Schema, Shape
from wsgen.operations import TagValue

from .schemas import Constant, Schemas, own_values

__all__ = ["Form", "FrameKind", "Spot", "forms_of", "frame_kind"]

FrameKind: TypeAlias = Literal["json", "text", "binary"]

LEVELS = 3
"""How deep properties are looked at. Real tags stand on the first or second level."""

ALTERNATIVES = 64
"""How many forms a message may have; with more, what its alternatives say is not looked at."""

BRANCHES = 300
"""How many branches of one schema are looked at."""

TEXT_TYPES = (
    *("text/", "application/text", "application/xml", "application/yaml", "application/x-yaml"),
    *("application/graphql", "application/x-www-form-urlencoded"),
)
"""How the content types of texts begin."""

Parts: TypeAlias = tuple[Shape, ...]
"""Schemas that a value must all fit."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a frame.

    Attributes:
        values: all that may stand there; None: they are not listed.
        types: JSON types of it; empty: any.
        required: whether something stands there in every frame.
    """

    values: tuple[TagValue, ...] | None
    types: frozenset[str]
    required: bool


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One form of a message: `message` is its key, `types` are those of the whole frame (empty: any)."""

    message: str
    types: frozenset[str]
    spots: Mapping[str, Spot] = field(default_factory=dict[str, Spot])


def frame_kind(message: Message, application: Application, schemas: Schemas) -> FrameKind:
    """Whether a message travels as JSON, as another text, or as a binary frame.

    By its content type (AsyncAPI 3.0.0, Message Object); without one, a string of format `binary` is binary.
    Schemas in other languages than JSON Schema (Avro, Protobuf) are of binary formats.
    """
    stated = message.content_type or application.default_content_type
    kind = stated.partition(";")[0].strip().lower()
    shape = schemas.shape(message.payload)
    binary = shape is not None and shape.format == "binary" and set(shape.types) <= {"string"}
    if message.schema_format and message.payload is None:
        return "binary"
    if binary and not message.content_type:
        return "binary"
    if "json" in kind or "/" not in kind:
        return "json"
    if kind.startswith(TEXT_TYPES) or kind.endswith(("+xml", "+yaml")):
        return "text"
    return "binary"


def forms_of(message: Message, kind: FrameKind, schemas: Schemas) -> tuple[Form, ...]:
    """The forms of a message."""
    if kind != "json":
        return (Form(message.key, frozenset({kind})),)
    reader = _Reader(schemas)
    return tuple(Form(message.key, _types(parts), reader.spots(parts)) for parts in _roots(message, reader))


def _roots(message: Message, reader: _Reader) -> list[Parts]:
    """The alternatives of a payload, with the constants that OpenAPI's and AsyncAPI's `discriminator` implies."""
    payload = message.payload
    whole = reader.schemas.shape(payload)
    if whole is None:
        return [()]
    branches = [*whole.one_of, *whole.any_of]
    if whole.discriminator and branches:
        base = replace(whole, one_of=(), any_of=())
        return [
            (*parts, *base_parts, *_implied(branch, whole, reader))
            for branch in branches
            for parts in reader.alternatives(branch)
            for base_parts in reader.alternatives(base)
        ][:ALTERNATIVES]
    found = reader.alternatives(payload)
    if isinstance(payload, Named):
        return [(*parts, *(i for part in parts[1:] for i in _implied(payload, part, reader))) for parts in found]
    return found


def _implied(schema: Schema, base: Shape, reader: _Reader) -> Iterable[Shape]:
    """What `discriminator` of `base` says of a schema that stands for one of its values.

    OpenAPI 3.0.3, Discriminator Object, maps values to schemas; without a mapping, and in AsyncAPI's Schema
    Object, the value is the name of the schema.
    """
    if not base.discriminator or not isinstance(schema, Named):
        return
    own = schema.key.rpartition("/")[2]
    mapped = [value for value, target in base.discriminator_mapping.items() if target.rpartition("/")[2] == own]
    spots = [reader.spots(parts).get(base.discriminator) for parts in reader.alternatives(schema)]
    if any(spot is not None and spot.values is not None for spot in spots):
        return
    tag = Shape(base.place, enum=tuple(mapped) or (own,))
    yield Shape(base.place, properties={base.discriminator: tag}, required=(base.discriminator,))


@dataclass(slots=True)
class _Reader:
    """Reads the schemas of one message. `budget` bounds the work: a small document can multiply without end."""

    schemas: Schemas
    budget: int = 20_000
    known: dict[str, list[Parts]] = field(default_factory=dict[str, list[Parts]])

    def alternatives(self, schema: Schema | None) -> list[Parts]:
        """The ways to fit a schema, each as the shapes that must all fit."""
        if not isinstance(schema, Named):
            return self._read(schema)
        found = self.known.get(schema.key)
        if found is None:
            self.known[schema.key] = [()]  # what a schema says of itself, where it is inside of itself
            found = self.known[schema.key] = self._read(schema)
        return found

    def _read(self, schema: Schema | None) -> list[Parts]:
        shape = self.schemas.shape(schema)
        if shape is None:
            return [()]
        if max(len(shape.one_of), len(shape.any_of), len(shape.all_of)) > BRANCHES or self.budget <= 0:
            return [self.schemas.parts(schema)]
        self.budget -= 1
        found: list[Parts] = [(shape,)]
        for part in shape.all_of:
            found = _product(found, self.alternatives(part))
        for branches in (shape.one_of, shape.any_of):
            rest = [branch for branch in branches if not self.schemas.is_null(branch)]
            if rest:
                found = _product(found, [parts for branch in rest for parts in self.alternatives(branch)])
        return found if len(found) <= ALTERNATIVES else [self.schemas.parts(schema)]

    def spots(self, parts: Parts, prefix: str = "", required: bool = True, level: int = LEVELS) -> dict[str, Spot]:
        """What stands where in a value that fits all parts."""
        found: dict[str, Spot] = {}
        for name, (schemas, needed) in self._children(parts).items():
            path = f"{prefix}{name}"
            options: list[Parts] = [()]
            for schema in schemas:
                options = _product(options, self.alternatives(schema))
            if len(options) > ALTERNATIVES or self.budget <= 0:
                options = [tuple(part for schema in schemas for part in self.schemas.parts(schema))]
            there = required and needed
            found[path] = self._spot(schemas, options, there)
            self.budget -= len(options)
            if level > 1 and self.budget > 0:
                below = [self.spots(option, f"{path}.", there, level - 1) for option in options]
                found.update(_common(below))
        return found

    def _children(self, parts: Parts) -> dict[str, tuple[list[Schema], bool]]:
        """The schemas of each property and position, and whether it is always there.

        Positions of a tuple are: nobody leaves one out and counts on. The only property of an object is too,
        because an object without it would say nothing.
        """
        needed = {name for part in parts for name in part.required}
        found: dict[str, list[Schema]] = {}
        for part in parts:
            for name, schema in part.properties.items():
                if name and "." not in name and not name.isdecimal():
                    found.setdefault(name, []).append(schema)
        if len(found) == 1:
            needed |= found.keys()
        children = {name: (schemas, name in needed) for name, schemas in found.items()}
        for part in parts:
            for position, schema in enumerate(part.prefix_items):
                children.setdefault(str(position), ([], True))[0].append(schema)
            if part.items is not None and not part.prefix_items:
                children.setdefault("0", ([], False))[0].append(part.items)
        return children

    def _spot(self, schemas: Sequence[Schema], options: Sequence[Parts], required: bool) -> Spot:
        constants = self.schemas.constants(schemas[0]) if len(schemas) == 1 else frozenset[Constant]()
        if len(constants) == 1:
            # FastWS writes a constant beside any text.
            value = next(iter(constants))
            return Spot((value,), frozenset({_type_of(value)}), required)
        listed = [_values(option) for option in options]
        types = [_types(option) for option in options]
        every = frozenset[str]().union(*types) if all(types) else frozenset[str]()
        if any(values is None for values in listed):
            return Spot(None, every, required)
        return Spot(tuple(dict.fromkeys(value for values in listed for value in values or ())), every, required)


def _product(left: Sequence[Parts], right: Sequence[Parts]) -> list[Parts]:
    """All combinations; the left alone where they would be too many."""
    if len(left) * len(right) > ALTERNATIVES * 2:
        return list(left)
    return [(*one, *other) for one in left for other in right]


def _common(each: Sequence[Mapping[str, Spot]]) -> dict[str, Spot]:
    """What stands where under several alternatives."""
    found: dict[str, Spot] = {}
    for path in dict.fromkeys(path for spots in each for path in spots):
        present = [spots[path] for spots in each if path in spots]
        whole = len(present) == len(each)
        values = [spot.values for spot in present]
        types = [spot.types for spot in present]
        listed = whole and all(value is not None for value in values)
        found[path] = Spot(
            tuple(dict.fromkeys(value for own in values for value in own or ())) if listed else None,
            frozenset[str]().union(*types) if all(types) else frozenset[str](),
            whole and all(spot.required for spot in present),
        )
    return found


def _values(parts: Parts) -> tuple[TagValue, ...] | None:
    """What is listed for a value: the constants that all parts allow.

    Constants of an `allOf` that contradict each other are meant as an override: the last one holds.
    """
    found: tuple[TagValue, ...] | None = None
    for part in parts:
        own = own_values(part)
        if not own or not all(isinstance(value, str | int | float) for value in own):
            continue
        listed = tuple(_scalar(value) for value in own)
        both = listed if found is None else tuple(value for value in found if _is_among(value, listed))
        found = both or listed
    return found


def _scalar(value: Json) -> TagValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    assert isinstance(value, str | int | float)
    return value


def _is_among(value: TagValue, values: Iterable[TagValue]) -> bool:
    """Equal in JSON, where true is not 1."""
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in values)


def _types(parts: Parts) -> frozenset[str]:
    """The JSON types of a value that fits all parts, without null; empty: any."""
    found: frozenset[str] | None = None
    for part in parts:
        own = frozenset("number" if type == "integer" else type for type in part.types) - {"null"}
        if not own and own_values(part):
            own = frozenset(_type_of(value) for value in own_values(part))
        if not own and (part.properties or part.required or part.additional_properties is not None):
            own = frozenset({"object"})
        if not own and (part.items is not None or part.prefix_items):
            own = frozenset({"array"})
        if own:
            found = own if found is None else (found & own) or own
    return found or frozenset()


def _type_of(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "null"
    return "array" if isinstance(value, list | tuple) else "object"
