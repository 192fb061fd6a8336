"""Which version of AsyncAPI a document is in, also where it does not say so."""

from __future__ import annotations

import re

from wsgen.document import Json
from wsgen.problems import Place, Problems, Stop
from wsgen.resolve import Node, Tree

from .sentences import close_key, kind_of

__all__ = ["major_of", "require_major"]

_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4})(\.\S*)?)?")
_LAST_MINOR = {2: 6, 3: 1}
_OTHERS = frozenset({"openapi", "swagger"})


def major_of(tree: Tree) -> int:
    """2 or 3: what the document states, or what it is written in the form of; 0: neither."""
    root = tree.root
    if root.member("asyncapi") is None:
        known = any(isinstance(_value(root, key), dict) for key in ("channels", "operations"))
        if not known or any(root.member(key) is not None for key in _OTHERS):
            return 0
        return 2 if _has_verbs(root) and not _has_actions(root) else 3
    match = _VERSION.fullmatch(tree.version.strip())
    stated = int(match[1]) if match else 0
    if stated == 2 and _has_actions(root) and not _has_verbs(root):
        return 3
    return stated if stated in _LAST_MINOR else 0


def require_major(tree: Tree, problems: Problems) -> int:
    """`major_of`, with what is to be said about it.

    Raises:
        Stop: the document is not AsyncAPI, or of a version that is not known.
    """
    root, major = tree.root, major_of(tree)
    if not isinstance(root.value, dict):
        message = f"an AsyncAPI document is an object, but this is {kind_of(root.value)}"
        problems.error("WSG201", message, root.place, "name the AsyncAPI document")
        raise Stop
    version = root.member("asyncapi")
    if version is None:
        _report_missing(root, root.value, major, problems)
        return major
    if not major:
        problems.error(
            "WSG202",
            f"AsyncAPI 2.0 to 2.6, 3.0 and 3.1 are known, but the document says {_shown(version.value)}",
            version.place,
            "convert the document to 3.0.0, or correct the field",
        )
        raise Stop
    match = _VERSION.fullmatch(tree.version.strip())
    if match is not None and int(match[1]) != major:
        message = (
            f"the document says {tree.version}, but its operations have an `action` and stand in the root field "
            "`operations`, as 3.x writes them; it is read as 3.0"
        )
        problems.warning("WSG202", message, version.place, "write `asyncapi: 3.0.0`")
    elif match is not None and int(match[2] or 0) > _LAST_MINOR[major]:
        message = f"AsyncAPI {tree.version} is not known; the document is read as {major}.{_LAST_MINOR[major]}"
        problems.warning("WSG202", message, version.place, f"write `asyncapi: {major}.{_LAST_MINOR[major]}.0`")
    return major


def _report_missing(root: Node, value: dict[str, Json], major: int, problems: Problems) -> None:
    close = close_key("asyncapi", value)
    keys = ", ".join(f"`{key[:40]}`" for key in list(value)[:5]) or "nothing"
    message = f"an AsyncAPI document has the field `asyncapi`, but this one has {keys}"
    stated = {2: "2.6.0", 3: "3.0.0"}.get(major, "3.0.0")
    help = f"did you mean `asyncapi` where it says `{close[:40]}`?" if close else f"add `asyncapi: {stated}`"
    if not major:
        problems.error("WSG201", message, Place(root.place.file), help)
        raise Stop
    problems.warning("WSG201", f"{message}; it is read as {stated}", Place(root.place.file), help)


def _has_verbs(root: Node) -> bool:
    return _any_has(root, "channels", ("publish", "subscribe"))


def _has_actions(root: Node) -> bool:
    return _any_has(root, "operations", ("action",))


def _any_has(root: Node, key: str, fields: tuple[str, ...]) -> bool:
    value = _value(root, key)
    entries = value.values() if isinstance(value, dict) else ()
    return any(isinstance(entry, dict) and any(field in entry for field in fields) for entry in entries)


def _value(root: Node, key: str) -> Json:
    member = root.member(key)
    return member.value if member is not None else None


def _shown(value: Json) -> str:
    return f'"{value[:40]}"' if isinstance(value, str) else kind_of(value)
