"""Views of what operations are made of: descriptors for the runtime, classes around messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wsgen.landing.python import Identifier, literal
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

from .layout import Code, Group, assignment, call, collection, constant_field, tuple_of, union
from .package import EventClass
from .texts import DEPRECATED, docs, summary
from .types import DomainView

__all__ = ["aliases", "constants", "events"]

_OPERATIONS = "._runtime.operations"


def events(view: DomainView) -> tuple[EventClass, ...]:
    """Classes around messages of which a consumer gets several kinds: pushes, updates, replies."""
    domain, names = view.domain, view.names
    payloads: dict[str, tuple[Identifier, WireMessage, str]] = {}
    for push in domain.pushes:
        if push.message.key in names.events:
            key = push.message.key
            payloads[key] = (names.events[key], push.message, view.received(push.message))
    for update in (update for each in domain.subscriptions for update in each.updates):
        key = update.message.key
        if key in names.events and key not in payloads:
            payloads[key] = (names.events[key], update.message, view.update(update))
    found = [_event(view, *each) for each in payloads.values()]
    replies = {reply.key: reply for each in domain.requests for reply in each.replies if reply.key in names.replies}
    answers = {reply.key: reply for each in domain.handlers for reply in each.replies if reply.key in names.answers}
    return (
        *found,
        *(_event(view, names.replies[key], reply, view.received(reply)) for key, reply in replies.items()),
        *(_event(view, names.answers[key], answer, view.sent(answer)) for key, answer in answers.items()),
    )


def _event(view: DomainView, name: Identifier, message: WireMessage, payload: str) -> EventClass:
    key = literal(message.key)
    said = summary(message.summary, message.description)
    text = f"`{message.key}`: {said}" if said else f"The message `{message.key}`."
    return EventClass(
        decorator=view.scope.use("dataclasses", "dataclass"),
        name=name,
        docstring=docs(4, [text, DEPRECATED if message.deprecated else ""]),
        payload="" if payload == "None" else f"payload: {payload}",
        type=constant_field("type", f"{view.scope.use('typing', 'Literal')}[{key}]", key, 4),
    )


def aliases(view: DomainView) -> tuple[str, ...]:
    """Unions over these classes: what consumers and callers get."""
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
    return tuple(union(name, view.scope.use("typing", "TypeAlias"), dict.fromkeys(members)) for name, members in found)


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


def _descriptor(view: DomainView, constant: str, kind: str, arguments: Sequence[str], items: Iterable[Code]) -> str:
    name = view.scope.use(_OPERATIONS, kind)
    return assignment(constant, Group(f"{name}[", tuple(arguments), "]"), call(name, *items))


def _subscription(view: DomainView, each: Subscription, names: SubscriptionNames) -> str:
    one = len(view.domain.subscriptions) == 1
    items: list[Code] = [
        f"domain={literal(view.domain.name if one and view.domain.name else each.subscribe.key)}",
        f"subscribe={literal(each.subscribe.key)}",
        "confirmation=None" if each.confirmation is None else _confirmation(view, "confirmation", each.confirmation),
    ]
    if each.unsubscribe is not None:
        items.append(f"unsubscribe={literal(each.unsubscribe.key)}")
    if each.release is not None:
        items.append(_confirmation(view, "release", each.release))
    if each.release_parameters is not None:
        items.append(f"release_parameters={literal(each.release_parameters)}")
    if each.release_names:
        items.append(_mapping("release_names={", each.release_names.items()))
    if each.release_values:
        items.append(_mapping("release_values={", each.release_values.items()))
    if each.release_topic is not None:
        items.append(f"release_topic={literal(each.release_topic)}")
    items.append(tuple_of("updates=(", [_update(view, update, names) for update in each.updates]))
    if each.defaults:
        items.append(_mapping("defaults={", each.defaults.items()))
    if each.topic_rule is not None:
        items.append(f"topic_rule={literal(each.topic_rule)}")
    if each.strict_topic:
        items.append("strict_topic=True")
    if isinstance(each.route, str):
        items.append(f"route={literal(each.route)}")
    elif each.route is not None:
        items.append(_mapping("route={", each.route.items()))
    if each.delivery is not None:
        items.append(_delivery(view, each.delivery))
    types = (view.sent(each.subscribe), view.update_type(each, names))
    return _descriptor(view, names.constant, "SubscriptionOperation", types, items)


def _delivery(view: DomainView, each: Delivery) -> Code:
    items = [f"policy={literal(each.policy)}"]
    if each.limit is not None:
        items.append(f"limit={literal(each.limit)}")
    if each.key is not None:
        items.append(f"key={literal(each.key)}")
    return call(f"delivery={view.scope.use('._runtime', 'Delivery')}", *items)


def _confirmation(view: DomainView, argument: str, each: Confirmation) -> Code:
    paths = {"status": each.status, "message": each.text, "topic": each.topic}
    items = [f"{name}={literal(path)}" for name, path in paths.items() if path is not None]
    if each.ok is not None:
        items.append(f"ok={literal(each.ok)}")
    more: list[Code] = list(items)
    if each.refusals:
        more.append(_mapping("refusals={", [(refusal.message.key, refusal.text) for refusal in each.refusals]))
    if each.correlation is not None:
        more.append(_correlation(view, each.correlation))
    return call(f"{argument}={view.scope.use(_OPERATIONS, 'Confirmation')}", literal(each.message.key), *more)


def _correlation(view: DomainView, each: Correlation) -> Code:
    paths = [f"request={literal(each.request)}", f"reply={literal(each.reply)}", f"kind={literal(each.kind)}"]
    return call(f"correlation={view.scope.use(_OPERATIONS, 'Correlation')}", *paths)


def _update(view: DomainView, update: Update, names: SubscriptionNames) -> Code:
    items = [literal(update.message.key)]
    if update.topic is not None:
        items.append(f"topic={literal(update.topic)}")
    if update.path is not None:
        items.append(f"data={literal(update.path)}")
    if names.union is not None:
        items.append(f"event={view.names.events[update.message.key]}")
    return call(view.scope.use(_OPERATIONS, "Update"), *items)


def _request(view: DomainView, each: Request, names: RequestNames) -> str:
    items: list[Code] = [
        f"request={literal(each.message.key)}",
        tuple_of("replies=(", [literal(reply.key) for reply in each.replies]),
    ]
    if names.union is not None:
        classes = [(reply.key, view.names.replies[reply.key]) for reply in each.replies]
        items.append(_classes("events={", classes))
    if not each.pipeline:
        items.append("pipeline=False")
    if each.correlation is not None:
        items.append(_correlation(view, each.correlation))
    types = (view.sent(each.message), view.reply_type(each, names))
    return _descriptor(view, names.constant, "RequestOperation", types, items)


def _handler(view: DomainView, each: Handler, names: HandlerNames) -> str:
    items: list[Code] = [
        f"request={literal(each.message.key)}",
        tuple_of("replies=(", [literal(reply.key) for reply in each.replies]),
    ]
    if names.union is not None:
        items.append(_classes("events={", [(reply.key, view.names.answers[reply.key]) for reply in each.replies]))
    if each.correlation is not None:
        items.append(_correlation(view, each.correlation))
    types = (view.received(each.message), view.answer_type(each, names))
    return _descriptor(view, names.constant, "HandlerOperation", types, items)


def _send(view: DomainView, each: Send, names: SendNames) -> str:
    items = [f"message={literal(each.message.key)}"]
    if each.acknowledgement is not None:
        items.append(f"acknowledgement={literal(each.acknowledgement.key)}")
    return _descriptor(view, names.constant, "SendOperation", [view.sent(each.message)], items)


def _push(view: DomainView, each: Push, names: PushNames) -> str:
    key = literal(each.message.key)
    items: list[Code] = [f"name={key}", tuple_of("messages=(", [key])]
    return _descriptor(view, names.constant, "PushOperation", [view.received(each.message)], items)


def _all_pushes(view: DomainView, alias: Identifier, constant: Identifier) -> str:
    keys = [push.message.key for push in view.domain.pushes]
    items: list[Code] = [
        f"name={literal(view.domain.name or 'events')}",
        tuple_of("messages=(", map(literal, keys)),
        _classes("events={", [(key, view.names.events[key]) for key in keys]),
    ]
    return _descriptor(view, constant, "PushOperation", [alias], items)


def _mapping(opening: str, items: Iterable[tuple[str, Json]]) -> Group:
    return collection(opening, [f"{literal(key)}: {literal(value)}" for key, value in items], "}")


def _classes(opening: str, items: Iterable[tuple[str, Identifier]]) -> Group:
    return collection(opening, [f"{literal(key)}: {name}" for key, name in items], "}")
