"""The corpus, where one is at hand: all documents are built and their frames played, a tenth goes
through the slow checks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .checkers import mypy_errors, pyright_errors
from .documents import corpus
from .rows import examine

FOUND = corpus()


@pytest.mark.skipif(FOUND is None, reason="WSGEN_CORPUS names no folder with documents in `ws`")
def test_every_document_becomes_a_client_or_a_diagnostic(tmp_path: Path) -> None:
    assert FOUND is not None
    report = examine(FOUND, tmp_path, one_in=10)

    print(f"\n{report}")
    assert not report.failed


def test_the_checkers_see_what_is_wrong(tmp_path: Path) -> None:
    package = tmp_path / "client_1"
    package.mkdir()
    (package / "__init__.py").write_text('WRONG: int = "text"\n', "utf-8")

    assert mypy_errors([package], tmp_path) == {"client_1": 1}
    assert pyright_errors([package], tmp_path) == {"client_1": 1}
