"""What opens a connection: the server's URL, the document's arguments, the options; and the address of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.landing.typescript import jsdoc, literal
from wsgen.model import ABSENT, Absent, Json
from wsgen.operations import Argument, Scalar
from wsgen.views.texts import sentence

from .layout import Doc, call, concat, entry, fallback, in_parentheses, lay, obj, parameters, property_line, union
from .package import DeclaredFunction
from .scope import RUNTIME, Scope
from .types import TypedPlace

__all__ = [
    "address",
    "address_function",
    "arguments_interface",
    "example_arguments",
    "opening",
    "opening_tags",
    "told",
]

_TYPES: Mapping[Scalar, str] = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def opening(scope: Scope, place: TypedPlace) -> list[Doc]:
    """The parameters of what opens a connection."""
    found: list[Doc] = [_url(scope, place)]
    if place.names.arguments_type is not None:
        needed = any(each.required and each.default is ABSENT for each in place.connection.arguments)
        end = "" if needed else " = {}"
        found.append(f"given: {scope.sibling('protocol', place.names.arguments_type, type=True)}{end}")
    return [*found, f"options: {scope.type(RUNTIME, 'ConnectionOptions')} = {{}}"]


def _url(scope: Scope, place: TypedPlace) -> str:
    text = f"url: {scope.type(RUNTIME, 'Url')}"
    server = place.default_server
    if server is None:
        return text
    name = scope.shared("servers", place.servers[server.id].name)
    return f"{text} = {name}()" if server.variables else f"{text} = {name}"


def opening_tags(place: TypedPlace) -> list[str]:
    """What JSDoc says of these parameters."""
    known = [place.servers[server.id] for server in place.connection.servers]
    shown = ", ".join(f"`servers.{each.name}{'(...)' if each.variables else ''}`" for each in known)
    default = place.default_server is not None
    such = f", by default {shown}" if default else f", such as {shown}" if known else ""
    tags = [f"@param url The server's{such}."]
    if place.names.arguments_type is not None:
        tags.append("@param given What the channel's address and handshake take.")
    return [*tags, "@param options See `ConnectionOptions`."]


def address(scope: Scope, place: TypedPlace) -> list[Doc]:
    """The channel's address as an argument; none where the server's URL is all there is."""
    if not place.addressed:
        return []
    name = scope.sibling("protocol", place.names.address)
    return [name if place.names.arguments_type is None else f"{name}(given)"]


def arguments_interface(place: TypedPlace) -> str:
    """The type of a channel's arguments."""
    lines: list[str] = []
    for each in place.connection.arguments:
        tags = ["@deprecated"] if each.deprecated else []
        if not isinstance(each.default, Absent):
            tags.insert(0, f"@defaultValue `{literal(each.default)}`")
        said = jsdoc([told(each)], tags, indent=2)
        lines += [f"  {said}"] if said else []
        mark = "" if each.required and each.default is ABSENT else "?"
        lines.append(f"  {property_line(f'{place.argument(each)}{mark}: ', _type(each), 2)}")
    shown = " ".join((place.connection.address or place.connection.channel).split())
    body = "\n".join(lines)
    comment = jsdoc([f"What the channel `{shown}` takes."])
    return f"{comment}\nexport interface {place.names.arguments_type} {{\n{body}\n}}"


def _type(argument: Argument) -> Doc:
    listed = [value for value in argument.values if isinstance(value, str | int)]
    if listed and len(listed) == len(argument.values):
        types: list[Doc] = [literal(value) for value in listed]
    else:
        kinds = argument.kinds or ("string", "number", "boolean")
        types = list(dict.fromkeys(type for kind, type in _TYPES.items() if kind in kinds))
    if not argument.many:
        return union(types)
    return concat("readonly ", types[0] if len(types) == 1 else in_parentheses(types), "[]")


def address_function(scope: Scope, place: TypedPlace) -> DeclaredFunction:
    """The function from the arguments to the channel's address."""
    entries: list[Doc] = [entry("template", literal(place.connection.address or "/"))]
    for location, field in (("path", "parameters"), ("query", "query"), ("header", "headers")):
        pairs = [_pair(place, each) for each in place.connection.arguments if each.location == location]
        if pairs:
            entries.append(entry(field, obj(pairs)))
    shown = " ".join((place.connection.address or place.connection.channel).split())
    head = parameters(
        f"export function {place.names.address}",
        [f"given: {place.names.arguments_type}"],
        scope.type(RUNTIME, "Address"),
        " {",
    )
    return DeclaredFunction(
        comment=jsdoc([f"The address of the channel `{shown}`."]),
        head=lay(head),
        body=lay(concat("return ", call(scope.value(RUNTIME, "channel"), obj(entries, expanded=True)), ";"), 2),
    )


def _pair(place: TypedPlace, argument: Argument) -> Doc:
    given = f"given.{place.argument(argument)}"
    if isinstance(argument.default, Absent):
        return entry(argument.name, given)
    return fallback(argument.name, given, argument.default)


def example_arguments(place: TypedPlace) -> str:
    """The arguments that a caller must give, with a value of the document where it has one; empty: none."""
    found: list[str] = []
    for each in place.connection.arguments:
        if each.required and each.default is ABSENT:
            known = [value for value in (*each.values, *each.examples) if isinstance(value, str | bool | int | float)]
            value = literal(known[0]) if known else '"..."' if "string" in each.kinds else "0"
            found.append(f"{place.argument(each)}: {f'[{value}]' if each.many else value}")
    return f"{{ {', '.join(found)} }}" if found else ""


def told(argument: Argument) -> str:
    """What the document says of an argument, in one line."""
    return " ".join(filter(None, _told(argument)))


def _told(argument: Argument) -> Iterator[str]:
    yield sentence(argument.description)
    if argument.examples:
        yield f"For example {_listed(argument.examples[:3])}."
    if not isinstance(argument.assumed, Absent):
        yield f"Left out, the server takes {_listed([argument.assumed])}."


def _listed(values: Sequence[Json]) -> str:
    return ", ".join(f"`{value if isinstance(value, str) else literal(value)}`" for value in values)
