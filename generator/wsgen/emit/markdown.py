"""Markdown as prettier lays it out: the columns of tables stand one below the other."""

from __future__ import annotations

import re
from itertools import groupby

__all__ = ["aligned"]

_CELL = re.compile(r"(?:[^|\\]|\\.)*")
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff\U00020000-\U0003fffd]"
)
_NARROW = re.compile("[\u0300-\u036f\u200b-\u200d\ufe0f]")


def aligned(text: str) -> str:
    """A text in which every table has columns of one width. Lines of tables begin with `|`, and none else do."""
    found: list[str] = []
    for is_table, lines in groupby(text.split("\n"), lambda line: line.startswith("|")):
        block = list(lines)
        found += _table(block) if is_table else block
    return "\n".join(found)


def _table(lines: list[str]) -> list[str]:
    rows = [[cell.strip() for cell in _CELL.findall(line[1:]) if cell] for line in lines]
    # The line below the header is as wide as its column, and three at least.
    widths = [max(3, *(_columns(cell) for cell in column)) for column in zip(*(rows[:1] + rows[2:]), strict=True)]
    rows[1] = ["-" * width for width in widths]
    return [
        "| " + " | ".join(cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]


def _columns(cell: str) -> int:
    return len(cell) + len(_WIDE.findall(cell)) - len(_NARROW.findall(cell))
