"""The messages of a connection by direction, and what the document itself says of their replies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wsgen.model import Application, Message, Operation
from wsgen.operations import Perspective

from .connections import Group
from .perspective import client_direction

__all__ = ["Traffic", "messages_by_key", "traffic_of"]


@dataclass(slots=True)
class Traffic:
    """What a connection carries; messages by their keys, in document order.

    Attributes:
        declared: keys of sent messages to the keys of the replies that the document names.
        operations: keys of messages that are alone in an operation to that operation.
    """

    sent: dict[str, Message] = field(default_factory=dict[str, Message])
    received: dict[str, Message] = field(default_factory=dict[str, Message])
    declared: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])


def messages_by_key(application: Application) -> dict[str, Message]:
    """Every message of a document, also those that no operation names."""
    known = {message.key: message for message in application.messages}
    known.update((message.key, message) for channel in application.channels for message in channel.messages)
    return known


def traffic_of(group: Group, known: Mapping[str, Message], perspective: Perspective) -> Traffic:
    """The traffic of one connection. `known` has all messages of the document, by key."""
    traffic = Traffic()
    outwards: list[Operation] = []
    for operation in group.operations:
        if client_direction(operation.action, perspective.value) == "to_server":
            outwards.append(operation)
            _add(traffic.sent, operation.messages)
            _add(traffic.received, operation.reply.messages if operation.reply else ())
        else:
            _add(traffic.received, operation.messages)
            _add(traffic.sent, operation.reply.messages if operation.reply else ())
        if len(operation.messages) == 1:
            traffic.operations.setdefault(operation.messages[0].key, operation)
    for operation in outwards:
        _declare(traffic, operation, known)
    return traffic


def _add(side: dict[str, Message], messages: Iterable[Message]) -> None:
    for message in messages:
        side.setdefault(message.key, message)


def _declare(traffic: Traffic, operation: Operation, known: Mapping[str, Message]) -> None:
    """Replies by `operation.reply` (3.x) and by FastWS's `x-response`."""
    for message in operation.messages:
        if operation.reply is not None and operation.reply.messages:
            replies = tuple(reply.key for reply in operation.reply.messages)
            already = traffic.declared.get(message.key, ())
            traffic.declared[message.key] = tuple(dict.fromkeys((*already, *replies)))
        elif message.response is not None and message.response in known:
            _add(traffic.received, [known[message.response]])
            traffic.declared[message.key] = (message.response,)
