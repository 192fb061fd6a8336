from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means. Beside it, in `examples/`, stands something that breaks it, and its mend.

    Attributes:
        title: the rule in a few words, without a full stop.
        text: what it says and why it matters to the client; plain sentences.
        mend: how to mend it; one or two sentences.
    """

    title: str
    text: str
    mend: str
