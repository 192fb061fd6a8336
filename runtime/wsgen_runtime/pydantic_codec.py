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

from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Annotated, Any, ClassVar, Final, get_args

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

from .codec import Undecodable, UnknownMessageKey
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
from .samples import merged, nested, sample

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


def _properties(kind: object) -> dict[str, Property]:
    """The properties of a model class by wire name; empty for anything else."""
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return {}
    fields = kind.model_fields.items()
    return {name if field.alias is None else field.alias: Property(name, field.annotation) for name, field in fields}


def _found(value: object, name: str) -> Any:
    if isinstance(value, BaseModel):
        own = _properties(type(value)).get(name)
        return getattr(value, own.attribute) if own is not None else (value.model_extra or {}).get(name)
    return item(value, name)


_LIBRARY: Final = Library(
    dump=to_json, parse=from_json, invalid=ValueError, properties=_properties, parts=get_args, found=_found
)


class PydanticCodec(FrameCodec):
    """A `codec.Codec` over pydantic; see `FrameCodec`."""

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
        self._tag = tuple(envelope.tag.split(".")) if envelope.tag else ()
        self._plain = not _has_aliases(received.values())
        self._readers = {} if rule is None else {key: _reader(type) for key, type in received.items() if is_json(type)}
        self._load: Callable[..., dict[str, Any]] = self._load_by_rule
        quick = by_values(rule, received)
        if rule is None or quick is not None:
            frames = _Frames(envelope.payload, self._tag, received, quick)
            adapter = TypeAdapter[dict[str, Any]](Annotated[dict[str, Any], frames])
            self._load = adapter.validator.validate_json
        self.decode = self._decoder_of_plain() if self._plain else self._decode

    def _decoder_of_plain(self) -> Callable[[bytes], tuple[str, Any]]:
        load, refused = self._load, self._refused

        def decode(frame: bytes) -> tuple[str, Any]:
            try:
                return load(frame).popitem()
            except ValidationError as error:
                failure = error
            return refused(frame, failure)

        return decode

    def _decode(self, frame: bytes) -> tuple[str, Any]:
        try:
            # By wire name only: a Python name in a frame is an unknown property. The options cost 0.06 µs.
            return self._load(frame, by_alias=True, by_name=False).popitem()
        except ValidationError as error:
            failure = error
        return self._refused(frame, failure)

    def _refused(self, frame: bytes, failure: ValidationError) -> tuple[str, Any]:
        """What the validator would not have: the rule may still lead to a message."""
        if self._rule is None:
            raise self._explain(frame, failure) from None
        return self._load_by_rule(frame).popitem()

    def reversed(self) -> ReversedPydanticCodec:
        """See `Codec.reversed`."""
        envelope, sent, received, rule, sent_rule = self._sides()
        return ReversedPydanticCodec(envelope, sent=sent, received=received, rule=rule, sent_rule=sent_rule)

    def _load_by_rule(self, frame: bytes, **options: object) -> dict[str, Any]:
        """The message that the rule leads to, and its payload."""
        value = self._parsed(frame)
        leaf = decide(self._rule, value)
        if leaf is None:
            if isinstance(value, NoJson):
                raise Undecodable(None, InvalidPayload(None, "$", value.problem))
            raise UnknownMessageKey(own_name(self._rule, value))
        key, payload = self._first_that_fits((leaf,) if isinstance(leaf, str) else leaf, frame, value)
        return {key: payload}

    def _sent_json(self, key: str, kind: Any, envelope: Envelope) -> SentJson:
        return _Sent(key, kind, envelope)

    def _read(self, key: str, frame: bytes, value: object) -> Any:
        try:
            return self._readers[key](frame, by_alias=True, by_name=False)
        except ValidationError as error:
            raise Undecodable(key, InvalidPayload(key, *_first_fault(error, value))) from None

    def _read_as(self, model: type[Any], frame: bytes, raw: Any) -> Any:
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

    def _explain(self, frame: bytes, error: ValidationError) -> Undecodable | UnknownMessageKey:
        """What is wrong with a frame that the validator refused."""
        try:
            value: object = from_json(frame)
        except ValueError as invalid:
            return Undecodable(None, InvalidPayload(None, "$", f"not JSON: {invalid}"))
        key = next(iter(self._received), None)
        if self._tag:
            tag = at(value, self._envelope.tag)
            if isinstance(tag, bool) or not isinstance(tag, str | int):
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
        numbers = {apart(int(key)): choice for key, choice in choices.items() if is_number(key)}
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


class _Sent(SentJson):
    """How one message is sent, as JSON."""

    __slots__ = ("_adapter",)

    def __init__(self, key: str, kind: Any, envelope: Envelope) -> None:
        super().__init__(key, kind, envelope, _LIBRARY, optional=_accepts_none(kind))
        self._adapter = TypeAdapter[Any](kind)

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


def _has_aliases(types: Iterable[object]) -> bool:
    """Whether a property of any model that is reachable has a Python name of its own."""
    seen: set[int] = set()
    waiting = list(types)
    while waiting:
        kind = waiting.pop()
        if id(kind) in seen:
            continue
        seen.add(id(kind))
        for wire, own in _properties(kind).items():
            if wire != own.attribute:
                return True
            waiting.append(own.type)
        waiting.extend(get_args(kind))
    return False
