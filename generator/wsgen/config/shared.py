"""How a package imports the runtime that it shares with others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .settings import ClientSettings

__all__ = ["shared_runtime"]

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


def shared_runtime(settings: ClientSettings, output: Path) -> str | None:
    """The module to import the runtime from, in a package in the folder `output`; None: it has a copy of its own.

    Relative (`..runtime`) where package and runtime stand in one package, so that it does not matter under which
    name that is imported; else by the path below the folder that imports start from (`shop.runtime`).
    """
    if settings.runtime != "shared" or settings.runtime_output is None:
        return None
    package, runtime = _absolute(output), _absolute(settings.runtime_output)
    root = _import_root(runtime, _absolute(settings.folder))
    common = Path(os.path.commonpath([package.parent, runtime.parent]))
    below = ".".join(runtime.relative_to(common).parts)
    if (common / "__init__.py").is_file() or (common != root and common.is_relative_to(root)):
        return "." * (len(package.relative_to(common).parts) + 1) + below
    return ".".join(runtime.relative_to(root).parts)


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))


def _import_root(folder: Path, configuration: Path) -> Path:
    """The folder that the imports of a package start from: `src` of its project, or the project itself."""
    for each in _up_to(folder.parent, configuration):
        project = each == configuration or any((each / name).is_file() for name in PROJECT_FILES)
        if each.name == "src" and any((each.parent / name).is_file() for name in PROJECT_FILES):
            return each
        if project:
            source = each / "src"
            return source if folder.is_relative_to(source) else each
    return folder.parent


def _up_to(folder: Path, last: Path) -> Iterator[Path]:
    """The folder and those above it, up to `last`; where that is not above it, the folder's outermost package."""
    if folder.is_relative_to(last):
        yield from (each for each in (folder, *folder.parents) if each.is_relative_to(last))
        return
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    yield folder
