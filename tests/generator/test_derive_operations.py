"""Which operations are derived: requests with their replies, subscriptions with their confirmations and routes."""

from __future__ import annotations

import pytest
from wsgen.config import ClientSettings, DomainSettings, ReplyRoles, Verbs
from wsgen.model import (
    Always,
    Application,
    Channel,
    Named,
    Operation,
    Reply,
    Schema,
    Shape,
)
from wsgen.operations import Client, Domain
from wsgen.problems import Problem

from .applications import (
    AT,
    CONFIRMATION,
    NUMBER,
    STATUS,
    TEXT,
    application,
    codes,
    const,
    derived,
    domain,
    fastws,
    message,
    obj,
    of_bars,
    only,
    with_bars,
    wrapper,
)


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
