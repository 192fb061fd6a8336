"""Documents that nobody wrote: mutants through the whole build.

Whatever a document says, a build ends in a package or in problems: no other exception, within ten seconds of work,
and it writes nothing outside of its folder. Seeds are fixed and bounded by count, so a failure comes again; its
document is `mutate(…)` of the file and the number that the failure names.
"""

from __future__ import annotations

import ast
import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import FrameType

from wsgen.config import ClientSettings
from wsgen.document import Json, load
from wsgen.pipeline import build_client
from wsgen.problems import Problems, Stop
from wsgen.write import Origin, commit, compare

from .mutants import HOSTILE, STRUCTURAL, mutate, texts_of
from .reading import SPECS

COUNT = int(os.environ.get("WSGEN_FUZZ") or 600)
"""How many documents; `make fuzz` makes 20,000."""

LIMIT = 10
"""Seconds of CPU time."""

WRITTEN = 10
"""Every so manieth is written, too."""


class Hang(BaseException):
    """A build takes too long. Not an exception that anything would catch."""


def hostile_text(chance: random.Random, document: Json) -> str:
    """Put a hostile text in the place of a key or a text."""
    places = list(texts_of(document))
    if not places:
        return ""
    pointer, container, key, is_key = chance.choice(places)
    text = chance.choice(HOSTILE)
    if isinstance(container, list):
        container[int(key)] = text
    elif is_key:
        container[text] = container.pop(str(key))
    else:
        container[str(key)] = text
    return f"{text[:20]!r} for {'the key ' if is_key else ''}{pointer}"


KINDS: tuple[Callable[[random.Random, Json], str], ...] = (*STRUCTURAL, hostile_text, hostile_text, hostile_text)


def sources() -> list[Path]:
    folders = [SPECS / "valid", SPECS / "invalid", SPECS / "derived"]
    corpus = os.environ.get("WSGEN_CORPUS")
    if corpus:
        folders.append(Path(corpus) / "ws")
    found = [
        path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in {".json", ".yaml", ".yml"}
    ]
    return [SPECS / "trading.asyncapi.json"] + [
        path for path in found if not path.name.endswith((".problems.json", ".told.json"))
    ]


def documents() -> list[tuple[str, Json]]:
    """What can be read, up to a size that a build is quick with."""
    found: list[tuple[str, Json]] = []
    for path in sources():
        if path.stat().st_size > 60_000:
            continue
        try:
            found.append((path.name, load(str(path), Problems()).root))
        except Stop:
            continue
    return found


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def build_and_write(document: Json, folder: Path, *, writes: bool) -> None:
    """Build a document in `folder`; write what comes out, and look at where it is."""
    source = folder / "api.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    problems = Problems()
    try:
        with within(LIMIT):
            built = build_client(ClientSettings(input=str(source)), problems, parent=folder / "out", check=False)
    except Stop:
        assert problems.fatal
        return
    assert built.output.parent == folder / "out"
    assert built.output.name.isidentifier()
    for path, text in built.files.items():
        assert_inside(path)
        if path.suffix == ".py":
            ast.parse(text)
    if writes:
        commit(compare(built.files, built.output, Origin("", ""), problems), problems)
        names = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
        assert names <= {"api.json", "out"}
        assert all(path.resolve().is_relative_to(folder.resolve()) for path in folder.rglob("*"))


def assert_inside(path: PurePosixPath) -> None:
    assert not path.is_absolute()
    assert all(part.removesuffix(".py").isidentifier() or part in {"README.md", "py.typed"} for part in path.parts)


def test_any_mutant_is_built_or_refused(tmp_path: Path) -> None:
    base = documents()
    faults: list[str] = []
    for number in range(COUNT):
        name, document = base[number % len(base)]
        changed, what = mutate(document, f"{name} {number}", KINDS)
        if number % 3 == 0:
            changed, more = mutate(changed, f"{name} {number} again", KINDS)
            what = f"{what}, {more}"
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            build_and_write(changed, folder, writes=number % WRITTEN == 0)
        except (Exception, Hang) as fault:
            faults.append(f"{name} {number} ({what}): {type(fault).__name__}: {fault}")
            print(faults[-1], flush=True)
    assert not faults, "\n".join(faults)
