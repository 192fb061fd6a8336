"""What a client and a server say to each other: a message of one side, and made-up frames of those that follow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from wsgen.operations import Client, ClientConnection, Domain, Handler, Request, Subscription, Update, WireMessage

from .frames import Case, Described, at_path, with_at

__all__ = ["KINDS", "Exchange", "Kind", "exchanges"]

Kind: TypeAlias = Literal["update", "confirmation", "refusal", "reply", "asked"]
KINDS: tuple[Kind, ...] = ("update", "confirmation", "refusal", "reply", "asked")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A subscription, a request, or a request of the server, with all that may follow.

    Attributes:
        connection: the index of its connection among those of the client.
        key: the key of the message that begins it.
        begin: that message; None where it has no payload.
        keys: the keys of what may follow, as the generated descriptor has them.
        follow: each of them alone follows; None where it has no payload.
        outside: why it cannot be played; empty where it can.
    """

    connection: int
    kind: Kind
    key: str
    begin: Case | None
    keys: tuple[str, ...]
    follow: tuple[Case | None, ...] = ()
    outside: str = ""
    others: tuple[Case, ...] = field(default=())
    """A first message for each other subscription that needs a payload."""


@dataclass(frozen=True, slots=True)
class _Frames:
    """The messages of one connection by direction and key."""

    connection: int
    by_key: Mapping[str, Described]

    def of(self, message: WireMessage) -> list[Described]:
        """The messages that a consumer of this one gets: itself, or its members."""
        members = message.members or (message,)
        found = [self.by_key.get(f"{each.direction} {each.key}") for each in members]
        return [each for each in found if each is not None]

    def cases(self, messages: Sequence[WireMessage]) -> list[Case | None]:
        """All made-up frames of messages; None for one without a payload."""
        made = [case for message in messages for one in self.of(message) for case in _instances(one)]
        return [*made, *(None for message in messages if message.payload is None and not message.members)]


def exchanges(client: Client, messages: Sequence[Described]) -> list[Exchange]:
    """All exchanges that the operations of a client are for."""
    found: list[Exchange] = []
    for index, connection in enumerate(client.connections):
        by_key = {f"{each.message.direction} {each.message.key}": each for each in messages if each.connection == index}
        frames = _Frames(index, by_key)
        for domain in connection.domains:
            found += _of_domain(frames, connection, domain)
    return found


def _of_domain(frames: _Frames, connection: ClientConnection, domain: Domain) -> Iterator[Exchange]:
    prefix = connection.envelope.payload or ""
    others = [each for one in connection.domains for each in one.subscriptions]
    for subscription in domain.subscriptions:
        begun = [frames.cases([each.subscribe])[:1] for each in others if each is not subscription]
        firsts = tuple(case for cases in begun for case in cases if case is not None)
        yield from _of_subscription(frames, subscription, prefix, firsts)
    for request in domain.requests:
        yield _answered(frames, "reply", request, prefix)
    for handler in domain.handlers:
        yield _answered(frames, "asked", handler, prefix)


def _of_subscription(frames: _Frames, each: Subscription, prefix: str, others: tuple[Case, ...]) -> Iterator[Exchange]:
    key, keys = each.subscribe.key, tuple(update.message.key for update in each.updates)
    begins = frames.cases([each.subscribe])
    pairs = [pair for update in each.updates for pair in _routed(frames, each, update, begins, prefix)]
    if not pairs:
        reason = NO_ROUTE if begins and isinstance(each.route, Mapping) else NO_INSTANCE
        yield Exchange(frames.connection, "update", key, None, keys, outside=reason)
    for begin in {json.dumps(None if one is None else one.value): one for one, _ in pairs}.values():
        follow = tuple(case for one, case in pairs if one == begin)
        if each.confirmation is not None and begin is not None and not begin.certain:
            yield Exchange(frames.connection, "update", key, begin, keys, outside=UNTOLD)
            continue
        yield Exchange(frames.connection, "update", key, begin, keys, follow, others=others)
    if each.confirmation is None or not begins:
        return
    yield Exchange(
        frames.connection, "confirmation", key, begins[0], keys, tuple(frames.cases([each.confirmation.message]))
    )
    for refusal in each.confirmation.refusals:
        yield Exchange(frames.connection, "refusal", key, begins[0], keys, tuple(frames.cases([refusal.message])))


def _routed(
    frames: _Frames, each: Subscription, update: Update, begins: Sequence[Case | None], prefix: str
) -> Iterator[tuple[Case | None, Case | None]]:
    """Updates, each with a subscribe whose parameters it says where updates are routed by them."""
    if not isinstance(each.route, Mapping):
        yield from ((begins[0], case) for case in frames.cases([update.message]) if begins)
        return
    asked = frames.of(each.subscribe)
    for one in frames.of(update.message):
        for case in _instances(one):
            for begin in begins:
                pair = (
                    None if begin is None else _fitted(begin, asked[0], case, one, _places(each.route, update, prefix))
                )
                if pair is not None:
                    yield pair
                    break


def _places(route: Mapping[str, str], update: Update, prefix: str) -> list[tuple[list[str], list[str]]]:
    """The places in both frames of what they have in common: in an update, and in a subscribe."""
    below = [name for path in (prefix, update.path or "") if path for name in path.split(".")]
    above = prefix.split(".") if prefix else []
    return [([*below, *said.split(".")], [*above, *asked.split(".")]) for said, asked in route.items()]


def _fitted(
    begin: Case, asked: Described, case: Case, said: Described, places: Sequence[tuple[list[str], list[str]]]
) -> tuple[Case, Case] | None:
    """A subscribe and an update that say the same at these places, both valid."""
    wanted, told = begin.value, case.value
    for there, here in places:
        values, parameters = at_path(told, there), at_path(wanted, here)
        if not (values and parameters):
            return None
        parameter = parameters[0]
        if isinstance(parameter, list):
            parameter = parameter[0] if parameter else None
        with_parameter = with_at(told, there, parameter)
        if parameter is not None and said.valid(with_parameter):
            told = with_parameter
        else:
            wanted = with_at(wanted, here, [values[0]] if isinstance(parameters[0], list) else values[0])
    if not (asked.valid(wanted) and said.valid(told)):
        return None
    return replace(begin, value=wanted), replace(case, value=told)


NO_INSTANCE = "no instance could be made up of a message"
UNTOLD = "a server cannot tell the subscribe from other messages"
NO_ROUTE = "no update could be made up that says the parameters of a subscribe"


def _answered(frames: _Frames, kind: Kind, each: Request | Handler, prefix: str) -> Exchange:
    keys = tuple(reply.key for reply in each.replies)
    begins, follow = frames.cases([each.message]), frames.cases(each.replies)
    if each.correlation is not None:  # one that has an id, or room for one
        way = [*([prefix] if prefix else []), *each.correlation.request.split(".")][:-1]
        begins.sort(key=lambda case: case is None or not at_path(case.value, way))
    if not begins or not (follow or not keys):
        return Exchange(frames.connection, kind, each.message.key, None, keys, outside=NO_INSTANCE)
    return Exchange(frames.connection, kind, each.message.key, begins[0], keys, tuple(follow))


def _instances(one: Described) -> list[Case]:
    return [one.case("instance", value) for value in one.values["instance"]]
