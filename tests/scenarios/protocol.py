"""The protocol of all scenarios, over plain JSON values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wsgen_runtime.codec import Getter, ServerCodec, Undecodable, UnknownMessageKey
from wsgen_runtime.errors import InvalidPayload
from wsgen_runtime.operations import (
    Confirmation,
    Correlation,
    HandlerOperation,
    Protocol,
    PushOperation,
    RequestOperation,
    Route,
    SendOperation,
    SubscriptionOperation,
    Update,
)
from wsgen_runtime.options import Delivery

PUSHES = ("chat.message", "chat.notice")
REQUESTS = {"chat.join": "chat.joined", "ping": "pong"}
NUMBERED_REQUESTS = {"lookup": ("lookup.found", "lookup.failed"), "probe": ("probe.result",)}
"""Requests with an id that their replies repeat: in the payload, or beside it."""

SERIAL = {"slow": "slow.done"}
"""Requests of which one is asked at a time."""

ASKED = {"server.ask": "server.answer"}
"""What the server asks, with an id."""

SENDS = ("chat.typing",)
WRAPPED = ("bars", "quotes")
FLAT = ("alerts", "orders")
UNCONFIRMED = "ticks"
"""A domain whose subscribes and unsubscribes nobody answers; updates have the parameter `symbol`."""

NUMBERED = "books"
"""A domain whose subscribes have an id that their confirmation repeats, or a refusal that is another message; the
server gives subscriptions numbers, and an unsubscribe names one."""

DEFAULTS: dict[str, dict[str, object]] = {"bars": {"resolution": "1"}}

RECEIVED = {
    *PUSHES,
    *REQUESTS.values(),
    *(reply for replies in NUMBERED_REQUESTS.values() for reply in replies),
    *SERIAL.values(),
    *ASKED,
    *(f"{domain}.update" for domain in (*WRAPPED, *FLAT)),
    *(f"{domain}.subscribe.response" for domain in (*WRAPPED, *FLAT)),
    *(f"{domain}.unsubscribe.response" for domain in (*WRAPPED, "alerts")),
    *(f"{UNCONFIRMED}.update", f"{NUMBERED}.update", f"{NUMBERED}.subscribed", f"{NUMBERED}.refused"),
}


class JsonCodec:
    """Payloads are what `json` makes of them; only what the protocol itself reads is checked."""

    has_binary = False
    classes = None

    def decode_binary(self, frame: bytes) -> tuple[str, Any]:
        raise Undecodable(None, InvalidPayload(None, "$", "expected text, got a binary frame"))

    def decode(self, frame: bytes) -> tuple[str, Any]:
        try:
            value = json.loads(frame)
        except ValueError as error:
            raise Undecodable(None, InvalidPayload(None, "$", str(error))) from None
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise UnknownMessageKey(None)
        key, payload = value["type"], value.get("payload")
        if key not in RECEIVED:
            raise UnknownMessageKey(key)
        self._check(key, payload)
        return key, payload

    def _check(self, key: str, payload: Any) -> None:
        domain = key.partition(".")[0]
        if key.endswith(".response"):
            required = {"status": str}
        elif key.endswith(".update") and domain in WRAPPED:
            required = {"topic": str}
        else:
            return
        for name, kind in required.items():
            if not isinstance(payload, dict) or not isinstance(payload.get(name), kind):
                problem = InvalidPayload(key, f"$.payload.{name}", f"expected {kind.__name__}")
                raise Undecodable(key, problem, payload)

    def encode(self, key: str, payload: object) -> bytes:
        frame: dict[str, object] = {"type": key} if payload is None else {"type": key, "payload": payload}
        return json.dumps(frame).encode()

    def encode_parameters(self, key: str, parameters: dict[str, Any]) -> bytes:
        return self.encode(key, parameters)

    def field(self, name: str) -> Getter:
        return self.getter("", name)

    def parameters(self, key: str, payload: object) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(json.dumps(payload))
        return values

    def getter(self, key: str, path: str) -> Getter:
        names = path.split(".")

        def get(value: Any) -> Any:
            for name in names:
                value = value.get(name) if isinstance(value, dict) else None
            return value

        return get

    def attributes(self, key: str, path: str) -> tuple[str, ...]:
        return ()

    def reversed(self) -> ServerCodec:
        raise NotImplementedError("scenarios say themselves what the server sends")


class Operations:
    """Descriptors of all domains, with the options of one scenario."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        topics: Mapping[str, str] | None = None,
        strict_topic: bool = False,
        deliveries: Mapping[str, Delivery] | None = None,
    ) -> None:
        self._deliveries = deliveries or {}
        self.protocol = Protocol("scenarios", JsonCodec())
        self.subscriptions = {
            domain: self._subscription(domain, routes.get(domain), (topics or {}).get(domain), strict_topic)
            for domain in (*WRAPPED, *FLAT)
        }
        self.subscriptions |= {UNCONFIRMED: _unconfirmed(), NUMBERED: _numbered()}
        self.requests: dict[str, RequestOperation[Any, Any]] = {
            name: RequestOperation(request=name, replies=(reply,)) for name, reply in REQUESTS.items()
        }
        self.requests |= {
            name: RequestOperation(request=name, replies=replies, correlation=_reference(name))
            for name, replies in NUMBERED_REQUESTS.items()
        }
        self.requests |= {
            name: RequestOperation(request=name, replies=(reply,), pipeline=False) for name, reply in SERIAL.items()
        }
        self.handlers: dict[str, HandlerOperation[Any, Any]] = {
            name: HandlerOperation(request=name, replies=(reply,), correlation=Correlation("id", "id"))
            for name, reply in ASKED.items()
        }
        self.sends: dict[str, SendOperation[Any]] = {name: SendOperation(message=name) for name in SENDS}
        self.pushes: dict[str, PushOperation[Any]] = {
            name: PushOperation(name=name, messages=(name,)) for name in PUSHES
        }

    def _subscription(
        self, domain: str, route: Route | None, topic: str | None, strict: bool
    ) -> SubscriptionOperation[Any, Any]:
        def confirmation(verb: str) -> Confirmation:
            return Confirmation(f"{domain}.{verb}.response", status="status", message="message", topic="topic")

        wrapped = domain in WRAPPED
        releases = domain != "orders"
        return SubscriptionOperation(
            domain=domain,
            subscribe=f"{domain}.subscribe",
            confirmation=confirmation("subscribe"),
            unsubscribe=f"{domain}.unsubscribe" if releases else None,
            release=confirmation("unsubscribe") if releases else None,
            updates=(
                Update(f"{domain}.update", topic="topic", data="payload") if wrapped else Update(f"{domain}.update"),
            ),
            defaults=DEFAULTS.get(domain, {}),
            topic_rule=topic,
            strict_topic=strict,
            route=route,
            delivery=self._deliveries.get(domain),
        )


def _reference(request: str) -> Correlation:
    return Correlation("ref", "ref", "string", "frame" if request == "probe" else "payload")


def _unconfirmed() -> SubscriptionOperation[Any, Any]:
    return SubscriptionOperation(
        domain=UNCONFIRMED,
        subscribe=f"{UNCONFIRMED}.subscribe",
        confirmation=None,
        unsubscribe=f"{UNCONFIRMED}.unsubscribe",
        updates=(Update(f"{UNCONFIRMED}.update"),),
        route={"symbol": "symbol"},
    )


def _numbered() -> SubscriptionOperation[Any, Any]:
    return SubscriptionOperation(
        domain=NUMBERED,
        subscribe=f"{NUMBERED}.subscribe",
        confirmation=Confirmation(
            f"{NUMBERED}.subscribed",
            topic="number",
            refusals={f"{NUMBERED}.refused": "words"},
            correlation=Correlation(request="id", reply="id", kind="integer"),
        ),
        unsubscribe=f"{NUMBERED}.unsubscribe",
        release_parameters=(),
        release_values={"reason": "done"},
        release_topic="numbers.0",
        updates=(Update(f"{NUMBERED}.update", topic="number", data="payload"),),
    )
