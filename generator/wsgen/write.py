"""Texts to disk: only what changed, each file by rename, the manifest last.

The manifest, `.wsgen.json`, lists every file that is ours with the hash of what was written. What it does not
list is foreign and never touched; what it lists and has another content was edited by somebody, and is not
touched without `force`. While a build writes, a journal lists what it is about to write, so that a tree that a
killed build has left mixed is known as ours by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from .problems import Place, Problems, Stop

__all__ = ["MANIFEST", "Origin", "Written", "write"]

MANIFEST = PurePosixPath(".wsgen.json")
JOURNAL = PurePosixPath(".wsgen.journal.json")
TEMPORARY = ".wsgen-tmp"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the files were made of, for the manifest.

    Attributes:
        documents: the document's files, as they can be opened; those that cannot (standard input) are left out.
        settings: a hash of the settings.
        version: the version of wsgen.
    """

    documents: tuple[Path, ...]
    settings: str
    version: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a build did to its folder; paths are relative to it, in order."""

    output: Path
    changed: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    unchanged: int = 0


@dataclass(slots=True)
class _Plan:
    """What is to be done, before anything is."""

    changed: list[PurePosixPath] = field(default_factory=list[PurePosixPath])
    removed: list[PurePosixPath] = field(default_factory=list[PurePosixPath])
    unchanged: int = 0


def write(
    files: Mapping[PurePosixPath, str], output: Path, origin: Origin, problems: Problems, *, force: bool = False
) -> Written:
    """Make the folder `output` hold `files`, and remove files of the former manifest that are not among them.

    `force` overwrites files that somebody edited, and foreign ones that are in the way.

    Raises:
        Stop: nothing was written (WSG605, WSG606, WSG607), or the disk refused (WSG608); a problem says so.
    """
    _check_paths(files, output, problems)
    try:
        listed = _listed(output)
        plan = _plan(files, output, listed, problems, force)
        manifest = _manifest(files, output, origin)
        if plan.changed or plan.removed or _read(output / MANIFEST) != manifest.encode():
            _carry_out(plan, files, output, manifest)
    except OSError as error:
        where = Path(error.filename or output)
        reason = error.strerror or str(error)
        problems.error("WSG608", f"the output cannot be written: {reason}", Place(where.as_posix()))
        raise Stop from error
    return Written(output, tuple(plan.changed), tuple(plan.removed), plan.unchanged)


def _check_paths(files: Iterable[PurePosixPath], output: Path, problems: Problems) -> None:
    outside = [path for path in files if not _is_inside(path, output) or path in (MANIFEST, JOURNAL)]
    for path in outside:
        problems.error("WSG605", f"a file would be written outside of the output folder: {path}", Place(str(path)))
    if outside:
        raise Stop


def _is_inside(path: PurePosixPath, output: Path) -> bool:
    """Whether a path stays in the folder, also behind symbolic links."""
    text = str(path)
    if path.is_absolute() or ".." in path.parts or not path.parts or any(c in text for c in '\\:\0\r\n"'):
        return False
    return (output / path).parent.resolve().is_relative_to(output.resolve())


def _hash(content: bytes) -> str:
    """By content alone: a checkout may have turned the ends of lines."""
    return "sha256:" + hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _read(path: Path) -> bytes | None:
    """The content of a file; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _listed(output: Path) -> dict[PurePosixPath, frozenset[str]]:
    """Files that former builds wrote, with the hashes that they may have."""
    found: dict[PurePosixPath, frozenset[str]] = {}
    for name in (MANIFEST, JOURNAL):
        for path, hash in _files_of(_read(output / name)).items():
            if _is_inside(path, output):
                found[path] = found.get(path, frozenset()) | {hash}
    return found


def _files_of(content: bytes | None) -> dict[PurePosixPath, str]:
    """The files in a manifest. One that cannot be read lists nothing, so that everything is foreign."""
    try:
        manifest: object = json.loads(content or b"{}")
    except ValueError:
        return {}
    files = cast("dict[str, object]", manifest).get("files") if isinstance(manifest, dict) else None
    items = cast("dict[str, object]", files).items() if isinstance(files, dict) else ()
    return {PurePosixPath(path): hash for path, hash in items if isinstance(hash, str)}


def _plan(
    files: Mapping[PurePosixPath, str],
    output: Path,
    listed: Mapping[PurePosixPath, frozenset[str]],
    problems: Problems,
    force: bool,
) -> _Plan:
    """What to write and to remove.

    Raises:
        Stop: something is not ours, and `force` is not given.
    """
    plan = _Plan()
    refused = False
    for path, text in files.items():
        current = _read(output / path)
        if current is not None and _hash(current) == _hash(text.encode()):
            plan.unchanged += 1
            continue
        plan.changed.append(path)
        if current is not None and _hash(current) not in listed.get(path, ()):
            refused = (not force and _refuse(output / path, path in listed, problems)) or refused
    for path, hashes in listed.items():
        current = _read(output / path) if path not in files else None
        if current is not None:
            plan.removed.append(path)
            if _hash(current) not in hashes:
                refused = (not force and _refuse(output / path, True, problems)) or refused
    if refused:
        raise Stop
    plan.changed.sort()
    plan.removed.sort()
    return plan


def _refuse(file: Path, ours: bool, problems: Problems) -> bool:
    place = Place(file.as_posix())
    if ours:
        message = "this file was edited after it was generated, and would be overwritten"
        problems.error("WSG606", message, place, "keep the edit elsewhere, or give `--force` to lose it")
    else:
        message = "this file was not written by wsgen, and is in the way"
        problems.error("WSG607", message, place, "choose another output folder, or give `--force` to overwrite it")
    return True


def _manifest(files: Mapping[PurePosixPath, str], output: Path, origin: Origin) -> str:
    documents: dict[str, str] = {}
    for document in origin.documents:
        content = _read(document) if document.is_file() else None
        if content is not None:
            documents[_relative(document, output)] = _hash(content)
    manifest = {
        "wsgen": origin.version,
        "settings": origin.settings,
        "documents": documents,
        "files": {str(path): _hash(files[path].encode()) for path in sorted(files)},
    }
    return json.dumps(manifest, indent=2) + "\n"


def _relative(document: Path, output: Path) -> str:
    """A path from the output folder, so that the manifest is the same on every machine."""
    try:
        return Path(os.path.relpath(document.resolve(), output.resolve())).as_posix()
    except ValueError:  # another drive
        return document.name


def _carry_out(plan: _Plan, files: Mapping[PurePosixPath, str], output: Path, manifest: str) -> None:
    output.mkdir(parents=True, exist_ok=True)
    for path in _files_of(_read(output / JOURNAL)):
        if _is_inside(path, output):
            _temporary(output / path).unlink(missing_ok=True)
    pending = {str(path): _hash(files[path].encode()) for path in plan.changed}
    if pending or plan.removed:
        _replace(output / JOURNAL, json.dumps({"files": pending}, indent=2) + "\n")
    for path in plan.changed:
        (output / path).parent.mkdir(parents=True, exist_ok=True)
        _replace(output / path, files[path])
    for path in plan.removed:
        (output / path).unlink(missing_ok=True)
        _remove_empty(output, path.parent)
    _replace(output / MANIFEST, manifest)
    (output / JOURNAL).unlink(missing_ok=True)


def _replace(file: Path, text: str) -> None:
    temporary = _temporary(file)
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(file)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _temporary(file: Path) -> Path:
    return file.with_name(f".{file.name.lstrip('.')}{TEMPORARY}")


def _remove_empty(output: Path, folder: PurePosixPath) -> None:
    while folder.parts:
        with suppress(OSError):
            (output / folder).rmdir()  # refuses where something is left
        folder = folder.parent
