"""Views decide every string of the output: what stands in it, under which name, and how it is laid out."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.landing.python import OPTIONS
from wsgen.payloads import TypeExpression
from wsgen.views.layout import Code, Group, assignment, call, collection, definition, import_lines, lay, tuple_of, union
from wsgen.views.options import OPTION_TYPES
from wsgen.views.scope import Scope
from wsgen.views.texts import docs, sentence, told
from wsgen_runtime.options import ConnectionOptions

words = st.text("xyzw", min_size=1, max_size=30)
codes = st.recursive(
    words,
    lambda inner: st.one_of(
        st.builds(lambda name, items: call(name, *items), words, st.lists(inner, min_size=1, max_size=5)),
        st.builds(lambda items: collection("[", items, "]"), st.lists(inner, min_size=1, max_size=5)),
        st.builds(lambda items: tuple_of("(", items), st.lists(inner, min_size=1, max_size=5)),
    ),
    max_leaves=12,
)


def ruff_changes(code: str) -> str:
    """What `ruff format` would change, as a diff."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "110", "--diff", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=False)
    assert "error" not in done.stderr, done.stderr
    return done.stdout


class TestLayout:
    @settings(max_examples=8, deadline=None)
    @given(st.lists(codes, min_size=20, max_size=20))
    def test_expressions_are_laid_out_as_ruff_would(self, samples: list[Code]) -> None:
        top = [lay(code, 0, lead="x = ") for code in samples]
        inner = [f"async def f():\n{lay(call('f', code), 4, lead='return await ')}" for code in samples]
        assert ruff_changes("\n".join(top) + "\n\n\n" + "\n\n\n".join(inner) + "\n") == ""

    @settings(max_examples=8, deadline=None)
    @given(
        st.lists(
            st.tuples(words, st.lists(words, min_size=1, max_size=8, unique=True), words), min_size=20, max_size=20
        )
    )
    def test_functions_are_laid_out_as_ruff_would(self, samples: list[tuple[str, list[str], str]]) -> None:
        heads = [
            definition(
                f"async def {name}", [f"{each}: int" for each in parameters], f"{returns} | None", 0, trail=" ..."
            )
            for name, parameters, returns in samples
        ]
        assert ruff_changes("\n\n\n".join(heads) + "\n") == ""

    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.lists(words, min_size=2, max_size=12, unique=True), min_size=20, max_size=20))
    def test_unions_and_imports_are_laid_out_as_ruff_would(self, samples: list[list[str]]) -> None:
        unions = [union("Event", "TypeAlias", members) for members in samples]
        imports = [import_lines(".models", sorted(names)) for names in samples]
        assert ruff_changes("\n".join([*imports, "", *unions]) + "\n") == ""

    @pytest.mark.parametrize("length", [10, 40, 48, 60, 100, 120])
    def test_a_long_annotation_is_broken_before_its_value(self, length: int) -> None:
        annotation = Group("Operation[", ("a" * length, "b"), "]")
        code = assignment("NAME", annotation, call("Operation", 'domain="x"', "y=1"))
        assert ruff_changes(f"{code}\n") == ""
        ast.parse(code)

    def test_wide_characters_make_no_line_too_long(self) -> None:
        code = lay(call("f", '"' + "更" * 40 + '"', "1", "2"), 0)
        assert ruff_changes(f"{code}\n") == ""


class TestScope:
    def test_names_are_imported_where_they_are_used(self) -> None:
        scope = Scope([])
        scope.use("typing", "Unpack")
        scope.use("typing", "Protocol")
        scope.use("collections.abc", "Callable")
        scope.use("._runtime", "connection")
        scope.use("._runtime", "Client")
        scope.sibling("protocol", "PROTOCOL")
        assert scope.imports() == (
            ("from collections.abc import Callable", "from typing import Protocol, Unpack"),
            ("from ._runtime import Client, connection", "from .protocol import PROTOCOL"),
        )

    def test_names_of_ours_yield_to_the_documents(self) -> None:
        scope = Scope(["Subscription", "_Subscription"])
        assert scope.model("Subscription") == "Subscription"
        assert scope.use("._runtime", "Subscription") == "__Subscription"
        assert scope.imports()[1] == (
            "from ._runtime import Subscription as __Subscription",
            "from .models import Subscription",
        )

    def test_builtins_yield_to_methods(self) -> None:
        scope = Scope([], methods=["list"])
        listed = TypeExpression("dict[str, list[Bar]]", ("Bar",), ())
        assert scope.type(listed) == "dict[str, builtins.list[Bar]]"
        assert scope.imports() == (("import builtins",), ("from .models import Bar",))

    def test_strings_in_types_stay(self) -> None:
        scope = Scope(["Literal"], methods=["list"])
        both = TypeExpression('Literal["list", "ä Literal"] | list[Any]', (), ("Any", "Literal"))
        assert scope.type(both) == '_Literal["list", "ä Literal"] | builtins.list[Any]'
        assert scope.imports()[0] == ("import builtins", "from typing import Any, Literal as _Literal")


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("join a room", "Join a room."),
            ("Join!", "Join!"),
            ("iOS only", "iOS only."),
            ("chat.join joins", "chat.join joins."),
            ("two\n  lines", "Two lines."),
            ("", ""),
        ],
    )
    def test_sentences(self, text: str, expected: str) -> None:
        assert sentence(text) == expected

    @pytest.mark.parametrize(
        ("summary", "description", "expected"),
        [
            ("", "", ("", [])),
            ("Join a room", "", ("Join a room.", [])),
            ("", "Join a room.\n\nOr not.", ("Join a room.", ["Or not."])),
            ("Join a room", "Join a room. It answers.", ("Join a room.", ["It answers."])),
            ("Join a room", "Join a room that you like", ("Join a room that you like.", [])),
            ("Join a room", "Rooms are open.", ("Join a room.", ["Rooms are open."])),
        ],
    )
    def test_nothing_is_told_twice(self, summary: str, description: str, expected: tuple[str, list[str]]) -> None:
        assert told(summary, description) == expected

    def test_empty_paragraphs_are_left_out(self) -> None:
        assert docs(0, ["One.", "", "Two."]) == '"""One.\n\nTwo.\n"""'


class TestOptions:
    def test_they_are_those_of_the_runtime(self) -> None:
        shown = {name: re.sub(r"[{}]", "", type.text) for name, type in OPTION_TYPES.items()}
        own = {name: str(type.__forward_arg__) for name, type in ConnectionOptions.__annotations__.items()}
        assert shown == {name: text.replace("_ssl.", "").replace("'", '"') for name, text in own.items()}
        assert tuple(own) == OPTIONS

    def test_their_types_have_the_modules_own_names(self) -> None:
        scope = Scope(["Heartbeat", "Credential"], methods=["str"])
        assert OPTION_TYPES["heartbeat"].shown(scope) == "_Heartbeat | None"
        assert OPTION_TYPES["headers"].shown(scope) == "_Credential[Mapping[builtins.str, builtins.str]]"
