"""The answer of `wsgen inspect --json`: a stable form. Keys are added to it, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsgen.operations import Client, Domain, WireMessage
from wsgen.problems import Problems

from .printing import as_json

__all__ = ["inspection"]


def inspection(client: Client | None, problems: Problems) -> dict[str, object]:
    """What was understood of a document. `client` None: nothing was; the answer has the same form."""
    return {
        "title": client.title if client else "",
        "version": client.version if client else "",
        "perspective": _perspective(client),
        "connections": [
            {
                "channel": each.channel,
                "address": each.address,
                "servers": [server.id for server in each.servers],
                "envelope": {"tag": each.envelope.tag, "payload": each.envelope.payload},
            }
            for each in (client.connections if client else ())
        ],
        "messages": list(_messages(client)) if client else [],
        "operations": list(_operations(client)) if client else [],
        "buildable": client is not None and not problems.fatal,
        "problems": [as_json(problem) for problem in problems],
    }


def _perspective(client: Client | None) -> dict[str, object]:
    if client is None:
        return {"value": None, "certain": False, "evidence": []}
    view = client.perspective
    return {"value": view.value, "certain": view.certain, "evidence": list(view.evidence)}


def _messages(client: Client) -> Iterator[dict[str, object]]:
    for connection in client.connections:
        for wire in (*connection.sent, *connection.received):
            found = wire.discriminator
            yield {
                "id": wire.id,
                "key": wire.key,
                "direction": wire.direction,
                "discriminator": {"by": found.by, "property": found.property, "value": found.value},
            }


def _operations(client: Client) -> Iterator[dict[str, object]]:
    for connection in client.connections:
        for domain in connection.domains:
            for operation in _of_domain(domain):
                yield {"domain": domain.name, **operation}


def _ids(messages: Iterable[WireMessage]) -> list[str]:
    return [message.id for message in messages]


def _of_domain(domain: Domain) -> Iterator[dict[str, object]]:
    for each in domain.subscriptions:
        route = dict(each.route) if each.route is not None and not isinstance(each.route, str) else each.route
        yield {
            "kind": "subscription",
            "message": each.subscribe.id,
            "replies": [each.confirmation.message.id],
            "updates": _ids(update.message for update in each.updates),
            "unsubscribe": each.unsubscribe.id if each.unsubscribe else None,
            "topic_rule": each.topic_rule,
            "route": route,
            "certain": each.certain,
        }
    for request in domain.requests:
        yield _plain("request", request.message, _ids(request.replies), request.certain)
    for send in domain.sends:
        yield _plain("send", send.message, [], True)
    for push in domain.pushes:
        yield _plain("push", push.message, [], True)


def _plain(kind: str, message: WireMessage, replies: list[str], certain: bool) -> dict[str, object]:
    return {
        "kind": kind,
        "message": message.id,
        "replies": replies,
        "updates": [],
        "unsubscribe": None,
        "certain": certain,
    }
