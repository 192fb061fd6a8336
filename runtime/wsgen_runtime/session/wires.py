"""Wire subscriptions: sets of parameters, what is known of each, and how they are told apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ..codec import Codec, Getter
from ..errors import InvalidRequest, WsgenError
from ..operations import Confirmation, SubscriptionOperation
from ..transitions import Held
from .calls import Slot, Wait
from .consumers import Consumer

if TYPE_CHECKING:
    from .subscriptions import Domain

__all__ = [
    "Roles",
    "Table",
    "Wire",
    "add",
    "at",
    "canonical",
    "canonical_parameters",
    "computed_topic",
    "hashable",
    "having",
    "paired_addresses",
    "parameters_of",
    "put",
    "release_parameters",
    "without",
]

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Wire:
    """One set of parameters. `sent` is their JSON as it is sent in `frame`, `key` the canonical form. `named` is the
    topic as the server writes it, which can be a number.

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
        "named",
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
        self.consumers: tuple[Consumer, ...] = ()
        self.leavers: tuple[Consumer, ...] = ()
        self.topic: str | None = None
        self.named: Hashable = None
        self.addresses: tuple[Hashable, ...] = ()
        self.ask: Slot | None = None
        self.refusal: WsgenError | None = None
        self.wait: Wait | None = None
        self.asks: tuple[Slot, ...] = ()
        self.undone: tuple[Wire, ...] = ()
        self.renewing = False
        self.silences = 0
        self.alone = False
        self.suspect = False
        self.queued = False
        self.guessed = False

    def answered(self, slot: Slot) -> None:
        """One of its subscribes is unanswered no longer."""
        self.asks = tuple(other for other in self.asks if other is not slot)

    def drop(self, consumer: Consumer) -> None:
        """One of its consumers is there no longer."""
        self.consumers = tuple(other for other in self.consumers if other is not consumer)

    @property
    def confirmed(self) -> tuple[Consumer, ...]:
        """The consumers that get updates: most of the time all, and then the same tuple."""
        consumers = self.consumers
        if all(consumer.state == "CONFIRMED" for consumer in consumers):
            return consumers
        return tuple(consumer for consumer in consumers if consumer.state == "CONFIRMED")

    def doubt(self) -> None:
        """Its topic may be another one's."""
        self.topic, self.alone = None, True

    @property
    def wanted(self) -> bool:
        return bool(self.consumers)


class Roles:
    """Where in a confirmation stands what."""

    __slots__ = ("_confirmation", "_message", "_refusals", "_status", "_topic")

    def __init__(self, confirmation: Confirmation, getter: Callable[[str, str], Getter]) -> None:
        def role(path: str | None, key: str = confirmation.key) -> Getter | None:
            return None if path is None else getter(key, path)

        self._confirmation = confirmation
        self._status = role(confirmation.status)
        self._message = role(confirmation.message)
        self._topic = role(confirmation.topic)
        self._refusals = {key: role(path, key) for key, path in confirmation.refusals.items()}

    @property
    def keys(self) -> tuple[str, ...]:
        """The messages that can answer."""
        own = self._confirmation.key
        return (own, *(key for key in self._refusals if key != own))

    def ok(self, reply: Any, key: str | None = None) -> bool:
        if key is not None and key != self._confirmation.key:
            return False
        if self._status is None or reply is None:
            return True
        status = self._status(reply)
        values = self._confirmation.ok
        return status is None or any(status is ok if isinstance(ok, bool) else status == ok for ok in values)

    def message(self, reply: Any, key: str | None = None) -> str:
        get = self._message if key is None or key == self._confirmation.key else self._refusals[key]
        text = None if get is None or reply is None else get(reply)
        return "" if text is None else str(text)

    def named(self, reply: Any, key: str | None = None) -> Hashable:
        """The topic as the server writes it."""
        if self._topic is None or reply is None or (key is not None and key != self._confirmation.key):
            return None
        return hashable(self._topic(reply))

    def topic(self, reply: Any) -> str | None:
        topic = self.named(reply)
        return None if topic is None else str(topic)


def canonical_parameters(codec: Codec, operation: SubscriptionOperation[Any, Any], request: object) -> str:
    """Equal for two requests exactly when they ask for the same: defaults filled in, keys sorted, without an id."""
    return canonical({**operation.defaults, **parameters_of(codec, operation, request)})


def parameters_of(codec: Codec, operation: SubscriptionOperation[Any, Any], request: object) -> dict[str, Any]:
    """What a request says of what it wants: all but the id that its confirmation repeats."""
    parameters = codec.parameters(operation.subscribe, request)
    confirmation = operation.confirmation
    if confirmation is None or confirmation.correlation is None or confirmation.correlation.kind is None:
        return parameters
    parents, _, name = confirmation.correlation.request.rpartition(".")
    place = at(parameters, parents) if parents else parameters
    if isinstance(place, dict):
        cast("dict[str, Any]", place).pop(name, None)
    return parameters


def release_parameters(
    operation: SubscriptionOperation[Any, Any], sent: dict[str, Any], topic: object
) -> dict[str, Any]:
    """What is sent to unsubscribe from what `sent` has asked for."""
    names = operation.release_parameters
    if names == ("topic",) and "topic" not in sent and not operation.release_topic:
        return {"topic": topic}
    given = {name: sent.get(operation.release_names.get(name, name), _MISSING) for name in names or sent}
    released = {name: value for name, value in given.items() if value is not _MISSING} if names != () else {}
    for path, value in operation.release_values.items():
        put(released, path, value)
    if operation.release_topic is not None and topic is not None:
        put(released, operation.release_topic, topic)
    return released


_MISSING = object()


def at(value: Any, path: str) -> Any:
    """What stands at a path; None if nothing does."""
    for name in path.split("."):
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def put(value: dict[str, Any], path: str, inner: object) -> None:
    """Put `inner` at a path. Objects on the way are made and never changed in place; a number is an index of a list."""
    name, dot, rest = path.partition(".")
    if not dot:
        value[name] = inner
    elif rest.isdecimal():
        value[name] = [inner]
    else:
        below = value.get(name)
        value[name] = {**cast("dict[str, Any]", below)} if isinstance(below, dict) else {}
        put(value[name], rest, inner)


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


def paired_addresses(message: str, names: Iterable[str], key: str) -> tuple[Hashable, ...]:
    """The addresses of updates that say these parameters: every combination, where one lists several values.

    Raises:
        InvalidRequest: a parameter is missing from what `message` asks for.
    """
    parameters: dict[str, Any] = json.loads(key)
    values: list[list[Hashable]] = []
    for name in names:
        value: list[Any] | dict[str, Any] | str | float | None = at(parameters, name)
        if value is None:
            raise InvalidRequest(message, f"$.{name}", "updates are routed by this parameter, which is missing")
        alternatives: list[Any] = value if isinstance(value, list) else [value]
        values.append([hashable(alternative) for alternative in alternatives])
    return tuple(product(*values))


def canonical(parameters: dict[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else canonical(value)


def _topic_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


Table: TypeAlias = "dict[Any, Wire | tuple[Wire, ...]]"
"""Which wire subscriptions have a topic or an address. Nearly always it is one, which then stands there itself: of
10,000 subscriptions, tuples would take half a megabyte."""


def having(table: Table, key: Hashable) -> tuple[Wire, ...]:
    """Those that stand in a table under a key."""
    there = table.get(key, ())
    return there if isinstance(there, tuple) else (there,)


def add(table: Table, key: Hashable, wire: Wire) -> None:
    there = having(table, key)
    if not there:
        table[key] = wire
    elif wire not in there:
        table[key] = (*there, wire)


def without(table: Table, key: Hashable, wire: Wire) -> None:
    rest = tuple(other for other in having(table, key) if other is not wire)
    if rest:
        table[key] = rest[0] if len(rest) == 1 else rest
    else:
        table.pop(key, None)
