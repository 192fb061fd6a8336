"""Violations as problems: sentences with both sides, and a help that names an edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from wsgen.document import Json
from wsgen.problems import Level, Problem
from wsgen.resolve import Node

from .vocabulary import Definitions, Moved

__all__ = ["SPELLING", "Violation", "close_key", "describe", "kind_of"]

_KINDS = {
    "array": "a list",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
SPELLING = 0.82
"""How much an unknown keyword must look like a known one; schemas may have keywords that nobody knows."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A keyword that a value does not satisfy; `schema` is what the keyword stands in."""

    keyword: str
    expected: Json
    schema: Definitions
    node: Node


def describe(violation: Violation, moved: Mapping[tuple[str, str], Moved]) -> Iterator[Problem]:
    """The problems of a violation. `moved` knows fields of other versions, by object and field."""
    if violation.keyword == "additionalProperties":
        yield from _unknown_fields(violation, moved)
    elif violation.keyword == "required":
        yield from _missing_fields(violation, moved)
    elif violation.keyword == "type":
        yield _wrong_type(violation)
    elif violation.keyword in {"enum", "const"}:
        yield _wrong_value(violation)
    else:
        yield _out_of_bounds(violation)


def kind_of(value: Json) -> str:
    """What a value is, with its article; small values as they are written."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}" if abs(value) < 1e15 else "a number"
        case str():
            return f'the string "{value}"' if len(value) <= 40 else "a string"
        case list():
            return "a list"
        case dict():
            return "an object"


def close_key(key: str, known: Mapping[str, object], likeness: float = 0.8) -> str | None:
    """The known key that `key` may have been meant to be; `likeness` 1.0 is equality."""
    if len(key) > 40 or len(known) > 200:
        return None
    by_case = {name.casefold(): name for name in known}
    close = get_close_matches(key.casefold(), by_case, n=1, cutoff=likeness)
    return by_case[close[0]] if close else None


def _unknown_fields(violation: Violation, moved: Mapping[tuple[str, str], Moved]) -> Iterator[Problem]:
    title = _title(violation)
    known = violation.schema["properties"]
    assert isinstance(known, dict)
    open_ended = "x-spelling" in violation.schema
    for key, _ in violation.node.members():
        if key in known or key.startswith("x-"):
            continue
        likeness = SPELLING if open_ended else 0.8
        close = close_key(key, {name: None for name in known if violation.node.member(name) is None}, likeness)
        hint = moved.get((title, key))
        if open_ended and close is None:
            continue
        help = hint.help if hint else f"did you mean `{close}`?" if close else f"remove it, or write `x-{_cut(key)}`"
        fate = "it is taken as it is meant" if hint and hint.read else "it is ignored"
        message = f"`{_cut(key)}` is not a field of the {title}; {fate}"
        yield Problem("WSG207", "warning", message, violation.node.place_of(key), help)


def _missing_fields(violation: Violation, moved: Mapping[tuple[str, str], Moved]) -> Iterator[Problem]:
    value = violation.node.value
    if not isinstance(value, dict) or not isinstance(violation.expected, list):
        return
    for key in violation.expected:
        if not isinstance(key, str) or key in value:
            continue
        close = close_key(key, value)
        present = ", ".join(f"`{_cut(name)}`" for name in list(value)[:4]) or "nothing"
        message = f"{_label(violation.node)} must have `{key}`, but it has {present}"
        if violation.schema.get("x-read") is True:
            message = f"{message}; it is taken as it is meant"
        hint = moved.get((_title(violation), key))
        help = f"did you mean `{key}` where it says `{_cut(close)}`?" if close else f"add `{key}`"
        edit = violation.schema.get("x-help")
        help = hint.help if hint else edit if isinstance(edit, str) else help
        yield Problem("WSG203", _level(violation), message, violation.node.place, help)


def _wrong_type(violation: Violation) -> Problem:
    value, node = violation.node.value, violation.node
    expected = violation.expected if isinstance(violation.expected, list) else [violation.expected]
    names = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in expected)
    text = f"{_label(node)} must be {names}, but it is {kind_of(value)}"
    if value is None:
        help = "remove the key, or give it a value"
        return Problem("WSG204", "warning", f"{text}; it is taken as absent", node.place, help)
    if node.token == "required" and value is True:
        help = "list the names of required properties in `required`, beside their `properties`"
        return Problem("WSG204", "warning", f"{text}; the property is taken as required", node.place, help)
    if "string" in expected and isinstance(value, (bool, int, float)):
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        help = f'write "{_cut(shown)}", in quotes'
        return Problem("WSG208", "warning", f"{text}; it is read as text", node.place, help)
    edit = violation.schema.get("x-help")
    if violation.schema.get("x-read") is True:
        text = f"{text}; it is taken as it is meant"
    return Problem("WSG204", _level(violation), text, node.place, edit if isinstance(edit, str) else "")


def _wrong_value(violation: Violation) -> Problem:
    node = violation.node
    allowed = violation.expected if isinstance(violation.expected, list) else [violation.expected]
    shown = ", ".join(f'"{value}"' if isinstance(value, str) else kind_of(value) for value in allowed)
    message = f"{_label(node)} must be one of {shown}, but it is {kind_of(node.value)}"
    help = ""
    if isinstance(node.value, str):
        words = {value: None for value in allowed if isinstance(value, str)}
        close = _SYNONYMS.get(node.value) or close_key(node.value, words)
        help = f"did you mean {close}?" if close else ""
    return Problem("WSG205", _level(violation), message, node.place, help)


_SYNONYMS = {
    "long": "`integer`, with `format: int64`",
    "int": "`integer`",
    "int32": "`integer`, with `format: int32`",
    "int64": "`integer`, with `format: int64`",
    "float": "`number`",
    "double": "`number`",
    "decimal": "`number`",
    "date": "`string`, with `format: date`",
    "date-time": "`string`, with `format: date-time`",
    "datetime": "`string`, with `format: date-time`",
    "uuid": "`string`, with `format: uuid`",
    "any": "no `type` at all",
    "file": "`string`, with `format: binary`",
    "publish": "`receive` (the described application receives what clients publish)",
    "subscribe": "`send` (the described application sends what clients subscribe to)",
}


def _out_of_bounds(violation: Violation) -> Problem:
    label, place = _label(violation.node), violation.node.place
    if violation.keyword == "minItems":
        message = f"{label} must not be empty"
        return Problem("WSG206", _level(violation), message, place, "add what it is for, or remove it")
    if violation.keyword == "uniqueItems":
        return Problem("WSG206", _level(violation), f"{label} has equal elements", place, "remove all but one of them")
    words = {"minimum": "at least", "exclusiveMinimum": "greater than"}
    expected = f"{words.get(violation.keyword, violation.keyword)} {violation.expected}"
    message = f"{label} must be {expected}, but it is {kind_of(violation.node.value)}"
    return Problem("WSG206", _level(violation), message, place)


def _level(violation: Violation) -> Level:
    return "warning" if violation.schema.get("x-level") == "warning" else "error"


def _title(violation: Violation) -> str:
    title = violation.schema.get("title")
    return title if isinstance(title, str) else "object"


def _label(node: Node) -> str:
    if not node.pointer:
        return "the document"
    if not node.token.isdigit():
        return f"`{_cut(node.token)}`"
    return f"`{_cut(node.pointer.split('/')[-2])}[{node.token}]`"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
