"""What a frame wraps: `{type, payload}` wrappers are taken off, so that clients speak of payloads alone.

Wrapper schemas have unstable names in FastWS documents (`_MsgWithPayload_Literal_…`); none of them gets out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wsgen.config import ClientSettings
from wsgen.model import Always, Json, Message, Operation, Schema
from wsgen.operations import Discriminator, Envelope, WireMessage
from wsgen.problems import Problems

from .discriminator import Tags
from .perspective import Direction
from .schemas import Schemas
from .traffic import Traffic

__all__ = ["Wires", "find_envelope", "wires_of"]


@dataclass(frozen=True, slots=True)
class Wires:
    """The messages of a connection as they travel, by the keys of the document's messages."""

    sent: dict[str, WireMessage]
    received: dict[str, WireMessage]


def find_envelope(
    traffic: Traffic, sent: Tags, received: Tags, schemas: Schemas, settings: ClientSettings, problems: Problems
) -> Envelope:
    """The envelope of a connection: as the settings say, else as the schemas show.

    There is a wrapper where every frame of both directions has a tag at one and the same top-level property
    and one further property at most, always the same, with objects in it. Otherwise the payload is the frame.
    """
    tag = received.path if traffic.received else sent.path
    whole = Envelope(tag, None, None if sent.path == tag or not traffic.sent else sent.path)
    sides = [tags for tags, side in ((sent, traffic.sent), (received, traffic.received)) if side]
    if settings.envelope is False:
        return whole
    if settings.envelope is not None:
        return _configured(settings.envelope, tag, sides, traffic, schemas, settings, problems) or whole
    if not tag or "." in tag or any(tags.path != tag for tags in sides):
        return whole
    if not all(isinstance(value, str) for tags in sides for value in tags.values.values()):
        return whole
    messages = (*traffic.sent.values(), *traffic.received.values())
    wrapped = {name for message in messages for name in schemas.properties(message.payload)} - {tag}
    if len(wrapped) > 1 or not all(_is_closed(message, schemas) for message in messages):
        return whole
    name = next(iter(wrapped), "payload")
    return Envelope(tag, name) if name == "payload" or _wraps_objects(name, messages, schemas) else whole


def _configured(
    name: str,
    tag: str,
    sides: Sequence[Tags],
    traffic: Traffic,
    schemas: Schemas,
    settings: ClientSettings,
    problems: Problems,
) -> Envelope | None:
    """The envelope whose payloads stand in the property `name`; None where that cannot be, which is reported."""
    place = settings.place_of("envelope")
    texts = all(isinstance(value, str) for tags in sides for value in tags.values.values())
    if not tag or "." in tag or not texts or any(tags.path != tag for tags in sides):
        text = "an envelope needs one top-level property with the wire type in every message of both directions"
        problems.error("WSG910", text, place, "name it as `discriminator`, or write `envelope = false`")
        return None
    messages = (*traffic.sent.values(), *traffic.received.values())
    found = {property for each in messages for property in schemas.properties(each.payload)}
    if name not in found:
        near = get_close_matches(name, sorted(found - {tag}), 1)
        listed = ", ".join(f"`{each}`" for each in sorted(found - {tag}))
        help = f"did you mean `{near[0]}`?" if near else f"they have {listed}" if listed else ""
        problems.error("WSG910", f"the envelope is `{name}`, and no message has such a property", place, help)
        return None
    for message in traffic.sent.values():
        beside = sorted(schemas.required(message.payload) - {tag, name})
        if beside:
            listed = ", ".join(f"`{each}`" for each in beside)
            text = f"`{message.id}` needs {listed} beside the envelope's `{name}`, and nothing could be sent there"
            problems.error("WSG910", text, place, "write `envelope = false`", ((message.place, "the message"),))
    return Envelope(tag, name)


def _is_closed(message: Message, schemas: Schemas) -> bool:
    """Whether the frame has the properties that the schema names and no alternatives to them."""
    parts = schemas.parts(message.payload)
    return bool(parts) and not any(schemas.alternatives(part) for part in parts)


def _wraps_objects(name: str, messages: tuple[Message, ...], schemas: Schemas) -> bool:
    wrapped = [schemas.at(message.payload, name) for message in messages]
    return all(
        isinstance(schema, Always) or schemas.is_object(schemas.without_null(schema)[0])
        for schema in wrapped
        if schema is not None
    )


def wires_of(traffic: Traffic, sent: Tags, received: Tags, envelope: Envelope, schemas: Schemas) -> Wires:
    """Every message of a connection as it travels."""

    def side(messages: dict[str, Message], tags: Tags, direction: Direction) -> dict[str, WireMessage]:
        told = Counter(_told(tags.of(message)) for message in messages.values())
        wires = [
            _wire(message, tags, direction, envelope, schemas, traffic.operations.get(key), told)
            for key, message in messages.items()
        ]
        return dict(zip(messages, _with_unique_keys(wires), strict=True))

    return Wires(side(traffic.sent, sent, "to_server"), side(traffic.received, received, "from_server"))


def _wire(
    message: Message,
    tags: Tags,
    direction: Direction,
    envelope: Envelope,
    schemas: Schemas,
    operation: Operation | None,
    told: Mapping[tuple[str, str], int],
) -> WireMessage:
    frame = tags.kinds.get(message.key, "json")
    payload, optional = _payload(message, envelope, schemas, direction) if frame == "json" else (None, False)
    discriminator = tags.of(message)
    named = discriminator.by == "constant" and (bool(tags.path) or _is_name(discriminator.value))
    return WireMessage(
        id=message.id,
        key=str(discriminator.value) if named and told[_told(discriminator)] == 1 else message.id,
        frame=frame,
        direction=direction,
        discriminator=discriminator,
        payload=payload,
        place=message.place,
        optional=optional,
        formats=tuple(schemas.formats(payload)),
        title=message.title or (operation.title if operation else ""),
        summary=message.summary or (operation.summary if operation else ""),
        description=message.description or (operation.description if operation else ""),
        deprecated=message.deprecated or (operation is not None and operation.deprecated),
    )


def _is_name(value: Json) -> bool:
    """Whether a tag can stand for the message where people read of it: `true` and a blank say nothing."""
    return not isinstance(value, bool) and any(map(str.isalnum, str(value)))


def _told(discriminator: Discriminator) -> tuple[str, str]:
    """A tag; one that several messages have, which something else then tells apart, is the wire type of none."""
    return (discriminator.property, str(discriminator.value)) if discriminator.by == "constant" else ("", "")


def _with_unique_keys(wires: list[WireMessage]) -> list[WireMessage]:
    """Ids are unique in a channel, and a connection can have several; wire types differ by themselves."""
    taken: set[str] = set()
    unique: list[WireMessage] = []
    for wire in wires:
        key, number = wire.key, 1
        while key in taken:
            number += 1
            key = f"{wire.key}_{number}"
        taken.add(key)
        unique.append(wire if key == wire.key else replace(wire, key=key))
    return unique


def _payload(
    message: Message, envelope: Envelope, schemas: Schemas, direction: Direction
) -> tuple[Schema | None, bool]:
    """What the envelope wraps, and whether it may be absent.

    FastWS lets every required payload be null as well, and never sends null: that says nothing of the payload.
    Null that a server must get is sent; what is received in its place does not matter.
    """
    if envelope.payload is None:
        return message.payload, False
    wrapped = schemas.at(message.payload, envelope.payload)
    if wrapped is None:
        return None, False
    if schemas.is_null(wrapped):
        wanted = direction == "to_server" and envelope.payload in schemas.required(message.payload)
        return (wrapped if wanted else None), False
    payload, _ = schemas.without_null(wrapped)
    return payload, envelope.payload not in schemas.required(message.payload)
