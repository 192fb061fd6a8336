"""Types of messages in the signatures of one connection's modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wsgen.naming import HandlerNames, MemberNames, Names, RequestNames, RootKind, SubscriptionNames
from wsgen.operations import Domain, Handler, Request, Subscription, Update, WireMessage
from wsgen.payloads import Models, TypeExpression

from .scope import Scope

__all__ = ["NOTHING", "DomainView", "Types"]

NOTHING = TypeExpression("None", (), ())
ANYTHING = TypeExpression("Any", (), ("Any",))


@dataclass(frozen=True, slots=True)
class Types:
    """Type expressions of what the connection with this index sends and receives."""

    connection: int
    names: Names
    models: Models

    def sent(self, message: WireMessage) -> TypeExpression:
        return self._message("sent", message)

    def received(self, message: WireMessage) -> TypeExpression:
        if not message.members or message.frame != "json":
            return self._message("received", message)
        name = self.names.connections[self.connection].undivided[message.key]
        return TypeExpression(name, (), (), protocol=(name,))

    def members(self, message: WireMessage) -> list[TypeExpression]:
        """What is received where that may be one of several messages: each of them."""
        found = [self._message("received", member) for member in message.members]
        return list(dict.fromkeys(each for each in found if each.text != "None")) or [ANYTHING]

    def either(self, message: WireMessage) -> TypeExpression:
        """What is received, or where that is one of several messages, the union of these."""
        if not message.members or message.frame != "json":
            return self._message("received", message)
        found = self.members(message)
        return TypeExpression(
            " | ".join(dict.fromkeys(each.text for each in found)),
            tuple(dict.fromkeys(name for each in found for name in each.models)),
            tuple(dict.fromkeys(name for each in found for name in each.typing)),
        )

    def update(self, update: Update) -> TypeExpression:
        """What consumers get of an update: what stands at its path, or the whole payload."""
        if update.path is None:
            return self.received(update.message)
        return NOTHING if update.data is None else self._root("data", update.message.key)

    def _message(self, kind: RootKind, message: WireMessage) -> TypeExpression:
        if message.frame != "json":
            return TypeExpression("bytes" if message.frame == "binary" else "str", (), ())
        if message.payload is None:
            return NOTHING
        found = self._root(kind, message.key)
        if not message.optional or found.text == "Any" or found.text.endswith("None"):
            return found
        return replace(found, text=f"{found.text} | None")

    def _root(self, kind: RootKind, key: str) -> TypeExpression:
        return self.models.types[self.names.roots[self.connection, kind, key]]

    def of_domain(self, domain: Domain) -> Iterator[TypeExpression]:
        """Every type in the signatures of a domain."""
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

    def reply_models(self, subscription: Subscription) -> str:
        """What a refusal's `reply` is, in words; empty where nothing refuses, or without a payload."""
        confirmation = subscription.confirmation
        if confirmation is None:
            return ""
        own = [confirmation.message] if confirmation.status is not None else []
        messages = [*own, *(refusal.message for refusal in confirmation.refusals)]
        texts = [self.received(message).text for message in messages]
        return " or a ".join(dict.fromkeys(f"`{text}`" for text in texts if text != "None"))


@dataclass(frozen=True, slots=True)
class DomainView:
    """A domain, as seen from the module that its operations stand in.

    Attributes:
        receiver: how methods reach the connection: `self._connection`, `self.connection`.
    """

    domain: Domain
    names: MemberNames
    types: Types
    scope: Scope
    receiver: str

    def sent(self, message: WireMessage) -> str:
        return self._local(self.types.sent(message))

    def received(self, message: WireMessage) -> str:
        return self._local(self.types.received(message))

    def members(self, message: WireMessage) -> tuple[str, ...]:
        """What is received: one type, or each of the several messages that it may be."""
        if not message.members or message.frame != "json":
            return (self.received(message),)
        return tuple(dict.fromkeys(map(self._local, self.types.members(message))))

    def either(self, message: WireMessage) -> str:
        """What is received, or where that is one of several messages, the union of these."""
        return self._local(self.types.either(message))

    def update(self, update: Update) -> str:
        return self._local(self.types.update(update))

    def update_type(self, subscription: Subscription, names: SubscriptionNames) -> str:
        """What consumers of a subscription get."""
        return names.union or self.update(subscription.updates[0])

    def reply_type(self, request: Request, names: RequestNames) -> str:
        """What a request returns."""
        if names.union is not None:
            return names.union
        return self.received(request.replies[0]) if request.replies else "None"

    def answer_type(self, handler: Handler, names: HandlerNames) -> str:
        """What a handler returns."""
        return names.union or self.sent(handler.replies[0])

    def _local(self, expression: TypeExpression) -> str:
        return self.scope.type(expression)
