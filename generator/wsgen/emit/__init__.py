"""Templates and runtime files to the texts of a package."""

from __future__ import annotations

from .python import emit, shared_files

__all__ = ["emit", "shared_files"]
