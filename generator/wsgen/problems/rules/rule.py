from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means.

    Attributes:
        title: the rule in a few words, without a full stop.
        text: what it says and why it matters to the client; plain sentences.
        example: a piece of a document or configuration that breaks it.
        mend: how to mend it; one or two sentences.
    """

    title: str
    text: str
    example: str
    mend: str
