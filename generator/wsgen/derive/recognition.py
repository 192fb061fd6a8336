"""Which messages subscribe, which unsubscribe, and what their updates are, where no domain's verbs say so.

A message subscribes that is called so, or has a constant that says so. What its updates are is looked for in
this order, and the first that finds any decides: the configuration; names in the message's own description; the
channel that both are in; a constant that both have; what both are about by their names; a property of the updates
with the name of a parameter; for a message about nothing in particular, all that the server sends unasked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wsgen.config import ClientSettings, SubscriptionSettings
from wsgen.model import Json, Schema
from wsgen.operations import WireMessage
from wsgen.problems import Problems

from .envelope import Wires
from .named import forms
from .replies import Answer, Answers, message_names
from .schemas import Schemas
from .traffic import Traffic
from .words import answering, is_control, is_subscribe, is_unsubscribe, root, roots, topic_of, words

__all__ = ["Recognised", "Search", "answer_of", "recognise", "search_of"]

_QUOTED = re.compile(r"`([^`]+)`")

PLACES = ("", "data", "payload", "params", "result", "body", "arg")
"""Where parameters and what updates say of themselves stand: at the top, or in one of these."""

UNTELLING = frozenset(
    {"id", "type", "event", "op", "action", "method", "jsonrpc", "version", "token", "ts", "timestamp"}
)
"""Properties that do not say what is subscribed to."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A subscription's messages. `both`: the message also unsubscribes, with these values by path."""

    subscribe: WireMessage
    updates: tuple[WireMessage, ...]
    unsubscribe: WireMessage | None = None
    settings: SubscriptionSettings | None = None
    both: Mapping[str, Json] = field(default_factory=dict[str, Json])
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """All that the rules look at.

    Attributes:
        wires: what is sent, and what consumers get.
        apart: the document's messages; in `wires` one stands for several that cannot be told apart.
        keys: their keys in the document.
        standing: what stands for messages that cannot be told apart, by these.
    """

    wires: Wires
    apart: Wires
    traffic: Traffic
    answers: Answers
    settings: ClientSettings
    schemas: Schemas
    problems: Problems
    keys: Mapping[int, str]
    standing: Mapping[int, WireMessage]

    def key_of(self, wire: WireMessage) -> str:
        return self.keys[id(wire)]


def search_of(
    wires: Wires,
    apart: Wires,
    traffic: Traffic,
    answers: Answers,
    settings: ClientSettings,
    schemas: Schemas,
    problems: Problems,
) -> Search:
    """See `Search`."""
    keys = {id(wire): key for side in (apart.sent, apart.received) for key, wire in side.items()}
    standing = {id(member): wire for wire in wires.received.values() for member in wire.members}
    return Search(wires, apart, traffic, answers, settings, schemas, problems, keys, standing)


def recognise(search: Search, taken: set[int]) -> tuple[Recognised, ...]:
    """The subscriptions of a connection but for those in `taken`, which domains have already."""
    configured = {id(wire): (name, own) for name, own, wire in _configured(search)}
    subscribing: list[WireMessage] = []
    for wire in search.wires.sent.values():
        said = id(wire) in configured
        orders = _says(wire, search, is_subscribe) or _both(wire, search) or _lists(wire, search)
        if id(wire) not in taken and (said or orders):
            subscribing.append(wire)
    candidates = _candidates(search, taken)
    found: list[Recognised] = []
    for wire in subscribing:
        _, own = configured.get(id(wire), ("", None))
        if own is not None and own.updates is not None:
            updates, guessed = _named(search, own.updates, own), False
        else:
            updates, guessed = _updates(wire, subscribing, candidates, search)
        updates = tuple({id(each): each for each in (search.standing.get(id(one), one) for one in updates)}.values())
        if updates:
            unsubscribe, both = _unsubscribe(wire, subscribing, own, search)
            found.append(Recognised(wire, updates, unsubscribe, own, both, guessed))
    return tuple(found)


def _configured(search: Search) -> Iterable[tuple[str, SubscriptionSettings, WireMessage]]:
    names = message_names(search.wires.sent, search.traffic)
    for name, own in search.settings.subscriptions.items():
        wire = names.get(own.subscribe or name)
        if wire is None:
            known = ", ".join(f"`{each.key}`" for each in search.wires.sent.values())
            text = f"`{own.subscribe or name}` is no message that the client sends; those are {known}"
            search.problems.error("WSG430", text, own.place, "name the message that subscribes as `subscribe`")
        else:
            yield name, own, wire


def _named(search: Search, wanted: Sequence[str], own: SubscriptionSettings) -> tuple[WireMessage, ...]:
    sides = (search.apart.received, search.wires.received)
    names = {name: wire for side in sides for name, wire in message_names(side, search.traffic).items()}
    for name in wanted:
        if name not in names:
            known = ", ".join(f"`{each.key}`" for each in search.apart.received.values())
            text = f"`{name}` is no message that the server sends; those are {known}"
            search.problems.error("WSG430", text, own.place, "correct the name; an empty list says: no updates")
    found = [names[name] for name in wanted if name in names]
    return tuple(search.standing.get(id(wire), wire) for wire in found)


def answer_of(search: Search, wire: WireMessage, own: SubscriptionSettings) -> Answer:
    """What confirms a subscription, and what refuses it: by the configuration, else as of any other message."""
    found = search.answers.requests[search.key_of(wire)]
    if own.confirmation is not None:
        named = _named(search, [own.confirmation] if own.confirmation else [], own)
        same = found.correlation if named and named[0] in found.all else None
        found = Answer(named, found.refusals if named else (), source="configured", correlation=same)
    if own.refusals is not None:
        found = replace(found, refusals=_named(search, own.refusals, own))
    return found


# Who subscribes.


def _constants(wire: WireMessage, schemas: Schemas) -> dict[str, str]:
    """Texts that a message pins, by path; also the only value of a list's items."""
    found = {path: value for path, value in schemas.pinned(wire.payload).items() if isinstance(value, str)}
    for name, property in schemas.properties(wire.payload).items():
        shape = schemas.shape(property)
        items = shape.items if shape is not None else None
        only = [value for value in schemas.constants(items) if isinstance(value, str)]
        if len(only) == 1:
            found[name] = only[0]
    if wire.discriminator.by == "constant" and isinstance(wire.discriminator.value, str):
        found.setdefault(wire.discriminator.property, wire.discriminator.value)
    return found


def _says(wire: WireMessage, search: Search, order: Callable[[str], bool]) -> bool:
    """Whether a constant, or else the name, is the order. A constant that orders something else decides."""
    opposite = is_unsubscribe if order is is_subscribe else is_subscribe
    constants = _constants(wire, search.schemas).values()
    if any(opposite(value) for value in constants):
        return False
    return any(order(value) for value in constants) or any(order(name) for name in forms(wire))


def _both(wire: WireMessage, search: Search) -> dict[str, Json]:
    """The value that makes a message unsubscribe, where an enumeration of its has both orders."""
    if any(is_unsubscribe(name) for name in forms(wire)):
        return {}
    for name, property in search.schemas.properties(wire.payload).items():
        texts = [value for value in search.schemas.values(property) if isinstance(value, str)]
        plain = {value.lower(): value for value in texts}
        if "subscribe" in plain and "unsubscribe" in plain:
            return {name: plain["unsubscribe"]}
    return {}


def _lists(wire: WireMessage, search: Search) -> bool:
    """Whether a message has a list of what to subscribe to, and one of what to unsubscribe from."""
    return {"subscribe", "unsubscribe"} <= search.schemas.properties(wire.payload).keys()


def _unsubscribe(
    wire: WireMessage, subscribing: Sequence[WireMessage], own: SubscriptionSettings | None, search: Search
) -> tuple[WireMessage | None, Mapping[str, Json]]:
    if own is not None and own.unsubscribe is not None:
        names = message_names(search.wires.sent, search.traffic)
        if own.unsubscribe and own.unsubscribe not in names:
            text = f"`{own.unsubscribe}` is no message that the client sends"
            search.problems.error("WSG430", text, own.place, 'correct the name; `unsubscribe = ""`: leaving is local')
        return names.get(own.unsubscribe), own.unsubscribe_values
    both = _both(wire, search)
    if both or _lists(wire, search):
        return wire, both
    topic = _topic(wire)
    others = [each for each in search.wires.sent.values() if each is not wire and _says(each, search, is_unsubscribe)]
    same = [each for each in others if _topic(each) == topic]
    constants = _telling_constants(wire, search)
    if len(same) > 1 and constants:
        same = [each for each in same if _telling_constants(each, search) == constants] or same
    if not same:
        same = [each for each in others if not _topic(each)]
    return (same[0] if len(same) == 1 else None), {}


def _topic(wire: WireMessage) -> tuple[str, ...]:
    """What a message is about, by the longest of its names; its id before its wire type."""
    return max((topic_of(name) for name in reversed(forms(wire))), key=len)


def _telling_constants(wire: WireMessage, search: Search) -> frozenset[tuple[str, ...]]:
    """The roots of constants that say what is subscribed to, and are no order."""
    return frozenset(
        roots(words(value))
        for value in _constants(wire, search.schemas).values()
        if not is_subscribe(value) and not is_unsubscribe(value) and len(value) > 1 and not value[0].isdigit()
    )


# What its updates are.


def _candidates(search: Search, taken: set[int]) -> list[WireMessage]:
    """What the server sends unasked, and is not about the connection itself."""
    replies = {
        id(reply)
        for answer in search.answers.requests.values()
        for reply in (*answer.all, answer.acknowledgement)
        if not (answer.unasked or (answer.correlation is not None and reply is not None and reply.members))
    }  # what an id tells apart can be an answer at one time and an update at another
    asked = {id(search.wires.received[key]) for key in search.answers.handlers}
    known = replies | asked | taken
    others = [wire for wire in search.wires.received.values() if id(wire) not in known]
    apart = [member for wire in others for member in wire.members or (wire,)]
    return [wire for wire in apart if not _is_about_the_connection(wire)]


def _is_about_the_connection(wire: WireMessage) -> bool:
    names = forms(wire)
    if any(is_control(name) or answering(name)[0] is not None for name in names):
        return True
    said = [(set(roots(words(name))), topic_of(name)) for name in names]
    return any(found & {"subscrib", "unsubscrib"} and not topic for found, topic in said)


def _updates(
    wire: WireMessage, subscribing: Sequence[WireMessage], candidates: Sequence[WireMessage], search: Search
) -> tuple[tuple[WireMessage, ...], bool]:
    """The updates, and whether they are just all there is."""
    quoted = {name for text in (wire.summary, wire.description) for name in _QUOTED.findall(text)}
    found = [each for each in candidates if not quoted.isdisjoint(forms(each))]
    if found:
        return tuple(found), False
    near = _in_its_channel(wire, subscribing, candidates, search)
    for rule in (_by_constant, _by_topic, _by_parameter):
        found = rule(wire, near, search)
        if found:
            return tuple(found), False
    if len(subscribing) > 1 and near is candidates and _topic(wire):
        return (), False
    return tuple(near), len(near) > 1


def _in_its_channel(
    wire: WireMessage, subscribing: Sequence[WireMessage], candidates: Sequence[WireMessage], search: Search
) -> Sequence[WireMessage]:
    """Those in a channel of the message, where other subscriptions have channels of their own."""
    channels = search.traffic.channels

    def of(each: WireMessage) -> set[str]:
        return set(channels.get(search.key_of(each), ()))

    own = of(wire)
    if all(of(each) == own for each in subscribing):
        return candidates
    near = [each for each in candidates if of(each) & own]
    return near or candidates


def _by_constant(wire: WireMessage, near: Sequence[WireMessage], search: Search) -> list[WireMessage]:
    wanted = _telling_constants(wire, search)
    found = [each for each in near if _telling_constants(each, search) & wanted]
    return found if len(found) < len(near) or len(near) == 1 else []


def _by_topic(wire: WireMessage, near: Sequence[WireMessage], search: Search) -> list[WireMessage]:
    topic = _topic(wire)
    if not topic:
        return []
    exact = [each for each in near if any(topic_of(name) == topic for name in forms(each))]
    if exact:
        return exact
    return [each for each in near if any(_begins_or_ends(topic_of(name), topic) for name in forms(each))]


def _begins_or_ends(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return whole[: len(part)] == part or whole[-len(part) :] == part


def _by_parameter(wire: WireMessage, near: Sequence[WireMessage], search: Search) -> list[WireMessage]:
    """Those with a property of a parameter's name, or of its singular where it is a list."""
    required = set(_names(wire, search.schemas, required=True)) or set(_names(wire, search.schemas, required=False))
    found = [each for each in near if required & set(_names(each, search.schemas, required=False))]
    return found if len(found) < len(near) else []


def _names(wire: WireMessage, schemas: Schemas, *, required: bool) -> Iterable[str]:
    for place in PLACES:
        schema: Schema | None = schemas.at(wire.payload, place) if place else wire.payload
        needed = schemas.required(schema)
        pinned = schemas.pinned(schema)
        for name in schemas.properties(schema):
            telling = name not in pinned and name.lower() not in UNTELLING and name not in PLACES
            if telling and (name in needed or not required):
                yield root(name.lower())
