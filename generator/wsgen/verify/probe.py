"""Run as a script by `verify`, in an interpreter of its own. It imports nothing of wsgen.

Usage: probe.py FOLDER PACKAGE...: PACKAGE.files in FOLDER has the texts of a package, and the answer is PACKAGE.json
beside it. No module is written down: what was compiled is what is imported.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import json
import os
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

NEEDED = ("pydantic", "msgspec", "websockets")


def main(folder: str, *packages: str) -> None:
    """Write what is wrong with each package, as a list of objects."""
    gc.disable()  # classes stay until the end, and looking for garbage among them takes a quarter of the time
    for package in packages:
        with open(os.path.join(folder, f"{package}.files"), encoding="utf-8") as texts:
            modules = Modules(package, json.load(texts))
        answer = os.path.join(folder, f"{package}.answer")
        with open(answer, "w", encoding="utf-8") as file:
            json.dump(modules.probed(), file)
        os.replace(answer, os.path.join(folder, f"{package}.json"))


class Modules(importlib.abc.MetaPathFinder):
    """The modules of a package, and how they are imported."""

    def __init__(self, package: str, texts: dict[str, str]) -> None:
        self.package = package
        self.files = {self.name(file): file for file in sorted(texts)}
        self.texts = texts
        self.loaders: dict[str, Loader] = {}
        self.folders = {above for name in self.files for above in parents(name)}

    def name(self, file: str) -> str:
        parts = [self.package, *file.removesuffix(".py").split("/")]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        loader = self.loaders.get(name)
        if loader is None:  # a folder without `__init__.py` is a package, too
            return ModuleSpec(name, None, is_package=True) if name in self.folders else None
        spec = ModuleSpec(name, loader, origin=loader.place, is_package=loader.place.endswith("/__init__.py"))
        spec.has_location = True
        return spec

    def probed(self) -> list[dict[str, object]]:
        """What is wrong with the package: all that does not compile, or the first thing that fails."""
        found = [found for name in self.files for found in self.compiled(name)]
        if not found:
            sys.meta_path.insert(0, self)
            found = self.imported()
            sys.meta_path.remove(self)
        return found

    def compiled(self, name: str) -> list[dict[str, object]]:
        """What keeps a module from being compiled. It is compiled as a file would be: from bytes."""
        file = self.files[name]
        place = f"{self.package}/{file}"
        text = self.texts[file]
        try:
            self.loaders[name] = Loader(place, text, compile(text.encode(), place, "exec", dont_inherit=True))
        except Exception as error:
            return [self.finding("compile", name, getattr(error, "lineno", None), error)]
        return []

    def imported(self) -> list[dict[str, object]]:
        """Import all; building the protocol builds the decoders of frames, the models are completed here."""
        for name in self.files:
            try:
                loaded = importlib.import_module(name)
            except ModuleNotFoundError as error:
                if error.name and error.name.split(".")[0] in NEEDED:
                    return [{"step": "missing", "error": error.name}]
                return [self.finding("import", name, None, error)]
            except Exception as error:
                return [self.finding("import", name, None, error)]
            for value in vars(loaded).values():
                own = isinstance(value, type) and value.__module__ == name
                rebuild = getattr(value, "model_rebuild", None) if own else None
                try:
                    if callable(rebuild):
                        rebuild()
                except Exception as error:
                    return [self.finding("decoder", name, None, error)]
        return []

    def finding(self, step: str, name: str, line: int | None, error: BaseException) -> dict[str, object]:
        """One thing that is wrong; its place is the innermost line of the package on the way to it."""
        file, before = self.files[name], f"{self.package}/"
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.removeprefix(before) in self.texts:
                file, line = frame.filename.removeprefix(before), frame.lineno
        first = (str(error).splitlines() or [""])[0]
        return {"step": step, "file": file, "line": line, "error": f"{type(error).__name__}: {first}"}


def parents(name: str) -> Iterator[str]:
    """The packages that a module stands in."""
    while name := name.rpartition(".")[0]:
        yield name


class Loader(importlib.abc.Loader):
    """Runs a module that is compiled."""

    def __init__(self, place: str, text: str, code: CodeType) -> None:
        self.place = place
        self.text = text
        self.code = code

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, vars(module))

    def get_source(self, name: str) -> str:
        return self.text


if __name__ == "__main__":
    main(*sys.argv[1:])
