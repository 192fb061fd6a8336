"""The names of one generated module: what it imports, and under which name.

The document's names are kept, but where one would hide what the language itself needs in the module (`Promise`): then
it is imported under another one. A name of the runtime that the document has taken is imported under another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wsgen.config import ImportExtension
from wsgen.landing.typescript import GLOBALS
from wsgen.payloads import PayloadTypes
from wsgen.payloads.forms import Type

from .expressions import expression
from .layout import Doc, import_lines, lay

__all__ = ["OPERATIONS", "RUNTIME", "Part", "Scope", "path_of"]

RUNTIME = "runtime/index"
OPERATIONS = "runtime/operations"


@dataclass(frozen=True, slots=True)
class Part:
    """What a message carries.

    Attributes:
        type: of a JSON payload; None where there is none, or the frame is no JSON.
        raw: the type of a frame that is no JSON.
        optional: whether the payload may be absent.
        named: what the protocol calls the type.
    """

    type: Type | None = None
    raw: str = ""
    optional: bool = False
    named: str = ""

    @property
    def nothing(self) -> bool:
        return self.type is None and not self.raw


def path_of(module: str, extension: ImportExtension) -> str:
    """The path of an import of a module of the package."""
    return f"./{module}{'' if extension == 'none' else extension}"


class Scope:
    """Collects what a module uses, so that it imports that and no more.

    Args:
        taken: names in the module that the document gave, or that were made from its names.
        types: the payload types.
    """

    def __init__(self, taken: Iterable[str], types: PayloadTypes, extension: ImportExtension) -> None:
        self._taken = set(taken)
        self._types = types
        self._extension: ImportExtension = extension
        self._imports: dict[str, dict[str, tuple[str, bool]]] = {}

    def type(self, module: str, name: str) -> str:
        """The local name of a type of the runtime."""
        return self._use(module, name, type=True)

    def value(self, module: str, name: str) -> str:
        """The local name of a class or a function of the runtime."""
        return self._use(module, name, type=False)

    def sibling(self, module: str, name: str, *, type: bool = False) -> str:
        """A name of this package, settled by naming."""
        known = self._imports.setdefault(module, {}).get(name, (name, True))
        self._imports[module][name] = (name, known[1] and type)
        return name

    def shared(self, module: str, name: str) -> str:
        """The local name of something of this package that other modules have under the same name, too."""
        found = self._imports.setdefault(module, {})
        if name not in found:
            elsewhere = name in self._taken or any(
                local == name for names in self._imports.values() for local, _ in names.values()
            )
            lead = module.replace("-", "_").upper()
            found[name] = (self._free(f"{lead}_{name}", f"{lead}__{name}") if elsewhere else name, False)
        return found[name][0]

    def _use(self, module: str, name: str, *, type: bool) -> str:
        found = self._imports.setdefault(module, {})
        local, only_type = found.get(name, (self._free(name, f"Runtime{name[0].upper()}{name[1:]}"), True))
        found[name] = (local, only_type and type)
        return local

    def _free(self, name: str, other: str) -> str:
        if name in self._taken:
            name = other
        while name in self._taken:
            name += "_"
        return name

    def model(self, name: str) -> str:
        """The local name of a payload type."""
        found = self._imports.setdefault("models", {})
        if name not in found:
            local = name
            if name in GLOBALS:
                local = self._free(f"{name}Model", f"{name}Payload")
                self._taken.add(local)
            found[name] = (local, True)
        return found[name][0]

    def part(self, part: Part, *, argument: bool = False, nothing: str = "undefined") -> Doc:
        """The type of what a message carries, in the names of this module."""
        if part.nothing:
            return nothing
        if part.raw:
            return part.raw
        if part.named:
            return self.sibling("protocol", part.named, type=True)
        assert part.type is not None
        return expression(part.type, self._named, argument=argument, optional=part.optional)

    def shown(self, part: Part) -> str:
        """The same in one line, for a comment: nothing is imported for it."""
        if part.type is None or part.named:
            return part.named or part.raw
        return " ".join(lay(expression(part.type, lambda id: self._types.definitions[id].name)).split())

    def _named(self, id: str) -> str:
        return self.model(self._types.definitions[id].name)

    def imports(self) -> tuple[str, ...]:
        """The import statements, the runtime's first."""
        return tuple(
            self._statement(module, names)
            for module, names in sorted(
                self._imports.items(), key=lambda item: (not item[0].startswith("runtime"), item)
            )
            if names
        )

    def _statement(self, module: str, names: dict[str, tuple[str, bool]]) -> str:
        only_types = all(type for _, type in names.values())
        listed = [
            f"{'type ' if type and not only_types else ''}{name}{'' if local == name else f' as {local}'}"
            for name, (local, type) in sorted(names.items(), key=lambda item: (item[0].lower(), item[0]))
        ]
        return import_lines(path_of(module, self._extension), listed, types=only_types)
