"""The seam between frames and payloads. One codec per generated package, built once, at import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .errors import InvalidPayload

__all__ = ["Codec", "FrameClasses", "Getter", "ServerCodec", "Undecodable", "UnknownMessageKey"]

Getter = Callable[[Any], Any]  # payloads are the model library's objects, whose types this side does not know


class Undecodable(Exception):
    """A frame that is no message: not JSON, or without a message key, or with a payload of the wrong shape.

    `key` is the message key where the frame says one that the protocol knows, else None; `payload` is then what
    stands where its payload should be, as JSON values.
    """

    def __init__(self, key: str | None, error: InvalidPayload, payload: object = None) -> None:
        self.key = key
        self.error = error
        self.payload = payload
        super().__init__(str(error))


class UnknownMessageKey(Exception):
    """A frame of a message that the document does not describe. `type` is what the frame calls itself."""

    def __init__(self, type: str | None) -> None:
        self.type = type
        super().__init__(f"unknown message {type!r}")


@dataclass(frozen=True, slots=True)
class FrameClasses:
    """The quickest way of text frames, where each message has a class of its own for its frames.

    Attributes:
        load: a text frame as an instance of such a class; its `payload` is the message's, its `key` the message's key.
        refused: what `load` raises. It says nothing but that `Codec.decode` has to look at the frame.
        of: the classes, by message key.
    """

    load: Callable[[bytes], Any]
    refused: tuple[type[Exception], ...]
    of: Mapping[str, type[Any]]


class Codec(Protocol):
    """What the session needs of a model library."""

    @property
    def classes(self) -> FrameClasses | None:
        """None: `decode` is the way of all text frames."""
        ...

    def decode(self, frame: bytes, /) -> tuple[str, Any]:
        """The message key and the payload of a text frame (UTF-8; checked here, not before).

        Raises:
            UnknownMessageKey: no message of the protocol.
            Undecodable: anything else that is wrong.
        """
        ...

    def decode_binary(self, frame: bytes) -> tuple[str, Any]:
        """The same of a binary frame.

        Raises:
            Undecodable: the protocol has no binary messages.
        """
        ...

    @property
    def has_binary(self) -> bool:
        """Whether any message that is received is a binary frame."""
        ...

    def encode(self, key: str, payload: object) -> bytes:
        """The whole frame of a message, validated; `payload` is None for a message without one.

        A binary frame is a `rules.Frame`; all others are text.

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

    def attributes(self, key: str, path: str) -> Sequence[str]:
        """The names of the attributes that lead there, where every payload of `key` has them; else nothing."""
        ...

    def field(self, name: str) -> Getter:
        """A function from any decoded value to its field of this wire name; None if it has none."""
        ...

    def encode_parameters(self, key: str, parameters: dict[str, Any]) -> bytes:
        """Like `encode`, from JSON values that have been validated before."""
        ...

    def reversed(self) -> ServerCodec:
        """The same frames from the other side: what a fake server needs."""
        ...


class ServerCodec(Codec, Protocol):
    """The codec of the other side: it decodes what clients send, and encodes what they receive."""

    def assemble(self, key: str, values: Mapping[str, object]) -> Any:
        """A payload of `key` in which `values` stand at their paths (wire names, dots).

        What its type requires besides is filled with the least that the type allows. None for a message
        without a payload.

        Raises:
            InvalidRequest: the values do not fit, or something required could not be filled.
        """
        ...

    def constants(self, key: str, path: str) -> tuple[object, ...]:
        """The values that the document lists for what stands at `path` of a payload of `key`; empty: any."""
        ...
