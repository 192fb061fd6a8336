"""Templates and runtime files to the texts of a package."""

from __future__ import annotations

from .python import emit

__all__ = ["emit"]
