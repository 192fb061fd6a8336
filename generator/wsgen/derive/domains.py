"""Domains: messages by the words of their wire types, and what they become together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wsgen.config import ClientSettings, SubscriptionSettings, layered
from wsgen.operations import Domain, Handler, Push, Request, Send, Subscription, WireMessage
from wsgen.problems import Place

from .recognition import Recognised, Search, answer_of, recognise
from .replies import Answer, split_wire_type
from .subscriptions import Parts, Subscribing, build_subscription

__all__ = ["build_domains"]


@dataclass(slots=True)
class _Collected:
    """The messages of one domain, by verb, before anything is made of them."""

    name: str
    place: Place
    sent: dict[str, tuple[WireMessage, Answer]] = field(default_factory=dict[str, tuple[WireMessage, Answer]])
    pushed: dict[str, WireMessage] = field(default_factory=dict[str, WireMessage])
    asked: dict[str, tuple[WireMessage, Answer]] = field(default_factory=dict[str, tuple[WireMessage, Answer]])
    subscription: Subscription | None = None
    recognised: list[Subscription] = field(default_factory=list[Subscription])
    claimed: set[int] = field(default_factory=set[int])

    def used(self) -> Iterator[WireMessage]:
        """The messages of its subscriptions, but for answers."""
        for each in (*(() if self.subscription is None else (self.subscription,)), *self.recognised):
            yield each.subscribe
            yield from () if each.unsubscribe is None else (each.unsubscribe,)
            yield from (update.message for update in each.updates)


def build_domains(search: Search) -> tuple[Domain, ...]:
    """The domains of a connection, in document order. What answers something is no push."""
    collected: dict[str, _Collected] = {}
    wires, answers = search.wires, search.answers

    def into(wire: WireMessage) -> tuple[_Collected, str]:
        name, verb = split_wire_type(wire)
        return collected.setdefault(name, _Collected(name, wire.place)), verb

    for key, wire in wires.sent.items():
        domain, verb = into(wire)
        domain.sent[verb] = (wire, answers.requests[key])
    taken = {
        id(reply)
        for answer in answers.requests.values()
        for reply in (*answer.all, answer.acknowledgement)
        if not answer.unasked
    }
    for key, wire in wires.received.items():
        if key in answers.handlers:
            domain, verb = into(wire)
            domain.asked[verb] = (wire, answers.handlers[key])
        elif id(wire) not in taken:
            domain, verb = into(wire)
            domain.pushed[verb] = wire
    for domain in collected.values():
        domain.subscription = _subscription(domain, _context(domain.name, search)) if domain.name else None
    _recognise(search, collected)
    given = {id(reply) for answer in answers.handlers.values() for reply in answer.all}
    return tuple(found for each in collected.values() if (found := _build(each, given, search.settings)))


def _context(name: str, search: Search) -> Subscribing:
    return Subscribing(name, search.settings.domain(name), search.schemas, search.problems)


def _recognise(search: Search, collected: Mapping[str, _Collected]) -> None:
    """Add the subscriptions that no domain's verbs make."""
    used = {id(wire) for each in collected.values() for wire in each.used()}
    used |= {id(reply) for answer in search.answers.handlers.values() for reply in answer.all}
    used |= {id(wire) for each in collected.values() for wire in _by_verb(each, search)}
    for found in recognise(search, used):
        wire, own = found.subscribe, found.settings or SubscriptionSettings()
        name = next((name for name, each in search.settings.subscriptions.items() if each is own), wire.key)
        domain = collected[split_wire_type(wire)[0]]
        settled = layered(own.domain, search.settings.domain(""))
        context = replace(_context(domain.name, search), settings=settled, own=own, recognised=name)
        answer = answer_of(search, wire, own)
        released = Answer() if found.unsubscribe is None else search.answers.requests[search.key_of(found.unsubscribe)]
        if found.unsubscribe is wire:
            released = answer
        if found.guessed:
            _report_guess(found, context)
        parts = Parts(wire, answer, found.updates, found.unsubscribe, released, answer.certain, found.both)
        domain.recognised.append(build_subscription(parts, context))
        for other in collected.values():
            other.claimed |= {
                id(each) for each in (*found.updates, *(answer.all if answer.source == "configured" else ()))
            }
            other.claimed |= {id(found.unsubscribe)} if found.unsubscribe is not None else set()


def _by_verb(domain: _Collected, search: Search) -> Iterator[WireMessage]:
    """The message of a domain that its verbs speak of: what they make of it holds."""
    verbs = search.settings.domain(domain.name).verbs
    for verb, (wire, _) in domain.sent.items():
        if domain.name and (verb == verbs.subscribe or not verbs.subscribe):
            yield wire


def _report_guess(found: Recognised, context: Subscribing) -> None:
    keys = ", ".join(f"`{wire.key}`" for wire in found.updates[:12])
    more = f" and {len(found.updates) - 12} more" if len(found.updates) > 12 else ""
    context.problems.warning(
        "WSG421",
        f"all of {keys}{more} are taken as updates of `{found.subscribe.key}`, because nothing says which are",
        found.subscribe.place,
        "say in the configuration which messages carry updates",
        settled_by=context.settled_by(
            (("updates",), [wire.key for wire in found.updates], "with those that are"),
            (("updates",), [], "nothing is subscribed to"),
        ),
    )


def _build(domain: _Collected, given: set[int], settings: ClientSettings) -> Domain | None:
    """What the messages of a domain are; `given` are answers to the server. None: nothing is left of it."""
    used = {id(wire) for wire in domain.used()} | domain.claimed
    rest = {verb: pair for verb, pair in domain.sent.items() if id(pair[0]) not in used | given}
    subscriptions = (() if domain.subscription is None else (domain.subscription,), domain.recognised)
    found = Domain(
        name=domain.name,
        place=domain.place,
        subscriptions=tuple(each for several in subscriptions for each in several),
        requests=tuple(
            Request(
                verb,
                wire,
                answer.all,
                answer.certain,
                pipeline=settings.pipeline_of(domain.name, wire.key),
                correlation=answer.correlation,
            )
            for verb, (wire, answer) in rest.items()
            if answer.replies
        ),
        sends=tuple(
            Send(verb, wire, answer.acknowledgement) for verb, (wire, answer) in rest.items() if not answer.replies
        ),
        pushes=tuple(Push(verb, wire) for verb, wire in domain.pushed.items() if id(wire) not in used),
        handlers=tuple(
            Handler(verb, wire, answer.all, answer.certain, answer.correlation)
            for verb, (wire, answer) in domain.asked.items()
        ),
    )
    return found if found.subscriptions or found.requests or found.sends or found.pushes or found.handlers else None


def _subscription(domain: _Collected, context: Subscribing) -> Subscription | None:
    """The subscription of a domain; it needs a `subscribe` with a reply, and something for its update."""
    verbs = context.settings.verbs
    subscribe, answer = domain.sent.get(verbs.subscribe, (None, Answer()))
    if subscribe is None:
        return None
    updates, certain = _updates(domain, verbs.update, answer, subscribe, context)
    if not updates:
        return None
    unsubscribe, release = domain.sent.get(verbs.unsubscribe, (None, Answer()))
    certain = certain and answer.certain
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
    if not answer.replies and pushes and answer.source != "configured":
        _report_unanswered(subscribe, pushes, verbs, context)
    if named:
        return named, True
    if not pushes and not answer.replies:
        return (), False
    if not pushes:
        context.problems.warning(
            "WSG422",
            f"`{subscribe.key}` becomes a plain request, because `{domain.name}` has no message with updates",
            subscribe.place,
            f"add the message `{domain.name}.{verbs[0] if verbs else 'update'}` to what the server sends, or say in "
            "the configuration that nothing is subscribed to",
            settled_by=context.settled_by((("verbs", "subscribe"), "", "a plain request")),
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
        (("verbs", "update"), list(pushes), "as it is taken"),
        *((("verbs", "update"), verbs, "the others are pushes") for verbs in one_each),
        (("verbs", "subscribe"), "", "a plain request"),
    )


def _or(verbs: Sequence[str]) -> str:
    return " or ".join(f"`{verb}`" for verb in verbs)


def _report_unanswered(
    subscribe: WireMessage, pushes: Mapping[str, WireMessage], verbs: Sequence[str], context: Subscribing
) -> None:
    candidates = [wire.key for verb, wire in pushes.items() if verb not in verbs]
    context.problems.warning(
        "WSG423",
        f"nothing answers `{subscribe.key}`, so a subscription counts as confirmed when it is sent",
        subscribe.place,
        "if something does, name it in the document (`x-response`, or `reply` in 3.x) or in the configuration",
        settled_by=context.settled_by(
            (("replies", split_wire_type(subscribe)[1]), [], "as it is taken"),
            *((("replies", split_wire_type(subscribe)[1]), [key], "this one confirms") for key in candidates),
            (("verbs", "subscribe"), "", "a plain send"),
        ),
    )
