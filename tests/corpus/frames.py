"""Frames of a document's messages: its own examples, and instances made up from its schemas.

Both come from the text of the document and not from what wsgen made of it, so that a misreading shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError
from wsgen.document import load
from wsgen.operations import Client, WireMessage
from wsgen.problems import Problems

from .instances import instances

__all__ = ["Case", "Described", "at_path", "cases", "described", "with_at"]

Tree: TypeAlias = Any  # JSON, as it was loaded

DEPTH = 6
"""How deep references are followed; below, what is optional is left out."""

INSTANCES = 5
"""How many instances of each message are made up."""

KEPT = frozenset(
    [
        "const",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "pattern",
        "minProperties",
        "maxProperties",
        "uniqueItems",
        "multipleOf",
        "format",
    ]
)
"""Keywords that are the same in every dialect."""

Kind: TypeAlias = Literal["example", "instance"]
KINDS: tuple[Kind, ...] = ("example", "instance")
TYPES = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})
MEANT = {"long": "integer", "int": "integer", "float": "number", "double": "number", "datetime": "string"}


@dataclass(frozen=True, slots=True)
class Case:
    """A frame of one message.

    Attributes:
        connection: the index of its connection among those of the client.
        key: the message's key in the generated package.
        certain: whether a receiver can tell it from others.
        delivered: the key of what consumers get: the message's own, or that of what stands for several.
        frame: what it travels as; the value of a text or binary frame is the frame's content.
        declared: the names of all properties that its schema describes.
    """

    connection: int
    key: str
    direction: Literal["to_server", "from_server"]
    kind: Kind
    value: Any
    certain: bool
    delivered: str
    frame: Literal["json", "text", "binary"]
    declared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """A message, and the frames of it that its document knows or allows.

    Attributes:
        delivered: the key of what consumers get.
        declared: the names of all properties that its schema describes.
        valid: whether a frame fits its schema.
    """

    connection: int
    message: WireMessage
    delivered: str
    declared: tuple[str, ...]
    valid: Callable[[Any], bool]
    values: Mapping[Kind, Sequence[Any]]

    def case(self, kind: Kind, value: Any) -> Case:
        """A frame of it as a case."""
        message = self.message
        certain = message.discriminator.by != "undecidable"
        return Case(
            self.connection,
            message.key,
            message.direction,
            kind,
            value,
            certain,
            self.delivered,
            message.frame,
            self.declared,
        )


def described(document: Path, client: Client) -> list[Described]:
    """All messages of a document but those whose definitions lie in other files."""
    root = load(document.as_posix(), Problems()).root
    found: list[Described] = []
    for index, connection in enumerate(client.connections):
        standing = {member.key: wire.key for wire in connection.undivided for member in wire.members}
        for side in (connection.sent, connection.received):
            for message in side:
                others = [other for other in side if other is not message]
                one = _described(root, message, others, index, standing.get(message.key, message.key))
                found += [] if one is None else [one]
    return found


def cases(messages: Iterable[Described]) -> list[Case]:
    """All frames of these messages."""
    return [each.case(kind, value) for each in messages for kind in KINDS for value in each.values[kind]]


def _described(
    root: Tree, message: WireMessage, others: Sequence[WireMessage], connection: int, delivered: str
) -> Described | None:
    node = _at(root, message.place.pointer)
    if not isinstance(node, dict) or "payload" not in node:
        return None
    payload = node["payload"]
    if isinstance(payload, dict) and "schemaFormat" in payload:
        payload = payload.get("schema")
    if "schemaFormat" in node and "json" not in str(node["schemaFormat"]) and "aai" not in str(node["schemaFormat"]):
        return None
    schema = _inlined(payload, root, ())
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError:
        return None
    valid = Draft7Validator(schema).is_valid
    made = [_named(message, each, valid) for each in instances(_closed(schema), INSTANCES)]
    values: dict[Kind, Sequence[Any]] = {"example": list(_examples(node, root)), "instance": made}
    kept: dict[Kind, Sequence[Any]] = {
        kind: [each for each in found if valid(each) and _tells(message, others, each)]
        for kind, found in values.items()
    }
    return Described(connection, message, delivered, tuple(sorted(_declared(schema))), valid, kept)


def _named(message: WireMessage, value: Any, valid: Callable[[Any], bool]) -> Any:
    """A frame with the message's name where it has one: a schema may list those of all messages, or none."""
    told = message.discriminator
    if told.by != "constant" or told.value is None:
        return value
    path = told.property.replace("[]", ".0").split(".")
    named = with_at(value, path, told.value) if at_path(value, path) else value
    return named if valid(named) else value


def _tells(message: WireMessage, others: Iterable[WireMessage], value: Any) -> bool:
    """Whether a frame says which message it is: its schema may allow that it does not, or that it has the name of
    another one; a sender would do neither.
    """
    told = _told(message, value)
    if told is None or (told and told == str(message.discriminator.value)):
        return bool(told)
    return not any(_told(other, value) == str(other.discriminator.value) for other in others)


def _told(message: WireMessage, value: Any) -> str | None:
    """What stands where a message has its name; None where nothing does."""
    property = message.discriminator.property
    if not property or message.discriminator.by == "json_type":
        return ""
    paths = [path.replace("[]", ".0").split(".") for path in property.split("+")]
    found = [each for path in paths for each in at_path(value, path)]
    return "+".join(map(str, found)) if len(found) == len(paths) else None


def at_path(value: Any, path: Sequence[str]) -> list[Any]:
    """What stands at a path; empty where nothing does."""
    for name in path:
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return []
    return [value]


def with_at(value: Any, path: Sequence[str], inner: Any) -> Any:
    """A copy of a value with something else at a path where something stands."""
    if not path:
        return inner
    head, *rest = path
    if isinstance(value, list):
        index = int(head)
        return [*value[:index], with_at(value[index], rest, inner), *value[index + 1 :]]
    return {**value, head: with_at(value[head], rest, inner) if rest else inner}


def _declared(schema: Tree) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "properties":
                yield from value
            inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            for each in inner if name in {"properties", "patternProperties"} or isinstance(value, list) else (value,):
                yield from _declared(each)


def _examples(message: Mapping[str, Any], root: Tree) -> Iterator[Any]:
    for each in _list(message.get("examples")):
        if isinstance(each, dict) and "payload" in each:
            yield each["payload"]
    payload = _followed(message.get("payload"), root)
    if isinstance(payload, dict):
        yield from _list(payload.get("examples"))
        if "example" in payload:
            yield payload["example"]


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _at(root: Tree, pointer: str) -> Tree:
    value = root
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        value = _followed(value, root)
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return _followed(value, root)


def _followed(value: Tree, root: Tree) -> Tree:
    for _ in range(20):
        if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
            return value
        value = _target(value["$ref"], root)
    return None


def _target(reference: str, root: Tree) -> Tree:
    return _at(root, unquote(reference[1:])) if reference.startswith("#/") else None


def _inlined(schema: Tree, root: Tree, within: tuple[str, ...]) -> Tree:
    """A schema of draft 7 without references; what is recursive ends in `false`."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if within.count(reference) > 1 or len(within) >= DEPTH * 4:
            return False
        target = _target(reference, root)
        return True if target is None else _inlined(target, root, (*within, reference))
    return dict(_keywords(schema, root, within))


def _keywords(schema: dict[str, Any], root: Tree, within: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    names = schema.get("required")
    required = {name for name in names if isinstance(name, str)} if isinstance(names, list) else set[str]()
    for name, value in schema.items():
        if name == "type":
            yield from _types(value, schema.get("nullable") is True)
        elif name in {"properties", "patternProperties"} and isinstance(value, dict):
            deep = len(within) >= DEPTH
            kept = {key: each for key, each in value.items() if not deep or key in required}
            yield name, {str(key): _inlined(each, root, within) for key, each in kept.items()}
        elif name in {"items", "additionalItems", "additionalProperties", "not", "if", "then", "else", "contains"}:
            many = isinstance(value, list)
            yield name, [_inlined(each, root, within) for each in value] if many else _inlined(value, root, within)
        elif name == "prefixItems" and isinstance(value, list):
            yield "items", [_inlined(each, root, within) for each in value]
        elif name in {"allOf", "anyOf", "oneOf"} and isinstance(value, list) and value:
            yield name, [_inlined(each, root, within) for each in value]
        elif name == "required" and required:
            yield name, sorted(required)
        elif name == "enum" and isinstance(value, list) and value:
            yield name, [*value, None] if schema.get("nullable") is True and None not in value else value
        elif name in KEPT or (name.startswith("exclusive") and not isinstance(value, bool)):
            yield name, value


def _types(value: object, nullable: bool) -> Iterator[tuple[str, Any]]:
    named = [value] if isinstance(value, str) else _list(value)
    known = [MEANT.get(str(each), str(each)) for each in named]
    if known and all(each in TYPES for each in known):
        yield "type", sorted({*known, "null"} if nullable else set(known))


def _closed(schema: Tree, inside: bool = False) -> Tree:
    """Without properties that nobody describes, where that can be said in one place."""
    if not isinstance(schema, dict):
        return schema
    combined = any(name in schema for name in ("allOf", "anyOf", "oneOf", "if", "not"))
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "properties":
            found[name] = {key: _closed(each) for key, each in value.items()}
        elif name in {"allOf", "anyOf", "oneOf"}:
            alone = len(schema) == 1 and name != "allOf" and not inside
            found[name] = [_closed(each, not alone) for each in value]
        elif name in {"items", "additionalProperties"}:
            found[name] = [_closed(each) for each in value] if isinstance(value, list) else _closed(value)
        else:
            found[name] = value
    described = set(schema.get("required", ())) <= set(schema.get("properties", ()))
    if "properties" in schema and "additionalProperties" not in schema and described and not (combined or inside):
        found["additionalProperties"] = False
    return found
