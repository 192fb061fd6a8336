"""`runtime = "shared"`: under which name the packages of a configuration import their runtime, and that they can."""

from __future__ import annotations

from pathlib import Path

import pytest
from wsgen.config import ClientSettings, shared_runtime


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize(
    ("output", "runtime", "files", "module"),
    [
        ("src/shop/clients/feed", "src/shop/clients/runtime", ["src/shop/__init__.py"], "..runtime"),
        ("src/shop/clients/feed", "src/shop/runtime", ["src/shop/__init__.py"], "...runtime"),
        ("src/shop/feed", "src/shop/base/ws", [], "..base.ws"),
        ("clients/feed", "clients/runtime", [], "..runtime"),
        ("feed", "ws_runtime", [], "ws_runtime"),
        ("src/feed", "src/ws_runtime", [], "ws_runtime"),
        ("src/feed", "src/shop/ws", ["src/shop/__init__.py"], "shop.ws"),
        ("clients/feed", "base/ws", [], "base.ws"),
        ("tests/feed", "src/shop/ws", [], "shop.ws"),
        ("backend/feed", "backend/ws", ["backend/pyproject.toml"], "ws"),
        ("backend/app/feed", "backend/app/ws", ["backend/pyproject.toml"], "..ws"),
        ("backend/src/feed", "backend/src/ws", ["backend/pyproject.toml"], "ws"),
        ("../other/feed", "../other/ws", [], "ws"),
        ("../other/app/feed", "../other/app/ws", ["../other/app/__init__.py"], "..ws"),
    ],
)
def test_the_module(folder: Path, output: str, runtime: str, files: list[str], module: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    settings = ClientSettings(input="x", runtime="shared", runtime_output=Path(runtime))
    assert shared_runtime(settings, Path(output)) == module


def test_a_copy_of_its_own() -> None:
    assert shared_runtime(ClientSettings(input="x", runtime_output=Path("y")), Path("z")) is None
