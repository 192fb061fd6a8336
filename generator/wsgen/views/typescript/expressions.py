"""Payload types as expressions of TypeScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wsgen.landing.typescript import literal
from wsgen.payloads.forms import (
    Anything,
    ListOf,
    MapOf,
    Nothing,
    Null,
    Scalar,
    ScalarKind,
    TupleOf,
    Type,
    Union,
    Use,
    Value,
    Values,
)

from .layout import Doc, concat, generic, in_parentheses, in_tuple, join, tuple_type, type_object, union

__all__ = ["expression", "members"]

_SCALARS: Mapping[ScalarKind, str] = {
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    "int64": "bigint",
    "rounded-int64": "number",
}

Named = Callable[[str], str]
"""From the id of a definition to its name where the expression stands."""


def expression(
    type: Type, named: Named, *, record: str = "Record", argument: bool = False, optional: bool = False
) -> Doc:
    """A type as it is written.

    Args:
        record: the name of the type of maps; empty where an alias stands, which may not refer to itself through it.
        argument: whether it is an argument of a type: a union is not indented there.
        optional: whether `undefined` is one, too.
    """
    found = [*members(type, named, record), *(["undefined"] if optional else [])]
    if "unknown" in found:
        return "unknown"
    if len(found) > 1 and any(isinstance(each, _Literal) for each in found) and _one_and_null(found):
        return join(" | ", [each.doc if isinstance(each, _Literal) else each for each in found])
    return union([each.doc if isinstance(each, _Literal) else each for each in found], argument=argument)


class _Literal:
    """The type of an object, on the spot: prettier lets it hug a null beside it."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc


def _one_and_null(found: list[Doc | _Literal]) -> bool:
    return sum(each != "null" for each in found) == 1


def members(type: Type, named: Named, record: str = "Record") -> list[Doc | _Literal]:
    """The parts of a union; of any other type, the type alone."""
    match type:
        case Union(members=parts):
            found = [each for part in parts for each in members(part, named, record)]
            return list({each if isinstance(each, str) else id(each): each for each in found}.values())
        case Values(values=values, open=opened):
            return [*(literal(each) for each in values), *(_others(values) if opened else [])]
        case Anything():
            return ["unknown"]
        case Nothing():
            return ["never"]
        case Null():
            return ["null"]
        case Scalar(kind=kind):
            return [_SCALARS.get(kind, "string")]
        case Use(id=used):
            return [named(used)]
        case ListOf(item=item):
            return [_list(members(item, named, record))]
        case TupleOf(items=items):
            return [tuple_type([_item(members(each, named, record), len(items)) for each in items])]
        case MapOf(value=value):
            inner = expression(value, named, record=record, argument=bool(record))
            if record:
                return [generic(record, "string", inner)]
            return [_Literal(type_object([concat("[key: string]: ", inner)]))]


def _others(values: tuple[Value, ...]) -> list[str]:
    """What opens a union of literals and leaves them for editors to complete."""
    kinds = {bool: "boolean", int: "number", str: "string"}
    found = dict.fromkeys(kinds[type(value)] for value in values)
    return [f"({kind} & {{}})" for kind in found]


def _list(found: list[Doc | _Literal]) -> Doc:
    docs = [each.doc if isinstance(each, _Literal) else each for each in found]
    if len(docs) > 1 or (isinstance(docs[0], str) and docs[0].startswith("(")):
        return concat(in_parentheses(docs), "[]")
    return concat(docs[0], "[]")


def _item(found: list[Doc | _Literal], items: int) -> Doc:
    docs = [each.doc if isinstance(each, _Literal) else each for each in found]
    return docs[0] if len(docs) == 1 else in_tuple(docs) if items > 1 else union(docs, argument=True)
