"""Prose of generated code: what the document says where it says something, else a sentence of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap

from wsgen.landing.python import WIDTH, docstring
from wsgen.operations import WireMessage

__all__ = ["DEPRECATED", "arguments", "docs", "every", "raises", "sentence", "summary", "told", "undivided"]

SHOWN = 8
"""How many messages are named where they cannot be told apart."""

DEPRECATED = "Deprecated: the document advises against it."
_ENDS = (".", "!", "?", ":", "…", "。")
_PLAIN_WORD = re.compile(r"[a-z]+(?=[ ,;:]|\.?$|\. )")
_SENTENCE = re.compile(r".*?[.!?…。](?= |$)")


def sentence(text: str) -> str:
    """The text in one line, with a capital letter and a full stop. Names (`iOS`, `chat.join`) stay as they are."""
    line = " ".join(text.split())
    if _PLAIN_WORD.match(line):
        line = line[0].upper() + line[1:]
    return line if not line or line.endswith(_ENDS) else f"{line}."


def _paragraphs(text: str) -> list[str]:
    blocks = text.replace("\r\n", "\n").strip().split("\n\n")
    return [block.strip("\n") for block in blocks if block.strip()]


def summary(*texts: str) -> str:
    """The first paragraph of the first text that has one, as a sentence; empty where none has."""
    return next((sentence(found[0]) for text in texts if (found := _paragraphs(text))), "")


def told(summary: str, description: str) -> tuple[str, list[str]]:
    """A first sentence and the paragraphs after it, with nothing said twice.

    Documents often begin the description with the summary, or with a longer form of it.
    """
    short, blocks = sentence(summary), _paragraphs(description)
    if not blocks:
        return short, []
    first = sentence(blocks[0])
    if short and not first.startswith(short.rstrip(".!?")):
        return short, blocks
    lead = _SENTENCE.match(first) if short else None
    rest = first[lead.end() :].strip() if lead else ""
    return (lead[0] if lead else first), [*([rest] if rest else []), *blocks[1:]]


def every(message: WireMessage) -> str:
    """A message in words; one that stands for several by the names of these."""
    if not message.members:
        return f"every `{message.key}`"
    shown = [f"`{member.id}`" for member in message.members[:SHOWN]]
    more = len(message.members) - len(shown)
    last = f"{more} more" if more else shown.pop()
    return f"every {', '.join(shown)} and {last}"


def undivided(message: WireMessage) -> str:
    """What a consumer of several messages has to know; empty where a message is one."""
    if not message.members:
        return ""
    read = ": `read_as` reads what came as the one that it is" if message.frame == "json" else ""
    return f"The document does not say how they are told apart{read}."


def raises(errors: Sequence[tuple[str, str]]) -> str:
    """The `Raises:` section of a docstring; empty where nothing is raised."""
    return "\n".join(["Raises:", *(f"    {error}: {when}" for error, when in errors)]) if errors else ""


def arguments(about: Iterable[tuple[str, str]]) -> str:
    """The `Args:` section of a docstring, about those of which something is said; empty where nothing is."""
    lines = [line for name, text in about if text for line in _hanging(f"{name}: {text}")]
    return "\n".join(["Args:", *lines]) if lines else ""


def _hanging(text: str) -> list[str]:
    return wrap(
        text,
        WIDTH - 10,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def docs(indent: int, paragraphs: Iterable[str]) -> str:
    """A docstring of the paragraphs that are not empty."""
    return docstring("\n\n".join(paragraph for paragraph in paragraphs if paragraph), indent)
