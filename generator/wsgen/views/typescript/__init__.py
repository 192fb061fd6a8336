"""Final strings and lists for the templates of TypeScript, in the order of the output."""

from __future__ import annotations

from .package import TypeScriptPackage
from .package_view import typescript_package

__all__ = ["TypeScriptPackage", "typescript_package"]
