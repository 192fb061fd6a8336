"""Landing places in TypeScript: literals, property keys, identifiers, comments and JSDoc.

As in `landing.python`, each function here takes any string at all, and returns code that is exactly one token of
its kind; they are the only way from a document into a generated file. What they return is laid out as prettier
prints it by default.
"""

from __future__ import annotations

import inspect
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias

from wsgen.model import Json

from . import python

__all__ = [
    "FACADE_MEMBERS",
    "GLOBALS",
    "MEMBERS",
    "MODULES",
    "RESERVED",
    "WIDTH",
    "Case",
    "Identifier",
    "columns",
    "comment",
    "constant",
    "identifier",
    "jsdoc",
    "key",
    "literal",
    "string",
]

WIDTH = 80
"""The longest line of code that is written, in columns."""

RESERVED = frozenset(
    {"arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default"}
    | {"delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function"}
    | {"if", "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "package"}
    | {"private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true", "try"}
    | {"typeof", "undefined", "var", "void", "while", "with", "yield", "NaN", "Infinity"}
)
"""Words that no variable, parameter or type of a strict module can have (ECMA-262, section 12.7.2), and constants of
the language. Members can have them all, but `constructor`."""

GLOBALS = frozenset(
    {"Array", "ArrayBuffer", "AsyncIterable", "AsyncIterator", "Boolean", "Date", "Error", "Event"}
    | {"EventTarget", "Function", "Map", "Number", "Object", "Partial", "Promise", "Proxy", "Record"}
    | {"Readonly", "RegExp", "Set", "String", "Symbol", "URL", "Uint8Array", "WebSocket", "AbortSignal"}
)
"""What every module finds without an import; generated modules rely on some of them."""

MODULES = frozenset(
    {"index", "client", "models", "errors", "runtime", "protocol", "servers", "fakes", "test", "spec", "d"}
    | {"con", "prn", "aux", "nul"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}
)
"""File names that are taken, or that mean something else: to the package, to test runners, to Windows."""

MEMBERS = frozenset(
    {"constructor", "prototype", "then", "toString", "toJSON", "valueOf", "hasOwnProperty", "isPrototypeOf"}
    | {"propertyIsEnumerable", "toLocaleString", "__proto__"}
)
"""Members that mean something to the language: a class with `then` could not be awaited."""

FACADE_MEMBERS = frozenset({"close", "connect", "connection"}) | MEMBERS
"""What every façade inherits from the runtime's `Client`, and from the language."""

Case: TypeAlias = Literal["camel", "pascal", "constant", "snake"]

_LETTERS = unicodedata.ucd_3_2_0
"""The characters of Unicode 3.2: letters that every version of every tool knows as letters."""


def _is_name(text: str) -> bool:
    return (
        text.isidentifier()
        and unicodedata.normalize("NFKC", text) == text
        and all(_LETTERS.category(character) != "Cn" for character in text)
    )


class Identifier(python.Identifier):
    """A name as TypeScript writes it; `identifier` sees to it that it is no reserved word where none can stand.

    Raises:
        ValueError: the text is no identifier; a mistake of the caller, never of a document.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Identifier:
        if not _is_name(text):
            raise ValueError(f"{text!r} is no identifier")
        return str.__new__(cls, text)

    def numbered(self, number: int) -> Identifier:
        """The name with a number, for the second thing that wants it."""
        return Identifier(f"{self}_{number}" if self[-1].isdigit() or self.isupper() else f"{self}{number}")


def identifier(text: str, case: Case, *, lead: str, reserved: frozenset[str] = RESERVED) -> Identifier:
    """An identifier from the words of any text; what is too long for the name of a file is cut off.

    Args:
        lead: the word that begins the name where the text has no word, or begins with a digit.
        reserved: names that mean something else in this scope; such a name gets an underscore at its end.
    """
    known = "".join(each if _LETTERS.category(each) != "Cn" else " " for each in unicodedata.normalize("NFKC", text))
    parts = python.words(known)
    name = _joined(parts, case)
    if not _is_name(name):
        parts = (*python.words(lead), *parts)
        name = _joined(parts, case)
    if not _is_name(name):  # letters that no case mapping keeps inside identifiers
        name = _joined(python.words(lead), case)
    name = python.bounded(name)
    if name in reserved:
        name += "_"
    return Identifier(name)


def _joined(parts: tuple[str, ...], case: Case) -> str:
    if case != "camel":
        written = python.joined(parts, case)
    elif not parts:
        written = ""
    else:
        first = parts[0].lower()
        rest = python.joined(("x", *(part.lower() if part.isupper() else part for part in parts[1:])), "pascal")[1:]
        written = f"{first}_{rest}" if first[-1].isdigit() and rest[:1].isdigit() else first + rest
    return unicodedata.normalize("NFKC", written)


def constant(text: str, *, lead: str) -> Identifier:
    """An identifier in capitals."""
    return identifier(text, "constant", lead=lead, reserved=RESERVED)


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"


def string(text: str) -> str:
    """A text as a string literal, in the quotes that need fewer escapes.

    What has no shape of its own on a screen is escaped: control characters, direction marks, U+2028 and U+2029.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    inner = "".join(
        _ESCAPES.get(character)
        or ("\\" + quote if character == quote else character if character.isprintable() else _escape(character))
        for character in text
    )
    return f"{quote}{inner}{quote}"


def literal(value: Json) -> str:
    """A JSON value as an expression on one line.

    A number beyond the range of a double, which a document can hold, is an infinity (`1e999`), as `JSON.parse` has it.
    """
    if isinstance(value, str):
        return string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, dict):
        pairs = [f"{key(name)}: {literal(item)}" for name, item in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return f"[{', '.join(map(literal, value))}]"


def _number(value: int | float) -> str:
    try:
        exact = float(value)
    except OverflowError:
        exact = math.inf if value > 0 else -math.inf
    if math.isnan(exact):
        return "NaN"
    if math.isinf(exact):
        return "1e999" if exact > 0 else "-1e999"
    if isinstance(value, int) and abs(value) < 10**21:
        return str(value)
    mantissa, _, exponent = repr(exact).partition("e")
    mantissa = mantissa.removesuffix(".0")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)


def key(name: str) -> str:
    """A property's name in an object literal. `__proto__` is computed: written plainly it would set the prototype."""
    if name == "__proto__":
        return '["__proto__"]'
    return name if _PLAIN_KEY.fullmatch(name) else string(name)


_DIRECTIVE = re.compile(
    r"(@ts-(?:ignore|nocheck|check|expect-error)|\b(?:eslint|prettier|tslint|jshint|istanbul|sourceMappingURL)\b)(?=\S*)",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?<![\w.])@(?=\w)")
_UNSEEN = "\ufffd"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) == "Cf" else _UNSEEN


def comment(text: str) -> str:
    """Text for one line of comment, after words of ours; without the `//`.

    What other tools would obey in a comment (`@ts-nocheck`, `eslint-disable`) is taken apart.
    """
    line = " ".join("".join(map(_visible, text)).split())
    return _orders_apart(line).replace("*/", "* /")


def _orders_apart(line: str) -> str:
    return _DIRECTIVE.sub(lambda found: f"{found[0][:2]} {found[0][2:]}", line)


_BREAKS = "\u2028\u2029\x85\x0b\x0c\r"
_BULLET = re.compile(r"(?:[-*+]|[0-9]+[.)]) +")


def _wrapped(line: str, width: int) -> list[str]:
    """A line of prose in lines of at most `width` columns; tables, headings and indented lines stay whole."""
    if len(line) <= width or line[:1] in " |#>" or line.startswith("```"):
        return [line]
    bullet = _BULLET.match(line)
    hang = " " * len(bullet[0]) if bullet else ""
    return textwrap.wrap(line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)


def _prose(text: str, width: int) -> list[str]:
    plain = text.replace("\r\n", "\n").expandtabs(4)
    for mark in _BREAKS:
        plain = plain.replace(mark, "\n")
    lines = ["".join(map(_visible, line)).rstrip() for line in inspect.cleandoc(plain).split("\n")]
    shown = [piece for line in lines for piece in _wrapped(_TAG.sub("\\@", _orders_apart(line)), width)]
    return [piece.replace("*/", "*\\/") for piece in shown]


def jsdoc(paragraphs: Iterable[str], tags: Iterable[str] = (), *, indent: int = 0) -> str:
    """A JSDoc comment; its lines after the first are indented. Empty where there is nothing to say.

    Args:
        paragraphs: prose, also a document's: no tag of JSDoc can begin in it, and no comment can end.
        tags: lines such as `@deprecated`, after the prose; the text behind a tag is prose as well.
    """
    pad = " " * indent
    width = max(WIDTH - indent - 3, 40)
    blocks = [block for block in (_block(each, width) for each in paragraphs) if block]
    listed = [line for each in tags for line in _tagged(each, width)]
    lines = [line for number, block in enumerate(blocks) for line in ([""] if number else []) + block]
    if lines and listed:
        lines.append("")
    lines += listed
    if not lines:
        return ""
    if len(lines) == 1 and indent + len(lines[0]) + 7 <= WIDTH:
        return f"/** {lines[0]} */"
    body = [f"{pad} * {line}" if line else f"{pad} *" for line in lines]
    return "\n".join(["/**", *body, f"{pad} */"])


def _block(text: str, width: int) -> list[str]:
    lines = _prose(text, width)
    while lines and not lines[0].strip():
        del lines[0]
    while lines and not lines[-1].strip():
        del lines[-1]
    return lines


def _tagged(tag: str, width: int) -> list[str]:
    name, _, rest = tag.partition(" ")
    lines = _prose(" ".join(rest.split()), width - len(name) - 1)
    first, *more = [line for line in lines if line] or [""]
    return [f"{name} {first}".rstrip(), *(f"  {line}" for line in more)]


def columns(text: str) -> int:
    """Columns that text takes as prettier counts them: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
