"""Lines of keys in a configuration file. `tomllib` and `json` give none, so the text is scanned once more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

__all__ = ["Keys", "Location", "json_locations", "locate", "toml_locations"]

Keys: TypeAlias = tuple[str | int, ...]
Location: TypeAlias = tuple[int, int]

_BARE_OR_QUOTED = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_BARE_OR_QUOTED}(?:\s*\.\s*{_BARE_OR_QUOTED})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_INLINE = re.compile(rf"[{{,]\s*({_DOTTED})\s*=")
_PART = re.compile(_BARE_OR_QUOTED)
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def locate(locations: Mapping[Keys, Location], keys: Keys) -> Location:
    """The place of a key, or of the nearest table around it; (0, 0) where there is none."""
    for end in range(len(keys), 0, -1):
        found = locations.get(keys[:end])
        if found is not None:
            return found
    return (0, 0)


def _parts(dotted: str) -> list[str]:
    return [part[1:-1] if part[0] in "\"'" else part for part in _PART.findall(dotted)]


def _table(parts: list[str], counts: Mapping[Keys, int]) -> Keys:
    """The keys of a table header, with the index of the last element of each array of tables on its way."""
    keys: Keys = ()
    for part in parts:
        keys = (*keys, part)
        if keys in counts:
            keys = (*keys, counts[keys])
    return keys


def toml_locations(text: str) -> dict[Keys, Location]:
    """Keys to (line, column), both from 1, of a TOML text that `tomllib` has accepted."""
    found: dict[Keys, Location] = {}
    counts: dict[Keys, int] = {}
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            parts = _parts(header[2])
            if header[1] == "[[":
                array = (*_table(parts[:-1], counts), parts[-1])
                counts[array] = counts.get(array, -1) + 1
            table = _table(parts, counts)
            found.setdefault(table, (number, header.start(2) + 1))
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment:
            keys = (*table, *_parts(assignment[1]))
            found.setdefault(keys, (number, assignment.start(1) + 1))
            for inline in _INLINE.finditer(line, assignment.end()):
                found.setdefault((*keys, *_parts(inline[1])), (number, inline.start(1) + 1))
    return found


def json_locations(text: str) -> dict[Keys, Location]:
    """Keys to (line, column), both from 1, of a JSON text that `json` has accepted."""
    found: dict[Keys, Location] = {}
    open_: list[list[str | int]] = []
    key = True
    for token in _JSON_TOKEN.finditer(text):
        word = token[0]
        if word == "{":
            open_.append([""])
            key = True
        elif word == "[":
            open_.append([0])
            key = False
        elif word in "}]":
            open_.pop()
        elif word == "," and open_:
            last = open_[-1][0]
            open_[-1][0] = last + 1 if isinstance(last, int) else ""
            key = isinstance(last, str)
        elif word == ":":
            key = False
        elif key and open_ and word.startswith('"'):
            open_[-1][0] = word[1:-1]
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - text.rfind("\n", 0, token.start())
            found.setdefault(tuple(frame[0] for frame in open_), (line, column))
    return found
