"""Run as a script by `verify`, in an interpreter of its own. It imports nothing of wsgen.

Usage: probe.py FOLDER PACKAGE...: each package is a folder in FOLDER; the answer is PACKAGE.json beside it.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import py_compile
import sys
import traceback

NEEDED = ("pydantic", "msgspec", "websockets")


def main(folder: pathlib.Path, *packages: str) -> None:
    """Write what is wrong with each package, as a list of objects."""
    sys.path.insert(0, str(folder))
    for package in packages:
        answer = folder / f"{package}.answer"
        answer.write_text(json.dumps(probed(folder / package)), "utf-8")
        answer.replace(folder / f"{package}.json")


def probed(package: pathlib.Path) -> list[dict[str, object]]:
    """What is wrong with a package: all that does not compile, or the first thing that fails."""
    modules = sorted(path for path in package.rglob("*.py"))
    return [found for module in modules for found in compiled(module, package)] or imported(modules, package)


def compiled(module: pathlib.Path, package: pathlib.Path) -> list[dict[str, object]]:
    """What keeps a module from being compiled. What is compiled is kept for the import."""
    try:
        py_compile.compile(str(module), doraise=True)
    except py_compile.PyCompileError as failed:
        error = failed.exc_value
        line = getattr(error, "lineno", None)
        return [finding("compile", module, package, line, error)]
    return []


def imported(modules: list[pathlib.Path], package: pathlib.Path) -> list[dict[str, object]]:
    """Import all; building the protocol builds the decoders of frames, the models are completed here."""
    for module in modules:
        parts = module.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            loaded = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and error.name.split(".")[0] in NEEDED:
                return [{"step": "missing", "error": error.name}]
            return [finding("import", module, package, None, error)]
        except Exception as error:
            return [finding("import", module, package, None, error)]
        for value in vars(loaded).values():
            own = isinstance(value, type) and value.__module__ == name
            rebuild = getattr(value, "model_rebuild", None) if own else None
            try:
                if callable(rebuild):
                    rebuild()
            except Exception as error:
                return [finding("decoder", module, package, None, error)]
    return []


def finding(
    step: str, module: pathlib.Path, package: pathlib.Path, line: int | None, error: BaseException
) -> dict[str, object]:
    """One thing that is wrong; its place is the innermost line of the package on the way to it."""
    for frame in traceback.extract_tb(error.__traceback__):
        path = pathlib.Path(frame.filename)
        if path.is_relative_to(package):
            module, line = path, frame.lineno
    first = (str(error).splitlines() or [""])[0]
    file = module.relative_to(package).as_posix()
    return {"step": step, "file": file, "line": line, "error": f"{type(error).__name__}: {first}"}


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
