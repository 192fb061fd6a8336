"""A package of TypeScript, as texts by path. Reads templates and the runtime's files; writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wsgen.config import ImportExtension

from .markdown import aligned
from .templates import environment, unimported

if TYPE_CHECKING:
    from wsgen.views.typescript import TypeScriptPackage

__all__ = ["emit_typescript"]

FAKES = "fakes.ts"
"""The files of fake servers, in the runtime and in its shell."""

README = PurePosixPath("README.md")
RUNTIME = "runtime"
"""The folder of the runtime, in every package."""

_IMPORT = re.compile(r'^((?:import|export) (?:[^"]*?from )?"\.{1,2}/[^"]*)\.js";$', re.MULTILINE)
_DEFERRED = re.compile(r'(import\("\.{1,2}/[^"]*)\.js"\)')


def emit_typescript(package: TypeScriptPackage) -> dict[PurePosixPath, str]:
    """The texts of a package by their paths below its folder, sorted; the manifest is not among them."""
    pages = environment("typescript")
    views: list[tuple[str, str, object]] = [
        ("index.ts", "index", package.index),
        ("client.ts", "client", package.facade),
        ("protocol.ts", "protocol", package.protocol),
        ("models.ts", "models", package.models),
        ("errors.ts", "errors", package),
        *([] if package.readme is None else [("README.md", "readme", package.readme)]),
        *([] if package.servers is None else [("servers.ts", "servers", package.servers)]),
        *([] if package.fakes is None else [("fakes.ts", "fakes", package.fakes)]),
        *((f"{domain.module}.ts", "domain", domain) for domain in package.domains),
    ]
    texts = {
        PurePosixPath(path): pages.get_template(template).render(header=package.header, view=view)
        for path, template, view in views
    }
    if package.readme is not None:
        texts[README] = aligned(texts[README])
    for path, file in _runtime(unimported("wsgen_runtime") / "typescript", PurePosixPath(RUNTIME)):
        if package.fakes is not None or path.name != FAKES:
            texts[path] = _with_extension(file.read_text("utf-8"), package.extension)
    return dict(sorted(texts.items()))


def _runtime(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _runtime(each, path / each.name)
        elif each.name.endswith(".ts"):
            yield path / each.name, each


def _with_extension(text: str, extension: ImportExtension) -> str:
    """The text of a module of the runtime with other paths in its imports, which end with `.js` in the original."""
    if extension == ".js":
        return text
    end = "" if extension == "none" else extension
    text = _IMPORT.sub(lambda found: f'{found[1]}{end}";', text)
    return _DEFERRED.sub(lambda found: f'{found[1]}{end}")', text)
