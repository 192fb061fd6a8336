"""What unsubscribing takes: which of the parameters, which constants, and the name that the server has given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wsgen.model import Json
from wsgen.operations import WireMessage

from .schemas import Schemas
from .topics import topic_names

__all__ = ["Release", "find_release"]


@dataclass(frozen=True, slots=True)
class Release:
    """How to unsubscribe; without a message leaving is local.

    Attributes:
        parameters: the parameters of the subscribe that it takes; None: all.
        values: what it has in place of the subscribe's values, by path.
        names: parameters that have another name in it, by this name.
        topic: the path that is filled with the server's topic.
        problem: why it cannot be filled.
    """

    message: WireMessage | None = None
    parameters: tuple[str, ...] | None = None
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    topic: str | None = None
    problem: str = ""


def find_release(
    subscribe: WireMessage,
    unsubscribe: WireMessage,
    both: Mapping[str, Json],
    topic: str | None,
    configured: str | None,
    id: str | None,
    named: bool,
    schemas: Schemas,
) -> Release:
    """How to send `unsubscribe` for what `subscribe` has asked for.

    It is sent with those parameters of the subscription that it has too; its constants are its own. A property that
    names a subscription is filled with the server's topic, where it has one: at `topic` of the confirmation, or by
    a rule (`named`). One that wants more cannot be filled.
    """
    if both:
        return Release(unsubscribe, values=both)
    given = schemas.properties(subscribe.payload)
    if unsubscribe is subscribe and {"subscribe", "unsubscribe"} <= given.keys():
        return Release(unsubscribe, ("unsubscribe",), names={"unsubscribe": "subscribe"})
    taken = schemas.properties(unsubscribe.payload)
    if unsubscribe.payload == subscribe.payload or _same_keys(unsubscribe, subscribe):
        return Release(unsubscribe)
    if unsubscribe.payload is not None and not taken and not schemas.is_object(unsubscribe.payload):
        return Release(problem="whose payload is no object")
    if named and list(taken) == ["topic"] and "topic" not in given and configured is None:
        return Release(unsubscribe, ("topic",))
    at = _topic_path(subscribe, unsubscribe, topic, configured, schemas)
    pinned = schemas.pinned(unsubscribe.payload)
    other = {path: value for path, value in pinned.items() if schemas.pinned(subscribe.payload).get(path) != value}
    filled = {path.partition(".")[0] for path in (at, id) if path is not None}
    filled |= {name for name in taken if name in pinned}
    missing = sorted(schemas.required(unsubscribe.payload) - given.keys() - filled)
    shared = tuple(name for name in taken if name in given and name not in filled)
    if missing or (set(taken) - filled and not shared and not at):
        lacking = ", ".join(f"`{name}`" for name in missing or taken)
        return Release(problem=f"which needs {lacking}, and the subscription has no such parameter")
    # What both pin alike is among the parameters of the subscribe, which has sent it.
    kept = shared + tuple(name for name in taken if name in pinned and name in given and name not in other)
    values: Mapping[str, Json] = dict(other)
    all_given = set(kept) == set(given) and not filled - set(kept)
    return Release(unsubscribe, None if all_given else kept, values, topic=at)


def _topic_path(
    subscribe: WireMessage, unsubscribe: WireMessage, topic: str | None, configured: str | None, schemas: Schemas
) -> str | None:
    if configured is not None:
        return configured or None
    if topic is None:
        return None
    names = topic_names(unsubscribe, schemas)
    own = topic_names(subscribe, schemas)
    last = "".join(letter for letter in topic.rpartition(".")[2].lower() if letter.isalnum())
    found = None if last in own else names.get(last)
    if found is None and topic == "result":
        found = next((path for name, path in names.items() if name not in own), None)
    params = schemas.shape(schemas.at(unsubscribe.payload, "params"))
    if found is None and topic == "result" and params is not None and params.types == ("array",):
        return "params.0"
    return found


def _same_keys(one: WireMessage, other: WireMessage) -> bool:
    return getattr(one.payload, "key", 0) == getattr(other.payload, "key", 1)
