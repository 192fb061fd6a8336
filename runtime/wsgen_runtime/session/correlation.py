"""Ids in messages: how a reply says which request it answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, TypeGuard
from uuid import UUID

from ..codec import Codec
from ..operations import Correlation

__all__ = ["Ids", "Reader", "id_text", "read_raw", "reader", "with_id"]

Reader: TypeAlias = Callable[[Any, bytes], object]
"""What stands in the place of the id, from a message's payload and its frame."""

COUNTER_BITS: Final = 48
RANDOM_BITS: Final = 74


class Ids:
    """Makes ids, no two of them equal. `jitter` gives random numbers in [0, 1)."""

    __slots__ = ("_jitter", "_last")

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._last = 0

    def new(self, kind: Literal["integer", "string", "uuid"]) -> int | str:
        """An id of this kind; of a UUID (RFC 9562, version 4) the last digits count."""
        self._last += 1
        if kind == "integer":
            return self._last
        if kind == "string":
            return str(self._last)
        random = int(self._jitter() * 2**RANDOM_BITS)
        return str(UUID(int=(random << COUNTER_BITS | self._last) % 2**128, version=4))


def id_text(value: object) -> str | None:
    """An id in the form in which ids are compared: servers may answer 7 with "7". None: it is none."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float | str | UUID) and not isinstance(value, bool) else None


def reader(codec: Codec, key: str, path: str, correlation: Correlation) -> Reader:
    """What reads the id at `path` of messages of `key`."""
    if correlation.within == "frame":
        return lambda payload, frame: _at(json.loads(frame), path)
    getter = codec.getter(key, path)
    return lambda payload, frame: getter(payload)


def read_raw(payload: object, frame: bytes, path: str, correlation: Correlation) -> object:
    """The same of a message whose payload is not valid."""
    return _at(json.loads(frame) if correlation.within == "frame" else payload, path)


def with_id(
    codec: Codec, key: str, payload: object, path: str, correlation: Correlation, new: Callable[[], object]
) -> tuple[bytes, str | None]:
    """The frame of a message, with an id at `path` unless its payload has something there; and that id.

    No id is put where the object that would hold it is missing, or where `new` gives None.

    Raises:
        InvalidRequest: `payload` does not fit its schema.
    """
    frame = codec.encode(key, payload)
    framed = correlation.within == "frame"
    if payload is None and not framed:
        return frame, None
    whole: dict[str, Any] = json.loads(frame) if framed else codec.parameters(key, payload)
    parents, _, name = path.rpartition(".")
    place = _at(whole, parents) if parents else whole
    if not _is_object(place):
        return frame, None
    if name not in place:
        made = new()
        if made is None:
            return frame, None
        place[name] = made
        frame = _compact(whole) if framed else codec.encode_parameters(key, whole)
    return frame, id_text(place[name])


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _at(value: object, path: str) -> object:
    for name in path.split("."):
        value = value.get(name) if _is_object(value) else None
    return value
