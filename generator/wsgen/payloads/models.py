"""The room's main function, and what goes in and out of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from wsgen.model import Schema, SchemaKey
from wsgen.problems import Place, Problems

from .annotate import Annotation, Annotator
from .fields import Field, fields
from .forms import (
    Alias,
    Anything,
    Definition,
    ListOf,
    MapOf,
    Nothing,
    ObjectType,
    Scalar,
    ScalarKind,
    Type,
    Union,
    Use,
    Value,
    Values,
    children,
    uses,
)
from .layout import Bracket, Word, flat
from .library import Library, alias
from .limits import limited
from .msgspec_models import MsgspecModels
from .pydantic_models import PydanticModels
from .read import Hint, Reader
from .settle import Settled, is_constant, parts, reachable, rebuilt, settle
from .telling import FrameTag, tell
from .text import Imports, module, order

__all__ = [
    "ModelLibrary",
    "ModelOptions",
    "Models",
    "PayloadTypes",
    "Root",
    "TypeExpression",
    "examine_models",
    "settle_types",
    "write_models",
]

ModelLibrary: TypeAlias = Literal["pydantic", "msgspec"]


@dataclass(frozen=True, slots=True)
class Root:
    """A payload whose type the client needs.

    Attributes:
        id: the caller's handle, as "received:bars.update".
        name: what to call its class, where the schema is defined on the spot and needs one.
        sent: whether the client sends it.
        received: whether the server sends it; enums that it reaches are open.
        tag: where a received payload is the whole frame, what says in it which message it is.
    """

    id: str
    schema: Schema
    name: str
    sent: bool
    received: bool
    tag: FrameTag | None = None


@dataclass(frozen=True, slots=True)
class TypeExpression:
    """A type as it is written outside of `models.py`.

    Attributes:
        text: the expression, as `dict[str, int]` or `Bar | None`.
        models: the names in it to import from the models.
        typing: the names in it to import from `typing`.
        runtime: names in it that stand for names of the runtime, with these.
        protocol: the names in it to import from the protocol.
    """

    text: str
    models: tuple[str, ...]
    typing: tuple[str, ...]
    runtime: tuple[tuple[str, str], ...] = ()
    protocol: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Models:
    """The payload models of a client.

    Attributes:
        text: `models.py`, below the file's header and docstring; it begins with `from __future__`.
        classes: the names that the module defines (classes, and aliases of enums and unions), sorted.
        types: the type of each root, by its id.
        open_enums: the enums that take unknown values too, as `Class.property` (wire name) or the enum's name.
    """

    text: str
    classes: tuple[str, ...]
    types: Mapping[str, TypeExpression]
    open_enums: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What users decide of all models.

    Attributes:
        strict_enums: open no enum.
        typed_formats: dates, times and UUIDs are objects; else they stay the text that travels.
        wide: the kind of integers of 64 bits.
        library: what the models are made of.
    """

    strict_enums: bool = False
    typed_formats: bool = False
    library: ModelLibrary = "pydantic"
    wide: ScalarKind = "integer"


def write_models(
    roots: Sequence[Root],
    definitions: Mapping[SchemaKey, Schema],
    names: Mapping[SchemaKey, str],
    *,
    taken: Collection[str],
    options: ModelOptions,
    problems: Problems,
) -> Models:
    """Write the models of all payloads and of what they use.

    Args:
        definitions: the schemas that have a place of their own, by key.
        names: the class name of each of them.
        taken: names that classes of inline schemas must not have.
    """
    return _Writer(*_settle_all(roots, definitions, names, taken, options, problems), problems).models()


def examine_models(
    roots: Sequence[Root],
    definitions: Mapping[SchemaKey, Schema],
    names: Mapping[SchemaKey, str],
    *,
    taken: Collection[str],
    options: ModelOptions,
    problems: Problems,
) -> None:
    """Report what `write_models` would report, and write nothing.

    datamodel-code-generator is not loaded, which takes longer than all the rest; that it could not write a
    model (WSG463) is therefore not told.
    """
    settled, sent, library = _settle_all(roots, definitions, names, taken, options, problems)
    _fields(settled, sent, library, problems)


@dataclass(frozen=True, slots=True)
class PayloadTypes:
    """The payload types of a client as values, for a target whose models are printed by its views.

    Attributes:
        definitions: what has a name of its own, by id, in the order in which payloads use it.
        roots: the type of each payload, by the root's id.
        sent, received: the ids of the definitions that payloads of this direction reach.
        filled: constants of payloads that the client fills in, by the root's id: the caller need not give them.
        optional: (class id, wire name) of these, where nothing else uses the class.
        open_enums: the enums that take unknown values too, as `Class.property` (wire name) or the enum's name.
    """

    definitions: Mapping[str, Definition]
    roots: Mapping[str, Type]
    sent: frozenset[str]
    received: frozenset[str]
    filled: Mapping[str, Mapping[str, Value]]
    optional: frozenset[tuple[str, str]]
    open_enums: tuple[str, ...]


def settle_types(
    roots: Sequence[Root],
    definitions: Mapping[SchemaKey, Schema],
    names: Mapping[SchemaKey, str],
    *,
    taken: Collection[str],
    options: ModelOptions,
    problems: Problems,
) -> PayloadTypes:
    """Settle the types of all payloads; the arguments are those of `write_models`."""
    settled, sent, _ = _settle_all(roots, definitions, names, taken, options, problems, checked=False)
    received = reachable(settled.definitions, [settled.roots[root.id] for root in roots if root.received])
    inner = _used_within(settled, roots)
    filled: dict[str, Mapping[str, Value]] = {}
    optional: set[tuple[str, str]] = set()
    for root in roots:
        type = settled.roots[root.id]
        owner = settled.definitions.get(type.id) if root.sent and isinstance(type, Use) else None
        if isinstance(owner, ObjectType):
            constants = {
                each.wire: each.type.values[0]
                for each in owner.properties
                if isinstance(each.type, Values) and is_constant(owner, each, settled.tags)
            }
            filled[root.id] = constants
            if owner.id not in received and owner.id not in inner:
                optional |= {(owner.id, wire) for wire in constants}
    ordered = {id: settled.definitions[id] for id in _in_order(settled)}
    return PayloadTypes(
        ordered,
        settled.roots,
        frozenset(sent),
        received,
        {id: each for id, each in filled.items() if each},
        frozenset(optional),
        settled.opened,
    )


def _used_within(settled: Settled, roots: Sequence[Root]) -> frozenset[str]:
    """The definitions that are parts of others, or of payloads that are more than the one class."""
    found = {id for each in settled.definitions.values() for type in parts(each) for id in uses(type)}
    for root in roots:
        type = settled.roots[root.id]
        found |= set() if isinstance(type, Use) else set(uses(type))
    return frozenset(found)


def _in_order(settled: Settled) -> list[str]:
    """The ids of all definitions: each payload's, then what it uses."""
    found: dict[str, None] = {}
    waiting = [id for type in reversed(list(settled.roots.values())) for id in reversed(uses(type))]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found[id] = None
            waiting += [used for type in reversed(parts(settled.definitions[id])) for used in reversed(uses(type))]
    return list(found)


def _settle_all(
    roots: Sequence[Root],
    definitions: Mapping[SchemaKey, Schema],
    names: Mapping[SchemaKey, str],
    taken: Collection[str],
    options: ModelOptions,
    problems: Problems,
    *,
    checked: bool = True,
) -> tuple[Settled, Collection[str], Library]:
    """What is needed of all types, the ids of those that the client sends, and how they are written.

    `checked`: whether the client checks values; then it is told which patterns it cannot.
    """
    formats = options.typed_formats
    reader = Reader(definitions, names, taken, problems, typed_formats=formats, wide=options.wide, checked=checked)
    types = {root.id: _payload(root, reader, problems) for root in roots}
    found = reader.finish()
    settled = settle(found, types, {root.id: root.name for root in roots if root.received}, strict=options.strict_enums)
    written: Library = PydanticModels()
    if not checked:
        settled = replace(settled, roots={id: _unconstrained(type) for id, type in settled.roots.items()})
    elif options.library == "msgspec":
        settled, written = _for_msgspec(settled, roots, problems)
    settled = _with_names_for_payloads(settled, roots, reader)
    needed = reachable(settled.definitions, settled.roots.values())
    settled = replace(settled, definitions={id: each for id, each in settled.definitions.items() if id in needed})
    sent = reachable(settled.definitions, [settled.roots[root.id] for root in roots if root.sent])
    return settled, sent, written


def _unconstrained(type: Type) -> Type:
    """A type without what only a check of values could hold."""
    match type:
        case Scalar():
            return Scalar(type.kind)
        case ListOf() | MapOf():
            return rebuilt(replace(type, least=None, most=None), _unconstrained)
        case _:
            return rebuilt(type, _unconstrained)


def _for_msgspec(settled: Settled, roots: Sequence[Root], problems: Problems) -> tuple[Settled, Library]:
    """The types as msgspec takes them."""
    settled = limited(settled, problems)
    frames = {root.id: root.tag for root in roots if root.tag is not None}
    # msgspec knows class variables by this very word, so no class of the document may have taken it.
    told = tell(settled, frames, taggable="ClassVar" not in {each.name for each in settled.definitions.values()})
    payloads = [(root.name, root.schema.place) for root in roots if root.id in told.payloads]
    for name, place in (*told.tried, *payloads):
        _report_tried(name, place, problems)
    for each in told.settled.definitions.values():
        if isinstance(each, ObjectType) and each.extra:
            _report_extra(each, problems)
    return told.settled, MsgspecModels(told.tags)


def _report_tried(name: str, place: Place, problems: Problems) -> None:
    message = f"nothing tells the choices of `{name}` apart; with msgspec they are tried one after another"
    fix = "give each of them a required property with a constant of its own, if the protocol has one"
    problems.note("WSG467", message, place, fix)


def _report_extra(each: ObjectType, problems: Problems) -> None:
    message = f"`{each.name}` may have properties that the document does not describe; msgspec has no place for them"
    fix = "describe them, or put them into a property that is a map"
    problems.note("WSG468", message, each.place, fix)


def _payload(root: Root, reader: Reader, problems: Problems) -> Type:
    type = reader.read(root.schema, Hint(root.name, exact=True))
    if type != Nothing():
        return type
    message = f"the payload of `{root.name}` has the schema false, which nothing can satisfy; it has no type"
    problems.warning("WSG464", message, root.schema.place, "describe the payload, or remove it")
    return Anything()


def _with_names_for_payloads(settled: Settled, roots: Sequence[Root], reader: Reader) -> Settled:
    """Give payload types that can only be written with imports of their own a name among the models."""
    definitions, types = dict(settled.definitions), dict(settled.roots)
    for root in roots:
        type = types[root.id]
        if not _is_portable(type):
            id = f"P{len(definitions)}"
            definitions[id] = Alias(id, reader.claim(Hint(root.name, exact=True)), type, root.schema.place)
            types[root.id] = Use(id)
    return replace(settled, definitions=definitions, roots=types)


def _is_portable(type: Type) -> bool:
    """Whether builtins, `typing` and the models are enough to write a type, in a few words: it stands in signatures."""
    match type:
        case Scalar(kind="string" | "integer" | "number" | "boolean" | "int64" | "rounded-int64", constraints=()):
            return True
        case Scalar() | Values(constant=False):
            return False
        case Union(members=members) if type.discriminator or type.untagged or len(members) > 3:
            return False
        case _:
            sized = getattr(type, "least", None) is not None or getattr(type, "most", None) is not None
            return not sized and all(map(_is_portable, children(type)))


def _fields(
    settled: Settled, sent: Collection[str], library: Library, problems: Problems
) -> dict[str, tuple[Field, ...]]:
    """The fields of every class, by its id."""
    return {
        id: fields(each, settled, sent, problems, reserved=library.reserved, absent=library.has_absent)
        for id, each in settled.definitions.items()
        if isinstance(each, ObjectType)
    }


class _Writer:
    """Writes the module from settled types."""

    def __init__(self, settled: Settled, sent: Collection[str], library: Library, problems: Problems) -> None:
        self._settled = settled
        self._library = library
        self._problems = problems
        self._definitions = dict(settled.definitions)
        self._names = {id: each.name for id, each in self._definitions.items()}
        self._imports = Imports(self._names.values())
        self._fields = _fields(settled, sent, library, problems)
        attributes = {(id, one.property.wire): one.attribute for id, each in self._fields.items() for one in each}
        self._annotator = Annotator(self._names.__getitem__, lambda id, wire: attributes[id, wire], library)

    def models(self) -> Models:
        for id, each in self._definitions.items():
            self._annotator.want(id, parts(each))
        for number, type in enumerate(self._settled.roots.values()):
            self._annotator.want_alone(f"R{number}", type)
        self._annotator.write()
        texts = {id: self._text(each) for id, each in self._settled.definitions.items()}
        ordered = order(self._definitions)
        public = sorted(self._names.values())
        last = self._library.last(ordered, self._definitions)
        return Models(
            text=module([(each, texts[each.id]) for each in ordered], public, last, self._imports),
            classes=tuple(public),
            types={
                id: self._expression(f"R{number}", type)
                for number, (id, type) in enumerate(self._settled.roots.items())
            },
            open_enums=self._settled.opened,
        )

    def _text(self, each: Definition) -> str:
        annotations = self._annotator.annotations(each.id, self._imports)
        if annotations is None:
            return self._unwritten(each)
        if isinstance(each, Alias):
            return alias(each, annotations[0], self._library, self._imports)
        return self._library.class_(each, self._fields[each.id], annotations, self._imports)

    def _unwritten(self, each: Definition) -> str:
        """What stands for a definition that datamodel-code-generator did not write."""
        self._problems.warning(
            "WSG463",
            f"`{each.name}` could not be written as a model; its values are not checked, and have no fields",
            each.place,
            "simplify its schema, or report it as a fault of wsgen",
        )
        type = MapOf(Anything()) if isinstance(each, ObjectType) else Anything()
        stand_in = Alias(each.id, each.name, type, each.place, each.description)
        self._definitions[each.id] = stand_in
        anything = Word(self._imports("typing", "Any"))
        bare = Bracket("dict", (Word("str"), anything)) if isinstance(each, ObjectType) else anything
        return alias(stand_in, Annotation(bare), self._library, self._imports)

    def _expression(self, key: str, type: Type) -> TypeExpression:
        imports = Imports(())
        annotations = self._annotator.annotations(key, imports)
        if annotations is None:
            return TypeExpression("Any", (), ("Any",))
        used = dict.fromkeys(self._names[id] for id in uses(type))
        written = self._library.restricted(annotations[0], imports)
        return TypeExpression(flat(written), tuple(used), imports.names("typing"))
