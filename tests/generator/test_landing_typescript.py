"""Any text at all becomes one token of its kind, and nothing more, as TypeScript's own tools read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsgen.landing import typescript
from wsgen.model import Json

from tests.typescript.conftest import node_tools
from tests.typescript.tools import NodeTools

from .test_landing import HOSTILE as PYTHONS_HOSTILE

__all__ = ["node_tools"]

HOSTILE: tuple[str, ...] = (
    *PYTHONS_HOSTILE,
    "`template ${1 + 1}`",
    "*/ throw 1 /*",
    "*/",
    "**/",
    "/* nested /* */ */",
    "</script><!--",
    "@ts-nocheck",
    "@ts-ignore x",
    "eslint-disable-next-line",
    "prettier-ignore",
    "@import { x } from 'y'",
    "{@link javascript:alert(1)}",
    "@param {string} x",
    "# sourceMappingURL=data:x",
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "then",
    "await",
    "yield",
    "arguments",
    "eval",
    "undefined",
    "NaN",
    "symbol",
    "𝒳",
    "𠮷野家",
    "'mixed\"",
    "\u200d",
    "\ufeffbom",
)

text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join),
)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=8,
)


@given(json_values)
def test_a_literal_is_one_line_without_invisible_characters(value: Json) -> None:
    assert typescript.literal(value).isprintable()


@given(text)
def test_a_string_ends_where_it_ends(words: str) -> None:
    written = typescript.string(words)
    quote = written[0]
    assert re.fullmatch(rf"{quote}(?:\\.|[^\\{quote}\n])*{quote}", written)


@given(text, st.sampled_from([0, 2, 4]))
def test_a_comment_ends_where_it_ends(words: str, indent: int) -> None:
    comment = typescript.jsdoc([words], ["@deprecated"], indent=indent)
    assert comment.startswith("/**")
    assert comment.index("*/") == len(comment) - 2
    assert all(character == "\n" or character.isprintable() for character in comment)


@given(text)
def test_a_document_writes_no_tags(words: str) -> None:
    comment = typescript.jsdoc([words], ["@deprecated"])
    tags = re.findall(r"(?m)^(?:/\*\*| \*)\s*@(\w+)", comment)
    assert tags == ["deprecated"]


@given(text)
def test_a_line_of_comment_stays_on_its_line(words: str) -> None:
    line = typescript.comment(words)
    assert line.isprintable()
    assert "*/" not in line


@pytest.mark.parametrize("word", ["@ts-nocheck", "@ts-ignore", "eslint-disable", "prettier-ignore", "@ts-expect-error"])
def test_comments_give_no_orders_to_other_tools(word: str) -> None:
    assert word not in typescript.comment(f"x {word}")
    assert word not in typescript.jsdoc([f"x {word}"])


@given(text, st.sampled_from(["camel", "pascal", "constant"]))
def test_an_identifier_is_valid_and_not_reserved(words: str, case: typescript.Case) -> None:
    name = typescript.identifier(words, case, lead="message")
    assert name.isidentifier()
    assert name not in typescript.RESERVED
    assert not name.startswith("_")


@pytest.mark.parametrize(
    ("words", "camel", "pascal"),
    [
        ("broker.orders", "brokerOrders", "BrokerOrders"),
        ("BrokerOrders", "brokerOrders", "BrokerOrders"),
        ("on broker-orders", "onBrokerOrders", "OnBrokerOrders"),
        ("HTTPError", "httpError", "HTTPError"),
        ("get HTTPError", "getHttpError", "GetHTTPError"),
        ("ORDER_EVENT", "orderEvent", "OrderEvent"),
        ("24hrTicker", "message24hrTicker", "Message24hrTicker"),
        ("level2", "level2", "Level2"),
        ("x_1_2", "x1_2", "X1_2"),
        ("Größe", "größe", "Größe"),
        ("交易", "交易", "交易"),
        ("delete", "delete_", "Delete"),
        ("NaN", "naN", "NaN_"),
        ("__proto__", "proto", "Proto"),
        ("/", "message", "Message"),
    ],
)
def test_identifiers_are_made_of_the_documents_words(words: str, camel: str, pascal: str) -> None:
    assert typescript.identifier(words, "camel", lead="message") == camel
    assert typescript.identifier(words, "pascal", lead="message") == pascal


def test_members_may_have_reserved_words_but_not_the_constructors() -> None:
    assert typescript.identifier("delete", "camel", lead="call", reserved=typescript.MEMBERS) == "delete"
    assert typescript.identifier("constructor", "camel", lead="call", reserved=typescript.MEMBERS) == "constructor_"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.0, "1"),
        (1e22, "1e22"),
        (1e-7, "1e-7"),
        (10**400, "1e999"),
        (-(10**400), "-1e999"),
        (float("nan"), "NaN"),
        ('say "x"', "'say \"x\"'"),
        ("it's 'x'\"", "\"it's 'x'\\\"\""),
        ({"__proto__": 1, "a-b": [True, None]}, '{ ["__proto__"]: 1, "a-b": [true, null] }'),
    ],
)
def test_literals(value: Json, written: str) -> None:
    assert typescript.literal(value) == written


def test_prose_is_wrapped_and_lists_hang() -> None:
    comment = typescript.jsdoc(["First.\n\n- " + "item " * 30 + "\n    code stays " + "as it is " * 20], indent=2)
    lines = comment.split("\n")
    assert lines[:3] == ["/**", "   * First.", "   *"]
    assert lines[3].startswith("   * - item item")
    assert lines[4].startswith("   *   item")
    assert max(map(len, lines[:5])) <= typescript.WIDTH
    assert lines[-1] == "   */"


def _module(texts: list[str], values: list[Json]) -> str:
    """A module in which every text stands in every place, and which prints what came of the literals."""
    lines = [f"// {typescript.comment(' '.join(texts))}"]
    for number, words in enumerate(texts):
        name = typescript.identifier(words, "camel", lead="message")
        pascal = typescript.identifier(words, "pascal", lead="message")
        member = typescript.identifier(words, "camel", lead="call", reserved=typescript.MEMBERS)
        key = typescript.key(words)
        lines += [
            f"export const place{number} = (() => {{",
            f"  {typescript.jsdoc([words], [f'@throws {{E}} {words}'], indent=2) or '/** Nothing. */'}",
            f"  interface {pascal} {{",
            f"    {typescript.jsdoc([words], indent=4) or '/** Nothing. */'}",
            f"    {key}: 1;",
            "  }",
            f"  class Holder {{ {member}(): number {{ return {number}; }} }}",
            f"  const {name} = {{ {key}: 1 }} satisfies {pascal};",
            f"  return [Object.keys({name}), new Holder().{member}(), {typescript.string(words)}] as const;",
            "})();",
        ]
    listed = ", ".join(f"place{number}" for number in range(len(texts)))
    shown = ",\n  ".join(map(typescript.literal, values))
    lines.append(f"console.log(JSON.stringify([{listed}]));\nconsole.log(JSON.stringify([\n  {shown},\n]));")
    return "\n".join(lines) + "\n"


def test_compiler_and_engine_read_what_was_meant(node_tools: NodeTools, tmp_path: Path) -> None:
    texts = list(dict.fromkeys(HOSTILE))
    values: list[Json] = [*texts, {words: [words] for words in texts}, 0.1, 1e22, 1e-9, 5e-324, 2**53, -1, [], {}]
    file = tmp_path / "module.ts"
    file.write_bytes(_module(texts, values).encode())
    assert node_tools.tsc([file], noUnusedLocals=False, types=["node"]) == ""
    bundle = node_tools.bundle(file, tmp_path / "module.mjs", "--charset=utf8")
    places, printed = map(json.loads, node_tools.node(bundle).rstrip("\n").split("\n"))
    assert printed == values
    assert places == [[[words], number, words] for number, words in enumerate(texts)]
