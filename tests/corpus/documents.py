"""Which documents there are."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Corpus", "corpus", "sampled"]

SUFFIXES = frozenset({".json", ".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents by kind. Those of `trees` are the roots of documents in several files."""

    folder: Path
    websocket: tuple[Path, ...]
    trees: tuple[Path, ...]
    others: tuple[Path, ...]


def corpus() -> Corpus | None:
    """The corpus that `WSGEN_CORPUS` names; None where it names none."""
    name = os.environ.get("WSGEN_CORPUS", "")
    folder = Path(name)
    if not name or not (folder / "ws").is_dir():
        return None
    return Corpus(
        folder.resolve(),
        _files(folder.resolve() / "ws"),
        tuple(path for path in _all(folder.resolve() / "multi") if "asyncapi" in path.name.lower()),
        _files(folder.resolve() / "other"),
    )


def sampled(documents: tuple[Path, ...], one_in: int) -> tuple[Path, ...]:
    """A part of the documents that depends on their names alone."""
    ranked = sorted(documents, key=lambda path: hashlib.sha256(path.name.encode()).digest())
    return tuple(sorted(ranked[:: max(1, one_in)]))


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES))


def _all(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES))
