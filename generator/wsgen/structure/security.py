"""The Security Scheme Object, by its type, and OAuth flows."""

from __future__ import annotations

from wsgen.document import Json

from .vocabulary import ANY, TEXT, TEXTS, Definitions, fields, map_of, ref

__all__ = ["schemes"]

_FLOW_URLS = {
    "implicit": ("authorizationUrl",),
    "password": ("tokenUrl",),
    "clientCredentials": ("tokenUrl",),
    "authorizationCode": ("authorizationUrl", "tokenUrl"),
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "userPassword": (),
    "apiKey": ("in",),
    "X509": (),
    "symmetricEncryption": (),
    "asymmetricEncryption": (),
    "httpApiKey": ("name", "in"),
    "http": ("scheme",),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
    "plain": (),
    "scramSha256": (),
    "scramSha512": (),
    "gssapi": (),
}
"""What a type of security scheme has beside `type`. "oauth2", "openIdConnect" and "http" have more."""

_IN: dict[str, list[Json]] = {"apiKey": ["user", "password"], "httpApiKey": ["query", "header", "cookie"]}


def _scheme_of(kind: str) -> Json:
    needed = _NEEDED[kind]
    known: Definitions = dict.fromkeys(("type", "description", *needed), ANY)
    if kind in {"oauth2", "openIdConnect"}:
        known["scopes"] = ANY
    if kind == "http":
        known["bearerFormat"] = ANY
    where: Definitions = {"in": {"enum": _IN[kind], "x-level": "warning"}} if kind in _IN else {}
    return {
        "if": {"required": ["type"], "properties": {"type": {"const": kind}}},
        "then": {
            **fields("Security Scheme Object", {**known, **where}, wanted=needed),
            "title": f"Security Scheme Object of type `{kind}`",
        },
    }


def schemes(scopes: str) -> Definitions:
    """The definitions; `scopes` is the field of a flow that lists what there is."""
    return {
        "SecurityScheme": {
            "title": "Security Scheme Object",
            "type": "object",
            "allOf": [{"required": ["type"], "x-level": "warning"}, *map(_scheme_of, _NEEDED)],
            "properties": {
                "type": {"type": "string", "enum": list(_NEEDED), "x-level": "warning"},
                "description": TEXT,
                "name": TEXT,
                "scheme": TEXT,
                "bearerFormat": TEXT,
                "flows": ref("Flows"),
                "openIdConnectUrl": TEXT,
                "scopes": TEXTS,
            },
        },
        "Flows": fields("OAuth Flows Object", {flow: ref(f"Flow.{flow}") for flow in _FLOW_URLS}, level="warning"),
        **{
            f"Flow.{flow}": fields(
                "OAuth Flow Object",
                {**dict.fromkeys((*urls, "refreshUrl"), TEXT), scopes: map_of(TEXT, "warning")},
                wanted=(*urls, scopes),
                level="warning",
            )
            for flow, urls in _FLOW_URLS.items()
        },
    }
