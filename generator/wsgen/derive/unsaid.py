"""Directions of a document that has channels and no operations: nothing in it says who sends what."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from wsgen.model import Application, Channel, Message, Operation
from wsgen.operations import Perspective
from wsgen.problems import Problems

from .perspective import Side, sender_of_message

__all__ = ["with_operations"]


def with_operations(application: Application, perspective: Perspective, problems: Problems) -> Application:
    """An application whose messages go one way each: from the client where their words say so, else from the server.

    Who documents messages alone documents what a server tells its clients, mostly. With any operation in the
    document nothing is assumed.
    """
    channels = [channel for channel in application.channels if channel.messages]
    if application.operations or not channels:
        return application
    sides: tuple[Side, ...] = ("client", "server")
    assumed = tuple(
        _operation(channel, messages, side, perspective)
        for channel in channels
        for side in sides
        if (messages := tuple(each for each in channel.messages if _sender(each) == side))
    )
    theirs = dict.fromkeys(each.id for channel in channels for each in channel.messages if _sender(each) == "client")
    listed = ", ".join(f"`{id[:40]}`" for id in list(theirs)[:5])
    more = f" and {len(theirs) - 5} more" if len(theirs) > 5 else ""
    but = f", but for {listed}{more}, whose words say that the client sends them" if theirs else ""
    problems.warning(
        "WSG404",
        f"the document has no operations, so nothing says who sends what; all messages are taken as the server's{but}",
        application.place,
        "add operations with `action: send` and `action: receive`, each with the messages that go that way",
    )
    return replace(application, operations=assumed)


def _sender(message: Message) -> Side:
    return sender_of_message(message) or "server"


def _operation(channel: Channel, messages: tuple[Message, ...], sender: Side, perspective: Perspective) -> Operation:
    action: Literal["send", "receive"] = "send" if sender == perspective.value else "receive"
    return Operation(f"{channel.id}.{action}", action, channel.id, messages, channel.place)
