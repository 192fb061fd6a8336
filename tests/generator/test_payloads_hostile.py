"""No text of a document becomes code in the models, whatever it is and wherever it stands."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wsgen.payloads.intersect import is_text

from tests.generator.payload_modules import loaded
from tests.generator.payload_schemas import models

CALLS = {"Field", "ConfigDict", "frozenset"}

BARBS = st.sampled_from(
    [
        *('"""', "'''", '"', "'", "\\", "\n", "\r", "\r\n", "\t", "\u2028", "\u2029", "\x85", "\x0b", "\x00", "\x1b"),
        *("{{", "}}", "{%", "${", "{0}", "%s", "#", "*/", "//", "\ud800", "\udfff", "\u202e", "\ufeff", "\u200b"),
        *(
            "__import__('os').system('x')",
            "../../etc/passwd",
            '")]\nimport os\nx = [("',
            "]",
            "|",
            "=",
            ":",
            "lambda: 0",
        ),
        *("T0", "C0", "p0", "L0", "R0", "A0", "None", "True", "self", "class", "import", "dt", "Any", "$ref", "%"),
    ]
)
TEXTS = st.lists(BARBS | st.text(max_size=4), max_size=5).map("".join)


def hostile(texts: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document's schemas with a text in every place that takes one."""
    name, description, value, other, pattern, default, title, key = texts
    owner = {
        "type": "object",
        "title": title,
        "description": description,
        "required": [name],
        "properties": {
            name: {"type": "string", "description": description, "title": title, "pattern": pattern},
            key: {"enum": [value, other], "description": other},
            f"{name} 2": {"type": "string", "default": default, "format": value},
            f"{name} 3": {"const": value},
            f"{name} 4": {"type": "object", "properties": {key: {"$ref": "Enum"}}, "title": title},
            f"{name} 5": {"oneOf": [{"$ref": "A"}, {"$ref": "B"}], "discriminator": name},
            f"{name} 6": {"type": value},
            f"{name} 7": {"type": "object", "additionalProperties": {}, "default": {key: [default]}},
        },
    }
    tagged = {
        letter: {"type": "object", "required": [name], "properties": {name: {"const": letter + value}}}
        for letter in ("A", "B")
    }
    enum = {"enum": [value, other, "x"], "description": description}
    return {"Owner": owner, "Enum": enum, **tagged}, {"owner": {"$ref": "Owner"}, "Inline": owner}


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=8, max_size=8))
def test_hostile_texts_stay_texts(texts: list[str]) -> None:
    definitions, payloads = hostile(texts)
    for found in (models(definitions, sent=payloads), models(definitions, received=payloads)):
        tree = ast.parse(found.text)

        assert found.text.encode("utf-8")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr == "model_rebuild"
            elif isinstance(node, ast.Call):
                assert isinstance(node.func, ast.Name)
                assert node.func.id in CALLS
            assert not isinstance(node, ast.Lambda | ast.JoinedStr | ast.FunctionDef | ast.Delete | ast.While)
        statements = (ast.ImportFrom, ast.Import, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.Expr)
        assert all(isinstance(node, statements) for node in tree.body)
        modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert set(modules) <= {"__future__", "typing", "uuid", "pydantic", "_runtime.pydantic_codec"}
        with loaded(found) as module:
            fields = module.Owner.model_fields
            wires = [name if field.alias is None else field.alias for name, field in fields.items()]
            assert wires == [name for name in definitions["Owner"]["properties"] if is_text(name)]


def test_a_text_that_is_a_token_of_ours_is_left_alone() -> None:
    schema = {"type": "object", "properties": {"T0": {"const": "C0"}, "x": {"type": "string", "pattern": "^T0$"}}}

    found = models({"C1": schema, "L0": {"enum": ["R0", "p0"]}})

    assert 't0: Annotated[Literal["C0"], Field(alias="T0")] = "C0"' in found.text
    assert 'x: Annotated[str | None, Field(pattern="^T0$")] = None' in found.text
    assert 'L0: TypeAlias = Literal["R0", "p0"] | str' in found.text
