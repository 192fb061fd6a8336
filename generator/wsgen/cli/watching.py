"""`wsgen build --watch`: builds again whenever something that the build reads has changed.

What has changed is told by the state of the files themselves; `watchfiles` says when it is worth a look.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

import typer

from wsgen.config import Config, find_config, load_config
from wsgen.document.sources import is_module, open_source
from wsgen.problems import Place, Problems, Stop
from wsgen.resolve import referenced_keys, resolve

from .jobs import jobs_of
from .printing import printable

__all__ = ["Watched", "watch", "watched"]

DEBOUNCE = 400
"""Milliseconds in which changes count as one."""

LOOK = 500
"""Milliseconds after which files are looked at though nothing was said of them: some file systems say nothing."""

CONFIGURATIONS = ("wsgen.toml", "wsgen.json", "pyproject.toml")
PASSED_OVER = {"__pycache__", "node_modules", "venv", "env"}

State: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a build reads.

    Attributes:
        files: files that are read, or would be if they were there.
        patterns: patterns whose files are read.
        sources: whole folders of Python files.
        unwatched: documents that are not on the disk.
    """

    files: frozenset[Path]
    patterns: tuple[str, ...]
    sources: tuple[Path, ...]
    unwatched: tuple[str, ...]

    def folders(self) -> list[Path]:
        """The existing folders in which something can change."""
        found = {_existing(file.parent) for file in self.files}
        for pattern in self.patterns:
            base = _base(pattern)
            found |= {_existing(base), *(_below(base) if "**" in pattern else ())}
        for source in self.sources:
            found |= {source, *_below(source)}
        return sorted(found)

    def state(self) -> State:
        """All that a change shows in."""
        files = {*self.files, *(path for source in self.sources for path in source.rglob("*.py"))}
        found: State = {str(file): _stamp(file) for file in files}
        for pattern in self.patterns:
            found[pattern] = tuple(sorted(glob(pattern, recursive=True)))
        return found


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _existing(folder: Path) -> Path:
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path())


def _base(pattern: str) -> Path:
    """The folder of a pattern up to its first part with a wildcard."""
    return Path(*takewhile(lambda part: not has_magic(part), Path(pattern).parts))


def _below(folder: Path) -> Iterator[Path]:
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if each.is_dir() and not each.is_symlink() and not each.name.startswith(".") and each.name not in PASSED_OVER:
            yield each
            yield from _below(each)


def watched(specs: list[str], explicit: Path | None, before: Watched | None, allowed: Sequence[Path] = ()) -> Watched:
    """What the next build will read, whether it succeeds or not. `before` fills in for what cannot be told now."""
    problems = Problems()
    nearest = find_config(Path())
    configuration = explicit or (nearest and Path(os.path.relpath(nearest)))
    folder = configuration.parent if configuration else Path()
    files = {configuration} if configuration else {folder / name for name in CONFIGURATIONS}
    try:
        config = load_config(Path(), problems, explicit)
    except Stop:
        config = Config()
    patterns = tuple(each for each in (specs or [client.input for client in config.clients]) if has_magic(each))
    sources: list[Path] = []
    unwatched: list[str] = []
    for job in jobs_of(specs, None, config, problems):
        source = job.settings.input
        if is_module(source):
            sources += _package(source, job.settings.folder)
        elif source == "-" or "://" in source:
            unwatched.append(source)
        else:
            files |= _documents(source, (*job.settings.allow_refs, *allowed))
    if before is not None and (problems.fatal or not config.clients):
        files |= before.files
    return Watched(frozenset(files), patterns, tuple(sources), tuple(unwatched))


def _package(source: str, folder: Path) -> list[Path]:
    """The outermost package of a module, as far as it is part of the project."""
    name = source.partition(":")[0].partition(".")[0]
    places = [base / name for base in (folder, folder / "src", Path()) if (base / name).is_dir()]
    return places[:1] or [folder]


def _documents(source: str, allowed: Sequence[Path]) -> set[Path]:
    """A document and all files that it refers to, also those that are not there."""
    found = {Path(source)}
    problems = Problems()
    try:
        document, read = open_source(source, problems, allowed=allowed)
    except Stop:
        return found
    folder = Path(source).parent
    tree = resolve(document, read, problems)
    names: set[str] = set()
    while True:
        new = {key.partition("#")[0] for key in referenced_keys(tree)} - names - {""}
        if not new:
            return found | {folder / name for name in names}
        names |= new
        for name in new:
            tree.root.files.open(name, Place(source))


def watch(
    specs: list[str],
    explicit: Path | None,
    build: Callable[[], int],
    problems: Problems,
    allowed: Sequence[Path] = (),
) -> None:
    """Build, and build again after every change, until the user ends it.

    `allowed` are further folders whose files documents may refer to.

    Raises:
        Stop: there is nothing to watch (WSG914).
    """
    files = _start(specs, problems)
    current: Watched | None = None
    try:
        while True:
            current = watched(specs, explicit, current, allowed)
            state = current.state()
            code = build()
            _tell(current, code)
            _wait(current, state, files)
    except KeyboardInterrupt:
        typer.echo("no longer watching")


def _start(specs: list[str], problems: Problems) -> Callable[..., Iterator[object]]:
    if "-" in specs:
        problems.error("WSG914", "standard input cannot be watched", Place("-"), "save the document to a file")
        raise Stop
    try:
        from watchfiles import watch as changes
    except ModuleNotFoundError:
        message = "`--watch` needs the library watchfiles, which is not installed"
        problems.error("WSG914", message, Place(""), "pip install 'wsgen[watch]'")
        raise Stop from None
    return changes


def _tell(current: Watched, code: int) -> None:
    many = len(current.files) + len(current.patterns) + len(current.sources)
    failed = "; the last good output is kept" if code else ""
    typer.echo(f"watching {many} file{'s' if many != 1 else ''}{failed}; Ctrl-C ends")
    for source in current.unwatched:
        typer.echo(f"  not watched: {printable(source)}")


def _wait(current: Watched, state: State, changes: Callable[..., Iterator[object]]) -> None:
    """Return when something is not as it was in `state`."""
    looks = changes(
        *current.folders(),
        recursive=False,
        watch_filter=None,
        debounce=DEBOUNCE,
        rust_timeout=LOOK,
        yield_on_timeout=True,
        raise_interrupt=True,
    )
    for _ in looks:
        now = current.state()
        changed = sorted(key for key in now.keys() | state.keys() if now.get(key) != state.get(key))
        if changed:
            typer.echo(f"changed: {', '.join(printable(key) for key in changed[:5])}{' …' if changed[5:] else ''}")
            return
