"""Texts of documents: UTF-8 or what a byte order mark says, of a bounded size."""

from __future__ import annotations

import codecs
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from wsgen.problems import Place, Problems, Stop

from .marks import MENDS

__all__ = ["MAX_BYTES", "checked", "decoded", "read_text", "refuse_size"]

MAX_BYTES = 16 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; YAML (section 5.2) and JSON before RFC 8259 know all of these encodings."""


def read_text(source: str, name: str, problems: Problems) -> str:
    """The text of a file, or of standard input where `source` is "-".

    Raises:
        Stop: it cannot be read (WSG101), is too large (WSG102) or no text (WSG103).
    """
    try:
        if source == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.error("WSG101", f"the file cannot be read: {reason}", Place(name), _instead(source))
        raise Stop from error
    if len(raw) > MAX_BYTES:
        refuse_size(name, problems)
    return decoded(raw, name, problems)


def _instead(source: str) -> str:
    """What may be meant by a name that is none of a file."""
    path = Path(source)
    if "://" in source:
        return "addresses are fetched over http and https alone"
    try:
        if path.is_dir():
            return "name a document in this folder"
        near = get_close_matches(path.name, sorted(each.name for each in path.parent.iterdir() if each.is_file()), 1)
    except (OSError, ValueError):
        return "name a file that is there"
    return (
        f"did you mean `{path.with_name(near[0])}`?" if near and near[0] != path.name else "name a file that is there"
    )


def decoded(raw: bytes, name: str, problems: Problems) -> str:
    """The text of a document in UTF-8, or in the encoding of its byte order mark.

    Raises:
        Stop: it is not (WSG103).
    """
    mark, encoding = next(((mark, encoding) for mark, encoding in _MARKS if raw.startswith(mark)), (b"", "utf-8"))
    try:
        return raw.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        before = raw[len(mark) : len(mark) + error.start].decode(encoding, "replace")
        line = before.count("\n") + 1
        place = Place(name, line, len(before) - before.rfind("\n"))
        offset = len(mark) + error.start
        message = f"the file is not {encoding.upper()}: byte 0x{raw[offset]:02x} at offset {offset}"
        problems.error("WSG103", message, place, "save the file as UTF-8")
        raise Stop from error


def checked(text: str, name: str, problems: Problems) -> str:
    """A text within the same bounds.

    Raises:
        Stop: it is not (WSG102, WSG103).
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        message = "the text holds one half of a surrogate pair, which UTF-8 cannot say"
        problems.error("WSG103", message, Place(name), MENDS["surrogate"])
        raise Stop from error
    if size > MAX_BYTES:
        refuse_size(name, problems)
    return text.removeprefix("\ufeff")


def refuse_size(name: str, problems: Problems) -> NoReturn:
    """Report a document that is too large.

    Raises:
        Stop: always (WSG102).
    """
    message = f"the file is larger than the limit of {MAX_BYTES // 1024 // 1024} MiB"
    problems.error("WSG102", message, Place(name), MENDS["size"])
    raise Stop
