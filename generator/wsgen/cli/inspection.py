"""The answer of `wsgen inspect --json`: a stable form, which docs/schemas/inspect.schema.json describes.

Keys are added to it, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TypeAlias, assert_never

from wsgen.derive import Schemas
from wsgen.model import ABSENT, Schema, SecurityScheme, Server
from wsgen.operations import (
    Argument,
    Client,
    ClientConnection,
    Confirmation,
    Correlation,
    Discriminator,
    Domain,
    Handler,
    Heartbeat,
    Push,
    Request,
    Route,
    Send,
    Subscription,
    WireMessage,
)
from wsgen.pipeline import Understood
from wsgen.problems import Problems

from .printing import as_json

__all__ = ["Operation", "inspection", "messages_of", "operations_of", "server_url", "warnings_of"]

Operation: TypeAlias = Subscription | Request | Handler | Send | Push


def inspection(understood: Understood | None, problems: Problems) -> dict[str, object]:
    """What was understood of a document. None: nothing was; the answer has the same form."""
    client = understood.client if understood else None
    schemas = Schemas(understood.application.schemas if understood else {})
    connections = client.connections if client else ()
    servers = {server.id: server for each in connections for server in each.servers}
    asked = [*(each.security for each in servers.values()), *(each.security for each in connections)]
    schemes = {one.id: one for alternatives in asked for all_of in alternatives for one in all_of}
    return {
        "title": client.title if client else "",
        "version": client.version if client else "",
        "asyncapi": understood.application.asyncapi if understood else "",
        "perspective": _perspective(client),
        "servers": [_server(each) for each in servers.values()],
        "security": [_scheme(each) for each in schemes.values()],
        "connections": [_connection(each) for each in connections],
        "messages": [one for each in connections for one in _messages(each)],
        "operations": [one for each in connections for one in _operations(each, schemas, problems)],
        "buildable": client is not None and not problems.fatal,
        "problems": [as_json(problem) for problem in problems],
    }


def _perspective(client: Client | None) -> dict[str, object]:
    if client is None:
        return {"value": None, "certain": False, "evidence": []}
    view = client.perspective
    return {"value": view.value, "certain": view.certain, "evidence": list(view.evidence)}


def server_url(server: Server) -> str:
    """The server's URL, with its variables in braces."""
    return f"{server.protocol}://{server.host}{server.pathname}"


def _server(server: Server) -> dict[str, object]:
    return {
        "id": server.id,
        "url": server_url(server),
        "protocol": server.protocol,
        "host": server.host,
        "pathname": server.pathname,
        "variables": [
            {"name": each.name, "default": each.default, "enum": list(each.enum)} for each in server.variables
        ],
        "security": [[scheme.id for scheme in all_of] for all_of in server.security],
    }


def _scheme(scheme: SecurityScheme) -> dict[str, object]:
    return {
        "id": scheme.id,
        "type": scheme.kind,
        "in": scheme.location,
        "name": scheme.name,
        "scheme": scheme.scheme,
    }


def _connection(connection: ClientConnection) -> dict[str, object]:
    envelope = connection.envelope
    return {
        "channel": connection.channel,
        "address": connection.address,
        "servers": [server.id for server in connection.servers],
        "parameters": [_parameter(each) for each in connection.arguments_of("path")],
        "query": [_argument(each) for each in connection.arguments_of("query")],
        "headers": [_argument(each) for each in connection.arguments_of("header")],
        "security": [[scheme.id for scheme in all_of] for all_of in connection.security],
        "heartbeat": _heartbeat(connection.heartbeat),
        "envelope": {
            "tag": envelope.tag,
            "sent_tag": envelope.tag if envelope.sent_tag is None else envelope.sent_tag,
            "payload": envelope.payload,
        },
        "undivided": [
            {"key": wire.key, "messages": [member.id for member in wire.members]} for wire in connection.undivided
        ],
    }


def _heartbeat(heartbeat: Heartbeat | None) -> dict[str, object] | None:
    if heartbeat is None:
        return None
    reply = heartbeat.reply.id if heartbeat.reply else None
    return {"message": heartbeat.message.id, "interval": heartbeat.interval, "reply": reply}


def _parameter(parameter: Argument) -> dict[str, object]:
    default = None if parameter.default is ABSENT else str(parameter.default)
    return {"name": parameter.name, "default": default, "enum": [str(value) for value in parameter.values]}


def _argument(argument: Argument) -> dict[str, object]:
    return {"name": argument.name, "required": argument.required}


def _fields(schema: Schema | None, schemas: Schemas) -> list[dict[str, object]]:
    """The properties of an object, by wire name."""
    if schema is None:
        return []
    required = schemas.required(schema)
    return [{"name": name, "required": name in required} for name in schemas.properties(schema)]


def _messages(connection: ClientConnection) -> Iterator[dict[str, object]]:
    for wire in (*connection.sent, *connection.received):
        yield {
            "connection": connection.channel,
            "id": wire.id,
            "key": wire.key,
            "direction": wire.direction,
            "discriminator": _discriminator(wire.discriminator),
        }


def _discriminator(found: Discriminator) -> dict[str, object]:
    return {"by": found.by, "property": found.property, "value": found.value}


def operations_of(domain: Domain) -> Iterator[Operation]:
    """All operations of a domain, whatever their kind."""
    for field in fields(domain):
        value = getattr(domain, field.name)
        if isinstance(value, tuple):
            yield from value


def messages_of(operation: Operation) -> tuple[WireMessage, ...]:
    """All messages of an operation, its own first."""
    match operation:
        case Subscription():
            return (
                operation.subscribe,
                *_answering(operation.confirmation),
                *(update.message for update in operation.updates),
                *([operation.unsubscribe] if operation.unsubscribe else []),
                *_answering(operation.release),
            )
        case Request() | Handler():
            return (operation.message, *operation.replies)
        case Send():
            return (operation.message, *([operation.acknowledgement] if operation.acknowledgement else []))
        case Push():
            return (operation.message,)
        case _:
            assert_never(operation)


def _answering(confirmation: Confirmation | None) -> tuple[WireMessage, ...]:
    """What confirms, then what refuses."""
    if confirmation is None:
        return ()
    return (confirmation.message, *(refusal.message for refusal in confirmation.refusals))


def warnings_of(operation: Operation, problems: Problems) -> list[str]:
    """The codes of warnings and errors at the places of an operation's messages."""
    places = {message.place for message in messages_of(operation)}
    return sorted({problem.code for problem in problems if problem.place in places and problem.level != "note"})


def _operations(connection: ClientConnection, schemas: Schemas, problems: Problems) -> Iterator[dict[str, object]]:
    for domain in connection.domains:
        for operation in operations_of(domain):
            for each in _each(operation):
                yield {
                    "connection": connection.channel,
                    "domain": domain.name,
                    **_operation(each, schemas),
                    "warnings": warnings_of(operation, problems),
                }
            if isinstance(operation, Subscription) and operation.release is not None:
                yield {"connection": connection.channel, "domain": domain.name, **_unsubscribing(operation)}


def _each(operation: Operation) -> Iterator[Operation]:
    """A push of messages that cannot be told apart is one of each of them."""
    if isinstance(operation, Push) and operation.message.members:
        for member in operation.message.members:
            yield Push(member.id, member)
    else:
        yield operation


def _operation(operation: Operation, schemas: Schemas) -> dict[str, object]:
    match operation:
        case Subscription():
            return _subscription(operation, schemas)
        case Request():
            replies = _ids(operation.replies)
            found = _plain("request", operation.verb, operation.message, replies, certain=operation.certain)
            return {**found, "correlation": _correlation(operation.correlation)}
        case Handler():
            replies = _ids(operation.replies)
            found = _plain("handler", operation.verb, operation.message, replies, certain=operation.certain)
            return {**found, "correlation": _correlation(operation.correlation)}
        case Send():
            return _plain("send", operation.verb, operation.message)
        case Push():
            return _plain("push", operation.verb, operation.message)
        case _:
            assert_never(operation)


def _ids(messages: Iterable[WireMessage]) -> list[str]:
    return [member.id for message in messages for member in (message.members or (message,))]


def _subscription(each: Subscription, schemas: Schemas) -> dict[str, object]:
    return {
        "kind": "subscription",
        "verb": "subscribe",
        "message": each.subscribe.id,
        "replies": _ids(_answering(each.confirmation)),
        "updates": _ids(update.message for update in each.updates),
        "unsubscribe": each.unsubscribe.id if each.unsubscribe else None,
        "unsubscribe_replies": _ids(_answering(each.release)),
        "parameters": _fields(each.subscribe.payload, schemas),
        "confirmation": None if each.confirmation is None else _confirmation(each.confirmation),
        "topic_rule": each.topic_rule,
        "route": _route(each.route),
        "certain": each.certain,
    }


def _unsubscribing(each: Subscription) -> dict[str, object]:
    """The exchange that ends a subscription; it is no method of its own."""
    message = each.unsubscribe or each.subscribe
    replies = _ids(_answering(each.release))
    found = _plain("request", "unsubscribe", message, replies, certain=each.certain)
    return {**found, "part_of": each.subscribe.id, "warnings": []}


def _confirmation(each: Confirmation) -> dict[str, object]:
    return {
        "status": each.status,
        "message": each.text,
        "topic": each.topic,
        "ok": None if each.ok is None else list(each.ok),
    }


def _correlation(each: Correlation | None) -> object:
    return None if each is None else {"request": each.request, "reply": each.reply}


def _route(route: Route) -> object:
    return dict(route) if isinstance(route, Mapping) else route


def _plain(
    kind: str, verb: str, message: WireMessage, replies: list[str] | None = None, *, certain: bool = True
) -> dict[str, object]:
    return {
        "kind": kind,
        "verb": verb,
        "message": message.id,
        "replies": replies or [],
        "updates": [],
        "unsubscribe": None,
        "certain": certain,
    }
