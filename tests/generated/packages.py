"""Packages for tests: built from a document by the whole pipeline, or from a client in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from wsgen.config import ClientSettings
from wsgen.emit import emit
from wsgen.model import Json, Schema
from wsgen.naming import name
from wsgen.operations import Client
from wsgen.payloads import ModelOptions, write_models
from wsgen.pipeline import build_client
from wsgen.problems import Problems
from wsgen.views import payload_roots, python_package

from tests.generator.clients import application

__all__ = ["SPECS", "Files", "from_client", "from_document", "write"]

SPECS = Path(__file__).parents[2] / "specs"

Files = Mapping[PurePosixPath, str]


def from_document(
    document: Json | Path, folder: Path, package: str = "feed", *, models: Literal["pydantic", "msgspec"] = "pydantic"
) -> Files:
    """The package of a document, unverified.

    Raises:
        Stop: the document is refused.
    """
    if isinstance(document, Path):
        path = document
    else:
        path = folder / "document.json"
        path.write_text(json.dumps(document), "utf-8")
    settings = ClientSettings(input=str(path), output=folder / package, models=models)
    return build_client(settings, Problems(), check=False).files


def from_client(
    client: Client, schemas: Mapping[str, Schema], package: str, *, models: Literal["pydantic", "msgspec"] = "pydantic"
) -> Files:
    """The package of a client that no document stands behind."""
    problems = Problems()
    described = application(schemas)
    settings = ClientSettings(input="spec.json", models=models)
    names = name(client, described, settings, problems, package=package)
    written = write_models(
        payload_roots(client, names),
        described.schemas,
        names.definitions,
        taken=names.classes,
        options=ModelOptions(library=models),
        problems=problems,
    )
    assert not problems.fatal, list(problems)
    return emit(python_package(client, names, written, settings))


def write(files: Files, folder: Path) -> Path:
    """The package on disk, below `folder`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder
