from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.document import Json
from wsgen.model import ABSENT, Always, Application, CorrelationId, Message, Named, Never, Schema, Shape
from wsgen.problems import Place, Problems, Stop

from .reading import SPECS, codes, read, read_text, read_valid

HEAD = "asyncapi: 3.0.0\ninfo: {title: A, version: 1.0.0}\n"
FEED = (
    "channels: {feed: {address: /feed, messages: {tick: {payload: {$ref: '#/components/schemas/S'}}}}}\n"
    "operations: {ticks: {action: send, channel: {$ref: '#/channels/feed'}}}\n"
)


def schema(text: str) -> Schema:
    """The schema S of a document, which must be without problems."""
    application, problems = read_text(f"{HEAD}{FEED}components:\n  schemas:\n    T: {{type: object}}\n    S: {text}\n")
    assert codes(problems) == []
    return application.schemas["#/components/schemas/S"]


def shape(value: Schema | None) -> Shape:
    assert isinstance(value, Shape)
    return value


def message(application: Application, id: str) -> Message:
    (found,) = (message for channel in application.channels for message in channel.messages if message.id == id)
    return found


def without_places(value: object) -> object:
    """A model as plain values, for comparisons that do not look at places."""
    if isinstance(value, Place):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: without_places(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {key: without_places(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [without_places(item) for item in cast("list[object]", value)]
    return value


def test_the_application() -> None:
    application = read_valid("minimal-3.yaml")
    assert (application.asyncapi, application.title, application.version) == ("3.1.0", "Minimal", "1.0.0")
    assert application.default_content_type == "application/json"
    (channel,), (operation,) = application.channels, application.operations
    assert (channel.id, channel.address) == ("root", "/")
    assert (operation.id, operation.action, operation.channel) == ("onHello", "receive", "root")
    assert operation.messages == channel.messages
    (hello,) = channel.messages
    assert (hello.id, hello.key) == ("hello", "#/channels/root/messages/hello")
    assert shape(hello.payload).types == ("string",)


def test_the_version_is_the_one_that_the_file_states() -> None:
    assert read_valid("minimal-2.json").asyncapi == "2.0.0"


def test_a_document_without_a_title_is_called_after_its_file() -> None:
    application, _ = read_text("asyncapi: 3.0.0\nchannels: {a: {}}\n", "specs/quotes.asyncapi.yaml")
    assert application.title == "quotes"


def test_a_chain_of_references_leads_to_the_definition() -> None:
    application = read_valid("reference-chain.yaml")
    payload = message(application, "tick").payload
    assert isinstance(payload, Named)
    assert payload.key == "#/components/schemas/Amount"
    assert shape(application.schemas[payload.key]).types == ("number",)
    alias = application.schemas["#/components/schemas/Tick"]
    assert isinstance(alias, Named)
    assert alias.key == payload.key


def test_recursion_is_finite() -> None:
    application = read_valid("reference-recursive.yaml")
    tick = shape(application.schemas["#/components/schemas/Tick"])
    inner = shape(tick.properties["children"]).items
    assert isinstance(inner, Named)
    assert inner.key == "#/components/schemas/Tick"


def test_an_inline_schema_that_is_referred_to_is_named_where_it_stands() -> None:
    application = read_valid("reference-into-a-payload.yaml")
    tick, last = message(application, "tick").payload, message(application, "last").payload
    assert isinstance(tick, Named)
    assert isinstance(last, Named)
    assert tick.key == last.key == "#/channels/feed/messages/tick/payload"
    assert list(shape(application.schemas[tick.key]).properties) == ["price"]


def test_annotations_beside_a_reference_stay_with_the_reference() -> None:
    application = read_valid("reference-annotations.yaml")
    side = shape(application.schemas["#/components/schemas/Tick"]).properties["side"]
    assert isinstance(side, Named)
    assert (side.key, side.description, side.default, side.deprecated) == (
        "#/components/schemas/Side",
        "Who took.",
        "buy",
        True,
    )


def test_definitions_in_other_files_have_the_file_in_their_key() -> None:
    application = read_valid("several-files/asyncapi.yaml")
    bar = shape(application.schemas["schemas/bars.yaml#/Bar"])
    assert bar.place.file.endswith("specs/valid/several-files/schemas/bars.yaml")
    close, symbol = bar.properties["close"], bar.properties["symbol"]
    assert isinstance(close, Named)
    assert isinstance(symbol, Named)
    assert (close.key, symbol.key) == ("schemas/bars.yaml#/Price", "schemas/symbol.json#")
    assert shape(application.schemas[symbol.key]).keywords == {"minLength": 1}


def dialects_of_schemas() -> Application:
    return read(SPECS / "invalid/schema-dialects.yaml", Problems())


def test_schemas_that_nobody_refers_to_are_there_in_the_order_of_the_document() -> None:
    keys = list(dialects_of_schemas().schemas)
    assert keys == [f"#/components/schemas/{name}" for name in ("All", "Cat", "Dog", "Unreferenced")] + [
        "#/components/schemas/All/$defs/Local"
    ]


@pytest.fixture(name="dialects", scope="module")
def _dialects() -> Mapping[str, Schema]:
    return shape(dialects_of_schemas().schemas["#/components/schemas/All"]).properties


def test_null_is_a_value_of_const_and_default(dialects: Mapping[str, Schema]) -> None:
    nothing, kind = shape(dialects["nothing"]), shape(dialects["kind"])
    assert (nothing.const, nothing.default) == (None, None)
    assert (kind.const, kind.default) == ("all", ABSENT)


def test_nullable_and_type_lists(dialects: Mapping[str, Schema]) -> None:
    assert shape(dialects["nullable"]).nullable
    assert shape(dialects["either"]).types == ("string", "null")


def test_boolean_schemas(dialects: Mapping[str, Schema]) -> None:
    assert isinstance(dialects["anything"], Always)
    assert isinstance(dialects["any"], Always)
    assert isinstance(dialects["never"], Never)
    additional = shape(dialects_of_schemas().schemas["#/components/schemas/All"]).additional_properties
    assert isinstance(additional, Never)


def test_both_ways_to_write_fixed_items(dialects: Mapping[str, Schema]) -> None:
    old, new = shape(dialects["tuple"]), shape(dialects["prefixed"])
    assert [shape(item).types for item in old.prefix_items] == [("string",), ("number",)]
    assert isinstance(old.additional_items, Never)
    assert [shape(item).types for item in new.prefix_items] == [("string",)]
    assert shape(new.additional_items).types == ("number",)
    assert old.items is new.items is None


def test_both_ways_to_write_exclusive_bounds(dialects: Mapping[str, Schema]) -> None:
    assert shape(dialects["old"]).keywords == {"exclusiveMinimum": 1, "maximum": 5}
    assert shape(dialects["new"]).keywords == {"exclusiveMinimum": 1, "maxLength": 3}


def test_both_ways_to_write_a_discriminator(dialects: Mapping[str, Schema]) -> None:
    assert shape(dialects["byName"]).discriminator == "kind"
    by_object = shape(dialects["byObject"])
    assert by_object.discriminator == "kind"
    assert by_object.discriminator_mapping == {"cat": "#/components/schemas/Cat"}


def test_examples_conditions_and_extensions(dialects: Mapping[str, Schema]) -> None:
    example = shape(dialects["example"])
    assert (example.examples, example.extensions) == (("a", "b"), {"x-unit": "ms"})
    conditional = shape(dialects["conditional"])
    assert shape(conditional.if_).types == ("string",)
    assert shape(conditional.then).keywords == {"minLength": 1}
    assert shape(conditional.else_).types == ("number",)
    assert shape(conditional.not_).const == 3


def test_pattern_properties_and_property_names() -> None:
    unreferenced = shape(dialects_of_schemas().schemas["#/components/schemas/Unreferenced"])
    assert list(unreferenced.pattern_properties) == ["^x-"]
    assert shape(unreferenced.property_names).keywords == {"maxLength": 9}


def test_types_of_other_languages_have_their_plain_meaning() -> None:
    application, problems = read_text(HEAD + FEED + "components: {schemas: {S: {type: Long}}}\n")
    assert shape(application.schemas["#/components/schemas/S"]).types == ("integer",)
    assert codes(problems) == ["WSG205"]


def test_a_type_without_meaning_says_nothing() -> None:
    application, _ = read_text(HEAD + FEED + "components: {schemas: {S: {type: [string, thing]}}}\n")
    assert shape(application.schemas["#/components/schemas/S"]).types == ()


def test_keywords_with_impossible_values_say_nothing() -> None:
    text = "{minLength: -1, maxItems: x, multipleOf: 0, minimum: '3', pattern: 3, uniqueItems: 1, required: a, enum: b}"
    application, problems = read_text(HEAD + FEED + f"components: {{schemas: {{S: {text}}}}}\n")
    found = shape(application.schemas["#/components/schemas/S"])
    assert (found.keywords, found.required, found.enum) == ({}, (), None)
    assert len(codes(problems)) == 8


def test_nullable_beside_a_reference_is_meant() -> None:
    application, _ = read_text(
        HEAD
        + FEED
        + "components: {schemas: {T: {type: object}, S: {$ref: '#/components/schemas/T', nullable: true}}}\n"
    )
    target, null = shape(application.schemas["#/components/schemas/S"]).any_of
    assert isinstance(target, Named)
    assert shape(null).types == ("null",)


def test_a_property_called_ref_is_a_property() -> None:
    assert list(shape(schema("{properties: {$ref: {type: string}}}")).properties) == ["$ref"]


def test_schema_formats() -> None:
    application = read_valid("schema-formats.yaml")
    inline, defined = message(application, "inline"), message(application, "defined")
    assert shape(inline.payload).types == ("number",)
    assert inline.schema_format.startswith("application/schema+json")
    assert isinstance(defined.payload, Named)
    assert shape(application.schemas[defined.payload.key]).nullable


def test_a_payload_in_another_format_has_no_schema() -> None:
    problems = Problems()
    application = read(SPECS / "invalid/schema-format.yaml", problems)
    tick = message(application, "tick")
    assert (tick.payload, tick.schema_format) == (None, "application/vnd.apache.avro;version=1.9.0")


def test_messages_of_operations() -> None:
    application = read_valid("operation-messages.yaml")
    shown = {operation.id: [message.id for message in operation.messages] for operation in application.operations}
    assert shown == {"all": ["first", "second"], "none": [], "one": ["second"]}
    assert {message.key for message in application.channels[0].messages} == {"#/components/messages/Shared"}


def test_replies() -> None:
    ask, elsewhere = read_valid("reply.yaml").operations
    assert ask.reply is not None
    assert elsewhere.reply is not None
    assert [message.id for message in ask.reply.messages] == ["answer"]
    assert (ask.reply.channel, ask.reply.address) == (None, None)
    assert [message.id for message in elsewhere.reply.messages] == ["late"]
    assert (elsewhere.reply.channel, elsewhere.reply.address) == ("replies", "$message.header#/replyTo")


def test_a_null_address_is_unknown() -> None:
    assert [channel.address for channel in read_valid("reply.yaml").channels] == ["/", None]


def test_the_target_wins_over_traits_in_3_x() -> None:
    application = read_valid("traits-3.yaml")
    tick = message(application, "tick")
    assert (tick.title, tick.summary, tick.content_type) == ("of the message", "of the second trait", "text/plain")
    (operation,) = application.operations
    assert (operation.summary, operation.description) == ("of the operation", "of the trait")


@pytest.mark.parametrize("name", ["parameters-2.yaml", "parameters-3.yaml"])
def test_parameters(name: str) -> None:
    (channel,) = read_valid(name).channels
    room = channel.parameters[0]
    assert (room.name, room.enum, room.default, room.description) == ("room", ("lobby", "garden"), "lobby", "A room.")


def test_parameters_keep_their_schema_for_typing() -> None:
    (channel,) = read_valid("parameters-2.yaml").channels
    page = channel.parameters[1]
    assert isinstance(page.schema, Named)
    assert (page.name, page.default) == ("page", "1")


def test_a_parameter_that_is_not_declared_is_a_string() -> None:
    problems = Problems()
    (channel,) = read(SPECS / "invalid/parameters.yaml", problems).channels
    assert [(parameter.name, parameter.schema) for parameter in channel.parameters] == [
        ("sybmol", None),
        ("symbol", None),
    ]


def test_servers_of_3_x() -> None:
    application = read_valid("servers-3.yaml")
    main, other = application.servers
    assert (main.protocol, main.host, main.pathname) == ("wss", "example.com:8443", "/{version}")
    assert [variable.default for variable in main.variables] == ["v1"]
    assert (other.id, other.host) == ("other", "localhost")
    assert application.channels[0].servers == ("other",)


def test_a_host_with_scheme_and_path_is_taken_apart() -> None:
    (server,) = read(SPECS / "invalid/host-with-a-scheme.yaml", Problems()).servers
    assert (server.protocol, server.host, server.pathname) == ("wss", "example.com", "/v1")


def test_2_x_fields_in_a_3_x_document_are_taken_as_they_are_meant() -> None:
    application = read(SPECS / "invalid/version-2-in-3.yaml", Problems())
    (server,), (operation, published) = application.servers, application.operations
    assert (published.action, [message.id for message in published.messages]) == ("receive", ["tick"])
    assert (server.protocol, server.host, server.pathname) == ("wss", "example.com", "/v1")
    assert [[scheme.id for scheme in schemes] for schemes in server.security] == [["token"]]
    assert (operation.channel, [message.id for message in operation.messages]) == ("feed", ["tick"])
    assert shape(application.channels[0].parameters[0].schema).types == ("string",)


def test_security_of_3_x_is_a_list_of_alternatives() -> None:
    (server,) = read_valid("security-3.yaml").servers
    assert [[(scheme.kind, scheme.id) for scheme in schemes] for schemes in server.security] == [
        [("httpApiKey", "token")],
        [("http", "1")],
    ]


def test_correlation_ids() -> None:
    application = read_valid("correlation-id.yaml")
    ask, tell = message(application, "ask").correlation_id, message(application, "tell").correlation_id
    assert isinstance(ask, CorrelationId)
    assert isinstance(tell, CorrelationId)
    assert (ask.source, ask.pointer) == ("payload", ("meta", "a/b"))
    assert (tell.source, tell.pointer) == ("header", ("id",))


def test_the_websocket_binding() -> None:
    application = read_valid("websocket-binding.yaml")
    binding = application.channels[0].binding
    assert binding is not None
    assert (binding.method, shape(binding.query).required) == ("GET", ("token",))
    assert isinstance(binding.headers, Named)
    assert binding.headers.key in application.schemas


def test_extensions_and_tags() -> None:
    application = read_valid("extensions.yaml")
    assert application.extensions == {"x-both": "info", "x-root": [1, 2], "x-info": 1}
    assert application.channels[0].extensions == {"x-channel": True}
    (operation,) = application.operations
    assert (operation.extensions, operation.tags) == ({"x-operation": 3}, ("live",))
    tick = message(application, "tick")
    assert (tick.extensions, tick.tags, shape(tick.payload).extensions) == (
        {"x-message": 2},
        ("market",),
        {"x-schema": 1},
    )


def test_a_message_past_the_channel_is_taken_with_a_warning() -> None:
    ticks, tocks = read(SPECS / "invalid/message-past-the-channel.yaml", Problems()).operations
    assert [message.id for message in ticks.messages] == ["tick"]
    assert [message.id for message in tocks.messages] == ["Tock"]


def test_the_number_of_schemas_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsgen.build.schemas.MAX_SCHEMAS", 100)
    many = ", ".join(["{type: string}"] * 101)
    application, problems = read_text(HEAD + FEED + f"components: {{schemas: {{S: {{anyOf: [{many}]}}}}}}\n")
    assert codes(problems) == ["WSG308"]
    assert isinstance(shape(application.schemas["#/components/schemas/S"]).any_of[-1], Always)


def test_the_trading_document_is_without_problems() -> None:
    problems = Problems()
    application = read(SPECS / "trading.asyncapi.json", problems)
    assert codes(problems) == []
    assert {operation.action for operation in application.operations} == {"send", "receive"}
    assert all(message.payload is not None for message in application.messages)


YAML_DOCUMENTS = sorted(
    path
    for folder in ("valid", "invalid")
    for path in (SPECS / folder).iterdir()
    if path.suffix == ".yaml" and not path.name.startswith(("yaml-", "two-", "unknown-tag", "reference-to-no-file"))
)


@pytest.mark.parametrize("path", YAML_DOCUMENTS, ids=lambda path: path.name)
def test_json_and_yaml_spellings_give_the_same_application(path: object) -> None:
    from wsgen.document import load

    problems = Problems()
    try:
        root = load(str(path), problems).root
        text = json.dumps(root, ensure_ascii=False)
    except Stop:
        assert problems.fatal
        return
    answers: list[tuple[object, list[str]]] = []
    for name, spelling in (
        ("spec.json", text),
        ("spec.yaml", yaml.safe_dump(root, sort_keys=False, allow_unicode=True)),
    ):
        problems = Problems()
        try:
            answer = without_places(read(name, problems, text=spelling))
        except Stop:
            answer = None
        answers.append((answer, sorted(problem.message for problem in problems)))
    assert answers[0] == answers[1]


_WORDS = [
    "action", "additionalProperties", "address", "anyOf", "asyncapi", "bindings", "channel", "channels",
    "components", "correlationId", "discriminator", "enum", "examples", "headers", "host", "info", "items",
    "location", "message", "messageId", "messages", "name", "nullable", "oneOf", "operations", "parameters",
    "payload", "properties", "publish", "query", "reply", "required", "schema", "schemaFormat", "schemas",
    "security", "securitySchemes", "servers", "subscribe", "tags", "title", "traits", "type", "url",
    "variables", "ws", "x-response", "a", "$ref",
]  # fmt: skip
WORDS: st.SearchStrategy[str] = st.sampled_from(_WORDS)
_LEAVES: list[Json] = [
    None, True, False, 0, 1.5, "", "a", "send", "receive", "wss://{a}/b", "/{a}", "object",
    "$message.payload#/a", "#/a", "#/channels/a", "#/components/messages/a", "#/components/schemas/a",
    "#/operations/a", "#", "a.yaml",
]  # fmt: skip
LEAVES: st.SearchStrategy[Json] = st.sampled_from(_LEAVES)
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=40,
)


def _object(*names: str) -> st.SearchStrategy[dict[str, Json]]:
    return st.dictionaries(st.sampled_from(names), st.dictionaries(WORDS, VALUES, max_size=5), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["2.6.0", "3.0.0"]),
    _object("channels", "operations", "servers", "components", "info", "a"),
    st.booleans(),
)
def test_any_document_gives_an_application_or_a_problem(version: str, members: dict[str, Json], as_yaml: bool) -> None:
    root = {"asyncapi": version, **members}
    text = yaml.safe_dump(root) if as_yaml else json.dumps(root)
    problems = Problems()
    application = read("/nowhere/spec.yaml" if as_yaml else "/nowhere/spec.json", problems, text=text)
    for operation in application.operations:
        assert operation.channel in {channel.id for channel in application.channels}
    assert _named_in(application) <= set(application.schemas)


def _named_in(value: object) -> set[str]:
    if isinstance(value, Named):
        return {value.key}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return set[str]().union(*(_named_in(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, Mapping):
        return set[str]().union(*(_named_in(item) for item in cast("Mapping[str, object]", value).values()))
    if isinstance(value, (list, tuple)):
        return set[str]().union(*(_named_in(item) for item in cast("list[object]", value)))
    return set()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_an_application_or_a_problem(text: str) -> None:
    for name in ("spec.yaml", "spec.json"):
        problems = Problems()
        try:
            read(name, problems, text=f"asyncapi: 3.0.0\nchannels: {text}" if name == "spec.yaml" else text)
        except Stop:
            assert problems.fatal


@pytest.mark.parametrize("keyword", ["not", "items", "anyOf"])
def test_the_deepest_document_that_can_be_read_can_be_built(keyword: str) -> None:
    opening, closing = ('{"anyOf":[', "]}") if keyword == "anyOf" else (f'{{"{keyword}":', "}")
    levels = 92 if keyword != "anyOf" else 46
    deep = opening * levels + '{"type": "string"}' + closing * levels
    text = f'{{"asyncapi": "3.0.0", "channels": {{"a": {{"messages": {{"m": {{"payload": {deep}}}}}}}}}}}'
    application, _ = read_text(text, "spec.json")
    assert message(application, "m").payload is not None
