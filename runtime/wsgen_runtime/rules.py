"""How a receiver knows which message a frame is, as data, for any codec.

A rule is a tree. Its leaves are message keys; each inner node looks at one thing of the frame and says where to
go on. Every frame takes one way, so that no two messages can claim it. Paths are wire names joined by dots, from
the frame's top; a number is a position of an array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeGuard

__all__ = ["ByKey", "ByType", "ByValue", "Frame", "FrameType", "Raw", "Rule", "Tag", "at", "decide", "way"]

Tag: TypeAlias = str | int | float | bool
FrameType: TypeAlias = Literal["object", "array", "string", "number", "boolean", "null", "text", "binary"]
"""The JSON types; "text" is a text frame of any content, "binary" a binary one."""


@dataclass(frozen=True, slots=True)
class ByValue:
    """The value at `path` decides. `otherwise` is for frames with another value there, or with none; `absent` for
    frames with none, so that those with another value are of no known message.
    """

    path: str
    cases: Mapping[Tag, Rule]
    otherwise: Rule | None = None
    absent: Rule | None = None


@dataclass(frozen=True, slots=True)
class ByKey:
    """The property that is there decides: the first of `cases` that the frame has."""

    cases: Mapping[str, Rule]
    otherwise: Rule | None = None


@dataclass(frozen=True, slots=True)
class ByType:
    """The type of what stands at `path` decides; an empty path is the frame itself."""

    path: str
    cases: Mapping[FrameType, Rule]
    otherwise: Rule | None = None


Rule: TypeAlias = ByValue | ByKey | ByType | str | tuple[str, ...]
"""A leaf is a message key. Several keys: nothing in the frame says which; who reads it has to try."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Stands for the type of a message that is no JSON: its payload is the frame, as `bytes` or `str`."""

    frame: Literal["binary", "text"]


class Frame(bytes):
    """A binary frame, where text frames are `bytes`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NoJson:
    """A text frame that is no JSON, as `decide` takes it."""

    problem: str = field(default="")


def decide(rule: Rule | None, value: object) -> str | tuple[str, ...] | None:
    """The leaf for a decoded frame; None: it is no message of the protocol.

    `value` is JSON, a `Frame`, or a `NoJson`.
    """
    while rule is not None and not isinstance(rule, str | tuple):
        if isinstance(rule, ByValue):
            tag = at(value, rule.path)
            found = _case(rule.cases, tag) if isinstance(tag, str | int | float) else None
            if found is None and tag is None and rule.absent is not None:
                found = rule.absent
            rule = rule.otherwise if found is None else found
        elif isinstance(rule, ByKey):
            rule = next(
                (case for key, case in rule.cases.items() if _is_object(value) and key in value), rule.otherwise
            )
        else:
            rule = _by_type(rule, value)
    return rule


def _case(cases: Mapping[Tag, Rule], tag: Tag) -> Rule | None:
    """The case of a value. True is not 1 in JSON, but equals it in Python."""
    found = cases.get(tag)
    if found is None or isinstance(tag, str) or tag not in (0, 1):
        return found
    return next(
        (case for key, case in cases.items() if key == tag and isinstance(key, bool) is isinstance(tag, bool)), None
    )


def way(rule: Rule | None, key: str) -> dict[str, Tag] | None:
    """The values, by path, with which a frame is led to the message `key`; None: no way leads there."""
    if rule is None or isinstance(rule, str | tuple):
        return {} if rule == key or (isinstance(rule, tuple) and key in rule) else None
    if isinstance(rule, ByValue):
        for tag, case in rule.cases.items():
            found = way(case, key)
            if found is not None:
                return {rule.path: tag, **found}
        rest: tuple[Rule | None, ...] = (rule.absent, rule.otherwise)
    else:
        rest = (*rule.cases.values(), rule.otherwise)
    ways = (way(each, key) for each in rest)
    return next((each for each in ways if each is not None), None)


def _by_type(rule: ByType, value: object) -> Rule | None:
    found = rule.cases.get(_type(at(value, rule.path) if rule.path else value))
    if found is None and not rule.path and not isinstance(value, Frame):
        found = rule.cases.get("text")
    return rule.otherwise if found is None else found


def _type(value: object) -> FrameType:
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if _is_object(value):
        return "object"
    if _is_array(value):
        return "array"
    if isinstance(value, Frame):
        return "binary"
    return "text" if isinstance(value, NoJson) else "null"


def at(value: object, path: str) -> object:
    """What stands at a path of JSON values; None where nothing does."""
    for step in path.split("."):
        if _is_object(value):
            value = value.get(step)
        elif _is_array(value) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _is_array(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list)
