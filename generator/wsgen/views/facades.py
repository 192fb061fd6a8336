"""Views of the façades' module, with the servers of the document, and of the module with the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wsgen.landing.python import Identifier, docstring, formatted, literal
from wsgen.model import Server
from wsgen.naming import Names, ServerNames
from wsgen.operations import Client, Heartbeat, WireMessage
from wsgen.payloads import TypeExpression

from .connections import (
    NamedConnection,
    address_argument,
    address_parts,
    arguments,
    constant_names,
    exports,
    method_names,
    parameters,
    public_names,
    section,
    url_parameter,
)
from .layout import Code, call, collection, definition, lay, tuple_of
from .methods import methods
from .package import AddressFunction, FacadeClass, FacadeModule, ProtocolModule, ServerFunction
from .scope import Scope
from .texts import docs, sentence, summary
from .types import DomainView

__all__ = ["facade_module", "facade_names", "protocol_module", "servers"]

_RUNTIME = "._runtime"
_OPERATIONS = "._runtime.operations"
_CODEC = "._runtime.pydantic_codec"


def servers(client: Client) -> list[Server]:
    """The servers of all connections, each once, in the document's order."""
    return list({server.id: server for each in client.connections for server in each.servers}.values())


def facade_names(places: Sequence[NamedConnection], names: Names) -> list[Identifier]:
    """What the façades' module exports."""
    found = [place.names.facade for place in places]
    for place in places:
        for _, domain_names in place.domains():
            if domain_names.own is None:
                found += public_names(domain_names.members)
    return [*found, *(server.name for server in names.servers.values())]


def facade_module(client: Client, places: Sequence[NamedConnection], names: Names) -> FacadeModule:
    """The module with a façade for each connection."""
    public = facade_names(places, names)
    scope = Scope(list(_taken(places, public)), _hidden(places))
    views = [view for place in places for view in _views(place, scope)]
    shown = tuple(_facade(client, place, names, scope) for place in places)
    fixed = tuple(_server(server, names.servers[server.id]) for server in servers(client) if not server.variables)
    functions = tuple(
        _server_function(server, names.servers[server.id], scope) for server in servers(client) if server.variables
    )
    facades = ", ".join(f"`{place.names.facade}`" for place in places)
    about = f"{facades}: one connection to {client.title}, an attribute per domain."
    return FacadeModule(
        section=section(about, public, views, scope), servers=fixed, server_functions=functions, facades=shown
    )


def _taken(places: Sequence[NamedConnection], public: Sequence[Identifier]) -> Iterator[str]:
    yield from public
    for place in places:
        yield from (place.names.protocol, place.names.address)
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
    options = f"**options: {scope.use('typing', 'Unpack')}[{scope.use(_RUNTIME, 'ConnectionOptions')}]"
    protocol = scope.sibling("protocol", place.names.protocol)
    base = call("super().__init__", protocol, "url", "options", *address_argument(scope, place))
    attributes = [
        lay(
            call(scope.sibling(each.own.module, each.own.client), "self.connection"),
            8,
            lead=f"self.{each.own.attribute} = ",
        )
        for _, each in place.domains()
        if each.own is not None
    ]
    known = [names.servers[server.id].name for server in place.connection.servers if not server.variables]
    example = f", such as `{known[0]}`" if known else ""
    if place.url_env is not None:
        example += f"; default: what the environment variable `{place.url_env}` holds"
    shown = tuple(method for view in _views(place, scope) for method in methods(view))
    return FacadeClass(
        name=place.names.facade,
        base=scope.use(_RUNTIME, "Client"),
        docstring=docs(
            4,
            [
                sentence(f"Client of {client.title} {client.version}"),
                summary(client.description),
                "Use it with `async with`, or call `connect()` (optional) and `close()` (final). `url` is the "
                f"server's{example}; see `ConnectionOptions` for the options.",
            ],
        ),
        constructor=definition(
            "def __init__", ["self", url_parameter(scope, place), *parameters(scope, place), options], "None", 4
        ),
        body=(lay(base, 8), *attributes),
        methods=shown,
    )


def _server(server: Server, names: ServerNames) -> str:
    about = sentence(server.description or server.title)
    line = f"{names.name} = {literal(_url(server))}"
    return f"{line}\n{docstring(about, 0)}" if about else line


def _url(server: Server) -> str:
    return f"{server.protocol}://{server.host}{server.pathname}"


def _server_function(server: Server, names: ServerNames, scope: Scope) -> ServerFunction:
    values = {variable.name: (variable.enum, variable.default) for variable in server.variables}
    about = [
        f"`{names.variables[each.name]}`: {sentence(each.description)}" for each in server.variables if each.description
    ]
    return ServerFunction(
        head=definition(f"def {names.name}", arguments(scope, names.variables, values), scope.builtin("str"), 0),
        docstring=docs(
            4, [sentence(server.description or server.title or f"The URL of the server `{server.id}`"), *about]
        ),
        body=f"return {formatted(address_parts(_url(server), names.variables))}",
    )


def protocol_module(client: Client, places: Sequence[NamedConnection], names: Names) -> ProtocolModule:
    """The module with what travels on each connection."""
    public = [place.names.protocol for place in places]
    public += [place.names.address for place in places if place.addressed]
    expressions = [expression for place in places for expression in _expressions(place)]
    scope = Scope([*public, *(name for each in expressions for name in each.models)])
    constants = tuple(_protocol(place, names, scope) for place in places)
    fixed = [place for place in places if place.addressed and not place.connection.parameters]
    lines = tuple(f"{place.names.address} = {literal(place.connection.address)}" for place in fixed)
    functions = tuple(_address(place, scope) for place in places if place.addressed and place.connection.parameters)
    standard, package = scope.imports()
    return ProtocolModule(
        docstring=docs(0, [f"What travels on the connection: every message of {client.title} by its wire type."]),
        standard_imports=standard,
        package_imports=package,
        exports=exports(public),
        constants=(*lines, *constants),
        addresses=functions,
    )


def _expressions(place: NamedConnection) -> list[TypeExpression]:
    found = [place.types.sent(message) for message in place.connection.sent]
    return found + [place.types.received(message) for message in place.connection.received]


def _protocol(place: NamedConnection, names: Names, scope: Scope) -> str:
    envelope = place.connection.envelope
    sent_tag = () if envelope.sent_tag is None else (f"sent_tag={literal(envelope.sent_tag)}",)
    envelope_call = call(
        scope.use(_CODEC, "Envelope"),
        f"tag={literal(envelope.tag)}",
        f"payload={literal(envelope.payload)}",
        *sent_tag,
    )

    def table(opening: str, messages: Sequence[WireMessage], kind: str) -> Code:
        types = [place.types.sent(each) if kind == "sent" else place.types.received(each) for each in messages]
        items = [f"{literal(message.key)}: {scope.type(type)}" for message, type in zip(messages, types, strict=True)]
        return collection(opening, items, "}")

    codec = call(
        scope.use(_CODEC, "PydanticCodec"),
        envelope_call,
        table("sent={", place.connection.sent, "sent"),
        table("received={", place.connection.received, "received"),
    )
    more: list[Code] = []
    if place.connection.heartbeat is not None:
        beat = _heartbeat(place, place.connection.heartbeat, scope)
        more.append(call(f"defaults={scope.use(_RUNTIME, 'ConnectionOptions')}", beat))
    if place.url_env is not None:
        more.append(f"url_env={literal(place.url_env)}")
    protocol = call(scope.use(_OPERATIONS, "Protocol"), literal(str(names.package)), codec, *more)
    return lay(protocol, 0, lead=f"{place.names.protocol} = ")


def _heartbeat(place: NamedConnection, beat: Heartbeat, scope: Scope) -> Code:
    items: list[Code] = [literal(beat.message.key), f"interval={literal(beat.interval)}"]
    if beat.payload is not None:
        expression, value = place.types.sent(beat.message), literal(beat.payload)
        if expression.models == (expression.text.removesuffix(" | None"),):
            value = f"{expression.models[0]}.model_validate({value})"
        items.append(f"payload={value}")
    if beat.reply is not None:
        items.append(f"reply={literal(beat.reply.key)}")
    return call(f"heartbeat={scope.use(_RUNTIME, 'Heartbeat')}", *items)


def _address(place: NamedConnection, scope: Scope) -> AddressFunction:
    address = place.connection.address or ""
    names = place.names.parameters
    parts = [
        call(scope.use("urllib.parse", "quote"), part, 'safe=""') if isinstance(part, Identifier) else literal(part)
        for part in address_parts(address, names)
    ]
    about = [
        f"`{names[each.name]}`: {sentence(each.description)}"
        for each in place.connection.parameters
        if each.description
    ]
    return AddressFunction(
        head=definition(f"def {place.names.address}", parameters(scope, place), scope.builtin("str"), 0),
        docstring=docs(4, [f"The address of the channel `{address}`.", *about]),
        body=lay(call('"".join', tuple_of("(", parts)), 4, lead="return "),
    )
