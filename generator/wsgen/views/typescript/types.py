"""Types of messages in the signatures of one connection's modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wsgen.naming import HandlerNames, MemberNames, Names, RequestNames, RootKind, SubscriptionNames
from wsgen.operations import Domain, Handler, Request, Subscription, Update, WireMessage
from wsgen.payloads import PayloadTypes
from wsgen.payloads.forms import Anything, Type, Union, uses
from wsgen.views.places import Place

from .layout import Doc
from .scope import Part, Scope

__all__ = ["DomainView", "TypedPlace", "Types"]


@dataclass(frozen=True, slots=True)
class Types:
    """What the connection with this index sends and receives."""

    connection: int
    names: Names
    payloads: PayloadTypes

    def sent(self, message: WireMessage) -> Part:
        return self._message("sent", message)

    def received(self, message: WireMessage) -> Part:
        """What is received; where several messages cannot be told apart, one of them."""
        if not message.members or message.frame != "json":
            return self._message("received", message)
        return replace(self.undivided(message), named=self.names.connections[self.connection].undivided[message.key])

    def undivided(self, message: WireMessage) -> Part:
        """The union that `received` names."""
        found = [self._message("received", member) for member in message.members]
        types = [each.type for each in found if each.type is not None]
        members = [part for type in types for part in (type.members if isinstance(type, Union) else (type,))]
        unique = tuple(dict.fromkeys(members))
        if Anything() in unique or not unique:
            return Part(Anything())
        return Part(unique[0] if len(unique) == 1 else Union(unique))

    def update(self, update: Update) -> Part:
        """What consumers get of an update: what stands at its path, or the whole payload."""
        if update.path is None:
            return self.received(update.message)
        return Part() if update.data is None else Part(self._root("data", update.message.key))

    def filled(self, message: WireMessage) -> dict[str, str | int | bool]:
        """The constants of a payload that is sent."""
        if message.payload is None or message.frame != "json":
            return {}
        return dict(self.payloads.filled.get(self.names.roots[self.connection, "sent", message.key], {}))

    def _message(self, kind: RootKind, message: WireMessage) -> Part:
        if message.frame != "json":
            return Part(raw="Uint8Array" if message.frame == "binary" else "string")
        if message.payload is None:
            return Part()
        return Part(self._root(kind, message.key), optional=message.optional)

    def _root(self, kind: RootKind, key: str) -> Type:
        return self.payloads.roots[self.names.roots[self.connection, kind, key]]

    def models(self, part: Part) -> list[str]:
        """The names of the models in what a message carries."""
        return [] if part.type is None or part.named else [self.payloads.definitions[id].name for id in uses(part.type)]

    def of_domain(self, domain: Domain) -> Iterator[Part]:
        """What every message of a domain carries."""
        for subscription in domain.subscriptions:
            yield self.sent(subscription.subscribe)
            yield from map(self.update, subscription.updates)
        for request in domain.requests:
            yield self.sent(request.message)
            yield from map(self.received, request.replies)
        yield from (self.sent(send.message) for send in domain.sends)
        yield from (self.received(push.message) for push in domain.pushes)
        for handler in domain.handlers:
            yield self.received(handler.message)
            yield from map(self.sent, handler.replies)

    def refusals(self, subscription: Subscription) -> list[Part]:
        """What the messages carry that refuse a subscription."""
        confirmation = subscription.confirmation
        if confirmation is None:
            return []
        own = [confirmation.message] if confirmation.status is not None else []
        return [self.received(each) for each in (*own, *(refusal.message for refusal in confirmation.refusals))]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPlace(Place):
    """A connection, its names, and the types of its messages."""

    types: Types


@dataclass(frozen=True, slots=True)
class DomainView:
    """A domain, as seen from the module that its operations stand in.

    Attributes:
        receiver: how methods reach the connection: `this.#connection`, `this.connection`.
    """

    domain: Domain
    names: MemberNames
    types: Types
    scope: Scope
    receiver: str

    def sent(self, message: WireMessage, *, argument: bool = False) -> Doc:
        return self.scope.part(self.types.sent(message), argument=argument)

    def received(self, message: WireMessage, *, argument: bool = False) -> Doc:
        return self.scope.part(self.types.received(message), argument=argument)

    def update(self, update: Update, *, argument: bool = False) -> Doc:
        return self.scope.part(self.types.update(update), argument=argument)

    def update_type(self, subscription: Subscription, names: SubscriptionNames) -> Doc:
        """What consumers of a subscription get, as an argument of a type."""
        return names.union or self.update(subscription.updates[0], argument=True)

    def reply_type(self, request: Request, names: RequestNames) -> Doc:
        """What a request is answered with, as an argument of a type."""
        if names.union is not None:
            return names.union
        return self.received(request.replies[0], argument=True) if request.replies else "undefined"

    def answer_type(self, handler: Handler, names: HandlerNames) -> Doc:
        """What a handler returns, as an argument of a type."""
        return names.union or self.sent(handler.replies[0], argument=True)
