"""From schemas to payload types: combinations are worked out, and every object gets a name.

Every instance that is valid by a schema is valid by its type. Where a schema says more than a type can
(`not`, `if`, `uniqueItems`, properties that depend on each other), the type says less.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import product

from wsgen.landing.python import identifier
from wsgen.model import ABSENT, Always, Json, Named, Never, Schema, SchemaKey, Shape
from wsgen.problems import Place, Problems

from .constraints import can_match, constraints, whole
from .forms import (
    Alias,
    Anything,
    Definition,
    ListOf,
    MapOf,
    Nothing,
    Null,
    ObjectType,
    Property,
    Scalar,
    ScalarKind,
    TupleOf,
    Type,
    Union,
    Use,
    Value,
    Values,
)
from .intersect import asserts, both, is_text, only_types, same

__all__ = ["Hint", "Reader"]

_MAX_DEPTH = 60
_MAX_CLASSES = 20_000
_MAX_READS = 200  # of one variant: combinations of combinations read it again and again

_SCALARS: Mapping[str, ScalarKind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}

# Words that stand as `type` in real documents though JSON Schema does not have them.
_MEANT: Mapping[str, str] = {
    "str": "string",
    "text": "string",
    "date": "string",
    "datetime": "string",
    "date-time": "string",
    "uuid": "string",
    "byte": "string",
    "binary": "string",
    "int": "integer",
    "int32": "integer",
    "int64": "integer",
    "long": "integer",
    "short": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "bool": "boolean",
    "dict": "object",
    "map": "object",
    "list": "array",
    "any": "",
}

_WIDE = frozenset(("int64", "uint64"))
_EXACT = 2**53 - 1

# Formats that have a type of their own in every target, where the configuration wants that. Others are always text:
# their types change what they hold (URLs), or refuse what the format allows.
_FORMATS: Mapping[str, ScalarKind] = {"date-time": "date-time", "date": "date", "uuid": "uuid"}


@dataclass(frozen=True, slots=True)
class Hint:
    """How to call a class that is found here. `exact`: the name is given to this very schema."""

    name: str
    exact: bool = False

    def of(self, part: str) -> Hint:
        return Hint(self.name + identifier(part, "pascal", lead="property"))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A class whose properties are still to be read."""

    id: str
    name: str
    shape: Shape
    depth: int


class Reader:
    """Reads schemas. Call `read` for every payload, then `finish` for the definitions that they need."""

    def __init__(
        self,
        definitions: Mapping[SchemaKey, Schema],
        names: Mapping[SchemaKey, str],
        taken: Collection[str],
        problems: Problems,
        *,
        typed_formats: bool,
        wide: ScalarKind = "integer",
        checked: bool = True,
    ) -> None:
        self._wide: ScalarKind = wide
        self._formats: Mapping[str, ScalarKind] = _FORMATS if typed_formats else {}
        self._checked = checked
        self._definitions = definitions
        self._names = names
        self._problems = problems
        self._taken = {*taken, *names.values()}
        self._given: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._types: dict[SchemaKey, Type] = {}
        self._open: set[SchemaKey] = set()
        self._waiting: deque[_Waiting] = deque()
        self._aliases: dict[str, Alias] = {}
        self._merging: set[SchemaKey] = set()
        self._classes = 0
        self._reads: Counter[Place] = Counter()

    def read(self, schema: Schema, hint: Hint, depth: int = 0) -> Type:
        """The type of a schema; `hint` names the class of an object that is defined on the spot."""
        if isinstance(schema, Always):
            return Anything()
        if isinstance(schema, Never):
            return Nothing()
        if isinstance(schema, Named):
            return self._named(schema, depth)
        if depth > _MAX_DEPTH:
            return self._beyond(hint, schema.place)
        lifted = self._lift(schema)
        if isinstance(lifted, Named):
            return _union([self.read(lifted, hint, depth + 1), *_null(schema)])
        if not isinstance(lifted, Shape):
            return self.read(lifted, hint)
        return _union([*self._members(lifted, hint, depth), *_null(lifted)])

    def finish(self) -> dict[str, Definition]:
        """Read the properties of all classes that were met, and of those met while reading them."""
        found: dict[str, Definition] = {}
        while self._waiting:
            each = self._waiting.popleft()
            found[each.id] = self._object(each)
        return {**self._aliases, **found}

    def _named(self, named: Named, depth: int) -> Type:
        """A definition: its class, its alias, or its type itself where that needs no name."""
        key = named.key
        if key in self._types:
            return self._types[key]
        if key in self._open or key not in self._definitions:
            return self._circular(key, named.place)
        self._open.add(key)
        definition = self._definitions[key]
        type = self.read(definition, Hint(self._name(key), exact=True), depth + 1)
        self._open.discard(key)
        if _deserves_a_name(type):
            type = self._alias(key, type, definition)
        self._types[key] = type
        return type

    def _circular(self, key: SchemaKey, place: Place) -> Type:
        message = f"`{self._name(key)}` refers to itself with no object in between; that part of it has no type"
        self._problems.note("WSG461", message, place)
        return Anything()

    def _beyond(self, hint: Hint, place: Place) -> Type:
        message = f"the schema of `{hint.name}` is nested too deeply, or combines too much; the rest has no type"
        fix = "define inner schemas in `components.schemas` and refer to them"
        self._problems.warning("WSG466", message, place, fix)
        return Anything()

    def _name(self, key: SchemaKey) -> str:
        return self._names.get(key) or identifier(key.rpartition("/")[2], "pascal", lead="schema")

    def _alias(self, key: SchemaKey, type: Type, definition: Schema) -> Type:
        name = self.claim(Hint(self._name(key), exact=True))
        id = f"A{len(self._aliases)}"
        description = definition.description if isinstance(definition, Shape) else ""
        null = [Null()] if isinstance(type, Union) and Null() in type.members else []
        self._aliases[id] = Alias(id, name, _without_null(type), definition.place, description)
        return _union([Use(id), *null])

    def claim(self, hint: Hint) -> str:
        """A name of its own: the hinted one, or the first free one with a number."""
        name = hint.name
        if not (hint.exact and name not in self._given):
            while name in self._taken or name in self._given:
                number = self._numbers.get(hint.name, 1) + 1
                self._numbers[hint.name], name = number, f"{hint.name}{number}"
        self._given.add(name)
        return name

    # Combinations

    def _lift(self, shape: Shape) -> Schema:
        """A schema without `allOf`: the one part that says something, or all parts merged."""
        if not shape.all_of:
            return shape
        own = replace(shape, all_of=())
        parts = [part for part in (own, *shape.all_of) if asserts(part)]
        if any(isinstance(part, Named) for part in parts):
            parts = [part for part in parts if not (isinstance(part, Shape) and only_types(part))]
        if len(parts) == 1 and isinstance(parts[0], Named):
            return parts[0]
        return self._flat(shape, frozenset())

    def _flat(self, schema: Schema, seen: frozenset[SchemaKey]) -> Schema:
        """A schema with references followed and `allOf` merged, at its top level."""
        if isinstance(schema, Named):
            if schema.key in seen or schema.key not in self._definitions:
                return Always(schema.place)
            return self._flat(self._definitions[schema.key], seen | {schema.key})
        if not isinstance(schema, Shape) or not schema.all_of:
            return schema
        merged = replace(schema, all_of=())
        for part in schema.all_of:
            flat = self._flat(part, seen)
            if isinstance(flat, Never):
                return flat
            if isinstance(flat, Shape):
                merged = both(merged, flat)
        return merged

    def _members(self, shape: Shape, hint: Hint, depth: int) -> list[Type]:
        """The types that a schema allows, null left out."""
        if shape.const is not ABSENT:
            return _listed((shape.const,), shape)
        if shape.enum is not None:
            return _listed(shape.enum, shape)
        groups = [group for group in (shape.any_of, shape.one_of) if any(map(_shapes_a_type, group))]
        if groups:
            return self._variants(shape, groups, hint, depth)
        return [type for word in self._words(shape) for type in self._typed(word, shape, hint, depth)]

    def _variants(self, shape: Shape, groups: list[tuple[Schema, ...]], hint: Hint, depth: int) -> list[Type]:
        """`anyOf` and `oneOf`: each variant together with what stands beside them."""
        base = replace(shape, any_of=(), one_of=(), nullable=False, description="", default=ABSENT)
        beside = [base] if asserts(base) and not only_types(base) else []
        read = [self._choice(beside, list(choice), hint, depth) for choice in product(*groups)]
        type = _union(read)
        if isinstance(type, Union) and shape.discriminator:
            type = replace(type, discriminator=shape.discriminator)
        return [type]

    def _choice(self, beside: list[Shape], choice: list[Schema], hint: Hint, depth: int) -> Type:
        place = choice[-1].place
        self._reads[place] += 1
        if self._reads[place] > _MAX_READS:
            return self._beyond(hint, place)
        name = self._variant(choice[-1], hint)
        if not beside and len(choice) == 1:
            return self.read(choice[0], name, depth + 1)
        keys = {part.key for part in choice if isinstance(part, Named)}
        if keys & self._merging:
            return self._circular(min(keys & self._merging), place)
        self._merging |= keys
        merged = self._flat(Shape(place=choice[0].place, all_of=(*beside, *choice)), frozenset())
        type = self.read(merged, name, depth + 1)
        self._merging -= keys
        return type

    def _variant(self, last: Schema, hint: Hint) -> Hint:
        """A variant's own word: the name of its definition, or its title."""
        if isinstance(last, Named):
            return hint.of(self._name(last.key))
        return hint.of(last.title) if isinstance(last, Shape) and last.title else Hint(hint.name)

    # Types

    def _words(self, shape: Shape) -> list[str]:
        """The words of `type`, or the one that the other keywords speak of; empty is anything."""
        found: list[str] = []
        for word in shape.types:
            meant = word if word in _TYPED or word == "null" else _MEANT.get(word.lower())
            found.append(meant or "")
        if not shape.types and (shape.properties or shape.required or shape.pattern_properties):
            return ["object"]
        if not shape.types and (shape.items is not None or shape.prefix_items):
            return ["array"]
        if not shape.types and shape.additional_properties is not None:
            return ["object"]
        return [word for word in dict.fromkeys(found) if word != "null"] or ([] if found else [""])

    def _typed(self, word: str, shape: Shape, hint: Hint, depth: int) -> list[Type]:
        if word == "object":
            return [self._mapping(shape, hint, depth)]
        if word == "array":
            return [self._array(shape, hint, depth)]
        if word not in _SCALARS:
            return [Anything()]
        kind = _SCALARS[word]
        if kind == "string" and not _several(shape.types):
            kind = self._formats.get(shape.format, kind)
        pattern = shape.keywords.get("pattern")
        if self._checked and kind == "string" and isinstance(pattern, str) and not can_match(pattern):
            self._problems.note("WSG462", f"the pattern {pattern!r} is not checked by the client", shape.place)
        if kind == "integer" and _is_wide(shape):
            return [Scalar(self._wide, constraints(kind, shape.keywords))]
        return [Scalar(kind, constraints(kind, shape.keywords))]

    def _array(self, shape: Shape, hint: Hint, depth: int) -> Type:
        rest = shape.additional_items if shape.prefix_items and shape.items is None else shape.items
        item = hint.of("item")
        least, most = whole(shape.keywords.get("minItems")), whole(shape.keywords.get("maxItems"))
        if not shape.prefix_items:
            return ListOf(self.read(rest, item, depth + 1) if rest is not None else Anything(), least or None, most)
        fixed = tuple(self.read(each, item, depth + 1) for each in shape.prefix_items)
        closed = isinstance(rest, Never) or (most is not None and most <= len(fixed))
        if closed and (least or 0) >= len(fixed) and Nothing() not in fixed:
            return TupleOf(fixed)
        more = [] if closed else [self.read(rest, item, depth + 1) if rest is not None else Anything()]
        return ListOf(_union([*fixed, *more]), least or None, most)

    def _mapping(self, shape: Shape, hint: Hint, depth: int) -> Type:
        """An object: a class where it has properties, else a dictionary."""
        others = shape.additional_properties is not None or shape.pattern_properties
        if shape.properties or (shape.required and not others):
            return self._class(shape, hint, depth)
        least = whole(shape.keywords.get("minProperties")) or None
        most = whole(shape.keywords.get("maxProperties"))
        return MapOf(self._others(shape, hint, depth) or Anything(), least, most)

    def _others(self, shape: Shape, hint: Hint, depth: int) -> Type | None:
        """What properties without a description of their own hold; None where the schema does not say."""
        more = shape.additional_properties
        schemas = [*shape.pattern_properties.values(), *([] if more is None else [more])]
        if not schemas:
            return None
        types = [self.read(each, hint.of("value"), depth + 1) for each in schemas]
        return _union(types if more is not None else [*types, Anything()])

    def _class(self, shape: Shape, hint: Hint, depth: int) -> Type:
        if self._classes >= _MAX_CLASSES:
            message = f"the payloads need more than {_MAX_CLASSES} classes; what is beyond has no type"
            self._problems.warning(
                "WSG466", message, shape.place, "leave out what is not needed, with `include` or `exclude`"
            )
            return MapOf(Anything())
        id = f"C{self._classes}"
        self._classes += 1
        self._waiting.append(_Waiting(id, self.claim(hint), shape, depth))
        return Use(id)

    def _object(self, each: _Waiting) -> ObjectType:
        shape, hint = each.shape, Hint(each.name)
        closed = isinstance(shape.additional_properties, Never)
        properties = [
            self._property(wire, schema, wire in shape.required, hint, each.depth)
            for wire, schema in shape.properties.items()
            if is_text(wire)
        ]
        unsaid = [wire for wire in shape.required if wire not in shape.properties and is_text(wire)]
        if not closed:
            # Required, and described by nothing: its value would be lost otherwise.
            properties += [Property(wire, Anything(), True, shape.place) for wire in unsaid]
        return ObjectType(
            id=each.id,
            name=each.name,
            properties=tuple(found for found in properties if found.type != Nothing()),
            place=shape.place,
            extra=bool(shape.pattern_properties) or not (closed or shape.additional_properties is None),
            description=shape.description,
            deprecated=shape.deprecated,
        )

    def _property(self, wire: str, schema: Schema, required: bool, hint: Hint, depth: int) -> Property:
        type = self.read(schema, hint.of(wire), depth + 1)
        if isinstance(schema, Named):
            return Property(wire, type, required, schema.place, schema.default, schema.description, schema.deprecated)
        if not isinstance(schema, Shape):
            return Property(wire, type, required, schema.place)
        merged = self._flat(schema, frozenset()) if schema.all_of else schema
        default, format = (merged.default, merged.format) if isinstance(merged, Shape) else (schema.default, "")
        description = schema.description
        if format in _FORMATS and format not in self._formats:
            description = f"{description.strip()}\n\nFormat: {format}.".lstrip()
        return Property(wire, type, required, schema.place, default, description, schema.deprecated)


_TYPED = frozenset({*_SCALARS, "object", "array"})

_WORDS: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _shapes_a_type(schema: Schema) -> bool:
    """Whether a variant says what kind of value it is, and not only which properties are needed."""
    if not isinstance(schema, Shape):
        return isinstance(schema, Named)
    bare = replace(schema, required=(), keywords={}, additional_properties=None)
    return asserts(bare) or schema.additional_properties is not None


def _several(types: tuple[str, ...]) -> bool:
    """Whether a format stands beside several types; then it is not certain what it speaks of."""
    return len([type for type in types if type != "null"]) > 1


def _null(shape: Shape) -> list[Type]:
    """Null, where a schema allows it (JSON Schema's and OpenAPI's way)."""
    listed = shape.enum is not None and None in shape.enum
    allowed = shape.nullable or "null" in shape.types or listed or shape.const is None
    return [Null()] if allowed else []


def _listed(listed: tuple[Json, ...], shape: Shape) -> list[Type]:
    """`enum` and `const`. Values that `type` does not allow are no values, unless none is left."""
    values = [value for value in listed if value is not None and not (isinstance(value, str) and not is_text(value))]
    fitting = [value for value in values if _fits(value, shape.types)] or values
    plain = tuple(value for value in fitting if isinstance(value, str | int))
    unique: list[Value] = []
    for value in plain:
        if not any(same(value, other) for other in unique):
            unique.append(value)
    constant = len(listed) == 1
    if not fitting and any(value is not None for value in listed):
        return [Scalar("string")]
    types: list[Type] = [Values(tuple(unique), constant)] if unique else []
    if {True, False} <= {value for value in unique if isinstance(value, bool)} and len(unique) == 2:
        types = [Scalar("boolean")]
    if any(isinstance(value, float) for value in fitting):
        types.append(Scalar("number"))
    if any(isinstance(value, list) for value in fitting):
        types.append(ListOf(Anything()))
    if any(isinstance(value, dict) for value in fitting):
        types.append(MapOf(Anything()))
    return types


def _fits(value: Json, types: tuple[str, ...]) -> bool:
    word = _WORDS[type(value)]
    return not types or word in types or (word == "integer" and "number" in types)


def _deserves_a_name(type: Type) -> bool:
    """Whether a definition that is no class is worth an alias: a choice between values or types."""
    bare = _without_null(type)
    return isinstance(bare, Union) or (isinstance(bare, Values) and not bare.constant)


def _without_null(type: Type) -> Type:
    if not isinstance(type, Union):
        return type
    return _union([member for member in type.members if member != Null()], type.discriminator)


def _union(types: list[Type], discriminator: str = "") -> Type:
    """One of several types: nested ones spread out, each once, null last, constants as one choice of values."""
    spread: list[Type] = []
    for type in types:
        spread += type.members if isinstance(type, Union) else (type,)
        discriminator = discriminator or (type.discriminator if isinstance(type, Union) else "")
    # By their text, because to Python 1 is True.
    unique = {repr(member): member for member in spread if member != Nothing()}
    if Anything() in unique.values():
        return Anything()
    flat = _values_as_one(list(unique.values()))
    ordered = [member for member in flat if member != Null()] + [member for member in flat if member == Null()]
    if len(ordered) < 2:
        return ordered[0] if ordered else Nothing()
    return Union(tuple(ordered), discriminator)


def _values_as_one(types: list[Type]) -> list[Type]:
    """Several choices of values are one choice; beside text of any kind a choice of texts is open."""
    listed = [type for type in types if isinstance(type, Values)]
    if not listed:
        return types
    values: list[Value] = []
    for value in (value for type in listed for value in type.values):
        if not any(same(value, other) for other in values):
            values.append(value)
    rest: list[Type] = [type for type in types if not isinstance(type, Values)]
    text = Scalar("string") in rest and all(isinstance(value, str) for value in values)
    open = text or any(type.open for type in listed)
    one = Values(tuple(values), len(listed) == 1 and listed[0].constant and not open, open)
    first = types.index(listed[0])
    rest.insert(min(first, len(rest)), one)
    return [type for type in rest if not (text and type == Scalar("string"))]


def _is_wide(shape: Shape) -> bool:
    """Whether a schema is of integers that a double cannot all hold: by its format or its limits."""
    limits = (shape.keywords.get(word) for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
    return shape.format.lower() in _WIDE or any(
        isinstance(limit, int | float) and abs(limit) > _EXACT for limit in limits
    )
