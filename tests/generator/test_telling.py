"""How messages are told apart: what the derived rule says of frames, by the runtime's own reading of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wsgen.config import ClientSettings
from wsgen.derive import derive
from wsgen.model import Application, Message, Named, Schema, Shape
from wsgen.operations import ByKey, ByType, ByValue, ClientConnection, Rule
from wsgen.problems import Problems
from wsgen.views.rules import apart
from wsgen_runtime import rules

from .applications import AT, TEXT, application, const, message, obj
from .reading import SPECS, read, read_text

FRAMES: Mapping[str, Sequence[tuple[object, str | None]]] = {
    "tell-by-pairs": [
        ({"op": 10, "interval": 5}, "10"),
        ({"op": 0, "t": "READY"}, "ready"),
        ({"op": 0, "t": "RESUMED"}, "resumed"),
        ({"op": 0, "t": "NEW"}, None),
        ({"op": 7}, None),
    ],
    "tell-by-lists": [
        ({"type": "typing_start"}, "typing"),
        ({"type": "typing_stop"}, "typing"),
        ({"type": "said"}, "said"),
        ({"type": "room_opened"}, "room_opened"),
        ({"type": "room_closed"}, "room_closed"),
        ({"type": "other"}, None),
    ],
    "tell-by-keys": [
        ({"partial": "a"}, "partial"),
        ({"text": "a", "id": 1}, "final"),
        ({"Ok": {}}, "outcome"),
        ({"Err": "no"}, "outcome"),
        ({}, None),
        (["partial"], None),
    ],
    "tell-by-types": [([], "devices"), ({"id": "a"}, "device"), (1, "count"), (1.5, "count"), ("hb", "heartbeat")],
    "tell-by-positions": [
        ([1, "hb"], "hb"),
        ([1, "trade", 2.5], "trade"),
        ([1, [1.5]], "book"),
        ([1, "new"], "book"),  # a book is any array that has neither constant
    ],
    "tell-by-frames": [
        (rules.Frame(b"\0"), "audio"),
        (rules.NoJson("hello"), "note"),
        (5, "note"),
        ({"type": "begin"}, "begin"),
        ({"type": "end"}, "end"),
        ({"type": "new"}, None),
    ],
    "tell-one-from-a-tag": [
        ({"method": "changed"}, "changed"),
        ({"method": "moved"}, "moved"),
        ({"id": 1, "result": "x"}, "result"),
        ({"method": "new"}, None),
    ],
    "tell-true-from-one": [
        ({"ok": True}, "confirmed"),
        ({"ok": 1}, "1"),
        ({"ok": False}, "refused"),
        ({"ok": 0}, "0"),
        ({"ok": 2}, None),
        ({"ok": "true"}, None),
    ],
    "tell-by-discriminator": [
        ({"kind": "Cat", "lives": 9}, "pet"),
        ({"kind": "Dog"}, "pet"),
        ({"kind": "gone"}, "gone"),
        ({"kind": "Bird"}, None),
    ],
    "tell-by-address": [({"channel": "trades"}, "trades"), ({"channel": "quotes"}, "quotes"), ({"channel": "x"}, None)],
}


def connection_of(app: Application, settings: ClientSettings | None = None) -> tuple[ClientConnection, list[str]]:
    problems = Problems()
    client = derive(app, settings or ClientSettings(input="spec.yaml", perspective="server"), problems)
    (connection,) = client.connections
    return connection, [problem.code for problem in problems]


def of_runtime(rule: Rule) -> rules.Rule:
    """A rule as the generated module writes it."""
    if isinstance(rule, tuple):
        return rule[0] if len(rule) == 1 else rule
    rule = apart(rule)
    otherwise = None if rule.otherwise is None else of_runtime(rule.otherwise)
    if isinstance(rule, ByKey):
        return rules.ByKey({case: of_runtime(inner) for case, inner in rule.cases}, otherwise)
    if isinstance(rule, ByType):
        cases: dict[Any, rules.Rule] = {case: of_runtime(inner) for case, inner in rule.cases}
        return rules.ByType(rule.path, cases, otherwise)
    absent = None if rule.absent is None else of_runtime(rule.absent)
    return rules.ByValue(rule.path, {case: of_runtime(inner) for case, inner in rule.cases}, otherwise, absent)


def leads(connection: ClientConnection, frame: object) -> object:
    """The message that a frame is taken for, by tag or by rule."""
    if connection.rule is not None:
        return rules.decide(of_runtime(connection.rule), frame)
    keys = {wire.key for wire in connection.received}
    if not connection.envelope.tag:
        return next(iter(keys))
    tag = str(rules.at(frame, connection.envelope.tag))
    return tag if tag in keys else None


@pytest.mark.parametrize(
    ("name", "frame", "key"), [(name, *each) for name, frames in FRAMES.items() for each in frames], ids=str
)
def test_of_our_documents(name: str, frame: object, key: str | None) -> None:
    connection, codes = connection_of(read(SPECS / "valid" / f"{name}.yaml", Problems()))
    assert (leads(connection, frame), codes) == (key, [])


def test_every_document_of_a_class_is_tried() -> None:
    assert {path.stem for path in (SPECS / "valid").glob("tell-*.yaml")} == FRAMES.keys()


class TestRules:
    def received(self, *payloads: Schema, **settings: Any) -> tuple[ClientConnection, list[str]]:
        messages = tuple(message(f"m{n}", each) for n, each in enumerate(payloads))
        return connection_of(application((), messages), ClientSettings(input="x", **settings))

    def test_a_list_of_data_decides_nothing_where_only_one_has_it(self) -> None:
        side = Shape(AT, enum=("buy", "sell"))
        connection, codes = self.received(obj((), side=side, price=TEXT), obj((), price=TEXT, size=TEXT))
        assert [wire.discriminator.by for wire in connection.received] == ["undecidable"] * 2
        assert codes == ["WSG410"]

    def test_a_list_that_is_shared_decides_only_by_all_names(self) -> None:
        action = Shape(AT, enum=("m0", "other"))
        connection, _ = self.received(obj(a=action), obj(a=action))
        assert [wire.discriminator.by for wire in connection.received] == ["undecidable"] * 2

    def test_true_is_not_1(self) -> None:
        yes, one = Shape(AT, enum=(True,)), Shape(AT, enum=(1,))
        connection, _ = self.received(obj(v=yes, a=TEXT), obj(v=one, a=TEXT))
        assert isinstance(connection.rule, ByValue)
        assert [case for case, _ in connection.rule.cases] == [True, 1]

    @pytest.mark.parametrize("value", [True, " ", ""])
    def test_a_tag_that_says_nothing_is_no_name(self, value: str | bool) -> None:
        blank, other = Shape(AT, enum=(value,)), Shape(AT, enum=("b",))
        connection, _ = self.received(obj(v=blank), obj(v=other), obj(v=Shape(AT, types=("number",))))
        assert [wire.key for wire in connection.received] == ["m0", "b", "m2"]
        assert leads(connection, {"v": value}) == "m0"

    def test_what_can_be_told_apart_is_told_apart_beside_what_cannot(self) -> None:
        connection, codes = self.received(
            obj(type=const("a")), obj(type=const("b")), obj(None, type=TEXT, x=TEXT), obj(None, type=TEXT, y=TEXT)
        )
        assert leads(connection, {"type": "a"}) == "a"
        assert leads(connection, {"type": "new"}) in {"m2", "m3", "message", None}
        assert {wire.key for wire in connection.delivered} >= {"a", "b"}
        assert codes in ([], ["WSG410"])

    def test_what_cannot_be_told_apart_arrives_together(self) -> None:
        connection, codes = self.received(obj((), a=TEXT, c=TEXT), obj((), b=TEXT, c=TEXT), Shape(AT, types=("array",)))
        (together,) = connection.undivided
        assert [member.id for member in together.members] == ["m0", "m1"]
        assert [wire.key for wire in connection.delivered] == ["m2", "message"]
        assert leads(connection, {"a": "x"}) == "message"
        assert codes == ["WSG410"]

    def test_together_by_the_value_that_they_share(self) -> None:
        connection, _ = self.received(
            obj(op=const("dispatch"), a=TEXT), obj(op=const("dispatch"), a=TEXT), obj(op=const("hello"))
        )
        assert [wire.key for wire in connection.delivered] == ["hello", "dispatch"]

    def test_the_configuration_names_wire_types(self) -> None:
        connection, codes = self.received(
            obj(kind=TEXT), obj(kind=TEXT), discriminator="kind", wire_types={"m1": "trade"}
        )
        assert [wire.key for wire in connection.received] == ["m0", "trade"]
        assert codes == []

    def test_what_lacks_the_configured_property_is_known_by_the_rest(self) -> None:
        connection, codes = self.received(obj(kind=TEXT), obj(kind=TEXT), obj(code=TEXT), discriminator="kind")
        assert leads(connection, {"kind": "m1"}) == "m1"
        assert leads(connection, {"code": "x"}) == "m2"
        assert codes == []

    def test_a_reply_among_others_makes_its_request_a_send(self) -> None:
        asked = (message("ask", obj(q=TEXT), response="answer"),)
        told = (message("answer", obj((), a=TEXT, c=TEXT)), message("news", obj((), b=TEXT, c=TEXT)))
        problems = Problems()
        client = derive(application(asked, told), ClientSettings(input="x"), problems)
        (domain,) = client.connections[0].domains
        assert (len(domain.requests), [send.verb for send in domain.sends]) == (0, ["ask"])
        assert "WSG417" in [problem.code for problem in problems]

    def test_replies_that_are_all_that_arrives_together_are_the_answer(self) -> None:
        document = """
asyncapi: 3.0.0
info: {title: T, version: '1'}
channels:
  c:
    address: /
    messages:
      ask: {payload: {type: object}}
      yes: {payload: {type: object, properties: {a: {type: string}, c: {type: string}}}}
      no: {payload: {type: object, properties: {b: {type: string}, c: {type: string}}}}
operations:
  ask:
    action: receive
    channel: {$ref: '#/channels/c'}
    messages: [{$ref: '#/channels/c/messages/ask'}]
    reply: {messages: [{$ref: '#/channels/c/messages/yes'}, {$ref: '#/channels/c/messages/no'}]}
"""
        connection, codes = connection_of(read_text(document)[0])
        (request,) = connection.domains[0].requests
        assert [reply.key for reply in request.replies] == ["message"]
        assert codes == ["WSG410"]


@pytest.mark.parametrize(
    ("document", "refused"),
    [
        ("servers: {a: {url: 'localhost/socket.io', protocol: ws}}", "Socket.IO"),
        ("servers: {a: {url: localhost, protocol: ws, description: a SignalR hub}}", "SignalR"),
        (
            "servers: {a: {url: localhost, protocol: ws}}\ndefaultContentType: application/protobuf",
            "Protocol Buffers",
        ),
        ("servers: {a: {url: localhost, protocol: ws, description: 'plain WebSocket, not Socket.IO'}}", ""),
        ("servers: {a: {url: localhost, protocol: ws, description: replaces the old SockJS endpoint}}", ""),
        ("servers: {a: {url: localhost, protocol: ws, description: Centrifugo}}", ""),
    ],
)
def test_foreign_framings(document: str, refused: str) -> None:
    text = (
        f"asyncapi: 2.6.0\ninfo: {{title: T, version: '1'}}\n{document}\n"
        "channels: {/: {subscribe: {message: {name: m, payload: {type: object}}}}}\n"
    )
    app, _ = read_text(text)
    problems = Problems()
    derive(app, ClientSettings(input="x"), problems)
    found = [problem.message for problem in problems if problem.code == "WSG406"]
    assert (refused in "".join(found)) if refused else found == []
    forced = Problems()
    derive(app, ClientSettings(input="x", framing="plain"), forced)
    assert "WSG406" not in [problem.code for problem in forced]


@dataclass(frozen=True)
class Sample:
    """A message of a made-up protocol, and a frame of it."""

    payload: Schema
    frame: object


WORDS = st.sampled_from(["a", "b", "c", "open", "close", "trade", "quote"])
DATA = st.dictionaries(st.sampled_from(["p", "q", "price"]), st.text(max_size=3), max_size=2)


def object_of(required: Mapping[str, Schema], data: Mapping[str, str]) -> Shape:
    properties: dict[str, Schema] = {**dict.fromkeys(data, TEXT), **required}
    return Shape(AT, types=("object",), properties=properties, required=tuple(required))


@st.composite
def by_constants(draw: st.DrawFn) -> list[Sample]:
    tags = draw(st.lists(WORDS | st.integers(0, 9), min_size=2, max_size=6, unique_by=str))
    return [Sample(object_of({"tag": const(tag)}, data := draw(DATA)), {**data, "tag": tag}) for tag in tags]


@st.composite
def by_lists(draw: st.DrawFn) -> list[Sample]:
    values = draw(st.lists(st.integers(0, 40).map(str), min_size=4, max_size=12, unique=True))
    cut = draw(st.integers(1, len(values) - 1))
    parts = [values[:cut], values[cut:]]
    return [
        Sample(
            object_of({"tag": Shape(AT, enum=tuple(part))}, data := draw(DATA)),
            {**data, "tag": draw(st.sampled_from(part))},
        )
        for part in parts
    ]


@st.composite
def by_pairs(draw: st.DrawFn) -> list[Sample]:
    pairs = draw(st.lists(st.tuples(st.integers(0, 2), WORDS), min_size=2, max_size=6, unique=True))
    return [Sample(obj(op=const(op), t=const(t)), {"op": op, "t": t}) for op, t in pairs]


@st.composite
def by_keys(draw: st.DrawFn) -> list[Sample]:
    names = draw(st.lists(WORDS, min_size=2, max_size=6, unique=True))
    return [Sample(object_of({name: TEXT}, data := draw(DATA)), {**data, name: "x"}) for name in names]


@st.composite
def by_types(draw: st.DrawFn) -> list[Sample]:
    frames: dict[str, object] = {"object": {"x": 1}, "array": [1], "string": "s", "number": 1.5, "boolean": True}
    types = draw(st.lists(st.sampled_from(sorted(frames)), min_size=2, max_size=5, unique=True))
    return [Sample(Shape(AT, types=(type,)), frames[type]) for type in types]


@st.composite
def by_positions(draw: st.DrawFn) -> list[Sample]:
    tags = draw(st.lists(WORDS, min_size=2, max_size=5, unique=True))
    number = Shape(AT, types=("number",))
    return [Sample(Shape(AT, types=("array",), prefix_items=(number, const(tag))), [1, tag]) for tag in tags]


@st.composite
def mixed(draw: st.DrawFn) -> list[Sample]:
    """Messages of several classes on one connection; some of them may not be told apart."""
    kinds = draw(
        st.lists(
            st.sampled_from([by_constants(), by_keys(), by_types(), by_positions(), by_pairs()]), min_size=2, max_size=3
        )
    )
    return [sample for kind in kinds for sample in draw(kind)]


def told(samples: Sequence[Sample]) -> tuple[ClientConnection, list[Message]]:
    messages = [message(f"message {n}", each.payload) for n, each in enumerate(samples)]
    return connection_of(application((), tuple(messages)))[0], messages


@given(st.one_of(by_constants(), by_lists(), by_pairs(), by_keys(), by_types(), by_positions()))
@hypothesis_settings(max_examples=200, deadline=None)
def test_each_class_is_told_apart(samples: list[Sample]) -> None:
    connection, _ = told(samples)
    assert connection.undivided == ()
    for sample, wire in zip(samples, connection.received, strict=True):
        assert leads(connection, json.loads(json.dumps(sample.frame))) == wire.key


@given(mixed())
@hypothesis_settings(max_examples=300, deadline=None)
def test_no_frame_reaches_a_message_that_it_is_not(samples: list[Sample]) -> None:
    connection, _ = told(samples)
    standing = {member.key: each.key for each in connection.undivided for member in each.members}
    for sample, wire in zip(samples, connection.received, strict=True):
        assert leads(connection, json.loads(json.dumps(sample.frame))) == standing.get(wire.key, wire.key)


def test_a_name_of_a_schema_is_no_tag_without_a_discriminator() -> None:
    schemas: dict[str, Schema] = {"#/Cat": obj(kind=TEXT), "#/Dog": obj(kind=TEXT)}
    messages = (message("one", Named("#/Cat", AT)), message("two", Named("#/Dog", AT)))
    connection, _ = connection_of(application((), messages, schemas=schemas))
    assert len(connection.undivided) == 1
