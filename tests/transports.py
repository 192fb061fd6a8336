"""The transports that a generated client can be opened with, for tests that go through a real socket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

__all__ = ["TRANSPORTS", "picows_lent_to"]

TRANSPORTS = ("websockets", "websockets-recv", "picows")

SOURCE = Path(__file__).parents[1] / "runtime" / "wsgen_runtime" / "shell" / "picows_transport.py"


@contextmanager
def picows_lent_to(package: str) -> Iterator[None]:
    """Have a generated package find the module that `picows = true` would have given it."""
    name = f"{package}._runtime.shell.picows_transport"
    spec = spec_from_file_location(name, SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield
    finally:
        del sys.modules[name]
