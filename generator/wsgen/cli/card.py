"""The direction card: what a document was taken to mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsgen.operations import Client, WireMessage

from .printing import printable

__all__ = ["direction_card"]

SHOWN = 8


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
    yield "answers", [f"{each.message.key} → {_keys(each.replies)}" for domain in domains for each in domain.handlers]
    subscriptions = [(domain, each) for domain in domains for each in domain.subscriptions]
    yield "subscribes to", [domain.name or each.subscribe.key for domain, each in subscriptions]


def _keys(messages: Iterable[WireMessage]) -> str:
    return " | ".join(message.key for message in messages)
