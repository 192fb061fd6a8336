"""Which file holds the configuration, and what stands in it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from wsgen.problems import Place, Problems, Stop

from .locations import json_locations, toml_locations
from .reading import Source, Table
from .settings import Config
from .tables import read_config

__all__ = ["find_config", "load_config"]

_CORRECT = "correct the text here, or what comes before it"
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")


def load_config(start: Path, problems: Problems, explicit: Path | None = None) -> Config:
    """The configuration that holds in the folder `start`, or the one in the file `explicit`.

    Looks for wsgen.toml, wsgen.json and a pyproject.toml with `[tool.wsgen]`, in this order, in `start` and
    then in each folder above. Without one, everything is as the defaults say.

    Raises:
        Stop: the file is not there, or is no TOML (JSON); a problem says so.
    """
    file = explicit or find_config(start)
    return Config() if file is None else _load(file, problems)


def find_config(start: Path) -> Path | None:
    """The nearest configuration file at or above the folder `start`."""
    for folder in (start.resolve(), *start.resolve().parents):
        for name in ("wsgen.toml", "wsgen.json"):
            if (folder / name).is_file():
                return folder / name
        project = folder / "pyproject.toml"
        if project.is_file() and b"wsgen" in project.read_bytes() and _mentions_wsgen(project):
            return project
    return None


def _mentions_wsgen(project: Path) -> bool:
    # A pyproject.toml that is no TOML is somebody else's fault, unless it is named.
    try:
        document: Mapping[str, object] = tomllib.loads(project.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    return "wsgen" in _table(document.get("tool"))


def _table(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _name(file: Path) -> str:
    """The file as seen from the current folder."""
    try:
        relative = os.path.relpath(file)
    except ValueError:  # another drive
        return file.as_posix()
    return Path(relative).as_posix()


def _load(file: Path, problems: Problems) -> Config:
    name = _name(file)
    text = _read(file, name, problems)
    document: object
    try:
        document = json.loads(text, parse_constant=_no_number) if file.suffix == ".json" else tomllib.loads(text)
    except json.JSONDecodeError as error:
        place = Place(name, error.lineno, error.colno)
        problems.error("WSG901", f"this is no JSON: {error.msg}", place, _CORRECT)
        raise Stop from None
    except (_NoNumber, RecursionError) as error:
        problems.error("WSG901", f"this cannot be a configuration: {error}", Place(name, 1, 1), _CORRECT)
        raise Stop from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        place = Place(name, int(at[1]), int(at[2])) if at else Place(name)
        problems.error("WSG901", f"this is no TOML: {_AT.sub('', str(error)).strip()}", place, _CORRECT)
        raise Stop from None
    if not isinstance(document, dict):
        problems.error("WSG901", "a configuration is an object, and this is none", Place(name, 1, 1), "write `{...}`")
        raise Stop
    values = cast("dict[str, object]", document)
    locations, twice = json_locations(text) if file.suffix == ".json" else (toml_locations(text), {})
    for keys, (line, column) in twice.items():
        first = Place(name, *locations[keys])
        problems.error(
            "WSG901",
            f"the key `{keys[-1]}` stands here for the second time",
            Place(name, line, column),
            "remove one of the two",
            ((first, "the first"),),
        )
    source = Source(name, locations, problems)
    under_tool = "wsgen" in _table(values.get("tool"))
    if file.name == "pyproject.toml" or under_tool:
        return read_config(file, Table(_table(_table(values.get("tool")).get("wsgen")), ("tool", "wsgen"), source))
    return read_config(file, Table(values, (), source))


class _NoNumber(Exception):
    pass


def _no_number(word: str) -> float:
    raise _NoNumber(f"{word} is no JSON")


def _read(file: Path, name: str, problems: Problems) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        message = f"the configuration cannot be read: {error.strerror or error}"
        problems.error("WSG901", message, Place(name), "name another file, or let `wsgen init` write one")
    except UnicodeDecodeError:
        problems.error("WSG901", "the configuration is not UTF-8", Place(name), "save the file as UTF-8")
    raise Stop
