"""Problems as a person or a program reads them. Text of documents is printed as text, never as markup."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from wsgen.problems import Level, Place, Problem

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Format", "as_json", "print_problems", "printable", "prose"]

Format: TypeAlias = Literal["text", "json"]

WIDTH = 110
"""Cells of a terminal that a source line takes at the most; a minified document is one line of many."""

TAB = 4
REPLACEMENT = "�"

MAX_BYTES = 16 * 1024 * 1024
WHERE_LINES_GO = (
    "lines of configuration go into the client's table, `[[tool.wsgen.client]]`, or as they stand into a new wsgen.toml"
)
_LEVELS: tuple[Level, ...] = ("error", "warning", "note")
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
    return text if text.isprintable() else "".join(each if each.isprintable() else REPLACEMENT for each in text)


@contextmanager
def prose(format: Format) -> Generator[None]:
    """What is printed within is for people: it leaves standard output to problems that are printed as JSON."""
    with redirect_stdout(sys.stderr) if format == "json" else nullcontext():
        yield


def print_problems(problems: Iterable[Problem], format: Format) -> None:
    """Print problems in their order: as text with code frames to standard error, or as one JSON array to standard
    output, where nothing else is printed then (`prose`)."""
    found = list(problems)
    if format == "json":
        sys.stdout.write(json.dumps([as_json(problem) for problem in found], indent=2) + "\n")
        return
    if not found:
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    sources = _Sources()
    for problem in _each_line_once(found):
        _print(console, problem, sources)
    if any(problem.settled_by for problem in found):
        console.print(WHERE_LINES_GO)
    console.print(_totals(found))


def _each_line_once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems, so that all lines that they offer can stand in one file: a key that was set is a comment later."""
    offered: set[tuple[str, str]] = set()
    for problem in problems:
        key = problem.place.file, problem.settled_by.partition(" = ")[0]
        again = problem.settled_by and key in offered
        offered.add(key)
        yield replace(problem, settled_by=f"# {problem.settled_by}") if again else problem


def as_json(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "level": problem.level,
        "message": problem.message,
        "place": _place(problem.place),
        "help": problem.help,
        "settled_by": problem.settled_by,
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
    if problem.place.pointer:
        console.print(_dim(f"  at {printable(problem.place.pointer)}"))
    for place, words in problem.related:
        console.print(Text(f"  {printable(str(place))}: {printable(words)}"))
        _print_frame(console, place, "  ", sources)
    if problem.help:
        console.print(Text.assemble(("  help: ", "bold"), printable(problem.help)))
    for line in problem.settled_by.splitlines():
        console.print(Text(f"    {printable(line)}"))


def _print_frame(console: Console, place: Place, indent: str, sources: _Sources) -> None:
    lines = sources.lines(place.file) if place.line else ()
    if not 0 < place.line <= len(lines):
        return
    line, caret = _frame(lines[place.line - 1].rstrip(), place.column)
    number = str(place.line)
    console.print(_dim(f"{indent}  {number} | {line}"))
    console.print(_dim(f"{indent}  {' ' * len(number)} | {caret}"))


def _dim(text: str) -> Text:
    from rich.text import Text

    return Text(text, style="dim")


def _frame(line: str, column: int) -> tuple[str, str]:
    """A source line as it is shown, cut around `column`, and below it the carets.

    Columns count characters; what lines up on a terminal are cells, of which a tab has several, a letter of
    East Asia two, a combining accent none.
    """
    from rich.cells import cell_len

    start = min(max(column - 1, 0), len(line))
    token = _TOKEN.match(line, start, start + WIDTH)
    end = token.end() if token else start
    first, room = start, WIDTH // 3
    if cell_len(line[: WIDTH + 1].expandtabs(TAB)) <= WIDTH and len(line) <= WIDTH:
        first = 0
    while first > 0 and room > 0:
        first -= 1
        room -= cell_len(line[first])
    shown, before, below = "…" if first else "", 0, 0
    for index in range(first, len(line)):
        if index == start:
            before = cell_len(shown)
        piece = _cells(line[index], cell_len(shown))
        if cell_len(shown) + cell_len(piece) > WIDTH:
            shown += "…"
            break
        shown += piece
        if start <= index < end:
            below = cell_len(shown) - before
    else:
        before = cell_len(shown) if start == len(line) else before
    return shown, " " * before + "^" * max(1, below)


def _cells(character: str, at: int) -> str:
    """A character of a source line, as it is shown in column `at`."""
    return " " * (TAB - at % TAB) if character == "\t" else printable(character)


def _totals(problems: list[Problem]) -> str:
    counts = [(level, sum(problem.level == level for problem in problems)) for level in _LEVELS]
    totals = ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts if count)
    return f"{totals}; `wsgen explain {_gravest(problems).code}` tells more"


def _gravest(problems: list[Problem]) -> Problem:
    """The first of those that weigh most."""
    return min(problems, key=lambda problem: _LEVELS.index(problem.level))
