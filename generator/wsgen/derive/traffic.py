"""The messages of a connection by direction, and what the document itself says of their replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from wsgen.model import Application, Message, Named, Operation
from wsgen.operations import Perspective

from .connections import Group
from .perspective import client_direction

__all__ = ["Traffic", "ids_of_messages", "messages_by_key", "traffic_of"]


@dataclass(slots=True)
class Traffic:
    """What a connection carries; messages by their keys, in document order.

    Attributes:
        declared: keys of sent messages to the keys of the replies that the document names.
        asked: the same for messages that the server sends, and clients answer.
        operations: keys of messages that are alone in an operation to that operation.
        channels: keys of messages to the ids of the channels that carry them.
        spoken: keys of messages to what else they are called in the document.
        twins: keys of messages that other channels of the connection repeat, to the key of the first.
        alike: what twins have in common to the key of the first.
    """

    sent: dict[str, Message] = field(default_factory=dict[str, Message])
    received: dict[str, Message] = field(default_factory=dict[str, Message])
    declared: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    channels: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    spoken: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    twins: dict[str, str] = field(default_factory=dict[str, str])
    alike: dict[tuple[object, ...], str] = field(default_factory=dict[tuple[object, ...], str])
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])

    def known(self, key: str) -> str:
        """The key under which a message is carried."""
        return self.twins.get(key, key)


def messages_by_key(application: Application) -> dict[str, Message]:
    """Every message of a document, also those that no operation names."""
    known = {message.key: message for message in application.messages}
    known.update((message.key, message) for channel in application.channels for message in channel.messages)
    return known


def traffic_of(group: Group, known: Mapping[str, Message], ids: Mapping[str, int], perspective: Perspective) -> Traffic:
    """The traffic of one connection.

    `known` has all messages of the document, by key; `ids` says how many of them have an id.
    """
    traffic = Traffic()
    outwards: list[Operation] = []
    for operation in group.operations:
        replies = operation.reply.messages if operation.reply else ()
        if client_direction(operation.action, perspective.value) == "to_server":
            outwards.append(operation)
            _add(traffic, traffic.sent, operation.messages, operation)
            _add(traffic, traffic.received, replies, operation)
        else:
            _add(traffic, traffic.received, operation.messages, operation)
            _add(traffic, traffic.sent, replies, operation)
            for message in operation.messages if replies else ():
                traffic.asked[traffic.known(message.key)] = tuple(traffic.known(reply.key) for reply in replies)
        if len(operation.messages) == 1:
            traffic.operations.setdefault(traffic.known(operation.messages[0].key), operation)
    for operation in outwards:
        _declare(traffic, operation, known)
    _call_by_definition(traffic, ids)
    return traffic


def _add(traffic: Traffic, side: dict[str, Message], messages: Iterable[Message], operation: Operation) -> None:
    for message in messages:
        if message.key not in side:
            first = traffic.alike.setdefault((id(side), *_likeness(message)), message.key)
            if first == message.key:
                side[message.key] = message
            else:
                traffic.twins[message.key] = first
        # A twin of one direction can be carried under its own key in the other.
        keys = (traffic.known(message.key), *([message.key] if message.key in side else ()))
        for key in dict.fromkeys(keys):
            traffic.channels[key] = tuple(dict.fromkeys((*traffic.channels.get(key, ()), operation.channel)))


def _likeness(message: Message) -> tuple[object, ...]:
    """Equal for messages of several channels with one id and one definition of the payload, else its own."""
    if not isinstance(message.payload, Named) or message.headers is not None:
        return (message.key,)
    return (message.id, message.name, message.payload.key)


def _declare(traffic: Traffic, operation: Operation, known: Mapping[str, Message]) -> None:
    """Replies by `operation.reply` (3.x) and by FastWS's `x-response`."""
    for message in operation.messages:
        if operation.reply is not None and operation.reply.messages:
            key, replies = traffic.known(message.key), (traffic.known(reply.key) for reply in operation.reply.messages)
            traffic.declared[key] = tuple(dict.fromkeys((*traffic.declared.get(key, ()), *replies)))
        elif message.response is not None and message.response in known:
            _add(traffic, traffic.received, [known[message.response]], operation)
            traffic.declared[traffic.known(message.key)] = (traffic.known(message.response),)


def ids_of_messages(known: Mapping[str, Message]) -> Counter[str]:
    """How many messages of a document have an id; those that are alike count once."""
    alike = {(message.id, *_likeness(message)) for message in known.values()}
    return Counter(str(each[0]) for each in alike)


def _call_by_definition(traffic: Traffic, ids: Mapping[str, int]) -> None:
    """Ids of channels are local to them, and made up where 2.x has none; where a message is defined it has a name.

    One that is defined in its channel keeps its id, after the channel's where several channels have that id.
    """
    for side in (traffic.sent, traffic.received):
        for key, message in side.items():
            name = _defined_as(message)
            if name is None:
                channel = traffic.channels[key][0]
                name = f"{channel}.{message.id}" if ids.get(message.id, 0) > 1 else message.id
            if name != message.id:
                traffic.spoken[key] = (message.id,)
                side[key] = replace(message, id=name)


def _defined_as(message: Message) -> str | None:
    """The name of a message's definition; None where it has none of its own."""
    file, _, pointer = message.key.rpartition("#")
    parts = pointer.split("/")
    if parts[1:2] in (["components"], []) or (file and len(parts) < 4):
        last = parts[-1] or PurePosixPath(file).stem
        return last.replace("~1", "/").replace("~0", "~") or None
    if "oneOf" in parts and not message.name and isinstance(message.payload, Named):
        return message.payload.key.rpartition("/")[2]
    return None
