"""Documents: JSON and YAML files as values whose places are known.

`load` reads one; `reader` gives `resolve` a way to the files beside it. `sources.open_source` does both for whatever
a user can name: a file, a URL, an attribute of a module, standard input.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path, PurePosixPath

from wsgen.problems import Place, Problems, Stop

from .marks import MAX_DEPTH, Json, Marks
from .text import checked, read_text

__all__ = ["MAX_DEPTH", "Document", "Json", "child_pointer", "digest", "load", "pointer_tokens", "reader"]

_MAX_FILES = 1_000
_MAX_TOTAL = 64 * 1024 * 1024
_FENCED = re.compile(r"^[ \t]*(?:```|~~~)[a-zA-Z]*[ \t]*\r?\n(.*?)^[ \t]*(?:```|~~~)", re.DOTALL | re.MULTILINE)
_BEGINS = re.compile(r"""^(?:---[ \t]*\r?\n)?["']?asyncapi["']?[ \t]*:|^\{""", re.MULTILINE)
_NOT_A_BREAK = re.compile(r"[^\r\n]")
_BEGINS_AS_JSON = re.compile(r'\s*(\{\s*["}]|\[)')


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has been read.

    Attributes:
        name: the file as the user named it, with forward slashes; "-" is standard input.
        root: its value.
        base: the URL that it came from; empty for a file.
        size: the characters of its text.
        digest: the `digest` of all that was read.
    """

    name: str
    root: Json
    _marks: Callable[[], Marks] = field(repr=False, compare=False)
    base: str = ""
    size: int = field(default=0, repr=False, compare=False)
    digest: str = field(default="", repr=False, compare=False)

    def place(self, pointer: str = "", *, key: bool = False) -> Place:
        """Where the value at a JSON pointer stands; of an object or list that has a key, where the key is.

        `key` asks for the place of the key also where the value is a scalar. What is not in the document
        (a value that an upgrade has made) is given the place of the nearest value around it.
        """
        return Place(self.name, pointer=pointer, find=partial(self._position, pointer, key))

    def _position(self, pointer: str, key: bool) -> tuple[int, int]:
        value, marks = self.root, self._marks()
        line, column = 1, 1
        for token in pointer_tokens(pointer):
            mark = marks.get(id(value), {}).get(token)
            if mark is None:
                break
            value = _member(value, token)
            at_key = key or isinstance(value, (dict, list))
            line, column = (mark.key_line, mark.key_column) if at_key else (mark.line, mark.column)
        return line, column


def load(source: str, problems: Problems, *, text: str | None = None) -> Document:
    """Read a JSON or YAML document from the file `source`, or from standard input where that is "-".

    `text` is the content, where the caller has it; `source` is then only its name. The next stage is
    `resolve.resolve(document, document.reader(…), problems)`.

    Raises:
        Stop: there is no document; `problems` says why (WSG101: it could not be read).
    """
    name = source if source == "-" else source.replace(os.sep, "/")
    content = read_text(source, name, problems) if text is None else checked(text, name, problems)
    return replace(_with_or_without_prose(content, name, problems), digest=digest(content.encode()))


def digest(content: bytes) -> str:
    """The SHA-256 of a text file, whatever a checkout made of its ends of lines, as "sha256:…"."""
    text = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    return "sha256:" + hashlib.sha256(text).hexdigest()


def _with_or_without_prose(content: str, name: str, problems: Problems) -> Document:
    attempt = Problems()
    document: Document | None = None
    try:
        document = _parsed(content, name, attempt)
        if isinstance(document.root, (dict, list)):
            problems.take(attempt)
            return document
    except Stop:
        pass
    inner = _without_prose(content)
    behind = _behind_prose(inner, name, problems) if inner is not None else None
    if behind is not None:
        return behind
    problems.take(attempt)
    if document is None:
        raise Stop
    return document


def _parsed(content: str, name: str, problems: Problems) -> Document:
    if name.lower().endswith(".json"):
        return _json(content, name, problems)
    if _BEGINS_AS_JSON.match(content):
        attempt = Problems()
        try:
            return _json(content, name, attempt)
        except Stop:
            # Flow style in YAML can look like this; only a file that is neither gets here twice.
            if name == "-" or any(problem.code != "WSG104" for problem in attempt):
                problems.take(attempt)
                raise
    return _yaml(content, name, problems)


def _without_prose(content: str) -> str | None:
    """The document in a text with something before it, every character at its place; None: there is none."""
    fence = _FENCED.search(content)
    if fence is not None:
        start, end = fence.span(1)
    else:
        begin = _BEGINS.search(content)
        start, end = (begin.start(), len(content)) if begin is not None else (0, 0)
    if not content[:start].strip():
        return None
    return _NOT_A_BREAK.sub("", content[:start]) + content[start:end]


def _behind_prose(content: str, name: str, problems: Problems) -> Document | None:
    attempt = Problems()
    try:
        document = _parsed(content, name.removesuffix(".json"), attempt)
    except Stop:
        return None
    if not isinstance(document.root, dict) or "asyncapi" not in document.root:
        return None
    line = content[: len(content) - len(content.lstrip())].count("\n") + 1
    message = f"the file has text before the document, which begins in line {line}; the text is passed over"
    problems.warning("WSG114", message, Place(name, 1, 1), "remove the text, or put `#` before its lines")
    problems.take(attempt)
    return replace(document, name=name)


def reader(source: str, problems: Problems, allowed: Iterable[Path] = ()) -> Callable[[str, Place], Document | None]:
    """A function that reads files that the document `source` refers to.

    It is given a path relative to the folder of `source`, and the place of the reference; the answer is None
    where there is no such document, which `problems` then tells. Nothing is read outside of that folder and the
    folders `allowed`, wherever symbolic links lead.
    """
    folder = Path() if source == "-" else Path(source).parent
    roots = [root for each in (folder, *allowed) if (root := _end_of(each)) is not None]
    files = total = 0

    def read(path: str, place: Place) -> Document | None:
        nonlocal files, total
        target = Path(os.path.normpath(folder / path))
        try:
            end = target.resolve()
            inside = any(end.is_relative_to(root) for root in roots)
            exists = inside and target.is_file()
            beside = [entry.name for entry in target.parent.iterdir()] if inside and not exists else []
        except (OSError, ValueError):
            inside, exists, beside = True, False, []
        if not inside:
            at = PurePosixPath(target.parent.as_posix())
            problems.error(
                "WSG305",
                f"the reference leads to `{path[:200]}`, which is outside of the document's folder",
                place,
                f"move the file into the folder of the document, or allow its folder: `--allow-ref {at}`",
            )
            return None
        if not exists:
            close = get_close_matches(PurePosixPath(path).name, sorted(beside), n=1)
            help = (
                f"did you mean `{PurePosixPath(path).with_name(close[0])}`?"
                if close
                else "put it there, or correct the reference"
            )
            problems.error("WSG301", f"there is no file `{path[:200]}` beside the document", place, help)
            return None
        files += 1
        if files > _MAX_FILES or total > _MAX_TOTAL:
            limit = f"{_MAX_FILES} files and {_MAX_TOTAL // 1024 // 1024} MiB"
            message = f"the document refers to more than the limit of {limit}"
            problems.error("WSG308", message, place, "make a document for each part of it")
            return None
        try:
            document = load(target.as_posix(), problems)
        except Stop:
            return None
        total += document.size
        return document

    return read


def _end_of(folder: Path) -> Path | None:
    """Where a folder is, past symbolic links; None: it cannot be one."""
    try:
        return folder.resolve()
    except (OSError, ValueError, RuntimeError):
        return None


def pointer_tokens(pointer: str) -> list[str]:
    """The reference tokens of a JSON pointer (RFC 6901, section 4)."""
    if not pointer:
        return []
    tokens = pointer.split("/")[1:]
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens] if "~" in pointer else tokens


def child_pointer(pointer: str, token: str | int) -> str:
    """The JSON pointer to a member or element of what `pointer` leads to."""
    if isinstance(token, str) and ("~" in token or "/" in token):
        token = token.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{token}"


def _member(value: Json, token: str) -> Json:
    if isinstance(value, dict):
        return value[token]
    return value[int(token)] if isinstance(value, list) else None


def _json(text: str, name: str, problems: Problems) -> Document:
    from .json_text import marks_of, parse

    root = parse(text, name, problems)
    return Document(name, root, cache(lambda: marks_of(text, root)), size=len(text))


def _yaml(text: str, name: str, problems: Problems) -> Document:
    from .yaml_text import parse

    root, marks = parse(text, name, problems)
    return Document(name, root, lambda: marks, size=len(text))
