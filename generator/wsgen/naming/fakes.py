"""Names of fake servers and of their methods, after those of the clients that they stand opposite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.landing.python import Identifier, words
from wsgen.operations import WireMessage

from .conventions import Convention
from .names import DomainNames, FakeDomainNames, FakeNames, FakeSubscriptionNames
from .place import DomainPlace, unique
from .settle import Scopes, Wish

__all__ = ["fake_names"]


def fake_names(
    places: Sequence[Sequence[DomainPlace]],
    domains: Mapping[tuple[str, str, str], DomainNames],
    stems: Sequence[tuple[tuple[str, str], str]],
    writing: Convention,
    scopes: Scopes,
) -> tuple[FakeNames, ...]:
    """Names of the fake server of each connection: `places` are its domains, `stems` its id and its façade's words."""
    servers = scopes.settle([_server(id, stem, writing) for id, stem in stems])
    given = scopes.settle([wish for own in places for place in own for wish in _wishes(place, domains[place.id])])
    return tuple(
        FakeNames(
            server=servers["fake", *id],
            domains=tuple(_members(place, given) for place in own),
        )
        for own, (id, _) in zip(places, stems, strict=True)
    )


def _server(id: tuple[str, str], stem: str, writing: Convention) -> Wish:
    """`server` is not doubled."""
    endings = ("" if stem.lower().endswith("server") else "server", "web socket server")
    candidates = unique(*(writing.pascal(f"fake {stem} {ending}", lead="server") for ending in endings))
    return Wish(("fake", *id), candidates, ("classes",))


def _wishes(place: DomainPlace, names: DomainNames) -> Iterator[Wish]:
    domain, members = place.domain, names.members
    stem = "" if names.own is None else names.own.module
    for each, of_subscription in zip(domain.subscriptions, members.subscriptions, strict=True):
        about = f"{stem} {_without('subscribe', of_subscription.subscribe)}".strip()
        message = each.subscribe
        updates = about or "updates"
        yield _wish(place, "push", message, f"push {updates}", f"push {updates} update")
        yield _wish(place, "refuse", message, f"refuse {updates}", f"refuse {updates} subscription")
        yield _wish(place, "subscribe", message, f"on {about} subscribe", f"on {about} {message.key}")
        yield _wish(place, "unsubscribe", message, f"on {about} unsubscribe", f"on {about} {message.key} unsubscribe")
    for request, of_request in zip(domain.requests, members.requests, strict=True):
        yield _wish(place, "call", request.message, f"on {stem} {of_request.method}", f"on {request.message.key}")
    for send, of_send in zip(domain.sends, members.sends, strict=True):
        yield _wish(place, "call", send.message, f"on {stem} {of_send.method}", f"on {send.message.key}")
    for handler, of_handler in zip(domain.handlers, members.handlers, strict=True):
        verb = _without("on", of_handler.method)
        yield _wish(place, "ask", handler.message, f"ask {stem} {verb}", f"ask {handler.message.key} message")
    for push, of_push in zip(domain.pushes, members.pushes, strict=True):
        verb = _without("on", of_push.listener)
        yield _wish(place, "push", push.message, f"push {stem} {verb}", f"push {push.message.key} message")


def _without(word: str, name: Identifier) -> str:
    """The words of a method without the one that it begins with."""
    found = words(name)
    return " ".join(found[1:] if found[0].lower() == word else found)


def _wish(place: DomainPlace, kind: str, message: WireMessage, *wordings: str) -> Wish:
    return Wish(
        key=(kind, *place.id, message.key),
        candidates=unique(*(place.words.member(wording, lead="call") for wording in wordings)),
        scopes=(f"fake:{place.connection}",),
    )


def _members(place: DomainPlace, given: Mapping[tuple[str, ...], Identifier]) -> FakeDomainNames:
    def of(kind: str, message: WireMessage) -> Identifier:
        return given[kind, *place.id, message.key]

    return FakeDomainNames(
        subscriptions=tuple(
            FakeSubscriptionNames(
                push=of("push", each.subscribe),
                refuse=of("refuse", each.subscribe),
                on_subscribe=of("subscribe", each.subscribe),
                on_unsubscribe=of("unsubscribe", each.subscribe),
            )
            for each in place.domain.subscriptions
        ),
        requests=tuple(of("call", each.message) for each in place.domain.requests),
        sends=tuple(of("call", each.message) for each in place.domain.sends),
        pushes=tuple(of("push", each.message) for each in place.domain.pushes),
        handlers=tuple(of("ask", each.message) for each in place.domain.handlers),
    )
