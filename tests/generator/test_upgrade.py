from __future__ import annotations

import pytest
from wsgen.model import Shape
from wsgen.problems import Problems
from wsgen.resolve import Node
from wsgen.upgrade import split_url, upgrade

from .reading import codes, read_text, read_valid, tree_of

HEAD = "asyncapi: 2.6.0\ninfo: {title: A, version: 1.0.0}\n"


def upgraded(text: str) -> Node:
    problems = Problems()
    root = upgrade(tree_of(HEAD + text, problems), problems).root
    assert codes(problems) == []
    return root


def test_a_3_x_tree_stays_as_it_is() -> None:
    tree = tree_of("asyncapi: 3.0.0\nchannels: {a: {address: a}}\n")
    assert upgrade(tree, Problems()) is tree


def test_publish_is_received_and_subscribe_is_sent_by_what_is_described() -> None:
    root = upgraded("channels: {/: {publish: {message: {name: a}}, subscribe: {message: {name: b}}}}\n")
    operations = root.get("operations")
    assert operations is not None
    assert {key: node.text("action") for key, node in operations.members()} == {
        "/.publish": "receive",
        "/.subscribe": "send",
    }


def test_what_is_made_keeps_its_place() -> None:
    root = upgraded("channels:\n  /:\n    publish:\n      operationId: toServer\n      message: {name: a}\n")
    operations = root.get("operations")
    operation = operations.get("toServer") if operations is not None else None
    assert operation is not None
    assert (operation.place.line, operation.key) == (5, "#/channels/~1/publish")
    channel = operation.get("channel")
    assert channel is not None
    assert (channel.place.line, channel.key, channel.text("address")) == (4, "#/channels/~1", "/")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("wss://example.com", ("wss", "example.com", "")),
        ("wss://example.com:8443/v1/ws?x=1", ("wss", "example.com:8443", "/v1/ws?x=1")),
        ("example.com/ws", ("", "example.com", "/ws")),
        ("127.0.0.1:18100/ws", ("", "127.0.0.1:18100", "/ws")),
        ("//example.com/ws", ("", "example.com", "/ws")),
        ("/ws", ("", "", "/ws")),
        ("", ("", "", "")),
        ("{scheme}://{host}:{port}/{path}", ("{scheme}", "{host}:{port}", "/{path}")),
        ("{host}/ws", ("", "{host}", "/ws")),
        ("ws://[::1]:80/ws", ("ws", "[::1]:80", "/ws")),
        ("wss://example.com?token=1", ("wss", "example.com", "?token=1")),
    ],
)
def test_urls_in_parts(url: str, parts: tuple[str, str, str]) -> None:
    assert split_url(url) == parts


def test_servers() -> None:
    servers = {server.id: server for server in read_valid("servers-2.yaml").servers}
    shown = {id: (server.protocol, server.host, server.pathname) for id, server in servers.items()}
    assert shown == {
        "plain": ("ws", "127.0.0.1:8000", "/ws"),
        "full": ("wss", "{region}.example.com:{port}", "/v1?compress=no"),
        "relative": ("ws", "", "/ws"),
        "variable": ("wss", "example.com", ""),
    }
    region, port = servers["full"].variables
    assert (region.name, region.enum, region.default) == ("region", ("eu", "us"), "eu")
    assert (port.name, port.enum, port.default) == ("port", (), "443")


def test_channels_name_their_servers() -> None:
    (channel,) = read_valid("servers-2.yaml").channels
    assert channel.servers == ("plain",)


def test_messages_are_called_by_message_id_then_key_then_name() -> None:
    application = read_valid("one-of-messages-2.yaml")
    (channel,) = application.channels
    assert [message.id for message in channel.messages] == ["chat.join", "leave", "joined"]
    to_server, from_server = application.operations
    assert (to_server.id, to_server.action) == ("toServer", "receive")
    assert [message.id for message in to_server.messages] == ["chat.join", "leave"]
    assert (from_server.id, from_server.action) == ("fromServer", "send")
    assert [message.id for message in from_server.messages] == ["joined", "chat.join"]


def test_a_message_of_both_directions_is_one_definition() -> None:
    application = read_valid("one-of-messages-2.yaml")
    keys = {
        message.key
        for operation in application.operations
        for message in operation.messages
        if message.id == "chat.join"
    }
    assert keys == {"#/components/messages/join"}
    assert [(message.id, message.key) for message in application.messages] == [
        ("chat.join", "#/components/messages/join"),
        ("joined", "#/components/messages/joined"),
    ]


def test_an_inline_message_without_a_name_is_called_after_its_operation() -> None:
    application, problems = read_text(
        HEAD + "channels: {/: {publish: {operationId: say, message: {oneOf: [{payload: true}, {payload: false}]}}}}\n"
    )
    assert [message.id for message in application.channels[0].messages] == ["say.1", "say.2"]
    assert codes(problems) == []


def test_one_of_behind_references_in_a_circle_ends() -> None:
    application, problems = read_text(
        HEAD + "channels: {/: {publish: {message: {$ref: '#/components/messages/A'}}}}\n"
        "components:\n  messages:\n"
        "    A: {oneOf: [{$ref: '#/components/messages/B'}, {$ref: '#/components/messages/C'}]}\n"
        "    B: {oneOf: [{$ref: '#/components/messages/A'}, {$ref: '#/components/messages/C'}]}\n"
        "    C: {payload: true}\n"
    )
    assert [message.id for message in application.operations[0].messages] == ["C"]
    assert codes(problems) == []


def test_the_trait_wins_in_2_x_and_the_later_one_over_the_earlier() -> None:
    application = read_valid("traits-2.yaml")
    (operation,) = application.operations
    assert operation.summary == "of the trait"
    (message,) = operation.messages
    assert message.title == "of the second trait"
    assert message.content_type == "text/plain"

    assert isinstance(message.headers, Shape)
    assert sorted(message.headers.properties) == ["a", "b"]


def test_schemes_of_one_requirement_are_all_needed() -> None:
    (server,) = read_valid("security-2.yaml").servers
    assert [[scheme.id for scheme in alternative] for alternative in server.security] == [
        ["token", "signature"],
        ["basic"],
    ]
    token, signature = server.security[0]
    assert (token.kind, token.scheme, token.bearer_format) == ("http", "bearer", "JWT")
    assert (signature.kind, signature.location, signature.name) == ("httpApiKey", "query", "sig")


def test_an_empty_requirement_asks_for_nothing() -> None:
    application, _ = read_text(
        HEAD + "servers: {a: {url: 'ws://x', protocol: ws, security: [{}]}}\nchannels: {/: {}}\n"
    )
    assert application.servers[0].security == ((),)


def test_equal_operation_ids_are_told_apart() -> None:
    application, _ = read_text(
        HEAD
        + "channels:\n  a: {publish: {operationId: x}, subscribe: {operationId: x}}\n  b: {publish: {operationId: x}}\n"
    )
    assert [operation.id for operation in application.operations] == ["x", "a.subscribe", "b.publish"]


def test_x_response_is_the_key_of_the_answer() -> None:
    application = read_valid("x-response.json")
    ask, answer = application.messages
    assert ask.response == answer.key == "#/components/messages/answer"
    assert answer.response is None


def test_a_channel_that_is_defined_in_components_is_one_for_each_entry() -> None:
    application, problems = read_text(
        HEAD + "channels: {/a: {$ref: '#/components/channels/C'}, /b: {$ref: '#/components/channels/C'}}\n"
        "components: {channels: {C: {subscribe: {message: {name: tick, payload: true}}}}}\n"
    )
    assert [(channel.id, channel.address) for channel in application.channels] == [("/a", "/a"), ("/b", "/b")]
    assert [operation.channel for operation in application.operations] == ["/a", "/b"]
    assert codes(problems) == []
