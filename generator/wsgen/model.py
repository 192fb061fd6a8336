"""An AsyncAPI 3.x document in the specification's words, without references and without a target language.

2.x documents are upgraded to this model. Messages and schemas have a *key*, the file and JSON pointer of
their definition ("#/components/schemas/Bar" in the document itself, "bars.yaml#/Bar" in a file beside it):
two uses of one definition have equal keys. A schema that has a definition of its own appears where it is
used as `Named`, so that recursive schemas are finite; `Application.schemas` holds the definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from .document import Json
from .problems import Place

__all__ = [
    "ABSENT",
    "Absent",
    "Always",
    "Application",
    "Channel",
    "CorrelationId",
    "Json",
    "Message",
    "Named",
    "Never",
    "Operation",
    "Parameter",
    "Reply",
    "Schema",
    "SchemaKey",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Shape",
    "WebSocketBinding",
]

SchemaKey: TypeAlias = str


class Absent(Enum):
    """The one value that says "not in the document", where null is something that can be."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Always:
    """The schema `true` (or `{}`): anything."""

    place: Place


@dataclass(frozen=True, slots=True)
class Never:
    """The schema `false`: nothing."""

    place: Place


@dataclass(frozen=True, slots=True)
class Named:
    """The use of a schema that is defined in one place; `Application.schemas[key]` is the definition.

    `description`, `default` and `deprecated` are the annotations that stand beside this reference.
    """

    key: SchemaKey
    place: Place
    description: str = ""
    default: Json | Absent = ABSENT
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema with keywords. What is None or empty is not in the document; `ABSENT` where null could be.

    `types` is empty where the document gives none. `nullable` is OpenAPI's. `prefix_items` is also draft 7's
    list of `items`, and `additional_items` what follows them, under either name. `keywords` holds what has no
    field of its own (`minLength`, `pattern`), by its own name, as JSON; an exclusive bound is a number there.
    """

    place: Place
    types: tuple[str, ...] = ()
    title: str = ""
    description: str = ""
    format: str = ""
    properties: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    pattern_properties: Mapping[str, Schema] = field(default_factory=dict[str, "Schema"])
    additional_properties: Schema | None = None
    property_names: Schema | None = None
    required: tuple[str, ...] = ()
    items: Schema | None = None
    prefix_items: tuple[Schema, ...] = ()
    additional_items: Schema | None = None
    enum: tuple[Json, ...] | None = None
    const: Json | Absent = ABSENT
    default: Json | Absent = ABSENT
    all_of: tuple[Schema, ...] = ()
    any_of: tuple[Schema, ...] = ()
    one_of: tuple[Schema, ...] = ()
    not_: Schema | None = None
    if_: Schema | None = None
    then: Schema | None = None
    else_: Schema | None = None
    nullable: bool = False
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    discriminator: str = ""
    discriminator_mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    examples: tuple[Json, ...] = ()
    keywords: Mapping[str, Json] = field(default_factory=dict[str, Json])
    extensions: Mapping[str, Json] = field(default_factory=dict[str, Json])


Schema: TypeAlias = Always | Never | Named | Shape


@dataclass(frozen=True, slots=True)
class ServerVariable:
    name: str
    place: Place
    enum: tuple[str, ...] = ()
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme; `kind` is the specification's `type`, `location` its `in`, `name` of the value."""

    id: str
    kind: str
    place: Place
    location: str = ""
    name: str = ""
    scheme: str = ""
    bearer_format: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server. `security` is a list of alternatives, each of which needs all of its schemes."""

    id: str
    protocol: str
    host: str
    pathname: str
    place: Place
    title: str = ""
    description: str = ""
    variables: tuple[ServerVariable, ...] = ()
    security: tuple[tuple[SecurityScheme, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a channel's address; a string on the wire, `schema` for typing."""

    name: str
    place: Place
    schema: Schema | None = None
    enum: tuple[str, ...] = ()
    default: str | None = None
    description: str = ""
    examples: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, slots=True)
class CorrelationId:
    """Where a message carries its correlation id: a JSON pointer into its payload or its headers."""

    source: Literal["payload", "header"]
    pointer: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        id: its id in the channel (3.x), or `messageId`, component key or `name` (2.x), in this order.
        key: the file and pointer of its definition.
        payload: None where the document gives none.
        response: the key of the message that FastWS's `x-response` refers to.
    """

    id: str
    key: str
    place: Place
    name: str = ""
    title: str = ""
    summary: str = ""
    description: str = ""
    content_type: str = ""
    schema_format: str = ""
    payload: Schema | None = None
    headers: Schema | None = None
    correlation_id: CorrelationId | None = None
    response: str | None = None
    deprecated: bool = False
    examples: tuple[Mapping[str, Json], ...] = ()
    tags: tuple[str, ...] = ()
    extensions: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class WebSocketBinding:
    """The WebSocket channel binding 0.1.0."""

    place: Place
    method: str = ""
    query: Schema | None = None
    headers: Schema | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel. `servers` are server ids; empty means all. `address` None is an unknown address."""

    id: str
    address: str | None
    place: Place
    title: str = ""
    summary: str = ""
    description: str = ""
    servers: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    messages: tuple[Message, ...] = ()
    binding: WebSocketBinding | None = None
    tags: tuple[str, ...] = ()
    extensions: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply of an operation. `channel` is a channel id; None means the operation's own."""

    messages: tuple[Message, ...]
    place: Place
    channel: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation; `action` is 3.x's word, said of the application that the document describes.

    2.x `publish` is "receive" and `subscribe` is "send": that is what the described server does.
    """

    id: str
    action: Literal["send", "receive"]
    channel: str
    messages: tuple[Message, ...]
    place: Place
    reply: Reply | None = None
    title: str = ""
    summary: str = ""
    description: str = ""
    deprecated: bool = False
    security: tuple[tuple[SecurityScheme, ...], ...] = ()
    tags: tuple[str, ...] = ()
    extensions: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Application:
    """A whole document. `asyncapi` is the version that the file states, before any upgrade."""

    asyncapi: str
    title: str
    version: str
    place: Place
    description: str = ""
    default_content_type: str = "application/json"
    servers: tuple[Server, ...] = ()
    channels: tuple[Channel, ...] = ()
    operations: tuple[Operation, ...] = ()
    messages: tuple[Message, ...] = ()
    schemas: Mapping[SchemaKey, Schema] = field(default_factory=dict[SchemaKey, "Schema"])
    extensions: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """The extensions of the root and of `info` together; `info` wins."""
