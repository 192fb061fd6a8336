"""Wire subscriptions: sets of parameters, what is known of each, and how they are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from ..codec import Codec, Getter
from ..errors import WsgenError
from ..operations import Confirmation, SubscriptionOperation
from ..transitions import Held
from .calls import Slot, Wait
from .consumers import Consumer

if TYPE_CHECKING:
    from .subscriptions import Domain

__all__ = [
    "Roles",
    "Wire",
    "canonical",
    "canonical_parameters",
    "computed_topic",
    "hashable",
    "tuple_of",
    "without",
]

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Wire:
    """One set of parameters. `sent` is their JSON as it is sent in `frame`, `key` the canonical form.

    `ask` is the slot of the latest subscribe until its answer or silence, `asks` all that are unanswered. `undone`
    are others of the same topic, which wait for the unsubscribe of this one. `renewing` says that consumers from
    before the connection wait for it again, `silences` how often that went unanswered. One that is `alone` is asked
    for when nothing else is, because its topic is in doubt or because it is the `suspect` of a connection's end;
    it is `queued` until then. Its topic is `guessed` where only the order of replies says that it is its own.
    """

    __slots__ = (
        "addresses",
        "alone",
        "ask",
        "asks",
        "consumers",
        "domain",
        "frame",
        "guessed",
        "held",
        "key",
        "leavers",
        "order",
        "queued",
        "refusal",
        "renewing",
        "sent",
        "silences",
        "suspect",
        "topic",
        "undone",
        "wait",
    )

    def __init__(self, domain: Domain, key: str) -> None:
        self.domain = domain
        self.key = key
        self.sent = key
        self.frame = b""
        self.order = 0
        self.held = Held.ABSENT
        self.consumers: list[Consumer] = []
        self.leavers: list[Consumer] = []
        self.topic: str | None = None
        self.addresses: tuple[Hashable, ...] = ()
        self.ask: Slot | None = None
        self.refusal: WsgenError | None = None
        self.wait: Wait | None = None
        self.asks: list[Slot] = []
        self.undone: list[Wire] = []
        self.renewing = False
        self.silences = 0
        self.alone = False
        self.suspect = False
        self.queued = False
        self.guessed = False

    def doubt(self) -> None:
        """Its topic may be another one's."""
        self.topic, self.alone = None, True

    @property
    def wanted(self) -> bool:
        return bool(self.consumers)


class Roles:
    """Where in a confirmation stands what."""

    __slots__ = ("_message", "_ok", "_status", "_topic")

    def __init__(self, confirmation: Confirmation, getter: Callable[[str, str], Getter]) -> None:
        def role(path: str | None) -> Getter | None:
            return None if path is None else getter(confirmation.key, path)

        self._status = role(confirmation.status)
        self._message = role(confirmation.message)
        self._topic = role(confirmation.topic)
        self._ok = confirmation.ok

    def ok(self, reply: Any) -> bool:
        if self._status is None or reply is None:
            return True
        status = self._status(reply)
        return status is None or any(status is ok if isinstance(ok, bool) else status == ok for ok in self._ok)

    def message(self, reply: Any) -> str:
        text = None if self._message is None or reply is None else self._message(reply)
        return "" if text is None else str(text)

    def topic(self, reply: Any) -> str | None:
        topic = None if self._topic is None or reply is None else self._topic(reply)
        return None if topic is None else str(topic)


def canonical_parameters(codec: Codec, operation: SubscriptionOperation[Any, Any], request: object) -> str:
    """Equal for two requests exactly when they ask for the same: defaults filled in, keys sorted."""
    return canonical({**operation.defaults, **codec.parameters(operation.subscribe, request)})


def computed_topic(operation: SubscriptionOperation[Any, Any], key: str) -> str | None:
    """The topic of canonical parameters by the operation's rule; None where the server alone knows it."""
    rule = operation.topic_rule
    if rule is None:
        return None
    parameters: dict[str, Any] = json.loads(key)
    if rule == "sorted-json":
        present = {name: value for name, value in parameters.items() if value is not None}
        return f"{operation.domain}:{json.dumps(present, sort_keys=True, separators=(',', ':'))}"
    return PLACEHOLDER.sub(lambda found: _topic_text(parameters.get(found[1], "")), rule)


def canonical(parameters: dict[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else canonical(value)


def _topic_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def tuple_of(fields: list[Getter]) -> Callable[[Any], Hashable]:
    def address(payload: Any) -> Hashable:
        return tuple([field(payload) for field in fields])

    return address


def without(table: dict[Any, tuple[Wire, ...]], key: Hashable, wire: Wire) -> None:
    rest = tuple(other for other in table.get(key, ()) if other is not wire)
    if rest:
        table[key] = rest
    else:
        table.pop(key, None)
