"""Documents with a fault: seeded mutations of valid ones, for the oracle of structure and for the fuzzer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TypeAlias

from wsgen.document import Json

__all__ = ["HOSTILE", "STRUCTURAL", "mutant", "mutate", "texts_of"]

Container: TypeAlias = "dict[str, Json] | list[Json]"

VERSIONS = ("2.0.0", "2.1.0", "2.2.0", "2.3.0", "2.4.0", "2.5.0", "2.6.0", "3.0.0", "3.1.0")
_OTHERS: tuple[Json, ...] = (7, 1.5, True, "text", [], {}, ["text"], {"key": "value"})
_WORDS = ("send", "receive", "publish", "subscribe", "string", "object", "http", "query", "long", "GET", "", "x" * 300)

HOSTILE = (
    '"""', "'''", "*/", "//", "\\", "\n", "\u2028", "${x}", "{{ x }}", "\0", "__import__('os')", "../../etc/passwd",
    "/etc/passwd", "a" * 5000, "\ud7ff\U0001f600", "class", "None", "-", "..", "{x}", "~1", "%2e%2e%2f", "\r", "ﬁ",
    "#/components/schemas/A", "# type: ignore", "%s", "{0}", "1", "é", "\u202e", "\ufeff",
)  # fmt: skip
"""Texts that have a meaning in code, in a path, or in a template."""


def mutate(document: Json, seed: str, kinds: tuple[Callable[[random.Random, Json], str], ...]) -> tuple[Json, str]:
    """A copy of `document` with one fault, by one of `kinds`; and what was done."""
    chance = random.Random(seed)
    copy = deepcopy(document)
    for _ in range(20):
        if done := chance.choice(kinds)(chance, copy):
            return copy, done
    return copy, "nothing"


def mutant(document: Json, seed: str) -> tuple[Json, str]:
    """A copy of `document` with one fault of structure; and what was done."""
    return mutate(document, seed, STRUCTURAL)


def _containers(value: Json, pointer: str = "") -> Iterator[tuple[str, Container]]:
    if isinstance(value, dict):
        yield pointer, value
        for key, below in value.items():
            yield from _containers(below, f"{pointer}/{key}")
    elif isinstance(value, list):
        yield pointer, value
        for index, below in enumerate(value):
            yield from _containers(below, f"{pointer}/{index}")


def texts_of(document: Json) -> Iterator[tuple[str, Container, str | int, bool]]:
    """Every text: a pointer for people, what holds it, its key or index, and whether it is the key itself."""
    for pointer, container in _containers(document):
        if isinstance(container, dict):
            for key, value in container.items():
                yield f"{pointer}/{key}", container, key, True
                if isinstance(value, str):
                    yield f"{pointer}/{key}", container, key, False
        else:
            for index, value in enumerate(container):
                if isinstance(value, str):
                    yield f"{pointer}/{index}", container, index, False


def _member(chance: random.Random, document: Json) -> tuple[str, Container, str | int] | None:
    """A place in the document: a pointer for people, the container, and the key or index."""
    pointer, container = chance.choice([*_containers(document)])
    if not container:
        return None
    key: str | int = chance.choice([*container]) if isinstance(container, dict) else chance.randrange(len(container))
    return f"{pointer}/{key}", container, key


def _put(container: Container, key: str | int, value: Json) -> None:
    if isinstance(container, dict):
        container[str(key)] = value
    else:
        container[int(key)] = value


def _get(container: Container, key: str | int) -> Json:
    return container[str(key)] if isinstance(container, dict) else container[int(key)]


def _replaced(chance: random.Random, document: Json, value: Callable[[Json], Json], word: str) -> str:
    place = _member(chance, document)
    if place is None:
        return ""
    pointer, container, key = place
    new = value(_get(container, key))
    if new == _get(container, key):
        return ""
    _put(container, key, new)
    return f"{word} {pointer}"


def drop(chance: random.Random, document: Json) -> str:
    place = _member(chance, document)
    if place is None:
        return ""
    pointer, container, key = place
    if isinstance(container, dict):
        del container[str(key)]
    else:
        del container[int(key)]
    return f"drop {pointer}"


def wrong_type(chance: random.Random, document: Json) -> str:
    return _replaced(chance, document, lambda _: deepcopy(chance.choice(_OTHERS)), "wrong type")


def null(chance: random.Random, document: Json) -> str:
    return _replaced(chance, document, lambda _: None, "null")


def wrong_word(chance: random.Random, document: Json) -> str:
    return _replaced(chance, document, lambda old: chance.choice(_WORDS) if isinstance(old, str) else old, "word")


def nested(chance: random.Random, document: Json) -> str:
    def around(old: Json) -> Json:
        return chance.choice(([old], {"value": old}))

    return _replaced(chance, document, around, "nest")


def unknown_key(chance: random.Random, document: Json) -> str:
    pointer, container = chance.choice([*_containers(document)])
    if not isinstance(container, dict):
        return ""
    container[chance.choice(("colour", "title2", "options", "summary", "schema", "type", "$id"))] = "text"
    return f"unknown key in {pointer}"


def misspelt_key(chance: random.Random, document: Json) -> str:
    place = _member(chance, document)
    if place is None:
        return ""
    pointer, container, key = place
    if not isinstance(container, dict):
        return ""
    text = str(key)
    at = chance.randrange(len(text) + 1)
    other = chance.choice((text[:at] + "e" + text[at:], text[:at] + text[at + 1 :], text.upper(), text + "s"))
    container[other] = container.pop(text)
    return f"misspell {pointer} as {other}"


def moved(chance: random.Random, document: Json) -> str:
    place = _member(chance, document)
    if place is None:
        return ""
    pointer, container, key = place
    value = deepcopy(_get(container, key))
    target_pointer, target = chance.choice([*_containers(document)])
    if isinstance(target, dict):
        target[str(key)] = value
    else:
        target.append(value)
    return f"move {pointer} to {target_pointer}"


def other_version(chance: random.Random, document: Json) -> str:
    if not isinstance(document, dict) or document.get("asyncapi") == (version := chance.choice(VERSIONS)):
        return ""
    document["asyncapi"] = version
    return f"version {version}"


STRUCTURAL = (
    drop,
    drop,
    wrong_type,
    wrong_type,
    null,
    wrong_word,
    nested,
    unknown_key,
    misspelt_key,
    moved,
    other_version,
)
