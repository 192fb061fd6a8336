"""Landing places in Markdown: prose, and code in a line."""

from __future__ import annotations

import re

from .python import comment

__all__ = ["code", "text"]

# CommonMark, section 2.4: any ASCII punctuation character may be escaped with a backslash.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def text(words: str) -> str:
    """One line of prose: no markup, no HTML, no table cell can begin or end in it."""
    line = comment(words)
    line = _MARKUP.sub(r"\\\1", line)
    # A list item, a rule or a heading can only begin a line.
    return re.sub(r"^([-+=]|[0-9]+(?=[.)]))", r"\\\1" if not line[:1].isdigit() else r"\1\\", line)


def code(words: str) -> str:
    """Code in a line, fenced by more backticks than it holds; fit for a table cell."""
    line = comment(words).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or not line else ""
    return f"{fence}{space}{line}{space}{fence}"
