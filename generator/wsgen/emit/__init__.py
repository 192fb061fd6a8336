"""Templates and runtime files to the texts of a package."""

from __future__ import annotations

from .python import emit, shared_files
from .typescript import emit_typescript

__all__ = ["emit", "emit_typescript", "shared_files"]
