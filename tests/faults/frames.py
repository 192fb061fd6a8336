"""A stream of bytes, cut where the frames of WebSocket begin and end (RFC 6455, section 5.2)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

__all__ = ["Frame", "Splitter", "accept_key"]

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `raw` is what stood on the wire, `payload` is unmasked."""

    opcode: int
    fin: bool
    payload: bytes
    raw: bytes


class Splitter:
    """Takes bytes as they come, gives whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def rest(self) -> bytes:
        """The beginning of a frame that has not come whole."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """All frames that are whole now."""
        self._buffer += data
        frames: list[Frame] = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        size, head = second & 0x7F, 2
        extended = {126: 2, 127: 8}.get(size, 0)
        mask_size = 4 if second & 0x80 else 0
        if len(buffer) < head + extended + mask_size:
            return None
        if extended:
            size = int.from_bytes(buffer[head : head + extended], "big")
            head += extended
        mask = bytes(buffer[head : head + mask_size])
        head += mask_size
        if len(buffer) < head + size:
            return None
        raw = bytes(buffer[: head + size])
        del buffer[: head + size]
        payload = raw[head:]
        return Frame(first & 0x0F, bool(first & 0x80), unmask(payload, mask) if mask else payload, raw)


def unmask(payload: bytes, mask: bytes) -> bytes:
    """The payload of a client's frame (RFC 6455, section 5.3)."""
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def accept_key(key: bytes) -> bytes:
    """The server's answer to a client's `Sec-WebSocket-Key` (RFC 6455, section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + GUID).digest())
