"""Where a document is wrong and a person would know what is meant, that is what is read; with a warning each."""

from __future__ import annotations

from pathlib import Path

import pytest
from wsgen.model import Application, Named, Shape
from wsgen.problems import Problems, Stop

from .reading import SPECS, codes, read, read_text

HEAD_2 = "asyncapi: 2.6.0\ninfo: {title: T, version: 1.0.0}\n"
HEAD_3 = "asyncapi: 3.0.0\ninfo: {title: T, version: 1.0.0}\n"
FEED_2 = "channels: {/feed: {subscribe: {message: {name: tick, payload: {type: number}}}}}\n"


def invalid(name: str) -> Application:
    """The application of a document of specs/invalid, which must be without an error."""
    problems = Problems()
    application = read(SPECS / "invalid" / name, problems)
    assert not problems.fatal
    assert len(problems) > 0
    return application


def payload_types(application: Application) -> list[tuple[str, ...]]:
    payloads = [message.payload for operation in application.operations for message in operation.messages]
    found = [application.schemas[each.key] if isinstance(each, Named) else each for each in payloads]
    return [each.types for each in found if isinstance(each, Shape)]


def test_servers_in_a_list_get_their_names() -> None:
    servers = invalid("servers-as-a-list.yaml").servers
    assert [(server.id, server.host) for server in servers] == [("main", "example.com"), ("server2", "example.org")]


def test_a_2_x_server_with_the_fields_of_3_x() -> None:
    (server,) = invalid("host-in-2.yaml").servers
    assert (server.protocol, server.host, server.pathname) == ("wss", "example.com", "/v1")


def test_a_document_without_its_version_is_in_the_version_that_it_is_written_in() -> None:
    assert len(invalid("no-version.yaml").operations) == 1
    application, problems = read_text(
        "channels: {a: {address: a, messages: {m: {}}}}\n"
        "operations: {o: {action: send, channel: {$ref: '#/channels/a'}}}\n"
    )
    assert [operation.action for operation in application.operations] == ["send"]
    assert codes(problems)[0] == "WSG201"


def test_a_2_x_document_that_is_written_as_3_x() -> None:
    (operation,) = invalid("version-of-the-other-form.yaml").operations
    assert (operation.id, operation.action, operation.channel) == ("ticks", "send", "feed")


@pytest.mark.parametrize("version", ["4.0.0", "1.2.0", "three", "''", "[]"])
def test_any_other_version_is_refused(version: str) -> None:
    with pytest.raises(Stop):
        read_text(f"asyncapi: {version}\n{FEED_2}")


@pytest.mark.parametrize(("version", "code"), [("2.6", []), ("2", []), ("2.99.0", ["WSG202"])])
def test_versions_in_other_words(version: str, code: list[str]) -> None:
    application, problems = read_text(f"asyncapi: '{version}'\ninfo: {{title: T, version: 1.0.0}}\n{FEED_2}")
    assert len(application.operations) == 1
    assert codes(problems) == code


def test_verbs_of_2_x_in_channels_of_3_x() -> None:
    application, problems = read_text(
        HEAD_3 + "servers: {main: {host: example.com, protocol: wss}}\n"
        "channels:\n"
        "  chat:\n"
        "    address: /chat\n"
        "    servers: [{$ref: '#/servers/main'}]\n"
        "    publish: {operationId: say, message: {name: say, payload: {type: string}}}\n"
        "    subscribe: {message: {$ref: '#/components/messages/said'}}\n"
        "  other: {address: /other, messages: {tick: {payload: {type: number}}}}\n"
        "operations: {ticks: {action: send, channel: {$ref: '#/channels/other'}}}\n"
        "components: {messages: {said: {payload: {type: string}}}}\n"
    )
    assert not problems.fatal
    assert [(each.id, each.action, each.channel) for each in application.operations] == [
        ("ticks", "send", "other"),
        ("say", "receive", "chat"),
        ("chat.subscribe", "send", "chat"),
    ]
    chat = application.channels[0]
    assert (chat.address, chat.servers, [message.id for message in chat.messages]) == (
        "/chat",
        ("main",),
        ["say", "said"],
    )


def test_several_messages_without_one_of() -> None:
    (operation,) = invalid("message-list.yaml").operations
    assert [message.id for message in operation.messages] == ["tick", "tock"]
    application, _ = read_text(HEAD_2 + "channels: {/: {publish: {messages: [{name: a}, {name: b}]}}}\n")
    assert [message.id for message in application.operations[0].messages] == ["a", "b"]


def test_a_schema_in_the_place_of_a_message_is_its_payload() -> None:
    application = invalid("message-that-is-a-schema.yaml")
    assert payload_types(application) == [("object",)]


def test_a_message_in_the_place_of_a_reference_to_one() -> None:
    assert payload_types(invalid("inline-message.yaml")) == [("string",)]


def test_a_channel_of_3_x_with_one_message() -> None:
    application, problems = read_text(
        HEAD_3 + "channels: {feed: {address: /, message: {name: tick, payload: {type: number}}}}\n"
        "operations: {ticks: {action: send, channel: {$ref: '#/channels/feed'}}}\n"
    )
    assert not problems.fatal
    assert payload_types(application) == [("number",)]


def test_a_property_that_says_itself_that_it_is_required() -> None:
    (operation,) = invalid("required-property.yaml").operations
    payload = operation.messages[0].payload
    assert isinstance(payload, Shape)
    assert payload.required == ("price",)


def test_a_schema_with_its_format_left_out() -> None:
    application, _ = read_text(
        HEAD_3 + "channels: {feed: {address: /, messages: {tick: {payload: {schema: {type: number}}}}}}\n"
        "operations: {ticks: {action: send, channel: {$ref: '#/channels/feed'}}}\n"
    )
    assert payload_types(application) == [("number",)]


def test_operations_on_http_are_left_out() -> None:
    assert [operation.id for operation in invalid("operation-on-http.yaml").operations] == ["ticks"]


def test_an_operation_is_on_the_only_channel() -> None:
    assert [each.channel for each in invalid("operation-without-a-channel.yaml").operations] == ["feed"]


def test_servers_of_a_channel_by_name() -> None:
    assert invalid("server-by-name.yaml").channels[0].servers == ("main",)


def test_operations_with_one_id_are_both_there() -> None:
    assert [operation.id for operation in invalid("operation-ids.yaml").operations] == ["feed", "/b.subscribe"]


def test_faults_of_what_nobody_uses_are_warnings() -> None:
    assert len(invalid("unused-component.yaml").operations) == 1


def test_what_a_message_is_answered_with_is_used() -> None:
    problems = Problems()
    text = (
        HEAD_2 + "channels: {/: {publish: {message: {name: a, x-response: {$ref: '#/components/messages/b'}}}}}\n"
        "components: {messages: {b: {payload: {$ref: '#/components/schemas/Gone'}}}}\n"
    )
    read("spec.yaml", problems, text=text)
    assert [(problem.code, problem.level) for problem in problems] == [("WSG301", "error")]


def test_examples_are_judged_within_bounds(tmp_path: Path) -> None:
    """A schema whose every level can be read in two ways would take 2 to the 60 steps; patterns can take longer."""
    deep = "[" * 60 + "]" * 60
    _, problems = read_text(
        HEAD_3 + "channels: {feed: {address: /, messages: {tick: {payload: {$ref: '#/components/schemas/Tree'}}}}}\n"
        "operations: {ticks: {action: send, channel: {$ref: '#/channels/feed'}}}\n"
        "components:\n  schemas:\n    Tree:\n"
        "      anyOf: [{$ref: '#/components/schemas/One'}, {$ref: '#/components/schemas/Two'}]\n"
        f"      examples: [{deep}, 7]\n"
        "    One: {type: array, minItems: 1, items: {$ref: '#/components/schemas/Tree'}}\n"
        "    Two: {type: array, minItems: 1, maxItems: 9, items: {$ref: '#/components/schemas/Tree'}}\n"
        f"    Text: {{type: string, pattern: '(a+)+$', example: {'a' * 60}b}}\n"
    )
    assert [problem.message for problem in problems] == [
        "the example does not fit its schema: 7 does not fit any of the alternatives"
    ]
