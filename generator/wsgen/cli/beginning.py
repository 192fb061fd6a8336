"""`wsgen init`: a first configuration, for the documents that are there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from wsgen.config import CLIENT, ClientSettings, ImportExtension, Target, toml
from wsgen.pipeline import default_folder, examine, understand
from wsgen.problems import Place, Problems, Stop

__all__ = ["Entry", "begin", "configuration_file", "describe", "target_of"]

_HEAD = """\
# What `wsgen build` makes. `wsgen build --check` tells in CI whether the clients are what the documents say.
# Every key: docs/configuration.md of wsgen; their form for editors: `wsgen schema config`."""
_DENO = ("deno.json", "deno.jsonc")
_EXTENSIONS = 'of imports; ".ts" where the source runs as it is (Deno, Bun, Node), "none" for bundlers'
_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A document and the client that is proposed for it.

    Attributes:
        output: relative to the configuration.
        wrong: why no client can be built of it now; empty: one can.
        settled_by: lines that settle what the document leaves open.
    """

    source: str
    title: str
    target: Target
    output: PurePosixPath
    wrong: str
    settled_by: tuple[str, ...]


def configuration_file(folder: Path, problems: Problems) -> Path:
    """The file that the configuration belongs in: pyproject.toml where there is one, else wsgen.toml.

    Raises:
        Stop: there is a configuration already (WSG913), or the pyproject.toml is no TOML (WSG901).
    """
    for name in ("wsgen.toml", "wsgen.json"):
        if (folder / name).exists():
            _refuse(name, problems)
    project = folder / "pyproject.toml"
    if not project.exists():
        return folder / "wsgen.toml"
    if "wsgen" in _tool(_document(project, problems)):
        _refuse(project.name, problems)
    return project


def _refuse(name: str, problems: Problems) -> None:
    message = f"`{name}` holds a configuration already, and is left as it is"
    problems.error("WSG913", message, Place(name), "add clients to it by hand, or remove what it says of wsgen")
    raise Stop


def _document(file: Path, problems: Problems) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.error("WSG901", f"this is no TOML: {error}", Place(file.name), "correct it")
        raise Stop from None


def _tool(document: Mapping[str, object]) -> Mapping[str, object]:
    tool = document.get("tool")
    return cast("dict[str, object]", tool) if isinstance(tool, dict) else {}


def target_of(folder: Path) -> Target:
    """The language of the project in a folder: TypeScript in one of npm or Deno that is none of Python, too."""
    found = any((folder / name).exists() for name in ("package.json", *_DENO))
    return "typescript" if found and not (folder / "pyproject.toml").exists() else "python"


def describe(sources: Sequence[str], folder: Path, target: Target, problems: Problems) -> list[Entry]:
    """What each document can become. Folders of clients are named after the documents, each by another name."""
    parent = _parent(folder, problems) if target == "python" else _modules(folder)
    taken: set[str] = set()
    found: list[Entry] = []
    for source in sources:
        own = Problems()
        settings = ClientSettings(input=source, target=target)
        title = ""
        try:
            title = understand(settings, own).application.title
            examine(settings, own)
        except Stop:
            pass
        name = _free(default_folder(title, source), source, taken)
        errors = [problem for problem in own if problem.level == "error"]
        wrong = f"{errors[0].place}: {errors[0].code}: {errors[0].message}" if errors else ""
        found.append(Entry(source, " ".join(title.split()), target, parent / name, wrong, _settled(own)))
    return found


def _free(name: str, source: str, taken: set[str]) -> str:
    """A name that no other client has: with that of the document's folder, else with a number."""
    beside = _WORDS.sub("_", PurePosixPath(source).parent.name.lower()).strip("_")
    candidates = [name, *([f"{name}_{beside}"] if beside else []), *(f"{name}_{number}" for number in range(2, 10_000))]
    free = next(each for each in candidates if each not in taken)
    taken.add(free)
    return free


def _settled(problems: Problems) -> tuple[str, ...]:
    """The lines that settle what is only warned of."""
    found = [problem.settled_by for problem in problems if problem.level == "warning" and problem.settled_by]
    return tuple(dict.fromkeys(found))


def _parent(folder: Path, problems: Problems) -> PurePosixPath:
    """Where clients go: into the project's package, in `src` or beside it; else into a folder of their own."""
    source = folder / "src"
    if source.is_dir():
        packages = [each for each in sorted(source.iterdir()) if (each / "__init__.py").is_file()]
        own = [each for each in packages if each.name == _project_name(folder, problems)] or packages
        return PurePosixPath("src", own[0].name, "clients") if len(own) == 1 else PurePosixPath("src", "clients")
    name = _project_name(folder, problems)
    return (
        PurePosixPath(name, "clients")
        if name and (folder / name / "__init__.py").is_file()
        else PurePosixPath("clients")
    )


def _modules(folder: Path) -> PurePosixPath:
    """Where clients in TypeScript go: below `src` where there is one."""
    return PurePosixPath("src", "clients") if (folder / "src").is_dir() else PurePosixPath("clients")


def _project_name(folder: Path, problems: Problems) -> str:
    """The import name that goes with the project's name."""
    file = folder / "pyproject.toml"
    project = _document(file, problems).get("project") if file.exists() else None
    name = cast("dict[str, object]", project).get("name") if isinstance(project, dict) else None
    return _WORDS.sub("_", name.lower()) if isinstance(name, str) else ""


def begin(file: Path, entries: Sequence[Entry], problems: Problems) -> None:
    """Write the configuration: a new wsgen.toml, or the end of the pyproject.toml, whose other lines stay.

    Raises:
        Stop: the file cannot be written (WSG608), or would be no TOML (WSG901).
    """
    deno = any((file.parent / name).exists() for name in _DENO)
    extension: ImportExtension = ".ts" if deno else ".js"
    text = "\n".join([_HEAD, *(line for entry in entries for line in ("", *_client(entry, extension)))]) + "\n"
    try:
        former = file.read_bytes() if file.exists() else b""
        ending = b"\r\n" if b"\r\n" in former else b"\n"
        gap = b"" if not former else ending if former.endswith(b"\n") else ending * 2
        content = former + gap + text.encode().replace(b"\n", ending)
        added = _tool(tomllib.loads(content.decode())).get("wsgen")
        assert added is not None or all(entry.wrong for entry in entries), "what was written is not found again"
        file.write_bytes(content)
    except tomllib.TOMLDecodeError as error:
        message = f"the configuration cannot be added at the end of this file: {error}"
        problems.error("WSG901", message, Place(file.name), "write `[[tool.wsgen.client]]` into it by hand")
        raise Stop from None
    except OSError as error:
        message = f"the configuration cannot be written: {error.strerror}"
        problems.error(
            "WSG608", message, Place(file.name), "allow this user to write here, or run it in another folder"
        )
        raise Stop from None


def _client(entry: Entry, extension: ImportExtension) -> Iterator[str]:
    settings = {f"input = {toml(entry.source)}": entry.title, f"output = {toml(str(entry.output))}": ""}
    if entry.target == "typescript":
        settings[f"target = {toml(entry.target)}"] = ""
        settings[f"import_extension = {toml(extension)}"] = _EXTENSIONS
    if entry.wrong:
        yield f"# No client of {_comment(entry.title or entry.source)} can be built yet: {_comment(entry.wrong)}"
        yield from (f"# {line}" for line in (CLIENT, *settings))
        return
    yield CLIENT
    yield from (f"{line}  # {_comment(words)}" if words else line for line, words in settings.items())
    if entry.target == "python":
        yield 'target = "python"  # or "typescript"'
        variable = f"{entry.output.name.upper()}_WS_URL"
        yield f'# url_env = "{variable}"  # the environment variable with the URL, where none is given'
    yield '# include = ["bars.*"]  # a part of the document; also `exclude`'
    yield "# fakes = false  # no fake server for tests of your application"
    for lines in entry.settled_by:
        yield "#"
        yield "# The document leaves this open; `wsgen build` tells what is taken:"
        yield from (f"# {line}" for line in lines.splitlines())


def _comment(text: str) -> str:
    """Text of a document in a comment of TOML: one line of what can be shown."""
    return "".join(character if character.isprintable() else " " for character in text)[:200]
