"""How updates find their subscription: by a topic that the confirmation names, or by parameters that they repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.model import Schema
from wsgen.operations import Confirmation, WireMessage

from .correlation import ids_of
from .schemas import Schemas
from .words import root, words

__all__ = ["PLACES", "find_pairs", "find_topic", "parameters_of", "topic_names"]

PLACES = ("", "data", "payload", "params", "result", "body", "arg", "subscription")
"""Where parameters, and what updates say of themselves, stand: at the top, or in one of these."""

TOPICS = frozenset(
    {"topic", "subscription", "subscriptionid", "subid", "subscriberid", "sid", "chanid", "streamid", "subscriptionkey"}
)
"""What servers call the name that they give to a subscription."""

CREDENTIALS = frozenset({"token", "auth", "authorization", "apikey", "key", "secret", "signature", "password", "jwt"})


def topic_names(message: WireMessage, schemas: Schemas) -> dict[str, str]:
    """Paths at which a message names a subscription, by the names without case and separators."""
    found: dict[str, str] = {}
    for path, name, schema in _scalars(message, schemas):
        plain = _plain(name)
        if plain in TOPICS and not schemas.values(schema):
            found.setdefault(plain, path)
    return found


def find_topic(
    subscribe: WireMessage,
    confirmation: Confirmation | None,
    updates: Sequence[WireMessage],
    configured: str | None,
    schemas: Schemas,
) -> tuple[str | None, str | None]:
    """The paths of the topic in the confirmation and in updates; None: there is none.

    The name that a server gives to a subscription is in its confirmation and in every update, and is no parameter.
    JSON-RPC servers give it as the `result`, and repeat it as `subscription` in the `params` of notifications.
    """
    reply = confirmation.topic if confirmation is not None else None
    if configured is not None:
        return reply, configured or None
    if confirmation is None or not updates:
        return None, None
    own = set(topic_names(subscribe, schemas))
    theirs = topic_names(confirmation.message, schemas)
    each = [topic_names(update, schemas) for update in updates]
    for name, path in theirs.items():
        paths = {one.get(name) for one in each}
        if name not in own and len(paths) == 1 and None not in paths:
            return reply or path, each[0][name]
    result = schemas.at(confirmation.message.payload, "result")
    given = {one.get("subscription") for one in each}
    if _is_scalar(result, schemas) and given == {"params.subscription"}:
        return reply or "result", "params.subscription"
    if reply is not None and all(_is_scalar(schemas.at(update.payload, "topic"), schemas) for update in updates):
        return reply, "topic"
    return None, None


def parameters_of(subscribe: WireMessage, schemas: Schemas) -> dict[str, str]:
    """Paths of what a subscribe says of what it wants, by the roots of their names.

    Constants, ids of requests and credentials say nothing of it. Where something is required, the rest is detail.
    """
    ids = {path for path, _ in ids_of(subscribe, schemas).values()}
    every: dict[str, str] = {}
    needed: dict[str, str] = {}
    for place in PLACES:
        schema: Schema | None = schemas.at(subscribe.payload, place) if place else subscribe.payload
        pinned, required = schemas.pinned(schema, 1), schemas.required(schema)
        for name, property in schemas.properties(schema).items():
            path = f"{place}.{name}" if place else name
            constant = name in pinned or path in ids or _plain(name) in CREDENTIALS or _orders(property, schemas)
            inner = not place and name in PLACES and schemas.is_object(property)
            if constant or inner or "." in name:
                continue
            every.setdefault(_singular(name), path)
            if name in required:
                needed.setdefault(_singular(name), path)
    return needed or every


def _orders(property: Schema, schemas: Schemas) -> bool:
    values = {str(value).lower() for value in schemas.values(property)}
    return {"subscribe", "unsubscribe"} <= values


def find_pairs(
    subscribe: WireMessage, updates: Sequence[WireMessage], schemas: Schemas
) -> tuple[Mapping[str, str], bool]:
    """Pairs of update field and parameter, and whether every parameter is in one."""
    wanted = parameters_of(subscribe, schemas)
    found: dict[str, str] = {}
    for name, parameter in wanted.items():
        fields = [_field(update, name, schemas) for update in updates]
        first = fields[0] if fields else None
        if first is not None and all(each == first for each in fields):
            found[first] = parameter
    return found, bool(found) and len(found) == len(wanted)


def _field(update: WireMessage, name: str, schemas: Schemas) -> str | None:
    """The path of a required field with this name."""
    for path, own, _ in _scalars(update, schemas):
        place, _, last = path.rpartition(".")
        outer = not place or place in schemas.required(update.payload)
        schema = schemas.at(update.payload, place) if place else update.payload
        if _singular(own) == name and outer and last in schemas.required(schema):
            return path
    return None


def _scalars(message: WireMessage, schemas: Schemas) -> Iterator[tuple[str, str, Schema]]:
    for place in PLACES:
        schema: Schema | None = schemas.at(message.payload, place) if place else message.payload
        for name, property in schemas.properties(schema).items():
            if "." not in name and _is_scalar(property, schemas):
                yield (f"{place}.{name}" if place else name), name, property


def _is_scalar(schema: Schema | None, schemas: Schemas) -> bool:
    """Whether a value can be looked up: text or a number, or anything of which no more is said."""
    if schema is None or schemas.is_object(schema):
        return False
    types: set[str] = set()
    for part in schemas.parts(schema):
        for shape in (part, *map(schemas.shape, schemas.alternatives(part))):
            types.update(shape.types if shape is not None else ())
    return not types & {"array", "object", "boolean"}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _singular(name: str) -> str:
    return " ".join(root(word) for word in words(name))
