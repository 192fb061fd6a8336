"""The text of `models.py`: its imports, and its definitions, each after what it needs at import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wsgen.landing.python import WIDTH, literal

from .forms import Alias, Definition, ObjectType, uses
from .settle import parts

__all__ = ["Imports", "module", "order", "unfinished"]


class Imports:
    """The names that a module imports. One that the module defines itself is imported under another name."""

    _ALIASES: Mapping[tuple[str, str], str] = {("datetime", ""): "dt"}

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = frozenset(taken)
        self._used: dict[tuple[str, str], str] = {}

    def __call__(self, module: str, name: str) -> str:
        """What a name of a module is called here; it is imported from now on."""
        local = self._ALIASES.get((module, name), name)
        while local in self._taken:
            local = f"_{local}"
        self._used[module, name] = local
        return local

    def names(self, module: str) -> tuple[str, ...]:
        """The names of a module that are imported, sorted."""
        return tuple(sorted(name for name, _ in self._from(module)))

    def text(self) -> str:
        """The import statements, in the order that isort gives them."""
        modules = sorted({module for module, _ in self._used}, key=lambda module: (bool(self._from(module)), module))
        library = [each for each in modules if each in ("pydantic", "msgspec")]
        own = [each for each in modules if each.startswith(".")]
        standard = [each for each in modules if each not in (*library, *own)]
        groups = [map(self._statement, group) for group in (standard, library, own) if group]
        return "\n\n".join("\n".join(group) for group in groups)

    def _from(self, module: str) -> list[tuple[str, str]]:
        return [(name, local) for (each, name), local in self._used.items() if each == module and name]

    def _statement(self, module: str) -> str:
        names = self._from(module)
        if not names:
            return f"import {module} as {self._used[module, '']}"
        # Constants, classes, functions: isort's order.
        ordered = sorted(names, key=lambda pair: (not pair[0].isupper(), pair[0]))
        words = [name if name == local else f"{name} as {local}" for name, local in ordered]
        line = f"from {module} import {', '.join(words)}"
        if len(line) <= WIDTH:
            return line
        return f"from {module} import (\n" + "".join(f"    {word},\n" for word in words) + ")"


def order(definitions: Mapping[str, Definition]) -> list[Definition]:
    """Classes after the classes that they use, as far as circles allow; aliases after all that they use."""
    needs = {id: _needed(each, definitions) for id, each in definitions.items()}
    classes: dict[str, None] = {}
    for id, each in definitions.items():
        if isinstance(each, ObjectType):
            _visit(id, needs, classes)
    aliases = [each for each in definitions.values() if isinstance(each, Alias)]
    placed: dict[str, Definition] = {}
    for id in ("", *classes):
        placed |= {id: definitions[id]} if id else {}
        for each in aliases:
            if each.id not in placed and needs[each.id] <= placed.keys():
                _place_alias(each, definitions, placed)
    return list(placed.values())


def _needed(each: Definition, definitions: Mapping[str, Definition]) -> frozenset[str]:
    """The classes that a definition uses; through aliases too, which are only names for them."""
    found: set[str] = set()
    for id in (id for type in parts(each) for id in uses(type)):
        used = definitions[id]
        found |= _needed(used, definitions) if isinstance(used, Alias) else {id}
    return frozenset(found)


def _place_alias(each: Alias, definitions: Mapping[str, Definition], placed: dict[str, Definition]) -> None:
    for id in uses(each.type):
        used = definitions[id]
        if isinstance(used, Alias) and id not in placed:
            _place_alias(used, definitions, placed)
    placed[each.id] = each


def _visit(start: str, needs: Mapping[str, frozenset[str]], done: dict[str, None]) -> None:
    """Depth first, without recursion: chains of classes can be long."""
    entered: set[str] = set()
    stack = [start]
    while stack:
        id = stack[-1]
        if id in done or id in entered:
            stack.pop()
            done.setdefault(id)
            continue
        entered.add(id)
        stack += sorted((each for each in needs[id] if each not in done and each not in entered), key=_number)[::-1]


def _number(id: str) -> int:
    return int(id[1:])


def unfinished(ordered: Sequence[Definition], definitions: Mapping[str, Definition]) -> list[str]:
    """The classes that pydantic cannot build where they stand: they use what comes later, directly or not."""
    position = {each.id: index for index, each in enumerate(ordered)}
    waiting: set[str] = set()
    for each in ordered:
        if isinstance(each, Alias):
            continue
        direct = {id for type in parts(each) for id in uses(type)} | _needed(each, definitions)
        if any(position[id] > position[each.id] or id in waiting for id in direct):
            waiting.add(each.id)
    return [each.name for each in ordered if each.id in waiting]


def module(
    definitions: Sequence[tuple[Definition, str]], public: Sequence[str], last: Sequence[str], imports: Imports
) -> str:
    """The module, from its definitions in order and the text of each; `last` are its last lines."""
    listed = "".join(f"    {literal(name)},\n" for name in public)
    text = "from __future__ import annotations\n\n"
    imported = imports.text()
    text += f"{imported}\n\n" if imported else ""
    text += f"__all__ = [\n{listed}]" if public else "__all__: list[str] = []"
    after_class = False
    for each, block in definitions:
        is_class = isinstance(each, ObjectType)
        text += ("\n\n\n" if is_class or after_class else "\n\n") + block
        after_class = is_class
    if last:
        text += "\n\n\n" + "\n".join(last)
    return text + "\n"
