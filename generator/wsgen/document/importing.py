"""Run as a script by `modules`, in an interpreter of its own: imports an application and writes down its document.

Usage: importing.py MODULE ATTRIBUTE RESULT_FILE FOLDER...

It imports nothing of wsgen. The folders come first on the path of imports.
"""

from __future__ import annotations

import difflib
import importlib
import json
import pathlib
import sys


class Refused(Exception):
    """The document cannot be had; the message is for the user."""


def main(module: str, attribute: str, result: pathlib.Path, folders: list[str]) -> None:
    """Write `{"text": …}` or `{"problem": …}` to `result`."""
    sys.path[:0] = folders
    try:
        answer = {"text": _text(_document(_attribute(module, attribute), f"{module}:{attribute}"))}
    except Refused as refused:
        answer = {"problem": str(refused)}
    result.write_text(json.dumps(answer), "utf-8")


def _attribute(module: str, attribute: str) -> object:
    try:
        found: object = importlib.import_module(module)
    except BaseException as error:
        raise Refused(f"`{module}` cannot be imported: {_line(error)}") from error
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            known = [name for name in dir(found) if not name.startswith("_")]
            near = difflib.get_close_matches(name, known, 1)
            raise Refused(_line(error) + (f"; did you mean `{near[0]}`?" if near else "")) from error
    return found


def _document(found: object, name: str) -> object:
    method = getattr(found, "asyncapi", None)
    if callable(method):
        found, name = method, f"{name}.asyncapi"
    if not callable(found):
        return found
    try:
        return found()
    except BaseException as error:
        raise Refused(f"`{name}()` failed: {_line(error)}") from error


def _text(document: object) -> str:
    """A document as JSON; a string is the text of one already."""
    if isinstance(document, str):
        return document
    dump = getattr(document, "model_dump_json", None)
    try:
        if callable(dump):
            return str(dump(by_alias=True, exclude_none=True))
        if isinstance(document, dict):
            return json.dumps(document, indent=2, allow_nan=False)
    except BaseException as error:
        raise Refused(f"the document cannot be written as JSON: {_line(error)}") from error
    raise Refused(
        f"it gives a `{type(document).__name__}`; wanted is a dictionary, a function that returns one, or an object "
        "with `.asyncapi()`"
    )


def _line(error: BaseException) -> str:
    """The last line of an exception, as a traceback shows it."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[-1]}".removesuffix(": ")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:])
