"""How much of a bundle the runtime takes. What it does comes first; but what it grows by should be seen."""

from __future__ import annotations

import gzip
from pathlib import Path

from .tools import HERE, RUNTIME, NodeTools

EXAMPLE = HERE.parents[1] / "generated_example" / "typescript" / "trading"

ONE_DOMAIN = """\
import { BarsWebSocketClientFactory } from "EXAMPLE/bars.js";
const bars = BarsWebSocketClientFactory(location.hash);
void bars.subscribe({ symbol: "AAPL" }, console.log);
"""


def _gzipped(tools: NodeTools, entry: Path, target: Path) -> int:
    """Bytes of a bundle for browsers, minified and gzipped."""
    bundle = tools.bundle(entry, target, "--minify", "--platform=browser")
    size = len(gzip.compress(bundle.read_bytes(), 9))
    print(f"{entry.name}: {bundle.stat().st_size} bytes minified, {size} gzipped")
    return size


def test_the_session_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    assert _gzipped(node_tools, RUNTIME / "session" / "index.ts", tmp_path / "session.mjs") <= 17_000


def test_a_page_with_one_domain_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    entry = tmp_path / "one-domain.ts"
    entry.write_text(ONE_DOMAIN.replace("EXAMPLE", EXAMPLE.as_posix()))
    assert _gzipped(node_tools, entry, tmp_path / "page.mjs") <= 25_000
