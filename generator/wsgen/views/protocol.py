"""View of the module with what travels on each connection, and the types that signatures have by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wsgen.landing.python import Identifier, literal
from wsgen.naming import Names
from wsgen.operations import Client, Heartbeat, WireMessage
from wsgen.payloads import ModelLibrary, TypeExpression

from .arguments import address_function, options_class, used_names
from .connections import NamedConnection, exports
from .layout import Code, call, collection, lay, union
from .package import NamedType, ProtocolModule
from .rules import rule_arguments
from .scope import Scope
from .texts import docs
from .types import NOTHING

__all__ = ["protocol_module", "type_names"]

_RUNTIME = "._runtime"
_OPERATIONS = "._runtime.operations"
_CODECS: Mapping[ModelLibrary, tuple[str, str]] = {
    "pydantic": ("._runtime.pydantic_codec", "PydanticCodec"),
    "msgspec": ("._runtime.msgspec_codec", "MsgspecCodec"),
}
_RULES = "._runtime.rules"


def type_names(places: Sequence[NamedConnection]) -> list[Identifier]:
    """Types of what an application hands over and gets, beside its models."""
    return [name for place in places for name in (*place.names.choices.values(), *place.names.undivided.values())]


def protocol_module(
    client: Client, places: Sequence[NamedConnection], names: Names, library: ModelLibrary
) -> ProtocolModule:
    """The module with what travels on each connection."""
    public = [place.names.protocol for place in places]
    public += [place.names.address for place in places if place.addressed]
    public += type_names(places)
    expressions = [expression for place in places for expression in _expressions(place)]
    hidden = [name for place in places for name in used_names(place)]
    scope = Scope([*public, *(name for each in expressions for name in each.models), *hidden], module="protocol")
    types = tuple(type for place in places for type in (*_choices(place, scope), *_undivided(place, scope)))
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
        types=types,
        constants=(*lines, *constants),
        options=options,
        addresses=functions,
    )


def _expressions(place: NamedConnection) -> list[TypeExpression]:
    found = [place.types.sent(message) for message in place.connection.sent]
    found += [place.types.received(message) for message in place.connection.delivered]
    return found + [member for message in _standing(place) for member in place.types.members(message)]


def _standing(place: NamedConnection) -> list[WireMessage]:
    """What is received and may be one of several messages."""
    return [message for message in place.connection.delivered if message.key in place.names.undivided]


def _choices(place: NamedConnection, scope: Scope) -> list[NamedType]:
    """The types of arguments that have one of many values."""
    found: list[NamedType] = []
    for argument in place.connection.arguments:
        name = place.names.choices.get((argument.location, argument.name))
        if name is not None:
            literals = collection(f"{scope.use('typing', 'Literal')}[", map(literal, argument.values), "]")
            line = lay(literals, 0, lead=f"{name}: {scope.use('typing', 'TypeAlias')} = ")
            found.append(NamedType(line, docs(0, [f"The values of `{place.argument(argument)}`."])))
    return found


def _undivided(place: NamedConnection, scope: Scope) -> list[NamedType]:
    """The types of what may be one of several messages."""
    found: list[NamedType] = []
    for message in _standing(place):
        members = dict.fromkeys(map(scope.type, place.types.members(message)))
        name, undivided = place.names.undivided[message.key], scope.use(_RUNTIME, "Undivided")
        line = union(name, scope.use("typing", "TypeAlias"), members, of=undivided)
        told = "One of several messages that cannot be told apart; `read_as` reads it as one of them."
        found.append(NamedType(line, docs(0, [told])))
    return found


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
