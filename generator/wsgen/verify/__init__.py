"""Does what was emitted work? It is compiled, imported, and all its decoders are built, before anyone sees it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from wsgen.problems import Place, Problems

__all__ = ["verify"]

PACKAGE = "client"
TIMEOUT = 120.0
"""Seconds. A package with a thousand models takes about five."""

CODES = {"compile": "WSG601", "import": "WSG602", "decoder": "WSG603"}
VERBS = {"compile": "does not compile", "import": "cannot be imported", "decoder": "has a decoder that cannot be built"}


def verify(files: Mapping[PurePosixPath, str], problems: Problems, *, timeout: float = TIMEOUT) -> None:
    """Write `files` into a temporary folder and let an interpreter of its own import them as one package.

    Whatever fails is a fault of wsgen (WSG601–WSG604, errors). Where a library that the output needs is not
    installed nothing can be said, which is a note (WSG609).
    """
    if not sys.executable:
        _not_verified("there is no Python interpreter to run it", problems)
        return
    with tempfile.TemporaryDirectory(prefix="wsgen-verify-") as name:
        folder = Path(name)
        package = folder / PACKAGE
        for path, text in files.items():
            target = package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        _report(_probe(folder, package, timeout), problems)


def _probe(folder: Path, package: Path, timeout: float) -> list[dict[str, object]]:
    """What the probe found: a list of findings with `step`, `file`, `line` and `error`."""
    result = folder / "result.json"
    # -I: neither the environment nor the current folder decides what is imported.
    command = [sys.executable, "-I", "-B", str(Path(__file__).with_name("probe.py")), str(package), str(result)]
    try:
        run = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return [{"step": "time", "error": f"it was not imported within {timeout:g} s"}]
    if not result.is_file():
        last = run.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return [{"step": "import", "error": f"the interpreter ended with {run.returncode}: {''.join(last)}"}]
    return cast("list[dict[str, object]]", json.loads(result.read_text("utf-8")))


def _report(findings: list[dict[str, object]], problems: Problems) -> None:
    for finding in findings:
        step, error = str(finding["step"]), str(finding["error"])
        line = finding.get("line")
        place = Place(str(finding.get("file", "")), line if isinstance(line, int) else 0, 1 if line else 0)
        if step == "missing":
            _not_verified(f"`{error}` is not installed here", problems)
        elif step == "time":
            problems.error("WSG604", f"the output could not be verified: {error}", place)
        else:
            problems.error(CODES[step], f"the output {VERBS[step]}: {error}", place)


def _not_verified(why: str, problems: Problems) -> None:
    problems.note("WSG609", f"the output is not verified: {why}", Place(""))
