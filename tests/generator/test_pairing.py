"""Whom a document describes, what answers what, and what is subscribed to, where no domain's verbs say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from wsgen.config import ClientSettings, load_config
from wsgen.derive.words import answering, is_subscribe, is_unsubscribe, pairs, topic_of
from wsgen.operations import Client, Domain, Subscription
from wsgen.pipeline import understand
from wsgen.problems import Problems


def schema(said: Any) -> dict[str, Any]:
    """A schema in a few words: a type, `=text` for a constant, `a|b` for an enumeration, objects, lists.

    Properties are required, but for those whose names end in `~`.
    """
    if isinstance(said, dict):
        properties = {name.rstrip("~"): schema(each) for name, each in said.items()}
        required = [name for name in said if not name.endswith("~")]
        return {"type": "object", "required": required, "properties": properties}
    if isinstance(said, list):
        return {"type": "array", "items": schema(said[0])}
    if said.startswith("="):
        return {"const": said[1:]}
    return {"enum": said.split("|")} if "|" in said else {"type": said}


def message(said: dict[str, Any]) -> dict[str, Any]:
    about = {key: said.pop(key) for key in list(said) if key in {"description", "correlationId"}}
    return {"payload": schema(said), **about}


class Found:
    """What was derived from a document, and what was said on the way."""

    def __init__(self, client: Client, problems: Problems) -> None:
        self.client = client
        self.codes = sorted({problem.code for problem in problems})
        self.domains = [domain for connection in client.connections for domain in connection.domains]

    def _all(self, kind: str) -> list[Any]:
        return [each for domain in self.domains for each in getattr(domain, kind)]

    @property
    def requests(self) -> dict[str, list[str]]:
        return {each.message.id: [reply.id for reply in each.replies] for each in self._all("requests")}

    @property
    def handlers(self) -> dict[str, list[str]]:
        return {each.message.id: [reply.id for reply in each.replies] for each in self._all("handlers")}

    @property
    def sends(self) -> list[str]:
        return [each.message.id for each in self._all("sends")]

    @property
    def pushes(self) -> list[str]:
        return [each.message.id for each in self._all("pushes")]

    @property
    def updates(self) -> dict[str, list[str]]:
        return {each.subscribe.id: [one.message.id for one in each.updates] for each in self._all("subscriptions")}

    @property
    def subscription(self) -> Subscription:
        (found,) = self._all("subscriptions")
        assert isinstance(found, Subscription)
        return found

    @property
    def domain(self) -> Domain:
        (found,) = self.domains
        return found


@pytest.fixture
def derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Derives a client from what it sends and receives (messages in YAML, by id), and a configuration."""
    monkeypatch.chdir(tmp_path)

    def derive(sent: str, received: str, configuration: str = "") -> Found:
        sides = {"publish": yaml.safe_load(sent) or {}, "subscribe": yaml.safe_load(received) or {}}
        channel = {
            verb: {"message": {"oneOf": [{"$ref": f"#/components/messages/{id}"} for id in messages]}}
            for verb, messages in sides.items()
            if messages
        }
        components = {id: message(dict(each)) for side in sides.values() for id, each in side.items()}
        document = {
            "asyncapi": "2.6.0",
            "info": {"title": "Feed", "version": "1"},
            "channels": {"/": channel},
            "components": {"messages": components},
        }
        Path("feed.json").write_text(json.dumps(document), "utf-8")
        Path("wsgen.toml").write_text(f'[[client]]\ninput = "feed.json"\n{configuration}', "utf-8")
        problems = Problems()
        (settings,) = load_config(tmp_path, problems).clients
        found = understand(settings, problems)
        return Found(found.client, problems)

    return derive


class TestWords:
    @pytest.mark.parametrize(
        ("asking", "answer"),
        [
            ("XRequest", "XResponse"),
            ("create_room", "create_room_response"),
            ("publish", "publishAck"),
            ("history", "historyComplete"),
            ("subscribe", "subscribed"),
            ("subscribe", "subscription_ack"),
            ("Authenticate", "Authenticated"),
            ("auth", "auth_ok"),
            ("TradingAuthRequest", "TradingAuthorizationResponse"),
            ("ping_request", "pong_response"),
            ("VoiceHeartbeat", "VoiceHeartbeatAck"),
            ("get_state", "state"),
            ("listDevices", "deviceList"),
            ("SubscribeRequest", "SubscriptionState"),
        ],
    )
    def test_names_of_answers(self, asking: str, answer: str) -> None:
        assert pairs(asking, answer) == ("reply", True)

    @pytest.mark.parametrize(
        ("asking", "other"),
        [
            ("message_delete", "message_deleted"),
            ("join", "joined"),
            ("publish", "message"),
            ("subscribe", "unsubscribed"),
            ("auth", "author"),
            ("state", "state"),
            ("start_game", "game_started"),
        ],
    )
    def test_names_of_others(self, asking: str, other: str) -> None:
        assert pairs(asking, other) is None

    def test_names_of_refusals(self) -> None:
        assert pairs("subscribe", "subscribe_error") == ("refusal", True)
        assert answering("error") == ("refusal", ())

    @pytest.mark.parametrize(
        "name",
        ["subscribe", "SUBSCRIBE", "eth_subscribe", "SubscribeTicker", "TickerSubscriptionRequest", "WSSubscribe"],
    )
    def test_orders_to_subscribe(self, name: str) -> None:
        assert is_subscribe(name)
        assert not is_unsubscribe(name)

    @pytest.mark.parametrize("name", ["subscribed", "UpdateSubscription", "SubscriptionResponse", "unsubscribe"])
    def test_what_is_none(self, name: str) -> None:
        assert not is_subscribe(name)

    def test_what_they_are_about(self) -> None:
        assert topic_of("SubscribeOrderBookCommand") == topic_of("order_book_update") == ("order", "book")


class TestPerspective:
    def of(self, action: str, id: str, tmp_path: Path) -> str:
        document = {
            "asyncapi": "3.0.0",
            "info": {"title": "Feed", "version": "1"},
            "channels": {"feed": {"address": "/", "messages": {id: {"payload": schema({"type": f"={id}"})}}}},
            "operations": {
                "one": {
                    "action": action,
                    "channel": {"$ref": "#/channels/feed"},
                    "messages": [{"$ref": f"#/channels/feed/messages/{id}"}],
                }
            },
        }
        (tmp_path / "feed.json").write_text(json.dumps(document), "utf-8")
        settings = ClientSettings(input=str(tmp_path / "feed.json"))
        return understand(settings, Problems()).client.perspective.value

    @pytest.mark.parametrize("id", ["error", "welcome", "orderSnapshot", "ErrorMessage"])
    def test_servers_tell_of_errors_and_of_where_things_stand(self, id: str, tmp_path: Path) -> None:
        assert self.of("receive", id, tmp_path) == "client"
        assert self.of("send", id, tmp_path) == "server"


class TestAnswers:
    def test_the_same_id_in_both_directions(self, derived: Any) -> None:
        found = derived(
            "place: {op: =place, id: integer}\ncancel: {op: =cancel, id: integer}",
            "ok: {op: =ok, id: integer}\nerror: {op: =error, id: integer}\n"
            "order: {op: =order, id: integer, side: string}",
        )
        assert found.requests == {"place": ["ok", "error"], "cancel": ["ok", "error"]}
        assert found.pushes == ["order"]
        assert found.codes == []
        (place, _) = found.domain.requests
        assert (place.correlation.request, place.correlation.reply, place.correlation.kind) == ("id", "id", "integer")

    def test_those_with_its_own_name_come_before_general_ones(self, derived: Any) -> None:
        found = derived(
            "subUsers: {m: =subUsers, requestId: string}\ngetUsers: {m: =getUsers, requestId: string}",
            "getUsersResult: {m: =getUsersResult, requestId: string}\nresult: {m: =result, requestId: string}",
        )
        assert found.requests == {"subUsers": ["result"], "getUsers": ["getUsersResult"]}

    def test_things_have_an_id_too(self, derived: Any) -> None:
        found = derived("move: {t: =move, id: string}", "moved: {t: =moved, id: string}")
        assert (found.requests, found.sends, found.pushes) == ({}, ["move"], ["moved"])

    def test_an_id_that_is_required_is_the_runtimes_to_give(self, derived: Any) -> None:
        found = derived("ask: {op: =ask, req_id: integer, n: integer}", "answer: {op: =answer, req_id: integer}")
        (request,) = found.domain.requests
        assert request.message.payload is not None
        (payload,) = found.client.definitions.values() if found.client.definitions else (request.message.payload,)
        assert set(payload.required) == {"op", "n"}

    def test_headers_are_not_on_the_wire(self, derived: Any) -> None:
        where = "correlationId: {location: '$message.header#/id'}"
        found = derived(f"ask: {{op: =ask, {where}}}", f"ask_reply: {{op: =ask_reply, {where}}}")
        assert "WSG415" in found.codes
        assert found.domain.requests[0].correlation is None

    def test_a_description_that_says_so(self, derived: Any) -> None:
        found = derived(
            "Identify: {op: =identify}\nQuery: {op: =query}",
            "Ready: {op: =ready, description: 'Sent after a successful Identify.'}\n"
            "Rows: {op: =rows, description: 'The response to a Query.'}",
        )
        assert found.requests == {"Identify": ["Ready"], "Query": ["Rows"]}
        assert [each.certain for each in found.domain.requests] == [False, True]
        assert found.pushes == ["Ready", "Rows"]  # nothing is lost where that is wrong

    def test_refusals_by_name_are_alternatives(self, derived: Any) -> None:
        found = derived(
            "publish: {op: =publish}", "publish_ack: {op: =publish_ack}\npublish_error: {op: =publish_error}"
        )
        assert found.requests == {"publish": ["publish_ack", "publish_error"]}

    def test_a_general_error_without_an_id_is_nobodys_answer(self, derived: Any) -> None:
        found = derived("ping: {op: =ping}", "pong: {op: =pong}\nerror: {op: =error}")
        assert (found.requests, found.pushes) == ({"ping": ["pong"]}, ["error"])

    def test_a_pong_answers_the_heartbeat_where_there_is_no_ping(self, derived: Any) -> None:
        assert derived("heartbeat: {op: =heartbeat}", "pong: {op: =pong}").requests == {"heartbeat": ["pong"]}

    def test_the_server_asks(self, derived: Any) -> None:
        found = derived("pong: {op: =pong}\nchat: {op: =chat}", "ping: {op: =ping}\nnews: {op: =news}")
        assert (found.handlers, found.sends, found.pushes) == ({"ping": ["pong"]}, ["chat"], ["news"])

    @pytest.mark.parametrize("line", ['ping = ["pong"]', 'pong = []\nping = ["pong"]'])
    def test_the_configuration_says_it_for_both_sides(self, derived: Any, line: str) -> None:
        found = derived("pong: {op: =pong}", "ping: {op: =ping}", f"[client.replies]\n{line}\n")
        assert (found.handlers, found.codes) == ({"ping": ["pong"]}, [])

    def test_the_configuration_undoes_a_guess(self, derived: Any) -> None:
        found = derived("ping: {op: =ping}", "pong: {op: =pong}", "[client.replies]\nping = []\n")
        assert (found.requests, found.sends, found.pushes, found.codes) == ({}, ["ping"], ["pong"], [])


GENERIC = "subscribe: {op: =subscribe, channel: string}\nunsubscribe: {op: =unsubscribe, channel: string}"
CONTROL = "welcome: {op: =welcome}\nerror: {op: =error}\nheartbeat: {op: =heartbeat}\n"


class TestSubscriptions:
    def test_a_generic_subscribe_gets_all_that_comes_unasked(self, derived: Any) -> None:
        found = derived(GENERIC, CONTROL + "trade: {op: =trade, price: number}\nbook: {op: =book}")
        assert found.updates == {"subscribe": ["trade", "book"]}
        assert found.pushes == ["welcome", "error", "heartbeat"]
        assert found.codes == ["WSG421", "WSG425"]

    def test_updates_with_the_parameter_are_routed_by_it(self, derived: Any) -> None:
        received = (
            CONTROL + "trade: {op: =trade, channel: string}\nbook: {op: =book, channel: string}\nclock: {op: =clock}"
        )
        found = derived(GENERIC, received)
        assert found.updates == {"subscribe": ["trade", "book"]}
        assert found.subscription.route == {"channel": "channel"}
        assert found.subscription.unsubscribe is not None
        assert found.subscription.release_values == {"op": "unsubscribe"}
        assert found.codes == []

    def test_a_list_is_routed_by_its_items(self, derived: Any) -> None:
        found = derived("subscribe: {op: =subscribe, symbols: [string]}", "tick: {op: =tick, symbol: string}")
        assert found.subscription.route == {"symbol": "symbols"}

    def test_what_the_updates_lack_is_no_route(self, derived: Any) -> None:
        sent = "subscribe: {op: =subscribe, channel: string, interval: string}"
        found = derived(sent, "bar: {op: =bar, channel: string}")
        assert found.subscription.route is None  # else bars of one interval would reach those of another
        assert found.codes == ["WSG425"]

    def test_optional_parameters_do_not_tell_subscriptions_apart(self, derived: Any) -> None:
        found = derived(
            "subscribe: {op: =subscribe, channel: string, depth~: integer}", "bar: {op: =bar, channel: string}"
        )
        assert found.subscription.route == {"channel": "channel"}

    def test_a_message_for_each_topic(self, derived: Any) -> None:
        found = derived(
            "a: {op: =subscribe, channel: =trades}\nb: {op: =subscribe, channel: =books}",
            "c: {channel: =trades, n: number}\nd: {channel: =books, n: number}",
        )
        assert found.updates == {"a": ["c"], "b": ["d"]}

    def test_names_say_what_they_are_about(self, derived: Any) -> None:
        found = derived(
            "SubscribeTrades: {op: =subscribe, x: =st}\nSubscribeOrderBook: {op: =subscribe, x: =so}",
            "TradeUpdate: {op: =t}\nOrderBookUpdate: {op: =o}\nOther: {op: =x}",
        )
        assert found.updates == {"SubscribeTrades": ["TradeUpdate"], "SubscribeOrderBook": ["OrderBookUpdate"]}
        assert found.pushes == ["Other"]

    def test_the_description_names_them(self, derived: Any) -> None:
        found = derived(
            "Subscribe: {op: =subscribe, server: string, description: 'Get `UserUpdate` of a server.'}",
            "UserUpdate: {op: =user}\nMessage: {op: =message}",
        )
        assert (found.updates, found.pushes) == ({"Subscribe": ["UserUpdate"]}, ["Message"])

    def test_json_rpc(self, derived: Any) -> None:
        found = derived(
            "Sub: {method: =eth_subscribe, id: integer, params: [string]}\n"
            "Unsub: {method: =eth_unsubscribe, id: integer, params: [string]}",
            "SubResponse: {k: =1a, id: integer, result: string}\n"
            "UnsubResponse: {k: =2a, id: integer, result: boolean}\n"
            "Logs: {k: =3a, params: {subscription: string, result: object}}",
        )
        each = found.subscription
        assert each.confirmation is not None
        assert each.confirmation.message.id == "SubResponse"
        assert (each.confirmation.topic, each.updates[0].topic) == ("result", "params.subscription")
        assert (each.release_topic, each.release_values) == ("params.0", {"method": "eth_unsubscribe"})

    def test_a_name_that_the_server_gives(self, derived: Any) -> None:
        found = derived(
            "subscribe: {op: =subscribe, channel: string}\nunsubscribe: {op: =unsubscribe, chanId: integer}",
            "subscribed: {op: =subscribed, chanId: integer}\nupdate: {op: =update, chanId: integer}",
        )
        each = found.subscription
        assert each.confirmation is not None
        assert (each.confirmation.topic, each.updates[0].topic, each.release_topic) == ("chanId", "chanId", "chanId")

    def test_one_message_for_both(self, derived: Any) -> None:
        found = derived("control: {method: SUBSCRIBE|UNSUBSCRIBE, params: [string]}", "tick: {s: string}")
        assert found.subscription.unsubscribe is found.subscription.subscribe
        assert found.subscription.release_values == {"method": "UNSUBSCRIBE"}

    def test_a_list_of_what_comes_and_one_of_what_goes(self, derived: Any) -> None:
        found = derived("command: {subscribe~: [string], unsubscribe~: [string]}", "tick: {s: string}")
        each = found.subscription
        assert (each.release_parameters, each.release_names) == (("unsubscribe",), {"unsubscribe": "subscribe"})

    def test_one_confirmation_for_all(self, derived: Any) -> None:
        found = derived(
            "SubscribeTrades: {op: =subscribe, channel: =trades}\nSubscribeBooks: {op: =subscribe, channel: =books}",
            "subscribed: {k: =subscribed}\nTradeUpdate: {k: =t}\nBookUpdate: {k: =b}",
        )
        each = found.domain.subscriptions
        assert [one.confirmation and one.confirmation.message.id for one in each] == ["subscribed", "subscribed"]
        assert found.updates == {"SubscribeTrades": ["TradeUpdate"], "SubscribeBooks": ["BookUpdate"]}

    def test_updates_that_look_alike_come_to_all_of_them(self, derived: Any) -> None:
        found = derived("subscribe: {op: =subscribe, channel: string}", "trade: {a: string}\nbook: {a: string}")
        (update,) = found.subscription.updates
        assert [member.id for member in update.message.members] == ["trade", "book"]

    def test_without_updates_it_is_a_request(self, derived: Any) -> None:
        found = derived("subscribe: {op: =subscribe}", "subscribed: {op: =subscribed}\nerror: {op: =error}")
        assert (found.updates, found.requests) == ({}, {"subscribe": ["subscribed"]})


class TestOverrides:
    SENT = "follow: {op: =follow, symbol: string}\nleave: {op: =leave, key: string}\nsubscribe: {op: =subscribe}"
    RECEIVED = """
      following: {op: =following, key: string}
      refused: {op: =refused, why: string}
      quote: {op: =quote, of: string}
    """

    def test_a_subscription_in_any_words(self, derived: Any) -> None:
        found = derived(
            self.SENT,
            self.RECEIVED,
            """
            [client.subscriptions.quotes]
            subscribe = "follow"
            unsubscribe = "leave"
            unsubscribe_topic = "key"
            updates = ["quote"]
            update_topic = "of"
            confirmation = "following"
            refusals = ["refused"]
            reply = { topic = "key" }
            [client.subscriptions.subscribe]
            updates = []
            """,
        )
        each = found.subscription
        assert each.confirmation is not None
        assert each.subscribe.id == "follow"
        assert (each.confirmation.message.id, each.confirmation.topic) == ("following", "key")
        assert [refusal.message.id for refusal in each.confirmation.refusals] == ["refused"]
        assert (each.updates[0].message.id, each.updates[0].topic) == ("quote", "of")
        assert (each.unsubscribe and each.unsubscribe.id, each.release_topic) == ("leave", "key")
        assert (found.sends, found.pushes, found.codes) == (["subscribe"], [], [])

    def test_leaving_can_be_local_and_nothing_confirm(self, derived: Any) -> None:
        lines = '[client.subscriptions.subscribe]\nunsubscribe = ""\nconfirmation = ""\nroute = "broadcast"\n'
        found = derived(GENERIC, "subscribed: {op: =subscribed}\ntick: {op: =tick}", lines)
        each = found.subscription
        assert (each.unsubscribe, each.confirmation, each.route) == (None, None, "broadcast")

    def test_the_document_can_say_it(self, tmp_path: Path) -> None:
        document = {
            "asyncapi": "2.6.0",
            "info": {
                "title": "Feed",
                "version": "1",
                "x-wsgen-subscriptions": {"follow": {"updates": ["quote"], "route": {"symbol": "symbol"}}},
            },
            "channels": {
                "/": {
                    "publish": {
                        "message": {"name": "follow", "payload": schema({"op": "=follow", "symbol": "string"})}
                    },
                    "subscribe": {
                        "message": {"name": "quote", "payload": schema({"op": "=quote", "symbol": "string"})}
                    },
                }
            },
        }
        (tmp_path / "feed.json").write_text(json.dumps(document), "utf-8")
        problems = Problems()
        client = understand(ClientSettings(input=str(tmp_path / "feed.json")), problems).client
        assert Found(client, problems).updates == {"follow": ["quote"]}

    def test_names_that_are_not_there(self, derived: Any) -> None:
        found = derived(
            GENERIC, "tick: {op: =tick}", '[client.subscriptions.x]\nsubscribe = "subscribe"\nupdates = ["tock"]\n'
        )
        assert "WSG430" in found.codes
