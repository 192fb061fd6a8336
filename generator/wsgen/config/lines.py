"""Lines of configuration as a user copies them: TOML, whatever the names in it are.

Their keys are dotted, from the client's table on, and have no header. So lines for several problems stand together in
one table, and as they are in a wsgen.toml that is otherwise empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["CLIENT", "Line", "lines_of", "toml"]

CLIENT = "[[tool.wsgen.client]]"
"""The header of a client's own keys."""

Value: TypeAlias = str | Sequence[str] | Mapping[str, "Value"]

Line: TypeAlias = tuple[tuple[str, ...], Value, str]
"""The parts of a key below the client's table, its value, and a few words on what it means; these may be empty."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a pair; TOML has no form for it."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def lines_of(*lines: Line) -> str:
    """The first of `lines`; the others, which say something else instead, follow as comments.

    Empty where a name in it cannot be written in TOML.
    """
    assignments = [f"{'.'.join(map(_key, path))} = {toml(value)}" for path, value, _ in lines]
    assignments[1:] = [f"# {line}" for line in assignments[1:]]
    width = max(map(len, assignments))
    text = "\n".join(
        f"{assignment.ljust(width)}  # {meaning}" if meaning else assignment
        for assignment, (_, _, meaning) in zip(assignments, lines, strict=True)
    )
    return "" if _SURROGATE.search(text) else text


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
