"""View of the module with what travels on each connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wsgen.config import ImportExtension
from wsgen.landing.typescript import jsdoc, literal
from wsgen.model import Json
from wsgen.naming import Names
from wsgen.operations import ByKey, ByType, ByValue, Client, Heartbeat, Rule, WireMessage

from .integers import places as integer_places
from .layout import PURE, Doc, alias, array, call, const, entry, obj, value
from .opening import address_function, arguments_interface
from .package import ProtocolModule
from .scope import OPERATIONS, RUNTIME, Scope
from .types import TypedPlace

__all__ = ["protocol_module"]


def protocol_module(
    client: Client, places: Sequence[TypedPlace], names: Names, extension: ImportExtension
) -> ProtocolModule:
    """The module with what travels on each connection."""
    taken = [
        name
        for place in places
        for name in (
            place.names.protocol,
            place.names.address,
            place.names.arguments_type,
            *place.names.undivided.values(),
        )
        if name is not None
    ]
    scope = Scope(taken, places[0].types.payloads, extension)
    fixed = [place for place in places if place.addressed and not place.connection.arguments]
    addresses = tuple(_fixed_address(place, scope) for place in fixed)
    protocols = tuple(_protocol(place, names, scope) for place in places)
    with_arguments = [place for place in places if place.connection.arguments]
    types = tuple(type for place in places for type in _undivided(place, scope))
    functions = tuple(address_function(scope, place) for place in with_arguments)
    return ProtocolModule(
        comment=jsdoc([f"What travels on the connection: every message of {client.title} by its wire type."]),
        imports=scope.imports(),
        constants=(*addresses, *protocols),
        types=types,
        arguments=tuple(arguments_interface(place) for place in with_arguments),
        addresses=functions,
    )


def _undivided(place: TypedPlace, scope: Scope) -> Iterator[str]:
    """The types of what may be one of several messages."""
    for message in place.connection.delivered:
        name = place.names.undivided.get(message.key)
        if name is not None:
            type = scope.part(place.types.undivided(message))
            yield f"{jsdoc(['One of several messages that cannot be told apart.'])}\n{alias(name, type)}"


def _fixed_address(place: TypedPlace, scope: Scope) -> str:
    type = scope.type(RUNTIME, "Address")
    template = entry("template", literal(place.connection.address or "/"))
    return const(place.names.address, type, call(PURE + scope.value(RUNTIME, "channel"), obj([template])))


def _protocol(place: TypedPlace, names: Names, scope: Scope) -> str:
    connection = place.connection
    envelope = connection.envelope
    paths: list[Doc] = [entry("tag", literal(envelope.tag)), entry("payload", literal(envelope.payload))]
    if envelope.sent_tag is not None:
        paths.append(entry("sentTag", literal(envelope.sent_tag)))
    entries: list[Doc] = [
        entry("envelope", obj(paths)),
        entry("sent", obj([_sent(place, each) for each in connection.sent], expanded=True)),
        entry("received", obj([_received(each) for each in connection.delivered], expanded=True)),
    ]
    for name, rule in (("rule", connection.rule), ("sentRule", connection.sent_rule)):
        if rule is not None:
            entries.append(entry(name, _rule(rule)))
    made = "taggedCodec" if _tagged(place) else "jsonCodec"
    exact = integer_places(place)
    if exact is not None:
        made = "exactCodec"
        entries.append(entry("integers", exact))
    codec = call(PURE + scope.value(RUNTIME, made), obj(entries, expanded=True))
    items: list[Doc] = [entry("name", literal(str(names.package))), entry("codec", codec)]
    if connection.heartbeat is not None:
        items.append(entry("defaults", obj([entry("heartbeat", _heartbeat(connection.heartbeat, scope))])))
    return const(place.names.protocol, scope.type(OPERATIONS, "Protocol"), obj(items, expanded=True))


def _tagged(place: TypedPlace) -> bool:
    """Whether every message is JSON that says in one place what it is, and nothing has to be filled in."""
    connection = place.connection
    messages = (*connection.sent, *connection.delivered)
    return (
        bool(connection.envelope.tag)
        and connection.rule is None
        and all(message.frame == "json" for message in messages)
        and not any(place.types.filled(message) for message in connection.sent)
    )


def _sent(place: TypedPlace, message: WireMessage) -> Doc:
    """A message that is sent: what it travels as, and the constants of its payload."""
    filled: dict[str, Json] = dict(place.types.filled(message))
    entries = _travels(message)
    if filled:
        entries.append(entry("constants", value(filled)))
    return entry(message.key, obj(entries))


def _received(message: WireMessage) -> Doc:
    return entry(message.key, obj(_travels(message)))


def _travels(message: WireMessage) -> list[Doc]:
    if message.frame != "json":
        return [entry("raw", literal(message.frame))]
    if message.members:
        return [entry("text", "true")] if any(member.frame == "text" for member in message.members) else []
    return [entry("empty", "true")] if message.payload is None else []


def _heartbeat(beat: Heartbeat, scope: Scope) -> Doc:
    entries = [entry("message", literal(beat.message.key)), entry("interval", literal(round(beat.interval * 1000, 3)))]
    if beat.payload is not None:
        entries.append(entry("payload", value(beat.payload)))
    if beat.reply is not None:
        entries.append(entry("reply", literal(beat.reply.key)))
    return call(PURE + scope.value(RUNTIME, "heartbeat"), obj(entries))


def _rule(rule: Rule) -> Doc:
    if isinstance(rule, tuple):
        return literal(rule[0]) if len(rule) == 1 else array([literal(each) for each in rule])
    cases = [array([literal(case), _rule(inner)]) for case, inner in rule.cases]
    entries: list[Doc] = [entry("by", literal(_KINDS[type(rule)]))]
    if not isinstance(rule, ByKey):
        entries.append(entry("path", literal(rule.path)))
    entries.append(entry("cases", array(cases, structured=True)))
    if rule.otherwise is not None:
        entries.append(entry("otherwise", _rule(rule.otherwise)))
    if isinstance(rule, ByValue) and rule.absent is not None:
        entries.append(entry("absent", _rule(rule.absent)))
    return obj(entries, expanded=True)


_KINDS = {ByValue: "value", ByKey: "key", ByType: "type"}
