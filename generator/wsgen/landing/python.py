"""Landing places in Python code: literals, identifiers, comments and docstrings.

The text of a document is data that anybody may have written. Each function here takes any string at all,
lone surrogates and NUL included, and returns code that a Python parser reads as exactly one token of its
kind; they are the only way from a document into a generated file. What they return is laid out as
`ruff format` would, so that output needs no formatter.
"""

from __future__ import annotations

import inspect
import keyword
import math
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from wsgen.model import Json

__all__ = [
    "BUILTINS",
    "FACADE_MEMBERS",
    "KEYWORDS",
    "MODULES",
    "OPTIONS",
    "PARAMETERS",
    "WIDTH",
    "Case",
    "Identifier",
    "bounded",
    "code_width",
    "comment",
    "constant",
    "docstring",
    "identifier",
    "joined",
    "literal",
    "words",
]

WIDTH = 110
"""The longest line of code that is written, in columns."""

KEYWORDS = frozenset(keyword.kwlist)
"""Cannot be names at all. Soft keywords (`match`, `type`) can."""

BUILTINS = frozenset(
    {"bool", "bytes", "dict", "float", "int", "list", "object", "set", "str", "super", "tuple", "type"}
)
"""Builtins that generated modules use; a parameter or a module-level name would hide them."""

MODULES = frozenset(
    {"client", "models", "errors", "runtime", "protocol", "servers", "fakes", "py", "test", "conftest"}
    | {"con", "prn", "aux", "nul"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}
)
"""File names that are taken, or that mean something else: to the package, to pytest, to Windows."""

FACADE_MEMBERS = frozenset({"close", "connect", "connection"})
"""What every façade inherits from the runtime's `Client`."""

PARAMETERS = frozenset({"self", "url", "options", "shared"} | BUILTINS)
"""Names that stand where a channel's parameters become arguments."""

OPTIONS = (
    *("headers", "query", "subprotocols", "cookies", "ssl", "connect_timeout", "open_timeout", "timeout"),
    *("max_attempts", "retry", "on_disconnect", "ttl", "heartbeat", "max_silence", "ping_interval", "ping_timeout"),
    *("max_size", "compression", "transport", "on_unknown", "on_state"),
)
"""The options that every façade takes besides. They yield to the document's arguments."""

Case: TypeAlias = Literal["snake", "pascal", "constant"]


class Identifier(str):
    """A valid Python identifier that is no keyword. Only `identifier`, `constant` and naming make one.

    Raises:
        ValueError: the text is no identifier; a mistake of the caller, never of a document.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Identifier:
        if not text.isidentifier() or text in KEYWORDS or unicodedata.normalize("NFKC", text) != text:
            raise ValueError(f"{text!r} is no identifier")
        return super().__new__(cls, text)

    def numbered(self, number: int) -> Identifier:
        """The name with a number, for the second thing that wants it."""
        return Identifier(f"{self}{number}" if _is_pascal(self) else f"{self}_{number}")


def _is_pascal(name: str) -> bool:
    return name[0].isupper() and not name.isupper() and not name[-1].isdigit()


class _Table(dict[int, str]):
    """What `str.translate` puts for each character, found when it first occurs."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        found = self[code] = self._of(chr(code))
        return found


_ESCAPES: Mapping[str, str] = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _inner(character: str) -> str:
    """A character as it stands between quotes. What has no shape of its own on a screen is escaped."""
    return _ESCAPES.get(character) or (character if character.isprintable() else _escape(character))


_BETWEEN_QUOTES = _Table(_inner)


def _string(text: str) -> str:
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + text.translate(_BETWEEN_QUOTES).replace(quote, "\\" + quote) + quote


def literal(value: Json | tuple[str | bool, ...]) -> str:
    """A JSON value as a Python literal on one line. A tuple stays a tuple.

    A number beyond the range of a double, which a document can hold, is an infinity: `float("inf")`.
    """
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, tuple):
        items = ", ".join(literal(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(key)}: {literal(item)}" for key, item in value.items()) + "}"
    return repr(value).replace("e+", "e")


# Over classes of characters (Upper, lower, digit, other letter): an abbreviation before a capitalised word
# (HTTP|Error), capitals, a capitalised or lower-case run, digits with a unit (24hr), letters without case.
_WORD = re.compile(r"U+(?=Ul)|U+d*(?!l)|U?l+d*|d+l*|o+d*")


def _class(character: str) -> str:
    if character == "_" or not ("a" + character).isidentifier():
        return " "
    if character.isupper() or character.istitle():
        return "U"
    if character.isnumeric():
        return "d"
    return "l" if character.islower() or unicodedata.category(character).startswith("M") else "o"


_CLASSES = _Table(_class)


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """The words of a name: `broker.orders`, `brokerOrders` and `BrokerOrders` have the same two but for case.

    Letters of every script count, after NFKC, which is what Python itself does to identifiers.
    """
    normal = unicodedata.normalize("NFKC", text)
    classes = normal.translate(_CLASSES)
    return tuple(normal[found.start() : found.end()] for found in _WORD.finditer(classes))


def joined(parts: Sequence[str], case: Case) -> str:
    """The words as one name, which may still begin with a digit or be no identifier at all."""
    if case == "snake":
        return "_".join(parts).lower()
    if case == "constant":
        return "_".join(parts).upper()
    if len(parts) > 1 and all(part.isupper() for part in parts):
        parts = [part.lower() for part in parts]
    capital = [part[:1].upper() + part[1:] for part in parts]
    return "".join(
        "_" + part if index and part[0].isdigit() and capital[index - 1][-1].isdigit() else part
        for index, part in enumerate(capital)
    )


_LONGEST_NAME = 200
"""Bytes of UTF-8. Modules and packages bear such names, and file systems take up to 255, endings included."""


def bounded(name: str) -> str:
    """A name that a file can bear: what is too long is cut off."""
    spelt = name.encode()
    return name if len(spelt) <= _LONGEST_NAME else spelt[:_LONGEST_NAME].decode(errors="ignore").rstrip("_")


def identifier(text: str, case: Case, *, lead: str, reserved: frozenset[str] = frozenset()) -> Identifier:
    """An identifier from the words of any text; what is too long for the name of a file is cut off.

    Args:
        lead: the word that begins the name where the text has no word, or begins with a digit.
        reserved: names that mean something else in this scope; such a name gets an underscore at its end.
    """
    parts = words(text)
    name = unicodedata.normalize("NFKC", joined(parts, case))
    if not name.isidentifier():
        parts = (*words(lead), *parts)
        name = unicodedata.normalize("NFKC", joined(parts, case))
    if not name.isidentifier():  # letters that no case mapping keeps inside identifiers
        name = joined(words(lead), case)
    name = bounded(name)
    if name in KEYWORDS or name in reserved:
        name += "_"
    return Identifier(name)


def constant(text: str, *, lead: str) -> Identifier:
    """An identifier in capitals."""
    return identifier(text, "constant", lead=lead)


_DIRECTIVE = re.compile(
    r"(coding|\b(?:type|pyright|mypy|ruff|noqa|flake8|fmt|isort|yapf|pylint|pragma|nosec))\s*[:=]",
    re.IGNORECASE,
)


def _visible(character: str) -> str:
    """A character that has a shape of its own: a space for spaces, U+FFFD for the others.

    Format characters (Unicode's Cf: direction marks, joiners) are left out; reordered comments can lie.
    """
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) == "Cf" else "\ufffd"


_VISIBLE = _Table(_visible)


def comment(text: str) -> str:
    """Text for one line of comment, after words of ours; without the `#`.

    What other tools would obey in a comment (`coding:`, which PEP 263 looks for in the first two lines,
    `type: ignore`, `noqa:`) is taken apart by a dash.
    """
    line = " ".join(text.translate(_VISIBLE).split())
    return _DIRECTIVE.sub(r"\1 - ", line)


def _docstring_character(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character == "\n" or character.isprintable():
        return character
    if character in "\u2028\u2029\x85\x0b\x0c\r":
        return "\n"
    if character.isspace():
        return " "
    return _escape(character) if unicodedata.category(character) == "Cf" else "\ufffd"


_DOCSTRING = _Table(_docstring_character)
_ESCAPED_LAST = re.compile(r'(?<!\\)(?:\\\\)*\\"$')
_BULLET = re.compile(r"(?:[-*+]|[0-9]+[.)]) +")


def _wrapped(line: str, width: int) -> list[str]:
    """A line of prose in lines of at most `width` columns; tables, headings and indented lines stay whole."""
    if len(line) <= width or line.startswith((" ", "|", "#", ">", "```")):
        return [line]
    bullet = _BULLET.match(line)
    hang = " " * len(bullet[0]) if bullet else ""
    return textwrap.wrap(line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)


def docstring(text: str, indent: int) -> str:
    """A whole docstring, quotes included; its lines after the first begin with `indent` spaces.

    The text is shown as it is: paragraphs and lists stay, long lines of prose are wrapped. Direction marks
    and the like are escaped, so that the source shows them; other control characters become U+FFFD.
    """
    plain = text.replace("\r\n", "\n").expandtabs(4).translate(_DOCSTRING)
    width = WIDTH - indent - 6
    lines = [piece.rstrip() for line in inspect.cleandoc(plain).split("\n") for piece in _wrapped(line, width)]
    body = "\n".join(lines).strip().replace('"""', '\\"\\"\\"') or "Undocumented."
    if body.startswith('"'):
        body = "\\" + body
    if "\n" in body:
        return '"""' + textwrap.indent(body, " " * indent).lstrip(" ") + f'\n{" " * indent}"""'
    if body.endswith('"') and not _ESCAPED_LAST.search(body):
        body = body[:-1] + '\\"'
    return f'"""{body}"""'


def code_width(line: str) -> int:
    """Columns that a line of code takes at most: a character beyond ASCII counts as two."""
    return len(line) if line.isascii() else len(line) + sum(not character.isascii() for character in line)
