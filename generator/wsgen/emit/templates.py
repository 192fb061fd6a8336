"""What templates are printed with, and the packages whose files are data here."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment", "unimported"]


def environment(target: str) -> Environment:
    """Templates that can do nothing but print: no globals, no filters, no undefined names."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = unimported("wsgen_templates") / target
    found = Environment(
        loader=FunctionLoader(lambda name: (folder / f"{name}.jinja").read_text("utf-8")),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.globals.clear()  # pyright: ignore[reportUnknownMemberType]  (jinja2 does not type the values)
    found.filters.clear()  # pyright: ignore[reportUnknownMemberType]
    return found


def unimported(package: str) -> Traversable:
    """The folder of a package that is data here: `files` imports what it is given by name."""
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"{package} is not installed beside wsgen", name=package)
    return files(module_from_spec(spec))
