"""The functions of each target, chosen in one place: from the names of a client to the texts of its package.

Whatever is heavy is imported where it is called: an up-to-date build and `wsgen --help` need none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from .config import ClientSettings, Target
from .problems import Problems, Stop

if TYPE_CHECKING:
    from .model import Application, Schema, SchemaKey
    from .naming import Names
    from .operations import Client
    from .payloads import ModelOptions, Root

__all__ = ["TARGETS", "Files", "Named", "TargetFunctions"]

ModelsT = TypeVar("ModelsT", covariant=True)

Files: TypeAlias = Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True)
class Named:
    """A client with all its names. `shared` is the module of a shared runtime; None: the package has its own."""

    client: Client
    application: Application
    names: Names
    settings: ClientSettings
    shared: str | None = None


@dataclass(frozen=True, slots=True)
class TargetFunctions:
    """What a target does with a client that has names.

    Attributes:
        foresee: reports what a build would say, as far as that is quick.
        examine: reports all that a build would say.
        build: gives the texts of the package, and the same with a runtime of its own, for `verify`. It is told of
            its stages. Raises `Stop` where there is none.
    """

    foresee: Callable[[Named, Problems], None]
    examine: Callable[[Named, Problems], None]
    build: Callable[[Named, Problems, Callable[[str], None]], tuple[Files, Files]]


class _Payloads(Protocol, Generic[ModelsT]):
    """`write_models` and its kin."""

    def __call__(
        self,
        roots: Sequence[Root],
        definitions: Mapping[SchemaKey, Schema],
        names: Mapping[SchemaKey, str],
        *,
        taken: Collection[str],
        options: ModelOptions,
        problems: Problems,
    ) -> ModelsT: ...


def _payloads(read: _Payloads[ModelsT], named: Named, options: ModelOptions, problems: Problems) -> ModelsT:
    from .views import payload_roots

    names = named.names
    roots = payload_roots(named.client, names)
    return read(
        roots, named.application.schemas, names.definitions, taken=names.classes, options=options, problems=problems
    )


def _python_options(settings: ClientSettings) -> ModelOptions:
    from .payloads import ModelOptions

    return ModelOptions(settings.strict_enums, settings.typed_formats, settings.models)


def _foresee_python(named: Named, problems: Problems) -> None:
    from .payloads import examine_models

    _payloads(examine_models, named, _python_options(named.settings), problems)


def _examine_python(named: Named, problems: Problems) -> None:
    from .payloads import write_models

    _payloads(write_models, named, _python_options(named.settings), problems)


def _build_python(named: Named, problems: Problems, stage: Callable[[str], None]) -> tuple[Files, Files]:
    from .emit import emit
    from .payloads import write_models
    from .views import python_package

    settings = named.settings
    stage("models")
    models = _payloads(write_models, named, _python_options(settings), problems)
    if problems.fatal:
        raise Stop
    stage("print")
    package = python_package(named.client, named.names, models, settings)
    files = emit(package, runtime=named.shared, picows=settings.picows)
    return files, files if named.shared is None else emit(package)


def _typescript_options(settings: ClientSettings) -> ModelOptions:
    from .payloads import ModelOptions

    return ModelOptions(settings.strict_enums, wide="int64" if settings.int64 == "bigint" else "rounded-int64")


def _examine_typescript(named: Named, problems: Problems) -> None:
    from .payloads import settle_types

    _payloads(settle_types, named, _typescript_options(named.settings), problems)


def _build_typescript(named: Named, problems: Problems, stage: Callable[[str], None]) -> tuple[Files, Files]:
    from .emit import emit_typescript
    from .payloads import settle_types
    from .views.typescript import typescript_package

    stage("models")
    types = _payloads(settle_types, named, _typescript_options(named.settings), problems)
    if problems.fatal:
        raise Stop
    stage("print")
    files = emit_typescript(typescript_package(named.client, named.names, types, named.settings))
    return files, files


TARGETS: Mapping[Target, TargetFunctions] = {
    "python": TargetFunctions(_foresee_python, _examine_python, _build_python),
    "typescript": TargetFunctions(_examine_typescript, _examine_typescript, _build_typescript),
}
