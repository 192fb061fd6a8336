"""Applications and schemas in a few words, and what is derived of them."""

from __future__ import annotations

from collections.abc import Mapping

from wsgen.config import ClientSettings, DomainSettings
from wsgen.derive import derive
from wsgen.model import (
    Application,
    Channel,
    Message,
    Operation,
    Schema,
    Server,
    Shape,
)
from wsgen.operations import Client, ClientConnection, Domain
from wsgen.problems import Place, Problem, Problems

__all__ = [
    "AT",
    "CONFIRMATION",
    "NULL",
    "NUMBER",
    "STATUS",
    "TEXT",
    "application",
    "codes",
    "const",
    "derived",
    "domain",
    "fastws",
    "message",
    "obj",
    "of_bars",
    "only",
    "with_bars",
    "wrapper",
]

AT = Place("spec.json", 1, 1)
TEXT = Shape(AT, types=("string",))
NUMBER = Shape(AT, types=("number",))
NULL = Shape(AT, types=("null",))
STATUS = Shape(AT, types=("string",), enum=("ok", "error"))


def const(value: str | int) -> Shape:
    return Shape(AT, const=value)


def obj(required: tuple[str, ...] | None = None, **properties: Schema) -> Shape:
    needed = tuple(properties) if required is None else required
    return Shape(AT, types=("object",), properties=properties, required=needed)


def wrapper(type: str, payload: Schema | None = None) -> Shape:
    """A frame as FastWS describes it."""
    tag = Shape(AT, any_of=(Shape(AT, types=("string",), const=type), TEXT))
    if payload is None:
        return obj(type=tag)
    return obj(type=tag, payload=Shape(AT, any_of=(payload, NULL)))


def message(
    id: str, payload: Schema | None = None, *, response: str | None = None, name: str = "", key: str = ""
) -> Message:
    return Message(id, key or f"#/m/{id}", AT, name=name, payload=payload, response=response and f"#/m/{response}")


def fastws(id: str, payload: Schema | None = None, *, response: str | None = None, name: str = "") -> Message:
    return message(id, wrapper(id, payload), response=response, name=name)


CONFIRMATION = obj(status=STATUS, message=TEXT, topic=TEXT)


def application(
    sent: tuple[Message, ...] = (),
    received: tuple[Message, ...] = (),
    *,
    schemas: Mapping[str, Schema] | None = None,
    asyncapi: str = "2.4.0",
    servers: tuple[Server, ...] = (),
    description: str = "",
    extensions: Mapping[str, str] | None = None,
) -> Application:
    """One channel, seen from the server, with what the client sends and receives."""
    operations = (
        Operation("sendMessage", "receive", "/", sent, AT),
        Operation("processMessage", "send", "/", received, AT),
    )
    return Application(
        asyncapi=asyncapi,
        title="Test",
        version="1",
        place=AT,
        description=description,
        servers=servers,
        channels=(Channel("/", "/", AT, messages=(*sent, *received)),),
        operations=tuple(operation for operation in operations if operation.messages),
        messages=(*sent, *received),
        schemas=schemas or {},
        extensions=dict(extensions or {}),
    )


def derived(app: Application, settings: ClientSettings | None = None) -> tuple[Client, list[Problem]]:
    problems = Problems()
    client = derive(app, settings or ClientSettings(input="spec.json"), problems)
    return client, list(problems)


def only(client: Client) -> ClientConnection:
    (connection,) = client.connections
    return connection


def domain(client: Client, name: str) -> Domain:
    (found,) = [each for each in only(client).domains if each.name == name]
    return found


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def of_bars(
    update: Schema,
    *,
    parameters: Schema | None = None,
    unsubscribe: Schema | None = None,
    reply: Schema = CONFIRMATION,
) -> Application:
    """A domain with a subscription; `unsubscribe` None: there is no such message."""
    parameters = parameters or obj(symbol=TEXT)
    sent = [fastws("bars.subscribe", parameters, response="bars.subscribe.response")]
    received = [fastws("bars.subscribe.response", reply), fastws("bars.update", update)]
    if unsubscribe is not None:
        sent.append(fastws("bars.unsubscribe", unsubscribe, response="bars.unsubscribe.response"))
        received.append(fastws("bars.unsubscribe.response", reply))
    return application(tuple(sent), tuple(received))


def with_bars(**settings: object) -> ClientSettings:
    return ClientSettings(input="spec.json", domains={"bars": DomainSettings(**settings)})  # type: ignore[arg-type]  # fields of a test's choice
