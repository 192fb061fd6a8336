"""A connection beside its names, and what modules of its operations have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wsgen.landing.python import Identifier, docstring, literal
from wsgen.naming import ConnectionNames, DomainNames, MemberNames, Names
from wsgen.operations import Client, ClientConnection, Domain
from wsgen.payloads import Models

from .descriptors import aliases, constants, events
from .layout import Code, Group, call, collection, lay
from .package import Section
from .scope import Scope
from .types import DomainView, Types

__all__ = [
    "NamedConnection",
    "address_argument",
    "address_parts",
    "arguments",
    "constant_names",
    "exports",
    "method_names",
    "named_connections",
    "parameters",
    "public_names",
    "section",
    "url_parameter",
]


@dataclass(frozen=True, slots=True)
class NamedConnection:
    connection: ClientConnection
    names: ConnectionNames
    types: Types
    url_env: str | None = None

    def domains(self) -> Iterator[tuple[Domain, DomainNames]]:
        return zip(self.connection.domains, self.names.domains, strict=True)

    @property
    def addressed(self) -> bool:
        """Whether the channel's address is appended to the server's URL."""
        return self.connection.address not in (None, "", "/")


def named_connections(client: Client, names: Names, models: Models, url_env: str | None) -> list[NamedConnection]:
    return [
        NamedConnection(connection, names.connections[index], Types(index, names, models), url_env)
        for index, connection in enumerate(client.connections)
    ]


def exports(names: Iterable[str]) -> str:
    """The `__all__` of a module."""
    return lay(collection("[", [literal(name) for name in sorted(names)], "]"), 0, lead="__all__ = ")


def public_names(members: MemberNames) -> list[Identifier]:
    """Classes around messages, and their unions."""
    unions = [each.union for each in members.subscriptions] + [each.union for each in members.requests]
    return [
        *members.events.values(),
        *members.replies.values(),
        *(union for union in (*unions, members.union) if union is not None),
    ]


def method_names(members: MemberNames) -> list[Identifier]:
    found = [name for each in members.subscriptions for name in (each.subscribe, each.stream)]
    found += [each.method for each in members.requests] + [each.method for each in members.sends]
    found += [name for each in members.pushes for name in (each.listener, each.stream)]
    return found if members.union_method is None else [*found, members.union_method]


def constant_names(members: MemberNames) -> list[Identifier]:
    found = [each.constant for each in members.subscriptions] + [each.constant for each in members.requests]
    found += [each.constant for each in members.sends] + [each.constant for each in members.pushes]
    return found if members.union_constant is None else [*found, members.union_constant]


def section(text: str, public: Sequence[str], views: Sequence[DomainView], scope: Scope) -> Section:
    """The part of a module above its classes. Comes last: by then the scope knows what the module uses."""
    shown_events = tuple(event for view in views for event in events(view))
    shown_aliases = tuple(alias for view in views for alias in aliases(view))
    shown_constants = tuple(constant for view in views for constant in constants(view))
    standard, package = scope.imports()
    return Section(
        docstring=docstring(text, 0),
        standard_imports=standard,
        package_imports=package,
        exports=exports(public),
        events=shown_events,
        aliases=shown_aliases,
        constants=shown_constants,
    )


def arguments(
    scope: Scope, names: Mapping[str, Identifier], values: Mapping[str, tuple[tuple[str, ...], str | None]]
) -> list[Code]:
    """Keyword parameters that are strings, after a `*`; `values` has the enum and the default of each."""
    found: list[Code] = []
    for wire, name in names.items():
        enum, default = values[wire]
        end = "" if default is None else f" = {literal(default)}"
        if enum:
            opening = f"{name}: {scope.use('typing', 'Literal')}["
            found.append(Group(opening, tuple(map(literal, enum)), f"]{end}", hug=True))
        else:
            found.append(f"{name}: {scope.builtin('str')}{end}")
    return ["*", *found] if found else []


def parameters(scope: Scope, place: NamedConnection) -> list[Code]:
    """The parameters of a channel's address."""
    values = {each.name: (each.enum, each.default) for each in place.connection.parameters}
    return arguments(scope, place.names.parameters, values)


def url_parameter(scope: Scope, place: NamedConnection) -> str:
    """The parameter for the server's URL; where an environment variable can hold it, it may be left out."""
    text = scope.builtin("str")
    return f"url: {text}" if place.url_env is None else f"url: {text} | None = None"


def address_argument(scope: Scope, place: NamedConnection) -> list[Code]:
    """The argument with the channel's address; none where the server's URL is all there is."""
    if not place.addressed:
        return []
    name = scope.sibling("protocol", place.names.address)
    given = [f"{parameter}={parameter}" for parameter in place.names.parameters.values()]
    return [call(f"address={name}", *given) if given else f"address={name}"]


def address_parts(template: str, names: Mapping[str, Identifier]) -> list[str | Identifier]:
    """A template in pieces: text, and the identifiers that stand for its `{parameters}`."""
    parts: list[str | Identifier] = []
    rest = template
    while rest:
        text, brace, tail = rest.partition("{")
        name, closed, after = tail.partition("}")
        if brace and closed and name in names:
            parts += [text, names[name]] if text else [names[name]]
            rest = after
        else:
            parts.append(text + brace)
            rest = tail
    return parts
