"""How much random tests have done, for whoever reads the log."""

from __future__ import annotations

import pytest

from .sessions import STEPS_TAKEN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for module, taken in STEPS_TAKEN.items():
        terminalreporter.write_line(f"{module}: {taken} random steps")
