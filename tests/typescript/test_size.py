"""How much of a bundle the session takes. What it does comes first; but what it grows by should be seen."""

from __future__ import annotations

import gzip
from pathlib import Path

from .tools import RUNTIME, NodeTools

MOST = 17_000
"""Bytes, minified and gzipped."""


def test_the_session_does_not_grow_unseen(node_tools: NodeTools, tmp_path: Path) -> None:
    bundle = node_tools.bundle(RUNTIME / "session" / "index.ts", tmp_path / "session.mjs", "--minify")
    size = len(gzip.compress(bundle.read_bytes(), 9))
    print(f"{bundle.stat().st_size} bytes minified, {size} gzipped")
    assert size <= MOST
