"""Documents: JSON and YAML files as values whose places are known.

`load` reads one; `reader` gives `resolve` a way to the files beside it. `sources.open_source` does both for whatever
a user can name: a file, a URL, an attribute of a module, standard input.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path, PurePosixPath

from wsgen.problems import Place, Problems, Stop

from .marks import MAX_DEPTH, Json, Marks
from .text import checked, read_text

__all__ = ["MAX_DEPTH", "Document", "Json", "child_pointer", "load", "pointer_tokens", "reader"]

_BEGINS_AS_JSON = re.compile(r'\s*(\{\s*["}]|\[)')


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has been read.

    Attributes:
        name: the file as the user named it, with forward slashes; "-" is standard input.
        root: its value.
        base: the URL that it came from; empty for a file.
    """

    name: str
    root: Json
    _marks: Callable[[], Marks] = field(repr=False, compare=False)
    base: str = ""

    def place(self, pointer: str = "", *, key: bool = False) -> Place:
        """Where the value at a JSON pointer stands; of an object or list that has a key, where the key is.

        `key` asks for the place of the key also where the value is a scalar. What is not in the document
        (a value that an upgrade has made) is given the place of the nearest value around it.
        """
        value, marks = self.root, self._marks()
        line, column = 1, 1
        for token in pointer_tokens(pointer):
            mark = marks.get(id(value), {}).get(token)
            if mark is None:
                break
            value = _member(value, token)
            at_key = key or isinstance(value, (dict, list))
            line, column = (mark.key_line, mark.key_column) if at_key else (mark.line, mark.column)
        return Place(self.name, line, column, pointer)


def load(source: str, problems: Problems, *, text: str | None = None) -> Document:
    """Read a JSON or YAML document from the file `source`, or from standard input where that is "-".

    `text` is the content, where the caller has it; `source` is then only its name. The next stage is
    `resolve.resolve(document, document.reader(…), problems)`.

    Raises:
        Stop: there is no document; `problems` says why (WSG101: it could not be read).
    """
    name = source if source == "-" else source.replace(os.sep, "/")
    content = read_text(source, name, problems) if text is None else checked(text, name, problems)
    if name.lower().endswith(".json"):
        return _json(content, name, problems)
    if _BEGINS_AS_JSON.match(content):
        attempt = Problems()
        try:
            return _json(content, name, attempt)
        except Stop:
            # Flow style in YAML can look like this; only a file that is neither gets here twice.
            if name == "-" or any(problem.code != "WSG104" for problem in attempt):
                for problem in attempt:
                    problems.add(problem)
                raise
    return _yaml(content, name, problems)


def reader(source: str, problems: Problems) -> Callable[[str, Place], Document | None]:
    """A function that reads files that the document `source` refers to.

    It is given a path relative to the folder of `source`, and the place of the reference; the answer is None
    where there is no such document, which `problems` then tells. Nothing outside of that folder is read.
    """
    folder = Path() if source == "-" else Path(source).parent

    def read(path: str, place: Place) -> Document | None:
        target = folder / path
        try:
            inside = target.resolve().is_relative_to(folder.resolve())
            exists = inside and target.is_file()
            beside = [entry.name for entry in target.parent.iterdir()] if inside and not exists else []
        except (OSError, ValueError):
            inside, exists, beside = True, False, []
        if not inside:
            problems.error(
                "WSG305",
                f"the reference leads to `{path}`, which is outside of the document's folder",
                place,
                "move the file into the folder of the document",
            )
            return None
        if not exists:
            close = get_close_matches(PurePosixPath(path).name, sorted(beside), n=1)
            help = f"did you mean `{PurePosixPath(path).with_name(close[0])}`?" if close else ""
            problems.error("WSG301", f"there is no file `{path}` beside the document", place, help)
            return None
        try:
            return load(target.as_posix(), problems)
        except Stop:
            return None

    return read


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
    return Document(name, root, cache(lambda: marks_of(text, root)))


def _yaml(text: str, name: str, problems: Problems) -> Document:
    from .yaml_text import parse

    root, marks = parse(text, name, problems)
    return Document(name, root, lambda: marks)
