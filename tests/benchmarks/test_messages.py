"""What received messages cost. `make bench` shows it; nothing is judged by time."""

from __future__ import annotations

import pytest

from .messages.__main__ import main


@pytest.mark.benchmark
def test_received_messages(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--rounds", "1", "--count", "2000"])

    shown = capsys.readouterr().out
    assert "wsgen, pydantic" in shown
    print(shown)
