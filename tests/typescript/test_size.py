"""How much of a bundle the runtime takes, and that a page takes no part of it that it has no use for.

`docs/decisions/typescript-size.md` says what the parts cost. What the runtime does comes first; but what it grows by
should be seen.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from .tools import HERE, RUNTIME, NodeTools

EXAMPLE = HERE.parents[1] / "generated_example" / "typescript" / "trading"

ONE_DOMAIN = """\
import { BarsWebSocketClientFactory } from "EXAMPLE/bars.js";
const bars = BarsWebSocketClientFactory(location.hash);
void bars.subscribe({ symbol: "AAPL" }, console.log);
"""
ALL_DOMAINS = """\
import { TradingClient } from "EXAMPLE/index.js";
const trading = new TradingClient(location.hash);
void trading.bars.subscribe({ symbol: "AAPL" }, console.log);
"""

PARTS = {
    "streams": "a stream has one reader",
    "requests": "RequestTimeout",
    "handlers": "has a handler",
    "one set of parameters at a time": "carry no topic",
    "routes by fields": "updates are routed by this parameter",
    "addresses of channels": "a step to another path",
    "servers with variables": "the variable ",
    "frames that are no JSON": "a Uint8Array",
    "memory": "was not offered",
}
"""Words of each part that a page with one domain has no use for."""


def _page(text: str, folder: Path) -> Path:
    entry = folder / "page.ts"
    entry.write_text(text.replace("EXAMPLE", EXAMPLE.as_posix()))
    return entry


def _gzipped(tools: NodeTools, entry: Path, target: Path) -> int:
    """Bytes of a bundle for browsers, minified and gzipped."""
    bundle = tools.bundle(entry, target, "--minify", "--platform=browser")
    size = len(gzip.compress(bundle.read_bytes(), 9))
    print(f"{entry.name}: {bundle.stat().st_size} bytes minified, {size} gzipped")
    return size


def test_the_session_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    assert _gzipped(node_tools, RUNTIME / "session" / "index.ts", tmp_path / "session.mjs") <= 16_500


def test_a_page_with_one_domain_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    assert _gzipped(node_tools, _page(ONE_DOMAIN, tmp_path), tmp_path / "page.mjs") <= 19_700


def test_a_page_with_all_domains_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    assert _gzipped(node_tools, _page(ALL_DOMAINS, tmp_path), tmp_path / "page.mjs") <= 21_600


@pytest.fixture(scope="module")
def one_domain(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    return node_tools.bundle(
        _page(ONE_DOMAIN, folder), folder / "page.mjs", "--minify", "--platform=browser"
    ).read_text()


@pytest.mark.parametrize("part", PARTS)
def test_a_page_has_no_part_that_it_has_no_use_for(part: str, one_domain: str) -> None:
    sources = "".join(path.read_text("utf-8") for path in RUNTIME.rglob("*.ts"))
    assert PARTS[part] in sources
    assert PARTS[part] not in one_domain
