"""Problems as a person or a program reads them. Text of documents is printed as text, never as markup."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from wsgen.problems import Level, Place, Problem

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Format", "as_json", "print_problems", "printable"]

Format: TypeAlias = Literal["text", "json"]

WIDTH = 110
"""Characters of a source line that are shown; a minified document is one line of many."""

MAX_BYTES = 16 * 1024 * 1024
_COLOURS: dict[Level, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:\[\]{}]+|.')


@dataclass(slots=True)
class _Sources:
    """The files that places speak of, read once for one printing."""

    _read: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def lines(self, file: str) -> tuple[str, ...]:
        """The lines of a file; none where it cannot be shown."""
        if file not in self._read:
            self._read[file] = _lines(file)
        return self._read[file]


def _lines(file: str) -> tuple[str, ...]:
    try:
        path = Path(file)
        if file in ("", "-") or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return ()
        return tuple(path.read_text("utf-8-sig", "replace").split("\n"))
    except (OSError, ValueError):
        return ()


def printable(text: str) -> str:
    """The text without what would steer a terminal: control characters and reversed writing."""
    return "".join(character if character.isprintable() else "�" for character in text)


def print_problems(problems: Iterable[Problem], format: Format) -> None:
    """Print problems to standard error, in their order: as text with code frames, or as one JSON array."""
    found = list(problems)
    if format == "json":
        sys.stderr.write(json.dumps([as_json(problem) for problem in found], indent=2) + "\n")
        return
    if not found:
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    sources = _Sources()
    for problem in found:
        _print(console, problem, sources)
    console.print(_totals(found))


def as_json(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "level": problem.level,
        "message": problem.message,
        "place": _place(problem.place),
        "help": problem.help,
        "related": [{"place": _place(place), "message": words} for place, words in problem.related],
    }


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column, "pointer": place.pointer}


def _print(console: Console, problem: Problem, sources: _Sources) -> None:
    from rich.text import Text

    head = Text(f"{printable(str(problem.place))}: " if problem.place.file else "")
    head.append(f"{problem.level}[{problem.code}]", style=_COLOURS[problem.level])
    head.append(f": {printable(problem.message)}")
    console.print(head)
    _print_frame(console, problem.place, "", sources)
    for place, words in problem.related:
        console.print(Text(f"  {printable(str(place))}: {printable(words)}"))
        _print_frame(console, place, "  ", sources)
    if problem.help:
        help = Text("  help: ", style="bold")
        help.append(printable(problem.help), style="not bold")
        console.print(help)


def _print_frame(console: Console, place: Place, indent: str, sources: _Sources) -> None:
    frame = _frame(place, sources)
    if frame is None:
        return
    line, caret = frame
    number = str(place.line)
    console.print(_dim(f"{indent}  {number} | {line}"))
    console.print(_dim(f"{indent}  {' ' * len(number)} | {caret}"))


def _dim(text: str) -> Text:
    from rich.text import Text

    return Text(text, style="dim")


def _frame(place: Place, sources: _Sources) -> tuple[str, str] | None:
    """The line of a place, cut around its column, and the line with carets below it."""
    lines = sources.lines(place.file) if place.line else ()
    if not 0 < place.line <= len(lines):
        return None
    line = printable(lines[place.line - 1].replace("\t", " ")).rstrip()
    start = min(max(place.column - 1, 0), len(line))
    token = _TOKEN.match(line, start)
    length = len(token[0]) if token else 1
    cut = max(0, start - WIDTH // 3) if len(line) > WIDTH else 0
    shown = line[cut : cut + WIDTH]
    left, right = "…" if cut else "", "…" if cut + WIDTH < len(line) else ""
    offset = start - cut + len(left)
    return f"{left}{shown}{right}", " " * offset + "^" * max(1, min(length, WIDTH - (start - cut)))


def _totals(problems: list[Problem]) -> str:
    levels: tuple[Level, ...] = ("error", "warning", "note")
    counts = [(level, sum(problem.level == level for problem in problems)) for level in levels]
    return ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts if count)
