"""Class names of schemas: of definitions, and of payloads that are defined where they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from wsgen.landing.python import Identifier, words
from wsgen.model import Application, Named, Schema, SchemaKey, Shape
from wsgen.operations import Client, ClientConnection, WireMessage

from .conventions import Convention
from .names import RootKind
from .settle import PINNED, Scopes, Wish

__all__ = ["Use", "component_names", "definition_names", "payload_names", "payload_uses", "root_ids"]

_COMPONENT = re.compile(r"^/(?:components/schemas|definitions|\$defs|schemas)/([^/]+)$")
_ENDING = re.compile(r"(?:\.schema)?(?:\.(?:json|ya?ml))?$", re.IGNORECASE)
"""What the name of a schema's file ends with, and says nothing of the schema."""
_STRUCTURE = frozenset(
    {"components", "schemas", "definitions", "$defs", "properties", "patternProperties", "payload", "headers"}
    | {"messages", "channels", "items", "allOf", "anyOf", "oneOf", "additionalProperties", "not", "schema"}
)


@dataclass(frozen=True, slots=True)
class Use:
    """A payload as it is used: what a message wraps ("sent", "received"), or what consumers get ("data")."""

    connection: int
    kind: RootKind
    message: WireMessage
    schema: Schema


def payload_uses(client: Client) -> tuple[Use, ...]:
    """Every payload that has a schema, in the document's order."""
    return tuple(use for index, each in enumerate(client.connections) for use in _connection_uses(index, each))


def _connection_uses(index: int, connection: ClientConnection) -> Iterator[Use]:
    for message in connection.sent:
        if message.payload is not None:
            yield Use(index, "sent", message, message.payload)
    for message in connection.received:
        if message.payload is not None:
            yield Use(index, "received", message, message.payload)
    for domain in connection.domains:
        for update in (update for each in domain.subscriptions for update in each.updates):
            if update.path is not None and update.data is not None:
                yield Use(index, "data", update.message, update.data)


def root_ids(client: Client, uses: tuple[Use, ...]) -> dict[tuple[int, RootKind, str], str]:
    """An id for each use. Uses of one schema for one message share it, whatever channel and direction they have."""
    ids: dict[tuple[int, RootKind, str], str] = {}
    schemas: dict[str, Schema] = {}
    for use in uses:
        key = use.message.key
        alike = [f"{kind}:{key}" for kind in ("sent", "received")] if use.kind != "data" else []
        shared = next((id for id in alike if schemas.get(id) == use.schema), None)
        for id in (shared or f"{use.kind}:{key}", f"{use.kind}:{client.connections[use.connection].channel}:{key}"):
            if schemas.setdefault(id, use.schema) == use.schema:
                ids[use.connection, use.kind, key] = id
                break
    return ids


def definition_names(
    client: Client, application: Application, rename: Mapping[str, str], writing: Convention, scopes: Scopes
) -> dict[SchemaKey, Identifier]:
    """A class name for every definition. Those that no payload reaches take what the others leave."""
    reached = _reached(application, [use.schema for use in payload_uses(client)])
    wishes = [
        _definition_wish(key, schema, rename.get(_component(key) or ""), writing, known=True)
        for key, schema in application.schemas.items()
        if key in reached
    ]
    given = scopes.settle(wishes)
    rest = [
        _definition_wish(key, schema, None, writing, known=False)
        for key, schema in application.schemas.items()
        if key not in reached
    ]
    unseen = Scopes()
    unseen.reserve("classes", scopes.names("classes"))
    given.update(unseen.settle(rest))
    return {key: given["definition", key] for key in application.schemas}


def component_names(application: Application) -> Iterator[str]:
    """The names that the document gives to its schemas."""
    yield from (name for name in map(_component, application.schemas) if name is not None)


def _component(key: SchemaKey) -> str | None:
    """The name of a component; None for what stands elsewhere."""
    found = _COMPONENT.match(key.rpartition("#")[2])
    return _unescaped(found[1]) if found else None


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")


def _definition_wish(key: SchemaKey, schema: Schema, pinned: str | None, writing: Convention, *, known: bool) -> Wish:
    component = _component(key)
    own = component or _last_word(key)
    candidates: tuple[Identifier, ...] = (class_name(own, writing),)
    if component is None:
        candidates = (*candidates, writing.pascal(" ".join(_context(key)[-2:]), lead="schema"))
    exact = component is not None and candidates[0] == component
    return Wish(
        key=("definition", key),
        candidates=(writing.exact(pinned),) if pinned else candidates,
        scopes=("classes",),
        rank=PINNED if pinned else 1 if exact else 2 if component is not None else 3,
        source=(component or key) if known else "",
        place=schema.place,
    )


def class_name(text: str, writing: Convention) -> Identifier:
    """The document's own name where it looks like a class, else its words in Pascal case."""
    if text.isidentifier() and text[0].isupper() and text not in writing.keywords and text.isascii():
        return writing.exact(text)
    return writing.pascal(text, lead="schema")


def _last_word(key: SchemaKey) -> str:
    parts = _context(key)
    return parts[-1] if parts else "Schema"


def _context(key: SchemaKey) -> list[str]:
    """The words of a definition's place that the document chose, the file's own name first."""
    file, _, pointer = key.rpartition("#")
    parts = [_unescaped(part) for part in pointer.split("/")]
    chosen = [part for part in parts if words(part) and not part.isdigit() and part not in _STRUCTURE]
    stem = _ENDING.sub("", PurePosixPath(file.rpartition("/")[2]).name)
    return chosen if len(chosen) > 1 or not words(stem) else [stem, *chosen]


def payload_names(
    client: Client,
    ids: Mapping[tuple[int, RootKind, str], str],
    definitions: Mapping[SchemaKey, Identifier],
    rename: Mapping[str, str],
    writing: Convention,
    scopes: Scopes,
) -> dict[str, Identifier]:
    """A class name for each payload, by root id; after its message where the document has no name for it."""
    wishes: dict[str, Wish] = {}
    names: dict[str, Identifier] = {}
    for use in payload_uses(client):
        id = ids[use.connection, use.kind, use.message.key]
        if isinstance(use.schema, Named):
            names[id] = definitions[use.schema.key]
        elif id not in wishes:
            channel = client.connections[use.connection].channel
            wishes[id] = _payload_wish(id, use, channel, rename.get(use.message.key), writing)
    given = scopes.settle(list(wishes.values()))
    return {**names, **{id: given["payload", id] for id in wishes}}


def _payload_wish(id: str, use: Use, channel: str, pinned: str | None, writing: Convention) -> Wish:
    message = use.message
    suffix = " data" if use.kind == "data" else ""
    own = message.key if words(message.key)[:1] and not words(message.key)[0][0].isdigit() else message.id
    wordings = (
        f"{own}{suffix}",
        f"{own} payload{suffix}",
        f"{own} {use.kind}",
        f"{channel} {own} {use.kind}",
    )
    pin = pinned if pinned and pinned[0].isupper() and use.kind != "data" else None
    return Wish(
        key=("payload", id),
        candidates=(writing.exact(pin),)
        if pin
        else tuple(writing.pascal(wording, lead="message") for wording in wordings),
        scopes=("classes",),
        rank=PINNED if pin else 1,
        source=message.key,
        place=use.schema.place,
    )


def _reached(application: Application, schemas: list[Schema]) -> frozenset[SchemaKey]:
    """The definitions that these schemas use, directly or through others."""
    found: set[SchemaKey] = set()
    pending = list(schemas)
    while pending:
        schema = pending.pop()
        if isinstance(schema, Named) and schema.key not in found:
            found.add(schema.key)
            pending.append(application.schemas[schema.key])
        elif isinstance(schema, Shape):
            pending.extend(_parts(schema))
    return frozenset(found)


def _parts(shape: Shape) -> Iterator[Schema]:
    yield from shape.properties.values()
    yield from shape.pattern_properties.values()
    yield from (*shape.prefix_items, *shape.all_of, *shape.any_of, *shape.one_of)
    single = (
        shape.additional_properties,
        shape.property_names,
        shape.items,
        shape.additional_items,
        shape.not_,
        shape.if_,
        shape.then,
        shape.else_,
    )
    yield from (schema for schema in single if schema is not None)
