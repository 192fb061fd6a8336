"""Final strings and lists for templates, in the order of the output."""

from __future__ import annotations

from .package import Package
from .python import payload_roots, python_package

__all__ = ["Package", "payload_roots", "python_package"]
