"""Whom a document describes, the server or the client, and what that makes of an action.

AsyncAPI 3.x says `send` and `receive` of the application that a document describes; 2.x says `publish` and
`subscribe` of whoever talks to it, which the model has turned into the same words. Authors often mean the
other side. Who sends a message often shows in words, though: "sent from the client", "receive … from the
server", a message that is called "subscribe". Each such sign is compared with the action beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from wsgen.config import ClientSettings
from wsgen.model import Application, Channel, Message, Operation
from wsgen.operations import Perspective

from .words import spoken

__all__ = ["Direction", "Side", "client_direction", "find_perspective", "sender_of_message"]

Direction: TypeAlias = Literal["to_server", "from_server"]
Side: TypeAlias = Literal["server", "client"]


def client_direction(action: Literal["send", "receive"], described: Side) -> Direction:
    """Where a message of an operation goes, as the generated client sees it.

    `action` is said of the described side (AsyncAPI 3.0.0, Operation Object): what a described server
    receives, the client sends. A document that describes the client says it the other way round.
    """
    to_server = action == ("receive" if described == "server" else "send")
    return "to_server" if to_server else "from_server"


SIDES: tuple[Side, ...] = ("server", "client")

CLEAR = 2
"""How many times the evidence for one side must outweigh that for the other to be beyond doubt."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A piece of evidence: for whom it speaks, how strongly, and why, in a few words."""

    side: Side
    weight: int
    words: str


_SERVER = r"(?:the |our |this |a )?(?:server|backend|back end|gateway|broker)s?"
_CLIENT = (
    r"(?:the |all |your |a |an |any |every |each |web |connected |api )*"
    r"(?:client|frontend|front end|browser|consumer|user)s?"
)

TO_SERVER = re.compile(
    rf"\b(?:client (?:to|->|→|-+>) server"
    rf"|c2s"
    rf"|(?:to|towards) {_SERVER}\b"
    rf"|(?:from|by) {_CLIENT}\b"
    rf"|{_CLIENT} (?:can |may |must |should |will |side )?"
    rf"(?:sends?|publish(?:es)?|emits?|requests?|asks?|pushes)\b"
    rf"|{_CLIENT} (?:can |may |must )?(?:subscribes?|unsubscribes?)\b"
    rf"|{_SERVER} (?:can |will )?(?:receives?|accepts?|expects?|listens?)\b)",
    re.IGNORECASE,
)
FROM_SERVER = re.compile(
    rf"\b(?:server (?:to|->|→|-+>) client"
    rf"|s2c"
    rf"|(?:to|towards) {_CLIENT}\b"
    rf"|(?:from|by) {_SERVER}\b"
    rf"|{_SERVER} (?:can |may |will )?"
    rf"(?:sends?|publish(?:es)?|emits?|push(?:es)?|notif(?:y|ies)|broadcasts?|repl(?:y|ies)|responds?)\b"
    rf"|{_CLIENT} (?:can |may |will )?(?:receives?|gets?|listens?)\b)",
    re.IGNORECASE,
)
SERVERS_VIEW = re.compile(
    r"(?:point of view|perspective|viewpoint|view) of the (?:server|backend)"
    r"|(?:server|backend)(?:'s|’s|-side)? (?:point of view|perspective|viewpoint)",
    re.IGNORECASE,
)
CLIENTS_VIEW = re.compile(
    r"(?:point of view|perspective|viewpoint|view) of the (?:client|consumer|front ?end)"
    r"|(?:client|consumer|front ?end)(?:'s|’s|-side)? (?:point of view|perspective|viewpoint)",
    re.IGNORECASE,
)
CLIENT_TITLE = re.compile(r"\b(?:client|front ?end|sdk|browser)\b", re.IGNORECASE)
SUBSCRIBING = re.compile(r"^(?:un)?subscribe\b|\b(?:un)?subscribe$")
ASKING = re.compile(r"\b(?:request|command)$")
ANSWERING = re.compile(r"\b(?:response|reply|notification)$")
TELLING = re.compile(
    r"^(?:error|welcome|snapshot)\b|\b(?:error|snapshot|welcome)(?: (?:message|event|payload|frame))?$"
)
"""What servers send: clients are told of errors, and of where things stand."""
NEUTRAL = re.compile(r"\b(?:ack|acknowledgement|ok|success|confirmation|result|update)\b")


def find_perspective(application: Application, settings: ClientSettings) -> Perspective:
    """Whom the document describes: the configuration's word, else what the evidence says, else the server."""
    if settings.perspective != "auto":
        said = None if settings.document is None else settings.document.given.get("perspective")
        where = (
            "the configuration" if said != settings.given.get("perspective") or said is None else "the document itself"
        )
        return Perspective(settings.perspective, True, (f"{where} says {settings.perspective}",))
    signs = list(_signs(application))
    weights = {side: sum(sign.weight for sign in signs if sign.side == side) for side in SIDES}
    value: Side = "client" if weights["client"] > weights["server"] else "server"
    against = weights["client" if value == "server" else "server"]
    by_version = application.asyncapi.startswith("2.") and not signs
    certain = by_version or weights[value] > CLEAR * against
    evidence = [sign.words for sign in sorted(signs, key=lambda sign: -sign.weight) if sign.side == value]
    if not signs:
        evidence = [_without_evidence(application)]
    return Perspective(value, certain, tuple(dict.fromkeys(evidence)))


def _without_evidence(application: Application) -> str:
    if application.asyncapi.startswith("2."):
        return "2.x: clients send what is under `publish`"
    return "nothing in the document says otherwise"


def _signs(application: Application) -> Iterator[Sign]:
    yield from _signs_of_info(application)
    for operation in application.operations:
        yield from _signs_of_reply(operation)
        yield from _signs_of_id(application, operation)
        yield from _signs_of_words(operation)
    operations: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in application.operations:
        operations[operation.channel].append(operation)
    for channel in application.channels:
        yield from _signs_of_channel(channel, operations[channel.id])
    yield from _sign_of_handshake(application)


def _signs_of_info(application: Application) -> Iterator[Sign]:
    if SERVERS_VIEW.search(application.description):
        yield Sign("server", 20, "the description takes the server's point of view")
    if CLIENTS_VIEW.search(application.description):
        yield Sign("client", 20, "the description takes the client's point of view")
    if CLIENT_TITLE.search(application.title):
        yield Sign("client", 1, "the title speaks of a client")


def _signs_of_reply(operation: Operation) -> Iterator[Sign]:
    if operation.reply is None:
        return
    side: Side = "server" if operation.action == "receive" else "client"
    yield Sign(side, 4, f"`{operation.id}` has action {operation.action} and a reply")


def _signs_of_id(application: Application, operation: Operation) -> Iterator[Sign]:
    """`receiveX` beside `send`: the name is in the words of the client, so the action is the server's.

    In 2.x names in the words of the client are as they should be (`publish` with `sendX`); the other way
    round the verbs are meant as the client's own.
    """
    first = spoken(operation.id).split(" ")[0].lower()
    named = {"send": "send", "emit": "send", "receive": "receive", "on": "receive"}.get(first)
    if named is None:
        return
    words = f"`{operation.id}` has action {operation.action}"
    if application.asyncapi.startswith("2."):
        if named == operation.action:
            verb = "publish" if operation.action == "receive" else "subscribe"
            yield Sign("client", 1, f"`{operation.id}` is under `{verb}`")
    elif named != operation.action and first != "on":
        yield Sign("server", 2, words)


def _signs_of_words(operation: Operation) -> Iterator[Sign]:
    sender = _sender(operation.id, operation.title, operation.summary, operation.description)
    if sender is not None:
        yield _compared(operation, sender, 3, f"the words of `{operation.id}` say that the {sender} sends it")
        return
    found: list[Side | None] = [sender_of_message(message) for message in operation.messages]
    senders: list[Side] = [sender for sender in found if sender is not None]
    by_id = _sender_by_name(operation.id, subscribing=False)
    if by_id is not None:
        yield _compared(operation, by_id, 1, f"`{operation.id}` reads as sent by the {by_id}")
    if senders and senders.count(senders[0]) == len(senders):
        sender = senders[0]
        yield _compared(operation, sender, 2, f"the messages of `{operation.id}` read as sent by the {sender}")


def _signs_of_channel(channel: Channel, operations: list[Operation]) -> Iterator[Sign]:
    """The words of a channel count where all its operations go one way."""
    sender = _sender(channel.id, channel.title, channel.summary, channel.description)
    if sender is None or len({operation.action for operation in operations}) != 1:
        return
    yield _compared(operations[0], sender, 2, f"the words of channel `{channel.id}` say that the {sender} sends")


def _sign_of_handshake(application: Application) -> Iterator[Sign]:
    """Who only sends and is asked with a query or credentials is the one who is connected to."""
    actions = {operation.action for operation in application.operations}
    asked = any(channel.binding is not None and channel.binding.query for channel in application.channels)
    secured = any(server.security for server in application.servers)
    if actions == {"send"} and (asked or secured):
        yield Sign("server", 2, "there are only messages that are sent, and a query or credentials to connect with")


def _compared(operation: Operation, sender: Side, weight: int, words: str) -> Sign:
    """Whom the action describes when `sender` is the one who sends the messages."""
    other: Side = "client" if sender == "server" else "server"
    return Sign(sender if operation.action == "send" else other, weight, words)


def _sender(*texts: str) -> Side | None:
    """Who sends, by what the texts say; None where they say nothing or both."""
    text = " ".join(spoken(text) for text in texts if text)
    to_server = len(TO_SERVER.findall(text))
    from_server = len(FROM_SERVER.findall(text))
    if to_server == from_server:
        return None
    return "client" if to_server > from_server else "server"


def sender_of_message(message: Message) -> Side | None:
    """Who sends a message, by its words, else by its names; None where they say nothing."""
    said = _sender(message.title, message.summary, message.description)
    if said is not None:
        return said
    names = [name for name in (message.id, message.name, message.title) if name]
    by_name: list[Side | None] = [_sender_by_name(name, subscribing=True) for name in names]
    return next((sender for sender in by_name if sender is not None), None)


def _sender_by_name(name: str, *, subscribing: bool) -> Side | None:
    """Clients ask and subscribe, servers answer. Operations of 2.x can be called `subscribe…` for their verb."""
    words = spoken(name).lower()
    if NEUTRAL.search(words):
        return None
    if ANSWERING.search(words) or (subscribing and TELLING.search(words)):
        return "server"
    return "client" if ASKING.search(words) or (subscribing and SUBSCRIBING.search(words)) else None
