"""The runtime that the packages of a configuration share: one more output of a build."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wsgen.config import ClientSettings, Config

from .jobs import Job
from .making import Package

if TYPE_CHECKING:
    from wsgen.write import Current

__all__ = ["SharedRuntime", "shared_runtimes"]

NAME = "shared runtime"


@dataclass(frozen=True, slots=True)
class SharedRuntime:
    """One copy of the runtime, for the model libraries of its packages. `fakes`, `picows`: whether one of these has
    them.
    """

    output: Path
    models: tuple[str, ...]
    fakes: bool
    picows: bool

    @property
    def job(self) -> Job:
        return Job(ClientSettings(input=NAME, output=self.output), self.output.parent)

    @property
    def fingerprint(self) -> str:
        words = f"runtime {' '.join(self.models)} {self.fakes} {self.picows}"
        return "sha256:" + hashlib.sha256(words.encode()).hexdigest()

    def current(self, version: str) -> Current | None:
        """The copy, where it is up to date."""
        from wsgen.write import current

        return current(self.output, None, self.fingerprint, version)

    def made(self, version: str) -> Package:
        from wsgen.emit import shared_files
        from wsgen.write import Origin

        files = shared_files(self.models, fakes=self.fakes, picows=self.picows)
        return Package(NAME, self.output, files, {}, Origin(self.fingerprint, version, NAME), "", ())


def shared_runtimes(jobs: Sequence[Job], config: Config) -> list[SharedRuntime]:
    """The copies that the clients of a run import, for all clients of the configuration that do."""
    wanted = dict.fromkeys(folder for job in jobs for folder in _folders([job.settings]))
    everyone = [*(job.settings for job in jobs), *config.clients]
    users = {folder: [each for each in everyone if folder in _folders([each])] for folder in wanted}
    return [
        SharedRuntime(
            folder,
            tuple(sorted({each.models for each in own})),
            any(each.fakes for each in own),
            any(each.picows for each in own),
        )
        for folder, own in users.items()
    ]


def _folders(clients: Iterable[ClientSettings]) -> list[Path]:
    return [each.runtime_output for each in clients if each.runtime == "shared" and each.runtime_output is not None]
