"""The least that a payload can be, as an expression: for examples, and for tests of applications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wsgen.landing.typescript import literal
from wsgen.payloads import PayloadTypes
from wsgen.payloads.forms import (
    Alias,
    ListOf,
    MapOf,
    Nothing,
    ObjectType,
    Scalar,
    ScalarKind,
    TupleOf,
    Type,
    Union,
    Use,
    Values,
)

from .layout import Doc, array, entry, obj

__all__ = ["Samples"]

_SCALARS: dict[ScalarKind, str] = {
    "boolean": "false",
    "integer": "0",
    "number": "0",
    "rounded-int64": "0",
    "int64": "0n",
}


@dataclass(frozen=True, slots=True)
class Samples:
    """Makes samples up: required properties, empty lists, the first of several; `text` for every text."""

    payloads: PayloadTypes
    text: str

    def of(self, type: Type, within: frozenset[str] = frozenset()) -> Doc | None:
        """An expression of this type; None where every value would hold itself. `within`: what it stands in."""
        match type:
            case Scalar(kind=kind):
                return _SCALARS.get(kind, literal(self.text))
            case Values(values=values):
                return literal(values[0])
            case ListOf():
                return "[]"
            case MapOf():
                return "{}"
            case TupleOf(items=items):
                return _whole([self.of(each, within) for each in items])
            case Union(members=members):
                found = (self.of(member, within) for member in members)
                return next((each for each in found if each is not None), None)
            case Use(id=id) if id not in within:
                each = self.payloads.definitions[id]
                inner = within | {id}
                return self.of(each.type, inner) if isinstance(each, Alias) else self._object(each, inner)
            case Use() | Nothing():
                return None
            case _:
                return "null"

    def properties(self, each: ObjectType) -> list[Doc] | None:
        """What an object must have; None where that would hold itself."""
        return self._properties(each, frozenset((each.id,)))

    def _object(self, each: ObjectType, within: frozenset[str]) -> Doc | None:
        found = self._properties(each, within)
        return None if found is None else obj(found)

    def _properties(self, each: ObjectType, within: frozenset[str]) -> list[Doc] | None:
        found = list(self._pairs(each, within))
        return None if any(doc is None for _, doc in found) else [entry(wire, doc) for wire, doc in found if doc]

    def _pairs(self, each: ObjectType, within: frozenset[str]) -> Iterator[tuple[str, Doc | None]]:
        for property in each.properties:
            if property.required and (each.id, property.wire) not in self.payloads.optional:
                yield property.wire, self.of(property.type, within)


def _whole(items: list[Doc | None]) -> Doc | None:
    found = [item for item in items if item is not None]
    return array(found) if len(found) == len(items) else None
