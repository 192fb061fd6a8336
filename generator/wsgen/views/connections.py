"""A connection beside its names, and what modules of its operations have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wsgen.landing.python import docstring, literal
from wsgen.naming import Names
from wsgen.operations import Client
from wsgen.payloads import Models

from .descriptors import aliases, constants, events
from .layout import collection, lay
from .package import Section
from .places import Place, constant_names, method_names, public_names
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedConnection(Place):
    """A connection, its names, and the types of its messages."""

    types: Types


def named_connections(client: Client, names: Names, models: Models, url_env: str | None) -> list[NamedConnection]:
    return [
        NamedConnection(
            connection=connection,
            names=names.connections[index],
            types=Types(index, names, models),
            servers=names.servers,
            url_env=url_env,
        )
        for index, connection in enumerate(client.connections)
    ]


def exports(names: Iterable[str]) -> str:
    """The `__all__` of a module."""
    return lay(collection("[", [literal(name) for name in sorted(names)], "]"), 0, lead="__all__ = ")


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
