"""What opening a connection takes: parameters of the address, and the query and the headers of the ws binding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wsgen.config import ClientSettings, lines_of
from wsgen.model import ABSENT, Absent, Channel, Json, Named, Parameter, Schema, Shape
from wsgen.operations import Argument, Scalar
from wsgen.problems import Problems

from .connections import Group
from .schemas import Schemas

__all__ = ["find_arguments"]

_KINDS: dict[type, Scalar] = {str: "string", bool: "boolean", int: "integer", float: "number"}
_TYPES: dict[str, Scalar] = {"string": "string", "boolean": "boolean", "integer": "integer", "number": "number"}
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OF_THE_HANDSHAKE = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade"})


def find_arguments(
    group: Group, schemas: Schemas, settings: ClientSettings, problems: Problems
) -> tuple[Argument, ...]:
    """The arguments of a connection: those of the path first, then of the query, then headers."""
    found = [*_parameters(group, schemas)]
    if settings.connection != "shared":
        _report_unsaid(group, schemas, problems)
    for channel in group.channels:
        if channel.binding is not None:
            found += _properties(channel.binding.query, "query", schemas)
            found += _headers(channel, schemas, problems)
    unique: dict[tuple[str, str], Argument] = {}
    for each in found:
        unique.setdefault((each.location, each.name), each)
    order = ("path", "query", "header")
    return tuple(sorted(unique.values(), key=lambda each: order.index(each.location)))


def _parameters(group: Group, schemas: Schemas) -> Iterator[Argument]:
    for channel in group.channels:
        for parameter in channel.parameters:
            if f"{{{parameter.name}}}" in (group.address or ""):
                yield _parameter(parameter, schemas)


def _report_unsaid(group: Group, schemas: Schemas, problems: Problems) -> None:
    """Warn of parameters of topics: the URL of a shared connection has no place for them, so messages must say them."""
    for channel in group.channels if group.address is None else ():
        said = {name for message in channel.messages for name in _said(message.payload, schemas)}
        for parameter in channel.parameters:
            standing = f"{{{parameter.name}}}" in (channel.address or "")
            if standing and not parameter.location and parameter.name not in said:
                problems.warning(
                    "WSG452",
                    f"the parameter `{parameter.name[:60]}` of the topic `{str(channel.address)[:80]}` stands in no "
                    "message, and the URL of the connection, which topics share, has no place for it",
                    parameter.place,
                    f"add a property `{parameter.name[:60]}` to the message that asks for the topic; or, where the "
                    "address is a path, begin it with `/`",
                    settled_by=lines_of((("connection",), "per-channel", "addresses are paths; it is an argument")),
                )


def _said(payload: Schema | None, schemas: Schemas) -> Iterator[str]:
    """The names of the properties of a message, and of those of the objects in it."""
    for name, property in schemas.properties(payload).items():
        yield name
        yield from schemas.properties(property)


def _parameter(parameter: Parameter, schemas: Schemas) -> Argument:
    """A parameter is text on the wire; its schema, which 2.x has, says what the text is made of."""
    shape = _shape(parameter.schema, schemas)
    values = _values(parameter.schema, schemas)
    typed = _kinds(shape, values) if parameter.schema is not None else ("string",)
    default: Json | Absent = ABSENT if parameter.default is None else parameter.default
    if shape is not None and _is_scalar(shape.default):
        default = shape.default
    listed = values or parameter.enum
    return Argument(
        name=parameter.name,
        location="path",
        place=parameter.place,
        kinds=typed or ("string",),
        values=_with(default, listed),
        default=default if default is not ABSENT or len(listed) != 1 else listed[0],
        description=parameter.description or (shape.description if shape else ""),
        examples=parameter.examples or (shape.examples if shape else ()),
    )


def _headers(channel: Channel, schemas: Schemas, problems: Problems) -> Iterator[Argument]:
    binding = channel.binding
    for each in _properties(binding.headers if binding else None, "header", schemas):
        name = each.name.lower()
        if _HEADER.fullmatch(name) and name not in _OF_THE_HANDSHAKE and not name.startswith("sec-websocket-"):
            yield each
            continue
        problems.warning(
            "WSG450",
            f"the header `{each.name[:60]}` of the ws binding cannot be given by the caller, and is left out",
            each.place,
            "remove it from the binding"
            + ("; the option `subprotocols` gives it" if name == "sec-websocket-protocol" else ""),
        )


def _properties(schema: Schema | None, location: str, schemas: Schemas) -> Iterator[Argument]:
    required = schemas.required(schema)
    for name, property in schemas.properties(schema).items():
        where = "header" if location == "header" else "query"
        yield _property(name, property, where == "header", name in required, schemas)


def _property(name: str, property: Schema, header: bool, required: bool, schemas: Schemas) -> Argument:
    plain, _ = schemas.without_null(property)
    shape = _shape(plain, schemas)
    many = shape is not None and not header and ("array" in shape.types or shape.items is not None)
    item = shape.items if shape is not None and many else plain
    values = _values(item, schemas)
    default = _default(property, shape, many=many)
    only = values[0] if required and not many and len(values) == 1 else ABSENT
    text = property.description if isinstance(property, Named) else ""
    return Argument(
        name=name,
        location="header" if header else "query",
        place=property.place,
        kinds=_kinds(_shape(item, schemas), values),
        many=many,
        values=values if many else _with(default, values),
        required=required,
        default=(default if only is ABSENT else only) if required else ABSENT,
        assumed=ABSENT if required else default,
        description=text or (shape.description if shape else ""),
        examples=shape.examples if shape else (),
        deprecated=(shape is not None and shape.deprecated) or (isinstance(property, Named) and property.deprecated),
    )


def _shape(schema: Schema | None, schemas: Schemas) -> Shape | None:
    """The part of a schema that says the type, where `allOf` has several."""
    parts = schemas.parts(schema)
    return next((part for part in parts if part.types or part.enum), parts[0] if parts else None)


def _values(schema: Schema | None, schemas: Schemas) -> tuple[Json, ...]:
    """All values of an enumeration, each once; empty where one of them cannot stand in a URL."""
    found = [value for value in schemas.values(schema) if value is not None]
    if not all(_is_scalar(value) for value in found):
        return ()
    return tuple({(type(value), value): value for value in found}.values())


def _kinds(shape: Shape | None, values: Iterable[Json]) -> tuple[Scalar, ...]:
    """The types of a schema, or of its values; empty: any."""
    if shape is not None and shape.types:
        return tuple(dict.fromkeys(_TYPES[type] for type in shape.types if type in _TYPES))
    return tuple(dict.fromkeys(_KINDS[type(value)] for value in values))


def _default(property: Schema, shape: Shape | None, *, many: bool) -> Json | Absent:
    own = property.default if isinstance(property, Named) else ABSENT
    default = own if own is not ABSENT or shape is None else shape.default
    if many:
        return default if isinstance(default, list) and all(map(_is_scalar, default)) else ABSENT
    return default if _is_scalar(default) else ABSENT


def _with(default: Json | Absent, values: tuple[Json, ...]) -> tuple[Json, ...]:
    """The values, and the default among them: a document may forget to list it."""
    known = not values or default is ABSENT or any(default == value for value in values)
    return values if known or isinstance(default, Absent) else (*values, default)


def _is_scalar(value: Json | Absent) -> bool:
    return isinstance(value, str | bool | int | float)
