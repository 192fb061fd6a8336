"""Problems are values: stages append them, one place prints them, and only errors stop a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = ["Level", "Place", "Problem", "Problems", "Stop"]

Level: TypeAlias = Literal["error", "warning", "note"]
_ORDER: dict[Level, int] = {"error": 0, "warning": 1, "note": 2}


class Place:
    """Where something stands in a file. Lines and columns count from 1; 0 means the whole file.

    Most places are never shown, and to find a line takes longer than to make a model of what stands there: `find`
    may do so when somebody asks. Places are values all the same, equal and in order by what they say.

    Attributes:
        file: the file as the user named it, with forward slashes; "-" is standard input.
        pointer: the JSON pointer (RFC 6901) inside the file.
    """

    __slots__ = ("_find", "_found", "file", "pointer")

    def __init__(
        self,
        file: str,
        line: int = 0,
        column: int = 0,
        pointer: str = "",
        *,
        find: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        self.file: Final = file
        self.pointer: Final = pointer
        self._found = (line, column)
        self._find = find

    def _position(self) -> tuple[int, int]:
        if self._find is not None:
            self._found, self._find = self._find(), None
        return self._found

    @property
    def line(self) -> int:
        return self._position()[0]

    @property
    def column(self) -> int:
        return self._position()[1]

    def _says(self) -> tuple[str, int, int, str]:
        return (self.file, *self._position(), self.pointer)

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Place):
            return self is other
        same = self.pointer == other.pointer and self.file == other.file
        return same and self._position() == other._position()

    def __lt__(self, other: Place) -> bool:
        return self._says() < other._says()

    def __hash__(self) -> int:
        return hash(self._says())

    def __reduce__(self) -> tuple[type[Place], tuple[str, int, int, str]]:
        return Place, self._says()

    def __repr__(self) -> str:
        return f"Place{self._says()!r}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or that the user should know.

    Attributes:
        code: a stable code, as "WSG305"; `wsgen explain` tells its rule.
        message: one sentence, with both sides of a difference.
        help: a concrete edit, or empty.
        related: a second place that belongs to the problem, with a few words on it.
        settled_by: lines of configuration that settle it, or empty: TOML with dotted keys, for the client's table.
            The first line is the one to take where nothing else is known; each other one is a comment.
    """

    code: str
    level: Level
    message: str
    place: Place
    help: str = ""
    related: tuple[tuple[Place, str], ...] = ()
    settled_by: str = ""


class Stop(Exception):
    """No stage can go on. What led to it is in `Problems`; whoever raises this has reported there first."""


@dataclass(slots=True)
class Problems:
    """Collects the problems of a run."""

    _found: dict[Problem, None] = field(default_factory=dict[Problem, None])

    def add(self, problem: Problem) -> None:
        """Keep `problem`, once."""
        self._found.setdefault(problem)

    def take(self, others: Problems) -> None:
        """Keep the problems that were found on the side."""
        for problem in others._found:
            self.add(problem)

    def error(
        self,
        code: str,
        message: str,
        place: Place,
        help: str = "",
        related: tuple[tuple[Place, str], ...] = (),
        settled_by: str = "",
    ) -> None:
        self.add(Problem(code, "error", message, place, help, related, settled_by))

    def warning(
        self,
        code: str,
        message: str,
        place: Place,
        help: str = "",
        related: tuple[tuple[Place, str], ...] = (),
        settled_by: str = "",
    ) -> None:
        self.add(Problem(code, "warning", message, place, help, related, settled_by))

    def note(self, code: str, message: str, place: Place, help: str = "") -> None:
        self.add(Problem(code, "note", message, place, help))

    @property
    def fatal(self) -> bool:
        """Whether there is an error."""
        return any(problem.level == "error" for problem in self._found)

    def __iter__(self) -> Iterator[Problem]:
        """By place, then by weight, then by code."""
        return iter(sorted(self._found, key=lambda p: (p.place, _ORDER[p.level], p.code, p.message)))

    def __len__(self) -> int:
        return len(self._found)
