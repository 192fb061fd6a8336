"""Lines of configuration that are offered: a user copies them, whatever the document's names are."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wsgen.config import domain_table, lines_of

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_the_first_line_is_in_force_and_the_others_are_comments() -> None:
    text = lines_of(
        domain_table("broker.orders"),
        ("route", {"symbol": "symbol"}, "pairs"),
        ("route", "connection", "one each"),
        ("verbs", {"update": ["a", "b"]}, ""),
    )
    assert text == (
        '[tool.wsgen.client.domains."broker.orders"]\n'
        'route = { symbol = "symbol" }      # pairs\n'
        '# route = "connection"             # one each\n'
        '# verbs = { update = ["a", "b"] }'
    )


@given(NAMES, NAMES, NAMES)
def test_any_name_comes_back(domain: str, key: str, value: str) -> None:
    text = lines_of(domain_table(domain, "replies"), (key, [value], "a comment"), (key, {key: value}, ""))
    assert len(text.split("\n")) == 3
    assert all(line.isprintable() for line in text.split("\n"))
    found: dict[str, Any] = tomllib.loads(text)
    assert found["tool"]["wsgen"]["client"]["domains"][domain]["replies"] == {key: [value]}
    other: dict[str, Any] = tomllib.loads(text.split("\n")[2].removeprefix("# "))
    assert other == {key: {key: value}}


def test_what_toml_cannot_say_is_not_offered() -> None:
    assert lines_of(domain_table("\ud800"), ("route", "connection", "")) == ""
    assert lines_of(domain_table("\\ud800"), ("route", "connection", "")) != ""
