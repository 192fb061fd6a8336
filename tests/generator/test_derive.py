"""What is derived of whom, from where, and as what: sides, servers, connections, tags; and that all of it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wsgen.config import ClientSettings
from wsgen.derive import client_direction
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
from wsgen.operations import Client
from wsgen.problems import Place, Problem

from .applications import (
    AT,
    NULL,
    NUMBER,
    TEXT,
    application,
    codes,
    const,
    derived,
    domain,
    fastws,
    message,
    obj,
    only,
    wrapper,
)


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
