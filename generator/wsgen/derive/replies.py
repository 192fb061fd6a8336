"""What answers what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from wsgen.config import ClientSettings, domain_table, lines_of
from wsgen.model import Application, Message
from wsgen.operations import WireMessage
from wsgen.problems import Problems

from .envelope import Wires
from .traffic import Traffic

__all__ = ["Answer", "Source", "find_answers", "split_wire_type"]

Source: TypeAlias = Literal["configured", "declared", "echo", "inferred", "none"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends after one message.

    Attributes:
        replies: the messages of which one answers; empty: nothing does.
        acknowledgement: FastWS's frame after a one-way message, which says nothing.
        source: how the replies were found.
    """

    replies: tuple[WireMessage, ...] = ()
    acknowledgement: WireMessage | None = None
    source: Source = "none"


@dataclass(frozen=True, slots=True)
class _Search:
    """All that the rules below look at."""

    application: Application
    settings: ClientSettings
    traffic: Traffic
    wires: Wires
    problems: Problems
    by_name: Mapping[str, WireMessage] = field(default_factory=dict[str, WireMessage])


def split_wire_type(wire: WireMessage) -> tuple[str, str]:
    """Domain and verb: a wire type at its last dot. Without a dot, or a wire type, the domain is empty."""
    if wire.discriminator.by != "constant":
        return "", wire.key
    domain, dot, verb = wire.key.rpartition(".")
    return (domain, verb) if dot and domain and verb else ("", wire.key)


def find_answers(
    application: Application, settings: ClientSettings, traffic: Traffic, wires: Wires, problems: Problems
) -> dict[str, Answer]:
    """The answer to each sent message, by the message's key.

    The first of these that applies: the configuration (or `x-wsgen-replies` of the message), what the document
    declares (`reply`, `x-response`), the same wire type in the other direction, the wire type with
    `.response` (a guess, with a warning), none.
    """
    by_name: dict[str, WireMessage] = {}
    for wire in wires.received.values():
        by_name.setdefault(wire.key, wire)
    for wire in wires.received.values():
        by_name.setdefault(wire.id, wire)
    search = _Search(application, settings, traffic, wires, problems, by_name)
    return {key: _answer(search, message) for key, message in traffic.sent.items()}


def _answer(search: _Search, message: Message) -> Answer:
    wire = search.wires.sent[message.key]
    configured = _configured(search, message, wire)
    if configured is not None:
        return Answer(configured, source="configured" if configured else "none")
    declared = _declared(search, message)
    if declared is not None:
        return declared
    received = {each.key: each for each in search.wires.received.values() if each.discriminator.by == "constant"}
    if wire.discriminator.by != "constant":
        return Answer()
    if wire.key in received:
        return Answer((received[wire.key],), source="echo")
    response = received.get(f"{wire.key}.response")
    if response is None:
        return Answer()
    search.problems.warning(
        "WSG412",
        f"`{response.key}` is taken as the reply to `{wire.key}` by its name alone",
        wire.place,
        "say so in the document (`x-response`, or `reply` in 3.x), or in the configuration",
        ((response.place, "the reply"),),
        _settled_by(wire, response),
    )
    return Answer((response,), source="inferred")


def _settled_by(wire: WireMessage, response: WireMessage) -> str:
    domain, verb = split_wire_type(wire)
    return lines_of(
        domain_table(domain, "replies"),
        (verb, [response.key], "this is the reply"),
        (verb, [], "nothing answers"),
    )


def _configured(search: _Search, message: Message, wire: WireMessage) -> tuple[WireMessage, ...] | None:
    domain, verb = split_wire_type(wire)
    settings = search.settings.domain(domain)
    names = settings.replies.get(verb)
    if names is None:
        return None
    place = settings.place_of("replies")
    for name in names:
        if name not in search.by_name:
            known = ", ".join(f"`{each.key}`" for each in search.wires.received.values())
            text = f"the reply `{name}` of `{wire.key}` is no message that the server sends; those are {known}"
            search.problems.error("WSG413", text, place, "correct the name, or write an empty list for no reply")
    return tuple(search.by_name[name] for name in names if name in search.by_name)


def _declared(search: _Search, message: Message) -> Answer | None:
    keys = search.traffic.declared.get(message.key)
    if keys is None:
        return None
    if len(keys) == 1 and _is_none_reply(search, message, keys[0]):
        return Answer(acknowledgement=search.wires.received[keys[0]])
    return Answer(tuple(search.wires.received[key] for key in keys), source="declared")


def _is_none_reply(search: _Search, message: Message, key: str) -> bool:
    """FastWS answers a one-way message of a router with `<prefix>None`, without a payload.

    Both have the name of the handler, so that a message that is really called None is not mistaken for it.
    """
    reply, wire = search.traffic.received[key], search.wires.received[key]
    same_handler = bool(message.name) and reply.name == message.name
    return wire.payload is None and same_handler and split_wire_type(wire)[1] == "None"
