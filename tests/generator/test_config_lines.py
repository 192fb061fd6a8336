"""Lines of configuration that are offered: a user copies them, whatever the document's names are."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wsgen.config import lines_of

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_the_first_line_is_in_force_and_the_others_are_comments() -> None:
    text = lines_of(
        (("domains", "broker.orders", "route"), {"symbol": "symbol"}, "pairs"),
        (("domains", "broker.orders", "route"), "connection", "one each"),
        (("domains", "broker.orders", "verbs", "update"), ["a", "b"], ""),
    )
    assert text == (
        'domains."broker.orders".route = { symbol = "symbol" }  # pairs\n'
        '# domains."broker.orders".route = "connection"         # one each\n'
        '# domains."broker.orders".verbs.update = ["a", "b"]'
    )


@given(NAMES, NAMES, NAMES)
def test_any_name_comes_back(domain: str, key: str, value: str) -> None:
    path = ("domains", domain, "replies", key)
    text = lines_of((path, [value], "a comment"), (path, {key: value}, ""))
    assert len(text.split("\n")) == 2
    assert all(line.isprintable() for line in text.split("\n"))
    found: dict[str, Any] = tomllib.loads(text)
    assert found["domains"][domain]["replies"] == {key: [value]}
    other: dict[str, Any] = tomllib.loads(text.split("\n")[1].removeprefix("# "))
    assert other["domains"][domain]["replies"] == {key: {key: value}}


def test_what_toml_cannot_say_is_not_offered() -> None:
    assert lines_of((("domains", "\ud800", "route"), "connection", "")) == ""
    assert lines_of((("domains", "\\ud800", "route"), "connection", "")) != ""
