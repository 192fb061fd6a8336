"""Type checkers find nothing in the models, with no configuration of the user's but "strict"."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.generator.payload_schemas import models

RUNTIME = Path(__file__).parents[2] / "runtime" / "wsgen_runtime"

EVERYTHING: dict[str, Any] = {
    "type": "object",
    "description": "One of everything.",
    "additionalProperties": True,
    "required": ["kind", "accountId", "null", "class"],
    "properties": {
        "kind": {"const": "everything"},
        "accountId": {"type": "string", "maxLength": 9, "description": "Whose."},
        "null": {"type": "null"},
        "class": {"type": "integer", "minimum": -5},
        "self": {"$ref": "Everything"},
        "copy": {"type": "boolean", "default": True},
        "json": {"type": "string"},
        "model_config": {"type": "string"},
        "model_fields": {"type": "string"},
        "model_id": {"type": "string"},
        "validate": {"type": ["string", "null"]},
        "Bar": {"type": "number", "default": 1},
        "bar": {"type": "number"},
        "any": True,
        "list": {"type": "array", "items": {"type": "string", "pattern": "^a"}, "default": ["a"]},
        "map": {"type": "object", "additionalProperties": {"type": "array", "items": {"$ref": "Side"}}},
        "free": {"type": "object", "default": {"a": [1]}},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"$ref": "Cat"}], "minItems": 2, "maxItems": 2},
        "pet": {"oneOf": [{"$ref": "Cat"}, {"$ref": "Dog"}]},
        "named_pet": {"$ref": "Pet"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 2}, {"$ref": "Cat"}]},
        "status": {"enum": ["ok", "error"], "default": "ok"},
        "mixed": {"enum": ["ok", 1, True, None]},
        "date": {"type": "string", "format": "date"},
        "datetime": {"type": "string", "format": "date-time"},
        "uuid": {"type": "string", "format": "uuid"},
        "inner": {"type": "object", "properties": {"inner": {"type": "object", "properties": {"x": {}}}}},
        "deleted": {"const": True},
        "Field": {"type": "integer", "multipleOf": 2},
        "deprecated": {"type": "integer", "deprecated": True},
        "long": {"enum": [f"a value that is rather long, number {number}" for number in range(6)]},
    },
}
DEFINITIONS: dict[str, Any] = {
    "Everything": EVERYTHING,
    "Side": {"enum": ["buy", "sell"]},
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "cat"}, "friend": {"$ref": "Pet"}},
    },
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "dog"}}},
    "Pet": {"oneOf": [{"$ref": "Cat"}, {"$ref": "Dog"}, {"type": "null"}]},
    "Empty": {"type": "object", "properties": {}, "additionalProperties": False},
    "Literal": {"type": "object", "properties": {"Annotated": {"enum": [1, 2]}}},
    "Annotated": {"type": "object", "required": ["TypeAlias"], "properties": {"TypeAlias": {"const": "x"}}},
    "Any": {"type": "object", "properties": {"any": True}},
}
PACKAGES = ("sends", "receives", "sends_structs", "receives_structs")
CODE = """
from __future__ import annotations

from typing import assert_type

from .models import Cat, Dog, Everything, Side

side: Side = "buy"
everything = Everything(account_id="1", null=None, class_=3, pet=Dog(), named_pet=Cat(friend=None), map={"a": [side]})
assert_type(everything.account_id, str)
assert_type(everything.bar, float | None)
assert_type(everything.copy_, bool)
"""
STRUCTS = """
from __future__ import annotations

import datetime as dt
from typing import Literal, assert_type

from msgspec import UnsetType, to_builtins
from msgspec.json import encode

from . import models
from ._runtime.msgspec_codec import Envelope, MsgspecCodec, from_wire
from .models import Cat, Dog, Everything, Side

side: Side = "buy"
everything = Everything(account_id="1", null=None, class_=3, pet=Dog(), named_pet=Cat(friend=None), map={"a": [side]})
assert_type(everything.account_id, str)
assert_type(everything.date, dt.date | UnsetType)
assert_type(everything.kind, Literal["everything"])
types: dict[str, object] = {name: getattr(models, name) for name in models.__all__}
MsgspecCodec(Envelope("type", "payload"), sent=types, received=types)
assert b'"kind":"everything"' in encode(everything)
assert from_wire(Everything, to_builtins(everything)) == everything
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages that send and that receive the same, of either model library, with the runtime copied in."""
    folder = tmp_path_factory.mktemp("checked")
    roots = {name: {"$ref": name} for name in DEFINITIONS}
    packages = {
        "sends": models(DEFINITIONS, sent=roots, typed_formats=True),
        "receives": models(DEFINITIONS),
        "sends_structs": models(DEFINITIONS, sent=roots, typed_formats=True, library="msgspec"),
        "receives_structs": models(DEFINITIONS, typed_formats=True, library="msgspec"),
    }
    for package, found in packages.items():
        structs = package.endswith("structs")
        runtime = folder / package / "_runtime"
        runtime.mkdir(parents=True)
        codec = "msgspec_codec.py" if structs else "pydantic_codec.py"
        for name in (codec, "codec.py", "errors.py", "framing.py", "rules.py", "samples.py", "undivided.py"):
            shutil.copy(RUNTIME / name, runtime / name)
        (runtime / "__init__.py").write_text("")
        (folder / package / "__init__.py").write_text("")
        (folder / package / "models.py").write_text(found.text)
        (folder / package / "use.py").write_text(STRUCTS if structs else CODE)
    return folder


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_mypy_strict(folder: Path) -> None:
    said = _run(folder, "mypy", "--strict", "--cache-dir", str(folder / ".cache"), *PACKAGES)

    assert said == "Success: no issues found in 44 source files\n"


def test_pyright_strict(folder: Path) -> None:
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))

    said = _run(folder, "pyright", "--pythonpath", sys.executable)

    assert "0 errors, 0 warnings, 0 informations" in said, said


def test_both_packages_can_be_used(folder: Path) -> None:
    for package in PACKAGES:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", f"import {package}.use"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
