"""View of the module with the fake servers: the other side of each façade, for tests of applications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wsgen.config import ImportExtension
from wsgen.landing.python import Identifier
from wsgen.landing.typescript import jsdoc, literal
from wsgen.naming import DomainNames, FakeDomainNames, FakeSubscriptionNames, HandlerNames, SubscriptionNames
from wsgen.operations import Domain, Handler, Push, Subscription, WireMessage
from wsgen.payloads.forms import ObjectType, uses
from wsgen.views.fakes import can_refuse
from wsgen.views.places import public_names

from .domains import file_of
from .layout import Doc, array, call, concat, generic, lay, obj, parameters, type_object
from .opening import example_arguments
from .package import DeclaredFunction, FakeClass, FakesModule, Method
from .samples import Samples
from .scope import Part, Scope
from .types import DomainView, TypedPlace, Types

__all__ = ["can_refuse", "fakes_module", "sample_name", "sampled"]

_FAKES = "runtime/fakes"


def fakes_module(title: str, places: Sequence[TypedPlace], extension: ImportExtension) -> FakesModule:
    """The module with a fake server for each connection."""
    payloads = places[0].types.payloads
    scope = Scope(list(_taken(places)), payloads, extension)
    shown = tuple(_server(place, scope) for place in places)
    samples = tuple(_sample(each, properties, scope) for each, properties in sampled(places))
    return FakesModule(
        comment=jsdoc([f"Fake servers of {title}, for tests of applications: in their process, without a port."]),
        imports=scope.imports(),
        servers=shown,
        samples=samples,
    )


def sampled(places: Sequence[TypedPlace]) -> Iterator[tuple[ObjectType, list[Doc]]]:
    """The objects that tests give to fake servers: updates, pushes and replies; and what they must have."""
    payloads = places[0].types.payloads
    found: dict[str, None] = {}
    for place in places:
        for domain in place.connection.domains:
            for part in _given(domain, place.types):
                found |= dict.fromkeys(() if part.type is None else uses(part.type))
    samples = Samples(payloads, "")
    for id in payloads.definitions:
        each = payloads.definitions[id]
        if id in found and isinstance(each, ObjectType):
            properties = samples.properties(each)
            if properties is not None:
                yield each, properties


def _given(domain: Domain, types: Types) -> Iterator[Part]:
    for subscription in domain.subscriptions:
        yield from map(types.update, subscription.updates)
    for request in domain.requests:
        yield from map(types.received, request.replies)
    yield from (types.received(push.message) for push in domain.pushes)
    yield from (types.received(handler.message) for handler in domain.handlers)


def sample_name(each: ObjectType) -> str:
    """The name of the function that makes one up."""
    return f"make{each.name}"


def _sample(each: ObjectType, properties: Sequence[Doc], scope: Scope) -> DeclaredFunction:
    type = scope.model(each.name)
    head = parameters(f"export function {sample_name(each)}", [f"given: Partial<{type}> = {{}}"], type, " {")
    return DeclaredFunction(
        comment=jsdoc(["For tests: what is given, and the least of what else it must have."]),
        head=lay(head),
        body=lay(concat("return ", obj([*properties, "...given"]), ";"), 2),
    )


def _taken(places: Sequence[TypedPlace]) -> Iterator[str]:
    for place in places:
        yield place.names.fake.server
        yield place.names.protocol
        yield from (each.name for each in place.types.payloads.definitions.values())
        for _, names in place.domains():
            yield from public_names(names.members)


@dataclass(frozen=True, slots=True)
class _Side:
    """A domain, as seen from its fake server; `module` is the one with its descriptors."""

    domain: Domain
    names: DomainNames
    fake: FakeDomainNames
    view: DomainView
    module: str

    def constant(self, name: Identifier) -> str:
        """A descriptor; those of several domains may have one name."""
        return self.view.scope.shared(self.module, name)

    def named(self, name: Identifier) -> str:
        """A type of the domain's module."""
        return self.view.scope.sibling(self.module, name, type=True)

    def update(self, each: Subscription, names: SubscriptionNames) -> Doc:
        return self.named(names.union) if names.union is not None else self.view.update(each.updates[0])


def _sides(place: TypedPlace, scope: Scope) -> Iterator[_Side]:
    for (domain, names), fake in zip(place.domains(), place.names.fake.domains, strict=True):
        module = "client" if names.own is None else file_of(names.own.module)
        yield _Side(domain, names, fake, DomainView(domain, names.members, place.types, scope, module), module)


def _server(place: TypedPlace, scope: Scope) -> FakeClass:
    sides = list(_sides(place, scope))
    operations = [each for side in sides for each in _operations(side)]
    protocol = scope.sibling("protocol", place.names.protocol)
    given = example_arguments(place) or ("" if place.names.arguments_type is None else "{}")
    arguments = ", ".join(filter(None, ['"ws://fake"', given, "{ transport: server.transport }"]))
    return FakeClass(
        name=place.names.fake.server,
        parent=scope.value(_FAKES, "FakeServer"),
        comment=jsdoc(
            [
                f"The other side of `{place.names.facade}`, for tests; `server.transport` is the way to it: "
                f"`new {place.names.facade}({arguments})`.",
                "Every subscribe and unsubscribe is confirmed, and what is answered without a payload is answered; "
                "functions that are given to the `on…` properties answer everything else.",
            ]
        ),
        handlers=tuple(handler for side in sides for handler in _handlers(side)),
        base=lay(concat(call("super", protocol, array(operations)), ";"), 4),
        methods=tuple(method for side in sides for method in _methods(side)),
    )


def _operations(side: _Side) -> Iterator[str]:
    members = side.names.members
    found = [each.constant for each in members.subscriptions] + [each.constant for each in members.requests]
    yield from map(side.constant, [*found, *(each.constant for each in members.sends)])


def _handlers(side: _Side) -> Iterator[str]:
    """Properties that take functions."""
    domain, fake, view = side.domain, side.fake, side.view
    for each, names in zip(domain.subscriptions, fake.subscriptions, strict=True):
        reply: Doc = "void"
        about = "Is called with every `{}`."
        if each.confirmation is not None:
            reply = view.scope.part(view.types.received(each.confirmation.message), argument=True, nothing="void")
            about = "Answers `{}`, in place of the fake itself."
        yield _handler(view, names.on_subscribe, each.subscribe, reply, about)
        if each.unsubscribe is not None and each.release is not None:
            released = view.scope.part(view.types.received(each.release.message), argument=True, nothing="void")
            yield _handler(view, names.on_unsubscribe, each.unsubscribe, released, about)
    for request, name, own in zip(domain.requests, fake.requests, side.names.members.requests, strict=True):
        answer: Doc = "void"
        if own.union is not None:
            answer = side.named(own.union)
        elif request.replies:
            answer = view.scope.part(view.types.received(request.replies[0]), argument=True, nothing="void")
        yield _handler(view, name, request.message, answer, "Answers `{}`.")
    for send, name in zip(domain.sends, fake.sends, strict=True):
        yield _handler(view, name, send.message, "void", "Is called with every `{}`.")


def _handler(view: DomainView, name: Identifier, message: WireMessage, answer: Doc, about: str) -> str:
    kind = generic(view.scope.type(_FAKES, "Handler"), view.sent(message, argument=True), answer)
    comment = jsdoc([about.format(message.key)], ["@deprecated"] if message.deprecated else [], indent=2)
    head = lay(parameters(f"set {name}", [concat("handler: ", kind)], "", " {"), 2)
    body = lay(concat(call("this.on", literal(message.key), "handler"), ";"), 4)
    return f"{comment}\n  {head}\n    {body}\n  }}"


def _methods(side: _Side) -> Iterator[Method]:
    members, fake = side.names.members, side.fake
    for each, own, names in zip(side.domain.subscriptions, members.subscriptions, fake.subscriptions, strict=True):
        yield _push_update(side, each, own, names)
        if can_refuse(each):
            yield _refusal(side, each, own, names)
    for handler, of_handler, name in zip(side.domain.handlers, members.handlers, fake.handlers, strict=True):
        yield _ask(side, handler, of_handler, name)
    for push, of_push, name in zip(side.domain.pushes, members.pushes, fake.pushes, strict=True):
        yield _push(side, push, of_push.constant, name)


def _method(
    name: Identifier, given: Sequence[Doc], returns: Doc, said: Sequence[str], tags: list[str], body: Doc
) -> Method:
    lead = "" if returns == "void" else "return "
    return Method(
        head=lay(parameters(name, given, returns, " {"), 2),
        comment=jsdoc(said, tags, indent=2),
        body=lay(concat(lead, body, ";"), 4),
    )


def _push_update(side: _Side, each: Subscription, own: SubscriptionNames, names: FakeSubscriptionNames) -> Method:
    view = side.view
    update = view.types.update(each.updates[0]) if own.union is None else None
    nothing = update is not None and update.nothing
    selection: list[Doc] = []
    if any(update.topic is not None for update in each.updates):
        selection.append("topic?: string")
    request = view.types.sent(each.subscribe)
    if not request.nothing:
        selection.append(concat("request?: ", view.scope.part(_certain(request))))
    keys = " or ".join(f"`{update.message.key}`" for update in each.updates)
    words = [
        name
        for name, there in (("topic", len(selection) > 1 or request.nothing), ("request", not request.nothing))
        if there and selection
    ]
    alone = f", or to those of one {' or '.join(f'`{word}`' for word in words)}" if words else ""
    given: list[Doc] = [] if nothing else [concat("update: ", side.update(each, own))]
    if selection:
        given.append(concat("only: ", type_object(selection), " = {}"))
    return _method(
        names.push,
        given,
        "void",
        [f"Send {keys} to all who are subscribed{alone}."],
        ["@throws {LookupError} Nobody is."],
        call(
            "this.update",
            side.constant(own.constant),
            "undefined" if nothing else "update",
            *(["only"] if selection else []),
        ),
    )


def _certain(part: Part) -> Part:
    return replace(part, optional=False)


def _refusal(side: _Side, each: Subscription, own: SubscriptionNames, names: FakeSubscriptionNames) -> Method:
    request = side.view.types.sent(each.subscribe)
    given: list[Doc] = ['message = ""']
    if not request.nothing:
        given.append(concat("request?: ", side.view.scope.part(_certain(request))))
    alone = "" if request.nothing else "; given a `request`, that alone"
    return _method(
        names.refuse,
        given,
        "void",
        [f"From now on, refuse `{each.subscribe.key}`{alone}."],
        [],
        call("this.refuse", side.constant(own.constant), "message", *([] if request.nothing else ["request"])),
    )


def _ask(side: _Side, each: Handler, own: HandlerNames, name: Identifier) -> Method:
    view = side.view
    part = view.types.received(each.message)
    answer: Doc = side.named(own.union) if own.union is not None else view.sent(each.replies[0], argument=True)
    mark = "?" if part.optional else ""
    given: list[Doc] = [] if part.nothing else [concat(f"payload{mark}: ", view.scope.part(_certain(part)))]
    return _method(
        name,
        given,
        generic("Promise", "void" if answer == "undefined" else answer),
        [f"Ask the one client that is connected `{each.message.key}`, and give its answer."],
        ["@deprecated"] if each.message.deprecated else [],
        call("this.ask", side.constant(own.constant), "undefined" if part.nothing else "payload"),
    )


def _push(side: _Side, each: Push, constant: Identifier, name: Identifier) -> Method:
    part = side.view.types.received(each.message)
    mark = "?" if part.optional else ""
    return _method(
        name,
        [] if part.nothing else [concat(f"payload{mark}: ", side.view.scope.part(_certain(part)))],
        "void",
        [f"Send `{each.message.key}` on every connection."],
        ["@throws {LookupError} Nobody is connected.", *(["@deprecated"] if each.message.deprecated else [])],
        call("this.push", side.constant(constant), "undefined" if part.nothing else "payload"),
    )
