"""View of the façades' module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wsgen.landing.python import Identifier
from wsgen.naming import Names
from wsgen.operations import Client

from .arguments import (
    address_argument,
    argument_docs,
    opening_parameters,
    options_given,
    used_names,
)
from .connections import (
    NamedConnection,
    constant_names,
    method_names,
    public_names,
    section,
)
from .credentials import asked
from .layout import call, definition, lay
from .methods import methods
from .package import FacadeClass, FacadeModule
from .scope import Scope
from .texts import docs, sentence, summary
from .types import DomainView

__all__ = ["facade_module", "facade_names"]

_RUNTIME = "._runtime"


def facade_names(places: Sequence[NamedConnection]) -> list[Identifier]:
    """What the façades' module exports."""
    found = [place.names.facade for place in places]
    for place in places:
        for _, domain_names in place.domains():
            if domain_names.own is None:
                found += public_names(domain_names.members)
    return found


def facade_module(client: Client, places: Sequence[NamedConnection], names: Names) -> FacadeModule:
    """The module with a façade for each connection."""
    public = facade_names(places)
    scope = Scope(list(_taken(places, public)), _hidden(places))
    views = [view for place in places for view in _views(place, scope)]
    shown = tuple(_facade(client, place, names, scope) for place in places)
    facades = ", ".join(f"`{place.names.facade}`" for place in places)
    each = "one connection" if len(places) == 1 else "one connection each"
    about = f"{facades}: {each} to {client.title}, an attribute per domain."
    return FacadeModule(section=section(about, public, views, scope), facades=shown)


def _taken(places: Sequence[NamedConnection], public: Sequence[Identifier]) -> Iterator[str]:
    yield from public
    for place in places:
        yield from (place.names.protocol, place.names.address, *used_names(place))
        for domain, domain_names in place.domains():
            if domain_names.own is not None:
                yield domain_names.own.client
            else:
                yield from constant_names(domain_names.members)
                for expression in place.types.of_domain(domain):
                    yield from expression.models


def _hidden(places: Sequence[NamedConnection]) -> list[Identifier]:
    return [
        name
        for place in places
        for _, domain_names in place.domains()
        if domain_names.own is None
        for name in method_names(domain_names.members)
    ]


def _views(place: NamedConnection, scope: Scope) -> Iterator[DomainView]:
    for domain, domain_names in place.domains():
        if domain_names.own is None:
            yield DomainView(domain, domain_names.members, place.types, scope, "self.connection")


def _facade(client: Client, place: NamedConnection, names: Names, scope: Scope) -> FacadeClass:
    protocol = scope.sibling("protocol", place.names.protocol)
    base = call("super().__init__", protocol, "url", options_given(scope, place), *address_argument(scope, place))
    attributes = [
        lay(
            call(scope.sibling(each.own.module, each.own.client), "self.connection"),
            8,
            lead=f"self.{each.own.attribute} = ",
        )
        for _, each in place.domains()
        if each.own is not None
    ]
    shown = tuple(method for view in _views(place, scope) for method in methods(view))
    api, about = f"{client.title} {client.version}", client.description
    if len(names.connections) > 1:
        channel = " ".join((place.connection.title or place.connection.channel).split())
        api, about = f"`{channel}`, a channel of {api}", place.connection.description
    return FacadeClass(
        name=place.names.facade,
        base=scope.use(_RUNTIME, "Client"),
        docstring=docs(
            4,
            [
                sentence(f"Client of {api}"),
                summary(about),
                f"Use it with `async with`, or call `connect()` (optional) and `close()` (final). {_url(place)}; "
                f"see `{place.names.options or 'ConnectionOptions'}` for the options.{_needs(place)}",
                argument_docs(place),
            ],
        ),
        constructor=definition("def __init__", ["self", *opening_parameters(scope, place)], "None", 4),
        body=(lay(base, 8), *attributes),
        methods=shown,
    )


def _url(place: NamedConnection) -> str:
    """What the argument `url` is."""
    known = [place.servers[server.id] for server in place.connection.servers]
    shown = ", ".join(f"`servers.{each.name}{'(...)' if each.variables else ''}`" for each in known)
    if place.url_env is not None:
        known_too = f", such as {shown}" if known else ""
        return f"`url` is the server's{known_too}; default: what the environment variable `{place.url_env}` holds"
    if place.default_server is not None:
        return f"`url` is the server's, by default {shown}"
    return f"`url` is the server's, such as {shown}" if known else "`url` is the server's"


def _needs(place: NamedConnection) -> str:
    return f" The server wants credentials: {asked(place)}." if place.connection.security else ""
