"""What `pip install wsgen` brings along. `python -m tests.installed` prints it.

Counted in the environment that runs this: the distributions that wsgen needs, and those that they need in turn,
without extras; and the bytes of their files, without byte code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["Installed", "installed"]

MB = 1_000_000
ROOT = Path(__file__).parents[1]
OWN = [file for room in ("generator", "runtime", "templates") for file in (ROOT / room).rglob("*")]


@dataclass(frozen=True, slots=True)
class Installed:
    """The sizes of distributions in bytes, by name."""

    sizes: dict[str, int]

    @property
    def megabytes(self) -> float:
        return sum(self.sizes.values()) / MB


def installed() -> Installed:
    """wsgen itself is counted in the checkout: an editable install has no files."""
    found: dict[str, int] = {}
    waiting = ["wsgen"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        own = distribution(name)
        files = OWN if name == "wsgen" else (Path(str(own.locate_file(file))) for file in own.files or ())
        found[name] = _size(files)
        waiting += [
            canonicalize_name(needed.name)
            for needed in map(Requirement, own.requires or ())
            if needed.marker is None or needed.marker.evaluate({"extra": ""})
        ]
    return Installed(dict(sorted(found.items(), key=lambda pair: -pair[1])))


def _size(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc" and file.is_file())


if __name__ == "__main__":
    sizes = installed().sizes
    for name, size in sizes.items():
        print(f"{size / MB:6.1f} MB  {name}")
    print(f"{installed().megabytes:6.1f} MB  in {len(sizes)} packages")
