"""The examples in the repository are what the generator makes of the documents now. `make regen` renews them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "generated_example" / "python"
SPECS = {"trading": "trading.asyncapi.json", "trading_3": "trading-3.asyncapi.yaml"}

DESCRIBE = """
import inspect, json, typing, {package} as package
found = []
for name in package.__all__:
    one = getattr(package, name)
    members = vars(one).items() if inspect.isclass(one) and not hasattr(one, "model_fields") else [(name, one)]
    for member, function in members:
        function = inspect.unwrap(function) if callable(function) else function
        if inspect.isfunction(function) and (not member.startswith("_") or member == "__init__"):
            found.append([f"{{name}}.{{member}}", {{key: str(hint) for key, hint in function.__annotations__.items()}}])
print(json.dumps(found))
"""


@pytest.fixture(scope="module", params=SPECS)
def package(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def built(package: str) -> dict[str, str]:
    """The texts of the package, as they are built now, by path."""
    settings = ClientSettings(input=(ROOT / "specs" / SPECS[package]).as_posix(), output=EXAMPLES / package)
    files = build_client(settings, Problems(), check=False).files
    return {path.as_posix(): text for path, text in files.items()}


@pytest.fixture(scope="module")
def kept(package: str) -> dict[str, str]:
    folder = EXAMPLES / package
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_the_example_has_the_files_that_are_built(built: dict[str, str], kept: dict[str, str]) -> None:
    assert set(kept) - {".wsgen.json"} == set(built)
    assert set(json.loads(kept[".wsgen.json"])["files"]) == set(built)


def test_the_texts_are_those_that_are_built(built: dict[str, str], kept: dict[str, str]) -> None:
    assert {path for path, text in built.items() if kept.get(path) != text} == set()


def test_no_public_signature_says_any(package: str) -> None:
    program = DESCRIBE.format(package=f"generated_example.python.{package}")
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    signatures = json.loads(run.stdout)
    assert len(signatures) > 30
    assert [name for name, hints in signatures if any("Any" in hint for hint in hints.values())] == []
