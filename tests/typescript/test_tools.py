"""The TypeScript of the runtime compiles under every strict flag, and is formatted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .tools import COMPILERS, HERE, RUNTIME, NodeTools

RUNTIME_FILES = sorted(RUNTIME.rglob("*.ts"))
TEST_FILES = sorted(HERE.rglob("*.ts"))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_runtime_compiles_under_every_strict_flag(node_tools: NodeTools, compiler: str) -> None:
    assert RUNTIME_FILES != []
    assert node_tools.tsc(RUNTIME_FILES, compiler=compiler) == ""


def test_the_tests_compile_under_every_strict_flag(node_tools: NodeTools) -> None:
    assert node_tools.tsc([*RUNTIME_FILES, *TEST_FILES], types=["node"]) == ""


def test_all_of_it_is_formatted(node_tools: NodeTools) -> None:
    assert node_tools.misformatted([*RUNTIME_FILES, *TEST_FILES]) == ""


@pytest.mark.parametrize("file", [*RUNTIME_FILES, *TEST_FILES], ids=lambda file: file.name)
def test_files_are_short(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= 700


def test_the_compiler_and_the_formatter_see_what_is_wrong(node_tools: NodeTools, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ts"
    wrong.write_text("const first: string = [1][0]\n")

    assert "TS2322" in node_tools.tsc([wrong])
    assert "wrong.ts" in node_tools.misformatted([wrong])


@pytest.mark.parametrize("folder", [HERE, HERE / "platforms"], ids=lambda folder: folder.name)
def test_the_lock_names_versions_and_no_registry(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
