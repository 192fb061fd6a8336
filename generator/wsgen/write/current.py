"""Whether an output is what a build would write, from its manifest alone: nothing is understood or generated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from wsgen.document import digest

from .look import is_inside, look, others, read
from .manifest import MANIFEST, Manifest, read_manifest
from .unfinished import is_unfinished

__all__ = ["Current", "current", "packages_in"]


@dataclass(frozen=True, slots=True)
class Current:
    """An output that is up to date; `foreign` are files that are no business of ours."""

    output: Path
    manifest: Manifest
    foreign: tuple[PurePosixPath, ...]


def current(output: Path, source: str | None, settings: str, version: str) -> Current | None:
    """The output, where all that decides it is as it was when it was written, and so are its files; else None.

    Args:
        source: the document, as it can be opened; None: the output is made of none.
        settings: the hash of the settings.
    """
    try:
        manifest = read_manifest(read(output / MANIFEST))
        if manifest is None or is_unfinished(output):
            return None
        if (manifest.origin.settings, manifest.origin.version) != (settings, version):
            return None
        if source is not None and not _has_documents(manifest, source):
            return None
        if not _has_files(manifest, output):
            return None
        extra, foreign = others(output, frozenset(manifest.files))
    except OSError:
        return None
    return None if extra else Current(output, manifest, tuple(foreign))


def _has_documents(manifest: Manifest, source: str) -> bool:
    documents = manifest.origin.documents
    folder = Path(source).parent
    return PurePath(source).name in documents and all(
        _digest(folder / path) == hash for path, hash in documents.items()
    )


def _has_files(manifest: Manifest, output: Path) -> bool:
    def holds(path: PurePosixPath, hash: str) -> bool:
        standing = look(output / path) if is_inside(path, output) else None
        return standing is not None and standing.digest == hash

    return all(holds(path, hash) for path, hash in manifest.files.items())


def _digest(file: Path) -> str:
    content = read(file)
    return "" if content is None else digest(content)


def packages_in(parent: Path) -> Iterator[tuple[Path, str]]:
    """The outputs directly below a folder, each with the title of its document, in order."""
    try:
        folders = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir())
    except OSError:
        return
    for name in folders:
        manifest = read_manifest(read(parent / name / MANIFEST))
        if manifest is not None:
            yield parent / name, manifest.origin.title
