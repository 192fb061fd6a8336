"""Landing places in Markdown: prose, and code in a line."""

from __future__ import annotations

import re

from .python import comment

__all__ = ["code", "text"]

# CommonMark, section 2.4: any ASCII punctuation character may be escaped with a backslash. An underscore
# inside a word is none of its marks.
_MARKUP = re.compile(r"([\\`*\[\]<>#|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?[A-Za-z0-9]+;))")


def text(words: str) -> str:
    """One line of prose: no HTML and no table cell can begin or end in it, and no markup but code in backticks."""
    pieces = comment(words).split("`")
    if len(pieces) % 2 == 0:
        return _plain("`".join(pieces))
    last = len(pieces) - 1
    return "".join(
        # Two fences in a row would be one longer fence.
        code(piece) if index % 2 else _plain(piece) or (" " if 0 < index < last else "")
        for index, piece in enumerate(pieces)
    )


def _plain(piece: str) -> str:
    line = _MARKUP.sub(r"\\\1", re.sub(" {2,}", " ", piece))
    # A list item, a rule or a heading can only begin a line.
    return re.sub(r"^([-+=]|[0-9]+(?=[.)]))", r"\\\1" if not line[:1].isdigit() else r"\1\\", line)


def code(words: str) -> str:
    """Code in a line, fenced by more backticks than it holds; fit for a table cell."""
    line = comment(words).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not line or "`" in (line[0], line[-1]) else ""
    return f"{fence}{space}{line}{space}{fence}"
