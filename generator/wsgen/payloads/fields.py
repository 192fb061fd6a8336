"""Properties as fields of a Python class: their attribute names, their defaults, what may be left out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wsgen.landing.python import Identifier, identifier, literal
from wsgen.model import ABSENT, Json
from wsgen.problems import Problems

from .forms import (
    Alias,
    Anything,
    Definition,
    ListOf,
    MapOf,
    Null,
    ObjectType,
    Property,
    Scalar,
    Type,
    Union,
    Use,
    Values,
)
from .intersect import is_text, same
from .settle import Settled, is_constant

__all__ = ["Field", "fields"]


@dataclass(frozen=True, slots=True)
class Field:
    """A property as a field.

    Attributes:
        attribute: its name in Python.
        default: its default as Python; empty where it has none but that of the model library for "absent".
        optional: whether what stands for "absent" is to be added to its type.
        omitted: whether None must not be sent, because the protocol has no null here.
        constant: whether it always has its one value.
    """

    property: Property
    attribute: Identifier
    default: str
    optional: bool = False
    omitted: bool = False
    constant: bool = False


def fields(
    owner: ObjectType,
    settled: Settled,
    sent: Collection[str],
    problems: Problems,
    *,
    reserved: frozenset[str],
    absent: bool,
) -> tuple[Field, ...]:
    """The fields of a class.

    Args:
        sent: the ids of the classes that a client sends.
        reserved: names that no field may have.
        absent: whether the model library has a value for what is absent, so that None is null and nothing else.
    """
    attributes = _attributes([each.wire for each in owner.properties], reserved)
    mutable = owner.id not in sent
    return tuple(
        _field(owner, each, attributes[each.wire], settled, mutable, problems, absent) for each in owner.properties
    )


def _field(
    owner: ObjectType,
    property: Property,
    attribute: Identifier,
    settled: Settled,
    received_only: bool,
    problems: Problems,
    absent: bool,
) -> Field:
    type, default = property.type, property.default
    if is_constant(owner, property, settled.tags) and isinstance(type, Values):
        return Field(property, attribute, literal(type.values[0]), constant=True)
    if property.required:
        return Field(property, attribute, "")
    nullable = _nullable(type, settled.definitions)
    if default is not ABSENT and default is not None:
        # A list that the caller fills in place would not count as set, and not be sent. Where "absent" is a value,
        # nothing else may stand for it in what is sent.
        kept = not absent and not isinstance(default, list | dict)
        written = default if received_only or kept else ABSENT
        text = "" if written is ABSENT else _default(type, written, settled.definitions)
        if text:
            return Field(property, attribute, text)
        if written is not ABSENT and not _structured(default, type, settled.definitions):
            problems.note(
                "WSG465",
                f"the default of `{property.wire}` is {literal(default)}, which its schema does not allow; "
                "the client ignores it",
                property.place,
            )
    if absent:
        counts_as_null = nullable and default is None and received_only
        return Field(property, attribute, "None" if counts_as_null else "", not counts_as_null)
    never_null = not nullable and default is not None
    return Field(property, attribute, "None", not nullable, never_null and not received_only)


def _attributes(wires: Sequence[str], reserved: frozenset[str]) -> Mapping[str, Identifier]:
    """A name for each property. One that is spelt so in the document comes first, others get a number."""
    wished = {wire: identifier(wire, "snake", lead="field", reserved=reserved) for wire in wires}
    given: dict[str, Identifier] = {}
    used: set[str] = set()
    for wire in sorted(wires, key=lambda wire: wished[wire] != wire):
        name, number = wished[wire], 2
        while name in used:
            name, number = Identifier(f"{wished[wire].rstrip('_')}_{number}"), number + 1
        used.add(name)
        given[wire] = name
    return given


def _nullable(type: Type, definitions: Mapping[str, Definition]) -> bool:
    match type:
        case Null() | Anything():
            return True
        case Union(members=members):
            return any(_nullable(member, definitions) for member in members)
        case Use(id=id):
            definition = definitions[id]
            return isinstance(definition, Alias) and _nullable(definition.type, definitions)
        case _:
            return False


def _default(type: Type, value: Json, definitions: Mapping[str, Definition]) -> str:
    """A default as Python, of the very type that its field has; empty where it does not fit."""
    match type:
        case Scalar(kind="string"):
            return literal(value) if isinstance(value, str) and is_text(value) else ""
        case Scalar(kind="boolean"):
            return literal(value) if isinstance(value, bool) else ""
        case Scalar(kind="integer"):
            whole = isinstance(value, int) and not isinstance(value, bool)
            return literal(value) if whole else _integral(value)
        case Scalar(kind="number"):
            return _double(value)
        case Values():
            return _value(type, value)
        case Anything():
            return literal(value) if is_text(str(value)) else ""
        case ListOf(item=item) if isinstance(value, list):
            items = [_default(item, each, definitions) for each in value]
            return f"[{', '.join(items)}]" if all(items) else ""
        case MapOf(value=inner) if isinstance(value, dict):
            entries = {key: _default(inner, each, definitions) for key, each in value.items()}
            written = (f"{literal(key)}: {text}" for key, text in entries.items())
            return "{" + ", ".join(written) + "}" if all(entries.values()) else ""
        case Union(members=members):
            return _first(_default(member, value, definitions) for member in members)
        case Use(id=id):
            definition = definitions[id]
            return _default(definition.type, value, definitions) if isinstance(definition, Alias) else ""
        case _:
            return ""


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _integral(value: Json) -> str:
    """JSON Schema counts 5.0 among the integers."""
    return literal(int(value)) if isinstance(value, float) and value.is_integer() else ""


def _double(value: Json) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    try:
        double = float(value)
    except OverflowError:
        return ""
    return literal(double) if math.isfinite(double) else ""


def _value(type: Values, value: Json) -> str:
    if any(same(value, each) for each in type.values):
        return literal(value) if isinstance(value, str | int) else ""
    kinds = {type_of(each) for each in type.values} - {bool}
    return literal(value) if type.open and type_of(value) in kinds else ""


def type_of(value: Json) -> type[object]:
    return value.__class__


def _structured(default: Json, type: Type, definitions: Mapping[str, Definition]) -> bool:
    """Whether a default that has no Python form may still be right: objects, dates, ids."""
    if isinstance(default, dict | list):
        return True
    match type:
        case Scalar(kind=kind):
            return kind in ("date-time", "date", "uuid") and isinstance(default, str)
        case Union(members=members):
            return any(_structured(default, member, definitions) for member in members)
        case Use(id=id):
            definition = definitions[id]
            return isinstance(definition, Alias) and _structured(default, definition.type, definitions)
        case _:
            return False
