"""How a receiver can tell the messages of a direction apart.

A tag is a property, at any path, that is a constant in every message of the direction, another one in each.
It is found, never guessed from a list of names: a constant that several messages share decides nothing, and a
property with several values is data. Where both directions have a tag at the same path, that one is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wsgen.model import Message
from wsgen.operations import Discriminator
from wsgen.problems import Problems

from .schemas import Constant, Schemas
from .traffic import Traffic

__all__ = ["Tags", "find_tags", "wire_type"]


COMPARED = 200
"""How many messages are compared with each other for an example of two that look the same."""


@dataclass(frozen=True, slots=True)
class Tags:
    """How the messages of one direction are known.

    Attributes:
        path: the path of the tag; empty where there is none.
        values: the tag's value of each message, by the message's key.
    """

    by: Literal["single", "constant", "undecidable"]
    path: str = ""
    values: Mapping[str, Constant] = field(default_factory=dict[str, Constant])

    def of(self, message: Message) -> Discriminator:
        if self.path:
            return Discriminator("constant", self.path, self.values[message.key])
        return Discriminator(self.by)


def wire_type(tags: Tags, message: Message) -> str | None:
    """The wire type of a message, as text; None where it has none."""
    value = tags.values.get(message.key)
    return None if value is None else str(value)


def find_tags(traffic: Traffic, schemas: Schemas, configured: str | None, problems: Problems) -> tuple[Tags, Tags]:
    """The tags of sent and of received messages.

    Received messages that cannot be told apart are an error: no client could be right about them. Sent ones
    need no tag, since their sender knows them.
    """
    sent, received = tuple(traffic.sent.values()), tuple(traffic.received.values())
    if configured is not None:
        return _configured(sent, configured, schemas), _configured(received, configured, schemas)
    of_sent, of_received = _candidates(sent, schemas), _candidates(received, schemas)
    common = [path for path in of_received if path in of_sent]
    if common and _is_convincing(common[0], sent, received, of_sent, of_received):
        of_sent = {common[0]: of_sent[common[0]]}
        of_received = {common[0]: of_received[common[0]]}
        return _decided(sent, of_sent, True), _decided(received, of_received, True)
    tags = _decided(sent, of_sent, len(sent) > 1), _decided(received, of_received, len(received) > 1)
    if tags[1].by == "undecidable":
        _report_undecidable(received, schemas, problems)
    return tags


def _candidates(messages: tuple[Message, ...], schemas: Schemas) -> dict[str, dict[str, Constant]]:
    """Paths at which every message has a constant of its own, best first, with the constants by message key.

    The outermost is best; among those at one depth the one whose constants are the messages' names.
    """
    pinned = {message.key: schemas.pinned(message.payload) for message in messages}
    if not pinned:
        return {}
    first = next(iter(pinned.values()))
    found = {
        path: {key: values[path] for key, values in pinned.items()}
        for path in first
        if all(path in values for values in pinned.values())
    }
    distinct = {path: values for path, values in found.items() if _all_differ(values.values())}
    ranked = sorted(distinct, key=lambda path: (path.count("."), -_named(distinct[path], messages)))
    return {path: distinct[path] for path in ranked}


def _all_differ(values: Iterable[Constant]) -> bool:
    texts = [str(value) for value in values]
    return len(set(texts)) == len(texts)


def _named(values: Mapping[str, Constant], messages: tuple[Message, ...]) -> int:
    """How many messages are called like their constant."""
    return sum(
        _plain(str(values[message.key])) in {_plain(message.id), _plain(message.name), _plain(message.title)}
        for message in messages
    )


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _is_convincing(
    path: str,
    sent: tuple[Message, ...],
    received: tuple[Message, ...],
    of_sent: Mapping[str, Mapping[str, Constant]],
    of_received: Mapping[str, Mapping[str, Constant]],
) -> bool:
    """Whether a common tag is one, and no constant like a version, where each direction has one message."""
    if len(sent) > 1 or len(received) > 1:
        return True
    values = {*of_sent[path].values(), *of_received[path].values()}
    return len(values) == 2 or _named(of_received[path], received) > 0


def _decided(messages: tuple[Message, ...], candidates: Mapping[str, Mapping[str, Constant]], tagged: bool) -> Tags:
    if not messages:
        return Tags("single")
    if len(messages) == 1 and not tagged:
        # Alone it needs no tag; a constant that is its name is one all the same, and keeps strangers out.
        named = [path for path, values in candidates.items() if _named(values, messages)]
        return Tags("constant", named[0], candidates[named[0]]) if named else Tags("single")
    for path, values in candidates.items():
        return Tags("constant", path, values)
    return Tags("undecidable")


def _configured(messages: tuple[Message, ...], path: str, schemas: Schemas) -> Tags:
    """The configured tag: a message without a constant there has its name as the wire type."""
    if not messages:
        return Tags("single")
    pinned = {message.key: schemas.pinned(message.payload).get(path) for message in messages}
    values = {message.key: pinned[message.key] or message.name or message.id for message in messages}
    return Tags("constant", path, values) if _all_differ(values.values()) else Tags("undecidable")


def _report_undecidable(messages: tuple[Message, ...], schemas: Schemas, problems: Problems) -> None:
    for message in messages:
        for name, values in schemas.contradictions(message.payload).items():
            problems.warning(
                "WSG411",
                f"`{name}` of message `{message.id}` must be {' and '.join(repr(v) for v in values)} at once",
                message.place,
                "leave one of the constants out",
            )
    first, second = _nearest_pair(messages, schemas)
    path = _almost(messages, schemas)
    what = f"`{path}` is a constant in some of them only, or the same in several" if path else "none has a constant"
    problems.error(
        "WSG410",
        f"the {len(messages)} messages that the server sends cannot be told apart, as `{first.id}` and "
        f"`{second.id}`: {what}",
        first.place,
        f"give each a property `{path or 'type'}` with a `const` of its own, or set `discriminator` in the "
        f"configuration to the property that holds the message's name",
        ((second.place, f"`{second.id}` looks the same"),),
    )


def _nearest_pair(messages: tuple[Message, ...], schemas: Schemas) -> tuple[Message, Message]:
    """Two messages that no constant tells apart."""
    pinned = [schemas.pinned(message.payload) for message in messages[:COMPARED]]
    for left in range(len(pinned)):
        for right in range(left + 1, len(pinned)):
            shared = pinned[left].keys() & pinned[right].keys()
            if all(pinned[left][path] == pinned[right][path] for path in shared):
                return messages[left], messages[right]
    return messages[0], messages[1]


def _almost(messages: tuple[Message, ...], schemas: Schemas) -> str:
    """The property that is a constant in most messages; empty where there is none."""
    counts: dict[str, int] = {}
    for message in messages:
        for path in schemas.pinned(message.payload):
            counts[path] = counts.get(path, 0) + 1
    return max(counts, key=lambda path: counts[path]) if counts else ""
