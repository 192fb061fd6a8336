"""Whether examples and defaults fit their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol, cast

from wsgen.model import ABSENT, Always, Json, Named, Never, Schema, SchemaKey, Shape
from wsgen.problems import Place, Problems
from wsgen.resolve import Node

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Claims"]

_MAX_CLAIMS = 20_000
_MAX_STEPS = 20_000
_KEYWORDS = frozenset({
    "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength", "maxProperties", "maximum", "minItems",
    "minLength", "minProperties", "minimum",
})  # fmt: skip
"""What is checked beside the shape. Patterns are not: a hostile one takes forever."""


@dataclass(frozen=True, slots=True)
class _Claim:
    kind: Literal["example", "default"]
    node: Node
    schema: Schema


@dataclass(slots=True)
class Claims:
    """Values of which the document says that they fit a schema."""

    _found: list[_Claim] = field(default_factory=list[_Claim])

    def add(self, kind: Literal["example", "default"], node: Node | None, schema: Schema | None) -> None:
        """Keep the value at `node` for `check`; nothing where there is none, or no schema."""
        if node is not None and schema is not None and len(self._found) < _MAX_CLAIMS:
            self._found.append(_Claim(kind, node, schema))

    def add_examples(self, owner: Node, schema: Schema) -> None:
        """The examples and the default of the schema at `owner`."""
        member = owner.member("examples")
        for example in member.elements() if member is not None else ():
            self.add("example", example, schema)
        self.add("example", owner.member("example"), schema)
        self.add("default", owner.member("default"), schema)

    def check(self, definitions: Mapping[SchemaKey, Schema], problems: Problems) -> None:
        """Report every value that does not fit, as a warning: what a document shows is no reason to refuse it."""
        if not self._found:
            return
        check = _Checker(definitions)
        for claim in self._found:
            fault = check.fault(claim.node.value, claim.schema)
            if fault is not None:
                code = "WSG326" if claim.kind == "example" else "WSG327"
                message = f"the {claim.kind} does not fit its schema: {fault}"
                help = f"correct the {claim.kind}, or the schema"
                schema = claim.schema.place
                problems.warning(code, message, claim.node.place, help, _apart(schema, claim.node.place))


def _apart(schema: Place, place: Place) -> tuple[tuple[Place, str], ...]:
    return ((schema, "the schema"),) if (schema.file, schema.line) != (place.file, place.line) else ()


class _Exhausted(Exception):
    """A value would take too many steps; it is not judged."""


class _Validator(Protocol):
    def iter_errors(self, instance: object, /) -> Iterator[ValidationError]: ...
    def descend(self, instance: object, schema: object, /) -> Iterator[ValidationError]: ...


class _ValidatorType(Protocol):
    def __call__(self, schema: object, /) -> _Validator: ...


class _Validators(Protocol):
    @property
    def Draft202012Validator(self) -> _ValidatorType: ...
    def extend(self, validator: _ValidatorType, validators: Mapping[str, object], /) -> _ValidatorType: ...


class _Checker:
    def __init__(self, definitions: Mapping[SchemaKey, Schema]) -> None:
        self._definitions = definitions
        self._plain: dict[SchemaKey, Json] = {}
        self._steps = 0
        validators = cast("_Validators", import_module("jsonschema.validators"))
        self._validator = validators.extend(validators.Draft202012Validator, {"$ref": self._follow})

    def fault(self, value: Json, schema: Schema) -> str | None:
        """What is wrong with a value; None where nothing is, or where that would take too long to say."""
        self._steps = 0
        try:
            errors = list(self._validator(_json_schema(schema)).iter_errors(value))
        except (_Exhausted, RecursionError):
            return None
        return _sentence(min(errors, key=lambda error: [str(step) for step in error.absolute_path])) if errors else None

    def _follow(
        self, validator: _Validator, key: SchemaKey, instance: object, schema: object
    ) -> Iterator[ValidationError]:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise _Exhausted
        if key not in self._plain:
            self._plain[key] = _json_schema(self._definitions.get(key) or Always(Place("")))
        yield from validator.descend(instance, self._plain[key])


def _sentence(error: ValidationError) -> str:
    at = "".join(f"/{step}" for step in error.absolute_path)
    text = _fault(str(error.validator), cast("Json", error.validator_value), cast("Json", error.instance))
    return f"at `{at[:80]}`, {text}" if at else text


def _fault(keyword: str, expected: Json, value: Json) -> str:
    shown = _shown(value)
    if keyword == "required" and isinstance(expected, list) and isinstance(value, dict):
        missing = next(str(name) for name in expected if name not in value)
        return f"`{missing[:60]}` is missing"
    if keyword == "type":
        names = expected if isinstance(expected, list) else [expected]
        return f"{shown} is not of type {' or '.join(f'`{name}`' for name in names)}"
    if keyword in {"enum", "const"}:
        allowed = expected if keyword == "enum" and isinstance(expected, list) else [expected]
        listed = ", ".join(_shown(each) for each in allowed[:8]) + (", …" if len(allowed) > 8 else "")
        return f"{shown} is not {'one of ' if len(allowed) > 1 else ''}{listed}"
    if keyword in {"anyOf", "oneOf"}:
        return f"{shown} does not fit {'exactly one' if keyword == 'oneOf' else 'any'} of the alternatives"
    if keyword == "additionalProperties":
        return f"{shown} has properties beside those that are allowed"
    return f"{shown} does not satisfy `{keyword}: {_shown(expected)}`"


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _json_schema(schema: Schema) -> Json:
    """A schema of the model as JSON Schema 2020-12, with keys of definitions for references."""
    match schema:
        case Always():
            return True
        case Never():
            return False
        case Named(key=key):
            return {"$ref": key}
        case Shape():
            plain = _shape(schema)
            return {"anyOf": [plain, {"type": "null"}]} if schema.nullable else plain


def _shape(schema: Shape) -> dict[str, Json]:
    plain: dict[str, Json] = {key: value for key, value in schema.keywords.items() if key in _KEYWORDS}
    if schema.types:
        plain["type"] = list(schema.types)
    if schema.enum:
        plain["enum"] = list(schema.enum)
    if schema.const is not ABSENT:
        plain["const"] = schema.const
    if schema.required:
        plain["required"] = list(schema.required)
    if schema.properties:
        plain["properties"] = {name: _json_schema(each) for name, each in schema.properties.items()}
    if schema.prefix_items:
        plain["prefixItems"] = [_json_schema(each) for each in schema.prefix_items]
    several = {"allOf": schema.all_of, "anyOf": schema.any_of, "oneOf": schema.one_of}
    plain |= {key: [_json_schema(each) for each in members] for key, members in several.items() if members}
    single = {
        "additionalProperties": None if schema.pattern_properties else schema.additional_properties,
        "items": schema.additional_items if schema.prefix_items else schema.items,
        "not": schema.not_,
        "if": schema.if_,
        "then": schema.then,
        "else": schema.else_,
    }
    return plain | {key: _json_schema(each) for key, each in single.items() if each is not None}
