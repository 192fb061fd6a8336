"""Documents of any size: domains with subscribe, unsubscribe and update, and two models each."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["channels", "feeds"]

CONFIRMATION = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"enum": ["ok", "error"]}, "message": {"type": "string"}, "topic": {"type": "string"}},
}


def feeds(domains: int) -> str:
    """One connection with so many domains, as an AsyncAPI 2.6 document in JSON."""
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Confirmation": CONFIRMATION}
    sent: list[str] = []
    received: list[str] = []
    for number in range(domains):
        domain, model = f"feed{number:04}", f"Feed{number:04}"
        schemas[f"{model}Subscription"] = {
            "type": "object",
            "required": ["symbol", "interval"],
            "properties": {
                "symbol": {"type": "string", "description": "What to watch."},
                "interval": {"enum": ["1m", "5m"]},
            },
        }
        schemas[f"{model}Bar"] = {
            "type": "object",
            "required": ["price"],
            "properties": {
                "price": {"type": "number"},
                "volume": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
            },
        }
        for verb in ("subscribe", "unsubscribe"):
            asked, answer = f"{domain}.{verb}", f"{domain}.{verb}.response"
            messages[asked] = {
                "payload": _frame(asked, _reference(f"schemas/{model}Subscription")),
                "x-response": _reference(f"messages/{answer}"),
            }
            messages[answer] = {"payload": _frame(answer, _reference("schemas/Confirmation"))}
            sent.append(asked)
            received.append(answer)
        update = {
            "type": "object",
            "required": ["topic", "payload"],
            "properties": {"topic": {"type": "string"}, "payload": _reference(f"schemas/{model}Bar")},
        }
        messages[f"{domain}.update"] = {"payload": _frame(f"{domain}.update", update)}
        received.append(f"{domain}.update")
    return _written(
        {
            "asyncapi": "2.6.0",
            "info": {"title": "Feeds", "version": "1.0.0"},
            "channels": {"/": {"publish": {"message": _one_of(sent)}, "subscribe": {"message": _one_of(received)}}},
            "components": {"messages": messages, "schemas": schemas},
        }
    )


def channels(number: int) -> str:
    """So many connections with a message each way, as an AsyncAPI 3.0 document in JSON."""
    found: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for index in range(number):
        channel = f"feed{index:04}"
        messages = {name: {"payload": {"type": "object", "properties": {name: {}}}} for name in ("ask", "tell")}
        found[channel] = {"address": f"/{channel}", "messages": messages}
        for action, name, sender in (("receive", "ask", "client"), ("send", "tell", "server")):
            operations[f"{name}{index:04}"] = {
                "action": action,
                "summary": f"Sent by the {sender}",
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"}],
            }
    info = {"title": "Channels", "version": "1.0.0"}
    return _written({"asyncapi": "3.0.0", "info": info, "channels": found, "operations": operations})


def _frame(type: str, payload: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": {"const": type}, "payload": payload}
    return {"type": "object", "required": ["type", "payload"], "properties": properties}


def _reference(to: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{to}"}


def _one_of(messages: list[str]) -> dict[str, Any]:
    return {"oneOf": [_reference(f"messages/{name}") for name in messages]}


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1)
