"""Places of keys in a configuration file. `tomllib` and `json` give none, so the text is scanned once more."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import TypeAlias

__all__ = ["Keys", "Location", "json_locations", "locate", "toml_locations"]

Keys: TypeAlias = tuple[str | int, ...]
Location: TypeAlias = tuple[int, int]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\"]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_WORD = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def locate(locations: Mapping[Keys, Location], keys: Keys) -> Location:
    """The place of a key, or of the nearest table around it; (0, 0) where there is none."""
    for end in range(len(keys), 0, -1):
        found = locations.get(keys[:end])
        if found is not None:
            return found
    return (0, 0)


class _Lines:
    """From offsets to lines and columns."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]

    def of(self, offset: int) -> Location:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def toml_locations(text: str) -> dict[Keys, Location]:
    """Keys to (line, column), both from 1, of a TOML text that `tomllib` has accepted."""
    return _Toml(text).read()


class _Toml:
    """One pass over a text that is known to be TOML, so that nothing has to be checked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _Lines(text)
        self.at = 0
        self.found: dict[Keys, Location] = {}
        self.counts: dict[Keys, int] = {}

    def read(self) -> dict[Keys, Location]:
        table: Keys = ()
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.assignment(table)
            self.skip()
        return self.found

    def skip(self) -> None:
        self.at = self.after(_BLANK)

    def after(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        # A text that tomllib accepts always matches; one step more than nothing keeps the scan finite.
        return match.end() if match else self.at + 1

    def header(self) -> Keys:
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        self.skip()
        place, parts = self.at, self.key()
        path: list[str | int] = []
        for index, part in enumerate(parts):
            path.append(part)
            if array and index == len(parts) - 1:
                self.counts[tuple(path)] = self.counts.get(tuple(path), -1) + 1
            self.found.setdefault(tuple(path), self.lines.of(place))
            if tuple(path) in self.counts:
                path.append(self.counts[tuple(path)])
                self.found.setdefault(tuple(path), self.lines.of(place))
        keys = tuple(path)
        self.skip()
        self.at += 2 if array else 1
        return keys

    def key(self) -> list[str]:
        parts: list[str] = []
        while True:
            start = self.at
            quoted = self.at < len(self.text) and self.text[self.at] in "\"'"
            self.at = self.after(_STRING if quoted else _BARE_KEY)
            parts.append(_unquoted(self.text[start : self.at]))
            if not _DOT.match(self.text, self.at):
                return parts
            self.at = self.after(_DOT)

    def assignment(self, table: Keys) -> None:
        place = self.lines.of(self.at)
        keys: Keys = table
        for part in self.key():
            keys = (*keys, part)
            self.found.setdefault(keys, place)
        self.skip()
        self.at += 1  # the equals sign
        self.skip()
        self.value(keys)

    def value(self, keys: Keys) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self.items(keys, "]")
        elif first == "{":
            self.items(keys, "}")
        else:
            self.at = self.after(_STRING if first in ('"', "'") else _WORD)

    def items(self, keys: Keys, closing: str) -> None:
        """The elements of an array or the entries of an inline table, up to its end."""
        self.at += 1
        index = 0
        self.skip()
        while self.at < len(self.text) and self.text[self.at] != closing:
            if closing == "]":
                self.found.setdefault((*keys, index), self.lines.of(self.at))
                self.value((*keys, index))
            else:
                self.assignment(keys)
            index += 1
            self.skip()
            if self.text[self.at : self.at + 1] == ",":
                self.at += 1
                self.skip()
        self.at += 1


def _unquoted(key: str) -> str:
    if key[:1] == "'":
        return key[1:-1]
    return _decoded(key) if key[:1] == '"' else key


def _decoded(quoted: str) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:  # TOML has escapes that JSON has not
        return quoted[1:-1]


def json_locations(text: str) -> tuple[dict[Keys, Location], dict[Keys, Location]]:
    """Keys to (line, column), both from 1, of a JSON text that `json` has accepted; and those that are there twice."""
    found: dict[Keys, Location] = {}
    twice: dict[Keys, Location] = {}
    lines = _Lines(text)
    open_: list[list[str | int]] = []
    key = False
    for token in _JSON_TOKEN.finditer(text):
        word = token[0]
        place = lines.of(token.start())
        if open_ and isinstance(open_[-1][0], int) and word not in ",]":
            found.setdefault(tuple(frame[0] for frame in open_), place)
        if word in "{[":
            open_.append([""] if word == "{" else [0])
            key = word == "{"
        elif word in "}]":
            open_.pop()
        elif word == "," and open_:
            last = open_[-1][0]
            open_[-1][0] = last + 1 if isinstance(last, int) else ""
            key = isinstance(last, str)
        elif word == ":":
            key = False
        elif key and open_ and word.startswith('"'):
            open_[-1][0] = _decoded(word)
            keys = tuple(frame[0] for frame in open_)
            (twice if keys in found else found)[keys] = place
    return found, twice
