"""Views of the modules that hold one domain each."""

from __future__ import annotations

from wsgen.landing.python import docstring
from wsgen.naming import MemberNames, ModuleNames
from wsgen.operations import Domain

from .arguments import address_argument, argument_docs, opening_parameters, options_given, used_names
from .connections import (
    NamedConnection,
    constant_names,
    method_names,
    public_names,
    section,
)
from .layout import Code, Group, call, definition, lay
from .methods import methods
from .package import DomainModule, Factory
from .scope import Scope
from .texts import docs
from .types import DomainView

__all__ = ["domain_module"]

_RUNTIME = "._runtime"


def domain_module(
    title: str, place: NamedConnection, domain: Domain, members: MemberNames, own: ModuleNames
) -> DomainModule:
    """The module of a domain: its protocol, its client, and a function that opens the client by itself."""
    public = [own.client, own.source, own.factory, *public_names(members)]
    models = [name for expression in place.types.of_domain(domain) for name in expression.models]
    taken = [*public, *constant_names(members), *models, place.names.protocol, place.names.address]
    taken += used_names(place)
    scope = Scope(taken, method_names(members))
    view = DomainView(domain, members, place.types, scope, "self._connection")
    connection = scope.use(_RUNTIME, "Connection")
    about = (
        f"Client of the `{domain.name}` domain. `{place.names.facade}.{own.attribute}` is one; "
        f"`{own.factory}` opens one by itself."
    )
    protocol = scope.use("typing", "Protocol")
    shown = methods(view)
    factory = _factory(place, own, scope)
    return DomainModule(
        module=own.module,
        section=section(f"The `{domain.name}` domain of {title}: {_kinds(domain)}.", public, [view], scope),
        source=f"{own.source}({protocol})",
        source_docstring=docstring(f"What `{own.client}` offers; write application code and fakes against it.", 4),
        client=own.client,
        client_docstring=docs(4, [about, domain.description]),
        constructor=definition("def __init__", ["self", f"connection: {connection}"], "None", 4),
        methods=shown,
        factory=factory,
    )


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


def _or_environment(place: NamedConnection) -> str:
    return "" if place.url_env is None else f" (default: the environment variable `{place.url_env}`)"


def _factory(place: NamedConnection, own: ModuleNames, scope: Scope) -> Factory:
    generator = scope.use("collections.abc", "AsyncGenerator")
    opened = call(
        scope.use(_RUNTIME, "connection"),
        scope.sibling("protocol", place.names.protocol),
        "url",
        *address_argument(scope, place),
        _unpacked(options_given(scope, place)),
    )
    return Factory(
        decorator=scope.use("contextlib", "asynccontextmanager"),
        head=definition(
            f"async def {own.factory}",
            opening_parameters(scope, place),
            f"{generator}[{own.client}, None]",
            0,
        ),
        docstring=docs(
            4,
            [
                f"Open (or share) the connection to `url`{_or_environment(place)} for this domain alone.",
                argument_docs(place),
            ],
        ),
        opening=lay(opened, 4, lead="async with ", trail=" as shared:"),
        result=f"{own.client}(shared)",
    )


def _unpacked(code: Code) -> Code:
    return Group(f"**{code.opening}", code.items, code.closing, hug=True) if isinstance(code, Group) else f"**{code}"
