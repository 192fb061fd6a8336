"""Domains: messages by the words of their wire types, and what they become together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wsgen.config import ClientSettings
from wsgen.operations import Domain, Push, Request, Send, Subscription, WireMessage
from wsgen.problems import Place, Problems

from .envelope import Wires
from .replies import Answer, split_wire_type
from .schemas import Schemas
from .subscriptions import Parts, Subscribing, build_subscription

__all__ = ["build_domains"]


@dataclass(slots=True)
class _Collected:
    """The messages of one domain, by verb, before anything is made of them."""

    name: str
    place: Place
    sent: dict[str, tuple[WireMessage, Answer]] = field(default_factory=dict[str, tuple[WireMessage, Answer]])
    pushed: dict[str, WireMessage] = field(default_factory=dict[str, WireMessage])


def build_domains(
    wires: Wires,
    answers: Mapping[str, Answer],
    settings: ClientSettings,
    schemas: Schemas,
    problems: Problems,
) -> tuple[Domain, ...]:
    """The domains of a connection, in document order. What answers something is no push."""
    collected: dict[str, _Collected] = {}

    def into(wire: WireMessage) -> tuple[_Collected, str]:
        name, verb = split_wire_type(wire)
        return collected.setdefault(name, _Collected(name, wire.place)), verb

    for key, wire in wires.sent.items():
        domain, verb = into(wire)
        domain.sent[verb] = (wire, answers[key])
    taken = {id(reply) for answer in answers.values() for reply in (*answer.replies, answer.acknowledgement)}
    for wire in wires.received.values():
        if id(wire) not in taken:
            domain, verb = into(wire)
            domain.pushed[verb] = wire
    return tuple(_build(each, settings, schemas, problems) for each in collected.values())


def _build(domain: _Collected, client: ClientSettings, schemas: Schemas, problems: Problems) -> Domain:
    context = Subscribing(domain.name, client.domain(domain.name), schemas, problems)
    subscription = _subscription(domain, context) if domain.name else None
    used: set[int] = set()
    if subscription is not None:
        updates = [update.message for update in subscription.updates]
        used = {id(wire) for wire in (subscription.subscribe, subscription.unsubscribe, *updates)}
    rest = {verb: pair for verb, pair in domain.sent.items() if id(pair[0]) not in used}
    return Domain(
        name=domain.name,
        place=domain.place,
        subscriptions=(subscription,) if subscription else (),
        requests=tuple(
            Request(
                verb,
                wire,
                answer.replies,
                answer.source != "inferred",
                pipeline=client.pipeline_of(domain.name, wire.key),
            )
            for verb, (wire, answer) in rest.items()
            if answer.replies
        ),
        sends=tuple(
            Send(verb, wire, answer.acknowledgement) for verb, (wire, answer) in rest.items() if not answer.replies
        ),
        pushes=tuple(Push(verb, wire) for verb, wire in domain.pushed.items() if id(wire) not in used),
    )


def _subscription(domain: _Collected, context: Subscribing) -> Subscription | None:
    """The subscription of a domain; it needs a `subscribe` with a reply, and something for its update."""
    verbs = context.settings.verbs
    subscribe, answer = domain.sent.get(verbs.subscribe, (None, Answer()))
    if subscribe is None:
        return None
    updates, certain = _updates(domain, verbs.update, answer, subscribe, context)
    if not updates or not answer.replies:
        return None
    unsubscribe, release = domain.sent.get(verbs.unsubscribe, (None, Answer()))
    certain = certain and answer.source != "inferred"
    return build_subscription(Parts(subscribe, answer, updates, unsubscribe, release, certain), context)


def _updates(
    domain: _Collected,
    verbs: Sequence[str],
    answer: Answer,
    subscribe: WireMessage,
    context: Subscribing,
) -> tuple[tuple[WireMessage, ...], bool]:
    """The messages that carry updates, and whether that is beyond doubt."""
    pushes = domain.pushed
    named = tuple(pushes[verb] for verb in verbs if verb in pushes)
    if not answer.replies:
        if pushes:
            _report_unanswered(subscribe, pushes, verbs, context)
        return (), False
    if named:
        return named, True
    if not pushes:
        context.problems.warning(
            "WSG422",
            f"`{subscribe.key}` becomes a plain request, because `{domain.name}` has no message with updates",
            subscribe.place,
            f"add the message `{domain.name}.{verbs[0] if verbs else 'update'}` to what the server sends, or say in "
            "the configuration that nothing is subscribed to",
            settled_by=context.settled_by(("verbs", {"subscribe": ""}, "a plain request")),
        )
        return (), False
    help = "say in the configuration which messages carry updates"
    if len(pushes) == 1:
        only = next(iter(pushes.values()))
        text = f"`{only.key}` is taken as the update of `{domain.name}`, being the only push"
        context.problems.warning("WSG420", text, subscribe.place, help, settled_by=_settled_by(pushes, context))
    else:
        keys = ", ".join(f"`{wire.key}`" for wire in pushes.values())
        text = f"all of {keys} are taken as updates of `{domain.name}`, because none is called {_or(verbs)}"
        context.problems.warning("WSG421", text, subscribe.place, help, settled_by=_settled_by(pushes, context))
    return tuple(pushes.values()), len(pushes) == 1


def _settled_by(pushes: Mapping[str, WireMessage], context: Subscribing) -> str:
    one_each = [[verb] for verb in pushes] if len(pushes) > 1 else []
    return context.settled_by(
        ("verbs", {"update": list(pushes)}, "as it is taken"),
        *(("verbs", {"update": verbs}, "the others are pushes") for verbs in one_each),
        ("verbs", {"subscribe": ""}, "a plain request"),
    )


def _or(verbs: Sequence[str]) -> str:
    return " or ".join(f"`{verb}`" for verb in verbs)


def _report_unanswered(
    subscribe: WireMessage, pushes: Mapping[str, WireMessage], verbs: Sequence[str], context: Subscribing
) -> None:
    candidates = [wire.key for verb, wire in pushes.items() if verb not in verbs]
    context.problems.warning(
        "WSG423",
        f"`{subscribe.key}` becomes a plain send, because nothing answers it and could confirm it",
        subscribe.place,
        "name the reply in the document (`x-response`, or `reply` in 3.x) or in the configuration",
        settled_by=context.settled_by(
            *(("replies", {split_wire_type(subscribe)[1]: [key]}, "this one confirms") for key in candidates),
            ("verbs", {"subscribe": ""}, "a plain send"),
        ),
    )
