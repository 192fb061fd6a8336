"""Packages of TypeScript for tests: built from documents, written beside one copy of the runtime."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wsgen.config import ClientSettings, ImportExtension
from wsgen.pipeline import build_client
from wsgen.problems import Problem, Problems, Stop

from tests.generated.test_hostile import HOSTILE, Name, document, is_data, replaced, strings

from .tools import RUNTIME

__all__ = ["SPECS", "Written", "hostile_documents", "sound_documents", "write_all"]

SPECS = Path(__file__).parents[2] / "specs"
NAMES = (
    "Promise Record Date Map Symbol Array Error Object String Uint8Array AbortSignal WebSocket Event Subscription "
    "Client Connection Callback Stream Url Address Protocol PushOperation delete class await constructor then "
    "prototype __proto__ toString close connect connection index client models runtime servers errors fakes test "
    "options given request handler arguments this super undefined NaN subscribe stream send listen handle channel "
    "latest"
)
"""Names that mean something to the language, to the runtime, or to the package."""


@dataclass(frozen=True, slots=True)
class Written:
    """The packages in a folder by their documents, their modules, and what was said of them."""

    modules: tuple[Path, ...]
    problems: tuple[Problem, ...]
    packages: Mapping[Path, Path]


def sound_documents() -> list[Path]:
    """Every document of the repository that is sound."""
    valid = [path for path in (SPECS / "valid").iterdir() if path.suffix in (".json", ".yaml")]
    return sorted([*valid, *(path for path in SPECS.iterdir() if path.is_file())])


def named_document() -> dict[str, object]:
    """A document in which schemas, domains, verbs and parameters have names that mean something elsewhere."""
    names = NAMES.split()
    messages: dict[str, object] = {}
    schemas = {
        name: {
            "type": "object",
            "required": ["then"],
            "properties": {each: {"$ref": f"#/components/schemas/{each}"} for each in names}
            | {"then": {"type": "array", "items": {"enum": [name, "other"]}}},
        }
        for name in names
    }
    for name in names:
        payload = {"$ref": f"#/components/schemas/{name}"}
        for verb in ("subscribe", "subscribe.response", "update", "delete", "said", "left"):
            key = f"{name}.{verb}"
            properties = {"type": {"const": key}, "payload": payload}
            messages[key] = {
                "payload": {"type": "object", "required": ["type", "payload"], "properties": properties},
            }
    sent = {key: each for key, each in messages.items() if key.endswith((".subscribe", ".delete"))}
    received = {key: each for key, each in messages.items() if key not in sent}
    return {
        "asyncapi": "2.6.0",
        "info": {"title": "Names", "version": "1"},
        "servers": {
            name: {"url": f"wss://{{{name}}}.example.com", "protocol": "wss", "variables": {name: {}}} for name in names
        },
        "channels": {
            "/named": {
                "bindings": {
                    "ws": {"query": {"type": "object", "properties": {name: {"type": "string"} for name in names}}}
                },
                "publish": {"message": {"oneOf": list(sent.values())}},
                "subscribe": {"message": {"oneOf": list(received.values())}},
            }
        },
        "components": {"schemas": schemas},
    }


def hostile_documents(folder: Path) -> Iterator[Path]:
    """One document with many hostile texts in the places of data, for each hostile text; and one of hostile names."""
    sound = document()
    for number, text in enumerate(HOSTILE):
        spoilt = sound
        for at in strings(sound):
            if is_data(at) and not isinstance(at[-1], Name):
                spoilt = replaced(spoilt, at, text)
        path = folder / f"hostile-{number}.json"
        path.write_text(json.dumps(spoilt), "utf-8")
        yield path
    path = folder / "names.json"
    path.write_text(json.dumps(named_document()), "utf-8")
    yield path


def write_all(
    documents: Iterable[Path], folder: Path, extension: ImportExtension = ".js", given: ClientSettings | None = None
) -> Written:
    """Build packages of all documents that are not refused. They share one copy of the runtime."""
    modules: list[Path] = []
    packages: dict[Path, Path] = {}
    said: list[Problem] = []
    for number, path in enumerate(documents):
        problems = Problems()
        package = folder / f"client_{number}"
        settings = replace(
            given or ClientSettings(input=""),
            input=str(path),
            output=package,
            target="typescript",
            import_extension=extension,
        )
        try:
            files = build_client(settings, problems).files
        except Stop:
            said += [problem for problem in problems if problem.code.startswith("WSG6")]
            continue
        packages[path] = package
        package.mkdir(parents=True)
        (package / "runtime").symlink_to(RUNTIME)
        for name, text in files.items():
            if name.suffix in (".ts", ".md") and name.parts[0] != "runtime":
                (package / name).write_bytes(text.encode())
                modules += [package / name] if name.suffix == ".ts" else []
    return Written(tuple(modules), tuple(said), packages)
