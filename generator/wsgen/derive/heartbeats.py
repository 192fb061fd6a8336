"""The message that clients send regularly, by the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal, cast

from wsgen.config import ClientSettings, HeartbeatSettings
from wsgen.model import ABSENT, Always, Json, Never, Schema
from wsgen.operations import ClientConnection, Heartbeat, WireMessage
from wsgen.problems import Problems

from .envelope import Wires
from .schemas import Schemas

__all__ = ["find_heartbeat", "report_heartbeat", "with_heartbeat"]

DEPTH = 16
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def find_heartbeat(wires: Wires, settings: ClientSettings, schemas: Schemas, problems: Problems) -> Heartbeat | None:
    """The heartbeat of a connection; None where the connection has no such message."""
    wanted = settings.heartbeat
    message = _named(wires.sent, wanted.type) if wanted else None
    if wanted is None or message is None:
        return None
    payload = cast("Json", wanted.payload)
    if payload is None and not message.optional and schemas.is_object(message.payload):
        payload = {}  # nothing but what the client adds itself: the wire type, and constants
    for path, text in _faults(message.payload, payload, schemas):
        where = f"`{path}` of the heartbeat's payload" if path else "the heartbeat's payload"
        valid = f"write a `payload` that is a valid `{message.key}`"
        help = "leave `payload` out" if message.payload is None else valid
        problems.error("WSG909", f"{where} does not fit `{message.key}`: {text}", wanted.place, help)
    reply = _named(wires.received, wanted.reply) if wanted.reply else None
    if wanted.reply and reply is None:
        _report(wanted, "reply", wanted.reply, [each.key for each in wires.received.values()], problems)
    return Heartbeat(message, wanted.interval, payload, reply)


def with_heartbeat(wires: Wires, all_wires: Wires, heartbeat: Heartbeat | None) -> Wires:
    """The messages that are kept, and those of the heartbeat."""
    if heartbeat is None:
        return wires
    needed = {id(heartbeat.message), id(heartbeat.reply)}

    def side(kept: Mapping[str, WireMessage], every: Mapping[str, WireMessage]) -> dict[str, WireMessage]:
        return {key: wire for key, wire in every.items() if key in kept or id(wire) in needed}

    return replace(wires, sent=side(wires.sent, all_wires.sent), received=side(wires.received, all_wires.received))


def report_heartbeat(connections: Sequence[ClientConnection], settings: ClientSettings, problems: Problems) -> None:
    """Report a heartbeat that no connection can send."""
    wanted = settings.heartbeat
    if wanted is not None and connections and all(each.heartbeat is None for each in connections):
        known = [message.key for connection in connections for message in connection.sent]
        _report(wanted, "type", wanted.type, known, problems)


def _named(wires: Mapping[str, WireMessage], name: str) -> WireMessage | None:
    by_type = (wire for wire in wires.values() if wire.key == name)
    return next(by_type, None) or next((wire for wire in wires.values() if wire.id == name), None)


def _report(
    wanted: HeartbeatSettings, key: Literal["type", "reply"], name: str, known: list[str], problems: Problems
) -> None:
    who = "this client sends" if key == "type" else "the server sends"
    near = get_close_matches(name, known, 1)
    listed = ", ".join(f"`{each}`" for each in known)
    help = f"did you mean `{near[0]}`?" if near else f"those are {listed}" if listed else "there are none"
    problems.error("WSG909", f"the heartbeat's `{key}` is `{name}`, which is no message that {who}", wanted.place, help)


def _faults(
    schema: Schema | None, value: Json, schemas: Schemas, path: str = "", depth: int = DEPTH
) -> Iterator[tuple[str, str]]:
    """Where a payload is plainly not what a schema says: kinds, required properties, constants."""
    if schema is None:
        if value is not None:
            yield path, "it has no payload"
        return
    if isinstance(schema, Never):
        yield path, "nothing may stand here"
    inner, nullable = schemas.without_null(schema)
    shape = schemas.shape(inner)
    if isinstance(schema, Always) or shape is None or depth == 0 or (value is None and (nullable or shape.nullable)):
        return
    types = shape.types or (("object",) if schemas.is_object(inner) else ())
    if types and not any(_is(value, type) for type in types):
        yield path, f"expected {' or '.join(types)}, and it is {_kind(value)}"
        return
    if shape.const is not ABSENT and shape.const != value:
        yield path, f"it is always {shape.const!r}"
    if shape.enum is not None and value not in shape.enum:
        yield path, f"it is one of {', '.join(repr(each) for each in shape.enum)}"
    if isinstance(value, dict):
        properties = schemas.properties(inner)
        for name in sorted(schemas.required(inner) - value.keys()):
            if not schemas.constants(properties.get(name)):
                yield path, f"it needs `{name}`"
        for name, item in value.items():
            if name in properties:
                yield from _faults(properties[name], item, schemas, f"{path}.{name}" if path else name, depth - 1)


def _is(value: Json, type: str) -> bool:
    if isinstance(value, bool):
        return type == "boolean"
    if type == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS.get(type, (object,)))


def _kind(value: Json) -> str:
    return next(name for name in _KINDS if _is(value, name))
