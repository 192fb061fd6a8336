"""Clients as `derive` would find them, in a few words each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsgen.config import ClientSettings
from wsgen.model import Application, Named, Schema, Server, Shape
from wsgen.operations import (
    Argument,
    Client,
    ClientConnection,
    Confirmation,
    Discriminator,
    Domain,
    Envelope,
    Perspective,
    Push,
    Request,
    Send,
    Subscription,
    Update,
    WireMessage,
)
from wsgen.problems import Place

AT = Place("spec.json", 1, 1)
TEXT = Shape(AT, types=("string",))


def obj(**properties: Schema) -> Shape:
    return Shape(AT, types=("object",), properties=properties, required=tuple(properties))


def ref(name: str) -> Named:
    return Named(key(name), AT)


def key(name: str) -> str:
    return f"#/components/schemas/{name}"


def sent(wire: str, payload: Schema | None = None, *, optional: bool = False, description: str = "") -> WireMessage:
    return _message(wire, "to_server", payload, optional, description)


def received(wire: str, payload: Schema | None = None, *, description: str = "") -> WireMessage:
    return _message(wire, "from_server", payload, False, description)


def _message(wire: str, direction: str, payload: Schema | None, optional: bool, description: str) -> WireMessage:
    return WireMessage(
        id=wire,
        key=wire,
        direction="to_server" if direction == "to_server" else "from_server",
        discriminator=Discriminator("constant", "type", wire),
        payload=payload,
        place=AT,
        optional=optional,
        description=description,
    )


def verb(message: WireMessage) -> str:
    return message.key.rpartition(".")[2]


def request(message: WireMessage, *replies: WireMessage) -> Request:
    return Request(verb(message), message, replies)


def send(message: WireMessage) -> Send:
    return Send(verb(message), message)


def push(message: WireMessage) -> Push:
    return Push(verb(message), message)


def subscription(
    message: WireMessage, *updates: Update, confirmation: WireMessage | None = None, topic_rule: str | None = None
) -> Subscription:
    answer = confirmation or received(f"{message.key}.response")
    return Subscription(message, Confirmation(answer), updates, topic_rule=topic_rule)


def flat(message: WireMessage) -> Update:
    return Update(message, message.payload)


def domain(
    name: str,
    *operations: Subscription | Request | Send | Push,
    description: str = "",
) -> Domain:
    return Domain(
        name,
        AT,
        subscriptions=tuple(each for each in operations if isinstance(each, Subscription)),
        requests=tuple(each for each in operations if isinstance(each, Request)),
        sends=tuple(each for each in operations if isinstance(each, Send)),
        pushes=tuple(each for each in operations if isinstance(each, Push)),
        description=description,
    )


def connection(
    *domains: Domain,
    channel: str = "main",
    address: str | None = "/",
    servers: Sequence[Server] = (),
    arguments: Sequence[Argument] = (),
) -> ClientConnection:
    messages = {message.key: message for each in domains for message in _messages(each)}
    replies = {message.key: message for each in domains for message in _answers(each)}
    return ClientConnection(
        channel=channel,
        address=address,
        envelope=Envelope("type", "payload"),
        sent=tuple(messages.values()),
        received=tuple(replies.values()),
        domains=domains,
        place=AT,
        servers=tuple(servers),
        arguments=tuple(arguments),
    )


def _messages(each: Domain) -> list[WireMessage]:
    found = [one.subscribe for one in each.subscriptions]
    return [*found, *(one.message for one in each.requests), *(one.message for one in each.sends)]


def _answers(each: Domain) -> list[WireMessage]:
    found = [one.confirmation.message for one in each.subscriptions if one.confirmation is not None]
    found += [update.message for one in each.subscriptions for update in one.updates]
    found += [reply for one in each.requests for reply in one.replies]
    return [*found, *(one.message for one in each.pushes)]


def client(*connections: ClientConnection, title: str = "Example API", description: str = "") -> Client:
    perspective = Perspective("server", True, ("its operations have replies",))
    return Client(title, "1.0.0", description, perspective, connections, AT)


def application(schemas: Mapping[str, Schema] | None = None) -> Application:
    """A document with these schemas among its components."""
    return Application("3.0.0", "Example API", "1.0.0", AT, schemas={key(n): s for n, s in (schemas or {}).items()})


def settings(**rename: str) -> ClientSettings:
    return ClientSettings(input="spec.json", rename=rename)
