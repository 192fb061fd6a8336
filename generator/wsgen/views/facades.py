"""Views of the façades' module, and of the module with the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wsgen.landing.python import Identifier, literal
from wsgen.naming import Names
from wsgen.operations import Client, Heartbeat, WireMessage
from wsgen.payloads import ModelLibrary, TypeExpression

from .arguments import (
    address_argument,
    address_function,
    argument_docs,
    opening_parameters,
    options_class,
    options_given,
    used_names,
)
from .connections import (
    NamedConnection,
    constant_names,
    exports,
    method_names,
    public_names,
    section,
)
from .credentials import asked
from .layout import Code, call, collection, definition, lay
from .methods import methods
from .package import FacadeClass, FacadeModule, ProtocolModule
from .rules import rule_arguments
from .scope import Scope
from .texts import docs, sentence, summary
from .types import NOTHING, DomainView

__all__ = ["facade_module", "facade_names", "protocol_module"]

_RUNTIME = "._runtime"
_OPERATIONS = "._runtime.operations"
_CODECS: Mapping[ModelLibrary, tuple[str, str]] = {
    "pydantic": ("._runtime.pydantic_codec", "PydanticCodec"),
    "msgspec": ("._runtime.msgspec_codec", "MsgspecCodec"),
}
_RULES = "._runtime.rules"


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


def protocol_module(
    client: Client, places: Sequence[NamedConnection], names: Names, library: ModelLibrary
) -> ProtocolModule:
    """The module with what travels on each connection."""
    public = [place.names.protocol for place in places]
    public += [place.names.address for place in places if place.addressed]
    expressions = [expression for place in places for expression in _expressions(place)]
    hidden = [name for place in places for name in used_names(place)]
    scope = Scope([*public, *(name for each in expressions for name in each.models), *hidden])
    constants = tuple(_protocol(place, names, scope, library) for place in places)
    public += [place.names.options for place in places if place.names.options is not None]
    fixed = [place for place in places if place.addressed and not place.connection.arguments]
    lines = tuple(f"{place.names.address} = {literal(place.connection.address)}" for place in fixed)
    options = tuple(filter(None, (options_class(scope, place) for place in places)))
    functions = tuple(address_function(scope, place) for place in places if place.connection.arguments)
    standard, package = scope.imports()
    return ProtocolModule(
        docstring=docs(0, [f"What travels on the connection: every message of {client.title} by its wire type."]),
        standard_imports=standard,
        package_imports=package,
        exports=exports(public),
        constants=(*lines, *constants),
        options=options,
        addresses=functions,
    )


def _expressions(place: NamedConnection) -> list[TypeExpression]:
    found = [place.types.sent(message) for message in place.connection.sent]
    return found + [place.types.received(message) for message in place.connection.delivered]


def _protocol(place: NamedConnection, names: Names, scope: Scope, library: ModelLibrary) -> str:
    codec_module, codec_class = _CODECS[library]
    envelope = place.connection.envelope
    sent_tag = () if envelope.sent_tag is None else (f"sent_tag={literal(envelope.sent_tag)}",)
    envelope_call = call(
        scope.use(codec_module, "Envelope"),
        f"tag={literal(envelope.tag)}",
        f"payload={literal(envelope.payload)}",
        *sent_tag,
    )

    def table(opening: str, messages: Sequence[WireMessage], kind: str) -> Code:
        types = [place.types.sent(each) if kind == "sent" else place.types.received(each) for each in messages]
        items = [
            f"{literal(message.key)}: {_codec_type(message, type, scope)}"
            for message, type in zip(messages, types, strict=True)
        ]
        return collection(opening, items, "}")

    codec = call(
        scope.use(codec_module, codec_class),
        envelope_call,
        table("sent={", place.connection.sent, "sent"),
        table("received={", place.connection.delivered, "received"),
        *rule_arguments(place.connection, scope),
    )
    more: list[Code] = []
    if place.connection.heartbeat is not None:
        beat = _heartbeat(place, place.connection.heartbeat, scope, library)
        more.append(call(f"defaults={scope.use(_RUNTIME, 'ConnectionOptions')}", beat))
    if place.url_env is not None:
        more.append(f"url_env={literal(place.url_env)}")
    protocol = call(scope.use(_OPERATIONS, "Protocol"), literal(str(names.package)), codec, *more)
    return lay(protocol, 0, lead=f"{place.names.protocol} = ")


def _codec_type(message: WireMessage, type: TypeExpression, scope: Scope) -> str:
    """What a codec takes for the type of a message's payload."""
    if message.frame != "json":
        return f"{scope.use(_RULES, 'Raw')}({literal(message.frame)})"
    if message.payload is not None and type == NOTHING:
        return scope.use("types", "NoneType")
    return scope.type(type)


def _heartbeat(place: NamedConnection, beat: Heartbeat, scope: Scope, library: ModelLibrary) -> Code:
    items: list[Code] = [literal(beat.message.key), f"interval={literal(beat.interval)}"]
    if beat.payload is not None:
        expression, value = place.types.sent(beat.message), literal(beat.payload)
        if expression.models == (expression.text.removesuffix(" | None"),):
            model = expression.models[0]
            from_wire = f"{model}.model_validate("
            if library == "msgspec":
                from_wire = f"{scope.use(_CODECS[library][0], 'from_wire')}({model}, "
            value = f"{from_wire}{value})"
        items.append(f"payload={value}")
    if beat.reply is not None:
        items.append(f"reply={literal(beat.reply.key)}")
    return call(f"heartbeat={scope.use(_RUNTIME, 'Heartbeat')}", *items)
