"""The objects of AsyncAPI 2.0.0 to 2.6.0, from https://www.asyncapi.com/docs/reference/specification/v2.6.0."""

from __future__ import annotations

from .security import schemes
from .vocabulary import (
    ANY,
    BINDINGS,
    DOCS,
    EXAMPLES,
    FLAG,
    FORMATTED_PAYLOAD,
    RESPONSE,
    SERVERS,
    SHARED,
    STRICT_TEXT,
    TAGS,
    TEXT,
    Definitions,
    Moved,
    fields,
    list_of,
    map_of,
    message_or_schema,
    ref,
    ref_or,
    understood,
)

__all__ = ["DEFINITIONS", "MOVED"]

_REQUIREMENTS = list_of(map_of(list_of(TEXT, "warning"), "warning"), "warning")
_OPERATION_TRAIT: Definitions = {
    "operationId": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "security": _REQUIREMENTS,
    "tags": TAGS,
    "externalDocs": DOCS,
    "bindings": BINDINGS,
}
_MESSAGE_TRAIT: Definitions = {
    "messageId": TEXT,
    "headers": ref_or("Schema"),
    "correlationId": ref_or("CorrelationId"),
    "schemaFormat": TEXT,
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
    **schemes("scopes"),
    "AsyncAPI": fields(
        "AsyncAPI Object",
        {
            "asyncapi": TEXT,
            "id": TEXT,
            "info": ref("Info"),
            "servers": SERVERS,
            "defaultContentType": TEXT,
            "channels": map_of(ref_or("ChannelItem")),
            "components": ref("Components"),
            "tags": TAGS,
            "externalDocs": DOCS,
        },
        wanted=("info", "channels"),
    ),
    "Server": {
        **fields(
            "Server Object",
            {
                "url": STRICT_TEXT,
                "protocol": TEXT,
                "protocolVersion": TEXT,
                "description": TEXT,
                "variables": map_of(ref_or("ServerVariable")),
                "security": _REQUIREMENTS,
                "tags": TAGS,
                "bindings": BINDINGS,
            },
            wanted=("protocol",),
        ),
        "if": {"type": "object", "not": {"required": ["host"]}},
        "then": {"required": ["url"]},
    },
    "ChannelItem": fields(
        "Channel Item Object",
        {
            "$ref": STRICT_TEXT,
            "description": TEXT,
            "servers": {**list_of(TEXT, "warning"), "uniqueItems": True},
            "subscribe": ref_or("Operation"),
            "publish": ref_or("Operation"),
            "parameters": map_of(ref_or("Parameter"), "warning"),
            "deprecated": FLAG,
            "bindings": ref_or("ChannelBindings"),
        },
    ),
    "Parameter": fields("Parameter Object", {"description": TEXT, "schema": ref_or("Schema"), "location": TEXT}),
    "Operation": fields(
        "Operation Object",
        {
            **_OPERATION_TRAIT,
            "traits": list_of(ref_or("OperationTrait")),
            "message": ref_or("OperationMessage"),
        },
    ),
    "OperationTrait": fields("Operation Trait Object", _OPERATION_TRAIT),
    "OperationMessage": {
        "if": {"type": "object", "required": ["oneOf"]},
        "then": fields("Message Object with `oneOf`", {"oneOf": list_of(ref_or("OperationMessage"))}),
        "else": {
            "if": {"type": "array"},
            "then": {
                "allOf": [understood("write `message: {oneOf: […]}`", type="object")],
                "items": ref_or("OperationMessage"),
            },
            "else": message_or_schema("Message"),
        },
    },
    "Message": {
        **fields(
            "Message Object",
            {**_MESSAGE_TRAIT, "payload": ANY, "traits": list_of(ref_or("MessageTrait")), "x-response": RESPONSE},
        ),
        **FORMATTED_PAYLOAD,
    },
    "MessageTrait": fields("Message Trait Object", _MESSAGE_TRAIT),
    "Components": fields(
        "Components Object",
        {
            "schemas": map_of(ref_or("Schema")),
            "servers": map_of(ref_or("Server")),
            "serverVariables": map_of(ref_or("ServerVariable")),
            "channels": map_of(ref_or("ChannelItem")),
            "messages": map_of(ref_or("OperationMessage")),
            "securitySchemes": map_of(ref_or("SecurityScheme")),
            "parameters": map_of(ref_or("Parameter")),
            "correlationIds": map_of(ref_or("CorrelationId")),
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
    ("Info Object", "tags"): Moved("2.x has `tags` at the root"),
    ("Info Object", "externalDocs"): Moved("2.x has `externalDocs` at the root"),
    ("AsyncAPI Object", "operations"): Moved("2.x describes operations in channels, as `publish` and `subscribe`"),
    ("Server Object", "host"): Moved("2.x has one `url` for scheme, host and path", read=True),
    ("Server Object", "pathname"): Moved("2.x has one `url` for scheme, host and path", read=True),
    ("Channel Item Object", "address"): Moved("in 2.x the key of a channel is its address"),
    ("Channel Item Object", "messages"): Moved("2.x has messages in operations: `publish: {message: …}`"),
    ("Operation Object", "messages"): Moved("2.x has one `message`, or `message: {oneOf: […]}`", read=True),
    ("Operation Object", "reply"): Moved("2.x has no replies; `x-response` on the request's message says the same"),
}
