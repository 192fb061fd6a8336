"""Runtime expressions: where in a message a value stands (section "Runtime Expression" of the specification)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from wsgen.document import pointer_tokens
from wsgen.model import Always, Named, Schema, SchemaKey, Shape
from wsgen.problems import Problems
from wsgen.resolve import Node

__all__ = ["Location", "leads_somewhere", "location_of"]

_LOCATION = re.compile(r"\$message\.(header|payload)#((?:/.*)?)", re.DOTALL)
_MAX_STEPS = 1_000


class Location(NamedTuple):
    source: Literal["payload", "header"]
    pointer: tuple[str, ...]


def location_of(owner: Node, what: str, problems: Problems) -> Location | None:
    """The `location` of a correlation id, a parameter or a reply address; `what` names it in a sentence."""
    member = owner.member("location")
    if member is None or member.value is None:
        return None
    location = owner.text("location")
    match = _LOCATION.fullmatch(location)
    if match is None:
        problems.warning(
            "WSG322",
            f"the location of the {what} must be like `$message.payload#/id`, but it is "
            f"`{location[:80]}`; it is ignored",
            owner.place_of("location"),
            "write `$message.payload#/` or `$message.header#/` and the path of the field",
        )
        return None
    return Location("header" if match[1] == "header" else "payload", tuple(pointer_tokens(match[2])))


def leads_somewhere(pointer: tuple[str, ...], schema: Schema, definitions: Mapping[SchemaKey, Schema]) -> bool:
    """Whether a value that fits the schema can have something there, as far as the schema says what it has."""
    waiting: list[tuple[Schema, tuple[str, ...]]] = [(schema, pointer)]
    seen: set[tuple[SchemaKey, tuple[str, ...]]] = set()
    told = False
    while waiting:
        here, left = waiting.pop()
        if not left or len(seen) > _MAX_STEPS:
            return True
        if isinstance(here, Named):
            if (here.key, left) not in seen:
                seen.add((here.key, left))
                waiting.append((definitions.get(here.key) or Always(here.place), left))
            continue
        if not isinstance(here, Shape):
            return isinstance(here, Always)
        below = here.properties.get(left[0]) or here.items
        if below is not None:
            waiting.append((below, left[1:]))
        branches = (*here.all_of, *here.any_of, *here.one_of)
        waiting.extend((branch, left) for branch in branches)
        told = told or bool(here.properties or here.items or branches or here.additional_properties)
        if isinstance(here.additional_properties, (Shape, Named)) or here.pattern_properties:
            return True
    return not told
