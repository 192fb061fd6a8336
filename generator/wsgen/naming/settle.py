"""Gives names to many things at once, so that no order of theirs matters.

Each thing *wishes*: a rank, and candidates, best first. Ranks are served one after another; within a rank,
phase by phase, a thing gets its next candidate if that is free and nobody else of the rank wants it too.
Things that want the same name all go on to the next phase, so that none of them is favoured for standing
first. What is left after the last candidate gets a number, in the order of the keys; users are told of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wsgen.landing.python import Identifier
from wsgen.problems import Place

__all__ = ["PINNED", "Clash", "Scopes", "Wish"]

PINNED = 0
"""The rank of names that the configuration gives."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A thing that needs a name.

    Attributes:
        key: what it is; unique, and orders the things that only a number tells apart.
        candidates: best first; at least one.
        scopes: where the name must be unique.
        rank: lower ranks choose first.
        source: the document's own name for it, for messages; empty: a name of ours, of which nobody is told.
    """

    key: tuple[str, ...]
    candidates: tuple[Identifier, ...]
    scopes: tuple[str, ...]
    rank: int = 1
    source: str = ""
    place: Place = field(default=Place(""))


@dataclass(frozen=True, slots=True)
class Clash:
    """A name that only a number could settle."""

    wish: Wish
    name: Identifier


@dataclass(slots=True)
class Scopes:
    """Names that are taken, by scope."""

    _taken: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    _around: dict[str, str] = field(default_factory=dict[str, str])
    clashes: list[Clash] = field(default_factory=list[Clash])

    def enclose(self, scope: str, outer: str) -> None:
        """From now on no name in `scope` is one that `outer` has."""
        self._around[scope] = outer

    def reserve(self, scope: str, names: Iterable[str]) -> None:
        self._taken[scope].update(names)

    def names(self, scope: str) -> frozenset[str]:
        return frozenset(self._taken[scope])

    def settle(self, wishes: Sequence[Wish]) -> dict[tuple[str, ...], Identifier]:
        """A name for each wish, by its key."""
        given: dict[tuple[str, ...], Identifier] = {}
        for rank in sorted({wish.rank for wish in wishes}):
            pending = sorted((wish for wish in wishes if wish.rank == rank), key=lambda wish: wish.key)
            for phase in range(max(len(wish.candidates) for wish in pending)):
                pending = self._phase(pending, phase, given)
            for wish in pending:
                given[wish.key] = self._numbered(wish)
        return given

    def _phase(self, pending: Sequence[Wish], phase: int, given: dict[tuple[str, ...], Identifier]) -> list[Wish]:
        wanted = Counter(
            (scope, wish.candidates[phase]) for wish in pending if phase < len(wish.candidates) for scope in wish.scopes
        )
        left: list[Wish] = []
        for wish in pending:
            name = wish.candidates[phase] if phase < len(wish.candidates) else None
            if name is None or any(wanted[scope, name] > 1 for scope in wish.scopes) or not self._free(wish, name):
                left.append(wish)
            else:
                self._take(wish, name)
                given[wish.key] = name
        return left

    def _free(self, wish: Wish, name: str) -> bool:
        return not any(name in self._taken[each] for scope in wish.scopes for each in self._reached(scope))

    def _reached(self, scope: str) -> tuple[str, ...]:
        return (scope, self._around[scope]) if scope in self._around else (scope,)

    def _take(self, wish: Wish, name: str) -> None:
        for scope in wish.scopes:
            self._taken[scope].add(name)

    def _numbered(self, wish: Wish) -> Identifier:
        name = base = wish.candidates[0]
        number = 1
        while not self._free(wish, name):
            number += 1
            name = base.numbered(number)
        self._take(wish, name)
        if number > 1 and wish.source:
            self.clashes.append(Clash(wish, name))
        return name
