"""Where keys stand: of every key, at every depth, in every way of writing it."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsgen.config.locations import Keys, Location, json_locations, toml_locations


def leaves(value: Any, keys: Keys = ()) -> set[Keys]:
    """The keys of everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {found for key, each in items for found in ({(*keys, key)} | leaves(each, (*keys, key)))}


def word_at(text: str, location: Location) -> str:
    return text.split("\n")[location[0] - 1][location[1] - 1 :]


TOML = '''\
# a = 1
title = "x = 1 # no comment" # [not.a.header]
text = """
fake = 1
[fake]
""""
raw = \'\'\'
fake = 'two'
\'\'\'
when = 2026-01-01 10:00:00
[a."b.c"]
list = [
  { x = 1, "y z" = [2, { deep = "}" }] },  # }
  [3, 4],
]
dotted.'in side' = { k.l = true }
[[many]]
n = 1
[many.sub]
m = 2
[[many]]
n = 3
[[many.inner]]
o = 4
[ spaced . out ]
p = 5
'''


def test_toml_in_all_its_forms() -> None:
    found = toml_locations(TOML)
    assert set(found) >= leaves(tomllib.loads(TOML))
    assert found["a", "b.c", "list", 0, "y z", 1, "deep"] == (13, 26)
    assert found["a", "b.c", "dotted", "in side", "k", "l"] == (16, 22)
    assert found["many", 1, "inner", 0, "o"] == (24, 1)
    assert "fake" not in {keys[0] for keys in found}


@pytest.mark.parametrize("keys", sorted(toml_locations(TOML), key=str), ids=str)
def test_a_place_in_toml_is_where_the_key_begins(keys: Keys) -> None:
    last = keys[-1]
    if isinstance(last, str):
        first = [str(key) for key in keys if isinstance(key, str)]
        shown = word_at(TOML, toml_locations(TOML)[keys]).lstrip("\"'")
        assert any(shown.startswith(key) for key in first), shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 2]), st.booleans())
def test_every_key_of_any_json_has_its_place(document: dict[str, Any], indent: int | None, ascii: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii)
    found, twice = json_locations(text)
    assert set(found) == leaves(document)
    assert twice == {}
    for keys, location in found.items():
        if isinstance(keys[-1], str):
            assert word_at(text, location).startswith(json.dumps(keys[-1], ensure_ascii=ascii))


BARE = st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True)
QUOTED = st.text(st.characters(min_codepoint=32, exclude_characters='"\\\x7f', exclude_categories=["Cs"])).map(
    '"{}"'.format
)
SCALARS = st.one_of(QUOTED, st.integers(-99, 99).map(str), st.sampled_from(["true", "'''a\n[x]\n'''", "1.5e3", "'#'"]))
INLINE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ", # c\n".join(items) + "]"),
        st.dictionaries(BARE, inner, max_size=3).map(
            lambda items: "{ " + ", ".join(f"{key} = {value}" for key, value in items.items()) + " }"
        ),
    ),
    max_leaves=8,
)


@given(st.dictionaries(BARE, INLINE, max_size=4), st.dictionaries(BARE, INLINE, max_size=4))
def test_every_key_of_generated_toml_has_its_place(first: dict[str, str], second: dict[str, str]) -> None:
    lines = [f"{key} = {value}" for key, value in first.items()]
    lines += ["[[zz.list]]", *(f"{key}={value}  # [no]" for key, value in second.items())] if "zz" not in first else []
    text = "\n".join(lines)
    found = toml_locations(text)
    assert set(found) >= leaves(tomllib.loads(text))


def test_a_key_that_stands_twice_in_json() -> None:
    _, twice = json_locations('{"a": 1, "b": {"a": 2},\n "a": 3}')
    assert twice == {("a",): (2, 2)}
