"""Payload models: what the payloads of a client's messages are in Python.

`write_models` reads the schemas of the payloads and of all definitions that they use (`read`, `intersect`,
`constraints`), settles what depends on who uses them (`settle`), has the annotations written by
datamodel-code-generator (`annotate`), and prints the module (`fields`, `layout`, `text`).
"""

from __future__ import annotations

from .models import (
    ModelLibrary,
    ModelOptions,
    Models,
    PayloadTypes,
    Root,
    TypeExpression,
    examine_models,
    settle_types,
    write_models,
)

__all__ = [
    "ModelLibrary",
    "ModelOptions",
    "Models",
    "PayloadTypes",
    "Root",
    "TypeExpression",
    "examine_models",
    "settle_types",
    "write_models",
]
