"""YAML texts, from the events of PyYAML's C parser.

Scalars are those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `no`, `on`,
`1:30` and dates are strings, `012` is twelve. The merge key `<<` of YAML 1.1 is understood, because documents
use it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from wsgen.problems import Place, Problems, Stop

from .marks import MAX_DEPTH, MAX_DIGITS, MAX_KEY, MAX_VALUES, MENDS, Json, Mark, Marks

if TYPE_CHECKING:
    from yaml.events import AliasEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

__all__ = ["parse"]

_CORE = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAYBE_NUMBER = frozenset("-+.0123456789")


def parse(text: str, name: str, problems: Problems) -> tuple[Json, Marks]:
    """The value of the first document in `text`, and where its parts stand.

    Raises:
        Stop: it is not YAML, has no JSON form, or is not within bounds; `problems` says where.
    """
    from yaml import YAMLError

    builder = _Builder(name, problems)
    found = len(problems)
    try:
        for event in _events(text):
            builder.take(event)
    except YAMLError as error:
        message, place = _syntax(error, name)
        lines = text.splitlines()
        tabbed = 0 < place.line <= len(lines) and lines[place.line - 1][place.column - 1 :].startswith("\t")
        help = (
            "indent with spaces: YAML knows no tabs there"
            if tabbed
            else "correct the text here, or what comes before it"
        )
        problems.error("WSG105", message, place, help)
        raise Stop from error
    if any(problem.level == "error" for problem in list(problems)) and len(problems) > found:
        raise Stop
    return builder.root, builder.marks


class _Parser(Protocol):
    def check_event(self) -> bool: ...
    def get_event(self) -> Event: ...
    def dispose(self) -> None: ...


def _events(text: str) -> Iterator[Event]:
    import yaml

    parser = cast("_Parser", getattr(yaml, "CLoader", yaml.Loader)(text))
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _syntax(error: Exception, name: str) -> tuple[str, Place]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    place = Place(name, mark.line + 1, mark.column + 1) if mark is not None else Place(name)
    return f"the file is not YAML: {what}" + (f" {context}" if context else ""), place


@dataclass(frozen=True, slots=True)
class _Built:
    """A finished value. `size` counts what it expands to, `height` the levels in it."""

    value: Json
    line: int
    column: int
    size: int = 1
    height: int = 0
    text: str | None = None


@dataclass(slots=True)
class _Open:
    """A list or object whose end has not been met."""

    value: list[Json] | dict[str, Json]
    marks: dict[str, Mark]
    line: int
    column: int
    anchor: str | None
    key: tuple[str, int, int] | None = None
    merges: bool = False
    merged: list[dict[str, Json]] = field(default_factory=list[dict[str, "Json"]])
    size: int = 1
    height: int = 1


class _Builder:
    def __init__(self, name: str, problems: Problems) -> None:
        self.root: Json = None
        self.marks: dict[int, dict[str, Mark]] = {}
        self._name = name
        self._problems = problems
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Built | None] = {}
        self._documents = 0
        self._values = 0
        self._takers: dict[str, Callable[[Event], None]] = {
            "DocumentStartEvent": self._document,
            "MappingStartEvent": self._begin,
            "SequenceStartEvent": self._begin,
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
        }

    def take(self, event: Event) -> None:
        if self._documents > 1:
            return
        taker = self._takers.get(type(event).__name__)
        if taker is not None:
            taker(event)

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            line, column = _start(event)
            message = "the file holds more than one YAML document; only the first is read"
            self._problems.warning("WSG110", message, Place(self._name, line, column), "move it to a file of its own")

    def _begin(self, event: Event) -> None:
        start = cast("MappingStartEvent | SequenceStartEvent", event)
        line, column = _start(start)
        mapping = type(event).__name__ == "MappingStartEvent"
        self._check_tag(start.tag, f"{_CORE}{'map' if mapping else 'seq'}", line, column)
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(
                "WSG107", f"values are nested deeper than the limit of {MAX_DEPTH} levels", line, column, MENDS["depth"]
            )
        if self._wants_key():
            self._refuse("WSG109", "a key is a list or an object, and keys are strings", line, column, MENDS["key"])
        value: list[Json] | dict[str, Json] = {} if mapping else []
        marks = self.marks.setdefault(id(value), {})
        self._stack.append(_Open(value, marks, line, column, start.anchor))
        if start.anchor is not None:
            self._anchors[start.anchor] = None

    def _end(self, event: Event) -> None:
        done = self._stack.pop()
        if isinstance(done.value, dict):
            for source in done.merged:
                for key, value in source.items():
                    if key not in done.value:
                        done.value[key] = value
                        done.marks[key] = self.marks[id(source)][key]
        built = _Built(done.value, done.line, done.column, done.size, done.height)
        self._finish(built, done.anchor)

    def _scalar(self, event: Event) -> None:
        scalar = cast("ScalarEvent", event)
        line, column = _start(scalar)
        text = scalar.value
        if self._wants_key():
            plain = scalar.implicit[0] and scalar.tag is None
            self._key(text, line, column, merge=plain and text == "<<")
            if scalar.anchor is not None:
                self._anchors[scalar.anchor] = _Built(text, line, column, text=text)
            return
        value = self._value(scalar, text, line, column)
        self._finish(_Built(value, line, column, text=text), scalar.anchor)

    def _alias(self, event: Event) -> None:
        alias = cast("AliasEvent", event)
        line, column = _start(alias)
        name = alias.anchor
        if name not in self._anchors:
            self._refuse(
                "WSG108",
                f"the alias `*{name}` has no anchor `&{name}` before it",
                line,
                column,
                f"write `&{name}` before what it stands for",
            )
        target = self._anchors[name]
        if target is None:
            self._refuse(
                "WSG108",
                f"the alias `*{name}` stands inside of what it refers to",
                line,
                column,
                "refer to it with `$ref`",
            )
        if self._wants_key():
            if target.text is None:
                self._refuse("WSG109", "a key is a list or an object, and keys are strings", line, column, MENDS["key"])
            self._key(target.text, line, column, merge=False)
            return
        if len(self._stack) + target.height > MAX_DEPTH:
            message = f"the alias `*{name}` nests values deeper than the limit of {MAX_DEPTH} levels"
            self._refuse("WSG107", message, line, column, MENDS["depth"])
        self._finish(_Built(target.value, line, column, target.size, target.height, target.text), None)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _key(self, text: str, line: int, column: int, *, merge: bool) -> None:
        here = self._stack[-1]
        here.key = (text, line, column)
        here.merges = merge
        if len(text) > MAX_KEY:
            self._refuse(
                "WSG109", f"a key has {len(text)} characters, the limit is {MAX_KEY}", line, column, MENDS["length"]
            )
        if not merge and text in here.marks:
            first = here.marks[text]
            self._problems.error(
                "WSG106",
                f"the key `{text[:60]}` stands twice in one object",
                Place(self._name, line, column),
                "remove or rename one of the two",
                ((Place(self._name, first.key_line, first.key_column), "first here"),),
            )

    def _finish(self, built: _Built, anchor: str | None) -> None:
        """Put a value where it belongs."""
        if anchor is not None:
            self._anchors[anchor] = built
        if not self._stack:
            self.root = built.value
            return
        here = self._stack[-1]
        here.size += built.size
        here.height = max(here.height, built.height + 1)
        if here.size > MAX_VALUES:
            message = f"the document has more than {MAX_VALUES} values, with its aliases expanded"
            self._refuse("WSG108", message, built.line, built.column, MENDS["size"])
        if isinstance(here.value, list):
            here.marks[str(len(here.value))] = Mark(built.line, built.column, built.line, built.column)
            here.value.append(built.value)
            return
        assert here.key is not None
        (key, line, column), here.key = here.key, None
        if here.merges:
            self._merge(here, built)
            return
        here.marks[key] = Mark(line, column, built.line, built.column)
        here.value[key] = built.value

    def _merge(self, here: _Open, built: _Built) -> None:
        here.merges = False
        sources = built.value if isinstance(built.value, list) else [built.value]
        for source in sources:
            if not isinstance(source, dict):
                message = "`<<` merges objects, and this is none"
                self._refuse("WSG109", message, built.line, built.column, "name an anchor of an object")
            here.merged.append(source)

    def _value(self, scalar: ScalarEvent, text: str, line: int, column: int) -> Json:
        """The JSON value of a scalar by its tag, else by the core schema."""
        tag = scalar.tag
        if tag in {"!", f"{_CORE}str"} or (tag is None and not scalar.implicit[0]):
            return text
        plain = scalar.style is None or scalar.style == ""
        if tag is not None and tag not in {f"{_CORE}{kind}" for kind in ("null", "bool", "int", "float")}:
            self._check_tag(tag, "", line, column)
            if not plain:
                return text
        return self._core(text, line, column)

    def _core(self, text: str, line: int, column: int) -> Json:
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if text[0] not in _MAYBE_NUMBER:
            return text
        if _INT.fullmatch(text):
            if len(text) > MAX_DIGITS:
                message = f"a number has {len(text)} digits, the limit is {MAX_DIGITS}"
                self._refuse("WSG109", message, line, column, MENDS["number"])
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            return int(text[2:] if base != 10 else text, base)
        if _NOT_FINITE.fullmatch(text):
            self._refuse("WSG109", f"{text} has no JSON form", line, column, MENDS["number"])
        if _FLOAT.fullmatch(text):
            value = float(text)
            if not math.isfinite(value):
                self._refuse(
                    "WSG109", f"the number {text[:60]} is beyond the range of a double", line, column, MENDS["number"]
                )
            return value
        return text

    def _check_tag(self, tag: str | None, expected: str, line: int, column: int) -> None:
        if tag is not None and tag not in {"!", expected}:
            message = f"the YAML tag `{tag.replace(_CORE, '!!')}` has no meaning here and is ignored"
            self._problems.warning("WSG111", message, Place(self._name, line, column), "remove the tag")

    def _refuse(self, code: str, message: str, line: int, column: int, help: str) -> NoReturn:
        self._problems.error(code, message, Place(self._name, line, column), help)
        raise Stop


def _start(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
