from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wsgen.config import ClientSettings, DomainSettings, ReplyRoles, Verbs
from wsgen.derive import client_direction, derive
from wsgen.model import (
    Always,
    Application,
    Channel,
    Message,
    Named,
    Operation,
    Reply,
    Schema,
    Server,
    Shape,
)
from wsgen.operations import Client, ClientConnection, Domain
from wsgen.problems import Place, Problem, Problems

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


class TestDirection:
    @pytest.mark.parametrize(
        ("action", "described", "direction"),
        [
            ("receive", "server", "to_server"),
            ("send", "server", "from_server"),
            ("send", "client", "to_server"),
            ("receive", "client", "from_server"),
        ],
    )
    def test_an_action_is_said_of_the_described_side(self, action: str, described: str, direction: str) -> None:
        assert client_direction(action, described) == direction  # type: ignore[arg-type]  # literals from the table

    def test_publish_of_2x_is_what_the_client_sends(self) -> None:
        client, problems = derived(application((fastws("ask"),), (fastws("tell"),)))
        connection = only(client)
        assert [wire.key for wire in connection.sent] == ["ask"]
        assert [wire.key for wire in connection.received] == ["tell"]
        assert (client.perspective.value, client.perspective.certain) == ("server", True)
        assert problems == []

    def test_the_configuration_turns_it_round(self) -> None:
        settings = ClientSettings(input="spec.json", perspective="client")
        client, _ = derived(application((fastws("ask"),), (fastws("tell"),)), settings)
        assert [wire.key for wire in only(client).sent] == ["tell"]
        assert client.perspective.evidence == ("the configuration says client",)

    def test_an_extension_of_the_document_turns_it_round(self) -> None:
        app = application((fastws("ask"),), (fastws("tell"),), extensions={"x-wsgen-perspective": "client"})
        client, _ = derived(app)
        assert [wire.key for wire in only(client).sent] == ["tell"]

    def test_the_configuration_wins_over_the_extension(self) -> None:
        app = application((fastws("ask"),), (fastws("tell"),), extensions={"x-wsgen-perspective": "client"})
        client, _ = derived(app, ClientSettings(input="spec.json", perspective="server"))
        assert [wire.key for wire in only(client).sent] == ["ask"]

    @pytest.mark.parametrize(
        ("id", "action", "summary", "described"),
        [
            ("sendAudio", "send", "Sent from the client to the server", "client"),
            ("clientSend", "send", "", "client"),
            ("input", "receive", "Events that the client sends", "server"),
            ("events", "send", "Messages the server pushes", "server"),
            ("receiveTrades", "send", "", "server"),
            ("subscribeTrades", "receive", "", "server"),
        ],
    )
    def test_words_say_who_sends(self, id: str, action: str, summary: str, described: str) -> None:
        name = "subscribe.request" if id == "subscribeTrades" else "thing"
        operation = Operation(id, action, "/", (message(name, obj(a=TEXT)),), AT, summary=summary)  # type: ignore[arg-type]  # a literal from the table
        app = Application("3.0.0", "T", "1", AT, channels=(Channel("/", "/", AT),), operations=(operation,))
        client, _ = derived(app)
        assert client.perspective.value == described
        assert client.perspective.certain

    def test_a_reply_says_who_asks(self) -> None:
        ask, answer = message("ask", obj(q=TEXT)), message("answer", obj(a=TEXT))
        operation = Operation("talk", "send", "/", (ask,), AT, reply=Reply((answer,), AT))
        app = Application("3.0.0", "T", "1", AT, channels=(Channel("/", "/", AT),), operations=(operation,))
        client, _ = derived(app)
        assert client.perspective.value == "client"
        (request,) = domain(client, "").requests
        assert (request.message.id, [reply.id for reply in request.replies]) == ("ask", ["answer"])

    def test_without_evidence_3x_is_the_server_with_a_warning(self) -> None:
        app = application((fastws("ask"),), (fastws("tell"),), asyncapi="3.0.0")
        plain = tuple(
            Operation(name, operation.action, "/", operation.messages, AT)
            for name, operation in zip(("one", "two"), app.operations, strict=True)
        )
        client, problems = derived(Application("3.0.0", "T", "1", AT, channels=app.channels, operations=plain))
        assert (client.perspective.value, client.perspective.certain) == ("server", False)
        (problem,) = problems
        assert problem.code == "WSG402"
        assert 'perspective = "client"' in problem.settled_by

    def test_the_point_of_view_in_the_description_counts_most(self) -> None:
        text = "Operations are described from the client's point of view."
        client, _ = derived(application((fastws("ask"),), (fastws("tell"),), description=text))
        assert client.perspective.value == "client"


class TestServers:
    def test_servers_of_other_protocols_only(self) -> None:
        kafka = Server("broker", "kafka", "h", "", AT)
        client, problems = derived(application((fastws("ask"),), servers=(kafka,)))
        assert client.connections == ()
        (problem,) = problems
        assert (problem.code, problem.level) == ("WSG401", "error")
        assert "kafka" in problem.message

    def test_no_servers_are_fine(self) -> None:
        client, problems = derived(application((fastws("ask"),)))
        assert (only(client).servers, problems) == ((), [])

    def test_others_are_left_out(self) -> None:
        servers = (Server("broker", "kafka", "h", "", AT), Server("live", "wss", "h", "/ws", AT))
        client, problems = derived(application((fastws("ask"),), servers=servers))
        assert [server.id for server in only(client).servers] == ["live"]
        assert problems == []


class TestConnections:
    def app(self, *addresses: str | None, pathname: str = "") -> Application:
        channels = tuple(Channel(f"c{n}", address, AT) for n, address in enumerate(addresses))
        operations = tuple(
            Operation(f"server_sends_{n}", "send", channel.id, (message(f"m{n}", obj(type=const(f"m{n}"))),), AT)
            for n, channel in enumerate(channels)
        )
        server = Server("live", "ws", "h", pathname, AT)
        return Application("3.0.0", "T", "1", AT, servers=(server,), channels=channels, operations=operations)

    def connections(self, *addresses: str | None, pathname: str = "") -> list[tuple[str | None, list[str]]]:
        client, _ = derived(self.app(*addresses, pathname=pathname))
        return [(each.address, [wire.id for wire in each.received]) for each in client.connections]

    def test_each_path_is_a_connection(self) -> None:
        assert self.connections("/a", "/b") == [("/a", ["m0"]), ("/b", ["m1"])]

    def test_one_address_is_one_connection(self) -> None:
        assert self.connections("/ws", "/ws") == [("/ws", ["m0", "m1"])]

    def test_names_below_a_path_are_topics_of_one_connection(self) -> None:
        assert self.connections("trades", "quotes", pathname="/stream") == [(None, ["m0", "m1"])]

    def test_the_configuration_can_share_one(self) -> None:
        client, _ = derived(self.app("/a", "/b"), ClientSettings(input="x", connection="shared"))
        assert [each.address for each in client.connections] == [None]

    def test_a_channel_without_operations_is_reported(self) -> None:
        app = self.app("/a")
        lost = Channel("lost", "/b", AT, messages=(message("x"),))
        client, problems = derived(
            Application("3.0.0", "T", "1", AT, channels=(*app.channels, lost), operations=app.operations)
        )
        assert len(client.connections) == 1
        assert codes(problems) == ["WSG404"]

    @pytest.mark.parametrize("perspective", ["server", "client"])
    def test_without_any_operation_messages_go_where_their_words_say(
        self, perspective: Literal["server", "client"]
    ) -> None:
        messages = (message("welcome"), message("kick"), replace(message("login"), summary="Sent by the client"))
        feed = Channel("feed", "/feed", AT, messages=messages)
        client, problems = derived(
            Application("3.0.0", "T", "1", AT, channels=(feed,)),
            ClientSettings(input="x", perspective=perspective),
        )
        assert [each.id for each in only(client).sent] == ["login"]
        assert [each.id for each in only(client).received] == ["welcome", "kick"]
        (problem,) = [each for each in problems if each.code == "WSG404"]
        assert problem.level == "warning"
        assert problem.message.endswith("but for `login`, whose words say that the client sends them")

    def test_a_twin_of_one_direction_can_be_alone_in_the_other(self) -> None:
        first, second = (
            Message("tick", f"#/channels/{id}/messages/tick", AT, payload=Named("Tick", AT)) for id in "ab"
        )
        channels = tuple(Channel(id, None, AT, messages=(each,)) for id, each in (("a", first), ("b", second)))
        told = Operation("told", "send", "a", (first, second), AT)
        asked = Operation("asked", "receive", "b", (second,), AT)
        client, _ = derived(
            Application(
                "3.0.0", "T", "1", AT, channels=channels, operations=(told, asked), schemas={"Tick": obj(a=TEXT)}
            )
        )
        (connection,) = client.connections
        assert [wire.key for wire in connection.received] == ["tick"]
        assert [wire.key for wire in connection.sent] == ["tick"]


class TestDiscriminator:
    def received(self, *payloads: Schema) -> tuple[Client, list[Problem]]:
        return derived(application((), tuple(message(f"m{n}", each) for n, each in enumerate(payloads))))

    def tags(self, client: Client) -> list[tuple[str, str, object]]:
        found = [wire.discriminator for wire in only(client).received]
        return [(each.by, each.property, each.value) for each in found]

    def test_a_single_message_needs_none(self) -> None:
        client, problems = self.received(obj(price=NUMBER))
        assert (self.tags(client), problems) == ([("single", "", None)], [])

    @pytest.mark.parametrize("name", ["type", "event", "op", "zebra"])
    def test_constants_at_one_property(self, name: str) -> None:
        client, problems = self.received(obj(None, **{name: const("a")}), obj(None, **{name: const("b")}))
        assert (self.tags(client), problems) == ([("constant", name, "a"), ("constant", name, "b")], [])

    def test_numbers_are_constants_too(self) -> None:
        client, _ = self.received(obj(op=const(1)), obj(op=const(2)))
        assert [wire.key for wire in only(client).received] == ["1", "2"]

    def test_an_enumeration_of_one_value(self) -> None:
        one = Shape(AT, enum=("a",))
        client, _ = self.received(obj(type=one), obj(type=const("b")))
        assert self.tags(client) == [("constant", "type", "a"), ("constant", "type", "b")]

    @pytest.mark.parametrize("keyword", ["any_of", "one_of"])
    def test_a_constant_beside_any_text(self, keyword: str) -> None:
        one = Shape(AT, **{keyword: (const("a"), TEXT)})  # type: ignore[arg-type]  # a keyword from the table
        client, _ = self.received(obj(type=one), obj(type=const("b")))
        assert self.tags(client)[0] == ("constant", "type", "a")

    def test_a_constant_in_an_all_of_branch_over_a_plain_base(self) -> None:
        base = obj(type=TEXT)
        client, _ = self.received(
            Shape(AT, all_of=(base, obj(type=const("a")))), Shape(AT, all_of=(base, obj(type=const("b"))))
        )
        assert [tag[2] for tag in self.tags(client)] == ["a", "b"]

    def test_constants_behind_names(self) -> None:
        schemas: dict[str, Schema] = {
            "A": obj(type=Named("Tag", AT)),
            "Tag": const("a"),
            "B": Named("C", AT),
            "C": obj(type=const("b")),
        }
        messages = (message("one", Named("A", AT)), message("two", Named("B", AT)))
        client, problems = derived(application((), messages, schemas=schemas))
        assert [tag[2] for tag in self.tags(client)] == ["a", "b"]
        assert problems == []

    def test_a_nested_property(self) -> None:
        client, _ = self.received(obj(header=obj(kind=const("a"))), obj(header=obj(kind=const("b"))))
        assert {tag[1] for tag in self.tags(client)} == {"header.kind"}

    def test_a_constant_that_all_share_decides_nothing(self) -> None:
        version = const("2.0")
        client, _ = self.received(obj(v=version, m=const("a")), obj(v=version, m=const("b")))
        assert {tag[1] for tag in self.tags(client)} == {"m"}

    def test_an_enumeration_of_data_is_no_tag(self) -> None:
        side = Shape(AT, enum=("buy", "sell"))
        client, problems = self.received(obj(side=side), obj(side=side))
        assert {tag[0] for tag in self.tags(client)} == {"undecidable"}
        assert codes(problems) == ["WSG410"]

    def test_what_cannot_be_told_apart_is_a_warning_with_both_places(self) -> None:
        one = Message("one", "#/m/one", Place("spec.json", 10, 3), payload=obj(a=TEXT))
        two = Message("two", "#/m/two", Place("spec.json", 20, 3), payload=obj(a=TEXT))
        _, (problem,) = derived(application((), (one, two)))
        assert (problem.code, problem.level, problem.place.line) == ("WSG410", "warning", 10)
        assert problem.related[0][0].line == 20
        assert 'discriminator = "type"' in problem.settled_by

    def test_what_is_only_sent_needs_no_tag(self) -> None:
        messages = (message("one", obj(a=TEXT)), message("two", obj(a=TEXT)))
        client, problems = derived(application(messages))
        assert [wire.discriminator.by for wire in only(client).sent] == ["undecidable", "undecidable"]
        assert problems == []

    def test_the_property_that_both_directions_have_is_taken(self) -> None:
        sent = (message("a", obj(op=const("a"))), message("b", obj(op=const("b"))))
        received = (
            message("c", obj(kind=const("x"), op=const("c"))),
            message("d", obj(kind=const("y"), op=const("d"))),
        )
        client, _ = derived(application(sent, received))
        assert only(client).envelope.tag == "op"
        assert {tag[1] for tag in self.tags(client)} == {"op"}

    def test_the_constants_that_are_names_are_preferred(self) -> None:
        received = (
            message("Trade", obj(a=const("x"), b=const("trade"))),
            message("Quote", obj(a=const("y"), b=const("quote"))),
        )
        client, _ = derived(application((), received))
        assert {tag[1] for tag in self.tags(client)} == {"b"}

    def test_a_version_is_no_tag_of_a_request_and_its_reply(self) -> None:
        version = const("2.0")
        client, _ = derived(application((message("ask", obj(v=version)),), (message("tell", obj(v=version)),)))
        assert only(client).envelope.tag == ""
        assert domain(client, "").requests == ()

    def test_contradicting_constants_are_named(self) -> None:
        torn = Shape(AT, all_of=(obj(type=const("a")), obj(type=const("b"))))
        client, problems = self.received(torn, obj(type=const("c")))
        assert codes(problems) == ["WSG411"]
        assert [tag[2] for tag in self.tags(client)] == ["b", "c"]

    def test_the_configured_property_holds_names(self) -> None:
        settings = ClientSettings(input="x", discriminator="kind")
        messages = (message("one", obj(kind=TEXT)), message("two", obj(kind=TEXT)))
        client, problems = derived(application((), messages), settings)
        assert self.tags(client) == [("constant", "kind", "one"), ("constant", "kind", "two")]
        assert problems == []

    def test_endless_schemas_end(self) -> None:
        loop = Shape(AT, any_of=(Named("Loop", AT), Named("Loop", AT)), properties={"a": Named("Loop", AT)})
        schemas: dict[str, Schema] = {"Loop": loop, "Alias": Named("Alias", AT)}
        messages = (message("one", Named("Loop", AT)), message("two", Named("Alias", AT)))
        _, problems = derived(application(messages, messages, schemas=schemas))
        assert "WSG410" in codes(problems)


class TestEnvelope:
    def test_wrappers_are_taken_off(self) -> None:
        order = obj(id=TEXT)
        client, _ = derived(application((fastws("order.place", order), fastws("ping"))))
        connection = only(client)
        assert (connection.envelope.tag, connection.envelope.payload) == ("type", "payload")
        place, ping = connection.sent
        assert (place.payload, place.optional) == (order, False)
        assert (ping.payload, ping.optional) == (None, False)

    def test_a_payload_that_may_be_absent(self) -> None:
        frame = obj(("type",), type=const("a"), payload=obj(x=TEXT))
        client, _ = derived(application((message("a", frame), message("b", wrapper("b", obj(y=TEXT))))))
        assert only(client).sent[0].optional

    def test_another_name_for_the_payload(self) -> None:
        one, two = obj(event=const("a"), data=obj(x=TEXT)), obj(event=const("b"), data=obj(y=TEXT))
        client, _ = derived(application((), (message("a", one), message("b", two))))
        assert (only(client).envelope.tag, only(client).envelope.payload) == ("event", "data")

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            (obj(type=const("a"), price=NUMBER), obj(type=const("b"), size=NUMBER)),
            (obj(type=const("a"), text=TEXT), obj(type=const("b"), text=TEXT)),
            (obj(type=const("a"), payload=obj(x=TEXT), seq=NUMBER), obj(type=const("b"))),
            (obj(op=const(1), d=obj(x=TEXT)), obj(op=const(2), d=obj(x=TEXT))),
        ],
        ids=["different properties", "text in them", "a third property", "numbers"],
    )
    def test_frames_that_are_no_wrappers_are_payloads(self, one: Schema, two: Schema) -> None:
        client, _ = derived(application((), (message("a", one), message("b", two))))
        assert only(client).envelope.payload is None
        assert [wire.payload for wire in only(client).received] == [one, two]

    @pytest.mark.parametrize(
        ("sent", "sent_tag"),
        [
            ((obj(event=const("a"), x=NUMBER), obj(event=const("b"), x=NUMBER)), None),
            ((obj(op=const("a"), x=NUMBER), obj(op=const("b"), x=NUMBER)), "op"),
            ((obj(names=TEXT),), ""),
            ((), None),
        ],
        ids=["the same tag", "another tag", "no tag", "nothing is sent"],
    )
    def test_what_is_sent_has_its_own_tag(self, sent: tuple[Schema, ...], sent_tag: str | None) -> None:
        received = (message("c", obj(event=const("c"), p=NUMBER)), message("d", obj(event=const("d"), q=NUMBER)))
        asked = tuple(message(f"m{n}", each) for n, each in enumerate(sent))
        client, _ = derived(application(asked, received))
        assert (only(client).envelope.tag, only(client).envelope.sent_tag) == ("event", sent_tag)


class TestReplies:
    def test_x_response(self) -> None:
        app = application((fastws("chat.join", obj(room=TEXT), response="chat.joined"),), (fastws("chat.joined"),))
        (request,) = domain(derived(app)[0], "chat").requests
        assert (request.verb, [reply.key for reply in request.replies]) == ("join", ["chat.joined"])

    def test_a_reply_is_no_push(self) -> None:
        app = application((fastws("ping", response="pong"),), (fastws("pong"),))
        assert domain(derived(app)[0], "").pushes == ()

    def test_the_reply_of_3x(self) -> None:
        ask, good, bad = fastws("ask"), fastws("good"), fastws("bad")
        operation = Operation("ask", "receive", "/", (ask,), AT, reply=Reply((good, bad), AT))
        app = Application("3.0.0", "T", "1", AT, channels=(Channel("/", "/", AT),), operations=(operation,))
        (request,) = domain(derived(app)[0], "").requests
        assert [reply.key for reply in request.replies] == ["good", "bad"]

    def test_an_inferred_response_is_reported(self) -> None:
        client, problems = derived(application((fastws("now"),), (fastws("now.response", obj(t=NUMBER)),)))
        (request,) = domain(client, "").requests
        assert ([reply.key for reply in request.replies], request.certain) == (["now.response"], True)
        assert codes(problems) == ["WSG412"]

    def test_an_acknowledgement_of_nothing_makes_a_send(self) -> None:
        app = application(
            (fastws("chat.typing", obj(room=TEXT), response="chat.None", name="chat_typing"),),
            (fastws("chat.None", name="chat_typing"),),
        )
        (send,) = domain(derived(app)[0], "chat").sends
        assert send.acknowledgement is not None
        assert (send.verb, send.acknowledgement.key) == ("typing", "chat.None")

    def test_a_message_that_is_called_none_by_another_handler_is_a_reply(self) -> None:
        app = application(
            (fastws("chat.typing", response="chat.None", name="typing"),), (fastws("chat.None", name="none"),)
        )
        found = domain(derived(app)[0], "chat")
        assert (len(found.sends), len(found.requests)) == (0, 1)

    def test_no_reply_is_a_send(self) -> None:
        (send,) = domain(derived(application((fastws("log", obj(x=TEXT)),)))[0], "").sends
        assert (send.verb, send.acknowledgement) == ("log", None)

    def test_the_configuration_names_a_reply(self) -> None:
        settings = ClientSettings(input="x", domains={"chat": DomainSettings(replies={"join": ("chat.in",)})})
        app = application((fastws("chat.join"),), (fastws("chat.in"), fastws("chat.out")))
        client, problems = derived(app, settings)
        (request,) = domain(client, "chat").requests
        assert [reply.key for reply in request.replies] == ["chat.in"]
        assert problems == []

    def test_a_configured_reply_that_is_not_there(self) -> None:
        settings = ClientSettings(input="x", domains={"chat": DomainSettings(replies={"join": ("chat.im",)})})
        _, problems = derived(application((fastws("chat.join"),), (fastws("chat.in"),)), settings)
        assert codes(problems) == ["WSG413"]
        assert "`chat.in`" in problems[0].message


class TestEcho:
    def echo(self, *spare: Schema) -> tuple[Client, list[Problem]]:
        reply = wrapper("echo", Named("Posted", AT))
        shared = message("echo", Named("reply", AT))
        schemas: dict[str, Schema] = {"Posted": obj(seq=NUMBER), "Typing": obj(nick=TEXT), "reply": reply}
        schemas.update({f"spare{n}": schema for n, schema in enumerate(spare)})
        return derived(application((shared,), (shared, fastws("other")), schemas=schemas))

    def test_the_lost_request_is_found_again(self) -> None:
        client, problems = self.echo(wrapper("echo", Named("Typing", AT)), wrapper("else", Named("Typing", AT)))
        (request,) = domain(client, "").requests
        assert request.message.payload == Named("Typing", AT)
        assert [reply.payload for reply in request.replies] == [Named("Posted", AT)]
        assert problems == []

    def test_a_lost_request_without_a_payload(self) -> None:
        client, _ = self.echo(wrapper("echo"))
        (request,) = domain(client, "").requests
        assert request.message.payload is None

    def test_several_candidates_leave_anything(self) -> None:
        client, problems = self.echo(wrapper("echo", Named("Typing", AT)), wrapper("echo"))
        (request,) = domain(client, "").requests
        assert isinstance(request.message.payload, Always)
        assert codes(problems) == ["WSG414"]

    def test_without_a_spare_schema_one_is_meant_for_both(self) -> None:
        client, problems = self.echo()
        (request,) = domain(client, "").requests
        assert request.message.payload == Named("Posted", AT)
        assert problems == []

    def test_what_a_server_sends_by_its_own_schema_is_left_alone(self) -> None:
        notice = message("chat.notice", Named("short", AT))
        schemas: dict[str, Schema] = {
            "short": wrapper("chat.notice"),
            "long": wrapper("chat.notice", obj(text=TEXT)),
        }
        client, problems = derived(application((), (notice, fastws("chat.message")), schemas=schemas))
        assert [push.message.payload for push in domain(client, "chat").pushes] == [None, None]
        assert problems == []


class TestSubscriptions:
    def test_subscribe_unsubscribe_and_update(self) -> None:
        bar = obj(open=NUMBER)
        parameters = obj(symbol=TEXT, resolution=Shape(AT, types=("string",), default="1"))
        app = of_bars(obj(topic=TEXT, payload=bar), parameters=parameters, unsubscribe=parameters)
        client, problems = derived(app)
        found = domain(client, "bars")
        (subscription,) = found.subscriptions
        assert (found.requests, found.sends, found.pushes) == ((), (), ())
        confirmation = subscription.confirmation
        assert confirmation is not None
        assert (confirmation.status, confirmation.text, confirmation.topic) == ("status", "message", "topic")
        assert confirmation.ok is None
        (update,) = subscription.updates
        assert (update.topic, update.path, update.data) == ("topic", "payload", bar)
        assert subscription.unsubscribe is not None
        assert subscription.unsubscribe.key == "bars.unsubscribe"
        assert subscription.release is not None
        assert subscription.release.message.key == "bars.unsubscribe.response"
        assert subscription.release_parameters is None
        assert subscription.defaults == {"resolution": "1"}
        assert (subscription.topic_rule, subscription.route, subscription.certain) == (None, None, True)
        assert problems == []

    def test_a_nested_domain_splits_at_the_last_dot(self) -> None:
        app = application(
            (fastws("broker.orders.subscribe", obj(a=TEXT), response="broker.orders.subscribe.response"),),
            (
                fastws("broker.orders.subscribe.response", CONFIRMATION),
                fastws("broker.orders.update", obj(topic=TEXT, payload=obj(id=TEXT))),
            ),
        )
        client, problems = derived(app)
        (subscription,) = domain(client, "broker.orders").subscriptions
        assert subscription.unsubscribe is None
        assert problems == []

    def test_the_other_pushes_of_the_domain_stay_pushes(self) -> None:
        app = of_bars(obj(topic=TEXT, data=obj(o=NUMBER)))
        more = application(
            app.operations[0].messages, (*app.operations[1].messages, fastws("bars.notice", obj(t=TEXT)))
        )
        found = domain(derived(more)[0], "bars")
        assert [push.verb for push in found.pushes] == ["notice"]
        assert [update.path for update in found.subscriptions[0].updates] == ["data"]

    def subscribed(self, *pushes: str, settings: ClientSettings | None = None) -> tuple[Domain, list[Problem]]:
        update = obj(topic=TEXT, payload=obj(x=NUMBER))
        app = application(
            (fastws("bars.subscribe", obj(symbol=TEXT), response="bars.ok"),),
            (fastws("bars.ok", CONFIRMATION), *(fastws(f"bars.{verb}", update) for verb in pushes)),
        )
        client, problems = derived(app, settings)
        return domain(client, "bars"), problems

    def test_the_only_push_is_the_update(self) -> None:
        found, problems = self.subscribed("tick")
        assert [update.message.key for update in found.subscriptions[0].updates] == ["bars.tick"]
        assert codes(problems) == ["WSG420"]
        assert 'verbs.update = ["tick"]' in problems[0].settled_by

    def test_several_pushes_are_a_union(self) -> None:
        found, problems = self.subscribed("placed", "filled")
        (subscription,) = found.subscriptions
        assert [update.message.key for update in subscription.updates] == ["bars.placed", "bars.filled"]
        assert not subscription.certain
        assert codes(problems) == ["WSG421"]
        assert 'verbs.update = ["placed", "filled"]' in problems[0].settled_by

    def test_configured_verbs_settle_it(self) -> None:
        settings = with_bars(verbs=Verbs(update=("placed",)))
        found, problems = self.subscribed("placed", "filled", settings=settings)
        assert [update.message.key for update in found.subscriptions[0].updates] == ["bars.placed"]
        assert [push.verb for push in found.pushes] == ["filled"]
        assert problems == []

    def test_a_subscribe_without_pushes_is_a_request(self) -> None:
        found, problems = self.subscribed()
        assert (found.subscriptions, [request.verb for request in found.requests]) == ((), ["subscribe"])
        assert codes(problems) == ["WSG422"]

    def test_pushes_without_a_subscribe_are_listened_to(self) -> None:
        client, problems = derived(application((), (fastws("chat.message", obj(a=TEXT)), fastws("chat.left"))))
        assert [push.verb for push in domain(client, "chat").pushes] == ["message", "left"]
        assert problems == []

    def test_a_subscribe_without_a_reply_is_confirmed_by_sending(self) -> None:
        app = application((fastws("bars.subscribe", obj(s=TEXT)),), (fastws("bars.update", obj(x=TEXT)),))
        client, problems = derived(app)
        found = domain(client, "bars")
        (subscription,) = found.subscriptions
        assert subscription.confirmation is None
        assert [update.message.key for update in subscription.updates] == ["bars.update"]
        assert (found.sends, found.pushes) == ((), ())
        assert codes(problems) == ["WSG423", "WSG425"]


class TestUnsubscribe:
    WRAPPED = obj(topic=TEXT, payload=obj(open=NUMBER))

    def released(self, unsubscribe: Schema) -> tuple[Domain, list[Problem]]:
        app = of_bars(self.WRAPPED, parameters=obj(symbol=TEXT, depth=NUMBER), unsubscribe=unsubscribe)
        client, problems = derived(app)
        return domain(client, "bars"), problems

    def test_a_subset_is_projected(self) -> None:
        found, problems = self.released(obj(symbol=TEXT))
        assert found.subscriptions[0].release_parameters == ("symbol",)
        assert problems == []

    def test_a_single_topic_is_the_servers(self) -> None:
        found, problems = self.released(obj(topic=TEXT))
        assert found.subscriptions[0].release_parameters == ("topic",)
        assert problems == []

    def test_a_topic_that_the_server_does_not_name_cannot_be_given_back(self) -> None:
        app = of_bars(self.WRAPPED, unsubscribe=obj(topic=TEXT), reply=obj(status=STATUS))
        client, problems = derived(app)
        assert domain(client, "bars").subscriptions[0].unsubscribe is None
        assert codes(problems) == ["WSG424"]

    def test_what_may_be_left_out_is_left_out(self) -> None:
        found, _ = self.released(obj(("symbol",), symbol=TEXT, reason=TEXT))
        assert found.subscriptions[0].release_parameters == ("symbol",)

    def test_other_parameters_make_leaving_local(self) -> None:
        found, problems = self.released(obj(subscriptionId=TEXT))
        (subscription,) = found.subscriptions
        assert (subscription.unsubscribe, subscription.release) == (None, None)
        assert [request.verb for request in found.requests] == ["unsubscribe"]
        assert codes(problems) == ["WSG424"]
        assert "`subscriptionId`" in problems[0].message

    def test_the_configuration_makes_leaving_local_without_a_warning(self) -> None:
        app = of_bars(self.WRAPPED, unsubscribe=obj(other=TEXT))
        client, problems = derived(app, with_bars(verbs=Verbs(unsubscribe="")))
        assert domain(client, "bars").subscriptions[0].unsubscribe is None
        assert problems == []


class TestRoles:
    UPDATE = obj(topic=TEXT, payload=obj(x=TEXT))

    def confirmed(self, answer: Schema, **settings: object) -> tuple[tuple[object, ...], list[str]]:
        client, problems = derived(of_bars(self.UPDATE, reply=answer), with_bars(**settings))
        found = domain(client, "bars").subscriptions[0].confirmation
        assert found is not None
        return (found.status, found.text, found.topic, found.ok), codes(problems)

    def test_an_enumeration_with_ok_is_the_status(self) -> None:
        assert self.confirmed(obj(result=STATUS)) == (("result", None, None, None), [])

    def test_a_flag_is_the_status(self) -> None:
        flag = Shape(AT, types=("boolean",))
        assert self.confirmed(obj(success=flag, message=TEXT)) == (("success", "message", None, None), [])

    def test_a_status_of_one_value_agrees_by_it(self) -> None:
        assert self.confirmed(obj(status=const("confirmed"))) == (("status", None, None, ("confirmed",)), [])

    def test_a_status_without_a_known_value_is_reported(self) -> None:
        roles, found = self.confirmed(obj(status=Shape(AT, enum=("accepted", "denied"))))
        assert (roles[0], found) == ("status", ["WSG427"])

    def test_the_settings_name_them(self) -> None:
        reply = obj(state=TEXT, why=TEXT, channel=TEXT)
        roles = ReplyRoles(status="state", message="why", topic="channel", ok=("in",))
        assert self.confirmed(reply, reply=roles) == (("state", "why", "channel", ("in",)), [])

    def test_a_role_that_is_not_there(self) -> None:
        _, found = self.confirmed(obj(state=TEXT), reply=ReplyRoles(status="sate"))
        assert found == ["WSG428"]


class TestRoutes:
    FLAT = obj(symbol=TEXT, text=TEXT)

    def test_flat_updates_without_a_route_are_reported_with_the_line(self) -> None:
        client, problems = derived(of_bars(self.FLAT))
        (subscription,) = domain(client, "bars").subscriptions
        (update,) = subscription.updates
        assert (update.topic, update.path, update.data) == (None, None, self.FLAT)
        assert subscription.route is None
        assert codes(problems) == ["WSG425"]
        first, *others = problems[0].settled_by.splitlines()
        assert first.startswith('domains.bars.route = { symbol = "symbol" }  # ')
        assert [line.split()[3] for line in others] == ['"connection"', '"broadcast"']

    def test_flat_updates_without_a_common_field_need_a_connection_each(self) -> None:
        _, problems = derived(of_bars(obj(open=NUMBER)))
        assert problems[0].settled_by.startswith('domains.bars.route = "connection"')

    def test_without_parameters_there_is_nothing_to_tell_apart(self) -> None:
        _, problems = derived(of_bars(self.FLAT, parameters=obj()))
        assert problems == []

    @pytest.mark.parametrize("route", ["connection", "broadcast", {"symbol": "symbol"}])
    def test_a_configured_route(self, route: object) -> None:
        client, problems = derived(of_bars(self.FLAT), with_bars(route=route))
        assert domain(client, "bars").subscriptions[0].route == route
        assert problems == []

    def test_a_route_over_what_is_not_there(self) -> None:
        _, problems = derived(of_bars(self.FLAT), with_bars(route={"name": "symbl"}))
        assert codes(problems) == ["WSG426", "WSG426"]

    def test_a_template_over_fields_of_the_update_gives_pairs(self) -> None:
        client, problems = derived(of_bars(self.FLAT), with_bars(topic="bars:{symbol}"))
        (subscription,) = domain(client, "bars").subscriptions
        assert (subscription.topic_rule, subscription.route) == ("bars:{symbol}", {"symbol": "symbol"})
        assert problems == []

    def test_a_template_over_other_fields_gives_none(self) -> None:
        client, problems = derived(of_bars(obj(open=NUMBER)), with_bars(topic="bars:{symbol}"))
        (subscription,) = domain(client, "bars").subscriptions
        assert (subscription.topic_rule, subscription.route) == ("bars:{symbol}", None)
        assert codes(problems) == ["WSG425"]

    def test_a_template_over_no_parameter(self) -> None:
        _, problems = derived(of_bars(TestRoles.UPDATE), with_bars(topic="bars:{symbl}"))
        assert codes(problems) == ["WSG426"]
        assert problems[0].help == "its properties are `symbol`"

    def test_sorted_json_is_a_rule(self) -> None:
        client, _ = derived(of_bars(TestRoles.UPDATE), with_bars(topic="sorted-json"))
        assert domain(client, "bars").subscriptions[0].topic_rule == "sorted-json"


NAMES = ("A", "B", "C")
TAGS: tuple[str | int, ...] = ("a.subscribe", "a.unsubscribe", "a.update", "..", ".x", "x.", "", 1, 2)
LEAVES: list[Schema] = [TEXT, NUMBER, NULL, Always(AT), *(Named(name, AT) for name in NAMES), *map(const, TAGS)]
HOSTILE: st.SearchStrategy[Schema] = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: (
        st.builds(
            lambda properties: obj(None, **properties),
            st.dictionaries(st.sampled_from(["type", "payload", "topic", "status", "a.b", ""]), inner, max_size=3),
        )
        | st.builds(lambda branches: Shape(AT, any_of=tuple(branches)), st.lists(inner, max_size=3))
        | st.builds(lambda branches: Shape(AT, all_of=tuple(branches)), st.lists(inner, max_size=3))
    ),
    max_leaves=8,
)


@given(
    st.lists(HOSTILE, max_size=4),
    st.lists(HOSTILE, max_size=4),
    st.fixed_dictionaries(dict.fromkeys(NAMES, HOSTILE)),
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_document_is_derived_or_reported(
    sent: list[Schema], received: list[Schema], schemas: dict[str, Schema]
) -> None:
    asked = tuple(message(f"m{n}", each, response="r0") for n, each in enumerate(sent))
    told = tuple(message(f"r{n}", each) for n, each in enumerate(received))
    client, problems = derived(application(asked, told, schemas=schemas))
    for connection in client.connections:
        for side in (connection.sent, connection.received):
            keys = [wire.key for wire in side]
            assert len(set(keys)) == len(keys)
        undecided = any(wire.discriminator.by == "undecidable" for wire in connection.received)
        assert undecided == ("WSG410" in codes(problems))


def test_references_that_multiply_end() -> None:
    many = 200
    schemas: dict[str, Schema] = {
        name: Shape(AT, any_of=(Named(below, AT),) * many, properties={"x": Named(below, AT)})
        for name, below in (("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"))
    }
    schemas["E"] = const("e")
    messages = tuple(message(f"m{n}", Named("A", AT)) for n in range(3))
    _, problems = derived(application(messages, messages, schemas=schemas))
    assert "WSG410" in codes(problems)


class TestPlainDocuments:
    def test_messages_without_dots_are_methods_of_the_facade(self) -> None:
        sent = (message("login", obj(op=const("login"), user=TEXT)), message("bye", obj(op=const("bye"))))
        received = (message("tick", obj(op=const("tick"), p=NUMBER)), message("beat", obj(op=const("beat"))))
        client, problems = derived(application(sent, received))
        found = domain(client, "")
        assert [send.verb for send in found.sends] == ["login", "bye"]
        assert [push.verb for push in found.pushes] == ["tick", "beat"]
        assert problems == []

    def test_no_messages_at_all(self) -> None:
        _, problems = derived(application())
        assert codes(problems) == ["WSG405"]

    def test_include_and_exclude(self) -> None:
        app = application((fastws("a.x", response="a.y"), fastws("b.x"), fastws("a.z")), (fastws("a.y"), fastws("b.y")))
        client, _ = derived(app, ClientSettings(input="x", include=("a.*",), exclude=("a.z",)))
        connection = only(client)
        assert [each.name for each in connection.domains] == ["a"]
        assert [wire.key for wire in connection.sent] == ["a.x"]
        assert [wire.key for wire in connection.received] == ["a.y"]

    def test_settings_of_a_domain_that_is_not_there(self) -> None:
        settings = ClientSettings(input="x", domains={"bar": DomainSettings()})
        _, problems = derived(of_bars(TestRoles.UPDATE), settings)
        assert codes(problems) == ["WSG906"]
        assert problems[0].help == "did you mean `bars`?"
