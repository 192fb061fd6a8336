"""Verdicts on structure, against the official schemas of AsyncAPI.

Where those find a document valid, wsgen may not warn of its structure; where they find it invalid, wsgen must say
something. Both, but for the disagreements that official_disagreements.json explains.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from wsgen.document import Json, load
from wsgen.problems import Problem, Problems, Stop

from .mutants import mutant
from .reading import SPECS, read

PACKAGE = "@asyncapi/specs"
RELEASE = "6.11.1"
FOLDER = SPECS.parent / ".cache" / f"asyncapi-specs-{RELEASE}"
MUTANTS = 36
"""For each valid document; together they must be a thousand or more."""


class Disagreement(NamedTuple):
    """`finder` is who finds fault ("official" or "wsgen"); `pattern` is sought in "version pointer: message".

    Without `seeded`, it is met in documents only, not in the mutants.
    """

    finder: str
    pattern: str
    reason: str
    seeded: bool = True


DISAGREEMENTS = [
    Disagreement(**entry)
    for entry in json.loads((Path(__file__).parent / "official_disagreements.json").read_text(encoding="utf-8"))
]


@pytest.fixture(name="schemas", scope="module")
def _schemas() -> Path:
    """The folder with the official schemas, installed once."""
    folder = FOLDER / "node_modules" / PACKAGE / "schemas"
    if not folder.is_dir():
        npm = shutil.which("npm")
        if npm is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("npm is needed to install the official schemas")
        FOLDER.mkdir(parents=True, exist_ok=True)
        options = ["--prefix", str(FOLDER), "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([npm, "install", *options, f"{PACKAGE}@{RELEASE}"], check=True, capture_output=True)
    return folder


@cache
def official(folder: Path, version: str) -> Draft7Validator | None:
    file = folder / f"{version}-without-$id.json"
    if not re.fullmatch(r"\d\.\d\.\d", version) or not file.is_file():
        return None
    return Draft7Validator(json.loads(file.read_text(encoding="utf-8")))


def read_document(path: Path) -> Json:
    try:
        return load(str(path), Problems()).root
    except Stop:
        return None


def structure_problems(path: Path, text: str | None = None) -> list[Problem]:
    problems = Problems()
    try:
        read(path, problems, text=text)
    except Stop:
        assert problems.fatal
    return [problem for problem in problems if problem.code[3] in "23" and problem.level != "note"]


def innermost(error: ValidationError) -> str:
    while error.context:
        error = max(error.context, key=lambda inner: (len(inner.absolute_path), inner.validator != "required"))
    pointer = "".join(f"/{part}" for part in error.absolute_path)
    return f"{pointer}: {error.message}"


def disagreements(schemas: Path, path: Path, document: Json, text: str | None = None) -> Iterator[tuple[str, str]]:
    """Who finds fault where the other finds none, and what."""
    if not isinstance(document, dict) or (validator := official(schemas, str(document.get("asyncapi")))) is None:
        return
    version = document["asyncapi"]
    theirs = [f"{version} {innermost(error)}" for error in validator.iter_errors(document)]
    ours = structure_problems(path, text)
    if theirs and not ours:
        yield from (("official", message) for message in theirs)
    if not theirs:
        structural = (problem for problem in ours if problem.code[3] == "2")
        yield from (("wsgen", f"{version} {problem.place.pointer}: {problem.message}") for problem in structural)


def unexplained(found: Iterator[tuple[str, str]], used: set[Disagreement]) -> list[str]:
    left: list[str] = []
    for finder, message in found:
        known = [each for each in DISAGREEMENTS if each.finder == finder and re.search(each.pattern, message)]
        used.update(known[:1])
        if not known:
            left.append(f"{finder}: {message}")
    return left


def documents_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.endswith(".problems.json"))


def test_verdicts_on_the_documents_of_the_project(schemas: Path) -> None:
    paths = [*documents_of(SPECS / "valid"), *documents_of(SPECS / "invalid"), SPECS / "trading.asyncapi.json"]
    found = {path.name: unexplained(disagreements(schemas, path, read_document(path)), set()) for path in paths}
    assert {name: messages for name, messages in found.items() if messages} == {}


def test_verdicts_on_a_thousand_mutants(schemas: Path) -> None:
    found: dict[str, list[str]] = {}
    used: set[Disagreement] = set()
    count = 0
    for path in [*documents_of(SPECS / "valid"), SPECS / "trading.asyncapi.json"]:
        document = read_document(path)
        for number in range(MUTANTS):
            changed, what = mutant(document, f"{path.name} {number}")
            count += 1
            text = json.dumps(changed)
            problems = disagreements(schemas, path.with_suffix(".json"), changed, text)
            if messages := unexplained(problems, used):
                found[f"{path.name} {number}, {what}"] = messages
    assert found == {}
    assert count >= 1000
    assert [each.reason for each in DISAGREEMENTS if each.seeded and each not in used] == []


@pytest.mark.skipif("WSGEN_CORPUS" not in os.environ, reason="needs a folder of documents")
def test_verdicts_on_real_documents(schemas: Path) -> None:
    corpus = Path(os.environ["WSGEN_CORPUS"])
    paths = [*documents_of(corpus / "ws"), *documents_of(corpus / "other")]
    found = {path.name: unexplained(disagreements(schemas, path, read_document(path)), set()) for path in paths}
    assert {name: messages for name, messages in found.items() if messages} == {}
