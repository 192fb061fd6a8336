"""Is it AsyncAPI? Structure, against JSON Schemas written from the specification's text.

The schemas stand in `vocabulary`, `version_2` and `version_3`. `check` takes them one object at a time: where
a schema refers to the definition of another object, that object is put on a list instead of being descended
into, so depth costs no stack, each definition is checked once however often it is referred to, and an error
lands on its node.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from wsgen.document import Json
from wsgen.problems import Place, Problems, Stop
from wsgen.resolve import Node, Tree

from .dialect import Dialect, Finding
from .sentences import Violation, close_key, describe, kind_of
from .vocabulary import Moved

__all__ = ["check"]

_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(\.\S*)?")
_LAST_MINOR = {2: 6, 3: 1}
_MAX_OBJECTS = 200_000

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
    warning. The next stage is `upgrade.upgrade`; it and `build.build` cope with all that is found here.

    Raises:
        Stop: the document is not AsyncAPI, or of a version that is not known.
    """
    major = _major(tree, problems)
    dialect, moved = _dialect(major)
    waiting = deque([_Later(tree.root, "AsyncAPI")])
    seen: set[tuple[str, str]] = set()
    while waiting:
        here = waiting.popleft()
        if (here.kind, here.node.key) in seen:
            continue
        seen.add((here.kind, here.node.key))
        if len(seen) > _MAX_OBJECTS:
            message = f"the document has more than {_MAX_OBJECTS} objects; the rest is not checked"
            problems.error("WSG308", message, tree.root.place)
            return
        for found in _look(dialect, here):
            if isinstance(found, _Later):
                waiting.extend(_follow(found, problems))
            else:
                for problem in describe(found, moved):
                    problems.add(problem)


def _major(tree: Tree, problems: Problems) -> int:
    root = tree.root
    if not isinstance(root.value, dict):
        message = f"an AsyncAPI document is an object, but this is {kind_of(root.value)}"
        problems.error("WSG201", message, root.place)
        raise Stop
    version = root.member("asyncapi")
    if version is None:
        keys = ", ".join(f"`{key}`" for key in list(root.value)[:5]) or "nothing"
        close = close_key("asyncapi", root.value)
        help = f"did you mean `asyncapi` where it says `{close}`?" if close else "add `asyncapi: 3.0.0`"
        message = f"an AsyncAPI document has the field `asyncapi`, but this one has {keys}"
        problems.error("WSG201", message, Place(root.place.file), help)
        raise Stop
    match = _VERSION.fullmatch(tree.version.strip())
    major, minor = (int(match[1]), int(match[2])) if match else (0, 0)
    if major not in _LAST_MINOR:
        problems.error(
            "WSG202",
            f"AsyncAPI 2.0 to 2.6, 3.0 and 3.1 are known, but the document says {_shown(version.value)}",
            version.place,
            "convert the document to 3.0.0, or correct the field",
        )
        raise Stop
    if minor > _LAST_MINOR[major]:
        last = f"{major}.{_LAST_MINOR[major]}"
        message = f"AsyncAPI {tree.version} is not known; the document is read as {last}"
        problems.warning("WSG202", message, version.place)
    return major


def _shown(value: Json) -> str:
    return f'"{value[:40]}"' if isinstance(value, str) else kind_of(value)


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
