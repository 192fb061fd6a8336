"""A Python package, as texts by path. Reads templates and the runtime's files; writes nothing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from wsgen.views import Package, import_lines

from .markdown import aligned
from .templates import environment, unimported

__all__ = ["emit", "runtime_files", "shared_files"]

CODECS = {"pydantic": "pydantic_codec.py", "msgspec": "msgspec_codec.py"}
"""The runtime's codec for each model library; a package gets its own alone."""

FAKES = "fakes.py"
"""The files of fake servers, in the runtime and in its shell."""

OWN_RUNTIME = "_runtime"
"""The package with the copy of the runtime, in a package that has its own."""


PICOWS = "picows_transport.py"
"""The transport that needs a library of its own, which type checkers would miss."""


def emit(package: Package, *, runtime: str | None = None, picows: bool = False) -> dict[PurePosixPath, str]:
    """The texts of a package by their paths below its folder, sorted; the manifest is not among them.

    `runtime` is the module that holds a shared runtime; None: the package gets a copy of its own, with the transport
    on picows where that is wanted.
    """
    own = runtime_files(package.library, fakes=package.fakes is not None, picows=picows) if runtime is None else ()
    texts = {PurePosixPath(path): text for path, text in (*_pages(package), *own)}
    if runtime is not None:
        texts = {path: _importing(text, runtime) if path.suffix == ".py" else text for path, text in texts.items()}
    return dict(sorted(texts.items()))


def _importing(text: str, runtime: str) -> str:
    """A module that imports from `runtime` what it would import from its package's own copy."""
    lines = text.split("\n")
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and _is_runtime(node.module or ""):
            below = (node.module or "").removeprefix(OWN_RUNTIME).removeprefix(".")
            module = runtime if not below else f"{runtime}{below}" if runtime.endswith(".") else f"{runtime}.{below}"
            names = [each.name if each.asname is None else f"{each.name} as {each.asname}" for each in node.names]
            lines[node.lineno - 1 : node.end_lineno] = import_lines(module, names).split("\n")
    return "\n".join(lines)


def _is_runtime(module: str) -> bool:
    return module == OWN_RUNTIME or module.startswith(f"{OWN_RUNTIME}.")


def shared_files(models: Collection[str], *, fakes: bool, picows: bool) -> dict[PurePosixPath, str]:
    """The files of a runtime that several packages share, by their paths below its folder, sorted."""
    own = runtime_files(*models, fakes=fakes, picows=picows)
    return dict(sorted((PurePosixPath(path).relative_to(OWN_RUNTIME), text) for path, text in own))


def _pages(package: Package) -> Iterator[tuple[str, str]]:
    pages_of = environment("python")
    runtime = unimported("wsgen_runtime")
    errors = _exports(runtime / "errors.py")
    offered = tuple(name for name in _exports(runtime / "__init__.py") if name not in {*errors, "connection"})
    pages: list[tuple[str, str, object]] = [
        ("__init__.py", "init", package.init),
        ("client.py", "client", package.facade),
        ("protocol.py", "protocol", package.protocol),
        ("models.py", "models", package.models),
        ("errors.py", "errors", _Aliases(package.errors_docstring, errors)),
        ("runtime.py", "runtime", _Aliases(package.runtime_docstring, offered)),
        *([] if package.readme is None else [("README.md", "readme", package.readme)]),
        *([] if package.servers is None else [("servers.py", "servers", package.servers)]),
        *([] if package.fakes is None else [("fakes.py", "fakes", package.fakes)]),
        *((f"{domain.module}.py", "domain", domain) for domain in package.domains),
    ]
    for path, template, view in pages:
        text = pages_of.get_template(template).render(header=package.header, view=view)
        yield path, aligned(text) if path == "README.md" else text
    yield "py.typed", ""


@dataclass(frozen=True, slots=True)
class _Aliases:
    """A module that passes on names of the runtime."""

    docstring: str
    names: tuple[str, ...]


def _exports(module: Traversable) -> tuple[str, ...]:
    """The `__all__` of a module, sorted."""
    for node in ast.parse(module.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return tuple(sorted(names))
    raise ValueError(f"{module.name} has no __all__")


def runtime_files(*models: str, fakes: bool = True, picows: bool = False) -> Iterator[tuple[str, str]]:
    """The runtime's own files, below `_runtime`; without the codecs of other model libraries."""
    others = {codec for library, codec in CODECS.items() if library not in models}
    if not fakes:
        others.add(FAKES)
    if not picows:
        others.add(PICOWS)
    for path, file in _modules(unimported("wsgen_runtime"), PurePosixPath(OWN_RUNTIME)):
        if path.name not in others:
            yield str(path), file.read_text("utf-8")


def _modules(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_file() and (entry.name.endswith(".py") or entry.name == "py.typed"):
            yield path / entry.name, entry
        elif entry.is_dir() and (entry / "__init__.py").is_file():
            yield from _modules(entry, path / entry.name)
