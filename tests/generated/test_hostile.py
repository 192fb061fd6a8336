"""A document is untrusted: whatever stands in it, no text of it becomes code, and no path leaves the folder.

Every string of a document, key or value, is replaced by hostile ones in turn. The document may be refused; what
is built from it must parse, call and import nothing but what is called and imported for a harmless document,
and, where the text is data alone, have the same syntax tree but for constants and names.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import pytest
from wsgen.model import Json
from wsgen.problems import Stop

from .packages import Files, from_document


class Name(str):
    """A key in a document, where its value is not meant."""


Path_: TypeAlias = tuple[str | int, ...]

HARMLESS = "harm-less word"

HOSTILE = (
    '"""',
    "'''",
    '\\"""; import os; """',
    "'''\nimport os\n'''",
    "x\n__import__('os').system('id')",
    "x\r__import__('os').system('id')",
    "x\u2028__import__('os')\u2029\x85\x0b\x0c",
    "ends with a backslash\\",
    'ends with a quote"',
    "\\N{BULLET} \\x41 \\u0041 \\",
    "{{ 7 * 7 }}{% for x in y %}{# #}",
    "{__import__('os')} {0} %s ${HOME} `id`",
    "nul \x00 bell \x07 escape \x1b[31m",
    "right \u202e left \u2066 \u200f mark \ufeff",
    "lone \ud800 surrogate",
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/absolute/path",
    "con.aux.nul",
    "coding: utf-7",
    "# type: ignore # pyright: basic # noqa",
    "*/ // <!-- --> </script><script>alert(1)</script>",
    "x); import os; (",
    "x: int = __import__('os')",
    "class.def.lambda",
    "__init__.__class__.__dict__",
    "self.cls.super",
    "",
    "   ",
)


def document() -> Any:
    """A document in which every kind of text stands."""
    join = {
        "name": "chat.join",
        "title": "Join",
        "summary": "Join a room",
        "description": "Join a room.\n\nIt answers.",
        "payload": {
            "type": "object",
            "title": "join frame",
            "required": ["type", "payload"],
            "properties": {
                "type": {"const": "chat.join"},
                "payload": {
                    "type": "object",
                    "title": "inline payload",
                    "description": "what to join",
                    "required": ["room-name"],
                    "properties": {
                        "room-name": {"type": "string", "description": "the room", "default": "lobby"},
                        "mood": {"type": "string", "enum": ["glad", "sad"], "title": "mood"},
                        "code": {"type": "string", "pattern": "^[a-z]+$", "format": "code"},
                        "nested": {"type": "object", "properties": {"deep": {"const": "constant"}}},
                    },
                },
            },
        },
    }

    def frame(type: str, payload: Any) -> Any:
        properties: Any = {"type": {"const": type}, "payload": payload}
        return {"type": "object", "required": ["type", "payload"], "properties": properties}

    def message(type: str, payload: Any) -> Any:
        return {"description": f"about {type}", "payload": frame(type, payload)}

    channel: Any = {
        "address": "/feed/{symbol}",
        "title": "channel title",
        "description": "channel description",
        "parameters": {
            "symbol": {"description": "the symbol", "enum": ["a", "b"], "default": "a", "examples": ["b"]},
        },
        "bindings": {
            "ws": {
                "query": {
                    "type": "object",
                    "properties": {
                        "depth-level": {"type": "string", "enum": ["top", "all"], "description": "how deep"},
                        "kinds": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "examples": ["x"]},
                        "heartbeat": {"type": "string", "default": "no", "description": "heartbeats"},
                    },
                },
                "headers": {
                    "type": "object",
                    "properties": {"X-Client": {"type": "string", "description": "who", "default": "me"}},
                },
            }
        },
        "messages": {
            "join": join,
            "joined": message("chat.joined", {"$ref": "#/components/schemas/RoomState"}),
            "refused": message("chat.refused", {"type": "array", "items": {"type": "string"}}),
            "said": message("chat.said", {"$ref": "#/components/schemas/RoomState"}),
            "left": message("chat.left", {"type": "string", "enum": ["one", "two"]}),
            "typing": message("chat.typing", {"type": "object", "additionalProperties": {"type": "integer"}}),
        },
    }

    def operation(action: str, *messages: str, reply: tuple[str, ...] = ()) -> Any:
        def refs(names: tuple[str, ...]) -> Any:
            return [{"$ref": f"#/channels/feed/messages/{each}"} for each in names]

        here: Any = {"$ref": "#/channels/feed"}
        found: dict[str, Any] = {"action": action, "channel": here, "summary": "operation summary"}
        found["messages"] = refs(messages)
        if reply:
            found["reply"] = {"messages": refs(reply), "channel": here}
        return found

    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Feed API", "version": "1.0.0", "description": "info description"},
        "servers": {
            "local": {
                "host": "{region}.example.com",
                "pathname": "/ws",
                "protocol": "wss",
                "title": "server title",
                "description": "server description",
                "variables": {"region": {"enum": ["eu", "us"], "default": "eu", "description": "where"}},
            },
            "plain": {
                "host": "127.0.0.1:80",
                "protocol": "ws",
                "description": "plain description",
                "security": [{"$ref": "#/components/securitySchemes/key"}],
            },
        },
        "defaultContentType": "application/json",
        "channels": {"feed": channel},
        "operations": {
            "joining": operation("receive", "join", reply=("joined", "refused")),
            "typing": operation("receive", "typing"),
            "saying": operation("send", "said", "left"),
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "httpApiKey", "name": "X-Key", "in": "header", "description": "key description"},
            },
            "schemas": {
                "RoomState": {
                    "type": "object",
                    "title": "room title",
                    "description": "room description",
                    "required": ["state"],
                    "properties": {
                        "state": {"type": "string", "enum": ["open", "shut"], "description": "state description"},
                        "next-room": {"$ref": "#/components/schemas/RoomState"},
                    },
                }
            },
        },
    }


MIXED = "".join(text for text in HOSTILE if "\ud800" not in text)


MEANING = re.compile(
    r"const|pattern|\$ref|^asyncapi$|action|protocol|^type$|format|required|ContentType|pathname|^host$|address"
)
"""Names of strings that decide what the document means: with another text it is another package, or none."""


def strings(value: Json, at: Path_ = ()) -> Iterator[Path_]:
    """The place of every string; that of a key ends with a `Name`."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, (*at, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*at, Name(name))
            yield from strings(item, (*at, name))


def replaced(document: Any, at: Path_, text: str) -> Any:
    """The document with another string at one place, and with the references to it."""
    result = copy.deepcopy(document)
    parent = result
    for step in at[:-1]:
        parent = parent[step]
    last = at[-1]
    if not isinstance(last, Name):
        parent[last] = text
        return result
    items = [(text if name == last else name, item) for name, item in parent.items()]
    parent.clear()
    parent.update(items)
    start = "/".join(("#", *map(str, at[:-1])))
    return renamed(result, f"{start}/{last}", f"{start}/{text.replace('~', '~0').replace('/', '~1')}")


def renamed(value: Json, old: str, new: str) -> Json:
    """The document with other references."""
    if isinstance(value, list):
        return [renamed(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and (reference == old or reference.startswith(f"{old}/")):
        return {**value, "$ref": new + reference.removeprefix(old)}
    return {name: renamed(item, old, new) for name, item in value.items()}


def built(document: Any, folder: Path) -> dict[PurePosixPath, ast.Module] | None:
    """The syntax trees of our modules; None where the document is refused."""
    try:
        files = from_document(document, folder)
    except Stop:
        return None
    check_paths(files)
    return {
        path: ast.parse(text.encode())  # as bytes: a comment could declare another encoding
        for path, text in files.items()
        if path.suffix == ".py" and path.parts[0] != "_runtime"
    }


CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.DOTALL)
"""Code in Markdown: a run of backticks, and the next run of the same length (CommonMark, section 6.1)."""


def check_paths(files: Files) -> None:
    for path in files:
        assert not path.is_absolute()
        assert path.parts[0] == "_runtime" or len(path.parts) == 1, path
        assert re.fullmatch(r"\w+\.(py|md|typed)", path.name), path
        assert path.stem.casefold() not in {"con", "aux", "nul", "prn"}, path
    prose = CODE.sub("", files[PurePosixPath("README.md")])
    assert "<script" not in prose.replace("\\<script", "")


IMPORTED = {"__future__", "builtins", "collections.abc", "contextlib", "dataclasses", "datetime", "pydantic", "typing"}
IMPORTED |= {"ssl", "uuid"}
KNOWN = {"Exception", "bool", "bytes", "dict", "float", "frozenset", "int", "list", "object", "str", "super", "tuple"}


def check_words(trees: Mapping[PurePosixPath, ast.Module]) -> None:
    """Nothing is imported but from here and a few modules, and no name is used that a module does not define."""
    modules = {path.stem for path in trees} | {"_runtime"}
    for path, tree in trees.items():
        defined = set(KNOWN)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= IMPORTED, path
                defined |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                sources = [node.module] if node.module else [alias.name for alias in node.names]
                known = modules if node.level else IMPORTED
                assert {source.partition(".")[0] if node.level else source for source in sources} <= known, path
                defined |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                defined.add(node.name)
            elif isinstance(node, ast.arg):
                defined.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                defined.add(node.id)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert used <= defined, f"{path}: {used - defined}"


def shape(tree: ast.Module) -> str:
    """The tree without names, constants and docstrings."""
    bare = copy.deepcopy(tree)
    for node in ast.walk(bare):
        fields: Iterator[tuple[str, object]] = ast.iter_fields(node)
        for name, value in fields:
            if isinstance(value, str):
                setattr(node, name, "x")
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not is_text(statement)]
        if isinstance(node, ast.Constant):
            node.value = "x"
    return ast.dump(bare)


def is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def shapes(trees: Mapping[PurePosixPath, ast.Module]) -> list[str]:
    return sorted(map(shape, trees.values()))


def is_data(at: Path_) -> bool:
    """Whether the text there decides nothing."""
    decides = any(isinstance(step, str) and MEANING.search(step) for step in at[-2:])
    return not decides and "headers" not in at[:-1]  # a name that is no header's is left out


NAMED = {
    "properties",
    "schemas",
    "messages",
    "servers",
    "channels",
    "operations",
    "variables",
    "parameters",
    "securitySchemes",
}
"""What stands here has names that the document chose; other keys are the specification's."""

PLACES = [at for at in strings(document()) if not isinstance(at[-1], Name) or (at[-2:-1] and at[-2] in NAMED)]


def test_the_document_is_accepted(tmp_path: Path) -> None:
    found = built(document(), tmp_path)
    assert found is not None
    check_words(found)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_descriptions_are_only_texts(text: str, tmp_path: Path) -> None:
    words = [at for at in PLACES if at[-1] in ("description", "summary", "title") and not isinstance(at[-1], Name)]
    assert len(words) > 20
    plain = hostile = document()
    for at in words:
        plain, hostile = replaced(plain, at, HARMLESS), replaced(hostile, at, text)
    harmless, found = built(plain, tmp_path), built(hostile, tmp_path)
    assert harmless is not None
    if "\ud800" in text:
        assert found is None  # no text at all: RFC 8259, section 8.2
        return
    assert found is not None
    assert shapes(found) == shapes(harmless)


@pytest.mark.parametrize("at", PLACES, ids=lambda at: "/".join(map(str, at)))
def test_a_hostile_string_anywhere_is_no_code(at: Path_, tmp_path: Path) -> None:
    harmless = built(replaced(document(), at, HARMLESS), tmp_path) if is_data(at) else None
    for text in (MIXED, HOSTILE[PLACES.index(at) % len(HOSTILE)]):
        found = built(replaced(document(), at, text), tmp_path)
        if found is not None:
            check_words(found)
            assert harmless is None or shapes(found) == shapes(harmless), text
