"""A table of the configuration, read key by key: each is checked, and what nobody asked for is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar, cast

from wsgen.problems import Place, Problems

from .locations import Keys, Location, locate

__all__ = ["Source", "Table"]

T = TypeVar("T")

_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file: its name for messages, and where its keys stand, or where all of it does."""

    name: str
    locations: Mapping[Keys, Location]
    problems: Problems
    whole: Place | None = None

    def place(self, keys: Keys) -> Place:
        if self.whole is not None:
            return self.whole
        line, column = locate(self.locations, keys)
        return Place(self.name, line, column, "".join(f"/{key}" for key in keys))


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

    def wrong(self, key: str, expected: str, help: str = "") -> None:
        message = f"`{key}` must be {expected}, and is {_kind(self.values[key])}"
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

    def text(self, key: str, default: str | None = None) -> str | None:
        return self._read(key, default, "a string", lambda v: v if isinstance(v, str) else None)

    def flag(self, key: str, default: bool = False) -> bool:
        return self._read(key, default, "true or false", lambda v: v if isinstance(v, bool) else None)

    def number(self, key: str) -> int | None:
        def accept(value: object) -> int | None:
            good = isinstance(value, int) and not isinstance(value, bool) and value > 0
            return cast("int", value) if good else None

        return self._read(key, None, "a whole number above 0", accept)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings; a single string is a list of one."""

        def accept(value: object) -> tuple[str, ...] | None:
            items = cast("list[object]", value) if isinstance(value, list) else [value]
            found = tuple(item for item in items if isinstance(item, str))
            return found if len(found) == len(items) else None

        return self._read(key, default, "a string or a list of strings", accept)

    def pairs(self, key: str) -> dict[str, str]:
        """A table of strings."""

        def accept(value: object) -> dict[str, str] | None:
            if not isinstance(value, dict):
                return None
            items = cast("dict[str, object]", value).items()
            found = {name: text for name, text in items if isinstance(text, str)}
            return found if len(found) == len(items) else None

        return self._read(key, {}, "a table of strings", accept)

    def choice(self, key: str, default: T, choices: Mapping[str, T], later: tuple[str, ...] = ()) -> T:
        """One of a few words. `later` are those that this version does not have yet."""
        word = self.text(key)
        if word is None:
            return default
        if word in choices:
            return choices[word]
        names = ", ".join(f'"{name}"' for name in choices)
        if word in later:
            message = f'`{key} = "{word}"` is not available in this version; it has {names}'
            self.source.problems.error("WSG904", message, self.where(key), f'write `{key} = "{next(iter(choices))}"`')
        else:
            near = get_close_matches(word, choices, 1)
            message = f'`{key}` must be one of {names}, and is "{word}"'
            help = f'did you mean `{key} = "{near[0]}"`?' if near else ""
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
        value = self.values.get(key)
        if value is None:
            return None
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

    def finish(self) -> None:
        """Report every key that was not asked for."""
        for key in self.values:
            if key in self.asked:
                continue
            near = get_close_matches(key, self.asked, 1)
            known = ", ".join(f"`{name}`" for name in sorted(self.asked))
            help = f"did you mean `{near[0]}`?" if near else f"known here are {known}"
            self.source.problems.error("WSG902", f"`{key}` is not a key of this table", self.where(key), help)
