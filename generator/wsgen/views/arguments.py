"""What a façade's constructor takes besides the server's URL: signature, documentation, and the address of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsgen.landing.python import Identifier, literal
from wsgen.model import ABSENT, Absent, Json
from wsgen.operations import Argument, Scalar

from .connections import NamedConnection
from .layout import Code, Group, call, collection, definition, lay
from .options import OPTION_TYPES
from .package import AddressFunction, OptionsClass
from .scope import Scope
from .texts import arguments, docs, sentence

__all__ = [
    "address_argument",
    "address_function",
    "argument_docs",
    "example_arguments",
    "opening_parameters",
    "options_class",
    "options_given",
    "told",
    "used_names",
]

_ADDRESSES = "._runtime.addresses"
_RUNTIME = "._runtime"
_TYPES: Mapping[Scalar, str] = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def used_names(place: NamedConnection) -> list[Identifier]:
    """Names that hide others where a connection is opened."""
    return list(place.names.arguments.values())


def opening_parameters(scope: Scope, place: NamedConnection) -> list[Code]:
    """All that opens a connection: the URL, the document's arguments, the options."""
    return [_url(scope, place), *_arguments(scope, place), _options(scope, place)]


def _url(scope: Scope, place: NamedConnection) -> str:
    """The server's URL. What an environment variable holds comes before the document's only server."""
    text = f"url: {scope.use(_RUNTIME, 'Url')}"
    if place.url_env is not None:
        return f"{text} | None = None"
    server = place.default_server
    if server is None:
        return text
    name = f"{scope.sibling('', 'servers')}.{place.servers[server.id].name}"
    return f"{text} = {name}()" if server.variables else f"{text} = {name}"


def _arguments(scope: Scope, place: NamedConnection) -> list[Code]:
    """The arguments of the document, after a `*`."""
    found = [_parameter(scope, place, each) for each in place.connection.arguments]
    return ["*", *found] if found else []


def _parameter(scope: Scope, place: NamedConnection, argument: Argument) -> Code:
    name = place.argument(argument)
    optional = not argument.required and argument.default is ABSENT
    end = f"{' | None' if optional else ''}{_default(argument)}"
    listed = [value for value in argument.values if isinstance(value, str | int)]
    sequence = f"{scope.use('collections.abc', 'Sequence')}[" if argument.many else ""
    choice = place.names.choices.get((argument.location, argument.name))
    if choice is not None:
        return f"{name}: {sequence}{scope.sibling('protocol', choice)}{']' if sequence else ''}{end}"
    if listed and len(listed) == len(argument.values):
        opening = f"{name}: {sequence}{scope.use('typing', 'Literal')}["
        return Group(opening, tuple(map(literal, listed)), f"]{']' if sequence else ''}{end}", hug=True)
    kinds = argument.kinds or ("string", "number", "boolean")
    types = " | ".join(scope.builtin(type) for kind, type in _TYPES.items() if kind in kinds)
    return f"{name}: {sequence}{types}{']' if sequence else ''}{end}"


def _default(argument: Argument) -> str:
    default = argument.default
    if isinstance(default, list):
        return f" = {literal(tuple(value for value in default if isinstance(value, str | bool)))}"
    if not isinstance(default, Absent):
        return f" = {literal(default)}"
    return "" if argument.required else " = None"


def _options(scope: Scope, place: NamedConnection) -> str:
    """The last parameter: all options of the connection, under names that leave the document's arguments alone."""
    if place.names.options is not None:
        options = scope.sibling("protocol", place.names.options)
    else:
        options = scope.use(_RUNTIME, "ConnectionOptions")
    return f"**options: {scope.use('typing', 'Unpack')}[{options}]"


def options_given(scope: Scope, place: NamedConnection) -> Code:
    """The options, under the runtime's own names."""
    if place.names.options is None:
        return "options"
    renamed = [f"{option}={literal(str(name))}" for option, name in place.names.displaced.items()]
    return call(scope.use("._runtime.options", "restored"), "options", *renamed)


def options_class(scope: Scope, place: NamedConnection) -> OptionsClass | None:
    """The options under other names; None where none of them is taken."""
    displaced, name = place.names.displaced, place.names.options
    if name is None:
        return None
    shown = " and ".join(f"`{option}` is `{name}`" for option, name in displaced.items())
    return OptionsClass(
        name=name,
        base=scope.use("typing", "TypedDict"),
        docstring=docs(
            4,
            [
                f"Options of a connection (`ConnectionOptions`); {shown}, because `{place.names.facade}` has an "
                "argument of that name."
            ],
        ),
        fields=tuple(
            f"    {displaced.get(option, option)}: {type.shown(scope)}" for option, type in OPTION_TYPES.items()
        ),
    )


def address_argument(scope: Scope, place: NamedConnection) -> list[Code]:
    """The argument with the channel's address; none where the server's URL is all there is."""
    if not place.addressed:
        return []
    name = scope.sibling("protocol", place.names.address)
    given = [f"{each}={each}" for each in place.names.arguments.values()]
    if not given:
        return [f"address={name}"]
    return [Group(f"address={name}(", tuple(given), ")", hug=True)]


def address_function(scope: Scope, place: NamedConnection) -> AddressFunction:
    """The function from the arguments to the channel's address."""
    address = scope.use(_ADDRESSES, "Address")
    parts: list[Code] = [literal(place.connection.address or "/")]
    for location, field in (("path", "parameters"), ("query", "query"), ("header", "headers")):
        pairs = [
            f"{literal(each.name)}: {place.argument(each)}"
            for each in place.connection.arguments
            if each.location == location
        ]
        if pairs:
            parts.append(collection(f"{field}={{", pairs, "}"))
    shown = place.connection.address or place.connection.channel
    return AddressFunction(
        head=definition(f"def {place.names.address}", _arguments(scope, place), address, 0),
        docstring=docs(4, [f"The address of the channel `{shown}`.", argument_docs(place)]),
        body=lay(call(address, *parts), 4, lead="return "),
    )


def argument_docs(place: NamedConnection) -> str:
    """The section of a docstring about the document's arguments; empty where nothing is said of them."""
    return arguments((place.argument(each), told(each)) for each in place.connection.arguments)


def example_arguments(place: NamedConnection) -> list[str]:
    """The arguments that a caller must give, with a value of the document where it has one."""
    found: list[str] = []
    for each in place.connection.arguments:
        if each.required and each.default is ABSENT:
            known = [value for value in (*each.values, *each.examples) if isinstance(value, str | bool | int | float)]
            value = literal(known[0]) if known else '"..."' if "string" in each.kinds else "..."
            found.append(f"{place.argument(each)}={f'[{value}]' if each.many else value}")
    return found


def told(argument: Argument) -> str:
    """What the document says of an argument, in one line."""
    found = [sentence(argument.description)]
    if argument.examples:
        found.append(f"For example {_listed(argument.examples[:3])}.")
    if not isinstance(argument.assumed, Absent):
        found.append(f"Left out, the server takes {_listed([argument.assumed])}.")
    if argument.deprecated:
        found.append("Deprecated.")
    return " ".join(filter(None, found))


def _listed(values: Sequence[Json]) -> str:
    return ", ".join(f"`{value if isinstance(value, str) else literal(value)}`" for value in values)
