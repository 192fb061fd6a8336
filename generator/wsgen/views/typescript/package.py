"""What templates print for TypeScript: final strings, in the order of the output."""

from __future__ import annotations

from dataclasses import dataclass

from wsgen.config import ImportExtension
from wsgen.views.package import Readme

__all__ = [
    "DeclaredFunction",
    "DomainModule",
    "FacadeClass",
    "FacadeModule",
    "FakeClass",
    "FakesModule",
    "IndexModule",
    "Method",
    "ModelsModule",
    "ProtocolModule",
    "Section",
    "ServersModule",
    "TypeScriptPackage",
]


@dataclass(frozen=True, slots=True)
class Method:
    """A method; every field begins at its own indent."""

    head: str
    comment: str
    body: str


@dataclass(frozen=True, slots=True)
class DeclaredFunction:
    """A function of a module; `head` ends with a brace, `body` are its lines."""

    comment: str
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class Section:
    """What domain modules and the façades' module have between their comment and their classes."""

    imports: tuple[str, ...]
    events: tuple[str, ...]
    aliases: tuple[str, ...]
    constants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainModule:
    """The module of a domain; `interfaces` are the types that know subscriptions by id, and their functions."""

    module: str
    comment: str
    section: Section
    client: str
    client_comment: str
    attribute: str
    constructor: str
    methods: tuple[Method, ...]
    source: str
    source_comment: str
    interfaces: tuple[tuple[str, DeclaredFunction], ...]


@dataclass(frozen=True, slots=True)
class FacadeClass:
    """A façade. `attributes` are its domains, `base` is what its constructor calls."""

    name: str
    parent: str
    comment: str
    attributes: tuple[str, ...]
    constructor: str
    base: str
    methods: tuple[Method, ...]
    interfaces: tuple[tuple[str, DeclaredFunction], ...]


@dataclass(frozen=True, slots=True)
class FacadeModule:
    comment: str
    section: Section
    facades: tuple[FacadeClass, ...]


@dataclass(frozen=True, slots=True)
class ProtocolModule:
    comment: str
    imports: tuple[str, ...]
    constants: tuple[str, ...]
    types: tuple[str, ...]
    arguments: tuple[str, ...]
    addresses: tuple[DeclaredFunction, ...]


@dataclass(frozen=True, slots=True)
class ServersModule:
    """`servers`: constants, and functions of what the URLs of servers leave open."""

    comment: str
    imports: tuple[str, ...]
    constants: tuple[str, ...]
    functions: tuple[DeclaredFunction, ...]


@dataclass(frozen=True, slots=True)
class ModelsModule:
    comment: str
    declarations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexModule:
    comment: str
    exports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FakeClass:
    """A fake server. `handlers` are attributes that take functions, each with its comment."""

    name: str
    parent: str
    comment: str
    handlers: tuple[str, ...]
    base: str
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class FakesModule:
    comment: str
    imports: tuple[str, ...]
    servers: tuple[FakeClass, ...]
    samples: tuple[DeclaredFunction, ...]


@dataclass(frozen=True, slots=True)
class TypeScriptPackage:
    """A generated package of TypeScript, but for the runtime's files.

    Attributes:
        header: the comment lines that every module begins with.
        extension: what the paths of imports end with.
        servers: None where the document has none.
        fakes, readme: None where the configuration leaves them out.
    """

    name: str
    header: str
    extension: ImportExtension
    index: IndexModule
    facade: FacadeModule
    protocol: ProtocolModule
    servers: ServersModule | None
    domains: tuple[DomainModule, ...]
    models: ModelsModule
    errors: str
    errors_comment: str
    fakes: FakesModule | None
    readme: Readme | None
