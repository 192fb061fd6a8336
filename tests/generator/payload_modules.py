"""Generated models as modules: put into a package in memory, beside the real runtime."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter
from wsgen.payloads import Models, TypeExpression
from wsgen_runtime import pydantic_codec

_PACKAGE = "sample_client"


@contextmanager
def loaded(models: Models) -> Iterator[ModuleType]:
    """The module, imported as `sample_client.models`."""
    runtime = f"{_PACKAGE}._runtime"
    module = ModuleType(f"{_PACKAGE}.models")
    module.__package__ = _PACKAGE
    added = {
        _PACKAGE: ModuleType(_PACKAGE),
        runtime: ModuleType(runtime),
        f"{runtime}.pydantic_codec": pydantic_codec,
        module.__name__: module,
    }
    sys.modules.update(added)
    try:
        exec(compile(models.text, "models.py", "exec", dont_inherit=True), module.__dict__)
        yield module
    finally:
        for name in added:
            del sys.modules[name]


def adapter(module: ModuleType, expression: TypeExpression) -> TypeAdapter[Any]:
    """What decodes a payload of the type, as the modules that use the models would write it."""
    import typing

    scope = {name: getattr(typing, name) for name in expression.typing}
    scope |= {name: getattr(module, name) for name in expression.models}
    return TypeAdapter(eval(expression.text, scope))
