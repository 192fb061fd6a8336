"""A connection beside its names, whatever the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wsgen.landing.python import Identifier
from wsgen.model import Server
from wsgen.naming import ConnectionNames, DomainNames, MemberNames, ServerNames
from wsgen.operations import Argument, ClientConnection, Domain

__all__ = ["Place", "constant_names", "method_names", "public_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A connection and its names; `servers` are those of all servers, by their ids."""

    connection: ClientConnection
    names: ConnectionNames
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
