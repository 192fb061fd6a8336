"""A connection beside its names, and what modules of its operations have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wsgen.landing.python import Identifier, docstring, literal
from wsgen.model import Server
from wsgen.naming import ConnectionNames, DomainNames, MemberNames, Names, ServerNames
from wsgen.operations import Argument, Client, ClientConnection, Domain
from wsgen.payloads import Models

from .descriptors import aliases, constants, events
from .layout import collection, lay
from .package import Section
from .scope import Scope
from .types import DomainView, Types

__all__ = [
    "NamedConnection",
    "constant_names",
    "exports",
    "method_names",
    "named_connections",
    "public_names",
    "section",
]


@dataclass(frozen=True, slots=True)
class NamedConnection:
    """A connection and its names; `servers` are those of all servers, by their ids."""

    connection: ClientConnection
    names: ConnectionNames
    types: Types
    servers: Mapping[str, ServerNames]
    url_env: str | None = None

    def domains(self) -> Iterator[tuple[Domain, DomainNames]]:
        return zip(self.connection.domains, self.names.domains, strict=True)

    @property
    def addressed(self) -> bool:
        """Whether the channel adds something to the server's URL, or to the handshake there."""
        return bool(self.connection.arguments) or self.connection.address not in (None, "", "/")

    @property
    def default_server(self) -> Server | None:
        """The server where the document has one alone, and it needs nothing to be known."""
        servers = self.connection.servers
        known = len(servers) == 1 and all(each.default is not None for each in servers[0].variables)
        return servers[0] if known else None

    @property
    def needs_url(self) -> bool:
        """Whether every caller must give the server's URL."""
        return self.url_env is None and self.default_server is None

    def argument(self, argument: Argument) -> Identifier:
        return self.names.arguments[argument.location, argument.name]


def named_connections(client: Client, names: Names, models: Models, url_env: str | None) -> list[NamedConnection]:
    return [
        NamedConnection(connection, names.connections[index], Types(index, names, models), names.servers, url_env)
        for index, connection in enumerate(client.connections)
    ]


def exports(names: Iterable[str]) -> str:
    """The `__all__` of a module."""
    return lay(collection("[", [literal(name) for name in sorted(names)], "]"), 0, lead="__all__ = ")


def public_names(members: MemberNames) -> list[Identifier]:
    """Classes around messages, and their unions."""
    unions = [each.union for each in members.subscriptions] + [each.union for each in members.requests]
    unions += [each.union for each in members.handlers]
    return [
        *members.events.values(),
        *members.replies.values(),
        *members.answers.values(),
        *(union for union in (*unions, members.union) if union is not None),
    ]


def method_names(members: MemberNames) -> list[Identifier]:
    found = [name for each in members.subscriptions for name in (each.subscribe, each.stream)]
    found += [each.method for each in members.requests] + [each.method for each in members.sends]
    found += [each.method for each in members.handlers]
    found += [name for each in members.pushes for name in (each.listener, each.stream)]
    return found if members.union_method is None else [*found, members.union_method]


def constant_names(members: MemberNames) -> list[Identifier]:
    found = [each.constant for each in members.subscriptions] + [each.constant for each in members.requests]
    found += [each.constant for each in members.sends] + [each.constant for each in members.pushes]
    found += [each.constant for each in members.handlers]
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
