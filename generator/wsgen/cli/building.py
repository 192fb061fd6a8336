"""A run of `wsgen build`: what is made, compared, written, and told about it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from wsgen.problems import Place, Problems, Stop

from .exits import DONE, exit_code
from .making import make_all, up_to_date, verify_made
from .offers import offer_attributes
from .printing import Format, printable
from .progress import on_terminal, progress

if TYPE_CHECKING:
    from wsgen.write import Comparison, Current

    from .jobs import Job
    from .making import Making, Package
    from .sharing import SharedRuntime

__all__ = ["Run", "build_all"]

SHOWN_FOREIGN = 5
"""Names of foreign files that a note shows."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of `wsgen build` was asked for.

    Attributes:
        check, diff: compare, and write nothing.
        processes: how many clients are made at the same time; None: as many as pay.
        command: the same run without `check` and `diff`, as it can be typed.
    """

    version: str
    check: bool = False
    diff: bool = False
    force: bool = False
    verify: bool = True
    strict: bool = False
    verbose: bool = False
    processes: int | None = None
    format: Format = "text"
    command: tuple[str, ...] = ("wsgen", "build")

    @property
    def compares(self) -> bool:
        return self.check or self.diff

    @property
    def shows_warnings(self) -> bool:
        """Whether warnings must be told, and not only counted."""
        return self.strict or self.verbose or self.format == "json"


@dataclass(slots=True)
class _Client:
    """One client of a run. `current`: it was up to date at first sight; neither: it cannot be built."""

    job: Job
    current: Current | None
    package: Package | None = None
    comparison: Comparison | None = None

    @property
    def output(self) -> Path | None:
        found = self.current or self.package
        return found.output if found is not None else None

    @property
    def changed(self) -> bool:
        return self.comparison is not None and not self.comparison.up_to_date


def build_all(jobs: Sequence[Job], run: Run, problems: Problems, runtimes: Sequence[SharedRuntime] = ()) -> None:
    """Build, or compare, every client, and the runtimes that they share.

    Where one cannot be built, or would lose somebody's work, none is written.

    Raises:
        Stop: nothing was written; `problems` says why.
    """
    began = time.perf_counter()
    clients = [_Client(job, _current(job, run)) for job in jobs]
    shared = [_Client(each.job, None if run.force else each.current(run.version)) for each in runtimes]
    _make([each for each in clients if each.current is None], run, problems)
    for one, runtime in zip(shared, runtimes, strict=True):
        one.package = None if one.current is not None else runtime.made(run.version)
    clients = [*shared, *clients]
    _refuse_same_output(clients, problems)
    if not run.check:
        _stop_on_failure(run, problems)
    for each in clients:
        if each.package is not None:
            _compare(each, run, problems)
    if run.compares:
        _tell_differences(clients, run, problems)
    else:
        _stop_on_failure(run, problems)
        _verify(clients, run, problems)
        _stop_on_failure(run, problems)
        for each in clients:
            _write(each, problems)
    _close(clients[len(shared) :], time.perf_counter() - began, run)


def _stop_on_failure(run: Run, problems: Problems) -> None:
    if exit_code(problems, strict=run.strict) != DONE:
        raise Stop


def _current(job: Job, run: Run) -> Current | None:
    found = None if run.force else up_to_date(job, run.version)
    if found is not None and found.manifest.origin.warnings and run.shows_warnings:
        return None
    return found


def _make(clients: Sequence[_Client], run: Run, problems: Problems) -> None:
    """Make the packages of clients, with what was found on the way."""
    if not clients:
        return
    with progress(len(clients)) as done:
        made = make_all([each.job for each in clients], run.version, processes=run.processes, done=done)
    if run.verbose:
        for making in made:
            _tell_stages(making)
    for each, making in zip(clients, made, strict=True):
        each.package = making.package
        for problem in making.problems:
            problems.add(problem)


def _verify(clients: Sequence[_Client], run: Run, problems: Problems) -> None:
    """Verify what is about to be written. Packages of which all code stands there already were when it was written."""
    runtime_changes = any(
        _changes_code(each) for each in clients if each.package is not None and not each.package.whole
    )
    packages = [
        each.package
        for each in clients
        if each.package is not None and each.package.whole and (run.force or runtime_changes or _changes_code(each))
    ]
    if not run.verify or not packages:
        return
    began = time.perf_counter()
    verify_made(packages, problems, processes=run.processes)
    if run.verbose:
        typer.echo(f"verification {_milliseconds(time.perf_counter() - began)}", err=True)


def _changes_code(client: _Client) -> bool:
    differences = client.comparison.differences if client.comparison is not None else ()
    return any(each.path.suffix in (".py", ".ts") for each in differences)


def _tell_stages(making: Making) -> None:
    if making.package is not None:
        took = ", ".join(f"{stage} {_milliseconds(seconds)}" for stage, seconds in making.package.stages)
        typer.echo(f"{printable(making.package.source)}: {took}", err=True)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _refuse_same_output(clients: Sequence[_Client], problems: Problems) -> None:
    """Two clients cannot have one folder (WSG908)."""
    taken: dict[Path, str] = {}
    for each in clients:
        if each.output is None:
            continue
        source, folder = each.job.settings.input, each.output.resolve()
        if folder in taken:
            message = f"`{taken[folder]}` and `{source}` would be written to one folder, {each.output.as_posix()}"
            problems.error("WSG908", message, Place(source), "give each its `output` in the configuration")
        taken[folder] = source


def _compare(client: _Client, run: Run, problems: Problems) -> None:
    """Compare a package with its folder; for a build, refuse what somebody would lose."""
    from wsgen.write import compare, refuse

    package = client.package
    assert package is not None
    try:
        client.comparison = compare(package.files, package.output, package.origin, problems)
    except Stop:
        return
    if not run.compares:
        refuse(client.comparison, problems, force=run.force)
        for path in (each.path for each in client.comparison.differences if each.kind == "extra"):
            message = "this file has our header, but it is neither generated nor listed in the manifest"
            problems.note("WSG611", message, Place((package.output / path).as_posix()), "remove it")


def _write(client: _Client, problems: Problems) -> None:
    from wsgen.write import MANIFEST, commit

    package, comparison = client.package, client.comparison
    if package is None or comparison is None:
        _tell(client, ["up to date"])
        return
    is_new = any(each.path == MANIFEST and each.kind == "missing" for each in comparison.differences)
    written = commit(comparison, problems)
    counted = (("written", len(written.changed)), ("removed", len(written.removed)), ("unchanged", written.unchanged))
    as_it_was = ["up to date", *(["the manifest written"] if comparison.other_version else [])]
    _tell(client, [f"{count} {word}" for word, count in counted if count] if client.changed else as_it_was)
    if client.changed and package.card:
        typer.echo("\n".join(f"  {line}" for line in package.card.splitlines()))
    if is_new and on_terminal():
        offer_attributes(package.output)


def _tell_differences(clients: Sequence[_Client], run: Run, problems: Problems) -> None:
    from .differences import print_diff, report_differences, summary

    comparisons = [each.comparison for each in clients if each.comparison is not None]
    print_diff(comparisons, run.command, bounded=not run.diff)
    for each in clients:
        if each.output is not None:
            _tell(each, ["differs" if each.changed else "up to date"])
            _note_foreign(each, problems)
    if run.check:
        report_differences(comparisons, run.command, problems)
    else:
        typer.echo(summary(comparisons))


def _note_foreign(client: _Client, problems: Problems) -> None:
    found = client.current or client.comparison
    if found is None:
        return
    place = Place(found.output.as_posix())
    if found.foreign:
        names = ", ".join(str(path) for path in found.foreign[:SHOWN_FOREIGN])
        more = f" and {len(found.foreign) - SHOWN_FOREIGN} more" if len(found.foreign) > SHOWN_FOREIGN else ""
        problems.note("WSG612", f"the output folder holds files that are not ours: {names}{more}", place)
    if client.comparison is not None and client.comparison.other_version:
        message = f"the output was written by wsgen {client.comparison.other_version}; this version writes the same"
        problems.note("WSG613", message, place)


def _tell(client: _Client, what: Sequence[str]) -> None:
    assert client.output is not None
    typer.echo(f"{printable(client.job.settings.input)} → {client.output.as_posix()}/ ({', '.join(what)})")


def _close(clients: Sequence[_Client], seconds: float, run: Run) -> None:
    """Tell what was left out, and of several clients how many there were."""
    for each in clients:
        warnings = each.current.manifest.origin.warnings if each.current is not None else 0
        if warnings:
            some = "1 warning" if warnings == 1 else f"{warnings} warnings"
            shows = f"`{shlex.join(run.command)} --verbose` shows {'it' if warnings == 1 else 'them'}"
            typer.echo(f"{printable(each.job.settings.input)} has {some}; {shows}", err=True)
    if len(clients) > 1:
        changed = sum(each.changed for each in clients)
        done = [f"{changed} {'differ' if run.compares else 'written'}"] if changed else []
        done += [f"{len(clients) - changed} up to date"] if changed < len(clients) else []
        took = f" in {seconds:.1f} s" if run.verbose or on_terminal() else ""
        typer.echo(f"{len(clients)} clients: {', '.join(done)}{took}")
