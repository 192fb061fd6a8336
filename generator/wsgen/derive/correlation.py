"""Ids that a request and its answer share, so that answers need no order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, TypeAlias

from wsgen.model import CorrelationId, Schema
from wsgen.operations import Correlation, WireMessage

from .schemas import Schemas

__all__ = ["Ids", "correlation", "has_outcome", "ids_of", "path_of"]

Kind: TypeAlias = Literal["integer", "string", "uuid"]
Ids: TypeAlias = Mapping[str, tuple[str, Kind]]
"""Paths and kinds of the ids in a message, by their names without case and separators."""

NAMES = frozenset(
    {
        *("id", "reqid", "requestid", "correlationid", "rid", "callid", "echoid", "pingid", "transactionid"),
        *("clientmsgid", "clientmessageid", "clientrequestid", "invocationid", "commandid"),
    }
)
"""What ids of requests are called. `messageId`, `seq` and the like count or name what is stored."""

WITHIN = ("", "payload", "data", "params", "header", "headers", "meta", "metadata", "body")
"""Where in a message an id is looked for: beside the rest, or one level below."""

OUTCOMES = frozenset({"result", "error", "success", "ok", "status", "code"})
"""Properties of answers. An `id` beside none of these can be that of a thing."""


def ids_of(message: WireMessage, schemas: Schemas) -> Ids:
    """The ids that a message carries; outer ones first."""
    found: dict[str, tuple[str, Kind]] = {}
    for place in WITHIN:
        schema = schemas.at(message.payload, place) if place else message.payload
        for name, property in schemas.properties(schema).items():
            plain = _plain(name)
            kind = _kind(property, schemas) if plain in NAMES and "." not in name else None
            if kind is not None:
                found.setdefault(plain, (f"{place}.{name}" if place else name, kind))
    return found


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _kind(schema: Schema | None, schemas: Schemas) -> Kind | None:
    """What can be an id: text or whole numbers, not one of a few values."""
    if schema is None or schemas.values(schema) or schemas.is_object(schema):
        return None
    types: set[str] = set()
    formats: set[str] = set()
    for part in schemas.parts(schema):
        for shape in (part, *map(schemas.shape, schemas.alternatives(part))):
            if shape is not None:
                types.update(shape.types)
                formats.add(shape.format)
    if types & {"integer", "number"}:
        return "integer"
    if "uuid" in formats:
        return "uuid"
    return "string" if "string" in types or not types else None


def path_of(id: CorrelationId, wrapper: str | None) -> str | None:
    """The path of a correlation id in what the envelope wraps; None where it stands outside."""
    pointer = id.pointer
    if wrapper is not None:
        if pointer[:1] != (wrapper,):
            return None
        pointer = pointer[1:]
    return ".".join(pointer) or None


def correlation(request: str, reply: str, asking: WireMessage, schemas: Schemas) -> Correlation:
    """The correlation of two paths, with an id of the kind that the request takes."""
    return Correlation(request, reply, _kind(schemas.at(asking.payload, request), schemas))


def has_outcome(message: WireMessage, schemas: Schemas) -> bool:
    """Whether a message says how something went."""
    return not OUTCOMES.isdisjoint(schemas.properties(message.payload))
