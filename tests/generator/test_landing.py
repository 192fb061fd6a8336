"""Any text at all becomes one token of its kind, laid out as ruff would, and nothing more."""

from __future__ import annotations

import ast
import keyword
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.landing import markdown, python
from wsgen.landing.python import Identifier
from wsgen.model import Json

HOSTILE = (
    '"""',
    "'''",
    '"',
    "'",
    "\\",
    '\\"',
    '\\\\"',
    'ends with a quote"',
    "ends with a backslash\\",
    "\\N{BULLET}",
    "two\nlines",
    "carriage\rreturn",
    "line\u2028separator\u2029and\x85next",
    "nul\x00",
    "\x1b[31mred",
    "lone \ud800 surrogate",
    "right\u202eto\u2066left",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "{braces}",
    "${shell}",
    "*/ // <!-- -->",
    "__import__('os').system('id')",
    '"""\n__import__("os")\n"""',
    "../../etc/passwd",
    "C:\\con",
    "coding: utf-7",
    "x # type: ignore",
    "# pyright: basic",
    "# noqa",
    " ",
    "",
    "\u200b",
    "ᶠᵘˡˡ width",
    "交易.更新",
    "class",
    "None",
    "24h",
    "x" * 300,
    "word " * 80,
)

text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join),
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), text),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(text, inner, max_size=4)),
    max_leaves=8,
)


def ruff_changes(code: str) -> bool:
    """Whether `ruff format` would write the code in another way."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "-"]
    done = subprocess.run(command, input=code.encode(), capture_output=True, check=True)
    return done.stdout != code.encode()


@given(json_values)
def test_a_literal_evaluates_to_the_value(value: Json) -> None:
    assert ast.literal_eval(python.literal(value)) == value


@given(json_values)
def test_a_literal_is_one_line_without_invisible_characters(value: Json) -> None:
    assert python.literal(value).isprintable()


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_cannot_hold_still_become_numbers(number: float) -> None:
    assert repr(eval(python.literal(number))) == repr(number)


def test_tuples_stay_tuples() -> None:
    assert python.literal(("ok",)) == '("ok",)'
    assert python.literal(("ok", True)) == '("ok", True)'


@given(text, st.sampled_from([0, 4, 8]))
def test_a_docstring_is_one_string_expression(words: str, indent: int) -> None:
    pad = " " * indent
    head = {0: "", 4: "class A:\n", 8: "class A:\n    def f():\n"}[indent]
    tree = ast.parse(f"{head}{pad}{python.docstring(words, indent)}\n{pad}x = 1\n")
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr | ast.Assign)]
    assert [type(node) for node in statements] == [ast.Expr, ast.Assign]


@given(text)
def test_a_docstring_shows_every_character_of_the_source(words: str) -> None:
    assert all(character == "\n" or character.isprintable() for character in python.docstring(words, 4))


def test_a_docstring_keeps_paragraphs_and_lists_and_wraps_prose() -> None:
    words = "First.\n\n- " + "item " * 30 + "\n    code stays " + "as it is " * 20
    lines = python.docstring(words, 4).split("\n")
    assert lines[0] == '"""First.'
    assert lines[2].startswith("    - item item")
    assert lines[3].startswith("      item")
    assert len(lines[4]) > python.WIDTH
    assert lines[-1] == '    """'


def test_nothing_visible_is_still_a_docstring() -> None:
    assert python.docstring(" \n ", 4) == '"""Undocumented."""'


@given(text)
def test_a_comment_stays_on_its_line(words: str) -> None:
    tree = ast.parse(f"# {python.comment(words)}\nx = 1\n")
    assert len(tree.body) == 1
    assert python.comment(words).isprintable()


@pytest.mark.parametrize("words", ["coding: utf-7", "-*- coding=latin-1 -*-", "vim: set fileencoding:utf-7 :"])
def test_a_comment_cannot_choose_the_encoding_of_its_file(words: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"# Generated from {python.comment(words)}.\nx = 'ä'\n", "utf-8")
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("word", ["type: ignore", "pyright: basic", "mypy: ignore-errors", "noqa: F401", "fmt: off"])
def test_a_comment_gives_no_orders_to_other_tools(word: str) -> None:
    assert word not in python.comment(f"x # {word}")


@given(text, st.sampled_from(["snake", "pascal", "constant"]))
def test_an_identifier_is_valid_and_no_keyword(words: str, case: python.Case) -> None:
    name = python.identifier(words, case, lead="message")
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert not name.startswith("_")


@given(text)
def test_python_reads_an_identifier_as_it_is_written(words: str) -> None:
    name = python.identifier(words, "snake", lead="message")
    tree = ast.parse(f"{name} = 1")
    assert isinstance(tree.body[0], ast.Assign)
    assert ast.unparse(tree.body[0].targets[0]) == name


@given(text)
def test_a_file_name_leaves_no_folder(words: str) -> None:
    name = python.identifier(words, "snake", lead="domain", reserved=python.MODULES)
    assert not set(name) & set("/\\.:\x00")
    assert name.casefold() not in python.MODULES


@pytest.mark.parametrize("words", ["a" * 5000, "schön" * 1000, "名前" * 900, " ".join(["word"] * 2000)])
@pytest.mark.parametrize("case", ["snake", "pascal", "constant"])
def test_an_identifier_can_be_the_name_of_a_file(words: str, case: python.Case) -> None:
    name = python.identifier(words, case, lead="message")
    assert 190 < len(f"{name}.py".encode()) < 210
    assert name.isidentifier()
    assert python.identifier(name, "snake", lead="message").isidentifier()


def test_only_identifiers_are_identifiers() -> None:
    for words in ("class", "a b", "", "1a", "ﬁ"):
        with pytest.raises(ValueError, match="is no identifier"):
            Identifier(words)


@pytest.mark.parametrize(
    ("words", "snake", "pascal"),
    [
        ("broker.orders", "broker_orders", "BrokerOrders"),
        ("brokerOrders", "broker_orders", "BrokerOrders"),
        ("broker-orders", "broker_orders", "BrokerOrders"),
        ("HTTPError", "http_error", "HTTPError"),
        ("ORDER_EVENT", "order_event", "OrderEvent"),
        ("24hrTicker", "message_24hr_ticker", "Message24hrTicker"),
        ("level2", "level2", "Level2"),
        ("x_1_2", "x_1_2", "X1_2"),
        ("Größe", "größe", "Größe"),
        ("交易", "交易", "交易"),
        ("import", "import_", "Import"),
        ("none", "none", "None_"),
        ("/", "message", "Message"),
    ],
)
def test_identifiers_are_made_of_the_documents_words(words: str, snake: str, pascal: str) -> None:
    assert python.identifier(words, "snake", lead="message") == snake
    assert python.identifier(words, "pascal", lead="message") == pascal


def test_a_reserved_name_gets_an_underscore() -> None:
    assert python.identifier("close", "snake", lead="call", reserved=python.FACADE_MEMBERS) == "close_"


@settings(max_examples=8, deadline=None)
@given(st.lists(text, min_size=30, max_size=30), st.lists(json_values, min_size=30, max_size=30))
def test_what_lands_is_laid_out_as_ruff_would(texts: list[str], values: list[Json]) -> None:
    blocks = [f"class C:\n    {python.docstring(words, 4)}\n" for words in texts]
    strings = [f"x = {python.literal(words)}\n" for words in texts]
    literals = [f"x = {line}\n" for line in map(python.literal, values) if len(line) < 50]
    assert not ruff_changes("\n\n".join([*blocks, "".join(strings + literals)]))


CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
"""Code in Markdown: a run of backticks, and the next run of the same length (CommonMark, section 6.1)."""


@given(text)
def test_markdown_text_is_one_line_without_markup_but_code(words: str) -> None:
    line = markdown.text(words)
    assert "\n" not in line
    prose = re.sub(r"\\(.)", "", line) if words.count("`") % 2 else re.sub(r"\\(.)", "", CODE.sub("", line))
    assert not set(prose) & set("<>`|[]*#\\")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("plain_word and _emphasis_", r"plain_word and \_emphasis\_"),
        ("`code_` and `<b>`", "`code_` and `<b>`"),
        ("`a``<b>`", "`a` `<b>`"),
        ("one ` tick <b>", r"one \` tick \<b\>"),
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        ("- no list", r"\- no list"),
        ("R&D &lt;", r"R&D \&lt;"),
    ],
)
def test_markdown_text(words: str, line: str) -> None:
    assert markdown.text(words) == line


@given(text)
def test_markdown_code_is_closed_by_its_own_fence(words: str) -> None:
    span = markdown.code(words)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    assert fence not in span.strip("`")
