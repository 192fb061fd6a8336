"""What msgspec checks of values, and what of it is left to the server.

Integers are compared as 64-bit numbers. Patterns are taken by Python's `re`, which goes back and tries again: one
that could take long for a text that somebody else chose is not checked at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from wsgen.model import Json
from wsgen.problems import Place, Problems

from .forms import Definition, ListOf, MapOf, Property, Scalar, Type, Values
from .settle import Settled, mapped, rebuilt

__all__ = ["is_quick", "limited"]

_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1

_OTHERS: Final[Mapping[str, str]] = {
    "minimum": "exclusiveMinimum",
    "exclusiveMinimum": "minimum",
    "maximum": "exclusiveMaximum",
    "exclusiveMaximum": "maximum",
}

_LONG = re.compile(r"[*+]|\{\d+,\}|\{\d*,(?:\d{3,}|[5-9]\d)\}")
_MANY = re.compile(r"\{\d*,?(\d+)\}")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")


def limited(settled: Settled, problems: Problems) -> Settled:
    """The types without what msgspec cannot check."""
    reported: set[tuple[str, Place]] = set()

    def change(type: Type, place: Place | None) -> Type:
        found = rebuilt(type, lambda child: change(child, place))
        match found:
            case Scalar(constraints=constraints):
                kept = dict(_kept(found.kind, dict(constraints)))
                pattern = dict(constraints).get("pattern")
                if place is not None and isinstance(pattern, str) and "pattern" not in kept:
                    if (pattern, place) not in reported:
                        problems.note("WSG462", f"the pattern {pattern!r} is not checked by the client", place)
                    reported.add((pattern, place))
                return replace(found, constraints=tuple(kept.items()))
            case ListOf(least=least, most=most) | MapOf(least=least, most=most):
                return replace(found, least=_counted(least), most=_counted(most))
            case Values(values=values) if not all(map(_fits, values)):
                fitting = tuple(value for value in values if _fits(value))
                return Values((*fitting, 0), open=True) if fitting else Scalar("integer")
            case _:
                return found

    def definition(each: Definition) -> Definition:
        def changed(type: Type, property: Property | None) -> Type:
            return change(type, each.place if property is None else property.place)

        return mapped(each, changed)

    definitions = {id: definition(each) for id, each in settled.definitions.items()}
    roots = {id: change(type, None) for id, type in settled.roots.items()}
    return replace(settled, definitions=definitions, roots=roots)


def _kept(kind: str, constraints: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in constraints.items():
        if name in ("minLength", "maxLength"):
            if isinstance(value, int) and value <= _MOST:
                yield name, value
        elif name == "pattern":
            if isinstance(value, str) and is_quick(value):
                yield name, value
        elif (kind != "integer" or _is_small(value)) and not _is_implied(name, value, constraints):
            yield name, value


def _is_small(value: Json) -> bool:
    return isinstance(value, int) and _LEAST < value < _MOST


def _is_implied(name: str, value: Json, constraints: Mapping[str, Json]) -> bool:
    """Whether the other form of a bound, exclusive or not, says as much or more; msgspec takes one of them."""
    limit = constraints.get(_OTHERS.get(name, ""))
    if not (isinstance(limit, int | float) and isinstance(value, int | float)):
        return False
    further = limit > value if "inimum" in name else limit < value
    return further or (limit == value and not name.startswith("exclusive"))


def _counted(count: int | None) -> int | None:
    return None if count is None or count > _MOST else count


def _fits(value: object) -> bool:
    return not isinstance(value, int) or _LEAST <= value <= _MOST


def is_quick(pattern: str) -> bool:
    """Whether Python takes the pattern, and takes no long time for any text.

    Two parts of any length are still quick (the square of a length); a repeated group is not.
    """
    if _REPEATED_GROUP.search(pattern) or len(_LONG.findall(pattern)) > 2:
        return False
    if any(int(times) > 1000 for times in _MANY.findall(pattern)):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
