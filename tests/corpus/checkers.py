"""mypy --strict and pyright strict over many packages at once.

All packages hold the same copy of the runtime, which its own tests check. Here they share one, so that it is read
once and not a hundred times.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

__all__ = ["mypy_errors", "pyright_errors", "shared_runtime"]

RUNTIME = Path(__file__).parents[2] / "runtime"
_RUNTIME = re.compile(r"^(from|import) \._runtime\b", re.MULTILINE)
_PLACE = re.compile(r"(client_\w+)[/\\.]")


def shared_runtime(packages: Sequence[Path], folder: Path) -> list[Path]:
    """Copies of packages in `folder`, on the runtime of this repository."""
    copies: list[Path] = []
    for package in packages:
        copy = folder / package.name
        copy.mkdir(parents=True)
        for module in package.glob("*.py"):
            text = _RUNTIME.sub(r"\1 wsgen_runtime", module.read_text("utf-8"))
            (copy / module.name).write_text(text, "utf-8")
        (copy / "py.typed").touch()
        copies.append(copy)
    return copies


def mypy_errors(packages: Sequence[Path], folder: Path) -> Counter[str]:
    """How many errors mypy finds in each package, by the package's name; all is well where it is empty."""
    names = [argument for package in packages for argument in ("-p", package.name)]
    (folder / "mypy.ini").write_text(f"[mypy]\nstrict = True\nmypy_path = {folder}:{RUNTIME}\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(folder / "mypy.ini"), "--no-error-summary"]
    done = subprocess.run(
        [*command, "--cache-dir", str(folder / "cache"), *names], cwd=folder, capture_output=True, text=True
    )
    found = [line for line in done.stdout.splitlines() if ": error:" in line]
    if done.returncode not in (0, 1) or (done.returncode == 1 and not found):
        raise RuntimeError(f"mypy ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    print(*found[:20], sep="\n", end="\n" if found else "", file=sys.stderr)
    return _by_package(found)


def pyright_errors(packages: Sequence[Path], folder: Path) -> Counter[str]:
    """How many errors pyright finds in each package in strict mode, by the package's name."""
    settings = {
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "include": [package.name for package in packages],
        "extraPaths": [str(RUNTIME)],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pyright ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    answer = json.loads(done.stdout)
    if answer["summary"]["filesAnalyzed"] == 0:
        raise RuntimeError("pyright has looked at no file")
    found = [
        f"{each['file']}:{each['range']['start']['line'] + 1}: {each['message']} [{each.get('rule', '')}]"
        for each in answer["generalDiagnostics"]
        if each["severity"] == "error"
    ]
    print(*found[:20], sep="\n", end="\n" if found else "", file=sys.stderr)
    return _by_package(found)


def _by_package(lines: Sequence[str]) -> Counter[str]:
    places = [_PLACE.search(line) for line in lines]
    return Counter(place.group(1) if place else "elsewhere" for place in places)
