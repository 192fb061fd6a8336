"""Settings on top of other settings: of a client over those of all, of the configuration over the document's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from typing import Any, TypeVar, cast

from wsgen.problems import Place

__all__ = ["Layer", "layered"]

JOINED = frozenset({"rename", "headers", "replies", "subscriptions", "domains", "wire_types"})
"""Tables whose entries are settings of their own; other tables are one value."""

LayerT = TypeVar("LayerT", bound="Layer")


@dataclass(frozen=True, slots=True)
class Layer:
    """Base of settings that can stand on others. Subclasses have `given`: the keys that were written, and where."""

    def place_of(self, key: str, otherwise: Place | None = None) -> Place:
        """Where a key was written; where not at all, the place of the settings."""
        given: Mapping[str, Place] = getattr(self, "given", {})
        return given.get(key) or otherwise or cast(Place, getattr(self, "place", Place("")))


def layered(over: LayerT, below: LayerT) -> LayerT:
    """`over`, and for everything that it does not say what `below` says."""
    given: Mapping[str, Place] = getattr(over, "given", {})
    changes: dict[str, Any] = {}  # fields by name: their types differ
    for name, default in _defaults(cast(Any, type(over))):
        own, other = getattr(over, name), getattr(below, name)
        if name == "given":
            changes[name] = {**other, **own}
        elif name in JOINED:
            changes[name] = _joined(own, other)
        elif isinstance(own, Layer) and isinstance(other, Layer):
            changes[name] = layered(own, other)
        elif other is not own and name not in given and name != "place" and own == default:
            changes[name] = other
    return replace(over, **changes)


@cache
def _defaults(settings: type[Layer]) -> tuple[tuple[str, object], ...]:
    """The names of the fields, and their defaults."""
    return tuple(
        (each.name, each.default if each.default_factory is MISSING else each.default_factory())
        for each in fields(settings)
    )


def _joined(over: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for key, own in over.items():
        other = found.get(key)
        found[key] = layered(own, other) if isinstance(own, Layer) and isinstance(other, Layer) else own
    return found
