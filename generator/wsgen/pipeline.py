"""All stages in a row: a document in, the texts of a package out. Nothing here touches the disk."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias, cast

from .config import ClientSettings, shared_runtime
from .problems import Problems, Stop

if TYPE_CHECKING:
    from .model import Application
    from .operations import Client
    from .targets import Named

__all__ = [
    "Built",
    "OnStage",
    "Sources",
    "Understood",
    "build_client",
    "default_folder",
    "examine",
    "fingerprint",
    "foresee",
    "read_application",
    "understand",
]

OnStage: TypeAlias = Callable[[str], None]
"""Is told the name of each stage when it begins."""

_NOT_IN_FINGERPRINT = frozenset(
    {"allow_refs", "input", "folder", "headers", "output", "runtime_output", "place", "given"}
)
_WORD = re.compile(r"[^\W_]+")
_TRAILING = frozenset({"api", "websocket", "websockets", "service"})


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a document is made of.

    Attributes:
        files: as they can be opened; standard input is not among them.
        digests: of what was read, by path from the document's folder; none where the document is no file.
    """

    files: tuple[Path, ...]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Understood:
    """A document and the client that it describes.

    Attributes:
        settings: the configuration with what the document adds.
    """

    settings: ClientSettings
    application: Application
    client: Client
    sources: Sources


@dataclass(frozen=True, slots=True)
class Built:
    """A package that can be written.

    Attributes:
        output: the folder that the package belongs in.
        fingerprint: the `fingerprint` of the configuration.
        whole: the package with a runtime of its own, for `verify`: only the imports of a shared one differ.
    """

    understood: Understood
    output: Path
    files: Mapping[PurePosixPath, str]
    fingerprint: str
    whole: Mapping[PurePosixPath, str]


def read_application(settings: ClientSettings, problems: Problems, stage: OnStage) -> tuple[Application, Sources]:
    """The application that a document describes, and the files that were read.

    Raises:
        Stop: there is no application; `problems` says why.
    """
    from .build import build
    from .document.sources import is_module, open_source
    from .resolve import resolve
    from .structure import check
    from .upgrade import upgrade

    stage("read")
    place = settings.place_of("headers")
    document, read = open_source(
        settings.input,
        problems,
        folder=settings.folder,
        headers=settings.headers,
        place=place,
        allowed=settings.allow_refs,
    )
    stage("check")
    tree = resolve(document, read, problems)
    check(tree, problems)
    tree = upgrade(tree, problems)
    application = build(tree, problems)
    if document.base or settings.input == "-" or is_module(settings.input):
        return application, Sources((), {})
    names = sorted({each.name for each in tree.documents.values()})
    main = PurePath(document.name).name
    digests = {path or main: each.digest for path, each in tree.documents.items()}
    return application, Sources(tuple(Path(name) for name in names), dict(sorted(digests.items())))


def _unwatched(stage: str) -> None:
    pass


def understand(settings: ClientSettings, problems: Problems, stage: OnStage = _unwatched) -> Understood:
    """What the client of a document will be. With errors among the problems it serves for showing only.

    Raises:
        Stop: there is nothing to show; `problems` says why.
    """
    from .derive import derive, effective_settings

    application, sources = read_application(settings, problems, stage)
    stage("derive")
    settings = effective_settings(application, settings, problems)
    client = derive(application, settings, problems)
    application = replace(application, schemas={**application.schemas, **client.definitions})
    return Understood(settings, application, client, sources)


def examine(settings: ClientSettings, problems: Problems, *, parent: Path = Path()) -> None:
    """Report all that a build would say about a document, and make nothing of it.

    Raises:
        Stop: there is no client; `problems` says why.
    """
    from .targets import TARGETS

    named, _ = _named(understand(settings, problems), problems, parent, _unwatched)
    TARGETS[settings.target].examine(named, problems)
    stop_on_errors(problems)


def build_client(
    settings: ClientSettings,
    problems: Problems,
    *,
    parent: Path = Path(),
    check: bool = True,
    stage: OnStage = _unwatched,
) -> Built:
    """The package of a client, ready for `write`.

    Args:
        parent: the folder that holds the package where the settings do not name one.
        check: whether the package is compiled and imported.

    Raises:
        Stop: there is none; `problems` holds the errors.
    """
    from .targets import TARGETS
    from .verify import verify

    understood = understand(settings, problems, stage)
    named, output = _named(understood, problems, parent, stage, given=settings)
    files, whole = TARGETS[settings.target].build(named, problems, stage)
    if check:
        stage("verify")
        verify(whole, problems)
        stop_on_errors(problems)
    return Built(understood, output, files, fingerprint(settings, output), whole)


def foresee(understood: Understood, problems: Problems, *, parent: Path = Path()) -> None:
    """Report what a build would say besides of a document that was understood, without the generator of the models.

    Of all that `examine` tells, WSG463 alone is missing: only the generator can tell it, and loading that takes
    longer than everything else.

    Raises:
        Stop: there is no client; `problems` says why.
    """
    from .targets import TARGETS

    TARGETS[understood.settings.target].foresee(_named(understood, problems, parent, _unwatched)[0], problems)


def _named(
    understood: Understood, problems: Problems, parent: Path, stage: OnStage, *, given: ClientSettings | None = None
) -> tuple[Named, Path]:
    """A client without errors with its names, and its folder. `given` are the settings before the document's."""
    from .naming import name
    from .targets import Named

    stop_on_errors(problems)
    settings, application = understood.settings, understood.application
    output = settings.output or parent / default_folder(application.title, settings.input)
    stage("name")
    names = name(understood.client, application, settings, problems, package=output.name)
    shared = shared_runtime(given or settings, output)
    return Named(understood.client, application, names, settings, shared), output


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


def fingerprint(settings: ClientSettings, output: Path) -> str:
    """A hash of all that decides the output besides the document: the configuration, the package's name, and the
    module that it imports a shared runtime from.

    Where things stand is left out, and so is what nobody has set: a version of wsgen with more settings gives
    the same hash. What was set counts also where it is the default, as it is set against the document.
    """
    shared = shared_runtime(settings, output)
    content = json.dumps([output.name, _plain(settings), *([] if shared is None else [shared])], sort_keys=True)
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def _plain(value: object) -> object:
    if is_dataclass(value):
        members = [(each, cast("object", getattr(value, each.name))) for each in fields(value)]
        given = cast("Mapping[str, object]", getattr(value, "given", ()))
        plain = [(each.name, _plain(member), member != _default(each)) for each, member in members]
        return {
            name: member
            for name, member, differs in plain
            if name not in _NOT_IN_FINGERPRINT and (name in given or (differs and member != {}))
        }
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    return value


def _default(of: Field[object]) -> object:
    return of.default if of.default_factory is MISSING else of.default_factory()
