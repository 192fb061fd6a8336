"""Lays out code in lines, as `ruff format --line-length 110` does: whole, hugged by its brackets, or one a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from wsgen.landing.python import WIDTH, code_width

__all__ = [
    "Code",
    "Either",
    "Group",
    "assignment",
    "call",
    "collection",
    "constant_field",
    "definition",
    "import_lines",
    "lay",
    "tuple_of",
    "union",
]


@dataclass(frozen=True, slots=True)
class Group:
    """Items in brackets.

    Attributes:
        hug: whether they may stand together on a line of their own, as arguments and parameters do.
        last: what follows the last item where all stand on one line: the comma of a tuple of one.
    """

    opening: str
    items: tuple[Code, ...]
    closing: str
    hug: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """Types of which one holds: `opening: A | B`, in parentheses where they do not fit."""

    opening: str
    types: tuple[str, ...]
    closing: str = ""


Code: TypeAlias = str | Group | Either


def call(function: str, *items: Code) -> Group:
    return Group(f"{function}(", items, ")", hug=True)


def collection(opening: str, items: Iterable[Code], closing: str) -> Group:
    """A list, dictionary, set or import list."""
    return Group(opening, tuple(items), closing)


def tuple_of(opening: str, items: Iterable[Code]) -> Group:
    """A tuple. `opening` ends with its bracket."""
    listed = tuple(items)
    return Group(opening, listed, ")", last="," if len(listed) == 1 else "")


def _flat(code: Code) -> str:
    if isinstance(code, str):
        return code
    if isinstance(code, Either):
        return code.opening + " | ".join(code.types) + code.closing
    return code.opening + ", ".join(map(_flat, code.items)) + code.last + code.closing


def _fits(line: str) -> bool:
    return code_width(line) <= WIDTH


def lay(code: Code, indent: int, lead: str = "", trail: str = "") -> str:
    """The code with `lead` before and `trail` after it. The first line is indented by `indent` spaces."""
    pad = " " * indent
    whole = f"{pad}{lead}{_flat(code)}{trail}"
    if isinstance(code, str) or _fits(whole):
        return whole
    if isinstance(code, Either):
        lines = _either(code.types, indent + 4)
        return "\n".join([f"{pad}{lead}{code.opening}(", *lines, f"{pad}){code.closing}{trail}"])
    if not code.items:
        return whole
    inner = f"{pad}    {', '.join(map(_flat, code.items))}"
    hugged = code.hug and _fits(inner)
    lines = [inner] if hugged else [lay(item, indent + 4, trail=",") for item in code.items]
    return "\n".join([f"{pad}{lead}{code.opening}", *lines, f"{pad}{code.closing}{trail}"])


def assignment(name: str, annotation: Group, value: Code, indent: int = 0) -> str:
    """`name: annotation = value`; the annotation is broken only where it must be."""
    pad = " " * indent
    opening = value if isinstance(value, str) else value.opening
    if _fits(f"{pad}{name}: {_flat(annotation)} = {opening}"):
        return lay(value, indent, lead=f"{name}: {_flat(annotation)} = ")
    comma = "," if len(annotation.items) > 1 else ""  # after the only argument of a subscript it makes a tuple
    items = [lay(item, indent + 4, trail=comma) for item in annotation.items]
    return "\n".join(
        [f"{pad}{name}: {annotation.opening}", *items, lay(value, indent, lead=f"{annotation.closing} = ")]
    )


def constant_field(name: str, annotation: str, value: str, indent: int) -> str:
    """`name: annotation = value` in a class; a long value stands in parentheses."""
    pad = " " * indent
    whole = f"{pad}{name}: {annotation} = {value}"
    return whole if _fits(whole) else f"{pad}{name}: {annotation} = (\n{pad}    {value}\n{pad})"


def definition(name: str, parameters: Iterable[Code], returns: str, indent: int, trail: str = "") -> str:
    """The head of a function. `name` has its `def` (and `async`); `trail` stands after the colon."""
    return lay(Group(f"{name}(", tuple(parameters), f") -> {returns}:{trail}", hug=True), indent)


def _either(types: Sequence[str], indent: int) -> list[str]:
    """What stands in the brackets of a union: a line, or one for each type."""
    pad = " " * indent
    inner = f"{pad}{' | '.join(types)}"
    return [inner] if _fits(inner) else [f"{pad}{'| ' if index else ''}{type}" for index, type in enumerate(types)]


def union(name: str, annotation: str, members: Iterable[str], of: str = "") -> str:
    """`name: annotation = A | B`, or `name: annotation = of[A | B]`."""
    parts = list(members)
    text = " | ".join(parts)
    whole = f"{name}: {annotation} = {f'{of}[{text}]' if of else text}"
    if _fits(whole):
        return whole
    opening, closing = (f"{of}[", "]") if of else ("(", ")")
    return "\n".join([f"{name}: {annotation} = {opening}", *_either(parts, 4), closing])


def import_lines(module: str, names: Iterable[str]) -> str:
    listed = tuple(names)
    whole = f"from {module} import {', '.join(listed)}"
    return whole if _fits(whole) else lay(collection(f"from {module} import (", listed, ")"), 0)
