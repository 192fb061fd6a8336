"""The names of one generated module: what it imports, and under which name.

The document's names are never changed for ours. A name of the runtime, of the standard library or of Python
itself that a class or a method of the document has taken is used under another one: `Subscription` is imported
as `_Subscription`, `list` becomes `builtins.list`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache

from wsgen.landing.python import BUILTINS
from wsgen.payloads import TypeExpression

from .layout import import_lines

__all__ = ["Scope", "import_order"]


class Scope:
    """Collects what a module uses, so that it imports that and no more.

    Args:
        taken: names in the module that the document gave, or that were made from its names.
        methods: names in the bodies of its classes; they hide builtins in the annotations there.
        module: its own name, of which nothing is imported.
    """

    def __init__(self, taken: Iterable[str], methods: Iterable[str] = (), *, module: str = "") -> None:
        self._module = module
        self._taken = frozenset(taken)
        self._hidden = self._taken | frozenset(methods)
        self._imports: dict[str, dict[str, str]] = {}

    def use(self, module: str, name: str) -> str:
        """The local name of something that is not the document's."""
        local = name
        while local in self._taken:
            local = f"_{local}"
        self._imports.setdefault(module, {})[name] = local
        return local

    def model(self, name: str) -> str:
        """A name of the document, which is imported as it is."""
        self._imports.setdefault(".models", {})[name] = name
        return name

    def sibling(self, module: str, name: str) -> str:
        """A name of this package, settled by naming."""
        if module != self._module or not module:
            self._imports.setdefault(f".{module}", {})[name] = name
        return name

    def builtin(self, name: str) -> str:
        """`float`, or `builtins.float` where a class or a method is called so."""
        if name not in self._hidden:
            return name
        self._imports.setdefault("", {})["builtins"] = "builtins"
        return f"builtins.{name}"

    def type(self, expression: TypeExpression) -> str:
        """A type, in the names of this module."""
        text = expression.text
        others = {name: self.use("typing", name) for name in expression.typing}
        others.update({name: self.use("._runtime", offered) for name, offered in expression.runtime})
        for name in expression.models:
            self.model(name)
        for name in expression.protocol:
            self.sibling("protocol", name)
        used = {name for name, _, _ in _names(text)}
        others.update({name: self.builtin(name) for name in sorted(used & BUILTINS)})
        return _renamed(text, {name: local for name, local in others.items() if name != local})

    def imports(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The import statements: of the standard library, and of this package."""
        standard = [f"import {module}" for module in sorted(self._imports.get("", {}))]
        package: list[str] = []
        for module, names in sorted(self._imports.items()):
            if module:
                listed = [
                    name if name == local else f"{name} as {local}"
                    for name, local in sorted(names.items(), key=lambda item: import_order(item[0]))
                ]
                (package if module.startswith(".") else standard).append(import_lines(module, listed))
        return tuple(standard), tuple(package)


def import_order(name: str) -> tuple[int, str]:
    """Constants, classes, functions; that is how import sorters do it."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


@lru_cache(maxsize=16_384)
def _names(text: str) -> tuple[tuple[str, int, int], ...]:
    """The names in an expression, last ones first, with the bytes of UTF-8 between which they stand."""
    nodes = [node for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Name)]
    found = [(node.id, node.col_offset, node.end_col_offset or node.col_offset) for node in nodes]
    return tuple(sorted(found, key=lambda name: name[1], reverse=True))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """The expression with other names; its strings stay."""
    if not names:
        return text
    code = text.encode()
    for name, start, end in _names(text):
        if name in names:
            code = code[:start] + names[name].encode() + code[end:]
    return code.decode()
