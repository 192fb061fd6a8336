"""The example in TypeScript is what the generator makes of its document now, and the README's use of it compiles."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from .node_tests import named, report, run
from .tools import HERE, NodeTools

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "generated_example" / "typescript"
SPECS = {"trading": "trading.asyncapi.json", "trading_3": "trading-3.asyncapi.yaml"}
USE = HERE / "example.ts"


@pytest.fixture(scope="module", params=SPECS)
def example(request: pytest.FixtureRequest) -> Path:
    """The folder of a package."""
    return EXAMPLES / str(request.param)


@pytest.fixture(scope="module")
def built(example: Path) -> dict[str, str]:
    """The texts of the package, as they are built now, by path."""
    document = ROOT / "specs" / SPECS[example.name]
    settings = ClientSettings(input=document.as_posix(), output=example, target="typescript")
    return {path.as_posix(): text for path, text in build_client(settings, Problems()).files.items()}


@pytest.fixture(scope="module")
def kept(example: Path) -> dict[str, str]:
    paths = (path for path in example.rglob("*") if path.is_file())
    return {path.relative_to(example).as_posix(): path.read_text("utf-8") for path in paths}


def test_there_is_no_other_example() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == set(SPECS)


def test_the_example_has_the_files_that_are_built(built: dict[str, str], kept: dict[str, str]) -> None:
    assert set(kept) - {".wsgen.json"} == set(built)
    assert set(json.loads(kept[".wsgen.json"])["files"]) == set(built)


def test_the_texts_are_those_that_are_built(built: dict[str, str], kept: dict[str, str]) -> None:
    assert {path for path, text in built.items() if kept.get(path) != text} == set()


def test_it_compiles_and_is_formatted(node_tools: NodeTools, example: Path) -> None:
    modules = sorted(example.rglob("*.ts"))
    assert node_tools.tsc(modules) == ""
    assert node_tools.misformatted(modules) == ""


def test_readmes_of_either_language_are_formatted(node_tools: NodeTools) -> None:
    readmes = sorted(EXAMPLES.parent.glob("*/*/README.md"))
    assert len(readmes) == 4
    assert node_tools.misformatted(readmes) == ""


def test_the_readmes_use_of_it_compiles(node_tools: NodeTools, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```ts\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "trading").symlink_to(EXAMPLES / "trading")
    use = tmp_path / "use.ts"
    use.write_text(block, "utf-8")
    assert node_tools.tsc([use]) == ""
    assert node_tools.misformatted([use]) == ""


@pytest.fixture(scope="module")
def results(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return run(node_tools, tmp_path_factory.mktemp("example"), [USE])


@pytest.mark.parametrize("name", named(USE), ids=lambda name: name.replace(" ", "-"))
def test_it_talks_to_its_fake_server(name: str, results: Mapping[str, str]) -> None:
    assert results.get(name) == "ok", report(results[""], name)
