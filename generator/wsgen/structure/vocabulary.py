"""How the schemas of AsyncAPI's objects are written down, and the objects that 2.x and 3.x share.

They are JSON Schema 2020-12 with annotations: `x-level` is the weight of a violation ("error" where it does
not stand), `x-target` names the definition that the target of a reference must satisfy, `x-spelling` asks for
unknown keywords that look like misspelt ones, `x-help` is an edit, `x-read` says
that what stands there is understood all the same. `$ref` leads to the definition of another object and stands
below `properties`, `items`, `additionalProperties`, `then` and `else` only, because `check` takes such
definitions one at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from wsgen.document import Json
from wsgen.problems import Level

__all__ = [
    "ANY",
    "BINDINGS",
    "DOCS",
    "EXAMPLES",
    "FLAG",
    "FORMATTED_PAYLOAD",
    "INFO",
    "MULTI_FORMAT",
    "OBJECT",
    "RESPONSE",
    "SERVERS",
    "SHARED",
    "STRICT_TEXT",
    "TAGS",
    "TEXT",
    "TEXTS",
    "Definitions",
    "Moved",
    "fields",
    "list_of",
    "map_of",
    "message_or_schema",
    "ref",
    "ref_or",
    "reference",
    "reference_rather",
    "understood",
]

Definitions = dict[str, Json]


class Moved(NamedTuple):
    """A field of another version: what this version has instead, and whether it is `read` all the same."""

    help: str
    read: bool = False


ANY: Json = True
TEXT: Json = {"type": "string", "x-level": "warning"}
STRICT_TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean", "x-level": "warning"}
OBJECT: Json = {"type": "object", "x-level": "warning"}
TEXTS: Json = {"type": "array", "items": TEXT, "x-level": "warning"}


def ref(kind: str) -> Json:
    return {"$ref": f"#/$defs/{kind}"}


def understood(help: str, **keywords: Json) -> Json:
    """Keywords whose violation is a warning only, because what is there instead is plain; `help` is the edit."""
    return {**keywords, "x-level": "warning", "x-read": True, "x-help": help}


def reference(kind: str) -> Json:
    """A reference to an object of this kind, and nothing else."""
    return {
        "type": "object",
        "required": ["$ref"],
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"$ref": "#/$defs/Reference", "x-target": kind},
    }


def reference_rather(kind: str, root: str) -> Definitions:
    """A reference to an object of this kind below `root`; an object in its place is understood too."""
    return {
        "type": "object",
        "allOf": [
            {
                "if": {"type": "object"},
                "then": {
                    "required": ["$ref"],
                    "x-level": "warning",
                    "x-read": True,
                    "x-help": f"refer to '#/{root}/…' instead",
                },
            }
        ],
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"$ref": "#/$defs/Reference", "x-target": kind},
        "else": ref(kind),
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


def list_of(item: Json, level: str = "error") -> Definitions:
    return {"type": "array", "items": item, "x-level": level}


def fields(
    title: str,
    properties: Definitions,
    required: tuple[str, ...] = (),
    wanted: tuple[str, ...] = (),
    level: Level = "error",
) -> Definitions:
    """An object with fixed fields and extensions. Without what is `wanted` the client can be written too.

    `level` is the weight of a value that is no object.
    """
    return {
        "x-level": level,
        "title": title,
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "required": list(required),
        "allOf": [{"required": list(wanted), "x-level": "warning", "title": title}],
    }


SERVERS: Json = {
    "if": {"type": "array"},
    "then": {
        "allOf": [
            {
                "type": "object",
                "x-level": "warning",
                "x-read": True,
                "x-help": "give each one a name: `servers: {main: {…}}`",
            }
        ],
        "items": ref_or("Server"),
    },
    "else": map_of(ref_or("Server")),
}
"""By name. A list of servers is understood too."""

RESPONSE: Json = {
    "if": {"type": "object", "required": ["$ref"]},
    "then": {"$ref": "#/$defs/Reference", "x-target": "Message"},
}
"""The message that answers this one, as FastWS writes it. `build` says what is wrong with it."""


def message_or_schema(kind: str) -> Definitions:
    """A message; or a schema in its place, which is understood as the payload of a message without a word more."""
    return {
        "if": {
            "type": "object",
            "not": {"required": ["payload"]},
            "anyOf": [{"required": ["type"]}, {"required": ["properties"]}],
        },
        "then": {
            "title": "Message Object",
            "allOf": [
                {
                    "required": ["payload"],
                    "x-level": "warning",
                    "x-read": True,
                    "x-help": "write `payload:` before the schema",
                }
            ],
            "if": False,
            "else": ref("Schema"),
        },
        "else": ref(kind),
    }


TAGS: Json = {**list_of(ref_or("Tag"), "warning"), "uniqueItems": True}
DOCS = ref_or("ExternalDocs")
BINDINGS = ref_or("Bindings")
EXAMPLES: Json = list_of(ref("MessageExample"), "warning")

_TYPES: list[Json] = ["array", "boolean", "integer", "null", "number", "object", "string"]
_COUNT: Json = {"type": "integer", "minimum": 0, "x-level": "warning"}
_NUMBER: Json = {"type": "number", "x-level": "warning"}
_BOUND: Json = {
    "type": "number",
    "x-level": "warning",
    "x-read": True,
    "x-help": "write the number here instead of a flag beside `minimum` or `maximum`",
}
_NAMES: Json = {"type": "array", "items": TEXT, "uniqueItems": True, "x-level": "warning"}
_SCHEMA = ref_or("Schema")
_SCHEMAS: Json = {
    "type": "array",
    "items": _SCHEMA,
    "allOf": [{"if": {"type": "array"}, "then": {"minItems": 1, "x-level": "warning"}}],
}
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
        "examples": {"type": "array", "x-level": "warning", "x-help": "write a list: `examples: […]`"},
        "example": ANY,
        "type": {
            "if": {"type": "array"},
            "then": {
                "items": {"enum": _TYPES, "x-level": "warning"},
                "minItems": 1,
                "uniqueItems": True,
                "x-level": "warning",
            },
            "else": {"enum": _TYPES, "x-level": "warning"},
        },
        "enum": {
            "type": "array",
            "allOf": [{"if": {"type": "array"}, "then": {"minItems": 1, "x-level": "warning"}}],
        },
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
        "dependencies": map_of({"type": ["array", "object", "boolean"], "x-level": "warning"}, "warning"),
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
            "type": "string",
            "x-level": "warning",
            "x-read": True,
            "x-help": "name the property: `discriminator: kind`",
        },
        "externalDocs": DOCS,
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
        "if": {"type": "object", "required": ["schema"]},
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

INFO: Definitions = {
    "title": TEXT,
    "version": TEXT,
    "description": TEXT,
    "termsOfService": TEXT,
    "contact": ref("Contact"),
    "license": ref("License"),
}
SHARED: Definitions = {
    "Reference": {"title": "Reference Object"},
    "Schema": SCHEMA,
    "Info": fields("Info Object", INFO, wanted=("title", "version"), level="warning"),
    "Contact": fields("Contact Object", {"name": TEXT, "url": TEXT, "email": TEXT}, level="warning"),
    "License": fields("License Object", {"name": TEXT, "url": TEXT}, wanted=("name",), level="warning"),
    "ExternalDocs": fields(
        "External Documentation Object", {"description": TEXT, "url": TEXT}, wanted=("url",), level="warning"
    ),
    "Tag": fields(
        "Tag Object",
        {"name": TEXT, "description": TEXT, "externalDocs": DOCS},
        wanted=("name",),
        level="warning",
    ),
    "MessageExample": {
        **fields(
            "Message Example Object",
            {"name": TEXT, "summary": TEXT, "headers": OBJECT, "payload": ANY},
            level="warning",
        ),
        "if": {"type": "object", "not": {"required": ["headers"]}},
        "then": {"required": ["payload"], "x-level": "warning"},
    },
    "ServerVariable": fields(
        "Server Variable Object",
        {
            "enum": {**list_of(TEXT, "warning"), "uniqueItems": True},
            "default": TEXT,
            "description": TEXT,
            "examples": TEXTS,
        },
    ),
    "CorrelationId": fields("Correlation ID Object", {"location": TEXT, "description": TEXT}, wanted=("location",)),
    "Bindings": {"title": "Bindings Object", "type": "object", "x-level": "warning"},
    "ChannelBindings": {
        "title": "Channel Bindings Object",
        "type": "object",
        "properties": {"ws": ref_or("WebSocketBinding")},
        "x-level": "warning",
    },
    "WebSocketBinding": fields(
        "WebSockets Channel Binding Object",
        {
            "method": {"enum": ["GET", "POST"], "x-level": "warning"},
            "query": _SCHEMA,
            "headers": _SCHEMA,
            "bindingVersion": TEXT,
        },
        level="warning",
    ),
}
