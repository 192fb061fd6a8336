"""One subscription: roles in its confirmation, the shape of its updates, what unsubscribing takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wsgen.config import DomainSettings, Line, domain_table, lines_of
from wsgen.model import ABSENT, Json, Schema
from wsgen.operations import Confirmation, Delivery, Route, Subscription, Update, WireMessage
from wsgen.problems import Problems

from .replies import Answer, split_wire_type
from .schemas import Schemas

__all__ = ["Parts", "Subscribing", "build_subscription"]

OK_VALUES = ("ok", "success", "subscribed")
"""Values of a status that the runtime takes as agreement by itself, beside true."""

DATA_PROPERTIES = ("payload", "data")
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Parts:
    """The messages that make a subscription."""

    subscribe: WireMessage
    answer: Answer
    updates: tuple[WireMessage, ...]
    unsubscribe: WireMessage | None
    release: Answer
    certain: bool


@dataclass(frozen=True, slots=True)
class Subscribing:
    """What holds for one domain while its subscription is built."""

    domain: str
    settings: DomainSettings
    schemas: Schemas
    problems: Problems

    def settled_by(self, *lines: Line) -> str:
        """Lines of this domain's table that settle something, as `lines_of` gives them."""
        return lines_of(domain_table(self.domain), *lines)


def build_subscription(parts: Parts, context: Subscribing) -> Subscription:
    """The subscription of a domain. What cannot be decided is reported with the line that decides it."""
    confirmation = _confirmation(parts.subscribe, parts.answer, context)
    updates = tuple(_update(message, confirmation, context) for message in parts.updates)
    named = confirmation.topic is not None or context.settings.topic != "server"
    unsubscribe, release_parameters = _release(parts, named, context)
    release = _confirmation(unsubscribe, parts.release, context) if unsubscribe and parts.release.replies else None
    return Subscription(
        subscribe=parts.subscribe,
        confirmation=confirmation,
        updates=updates,
        unsubscribe=unsubscribe,
        release=release,
        release_parameters=release_parameters,
        defaults=_defaults(parts.subscribe, context.schemas),
        topic_rule=_topic_rule(parts.subscribe, context),
        strict_topic=context.settings.strict_topic and context.settings.topic != "server",
        route=_route(parts.subscribe, updates, context),
        delivery=_delivery(updates, context),
        certain=parts.certain,
    )


def _confirmation(asked: WireMessage, answer: Answer, context: Subscribing) -> Confirmation:
    """The reply that confirms, and which of its properties say what: by the settings, else by name."""
    message = answer.replies[0]
    if len(answer.replies) > 1:
        _report_several(asked, answer, context)
    roles, schemas = context.settings.reply, context.schemas
    for role, path in (("status", roles.status), ("message", roles.message), ("topic", roles.topic)):
        if path and schemas.at(message.payload, path) is None:
            text = f"`reply.{role}` is `{path}`, and `{message.key}` has no such property"
            place = context.settings.reply.place_of(role, context.settings.place_of("reply"))
            context.problems.error("WSG428", text, place, _known(message, schemas))
    properties = schemas.properties(message.payload)
    status = _status(properties, schemas) if roles.status is None else roles.status or None
    text_path = _text_property(properties, "message", schemas) if roles.message is None else roles.message or None
    topic = _text_property(properties, "topic", schemas) if roles.topic is None else roles.topic or None
    ok = roles.ok if roles.ok is not None else _ok(message, status, context)
    return Confirmation(message, status, text_path, topic, ok)


def _report_several(asked: WireMessage, answer: Answer, context: Subscribing) -> None:
    taken, *rest = answer.replies
    _, verb = split_wire_type(asked)
    context.problems.warning(
        "WSG429",
        f"`{taken.key}` is taken as the one confirmation of `{asked.key}`; "
        f"{', '.join(f'`{reply.key}`' for reply in rest)} will be unknown messages",
        taken.place,
        "name the one that confirms in the configuration",
        settled_by=lines_of(
            domain_table(context.domain, "replies"),
            (verb, [taken.key], "as it is taken"),
            *((verb, [reply.key], "") for reply in rest),
        ),
    )


def _known(message: WireMessage, schemas: Schemas) -> str:
    names = ", ".join(f"`{name}`" for name in schemas.properties(message.payload))
    return f"its properties are {names}" if names else "it has no properties"


def _text_property(properties: Mapping[str, Schema], name: str, schemas: Schemas) -> str | None:
    return name if name in properties and schemas.is_text(properties[name]) else None


def _status(properties: Mapping[str, Schema], schemas: Schemas) -> str | None:
    """`status` where it is text or a flag; else the one enumeration that has a value that agrees."""
    own = properties.get("status")
    if own is not None and (schemas.is_text(own) or schemas.is_flag(own)):
        return "status"
    enumerations = [
        name
        for name, schema in properties.items()
        if any(value in OK_VALUES for value in schemas.values(schema) if isinstance(value, str))
    ]
    flags = [name for name in ("success", "ok") if name in properties and schemas.is_flag(properties[name])]
    found = [*enumerations, *flags]
    return found[0] if len(found) == 1 else None


def _ok(message: WireMessage, status: str | None, context: Subscribing) -> tuple[str | bool, ...] | None:
    """None where the runtime's own values of agreement are among those of the status."""
    values = context.schemas.values(context.schemas.at(message.payload, status)) if status else ()
    texts = [value for value in values if isinstance(value, str)]
    if not texts or any(value in OK_VALUES for value in texts):
        return None
    if len(texts) == 1:
        return (texts[0],)
    context.problems.warning(
        "WSG427",
        f"`{status}` of `{message.key}` is one of {', '.join(texts)}, and none of them is known to agree",
        message.place,
        "list the values that agree in the configuration",
        settled_by=context.settled_by(
            ("reply", {"ok": texts[:1]}, "all others refuse"),
            *(("reply", {"ok": [text]}, "") for text in texts[1:]),
        ),
    )
    return None


def _update(message: WireMessage, confirmation: Confirmation, context: Subscribing) -> Update:
    """Wrapped, `{topic, payload}`, or flat: then the whole payload is what consumers get."""
    schemas = context.schemas
    properties = schemas.properties(message.payload)
    if not _text_property(properties, "topic", schemas):
        return Update(message, message.payload)
    rest = [name for name in properties if name != "topic"]
    if len(rest) == 1 and rest[0] in DATA_PROPERTIES:
        return Update(message, schemas.without_null(properties[rest[0]])[0], "topic", rest[0])
    if confirmation.topic is not None or any(name in DATA_PROPERTIES for name in rest):
        return Update(message, message.payload, "topic", None)
    return Update(message, message.payload)


def _release(parts: Parts, named: bool, context: Subscribing) -> tuple[WireMessage | None, tuple[str, ...] | None]:
    """The message that unsubscribes, and the parameters that it takes where it takes other ones.

    It is sent with those parameters of the subscription that it has too; a single `topic` is filled with the
    server's, where the subscription has one (`named`). One that wants more cannot be filled: leaving is then local.
    """
    unsubscribe, schemas = parts.unsubscribe, context.schemas
    if unsubscribe is None:
        return None, None
    given = schemas.properties(parts.subscribe.payload)
    taken = schemas.properties(unsubscribe.payload)
    if unsubscribe.payload == parts.subscribe.payload or _same_keys(unsubscribe, parts.subscribe):
        return unsubscribe, None
    if unsubscribe.payload is not None and not taken and not schemas.is_object(unsubscribe.payload):
        _report_release(parts, context, "whose payload is no object")
        return None, None
    if named and list(taken) == ["topic"] and "topic" not in given:
        return unsubscribe, ("topic",)
    missing = sorted(schemas.required(unsubscribe.payload) - given.keys())
    shared = tuple(name for name in taken if name in given)
    if missing or (taken and not shared):
        lacking = ", ".join(f"`{name}`" for name in missing or taken)
        _report_release(parts, context, f"which needs {lacking}, and the subscription has no such parameter")
        return None, None
    return unsubscribe, None if set(shared) == given.keys() else shared


def _same_keys(one: WireMessage, other: WireMessage) -> bool:
    return getattr(one.payload, "key", 0) == getattr(other.payload, "key", 1)


def _report_release(parts: Parts, context: Subscribing, why: str) -> None:
    assert parts.unsubscribe is not None
    context.problems.warning(
        "WSG424",
        f"leaving `{context.domain}` is local, because it could not fill `{parts.unsubscribe.key}`, {why}",
        parts.unsubscribe.place,
        f"let it take parameters of `{parts.subscribe.key}` or a single `topic`, or say in the configuration "
        "that leaving is local",
        ((parts.subscribe.place, "the subscription"),),
        context.settled_by(("verbs", {"unsubscribe": ""}, "nothing is sent when a subscription ends")),
    )


def _defaults(subscribe: WireMessage, schemas: Schemas) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, schema in schemas.properties(subscribe.payload).items():
        shape = schemas.shape(schema)
        if shape is not None and shape.default is not ABSENT:
            found[name] = shape.default
    return found


def _topic_rule(subscribe: WireMessage, context: Subscribing) -> str | None:
    """The rule by which a topic can be computed; None: the server alone knows it."""
    rule = context.settings.topic
    if rule in ("server", "sorted-json"):
        return None if rule == "server" else rule
    parameters = context.schemas.properties(subscribe.payload)
    unknown = [name for name in _FIELD.findall(rule) if name not in parameters]
    for name in unknown:
        context.problems.error(
            "WSG426",
            f"the topic `{rule}` names `{name}`, which is no parameter of `{subscribe.key}`",
            context.settings.place_of("topic"),
            _known(subscribe, context.schemas),
        )
    return None if unknown else rule


def _delivery(updates: Sequence[Update], context: Subscribing) -> Delivery | None:
    """The configured policy for slow consumers. Its key must be a field of every update."""
    wanted = context.settings.delivery
    if wanted is None:
        return None
    for update in updates:
        if wanted.key is not None and context.schemas.at(update.data, wanted.key) is None:
            text = f"the delivery names `{wanted.key}`, and what `{update.message.key}` delivers has no such property"
            known = ", ".join(f"`{name}`" for name in context.schemas.properties(update.data))
            context.problems.error(
                "WSG428", text, context.settings.place_of("delivery"), f"it has {known}" if known else ""
            )
    return Delivery(wanted.policy, wanted.limit, wanted.key)


def _route(subscribe: WireMessage, updates: tuple[Update, ...], context: Subscribing) -> Route:
    """How updates without a topic find their subscription."""
    flat = [update for update in updates if update.topic is None]
    parameters = _free_parameters(subscribe, context.schemas)
    route = context.settings.route
    if route is not None and not isinstance(route, str):
        return route if _route_fits(route, flat, subscribe, context) else None
    if route is not None or not flat or not parameters:
        return route
    fields = [set(context.schemas.properties(update.message.payload)) for update in flat]
    common = [name for name in parameters if all(name in each for each in fields)]
    named = list(dict.fromkeys(_FIELD.findall(context.settings.topic)))
    if named and all(name in common for name in named):
        return {name: name for name in named}
    _report_flat(flat[0], common, context)
    return None


def _free_parameters(subscribe: WireMessage, schemas: Schemas) -> list[str]:
    """What can differ from one subscription to the next: a constant, such as the wire type, cannot."""
    properties = schemas.properties(subscribe.payload)
    return [name for name, schema in properties.items() if len(schemas.values(schema)) != 1]


def _route_fits(route: Mapping[str, str], flat: Sequence[Update], subscribe: WireMessage, context: Subscribing) -> bool:
    """Whether the pairs of a configured route name fields of the updates and parameters."""
    parameters = context.schemas.properties(subscribe.payload)
    fits = True
    for field, parameter in route.items():
        lacking = [each.message for each in flat if context.schemas.at(each.message.payload, field) is None]
        wrong = [(field, message) for message in lacking]
        wrong += [] if parameter in parameters else [(parameter, subscribe)]
        for name, message in wrong:
            fits = False
            text = f"the route names `{name}`, and `{message.key}` has no such property"
            context.problems.error("WSG426", text, context.settings.place_of("route"), _known(message, context.schemas))
    return fits


def _report_flat(update: Update, common: Sequence[str], context: Subscribing) -> None:
    ways: list[Line] = [
        ("route", "connection", "a connection for each set of parameters"),
        ("route", "broadcast", "every update to everyone"),
    ]
    if common:
        ways.insert(0, ("route", {name: name for name in common}, "pairs of update field and parameter"))
    context.problems.warning(
        "WSG425",
        f"updates of `{context.domain}` carry no topic, so one connection can have one set of parameters at a time",
        update.message.place,
        "say in the configuration how updates find their subscription",
        settled_by=context.settled_by(*ways),
    )
