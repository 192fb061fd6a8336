"""Nodes to schemas: JSON Schema of several drafts, and OpenAPI's, as one kind of value."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from wsgen.model import ABSENT, Absent, Always, Json, Named, Never, Schema, SchemaKey, Shape
from wsgen.problems import Problems
from wsgen.resolve import Node

from .validity import Claims

__all__ = ["MAX_SCHEMAS", "Schemas", "is_json_schema", "is_multi_format"]

MAX_SCHEMAS: Final = 100_000

_TYPES: Final[Mapping[str, str]] = {
    **{name: name for name in ("array", "boolean", "integer", "null", "number", "object", "string")},
    **dict.fromkeys(("int", "int32", "int64", "long", "short", "byte"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("date", "date-time", "datetime", "uuid", "uri", "enum"), "string"),
    "bool": "boolean",
}
"""What a `type` means; other languages' names have a plain meaning. Any other name says nothing."""

_OWN_FIELDS: Final = frozenset({
    "$anchor", "$comment", "$defs", "$id", "$ref", "$schema", "additionalItems", "additionalProperties", "allOf",
    "anyOf", "const", "default", "definitions", "deprecated", "description", "discriminator", "else", "enum",
    "example", "examples", "externalDocs", "format", "if", "items", "not", "nullable", "oneOf",
    "patternProperties", "prefixItems", "properties", "propertyNames", "readOnly", "required", "then", "title",
    "type", "writeOnly", "xml",
})  # fmt: skip
"""Keywords that have fields of their own in `Shape`, or no meaning for a client."""

_COUNTS: Final = frozenset({
    "maxContains", "maxItems", "maxLength", "maxProperties", "minContains", "minItems", "minLength", "minProperties",
})  # fmt: skip
_NUMBERS: Final = frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"})
_TEXTS: Final = frozenset({"contentEncoding", "contentMediaType", "pattern"})

_JSON_SCHEMA_FORMATS: Final = (
    "application/vnd.aai.asyncapi",
    "application/schema+",
    "application/vnd.oai.openapi",
)


def is_json_schema(schema_format: str) -> bool:
    """Whether a `schemaFormat` is JSON Schema, AsyncAPI's or OpenAPI's superset of it, or is not given."""
    return not schema_format or schema_format.strip().lower().startswith(_JSON_SCHEMA_FORMATS)


def is_multi_format(node: Node) -> bool:
    """Whether this is a schema with its format around it; without a `schemaFormat` it is JSON Schema."""
    value = node.value
    if not isinstance(value, dict) or not isinstance(value.get("schema"), (dict, bool)):
        return False
    return isinstance(value.get("schemaFormat"), str) or not _OWN_FIELDS & value.keys()


@dataclass(slots=True)
class Schemas:
    """Makes schemas, and collects the definitions that they use.

    Attributes:
        shared: the keys of what is referred to somewhere: there a schema is `Named` also where it stands.
        definitions: by key, in the order in which they were met. Complete after `finish`.
        claims: the examples and defaults of schemas.
        openapi: the keys below which schemas say that they are OpenAPI's.
    """

    problems: Problems
    shared: frozenset[str]
    definitions: dict[SchemaKey, Schema] = field(default_factory=dict[SchemaKey, Schema])
    claims: Claims = field(default_factory=Claims)
    openapi: list[str] = field(default_factory=list[str])
    _waiting: deque[Node] = field(default_factory=deque[Node])
    _nullable: list[Node] = field(default_factory=list[Node])
    _count: int = 0

    def define(self, node: Node) -> None:
        """Let `node`, the definition of a schema, be among the definitions."""
        if node.key not in self.definitions:
            # The place is kept in the order of the dictionary; `finish` puts the schema there.
            self.definitions[node.key] = Always(node.place)
            self._waiting.append(node)

    def finish(self) -> Mapping[SchemaKey, Schema]:
        """Every definition that was met, and those that they use in turn."""
        while self._waiting:
            node = self._waiting.popleft()
            self.definitions[node.key] = self._reference(node) if node.is_reference else self._schema(node)
        self.claims.check(self.definitions, self.problems)
        self._report_nullable()
        return self.definitions

    def _report_nullable(self) -> None:
        """Once for a document: whoever writes `nullable` writes it everywhere."""
        foreign = [node for node in self._nullable if not node.key.startswith(tuple(self.openapi))]
        if foreign:
            count = len(foreign)
            places = f"in {count} places" if count > 1 else "here"
            message = f"`nullable` is OpenAPI's and not in JSON Schema; it is taken as it is meant, {places}"
            help = "write `type: [string, 'null']`, or `anyOf` with `{type: 'null'}`"
            self.problems.warning("WSG329", message, foreign[0].place_of("nullable"), help)

    def use(self, node: Node) -> Schema:
        """The schema that stands at `node`: by name where it has a definition of its own."""
        if node.is_reference:
            return self._reference(node)
        if node.key in self.shared and isinstance(node.value, dict):
            self.define(node)
            return Named(node.key, node.place)
        return self._schema(node)

    def use_member(self, node: Node, key: str) -> Schema | None:
        """The schema of a member, where there is one."""
        member = node.member(key)
        return self.use(member) if member is not None and isinstance(member.value, (dict, bool)) else None

    def _reference(self, node: Node) -> Schema:
        target = node.follow()
        if target is None:
            return Always(node.place)
        self.define(target)
        self.claims.add("default", node.member("default"), Named(target.key, target.place))
        named = Named(
            target.key,
            node.place,
            description=node.text("description"),
            default=_or_absent(node, "default"),
            deprecated=node.flag("deprecated"),
        )
        if node.flag("nullable") and not target.flag("nullable"):
            return Shape(node.place, any_of=(named, Shape(node.place, types=("null",))))
        return named

    def _schema(self, node: Node) -> Schema:
        self._count += 1
        if self._count > MAX_SCHEMAS:
            message = f"the document has more than {MAX_SCHEMAS} schemas; the others are taken as `true`"
            self.problems.error(
                "WSG308", message, node.files.documents[""].place(), "make a document for each part of it"
            )
            return Always(node.place)
        value = node.value
        if value is False:
            return Never(node.place)
        if not isinstance(value, dict) or not value:
            return Always(node.place)
        if is_multi_format(node):
            return self._multi_format(node)
        shape = self._shape(node, value)
        self.claims.add_examples(node, shape)
        if shape.nullable:
            self._nullable.append(node)
        return shape

    def _multi_format(self, node: Node) -> Schema:
        format = node.text("schemaFormat")
        if is_json_schema(format):
            if "openapi" in format:
                self.openapi.append(node.key)
            return self.use_member(node, "schema") or Always(node.place)
        self.report_format(node, format)
        return Always(node.place)

    def report_format(self, node: Node, format: str) -> None:
        """Tell that a payload is described in a format that is not read."""
        message = f"the schema format is {format[:80]!r}, which is not JSON Schema; its messages are bytes"
        self.problems.warning("WSG317", message, node.place, "describe the payload with JSON Schema")

    def _shape(self, node: Node, value: Mapping[str, Json]) -> Shape:
        prefix, items, rest = self._items(node)
        discriminator, mapping = _discriminator(value.get("discriminator"))
        return Shape(
            place=node.place,
            types=_types(value.get("type")),
            title=node.text("title"),
            description=node.text("description"),
            format=node.text("format"),
            properties=self._named(node, "properties"),
            pattern_properties=self._named(node, "patternProperties"),
            additional_properties=self.use_member(node, "additionalProperties"),
            property_names=self.use_member(node, "propertyNames"),
            required=_required(value),
            items=items,
            prefix_items=prefix,
            additional_items=rest,
            enum=_values(value.get("enum")),
            const=_or_absent(node, "const"),
            default=_or_absent(node, "default"),
            all_of=self._several(node, "allOf"),
            any_of=self._several(node, "anyOf"),
            one_of=self._several(node, "oneOf"),
            not_=self.use_member(node, "not"),
            if_=self.use_member(node, "if"),
            then=self.use_member(node, "then"),
            else_=self.use_member(node, "else"),
            nullable=node.flag("nullable"),
            deprecated=node.flag("deprecated"),
            read_only=node.flag("readOnly"),
            write_only=node.flag("writeOnly"),
            discriminator=discriminator,
            discriminator_mapping=mapping,
            examples=_examples(value),
            keywords=_keywords(value),
            extensions=node.extensions(),
        )

    def _named(self, node: Node, key: str) -> Mapping[str, Schema]:
        member = node.member(key)
        if member is None:
            return {}
        return {name: self.use(schema) for name, schema in member.members()}

    def _several(self, node: Node, key: str) -> tuple[Schema, ...]:
        member = node.member(key)
        return tuple(self.use(schema) for schema in member.elements()) if member is not None else ()

    def _items(self, node: Node) -> tuple[tuple[Schema, ...], Schema | None, Schema | None]:
        """Fixed items, all items, and the items after fixed ones, from either way to write them."""
        items = node.member("items")
        if items is not None and isinstance(items.value, list):
            return self._several(node, "items"), None, self.use_member(node, "additionalItems")
        prefix = self._several(node, "prefixItems")
        all_items = self.use_member(node, "items")
        return (prefix, None, all_items) if prefix else ((), all_items, None)


def _types(value: Json) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    known = (_TYPES.get(name.lower()) if isinstance(name, str) else None for name in names)
    types = tuple(dict.fromkeys(name for name in known if name is not None))
    # A name without meaning makes the whole list say nothing: no valid instance may be refused.
    return types if all(isinstance(name, str) and name.lower() in _TYPES for name in names) else ()


def _discriminator(value: Json) -> tuple[str, Mapping[str, str]]:
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict):
        return "", {}
    name, mapping = value.get("propertyName"), value.get("mapping")
    pairs = mapping.items() if isinstance(mapping, dict) else ()
    targets = {key: target for key, target in pairs if isinstance(target, str)}
    return name if isinstance(name, str) else "", targets


def _keywords(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """The keywords without fields of their own; exclusive bounds of draft 4, which are flags, as numbers."""
    found = {
        key: item
        for key, item in value.items()
        if key not in _OWN_FIELDS and not key.startswith("x-") and _usable(key, item)
    }
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        flag = found.get(exclusive)
        if flag is True and bound in found:
            found[exclusive] = found.pop(bound)
        elif isinstance(flag, bool):
            del found[exclusive]
    return found


def _usable(key: str, value: Json) -> bool:
    """Whether the value of a keyword is what JSON Schema wants; others would say nothing, or break models."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key in _COUNTS:
        return isinstance(value, int) and number and value >= 0
    if key == "multipleOf":
        return isinstance(value, (int, float)) and number and value > 0
    if key in _NUMBERS:
        return number or (key.startswith("exclusive") and isinstance(value, bool))
    if key == "uniqueItems":
        return isinstance(value, bool)
    return key not in _TEXTS or isinstance(value, str)


def _examples(value: Mapping[str, Json]) -> tuple[Json, ...]:
    examples = value.get("examples")
    several: Iterable[Json] = examples if isinstance(examples, list) else ()
    return (*several, *((value["example"],) if "example" in value else ()))


def _values(value: Json) -> tuple[Json, ...] | None:
    return tuple(value) if isinstance(value, list) else None


def _strings(value: Json) -> tuple[str, ...]:
    items = value if isinstance(value, list) else ()
    return tuple(dict.fromkeys(item for item in items if isinstance(item, str)))


def _required(value: Mapping[str, Json]) -> tuple[str, ...]:
    """The names of required properties; also of those that say so themselves, as `required: true`."""
    properties = value.get("properties")
    entries = properties.items() if isinstance(properties, dict) else ()
    own = (name for name, schema in entries if isinstance(schema, dict) and schema.get("required") is True)
    return tuple(dict.fromkeys((*_strings(value.get("required")), *own)))


def _or_absent(node: Node, key: str) -> Json | Absent:
    member = node.member(key)
    return ABSENT if member is None else member.value
