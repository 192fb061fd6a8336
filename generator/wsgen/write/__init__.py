"""Texts to disk, and the disk compared with texts.

`compare` looks and changes nothing; `refuse` says what it would cost; `commit` replaces each file that differs by
rename, the manifest last. `current` answers without any texts, from the manifest alone.

The manifest, `.wsgen.json`, lists every file that is ours with the hash of what was written. What it does not
list is foreign and never touched; what it lists and has another content was edited by somebody, and is not
touched without `force`.
"""

from __future__ import annotations

from .commit import Written, commit, refuse
from .compare import Comparison, Difference, Kind, compare
from .current import Current, current, packages_in
from .manifest import MANIFEST, Manifest, Origin
from .unfinished import UNFINISHED

__all__ = [
    "MANIFEST",
    "UNFINISHED",
    "Comparison",
    "Current",
    "Difference",
    "Kind",
    "Manifest",
    "Origin",
    "Written",
    "commit",
    "compare",
    "current",
    "packages_in",
    "refuse",
]
