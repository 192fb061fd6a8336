"""Types as Python annotations, written by datamodel-code-generator.

The generator is given one bundle of questions in plain JSON Schema that holds no text of the document: in each
question classes, patterns and bounds stand as tokens (`C1`, `T2`, 1003), counted anew. So types that differ in
nothing but these are one question, and what the generator takes depends on how many kinds of types a document has,
not on how many types. What it writes is read back by `ast`, and the tokens are replaced. A question that it does not
answer, or in an unexpected way, is missing in the answer.

Most documents ask nothing but what others have asked before. Those answers stand in `answers`, and for a document
that asks for no other the generator is not even loaded.

What it cannot say inside of another type (a constraint or a tuple in a list, a choice of values) is a *leaf*: a
question of its own, which has a token like a class, put back where it is used.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from wsgen.landing.python import literal
from wsgen.model import Json

from .answers import ANSWERS
from .forms import (
    Anything,
    ListOf,
    MapOf,
    Nothing,
    Null,
    Scalar,
    ScalarKind,
    TupleOf,
    Type,
    Union,
    Use,
    Values,
)
from .layout import Bracket, Expression, Word, choice

__all__ = ["Annotation", "Annotator", "Local", "Wording"]

Local = Callable[[str, str], str]
"""From a module and a name in it (empty: the module itself) to what it is called in the generated module."""

_SCALARS: Mapping[ScalarKind, Mapping[str, Json]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
}

_ARGUMENTS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
"""What restricts a value, in the order in which it is written; pydantic and msgspec have the same names for it."""

FIRST_BOUND = 1000
"""What tokens of bounds are counted from."""

_BUILTINS = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type expression without null, the arguments that restrict it, and whether null is allowed besides."""

    type: Expression
    constraints: tuple[str, ...] = ()
    nullable: bool = False


class Wording(Protocol):
    """How a model library writes what is inside of annotations."""

    def restricted(self, annotation: Annotation, local: Local) -> Expression:
        """A type with its constraints, and with null."""
        ...

    def discriminated(self, members: Expression, attribute: str, local: Local) -> Expression:
        """A union of classes that the value of an attribute tells apart."""
        ...

    def untagged(self, members: Expression, local: Local) -> Expression:
        """A union that the library cannot take by itself."""
        ...


@dataclass(slots=True)
class _Tokens:
    """What stands for the classes, patterns and bounds of one question, each in the order in which they come."""

    classes: list[str] = field(default_factory=list[str])
    patterns: list[str] = field(default_factory=list[str])
    bounds: list[int | float] = field(default_factory=list[int | float])

    def of_class(self, id: str) -> str:
        return _token("C", self.classes, id)

    def of_pattern(self, pattern: str) -> str:
        return _token("T", self.patterns, pattern)

    def of_bound(self, bound: float) -> int | float:
        """A number of the same type. Zero is zero, which generators may take for nothing."""
        if bound == 0:
            return bound
        self.bounds.append(bound)
        return bound.__class__(FIRST_BOUND + len(self.bounds))


def _token(letter: str, known: list[str], value: str) -> str:
    if value not in known:
        known.append(value)
    return f"{letter}{known.index(value)}"


_Asked: TypeAlias = dict[tuple[str, int], tuple[str, _Tokens]]
"""By the id of what a type belongs to and its number in it: the question, and what its tokens stand for."""


@dataclass(slots=True)
class _Questions:
    """What the generator is asked, and which of it is about what."""

    numbers: dict[str, str] = field(default_factory=dict[str, str])
    bundle: dict[str, Json] = field(default_factory=dict[str, Json])
    asked: dict[tuple[str, int], tuple[str, _Tokens]] = field(
        default_factory=dict[tuple[str, int], tuple[str, _Tokens]]
    )

    def ask(self, id: str, index: int, schema: Json, tokens: _Tokens) -> None:
        """Ask for one type of what has this id."""
        text = json.dumps(schema)
        if text not in self.numbers:
            self.numbers[text] = f"Q{len(self.numbers)}"
            self.bundle[self.numbers[text]] = _object([schema])
        self.asked[id, index] = self.numbers[text], tokens

    def answers(self) -> dict[str, ast.expr]:
        """The annotation of each question that is answered."""
        known = {self.numbers[text]: ANSWERS[text] for text in self.numbers if text in ANSWERS}
        found = {number: ast.parse(answer, mode="eval").body for number, answer in known.items()}
        unknown = {number: schema for number, schema in self.bundle.items() if number not in known}
        return found | self.generated(unknown) if unknown else found

    def generated(self, bundle: Mapping[str, Json]) -> dict[str, ast.expr]:
        """The annotation of each question that the generator answers."""
        classes = max((len(tokens.classes) for _, tokens in self.asked.values()), default=0)
        return _generated({f"C{number}": _object([]) for number in range(classes)}, bundle)


class _Unexpected(Exception):
    """The generator wrote something that it was not asked for."""


class Annotator:
    """Collects types, has all of them written at once, and reads what was written.

    Args:
        name: from the id of a definition to its class or alias name.
        attribute: from a class id and a wire name to the attribute of that class.
        wording: how the model library says it.
    """

    def __init__(self, name: Callable[[str], str], attribute: Callable[[str, str], str], wording: Wording) -> None:
        self._name = name
        self._attribute = attribute
        self._wording = wording
        self._wanted: dict[str, tuple[Type, ...]] = {}
        self._leaves: dict[str, Type] = {}
        self._questions = _Questions()
        self._written: dict[str, ast.expr] = {}

    def want(self, id: str, types: Sequence[Type]) -> None:
        """Ask for the types that a definition is made of. Call `write` after the last one."""
        self._wanted[id] = tuple(types)
        for index, type in enumerate(types):
            self._ask(id, index, type)

    def want_alone(self, id: str, type: Type) -> None:
        """Ask for a type that is no definition: a class that stands for itself is not asked for again."""
        if isinstance(_without_null(type), Use):
            self._wanted[id] = (type,)
        else:
            self.want(id, [type])

    def write(self) -> None:
        """Have everything written."""
        self._written = self._questions.answers()

    def annotations(self, id: str, local: Local) -> tuple[Annotation, ...] | None:
        """The annotations of what was asked for under an id, in that order; None if it could not be written."""
        shared = (self._leaves, self._questions.asked, self._written)
        reading = _Reading(self._name, self._attribute, self._wording, local, *shared)
        try:
            return tuple(reading.field(id, index, type) for index, type in enumerate(self._wanted[id]))
        except _Unexpected:
            return None

    def _ask(self, id: str, index: int, type: Type) -> None:
        bare = _without_null(type)
        if not _is_own(bare) and not isinstance(bare, Use):
            tokens = _Tokens()
            self._questions.ask(id, index, self._top(bare, tokens), tokens)

    def _top(self, type: Type, tokens: _Tokens) -> Json:
        """A type that is the whole of a field: constraints can stand here, and null is added afterwards."""
        match type:
            case Scalar(kind=kind, constraints=constraints):
                return {**_SCALARS[kind], **{key: _constraint(value, tokens) for key, value in constraints}}
            case ListOf(item=item, least=least, most=most):
                return {"type": "array", "items": self._inner(item, tokens), **_sized("Items", least, most, tokens)}
            case MapOf(value=value, least=least, most=most):
                inner = self._inner(value, tokens)
                return {"type": "object", "additionalProperties": inner, **_sized("Properties", least, most, tokens)}
            case TupleOf(items=items):
                fixed: list[Json] = [self._inner(item, tokens) for item in items]
                return {
                    "type": "array",
                    "prefixItems": fixed,
                    "items": False,
                    "minItems": len(items),
                    "maxItems": len(items),
                }
            case Union(members=members, untagged=True):
                return {"anyOf": [self._inner(member, tokens) for member in members]}
            case _:
                return self._inner(type, tokens)

    def _inner(self, type: Type, tokens: _Tokens) -> Json:
        """A type inside of another."""
        match type:
            case Anything() | Nothing():
                return {}
            case Null():
                return {"type": "null"}
            case Scalar(kind=kind, constraints=()):
                return dict(_SCALARS[kind])
            case ListOf(item=item, least=None, most=None):
                return {"type": "array", "items": self._inner(item, tokens)}
            case MapOf(value=value, least=None, most=None):
                return {"type": "object", "additionalProperties": self._inner(value, tokens)}
            case Union(members=members, discriminator="", untagged=False):
                return {"anyOf": [self._inner(member, tokens) for member in members]}
            case Use(id=id):
                return {"$ref": f"#/$defs/{tokens.of_class(id)}"}
            case _:
                return {"$ref": f"#/$defs/{tokens.of_class(self._leaf(type))}"}

    def _leaf(self, type: Type) -> str:
        id = f"L{len(self._leaves)}"
        self._leaves[id] = type
        self._ask(id, 0, type)
        return id


@dataclass(frozen=True, slots=True)
class _Reading:
    """From the answer to expressions, with the names of one module."""

    name: Callable[[str], str]
    attribute: Callable[[str, str], str]
    wording: Wording
    local: Local
    leaves: Mapping[str, Type]
    asked: _Asked
    written: Mapping[str, ast.expr]

    def field(self, id: str, index: int, type: Type) -> Annotation:
        """The annotation of a field: written here where it is ours to write, else read from the answer."""
        bare = _without_null(type)
        nullable = bare != type
        if _is_own(bare):
            return Annotation(self._own(bare), nullable=nullable)
        if isinstance(bare, Use):
            return Annotation(Word(self.name(bare.id)), nullable=nullable)
        question, tokens = self.asked[id, index]
        written = self.written.get(question)
        if written is None:
            raise _Unexpected
        constraints: tuple[str, ...] = ()
        match written:
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, ast.Call() as field])):
                written, constraints = inner, self._arguments(field.keywords, tokens)
            case _:
                pass
        expression = self._expression(written, tokens)
        if isinstance(bare, Union) and bare.untagged:
            expression = self.wording.untagged(expression, self.local)
        return Annotation(expression, constraints, nullable)

    def _own(self, type: Type) -> Expression:
        """What the generator is not asked for: a choice of values, and a union with a discriminator."""
        if isinstance(type, Values):
            values = tuple(Word(literal(value)) for value in type.values)
            kinds = {"str": str, "int": int}
            more = [Word(word) for word, kind in kinds.items() if any(value.__class__ is kind for value in type.values)]
            return choice(Bracket(self.local("typing", "Literal"), values), *(more if type.open else ()))
        assert isinstance(type, Union)
        ids = [member.id for member in type.members if isinstance(member, Use)]
        members = choice(*(Word(self.name(id)) for id in ids))
        return self.wording.discriminated(members, self.attribute(ids[0], type.discriminator), self.local)

    def _arguments(self, keywords: Sequence[ast.keyword], tokens: _Tokens) -> tuple[str, ...]:
        values = {keyword.arg: keyword.value for keyword in keywords}
        if not values.keys() <= set(_ARGUMENTS):
            raise _Unexpected
        return tuple(f"{name}={self._limit(values[name], tokens)}" for name in _ARGUMENTS if name in values)

    def _limit(self, written: ast.expr, tokens: _Tokens) -> str:
        try:
            value = ast.literal_eval(written)
        except ValueError:
            raise _Unexpected from None
        if isinstance(value, str):
            return literal(tokens.patterns[int(value[1:])])
        if not isinstance(value, int | float):
            raise _Unexpected
        if tokens.bounds and value != 0:
            value = tokens.bounds[int(value) - FIRST_BOUND - 1]
        return literal(int(value) if value == int(value) else value)

    def _expression(self, written: ast.expr, tokens: _Tokens) -> Expression:
        match written:
            case ast.Constant(value=None):
                return Word("None")
            case ast.Name(id=id):
                return self._named(id, tokens)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return choice(self._expression(left, tokens), self._expression(right, tokens))
            case ast.Subscript(value=ast.Name(id="list" | "dict" | "tuple" as head), slice=ast.Tuple(elts=items)):
                return Bracket(head, tuple(self._expression(item, tokens) for item in items))
            case ast.Subscript(value=ast.Name(id="list" | "dict" | "tuple" as head), slice=item):
                return Bracket(head, (self._expression(item, tokens),))
            case _:
                raise _Unexpected

    def _named(self, word: str, tokens: _Tokens) -> Expression:
        if word in _BUILTINS:
            return Word(word)
        if word[0] == "C" and word[1:].isdecimal():
            id = tokens.classes[int(word[1:])]
            if id in self.leaves:
                return self.wording.restricted(self.field(id, 0, self.leaves[id]), self.local)
            return Word(self.name(id))
        match word:
            case "Any":
                return Word(self.local("typing", "Any"))
            case "UUID":
                return Word(self.local("uuid", "UUID"))
            case "date" | "datetime":
                return Word(f"{self.local('datetime', '')}.{word}")
            case _:
                raise _Unexpected


def _without_null(type: Type) -> Type:
    """The one type beside null, or the union of those beside it."""
    if not isinstance(type, Union) or Null() not in type.members:
        return type
    members = tuple(member for member in type.members if member != Null())
    return members[0] if len(members) == 1 and not type.untagged else replace(type, members=members)


def _is_own(type: Type) -> bool:
    return isinstance(type, Values) or (isinstance(type, Union) and bool(type.discriminator))


def _constraint(value: Json, tokens: _Tokens) -> Json:
    """A constraint as it may stand in a question."""
    if isinstance(value, str):
        return tokens.of_pattern(value)
    return tokens.of_bound(value) if isinstance(value, int | float) else value


def _sized(noun: str, least: int | None, most: int | None, tokens: _Tokens) -> dict[str, Json]:
    sizes = {f"min{noun}": least, f"max{noun}": most}
    return {key: tokens.of_bound(value) for key, value in sizes.items() if value is not None}


def _object(schemas: Sequence[Json]) -> Json:
    names = [f"p{index}" for index in range(len(schemas))]
    return {
        "type": "object",
        "properties": dict(zip(names, schemas, strict=True)),
        "required": list[Json](names),
    }


def _generated(stubs: Mapping[str, Json], bundle: Mapping[str, Json]) -> dict[str, ast.expr]:
    """The annotation of each question. If the whole fails, each is tried by itself."""
    try:
        return _annotations(_source({**stubs, **bundle}))
    except Exception:  # whatever it is: no document may end in a traceback
        found: dict[str, ast.expr] = {}
        for question, schema in bundle.items():
            try:
                found |= _annotations(_source({**stubs, question: schema}))
            except Exception:
                continue
        return found


def _annotations(source: str) -> dict[str, ast.expr]:
    return {
        each.name: statement.annotation
        for each in ast.parse(source).body
        if isinstance(each, ast.ClassDef)
        for statement in each.body
        if isinstance(statement, ast.AnnAssign)
    }


def _source(bundle: Mapping[str, Json]) -> str:
    """The module that datamodel-code-generator makes of the bundle."""
    from datamodel_code_generator import DatetimeClassType, InputFileType, PythonVersion, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import Formatter

    written = generate(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": dict(bundle)},
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        output_datetime_class=DatetimeClassType.Datetime,
        use_annotated=True,
        field_constraints=True,
        use_standard_collections=True,
        use_union_operator=True,
        use_tuple_for_fixed_items=True,
        use_tuple_for_closed_arrays=True,
        strict_nullable=True,
        keep_model_order=True,
        disable_timestamp=True,
        formatters=[Formatter.BUILTIN],
    )
    return written if isinstance(written, str) else ""
