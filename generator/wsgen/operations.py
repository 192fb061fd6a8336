"""The client's view of an application: what `derive` finds and `views` print.

Directions are the client's: `sent` goes to the server, `received` comes from it. Paths are wire names joined
by dots, relative to the message's payload (after an envelope's wrapper has been taken off).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .model import ABSENT, Absent, Json, Schema, SchemaKey, SecurityScheme, Server
from .problems import Place

__all__ = [
    "Argument",
    "ByKey",
    "ByType",
    "ByValue",
    "Client",
    "ClientConnection",
    "Confirmation",
    "Correlation",
    "Delivery",
    "Discriminator",
    "Domain",
    "Envelope",
    "Handler",
    "Heartbeat",
    "Perspective",
    "Push",
    "Refusal",
    "Request",
    "Route",
    "Rule",
    "Scalar",
    "Send",
    "Subscription",
    "TagValue",
    "Update",
    "WireMessage",
]

Scalar: TypeAlias = Literal["string", "integer", "number", "boolean"]
"""JSON types that can stand in an address or a header."""

Route: TypeAlias = Mapping[str, str] | Literal["connection", "broadcast"] | None


TagValue: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class ByValue:
    """A rule: the value at `path` decides. `cases` are pairs: true and 1 are different values.

    `otherwise` is for frames with another value or none, `absent` for those with none: then others are strangers.
    """

    path: str
    cases: tuple[tuple[TagValue, Rule], ...]
    otherwise: Rule | None = None
    absent: Rule | None = None


@dataclass(frozen=True, slots=True)
class ByKey:
    """A rule: the property that is there decides."""

    cases: tuple[tuple[str, Rule], ...]
    otherwise: Rule | None = None


@dataclass(frozen=True, slots=True)
class ByType:
    """A rule: the type of what stands at `path` (empty: of the frame) decides."""

    path: str
    cases: tuple[tuple[str, Rule], ...]
    otherwise: Rule | None = None


Rule: TypeAlias = ByValue | ByKey | ByType | tuple[str, ...]
"""How a frame leads to its message. A leaf has the keys of the messages that nothing tells apart any further."""


@dataclass(frozen=True, slots=True)
class Discriminator:
    """How a receiver knows a message: `by` a constant at `property` that equals `value`, and so on."""

    by: Literal["single", "constant", "enum", "pair", "required_key", "json_type", "binary", "undecidable"]
    property: str = ""
    value: Json = None


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A message as it travels.

    Attributes:
        id: the message's id in the document.
        key: the message key of the runtime: its wire type, or its id where it has none.
        payload: the schema of what the envelope wraps (or of the whole frame); None: no payload.
        optional: whether the payload may be absent on the wire.
        frame: what it travels as; the payload of a text or binary frame is the frame itself.
        members: of a message that stands for several which cannot be told apart, these; else empty.
        formats: the formats of texts that its payload must have, by path.
    """

    id: str
    key: str
    direction: Literal["to_server", "from_server"]
    discriminator: Discriminator
    payload: Schema | None
    place: Place
    optional: bool = False
    title: str = ""
    summary: str = ""
    description: str = ""
    deprecated: bool = False
    frame: Literal["json", "text", "binary"] = "json"
    members: tuple[WireMessage, ...] = ()
    formats: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """`tag` is the path of the wire type, `payload` the property that wraps the payload; None: it is the frame.

    `sent_tag` is the path in frames that are sent, where it is another one (empty: they have none); None: the same.
    """

    tag: str
    payload: str | None
    sent_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """The id by which an answer says what it answers: the paths of it in both messages.

    `kind` is what is put there where callers give none; None: nothing is.
    """

    request: str
    reply: str
    kind: Literal["integer", "string", "uuid"] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that refuses, and the path of the server's words in it."""

    message: WireMessage
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer to a subscribe or unsubscribe and the roles of its properties (paths, None: it has none).

    `refusals` are messages that come instead of it when the server refuses; `correlation` is the id that it repeats.
    """

    message: WireMessage
    status: str | None = None
    text: str | None = None
    topic: str | None = None
    ok: tuple[str | bool, ...] | None = None
    refusals: tuple[Refusal, ...] = ()
    correlation: Correlation | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A message with updates: wrapped (`topic` and `path` are known) or flat (both None)."""

    message: WireMessage
    data: Schema | None
    topic: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happens when a consumer is slow; `limit` None is the runtime's, `key` a field of what consumers get."""

    policy: Literal["block", "drop_oldest", "latest", "fail"]
    limit: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """Subscribe, unsubscribe, update.

    Attributes:
        confirmation: None: nothing answers; what was sent holds.
        release_parameters: the parameters that the unsubscribe takes, where it takes fewer; None: the same.
        release_values: what the unsubscribe has in place of the subscribe's values, by path.
        release_names: parameters that have another name in the unsubscribe, by that name.
        release_topic: the path in the unsubscribe that is filled with the server's topic.
        defaults: schema defaults of the parameters, by wire name.
        topic_rule: a template over parameters, "sorted-json", or None: the server's topic.
        strict_topic: whether another topic than the rule's ends the subscription.
        delivery: of consumers that do not say otherwise; None: the runtime's default.
    """

    subscribe: WireMessage
    confirmation: Confirmation | None
    updates: tuple[Update, ...]
    unsubscribe: WireMessage | None = None
    release: Confirmation | None = None
    release_parameters: tuple[str, ...] | None = None
    release_values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    release_names: Mapping[str, str] = field(default_factory=dict[str, str])
    release_topic: str | None = None
    defaults: Mapping[str, Json] = field(default_factory=dict[str, Json])
    topic_rule: str | None = None
    strict_topic: bool = False
    route: Route = None
    delivery: Delivery | None = None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A message that the server answers with one of `replies`."""

    verb: str
    message: WireMessage
    replies: tuple[WireMessage, ...]
    certain: bool = True
    pipeline: bool = True
    """Whether it is sent while an earlier request of the same kind waits."""
    correlation: Correlation | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """A message of the server that the client answers with one of `replies`."""

    verb: str
    message: WireMessage
    replies: tuple[WireMessage, ...]
    certain: bool = True
    correlation: Correlation | None = None


@dataclass(frozen=True, slots=True)
class Send:
    verb: str
    message: WireMessage
    acknowledgement: WireMessage | None = None


@dataclass(frozen=True, slots=True)
class Push:
    verb: str
    message: WireMessage


@dataclass(frozen=True, slots=True)
class Domain:
    """Operations that belong together. `name` is dotted, as on the wire; empty: methods of the façade."""

    name: str
    place: Place
    subscriptions: tuple[Subscription, ...] = ()
    requests: tuple[Request, ...] = ()
    sends: tuple[Send, ...] = ()
    pushes: tuple[Push, ...] = ()
    handlers: tuple[Handler, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A message that the client sends every `interval` seconds; `reply` answers it and is swallowed."""

    message: WireMessage
    interval: float
    payload: Json = None
    reply: WireMessage | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """What opening a connection takes of the caller: a parameter of the address, or a property of the ws binding.

    Attributes:
        kinds: what a value is, or each item of a list; several are alternatives.
        many: whether it is a list.
        values: all that it can be, where the document says so.
        required: whether it is always sent.
        default: what is sent where the caller gives nothing.
        assumed: what the server assumes where nothing is sent.
    """

    name: str
    location: Literal["path", "query", "header"]
    place: Place
    kinds: tuple[Scalar, ...] = ("string",)
    many: bool = False
    values: tuple[Json, ...] = ()
    required: bool = True
    default: Json | Absent = ABSENT
    assumed: Json | Absent = ABSENT
    description: str = ""
    examples: tuple[Json, ...] = ()
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """One façade: the domains that share a socket, and how it is addressed.

    Attributes:
        address: the channel's, below the server's URL; None: it adds nothing to that.
        security: alternatives, each of which needs all of its schemes; empty: nothing is needed.
        undivided: messages that stand for several of `received` which cannot be told apart.
        rule: how a received frame leads to its message, where no tag of the envelope does; None: the tag does.
        sent_rule: the same of what is sent.
    """

    channel: str
    address: str | None
    envelope: Envelope
    sent: tuple[WireMessage, ...]
    received: tuple[WireMessage, ...]
    domains: tuple[Domain, ...]
    place: Place
    servers: tuple[Server, ...] = ()
    arguments: tuple[Argument, ...] = ()
    security: tuple[tuple[SecurityScheme, ...], ...] = ()
    heartbeat: Heartbeat | None = None
    title: str = ""
    description: str = ""
    undivided: tuple[WireMessage, ...] = ()
    rule: Rule | None = None
    sent_rule: Rule | None = None

    def arguments_of(self, location: Literal["path", "query", "header"]) -> tuple[Argument, ...]:
        """The arguments that are sent in one place."""
        return tuple(each for each in self.arguments if each.location == location)

    @property
    def delivered(self) -> tuple[WireMessage, ...]:
        """What consumers get: the received messages, with one in place of those that cannot be told apart."""
        inside = {member.key for each in self.undivided for member in each.members}
        return (*(each for each in self.received if each.key not in inside), *self.undivided)


@dataclass(frozen=True, slots=True)
class Perspective:
    """What the document describes, and why we think so (short phrases, strongest first)."""

    value: Literal["server", "client"]
    certain: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """All that a generated package offers.

    Attributes:
        definitions: definitions that are other than in the document, by key: ids that the runtime gives are optional.
    """

    title: str
    version: str
    description: str
    perspective: Perspective
    connections: tuple[ClientConnection, ...]
    place: Place
    definitions: Mapping[SchemaKey, Schema] = field(default_factory=dict[SchemaKey, Schema])
