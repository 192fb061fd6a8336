"""View of the module with the fake servers: the other side of each façade, for tests of applications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wsgen.landing.python import Identifier, literal
from wsgen.naming import (
    DomainNames,
    FakeDomainNames,
    FakeSubscriptionNames,
    HandlerNames,
    RequestNames,
    SubscriptionNames,
)
from wsgen.operations import Domain, Handler, Push, Request, Subscription, WireMessage
from wsgen.payloads import TypeExpression

from .arguments import example_arguments
from .connections import NamedConnection, exports
from .layout import Code, Either, Group, assignment, call, definition, lay, tuple_of
from .package import FakeClass, FakeHandler, FakesModule, Method
from .scope import Scope
from .texts import DEPRECATED, docs, raises
from .types import DomainView

__all__ = ["can_refuse", "fakes_module", "opened_with"]

_FAKES = "._runtime.fakes"
_OFFERED = ("FakeConnection", "FakeSubscription", "Received")


def fakes_module(title: str, places: Sequence[NamedConnection]) -> FakesModule:
    """The module with a fake server for each connection."""
    servers = [place.names.fake.server for place in places]
    modules = [_module(names) for place in places for _, names in place.domains()]
    models = [name for place in places for each in _types(place) for name in each.models]
    taken = [*servers, *modules, *models, *(place.names.protocol for place in places)]
    scope = Scope(taken)
    offered = [scope.use(_FAKES, name) for name in _OFFERED if name not in taken]
    shown = tuple(_server(place, scope) for place in places)
    standard, package = scope.imports()
    return FakesModule(
        docstring=docs(0, [f"Fake servers of {title}, for tests of applications: in their process, without a port."]),
        standard_imports=standard,
        package_imports=package,
        exports=exports([*servers, *offered]),
        servers=shown,
    )


def opened_with(place: NamedConnection, transport: str) -> Group:
    """The call that makes a client of a fake server."""
    option = place.names.displaced.get("transport", "transport")
    return call(place.names.facade, '"ws://fake"', *example_arguments(place), f"{option}={transport}")


def _module(names: DomainNames) -> Identifier:
    """The module in which the descriptors of a domain stand."""
    return Identifier("client") if names.own is None else names.own.module


def _types(place: NamedConnection) -> Iterator[TypeExpression]:
    for domain in place.connection.domains:
        yield from place.types.of_domain(domain)
        for each in domain.subscriptions:
            if each.confirmation is not None:
                yield place.types.received(each.confirmation.message)
            if each.unsubscribe is not None:
                yield place.types.sent(each.unsubscribe)
            if each.release is not None:
                yield place.types.received(each.release.message)


@dataclass(frozen=True, slots=True)
class _Part:
    """A domain, as seen from its fake server."""

    domain: Domain
    names: DomainNames
    fake: FakeDomainNames
    view: DomainView

    def of_module(self, name: Identifier) -> str:
        """Something of the domain's module."""
        return f"{self.view.receiver}.{name}"

    def update_type(self, each: Subscription, names: SubscriptionNames) -> str:
        """What an update of a subscription is; several kinds are a union of the domain's module."""
        if names.union is not None:
            return self.of_module(names.union)
        return self.view.either(each.updates[0].message) if _one_of(each) else self.view.update(each.updates[0])

    def reply_type(self, each: Request, names: RequestNames) -> str:
        """What a request is answered with."""
        if names.union is not None:
            return self.of_module(names.union)
        return self.view.either(each.replies[0]) if each.replies else "None"


def _one_of(each: Subscription) -> bool:
    """Whether its one kind of update stands for several messages that cannot be told apart."""
    return len(each.updates) == 1 and bool(each.updates[0].message.members) and each.updates[0].message.frame == "json"


def _parts(place: NamedConnection, scope: Scope) -> Iterator[_Part]:
    for (domain, names), fake in zip(place.domains(), place.names.fake.domains, strict=True):
        module = scope.sibling("", _module(names))
        yield _Part(domain, names, fake, DomainView(domain, names.members, place.types, scope, module))


def _server(place: NamedConnection, scope: Scope) -> FakeClass:
    parts = list(_parts(place, scope))
    operations = [name for part in parts for name in _operations(part)]
    protocol = scope.sibling("protocol", place.names.protocol)
    example = lay(opened_with(place, "server.transport"), 0)
    return FakeClass(
        name=place.names.fake.server,
        base=scope.use(_FAKES, "FakeServer"),
        docstring=docs(
            4,
            [
                f"The other side of `{place.names.facade}`, for tests; `server.transport` is the way to it:",
                f"    {example}",
                "Every subscribe and unsubscribe is confirmed, and what is answered without a payload is answered; "
                "functions that are given to the `on_...` attributes answer everything else.",
            ],
        ),
        handlers=tuple(handler for part in parts for handler in _handlers(part)),
        body=lay(call("super().__init__", protocol, tuple_of("(", operations), *_formats(parts)), 8),
        methods=tuple(method for part in parts for method in _methods(part)),
    )


def _formats(parts: Sequence[_Part]) -> list[Code]:
    """The argument with the formats of what the fake makes up; none where it has no texts of a format."""
    made = {message.key: message.formats for part in parts for message in _made_up(part.domain) if message.formats}
    cases = tuple(
        Group(f"{literal(key)}: {{", tuple(f"{literal(path)}: {literal(format)}" for path, format in formats), "}")
        for key, formats in made.items()
    )
    return [Group("formats={", cases, "}", hug=True)] if cases else []


def _made_up(domain: Domain) -> Iterator[WireMessage]:
    """What a fake answers by itself, and what it wraps around what the test gives it."""
    for each in domain.subscriptions:
        for confirmation in (each.confirmation, each.release):
            if confirmation is not None:
                yield confirmation.message
                yield from (refusal.message for refusal in confirmation.refusals)
        yield from (update.message for update in each.updates if update.path is not None)
    yield from (each.acknowledgement for each in domain.sends if each.acknowledgement is not None)


def _operations(part: _Part) -> list[str]:
    members = part.names.members
    found = [each.constant for each in members.subscriptions] + [each.constant for each in members.requests]
    return [part.of_module(constant) for constant in (*found, *(each.constant for each in members.sends))]


def _handlers(part: _Part) -> Iterator[FakeHandler]:
    domain, fake, view = part.domain, part.fake, part.view
    for each, names in zip(domain.subscriptions, fake.subscriptions, strict=True):
        reply, about = "None", "Is called with every `{}`."
        if each.confirmation is not None:
            reply, about = view.received(each.confirmation.message), "Answers `{}`, in place of the fake itself."
        yield _handler(view, names.on_subscribe, each.subscribe, reply, about)
        if each.unsubscribe is not None and each.release is not None:
            released = view.received(each.release.message)
            yield _handler(
                view, names.on_unsubscribe, each.unsubscribe, released, "Answers `{}`, in place of the fake itself."
            )
    for request, name, own in zip(domain.requests, fake.requests, part.names.members.requests, strict=True):
        reply = part.reply_type(request, own)
        types = view.members(request.replies[0]) if request.replies and own.union is None else (reply,)
        yield _handler(view, name, request.message, Either("", types), "Answers `{}`.")
    for send, name in zip(domain.sends, fake.sends, strict=True):
        yield _handler(view, name, send.message, "None", "Is called with every `{}`.")


def _handler(view: DomainView, name: Identifier, message: WireMessage, answer: Code, about: str) -> FakeHandler:
    kind = view.scope.use(_FAKES, "Handler")
    annotation = Group(f"{kind}[", (view.sent(message), answer), "]")
    return FakeHandler(
        line=assignment(name, annotation, call(kind, literal(message.key)), 4),
        docstring=docs(4, [about.format(message.key), DEPRECATED if message.deprecated else ""]),
    )


def _methods(part: _Part) -> Iterator[Method]:
    pairs = zip(part.domain.subscriptions, part.names.members.subscriptions, part.fake.subscriptions, strict=True)
    for each, own, names in pairs:
        yield _update(part, each, own, names)
        if can_refuse(each):
            yield _refusal(part, each, own, names)
    handlers = zip(part.domain.handlers, part.names.members.handlers, part.fake.handlers, strict=True)
    for handler, of_handler, name in handlers:
        yield _ask(part, handler, of_handler, name)
    pushes = zip(part.domain.pushes, part.names.members.pushes, part.fake.pushes, strict=True)
    for push, of_push, name in pushes:
        yield _push(part, push, of_push.constant, name)


def _method(name: Identifier, parameters: Sequence[Code], paragraphs: Sequence[str], body: Group) -> Method:
    return Method(
        head=definition(f"def {name}", ("self", *parameters), "None", 4),
        docstring=docs(8, paragraphs),
        body=lay(body, 8),
        stub="",
    )


def _request_parameter(part: _Part, each: Subscription) -> list[str]:
    type = part.view.sent(each.subscribe)
    if type == "None":
        return []
    return [f"request: {type} = None" if type.endswith("None") or type == "Any" else f"request: {type} | None = None"]


def _update(part: _Part, each: Subscription, own: SubscriptionNames, names: FakeSubscriptionNames) -> Method:
    view = part.view
    update = part.update_type(each, own)
    selection = _request_parameter(part, each)
    if any(update.topic is not None for update in each.updates):
        selection.insert(0, f"topic: {view.scope.builtin('str')} | None = None")
    selected = [parameter.partition(":")[0] for parameter in selection]
    keys = " or ".join(f"`{update.message.key}`" for update in each.updates)
    alone = f", or to those of one {' or '.join(f'`{name}`' for name in selected)}" if selected else ""
    keywords = ["*", *selection] if selection else []
    types = view.members(each.updates[0].message) if _one_of(each) else (update,)
    return _method(
        names.push,
        [*([] if update == "None" else [Either("update: ", types)]), *keywords],
        [
            f"Send {keys} to all who are subscribed{alone}.",
            raises([("LookupError", "nobody is."), ("InvalidRequest", "it does not fit its schema.")]),
        ],
        call(
            "self._update_one_of" if _one_of(each) else "self._update",
            part.of_module(own.constant),
            "None" if update == "None" else "update",
            *(f"{name}={name}" for name in selected),
        ),
    )


def _refusal(part: _Part, each: Subscription, own: SubscriptionNames, names: FakeSubscriptionNames) -> Method:
    request = _request_parameter(part, each)
    text = part.view.scope.builtin("str")
    return _method(
        names.refuse,
        [f'message: {text} = ""', *(["*", *request] if request else [])],
        [f"From now on, refuse `{each.subscribe.key}`" + ("; given a `request`, that alone." if request else ".")],
        call("self._refuse", part.of_module(own.constant), "message", "request" if request else "None"),
    )


def can_refuse(each: Subscription) -> bool:
    """Whether the server has a way to refuse a subscription."""
    confirmation = each.confirmation
    return confirmation is not None and (confirmation.status is not None or bool(confirmation.refusals))


def _ask(part: _Part, each: Handler, own: HandlerNames, name: Identifier) -> Method:
    view, message = part.view, each.message
    type = view.received(message)
    answer = view.sent(each.replies[0]) if own.union is None else part.of_module(own.union)
    body = call("self._ask", part.of_module(own.constant), "None" if type == "None" else "payload")
    parameters = [] if type == "None" else [f"payload: {type}{' = None' if message.optional else ''}"]
    return Method(
        head=definition(f"async def {name}", ("self", *parameters), answer, 4),
        docstring=docs(
            8,
            [
                f"Ask `{message.key}` of the client that came last, and return its answer.",
                raises([("LookupError", "nobody is connected."), ("ConnectionLost", "it has gone.")]),
            ],
        ),
        body=lay(body, 8, lead="await " if answer == "None" else "return await "),
        stub="",
    )


def _push(part: _Part, each: Push, constant: Identifier, name: Identifier) -> Method:
    types = part.view.members(each.message)
    one_of = bool(each.message.members) and each.message.frame == "json"
    optional = " = None" if each.message.optional else ""
    return _method(
        name,
        [] if types == ("None",) else [Either("payload: ", types, optional)],
        [
            f"Send `{each.message.key}` on every connection.",
            DEPRECATED if each.message.deprecated else "",
            raises([("LookupError", "nobody is connected."), ("InvalidRequest", "it does not fit its schema.")]),
        ],
        call(
            "self._push_one_of" if one_of else "self._push",
            part.of_module(constant),
            "None" if types == ("None",) else "payload",
        ),
    )
