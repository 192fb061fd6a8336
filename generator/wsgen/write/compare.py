"""What a folder holds, compared with what it should hold. Nothing is changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from wsgen.document import digest
from wsgen.problems import Place, Problems, Stop

from .look import Standing, is_inside, is_relative, listed_in, look, others, read
from .manifest import MANIFEST, Hashes, Manifest, Origin, as_text, manifest_of, read_manifest
from .unfinished import UNFINISHED, intended, is_unfinished

__all__ = ["Comparison", "Difference", "Kind", "compare", "refusing_disk"]

Kind: TypeAlias = Literal["changed", "missing", "edited", "in the way", "obsolete", "extra"]
"""How a file differs.

- changed: it is what a build wrote, and would be something else now.
- missing: it would be written, and is not there.
- edited: it was written by a build, and is something else now.
- in the way: something that no build wrote has the name of a generated file.
- obsolete: a build wrote it, and it is not generated any more.
- extra: it has our header, and neither is generated nor does the manifest list it.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as a build would leave it.

    Attributes:
        path: relative to the output folder.
        before: what stands there; None: nothing that has lines.
        after: what would; None: nothing.
        blocked: what stands in the way where not even `force` helps, as "a folder"; else empty.
    """

    path: PurePosixPath
    kind: Kind
    before: bytes | None = None
    after: str | None = None
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A folder, and what it should hold.

    Attributes:
        files: what it should hold, without the manifest.
        differences: by path.
        unchanged: how many files are as they should be.
        foreign: files that are no business of ours.
        unfinished: whether an interrupted build has left something.
        other_version: the version of wsgen that has written the same output; empty where it is this one.
    """

    output: Path
    files: Mapping[PurePosixPath, str]
    manifest: Manifest
    differences: tuple[Difference, ...]
    unchanged: int
    foreign: tuple[PurePosixPath, ...]
    unfinished: bool = False
    other_version: str = ""

    @property
    def up_to_date(self) -> bool:
        return not self.differences and not self.unfinished


def compare(files: Mapping[PurePosixPath, str], output: Path, origin: Origin, problems: Problems) -> Comparison:
    """Compare the folder `output` with `files`. Next, `refuse` and `commit` make it hold them.

    Raises:
        Stop: a path leads out of the folder (WSG605), or the disk cannot be read (WSG608).
    """
    _check_paths(files, output, problems)
    with refusing_disk(output, problems):
        listed = listed_in(output)
        for path, expected in intended(output).items():
            listed[path] = listed.get(path, frozenset()) | expected
        manifest = manifest_of(files, origin)
        found = [*_wanted(files, output, listed), *_obsolete(files, output, listed)]
        extra, foreign = others(output, frozenset(files) | {path for path in listed if path not in files})
        left = {path for path in listed if path not in files} - {each.path for each in found}
        foreign = sorted({*foreign, *(path for path in left if os.path.lexists(output / path))})
        found += [Difference(path, "extra", read(output / path)) for path in extra]
        of_manifest, other_version = _manifest(output, manifest)
        return Comparison(
            output,
            files,
            manifest,
            tuple(sorted([*found, *of_manifest], key=lambda each: each.path)),
            len(files) - sum(each.path in files for each in found),
            tuple(foreign),
            is_unfinished(output),
            other_version,
        )


_MENDS = {
    errno.EACCES: "allow this user to write there, or choose another output folder",
    errno.EPERM: "allow this user to write there, or choose another output folder",
    errno.EROFS: "choose another output folder: this file system is read-only",
    errno.ENOSPC: "make room on the disk, and build again: nothing is lost",
    errno.EDQUOT: "make room on the disk, and build again: nothing is lost",
    errno.ENOTDIR: "choose another output folder: a file has this name",
    errno.EEXIST: "choose another output folder: something else has this name",
}


class refusing_disk:
    """Turns what the disk refuses into a problem (WSG608) and `Stop`."""

    def __init__(self, output: Path, problems: Problems) -> None:
        self._output = output
        self._problems = problems

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, OSError):
            where = Path(error.filename or self._output)
            if UNFINISHED.name in where.parts:
                where = self._output  # what is prepared there is no name that a user knows
            message = f"the output cannot be written: {error.strerror or error}"
            help = _MENDS.get(error.errno or 0, "choose another output folder, or see to the disk")
            self._problems.error("WSG608", message, Place(where.as_posix()), help)
            raise Stop from error


def _check_paths(files: Mapping[PurePosixPath, str], output: Path, problems: Problems) -> None:
    wrong = False
    for path in files:
        place = Place((output / path).as_posix())
        if not is_relative(path) or path.parts[0] in (str(MANIFEST), str(UNFINISHED)):
            message = f"a file would be written outside of the output folder: {path}"
            problems.error("WSG605", message, Place(str(path)), "report it: it is a fault of wsgen")
        elif not is_inside(path, output):
            message = "a file would be written behind a link that leads out of the output folder"
            problems.error("WSG605", message, place, "remove the link, or choose another output folder")
        else:
            continue
        wrong = True
    if wrong:
        raise Stop


def _wanted(files: Mapping[PurePosixPath, str], output: Path, listed: Hashes) -> Iterator[Difference]:
    """What differs among the files that should be there."""
    renamed = _renamed_by_case(files, output, listed)
    walls = _walls(files, output, listed)
    for path, text in files.items():
        wall = next((walls[parent] for parent in path.parents if parent in walls), None)
        if wall is not None:
            yield Difference(path, "in the way", None, text, wall)
            continue
        standing = look(output / path)
        if standing is None:
            yield Difference(path, "missing", None, text)
            continue
        former = renamed.get(path)
        if former is None and standing.content is not None and standing.digest == digest(text.encode()):
            continue
        expected = listed.get(path, frozenset()) | listed.get(former or path, frozenset())
        yield Difference(path, _kind(standing, expected), standing.content, text, _blocked(standing))


def _kind(standing: Standing, expected: frozenset[str]) -> Kind:
    if standing.is_ours(expected):
        return "changed"
    return "edited" if expected and standing.what == "a file" else "in the way"


def _blocked(standing: Standing) -> str:
    return "" if standing.what in ("a file", "a link") else standing.what


def _obsolete(files: Mapping[PurePosixPath, str], output: Path, listed: Hashes) -> Iterator[Difference]:
    """What a build wrote, and none would write now. What is no file of ours any more is nobody's business."""
    for path, expected in listed.items():
        standing = look(output / path) if path not in files else None
        if standing is not None and standing.what == "a file":
            yield Difference(path, "obsolete" if standing.is_ours(expected) else "edited", standing.content)


def _renamed_by_case(
    files: Mapping[PurePosixPath, str], output: Path, listed: Hashes
) -> dict[PurePosixPath, PurePosixPath]:
    """Files that have another name now which is the same one to a file system that does not tell cases apart."""
    former = {str(path).casefold(): path for path in listed if path not in files}
    found: dict[PurePosixPath, PurePosixPath] = {}
    for path in files:
        other = former.get(str(path).casefold())
        if other is not None and _is_same_file(output / path, output / other):
            found[path] = other
    return found


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _walls(files: Mapping[PurePosixPath, str], output: Path, listed: Hashes) -> dict[PurePosixPath, str]:
    """What stands where a folder is needed, and will not be removed."""
    found: dict[PurePosixPath, str] = {}
    for folder in {parent for path in files for parent in path.parents if parent.parts}:
        standing = look(output / folder)
        leads_to_folder = standing is not None and (output / folder).is_dir()
        obsolete = standing is not None and standing.is_ours(listed.get(folder, frozenset()))
        if standing is not None and not leads_to_folder and not obsolete:
            found[folder] = f"{standing.what}, {folder},"
    return found


def _manifest(output: Path, manifest: Manifest) -> tuple[list[Difference], str]:
    """How the manifest differs, and the other version of wsgen where that is all that does."""
    content = read(output / MANIFEST)
    text = as_text(manifest)
    if content is None:
        return [Difference(MANIFEST, "missing", None, text)], ""
    found = read_manifest(content)
    if found == manifest:
        return [], ""
    if found is not None and found.origin.version != manifest.origin.version:
        # What a version warns of is its own affair.
        same = replace(found, origin=replace(found.origin, warnings=manifest.origin.warnings))
        if same.made_by(manifest.origin.version) == manifest:
            return [], found.origin.version or "an unknown version"
    return [Difference(MANIFEST, "changed", content, text)], ""
