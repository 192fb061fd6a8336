"""Measurements. `make bench` makes them at their full size; the test suite only sees that they can be made."""

from __future__ import annotations

import os

__all__ = ["FULL"]

FULL = bool(os.environ.get("WSGEN_BENCH"))
