"""What msgspec can tell apart by itself: unions by a tag of their classes, or by the kind of the JSON value.

msgspec decodes a union at once where no two of its members are the same kind of JSON value, but for classes that
carry a tag: one property with a text of its own for each class. All other unions are marked: the runtime tries
their members one after another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wsgen.problems import Place

from .forms import (
    Alias,
    Definition,
    ListOf,
    MapOf,
    Null,
    ObjectType,
    Property,
    Scalar,
    TupleOf,
    Type,
    Union,
    Use,
    Values,
    children,
)
from .settle import Settled, is_constant, mapped, parts, rebuilt

__all__ = ["FrameTag", "Told", "tell"]

FrameTag: TypeAlias = tuple[str, str]
"""The property of a frame that says which message it is, and its value in frames of one message."""


@dataclass(frozen=True, slots=True)
class Told:
    """Definitions and payload types with all unions marked that are to be tried.

    Attributes:
        tags: the wire name of the property that is its tag, by class id.
        tried: where definitions have such unions: the name of the definition or of its property, and its place.
        payloads: the payloads that have such unions themselves, by id.
    """

    settled: Settled
    tags: Mapping[str, str]
    tried: tuple[tuple[str, Place], ...]
    payloads: frozenset[str]


def tell(settled: Settled, frames: Mapping[str, FrameTag], *, taggable: bool) -> Told:
    """Choose the tags of classes, and mark the unions that these do not help.

    Args:
        frames: by the id of a received payload that is a whole frame, what says in it which message it is.
        taggable: whether classes may have tags at all.
    """
    tags = dict(_tags(settled, frames)) if taggable else {}
    marker = _Marker(settled.definitions, tags)
    definitions: dict[str, Definition] = {}
    tried: dict[tuple[str, Place], None] = {}
    for id, each in settled.definitions.items():

        def marked(type: Type, property: Property | None, owner: Definition = each) -> Type:
            found = marker.type(type)
            if found != type and property is not None:
                tried[f"{owner.name}.{property.wire}", property.place] = None
            elif found != type:
                tried[owner.name, owner.place] = None
            return found

        definitions[id] = mapped(each, marked)
    roots = {id: marker.type(type) for id, type in settled.roots.items()}
    payloads = frozenset(id for id, type in settled.roots.items() if roots[id] != type)
    return Told(replace(settled, definitions=definitions, roots=roots), tags, tuple(tried), payloads)


def _tags(settled: Settled, frames: Mapping[str, FrameTag]) -> Iterator[tuple[str, str]]:
    """Tags of frames first: these are looked at most often. A class has one tag."""
    given: dict[str, str] = {}
    wishes = [*_frame_wishes(settled, frames), *_union_wishes(settled)]
    for wire, classes in wishes:
        if all(given.get(each.id, wire) == wire and _tag(each, wire, settled) for each in classes):
            given |= {each.id: wire for each in classes}
    yield from given.items()


def _frame_wishes(settled: Settled, frames: Mapping[str, FrameTag]) -> Iterator[tuple[str, list[ObjectType]]]:
    """The classes of the frames of one connection, if every one of them has its message's tag."""
    for wire in dict.fromkeys(wire for wire, _ in frames.values()):
        classes: list[ObjectType] = []
        fitting = True
        for id, (path, value) in frames.items():
            if path == wire:
                found = _class(settled.roots[id], settled.definitions)
                fitting = fitting and found is not None and _tag(found, wire, settled) == value
                classes += [] if found is None else [found]
        if fitting:
            yield wire, classes


def _union_wishes(settled: Settled) -> Iterator[tuple[str, list[ObjectType]]]:
    types = [type for each in settled.definitions.values() for type in parts(each)]
    for union in (found for type in (*settled.roots.values(), *types) for found in _unions(type)):
        classes = [_class(member, settled.definitions) for member in union.members if member != Null()]
        if union.discriminator:
            yield union.discriminator, [each for each in classes if each is not None]


def _unions(type: Type) -> Iterator[Union]:
    if isinstance(type, Union):
        yield type
    for child in children(type):
        yield from _unions(child)


def _class(type: Type, definitions: Mapping[str, Definition]) -> ObjectType | None:
    found = definitions[type.id] if isinstance(type, Use) else None
    return found if isinstance(found, ObjectType) else None


def _tag(each: ObjectType, wire: str, settled: Settled) -> str:
    """The one text that a property of a class always has; empty: it can be no tag."""
    for property in each.properties:
        type = property.type
        if property.wire == wire and is_constant(each, property, settled.tags) and isinstance(type, Values):
            value = type.values[0]
            return value if isinstance(value, str) and not type.open else ""
    return ""


class _Marker:
    """Marks unions that have to be tried."""

    def __init__(self, definitions: Mapping[str, Definition], tags: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._tags = tags

    def type(self, type: Type) -> Type:
        type = rebuilt(type, self.type)
        if not isinstance(type, Union):
            return type
        members = list(self._members(type))
        if len(members) < 2:
            return type
        if not self._is_told(members):
            return replace(type, discriminator="", untagged=True)
        return type

    def _members(self, type: Type) -> Iterator[Type]:
        """What a type is a choice of, through aliases; without null."""
        found = self._definitions[type.id] if isinstance(type, Use) else None
        if isinstance(found, Alias):
            yield from self._members(found.type)
        elif isinstance(type, Union):
            for member in type.members:
                yield from self._members(member)
        elif type != Null():
            yield type

    def _is_told(self, members: Sequence[Type]) -> bool:
        kinds = Counter(kind for member in members for kind in self._kinds(member))
        classes = [found for found in (_class(member, self._definitions) for member in members) if found is not None]
        if len(classes) > 1 and kinds["object"] == len(classes) and self._are_tagged(classes):
            kinds["object"] = 1
        return max(kinds.values(), default=1) == 1

    def _are_tagged(self, classes: Iterable[ObjectType]) -> bool:
        tags = {self._tags.get(each.id) for each in classes}
        return len(tags) == 1 and None not in tags

    def _kinds(self, member: Type) -> Iterator[str]:
        """The kinds of JSON values that a member takes; constraints of numbers do not tell numbers apart."""
        match member:
            case Use() | MapOf():
                yield "object"
            case ListOf() | TupleOf():
                yield "array"
            case Scalar(kind="boolean"):
                yield "boolean"
            case Scalar(kind="integer" | "number"):
                yield "number"
            case Scalar():
                yield "text"
            case Values(values=values):
                kinds = {bool: "boolean", int: "number", str: "text"}
                yield from dict.fromkeys(kinds[value.__class__] for value in values)
            case _:
                return
