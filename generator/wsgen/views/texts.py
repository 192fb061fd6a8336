"""Prose of generated code: what the document says where it says something, else a sentence of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wsgen.landing.python import docstring

__all__ = ["DEPRECATED", "description", "docs", "raises", "sentence", "summary"]

DEPRECATED = "Deprecated: the document advises against it."
_ENDS = (".", "!", "?", ":", "…", "。")


_PLAIN_WORD = re.compile(r"[a-z]+(?=[ ,.;:]|$)")


def sentence(text: str) -> str:
    """The text in one line, with a capital letter and a full stop. Names (`iOS`, `chat.join`) stay as they are."""
    line = " ".join(text.split())
    if _PLAIN_WORD.match(line) and not re.match(r"[a-z]+\.[a-z]", line):
        line = line[0].upper() + line[1:]
    return line if not line or line.endswith(_ENDS) else f"{line}."


def _paragraphs(text: str) -> list[str]:
    blocks = text.replace("\r\n", "\n").strip().split("\n\n")
    return [block.strip("\n") for block in blocks if block.strip()]


def summary(*texts: str) -> str:
    """The first paragraph of the first text that has one, as a sentence; empty where none has."""
    return next((sentence(found[0]) for text in texts if (found := _paragraphs(text))), "")


def description(text: str, *, after: str) -> list[str]:
    """The paragraphs of a description, without what the sentence `after` has said already."""
    found = _paragraphs(text)
    if not found or not after:
        return found
    first = sentence(found[0])
    if not first.startswith(after):
        return found
    rest = first.removeprefix(after).strip()
    return [rest, *found[1:]] if rest else found[1:]


def raises(errors: Sequence[tuple[str, str]]) -> str:
    """The `Raises:` section of a docstring; empty where nothing is raised."""
    return "\n".join(["Raises:", *(f"    {error}: {when}" for error, when in errors)]) if errors else ""


def docs(indent: int, paragraphs: Iterable[str]) -> str:
    """A docstring of the paragraphs that are not empty."""
    return docstring("\n\n".join(paragraph for paragraph in paragraphs if paragraph), indent)
