"""Generated packages: no checker, linter or formatter finds anything, whatever names the document has."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from wsgen.landing.python import WIDTH

from .packages import SPECS, from_client, from_document, write
from .sink import SCHEMAS, sink

PYTHON = sys.executable
PACKAGES = ["trading", "trading_3", "sink", "trading_structs", "sink_structs"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages of the trading documents, and of a client that takes every name of ours."""
    root = tmp_path_factory.mktemp("packages")
    write(from_document(SPECS / "trading.asyncapi.json", root, "trading"), root / "trading")
    write(from_document(SPECS / "trading-3.asyncapi.yaml", root, "trading_3"), root / "trading_3")
    write(from_client(sink(), SCHEMAS, "sink"), root / "sink")
    structs = from_document(SPECS / "trading.asyncapi.json", root, "trading_structs", models="msgspec")
    write(structs, root / "trading_structs")
    write(from_client(sink(), SCHEMAS, "sink_structs", models="msgspec"), root / "sink_structs")
    return root


def run(folder: Path, *command: str) -> tuple[int, str]:
    done = subprocess.run([PYTHON, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_mypy_strict_finds_nothing(folder: Path) -> None:
    packages = [word for package in PACKAGES for word in ("-p", package)]
    code, output = run(folder, "mypy", "--strict", "--config-file=", "--cache-dir", str(folder / "cache"), *packages)
    assert code == 0, output


def test_pyright_strict_finds_nothing(folder: Path) -> None:
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))
    code, output = run(folder, "pyright", "--pythonpath", PYTHON, "-p", ".")
    assert code == 0, output


@pytest.mark.parametrize("package", PACKAGES)
def test_ruff_would_format_nothing(folder: Path, package: str) -> None:
    command = ("ruff", "format", "--isolated", "--line-length", str(WIDTH), "--diff", package)
    code, output = run(folder, *command, "--exclude", "_runtime")  # as it stands in this repository
    assert code == 0, output


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_unused_or_undefined(folder: Path, package: str) -> None:
    command = ("ruff", "check", "--isolated", "--ignore-noqa", "--select", "F", package)
    code, output = run(folder, *command)
    assert code == 0, output


@pytest.mark.parametrize("package", PACKAGES)
def test_all_that_is_exported_can_be_imported(folder: Path, package: str) -> None:
    modules = sorted(path.stem for path in (folder / package).glob("*.py"))
    code = "\n".join(f"from {package}{'' if module == '__init__' else '.' + module} import *" for module in modules)
    done = subprocess.run([PYTHON, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_exports_in_order(folder: Path, package: str) -> None:
    for path in (folder / package).glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        listed = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ]
        assert len(listed) == 1, path
        assert listed[0] == sorted(set(listed[0])), path


def test_no_public_signature_of_the_trading_client_has_any(folder: Path) -> None:
    for path in (folder / "trading").glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
        assert "Any" not in names, path


def test_every_public_thing_is_documented(folder: Path) -> None:
    for path in (folder / "sink").glob("*.py"):
        if path.name == "models.py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), path
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                assert ast.get_docstring(node), f"{path}: {node.name}"
                if any(ast.unparse(base).endswith("Protocol") for base in node.bases):
                    continue
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name != "__init__":
                        assert ast.get_docstring(inner), f"{path}: {node.name}.{inner.name}"
