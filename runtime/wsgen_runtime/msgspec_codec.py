"""Frames to msgspec structs and back.

A frame is decoded by one call of one decoder that was built at import, where that can be: a union of structs that
msgspec tells apart by the tag. Where the payload is wrapped, each message has a struct around it; where it is the
whole frame, the models have the tag themselves. Otherwise a first decoder reads what says which message it is and
skips the rest, and the decoder of that message reads the payload.

What a decoder refuses is read a second time, more generously, before it is called wrong: JSON has integers that are
written `5.0`, and servers send numbers as text. All of that is slow, and none of it happens to frames that fit.

Rules for the next editor: on the path of `decode` before an `except`, nothing is done per frame but what is there;
the structs around payloads are made for every frame and live until its callbacks return, so the garbage collector does
not follow them (what was read from JSON is in no cycle);
a payload is sent only if it can be read back as its type, because that is what the server will do.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import UNSET, DecodeError, Struct, ValidationError, defstruct
from msgspec import json as msgspec_json

from .codec import FrameClasses, Undecodable, UnknownMessageKey
from .errors import InvalidPayload, InvalidRequest
from .framing import (
    Envelope,
    FrameCodec,
    Library,
    Property,
    SentJson,
    apart,
    by_values,
    is_array,
    is_json,
    is_number,
    is_object,
    item,
    kind_of,
    own_name,
    step_to,
)
from .rules import ByValue, NoJson, Rule, at, decide
from .samples import FORMATS, merged, nested, sample

__all__ = ["Envelope", "MsgspecCodec", "Untagged", "from_wire"]

ValueT = TypeVar("ValueT")

_Path: TypeAlias = tuple[str, ...]


class _Tried(type):
    """The class of types that stand for a union whose members are tried. Values are those of the members."""

    members: tuple[Any, ...]

    def __instancecheck__(cls, instance: object) -> bool:
        return True


if TYPE_CHECKING:
    Untagged: TypeAlias = Annotated[ValueT, "untagged"]
else:

    class Untagged:
        """`Untagged[A | B]`: a union that msgspec cannot tell apart; to type checkers it is the union itself.

        Its members are tried one after another. Of several classes that fit, the one counts that knows most of
        the properties that are there.
        """

        def __class_getitem__(cls, union: object) -> _Tried:
            return _tried(get_args(union) or (union,))


_MADE: Final[dict[tuple[object, ...], _Tried]] = {}


def _tried(members: tuple[object, ...]) -> _Tried:
    """The type that stands for these members: one for all uses of them."""
    if members not in _MADE:
        _MADE[members] = _Tried("Untagged", (), {"members": members})
    return _MADE[members]


def from_wire(model: type[ValueT], values: object) -> ValueT:
    """A model from JSON values by wire name.

    Raises:
        msgspec.ValidationError: they do not fit.
    """
    return msgspec.convert(values, model, dec_hook=_strictly)


_PROPERTIES: Final[dict[object, dict[str, Property]]] = {}


def _properties(kind: object) -> dict[str, Property]:
    """The properties of a struct by wire name, its tag among them; empty for anything else."""
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return {}
    if kind not in _PROPERTIES:
        fields = msgspec.structs.fields(kind)
        found = {each.encode_name: Property(each.name, each.type, each.default is not UNSET) for each in fields}
        config = kind.__struct_config__
        if config.tag_field is not None:
            # The class variable that shows the tag is the only one without an underscore that holds it.
            shown = [name for name, value in vars(kind).items() if value == config.tag and name[:2] != "__"]
            found[config.tag_field] = Property(shown[0] if shown else "", Literal[config.tag], bool(shown))
        _PROPERTIES[kind] = found
    return _PROPERTIES[kind]


def _parts(kind: object) -> tuple[object, ...]:
    return kind.members if isinstance(kind, _Tried) else get_args(kind)


def _found(value: object, name: str) -> Any:
    if isinstance(value, Struct):
        own = _properties(type(value)).get(name)
        found = getattr(value, own.attribute, None) if own is not None else None
        return None if found is UNSET else found
    return item(value, name)


_LIBRARY: Final = Library(
    dump=msgspec_json.encode,
    parse=msgspec_json.decode,
    invalid=DecodeError,
    properties=_properties,
    parts=_parts,
    found=_found,
)


_REFUSED: Final = (DecodeError, ValueError, RecursionError, LookupError, TypeError, AttributeError)
"""What readers of frames raise, and getters of what they have read."""


class MsgspecCodec(FrameCodec):
    """A `codec.Codec` over msgspec; see `FrameCodec`.

    Raises:
        TypeError: msgspec does not take the type of a payload.
    """

    _library = _LIBRARY

    def __init__(
        self,
        envelope: Envelope,
        *,
        sent: Mapping[str, object],
        received: Mapping[str, object],
        rule: Rule | None = None,
        sent_rule: Rule | None = None,
    ) -> None:
        super().__init__(envelope, sent=sent, received=received, rule=rule, sent_rule=sent_rule)
        self._payloads = {key: _taken(type) for key, type in received.items() if is_json(type)}
        self._load: Callable[[bytes], Any] = _nothing
        self._keys: dict[type[Any], str] = {}
        self._wrapped = False
        self._led: _Led | None = None
        self._prepare()
        self.decode = self._decoder_of_wrapped() if self._wrapped else self._decode

    def _prepare(self) -> None:
        """Build the decoders of frames."""
        envelope, received = self._envelope, self._received
        wrapped = self._rule is None and envelope.payload is not None and envelope.tag and "." not in envelope.tag
        if wrapped and envelope.payload is not None and received and not any(map(is_number, received)):
            frames = [self._wrapper(key, envelope.tag, envelope.payload) for key in received]
            self._load, self._wrapped = _decoder(_told_by(envelope.tag, frames)), True
            self.classes = FrameClasses(self._load, _REFUSED, {frame.key: frame for frame in frames})
            return
        tree = by_values(self._rule, received) if self._rule is not None else self._by_tag()
        if tree is None:
            return
        if envelope.payload is None:
            self._keys = _tagged_models(tree, received)
        if self._keys:
            self._load = _decoder(_told_by(tree.path, list(self._keys)))
        else:
            self._led = _Led.along(tree, envelope.payload, self._payloads, received)

    def _by_tag(self) -> ByValue | None:
        """The rule of the envelope's tag. A tag that is a number on the wire has a key of digits."""
        if not self._envelope.tag or not self._received:
            return None
        numbers: dict[Any, Rule] = {apart(int(key)): key for key in self._received if is_number(key)}
        return ByValue(self._envelope.tag, {**{key: key for key in self._received}, **numbers})

    def _wrapper(self, key: str, tag: str, payload: str) -> type[Any]:
        """A struct for the frames of a message."""
        fields: list[tuple[str, Any, Any] | tuple[str, Any]] = []
        namespace: dict[str, Any] = {"key": key}
        kind = self._payloads.get(key)
        if kind is None:
            namespace["payload"] = None
        elif _accepts_none(kind):
            fields.append(("payload", kind, msgspec.field(default=None, name=payload)))
        else:
            fields.append(("payload", kind, msgspec.field(name=payload)))
        return defstruct("Frame", fields, namespace=namespace, tag_field=tag, tag=key, gc=False)

    def _decoder_of_wrapped(self) -> Callable[[bytes], tuple[str, Any]]:
        load, slowly = self._load, self._decode_slowly

        def decode(frame: bytes) -> tuple[str, Any]:
            try:
                found = load(frame)
                return found.key, found.payload
            except _REFUSED:
                return slowly(frame)

        return decode

    def _decode(self, frame: bytes) -> tuple[str, Any]:
        try:
            if self._keys:
                found = self._load(frame)
                key = self._keys[found.__class__]
                return key, found if key in self._payloads else None
            if self._led is not None:
                return self._led.decode(frame)
        except _REFUSED:
            pass  # what is wrong with it is found out below
        return self._decode_slowly(frame)

    def reversed(self) -> ReversedMsgspecCodec:
        """See `Codec.reversed`."""
        envelope, sent, received, rule, sent_rule = self._sides()
        return ReversedMsgspecCodec(envelope, sent=sent, received=received, rule=rule, sent_rule=sent_rule)

    def _decode_slowly(self, frame: bytes) -> tuple[str, Any]:
        """A frame that has to be looked at as a whole, or that the decoders refused."""
        value = self._parsed(frame)
        return self._first_that_fits(self._keys_of(value), frame, value)

    def _keys_of(self, value: object) -> tuple[str, ...]:
        """The messages that a frame may be."""
        if self._rule is not None:
            leaf = decide(self._rule, value)
            if leaf is not None:
                return (leaf,) if isinstance(leaf, str) else leaf
        if isinstance(value, NoJson):
            raise Undecodable(None, InvalidPayload(None, "$", value.problem))
        if self._rule is not None:
            raise UnknownMessageKey(own_name(self._rule, value))
        if not self._envelope.tag:
            return tuple(self._received)
        tag = at(value, self._envelope.tag)
        if isinstance(tag, bool) or not isinstance(tag, str | int):
            problem = "no message type" if tag is None else "a message type that is no text"
            raise Undecodable(None, InvalidPayload(None, f"$.{self._envelope.tag}", problem))
        if str(tag) not in self._received:
            raise UnknownMessageKey(str(tag))
        return (str(tag),)

    def _sent_json(self, key: str, kind: Any, envelope: Envelope) -> SentJson:
        return _Sent(key, kind, envelope)

    def _read_as(self, model: type[Any], frame: bytes, raw: Any) -> Any:
        if model is str:
            # A text frame. Where it happens to be JSON, only a string is taken for that.
            return raw if isinstance(raw, str) else frame.decode()
        try:
            return _read_generously(_taken(model), raw)
        except (ValidationError, RecursionError) as error:
            raise InvalidPayload(getattr(model, "__name__", str(model)), *_fault(error)) from None

    def _read(self, key: str, frame: bytes, value: object) -> Any:
        wrapper = self._envelope.payload if self._rule is None else None
        body = value if wrapper is None else step_to(value, (wrapper,))
        try:
            return _read_generously(self._payloads[key], body)
        except (ValidationError, RecursionError) as error:
            path, problem = _fault(error)
            if wrapper is not None:
                path = _below("$", wrapper) + path[1:]
            raise Undecodable(key, InvalidPayload(key, path, problem), body) from None


class ReversedMsgspecCodec(MsgspecCodec):
    """A `codec.ServerCodec`: it decodes what clients send, and encodes what they receive."""

    _tries = True


@dataclass(frozen=True, slots=True)
class _Led:
    """Reads in two steps: what says which message a frame is, then its payload.

    Attributes:
        tree: getters of values, with what these lead to.
        payload: whether the head has the payload, as JSON; else it is the frame.
    """

    head: Callable[[bytes], Any]
    tree: _Node
    readers: Mapping[str, Callable[[Any], Any] | None]
    payload: bool

    @classmethod
    def along(
        cls, rule: ByValue, payload: str | None, types: Mapping[str, Any], received: Mapping[str, object]
    ) -> _Led | None:
        """The reader for a rule; None: its paths cross each other."""
        paths = [tuple(path.split(".")) for path in dict.fromkeys(_paths(rule))]
        if any(one != other and one == other[: len(one)] for one in paths for other in paths):
            return None
        if payload is not None and any(path[0] == payload for path in paths):
            return None
        head = _head(paths, payload)
        readers = {
            key: None if kind is None else _decoder(types[key])
            for key, kind in received.items()
            if kind is None or key in types
        }
        return cls(_decoder(head), _node(rule, paths), readers, payload is not None)

    def decode(self, frame: bytes) -> tuple[str, Any]:
        """The message and its payload; whatever is raised, the frame is for somebody else to look at."""
        head = self.head(frame)
        node: _Node | str = self.tree
        while not isinstance(node, str):
            value, cases = node
            node = cases[value(head)]
        read = self.readers[node]
        if read is None:
            return node, None
        return node, read(head.payload if self.payload else frame)


_Node: TypeAlias = "tuple[Callable[[Any], Any], Mapping[Any, _Node | str]]"


def _paths(rule: ByValue) -> Iterator[str]:
    yield rule.path
    for case in rule.cases.values():
        if isinstance(case, ByValue):
            yield from _paths(case)


def _node(rule: ByValue, paths: Sequence[_Path]) -> _Node:
    number = paths.index(tuple(rule.path.split(".")))
    # In the order of `_head`: the path's own field is the last step of its attributes.
    attributes = ".".join(f"p{index}" for index in _way(paths, paths[number]))
    cases = {tag: _node(case, paths) if isinstance(case, ByValue) else str(case) for tag, case in rule.cases.items()}
    return operator.attrgetter(attributes), cases


def _way(paths: Sequence[_Path], path: _Path) -> Iterator[int]:
    """The numbers of the fields that lead along a path through the structs of `_head`."""
    for depth, step in enumerate(path):
        heads = list(dict.fromkeys(each[depth] for each in paths if each[:depth] == path[:depth] and len(each) > depth))
        yield heads.index(step)


def _head(paths: Sequence[_Path], payload: str | None) -> type[Any]:
    """A struct of what stands at these paths, of anything else nothing; with the payload as it is written."""
    fields: list[tuple[str, Any, Any]] = []
    for index, step in enumerate(dict.fromkeys(path[0] for path in paths)):
        inner = [path[1:] for path in paths if path[0] == step and len(path) > 1]
        if inner:
            kind = _head(inner, None)
            fields.append((f"p{index}", kind, msgspec.field(default_factory=kind, name=step)))
        else:
            fields.append((f"p{index}", Any, msgspec.field(default=None, name=step)))
    if payload is not None:
        fields.append(("payload", msgspec.Raw, msgspec.field(default=msgspec.Raw(b"null"), name=payload)))
    return defstruct("Head", fields)


def _tagged_models(rule: ByValue, received: Mapping[str, object]) -> dict[type[Any], str]:
    """The models of all messages that a rule leads to, if the models say the same themselves; else nothing."""
    found: dict[type[Any], str] = {}
    for tag, key in rule.cases.items():
        kind = received[key] if isinstance(key, str) else None
        if kind is None and isinstance(key, str):
            kind = defstruct("Frame", [], tag_field=rule.path, tag=key) if isinstance(tag, str) else None
        config = getattr(kind, "__struct_config__", None)
        if not isinstance(kind, type) or config is None or kind in found or not isinstance(key, str):
            return {}
        if (config.tag_field, config.tag) != (rule.path, tag):
            return {}
        found[kind] = key
    return found


def _told_by(tag: str, frames: list[type[Any]]) -> Any:
    """The union of structs that need their tag: msgspec asks none of a struct that is alone."""
    if len(frames) == 1:
        frames = [*frames, defstruct("Stranger", [], tag_field=tag, tag=f"not {frames[0].__struct_config__.tag}")]
    return _union(frames)


def _union(kinds: Sequence[Any]) -> Any:
    union = kinds[0]
    for kind in kinds[1:]:
        union = union | kind
    return union


def _nothing(frame: bytes) -> Any:
    raise LookupError


def _decoder(kind: Any) -> Callable[[Any], Any]:
    decoder = msgspec_json.Decoder(kind, dec_hook=_strictly)
    return decoder.decode


def _taken(kind: Any) -> Any:
    """A type as msgspec takes it: a union that it cannot tell apart is tried."""
    try:
        msgspec_json.Decoder(kind, dec_hook=_strictly)
    except TypeError:
        members = [each for each in get_args(kind) if each is not type(None)]
        if len(members) < 2:
            raise
        tried = _tried(tuple(members))
        return tried if len(members) == len(get_args(kind)) else tried | None
    return kind


def _strictly(kind: Any, value: object) -> object:
    """Reads values of `Untagged` types."""
    return _try(kind, value, _strictly, strict=True)


def _leniently(kind: Any, value: object) -> object:
    return _try(kind, value, _leniently, strict=False)


def _try(kind: Any, value: object, hook: Callable[[Any, object], object], *, strict: bool) -> object:
    if not isinstance(kind, _Tried):
        raise TypeError(f"`{kind}` is no type of a payload")
    best: object = None
    most = -1
    for member in kind.members:
        try:
            found = msgspec.convert(value, member, strict=strict, dec_hook=hook)
        except ValidationError:
            continue
        known = len(_properties(member).keys() & value.keys()) if is_object(value) else 0
        if known > most:
            best, most = found, known
    if most < 0:
        raise ValueError(f"fits none of {len(kind.members)} types")
    return best


def _read_generously(kind: Any, value: object) -> Any:
    """A payload from JSON values: as they are, else with `5.0` for integers, else with what stands for what it is."""
    try:
        return msgspec.convert(value, kind, dec_hook=_strictly)
    except ValidationError as error:
        failure = error
    whole = _with_integers(value)
    try:
        return msgspec.convert(whole, kind, dec_hook=_strictly)
    except ValidationError:
        pass
    try:
        return msgspec.convert(whole, kind, strict=False, dec_hook=_leniently)
    except ValidationError:
        raise failure from None


def _with_integers(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_object(value):
        return {name: _with_integers(each) for name, each in value.items()}
    return [_with_integers(each) for each in value] if is_array(value) else value


def _accepts_none(kind: Any) -> bool:
    try:
        msgspec.convert(None, kind, dec_hook=_strictly)
    except ValidationError:
        return False
    return True


class _Sent(SentJson):
    """How one message is sent, as JSON."""

    __slots__ = ("_decode",)

    def __init__(self, key: str, kind: Any, envelope: Envelope) -> None:
        taken = None if kind is None else _taken(kind)
        super().__init__(key, taken, envelope, _LIBRARY, optional=_accepts_none(taken))
        self._decode = _decoder(taken)

    def parameters(self, payload: object) -> dict[str, Any]:
        """See `Codec.parameters`."""
        value: object = None if payload is None else msgspec.to_builtins(payload)
        return value if is_object(value) else {}

    def assemble(self, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""
        if self._type is None or self._type is NoneType:
            return None
        given: object = nested(values)
        try:
            return msgspec.convert(given, self._type, dec_hook=_strictly)
        except ValidationError as error:
            failure = error
        try:
            least = sample(_schema(self._type))
        except (TypeError, ValueError):  # no JSON Schema, or nothing that can be made up from it
            raise InvalidRequest(self._key, *_fault(failure)) from None
        for made in (least, _with_moments(least)):
            try:
                return msgspec.convert(merged(made, given), self._type, dec_hook=_strictly)
            except ValidationError as error:
                failure = error
        raise InvalidRequest(self._key, *_fault(failure))

    def _body(self, payload: object) -> bytes:
        """The payload as JSON, valid as what the server will see."""
        expected: object = self._type
        if isinstance(expected, type) and issubclass(expected, Struct) and not isinstance(payload, expected):
            problem = f"expected an instance of `{expected.__name__}`, got {kind_of(payload)}"
            raise InvalidRequest(self._key, "$", problem)
        try:
            body = msgspec_json.encode(payload)
            self._decode(body)
        except ValidationError as error:
            raise InvalidRequest(self._key, *_fault(error)) from None
        except (TypeError, ValueError, RecursionError, DecodeError) as error:
            problem = f"{kind_of(payload)} cannot be written as JSON ({error})"
            raise InvalidRequest(self._key, "$", problem) from None
        return body


def _schema(kind: Any) -> dict[str, Any]:
    return msgspec_json.schema(kind, schema_hook=_schema_of_tried)


def _schema_of_tried(kind: Any) -> dict[str, Any]:
    return {"const": sample(_schema(kind.members[0]))}


def _with_moments(value: object) -> object:
    """A sample with moments for its empty texts: msgspec's schemas do not say which texts are moments."""
    if value == "":
        return FORMATS["date-time"]
    if is_object(value):
        return {name: _with_moments(each) for name, each in value.items()}
    return [_with_moments(each) for each in value] if is_array(value) else value


def _fault(error: Exception) -> tuple[str, str]:
    """Where the fault is, as a path into the JSON value, and what it is."""
    problem, _, place = str(error).partition(" - at `")
    path = place.rstrip("`") or "$"
    missing = _MISSING.fullmatch(problem)
    return (path, problem) if missing is None else (_below(path, missing[1]), "it is missing")


_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{name!r}]"
