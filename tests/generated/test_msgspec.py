"""Packages whose models are structs of msgspec: the same clients and fake servers, without pydantic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .packages import SPECS, from_document, write

ROOT = SPECS.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of the trading document, as `generated_example/python` has them."""
    root = tmp_path_factory.mktemp("structs")
    files = from_document(SPECS / "trading.asyncapi.json", root, "trading", models="msgspec")
    write(files, root / "trading")
    return root


# What stands for itself: packages of its own, and that a default which nobody set is not sent: structs send it, since
# the default of a message that only servers send is a value like any other there.
APART = ("TestTypes", "TestTheSetting", "TestEveryNameTaken", "test_every_frame_is_one_that_the_client_decodes")


def test_they_do_all_that_the_examples_of_pydantic_do(folder: Path) -> None:
    """The tests of the example, with the other package in its place."""
    tests = ("tests/conformance/test_trading.py", "tests/generated/test_fakes.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--example", str(folder)]
    command += [*tests, "-k", " and ".join(f"not {name}" for name in APART)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_need_no_pydantic(folder: Path) -> None:
    code = (
        "import sys; sys.modules['pydantic'] = sys.modules['pydantic_core'] = None\n"
        "import trading, trading.fakes; print(trading.Quote(symbol='A'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("Quote(symbol='A'")
    codecs = [path.name for path in (folder / "trading" / "_runtime").glob("*codec.py")]
    assert sorted(codecs) == ["codec.py", "msgspec_codec.py"]


def test_the_readme_names_what_it_needs(folder: Path) -> None:
    text = (folder / "trading" / "README.md").read_text("utf-8")
    assert "`msgspec` 0.22 or newer" in text
    assert "pydantic" not in text
