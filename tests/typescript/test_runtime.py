"""The tests of the runtime in TypeScript that Node's own test runner runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from .node_tests import named, report, run
from .tools import HERE, NodeTools

FILES = sorted(HERE.glob("*.test.ts"))
TESTS = [(file.name, name) for file in FILES for name in named(file)]


@pytest.fixture(scope="module")
def results(node: str, node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return run(node_tools, tmp_path_factory.mktemp("node"), FILES, node=node)


def test_each_has_a_name_of_its_own() -> None:
    assert len({name for _, name in TESTS}) == len(TESTS) > 40


@pytest.mark.parametrize(("file", "name"), TESTS, ids=lambda each: each.replace(" ", "-"))
def test_node(file: str, name: str, results: Mapping[str, str]) -> None:
    assert results.get(name) == "ok", report(results[""], name)


def test_what_fails_is_told(node_tools: NodeTools, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.test.ts"
    wrong.write_text(
        'import { test } from "node:test";\n\ntest("it fails", () => {\n  throw new Error("as it must");\n});\n'
    )

    results = run(node_tools, tmp_path, [wrong])

    assert named(wrong) == ["it fails"]
    assert results["it fails"] == "not ok"
    assert "as it must" in report(results[""], "it fails")
