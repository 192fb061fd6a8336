"""A client in which everything is, and in which every name of ours is taken by the document."""

from __future__ import annotations

from dataclasses import replace

from wsgen.model import Always, Server, ServerVariable, Shape
from wsgen.operations import Argument, Client, Update

from tests.generator.clients import (
    AT,
    TEXT,
    client,
    connection,
    domain,
    flat,
    obj,
    push,
    received,
    ref,
    request,
    send,
    sent,
    subscription,
)

__all__ = ["SCHEMAS", "sink"]

SCHEMAS = {
    name: obj(value=TEXT)
    for name in (
        *("Any", "AsyncGenerator", "BaseModel", "Callable", "Callback", "Client", "Closed", "Connection"),
        *("ConnectionOptions", "Delivery", "Envelope", "Exception", "Field", "Float", "Literal", "Protocol"),
        *("PydanticCodec", "Stream", "Str", "Subscription", "SubscriptionOperation", "TypeAlias", "Unpack"),
        *("Update", "WireModel", "ChatMessageEvent", "SinkClient"),
    )
}
NUMBERS = Shape(AT, types=("array",), items=Shape(AT, types=("number",)))
LISTED = Shape(AT, types=("array",), items=ref("Subscription"))


def _wrapped(name: str) -> Shape:
    return obj(topic=TEXT, data=ref(name))


def _updates(*names: str) -> list[Update]:
    return [Update(received(f"md.{each}", _wrapped(each)), ref(each), topic="topic", path="data") for each in names]


CHAT = domain(
    "chat",
    request(sent("chat.list", obj(x=TEXT)), received("chat.listed", LISTED)),
    request(sent("chat.float", ref("Float"), optional=True), received("chat.floats", NUMBERS)),
    request(
        sent("chat.str", ref("Str")),
        received("chat.ok", ref("Callback")),
        received("chat.bad", ref("Exception")),
        received("chat.none"),
    ),
    request(sent("chat.import", ref("ChatMessageEvent")), received("chat.imported", ref("SinkClient"))),
    send(sent("chat.say", Always(AT), description="Say.\n\nTwice.")),
    push(received("chat.message", ref("Literal"))),
    push(received("chat.notice", ref("Protocol"))),
    push(received("chat.gone")),
    description="Rooms.",
)
MARKET = domain(
    "market data",
    replace(
        subscription(
            sent("md.subscribe", obj(symbol=TEXT)), *_updates("Stream", "Connection"), topic_rule="md:{symbol}"
        ),
        defaults={"symbol": "x" * 60, "levels": [1, 2, None]},
        release_parameters=("symbol",),
    ),
    subscription(sent("md.subscribeAll"), flat(received("md.all", ref("Any")))),
)
TOP = domain(
    "",
    request(sent("ping"), received("pong")),
    push(received("tick", ref("Unpack"))),
    push(received("tock", ref("Client"))),
    replace(
        subscription(sent("subscribe", obj(a=TEXT)), flat(received("update", ref("TypeAlias")))),
        route={"value": "a"},
    ),
)
OTHER = domain(
    "chat",
    push(received("chat.closed", ref("Closed"))),
    replace(
        subscription(sent("chat.follow", ref("Update")), flat(received("chat.followed", ref("Delivery")))),
        route="broadcast",
    ),
)
OTHER_TOP = domain("", push(received("tick", ref("Envelope"))), send(sent("log", ref("Callable"))))
SERVERS = (
    Server("local", "ws", "127.0.0.1:80", "/ws", AT, description="here"),
    Server(
        "production",
        "wss",
        "{region}.example.com:{port}",
        "/{other}",
        AT,
        variables=(
            ServerVariable("region", AT, enum=("eu", "us"), default="eu", description="where"),
            ServerVariable("port", AT),
        ),
    ),
)
ARGUMENTS = (
    Argument("symbol", "path", AT, description="the symbol", examples=("x",)),
    Argument("kind", "path", AT, values=("a", "b"), default="a"),
    Argument("connection", "path", AT, kinds=("integer",)),
    *(Argument(name, "query", AT, required=False) for name in ("heartbeat", "timeout", "symbol", "two_address")),
    Argument("Address", "query", AT, kinds=("boolean",), required=False, assumed=False),
    Argument("list", "query", AT, many=True, values=("p", "q"), required=False),
    Argument("ids", "query", AT, kinds=("integer",), many=True),
    Argument("any", "query", AT, kinds=(), required=False, deprecated=True),
    Argument("url", "header", AT, required=False),
    Argument("restored", "header", AT, kinds=("string", "number"), required=False),
)


def sink() -> Client:
    return client(
        connection(CHAT, MARKET, TOP, channel="one", address="/one", servers=SERVERS),
        connection(
            *(OTHER, OTHER_TOP),
            channel="two",
            address="/two/{symbol}/x{kind}/{connection}",
            arguments=ARGUMENTS,
            servers=SERVERS[:1],
        ),
        title='Kitchen """sink"""',
        description="All of it.",
    )
