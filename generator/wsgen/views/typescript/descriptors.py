"""Views of what operations are made of: descriptors for the runtime, types of messages of which there are several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from wsgen.landing.python import Identifier
from wsgen.landing.typescript import jsdoc, literal
from wsgen.model import Json
from wsgen.naming import HandlerNames, PushNames, RequestNames, SendNames, SubscriptionNames
from wsgen.operations import (
    Confirmation,
    Correlation,
    Delivery,
    Handler,
    Push,
    Request,
    Send,
    Subscription,
    Update,
    WireMessage,
)
from wsgen.views.texts import summary

from .layout import PURE, Doc, alias, array, call, const, entry, obj, property_line, union, value
from .scope import OPERATIONS, RUNTIME, Part
from .types import DomainView

__all__ = ["aliases", "constants", "events"]


def events(view: DomainView) -> tuple[str, ...]:
    """Interfaces around messages of which a consumer gets several kinds: pushes, updates, replies."""
    domain, names, types = view.domain, view.names, view.types
    found: dict[str, tuple[Identifier, WireMessage, Part]] = {}
    for push in domain.pushes:
        if push.message.key in names.events:
            key = push.message.key
            found[key] = (names.events[key], push.message, types.received(push.message))
    for update in (update for each in domain.subscriptions for update in each.updates):
        if update.message.key in names.events:
            key = update.message.key
            found.setdefault(key, (names.events[key], update.message, types.update(update)))
    replies = {reply.key: reply for each in domain.requests for reply in each.replies if reply.key in names.replies}
    answers = {reply.key: reply for each in domain.handlers for reply in each.replies if reply.key in names.answers}
    return (
        *(_event(view, *each) for each in found.values()),
        *(_event(view, names.replies[key], each, types.received(each)) for key, each in replies.items()),
        *(_event(view, names.answers[key], each, types.sent(each)) for key, each in answers.items()),
    )


def _event(view: DomainView, name: Identifier, message: WireMessage, payload: Part) -> str:
    said = summary(message.summary, message.description)
    text = f"`{message.key}`: {said}" if said else f"The message `{message.key}`."
    lines = [property_line("type: ", literal(message.key), 2)]
    if not payload.nothing:
        mark = "?" if payload.optional else ""
        lines.append(property_line(f"payload{mark}: ", view.scope.part(payload), 2))
    body = "\n".join(f"  {line}" for line in lines)
    comment = jsdoc([text], ["@deprecated"] if message.deprecated else [])
    return f"{comment}\nexport interface {name} {{\n{body}\n}}"


def aliases(view: DomainView) -> tuple[str, ...]:
    """Unions over these interfaces: what consumers and callers get."""
    domain, names = view.domain, view.names
    found: list[tuple[Identifier, list[Identifier]]] = []
    for subscription, each in zip(domain.subscriptions, names.subscriptions, strict=True):
        if each.union is not None:
            found.append((each.union, [names.events[update.message.key] for update in subscription.updates]))
    for request, of_request in zip(domain.requests, names.requests, strict=True):
        if of_request.union is not None:
            found.append((of_request.union, [names.replies[reply.key] for reply in request.replies]))
    for handler, of_handler in zip(domain.handlers, names.handlers, strict=True):
        if of_handler.union is not None:
            found.append((of_handler.union, [names.answers[reply.key] for reply in handler.replies]))
    if names.union is not None:
        found.append((names.union, [names.events[push.message.key] for push in domain.pushes]))
    return tuple(alias(name, union(list(dict.fromkeys(members)))) for name, members in found)


def constants(view: DomainView) -> tuple[str, ...]:
    """The descriptors that methods hand to the runtime."""
    domain, names = view.domain, view.names
    found = [_subscription(view, *pair) for pair in zip(domain.subscriptions, names.subscriptions, strict=True)]
    found += [_request(view, *pair) for pair in zip(domain.requests, names.requests, strict=True)]
    found += [_send(view, *pair) for pair in zip(domain.sends, names.sends, strict=True)]
    found += [_handler(view, *pair) for pair in zip(domain.handlers, names.handlers, strict=True)]
    found += [_push(view, *pair) for pair in zip(domain.pushes, names.pushes, strict=True)]
    if names.union is not None and names.union_constant is not None:
        found.append(_all_pushes(view, names.union, names.union_constant))
    return tuple(found)


def _descriptor(view: DomainView, constant: str, kind: str, arguments: Sequence[Doc], entries: Sequence[Doc]) -> str:
    return const(constant, view.scope.type(OPERATIONS, kind), obj(entries, expanded=True), arguments)


def _mapping(name: str, items: Mapping[str, Json]) -> Doc:
    return entry(name, obj([entry(key, value(each)) for key, each in items.items()]))


def _texts(name: str, items: Sequence[str]) -> Doc:
    return entry(name, array([literal(each) for each in items]))


def _subscription(view: DomainView, each: Subscription, names: SubscriptionNames) -> str:
    one = len(view.domain.subscriptions) == 1
    domain = view.domain.name if one and view.domain.name else each.subscribe.key
    entries: list[Doc] = [
        entry("domain", literal(domain)),
        entry("subscribe", literal(each.subscribe.key)),
        entry("confirmation", "null" if each.confirmation is None else _confirmation(view, each.confirmation)),
    ]
    if each.unsubscribe is not None:
        entries.append(entry("unsubscribe", literal(each.unsubscribe.key)))
    if each.release is not None:
        entries.append(entry("release", _confirmation(view, each.release)))
    entries += _released(view, each)
    updates = [_update(update, several=names.union is not None) for update in each.updates]
    large = [len(update) > 1 for update in updates]
    entries.append(entry("updates", array([obj(update) for update in updates], structured=all(large))))
    if each.defaults:
        entries.append(_mapping("defaults", each.defaults))
    if each.topic_rule is not None:
        entries.append(entry("topicRule", _topic_rule(view, each.topic_rule)))
    if each.strict_topic:
        entries.append(entry("strictTopic", "true"))
    if each.route is not None:
        entries.append(entry("route", _route(view, each.route)))
    elif all(update.topic is None for update in each.updates):
        entries.append(entry("route", view.scope.value(RUNTIME, "oneAtATime")))
    if each.delivery is not None:
        entries.append(entry("delivery", _delivery(view, each.delivery)))
    request = view.sent(each.subscribe, argument=True)
    return _descriptor(view, names.constant, "SubscriptionOperation", [request, view.update_type(each, names)], entries)


def _released(view: DomainView, each: Subscription) -> Iterator[Doc]:
    """What an unsubscribe says, where it is not what its subscribe said."""
    entries: list[Doc] = []
    if each.release_parameters is not None:
        entries.append(_texts("parameters", each.release_parameters))
    if each.release_names:
        entries.append(_mapping("names", dict(each.release_names)))
    if each.release_values:
        entries.append(_mapping("values", each.release_values))
    if each.release_topic is not None:
        entries.append(entry("topic", literal(each.release_topic)))
    if entries:
        yield entry("released", _made(view, "released", obj(entries)))


def _topic_rule(view: DomainView, rule: str) -> Doc:
    if rule == "sorted-json":
        return view.scope.value(RUNTIME, "sortedJson")
    return _made(view, "templated", literal(rule))


def _route(view: DomainView, route: Mapping[str, str] | Literal["connection", "broadcast"]) -> Doc:
    if isinstance(route, str):
        return literal(route) if route == "broadcast" else view.scope.value(RUNTIME, "ownConnection")
    return _made(view, "byFields", obj([entry(field, literal(parameter)) for field, parameter in route.items()]))


def _made(view: DomainView, function: str, given: Doc) -> Doc:
    """What a function of the runtime makes of a part of a descriptor: a bundle has those that are used."""
    return call(PURE + view.scope.value(RUNTIME, function), given)


def _delivery(view: DomainView, each: Delivery) -> Doc:
    if each.policy == "latest" and each.key is not None:
        return _made(view, "latest", literal(each.key))
    entries = [entry("policy", literal(each.policy))]
    if each.limit is not None:
        entries.append(entry("limit", literal(each.limit)))
    return obj(entries)


def _confirmation(view: DomainView, each: Confirmation) -> Doc:
    entries: list[Doc] = [entry("key", literal(each.message.key))]
    paths = {"status": each.status, "message": each.text, "topic": each.topic}
    entries += [entry(name, literal(path)) for name, path in paths.items() if path is not None]
    if each.ok is not None:
        entries.append(entry("ok", array([literal(word) for word in each.ok])))
    if each.refusals:
        entries.append(_mapping("refusals", {refusal.message.key: refusal.text for refusal in each.refusals}))
    if each.correlation is not None:
        entries.append(_correlation(view, each.correlation))
    return obj(entries)


def _correlation(view: DomainView, each: Correlation) -> Doc:
    entries = [entry("request", literal(each.request)), entry("reply", literal(each.reply))]
    if each.kind is not None:
        entries.append(entry("kind", literal(each.kind)))
    return entry("correlation", _made(view, "correlated", obj(entries)))


def _update(update: Update, *, several: bool) -> list[Doc]:
    entries = [entry("key", literal(update.message.key))]
    if update.topic is not None:
        entries.append(entry("topic", literal(update.topic)))
    if update.path is not None:
        entries.append(entry("data", literal(update.path)))
    if several:
        entries.append(entry("event", "true"))
    return entries


def _request(view: DomainView, each: Request, names: RequestNames) -> str:
    entries: list[Doc] = [
        entry("request", literal(each.message.key)),
        _texts("replies", [reply.key for reply in each.replies]),
    ]
    if names.union is not None:
        entries.append(entry("events", "true"))
    if not each.pipeline:
        entries.append(entry("pipeline", "false"))
    if each.correlation is not None:
        entries.append(_correlation(view, each.correlation))
    types = (view.sent(each.message, argument=True), view.reply_type(each, names))
    return _descriptor(view, names.constant, "RequestOperation", types, entries)


def _handler(view: DomainView, each: Handler, names: HandlerNames) -> str:
    entries: list[Doc] = [
        entry("request", literal(each.message.key)),
        _texts("replies", [reply.key for reply in each.replies]),
    ]
    if names.union is not None:
        entries.append(entry("events", "true"))
    if each.correlation is not None:
        entries.append(_correlation(view, each.correlation))
    types = (view.received(each.message, argument=True), view.answer_type(each, names))
    return _descriptor(view, names.constant, "HandlerOperation", types, entries)


def _send(view: DomainView, each: Send, names: SendNames) -> str:
    entries = [entry("message", literal(each.message.key))]
    if each.acknowledgement is not None:
        entries.append(entry("acknowledgement", literal(each.acknowledgement.key)))
    return _descriptor(view, names.constant, "SendOperation", [view.sent(each.message, argument=True)], entries)


def _push(view: DomainView, each: Push, names: PushNames) -> str:
    entries = [entry("name", literal(each.message.key)), _texts("messages", [each.message.key])]
    return _descriptor(view, names.constant, "PushOperation", [view.received(each.message, argument=True)], entries)


def _all_pushes(view: DomainView, alias: Identifier, constant: Identifier) -> str:
    entries = [
        entry("name", literal(view.domain.name or "events")),
        _texts("messages", [push.message.key for push in view.domain.pushes]),
        entry("events", "true"),
    ]
    return _descriptor(view, constant, "PushOperation", [alias], entries)
