"""A document of twice the size costs twice the work. Work is counted in lines of wsgen that run, not in time.

What a comprehension or a generator does again and again counts with each turn. What C does in one call, as `in` for
a list, does not; `make bench` shows that.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import wsgen
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from tests.benchmarks.feeds import channels, feeds

OURS = str(Path(wsgen.__file__).parent)
BOUND = 1.1
"""Of the growth of work: a step that looks at every pair of things would double it."""


def forget() -> None:
    """Empty what is kept from one document to the next: the same names again would be no work."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("wsgen."):
            for value in [*vars(module).values()]:
                clear = getattr(value, "cache_clear", None)
                if callable(clear):
                    clear()


def work_of(document: Path) -> Counter[str]:
    """How many lines of each function of wsgen run while a client is built."""
    lines: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(OURS):
            return None
        where = f"{name[len(OURS) + 1 :]}:{frame.f_code.co_name}"

        def count(frame: FrameType, event: str, argument: object) -> Any:
            lines[where] += event == "line"
            return count

        return count

    problems = Problems()
    forget()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        build_client(ClientSettings(input=document.as_posix(), output=Path("client")), problems, check=False)
    finally:
        sys.settrace(before)
    assert not problems.fatal
    return lines


@pytest.mark.parametrize("document", [feeds, channels])
def test_twice_the_document_is_twice_the_work(document: Callable[[int], str], tmp_path: Path) -> None:
    work: list[Counter[str]] = []
    for size in (1, 8, 16, 32):
        file = tmp_path / f"{size}.json"
        file.write_text(document(size), "utf-8")
        work.append(work_of(file))
    _, small, middle, large = work  # the first one loads what is loaded once
    first, second = middle.total() - small.total(), large.total() - middle.total()
    assert first > 0
    worst = {name: large[name] - middle[name] - 2 * (middle[name] - small[name]) for name in large}
    grown = sorted(worst, key=lambda name: -worst[name])[:5]
    assert second <= 2 * BOUND * first, {name: (small[name], middle[name], large[name]) for name in grown}
    # No single function that matters grows as the square: its increase would be fourfold.
    for name in large:
        more = large[name] - middle[name]
        assert more <= 3 * (middle[name] - small[name]) + 100, (name, small[name], middle[name], large[name])
