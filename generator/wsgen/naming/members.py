"""Names of a domain's operations: methods, descriptors, and the classes around their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from wsgen.landing.python import Identifier, words
from wsgen.operations import Domain, Handler, Push, Request, Send, Subscription, WireMessage

from .names import HandlerNames, MemberNames, PushNames, RequestNames, SendNames, SubscriptionNames
from .place import DomainPlace, unique
from .settle import PINNED, Scopes, Wish

__all__ = ["member_names"]

_Given: TypeAlias = Mapping[tuple[str, ...], Identifier]

SUBSCRIBING = frozenset({"subscribe", "subscription"})
ORDERS = frozenset({"request", "command", "message"})
"""Words of a subscribe message that its method does without."""

DOCUMENTS, LISTENERS, OURS = 1, 2, 3
"""Ranks of methods: the document's own verbs, what is made from them, words of ours."""


def member_names(
    places: Sequence[DomainPlace],
    attributes: Mapping[int, frozenset[str]],
    rename: Mapping[str, str],
    scopes: Scopes,
) -> dict[tuple[str, str, str], MemberNames]:
    """Names of the operations of every domain, by the domain's id. `attributes` are those of each façade."""
    given: dict[tuple[str, ...], Identifier] = {}
    for wishes_of in (_event_wishes, _reply_wishes, _union_wishes, _interface_wishes):
        given.update(scopes.settle([wish for place in places for wish in wishes_of(place, rename)]))
    for place in places:
        scopes.reserve(place.methods, place.words.members)
        if place.facade:
            scopes.reserve(place.methods, place.words.facade | attributes[place.connection])
        scopes.enclose(place.module, "classes")
    for wishes_of in (_method_wishes, _constant_wishes):
        given.update(scopes.settle([wish for place in places for wish in wishes_of(place, rename)]))
    by_domain: dict[tuple[str, ...], dict[str, Identifier]] = {}
    for key, name in given.items():
        by_domain.setdefault(key[:-1], {})[key[-1]] = name
    return {place.id: _members(place, given, by_domain) for place in places}


def _members(
    place: DomainPlace, given: _Given, by_domain: Mapping[tuple[str, ...], Mapping[str, Identifier]]
) -> MemberNames:
    domain, id = place.domain, place.id

    def of(kind: str, message: WireMessage) -> Identifier:
        return given[kind, *id, message.key]

    return MemberNames(
        subscriptions=tuple(
            SubscriptionNames(
                constant=of("constant", each.subscribe),
                subscribe=of("subscribe", each.subscribe),
                stream=of("stream", each.subscribe),
                union=given.get(("updates", *id, each.subscribe.key)),
                interface=given.get(("interface", *id, each.subscribe.key)),
                factory=given.get(("interface factory", *id, each.subscribe.key)),
            )
            for each in domain.subscriptions
        ),
        requests=tuple(
            RequestNames(
                constant=of("constant", each.message),
                method=of("call", each.message),
                union=given.get(("replies", *id, each.message.key)),
            )
            for each in domain.requests
        ),
        sends=tuple(SendNames(of("constant", each.message), of("call", each.message)) for each in domain.sends),
        pushes=tuple(
            PushNames(
                constant=of("push constant", each.message),
                listener=of("listener", each.message),
                stream=of("push stream", each.message),
            )
            for each in domain.pushes
        ),
        events=by_domain.get(("event", *id), {}),
        replies=by_domain.get(("reply", *id), {}),
        handlers=tuple(
            HandlerNames(
                constant=of("handler constant", each.message),
                method=of("handler", each.message),
                union=given.get(("answers", *id, each.message.key)),
            )
            for each in domain.handlers
        ),
        answers=by_domain.get(("answer", *id), {}),
        union=given.get(("pushes", *id)),
        union_constant=given.get(("all constant", *id)),
        union_method=given.get(("all", *id)),
    )


def _verb(operation: Request | Send | Push | Handler, rename: Mapping[str, str]) -> str:
    """The words of a method; the message's id where the verb is no word (`8`)."""
    pinned, verb = _pinned(operation.message, rename), words(operation.verb)
    return pinned or (operation.verb if verb and not verb[0][0].isdigit() else operation.message.id)


def _pinned(message: WireMessage, rename: Mapping[str, str]) -> str:
    """A name for the method, from the configuration; a name in capitals is one for the payload's class."""
    name = rename.get(message.key, "")
    return "" if name[:1].isupper() else name


def _local(key: str, domain: Domain) -> str:
    """A message key without its domain."""
    return key.removeprefix(f"{domain.name}.") if domain.name else key


def _about(subscription: Subscription, domain: Domain, rename: Mapping[str, str]) -> str:
    """What one of several subscriptions of a domain is about; empty where it is just `subscribe`."""
    pinned = _pinned(subscription.subscribe, rename)
    local = _local(subscription.subscribe.key, domain)
    if pinned or len(domain.subscriptions) == 1 or local == "subscribe":
        return pinned
    given = [word for word in words(local) if word.lower() not in SUBSCRIBING]
    return " ".join(given[:-1] if given and given[-1].lower() in ORDERS else given)


def _updates(domain: Domain) -> Iterator[WireMessage]:
    """Updates of subscriptions that have several kinds of them."""
    for each in domain.subscriptions:
        if len(each.updates) > 1:
            yield from (update.message for update in each.updates)


def _method_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    yield from _subscription_methods(place, rename)
    yield from _call_methods(place, rename)
    yield from _push_methods(place, rename)
    if len(place.domain.pushes) > 1:
        candidates = unique(*(place.words.exact(word) for word in place.words.events))
        yield Wish(("all", *place.id), candidates, (place.methods,), OURS, place.domain.name, place.domain.place)


def _method(place: DomainPlace, kind: str, message: WireMessage, rank: int, *wordings: str, pinned: str = "") -> Wish:
    return Wish(
        key=(kind, *place.id, message.key),
        candidates=(place.words.exact(pinned),)
        if pinned
        else unique(*(place.words.member(wording, lead="call") for wording in wordings)),
        scopes=(place.methods,),
        rank=PINNED if pinned else rank,
        source=message.key,
        place=message.place,
    )


def _subscription_methods(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    for each in place.domain.subscriptions:
        message = each.subscribe
        pinned, about = _pinned(message, rename), _about(each, place.domain, rename)
        full = _local(message.key, place.domain)
        calls = (f"subscribe {about}", f"subscribe {full}")
        yield _method(place, "subscribe", message, DOCUMENTS, *calls, pinned=pinned)
        streams = (f"{about} stream", f"{full} stream", f"{full} update stream")
        yield _method(place, "stream", message, OURS, *streams)


def _call_methods(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    for kind, calls in (("request", place.domain.requests), ("send", place.domain.sends)):
        for each in calls:
            wordings = (_verb(each, rename), f"{kind} {each.message.key}")
            yield _method(place, "call", each.message, DOCUMENTS, *wordings, pinned=_pinned(each.message, rename))


def _push_methods(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    for handler in place.domain.handlers:
        verb = words(_verb(handler, rename))
        rest = verb[1:] if len(verb) > 1 and verb[0].lower() == "on" else verb
        wordings = (" ".join(("on", *rest)), f"answer {handler.message.key}")
        yield _method(place, "handler", handler.message, LISTENERS, *wordings)
    for each in place.domain.pushes:
        verb = words(_verb(each, rename))
        rest = verb[1:] if len(verb) > 1 and verb[0].lower() == "on" else verb
        ending = () if rest and rest[-1].lower() == "stream" else ("stream",)
        key = each.message.key
        yield _method(place, "listener", each.message, LISTENERS, " ".join(("on", *rest)), f"on {key}")
        yield _method(place, "push stream", each.message, LISTENERS, " ".join((*rest, *ending)), f"{key} stream")


def _constant_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    """Descriptors are no part of the package's interface, so their numbers concern nobody: no source."""
    domain = place.domain
    for each in domain.subscriptions:
        wording = _about(each, domain, rename) or place.stem
        yield _constant(place, "constant", each.subscribe, wording, "subscription")
    for request in domain.requests:
        yield _constant(place, "constant", request.message, _verb(request, rename), "request")
    for send in domain.sends:
        yield _constant(place, "constant", send.message, _verb(send, rename), "send")
    for handler in domain.handlers:
        yield _constant(place, "handler constant", handler.message, _verb(handler, rename), "handler")
    for push in domain.pushes:
        yield _constant(place, "push constant", push.message, _verb(push, rename), "push")
    if len(domain.pushes) > 1:
        candidates = unique(
            *(place.words.constant(wording, lead="all") for wording in ("events", f"{place.stem} events"))
        )
        yield Wish(("all constant", *place.id), candidates, (place.module,), OURS)


def _constant(place: DomainPlace, kind: str, message: WireMessage, wording: str, ending: str) -> Wish:
    wordings = (wording, f"{wording} {ending}", f"{place.stem} {wording} {ending}")
    candidates = unique(*(place.words.constant(each, lead=ending) for each in wordings))
    return Wish((kind, *place.id, message.key), candidates, (place.module,))


def _class_words(place: DomainPlace, local: str, ending: str, *, stem: bool) -> str:
    """Words of a class of ours: the domain, the message, the ending; none of them twice in a row."""
    first = words(place.stem) if stem else ()
    own = words(local)
    lowered = [word.lower() for word in own]
    if lowered[: len(first)] == [word.lower() for word in first]:
        first = ()
    last = () if lowered[-1:] == [ending] else (ending,)
    return " ".join((*first, *own, *last))


def _class(place: DomainPlace, kind: str, message: WireMessage, local: str, ending: str) -> Wish:
    """A class around a message: after domain and message, then with what it is in the operation."""
    wordings = (
        _class_words(place, local, ending, stem=not place.facade),
        _class_words(place, local, ending, stem=True),
        _class_words(place, local, ending, stem=True) + " message",
    )
    return Wish(
        key=(kind, *place.id, message.key),
        candidates=unique(*(place.words.pascal(wording, lead="message") for wording in wordings)),
        scopes=("classes",),
        source=message.key,
        place=message.place,
    )


def _event_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    domain = place.domain
    events: dict[str, tuple[WireMessage, str]] = {}
    for push in domain.pushes if len(domain.pushes) > 1 else ():
        events[push.message.key] = (push.message, _verb(push, rename))
    for message in _updates(domain):
        events.setdefault(message.key, (message, _pinned(message, rename) or _local(message.key, domain)))
    for message, local in events.values():
        yield _class(place, "event", message, local, "event")


def _reply_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    replies = {reply.key: reply for each in place.domain.requests if len(each.replies) > 1 for reply in each.replies}
    for reply in replies.values():
        local = _pinned(reply, rename) or _local(reply.key, place.domain)
        yield _class(place, "reply", reply, local, "reply")
    answers = {reply.key: reply for each in place.domain.handlers if len(each.replies) > 1 for reply in each.replies}
    for answer in answers.values():
        local = _pinned(answer, rename) or _local(answer.key, place.domain)
        yield _class(place, "answer", answer, local, "answer")


def _union_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    domain = place.domain
    for each in domain.subscriptions:
        if len(each.updates) > 1:
            wording = f"{place.stem} {_about(each, domain, rename)} update"
            yield _union(place, ("updates", *place.id, each.subscribe.key), wording)
    for request in domain.requests:
        if len(request.replies) > 1:
            wording = _class_words(place, _verb(request, rename), "reply", stem=not place.facade)
            yield _union(place, ("replies", *place.id, request.message.key), wording)
    for handler in domain.handlers:
        if len(handler.replies) > 1:
            wording = _class_words(place, _verb(handler, rename), "answer", stem=not place.facade)
            yield _union(place, ("answers", *place.id, handler.message.key), wording)
    if len(domain.pushes) > 1:
        yield _union(place, ("pushes", *place.id), f"{place.stem} event")


def _interface_wishes(place: DomainPlace, rename: Mapping[str, str]) -> Iterator[Wish]:
    """`BarsWebSocketInterface` and `BarsWebSocketClientFactory`, where the target has them."""
    for each in place.domain.subscriptions if place.words.interfaces else ():
        stem = f"{place.stem} {_about(each, place.domain, rename)}".strip()
        for kind, ending in (("interface", "web socket interface"), ("interface factory", "web socket client factory")):
            wordings = (f"{stem} {ending}", f"{place.channel} {stem} {ending}")
            candidates = unique(*(place.words.pascal(wording, lead="domain") for wording in wordings))
            yield Wish((kind, *place.id, each.subscribe.key), candidates, ("classes",))


def _union(place: DomainPlace, key: tuple[str, ...], wording: str) -> Wish:
    candidates = unique(*(place.words.pascal(each, lead="message") for each in (wording, f"any {wording}")))
    return Wish(key, candidates, ("classes",), source=place.domain.name or place.stem, place=place.domain.place)
