"""The JSON Schema of a configuration: what editors complete from, and what `docs/schemas/config.schema.json` holds.

It says of the form of a configuration what the loader says; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

from .reading import LONGEST
from .tables import (
    CONNECTIONS,
    ENVIRONMENT_VARIABLE,
    FRAMINGS,
    IMPORT_EXTENSIONS,
    INT64,
    MODELS,
    PERSPECTIVES,
    POLICIES,
    ROUTES,
    RUNTIMES,
    TARGETS,
)

__all__ = ["DOMAIN_KEYS", "GENERAL_KEYS", "PACKAGE_KEYS", "config_schema"]

Schema: TypeAlias = dict[str, object]

TEXT: Schema = {"type": "string", "minLength": 1}
FLAG: Schema = {"type": "boolean"}


def _said(description: str, schema: Mapping[str, object], default: object = None) -> Schema:
    found: Schema = {"description": description, **schema}
    return found if default is None else {**found, "default": default}


def _one_of(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _texts(least: int = 0) -> Schema:
    listed: Schema = {"type": "array", "items": TEXT}
    return {"anyOf": [TEXT, {**listed, "minItems": least} if least else listed]}


def _table(properties: Mapping[str, object], *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _table_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


VERBS = _table(
    {
        "subscribe": _said(
            "The last word of messages that subscribe; empty: none does.", {"type": "string"}, "subscribe"
        ),
        "unsubscribe": _said(
            "The last word of messages that end a subscription; empty: leaving is local.",
            {"type": "string"},
            "unsubscribe",
        ),
        "update": _said("The last words of messages that carry updates.", _texts(), ["update"]),
    }
)
REPLY = _table(
    {
        "status": _said(
            "The property that says whether the server agreed, as a path; empty: none.", {"type": "string"}
        ),
        "message": _said("The property with the server's words; empty: none.", {"type": "string"}),
        "topic": _said("The property with the name of the subscription; empty: none.", {"type": "string"}),
        "ok": _said(
            "Values of the status that agree.",
            {
                "anyOf": [
                    {"type": ["string", "boolean"]},
                    {"type": "array", "minItems": 1, "items": {"type": ["string", "boolean"]}},
                ]
            },
            ["ok", "success", "subscribed", True],
        ),
    }
)
DELIVERY: Schema = {
    **_table(
        {
            "policy": _said("What becomes of updates that nobody takes.", _one_of(POLICIES), "block"),
            "limit": _said("How many updates may wait.", {"type": "integer", "minimum": 1}, 4096),
            "key": _said("For `latest`, the field that tells updates apart.", TEXT),
        }
    ),
    "if": {"properties": {"policy": {"const": "latest"}}, "required": ["policy"]},
    "then": {"required": ["key"]},
}
HEARTBEAT = _table(
    {
        "type": _said("The message, by its wire type.", TEXT),
        "interval": _said("Seconds.", {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST}),
        "payload": _said("Its payload, with wire names.", {}),
        "reply": _said("The wire type of the server's answer, which is swallowed.", TEXT),
    },
    "type",
    "interval",
)

GENERAL_KEYS: Mapping[str, Schema] = {
    "strict_topic": _said(
        "Whether a confirmation with another topic than `topic` says ends the subscription.", FLAG, False
    ),
    "reply": _said("Which properties of a confirmation say what.", REPLY),
    "delivery": _said("What happens when a consumer is slow.", DELIVERY),
    "verbs": _said("The last words of wire types that make a subscription.", VERBS),
    "pipeline": _said("Whether a request is sent while an earlier one waits for its reply.", FLAG, True),
}
"""Keys of a domain that can also be said for all domains of a client."""

DOMAIN_KEYS: Mapping[str, Schema] = {
    "topic": _said('"server", "sorted-json", or a template over the parameters.', TEXT, "server"),
    "route": _said(
        "How updates without a topic find their subscription.",
        {"anyOf": [_one_of(ROUTES), {**_table_of(TEXT), "minProperties": 1}]},
    ),
    "replies": _said("Which messages answer which, by the last word of the wire type.", _table_of(_texts())),
    **GENERAL_KEYS,
}

ANY_TEXT: Schema = {"type": "string"}

SUBSCRIPTION_KEYS: Mapping[str, Schema] = {
    "subscribe": _said("The message that subscribes; without it, the one with the table's name.", TEXT),
    "unsubscribe": _said("The message that ends it; empty: leaving is local.", ANY_TEXT),
    "unsubscribe_values": _said("What it has in place of the subscribe's values, by path.", _table_of(TEXT)),
    "unsubscribe_topic": _said("The path in it that is filled with the server's topic.", TEXT),
    "updates": _said("The messages that carry updates; none: there is no subscription.", _texts()),
    "update_topic": _said("The path of the topic in updates; empty: they have none.", ANY_TEXT),
    "confirmation": _said("The message that confirms; empty: nothing does.", ANY_TEXT),
    "refusals": _said("Messages that come in its place when the server refuses.", _texts()),
    **{key: DOMAIN_KEYS[key] for key in ("topic", "route", "reply", "delivery")},
}

DESCRIBED_KEYS: Mapping[str, Schema] = {
    "perspective": _said("Whom the document describes.", _one_of(PERSPECTIVES), "auto"),
    "connection": _said("Which channels share a connection.", _one_of(CONNECTIONS), "auto"),
    "discriminator": _said("The property that holds the wire type, as a path.", TEXT),
    "wire_types": _said("Wire types of messages by id, where they are not the names.", _table_of(TEXT)),
    "framing": _said(
        "Whether foreign framings are refused, or what they describe sent plainly.", _one_of(FRAMINGS), "auto"
    ),
    "envelope": _said("The property that wraps payloads; false: none does.", {"anyOf": [TEXT, {"const": False}]}),
    "rename": _said("Names of the document to names in code.", _table_of(TEXT)),
    "include": _said("Patterns over wire types: what the client has.", _texts(), []),
    "exclude": _said("Patterns over wire types: what it has not.", _texts(), []),
    "heartbeat": _said("A message that clients send regularly.", HEARTBEAT),
    "strict_enums": _said("Whether values that the document does not list are refused.", FLAG, False),
    "typed_formats": _said("Whether dates, times and UUIDs become objects; else they stay text.", FLAG, False),
    **GENERAL_KEYS,
    "replies": _said("Which messages answer which, by wire type or id, in either direction.", _table_of(_texts())),
    "subscriptions": _said(
        "Subscriptions that no domain's verbs make, by a name of your own.", _table_of(_table(SUBSCRIPTION_KEYS))
    ),
    "domains": _said("Settings of single domains, by dotted name.", _table_of(_table(DOMAIN_KEYS))),
}
"""Keys that can stand in a document, too."""

PACKAGE_KEYS: Mapping[str, Schema] = {
    "input": _said("The document: a path, a pattern, a URL, `module:attribute`, or `-` for standard input.", TEXT),
    "headers": _said("HTTP headers for a URL; `${NAME}` is an environment variable.", _table_of(TEXT)),
    "allow_refs": _said("Folders outside of the document's own whose files it may refer to.", _texts(), []),
    "output": _said("The package's folder.", TEXT),
    "target": _said("The language.", _one_of(TARGETS), "python"),
    "import_extension": _said("What import paths of TypeScript end with.", _one_of(IMPORT_EXTENSIONS), ".js"),
    "int64": _said("What integers of 64 bits are in TypeScript.", _one_of(INT64), "number"),
    "models": _said("What payload models are made of.", _one_of(MODELS), "pydantic"),
    "runtime": _said("Whether each package has its own copy of the runtime.", _one_of(RUNTIMES), "vendored"),
    "runtime_output": _said("The folder of the shared copy.", TEXT),
    "url_env": _said(
        "An environment variable with the server's URL.",
        {"type": "string", "pattern": ENVIRONMENT_VARIABLE, "not": {"pattern": "\\n"}},
    ),
    "fakes": _said("Whether the package has a fake server for tests.", FLAG, True),
    "readme": _said("Whether the package has a README.", FLAG, True),
    "picows": _said('Whether the runtime has `transport="picows"`, which needs the package picows.', FLAG, False),
}
"""Keys that only the user of a document can say."""

OLDER_KEYS: Mapping[str, Schema] = {
    "$schema": {"description": "For editors."},
    "baseClass": {"description": "Of an older generator; without effect.", "deprecated": True},
    "template": {"description": "Of an older generator; without effect.", "deprecated": True},
    "options": _said(
        "Of an older generator: `generateMocks` is `fakes`, `generateDocs` is `readme`, the others are without effect.",
        {
            **_table(dict.fromkeys(("generateTypes", "generateMocks", "generateTests", "generateDocs"), FLAG)),
            "deprecated": True,
        },
    ),
}
"""Keys of wsgen.json alone."""


def config_schema() -> Schema:
    """The schema of what stands below `[tool.wsgen]`, or in wsgen.toml or wsgen.json."""
    client = {**PACKAGE_KEYS, **DESCRIBED_KEYS}
    clients: Schema = {"type": "array", "items": _table(client, "input")}
    root = _table({**client, "client": _said("Clients, each with what holds for all.", clients), **OLDER_KEYS})
    return cast(
        Schema,
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Configuration of wsgen",
            "description": "What stands below [tool.wsgen] in pyproject.toml, or in wsgen.toml or wsgen.json.",
            **root,
        },
    )
