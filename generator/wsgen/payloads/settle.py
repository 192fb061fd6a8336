"""What can only be said of a type once it is known who uses it: open enums, discriminators, constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wsgen.model import ABSENT

from .forms import (
    Alias,
    Definition,
    ListOf,
    MapOf,
    Null,
    ObjectType,
    Property,
    TupleOf,
    Type,
    Union,
    Use,
    Value,
    Values,
    uses,
)

__all__ = ["Settled", "is_constant", "mapped", "parts", "reachable", "rebuilt", "settle"]


@dataclass(frozen=True, slots=True)
class Settled:
    """Definitions and payload types in their last form.

    Attributes:
        tags: (class id, wire name) of the constants that say which class an object is: always sent.
        opened: the enums that were opened, as `Class.property` by wire name, or the name of the enum.
    """

    definitions: Mapping[str, Definition]
    roots: Mapping[str, Type]
    tags: frozenset[tuple[str, str]]
    opened: tuple[str, ...]


def settle(
    definitions: Mapping[str, Definition], roots: Mapping[str, Type], received: Mapping[str, str], *, strict: bool
) -> Settled:
    """Find discriminators and constants, and open the enums that a received payload reaches.

    Args:
        received: the roots that the server sends, by id, with a name for each.
        strict: open no enum.
    """
    marks = _Marks(definitions)
    typed = {id: marks.definition(each) for id, each in definitions.items()}
    payloads = {id: marks.type(type) for id, type in roots.items()}
    marks.top_level(payloads.values())
    opener = _Opener(marks.closed)
    if not strict:
        reached = reachable(typed, [payloads[id] for id in received])
        typed = {id: opener.definition(each) if id in reached else each for id, each in typed.items()}
        payloads = {id: opener.type(type, received[id]) if id in received else type for id, type in payloads.items()}
    return Settled(typed, payloads, frozenset(marks.tags), tuple(dict.fromkeys(opener.opened)))


def reachable(definitions: Mapping[str, Definition], types: Iterable[Type]) -> frozenset[str]:
    """The ids of all definitions that these types use, directly or through others."""
    found: set[str] = set()
    waiting = [id for type in types for id in uses(type)]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += [used for type in parts(definitions[id]) for used in uses(type)]
    return frozenset(found)


def parts(definition: Definition) -> tuple[Type, ...]:
    """The types that a definition is directly made of."""
    if isinstance(definition, Alias):
        return (definition.type,)
    return tuple(each.type for each in definition.properties)


class _Marks:
    """Finds what tells the members of a union apart."""

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self._definitions = definitions
        self.tags: set[tuple[str, str]] = set()
        self.closed: set[tuple[str, str]] = set()

    def definition(self, each: Definition) -> Definition:
        return mapped(each, lambda type, _: self.type(type))

    def type(self, type: Type) -> Type:
        type = rebuilt(type, self.type)
        if not isinstance(type, Union):
            return type
        members = [self._class(member) for member in type.members if member != Null()]
        classes = [member for member in members if member is not None]
        if len(members) > 1:
            self._tag(classes)
        if len(classes) != len(members) or len(classes) < 2:
            return replace(type, discriminator="")
        wire = next(self._discriminators(classes, type.discriminator), "")
        self.closed |= {(each.id, wire) for each in classes}
        return replace(type, discriminator=wire)

    def top_level(self, payloads: Iterable[Type]) -> None:
        """Constants of a payload itself say which message it is."""
        for type in payloads:
            found = self._class(type)
            self._tag([] if found is None else [found])

    def _class(self, type: Type) -> ObjectType | None:
        found = self._definitions[type.id] if isinstance(type, Use) else None
        return found if isinstance(found, ObjectType) else None

    def _tag(self, classes: list[ObjectType]) -> None:
        self.tags |= {
            (each.id, property.wire)
            for each in classes
            for property in each.properties
            if isinstance(property.type, Values) and isinstance(property.type.values[0], str)
        }

    def _discriminators(self, classes: list[ObjectType], said: str) -> Iterator[str]:
        """Properties that every class requires, with values that no other class has; constants, unless said."""
        first, *_ = classes
        for wire in dict.fromkeys((said, *(property.wire for property in first.properties))):
            seen: list[Value] = []
            for each in classes:
                seen += _tag_values(each, wire, constant=wire != said)
            distinct = len(seen) == len(set(seen))
            if distinct and all(_tag_values(each, wire, constant=wire != said) for each in classes):
                yield wire


def _tag_values(each: ObjectType, wire: str, *, constant: bool) -> tuple[Value, ...]:
    for property in each.properties:
        type = property.type
        if property.wire == wire and property.required and isinstance(type, Values) and not type.open:
            texts = all(isinstance(value, str) for value in type.values)
            return type.values if texts and (type.constant or not constant) else ()
    return ()


class _Opener:
    """Opens enums and remembers which."""

    def __init__(self, closed: set[tuple[str, str]]) -> None:
        self._closed = closed
        self.opened: list[str] = []

    def definition(self, each: Definition) -> Definition:
        def opened(type: Type, property: Property | None) -> Type:
            if property is None:
                return self.type(type, each.name)
            if (each.id, property.wire) in self._closed:
                return type
            return self.type(type, f"{each.name}.{property.wire}")

        return mapped(each, opened)

    def type(self, type: Type, name: str) -> Type:
        if isinstance(type, Values) and not (type.constant or type.open):
            self.opened.append(name)
            return replace(type, open=True)
        return rebuilt(type, lambda child: self.type(child, name))


def mapped(each: Definition, change: Callable[[Type, Property | None], Type]) -> Definition:
    if isinstance(each, Alias):
        return replace(each, type=change(each.type, None))
    properties = tuple(replace(one, type=change(one.type, one)) for one in each.properties)
    return replace(each, properties=properties)


def rebuilt(type: Type, change: Callable[[Type], Type]) -> Type:
    """A type with its parts changed."""
    match type:
        case ListOf():
            return replace(type, item=change(type.item))
        case MapOf():
            return replace(type, value=change(type.value))
        case TupleOf():
            return replace(type, items=tuple(map(change, type.items)))
        case Union():
            return replace(type, members=tuple(map(change, type.members)))
        case _:
            return type


def is_constant(owner: ObjectType, property: Property, tags: frozenset[tuple[str, str]]) -> bool:
    """Whether a property always has its one value, so that the client sends it unasked.

    A required constant is one; an optional one if the document says so (by a default), or if it says which
    message or variant the object is. `deleted?: true` is none: to send it means something.
    """
    type = property.type
    if not (isinstance(type, Values) and type.constant):
        return False
    stated = property.default is not ABSENT and property.default == type.values[0]
    return property.required or stated or (owner.id, property.wire) in tags
