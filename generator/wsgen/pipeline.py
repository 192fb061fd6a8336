"""All stages in a row: a document in, the texts of a package out. Nothing here touches the disk."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, cast

from .config import ClientSettings
from .model import Application
from .operations import Client
from .problems import Problems, Stop

if TYPE_CHECKING:
    from .naming import Names
    from .payloads import Models

__all__ = ["Built", "Understood", "build_client", "default_folder", "examine", "read_application", "understand"]

_NOT_IN_FINGERPRINT = frozenset(
    {"allow_refs", "input", "folder", "headers", "output", "runtime_output", "place", "given"}
)
_WORD = re.compile(r"[^\W_]+")
_TRAILING = frozenset({"api", "websocket", "websockets", "service"})


@dataclass(frozen=True, slots=True)
class Understood:
    """A document and the client that it describes.

    Attributes:
        settings: the configuration with what the document adds.
        documents: the files that were read, as they can be opened; standard input is not among them.
    """

    settings: ClientSettings
    application: Application
    client: Client
    documents: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """A package that can be written.

    Attributes:
        output: the folder that the package belongs in.
        fingerprint: a hash of the settings, without the places where they stand.
    """

    understood: Understood
    output: Path
    files: Mapping[PurePosixPath, str]
    fingerprint: str


def read_application(settings: ClientSettings, problems: Problems) -> tuple[Application, tuple[Path, ...]]:
    """The application that a document describes, and the files that were read.

    Raises:
        Stop: there is no application; `problems` says why.
    """
    from .build import build
    from .document.sources import is_module, open_source
    from .resolve import resolve
    from .structure import check
    from .upgrade import upgrade

    place = settings.place_of("headers")
    document, read = open_source(
        settings.input,
        problems,
        folder=settings.folder,
        headers=settings.headers,
        place=place,
        allowed=settings.allow_refs,
    )
    tree = resolve(document, read, problems)
    check(tree, problems)
    tree = upgrade(tree, problems)
    application = build(tree, problems)
    if document.base or settings.input == "-" or is_module(settings.input):
        return application, ()
    return application, tuple(Path(name) for name in sorted({each.name for each in tree.documents.values()}))


def understand(settings: ClientSettings, problems: Problems) -> Understood:
    """What the client of a document will be. With errors among the problems it serves for showing only.

    Raises:
        Stop: there is nothing to show; `problems` says why.
    """
    from .derive import derive, effective_settings

    application, documents = read_application(settings, problems)
    settings = effective_settings(application, settings, problems)
    client = derive(application, settings, problems)
    application = replace(application, schemas={**application.schemas, **client.definitions})
    return Understood(settings, application, client, documents)


def examine(settings: ClientSettings, problems: Problems, *, parent: Path = Path()) -> None:
    """Report all that a build would say about a document, and make nothing of it.

    Raises:
        Stop: there is no client; `problems` says why.
    """
    _modelled(understand(settings, problems), problems, parent)


def build_client(settings: ClientSettings, problems: Problems, *, parent: Path = Path(), check: bool = True) -> Built:
    """The package of a client, ready for `write`.

    Args:
        parent: the folder that holds the package where the settings do not name one.
        check: whether the package is compiled and imported.

    Raises:
        Stop: there is none; `problems` holds the errors.
    """
    from .emit import emit
    from .verify import verify
    from .views import python_package

    understood = understand(settings, problems)
    names, models, output = _modelled(understood, problems, parent)
    files = emit(python_package(understood.client, names, models, understood.settings))
    if check:
        verify(files, problems)
        stop_on_errors(problems)
    return Built(understood, output, files, _fingerprint(understood.settings))


def _modelled(understood: Understood, problems: Problems, parent: Path) -> tuple[Names, Models, Path]:
    """The names and the payload models of a client without errors, and its folder."""
    from .naming import name
    from .payloads import write_models
    from .views import payload_roots

    stop_on_errors(problems)
    settings, application, client = understood.settings, understood.application, understood.client
    output = settings.output or parent / default_folder(application.title, settings.input)
    names = name(client, application, settings, problems, package=output.name)
    models = write_models(
        payload_roots(client, names),
        application.schemas,
        names.definitions,
        taken=names.classes,
        strict_enums=settings.strict_enums,
        problems=problems,
    )
    stop_on_errors(problems)
    return names, models, output


def stop_on_errors(problems: Problems) -> None:
    """Go on only without errors.

    Raises:
        Stop: there is one.
    """
    if problems.fatal:
        raise Stop


def default_folder(title: str, source: str) -> str:
    """The package's name where nobody gives one: the title's words without "API" and the like at their end.

    Without such words it is the name of the document's file, without what follows its first dot.
    """
    from .landing.python import identifier

    words = _WORD.findall(title)
    while words and words[-1].lower() in _TRAILING:
        words.pop()
    text = " ".join(words) or PurePath(source).name.split(".")[0]
    return identifier(text, "snake", lead="client")


def _fingerprint(settings: ClientSettings) -> str:
    content = json.dumps(_plain(asdict(settings)), sort_keys=True)
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def _plain(value: object) -> object:
    """Settings as JSON, without paths and places: they differ from machine to machine."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {key: _plain(each) for key, each in items if key not in _NOT_IN_FINGERPRINT}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value
