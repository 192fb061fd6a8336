"""Views of the modules that hold one domain each."""

from __future__ import annotations

from collections.abc import Iterator

from wsgen.config import ImportExtension
from wsgen.landing.typescript import jsdoc
from wsgen.naming import MemberNames, ModuleNames
from wsgen.operations import Domain
from wsgen.views.places import constant_names, public_names

from .descriptors import aliases, constants, events
from .layout import alias, call, concat, generic, lay, parameters
from .methods import methods
from .opening import address, opening, opening_tags
from .package import DeclaredFunction, DomainModule, Section
from .scope import RUNTIME, Scope
from .types import DomainView, TypedPlace

__all__ = ["domain_module", "file_of", "interface_names", "interfaces", "module_names", "section"]

PRIVATE = "this.#connection"


def file_of(module: str) -> str:
    """The name of a module's file, without its ending: words with hyphens between them."""
    return module.replace("_", "-")


def domain_module(
    title: str,
    place: TypedPlace,
    domain: Domain,
    members: MemberNames,
    own: ModuleNames,
    extension: ImportExtension,
) -> DomainModule:
    """The module of a domain: its client, and what knows its subscriptions by id."""
    scope = Scope([own.client, own.source, *module_names(place, members)], place.types.payloads, extension)
    view = DomainView(domain, members, place.types, scope, PRIVATE)
    shown = methods(view)
    connection = scope.type(RUNTIME, "Connection")
    found = interfaces(view, place)
    return DomainModule(
        module=file_of(own.module),
        comment=jsdoc([f"The `{domain.name}` domain of {title}: {_kinds(domain)}."]),
        section=section([view], scope),
        client=own.client,
        client_comment=jsdoc(
            [
                f"Client of the `{domain.name}` domain; `{place.names.facade}.{own.attribute}` is one.",
                domain.description,
            ]
        ),
        attribute=f"readonly #connection: {connection};",
        constructor=f"constructor(connection: {connection}) {{",
        methods=shown,
        source=alias(own.source, generic("Pick", own.client, f"keyof {own.client}")),
        source_comment=jsdoc([f"What `{own.client}` offers; write application code and fakes against it."]),
        interfaces=found,
    )


def module_names(place: TypedPlace, members: MemberNames) -> list[str]:
    """Names of a module that none of the runtime may have there."""
    found = [*public_names(members), *constant_names(members), *interface_names(members)]
    named = [place.names.protocol, place.names.address, place.names.arguments_type]
    models = [each.name for each in place.types.payloads.definitions.values()]
    return [name for name in (*found, *named, *models) if name is not None]


def interface_names(members: MemberNames) -> list[str]:
    """Types that know subscriptions by id, and the functions that make them."""
    pairs = [(each.interface, each.factory) for each in members.subscriptions]
    return [name for pair in pairs for name in pair if name is not None]


def section(views: list[DomainView], scope: Scope) -> Section:
    """The part of a module above its classes. Comes last: by then the scope knows what the module uses."""
    shown_events = tuple(event for view in views for event in events(view))
    shown_aliases = tuple(alias for view in views for alias in aliases(view))
    shown_constants = tuple(constant for view in views for constant in constants(view))
    return Section(scope.imports(), shown_events, shown_aliases, shown_constants)


def _kinds(domain: Domain) -> str:
    kinds = {
        "subscribe, unsubscribe, update": domain.subscriptions,
        "requests": domain.requests,
        "sends": domain.sends,
        "handlers": domain.handlers,
        "pushes": domain.pushes,
    }
    found = [kind for kind, operations in kinds.items() if operations]
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found) or "nothing"


def interfaces(view: DomainView, place: TypedPlace) -> tuple[tuple[str, DeclaredFunction], ...]:
    """For each subscription the type that knows it by id, and the function that opens a connection for it alone."""
    return tuple(_interfaces(view, place))


def _interfaces(view: DomainView, place: TypedPlace) -> Iterator[tuple[str, DeclaredFunction]]:
    scope = view.scope
    for each, names in zip(view.domain.subscriptions, view.names.subscriptions, strict=True):
        if names.interface is None or names.factory is None:
            continue
        given = generic(
            scope.type(RUNTIME, "WebSocketInterface"),
            view.sent(each.subscribe, argument=True),
            view.update_type(each, names),
        )
        said = (
            f"Subscriptions to `{each.subscribe.key}` by their ids: `subscribe(params, onUpdate)`, `unsubscribe(id)`."
        )
        declared = f"{jsdoc([said])}\n{alias(names.interface, given)}"
        made = call(
            scope.value(RUNTIME, "webSocketInterface"),
            scope.sibling("protocol", place.names.protocol),
            names.constant,
            "url",
            "options",
            *address(scope, place),
        )
        yield (
            declared,
            DeclaredFunction(
                comment=jsdoc(
                    [
                        "Open (or share) the connection for this subscription alone, when it is first used.",
                    ],
                    opening_tags(place),
                ),
                head=lay(parameters(f"export function {names.factory}", opening(scope, place), names.interface, " {")),
                body=lay(concat("return ", made, ";"), 2),
            ),
        )
