"""Ids that the runtime gives: callers need not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from wsgen.model import Named, Schema, SchemaKey, Shape
from wsgen.operations import ClientConnection, Correlation, Domain, WireMessage

__all__ = ["with_optional_ids"]


def with_optional_ids(
    connections: Sequence[ClientConnection], definitions: Mapping[SchemaKey, Schema]
) -> tuple[tuple[ClientConnection, ...], dict[SchemaKey, Schema]]:
    """The connections with ids optional in what is sent, and the definitions that change with that."""
    changed: dict[SchemaKey, Schema] = {}
    found: list[ClientConnection] = []
    for connection in connections:
        others: dict[int, WireMessage] = {}
        for message, correlation in _generated(connection):
            if message.payload is not None and correlation.kind is not None:
                path = tuple(correlation.request.split("."))
                payload = _optional(message.payload, path, definitions, changed, frozenset())
                others[id(message)] = replace(message, payload=payload)
        found.append(_replaced(connection, others) if others else connection)
    return tuple(found), changed


def _generated(connection: ClientConnection) -> Iterator[tuple[WireMessage, Correlation]]:
    for domain in connection.domains:
        for request in domain.requests:
            if request.correlation is not None:
                yield request.message, request.correlation
        for each in domain.subscriptions:
            if each.confirmation is not None and each.confirmation.correlation is not None:
                yield each.subscribe, each.confirmation.correlation


def _optional(
    schema: Schema,
    path: tuple[str, ...],
    definitions: Mapping[SchemaKey, Schema],
    changed: dict[SchemaKey, Schema],
    seen: frozenset[SchemaKey],
) -> Schema:
    """The schema with what stands at `path` optional; `changed` gets the definitions for which that is so."""

    def inner(one: Schema, rest: tuple[str, ...] = path) -> Schema:
        return _optional(one, rest, definitions, changed, seen)

    if isinstance(schema, Named):
        definition = changed.get(schema.key) or definitions.get(schema.key)
        if definition is not None and schema.key not in seen:
            changed[schema.key] = _optional(definition, path, definitions, changed, seen | {schema.key})
        return schema
    if not isinstance(schema, Shape):
        return schema
    name, *rest = path
    properties, required = schema.properties, schema.required
    if rest and name in properties:
        properties = {**properties, name: inner(properties[name], tuple(rest))}
    elif not rest:
        required = tuple(each for each in required if each != name)
    return replace(
        schema,
        properties=properties,
        required=required,
        all_of=tuple(map(inner, schema.all_of)),
        any_of=tuple(map(inner, schema.any_of)),
        one_of=tuple(map(inner, schema.one_of)),
    )


def _replaced(connection: ClientConnection, others: Mapping[int, WireMessage]) -> ClientConnection:
    """The connection with other messages in the place of some that are sent."""

    def other(message: WireMessage) -> WireMessage:
        return others.get(id(message), message)

    def of_domain(domain: Domain) -> Domain:
        return replace(
            domain,
            subscriptions=tuple(
                replace(
                    each,
                    subscribe=other(each.subscribe),
                    unsubscribe=None if each.unsubscribe is None else other(each.unsubscribe),
                )
                for each in domain.subscriptions
            ),
            requests=tuple(replace(each, message=other(each.message)) for each in domain.requests),
        )

    return replace(
        connection,
        sent=tuple(map(other, connection.sent)),
        domains=tuple(map(of_domain, connection.domains)),
    )
