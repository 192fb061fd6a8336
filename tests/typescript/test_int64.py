"""Integers of 64 bits in TypeScript: rounded and told, or exact where the configuration wants that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from wsgen.config import ClientSettings, DomainSettings, Int64
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from .node_tests import named, report, run
from .tools import HERE, NodeTools

DOCUMENT = HERE / "int64.asyncapi.json"
USE = HERE / "int64.mts"


def build(folder: Path, int64: Int64, document: Path = DOCUMENT) -> dict[str, str]:
    """The texts of the package by path, also written to a folder."""
    settings = ClientSettings(
        input=str(document),
        output=folder,
        target="typescript",
        int64=int64,
        domains={"entries": DomainSettings(route={"account": "account"})},
    )
    files = {path.as_posix(): text for path, text in build_client(settings, Problems()).files.items()}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return files


@pytest.fixture(scope="module")
def use(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("int64")
    build(folder / "ledger", "bigint")
    (folder / "use.ts").write_text(USE.read_text("utf-8"), "utf-8")
    return folder / "use.ts"


def test_it_compiles_and_is_formatted(use: Path, node_tools: NodeTools) -> None:
    modules = [use, *(use.parent / "ledger").rglob("*.ts")]
    assert node_tools.tsc(modules, types=["node"]) == ""
    assert node_tools.misformatted(modules) == ""


@pytest.fixture(scope="module")
def results(node: str, use: Path, node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return run(node_tools, tmp_path_factory.mktemp("node"), [use], node=node)


@pytest.mark.parametrize("name", named(USE), ids=lambda name: name.replace(" ", "-"))
def test_node(name: str, results: Mapping[str, str]) -> None:
    assert results.get(name) == "ok", report(results[""], name)


def test_types_say_what_arrives(tmp_path: Path) -> None:
    models = build(tmp_path, "bigint")["models.ts"]
    for line in (
        "account: bigint;",
        "count?: number;",
        "history?: bigint[];",
        "balances?: Record<string, bigint>;",
        "either?: bigint | string | null;",
        "candle?: [bigint, number];",
    ):
        assert f"  {line}\n" in models
    assert "rounded" not in models


def test_numbers_say_that_they_are_rounded_and_cost_nothing(tmp_path: Path) -> None:
    files = build(tmp_path, "number")
    rounded = "/** It has 64 bits, and is rounded beyond 2^53. */\n"
    assert f"  {rounded}  account: number;\n" in files["models.ts"]
    assert f"  {rounded}  history?: number[];\n" in files["models.ts"]
    assert "bigint" not in files["models.ts"]
    assert files["models.ts"].count("rounded") == 6
    assert "exactCodec" not in files["protocol.ts"]


def test_a_bundle_of_numbers_has_nothing_of_it(node_tools: NodeTools, tmp_path: Path) -> None:
    entry = tmp_path / "entry.ts"
    for int64 in ("number", "bigint"):
        build(tmp_path / int64 / "ledger", int64)
        entry.write_text(f'export {{ LedgerClient }} from "./{int64}/ledger/index.js";\n')
        bundle = node_tools.bundle(entry, tmp_path / f"{int64}.mjs").read_text("utf-8")
        assert "LedgerClient" in bundle
        assert ("rawJSON" in bundle) == (int64 == "bigint")


@pytest.mark.parametrize(
    ("schema", "wide"),
    [
        ({"type": "integer", "format": "int64"}, True),
        ({"type": "integer", "format": "uint64"}, True),
        ({"type": "integer", "maximum": 2**53}, True),
        ({"type": "integer", "exclusiveMinimum": -(2**63)}, True),
        ({"type": ["integer", "null"], "format": "int64"}, True),
        ({"type": "integer"}, False),
        ({"type": "integer", "format": "int32"}, False),
        ({"type": "integer", "maximum": 2**53 - 1}, False),
        ({"type": "string", "format": "int64"}, False),
        ({"type": "number", "maximum": 1e300}, False),
    ],
)
def test_which_are_wide(schema: dict[str, Any], wide: bool, tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text("utf-8"))
    document["components"]["schemas"]["Entry"]["properties"] = {"account": {"type": "string"}, "value": schema}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document), "utf-8")
    models = build(tmp_path / "ledger", "bigint", path)["models.ts"]
    (line,) = (line for line in models.splitlines() if "value?:" in line)
    assert ("bigint" in line) == wide


def test_a_document_without_them_has_no_places(tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text("utf-8").replace("int64", "int32").replace("uint64", "int32"))
    document["components"]["schemas"]["Entry"]["properties"].pop("history")
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document).replace("uint32", "int32"), "utf-8")
    files = build(tmp_path / "ledger", "bigint", path)
    assert "exactCodec" not in files["protocol.ts"]
    assert "bigint" not in files["models.ts"]
