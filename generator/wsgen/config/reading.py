"""A table of the configuration, read key by key: each is checked, and what nobody asked for is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TypeVar, cast

from wsgen.problems import Place, Problems

from .locations import Keys, Location, locate

__all__ = ["LONGEST", "Source", "Table"]

T = TypeVar("T")

_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
    type(None): "null",
}
_MAX_SHOWN = 40
LONGEST = 86_400 * 366
"""Seconds; what is longer is a mistake, and infinity is."""


def _kind(value: object) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def _shown(value: object) -> str:
    """The kind of a value, and the value itself where it is short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float) and len(str(value)) <= _MAX_SHOWN:
        return f'the string "{value}"' if isinstance(value, str) else f"the number {value}"
    return _kind(value)


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file: its name for messages, and where its keys stand.

    Attributes:
        whole: where all of it stands, for values without places of their own.
        extension: whether the keys of the outermost table are extensions, `x-wsgen-` and the key with hyphens.
    """

    name: str
    locations: Mapping[Keys, Location]
    problems: Problems
    whole: Place | None = None
    extension: bool = False

    def place(self, keys: Keys) -> Place:
        if self.whole is not None:
            return self.whole
        line, column = locate(self.locations, keys)
        pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)
        return Place(self.name, line, column, pointer)


@dataclass(slots=True)
class Table:
    """One table. Call a reader for each key that may be in it, then `finish`."""

    values: Mapping[str, object]
    keys: Keys
    source: Source
    asked: list[str] = field(default_factory=list[str])

    @property
    def place(self) -> Place:
        return self.source.place(self.keys)

    def where(self, key: str) -> Place:
        return self.source.place((*self.keys, key))

    def named(self, key: str) -> str:
        """A key as its user wrote it."""
        extension = self.source.extension and not self.keys
        return f"x-wsgen-{key.replace('_', '-')}" if extension else key

    def given(self, *keys: str) -> dict[str, Place]:
        """Those of `keys` that are written here, and where."""
        return {key: self.where(key) for key in keys if key in self.values}

    def wrong(self, key: str, expected: str, help: str = "") -> None:
        message = f"`{self.named(key)}` must be {expected}, and is {_shown(self.values[key])}"
        self.source.problems.error("WSG903", message, self.where(key), help)

    def _read(self, key: str, default: T, expected: str, accept: Callable[[object], T | None]) -> T:
        self.asked.append(key)
        if key not in self.values:
            return default
        value = accept(self.values[key])
        if value is None:
            self.wrong(key, expected)
            return default
        return value

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str | None:
        """A string; `empty` says whether it may be empty."""

        def accept(value: object) -> str | None:
            return value if isinstance(value, str) and (value or empty) else None

        return self._read(key, default, "a string" if empty else "a string that is not empty", accept)

    def flag(self, key: str, default: bool = False) -> bool:
        return self._read(key, default, "true or false", lambda v: v if isinstance(v, bool) else None)

    def number(self, key: str) -> int | None:
        def accept(value: object) -> int | None:
            if isinstance(value, float) and value.is_integer():
                value = int(value)  # a whole number, as JSON sees it
            good = isinstance(value, int) and not isinstance(value, bool) and value > 0
            return cast("int", value) if good else None

        return self._read(key, None, "a whole number above 0", accept)

    def seconds(self, key: str) -> float | None:
        def accept(value: object) -> float | None:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            return float(value) if 0 < value <= LONGEST else None

        return self._read(key, None, "a number of seconds above 0", accept)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings, none of them empty; a single string is a list of one."""

        def accept(value: object) -> tuple[str, ...] | None:
            items = cast("list[object]", value) if isinstance(value, list) else [value]
            found = tuple(item for item in items if isinstance(item, str) and item)
            return found if len(found) == len(items) else None

        return self._read(key, default, "a string or a list of strings, none of them empty", accept)

    def pairs(self, key: str) -> dict[str, str]:
        """A table of strings."""

        def accept(value: object) -> dict[str, str] | None:
            if not isinstance(value, dict):
                return None
            items = cast("dict[str, object]", value).items()
            found = {name: text for name, text in items if isinstance(text, str) and text}
            return found if len(found) == len(items) else None

        return self._read(key, {}, "a table of strings, none of them empty", accept)

    def choice(self, key: str, default: T, choices: Mapping[str, T]) -> T:
        """One of a few words."""
        names = ", ".join(f'"{name}"' for name in choices)
        self.asked.append(key)
        if key not in self.values:
            return default
        word = self.values[key]
        if not isinstance(word, str):
            self.wrong(key, f"one of {names}")
        elif word in choices:
            return choices[word]
        else:
            near = get_close_matches(word, choices, 1)
            message = f'`{self.named(key)}` must be one of {names}, and is "{word}"'
            help = f'did you mean `{self.named(key)} = "{near[0]}"`?' if near else ""
            self.source.problems.error("WSG904", message, self.where(key), help)
        return default

    def tables(self, key: str) -> dict[str, Table]:
        """A table of tables, by name."""
        found = self.table(key)
        if found is None:
            return {}
        for name, value in found.values.items():
            if not isinstance(value, dict):
                found.wrong(name, "a table")
        return {
            name: Table(cast("dict[str, object]", value), (*found.keys, name), self.source)
            for name, value in found.values.items()
            if isinstance(value, dict)
        }

    def table(self, key: str) -> Table | None:
        self.asked.append(key)
        if key not in self.values:
            return None
        value = self.values[key]
        if not isinstance(value, dict):
            self.wrong(key, "a table")
            return None
        return Table(cast("dict[str, object]", value), (*self.keys, key), self.source)

    def array(self, key: str) -> list[Table]:
        """An array of tables."""
        self.asked.append(key)
        value = self.values.get(key, [])
        items = cast("list[object]", value) if isinstance(value, list) else None
        if items is None or not all(isinstance(item, dict) for item in items):
            self.wrong(key, "an array of tables", f"write `[[{'.'.join(str(k) for k in (*self.keys, key))}]]`")
            return []
        return [
            Table(cast("dict[str, object]", item), (*self.keys, key, index), self.source)
            for index, item in enumerate(items)
        ]

    def finish(self, elsewhere: Mapping[str, str] = MappingProxyType({})) -> None:
        """Report every key that was not asked for. `elsewhere` says of keys why they are not for this place."""
        for key in self.values:
            if key in self.asked:
                continue
            name, problems = self.named(key), self.source.problems
            if key in elsewhere:
                problems.error("WSG902", f"`{name}` cannot stand here: {elsewhere[key]}", self.where(key))
                continue
            near = get_close_matches(key, self.asked, 1)
            known = ", ".join(f"`{self.named(each)}`" for each in sorted(self.asked))
            help = f"did you mean `{self.named(near[0])}`?" if near else f"known here are {known}"
            what = "an extension that wsgen knows" if name != key else "a key of this table"
            problems.error("WSG902", f"`{name}` is not {what}", self.where(key), help)
