"""Where the values of a document stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

__all__ = ["MAX_DEPTH", "MAX_DIGITS", "MAX_KEY", "MAX_VALUES", "MENDS", "Json", "Mark", "Marks"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 100
MAX_KEY = 10_000
MAX_DIGITS = 400
MAX_VALUES = 1_000_000

MENDS = {
    "depth": "give inner values a place of their own in `components`, and refer to them with `$ref`",
    "key": "write the key as text",
    "length": "shorten the key",
    "number": "write a number that a double can hold, or text",
    "size": "make a document for each part of it",
    "surrogate": "write both halves, or neither",
}
"""What to do about a value that is not within bounds."""


class Mark(NamedTuple):
    """Line and column, from 1, of a member's key and of its value; an element of a list has no key."""

    key_line: int
    key_column: int
    line: int
    column: int


Marks: TypeAlias = Mapping[int, Mapping[str, Mark]]
"""By the `id` of a list or object, then by key or index (as a string)."""
