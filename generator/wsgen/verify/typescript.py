"""What can be said of a package of TypeScript without a compiler: its tokens, and its imports.

Nothing here knows types: `tsc` does, in the tests of wsgen over every document that it has, and in the application.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["Fault", "faults", "is_typescript"]

_PAIRS = {")": "(", "]": "[", "}": "{"}
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<bracket>[()\[\]{}])"""
    r"""|(?P<stray>["'`]|/\*)""",
    re.DOTALL,
)
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_LISTED = re.compile(r'^(import|export) (?:type )?\{([^}]*)\} from "([^"]+)";', re.MULTILINE)
_ALL = re.compile(r'^export \*(?: as ([\w$]+))? from "([^"]+)";', re.MULTILINE)
_BARE = re.compile(r"^export (?:type )?\{([^}]*)\};", re.MULTILINE)
_DECLARED = re.compile(
    r"^export (?:declare )?(?:abstract )?(?:async )?(?:class|interface|type|const|let|function\*?) ([\w$]+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: "compile" or "import", as steps of a verification."""

    step: str
    file: PurePosixPath
    line: int
    error: str


def is_typescript(files: Mapping[PurePosixPath, str]) -> bool:
    return PurePosixPath("index.ts") in files


def faults(files: Mapping[PurePosixPath, str]) -> list[Fault]:
    """All faults of a package. The runtime's own files are taken as they are."""
    modules = {path: text for path, text in files.items() if path.suffix == ".ts"}
    found: list[Fault] = []
    for path, text in modules.items():
        if path.parts[0] != "runtime":
            found += _tokens(path, text)
            found += _imports(path, text, modules)
    return found


def _tokens(path: PurePosixPath, text: str) -> Iterator[Fault]:
    def fault(position: int, error: str) -> Fault:
        return Fault("compile", path, text.count("\n", 0, position) + 1, error)

    for unseen in _UNSEEN.finditer(text):
        yield fault(unseen.start(), f"the character U+{ord(unseen[0]):04X} stands in it")
    open: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(text):
        bracket = token["bracket"]
        if token["stray"]:
            yield fault(token.start(), f"{token['stray']} is never closed")
            return
        if bracket in _PAIRS.values():
            open.append((bracket, token.start()))
        elif bracket and (not open or open.pop()[0] != _PAIRS[bracket]):
            yield fault(token.start(), f"{bracket} closes nothing")
            return
    if open:
        yield fault(open[-1][1], f"{open[-1][0]} is never closed")


def _imports(path: PurePosixPath, text: str, modules: Mapping[PurePosixPath, str]) -> Iterator[Fault]:
    for found in (*_LISTED.finditer(text), *_ALL.finditer(text)):
        line = text.count("\n", 0, found.start()) + 1
        other = _resolved(path, found.groups()[-1], modules)
        if other is None:
            yield Fault("import", path, line, f'there is no module "{found.groups()[-1]}"')
        elif found.re is _LISTED:
            missing = _names(found[2], after=False) - _exports(other, modules, frozenset())
            for name in sorted(missing):
                yield Fault("import", path, line, f"{other} exports no {name}")


def _names(listed: str, *, after: bool) -> frozenset[str]:
    """The names in braces: as they are there, or `after` an `as`."""
    pairs = [part.strip().removeprefix("type ").split(" as ") for part in listed.split(",") if part.strip()]
    return frozenset(pair[-1 if after else 0].strip() for pair in pairs)


def _resolved(path: PurePosixPath, module: str, modules: Mapping[PurePosixPath, str]) -> PurePosixPath | None:
    bare = posixpath.normpath(path.parent / re.sub(r"\.[jt]s$", "", module))
    other = PurePosixPath(f"{bare}.ts")
    return other if module.startswith(".") and other in modules else None


def _exports(path: PurePosixPath, modules: Mapping[PurePosixPath, str], seen: frozenset[object]) -> frozenset[str]:
    text = modules[path]
    names = frozenset(_DECLARED.findall(text))
    for kind, listed, _ in _LISTED.findall(text):
        names |= _names(listed, after=True) if kind == "export" else frozenset()
    for listed in _BARE.findall(text):
        names |= _names(listed, after=True)
    for alias, module in _ALL.findall(text):
        other = _resolved(path, module, modules)
        if alias:
            names |= {alias}
        elif other is not None and other not in seen:
            names |= _exports(other, modules, seen | {path})
    return names
