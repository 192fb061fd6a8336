"""What codecs know of frames whatever the model library: where the tag and the payload stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, get_origin

from .errors import InvalidRequest
from .rules import ByType, ByValue, Frame, Raw, Rule, at
from .undivided import Undivided

__all__ = [
    "Envelope",
    "SentRaw",
    "add",
    "by_values",
    "is_array",
    "is_json",
    "is_number",
    "is_object",
    "is_undivided",
    "kind_of",
    "own_name",
    "step_to",
    "tag_object",
]


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a frame says what it is.

    Attributes:
        tag: the path of the wire type (names joined by dots); empty where there is one message and no tag.
        payload: the property that wraps the payload; None where the payload is the whole frame.
        sent_tag: the path in frames that are sent, where it is another one; empty: they have none; None: the same.
    """

    tag: str
    payload: str | None
    sent_tag: str | None = None


def by_values(rule: Rule | None, received: Mapping[str, object]) -> ByValue | None:
    """As much of a rule as a validator can follow by itself: strings and whole numbers in objects."""
    if isinstance(rule, ByType) and not rule.path and rule.cases.keys() <= {"object", "binary", "text"}:
        rule = rule.cases.get("object")
    if not isinstance(rule, ByValue) or any(step.isdecimal() for step in rule.path.split(".")):
        return None
    cases: dict[str | int | float | bool, Rule] = {}
    for tag, case in rule.cases.items():
        if isinstance(tag, bool | float):
            continue
        inner = by_values(case, received)
        if inner is not None:
            cases[tag] = inner
        elif isinstance(case, str) and (received[case] is None or is_json(received[case])):
            cases[tag] = case
    return ByValue(rule.path, cases) if cases else None


def own_name(rule: Rule | None, value: object) -> str | None:
    """What a frame calls itself, for messages about it."""
    if isinstance(rule, ByType):
        rule = rule.cases.get("object")
    tag = at(value, rule.path) if isinstance(rule, ByValue) else None
    return str(tag) if isinstance(tag, str | int) else None


def is_undivided(type: object) -> bool:
    return get_origin(type) is Undivided


def is_json(type: object) -> bool:
    """Whether frames of a message are validated as this type."""
    return not (type is None or isinstance(type, Raw) or is_undivided(type))


def is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal() and str(int(key)) == key


class SentRaw:
    """How a message is sent that is no JSON."""

    __slots__ = ("_key", "_make", "_type", "kind_of")

    def __init__(self, key: str, raw: Raw) -> None:
        self._key = key
        self._type: type[bytes] | type[str] = bytes if raw.frame == "binary" else str
        self._make: Callable[[Any], bytes] = Frame if raw.frame == "binary" else str.encode

    def encode(self, payload: object) -> bytes:
        if not isinstance(payload, self._type):
            raise InvalidRequest(self._key, "$", f"expected `{self._type.__name__}`, got {kind_of(payload)}")
        return self._make(payload)

    def frame(self, body: bytes) -> bytes:
        raise InvalidRequest(self._key, "$", "it has no parameters")

    def parameters(self, payload: object) -> dict[str, Any]:
        return {}

    def assemble(self, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""
        return self._type()


def kind_of(value: object) -> str:
    return f"`{type(value).__name__}`"


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def tag_object(key: str, tag: str) -> dict[str, Any]:
    """`{"meta": {"type": key}}` for the tag `meta.type`; empty where there is no tag."""
    if not tag:
        return {}
    name, _, rest = tag.partition(".")
    return {name: tag_object(key, rest) if rest else key}


def add(frame: dict[str, Any], tag: dict[str, Any]) -> bool:
    (name, value), *_ = tag.items()
    if name not in frame:
        frame[name] = value
        return True
    inner: object = frame[name]
    return is_object(inner) and is_object(value) and add(inner, value)


def step_to(value: object, path: Sequence[str]) -> object:
    """What stands at a path of names in JSON values; None where nothing does."""
    for name in path:
        value = value.get(name) if is_object(value) else None
    return value
