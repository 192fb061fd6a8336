"""Make a folder hold what it should: only what differs, each file by rename, the manifest last."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wsgen.problems import Place, Problems

from .compare import Comparison, Difference, refusing_disk
from .manifest import MANIFEST, as_text
from .unfinished import Unfinished, sync_folder

__all__ = ["Written", "commit", "refuse"]


@dataclass(frozen=True, slots=True)
class Written:
    """What a build did to its folder; paths are relative to it, in order, without the manifest's."""

    output: Path
    changed: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    unchanged: int = 0


def refuse(comparison: Comparison, problems: Problems, *, force: bool = False) -> None:
    """Report what somebody would lose by `commit` (WSG606, WSG607); with `force` only what cannot be replaced."""
    for each in comparison.differences:
        place = Place((comparison.output / each.path).as_posix())
        if each.blocked:
            message = f"{each.blocked} is in the way of a generated file"
            problems.error("WSG607", message, place, "move it away, or choose another output folder")
        elif each.kind == "edited" and not force:
            _refuse_edit(each, place, problems)
        elif each.kind == "in the way" and not force:
            message = "this file was not written by wsgen, and is in the way"
            problems.error("WSG607", message, place, "choose another output folder, or give `--force` to overwrite it")


def _refuse_edit(difference: Difference, place: Place, problems: Problems) -> None:
    what = "be overwritten" if difference.after is not None else "be removed, as it is not generated any more"
    message, help = f"this file was edited after it was generated, and would {what}", "keep the edit elsewhere, or "
    if b"\n<<<<<<< " in (difference.before or b""):
        message, help = f"this file holds a conflict of two branches, and would {what}", "resolve it, or "
    problems.error("WSG606", message, place, f"{help}give `--force` to lose it")


def commit(comparison: Comparison, problems: Problems) -> Written:
    """Write and remove what differs, also what somebody edited: `refuse` comes before this.

    Raises:
        Stop: the disk refused (WSG608). Where it was full, the output is as it was.
    """
    output = comparison.output
    changed = [each for each in comparison.differences if each.after is not None and each.path != MANIFEST]
    removed = [each.path for each in comparison.differences if each.after is None and each.kind != "extra"]
    if not comparison.up_to_date or comparison.other_version:
        with refusing_disk(output, problems):
            _carry_out(comparison, [each.path for each in changed], removed)
    return Written(output, tuple(each.path for each in changed), tuple(removed), comparison.unchanged)


def _carry_out(comparison: Comparison, changed: list[PurePosixPath], removed: list[PurePosixPath]) -> None:
    output = comparison.output
    unfinished = Unfinished(output)
    texts = {path: comparison.files[path] for path in changed}
    hashes = {path: comparison.manifest.files[path] for path in changed}
    unfinished.prepare({**texts, MANIFEST: as_text(comparison.manifest)}, hashes)
    blocking = _blocking(changed, removed)
    for path in blocking:
        _remove(output, path)
    for path in changed:
        unfinished.place(path)
    for path in removed:
        if path not in blocking:
            _remove(output, path)
    for folder in sorted({(output / path).parent for path in (*changed, *removed)}):
        if folder.is_dir():
            sync_folder(folder)
    unfinished.place(MANIFEST)
    sync_folder(output)
    unfinished.finish()


def _blocking(changed: list[PurePosixPath], removed: list[PurePosixPath]) -> set[PurePosixPath]:
    """Files that go before others come: where a folder is needed, and where a name differs by case alone."""
    needed = {parent for path in changed for parent in path.parents}
    cases = {str(path).casefold() for path in changed}
    return {path for path in removed if path in needed or str(path).casefold() in cases}


def _remove(output: Path, path: PurePosixPath) -> None:
    (output / path).unlink(missing_ok=True)
    folder = path.parent
    while folder.parts:
        with suppress(OSError):
            (output / folder).rmdir()  # refuses where something is left
        folder = folder.parent
