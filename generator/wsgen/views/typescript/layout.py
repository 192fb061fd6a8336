"""Code as prettier lays it out, for the constructs that are printed here.

A `Doc` says where lines may break; `lay` decides which of them do. A `Group` is written on one line where that fits;
else its own lines break, and the groups in it decide anew. That is the algorithm of Wadler's "A prettier printer" in
the strict form of Oppen. Comments are text with line breaks, which no group survives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from wsgen.landing.typescript import WIDTH, columns, key, literal
from wsgen.model import Json

__all__ = [
    "HARD",
    "LINE",
    "PURE",
    "SOFT",
    "Break",
    "Concat",
    "Doc",
    "Fill",
    "Flat",
    "Group",
    "Indent",
    "alias",
    "array",
    "attribute",
    "call",
    "concat",
    "const",
    "entry",
    "export_lines",
    "fallback",
    "generic",
    "import_lines",
    "in_parentheses",
    "in_tuple",
    "join",
    "lay",
    "obj",
    "parameters",
    "property_line",
    "tuple_type",
    "type_object",
    "union",
    "value",
]

PURE = "/* @__PURE__ */ "
"""Before the name of a function whose call a bundle leaves out where it has no use for the result."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a line may end: `flat` is what stands there else. `hard`: it always ends."""

    flat: str = " "
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Indent:
    doc: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """`broken`: its lines break, also where they need not; a group around it breaks as well."""

    doc: Doc
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Flat:
    """One text where the group around is broken, another where it is flat."""

    broken: Doc
    flat: Doc = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """Items on as few lines as hold them, with a comma behind each but the last."""

    items: tuple[Doc, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`flat` where that fits on its line, else `hugged` where its first line fits, else `broken`."""

    flat: Doc
    hugged: Doc
    broken: Doc


@dataclass(frozen=True, slots=True)
class Concat:
    parts: tuple[Doc, ...]


Doc: TypeAlias = str | Break | Indent | Group | Flat | Fill | Either | Concat

LINE = Break()
SOFT = Break("")
HARD = Break(hard=True)


def concat(*parts: Doc) -> Concat:
    return Concat(parts)


def join(separator: Doc, docs: Iterable[Doc]) -> Concat:
    found: list[Doc] = []
    for doc in docs:
        found += [separator, doc] if found else [doc]
    return Concat(tuple(found))


@lru_cache(maxsize=65536)
def _breaks(doc: Doc) -> bool:
    """Whether something in it always breaks."""
    match doc:
        case str():
            return "\n" in doc
        case Break():
            return doc.hard
        case Indent():
            return _breaks(doc.doc)
        case Group():
            return doc.broken or _breaks(doc.doc)
        case Flat():
            return _breaks(doc.broken)
        case Fill():
            return any(map(_breaks, doc.items))
        case Either():
            return _breaks(doc.flat)
        case Concat():
            return any(map(_breaks, doc.parts))


_Piece: TypeAlias = tuple[int, bool, Doc]


def lay(doc: Doc, indent: int = 0, *, lead: int = 0) -> str:
    """The code of a doc whose first line stands behind `lead` columns, and whose others are indented by `indent`."""
    out: list[str] = []
    column = indent + lead
    stack: list[_Piece] = [(indent, False, doc)]
    while stack:
        margin, flat, each = stack.pop()
        match each:
            case str():
                out.append(each)
                newline = each.rfind("\n")
                column = columns(each[newline + 1 :]) + (0 if newline >= 0 else column)
            case Break():
                if flat and not each.hard:
                    out.append(each.flat)
                    column += len(each.flat)
                else:
                    _end_line(out, margin)
                    column = margin
            case Indent():
                stack.append((margin + 2, flat, each.doc))
            case Concat():
                stack += [(margin, flat, part) for part in reversed(each.parts)]
            case Flat():
                stack.append((margin, flat, each.flat if flat else each.broken))
            case Group():
                fits = not _breaks(each) and (flat or _fits([(margin, True, each.doc)], stack, WIDTH - column))
                stack.append((margin, fits, each.doc))
            case Either():
                whole = flat or _fits([(margin, True, each.flat)], stack, WIDTH - column)
                first = whole or _fits([(margin, False, each.hugged)], (), WIDTH - column)
                stack.append((margin, whole, each.flat if whole else each.hugged if first else each.broken))
            case Fill():
                column = _fill(each, margin, column, out, stack)
    return "".join(out)


def _end_line(out: list[str], margin: int) -> None:
    """No spaces are left at the end of a line."""
    while out and not out[-1].rstrip(" "):
        out.pop()
    if out:
        out[-1] = out[-1].rstrip(" ")
    out.append("\n" + " " * margin)


def _fill(fill: Fill, margin: int, column: int, out: list[str], stack: Sequence[_Piece]) -> int:
    for number, item in enumerate(fill.items):
        text = lay(item) + ("," if number < len(fill.items) - 1 else "")
        if number and column + 1 + columns(text) > WIDTH:
            _end_line(out, margin)
            column = margin
        elif number:
            out.append(" ")
            column += 1
        out.append(text)
        column += columns(text)
    return column


def _fits(next: list[_Piece], rest: Sequence[_Piece], width: int) -> bool:
    """Whether what comes next fits, up to the first place where a line may end in what follows."""
    index = len(rest)
    while width >= 0:
        if not next:
            if index == 0:
                return True
            index -= 1
            next.append(rest[index])
        margin, flat, each = next.pop()
        match each:
            case str():
                width -= columns(each)
            case Break():
                if not flat or each.hard:
                    return True
                width -= len(each.flat)
            case Indent():
                next.append((margin, flat, each.doc))
            case Concat():
                next += [(margin, flat, part) for part in reversed(each.parts)]
            case Group():
                next.append((margin, flat and not _breaks(each), each.doc))
            case Flat():
                next.append((margin, flat, each.flat if flat else each.broken))
            case Either():
                next.append((margin, flat, each.flat))
            case Fill():
                next += [(margin, flat, part) for part in reversed(each.items)]
    return False


# Constructs


def _listed(opening: str, items: Sequence[Doc], closing: str, *, space: Break = SOFT, trail: bool = True) -> Group:
    return Group(_between(opening, items, closing, space=space, trail=trail))


def _between(opening: str, items: Sequence[Doc], closing: str, *, space: Break = SOFT, trail: bool = True) -> Doc:
    if not items:
        return opening + closing
    comma: Doc = Flat(",") if trail else ""
    inner = Indent(concat(space, join(concat(",", LINE), items), comma))
    return concat(opening, inner, space, closing)


def obj(entries: Sequence[Doc], *, expanded: bool = False) -> Doc:
    """An object literal. prettier keeps one that was written over several lines: `expanded`."""
    found = _listed("{", entries, "}", space=LINE)
    return Group(found.doc, broken=expanded and bool(entries))


def array(items: Sequence[Doc], *, structured: bool = False, numbers: bool = False) -> Doc:
    """An array literal. `structured`: of objects, or of arrays, with more than one member each: then it breaks."""
    if numbers and len(items) > 1:
        return Group(concat("[", Indent(concat(SOFT, Fill(tuple(items)), Flat(","))), SOFT, "]"))
    found = _listed("[", items, "]")
    return Group(found.doc, broken=structured and len(items) > 1)


_BREAKABLE = 5
"""Columns of a name that it is worth going below: two more than the margin of the next line."""


def entry(name: str, doc: Doc) -> Doc:
    """A property of an object literal, by its wire name or as an identifier. A long text goes below its name."""
    shown = key(name)
    if isinstance(doc, str) and doc.startswith(('"', "'")) and columns(shown) >= _BREAKABLE:
        return concat(f"{shown}:", Group(Indent(concat(LINE, doc))))
    return concat(f"{shown}: ", doc)


def fallback(name: str, given: str, default: Json) -> Doc:
    """A property that is `given ?? default`."""
    if isinstance(default, dict | list) and default:
        return concat(f"{key(name)}: {given} ?? ", value(default))
    return concat(f"{key(name)}:", Group(Indent(concat(LINE, Group(concat(given, " ??", LINE, value(default)))))))


def value(data: Json) -> Doc:
    """A JSON value as an expression."""
    if isinstance(data, dict):
        return obj([entry(name, value(item)) for name, item in data.items()])
    if isinstance(data, list):
        return array([value(each) for each in data], structured=_structured(data), numbers=_numbers(data))
    return literal(data)


def _structured(items: list[Json]) -> bool:
    objects = all(isinstance(each, dict) and len(each) > 1 for each in items)
    return objects or all(isinstance(each, list) and len(each) > 1 for each in items)


def _numbers(items: list[Json]) -> bool:
    return bool(items) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in items)


def parameters(name: Doc, items: Sequence[Doc], returns: Doc, trail: str) -> Doc:
    """The head of a function or method, `trail` behind it."""
    # The parentheses break before what is returned does: they are no group of their own.
    return Group(concat(name, _between("(", items, ")"), ": " if returns else "", returns, trail))


def call(name: Doc, *arguments: Doc) -> Doc:
    """A call. A last argument that is an object or an array hugs the parentheses where the call needs more lines."""
    listed = _listed("(", arguments, ")")
    last = arguments[-1] if arguments else ""
    if not isinstance(last, Group):
        return concat(name, listed)
    hugged = concat(name, "(", join(", ", [*arguments[:-1], Group(last.doc, broken=True)]), ")")
    broken = concat(name, Group(listed.doc, broken=True))
    return Either(hugged if last.broken else concat(name, listed), hugged, broken)


def generic(name: str, *arguments: Doc) -> Doc:
    """`name<arguments>`. A single plain name is never broken off."""
    if not arguments:
        return name
    if len(arguments) == 1 and isinstance(arguments[0], str):
        return f"{name}<{arguments[0]}>"
    return concat(name, _listed("<", arguments, ">", trail=False))


def _bars(members: Sequence[Doc]) -> Doc:
    return concat(Flat("| "), join(concat(LINE, "| "), [Indent(each) for each in members]))


def union(members: Sequence[Doc], *, argument: bool = False) -> Doc:
    """`A | B`: on a line of its own where it fits there alone, else below each other with a bar before each.

    `argument`: it is one of a type, and has no line of its own.
    """
    if len(members) == 1:
        return members[0]
    bars = Group(_bars(members))
    return bars if argument else Group(Indent(concat(SOFT, bars)))


def in_parentheses(members: Sequence[Doc]) -> Doc:
    """`(A | B)`, for the item of an array."""
    return concat("(", Group(concat(Indent(concat(SOFT, Group(_bars(members)))), SOFT)), ")")


def in_tuple(members: Sequence[Doc]) -> Doc:
    """A union that is one of several items of a tuple: in parentheses where it breaks."""
    bars = concat(Flat(concat("(", SOFT)), _bars(members))
    return Group(concat(Indent(bars), SOFT, Flat(")")))


def type_object(entries: Sequence[Doc]) -> Doc:
    """The type of an object, on the spot."""
    inner = Indent(concat(LINE, join(concat(";", LINE), entries), Flat(";")))
    return Group(concat("{", inner, LINE, "}"))


def tuple_type(items: Sequence[Doc]) -> Doc:
    return _listed("[", items, "]")


def property_line(head: str, type: Doc, margin: int) -> str:
    """A property of an interface."""
    return lay(concat(head, type, ";"), margin)


def const(name: str, type: Doc, right: Doc, arguments: Sequence[Doc] = ()) -> str:
    """`export const name: type<arguments> = right;`"""
    whole = generic(type, *arguments) if isinstance(type, str) else type
    left = concat(f"export const {name}", concat(": ", whole) if whole else "", " =")
    if len(arguments) > 1 and any(map(_is_generic, arguments)):
        return lay(concat(left, " ", right, ";"))  # what is assigned never leaves such a type: the type breaks
    return _assigned(left, right)


def _is_generic(type: Doc) -> bool:
    """Whether a type is a name with arguments, and nothing besides."""
    text = lay(type, lead=-10_000)
    opening = text.find("<")
    depth = 0
    for index, character in enumerate(text):
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == ">" and not depth:
            return index == len(text) - 1 and text[:opening].isidentifier()
    return False


def alias(name: str, right: Doc) -> str:
    """`export type name = right;`"""
    return _assigned(f"export type {name} =", right)


def attribute(name: str, right: Doc) -> str:
    """`readonly name = right;`"""
    return _assigned(f"readonly {name} =", right, 2)


def _assigned(left: Doc, right: Doc, indent: int = 0) -> str:
    """What is assigned stands on lines of its own where its first line does not fit behind the rest."""
    before = lay(left, indent)
    text = lay(concat(left, " ", right, ";"), indent)
    first, last = text[len(before) :].split("\n")[0], before.split("\n")[-1]
    if columns(last + first) + (indent if last == before else 0) <= WIDTH:
        return text
    inner = indent + 2
    return f"{before}\n{' ' * inner}{lay(concat(right, ';'), inner)}"


def import_lines(module: str, names: Sequence[str], *, types: bool) -> str:
    """An import. `types`: of types alone. A single name stays on its line."""
    kind = "import type " if types else "import "
    if len(names) == 1:
        return f'{kind}{{ {names[0]} }} from "{module}";'
    return lay(concat(_listed(f"{kind}{{", names, "}", space=LINE), f' from "{module}";'))


def export_lines(module: str, names: Sequence[str], *, types: bool) -> str:
    """What one module passes on of another."""
    kind = "export type " if types else "export "
    if len(names) == 1:
        return f'{kind}{{ {names[0]} }} from "{module}";'
    return lay(concat(_listed(f"{kind}{{", names, "}", space=LINE), f' from "{module}";'))
