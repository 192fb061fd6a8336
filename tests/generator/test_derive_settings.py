"""What settings do to what is derived, and what is said of settings that do not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from wsgen.config import ClientSettings, HeartbeatSettings
from wsgen.model import Json, Message
from wsgen.problems import Place

from .applications import (
    CONFIRMATION,
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
)

WHERE = Place("wsgen.toml", 4, 1)
BEAT = obj(("n",), n=NUMBER, unit=TEXT, kind=const("beat"))
APP = application((fastws("ping", BEAT), fastws("go")), (fastws("pong"), fastws("tick")))


def beating(type: str = "ping", payload: object = None, reply: str | None = None) -> ClientSettings:
    return ClientSettings(input="x", heartbeat=HeartbeatSettings(type, 20, payload, reply, WHERE))


VALID = "write a `payload` that is a valid `ping`"


class TestHeartbeat:
    def test_it_is_found(self) -> None:
        client, problems = derived(APP, beating("ping", {"n": 1}, "pong"))
        beat = only(client).heartbeat
        assert beat is not None
        assert (beat.message.key, beat.interval, beat.payload, problems) == ("ping", 20, {"n": 1}, [])
        assert beat.reply is not None
        assert beat.reply.key == "pong"

    def test_a_frame_without_anything_of_its_own(self) -> None:
        app = application(
            (message("ping", obj(type=const("ping"))),), (message("tick", obj(type=const("tick"), n=NUMBER)),)
        )
        client, problems = derived(app, replace(beating(), envelope=False))
        beat = only(client).heartbeat
        assert beat is not None
        assert (beat.payload, problems) == ({}, [])

    @pytest.mark.parametrize(
        ("settings", "message", "help"),
        [
            (
                beating("pingg"),
                "the heartbeat's `type` is `pingg`, which is no message that this client sends",
                "did you mean `ping`?",
            ),
            (
                beating("go", reply="zzz"),
                "the heartbeat's `reply` is `zzz`, which is no message that the server sends",
                "those are `pong`, `tick`",
            ),
            (beating("ping"), "the heartbeat's payload does not fit `ping`: it needs `n`", VALID),
            (beating("ping", {}), "the heartbeat's payload does not fit `ping`: it needs `n`", VALID),
            (
                beating("ping", {"n": "x"}),
                "`n` of the heartbeat's payload does not fit `ping`: expected number, and it is string",
                VALID,
            ),
            (
                beating("ping", 3),
                "the heartbeat's payload does not fit `ping`: expected object, and it is integer",
                VALID,
            ),
            (
                beating("go", {"n": 1}),
                "the heartbeat's payload does not fit `go`: it has no payload",
                "leave `payload` out",
            ),
            (
                beating("ping", {"n": 1, "kind": "x"}),
                "`kind` of the heartbeat's payload does not fit `ping`: it is always 'beat'",
                VALID,
            ),
        ],
    )
    def test_one_that_cannot_be_sent(self, settings: ClientSettings, message: str, help: str) -> None:
        (problem,) = [each for each in derived(APP, settings)[1] if each.code == "WSG909"]
        assert (problem.level, problem.message) == ("error", message)
        assert (problem.help, problem.place) == (help, WHERE)


class TestEnvelope:
    @pytest.mark.parametrize("wrong", ["dta", "zzz"])
    def test_a_property_that_no_message_has(self, wrong: str) -> None:
        app = application((), (message("a", obj(type=const("a"), data=TEXT)), message("b", obj(type=const("b")))))
        _, (problem,) = derived(app, ClientSettings(input="x", envelope=wrong))
        assert (problem.code, problem.level) == ("WSG910", "error")
        assert problem.help == ("did you mean `data`?" if wrong == "dta" else "they have `data`")

    def test_one_that_the_schemas_alone_do_not_show(self) -> None:
        frame = obj(type=const("a"), data=TEXT, seq=NUMBER)
        app = application((), (message("a", frame), message("b", obj(type=const("b"), data=NUMBER))))
        assert only(derived(app)[0]).envelope.payload is None
        client, problems = derived(app, ClientSettings(input="x", envelope="data"))
        assert (only(client).envelope.payload, problems) == ("data", [])
        assert [wire.payload for wire in only(client).received] == [TEXT, NUMBER]

    def test_what_must_be_sent_beside_it_cannot_be(self) -> None:
        app = application((message("a", obj(type=const("a"), data=TEXT, seq=NUMBER)),), ())
        _, problems = derived(app, ClientSettings(input="x", envelope="data", discriminator="type"))
        assert codes(problems) == ["WSG910"]
        assert "needs `seq` beside the envelope's `data`" in problems[0].message

    def test_without_a_tag_there_is_none(self) -> None:
        app = application((), (message("a", obj(data=TEXT)),))
        _, problems = derived(app, ClientSettings(input="x", envelope="data"))
        assert "WSG910" in codes(problems)


def beside(said: dict[str, Json], sent: Message) -> Message:
    return replace(sent, extensions=said)


class TestExtensions:
    def bars(self, said: dict[str, Json]) -> tuple[Message, ...]:
        return (beside(said, fastws("bars.subscribe", obj(symbol=TEXT), response="bars.subscribe.response")),)

    RECEIVED = (fastws("bars.subscribe.response", CONFIRMATION), fastws("bars.update", obj(symbol=TEXT)))

    @pytest.mark.parametrize(
        ("said", "message", "help"),
        [
            (
                {"x-wsgen-topc": "bars"},
                "`x-wsgen-topc` is not an extension that wsgen knows",
                "did you mean `x-wsgen-topic`?",
            ),
            (
                {"x-wsgen-strict-topic": 1},
                "`x-wsgen-strict-topic` must be true or false, and is the number 1",
                "",
            ),
            (
                {"x-wsgen-replies": [1]},
                "`x-wsgen-replies` must be a wire type, a list of wire types, or false, and is a list",
                "",
            ),
            ({"x-wsgen-delivery": {"policy": "fial"}}, "`policy` must be one of", 'did you mean `policy = "fail"`?'),
        ],
    )
    def test_beside_a_message_they_are_checked(self, said: dict[str, Json], message: str, help: str) -> None:
        _, problems = derived(application(self.bars(said), self.RECEIVED))
        (problem,) = [each for each in problems if each.code[3] == "9"]
        assert problem.message.startswith(message)
        assert problem.help == help

    def test_foreign_extensions_are_nobodys_business(self) -> None:
        _, problems = derived(application(self.bars({"x-other": 1}), self.RECEIVED))
        assert [each for each in problems if each.code[3] == "9"] == []

    @pytest.mark.parametrize("key", ["output", "url-env", "runtime", "headers", "input"])
    def test_a_document_does_not_say_where_files_go(self, key: str) -> None:
        app = application(self.bars({}), self.RECEIVED, extensions={f"x-wsgen-{key}": "x"})
        _, problems = derived(app)
        (problem,) = [each for each in problems if each.code == "WSG902"]
        assert problem.message.startswith(f"`x-wsgen-{key}` cannot stand here: how a package is made is for its user")

    def test_a_message_goes_before_the_domain_of_the_document(self) -> None:
        root = replace(
            application(self.bars({"x-wsgen-route": "connection"}), self.RECEIVED),
            extensions={"x-wsgen-domains": {"bars": {"route": "broadcast", "topic": "bars:{symbol}"}}},
        )
        client, _ = derived(root)
        (subscription,) = domain(client, "bars").subscriptions
        assert (subscription.route, subscription.topic_rule) == ("connection", "bars:{symbol}")

    def test_an_unknown_domain_of_the_document_is_told(self) -> None:
        root = replace(
            application(self.bars({}), self.RECEIVED), extensions={"x-wsgen-domains": {"bar": {"route": "broadcast"}}}
        )
        assert "WSG906" in codes(derived(root)[1])

    def test_no_reply(self) -> None:
        client, _ = derived(
            application((beside({"x-wsgen-reply": False}, fastws("a.ask")),), (fastws("a.ask.response"),))
        )
        assert domain(client, "a").requests == ()
        assert [push.verb for push in domain(client, "a.ask").pushes] == ["response"]
