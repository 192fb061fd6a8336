"""What received messages, requests and renewals cost. `make bench` shows it; nothing is judged by time."""

from __future__ import annotations

from pathlib import Path

import pytest

from .performance import main


@pytest.mark.benchmark
def test_everything_is_measured(tmp_path: Path) -> None:
    main(["--rounds", "1", "--count", "2000", "--output", str(tmp_path / "performance.md")])

    page = (tmp_path / "performance.md").read_text("utf-8")
    assert "| wsgen, pydantic |" in page
    assert "| a request and its reply, over a raw round trip | ≤ 20 µs |" in page
    assert "| 1,000 renewals after a drop, each |" in page
