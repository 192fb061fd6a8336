"""From arguments and configuration to what is to be built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from glob import glob, has_magic
from pathlib import Path

from wsgen.config import ClientSettings, Config, Target, for_target
from wsgen.problems import Place, Problems

__all__ = ["Job", "allowing", "jobs_of", "settings_of"]


@dataclass(frozen=True, slots=True)
class Job:
    """One client to build. `parent` holds its folder where the settings do not name one."""

    settings: ClientSettings
    parent: Path


def jobs_of(
    specs: list[str], output: Path | None, config: Config, problems: Problems, target: Target | None = None
) -> list[Job]:
    """What to build: the documents of the arguments, or without any every client of the configuration.

    `target` takes the place of what the configuration says. With one document `output` is its package's folder, with
    several the folder that holds theirs.
    """
    sources = [source for spec in specs for source in _sources(spec)]
    clients = [settings_of(source, config) for source in sources] if specs else _configured(config)
    if target is not None:
        clients = [for_target(client, target) for client in clients]
    if not clients:
        message = "there is nothing to build: no document is named, and no client is configured"
        problems.error("WSG907", message, Place(config.file.as_posix() if config.file else ""), "wsgen build SPEC")
    if output is None:
        jobs = [Job(client, Path()) for client in clients]
    elif len(clients) == 1:
        jobs = [Job(replace(clients[0], output=output), Path())]
    else:
        jobs = [Job(replace(client, output=None), output) for client in clients]
    return [_with_folder_name(job) for job in jobs]


def _with_folder_name(job: Job) -> Job:
    """The package has the name of its folder, which `.` and `..` do not say."""
    output = job.settings.output
    if output is None or output.name not in ("", ".."):
        return job
    return replace(job, settings=replace(job.settings, output=output.resolve()))


def allowing(config: Config, folders: list[Path]) -> Config:
    """A configuration in which every document may refer to files in `folders`."""
    if not folders:
        return config
    every = (*config.clients, config.defaults)
    *clients, defaults = (replace(each, allow_refs=(*each.allow_refs, *folders)) for each in every)
    return replace(config, clients=tuple(clients), defaults=defaults)


def settings_of(source: str, config: Config) -> ClientSettings:
    """The settings of the configured client that reads `source`, or what holds for all."""
    path = Path(source).resolve()
    for client in config.clients:
        for candidate in _sources(client.input):
            if candidate == source or Path(candidate).resolve() == path:
                return replace(client, input=source)
    # Headers were written for the addresses of the configuration, and for no other.
    return replace(config.defaults, input=source, headers={})


def _configured(config: Config) -> list[ClientSettings]:
    return [replace(client, input=source) for client in config.clients for source in _sources(client.input)]


def _sources(spec: str) -> list[str]:
    """The files of a pattern, in order; anything else, and a pattern without files, as it is."""
    found = sorted(glob(spec, recursive=True)) if has_magic(spec) and not Path(spec).exists() else []
    return found or [spec]
