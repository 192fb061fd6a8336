"""The only place that knows jsonschema: one definition against one value, without descending into others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from wsgen.document import Json

from .clean import Check, Later, clean
from .sentences import SPELLING, close_key
from .vocabulary import Definitions

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Dialect", "Finding"]


class Finding(NamedTuple):
    """A violation; or, where `keyword` is "later", a value that another definition describes.

    `expected` is the keyword's value, `schema` what stands around it. Of "later" the values are the kind, and
    the kind that the target of a reference must have.
    """

    path: tuple[str | int, ...]
    keyword: str
    expected: Json
    schema: Definitions


class Dialect:
    """The definitions of one version."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._checkers: dict[str, _Checker] = {}
        self._clean: dict[str, Check] = {}

    def look(self, kind: str, value: Json) -> list[Finding]:
        """What `value` violates of the definition `kind`, in the order of paths."""
        if kind not in self._clean:
            self._clean[kind] = clean(self._definitions[kind])
        later: list[Later] = []
        if self._clean[kind](value, (), later):
            return _in_order([Finding(path, "later", [below, target], {}) for path, below, target in later])
        return self.judged(kind, value)

    def judged(self, kind: str, value: Json) -> list[Finding]:
        """The same by jsonschema alone."""
        if kind not in self._checkers:
            self._checkers[kind] = _checker(self._definitions[kind])
        found = [
            Finding(
                tuple(error.absolute_path),
                error.validator,
                error.validator_value,
                error.schema if isinstance(error.schema, dict) else {},
            )
            for error in self._checkers[kind].iter_errors(value)
        ]
        return _in_order(found)


def _in_order(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: ([str(step) for step in finding.path], finding.keyword))


class _Error(Protocol):
    @property
    def absolute_path(self) -> Iterable[str | int]: ...
    @property
    def validator(self) -> str: ...
    @property
    def validator_value(self) -> Json: ...
    @property
    def schema(self) -> Definitions | bool: ...


class _Checker(Protocol):
    def iter_errors(self, instance: object, /) -> Iterator[_Error]: ...


class _CheckerType(Protocol):
    def __call__(self, schema: Json, /) -> _Checker: ...


class _Validators(Protocol):
    @property
    def Draft202012Validator(self) -> _CheckerType: ...
    def extend(self, validator: _CheckerType, validators: Mapping[str, object], /) -> _CheckerType: ...


def _checker(schema: Json) -> _Checker:
    validators = cast("_Validators", import_module("jsonschema.validators"))
    draft = validators.Draft202012Validator
    return validators.extend(draft, {"$ref": _later, "x-spelling": _spelling})(schema)


def _later(validator: object, reference: str, instance: object, schema: Definitions) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    yield ValidationError(
        "described by another definition",
        validator="later",
        validator_value=[reference.rpartition("/")[2], schema.get("x-target")],
        instance=instance,
        schema={},
    )


def _spelling(validator: object, wanted: object, instance: Json, schema: Definitions) -> Iterator[ValidationError]:
    """Keywords that nobody knows are fine in a schema; those that look like a slip of the pen are told."""
    from jsonschema.exceptions import ValidationError

    known = schema["properties"]
    if not isinstance(instance, dict) or not isinstance(known, dict):
        return
    for key in instance:
        if key not in known and not key.startswith("x-") and close_key(key, known, SPELLING):
            yield ValidationError(
                "misspelt",
                validator="additionalProperties",
                validator_value=False,
                instance=instance,
                schema=schema,
            )
            return
