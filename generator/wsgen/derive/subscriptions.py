"""One subscription: roles in its confirmation, the shape of its updates, how they find it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wsgen.config import DomainSettings, Line, SubscriptionSettings, lines_of
from wsgen.model import ABSENT, Json, Schema
from wsgen.operations import Confirmation, Delivery, Refusal, Route, Subscription, Update, WireMessage
from wsgen.problems import Problems

from .releases import Release, find_release
from .replies import Answer, split_wire_type
from .schemas import Schemas
from .topics import find_pairs, find_topic, parameters_of
from .words import answering

__all__ = ["Parts", "Subscribing", "build_subscription"]

OK_VALUES = ("ok", "success", "subscribed")
"""Values of a status that the runtime takes as agreement by itself, beside true."""

DATA_PROPERTIES = ("payload", "data")
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Parts:
    """The messages that make a subscription.

    `both` is what makes the subscribe an unsubscribe, by path, where it is one and the same message.
    """

    subscribe: WireMessage
    answer: Answer
    updates: tuple[WireMessage, ...]
    unsubscribe: WireMessage | None
    release: Answer
    certain: bool
    both: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Subscribing:
    """What holds while one subscription is built. `own` is its table, `recognised` that no domain's verbs make it."""

    domain: str
    settings: DomainSettings
    schemas: Schemas
    problems: Problems
    own: SubscriptionSettings = field(default_factory=SubscriptionSettings)
    recognised: str = ""

    def settled_by(self, *lines: Line) -> str:
        """Lines of this subscription's table that settle something, as `lines_of` gives them."""
        table = ("subscriptions", self.recognised) if self.recognised else ("domains", self.domain)
        return lines_of(*(((*table, *path), value, meaning) for path, value, meaning in lines))

    @property
    def local(self) -> str:
        """The lines that make leaving local."""
        meaning = "nothing is sent when a subscription ends"
        if self.recognised:
            return self.settled_by((("unsubscribe",), "", meaning))
        return self.settled_by((("verbs", "unsubscribe"), "", meaning))

    @property
    def about(self) -> str:
        """What to call the subscription."""
        return self.recognised or self.domain


def build_subscription(parts: Parts, context: Subscribing) -> Subscription:
    """The subscription of a domain. What cannot be decided is reported with the line that decides it."""
    confirmation = _confirmation(parts.subscribe, parts.answer, context) if parts.answer.replies else None
    updates, confirmation = _updates(parts, confirmation, context)
    named = (confirmation is not None and confirmation.topic is not None) or context.settings.topic != "server"
    found = _release(parts, confirmation, named, context)
    release = None
    if found.message is not None and parts.release.replies:
        release = _confirmation(found.message, parts.release, context)
    return Subscription(
        subscribe=parts.subscribe,
        confirmation=confirmation,
        updates=updates,
        unsubscribe=found.message,
        release=release,
        release_parameters=found.parameters,
        release_values=found.values,
        release_names=found.names,
        release_topic=found.topic,
        defaults=_defaults(parts.subscribe, context.schemas),
        topic_rule=_topic_rule(parts.subscribe, context),
        strict_topic=context.settings.strict_topic and context.settings.topic != "server",
        route=_route(parts.subscribe, updates, context),
        delivery=_delivery(updates, context),
        certain=parts.certain,
    )


def _release(parts: Parts, confirmation: Confirmation | None, named: bool, context: Subscribing) -> Release:
    if parts.unsubscribe is None:
        return Release()
    id = parts.release.correlation.request if parts.release.correlation is not None else None
    topic = confirmation.topic if confirmation is not None else None
    found = find_release(
        *(parts.subscribe, parts.unsubscribe, parts.both, topic, context.own.unsubscribe_topic, id, named),
        context.schemas,
    )
    if found.problem:
        context.problems.warning(
            "WSG424",
            f"leaving `{context.about}` is local, because it could not fill `{parts.unsubscribe.key}`, {found.problem}",
            parts.unsubscribe.place,
            f"let it take parameters of `{parts.subscribe.key}` or a single `topic`, or say in the configuration "
            "that leaving is local",
            ((parts.subscribe.place, "the subscription"),),
            context.local,
        )
    return found


def _confirmation(asked: WireMessage, answer: Answer, context: Subscribing) -> Confirmation:
    """The reply that confirms, and which of its properties say what: by the settings, else by name."""
    message, refusals = answer.replies[0], list(answer.refusals)
    others = [each for each in answer.replies[1:] if each not in refusals]
    refusals += [each for each in others if answering(each.key)[0] == "refusal" or answering(each.id)[0] == "refusal"]
    others = [each for each in others if each not in refusals]
    if others:
        _report_several(asked, message, others, context)
    roles, schemas = context.settings.reply, context.schemas
    for role, path in (("status", roles.status), ("message", roles.message), ("topic", roles.topic)):
        if path and schemas.at(message.payload, path) is None:
            text = f"`reply.{role}` is `{path}`, and `{message.key}` has no such property"
            place = context.settings.reply.place_of(role, context.settings.place_of("reply"))
            context.problems.error("WSG428", text, place, _known(message, schemas))
    properties = schemas.properties(message.payload)
    status = _status(message, properties, schemas) if roles.status is None else roles.status or None
    text_path = _text_property(properties, "message", schemas) if roles.message is None else roles.message or None
    topic = _text_property(properties, "topic", schemas) if roles.topic is None else roles.topic or None
    ok = roles.ok if roles.ok is not None else _ok(message, status, context)
    return Confirmation(
        *(message, status, text_path, topic, ok),
        refusals=tuple(Refusal(each, _words_of(each, schemas)) for each in refusals),
        correlation=answer.correlation,
    )


def _words_of(message: WireMessage, schemas: Schemas) -> str | None:
    """The path of what a refusal says to people."""
    for place in ("", "error.", "data.", "payload."):
        for name in ("message", "msg", "reason", "error", "description", "detail"):
            if schemas.is_text(schemas.at(message.payload, place + name)):
                return place + name
    return None


def _report_several(asked: WireMessage, taken: WireMessage, rest: Sequence[WireMessage], context: Subscribing) -> None:
    own = ("domains", context.domain, "replies", split_wire_type(asked)[1])
    path = ("replies", asked.key) if context.recognised else own
    context.problems.warning(
        "WSG429",
        f"`{taken.key}` is taken as the one confirmation of `{asked.key}`; "
        f"{', '.join(f'`{reply.key}`' for reply in rest)} will be unknown messages",
        taken.place,
        "name the one that confirms in the configuration",
        settled_by=lines_of(
            (path, [taken.key], "as it is taken"),
            *((path, [reply.key], "") for reply in rest),
        ),
    )


def _known(message: WireMessage, schemas: Schemas) -> str:
    names = ", ".join(f"`{name}`" for name in schemas.properties(message.payload))
    return f"its properties are {names}" if names else "it has no properties"


def _text_property(properties: Mapping[str, Schema], name: str, schemas: Schemas) -> str | None:
    return name if name in properties and schemas.is_text(properties[name]) else None


def _status(message: WireMessage, properties: Mapping[str, Schema], schemas: Schemas) -> str | None:
    """`status` where it is text or a flag; else the one enumeration that has a value that agrees."""
    own = properties.get("status")
    if own is not None and (schemas.is_text(own) or schemas.is_flag(own)):
        return "status"
    enumerations = [
        name
        for name, schema in properties.items()
        if name != message.discriminator.property
        and any(value in OK_VALUES for value in schemas.values(schema) if isinstance(value, str))
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
            (("reply", "ok"), texts[:1], "all others refuse"),
            *((("reply", "ok"), [text], "") for text in texts[1:]),
        ),
    )
    return None


def _updates(
    parts: Parts, confirmation: Confirmation | None, context: Subscribing
) -> tuple[tuple[Update, ...], Confirmation | None]:
    """The updates, and the confirmation with the topic that it shares with them."""
    schemas = context.schemas
    if not context.recognised:
        return tuple(_update(message, confirmation, context) for message in parts.updates), confirmation
    apart = [member for message in parts.updates for member in message.members or (message,)]
    reply, update = find_topic(parts.subscribe, confirmation, apart, context.own.update_topic, schemas)
    if confirmation is not None and confirmation.topic is None:
        confirmation = replace(confirmation, topic=reply)
    return tuple(Update(message, message.payload, update) for message in parts.updates), confirmation


def _update(message: WireMessage, confirmation: Confirmation | None, context: Subscribing) -> Update:
    """Wrapped, `{topic, payload}`, or flat: then the whole payload is what consumers get."""
    schemas = context.schemas
    properties = schemas.properties(message.payload)
    if not _text_property(properties, "topic", schemas):
        return Update(message, message.payload)
    rest = [name for name in properties if name != "topic"]
    if len(rest) == 1 and rest[0] in DATA_PROPERTIES:
        return Update(message, schemas.without_null(properties[rest[0]])[0], "topic", rest[0])
    named = confirmation is not None and confirmation.topic is not None
    if named or any(name in DATA_PROPERTIES for name in rest):
        return Update(message, message.payload, "topic", None)
    return Update(message, message.payload)


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
    parameters: Sequence[str] = _free_parameters(subscribe, context.schemas)
    route = context.settings.route
    if route is not None and not isinstance(route, str):
        return route if _route_fits(route, flat, subscribe, context) else None
    if context.recognised:
        parameters = list(parameters_of(subscribe, context.schemas))
    if route is not None or not flat or not parameters:
        return route
    if context.recognised:
        apart = [member for update in flat for member in update.message.members or (update.message,)]
        pairs, every = find_pairs(subscribe, apart, context.schemas)
        if every:
            return pairs
        _report_flat(subscribe, flat[0], pairs, context)
        return None
    fields = [set(context.schemas.properties(update.message.payload)) for update in flat]
    common = [name for name in parameters if all(name in each for each in fields)]
    named = list(dict.fromkeys(_FIELD.findall(context.settings.topic)))
    if named and all(name in common for name in named):
        return {name: name for name in named}
    _report_flat(subscribe, flat[0], {name: name for name in common}, context)
    return None


def _free_parameters(subscribe: WireMessage, schemas: Schemas) -> list[str]:
    """What can differ from one subscription to the next: a constant, such as the wire type, cannot."""
    properties = schemas.properties(subscribe.payload)
    return [name for name, schema in properties.items() if len(schemas.values(schema)) != 1]


def _route_fits(route: Mapping[str, str], flat: Sequence[Update], subscribe: WireMessage, context: Subscribing) -> bool:
    """Whether the pairs of a configured route name fields of the updates and parameters."""
    parameters = context.schemas.properties(subscribe.payload)
    fits = True
    for path, parameter in route.items():
        apart = [member for each in flat for member in each.message.members or (each.message,)]
        lacking = [each for each in apart if context.schemas.at(each.payload, path) is None]
        wrong = [(path, message) for message in lacking]
        known = parameter in parameters or context.schemas.at(subscribe.payload, parameter) is not None
        wrong += [] if known else [(parameter, subscribe)]
        for name, message in wrong:
            fits = False
            text = f"the route names `{name}`, and `{message.key}` has no such property"
            context.problems.error("WSG426", text, context.settings.place_of("route"), _known(message, context.schemas))
    return fits


def _report_flat(subscribe: WireMessage, update: Update, common: Mapping[str, str], context: Subscribing) -> None:
    ways: list[Line] = [
        (("route",), "connection", "a connection for each set of parameters"),
        (("route",), "broadcast", "every update to everyone"),
    ]
    if common:
        ways.insert(0, (("route",), dict(common), "pairs of update field and parameter"))
    context.problems.warning(
        "WSG425",
        f"updates of `{context.about}` carry no topic, so one connection can have one set of parameters at a time",
        subscribe.place,
        "say in the configuration how updates find their subscription",
        ((update.message.place, "an update"),),
        settled_by=context.settled_by(*ways),
    )
