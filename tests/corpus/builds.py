"""Builds documents in processes of their own, each within a limit of time."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems, Stop

__all__ = ["LIMIT", "Build", "Models", "build_all", "package_name"]

LIMIT = 20
"""Seconds that a document may take."""

Models: TypeAlias = Literal["pydantic", "msgspec"]
Outcome: TypeAlias = Literal["built", "refused", "traceback", "hang"]


@dataclass(frozen=True, slots=True)
class Build:
    """What became of a document.

    Attributes:
        package: the folder of the package, where there is one.
        digest: of all files of the package.
        seconds: CPU time.
        errors: errors as `code message`, in the order of their places.
        codes: the codes of all problems.
        failure: the traceback.
    """

    document: str
    outcome: Outcome
    package: str = ""
    digest: str = ""
    seconds: float = 0.0
    errors: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    failure: str = ""


def package_name(document: Path) -> str:
    """A name for the package of a document that no other document has."""
    return "client_" + hashlib.sha256(document.as_posix().encode()).hexdigest()[:10]


def build_all(
    documents: Sequence[Path],
    folder: Path,
    *,
    hash_seed: int = 0,
    verify: bool = True,
    jobs: int = 2,
    models: Models = "pydantic",
) -> list[Build]:
    """Build documents into `folder`, shared out among processes with this seed for hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    shares = [list(documents[start::jobs]) for start in range(jobs)]
    started = [_start(share, folder, hash_seed, verify, models) for share in shares if share]
    found: dict[str, Build] = {}
    for process in started:
        output, errors = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"a process that builds documents ended with {process.returncode}:\n{errors}")
        for line in output.splitlines():
            build = _read(json.loads(line))
            found[build.document] = build
    return [found[path.as_posix()] for path in documents]


def _start(share: Iterable[Path], folder: Path, hash_seed: int, verify: bool, models: Models) -> subprocess.Popen[str]:
    how = ["verify" if verify else "unverified", models]
    command = [sys.executable, "-m", "tests.corpus.builds", folder.as_posix(), *how]
    root = Path(__file__).parents[2]
    paths = [str(root), *(str(root / name) for name in ("generator", "runtime", "templates"))]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": ":".join(paths)}
    return subprocess.Popen(
        [*command, *(path.as_posix() for path in share)],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _read(value: dict[str, Any]) -> Build:
    return Build(**{**value, "errors": tuple(value["errors"]), "codes": tuple(value["codes"])})


def build_one(document: Path, folder: Path, verify: bool, models: Models) -> Build:
    """Build a document here, for at most `LIMIT` seconds."""
    package = folder / package_name(document)
    problems = Problems()
    started = time.process_time()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LIMIT)
    try:
        settings = ClientSettings(input=document.as_posix(), output=package, models=models)
        files = build_client(settings, problems, check=verify).files
    except Stop:
        return Build(document.as_posix(), "refused", **_facts(problems, started))
    except _OutOfTime:
        return Build(document.as_posix(), "hang", failure=traceback.format_exc(), **_facts(problems, started))
    except Exception:
        return Build(document.as_posix(), "traceback", failure=traceback.format_exc(), **_facts(problems, started))
    finally:
        signal.alarm(0)
    facts = _facts(problems, started)
    digest = hashlib.sha256()
    for path, text in files.items():
        target = package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        digest.update(f"{path}\0{text}\0".encode())
    return Build(document.as_posix(), "built", package.as_posix(), digest.hexdigest(), **facts)


class _OutOfTime(BaseException):
    """Nothing that a stage catches."""


def _out_of_time(*_: object) -> None:
    raise _OutOfTime


@dataclass(frozen=True, slots=True)
class _Facts:
    seconds: float
    errors: tuple[str, ...] = field(default=())
    codes: tuple[str, ...] = field(default=())


def _facts(problems: Problems, started: float) -> dict[str, Any]:
    errors = tuple(f"{each.code} {each.message}" for each in problems if each.level == "error")
    codes = tuple(each.code for each in problems)
    return asdict(_Facts(round(time.process_time() - started, 3), errors, codes))


def main(arguments: Sequence[str]) -> None:
    """`FOLDER verify|unverified pydantic|msgspec DOCUMENT...`: a line of JSON per document."""
    folder, verify, models, *documents = arguments
    for document in documents:
        library: Models = "msgspec" if models == "msgspec" else "pydantic"
        build = build_one(Path(document), Path(folder), verify == "verify", library)
        print(json.dumps(asdict(build)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
