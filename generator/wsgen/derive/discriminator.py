"""How a receiver can tell the messages of a direction apart.

A tag is a property, at any path, that is a constant in every message of the direction, another one in each.
It is found, never guessed from a list of names: a constant that several messages share decides nothing, and a
property with several values is data. Where both directions have a tag at the same path, that one is taken.
Where a direction has no tag, its frames are looked at more closely (`forms`, `decisions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from wsgen.config import ClientSettings
from wsgen.model import Application, Message
from wsgen.operations import ByType, Discriminator, Rule

from .connections import Group
from .decisions import decide, discriminators
from .forms import Form, FrameKind, Spot, forms_of, frame_kind
from .schemas import Constant, Schemas
from .traffic import Traffic

__all__ = ["Tags", "find_tags", "wire_type"]


@dataclass(frozen=True, slots=True)
class Tags:
    """How the messages of one direction are known.

    Attributes:
        path: the path of the tag; empty where there is none.
        values: the tag's value of each message, by the message's key.
        rule: what decides where no tag does; its leaves have keys of messages. None: the tag, or there is one message.
        found: how each message is known by the rule, by its key.
        kinds: what messages travel as that are no JSON, by their keys.
    """

    by: Literal["single", "constant", "rule"]
    path: str = ""
    values: Mapping[str, Constant] = field(default_factory=dict[str, Constant])
    rule: Rule | None = None
    found: Mapping[str, Discriminator] = field(default_factory=dict[str, Discriminator])
    kinds: Mapping[str, FrameKind] = field(default_factory=dict[str, FrameKind])

    def of(self, message: Message) -> Discriminator:
        if self.path:
            return Discriminator("constant", self.path, self.values[message.key])
        return self.found.get(message.key) or Discriminator("single")


def wire_type(tags: Tags, message: Message) -> str | None:
    """The wire type of a message, as text; None where it has none."""
    value = tags.values.get(message.key)
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration says of tags.

    Attributes:
        path: the property that holds the wire type; None: it is found.
        values: wire types of messages by their ids, where they are not their names.
    """

    path: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])


def find_tags(
    traffic: Traffic, group: Group, application: Application, schemas: Schemas, settings: ClientSettings
) -> tuple[Tags, Tags]:
    """The tags of sent and of received messages."""
    sent, received = tuple(traffic.sent.values()), tuple(traffic.received.values())
    search = _Search(group, application, schemas, Wanted(settings.discriminator, settings.wire_types))
    if search.wanted.path is not None:
        return search.configured(sent, search.wanted.path), search.configured(received, search.wanted.path)
    of_sent, of_received = _candidates(sent, schemas), _candidates(received, schemas)
    common = [path for path in of_received if path in of_sent]
    if common and _is_convincing(common[0], sent, received, of_sent, of_received):
        return Tags("constant", common[0], of_sent[common[0]]), Tags("constant", common[0], of_received[common[0]])
    return search.tags(sent, of_sent), search.tags(received, of_received)


@dataclass(frozen=True, slots=True)
class _Search:
    """All that the tags of one direction are looked for in."""

    group: Group
    application: Application
    schemas: Schemas
    wanted: Wanted

    def tags(self, messages: tuple[Message, ...], candidates: Mapping[str, Mapping[str, Constant]]) -> Tags:
        kinds = self.kinds(messages)
        if len(messages) == 1 and not kinds:
            # Alone it needs no tag; a constant that is its name is one all the same, and keeps strangers out.
            named = [path for path, values in candidates.items() if _named(values, messages)]
            return Tags("constant", named[0], candidates[named[0]]) if named else Tags("single")
        for path, values in candidates.items():
            return Tags("constant", path, values)
        if not messages:
            return Tags("single")
        return self.ruled(messages, self.forms(messages, kinds), kinds)

    def kinds(self, messages: Iterable[Message]) -> dict[str, FrameKind]:
        """What travels as something else than JSON."""
        found: dict[str, FrameKind] = {}
        for message in messages:
            kind = frame_kind(message, self.application, self.schemas)
            if kind != "json":
                found[message.key] = kind
        return found

    def forms(self, messages: Iterable[Message], kinds: Mapping[str, FrameKind]) -> list[Form]:
        found = [form for each in messages for form in forms_of(each, kinds.get(each.key, "json"), self.schemas)]
        return _with_addresses(found, {message.key: message for message in messages}, self.group, self.schemas)

    def ruled(self, messages: Iterable[Message], forms: list[Form], kinds: Mapping[str, FrameKind]) -> Tags:
        rule = decide(forms, {message.key: _names(message) for message in messages})
        if isinstance(rule, tuple) and kinds:
            # One message that is no JSON, or several of one kind: the rule says of which kind.
            rule = ByType("", ((next(iter(kinds.values())), rule),))
        return Tags("rule", rule=rule, found=discriminators(rule, _labels(forms, self.schemas, messages)), kinds=kinds)

    def configured(self, messages: tuple[Message, ...], path: str) -> Tags:
        """The configured tag: a message without a constant there has its name as the wire type.

        A message that has no such property is known by what else it has; where none has, all of them leave it out.
        """
        if not messages:
            return Tags("single")
        kinds = self.kinds(messages)
        values: dict[str, Constant] = {}
        described = any(self._has(message, path) for message in messages)
        for message in messages:
            tagged = message.id in self.wanted.values or not described or self._has(message, path)
            if message.key not in kinds and tagged:
                pinned = self.schemas.pinned(message.payload).get(path)
                given = self.wanted.values.get(message.id)
                values[message.key] = given or pinned or message.name or message.id
        if len(values) == len(messages) and _all_differ(values.values()):
            return Tags("constant", path, values)
        forms = [_tagged(form, path, values.get(form.message)) for form in self.forms(messages, kinds)]
        return self.ruled(messages, forms, kinds)

    def _has(self, message: Message, path: str) -> bool:
        return self.schemas.at(message.payload, path) is not None


def _tagged(form: Form, path: str, value: Constant | None) -> Form:
    """A form with what the configuration says of its tag."""
    if value is None:
        return form
    return Form(form.message, form.types, {path: Spot((value,), frozenset({"string"}), True)})


def _names(message: Message) -> frozenset[str]:
    return frozenset({_plain(message.id), _plain(message.name), _plain(message.title)} - {""})


def _labels(forms: Iterable[Form], schemas: Schemas, messages: Iterable[Message]) -> dict[str, str]:
    """Paths as people read them: `channels[]` for what stands in every item of a list."""
    lists: dict[str, str] = {}
    for message in messages:
        for name, schema in schemas.properties(message.payload).items():
            shape = schemas.shape(schema)
            if shape is not None and shape.items is not None and not shape.prefix_items:
                lists[f"{name}.0"] = f"{name}[]"
    return lists


def _with_addresses(forms: list[Form], messages: Mapping[str, Message], group: Group, schemas: Schemas) -> list[Form]:
    """Forms whose tag is the address of their channel, where the document's examples show that.

    Channels that share a connection often name themselves in each frame, in a property of any text. That counts
    where the examples of every message have their channel's address there.
    """
    addresses: dict[str, set[str]] = {}
    for channel in group.channels:
        for message in channel.messages:
            addresses.setdefault(message.key, set()).add(channel.address or channel.id)
    if len(group.channels) < 2 or any(len(addresses.get(key, ())) != 1 for key in messages):
        return forms
    address = {key: next(iter(addresses[key])) for key in messages}
    paths = set[str].intersection(*(_where(message, address[key], schemas) for key, message in messages.items()))
    for path in sorted(paths):
        if all(path in form.spots and form.spots[path].values is None for form in forms):
            return [
                replace(form, spots={**form.spots, path: Spot((address[form.message],), frozenset({"string"}), True)})
                for form in forms
            ]
    return forms


def _where(message: Message, address: str, schemas: Schemas) -> set[str]:
    """The top-level properties in which all examples have the address; none without examples."""
    examples = [each.get("payload") for each in message.examples]
    for shape in schemas.parts(message.payload):
        examples.extend(shape.examples)
    objects = [each for each in examples if isinstance(each, dict)]
    found = {name for each in objects for name, value in each.items() if value == address}
    found = {name for name in found if all(each.get(name, address) == address for each in objects)}
    for name, schema in schemas.properties(message.payload).items():
        described = schemas.shape(schema)
        if described is not None and address in described.examples:
            found.add(name)
    return found


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
