"""How the schemas of AsyncAPI's objects are written down, and the objects that 2.x and 3.x share.

They are JSON Schema 2020-12 with annotations: `x-level` is the weight of a violation ("error" where it does
not stand), `x-target` names the definition that the target of a reference must satisfy, `x-spelling` asks for
unknown keywords that look like misspelt ones,
`x-help` is an edit. `$ref` leads to the definition of another object and stands
below `properties`, `items`, `additionalProperties`, `then` and `else` only, because `check` takes such
definitions one at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from wsgen.document import Json
from wsgen.problems import Level

__all__ = [
    "ANY",
    "FORMATTED_PAYLOAD",
    "MULTI_FORMAT",
    "SHARED",
    "STRICT_TEXT",
    "TAGS",
    "TEXT",
    "Definitions",
    "Moved",
    "fields",
    "list_of",
    "map_of",
    "ref",
    "ref_or",
    "reference",
]

Definitions = dict[str, Json]


class Moved(NamedTuple):
    """A field of another version: what this version has instead, and whether it is `read` all the same."""

    help: str
    level: Level = "warning"
    read: bool = False


ANY: Json = True
TEXT: Json = {"type": "string", "x-level": "warning"}
STRICT_TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean", "x-level": "warning"}


def ref(kind: str) -> Json:
    return {"$ref": f"#/$defs/{kind}"}


def reference(kind: str) -> Json:
    """A reference to an object of this kind, and nothing else."""
    return {
        "type": "object",
        "required": ["$ref"],
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"$ref": "#/$defs/Reference", "x-target": kind},
    }


def ref_or(kind: str) -> Json:
    """An object of this kind or a reference to one; told apart by `$ref`, so that errors land on the node."""
    return {
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"$ref": "#/$defs/Reference", "x-target": kind},
        "else": ref(kind),
    }


def map_of(item: Json, level: str = "error") -> Json:
    return {"type": "object", "additionalProperties": item, "x-level": level}


def list_of(item: Json, level: str = "error") -> Json:
    return {"type": "array", "items": item, "x-level": level}


def fields(
    title: str, properties: Definitions, required: tuple[str, ...] = (), wanted: tuple[str, ...] = ()
) -> Definitions:
    """An object with fixed fields and extensions. Without what is `wanted` the client can be written too."""
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "required": list(required),
        "allOf": [{"required": list(wanted), "x-level": "warning", "title": title}],
    }


TAGS: Json = list_of(ref_or("Tag"), "warning")

_TYPES: list[Json] = ["array", "boolean", "integer", "null", "number", "object", "string"]
_COUNT: Json = {"type": "integer", "minimum": 0, "x-level": "warning"}
_NUMBER: Json = {"type": "number", "x-level": "warning"}
_BOUND: Json = {"type": ["number", "boolean"], "x-level": "warning"}
_NAMES: Json = {"type": "array", "items": TEXT, "x-level": "warning"}
_SCHEMA = ref_or("Schema")
_SCHEMAS: Json = {"type": "array", "items": _SCHEMA}
_BY_NAME: Json = map_of(_SCHEMA)

SCHEMA: Json = {
    "title": "Schema Object",
    "type": ["object", "boolean"],
    "x-spelling": True,
    "properties": {
        "$id": TEXT,
        "$schema": TEXT,
        "$comment": ANY,
        "$anchor": ANY,
        "$defs": _BY_NAME,
        "definitions": _BY_NAME,
        "title": TEXT,
        "description": TEXT,
        "default": ANY,
        "deprecated": FLAG,
        "readOnly": FLAG,
        "writeOnly": FLAG,
        "examples": ANY,
        "example": ANY,
        "type": {
            "if": {"type": "array"},
            "then": {"items": {"enum": _TYPES, "x-level": "warning"}},
            "else": {"enum": _TYPES, "x-level": "warning"},
        },
        "enum": {"type": "array"},
        "const": ANY,
        "multipleOf": {"type": "number", "exclusiveMinimum": 0, "x-level": "warning"},
        "maximum": _NUMBER,
        "exclusiveMaximum": _BOUND,
        "minimum": _NUMBER,
        "exclusiveMinimum": _BOUND,
        "maxLength": _COUNT,
        "minLength": _COUNT,
        "pattern": TEXT,
        "format": TEXT,
        "maxItems": _COUNT,
        "minItems": _COUNT,
        "uniqueItems": FLAG,
        "maxProperties": _COUNT,
        "minProperties": _COUNT,
        "required": _NAMES,
        "properties": _BY_NAME,
        "patternProperties": _BY_NAME,
        "additionalProperties": _SCHEMA,
        "unevaluatedProperties": _SCHEMA,
        "propertyNames": _SCHEMA,
        "dependencies": ANY,
        "dependentRequired": ANY,
        "dependentSchemas": _BY_NAME,
        "items": {"if": {"type": "array"}, "then": _SCHEMAS, "else": _SCHEMA},
        "prefixItems": _SCHEMAS,
        "additionalItems": _SCHEMA,
        "unevaluatedItems": _SCHEMA,
        "contains": _SCHEMA,
        "minContains": _COUNT,
        "maxContains": _COUNT,
        "allOf": _SCHEMAS,
        "anyOf": _SCHEMAS,
        "oneOf": _SCHEMAS,
        "not": _SCHEMA,
        "if": _SCHEMA,
        "then": _SCHEMA,
        "else": _SCHEMA,
        "contentEncoding": TEXT,
        "contentMediaType": TEXT,
        "contentSchema": ANY,
        "nullable": FLAG,
        "discriminator": {
            "if": {"type": "object"},
            "then": {
                "required": ["propertyName"],
                "properties": {"propertyName": TEXT, "mapping": map_of(TEXT, "warning")},
                "x-level": "warning",
            },
            "else": TEXT,
        },
        "externalDocs": ANY,
        "xml": ANY,
    },
}

_FORMATS = r"^application/(vnd\.aai\.asyncapi|schema|vnd\.oai\.openapi)\b"

FORMATTED_PAYLOAD: Definitions = {
    "if": {"properties": {"schemaFormat": {"pattern": _FORMATS}}},
    "then": {"properties": {"payload": _SCHEMA}},
}
"""What a 2.x message says of its payload."""

MULTI_FORMAT: Definitions = {
    "Payload": {
        "if": {"type": "object", "required": ["schemaFormat", "schema"]},
        "then": ref("MultiFormatSchema"),
        "else": ref("Schema"),
    },
    "MultiFormatSchema": {
        "title": "Multi Format Schema Object",
        "type": "object",
        "properties": {"schemaFormat": STRICT_TEXT},
        "if": {"properties": {"schemaFormat": {"pattern": _FORMATS}}},
        "then": {"properties": {"schema": _SCHEMA}},
    },
}
"""A 3.x payload: a schema, or a schema with its format."""

SHARED: Definitions = {
    "Reference": {"title": "Reference Object"},
    "Schema": SCHEMA,
    "Info": fields(
        "Info Object",
        {
            "title": TEXT,
            "version": TEXT,
            "summary": TEXT,
            "description": TEXT,
            "termsOfService": ANY,
            "contact": ANY,
            "license": ANY,
            "tags": TAGS,
            "externalDocs": ANY,
        },
        wanted=("title", "version"),
    ),
    "Tag": {
        "title": "Tag Object",
        "type": "object",
        "properties": {"name": TEXT},
        "x-level": "warning",
    },
    "ServerVariable": fields(
        "Server Variable Object",
        {
            "enum": list_of(TEXT, "warning"),
            "default": TEXT,
            "description": TEXT,
            "examples": ANY,
        },
    ),
    "SecurityScheme": fields(
        "Security Scheme Object",
        {
            "type": {
                "type": "string",
                "enum": [
                    "userPassword",
                    "apiKey",
                    "X509",
                    "symmetricEncryption",
                    "asymmetricEncryption",
                    "httpApiKey",
                    "http",
                    "oauth2",
                    "openIdConnect",
                    "plain",
                    "scramSha256",
                    "scramSha512",
                    "gssapi",
                ],
                "x-level": "warning",
            },
            "description": TEXT,
            "name": TEXT,
            "in": {"enum": ["user", "password", "query", "header", "cookie"], "x-level": "warning"},
            "scheme": TEXT,
            "bearerFormat": TEXT,
            "flows": ANY,
            "openIdConnectUrl": TEXT,
            "scopes": ANY,
        },
        wanted=("type",),
    ),
    "CorrelationId": fields("Correlation ID Object", {"location": TEXT, "description": TEXT}, wanted=("location",)),
    "ChannelBindings": {
        "title": "Channel Bindings Object",
        "type": "object",
        "properties": {"ws": ref_or("WebSocketBinding")},
        "x-level": "warning",
    },
    "WebSocketBinding": {
        "title": "WebSockets Channel Binding Object",
        "type": "object",
        "properties": {
            "method": {"enum": ["GET", "POST"], "x-level": "warning"},
            "query": _SCHEMA,
            "headers": _SCHEMA,
        },
        "x-level": "warning",
    },
}
