"""Names of TypeScript: the document's words in the language's own case, and nothing that means something else."""

from __future__ import annotations

import pytest
from wsgen.config import ClientSettings
from wsgen.model import Schema
from wsgen.naming import ModuleNames, Names, name
from wsgen.operations import Argument, Client, Push, Request, Send, Subscription
from wsgen.problems import Problems

from .clients import (
    AT,
    application,
    client,
    connection,
    domain,
    flat,
    obj,
    push,
    received,
    request,
    send,
    sent,
    subscription,
)


def named(given: Client, schemas: dict[str, Schema] | None = None, **rename: str) -> Names:
    problems = Problems()
    settings = ClientSettings(input="spec.json", target="typescript", rename=rename)
    names = name(given, application(schemas), settings, problems, package="datafeed")
    assert [problem for problem in problems if problem.level == "error"] == []
    return names


def of_one_domain(*operations: Subscription | Request | Send | Push, called: str = "broker.orders") -> Names:
    return named(client(connection(domain(called, *operations))))


def own(names: Names, index: int = 0) -> ModuleNames:
    found = names.connections[0].domains[index].own
    assert found is not None
    return found


def test_the_words_of_the_document_in_camel_case() -> None:
    names = of_one_domain(
        subscription(sent("broker.orders.subscribe"), flat(received("broker.orders.update", obj()))),
        request(sent("broker.orders.place_order"), received("broker.orders.placed")),
        send(sent("broker.orders.typing")),
        push(received("broker.orders.order-moved")),
    )
    assert names.connections[0].facade == "DatafeedClient"
    assert (own(names).module, own(names).attribute) == ("broker_orders", "brokerOrders")
    assert (own(names).client, own(names).source) == ("BrokerOrdersClient", "BrokerOrdersSource")
    members = names.connections[0].domains[0].members
    assert members.subscriptions[0].subscribe == "subscribe"
    assert members.requests[0].method == "placeOrder"
    assert (members.pushes[0].listener, members.pushes[0].stream) == ("onOrderMoved", "orderMovedStream")
    assert members.pushes[0].constant == "ORDER_MOVED"
    assert names.connections[0].fake.domains[0].subscriptions[0].push == "pushBrokerOrders"


def test_subscriptions_have_an_interface_by_id_and_its_factory() -> None:
    names = of_one_domain(subscription(sent("bars.subscribe"), flat(received("bars.update", obj()))), called="bars")
    found = names.connections[0].domains[0].members.subscriptions[0]
    assert (found.interface, found.factory) == ("BarsWebSocketInterface", "BarsWebSocketClientFactory")


@pytest.mark.parametrize("word", ["delete", "new", "class", "get", "import"])
def test_methods_may_be_reserved_words(word: str) -> None:
    names = of_one_domain(request(sent(f"orders.{word}"), received("orders.done")), called="orders")
    assert names.connections[0].domains[0].members.requests[0].method == word


@pytest.mark.parametrize("word", ["constructor", "then", "toString"])
def test_but_not_what_a_class_has_already(word: str) -> None:
    names = of_one_domain(request(sent(f"orders.{word}"), received("orders.done")), called="orders")
    assert names.connections[0].domains[0].members.requests[0].method not in {word, "constructor", "then"}


def test_files_differ_on_every_file_system() -> None:
    domains = [
        domain(called, request(sent(f"{called}.go"), received(f"{called}.went")))
        for called in ("fooBar", "foo_bar", "FOOBAR", "index", "runtime", "a_1", "a1")
    ]
    names = named(client(connection(*domains)))
    modules = [own(names, index).module for index in range(len(domains))]
    assert len({module.casefold() for module in modules}) == len(domains)
    assert not {"index", "runtime"} & {*modules}
    attributes = [own(names, index).attribute for index in range(len(domains))]
    assert len({*attributes}) == len(domains)


def test_arguments_are_one_object_with_a_type() -> None:
    arguments = [
        Argument("symbol-name", "path", AT),
        Argument("constructor", "query", AT),
        Argument("class", "query", AT),
    ]
    given = connection(domain("", push(received("trade"))), arguments=arguments, address="/{symbol-name}")
    (facade,) = named(client(given)).connections
    assert facade.arguments_type == "DatafeedArguments"
    assert list(facade.arguments.values()) == ["symbolName", "constructor_", "class_"]
    assert (facade.displaced, facade.options) == ({}, None)


def test_a_schema_keeps_its_name_before_ours() -> None:
    names = named(
        client(connection(domain("bars", subscription(sent("bars.subscribe"), flat(received("bars.update", obj())))))),
        {"BarsWebSocketInterface": obj(), "BarsClient": obj()},
    )
    assert "BarsWebSocketInterface" in names.definitions.values()
