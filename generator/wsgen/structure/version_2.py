"""The objects of AsyncAPI 2.0.0 to 2.6.0, from https://www.asyncapi.com/docs/reference/specification/v2.6.0."""

from __future__ import annotations

from .vocabulary import (
    ANY,
    FORMATTED_PAYLOAD,
    SHARED,
    STRICT_TEXT,
    TAGS,
    TEXT,
    Definitions,
    Moved,
    fields,
    list_of,
    map_of,
    ref,
    ref_or,
)

__all__ = ["DEFINITIONS", "MOVED"]

_OPERATION_TRAIT: Definitions = {
    "operationId": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "security": list_of(map_of(ANY, "warning"), "warning"),
    "tags": TAGS,
    "externalDocs": ANY,
    "bindings": ANY,
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
    "externalDocs": ANY,
    "bindings": ANY,
    "examples": list_of(ANY, "warning"),
}

DEFINITIONS: Definitions = {
    **SHARED,
    "AsyncAPI": fields(
        "AsyncAPI Object",
        {
            "asyncapi": TEXT,
            "id": TEXT,
            "info": ref("Info"),
            "servers": map_of(ref_or("Server")),
            "defaultContentType": TEXT,
            "channels": map_of(ref_or("ChannelItem")),
            "components": ref("Components"),
            "tags": TAGS,
            "externalDocs": ANY,
        },
        wanted=("info", "channels"),
    ),
    "Server": fields(
        "Server Object",
        {
            "url": STRICT_TEXT,
            "protocol": TEXT,
            "protocolVersion": TEXT,
            "description": TEXT,
            "variables": map_of(ref_or("ServerVariable")),
            "security": list_of(map_of(ANY, "warning"), "warning"),
            "tags": TAGS,
            "bindings": ANY,
        },
        required=("url",),
        wanted=("protocol",),
    ),
    "ChannelItem": fields(
        "Channel Item Object",
        {
            "$ref": STRICT_TEXT,
            "description": TEXT,
            "servers": list_of(TEXT, "warning"),
            "subscribe": ref_or("Operation"),
            "publish": ref_or("Operation"),
            "parameters": map_of(ref_or("Parameter")),
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
        "then": {"title": "Message Object", "properties": {"oneOf": list_of(ref_or("OperationMessage"))}},
        "else": ref("Message"),
    },
    "Message": {
        **fields(
            "Message Object",
            {**_MESSAGE_TRAIT, "payload": ANY, "traits": list_of(ref_or("MessageTrait"))},
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
            "serverBindings": ANY,
            "channelBindings": map_of(ref_or("ChannelBindings"), "warning"),
            "operationBindings": ANY,
            "messageBindings": ANY,
        },
    ),
}

MOVED: dict[tuple[str, str], Moved] = {
    ("AsyncAPI Object", "operations"): Moved("2.x describes operations in channels, as `publish` and `subscribe`"),
    ("Server Object", "host"): Moved("2.x has one `url` for scheme, host and path"),
    ("Server Object", "pathname"): Moved("2.x has one `url` for scheme, host and path"),
    ("Channel Item Object", "address"): Moved("in 2.x the key of a channel is its address"),
    ("Channel Item Object", "messages"): Moved("2.x has messages in operations: `publish: {message: …}`"),
    ("Operation Object", "messages"): Moved("2.x has one `message`, or `message: {oneOf: […]}`"),
    ("Operation Object", "reply"): Moved("2.x has no replies; `x-response` on the request's message says the same"),
}
