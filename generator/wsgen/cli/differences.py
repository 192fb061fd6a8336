"""What a build would change: as a diff, in words, and the command that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wsgen.problems import Place, Problems

from .printing import printable

if TYPE_CHECKING:
    from wsgen.write import Comparison, Difference

__all__ = ["print_diff", "report_differences", "summary"]

LINES_OF_A_FILE = 60
LINES = 240
"""Lines of a bounded diff."""

MOST_LINES = 20_000
"""A text of more lines than this is not compared line by line, which takes longer than its square grows."""

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_WORDS = {
    "changed": "changed",
    "missing": "missing",
    "edited": "edited",
    "in the way": "in the way",
    "obsolete": "no longer generated",
    "extra": "with our header, but neither generated nor listed",
}
"""Words for each kind of difference, in the order in which they are counted."""


def report_differences(comparisons: Sequence[Comparison], command: Sequence[str], problems: Problems) -> None:
    """Report outputs that are not what a build would write (WSG610).

    Args:
        command: the build without `--check`; its arguments.
    """
    differing = [each for each in comparisons if not each.up_to_date]
    if not differing:
        return
    related = [
        (Place((each.output / one.path).as_posix()), _WORDS[one.kind]) for each in differing for one in each.differences
    ]
    for each in differing:
        if each.unfinished:
            related.append((Place(each.output.as_posix()), "a build of it was interrupted"))
    folders = [f"{each.output.as_posix()}/" for each in differing]
    where = folders[0] if len(folders) == 1 else f"{len(folders)} of {len(comparisons)} outputs"
    message = f"{where} {'is' if len(folders) == 1 else 'are'} not what a build would write: {_counts(differing)}"
    place = Place(differing[0].output.as_posix() if len(folders) == 1 else "")
    problems.error("WSG610", message, place, _mend(differing, command), tuple(related))


def summary(comparisons: Sequence[Comparison]) -> str:
    """What would change, in one line."""
    differing = [each for each in comparisons if not each.up_to_date]
    return f"would change: {_counts(differing)}" if differing else "nothing would change"


def _counts(comparisons: Sequence[Comparison]) -> str:
    kinds = [one.kind for each in comparisons for one in each.differences]
    counted = [f"{kinds.count(kind)} {words}" for kind, words in _WORDS.items() if kind in kinds]
    if any(each.unfinished for each in comparisons):
        counted.append("a build was interrupted")
    return ", ".join(counted)


def _mend(comparisons: Sequence[Comparison], command: Sequence[str]) -> str:
    """The command that makes `--check` pass, and what a person does before."""
    found = [(each.output, one) for each in comparisons for one in each.differences]
    force = any(one.kind in ("edited", "in the way") for _, one in found)
    extra = [(output / one.path).as_posix() for output, one in found if one.kind == "extra"]
    remove = f"{shlex.join(['rm', '--', *extra])} && " if extra else ""
    build = shlex.join([*command, *(["--force"] if force else [])])
    blocked = sorted({one.blocked for _, one in found if one.blocked})
    first = f"move away what is in the way ({'; '.join(blocked)}), then " if blocked else ""
    loses = "; this loses what was edited" if force else ""
    return f"{first}run `{remove}{build}`{loses}"


def print_diff(comparisons: Sequence[Comparison], command: Sequence[str], *, bounded: bool) -> None:
    """Print to standard output what a build would change, as `git apply` takes it; in colour on a terminal.

    Args:
        command: the build without `--check` and `--diff`; its arguments.
        bounded: print the beginning of each file's diff alone, and of so many files.
    """
    if all(each.up_to_date for each in comparisons):
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    left = LINES if bounded else None
    hidden = 0
    for comparison in comparisons:
        for difference in _in_order(comparison.differences):
            lines = list(_diff(comparison, difference))
            shown = lines if left is None else lines[: min(LINES_OF_A_FILE, left)]
            for line in shown:
                console.print(
                    Text(line, style=_COLOURS.get(line[:1], "") if line[:3] not in ("+++", "---") else "bold")
                )
            if left is not None:
                left -= len(shown)
                hidden += len(lines) - len(shown)
                if shown and len(lines) > len(shown):
                    console.print(Text(f"… {len(lines) - len(shown)} more lines", style="dim"))
    if hidden:
        shows = shlex.join([*command, "--diff"])
        console.print(Text(f"… {hidden} lines are not shown; `{printable(shows)}` shows all", style="dim"))


def _in_order(differences: Sequence[Difference]) -> list[Difference]:
    """What somebody wrote first: their own document's modules before the manifest and the copied runtime."""
    return sorted(differences, key=lambda each: (each.path.parts[0].startswith((".", "_runtime")), each.path))


def _diff(comparison: Comparison, difference: Difference) -> Iterator[str]:
    path = (PurePosixPath(comparison.output.as_posix()) / difference.path).as_posix().removeprefix("/")
    if difference.blocked:
        yield f"{difference.blocked} is in the way of {path}"
        return
    before = _lines((difference.before or b"").decode("utf-8", "replace").replace("\r\n", "\n"))
    if difference.kind == "extra":
        after: list[str] = []
    else:
        after = _lines(difference.after or "")
    old = "/dev/null" if difference.before is None else f"a/{path}"
    new = "/dev/null" if difference.after is None else f"b/{path}"
    if max(len(before), len(after)) > MOST_LINES:
        yield f"--- {old}"
        yield f"+++ {new}"
        yield f"{len(before)} lines become {len(after)}"
        return
    if not before and not after:
        yield f"{old} becomes {new}, without a line in it"
        return
    yield from (printable(line) for line in unified_diff(before, after, old, new, lineterm=""))


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines
