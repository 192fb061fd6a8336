"""The seam between frames and payloads. One codec per generated package, built once, at import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .errors import InvalidPayload

__all__ = ["Codec", "Getter", "Undecodable", "UnknownMessageKey"]

Getter = Callable[[Any], Any]  # payloads are the model library's objects, whose types this side does not know


class Undecodable(Exception):
    """A frame that is no message: not JSON, or without a message key, or with a payload of the wrong shape.

    `key` is the message key where the frame says one that the protocol knows, else None.
    """

    def __init__(self, key: str | None, error: InvalidPayload) -> None:
        self.key = key
        self.error = error
        super().__init__(str(error))


class UnknownMessageKey(Exception):
    """A frame of a message that the document does not describe. `type` is what the frame calls itself."""

    def __init__(self, type: str | None) -> None:
        self.type = type
        super().__init__(f"unknown message {type!r}")


class Codec(Protocol):
    """What the session needs of a model library."""

    def decode(self, frame: bytes) -> tuple[str, Any]:
        """The message key and the payload of a text frame (UTF-8; checked here, not before).

        Raises:
            UnknownMessageKey: no message of the protocol.
            Undecodable: anything else that is wrong.
        """
        ...

    def encode(self, key: str, payload: object) -> bytes:
        """The whole text frame of a message, validated; `payload` is None for a message without one.

        Raises:
            InvalidRequest: the payload does not fit; nothing may be sent.
        """
        ...

    def parameters(self, key: str, payload: object) -> dict[str, Any]:
        """The payload as JSON values by wire name; what is absent stays absent."""
        ...

    def getter(self, key: str, path: str) -> Getter:
        """A function from a decoded payload of `key` to what stands at `path` (wire names, dots); None if absent."""
        ...

    def field(self, name: str) -> Getter:
        """A function from any decoded value to its field of this wire name; None if it has none."""
        ...

    def encode_parameters(self, key: str, parameters: dict[str, Any]) -> bytes:
        """Like `encode`, from JSON values that have been validated before."""
        ...
