"""The objects of AsyncAPI 3.0.0 and 3.1.0, from https://www.asyncapi.com/docs/reference/specification/v3.1.0."""

from __future__ import annotations

from wsgen.document import Json

from .security import schemes
from .vocabulary import (
    BINDINGS,
    DOCS,
    EXAMPLES,
    FLAG,
    INFO,
    MULTI_FORMAT,
    RESPONSE,
    SERVERS,
    SHARED,
    STRICT_TEXT,
    TAGS,
    TEXT,
    TEXTS,
    Definitions,
    Moved,
    fields,
    list_of,
    map_of,
    message_or_schema,
    ref,
    ref_or,
    reference,
    reference_rather,
    understood,
)

__all__ = ["DEFINITIONS", "MOVED"]

_SECURITY = list_of(
    {
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"$ref": "#/$defs/Reference", "x-target": "SecurityScheme"},
        "else": {
            "title": "Security Scheme Object",
            "required": ["type"],
            "x-level": "warning",
            "if": {"required": ["type"]},
            "then": ref("SecurityScheme"),
        },
    },
    "warning",
)
_SERVER_OF_A_CHANNEL: Json = {
    "if": {"type": "string"},
    "then": understood("write `- $ref: '#/servers/…'`", type="object"),
    "else": reference("Server"),
}
_OPERATION_TRAIT: Definitions = {
    "title": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "security": _SECURITY,
    "tags": TAGS,
    "externalDocs": DOCS,
    "bindings": BINDINGS,
}
_MESSAGE_TRAIT: Definitions = {
    "headers": ref_or("Payload"),
    "correlationId": ref_or("CorrelationId"),
    "contentType": TEXT,
    "name": TEXT,
    "title": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "tags": TAGS,
    "externalDocs": DOCS,
    "bindings": BINDINGS,
    "examples": EXAMPLES,
    "deprecated": FLAG,
}

DEFINITIONS: Definitions = {
    **SHARED,
    **schemes("availableScopes"),
    **MULTI_FORMAT,
    "Info": fields(
        "Info Object", {**INFO, "tags": TAGS, "externalDocs": DOCS}, wanted=("title", "version"), level="warning"
    ),
    "AsyncAPI": fields(
        "AsyncAPI Object",
        {
            "asyncapi": TEXT,
            "id": TEXT,
            "info": ref("Info"),
            "servers": SERVERS,
            "defaultContentType": TEXT,
            "channels": map_of(ref_or("Channel")),
            "operations": map_of(ref_or("Operation")),
            "components": ref("Components"),
        },
        wanted=("info",),
    ),
    "Server": {
        **fields(
            "Server Object",
            {
                "host": STRICT_TEXT,
                "protocol": TEXT,
                "protocolVersion": TEXT,
                "pathname": TEXT,
                "title": TEXT,
                "summary": TEXT,
                "description": TEXT,
                "variables": map_of(ref_or("ServerVariable")),
                "security": _SECURITY,
                "tags": TAGS,
                "externalDocs": DOCS,
                "bindings": BINDINGS,
            },
            wanted=("protocol",),
        ),
        "if": {"required": ["url"]},
        "else": {"required": ["host"]},
    },
    "Channel": fields(
        "Channel Object",
        {
            "address": {"type": ["string", "null"], "x-level": "warning"},
            "messages": map_of(ref_or("Message")),
            "title": TEXT,
            "summary": TEXT,
            "description": TEXT,
            "servers": {**list_of(_SERVER_OF_A_CHANNEL, "warning"), "uniqueItems": True},
            "parameters": map_of(ref_or("Parameter"), "warning"),
            "tags": TAGS,
            "externalDocs": DOCS,
            "bindings": ref_or("ChannelBindings"),
        },
    ),
    "Parameter": fields(
        "Parameter Object",
        {
            "enum": list_of(TEXT, "warning"),
            "default": TEXT,
            "description": TEXT,
            "examples": TEXTS,
            "location": TEXT,
        },
    ),
    "Operation": fields(
        "Operation Object",
        {
            **_OPERATION_TRAIT,
            "action": {"enum": ["send", "receive"]},
            "channel": {
                "if": {"type": "string"},
                "then": understood("write `channel: {$ref: '#/channels/…'}`", type="object"),
                "else": reference("Channel"),
            },
            "traits": list_of(ref_or("OperationTrait")),
            "messages": list_of(reference_rather("Message", "channels/<id>/messages")),
            "reply": ref_or("Reply"),
        },
        required=("action",),
        wanted=("channel",),
    ),
    "OperationTrait": fields("Operation Trait Object", _OPERATION_TRAIT),
    "Reply": fields(
        "Operation Reply Object",
        {
            "address": ref_or("ReplyAddress"),
            "channel": reference("Channel"),
            "messages": list_of(reference_rather("Message", "channels/<id>/messages")),
        },
    ),
    "ReplyAddress": fields(
        "Operation Reply Address Object",
        {"location": TEXT, "description": TEXT},
        wanted=("location",),
    ),
    "Message": message_or_schema("Message.fields"),
    "Message.fields": fields(
        "Message Object",
        {
            **_MESSAGE_TRAIT,
            "payload": ref_or("Payload"),
            "traits": list_of(ref_or("MessageTrait")),
            "x-response": RESPONSE,
        },
    ),
    "MessageTrait": fields("Message Trait Object", _MESSAGE_TRAIT),
    "Components": fields(
        "Components Object",
        {
            "schemas": map_of(ref_or("Payload")),
            "servers": map_of(ref_or("Server")),
            "channels": map_of(ref_or("Channel")),
            "operations": map_of(ref_or("Operation")),
            "messages": map_of(ref_or("Message")),
            "securitySchemes": map_of(ref_or("SecurityScheme")),
            "serverVariables": map_of(ref_or("ServerVariable")),
            "parameters": map_of(ref_or("Parameter")),
            "correlationIds": map_of(ref_or("CorrelationId")),
            "replies": map_of(ref_or("Reply")),
            "replyAddresses": map_of(ref_or("ReplyAddress")),
            "externalDocs": map_of(DOCS, "warning"),
            "tags": map_of(ref_or("Tag"), "warning"),
            "operationTraits": map_of(ref_or("OperationTrait")),
            "messageTraits": map_of(ref_or("MessageTrait")),
            "serverBindings": map_of(BINDINGS, "warning"),
            "channelBindings": map_of(ref_or("ChannelBindings"), "warning"),
            "operationBindings": map_of(BINDINGS, "warning"),
            "messageBindings": map_of(BINDINGS, "warning"),
        },
    ),
}

MOVED: dict[tuple[str, str], Moved] = {
    ("Security Scheme Object", "type"): Moved(
        "3.x lists schemes themselves: `- $ref: '#/components/securitySchemes/…'`", read=True
    ),
    ("AsyncAPI Object", "tags"): Moved("3.x has `tags` in `info`"),
    ("AsyncAPI Object", "externalDocs"): Moved("3.x has `externalDocs` in `info`"),
    ("Server Object", "url"): Moved("3.x splits a URL into `protocol`, `host` and `pathname`", read=True),
    ("Channel Object", "publish"): Moved("3.x describes operations in the root field `operations`", read=True),
    ("Channel Object", "subscribe"): Moved("3.x describes operations in the root field `operations`", read=True),
    ("Channel Object", "message"): Moved("3.x has an object of `messages` by their ids", read=True),
    ("Operation Object", "message"): Moved(
        "3.x has a list of `messages`, references to messages of the channel", read=True
    ),
    ("Operation Object", "operationId"): Moved("in 3.x the key of an operation is its id"),
    ("Message Object", "messageId"): Moved("in 3.x the key of a message is its id"),
    ("Message Object", "schemaFormat"): Moved("3.x writes `payload: {schemaFormat: …, schema: …}`"),
    ("Parameter Object", "schema"): Moved(
        "parameters of 3.x are strings, with `enum` and `default` of their own", read=True
    ),
}
