"""What templates print: final strings, in the order of the output."""

from __future__ import annotations

from dataclasses import dataclass

from wsgen.payloads import ModelLibrary

__all__ = [
    "AddressFunction",
    "DomainModule",
    "EventClass",
    "FacadeClass",
    "FacadeModule",
    "Factory",
    "FakeClass",
    "FakeHandler",
    "FakesModule",
    "InitModule",
    "Method",
    "ModelsModule",
    "NamedType",
    "OptionsClass",
    "Package",
    "ProtocolModule",
    "Readme",
    "ReadmeDomain",
    "ReadmeFake",
    "ReadmeOperation",
    "Section",
    "ServerFunction",
    "ServersModule",
]


@dataclass(frozen=True, slots=True)
class Method:
    """A method. `stub` is its head in a protocol, with `...` for a body."""

    head: str
    docstring: str
    body: str
    stub: str


@dataclass(frozen=True, slots=True)
class EventClass:
    """A frozen class around a message. `payload` is the line of its payload; empty where it has none."""

    decorator: str
    name: str
    docstring: str
    payload: str
    type: str


@dataclass(frozen=True, slots=True)
class Section:
    """What domain modules and the façade's module both have between their imports and their classes."""

    docstring: str
    standard_imports: tuple[str, ...]
    package_imports: tuple[str, ...]
    exports: str
    events: tuple[EventClass, ...]
    aliases: tuple[str, ...]
    constants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factory:
    """The function that opens a connection for one domain alone."""

    decorator: str
    head: str
    docstring: str
    opening: str
    result: str


@dataclass(frozen=True, slots=True)
class DomainModule:
    module: str
    section: Section
    source: str
    source_docstring: str
    client: str
    client_docstring: str
    constructor: str
    methods: tuple[Method, ...]
    factory: Factory


@dataclass(frozen=True, slots=True)
class FacadeClass:
    """A façade. `body` is what its constructor does."""

    name: str
    base: str
    docstring: str
    constructor: str
    body: tuple[str, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ServerFunction:
    head: str
    docstring: str
    body: str


@dataclass(frozen=True, slots=True)
class ServersModule:
    """`servers`: constants, and functions of what the URLs of servers leave open."""

    docstring: str
    standard_imports: tuple[str, ...]
    package_imports: tuple[str, ...]
    exports: str
    constants: tuple[str, ...]
    functions: tuple[ServerFunction, ...]


@dataclass(frozen=True, slots=True)
class FacadeModule:
    section: Section
    facades: tuple[FacadeClass, ...]


@dataclass(frozen=True, slots=True)
class OptionsClass:
    """The options of a connection, some of them under other names. `fields` are whole lines."""

    name: str
    base: str
    docstring: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressFunction:
    head: str
    docstring: str
    body: str


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type that has a name because it is long: the line that gives it, and what it is."""

    line: str
    docstring: str


@dataclass(frozen=True, slots=True)
class ProtocolModule:
    docstring: str
    standard_imports: tuple[str, ...]
    package_imports: tuple[str, ...]
    exports: str
    types: tuple[NamedType, ...]
    constants: tuple[str, ...]
    options: tuple[OptionsClass, ...]
    addresses: tuple[AddressFunction, ...]


@dataclass(frozen=True, slots=True)
class FakeHandler:
    """An attribute of a fake server that takes a function."""

    line: str
    docstring: str


@dataclass(frozen=True, slots=True)
class FakeClass:
    """A fake server. `body` is what its constructor does."""

    name: str
    base: str
    docstring: str
    handlers: tuple[FakeHandler, ...]
    body: str
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class FakesModule:
    docstring: str
    standard_imports: tuple[str, ...]
    package_imports: tuple[str, ...]
    exports: str
    servers: tuple[FakeClass, ...]


@dataclass(frozen=True, slots=True)
class ModelsModule:
    """`models`; `text` is all below its docstring."""

    docstring: str
    text: str


@dataclass(frozen=True, slots=True)
class InitModule:
    docstring: str
    imports: tuple[str, ...]
    exports: str


@dataclass(frozen=True, slots=True)
class ReadmeOperation:
    """A row of the table of operations. Every field is Markdown."""

    call: str
    wire: str
    gives: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadmeDomain:
    title: str
    text: str
    example: tuple[str, ...]
    operations: tuple[ReadmeOperation, ...]


@dataclass(frozen=True, slots=True)
class ReadmeFake:
    """A fake server. `example` is Python; the fields of `rows` are Markdown: what it has, its message, its use."""

    name: str
    example: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Readme:
    """`README.md`: Markdown, and lines of Python.

    Attributes:
        openings: for each façade the lines that open it.
        arguments: an argument, its façade, where it is sent, and what it is.
        servers: the name in `servers`, the URL, and what it is.
        credentials: a scheme, what it is, and the option that carries it.
        samples: a function that makes a payload up, and what it makes.
    """

    package: str
    module: str
    api: str
    description: str
    perspective: str
    evidence: tuple[str, ...]
    direction: tuple[str, ...]
    openings: tuple[tuple[str, ...], ...]
    arguments: tuple[tuple[str, str, str, str], ...]
    servers: tuple[tuple[str, str, str], ...]
    credentials: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    domains: tuple[ReadmeDomain, ...]
    fakes: tuple[ReadmeFake, ...]
    open_enums: tuple[str, ...]
    requirements: tuple[str, ...]
    runtime: str
    samples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A generated package, but for the runtime's files.

    Attributes:
        header: the comment lines that every module begins with.
        library: what payload models are made of.
        servers: None where the document has none.
        fakes, readme: None where the configuration leaves them out.
    """

    name: str
    header: str
    library: ModelLibrary
    init: InitModule
    facade: FacadeModule
    protocol: ProtocolModule
    servers: ServersModule | None
    domains: tuple[DomainModule, ...]
    fakes: FakesModule | None
    models: ModelsModule
    errors_docstring: str
    runtime_docstring: str
    readme: Readme | None
