"""The manifest `.wsgen.json`: what the files of a folder were made of, and their hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeAlias, cast

from wsgen.document import digest

__all__ = ["MANIFEST", "Hashes", "Manifest", "Origin", "as_text", "hashes", "manifest_of", "read_manifest"]

MANIFEST = PurePosixPath(".wsgen.json")

Hashes: TypeAlias = dict[PurePosixPath, frozenset[str]]
"""Files that are ours, with the hashes that they may have."""

_OURS_OF_A_CONFLICT = re.compile(r"^(?:\|{7}|={7}).*?^>{7}.*?$|^<{7}.*?$", re.MULTILINE | re.DOTALL)
_THEIRS_OF_A_CONFLICT = re.compile(r"^<{7}.*?^={7}$|^>{7}.*?$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Origin:
    """What the files were made of.

    Attributes:
        settings: a hash of the settings.
        version: the version of wsgen.
        title: the document's title.
        documents: the hash of each file of the document, by its path from the document's folder. Empty where the
            document is no file: nothing then tells whether it has changed.
        warnings: how many the document got.
    """

    settings: str
    version: str
    title: str = ""
    documents: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says; `files` are hashes by path, sorted."""

    origin: Origin
    files: Mapping[PurePosixPath, str]

    def made_by(self, version: str) -> Manifest:
        """The same from another version of wsgen."""
        return replace(self, origin=replace(self.origin, version=version))


def manifest_of(files: Mapping[PurePosixPath, str], origin: Origin) -> Manifest:
    return Manifest(origin, {path: digest(files[path].encode()) for path in sorted(files)})


def as_text(manifest: Manifest) -> str:
    """The manifest as it is written: the same on every machine."""
    origin = manifest.origin
    content = {
        "wsgen": origin.version,
        "title": origin.title,
        "settings": origin.settings,
        "documents": dict(sorted(origin.documents.items())),
        "warnings": origin.warnings,
        "files": {str(path): hash for path, hash in manifest.files.items()},
    }
    return json.dumps(content, indent=2) + "\n"


def read_manifest(content: bytes | None) -> Manifest | None:
    """What a manifest says; None where it is not there or cannot be read."""
    found = _object(content)
    if found is None:
        return None
    version, settings, title = (found.get(key, "") for key in ("wsgen", "settings", "title"))
    warnings = found.get("warnings", 0)
    if not (isinstance(version, str) and isinstance(settings, str) and isinstance(title, str)):
        return None
    origin = Origin(settings, version, title, _texts(found.get("documents")), warnings if type(warnings) is int else 0)
    return Manifest(origin, {PurePosixPath(path): hash for path, hash in _texts(found.get("files")).items()})


def hashes(content: bytes | None) -> Hashes:
    """The files that a manifest lists. One that cannot be read lists nothing, so that everything is foreign.

    Where two branches have met in it, the files of both are listed: a build then settles the conflict.
    """
    found: Hashes = {}
    for side in _sides(content or b""):
        manifest = read_manifest(side)
        for path, hash in manifest.files.items() if manifest else ():
            found[path] = found.get(path, frozenset()) | {hash}
    return found


def _sides(content: bytes) -> Iterator[bytes]:
    if b"\n<<<<<<< " not in content and not content.startswith(b"<<<<<<< "):
        yield content
        return
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    for other_side in (_OURS_OF_A_CONFLICT, _THEIRS_OF_A_CONFLICT):
        yield other_side.sub("", text).encode()


def _object(content: bytes | None) -> dict[str, object] | None:
    try:
        found: object = json.loads(content or b"")
    except ValueError:
        return None
    return cast("dict[str, object]", found) if isinstance(found, dict) else None


def _texts(value: object) -> dict[str, str]:
    items = cast("dict[str, object]", value).items() if isinstance(value, dict) else ()
    return {key: text for key, text in items if isinstance(text, str)}
