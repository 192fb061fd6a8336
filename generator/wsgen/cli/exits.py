"""Exit codes."""

from __future__ import annotations

from collections.abc import Mapping

from wsgen.problems import Problems

__all__ = ["BUG", "DIFFERS", "DOCUMENT", "DONE", "FAULT", "USAGE", "exit_code"]

DONE, DIFFERS, USAGE, DOCUMENT, FAULT, BUG = 0, 1, 2, 3, 4, 70

BY_CODE: Mapping[str, int] = {
    "WSG101": FAULT,
    "WSG112": FAULT,
    "WSG113": FAULT,
    "WSG601": BUG,
    "WSG602": BUG,
    "WSG603": BUG,
    "WSG604": BUG,
    "WSG605": FAULT,
    "WSG606": DIFFERS,
    "WSG607": DIFFERS,
    "WSG608": FAULT,
    "WSG610": DIFFERS,
}
BY_HUNDRED: Mapping[str, int] = {"6": BUG, "9": USAGE}
WEIGHT = (BUG, USAGE, FAULT, DOCUMENT, DIFFERS)
"""Of several, the first is the exit code."""


def exit_code(problems: Problems, *, strict: bool) -> int:
    """The exit code of a run with these problems; `strict` counts warnings as an invalid document."""
    found = {
        BY_CODE.get(problem.code) or BY_HUNDRED.get(problem.code[3], DOCUMENT)
        for problem in problems
        if problem.level == "error"
    }
    if strict and any(problem.level == "warning" for problem in problems):
        found.add(DOCUMENT)
    return next((code for code in WEIGHT if code in found), DONE)
