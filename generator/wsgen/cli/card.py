"""What a document's client will do: the direction card, and a table of its operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsgen.operations import Client, Domain, Route, Subscription, WireMessage

from .printing import printable

__all__ = ["direction_card", "operations_table"]

SHOWN = 8
COLUMNS = ("domain", "operation", "message", "reply", "update", "topic")


def direction_card(client: Client) -> str:
    """Whom the document describes and why, and which side sends what."""
    view = client.perspective
    lines = [f"the document describes the {view.value}" + ("" if view.certain else ", as it seems")]
    lines += [f"  because {printable(words)}" for words in view.evidence[:2]]
    for verb, names in _directions(client):
        if names:
            shown = ", ".join(printable(name) for name in names[:SHOWN])
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            lines.append(f"the client {verb:<13} {shown}{more}")
    return "\n".join(lines)


def _directions(client: Client) -> Iterator[tuple[str, list[str]]]:
    domains = [domain for connection in client.connections for domain in connection.domains]
    requests = [each for domain in domains for each in domain.requests]
    yield "sends", [each.message.key for domain in domains for each in domain.sends]
    yield "receives", [each.message.key for domain in domains for each in domain.pushes]
    yield "requests", [f"{each.message.key} → {_keys(each.replies)}" for each in requests]
    yield "subscribes to", [domain.name for domain in domains for _ in domain.subscriptions]


def _keys(messages: Iterable[WireMessage]) -> str:
    return " | ".join(message.key for message in messages)


def operations_table(client: Client) -> str:
    """A line for each operation, in columns."""
    rows = [COLUMNS, *(row for each in client.connections for domain in each.domains for row in _rows(domain))]
    clean = [tuple(printable(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in clean]
    return "\n".join(line.rstrip() for line in lines)


def _rows(domain: Domain) -> Iterator[tuple[str, ...]]:
    for subscription in domain.subscriptions:
        yield from _subscription_rows(domain.name, subscription)
    for request in domain.requests:
        doubt = "" if request.certain else "?"
        yield domain.name, "request", request.message.key, _keys(request.replies) + doubt, "", ""
    for send in domain.sends:
        yield domain.name, "send", send.message.key, "", "", ""
    for push in domain.pushes:
        yield domain.name, "push", "", "", push.message.key, ""


def _subscription_rows(name: str, subscription: Subscription) -> Iterator[tuple[str, ...]]:
    updates = [update.message for update in subscription.updates]
    doubt = "" if subscription.certain else "?"
    confirmation = subscription.confirmation.message.key
    yield name, "subscribe", subscription.subscribe.key, confirmation, _keys(updates) + doubt, _topic(subscription)
    if subscription.unsubscribe is not None:
        release = subscription.release.message.key if subscription.release else ""
        yield name, "unsubscribe", subscription.unsubscribe.key, release, "", ""


def _topic(subscription: Subscription) -> str:
    rule = subscription.topic_rule or "server's"
    if all(update.topic is not None for update in subscription.updates):
        return rule
    return f"{rule}; {_route(subscription.route)}"


def _route(route: Route) -> str:
    if route is None:
        return "flat, no route"
    if isinstance(route, str):
        return f"route {route}"
    return "route " + ", ".join(f"{field} = {parameter}" for field, parameter in route.items())
