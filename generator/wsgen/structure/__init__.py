"""Is it AsyncAPI? Structure, against JSON Schemas written from the specification's text.

The schemas stand in `vocabulary`, `version_2` and `version_3`. `check` takes them one object at a time: where
a schema refers to the definition of another object, that object is put on a list instead of being descended
into, so depth costs no stack, each definition is checked once however often it is referred to, and an error
lands on its node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from wsgen.problems import Problems
from wsgen.resolve import Node, Tree

from .dialect import Dialect, Finding
from .sentences import Violation, describe, kind_of
from .versions import major_of, require_major
from .vocabulary import Moved

__all__ = ["check", "major_of"]

_MAX_OBJECTS = 200_000
_HOPELESS = frozenset({"WSG308"})
"""What is an error wherever it stands."""

_ANNOTATIONS = frozenset({
    "$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated", "description", "example",
    "examples", "externalDocs", "readOnly", "summary", "tags", "title", "writeOnly", "xml",
})  # fmt: skip
"""What may stand beside `$ref` without a word: it does not change what the reference means."""


@dataclass(frozen=True, slots=True)
class _Later:
    """An object that is to be checked against a definition; `target` is what a reference has to lead to."""

    node: Node
    kind: str
    target: str | None = None


def check(tree: Tree, problems: Problems) -> None:
    """Report to `problems` where a document breaks the structure of its version of AsyncAPI.

    References are followed, so what is wrong with them is reported too. What the client can do without is a
    warning; so is all that stands in components which nothing outside of them refers to. The next stage is
    `upgrade.upgrade`; it and `build.build` cope with all that is found here.

    Raises:
        Stop: the document is not AsyncAPI, or of a version that is not known.
    """
    major = require_major(tree, problems)
    walk = _Walk(tree, *_dialect(major))
    components = walk.take([_Later(tree.root, "AsyncAPI")], problems, until="Components")
    unused = Problems()
    with tree.reporting(unused):
        walk.take(components, unused)
    told = {(problem.code, problem.place, problem.message) for problem in problems}
    for problem in unused:
        if (problem.code, problem.place, problem.message) in told:
            continue
        problems.add(replace(problem, level="warning") if problem.code not in _HOPELESS else problem)


@dataclass(slots=True)
class _Walk:
    """Through the objects of a document, each once."""

    tree: Tree
    dialect: Dialect
    moved: Mapping[tuple[str, str], Moved]
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def take(self, start: list[_Later], problems: Problems, until: str = "") -> list[_Later]:
        """Check `start` and all below it. The objects of the kind `until` are not looked into: they are the answer."""
        waiting, left = deque(start), list[_Later]()
        while waiting:
            here = waiting.popleft()
            if here.kind == until:
                left.append(here)
                continue
            identity = here.kind, here.node.key
            if identity in self.seen:
                continue
            self.seen.add(identity)
            if len(self.seen) > _MAX_OBJECTS:
                message = f"the document has more than {_MAX_OBJECTS} objects; the rest is not checked"
                problems.error("WSG308", message, self.tree.root.place, "make a document for each part of it")
                return left
            for found in _look(self.dialect, here):
                if isinstance(found, _Later):
                    waiting.extend(_follow(found, problems))
                else:
                    for problem in describe(found, self.moved):
                        problems.add(problem)
        return left


@cache
def _dialect(major: int) -> tuple[Dialect, Mapping[tuple[str, str], Moved]]:
    """The definitions of a major version, and hints for fields of the other."""
    if major == 2:
        from . import version_2

        return Dialect(version_2.DEFINITIONS), version_2.MOVED
    from . import version_3

    return Dialect(version_3.DEFINITIONS), version_3.MOVED


def _look(dialect: Dialect, here: _Later) -> Iterator[_Later | Violation]:
    """What one object violates, and the objects below it."""
    if here.kind == "Reference":
        return
    for finding in dialect.look(here.kind, here.node.value):
        node = _descend(here.node, finding.path)
        match finding:
            case Finding(keyword="later", expected=[str(kind), target]):
                yield _Later(node, kind, target if isinstance(target, str) else None)
            case _:
                yield Violation(finding.keyword, finding.expected, finding.schema, node)


def _descend(node: Node, path: tuple[str | int, ...]) -> Node:
    for step in path:
        below = node.step(str(step))
        assert below is not None
        node = below
    return node


def _follow(found: _Later, problems: Problems) -> Iterator[_Later]:
    """The object itself; for a reference, what it leads to."""
    if found.target is None:
        yield found
        return
    node = found.node
    if not isinstance(node.value, dict):
        return
    reference = node.value.get("$ref")
    if not isinstance(reference, str):
        problems.error(
            "WSG303",
            f"`$ref` must be a string, but it is {kind_of(reference)}",
            node.place_of("$ref"),
            "write it as '#/components/schemas/Name'",
        )
        return
    target = node.follow()
    if target is not None:
        _check_siblings(node, target, problems)
        yield _Later(target, found.target)


def _check_siblings(node: Node, target: Node, problems: Problems) -> None:
    """Warn of what stands beside `$ref` and would mean something if it counted."""
    for key, member in node.members():
        if key == "$ref" or key in _ANNOTATIONS or key.startswith("x-"):
            continue
        same = target.member(key)
        if same is not None and same.value == member.value:
            continue
        if key == "nullable":
            message = "`nullable` beside `$ref` is not in the specification; it is taken as it is meant"
            help = "use `anyOf: [{$ref: …}, {type: 'null'}]`"
        else:
            message = f"`{key}` stands beside `$ref` and is ignored"
            help = f"use `allOf: [{{$ref: …}}, {{{key}: …}}]`, or change the definition"
        problems.warning("WSG306", message, node.place_of(key), help, ((target.place, "the definition"),))
