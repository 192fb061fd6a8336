"""View of `models.ts`: an interface for each object, an alias for each choice."""

from __future__ import annotations

from collections.abc import Iterator

from wsgen.landing.typescript import jsdoc, key, literal
from wsgen.model import ABSENT
from wsgen.payloads import PayloadTypes
from wsgen.payloads.forms import Alias, Definition, ObjectType, Property, Values

from .expressions import expression
from .integers import is_rounded
from .layout import alias, concat, lay

__all__ = ["models_text"]

DEPRECATED = "@deprecated"


def models_text(types: PayloadTypes) -> tuple[str, ...]:
    """The declarations of all definitions, in the order in which payloads use them."""
    record = "" if any(each.name == "Record" for each in types.definitions.values()) else "Record"
    return tuple(_declaration(each, types, record) for each in types.definitions.values())


def _declaration(each: Definition, types: PayloadTypes, record: str) -> str:
    def named(id: str) -> str:
        return types.definitions[id].name

    if isinstance(each, Alias):
        said = jsdoc([each.description])
        # A record is looked into when an alias is declared, the type of an object is not.
        right = expression(each.type, named, record="")
        return _with(said, alias(each.name, right))
    said = jsdoc([each.description], [DEPRECATED] if each.deprecated else [])
    lines = [line for property in each.properties for line in _property(each, property, types, record)]
    if each.extra:
        lines.append("  [name: string]: unknown;")
    body = "\n".join(lines)
    declared = f"export interface {each.name} {{\n{body}\n}}" if lines else f"export interface {each.name} {{}}"
    return _with(said, declared)


def _with(said: str, text: str) -> str:
    return f"{said}\n{text}" if said else text


def _property(owner: ObjectType, each: Property, types: PayloadTypes, record: str) -> Iterator[str]:
    def named(id: str) -> str:
        return types.definitions[id].name

    filled = (owner.id, each.wire) in types.optional
    tags = [DEPRECATED] if each.deprecated else []
    if each.default not in (ABSENT, None) and not (filled or _is_constant(each)):
        tags.insert(0, f"@defaultValue `{literal(each.default)}`")
    rounded = "It has 64 bits, and is rounded beyond 2^53." if is_rounded(each.type) else ""
    said = jsdoc([each.description, rounded, "Filled in where it is left out." if filled else ""], tags, indent=2)
    if said:
        yield f"  {said}"
    mark = "?" if filled or not each.required else ""
    type = expression(each.type, named, record=record)
    # The type of a property breaks behind its colon, as an assignment does not.
    yield f"  {lay(concat(key(each.wire), mark, ': ', type, ';'), 2)}"


def _is_constant(each: Property) -> bool:
    return isinstance(each.type, Values) and each.type.constant
