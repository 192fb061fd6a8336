"""Models of pydantic: classes on the runtime's `WireModel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from wsgen.landing.python import BUILTINS, literal

from .annotate import Annotation, Local
from .fields import Field
from .forms import Definition, ObjectType
from .layout import Bracket, Expression, Word, choice, laid_out
from .library import body, field
from .text import Imports, unfinished

__all__ = ["RESERVED", "PydanticModels"]

RESERVED: Final = frozenset(
    {"construct", "copy", "dict", "dt", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"}
    | {"schema_json", "update_forward_refs", "validate", "wire_constants"}
    | {"model_computed_fields", "model_config", "model_construct", "model_copy", "model_dump"}
    | {"model_dump_json", "model_extra", "model_fields", "model_fields_set", "model_json_schema"}
    | {"model_parametrized_name", "model_post_init", "model_rebuild", "model_validate"}
    | {"model_validate_json", "model_validate_strings"}
    | (BUILTINS - {"type", "object", "super"})
)
"""Attributes of pydantic's models, and names that annotations use: a field of that name would hide them."""


class PydanticModels:
    """A `library.Library` over pydantic. None stands for what is absent."""

    reserved = RESERVED
    has_absent = False

    def restricted(self, annotation: Annotation, local: Local) -> Expression:
        """See `Wording.restricted`."""
        return _restricted(_with_null(annotation), annotation.constraints, local)

    def discriminated(self, members: Expression, attribute: str, local: Local) -> Expression:
        """See `Wording.discriminated`."""
        return _restricted(members, (f"discriminator={literal(attribute)}",), local)

    def untagged(self, members: Expression, local: Local) -> Expression:
        """See `Wording.untagged`; there is none, pydantic tries the members."""
        return members

    def class_(
        self, each: ObjectType, fields: Sequence[Field], annotations: Sequence[Annotation], imports: Imports
    ) -> str:
        """See `Library.class_`."""
        base = imports("._runtime.pydantic_codec", "WireModel")
        head: list[str] = []
        if each.extra:
            config = imports("pydantic", "ConfigDict")
            head.append(f'    model_config = {config}(extra="allow")')
        constants = sorted(field.attribute for field in fields if field.constant)
        if constants:
            class_var = imports("typing", "ClassVar")
            names = Bracket("frozenset", (Word("{" + ", ".join(map(literal, constants)) + "}"),), call=True)
            head.append(laid_out(f"wire_constants: {class_var}[frozenset[str]] = ", names, "", 4))
        lines = [_field(field, annotation, imports) for field, annotation in zip(fields, annotations, strict=True)]
        head_line = laid_out("class ", Bracket(each.name, (Word(base),), call=True), ":", 0)
        return f"{head_line}\n{body(each, head, lines)}"

    def last(self, ordered: Sequence[Definition], definitions: Mapping[str, Definition]) -> list[str]:
        """See `Library.last`."""
        return [f"{name}.model_rebuild()" for name in unfinished(ordered, definitions)]


def _field(each: Field, annotation: Annotation, imports: Imports) -> str:
    type = _with_null(annotation)
    if each.optional:
        type = choice(type, Word("None"))
    wire = each.property.wire
    named = () if wire == each.attribute else (f"alias={literal(wire)}",)
    extras = [Word(imports("._runtime.pydantic_codec", "OMIT_NONE"))] if each.omitted else []
    expression = _restricted(type, (*named, *annotation.constraints), imports, extras)
    return field(each, expression, f" = {each.default}" if each.default else "")


def _with_null(annotation: Annotation) -> Expression:
    return choice(annotation.type, Word("None")) if annotation.nullable else annotation.type


def _restricted(
    type: Expression, arguments: Sequence[str], local: Local, extras: Sequence[Expression] = ()
) -> Expression:
    """`Annotated[type, Field(arguments), extras]`, or the type alone where nothing is said of it."""
    field = Bracket(local("pydantic", "Field"), tuple(map(Word, arguments)), call=True) if arguments else None
    more = [*([] if field is None else [field]), *extras]
    return Bracket(local("typing", "Annotated"), (type, *more)) if more else type
