"""References: a document, and the files beside it, as one tree of nodes.

A `Node` is a value with its identity (file and pointer) and its place. `$ref` is followed when somebody asks,
never inlined, so recursion through properties costs nothing and two uses of one definition stay recognisable.
Nodes can also be *made* (by `upgrade`, and where traits are merged): they have parts of their own choice and
the identity of what they were made from.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from .document import Document, Json, child_pointer
from .problems import Place, Problems

__all__ = [
    "Node",
    "Read",
    "Tree",
    "made",
    "made_list",
    "made_value",
    "merged",
    "referenced_keys",
    "resolve",
]

Read: TypeAlias = Callable[[str, Place], Document | None]
"""From a path relative to the document's folder, and the place of the reference, to the document there.

Where the answer is None, the reader has reported why."""

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")
_MAX_CHAIN = 50
_MAX_SUGGESTIONS = 100
_MAX_CANDIDATES = 2_000
_MAX_REFERENCES = 200_000


@dataclass(slots=True, eq=False)
class _Files:
    """The documents of a run, by their path relative to the folder of the first ("")."""

    documents: dict[str, Document]
    read: Read
    base: str
    problems: Problems
    followed: dict[str, Node | None] = field(default_factory=dict[str, "Node | None"])
    following: list[str] = field(default_factory=list[str])
    missing: set[str] = field(default_factory=set[str])

    def open(self, path: str, place: Place) -> Document | None:
        if path not in self.documents:
            document = self.read(path, place)
            if document is None:
                return None
            self.documents[path] = document
        return self.documents[path]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value in a document.

    Attributes:
        file: the file's path relative to the folder of the root document, which itself is "".
        pointer: the JSON pointer inside the file.
        value: the JSON value, references and all.
        parts: of a made node its members or elements, which have the values in `value`.
    """

    files: _Files = field(repr=False)
    file: str
    pointer: str
    value: Json = field(repr=False)
    parts: Mapping[str, Node] | tuple[Node, ...] | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """The identity, as "#/components/schemas/Bar" or "bars.yaml#/Bar"."""
        return f"{self.file}#{self.pointer}"

    @property
    def token(self) -> str:
        """The last token of the pointer, as it is in the document."""
        return self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")

    @property
    def place(self) -> Place:
        return self.files.documents[self.file].place(self.pointer)

    def place_of(self, key: str) -> Place:
        """Where the key of a member stands."""
        member = self.member(key)
        if member is None:
            return self.place
        return self.files.documents[member.file].place(member.pointer, key=True)

    @property
    def is_reference(self) -> bool:
        return self.parts is None and isinstance(self.value, dict) and isinstance(self.value.get("$ref"), str)

    def member(self, key: str) -> Node | None:
        """The member of an object, as it stands there: it may be a reference, or null."""
        if self.parts is not None:
            return self.parts.get(key) if isinstance(self.parts, Mapping) else None
        if isinstance(self.value, dict) and key in self.value:
            return Node(self.files, self.file, child_pointer(self.pointer, key), self.value[key])
        return None

    def step(self, token: str) -> Node | None:
        """The member or element that one token of a JSON pointer leads to, as it stands there."""
        if isinstance(self.value, list):
            if not (token.isascii() and token.isdigit() and len(token) < 8 and int(token) < len(self.value)):
                return None
            if isinstance(self.parts, tuple):
                return self.parts[int(token)]
            pointer = child_pointer(self.pointer, int(token))
            return Node(self.files, self.file, pointer, self.value[int(token)])
        return self.member(token)

    def get(self, key: str) -> Node | None:
        """The member of an object with references followed; None where it is absent, null or nowhere."""
        member = self.member(key)
        if member is None or member.value is None:
            return None
        return member.follow()

    def members(self) -> Iterator[tuple[str, Node]]:
        """Keys and members of an object, in order; nothing for other values."""
        if isinstance(self.parts, Mapping):
            yield from self.parts.items()
        elif self.parts is None and isinstance(self.value, dict):
            for key, value in self.value.items():
                yield key, Node(self.files, self.file, child_pointer(self.pointer, key), value)

    def elements(self) -> Iterator[Node]:
        """The elements of a list; nothing for other values."""
        if isinstance(self.parts, tuple):
            yield from self.parts
        elif self.parts is None and isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Node(self.files, self.file, child_pointer(self.pointer, index), value)

    def text(self, key: str) -> str:
        """A member as text: a string, or a number or boolean as YAML would write it; else empty."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """Whether a member is `true`."""
        return isinstance(self.value, dict) and self.value.get(key) is True

    def extensions(self) -> dict[str, Json]:
        """The members whose keys begin with `x-`, as they stand in the document."""
        members = self.value.items() if isinstance(self.value, dict) else ()
        return {key: value for key, value in members if key.startswith("x-")}

    def first_target(self) -> Node | None:
        """Where one reference leads: one step of `follow`. The node itself where it is no reference."""
        return _target(self) if self.is_reference else self

    def follow(self) -> Node | None:
        """What a chain of references leads to; the node itself where it is no reference.

        None where the chain leads nowhere; the problem is then reported, once.
        """
        if not self.is_reference:
            return self
        followed = self.files.followed
        if self.key not in followed:
            if len(followed) >= _MAX_REFERENCES:
                message = f"the document has more than the limit of {_MAX_REFERENCES} references"
                place = self.files.documents[""].place()
                self.files.problems.error("WSG308", message, place, "make a document for each part of it")
                return None
            followed[self.key] = _follow(self)
        return followed[self.key]


@dataclass(frozen=True, slots=True)
class Tree:
    """A document with its references."""

    root: Node

    @property
    def version(self) -> str:
        """The field `asyncapi`, or empty."""
        return self.root.text("asyncapi")

    @contextmanager
    def reporting(self, problems: Problems) -> Generator[None, None, None]:
        """A while in which problems of references go to `problems`."""
        files = self.root.files
        before, files.problems = files.problems, problems
        try:
            yield
        finally:
            files.problems = before

    @property
    def documents(self) -> Mapping[str, Document]:
        """Every document that was read so far, by its path relative to the root document's folder."""
        return self.root.files.documents


def resolve(document: Document, read: Read, problems: Problems) -> Tree:
    """The tree of a document. References are followed on demand and reported to `problems` when they fail.

    `read` is `document.reader(…)`, or any function that has the files. The next stage is `structure.check`.
    """
    return Tree(Node(_Files({"": document}, read, document.base, problems), "", "", document.root))


def referenced_keys(tree: Tree) -> frozenset[str]:
    """The keys of all that the documents read so far refer to, whether it exists or not."""
    keys: set[str] = set()
    for file, document in tree.documents.items():
        waiting: list[Json] = [document.root]
        seen: set[int] = set()
        while waiting:
            value = waiting.pop()
            if not isinstance(value, (dict, list)) or id(value) in seen:
                continue
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)
            reference = value.get("$ref") if isinstance(value, dict) else None
            if isinstance(reference, str) and not _REMOTE.match(reference):
                path, _, fragment = reference.partition("#")
                target = _file_of(Node(tree.root.files, file, "", None), path)
                if target is not None:
                    keys.add(f"{target}#{unquote(fragment)}")
    return frozenset(keys)


def made(origin: Node, parts: Mapping[str, Node]) -> Node:
    """An object with the members `parts` and the identity and place of `origin`."""
    value: dict[str, Json] = {key: part.value for key, part in parts.items()}
    return Node(origin.files, origin.file, origin.pointer, value, parts)


def made_list(origin: Node, parts: tuple[Node, ...]) -> Node:
    """A list with the elements `parts` and the identity and place of `origin`."""
    return Node(origin.files, origin.file, origin.pointer, [part.value for part in parts], parts)


def made_value(origin: Node, value: str | bool | None) -> Node:
    """A scalar that is not in the document itself, at the place of `origin`."""
    return Node(origin.files, origin.file, origin.pointer, value)


def merged(base: Node, over: Node, origin: Node) -> Node:
    """`base` with the JSON merge patch `over` (RFC 7396), with the identity of `origin`."""
    parts = dict(base.members())
    for key, node in over.members():
        below = parts.get(key)
        if node.value is None:
            parts.pop(key, None)
        elif below is not None and _mergeable(below) and _mergeable(node):
            parts[key] = merged(below, node, node)
        else:
            parts[key] = node
    return made(origin, parts)


def _mergeable(node: Node) -> bool:
    return isinstance(node.value, dict) and not node.is_reference


def _follow(start: Node) -> Node | None:
    files, node = start.files, start
    chain: list[Node] = []
    try:
        while node.is_reference:
            if node.key in files.following:
                _report_cycle(start, files.following[files.following.index(node.key) :])
                return None
            if len(files.following) >= _MAX_CHAIN:
                message = f"a chain of references is longer than the limit of {_MAX_CHAIN}"
                files.problems.error("WSG308", message, start.place, "refer to what stands at the end of the chain")
                return None
            files.following.append(node.key)
            chain.append(node)
            target = _target(node)
            if target is None:
                return None
            node = target
        return node
    finally:
        del files.following[len(files.following) - len(chain) :]


def _report_cycle(start: Node, keys: list[str]) -> None:
    """At the least of its members, so that a cycle is reported once however it is entered."""
    first = min(keys)
    at = keys.index(first)
    path = [*keys[at:], *keys[:at], first]
    file, _, pointer = first.partition("#")
    start.files.problems.error(
        "WSG302",
        "references refer to each other without reaching a value: " + " → ".join(f"`{key}`" for key in path),
        start.files.documents[file].place(pointer),
        "let one of them be the definition",
    )


def _target(node: Node) -> Node | None:
    """Where the reference `node` leads, one step."""
    assert isinstance(node.value, dict)
    reference = node.value["$ref"]
    assert isinstance(reference, str)
    problems = node.files.problems
    path, _, fragment = reference.partition("#")
    path = _of_own_origin(path, node.files.base)
    if _REMOTE.match(path):
        problems.error(
            "WSG304",
            f"the reference `{_cut(reference)}` leads to the network, and nothing is fetched",
            _place(node),
            "save the file beside the document and refer to it by a relative path",
        )
        return None
    file = _file_of(node, path)
    if file is None:
        problems.error(
            "WSG305",
            f"the reference `{_cut(reference)}` is no relative path",
            _place(node),
            "move the file into the folder of the document, and refer to it by a relative path",
        )
        return None
    document = node.files.open(file, _place(node))
    if document is None:
        return None
    root = Node(node.files, file, "", document.root)
    if fragment and not fragment.startswith("/"):
        problems.error(
            "WSG301",
            f"`#{_cut(fragment)}` is not a JSON pointer, which would begin with `#/`",
            _place(node),
            _elsewhere(root, fragment),
        )
        return None
    found = _walk(node, root, unquote(fragment), quiet="%" in fragment)
    if found is None and "%" in fragment:
        found = _walk(node, root, fragment, quiet=False)
    return found


def _of_own_origin(path: str, base: str) -> str:
    """An address of the origin that the document came from, as a path below that origin; else what it was."""
    if not base or not _REMOTE.match(path):
        return path
    own, other = urlsplit(base), urlsplit(path)
    same = (other.scheme or own.scheme, other.netloc) == (own.scheme, own.netloc)
    return other.path or "/" if same else path


def _file_of(node: Node, path: str) -> str | None:
    """The path of the file that a reference names, relative to the root folder; None: it is no such path.

    It may lead out of the folder: the reader knows what is allowed.
    """
    if not path:
        return node.file
    path = unquote(path)
    if "\\" in path or "\0" in path:
        return None
    if node.files.base:
        folder = posixpath.dirname(urlsplit(node.files.base).path) or "/"
        whole = posixpath.join(folder, posixpath.dirname(node.file), path)
        path = posixpath.relpath(posixpath.normpath(whole), folder)
        return "" if path == PurePosixPath(urlsplit(node.files.base).path).name else path
    file = posixpath.normpath(posixpath.join(posixpath.dirname(node.file), path))
    if path.startswith("/"):
        return None
    return "" if file == PurePosixPath(node.files.documents[""].name).name else file


def _walk(reference: Node, root: Node, pointer: str, *, quiet: bool) -> Node | None:
    """The node at `pointer`. References on the way are followed, as the specification's own examples need."""
    raw = pointer.split("/")[1:]
    node, index = root, 0
    while index < len(raw):
        token = raw[index].replace("~1", "/").replace("~0", "~")
        following = node.step(token)
        if following is None and node.is_reference:
            beyond = node.follow()
            if beyond is None:
                return None
            node = beyond
            continue
        if following is None:
            following, index = _unescaped(reference, node, raw, index)
        if following is None:
            if not quiet:
                _report_missing(reference, node, token)
            return None
        node, index = following, index + 1
    return node


def _unescaped(reference: Node, node: Node, raw: list[str], index: int) -> tuple[Node | None, int]:
    """The member whose key is several tokens, as `#/channels//quotes` means the key `/quotes`."""
    if not isinstance(node.value, dict):
        return None, index
    for end in range(min(len(raw), index + 20), index + 1, -1):
        key = "/".join(raw[index:end])
        member = node.member(key)
        if member is not None:
            token = key.replace("~", "~0").replace("/", "~1")
            reference.files.problems.warning(
                "WSG307",
                f"the key `{_cut(key)}` stands in the reference with its slashes unescaped",
                _place(reference),
                f"write `{_cut(token)}` instead of `{_cut(key)}`",
            )
            return member, end - 1
    return None, index


def _report_missing(reference: Node, reached: Node, token: str) -> None:
    assert isinstance(reference.value, dict)
    where = f"`{_cut(reached.key)}`" if reached.pointer or reached.file else "the document"
    message = f"`{_cut(str(reference.value['$ref']))}` leads nowhere: {where} has no `{_cut(token)}`"
    missing, help = reference.files.missing, ""
    if len(missing) < _MAX_SUGGESTIONS:
        missing.add(reference.key)
        close = _close(token, reached)
        if close is not None:
            help = f"did you mean `{reached.file}#{child_pointer(reached.pointer, close)}`?"
        else:
            root = Node(reached.files, reached.file, "", reached.files.documents[reached.file].root)
            last = str(reference.value["$ref"]).rpartition("/")[2]
            help = _elsewhere(root, last.replace("~1", "/").replace("~0", "~"))
    help = help or "define it there, or correct the reference"
    reference.files.problems.error("WSG301", message, _place(reference), help)


def _close(token: str, node: Node) -> str | None:
    if not isinstance(node.value, dict) or len(node.value) > _MAX_CANDIDATES or len(token) > 100:
        return None
    by_case = {key.casefold(): key for key in node.value}
    close = get_close_matches(token.casefold(), by_case, n=1, cutoff=0.75)
    return by_case[close[0]] if close else None


def _elsewhere(root: Node, name: str) -> str:
    """A hint at a component of the same name."""
    components = root.member("components")
    for kind, entries in components.members() if components is not None else ():
        if isinstance(entries.value, dict) and name in entries.value:
            return f"did you mean `{root.file}#{child_pointer(f'/components/{kind}', name)}`?"
    return ""


def _place(reference: Node) -> Place:
    """The place of the text of the reference."""
    return reference.files.documents[reference.file].place(child_pointer(reference.pointer, "$ref"))


def _cut(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"
