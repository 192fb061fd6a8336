"""Payload types as they will be written: schemas with their combinations worked out.

What a schema leaves open is settled here (`read` does it), what a target language says is not: a type names no
Python. Every object with properties is an `ObjectType` of its own, which other types refer to by `Use`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from wsgen.model import ABSENT, Absent, Json
from wsgen.problems import Place

__all__ = [
    "Alias",
    "Anything",
    "Definition",
    "ListOf",
    "MapOf",
    "Nothing",
    "Null",
    "ObjectType",
    "Property",
    "Scalar",
    "ScalarKind",
    "TupleOf",
    "Type",
    "Union",
    "Use",
    "Value",
    "Values",
    "children",
    "uses",
]

ScalarKind: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "date-time", "date", "uuid", "int64", "rounded-int64"
]
Value: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class Anything:
    """No restriction at all."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value; a property of this type cannot be there."""


@dataclass(frozen=True, slots=True)
class Null:
    """The value null."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number or boolean. `constraints` are keywords of JSON Schema that can be checked.

    Integers of 64 bits are a kind of their own where the target's integers are shorter: kept exactly, or rounded.
    """

    kind: ScalarKind
    constraints: tuple[tuple[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """One of a few values. `constant`: by `const` or an enum of one; `open`: others of the same kinds pass."""

    values: tuple[Value, ...]
    constant: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Type
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class TupleOf:
    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    value: Type
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a definition, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Union:
    """One of several types, null last. `discriminator` is the wire name of the property that tells them apart.

    `untagged`: the model library cannot tell them apart by itself.
    """

    members: tuple[Type, ...]
    discriminator: str = ""
    untagged: bool = False


Type: TypeAlias = Anything | Nothing | Null | Scalar | Values | ListOf | TupleOf | MapOf | Use | Union


@dataclass(frozen=True, slots=True)
class Property:
    wire: str
    type: Type
    required: bool
    place: Place
    default: Json | Absent = ABSENT
    description: str = ""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with properties; a class. `extra`: whether it says that there may be others; they are kept."""

    id: str
    name: str
    properties: tuple[Property, ...]
    place: Place
    extra: bool = False
    description: str = ""
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that the document gives to a type that is no class."""

    id: str
    name: str
    type: Type
    place: Place
    description: str = ""


Definition: TypeAlias = ObjectType | Alias


def children(type: Type) -> tuple[Type, ...]:
    """The types that this type is directly made of; not what a `Use` refers to."""
    match type:
        case ListOf(item=item):
            return (item,)
        case MapOf(value=value):
            return (value,)
        case TupleOf(items=items):
            return items
        case Union(members=members):
            return members
        case _:
            return ()


def uses(type: Type) -> tuple[str, ...]:
    """The ids of the definitions that a type uses, in order."""
    if isinstance(type, Use):
        return (type.id,)
    return tuple(id for child in children(type) for id in uses(child))
