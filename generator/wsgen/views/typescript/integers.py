"""View of where integers of 64 bits stand in payloads, for the runtime to keep them exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from wsgen.landing.typescript import literal
from wsgen.operations import WireMessage
from wsgen.payloads import PayloadTypes
from wsgen.payloads.forms import Alias, Definition, ListOf, MapOf, Scalar, TupleOf, Type, Union, Use, children, uses

from .layout import Doc, array, entry, obj
from .scope import Part
from .types import TypedPlace

__all__ = ["is_rounded", "places"]

PartOf: TypeAlias = Callable[[WireMessage], Part]


def is_rounded(type: Type) -> bool:
    """Whether a value of this type is, or has in itself, an integer that may be rounded."""
    if isinstance(type, Scalar):
        return type.kind == "rounded-int64"
    return any(map(is_rounded, children(type)))


def places(place: TypedPlace) -> Doc | None:
    """Where such integers stand that are kept, in what a connection carries; None: nowhere."""
    payloads = place.types.payloads
    exact = _Exact(payloads)
    sent = list(exact.messages(place.connection.sent, place.types.sent))
    received = list(exact.messages(place.connection.delivered, lambda each: _delivered(place, each)))
    if not sent and not received:
        return None
    definitions = [payloads.definitions[id] for id in exact.ids]
    known = [entry(each.name, doc) for each in definitions if (doc := exact.definition(each)) is not None]
    return obj([entry("sent", obj(sent)), entry("received", obj(received)), entry("types", obj(known))], expanded=True)


def _delivered(place: TypedPlace, message: WireMessage) -> Part:
    return place.types.undivided(message) if message.members else place.types.received(message)


class _Exact:
    """Finds the integers. `ids` are the definitions that have some, directly or through others."""

    def __init__(self, payloads: PayloadTypes) -> None:
        self._definitions: Mapping[str, Definition] = payloads.definitions
        self.ids = _holding(payloads.definitions)

    def messages(self, messages: Sequence[WireMessage], part_of: PartOf) -> Iterator[Doc]:
        for message in messages:
            type = part_of(message).type
            found = None if type is None else self._type(type)
            if found is not None:
                yield entry(message.key, found)

    def definition(self, each: Definition) -> Doc | None:
        if isinstance(each, Alias):
            return self._type(each.type)
        fields = [(property.wire, self._type(property.type)) for property in each.properties]
        return obj([entry("fields", obj([entry(wire, doc) for wire, doc in fields if doc is not None]))])

    def _type(self, type: Type) -> Doc | None:
        match type:
            case Scalar(kind="int64"):
                return "true"
            case Use(id=used):
                return literal(self._definitions[used].name) if used in self.ids else None
            case ListOf(item=item):
                return self._inside("items", item)
            case MapOf(value=value):
                return self._inside("rest", value)
            case TupleOf(items=items):
                found = [self._type(each) for each in items]
                return obj([entry("at", array([each or "null" for each in found]))]) if any(found) else None
            case Union(members=members):
                several = [each for member in members if (each := self._type(member)) is not None]
                return several[0] if len(several) == 1 else array(several) if several else None
            case _:
                return None

    def _inside(self, name: str, type: Type) -> Doc | None:
        found = self._type(type)
        return None if found is None else obj([entry(name, found)])


def _holding(definitions: Mapping[str, Definition]) -> dict[str, None]:
    """The ids of definitions that have such integers, in their order."""
    users: dict[str, list[str]] = {}
    waiting: list[str] = []
    for id, each in definitions.items():
        types = [each.type] if isinstance(each, Alias) else [property.type for property in each.properties]
        waiting += [id] if any(map(_is_exact, types)) else []
        for used in {used for type in types for used in uses(type)}:
            users.setdefault(used, []).append(id)
    found: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += users.get(id, [])
    return {id: None for id in definitions if id in found}


def _is_exact(type: Type) -> bool:
    return type.kind == "int64" if isinstance(type, Scalar) else any(map(_is_exact, children(type)))
