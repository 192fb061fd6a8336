"""How a target language writes names, and which it keeps for itself, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from wsgen.config import Target
from wsgen.landing import python, typescript
from wsgen.landing.python import Identifier

__all__ = ["CONVENTIONS", "Convention"]


class Writer(Protocol):
    """From any text to an identifier of one kind."""

    def __call__(self, text: str, *, lead: str, reserved: frozenset[str] = ...) -> Identifier: ...


@dataclass(frozen=True, slots=True)
class Convention:
    """The names of one target.

    Attributes:
        language: what messages call it.
        member: writes methods, attributes and functions.
        argument: writes what callers give by name.
        module: writes names of files without their ending.
        pascal: writes classes and types.
        constant: writes constants.
        exact: takes a name as the configuration gives it.
        keywords: cannot be names at all.
        builtins: names of the language that generated modules use.
        modules: names of files that are taken, or mean something else.
        facade: what every façade has from the runtime.
        members: what no class can have as a method.
        parameters: names that stand where a channel's parameters become arguments.
        options: options of a connection that stand beside these arguments; they yield.
        events: what the method with all pushes of a domain is called, best first.
        interfaces: whether subscriptions have an interface by id, with its function, and arguments are an object.
    """

    language: str
    member: Writer
    argument: Writer
    module: Writer
    pascal: Writer
    constant: Writer
    exact: type[Identifier]
    keywords: frozenset[str]
    builtins: frozenset[str]
    modules: frozenset[str]
    facade: frozenset[str]
    members: frozenset[str]
    parameters: frozenset[str]
    options: tuple[str, ...]
    events: tuple[str, ...]
    interfaces: bool


def _python(case: python.Case) -> Writer:
    def write(text: str, *, lead: str, reserved: frozenset[str] = frozenset()) -> Identifier:
        return python.identifier(text, case, lead=lead, reserved=reserved)

    return write


def _typescript(case: typescript.Case, *, own: frozenset[str] = frozenset()) -> Writer:
    def write(text: str, *, lead: str, reserved: frozenset[str] = frozenset()) -> Identifier:
        return typescript.identifier(text, case, lead=lead, reserved=reserved | own)

    return write


PYTHON = Convention(
    language="Python",
    member=_python("snake"),
    argument=_python("snake"),
    module=_python("snake"),
    pascal=_python("pascal"),
    constant=_python("constant"),
    exact=python.Identifier,
    keywords=python.KEYWORDS,
    builtins=python.BUILTINS,
    modules=python.MODULES,
    facade=python.FACADE_MEMBERS,
    members=frozenset(),
    parameters=python.PARAMETERS,
    options=python.OPTIONS,
    events=("events", "all_events"),
    interfaces=False,
)

TYPESCRIPT = Convention(
    language="TypeScript",
    member=_typescript("camel"),
    argument=_typescript("camel", own=typescript.RESERVED),
    module=_typescript("snake"),
    pascal=_typescript("pascal", own=typescript.RESERVED),
    constant=_typescript("constant", own=typescript.RESERVED),
    exact=typescript.Identifier,
    keywords=typescript.RESERVED,
    builtins=typescript.RESERVED,
    modules=typescript.MODULES,
    facade=typescript.FACADE_MEMBERS,
    members=typescript.MEMBERS,
    parameters=typescript.RESERVED | typescript.MEMBERS,
    options=(),
    events=("events", "allEvents"),
    interfaces=True,
)

CONVENTIONS: Mapping[Target, Convention] = {"python": PYTHON, "typescript": TYPESCRIPT}
