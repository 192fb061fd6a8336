"""Names are made of the document's words, settled all at once; the document keeps its own."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wsgen.config import ClientSettings
from wsgen.model import Named, Schema, Server, ServerVariable
from wsgen.naming import ModuleNames, Names, name
from wsgen.operations import Argument, Client, Domain
from wsgen.problems import Problem, Problems

from .clients import (
    AT,
    TEXT,
    application,
    client,
    connection,
    domain,
    flat,
    key,
    obj,
    push,
    received,
    ref,
    request,
    send,
    sent,
    settings,
    subscription,
)


def named(
    given_client: Client,
    schemas: Mapping[str, Schema] | None = None,
    config: ClientSettings | None = None,
    package: str = "trading",
) -> tuple[Names, list[Problem]]:
    problems = Problems()
    names = name(given_client, application(schemas), config or settings(), problems, package=package)
    return names, list(problems)


def settled(
    *domains: Domain, schemas: Mapping[str, Schema] | None = None, rename: Mapping[str, str] | None = None
) -> Names:
    names, problems = named(client(connection(*domains)), schemas, settings(**(rename or {})))
    assert problems == []
    return names


def modules(names: Names) -> list[ModuleNames]:
    return [each.own for each in names.connections[0].domains if each.own is not None]


def methods(names: Names, index: int = 0) -> list[str]:
    members = names.connections[0].domains[index].members
    found: list[str] = []
    for one in members.subscriptions:
        found += [one.subscribe, one.stream]
    found += [one.method for one in members.requests]
    found += [one.method for one in members.sends]
    for each in members.pushes:
        found += [each.listener, each.stream]
    return found + ([members.union_method] if members.union_method else [])


def fake_members(names: Names) -> list[str]:
    """What the fake server of the first connection has."""
    found: list[str] = []
    for each in names.connections[0].fake.domains:
        for one in each.subscriptions:
            found += [one.push, one.refuse, one.on_subscribe, one.on_unsubscribe]
        found += [*each.requests, *each.sends, *each.pushes]
    return found


def chat(*verbs: str) -> Domain:
    return domain("chat", *(request(sent(f"chat.{verb}")) for verb in verbs))


class TestPackage:
    def test_the_facade_is_named_after_the_package(self) -> None:
        names, _ = named(client(connection(chat("join"))), package="data_feed")
        assert (names.package, names.connections[0].facade) == ("data_feed", "DataFeedClient")

    def test_client_is_not_doubled(self) -> None:
        names, _ = named(client(connection(chat("join"))), package="feed_client")
        assert names.connections[0].facade == "FeedClient"

    def test_several_facades_are_named_after_their_channels(self) -> None:
        names, problems = named(
            client(connection(chat("join"), channel="market-data"), connection(chat("join"), channel="orders"))
        )
        assert [each.facade for each in names.connections] == ["MarketDataClient", "OrdersClient"]
        assert [each.protocol for each in names.connections] == ["MARKET_DATA_PROTOCOL", "ORDERS_PROTOCOL"]
        assert problems == []

    def test_servers_are_constants_and_functions_where_they_have_variables(self) -> None:
        variable = ServerVariable("port number", AT)
        servers = [
            Server("local", "ws", "localhost", "/", AT),
            Server("production-server", "wss", "x:{port number}", "/", AT, variables=(variable,)),
        ]
        names, _ = named(client(connection(chat("join"), servers=servers)))
        assert names.servers["local"].name == "LOCAL"
        assert names.servers["production-server"].name == "production_server"
        assert names.servers["production-server"].variables == {"port number": "port_number"}

    def test_arguments_leave_the_names_that_a_constructor_needs(self) -> None:
        wires = ("symbol", "url", "self", "options", "class", "address", "a-b", "a_b")
        names, _ = named(client(connection(chat("join"), arguments=[Argument(each, "path", AT) for each in wires])))
        assert names.connections[0].arguments == {
            ("path", "symbol"): "symbol",
            ("path", "url"): "url_",
            ("path", "self"): "self_",
            ("path", "options"): "options_",
            ("path", "class"): "class_",
            ("path", "address"): "address_",
            ("path", "a-b"): "a_b",
            ("path", "a_b"): "a_b_2",
        }

    def test_arguments_of_one_name_say_where_they_are_sent(self) -> None:
        arguments = [Argument("token", "path", AT), Argument("token", "query", AT), Argument("token", "header", AT)]
        names, _ = named(client(connection(chat("join"), arguments=arguments)))
        assert list(names.connections[0].arguments.values()) == ["token", "token_query", "token_header"]

    def test_options_yield_to_arguments(self) -> None:
        arguments = [Argument(each, "query", AT) for each in ("heartbeat", "connection_heartbeat", "timeout")]
        names, _ = named(client(connection(chat("join"), arguments=arguments)))
        assert names.connections[0].arguments["query", "heartbeat"] == "heartbeat"
        assert names.connections[0].displaced == {
            "timeout": "connection_timeout",
            "heartbeat": "connection_heartbeat_2",
        }
        assert names.connections[0].options == "TradingOptions"
        assert names.connections[0].options == "TradingOptions"

    def test_the_class_of_options_yields_to_the_documents(self) -> None:
        push_options = domain("chat", push(received("chat.said", ref("TradingOptions"))))
        found = client(connection(push_options, arguments=[Argument("ssl", "query", AT)]))
        names, _ = named(found, {"TradingOptions": obj(x=TEXT)})
        assert names.connections[0].options == "TradingClientOptions"

    def test_an_argument_keeps_its_name_when_another_comes(self) -> None:
        one = [Argument("symbol", "path", AT), Argument("a b", "query", AT)]
        more = [*one, Argument("Symbol", "query", AT), Argument("heartbeat", "header", AT)]
        few, many = (named(client(connection(chat("join"), arguments=each)))[0] for each in (one, more))
        before, after = few.connections[0].arguments, many.connections[0].arguments
        assert {key: after[key] for key in before} == before


class TestDomains:
    def test_a_nested_domain_is_flat_in_code(self) -> None:
        (orders,) = modules(settled(domain("broker.orders", request(sent("broker.orders.place")))))
        assert (orders.module, orders.attribute, orders.client, orders.source, orders.factory) == (
            "broker_orders",
            "broker_orders",
            "BrokerOrdersClient",
            "BrokerOrdersSource",
            "broker_orders_client",
        )

    @pytest.mark.parametrize("wire", ["client", "models", "errors", "runtime", "protocol", "fakes", "py", "aux", "con"])
    def test_modules_of_ours_keep_their_names(self, wire: str) -> None:
        (own,) = modules(settled(domain(wire, request(sent(f"{wire}.get")))))
        assert own.module == f"{wire}_"

    @pytest.mark.parametrize("wire", ["close", "connect", "connection"])
    def test_attributes_leave_the_methods_of_the_facade(self, wire: str) -> None:
        (own,) = modules(settled(domain(wire, request(sent(f"{wire}.get")))))
        assert (own.module, own.attribute) == (wire, f"{wire}_")

    def test_a_factory_is_no_module(self) -> None:
        names = settled(
            domain("quotes", request(sent("quotes.get"))), domain("quotes.client", request(sent("quotes.client.get")))
        )
        first, second = modules(names)
        assert second.module == "quotes_client"
        assert first.factory == "open_quotes_client"

    def test_domains_that_differ_in_punctuation_get_a_number_and_a_warning(self) -> None:
        domains = [domain(each, request(sent(f"{each}.get"))) for each in ("broker-connection", "broker_connection")]
        for order in (domains, domains[::-1]):
            names, problems = named(client(connection(*order, channel="")))
            found = {each.name: own.module for each, own in zip(order, modules(names), strict=True)}
            assert found == {"broker_connection": "broker_connection", "broker-connection": "broker_connection_2"}
            assert [(problem.code, problem.level) for problem in problems] == [("WSG480", "warning")]
            assert "`broker-connection`" in problems[0].message

    def test_equal_domains_of_two_channels_are_told_apart_by_the_channel(self) -> None:
        names, problems = named(
            client(
                connection(domain("trades", request(sent("trades.get"))), channel="spot"),
                connection(domain("trades", request(sent("trades.get"))), channel="futures"),
            )
        )
        found = [each.own.module for each in (*names.connections[0].domains, *names.connections[1].domains) if each.own]
        assert found == ["spot_trades", "futures_trades"]
        assert problems == []


class TestMethods:
    def test_verbs_are_methods(self) -> None:
        names = settled(domain("chat", request(sent("chat.join")), send(sent("chat.sendMessage"))))
        assert methods(names) == ["join", "send_message"]

    def test_one_subscription_is_subscribe(self) -> None:
        quotes = domain("quotes", subscription(sent("quotes.subscribe"), flat(received("quotes.update", TEXT))))
        assert methods(settled(quotes)) == ["subscribe", "stream"]

    def test_further_subscriptions_are_named_by_message_and_subscribe_is_not_doubled(self) -> None:
        several = domain(
            "md",
            subscription(sent("md.subscribe"), flat(received("md.update", TEXT))),
            subscription(sent("md.subscribeTrades"), flat(received("md.trade", TEXT))),
            subscription(sent("md.book"), flat(received("md.level", TEXT))),
        )
        assert methods(settled(several)) == [
            "subscribe",
            "stream",
            "subscribe_trades",
            "trades_stream",
            "subscribe_book",
            "book_stream",
        ]

    def test_pushes_have_a_listener_and_a_stream(self) -> None:
        chat = domain(
            "chat", push(received("chat.message")), push(received("chat.onTyping")), push(received("chat.logStream"))
        )
        assert methods(settled(chat)) == [
            "on_message",
            "message_stream",
            "on_typing",
            "typing_stream",
            "on_log_stream",
            "log_stream",
            "events",
        ]

    def test_the_documents_verbs_come_before_ours(self) -> None:
        feed = domain(
            "feed",
            subscription(sent("feed.subscribe"), flat(received("feed.update", TEXT))),
            request(sent("feed.stream")),
            request(sent("feed.events")),
            request(sent("feed.on_tick")),
            push(received("feed.tick")),
            push(received("feed.tock")),
        )
        names = settled(feed)
        assert methods(names) == [
            "subscribe",
            "subscribe_stream",
            "stream",
            "events",
            "on_tick",
            "on_feed_tick",
            "tick_stream",
            "on_tock",
            "tock_stream",
            "all_events",
        ]

    @pytest.mark.parametrize(("verb", "method"), [("import", "import_"), ("close", "request_close"), ("ping", "ping")])
    def test_methods_of_the_facade_leave_its_own(self, verb: str, method: str) -> None:
        names, _ = named(client(connection(domain("", request(sent(verb))))))
        assert methods(names) == [method]

    def test_a_method_of_the_facade_is_no_attribute(self) -> None:
        names = settled(domain("", request(sent("quotes"))), domain("quotes", request(sent("quotes.get"))))
        assert modules(names)[0].attribute == "quotes"
        assert methods(names, 0) == ["request_quotes"]

    def test_a_verb_without_words_gives_way_to_the_messages_id(self) -> None:
        tick = replace(received("8"), id="priceTick")
        assert methods(settled(domain("", push(tick)))) == ["on_price_tick", "price_tick_stream"]

    def test_builtins_stay_methods(self) -> None:
        assert methods(settled(chat("list", "type", "str"))) == ["list", "type", "str"]


class TestFakes:
    def test_they_are_named_after_the_facade(self) -> None:
        assert settled(chat("join")).connections[0].fake.server == "FakeTradingServer"
        several = client(connection(chat("join"), channel="one"), connection(chat("join"), channel="two"))
        names, _ = named(several)
        assert [each.fake.server for each in names.connections] == ["FakeOneServer", "FakeTwoServer"]

    def test_server_is_not_doubled(self) -> None:
        names, _ = named(client(connection(chat("join"))), package="price_server")
        assert names.connections[0].fake.server == "FakePriceServer"

    def test_they_yield_to_the_documents_classes(self) -> None:
        names = settled(
            domain("chat", push(received("chat.message", ref("FakeTradingServer")))),
            schemas={"FakeTradingServer": obj()},
        )
        assert names.connections[0].fake.server == "FakeTradingWebSocketServer"

    def test_members_have_the_words_of_the_clients_methods(self) -> None:
        names = settled(
            domain("quotes", subscription(sent("quotes.subscribe", obj()), flat(received("quotes.update", obj())))),
            domain("chat", request(sent("chat.join")), send(sent("chat.typing")), push(received("chat.message"))),
            domain("", request(sent("ping")), push(received("tick"))),
        )
        assert fake_members(names) == [
            *("push_quotes", "refuse_quotes", "on_quotes_subscribe", "on_quotes_unsubscribe"),
            *("on_chat_join", "on_chat_typing", "push_chat_message"),
            *("on_ping", "push_tick"),
        ]

    def test_renamed_methods_are_renamed_here_too(self) -> None:
        names = settled(chat("j"), rename={"chat.j": "join"})
        assert fake_members(names) == ["on_chat_join"]

    def test_domains_whose_words_run_together_are_told_apart(self) -> None:
        names = settled(domain("a.b", request(sent("a.b.c"))), domain("a", request(sent("a.b_c"))))
        found = fake_members(names)
        assert len(found) == len(set(found)) == 2


class TestClasses:
    def test_the_document_keeps_its_names(self) -> None:
        kept = ("Subscription", "Client", "Callback", "Protocol", "Closed", "HTTPError", "SubscriptionUpdate_Bar_")
        fields = {each: ref(each) for each in kept}
        names = settled(
            domain("chat", request(sent("chat.join", obj(**fields)))), schemas={each: obj() for each in kept}
        )
        assert {names.definitions[key(each)] for each in kept} == set(kept)

    @pytest.mark.parametrize(
        ("component", "expected"),
        [
            ("order", "Order"),
            ("order_item", "OrderItem"),
            ("app.models.Bar", "AppModelsBar"),
            ("_Frame", "Frame"),
            ("2d-point", "Schema2dPoint"),
            ("None", "None_"),
            ("交易", "交易"),
        ],
    )
    def test_other_names_become_pascal(self, component: str, expected: str) -> None:
        names = settled(domain("chat", request(sent("chat.join", ref(component)))), schemas={component: obj()})
        assert names.definitions[key(component)] == expected

    def test_an_exact_name_is_kept_when_another_would_become_it(self) -> None:
        reader = domain("chat", request(sent("chat.join", obj(a=ref("order"), b=ref("Order")))))
        names, problems = named(client(connection(reader)), {"order": obj(), "Order": obj()})
        assert (names.definitions[key("Order")], names.definitions[key("order")]) == ("Order", "Order2")
        assert [problem.code for problem in problems] == ["WSG480"]

    def test_what_no_payload_reaches_takes_no_name_from_others(self) -> None:
        reader = domain("chat", request(sent("chat.join", ref("order"))))
        names, problems = named(client(connection(reader)), {"order": obj(), "Order": obj()})
        assert names.definitions[key("order")] == "Order"
        assert problems == []

    def test_inline_payloads_are_named_by_their_message(self) -> None:
        names = settled(domain("chat", request(sent("chat.join", obj()), received("chat.joined", obj()))))
        assert names.payloads == {"sent:chat.join": "ChatJoin", "received:chat.joined": "ChatJoined"}

    @pytest.mark.parametrize(
        ("file", "expected"),
        [
            ("schemas/broker.json", "Broker"),
            ("schemas/broker.error.json", "BrokerError"),
            ("schemas/broker.order-filled.schema.yaml", "BrokerOrderFilled"),
            ("order.YML", "Order"),
            ("schema.json", "Schema"),
        ],
    )
    def test_schemas_in_files_of_their_own_are_called_like_the_files(self, file: str, expected: str) -> None:
        message = received("told", Named(f"{file}#", AT))
        described = replace(application(), schemas={f"{file}#": obj(x=TEXT)})
        names = name(
            client(connection(domain("", push(message)))), described, settings(), Problems(), package="trading"
        )
        assert names.definitions[f"{file}#"] == expected

    def test_inline_payloads_yield_to_definitions(self) -> None:
        reader = domain("chat", request(sent("chat.join", obj()), received("chat.joined", ref("ChatJoin"))))
        names = settled(reader, schemas={"ChatJoin": obj()})
        assert names.payloads["sent:chat.join"] == "ChatJoinPayload"
        assert names.payloads["received:chat.joined"] == "ChatJoin"

    def test_our_classes_yield_to_the_documents(self) -> None:
        taken = ("TradingClient", "ChatClient", "ChatSource", "ChatMessageEvent", "ChatEvent")
        fields = {each: ref(each) for each in taken}
        reader = domain(
            "chat",
            request(sent("chat.join", obj(**fields))),
            push(received("chat.message")),
            push(received("chat.notice")),
        )
        names = settled(reader, schemas={each: obj() for each in taken})
        own = modules(names)[0]
        members = names.connections[0].domains[0].members
        assert names.connections[0].facade == "TradingWebSocketClient"
        assert (own.client, own.source) == ("ChatDomainClient", "ChatDomainSource")
        assert members.events == {"chat.message": "ChatMessageEventMessage", "chat.notice": "ChatNoticeEvent"}
        assert members.union == "AnyChatEvent"

    def test_words_of_events_are_not_doubled(self) -> None:
        reader = domain("order", push(received("order.orderEvent")), push(received("order.filled")))
        members = settled(reader).connections[0].domains[0].members
        assert members.events == {"order.orderEvent": "OrderEvent", "order.filled": "OrderFilledEvent"}
        assert members.union == "AnyOrderEvent"

    def test_union_replies_and_updates_have_classes(self) -> None:
        reader = domain(
            "chat",
            request(sent("chat.join"), received("chat.joined"), received("chat.refused")),
            subscription(sent("chat.subscribe"), flat(received("chat.said", TEXT)), flat(received("chat.left", TEXT))),
        )
        members = settled(reader).connections[0].domains[0].members
        assert members.replies == {"chat.joined": "ChatJoinedReply", "chat.refused": "ChatRefusedReply"}
        assert members.requests[0].union == "ChatJoinReply"
        assert members.events == {"chat.said": "ChatSaidEvent", "chat.left": "ChatLeftEvent"}
        assert members.subscriptions[0].union == "ChatUpdate"


class TestConstants:
    def test_descriptors_leave_each_other_and_the_documents_classes(self) -> None:
        reader = domain(
            "chat",
            subscription(sent("chat.subscribe"), flat(received("chat.update", TEXT))),
            request(sent("chat.chat")),
            push(received("chat.chat")),
            request(sent("chat.JOIN", ref("JOIN"))),
        )
        names = settled(reader, schemas={"JOIN": obj()})
        members = names.connections[0].domains[0].members
        found = [
            members.subscriptions[0].constant,
            *(each.constant for each in members.requests),
            members.pushes[0].constant,
        ]
        assert len(set(found)) == 4
        assert "JOIN" not in found
        assert names.definitions[key("JOIN")] == "JOIN"

    def test_a_domain_called_protocol_leaves_the_protocol_alone(self) -> None:
        names = settled(
            domain("protocol", subscription(sent("protocol.subscribe"), flat(received("protocol.update", TEXT))))
        )
        assert names.connections[0].protocol == "PROTOCOL"
        assert names.connections[0].domains[0].members.subscriptions[0].constant == "PROTOCOL_SUBSCRIPTION"


class TestRename:
    def test_names_are_pinned(self) -> None:
        reader = domain(
            "broker.orders", request(sent("broker.orders.new", ref("Order_1")), received("broker.orders.ok", obj()))
        )
        names = settled(
            reader,
            schemas={"Order_1": obj()},
            rename={
                "broker.orders": "orders",
                "broker.orders.new": "place",
                "Order_1": "Order",
                "broker.orders.ok": "Placed",
            },
        )
        assert modules(names)[0].client == "OrdersClient"
        assert methods(names) == ["place"]
        assert names.definitions[key("Order_1")] == "Order"
        assert names.payloads["received:broker.orders.ok"] == "Placed"

    def test_a_pinned_method_is_called_exactly_so(self) -> None:
        names = settled(domain("chat", request(sent("chat.join"))), rename={"chat.join": "joinRoom"})
        assert methods(names) == ["joinRoom"]

    def test_a_pinned_push_is_a_listener(self) -> None:
        names = settled(domain("chat", push(received("chat.message"))), rename={"chat.message": "said"})
        assert methods(names) == ["on_said", "said_stream"]

    def test_arguments_servers_and_their_variables_are_pinned(self) -> None:
        server = Server("prod", "wss", "{r}.example.com", "", AT, variables=(ServerVariable("r", AT),))
        arguments = [Argument("s", "path", AT), Argument("X-T", "header", AT), Argument("heartbeat", "query", AT)]
        rename = {"prod": "production", "r": "region", "s": "symbol", "X-T": "token", "heartbeat": "beats", "j": "in"}
        found = client(connection(chat("join"), servers=[server], arguments=arguments))
        names, problems = named(found, config=settings(**{**rename, "chat.join": "enter"}))
        assert [problem.code for problem in problems] == ["WSG481"]
        assert (names.servers["prod"].name, names.servers["prod"].variables) == ("production", {"r": "region"})
        assert list(names.connections[0].arguments.values()) == ["symbol", "token", "beats"]
        assert (names.connections[0].displaced, names.connections[0].options) == ({}, None)

    def test_a_pinned_argument_comes_first_and_leaves_what_a_constructor_needs(self) -> None:
        arguments = [Argument(each, "path", AT) for each in ("a", "b", "c")]
        config = settings(a="b", c="url")
        names, _ = named(client(connection(chat("join"), arguments=arguments)), config=config)
        assert list(names.connections[0].arguments.values()) == ["b", "b_parameter", "url_"]

    def test_a_class_that_is_called_like_an_argument_leaves_it_alone(self) -> None:
        found = connection(
            domain("chat", push(received("said", ref("side")))), arguments=[Argument("side", "query", AT)]
        )
        names, _ = named(client(found), {"side": obj()}, settings(side="Side"))
        assert (names.definitions[key("side")], *names.connections[0].arguments.values()) == ("Side", "side")

    def test_arguments_that_only_a_number_tells_apart_are_reported(self) -> None:
        arguments = [Argument(each, "path", AT) for each in ("a-b", "a_b", "a.b")]
        _, problems = named(client(connection(chat("join"), arguments=arguments)))
        assert [(problem.code, problem.settled_by.split(" = ")[0]) for problem in problems] == [
            ("WSG480", 'rename."a.b"'),
            ("WSG480", "rename.a_b"),
        ]

    def test_the_only_facade_is_pinned(self) -> None:
        found = connection(chat("join"))
        names, _ = named(client(found), config=settings(**{found.channel: "feed"}))
        assert names.connections[0].facade == "FeedClient"

    def test_pinned_names_come_first(self) -> None:
        reader = domain("chat", request(sent("chat.join", obj(a=ref("Order"), b=ref("Thing")))))
        names, _ = named(client(connection(reader)), {"Order": obj(), "Thing": obj()}, settings(Thing="Order"))
        assert (names.definitions[key("Thing")], names.definitions[key("Order")]) == ("Order", "Order2")

    def test_an_unknown_name_is_reported_with_a_likely_one(self) -> None:
        _, problems = named(client(connection(chat("join"))), config=settings(**{"chat.jion": "enter"}))
        assert [(problem.code, problem.level, problem.help) for problem in problems] == [
            ("WSG481", "warning", "did you mean `chat.join`?")
        ]

    @pytest.mark.parametrize("new", ["class", "a b", "", "_x", "größe", '"""'])
    def test_a_name_that_python_refuses_is_an_error(self, new: str) -> None:
        _, problems = named(client(connection(chat("join"))), config=settings(**{"chat.join": new}))
        assert [(problem.code, problem.level) for problem in problems] == [("WSG482", "error")]


class TestRoots:
    def test_channels_that_share_a_message_share_its_payload(self) -> None:
        payload = obj()
        names, _ = named(
            client(
                connection(domain("", push(received("tick", payload))), channel="a"),
                connection(domain("", push(received("tick", payload))), channel="b"),
                connection(domain("", push(received("tick", obj(x=TEXT)))), channel="c"),
            )
        )
        assert names.roots == {
            (0, "received", "tick"): "received:tick",
            (1, "received", "tick"): "received:tick",
            (2, "received", "tick"): "received:c:tick",
        }


WORDS = (
    *("a", "A", "a.b", "a-b", "a_b", "aB", "AB", "close", "client", "Subscription", "subscribe", "stream", "events"),
    *("list", "None", "class", "", " ", '"""', "../../etc", "\ud800", "{{ x }}", "交易", "1", "on", "ＡＢ"),
)


def test_a_message_that_goes_both_ways_has_one_payload() -> None:
    payload = obj(x=TEXT)
    names = settled(domain("", request(sent("echo", payload), received("echo", payload))))
    assert names.payloads == {"sent:echo": "Echo"}
    assert set(names.roots.values()) == {"sent:echo"}


def test_two_payloads_of_one_message_are_told_apart_by_direction() -> None:
    names = settled(domain("", request(sent("echo", obj(x=TEXT)), received("echo", obj(y=TEXT)))))
    assert names.payloads == {"sent:echo": "EchoSent", "received:echo": "EchoReceived"}


words = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))


def everything(names: Names) -> list[str]:
    """Every name that must differ from every other one in the package's front door."""
    found = list(set(names.definitions.values()) | set(names.payloads.values())) + list(names.classes)
    found += [own.module for each in names.connections for own in (one.own for one in each.domains) if own]
    found += [own.factory for each in names.connections for own in (one.own for one in each.domains) if own]
    return found


def build(wires: list[str], components: list[str]) -> tuple[Client, dict[str, Schema]]:
    schemas: dict[str, Schema] = {each: obj() for each in components}
    uses = obj(**{f"f{index}": ref(each) for index, each in enumerate(components)})
    domains: dict[str, list[str]] = {}
    for wire in wires:
        domains.setdefault(wire.rpartition(".")[0], []).append(wire)
    return (
        client(
            connection(
                *(
                    domain(
                        each,
                        *(request(sent(f"{wire}?", uses), received(f"{wire}!"), received(f"{wire}-")) for wire in own),
                        *(push(received(wire)) for wire in own),
                    )
                    for each, own in domains.items()
                )
            )
        ),
        schemas,
    )


class TestAnyDocument:
    @given(st.lists(words, unique=True, min_size=1, max_size=6), st.lists(words, unique=True, max_size=6))
    @example(["א."], [])  # without capitals a class is called as its module
    def test_names_are_valid_and_differ(self, wires: list[str], components: list[str]) -> None:
        given_client, schemas = build(wires, components)
        names, problems = named(given_client, schemas)
        found = everything(names)
        assert len(found) == len(set(found))
        assert all(each.isidentifier() and not keyword.iskeyword(each) for each in found)
        for index in range(len(given_client.connections[0].domains)):
            in_domain = methods(names, index)
            assert len(in_domain) == len(set(in_domain))
            assert all(each.isidentifier() and not keyword.iskeyword(each) for each in in_domain)
        of_the_fake = fake_members(names)
        assert len(of_the_fake) == len(set(of_the_fake))
        assert all(each.isidentifier() and each.startswith(("push", "refuse", "on")) for each in of_the_fake)
        assert all(problem.code == "WSG480" for problem in problems)

    @given(st.lists(words, unique=True, min_size=1, max_size=5), st.lists(words, unique=True, max_size=5))
    def test_names_do_not_depend_on_order(self, wires: list[str], components: list[str]) -> None:
        first, _ = named(*build(wires, components))
        second, _ = named(*build(wires[::-1], components[::-1]))
        assert dict(first.definitions) == dict(second.definitions)
        assert sorted(first.classes) == sorted(second.classes)

    @given(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=4))
    def test_a_new_sibling_changes_no_name(self, wires: list[str]) -> None:
        first, _ = named(*build(wires, wires))
        second, _ = named(*build([*wires, "newcomer"], [*wires, "Newcomer"]))
        assert set(first.classes) <= set(second.classes)
        assert first.definitions.items() <= second.definitions.items()
