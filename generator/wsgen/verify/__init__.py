"""Does what was emitted work? Before anyone sees it, a package of Python is compiled, imported, and all its decoders
are built; of one of TypeScript the tokens and the imports are checked, and nothing is run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeAlias, cast

from wsgen.problems import Place, Problems

from .typescript import faults, is_typescript

__all__ = ["verify", "verify_all"]

TIMEOUT = 120.0
"""Seconds for each package. One with a thousand models takes about five."""

CODES = {"compile": "WSG601", "import": "WSG602", "decoder": "WSG603"}
REPORT = "report it: it is a fault of wsgen; `--no-verify` writes the output all the same"
VERBS = {"compile": "does not compile", "import": "cannot be imported", "decoder": "has a decoder that cannot be built"}

_Findings: TypeAlias = list[dict[str, object]]


def verify(files: Mapping[PurePosixPath, str], problems: Problems, *, timeout: float = TIMEOUT) -> None:
    """Verify one package: see `verify_all`."""
    verify_all([(files, problems)], timeout=timeout)


def verify_all(
    packages: Sequence[tuple[Mapping[PurePosixPath, str], Problems]], *, processes: int = 1, timeout: float = TIMEOUT
) -> None:
    """Hand packages of Python to interpreters of their own, which import each of them.

    Whatever fails is a fault of wsgen (WSG601–WSG604, errors), told to the package's `Problems`. Where a library
    that the output needs is not installed nothing can be said, which is a note (WSG609).

    Args:
        processes: how many interpreters share the packages. One that ends early leaves those that it has not
            answered for to interpreters of their own.
        timeout: seconds for each package.
    """
    for files, problems in packages:
        if is_typescript(files):
            _report(
                [
                    {"step": each.step, "file": str(each.file), "line": each.line, "error": each.error}
                    for each in faults(files)
                ],
                problems,
            )
    packages = [package for package in packages if not is_typescript(package[0])]
    if not packages:
        return
    if not sys.executable:
        for _, problems in packages:
            _not_verified("there is no Python interpreter to run it", problems)
        return
    with tempfile.TemporaryDirectory(prefix="wsgen-verify-") as name:
        folder = Path(name)
        for number, (files, _) in enumerate(packages):
            modules = {str(path): text for path, text in files.items() if path.suffix == ".py"}
            (folder / f"{_package(number)}.files").write_text(json.dumps(modules), "utf-8")
        numbers = list(range(len(packages)))
        findings = _probe(folder, [numbers[start::processes] for start in range(processes)], timeout)
    for number, (_, problems) in enumerate(packages):
        _report(findings[number], problems)


def _package(number: int) -> str:
    """The name under which a package is imported. It says nothing: all imports in it are relative."""
    return f"client_{number}" if number else "client"


def _probe(folder: Path, shares: list[list[int]], timeout: float) -> dict[int, _Findings]:
    """What the probes found, by number of package: findings with `step`, `file`, `line` and `error`."""
    running = [(share, _start(folder, share)) for share in shares if share]
    ended = [(share, _end(probe, timeout * len(share))) for share, probe in running]
    findings: dict[int, _Findings] = {}
    for share, failure in ended:
        for number in share:
            result = folder / f"{_package(number)}.json"
            if result.is_file():
                findings[number] = cast("_Findings", json.loads(result.read_text("utf-8")))
            elif len(share) == 1:
                findings[number] = failure
            else:
                findings |= _probe(folder, [[number]], timeout)
    return findings


def _start(folder: Path, share: list[int]) -> subprocess.Popen[bytes]:
    # -I: neither the environment nor the current folder decides what is imported.
    command = [sys.executable, "-I", "-B", str(Path(__file__).with_name("probe.py")), str(folder)]
    return subprocess.Popen(
        [*command, *(_package(number) for number in share)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _end(probe: subprocess.Popen[bytes], timeout: float) -> _Findings:
    """Wait for a probe, and say what a package that it has not answered for is told."""
    with probe:
        try:
            _, errors = probe.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return [{"step": "time", "error": f"it was not imported within {timeout:g} s"}]
        finally:
            probe.kill()
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
    return [{"step": "import", "error": f"the interpreter ended with {probe.returncode}: {''.join(last)}"}]


def _report(findings: _Findings, problems: Problems) -> None:
    for finding in findings:
        step, error = str(finding["step"]), str(finding["error"])
        line = finding.get("line")
        place = Place(str(finding.get("file", "")), line if isinstance(line, int) else 0, 1 if line else 0)
        if step == "missing":
            _not_verified(f"`{error}` is not installed here", problems)
        elif step == "time":
            problems.error("WSG604", f"the output could not be verified: {error}", place, REPORT)
        else:
            problems.error(CODES[step], f"the output {VERBS[step]}: {error}", place, REPORT)


def _not_verified(why: str, problems: Problems) -> None:
    problems.note("WSG609", f"the output is not verified: {why}", Place(""))
