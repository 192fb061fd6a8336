"""Lines of configuration as a user copies them: TOML with its table's header, whatever the names in it are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["CLIENT", "Line", "client_table", "domain_table", "lines_of", "toml"]

CLIENT = "[[tool.wsgen.client]]"
"""The header of a client's own keys."""

Value: TypeAlias = str | Sequence[str] | Mapping[str, "Value"]

Line: TypeAlias = tuple[str, Value, str]
"""A key, its value, and a few words on what it means; these may be empty."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a pair; TOML has no form for it."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def lines_of(table: str, *lines: Line) -> str:
    """A table with the first of `lines`; the others, which say something else instead, follow as comments.

    Empty where a name in it cannot be written in TOML.
    """
    assignments = [f"{_key(name)} = {toml(value)}" for name, value, _ in lines]
    assignments[1:] = [f"# {line}" for line in assignments[1:]]
    width = max(map(len, assignments))
    text = table
    for assignment, (_, _, meaning) in zip(assignments, lines, strict=True):
        text += f"\n{assignment.ljust(width)}  # {meaning}" if meaning else f"\n{assignment}"
    return "" if _SURROGATE.search(text) else text


def domain_table(domain: str, *below: str) -> str:
    """The header of a domain's table, or of one below it."""
    return f"[tool.wsgen.client.domains.{'.'.join(_key(each) for each in (domain, *below))}]"


def client_table(*below: str) -> str:
    """The header of a table below a client's own keys."""
    return f"[tool.wsgen.client.{'.'.join(_key(each) for each in below)}]"


def toml(value: Value) -> str:
    """A value as TOML 1.0 in one line. What a terminal would not show as it is, is escaped."""
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {toml(each)}" for name, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    return f"[{', '.join(toml(each) for each in value)}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml(name)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() or _SURROGATE.match(character):
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
