"""Frames to pydantic models and back.

Every frame is decoded by one call of one validator that was built at import: a union over all messages,
chosen by the tag. The choice of a message `key` is a dictionary schema with the single entry `key`, filled
from the property that wraps the payload; `popitem()` of such a dictionary is the pair that `decode` returns.
There is no envelope object and no second look-up, and what is slow is done after a failure only.

Where more than a tag decides there is a `rules.Rule`. As far as it is values of objects, the validator follows
it; a frame that this leaves open is parsed, led by `rules.decide`, and validated as the one message it is.

Rules for the next editor: on the path of `decode` before its `except`, nothing calls a Python function per
frame (but the one that names a payload which is the whole frame); constraints and unknown properties are the
models' business; a payload is sent only if it validates as JSON, because that is what the server will see.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Annotated, Any, ClassVar, Final, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, PydanticSerializationError, core_schema, from_json, to_json

from .codec import Getter, Undecodable, UnknownMessageKey
from .errors import InvalidPayload, InvalidRequest
from .framing import (
    Envelope,
    SentRaw,
    add,
    by_values,
    is_array,
    is_json,
    is_number,
    is_object,
    is_undivided,
    kind_of,
    own_name,
    step_to,
    tag_object,
)
from .rules import ByType, ByValue, Frame, NoJson, Raw, Rule, at, decide
from .samples import merged, nested, sample
from .undivided import Json, Undivided

__all__ = ["OMIT_NONE", "Envelope", "PydanticCodec", "WireModel"]


def _is_none(value: object) -> bool:
    return value is None


OMIT_NONE: Final[object] = Field(exclude_if=_is_none)
"""Stands in the annotation of a property that may be absent but not null: None is then sent as absent."""


class WireModel(BaseModel):
    """Base of all generated models.

    What is absent stays absent, null is null, and constants are always sent. Instances are made with the
    Python names of their fields; on the wire the fields have the names of the document. Properties that the
    document does not describe are ignored, unless it says that they may be there.
    """

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, protected_namespaces=()
    )

    wire_constants: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        # Only classes with constants pay for a call per instance; pydantic looks for the hook after this.
        super().__init_subclass__(**options)
        if cls.wire_constants:
            setattr(cls, "model_post_init", _send_constants)  # noqa: B010  (type checkers refuse the plain form)


def _send_constants(self: WireModel, context: object, /) -> None:
    self.__pydantic_fields_set__.update(self.wire_constants)


class PydanticCodec:
    """A `codec.Codec` over pydantic.

    `sent` and `received` give the type of each message's payload by its key: a model class, any other type
    that pydantic knows, or None for a message without a payload, `NoneType` for one whose payload is null; a
    `Raw` for one that is no JSON, an `Undivided[A | B]` for several that cannot be told apart. A received
    payload may be left out or null where its type allows None.

    `rule` leads from a received frame to its message where a tag alone does not, `sent_rule` does so for what
    is sent. With a rule, payloads are whole frames.

    Raises:
        ValueError: several messages can be received, and nothing tells them apart.
    """

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
        self._envelope = envelope
        self._tag = tuple(envelope.tag.split(".")) if envelope.tag else ()
        if not self._tag and rule is None and len(received) > 1 and not self._tries:
            raise ValueError(f"{len(received)} messages can be received, and nothing tells them apart")
        self._received = dict(received)
        self._sent = {key: _sender(key, type, envelope) for key, type in sent.items()}
        self._sent_types = dict(sent)
        self._rule, self._sent_rule = rule, sent_rule
        self._plain = not _has_aliases(received.values())
        self._binary = rule.cases.get("binary") if isinstance(rule, ByType) and not rule.path else None
        self._readers = {} if rule is None else {key: _reader(type) for key, type in received.items() if is_json(type)}
        self._load: Callable[..., dict[str, Any]] = self._load_by_rule
        quick = by_values(rule, received)
        if rule is None or quick is not None:
            frames = _Frames(envelope.payload, self._tag, received, quick)
            adapter = TypeAdapter[dict[str, Any]](Annotated[dict[str, Any], frames])
            self._load = adapter.validator.validate_json

    def decode(self, frame: bytes) -> tuple[str, Any]:
        """See `Codec.decode`."""
        try:
            if self._plain:
                return self._load(frame).popitem()
            # By wire name only: a Python name in a frame is an unknown property. The options cost 0.06 µs.
            return self._load(frame, by_alias=True, by_name=False).popitem()
        except ValidationError as error:
            failure = error
        if self._rule is None:
            raise self._explain(frame, failure) from None
        return self._load_by_rule(frame).popitem()

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
        return self._sent[key].frame(to_json(parameters))

    def getter(self, key: str, path: str) -> Getter:
        """See `Codec.getter`."""
        type = self._received[key] if key in self._received else self._sent_types.get(key)
        attributes = _attributes(type, path)
        return operator.attrgetter(".".join(attributes)) if attributes else _Search(path)

    def field(self, name: str) -> Getter:
        """See `Codec.field`."""
        return _Search(name)

    def reversed(self) -> ReversedPydanticCodec:
        """See `Codec.reversed`."""
        envelope = self._envelope
        tag = envelope.tag if envelope.sent_tag is None else envelope.sent_tag
        other = Envelope(tag, envelope.payload, None if tag == envelope.tag else envelope.tag)
        return ReversedPydanticCodec(
            other, sent=self._received, received=self._sent_types, rule=self._sent_rule, sent_rule=self._rule
        )

    def _load_by_rule(self, frame: bytes, **options: object) -> dict[str, Any]:
        """The message that the rule leads to, and its payload."""
        value: object
        try:
            value = from_json(frame)
        except ValueError as invalid:
            value = NoJson(f"not JSON: {invalid}")
        leaf = decide(self._rule, value)
        if leaf is None:
            if isinstance(value, NoJson):
                raise Undecodable(None, InvalidPayload(None, "$", value.problem))
            raise UnknownMessageKey(own_name(self._rule, value))
        problem: Undecodable | None = None
        # A message without a payload is any frame, so it is tried last.
        for key in (leaf,) if isinstance(leaf, str) else sorted(leaf, key=lambda key: self._received[key] is None):
            try:
                return {key: self._payload(key, frame, value)}
            except Undecodable as error:
                problem = problem or error
        raise problem or UnknownMessageKey(None)

    def _payload(self, key: str, frame: bytes, value: object) -> Any:
        kind = self._received[key]
        if kind is None:
            return None
        if isinstance(kind, Raw) or (isinstance(value, NoJson) and is_undivided(kind)):
            try:
                text = frame.decode()
            except UnicodeDecodeError as error:
                raise Undecodable(key, InvalidPayload(key, "$", f"not UTF-8: {error.reason}")) from None
            return text if isinstance(kind, Raw) else _undivided(frame, text)
        if is_undivided(kind):
            return _undivided(frame, value)
        if isinstance(value, NoJson):
            raise Undecodable(key, InvalidPayload(key, "$", value.problem))
        try:
            return self._readers[key](frame, by_alias=True, by_name=False)
        except ValidationError as error:
            raise Undecodable(key, InvalidPayload(key, *_first_fault(error, value))) from None

    def _explain(self, frame: bytes, error: ValidationError) -> Undecodable | UnknownMessageKey:
        """What is wrong with a frame that the validator refused."""
        try:
            value: object = from_json(frame)
        except ValueError as invalid:
            return Undecodable(None, InvalidPayload(None, "$", f"not JSON: {invalid}"))
        key = next(iter(self._received), None)
        if self._tag:
            tag = at(value, self._envelope.tag)
            if not isinstance(tag, str | int):
                problem = "no message type" if tag is None else "a message type that is no text"
                return Undecodable(None, InvalidPayload(None, ".".join(("$", *self._tag)), problem))
            key = str(tag)
        if key is None or key not in self._received:
            return UnknownMessageKey(key)
        payload = value if self._envelope.payload is None else step_to(value, (self._envelope.payload,))
        return Undecodable(key, InvalidPayload(key, *_first_fault(error, value)), payload)


class ReversedPydanticCodec(PydanticCodec):
    """A `codec.ServerCodec` over pydantic: `sent` and `received` are the server's."""

    _tries = True

    def assemble(self, key: str, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""
        return self._sent[key].assemble(values)

    def constants(self, key: str, path: str) -> tuple[object, ...]:
        """See `ServerCodec.constants`."""
        return _constants(self._sent_types[key], path)


class _Frames:
    """The core schema of all received frames, as an annotation: that is how pydantic is asked to build it."""

    def __init__(
        self,
        payload: str | None,
        tag: tuple[str, ...],
        received: Mapping[str, object],
        quick: ByValue | None = None,
    ) -> None:
        self._payload = payload
        self._tag = tag
        self._received = received
        self._quick = quick

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        if self._quick is not None:
            return self._union(self._quick, handler)
        choices = {key: self._choice(key, type, handler) for key, type in self._received.items()}
        if not choices:
            return core_schema.is_instance_schema(_Frames)  # refuses all JSON
        if not self._tag:
            # A message without a payload is any object, so it is tried last.
            tried = sorted(choices, key=lambda key: self._received[key] is None)
            return core_schema.union_schema([choices[key] for key in tried], mode="left_to_right")
        # A tag that is a number on the wire has a key of digits.
        numbers = {int(key): choice for key, choice in choices.items() if is_number(key)}
        path: list[str | int] = list(self._tag)
        return core_schema.tagged_union_schema({**choices, **numbers}, discriminator=[path])

    def _union(self, rule: ByValue, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A union chosen by a value, of messages and of further unions."""
        choices: dict[Any, CoreSchema] = {}
        messages: dict[str, CoreSchema] = {}
        for tag, case in rule.cases.items():
            if isinstance(case, ByValue):
                choices[tag] = self._union(case, handler)
            elif isinstance(case, str):
                if case not in messages:
                    messages[case] = self._choice(case, self._received[case], handler)
                choices[tag] = messages[case]
        path: list[str | int] = list(rule.path.split("."))
        return core_schema.tagged_union_schema(choices, discriminator=[path])

    def _choice(self, key: str, type: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A schema whose value is the dictionary `{key: payload}`."""
        if type is None:
            return _passed_over(key)
        payload = handler.generate_schema(type)
        if self._payload is None:
            return core_schema.no_info_after_validator_function(_under(key), payload)
        optional = _accepts_none(type)
        if optional:
            payload = core_schema.with_default_schema(payload, default=None)
        alias: list[str | int] = [self._payload]  # a path, so that a dot in a name is no step
        field = core_schema.typed_dict_field(payload, required=not optional, validation_alias=[alias])
        return core_schema.typed_dict_schema({key: field}, extra_behavior="ignore")


def _reader(type: Any) -> Callable[..., Any]:
    return TypeAdapter[Any](type).validator.validate_json


def _undivided(frame: bytes, raw: Any) -> Undivided[Any]:
    undivided: Undivided[Any] = Undivided(raw, lambda model: _read_as(model, frame, raw))
    return undivided


def _read_as(model: type[Any], frame: bytes, raw: Json) -> Any:
    """See `undivided.read_as`."""
    adapter = _ADAPTERS.get(model)
    if adapter is None:
        adapter = _ADAPTERS[model] = TypeAdapter[Any](model)
    try:
        return adapter.validator.validate_json(frame, by_alias=True, by_name=False)
    except ValidationError as error:
        failure = error
    if model is str:
        # A text frame. Where it happens to be JSON, only a string is taken for that.
        return raw if isinstance(raw, str) else frame.decode()
    raise InvalidPayload(getattr(model, "__name__", str(model)), *_first_fault(failure, raw))


_ADAPTERS: Final[dict[object, TypeAdapter[Any]]] = {}
"""Of models that undivided messages were read as."""


def _passed_over(key: str) -> CoreSchema:
    """A message without a payload: whatever stands in its place is None."""
    nothing = core_schema.with_default_schema(core_schema.none_schema(), default=None, on_error="default")
    field = core_schema.typed_dict_field(nothing, required=False)
    return core_schema.typed_dict_schema({key: field}, extra_behavior="ignore")


def _under(key: str) -> Callable[[object], dict[str, object]]:
    return lambda payload: {key: payload}


def _accepts_none(type: Any) -> bool:
    try:
        TypeAdapter[Any](type).validate_python(None)
    except ValidationError:
        return False
    return True


def _sender(key: str, type: Any, envelope: Envelope) -> _Sent | SentRaw:
    if isinstance(type, Raw):
        return SentRaw(key, type)
    if is_undivided(type):
        (members,) = get_args(type)
        return _Sent(key, members, Envelope("", None))
    return _Sent(key, type, envelope)


class _Sent:
    """How one message is sent, as JSON."""

    __slots__ = ("_adapter", "_key", "_open", "_optional", "_tag", "_type", "_whole")

    def __init__(self, key: str, type: Any, envelope: Envelope) -> None:
        self._adapter = TypeAdapter[Any](type)
        self._key = key
        self._type = type
        self._optional = _accepts_none(type) and type is not NoneType
        self._whole = envelope.payload is None
        self._tag = tag_object(key, envelope.tag if envelope.sent_tag is None else envelope.sent_tag)
        self._open = to_json(self._tag)[:-1] + (b"," if self._tag else b"") + to_json(envelope.payload) + b":"

    def encode(self, payload: object) -> bytes:
        if self._type is None and payload is not None:
            raise InvalidRequest(self._key, "$", f"expected no payload, got {kind_of(payload)}")
        if self._type is None or (payload is None and self._optional and not self._whole):
            return to_json(self._tag)
        return self.frame(self._body(payload))

    def frame(self, body: bytes) -> bytes:
        """The frame of a payload that is JSON already."""
        if self._type is None:
            return to_json(self._tag)
        if self._type is NoneType:
            body = b"null"
        if self._whole:
            return _tagged(body, self._tag) if self._tag else body
        return self._open + body + b"}"

    def parameters(self, payload: object) -> dict[str, Any]:
        value = None if payload is None else self._wire(payload)
        return value if is_object(value) else {}

    def assemble(self, values: Mapping[str, object]) -> Any:
        """See `ServerCodec.assemble`."""
        if self._type is None or self._type is NoneType:
            return None
        whole: object = nested(values)
        try:
            return self._adapter.validate_python(whole, by_alias=True, by_name=False)
        except ValidationError as error:
            failure = error
        try:
            whole = merged(sample(self._adapter.json_schema()), whole)
            return self._adapter.validate_python(whole, by_alias=True, by_name=False)
        except ValidationError as error:
            failure = error
        except (PydanticUserError, ValueError):
            pass  # no JSON Schema, or nothing that can be made up from it
        raise InvalidRequest(self._key, *_first_fault(failure, whole))

    def _body(self, payload: object) -> bytes:
        """The payload as JSON, valid first as what its type says, then as what the server will see."""
        expected = None if self._type is Any else self._type  # `Any` is a class from Python 3.11 on
        if isinstance(expected, type) and not isinstance(payload, expected):
            problem = f"expected an instance of `{expected.__name__}`, got {kind_of(payload)}"
            raise InvalidRequest(self._key, "$", problem)
        try:
            checked = self._adapter.validate_python(payload, strict=True)
            body = self._adapter.dump_json(checked, by_alias=True, exclude_unset=True, warnings="none")
            self._adapter.validate_json(body, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            path, problem = _first_fault(error, self._wire(payload))
            raise InvalidRequest(self._key, path, problem) from None
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            problem = f"{kind_of(payload)} cannot be written as JSON ({error})"
            raise InvalidRequest(self._key, "$", problem) from None
        return body

    def _wire(self, payload: object) -> object:
        """The payload as JSON values by wire name; None where it cannot be written so."""
        try:
            value: object = self._adapter.dump_python(
                payload, mode="json", by_alias=True, exclude_unset=True, warnings="none"
            )
        except (PydanticSerializationError, ValueError, RecursionError):
            return None
        return value


def _tagged(body: bytes, tag: dict[str, Any]) -> bytes:
    """A payload that is the whole frame says what it is itself; where it leaves that out, it is added."""
    frame: object = from_json(body)
    return to_json(frame) if is_object(frame) and add(frame, tag) else body


def _first_fault(error: ValidationError, value: object) -> tuple[str, str]:
    """Where the first fault is, as a path into the JSON value, and what it is.

    pydantic's location also names the members of unions and the like; those are no part of the value.
    """
    details = error.errors(include_url=False, include_context=False, include_input=False)[0]
    location = details["loc"]
    path = "$"
    for position, step in enumerate(location):
        missing = details["type"] == "missing" and position == len(location) - 1
        if isinstance(step, int) and is_array(value) and step < len(value):
            value = value[step]
            path += f"[{step}]"
        elif isinstance(step, str) and (missing or (is_object(value) and step in value)):
            value = step_to(value, (step,))
            path += f".{step}" if step.isidentifier() else f"[{step!r}]"
    return path, details["msg"]


def _attributes(type: object, path: str) -> list[str]:
    """The attributes that lead along a path through model classes alone; empty where it leaves them."""
    found: list[str] = []
    while path:
        fields = _fields(type)
        head = path if path in fields else path.partition(".")[0]
        if head not in fields:
            return []
        attribute, type = fields[head]
        found.append(attribute)
        path = path[len(head) + 1 :]
    return found


def _constants(type: object, path: str) -> tuple[object, ...]:
    """The literals in the annotation of what stands at a path through model classes; empty where there are none."""
    for name in path.split("."):
        found = {wire: each for member in _members(type) for wire, (_, each) in _fields(member).items()}
        type = found.get(name)
    return tuple(value for each in _members(type) if get_origin(each) is Literal for value in get_args(each))


def _members(type: object) -> list[object]:
    """The type itself, and those that it is made of: members of unions, what is annotated."""
    if get_origin(type) is Literal:
        return [type]
    return [type, *(inner for each in get_args(type) for inner in _members(each))]


def _has_aliases(types: Iterable[object]) -> bool:
    """Whether a property of any model that is reachable has a Python name of its own."""
    seen: set[int] = set()
    waiting = list(types)
    while waiting:
        kind = waiting.pop()
        if id(kind) in seen:
            continue
        seen.add(id(kind))
        for wire, (attribute, annotation) in _fields(kind).items():
            if wire != attribute:
                return True
            waiting.append(annotation)
        waiting.extend(get_args(kind))
    return False


def _fields(kind: object) -> dict[str, tuple[str, object]]:
    """Attribute and type of each property of a model class by its wire name; empty for anything else."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    fields = kind.model_fields.items()
    return {name if field.alias is None else field.alias: (name, field.annotation) for name, field in fields}


class _Search:
    """A getter that looks at each payload: for unions, optional models, dictionaries, arrays."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = tuple(path.split(".")) if path else ()

    def __call__(self, payload: object) -> Any:
        value: Any = payload.raw if isinstance(payload, Undivided) else payload
        for name in self._path:
            value = _property(value, name)
        return value


def _property(value: object, name: str) -> Any:
    if isinstance(value, BaseModel):
        attribute, _ = _fields(type(value)).get(name, ("", None))
        return getattr(value, attribute) if attribute else (value.model_extra or {}).get(name)
    if is_array(value):
        return value[int(name)] if name.isdecimal() and int(name) < len(value) else None
    return value.get(name) if is_object(value) else None
