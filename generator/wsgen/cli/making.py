"""From jobs to packages: what is up to date is not made again, the rest is made in parallel where that pays."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from wsgen.pipeline import default_folder, fingerprint
from wsgen.problems import Problem, Problems, Stop

from .jobs import Job

if TYPE_CHECKING:
    from concurrent.futures import Future

    from wsgen.write import Current, Origin

__all__ = ["Making", "Package", "Stages", "make_all", "up_to_date", "verify_made"]

Stages: TypeAlias = tuple[tuple[str, float], ...]
"""Names of stages and their wall-clock seconds, in order."""

CLIENTS_OF_A_VERIFICATION = 4
"""How many clients one interpreter verifies: what it loads for the first of them takes as long as all others."""

_LOADED_ONCE = (
    "jinja2",
    "wsgen.derive",
    "wsgen.emit",
    "wsgen.payloads",
    "wsgen.views",
    "yaml",
)
"""What every client needs, loaded before processes are forked. What few need is loaded by those."""

OnDone: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Package:
    """A client that was made, and can be compared and written.

    Attributes:
        source: the document, as it was named.
        card: the direction card.
        whole: the files that can be imported by themselves, where the package shares a runtime.
    """

    source: str
    output: Path
    files: dict[PurePosixPath, str]
    whole: dict[PurePosixPath, str]
    origin: Origin
    card: str
    stages: Stages


@dataclass(slots=True)
class Making:
    """One client on its way: its package, or None where `problems` says why there is none."""

    package: Package | None
    problems: Problems = field(default_factory=Problems)


_Made: TypeAlias = tuple[Package | None, tuple[Problem, ...]]


@dataclass(slots=True)
class _Stopwatch:
    _began: float = field(default_factory=time.perf_counter)
    _stage: str = ""
    _done: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    def begin(self, stage: str) -> None:
        now = time.perf_counter()
        if self._stage:
            self._done.append((self._stage, now - self._began))
        self._stage, self._began = stage, now

    def stages(self) -> Stages:
        self.begin("")
        return tuple(self._done)


def up_to_date(job: Job, version: str) -> Current | None:
    """The output of a job where its manifest, its document and its files say that nothing has changed."""
    from wsgen.write import current, packages_in

    settings = job.settings
    if settings.output is not None:
        return current(settings.output, settings.input, fingerprint(settings, settings.output), version)
    for folder, title in packages_in(job.parent):
        if folder.name == default_folder(title, settings.input):
            found = current(folder, settings.input, fingerprint(settings, folder), version)
            if found is not None:
                return found
    return None


def make_all(jobs: Sequence[Job], version: str, *, processes: int | None, done: OnDone) -> list[Making]:
    """Make all packages, unverified: `verify_made` comes next. The answer is in the order of the jobs.

    Args:
        processes: how many work at the same time; None: as many as pay.
        done: is called with each document whose package is made, in the order in which they end.
    """
    workers = min(processes or _processors(), len(jobs))
    made: list[_Made] = []
    if workers > 1 and (processes is not None or _parallel_pays(jobs)):
        made = _in_parallel(jobs, version, workers, done)
    else:
        for job in jobs:
            made.append(_make(job, version))
            done(job.settings.input)
    making = [Making(package) for package, _ in made]
    for each, (_, problems) in zip(making, made, strict=True):
        for problem in problems:
            each.problems.add(problem)
    return making


def verify_made(packages: Sequence[Package], problems: Problems, *, processes: int | None) -> None:
    """Compile and import all packages, in few processes; what fails is added to `problems`."""
    from wsgen.verify import verify_all

    found = [Problems() for _ in packages]
    sensible = min(_processors(), -(-len(packages) // CLIENTS_OF_A_VERIFICATION))
    together = [(package.whole, own) for package, own in zip(packages, found, strict=True)]
    verify_all(together, processes=min(processes or sensible, len(packages)))
    for own in found:
        problems.take(own)


def _processors() -> int:
    """How many processors this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _can_fork() -> bool:
    return hasattr(os, "fork") and sys.platform != "darwin"  # whose frameworks do not survive it


def _parallel_pays(jobs: Sequence[Job]) -> bool:
    """Whether processes save more than they cost: a third of a second with fork, and a second each without."""
    clients, size = (4, 256 * 1024) if _can_fork() else (8, 1024 * 1024)
    files = [Path(job.settings.input) for job in jobs]
    return len(jobs) >= clients or sum(file.stat().st_size for file in files if file.is_file()) >= size


def _in_parallel(jobs: Sequence[Job], version: str, workers: int, done: OnDone) -> list[_Made]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    for module in _LOADED_ONCE:
        import_module(module)
    context = multiprocessing.get_context("fork" if _can_fork() else "spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_leave_interrupts_to_the_parent) as pool:
        futures = [pool.submit(_make, job, version) for job in jobs]
        try:
            for number in _as_they_end(futures):
                done(jobs[number].settings.input)
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _as_they_end(futures: list[Future[_Made]]) -> Iterator[int]:
    from concurrent.futures import FIRST_COMPLETED, wait

    waiting = set(futures)
    while waiting:
        ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from (futures.index(future) for future in ended)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _make(job: Job, version: str) -> _Made:
    """Make one package, unverified."""
    from wsgen.pipeline import build_client
    from wsgen.write import Origin

    from .card import direction_card

    problems = Problems()
    watch = _Stopwatch()
    try:
        built = build_client(job.settings, problems, parent=job.parent, check=False, stage=watch.begin)
    except Stop:
        return None, tuple(problems)
    understood = built.understood
    warnings = sum(problem.level == "warning" for problem in problems)
    title, documents = understood.application.title, understood.sources.digests
    origin = Origin(built.fingerprint, version, title, dict(documents), warnings)
    card = direction_card(understood.client)
    files = dict(built.files)
    whole = files if built.whole is built.files else dict(built.whole)
    return Package(job.settings.input, built.output, files, whole, origin, card, watch.stages()), tuple(problems)
