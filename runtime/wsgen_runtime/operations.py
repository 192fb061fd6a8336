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
from .options import ConnectionOptions, Delivery

__all__ = [
    "Confirmation",
    "Correlation",
    "HandlerOperation",
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

    Clients share a connection only with clients of the same `Protocol` object. `defaults` are the options of
    clients that do not say otherwise; `url_env` is the environment variable with the URL of those that give none.
    """

    name: str
    codec: Codec
    defaults: ConnectionOptions = field(default_factory=ConnectionOptions, compare=False)
    url_env: str | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """How a reply says which request it answers: by an id that it repeats.

        Correlation(request="reqid", reply="reqid", kind="integer")

    `request` and `reply` are the paths of the id in the two messages: in their payloads, or for `within="frame"`
    in the whole frame, beside the wrapped payload. Where a request has no id at its path, one of this `kind` is
    put there, which no other request of the connection has; None: callers give ids, or there is none. For integers
    and strings it counts from 1. Ids are compared by their text: 7 and "7" are the same.

    A reply with an id settles the call that was sent with it; nobody else gets it. One without belongs to the oldest
    call that was sent without, or to the oldest of all.
    """

    request: str
    reply: str
    kind: Literal["integer", "string", "uuid"] | None = None
    within: Literal["payload", "frame"] = "payload"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The reply to a subscribe or an unsubscribe, and where in it stands what.

    `status`, `message` and `topic` are paths; None where the reply has no such property. A reply without
    `status` confirms. `refusals` are messages that come in its place when the server refuses, each with the path of
    the server's words in it. With `correlation` it repeats the id of what it answers.
    """

    key: str
    status: str | None = None
    message: str | None = None
    topic: str | None = None
    ok: tuple[str | bool, ...] = OK_VALUES
    refusals: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    correlation: Correlation | None = None


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
    or None where the server alone knows the topic; with `strict_topic`, a subscription that is confirmed with
    another one is undone, and ends with `TopicMismatch`. `delivery` is what consumers get that do not say otherwise.

    Without a `confirmation` a subscription is confirmed when it is sent. The unsubscribe has the subscribe's
    parameters, or those in `release_parameters` (which `release_names` gives another name in the subscribe), with
    `release_values` put at their paths, and the server's topic at `release_topic`. A number in a path is an index.
    """

    domain: str
    subscribe: str
    confirmation: Confirmation | None
    updates: tuple[Update, ...]
    unsubscribe: str | None = None
    release: Confirmation | None = None
    release_parameters: tuple[str, ...] | None = None
    release_values: Mapping[str, object] = field(default_factory=dict[str, object])
    release_names: Mapping[str, str] = field(default_factory=dict[str, str])
    release_topic: str | None = None
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    topic_rule: str | None = None
    strict_topic: bool = False
    route: Route | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOperation(Generic[RequestT, ReplyT]):
    """A message that the server answers. `replies` lists every message that can be the answer.

    `events` maps a reply's key to the class that wraps it, where there is more than one. Without `correlation`,
    replies of a kind belong to requests in the order in which they were sent; without `pipeline`, one is sent when
    nobody waits for a reply of its kinds any more, for servers that answer in another order.
    """

    request: str
    replies: tuple[str, ...]
    events: Mapping[str, type[object]] = field(default_factory=dict[str, type[object]])
    correlation: Correlation | None = None
    pipeline: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerOperation(Generic[RequestT, ReplyT]):
    """A message of the server that the client answers, by a function of the application.

    `replies` lists every message that can be the answer; where there are several, `events` maps each key to the
    class around its payload by which the function says which one it is. The id that `correlation` finds in the
    request is copied into the reply, unless that has one; its `kind` is only of use to fake servers, who ask.
    """

    request: str
    replies: tuple[str, ...]
    events: Mapping[str, type[object]] = field(default_factory=dict[str, type[object]])
    correlation: Correlation | None = None


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
