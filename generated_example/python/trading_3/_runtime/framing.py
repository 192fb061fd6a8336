"""What codecs know of frames whatever the model library: where the tag and the payload stand."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, ClassVar, Literal, TypeAlias, TypeGuard, get_args, get_origin

from .codec import FrameClasses, Getter, Undecodable, UnknownMessageKey
from .errors import InvalidPayload, InvalidRequest
from .rules import ByType, ByValue, Frame, NoJson, Raw, Rule, Tag, at, decide, way
from .undivided import Undivided

__all__ = [
    "Envelope",
    "FrameCodec",
    "Library",
    "Property",
    "SentJson",
    "SentRaw",
    "apart",
    "by_values",
    "is_array",
    "is_json",
    "is_number",
    "is_object",
    "item",
    "kind_of",
    "own_name",
    "step_to",
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


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a model class: its attribute, its type, and whether every instance has a value there."""

    attribute: str
    type: object
    always: bool = True


@dataclass(frozen=True, slots=True)
class Library:
    """What a model library does in its own way.

    Attributes:
        dump, parse: JSON values to JSON and back.
        invalid: what `parse` raises.
        properties: the properties of a model class by wire name; empty for anything else.
        parts: what a type is made of: members of unions, what is annotated.
        found: what stands under a name in a value, a model's property among them; None where nothing does.
    """

    dump: Callable[[object], bytes]
    parse: Callable[[bytes], object]
    invalid: type[Exception]
    properties: Callable[[object], Mapping[str, Property]]
    parts: Callable[[object], Iterable[object]]
    found: Callable[[object, str], Any]

    def attributes(self, kind: object, path: str) -> list[str]:
        """The attributes that lead along a path through classes that must have them; empty where it leaves them."""
        found: list[str] = []
        while path:
            own = self.properties(kind)
            head = path if path in own else path.partition(".")[0]
            if head not in own or not own[head].always:
                return []
            found.append(own[head].attribute)
            kind = own[head].type
            path = path[len(head) + 1 :]
        return found

    def constants(self, kind: object, path: str) -> tuple[object, ...]:
        """The literals in the annotation of what stands at a path through classes; empty where there are none."""
        for name in path.split("."):
            own = {wire: each for member in self._members(kind) for wire, each in self.properties(member).items()}
            kind = own[name].type if name in own else None
        return tuple(value for each in self._members(kind) if get_origin(each) is Literal for value in get_args(each))

    def _members(self, kind: object) -> list[object]:
        """The type itself, and those that it is made of."""
        if get_origin(kind) is Literal:
            return [kind]
        return [kind, *(found for each in self.parts(kind) for found in self._members(each))]


class FrameCodec(ABC):
    """A `codec.Codec` and the base of a `codec.ServerCodec`, without the decoding of text frames.

    `sent` and `received` give the type of each message's payload by its key: a model class, any other type that the
    library knows, or None for a message without a payload, `NoneType` for one whose payload is null; a `Raw` for one
    that is no JSON, an `Undivided[A | B]` for several that cannot be told apart. A received payload may be left out or
    null where its type allows None.

    `rule` leads from a received frame to its message where a tag alone does not, `sent_rule` does so for what is sent.
    With a rule, payloads are whole frames.

    Raises:
        ValueError: several messages can be received, and nothing tells them apart.
    """

    _library: ClassVar[Library]
    decode: Callable[[bytes], tuple[str, Any]]
    """See `Codec.decode`. It is a function of its own, made of what this codec's frames need."""
    classes: FrameClasses | None = None
    """See `Codec.classes`."""
    _tries: ClassVar[bool] = False
    """Whether messages that no tag tells apart are tried one after another."""

    def __init__(
        self,
        envelope: Envelope,
        *,
        sent: Mapping[str, object],
        received: Mapping[str, object],
        rule: Rule | None = None,
        sent_rule: Rule | None = None,
    ) -> None:
        if not envelope.tag and rule is None and len(received) > 1 and not self._tries:
            raise ValueError(f"{len(received)} messages can be received, and nothing tells them apart")
        self._envelope = envelope
        self._received = dict(received)
        self._sent_types = dict(sent)
        self._sent = {key: self._sender(key, type) for key, type in sent.items()}
        self._rule, self._sent_rule = rule, sent_rule
        self._binary = rule.cases.get("binary") if isinstance(rule, ByType) and not rule.path else None

    @abstractmethod
    def _sent_json(self, key: str, kind: Any, envelope: Envelope) -> SentJson:
        """How a message is sent that is JSON."""

    @abstractmethod
    def _read(self, key: str, frame: bytes, value: object) -> Any:
        """The payload of a frame that is `value` as JSON.

        Raises:
            Undecodable: it does not fit.
        """

    @abstractmethod
    def _read_as(self, model: type[Any], frame: bytes, raw: Any) -> Any:
        """See `undivided.read_as`, for all that is JSON."""

    def decode_binary(self, frame: bytes) -> tuple[str, Any]:
        """See `Codec.decode_binary`."""
        leaf = decide(self._binary, Frame(frame))
        if leaf is None:
            raise Undecodable(None, InvalidPayload(None, "$", "expected text, got a binary frame"))
        return (leaf if isinstance(leaf, str) else leaf[0]), bytes(frame)

    @property
    def has_binary(self) -> bool:
        """See `Codec.has_binary`."""
        return self._binary is not None

    def encode(self, key: str, payload: object) -> bytes:
        """See `Codec.encode`."""
        return self._sent[key].encode(payload)

    def parameters(self, key: str, payload: object) -> dict[str, Any]:
        """See `Codec.parameters`."""
        return self._sent[key].parameters(payload)

    def encode_parameters(self, key: str, parameters: dict[str, Any]) -> bytes:
        """See `Codec.encode_parameters`."""
        return self._sent[key].frame(self._library.dump(parameters))

    def attributes(self, key: str, path: str) -> list[str]:
        """See `Codec.attributes`."""
        kind = self._received[key] if key in self._received else self._sent_types.get(key)
        return self._library.attributes(kind, path)

    def getter(self, key: str, path: str) -> Getter:
        """See `Codec.getter`."""
        attributes = self.attributes(key, path)
        return operator.attrgetter(".".join(attributes)) if attributes else _Search(path, self._library.found)

    def field(self, name: str) -> Getter:
        """See `Codec.field`."""
        return _Search(name, self._library.found)

    def assemble(self, key: str, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""
        told = way(self._sent_rule, key)
        if told:
            try:
                return self._sent[key].assemble({**told, **values})
            except (InvalidRequest, ValueError):
                pass  # the message itself says it in another way
        return self._sent[key].assemble(values)

    def constants(self, key: str, path: str) -> tuple[object, ...]:
        """See `ServerCodec.constants`."""
        return self._library.constants(self._sent_types[key], path)

    def _sides(self) -> _Sides:
        """What the codec of the other side is made of."""
        tag = self._envelope.tag if self._envelope.sent_tag is None else self._envelope.sent_tag
        other = Envelope(tag, self._envelope.payload, None if tag == self._envelope.tag else self._envelope.tag)
        return other, self._received, self._sent_types, self._sent_rule, self._rule

    def _sender(self, key: str, kind: Any) -> SentJson | SentRaw:
        if isinstance(kind, Raw):
            return SentRaw(key, kind)
        if _is_undivided(kind):
            (members,) = get_args(kind)
            return self._sent_json(key, members, Envelope("", None))
        return self._sent_json(key, kind, self._envelope)

    def _parsed(self, frame: bytes) -> object:
        """A frame as JSON values, or what is wrong with it."""
        try:
            return self._library.parse(frame)
        except (self._library.invalid, ValueError, RecursionError) as invalid:
            return NoJson(f"not JSON: {invalid}")

    def _first_that_fits(self, keys: Iterable[str], frame: bytes, value: object) -> tuple[str, Any]:
        """The message that a frame is, of those that it may be, and its payload.

        Raises:
            Undecodable, UnknownMessageKey: it is none of them.
        """
        problem: Undecodable | None = None
        # A message without a payload is any frame, so it is tried last.
        for key in sorted(keys, key=lambda key: self._received[key] is None):
            try:
                return key, self._payload(key, frame, value)
            except Undecodable as error:
                problem = problem or error
        raise problem or UnknownMessageKey(None)

    def _payload(self, key: str, frame: bytes, value: object) -> Any:
        kind = self._received[key]
        if kind is None:
            return None
        if isinstance(kind, Raw) or (isinstance(value, NoJson) and _is_undivided(kind)):
            try:
                text = frame.decode()
            except UnicodeDecodeError as error:
                raise Undecodable(key, InvalidPayload(key, "$", f"not UTF-8: {error.reason}")) from None
            return text if isinstance(kind, Raw) else self._undivided(frame, text)
        if _is_undivided(kind):
            return self._undivided(frame, value)
        if isinstance(value, NoJson):
            raise Undecodable(key, InvalidPayload(key, "$", value.problem))
        return self._read(key, frame, value)

    def _undivided(self, frame: bytes, raw: Any) -> Undivided[Any]:
        undivided: Undivided[Any] = Undivided(raw, lambda model: self._read_as(model, frame, raw))
        return undivided


_Sides: TypeAlias = "tuple[Envelope, Mapping[str, object], Mapping[str, object], Rule | None, Rule | None]"
"""Envelope, sent, received, rule, rule of what is sent."""


def by_values(rule: Rule | None, received: Mapping[str, object]) -> ByValue | None:
    """As much of a rule as a validator can follow by itself: strings and whole numbers in objects."""
    if isinstance(rule, ByType) and not rule.path and rule.cases.keys() <= {"object", "binary", "text"}:
        rule = rule.cases.get("object")
    if not isinstance(rule, ByValue) or any(step.isdecimal() for step in rule.path.split(".")):
        return None
    cases: dict[Tag, Rule] = {}
    for tag, case in rule.cases.items():
        if isinstance(tag, bool | float):
            continue
        inner = by_values(case, received)
        if inner is not None:
            cases[apart(tag)] = inner
        elif isinstance(case, str) and (received[case] is None or is_json(received[case])):
            cases[apart(tag)] = case
    return ByValue(rule.path, cases) if cases else None


class _NoTruth(int):
    """0 or 1, which false and true do not equal: in Python they do, in JSON they are other values."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other.__class__ is not bool and +self == other

    __hash__ = int.__hash__


def apart(tag: Tag) -> Tag:
    """A string or a number as the key under which validators look it up, which no other value of JSON equals."""
    return _NoTruth(tag) if tag in (0, 1) else tag


def own_name(rule: Rule | None, value: object) -> str | None:
    """What a frame calls itself, for messages about it."""
    if isinstance(rule, ByType):
        rule = rule.cases.get("object")
    tag = at(value, rule.path) if isinstance(rule, ByValue) else None
    return str(tag) if isinstance(tag, str | int) else None


def _is_undivided(type: object) -> bool:
    return get_origin(type) is Undivided


def is_json(type: object) -> bool:
    """Whether frames of a message are validated as this type."""
    return not (type is None or isinstance(type, Raw) or _is_undivided(type))


def is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal() and str(int(key)) == key


class SentJson(ABC):
    """How one message is sent, as JSON. `optional`: its payload may be left out."""

    __slots__ = ("_key", "_library", "_open", "_optional", "_tag", "_type", "_whole")

    def __init__(self, key: str, kind: Any, envelope: Envelope, library: Library, *, optional: bool) -> None:
        self._key = key
        self._type = kind
        self._library = library
        self._optional = optional and kind is not NoneType
        self._whole = envelope.payload is None
        self._tag = _tag_object(key, envelope.tag if envelope.sent_tag is None else envelope.sent_tag)
        opening = library.dump(self._tag)[:-1] + (b"," if self._tag else b"")
        self._open = opening + library.dump(envelope.payload) + b":"

    @abstractmethod
    def _body(self, payload: object) -> bytes:
        """The payload as JSON, valid as what the server will see.

        Raises:
            InvalidRequest: it does not fit.
        """

    @abstractmethod
    def parameters(self, payload: object) -> dict[str, Any]:
        """See `Codec.parameters`."""

    @abstractmethod
    def assemble(self, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""

    def encode(self, payload: object) -> bytes:
        if self._type is None and payload is not None:
            raise InvalidRequest(self._key, "$", f"expected no payload, got {kind_of(payload)}")
        if self._type is None or (payload is None and self._optional and not self._whole):
            return self._library.dump(self._tag)
        return self.frame(self._body(payload))

    def frame(self, body: bytes) -> bytes:
        """The frame of a payload that is JSON already."""
        if self._type is None:
            return self._library.dump(self._tag)
        if self._type is NoneType:
            body = b"null"
        if self._whole:
            return self._tagged(body) if self._tag else body
        return self._open + body + b"}"

    def _tagged(self, body: bytes) -> bytes:
        """A payload that is the whole frame says what it is itself; where it leaves that out, it is added."""
        frame = self._library.parse(body)
        return self._library.dump(frame) if is_object(frame) and _add(frame, self._tag) else body


class SentRaw:
    """How a message is sent that is no JSON."""

    __slots__ = ("_key", "_make", "_type")

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


def _tag_object(key: str, tag: str) -> dict[str, Any]:
    """`{"meta": {"type": key}}` for the tag `meta.type`; empty where there is no tag."""
    if not tag:
        return {}
    name, _, rest = tag.partition(".")
    return {name: _tag_object(key, rest) if rest else key}


def _add(frame: dict[str, Any], tag: dict[str, Any]) -> bool:
    (name, value), *_ = tag.items()
    if name not in frame:
        frame[name] = value
        return True
    inner: object = frame[name]
    return is_object(inner) and is_object(value) and _add(inner, value)


def step_to(value: object, path: Sequence[str]) -> object:
    """What stands at a path of names in JSON values; None where nothing does."""
    for name in path:
        value = value.get(name) if is_object(value) else None
    return value


class _Search:
    """A getter that looks at each payload: for unions, optional properties, dictionaries, arrays."""

    __slots__ = ("_found", "_path")

    def __init__(self, path: str, found: Callable[[object, str], Any]) -> None:
        self._path = tuple(path.split(".")) if path else ()
        self._found = found

    def __call__(self, payload: object) -> Any:
        value: Any = payload.raw if isinstance(payload, Undivided) else payload
        for name in self._path:
            value = self._found(value, name)
        return value


def item(value: object, name: str) -> Any:
    """What stands under a name in JSON values, a number being an index of an array; None where nothing does."""
    if is_array(value):
        return value[int(name)] if name.isdecimal() and int(name) < len(value) else None
    return value.get(name) if is_object(value) else None
