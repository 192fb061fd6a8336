"""Every name of a generated package, as values. Tuples are parallel to those of `operations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from wsgen.landing.python import Identifier
from wsgen.model import SchemaKey

__all__ = [
    "ConnectionNames",
    "DomainNames",
    "FakeDomainNames",
    "FakeNames",
    "FakeSubscriptionNames",
    "HandlerNames",
    "MemberNames",
    "ModuleNames",
    "Names",
    "PushNames",
    "RequestNames",
    "RootKind",
    "SendNames",
    "ServerNames",
    "SubscriptionNames",
]

RootKind: TypeAlias = Literal["sent", "received", "data"]


@dataclass(frozen=True, slots=True)
class SubscriptionNames:
    """`union` is the alias over several kinds of update; None where there is one.

    `interface` is the type that knows subscriptions by id, `factory` the function that makes one; None where the
    target has none.
    """

    constant: Identifier
    subscribe: Identifier
    stream: Identifier
    union: Identifier | None
    interface: Identifier | None = None
    factory: Identifier | None = None


@dataclass(frozen=True, slots=True)
class RequestNames:
    """`union` is the alias over several replies; None where there is one or none."""

    constant: Identifier
    method: Identifier
    union: Identifier | None


@dataclass(frozen=True, slots=True)
class SendNames:
    constant: Identifier
    method: Identifier


@dataclass(frozen=True, slots=True)
class PushNames:
    constant: Identifier
    listener: Identifier
    stream: Identifier


@dataclass(frozen=True, slots=True)
class HandlerNames:
    """`union` is the alias over several answers; None where there is one."""

    constant: Identifier
    method: Identifier
    union: Identifier | None


@dataclass(frozen=True, slots=True)
class MemberNames:
    """Names of a domain's operations.

    Attributes:
        events: classes around pushes, and around updates of several kinds, by message key.
        replies: classes around replies of which a request has several, by message key.
        answers: classes around answers of ours of which a handler has several, by message key.
        union: the alias over all pushes, with the constant and the method of their stream; None below two.
    """

    subscriptions: tuple[SubscriptionNames, ...]
    requests: tuple[RequestNames, ...]
    sends: tuple[SendNames, ...]
    pushes: tuple[PushNames, ...]
    events: Mapping[str, Identifier]
    replies: Mapping[str, Identifier]
    handlers: tuple[HandlerNames, ...] = ()
    answers: Mapping[str, Identifier] = field(default_factory=dict[str, Identifier])
    union: Identifier | None = None
    union_constant: Identifier | None = None
    union_method: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """Names of a domain that has a module: all but the one whose operations are the façade's methods."""

    module: Identifier
    attribute: Identifier
    client: Identifier
    source: Identifier
    factory: Identifier


@dataclass(frozen=True, slots=True)
class DomainNames:
    members: MemberNames
    own: ModuleNames | None


@dataclass(frozen=True, slots=True)
class FakeSubscriptionNames:
    """Methods of a fake server that send updates and refuse; attributes for what answers."""

    push: Identifier
    refuse: Identifier
    on_subscribe: Identifier
    on_unsubscribe: Identifier


@dataclass(frozen=True, slots=True)
class FakeDomainNames:
    """What a fake server has for one domain: attributes for what answers, methods that push."""

    subscriptions: tuple[FakeSubscriptionNames, ...]
    requests: tuple[Identifier, ...]
    sends: tuple[Identifier, ...]
    pushes: tuple[Identifier, ...]
    handlers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class FakeNames:
    """Names of the fake server of one connection."""

    server: Identifier
    domains: tuple[FakeDomainNames, ...]


@dataclass(frozen=True, slots=True)
class ConnectionNames:
    """Names of one façade.

    Attributes:
        protocol: the constant with what travels on the connection.
        address: the constant, or the function of `parameters`, that gives the channel's address.
        arguments: of the façade's constructor, by location and name.
        displaced: options of the connection that have another name here, because an argument has theirs.
        options: the class of all options, where some are displaced.
        arguments_type: the type of all arguments, where they are one object.
        choices: the types of the arguments that have one of many listed values, by location and name.
        undivided: the types of what may be one of several messages, by the key of what stands for these.
    """

    facade: Identifier
    protocol: Identifier
    address: Identifier
    arguments: Mapping[tuple[str, str], Identifier]
    domains: tuple[DomainNames, ...]
    fake: FakeNames
    displaced: Mapping[str, Identifier]
    options: Identifier | None
    arguments_type: Identifier | None = None
    choices: Mapping[tuple[str, str], Identifier] = field(default_factory=dict[tuple[str, str], Identifier])
    undivided: Mapping[str, Identifier] = field(default_factory=dict[str, Identifier])


@dataclass(frozen=True, slots=True)
class ServerNames:
    """A server's constant; a function where the server has variables, which are its arguments."""

    name: Identifier
    variables: Mapping[str, Identifier]


@dataclass(frozen=True, slots=True)
class Names:
    """What `name` settles.

    Attributes:
        definitions: the class of each definition in the document.
        payloads: the class of each payload, by root id; of one that needs no class, what it would be called.
        roots: the root id of what a connection (by index) sends, receives, or carries as an update's data.
        servers: by server id.
    """

    package: Identifier
    connections: tuple[ConnectionNames, ...]
    definitions: Mapping[SchemaKey, Identifier]
    payloads: Mapping[str, Identifier]
    roots: Mapping[tuple[int, RootKind, str], str] = field(default_factory=dict[tuple[int, RootKind, str], str])
    servers: Mapping[str, ServerNames] = field(default_factory=dict[str, ServerNames])

    @property
    def classes(self) -> frozenset[str]:
        """Every class and alias outside `models`, which its classes must not be called."""
        return frozenset(_package_classes(self))


def _package_classes(names: Names) -> list[str]:
    found: list[str] = []
    for connection in names.connections:
        found += [connection.facade, connection.fake.server]
        found += [each for each in (connection.options, connection.arguments_type) if each is not None]
        for domain in connection.domains:
            members = domain.members
            found += [*members.events.values(), *members.replies.values(), *members.answers.values()]
            unions = [name for each in members.subscriptions for name in (each.union, each.interface)]
            unions += [each.union for each in members.requests]
            unions += [each.union for each in members.handlers]
            found += [union for union in (*unions, members.union) if union is not None]
            if domain.own is not None:
                found += [domain.own.client, domain.own.source]
    return found
