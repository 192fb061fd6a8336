"""JSON texts: the values by the `json` module, the positions by a scanner that runs when one is asked for."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple, NoReturn, cast

from wsgen.problems import Place, Problems, Stop

from .marks import MAX_DEPTH, MAX_DIGITS, MAX_KEY, MENDS, Json, Mark, Marks

__all__ = ["marks_of", "parse"]

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_PLAIN_KEY = MAX_KEY // 6 - 1
"""As many characters are within `MAX_KEY` even where each is an escape, `\\u0000`."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Token(NamedTuple):
    kind: Literal["open", "close", "key", "scalar"]
    offset: int
    text: str


class _Refused(Exception):
    """A hook met a value that has no JSON form."""

    def __init__(self, message: str, token: str) -> None:
        super().__init__(message)
        self.token = token


def parse(text: str, name: str, problems: Problems) -> Json:
    """The value of `text`.

    Raises:
        Stop: it is not JSON, or not within bounds; `problems` says where.
    """
    duplicates = False

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal duplicates
        value = dict(pairs)
        duplicates = duplicates or len(value) != len(pairs)
        return value

    try:
        value = cast(
            "Json",
            json.loads(
                text,
                object_pairs_hook=members,
                parse_int=_integer,
                parse_float=_number,
                parse_constant=_constant,
            ),
        )
    except json.JSONDecodeError as error:
        message = f"the file is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        problems.error("WSG104", message, Place(name, error.lineno, error.colno), _advice(text, error.pos))
        raise Stop from error
    except RecursionError as error:
        _too_deep(text, name, problems)
        raise Stop from error
    except _Refused as error:
        problems.error("WSG109", str(error), _find(text, name, error.token), MENDS["number"])
        raise Stop from error
    found = len(problems)
    if duplicates:
        _report_duplicates(text, name, problems)
    if not _plainly_within(text, value):
        _check_bounds(text, name, problems)
    if len(problems) > found:
        raise Stop
    return value


def marks_of(text: str, root: Json) -> Marks:
    """The positions of every member and element of `root`, the value of `text`."""
    lines = _Lines(text)
    marks: dict[int, dict[str, Mark]] = {}
    stack: list[tuple[Json, dict[str, Mark], str, int]] = []
    value, here, key, key_offset = root, dict[str, Mark](), "", -1
    for token in _tokens(text):
        if token.kind == "close":
            value, here, key, key_offset = stack.pop()
            continue
        if token.kind == "key":
            key, key_offset = _string(token.text), token.offset
            continue
        if isinstance(value, list) and stack:
            key, key_offset = str(len(here)), token.offset
        if stack:
            here[key] = Mark(*lines.of(key_offset), *lines.of(token.offset))
        if token.kind == "open":
            stack.append((value, here, key, key_offset))
            if len(stack) > 1:
                value = value[int(key)] if isinstance(value, list) else cast("dict[str, Json]", value)[key]
            here = marks.setdefault(id(value), {})
    return marks


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of a text that is known to be JSON, without commas and colons."""
    inside: list[str] = []
    expect_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        first = token[0]
        if first in "{[":
            inside.append(first)
            expect_key = first == "{"
            yield _Token("open", match.start(), token)
        elif first in "}]":
            inside.pop()
            expect_key = False
            yield _Token("close", match.start(), token)
        elif first == ",":
            expect_key = inside[-1] == "{"
        elif first == ":":
            expect_key = False
        else:
            yield _Token("key" if expect_key else "scalar", match.start(), token)


class _Lines:
    """Offsets to lines and columns."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def of(self, offset: int) -> tuple[int, int]:
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)


def _string(token: str) -> str:
    return cast("str", json.loads(token)) if "\\" in token else token[1:-1]


def _report_duplicates(text: str, name: str, problems: Problems) -> None:
    lines = _Lines(text)
    stack: list[dict[str, int]] = []
    for token in _tokens(text):
        if token.kind == "open":
            stack.append({})
        elif token.kind == "close":
            stack.pop()
        elif token.kind == "key":
            key = _string(token.text)
            first = stack[-1].setdefault(key, token.offset)
            if first != token.offset:
                problems.error(
                    "WSG106",
                    f"the key `{_cut(key)}` stands twice in one object",
                    Place(name, *lines.of(token.offset)),
                    "remove or rename one of the two",
                    ((Place(name, *lines.of(first)), "first here"),),
                )


def _plainly_within(text: str, value: Json) -> bool:
    """Whether `_check_bounds` need not look for what it would not find: it takes longer than the reading itself."""
    if _SURROGATE.search(text) is not None:
        return False
    level, depth = [value] if isinstance(value, (dict, list)) else [], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH or any(len(key) > _PLAIN_KEY for each in level if isinstance(each, dict) for key in each):
            return False
        below = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for values in below for each in values if isinstance(each, (dict, list))]
    return True


def _check_bounds(text: str, name: str, problems: Problems) -> None:
    """Depth, length of keys, and halves of surrogate pairs."""
    lines = _Lines(text)
    depth = 0
    suspicious = _SURROGATE.search(text) is not None
    for token in _tokens(text):
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth > MAX_DEPTH:
            message = f"values are nested deeper than the limit of {MAX_DEPTH} levels"
            problems.error("WSG107", message, Place(name, *lines.of(token.offset)), MENDS["depth"])
            return
        if token.kind == "key" and len(token.text) > MAX_KEY:
            message = f"a key has {len(token.text)} characters, the limit is {MAX_KEY}"
            problems.error("WSG109", message, Place(name, *lines.of(token.offset)), MENDS["length"])
        if suspicious and "\\" in token.text and any("\ud800" <= c <= "\udfff" for c in _string(token.text)):
            message = "a string holds one half of a surrogate pair, which is no character"
            problems.error("WSG109", message, Place(name, *lines.of(token.offset)), MENDS["surrogate"])


def _too_deep(text: str, name: str, problems: Problems) -> None:
    _check_bounds(text, name, problems)
    if not problems.fatal:
        message = f"values are nested deeper than the limit of {MAX_DEPTH} levels"
        problems.error("WSG107", message, Place(name), MENDS["depth"])


def _integer(token: str) -> int:
    if len(token) > MAX_DIGITS:
        raise _Refused(f"a number has {len(token)} digits, the limit is {MAX_DIGITS}", token)
    return int(token)


def _number(token: str) -> float:
    value = float(token)
    if not math.isfinite(value):
        raise _Refused(f"the number {_cut(token)} is beyond the range of a double", token)
    return value


def _constant(token: str) -> NoReturn:
    raise _Refused(f"{token} is not JSON", token)


def _find(text: str, name: str, literal: str) -> Place:
    for match in _TOKEN.finditer(text):
        if match.group() == literal:
            return Place(name, *_Lines(text).of(match.start()))
    return Place(name)


def _advice(text: str, offset: int) -> str:
    before = text[:offset].rstrip()
    if text[offset : offset + 1] in {"}", "]"} and before.endswith(","):
        return "remove the comma before the closing bracket"
    if before.endswith(",") and text[offset : offset + 1] != '"':
        return "keys stand in double quotes"
    if text[offset : offset + 1] == "'":
        return "JSON has double quotes only"
    return "correct the text here, or what comes before it"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
