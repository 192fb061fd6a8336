"""The folder in which a build prepares its files. Where one is found, a build was interrupted.

Besides the new files it holds what the build intends to write, as hashes by path, so that a tree that a killed
build has left mixed is known as ours by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import cast

from .look import is_inside, read
from .manifest import MANIFEST, Hashes

__all__ = ["UNFINISHED", "Unfinished", "intended", "is_unfinished", "sync_folder"]

UNFINISHED = PurePosixPath(".wsgen-unfinished")
_INTENT = UNFINISHED / "intent.json"
_FILES = UNFINISHED / "files"


def is_unfinished(output: Path) -> bool:
    """Whether a build of this folder was interrupted."""
    return os.path.lexists(output / UNFINISHED)


def intended(output: Path) -> Hashes:
    """What interrupted builds have written, or were about to write."""
    try:
        found: object = json.loads(read(output / _INTENT) or b"{}")
    except ValueError:
        return {}
    items = cast("dict[str, object]", found).items() if isinstance(found, dict) else ()
    return {
        PurePosixPath(path): frozenset(hash for hash in cast("list[object]", each) if isinstance(hash, str))
        for path, each in items
        if isinstance(each, list) and is_inside(PurePosixPath(path), output) and path != str(MANIFEST)
    }


class Unfinished:
    """A build between its first byte on disk and its last.

    `prepare` all files, which changes nothing in the output and is where a full disk shows; `place` each;
    `finish`. A build that is interrupted after `prepare` is completed by the next one.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self._before = intended(output)
        self._prepared: dict[PurePosixPath, Path] = {}

    def prepare(self, texts: Mapping[PurePosixPath, str], hashes: Mapping[PurePosixPath, str]) -> None:
        """Write all texts beside the output, and flush them to the disk.

        Raises:
            OSError: the disk refused. The output is as it was.
        """
        created = not self.output.exists()
        try:
            (self.output / _FILES).mkdir(parents=True, exist_ok=True)
            self._announce(hashes)
            for number, (path, text) in enumerate(texts.items()):
                prepared = self.output / _FILES / str(number)
                _write(prepared, text)
                self._prepared[path] = prepared
            sync_folder(self.output / _FILES)
        except OSError:
            self._abandon(created)
            raise

    def place(self, path: PurePosixPath) -> None:
        """Put a prepared file in its place."""
        target = self.output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self._prepared[path].replace(target)

    def finish(self) -> None:
        """Everything is in its place."""
        shutil.rmtree(self.output / _FILES, ignore_errors=True)
        (self.output / _INTENT).unlink(missing_ok=True)
        shutil.rmtree(self.output / UNFINISHED)

    def _announce(self, hashes: Mapping[PurePosixPath, str]) -> None:
        """Say what will be written, in addition to what interrupted builds have said."""
        union = {path: self._before.get(path, frozenset()) | {hash} for path, hash in hashes.items()}
        content = {str(path): sorted(each) for path, each in sorted({**self._before, **union}.items())}
        announced = self.output / UNFINISHED / "intent.new"
        _write(announced, json.dumps(content, indent=2) + "\n")
        announced.replace(self.output / _INTENT)
        sync_folder(self.output / UNFINISHED)

    def _abandon(self, created: bool) -> None:
        with suppress(OSError):
            shutil.rmtree(self.output / (_FILES if self._before else UNFINISHED))
        if created:
            with suppress(OSError):
                self.output.rmdir()


def _write(file: Path, text: str) -> None:
    with file.open("wb") as stream:
        stream.write(text.encode())
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Flush what was renamed in a folder, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems have no such thing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
