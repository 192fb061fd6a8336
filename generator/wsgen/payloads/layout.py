"""Type expressions laid out as `ruff format` would: on one line where they fit, else one part per line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from wsgen.landing.python import WIDTH, code_width

__all__ = ["Bracket", "Choice", "Expression", "Word", "choice", "flat", "laid_out"]


@dataclass(frozen=True, slots=True)
class Word:
    """A name or a literal; never broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Bracket:
    """`head[items]`, or with parentheses a call or a group."""

    head: str
    items: tuple[Expression, ...]
    call: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        opening, closing = "()" if self.call else "[]"
        return self.head + opening, closing


@dataclass(frozen=True, slots=True)
class Choice:
    """`a | b`."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Word | Bracket | Choice


def choice(*parts: Expression) -> Expression:
    """`a | b` of all parts, nested ones spread out, each once."""
    spread = [part for each in parts for part in (each.parts if isinstance(each, Choice) else (each,))]
    unique = tuple(dict.fromkeys(spread))
    return unique[0] if len(unique) == 1 else Choice(unique)


def flat(expression: Expression) -> str:
    """The expression on one line."""
    match expression:
        case Word(text=text):
            return text
        case Choice(parts=parts):
            return " | ".join(map(flat, parts))
        case Bracket(items=items):
            opening, closing = expression.ends
            return f"{opening}{', '.join(map(flat, items))}{closing}"


def laid_out(before: str, expression: Expression, after: str, indent: int) -> str:
    """A statement of one expression with text before and after it; `indent` columns stand before each line."""
    margin = " " * indent
    line = f"{margin}{before}{flat(expression)}{after}"
    if code_width(line) <= WIDTH or isinstance(expression, Word):
        return line
    opening = f"{margin}{before}{flat(expression)} = ("
    if after.startswith(" = ") and code_width(opening) <= WIDTH:
        return f"{opening}\n{margin}    {after[3:]}\n{margin})"
    if isinstance(expression, Choice):
        expression = Bracket("", (expression,), call=True)
    return f"{margin}{before}{_broken(expression, indent)}{after}"


def _broken(bracket: Bracket, indent: int) -> str:
    """The contents between their brackets: on one line of their own, or one item per line."""
    margin, inner = " " * indent, " " * (indent + 4)
    opening, closing = bracket.ends
    together = inner + ", ".join(map(flat, bracket.items))
    if code_width(together) <= WIDTH and len(bracket.items) > 0:
        return f"{opening}\n{together}\n{margin}{closing}"
    # A comma after the one item of a subscript would make it a tuple.
    comma = "," if len(bracket.items) > 1 or (bracket.call and bracket.head) else ""
    lines = [f"{inner}{_item(item, indent + 4, '', comma)}" for item in bracket.items]
    return "\n".join([opening, *lines, margin + closing])


def _item(item: Expression, indent: int, before: str, after: str) -> str:
    """An item on lines of its own, of which the first is already indented."""
    line = f"{before}{flat(item)}{after}"
    if indent + code_width(line) <= WIDTH or isinstance(item, Word):
        return line
    if isinstance(item, Bracket):
        return f"{before}{_broken(item, indent)}{after}"
    parts = [_item(part, indent, "| " if index else "", "") for index, part in enumerate(item.parts)]
    return f"\n{' ' * indent}".join(parts) + after
