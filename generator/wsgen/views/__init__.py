"""Final strings and lists for templates, in the order of the output."""

from __future__ import annotations

from .layout import import_lines
from .package import Package
from .python import payload_roots, python_package

__all__ = ["Package", "import_lines", "payload_roots", "python_package"]
