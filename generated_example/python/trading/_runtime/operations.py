"""The descriptors that generated modules hand to the runtime: what is sent, what answers, what follows.

A message is named by its *message key*: the wire type where the protocol has one, else a name that the
codec gives to what it recognises. Paths (`topic`, `status` …) are wire names joined by dots, relative to the
message's payload. The type parameters are what callers see: the request's type, the reply's, the update's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeAlias, TypeVar

from .codec import Codec
from .options import Delivery

__all__ = [
    "Confirmation",
    "Protocol",
    "PushOperation",
    "RequestOperation",
    "Route",
    "SendOperation",
    "SubscriptionOperation",
    "Update",
]

RequestT = TypeVar("RequestT")
ReplyT = TypeVar("ReplyT")
DataT = TypeVar("DataT")

Route: TypeAlias = Mapping[str, str] | Literal["connection", "broadcast"]

OK_VALUES = ("ok", "success", "subscribed", True)


@dataclass(frozen=True, slots=True)
class Protocol:
    """All that the clients of one generated package share: its name and its codec.

    Clients share a connection only with clients of the same `Protocol` object.
    """

    name: str
    codec: Codec


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The reply to a subscribe or an unsubscribe, and where in it stands what.

    `status`, `message` and `topic` are paths; None where the reply has no such property. A reply without
    `status` confirms.
    """

    key: str
    status: str | None = None
    message: str | None = None
    topic: str | None = None
    ok: tuple[str | bool, ...] = OK_VALUES


@dataclass(frozen=True, slots=True)
class Update:
    """A message that carries updates. `topic` None: the update does not name its subscription (flat).

    `data` is the path of what consumers get; None is the whole payload. `event` is the class that wraps it
    where a subscription has several kinds of update.
    """

    key: str
    topic: str | None = None
    data: str | None = None
    event: type[object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOperation(Generic[RequestT, DataT]):
    """Subscribe, unsubscribe and update of one domain.

    `defaults` are the schema defaults of the parameters by wire name: two requests that differ only in them
    are the same subscription. `topic_rule` is a template over the parameters ("bars:{symbol}"), "sorted-json",
    or None where the server alone knows the topic. `delivery` is what consumers get that do not say otherwise.
    """

    domain: str
    subscribe: str
    confirmation: Confirmation
    updates: tuple[Update, ...]
    unsubscribe: str | None = None
    release: Confirmation | None = None
    release_parameters: tuple[str, ...] | None = None
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    topic_rule: str | None = None
    strict_topic: bool = False
    route: Route | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOperation(Generic[RequestT, ReplyT]):
    """A message that the server answers. `replies` lists every message that can be the answer.

    `events` maps a reply's key to the class that wraps it, where there is more than one.
    """

    request: str
    replies: tuple[str, ...]
    events: Mapping[str, type[object]] = field(default_factory=dict[str, type[object]])
    correlation: str | None = None
    pipeline: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOperation(Generic[RequestT]):
    """A message that the server does not answer. A frame of `acknowledgement` is swallowed."""

    message: str
    acknowledgement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOperation(Generic[DataT]):
    """Messages that the server sends unasked.

    `events` maps each message key to the class that wraps its payload; None where there is one message and
    consumers get its payload.
    """

    name: str
    messages: tuple[str, ...]
    events: Mapping[str, type[object]] | None = None
