"""What tests of codecs share: frames, and the same models in each model library."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Kit", "quote", "received"]


@dataclass(frozen=True, slots=True)
class Kit:
    """A codec, how others like it are made, and models of its library. `codec` has all of these in messages."""

    make: Any
    codec: Any
    Quote: Any
    QuoteUpdate: Any
    Response: Any
    Order: Any
    Tick: Any


def received(type: str, **more: Any) -> bytes:
    return json.dumps({"type": type, **more}).encode()


def quote(**changes: Any) -> dict[str, Any]:
    return {"symbol": "AAPL", "lastPrice": 189.5, **changes}
