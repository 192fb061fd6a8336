"""AsyncAPI documents below a folder, known by their content."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from wsgen.document import load
from wsgen.problems import Problems, Stop

__all__ = ["find_documents"]

SUFFIXES = {".json", ".yaml", ".yml"}
NOT_OURS = {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "target", "vendor", "venv"}
"""Folders in which what is found belongs to somebody else, or was copied there. Hidden ones are passed over, too."""

MAX_DEPTH = 8
MAX_FILES = 20_000
MAX_BYTES = 16 * 1024 * 1024
_VERSION = re.compile(rb"""(?:^|[{,\s])["']?asyncapi["']?\s*:\s*["']?\d""")


def find_documents(folder: Path) -> list[Path]:
    """AsyncAPI documents in `folder` and below it, by path. Files that only belong to one have no `asyncapi` field."""
    return sorted(file for file in _candidates(folder) if _is_document(file))


def _candidates(folder: Path) -> Iterator[Path]:
    seen = 0
    for where, folders, files in os.walk(folder):
        here = Path(where)
        deep = len(here.relative_to(folder).parts) >= MAX_DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if _is_looked_into(here / name))
        for name in sorted(files):
            seen += 1
            if seen > MAX_FILES:
                return
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield here / name


def _is_looked_into(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in NOT_OURS or folder.name.endswith(".egg-info")
    return not hidden and not folder.is_symlink() and not (folder / "pyvenv.cfg").exists()


def _is_document(file: Path) -> bool:
    try:
        if file.stat().st_size > MAX_BYTES or not _VERSION.search(file.read_bytes()):
            return False
        root = load(file.as_posix(), Problems()).root
    except (OSError, Stop):
        return False
    return isinstance(root, dict) and "asyncapi" in root
