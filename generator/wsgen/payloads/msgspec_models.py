"""Models of msgspec: structs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from wsgen.landing.python import BUILTINS, literal
from wsgen.model import ABSENT

from .annotate import Annotation, Local
from .fields import Field
from .forms import Definition, ObjectType, Values
from .layout import Bracket, Expression, Word, choice, laid_out
from .library import body, field
from .text import Imports

__all__ = ["RESERVED", "MsgspecModels"]

RESERVED: Final = frozenset({"dt"} | (BUILTINS - {"type", "object", "super"}))
"""Names that annotations use: a field of that name would hide them."""

_SHOWN: Final = 80
"""How long a default may be that is told of, in characters."""


class MsgspecModels:
    """A `library.Library` over msgspec. `UNSET` stands for what is absent.

    Args:
        tags: the wire names of the properties that say which class of a union an object is, by class id.
    """

    reserved = RESERVED
    has_absent = True

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._tags = tags

    def restricted(self, annotation: Annotation, local: Local) -> Expression:
        """See `Wording.restricted`."""
        type = annotation.type
        if annotation.constraints:
            meta = Bracket(local("msgspec", "Meta"), tuple(map(Word, annotation.constraints)), call=True)
            type = Bracket(local("typing", "Annotated"), (type, meta))
        return choice(type, Word("None")) if annotation.nullable else type

    def discriminated(self, members: Expression, attribute: str, local: Local) -> Expression:
        """See `Wording.discriminated`; the classes themselves have the tags."""
        return members

    def untagged(self, members: Expression, local: Local) -> Expression:
        """See `Wording.untagged`."""
        return Bracket(local("._runtime.msgspec_codec", "Untagged"), (members,))

    def class_(
        self, each: ObjectType, fields: Sequence[Field], annotations: Sequence[Annotation], imports: Imports
    ) -> str:
        """See `Library.class_`."""
        tag = self._tags.get(each.id)
        words = [imports("msgspec", "Struct"), "kw_only=True"]
        lines: list[str] = []
        for one, annotation in zip(fields, annotations, strict=True):
            if one.property.wire == tag and isinstance(one.property.type, Values):
                words += [f"tag_field={literal(tag)}", f"tag={literal(one.property.type.values[0])}"]
                type = Bracket(imports("typing", "ClassVar"), (self.restricted(annotation, imports),))
                lines.append(field(one, type, f" = {one.default}"))
            else:
                lines.append(self._field(one, annotation, imports))
        head = laid_out("class ", Bracket(each.name, tuple(map(Word, words)), call=True), ":", 0)
        return f"{head}\n{body(each, (), lines)}"

    def last(self, ordered: Sequence[Definition], definitions: Mapping[str, Definition]) -> list[str]:
        """See `Library.last`: structs look for the classes that they use when they are first decoded."""
        return []

    def _field(self, each: Field, annotation: Annotation, imports: Imports) -> str:
        type = self.restricted(annotation, imports)
        default = each.default
        if each.optional:
            type, default = choice(type, Word(imports("msgspec", "UnsetType"))), imports("msgspec", "UNSET")
        wire = each.property.wire
        words = [] if wire == each.attribute else [f"name={literal(wire)}"]
        made = default[:1] in ("[", "{") and default not in ("[]", "{}")
        if made:
            words.append(f"default_factory=lambda: {default}")
        elif words and default:
            words.append(f"default={default}")
        after = f" = {default}" if default else ""
        if words:
            after = f" = {imports('msgspec', 'field')}({', '.join(words)})"
        return field(_with_default(each), type, after)


def _with_default(each: Field) -> Field:
    """The field, which says what it counts as where it is absent: its type has no place for that."""
    default = each.property.default
    if not each.optional or default is ABSENT or default is None:
        return each
    text = json.dumps(default, ensure_ascii=False)
    if len(text) > _SHOWN:
        return each
    words = f"{each.property.description.rstrip()}\n\nDefault: `{text}`.".lstrip()
    return replace(each, property=replace(each.property, description=words))
