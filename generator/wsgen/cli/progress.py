"""How far a run is, on a terminal; nothing anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["on_terminal", "progress"]


def on_terminal() -> bool:
    """Whether a person watches standard error."""
    return sys.stderr.isatty() and not os.environ.get("CI")


@contextmanager
def progress(total: int) -> Generator[Callable[[str], None]]:
    """A line that counts to `total`: call the function with the name of each thing that is done."""
    if total < 2 or not on_terminal():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from .printing import printable

    columns = (MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[name]}", markup=False))
    # Without a thread of its own: processes may be forked while it shows.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as shown:
        task = shown.add_task("", total=total, name="")

        def done(name: str) -> None:
            shown.update(task, advance=1, name=printable(name), refresh=True)

        yield done
