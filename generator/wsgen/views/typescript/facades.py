"""Views of the façades' module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wsgen.config import ImportExtension
from wsgen.landing.typescript import jsdoc
from wsgen.naming import Names
from wsgen.operations import Client
from wsgen.views.credentials import asked
from wsgen.views.texts import sentence, summary

from .domains import file_of, interfaces, module_names, section
from .layout import attribute, call, concat, lay, parameters
from .methods import methods
from .opening import address, opening, opening_tags
from .package import FacadeClass, FacadeModule
from .scope import RUNTIME, Scope
from .types import DomainView, TypedPlace

__all__ = ["facade_module"]


def facade_module(
    client: Client, places: Sequence[TypedPlace], names: Names, extension: ImportExtension
) -> FacadeModule:
    """The module with a façade for each connection."""
    scope = Scope(list(_taken(places)), places[0].types.payloads, extension)
    views = [view for place in places for view in _views(place, scope)]
    shown = tuple(_facade(client, place, names, scope) for place in places)
    facades = ", ".join(f"`{place.names.facade}`" for place in places)
    each = "one connection" if len(places) == 1 else "one connection each"
    return FacadeModule(
        comment=jsdoc([f"{facades}: {each} to {client.title}, a property per domain."]),
        section=section(views, scope),
        facades=shown,
    )


def _taken(places: Sequence[TypedPlace]) -> Iterator[str]:
    for place in places:
        yield place.names.facade
        for _, domain_names in place.domains():
            if domain_names.own is not None:
                yield domain_names.own.client
            else:
                yield from module_names(place, domain_names.members)
        yield from (name for name in (place.names.protocol, place.names.address, place.names.arguments_type) if name)


def _views(place: TypedPlace, scope: Scope) -> Iterator[DomainView]:
    for domain, domain_names in place.domains():
        if domain_names.own is None:
            yield DomainView(domain, domain_names.members, place.types, scope, "this.connection")


def _facade(client: Client, place: TypedPlace, names: Names, scope: Scope) -> FacadeClass:
    protocol = scope.sibling("protocol", place.names.protocol)
    attributes = [
        attribute(
            each.own.attribute,
            concat("new ", call(scope.sibling(file_of(each.own.module), each.own.client), "this.connection")),
        )
        for _, each in place.domains()
        if each.own is not None
    ]
    views = list(_views(place, scope))
    shown = tuple(method for view in views for method in methods(view))
    api, about = f"{client.title} {client.version}", client.description
    if len(names.connections) > 1:
        channel = " ".join((place.connection.title or place.connection.channel).split())
        api, about = f"`{channel}`, a channel of {api}", place.connection.description
    return FacadeClass(
        name=place.names.facade,
        parent=scope.value(RUNTIME, "Client"),
        comment=jsdoc(
            [
                sentence(f"Client of {api}"),
                summary(about),
                "It connects when it is first used, and `close()` is final; `await using` closes it, too."
                f"{_needs(place)}",
            ]
        ),
        attributes=tuple(attributes),
        constructor=_constructor(scope, place),
        base=lay(concat(call("super", protocol, "url", "options", *address(scope, place)), ";"), 4),
        methods=shown,
        interfaces=tuple(each for view in views for each in interfaces(view, place)),
    )


def _constructor(scope: Scope, place: TypedPlace) -> str:
    comment = jsdoc([], opening_tags(place), indent=2)
    return f"{comment}\n  {lay(parameters('constructor', opening(scope, place), '', ' {'), 2)}"


def _needs(place: TypedPlace) -> str:
    return f" The server wants credentials: {asked(place)}." if place.connection.security else ""
