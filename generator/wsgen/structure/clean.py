"""What is plainly in order, told without jsonschema, which takes twenty times as long to say so.

A definition becomes a function that knows two answers: "clean", with the values that other definitions describe, or
"not certain". Only jsonschema says what is wrong, so whatever is doubtful here is left to it: an answer that is
unsure costs time and no more, and one that is sure must be what jsonschema would say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import NamedTuple, TypeAlias, cast

from wsgen.document import Json

from .sentences import SPELLING, close_key
from .vocabulary import Definitions

__all__ = ["Later", "clean"]

Path: TypeAlias = tuple[str | int, ...]


class Later(NamedTuple):
    """A value that another definition describes, and what a reference in its place must lead to."""

    path: Path
    kind: str
    target: str | None


Check: TypeAlias = Callable[[Json, Path, list[Later]], bool]
"""Whether the value at a path is clean for certain. Values for other definitions are added to the list."""

Condition: TypeAlias = Callable[[Json], bool]
"""Whether a value satisfies a schema, exactly."""

_FEW = 20
"""Elements that are compared with each other; a longer list of other things than texts is doubtful."""

_ANNOTATIONS = frozenset({"title", "x-help", "x-level", "x-read", "x-target"})


def clean(schema: Json) -> Check:
    """The check of a schema in the keywords that `vocabulary` and the definitions use.

    Raises:
        KeyError: it has a keyword that is not known here.
    """
    if isinstance(schema, bool):
        return lambda value, path, later: schema
    assert isinstance(schema, dict)
    checks = [_KEYWORDS[keyword](schema) for keyword in schema if keyword not in _ANNOTATIONS]
    return _every([check for check in checks if check is not None])


def _every(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]
    return lambda value, path, later: all(each(value, path, later) for each in checks)


def _of_value(holds: Condition) -> Check:
    return lambda value, path, later: holds(value)


def _reference(schema: Definitions) -> Check:
    target = schema.get("x-target")
    kind, wanted = str(schema["$ref"]).rpartition("/")[2], target if isinstance(target, str) else None

    def note(value: Json, path: Path, later: list[Later]) -> bool:
        later.append(Later(path, kind, wanted))
        return True

    return note


def _all_of(schema: Definitions) -> Check:
    return _every([clean(each) for each in cast("list[Json]", schema["allOf"])])


def _if(schema: Definitions) -> Check:
    holds = _condition(schema["if"])
    then, otherwise = clean(schema.get("then", True)), clean(schema.get("else", True))

    def choose(value: Json, path: Path, later: list[Later]) -> bool:
        return (then if holds(value) else otherwise)(value, path, later)

    return choose


def _properties(schema: Definitions) -> Check:
    members = {key: clean(each) for key, each in cast("Definitions", schema["properties"]).items() if each is not True}

    def check(value: Json, path: Path, later: list[Later]) -> bool:
        if isinstance(value, dict):
            for key, member in value.items():
                known = members.get(key)
                if known is not None and not known(member, (*path, key), later):
                    return False
        return True

    return check


def _additional(schema: Definitions) -> Check:
    known = cast("Definitions", schema.get("properties", {}))
    patterns = [re.compile(each).search for each in cast("Definitions", schema.get("patternProperties", {}))]
    additional = clean(schema["additionalProperties"])

    def check(value: Json, path: Path, later: list[Later]) -> bool:
        if isinstance(value, dict):
            for key, member in value.items():
                if key in known or any(search(key) for search in patterns):
                    continue
                if not additional(member, (*path, key), later):
                    return False
        return True

    return check


def _items(schema: Definitions) -> Check:
    item = clean(schema["items"])

    def check(value: Json, path: Path, later: list[Later]) -> bool:
        if isinstance(value, list):
            for index, element in enumerate(value):
                if not item(element, (*path, index), later):
                    return False
        return True

    return check


def _patterns_say_nothing(schema: Definitions) -> None:
    """`patternProperties` only keep members from being additional."""
    for below in cast("Definitions", schema["patternProperties"]).values():
        if below is not True:
            raise KeyError("patternProperties")


def _spelling(schema: Definitions) -> Check:
    known = cast("Definitions", schema["properties"])

    def is_known(key: str) -> bool:
        return key in known or key.startswith("x-") or not close_key(key, known, SPELLING)

    return _of_value(lambda value: not isinstance(value, dict) or all(is_known(key) for key in value))


def _unique(schema: Definitions) -> Check:
    def unique(value: Json) -> bool:
        if not isinstance(value, list) or len(value) < 2:
            return True
        texts = {each for each in value if isinstance(each, str)}
        few = len(value) <= _FEW and all(one != other for one, other in combinations(value, 2))
        return len(texts) == len(value) or few

    return _of_value(unique)


def _condition(schema: Json) -> Condition:
    """The exact answer of a schema in the keywords that stand below `if`."""
    if isinstance(schema, bool):
        return lambda value: schema
    assert isinstance(schema, dict)
    holding = [_CONDITIONS[keyword](schema[keyword]) for keyword in schema]
    if len(holding) == 1:
        return holding[0]
    return lambda value: all(holds(value) for holds in holding)


def _type(wanted: Json) -> Condition:
    if isinstance(wanted, list):
        several = [_TYPES[str(each)] for each in wanted]
        return lambda value: any(is_of(value) for is_of in several)
    return _TYPES[str(wanted)]


def _required(keys: Json) -> Condition:
    wanted = cast("list[str]", keys)
    if len(wanted) == 1:
        (one,) = wanted
        return lambda value: not isinstance(value, dict) or one in value
    return lambda value: not isinstance(value, dict) or all(key in value for key in wanted)


def _const(wanted: Json) -> Condition:
    if not isinstance(wanted, str):
        raise KeyError("const")
    return lambda value: value == wanted


def _enum(values: Json) -> Condition:
    texts = cast("list[Json]", values)
    if not all(isinstance(each, str) for each in texts):
        raise KeyError("enum")
    return lambda value: isinstance(value, str) and value in texts


def _not(schema: Json) -> Condition:
    holds = _condition(schema)
    return lambda value: not holds(value)


def _any_of(schemas: Json) -> Condition:
    holding = [_condition(each) for each in cast("list[Json]", schemas)]
    return lambda value: any(holds(value) for holds in holding)


def _members(schemas: Json) -> Condition:
    members = {key: _condition(each) for key, each in cast("Definitions", schemas).items()}
    return lambda value: (
        not isinstance(value, dict) or all(key not in value or holds(value[key]) for key, holds in members.items())
    )


def _pattern(pattern: Json) -> Condition:
    search = re.compile(str(pattern)).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Json) -> bool:
    return _is_number(value) and (isinstance(value, int) or cast("float", value).is_integer())


def _at_least(least: Json) -> Condition:
    bound = cast("float", least)
    return lambda value: not _is_number(value) or cast("float", value) >= bound


def _above(least: Json) -> Condition:
    bound = cast("float", least)
    return lambda value: not _is_number(value) or cast("float", value) > bound


def _of_length(least: Json) -> Condition:
    size = cast("int", least)
    return lambda value: not isinstance(value, list) or len(value) >= size


_TYPES: Mapping[str, Condition] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}
_CONDITIONS: Mapping[str, Callable[[Json], Condition]] = {
    "anyOf": _any_of,
    "const": _const,
    "not": _not,
    "pattern": _pattern,
    "properties": _members,
    "required": _required,
    "type": _type,
}
_KEYWORDS: Mapping[str, Callable[[Definitions], Check | None]] = {
    "$ref": _reference,
    "additionalProperties": _additional,
    "allOf": _all_of,
    "else": lambda schema: None,
    "enum": lambda schema: _of_value(_enum(schema["enum"])),
    "exclusiveMinimum": lambda schema: _of_value(_above(schema["exclusiveMinimum"])),
    "if": _if,
    "items": _items,
    "minItems": lambda schema: _of_value(_of_length(schema["minItems"])),
    "minimum": lambda schema: _of_value(_at_least(schema["minimum"])),
    "patternProperties": _patterns_say_nothing,
    "properties": _properties,
    "required": lambda schema: _of_value(_required(schema["required"])) if schema["required"] else None,
    "then": lambda schema: None,
    "type": lambda schema: _of_value(_type(schema["type"])),
    "uniqueItems": _unique,
    "x-spelling": _spelling,
}
