"""What the module of models says in the words of one model library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from wsgen.landing.python import docstring

from .annotate import Annotation, Wording
from .fields import Field
from .forms import Alias, Definition, ObjectType
from .layout import Expression, laid_out
from .text import Imports

__all__ = ["Library", "alias", "body", "field"]


class Library(Wording, Protocol):
    """How a model library writes classes and fields."""

    @property
    def reserved(self) -> frozenset[str]:
        """Names that no field may have."""
        ...

    @property
    def has_absent(self) -> bool:
        """Whether an absent property has a value of its own, so that None is null and nothing else."""
        ...

    def class_(
        self, each: ObjectType, fields: Sequence[Field], annotations: Sequence[Annotation], imports: Imports
    ) -> str:
        """The text of a class."""
        ...

    def last(self, ordered: Sequence[Definition], definitions: Mapping[str, Definition]) -> list[str]:
        """What stands below all classes."""
        ...


def alias(each: Alias, annotation: Annotation, library: Library, imports: Imports) -> str:
    """`Side: TypeAlias = ...`, with its description below."""
    before = f"{each.name}: {imports('typing', 'TypeAlias')} = "
    lines = [laid_out(before, library.restricted(annotation, imports), "", 0)]
    if each.description.strip():
        lines.append(docstring(each.description, 0))
    return "\n".join(lines)


def body(each: ObjectType, head: Sequence[str], fields: Sequence[str]) -> str:
    """What stands in a class: its docstring, then its configuration, then its fields."""
    words = _described(each.description, each.deprecated)
    blocks = [f"    {docstring(words, 4)}"] if words else []
    blocks += ["\n".join(head)] if head else []
    blocks += ["\n".join(fields)] if fields else []
    return "\n\n".join(blocks) or "    pass"


def _described(description: str, deprecated: bool) -> str:
    """What a docstring says."""
    words = description.strip()
    return f"{words}\n\nDeprecated.".lstrip() if deprecated else words


def field(each: Field, expression: Expression, after: str) -> str:
    """A field of this type and its docstring; `after` is its default."""
    text = laid_out(f"{each.attribute}: ", expression, after, 4)
    words = _described(each.property.description, each.property.deprecated)
    return f"{text}\n    {docstring(words, 4)}" if words else text
