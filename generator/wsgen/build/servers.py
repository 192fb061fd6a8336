"""Nodes to servers and security schemes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from wsgen.model import SecurityScheme, Server, ServerVariable
from wsgen.problems import Problems
from wsgen.resolve import Node
from wsgen.upgrade import report_scheme, split_url

__all__ = ["VARIABLE", "security", "server", "texts"]

VARIABLE = re.compile(r"\{([^{}]+)\}")


class _Address(NamedTuple):
    protocol: str
    host: str
    pathname: str


def server(id: str, node: Node, known: Node | None, problems: Problems) -> Server:
    """The server that is defined at `node`."""
    address = _address(node, problems)
    return Server(
        id=id,
        protocol=address.protocol.lower(),
        host=address.host,
        pathname=address.pathname,
        place=node.place,
        title=node.text("title"),
        description=node.text("description") or node.text("summary"),
        variables=_variables(node, address, problems),
        security=security(node, known, problems),
    )


def security(node: Node, known: Node | None, problems: Problems) -> tuple[tuple[SecurityScheme, ...], ...]:
    """The alternatives of a `security` list; an element that is a list needs all of its schemes.

    `known` holds the schemes of the components, for 3.x documents that name them as 2.x does.
    """
    member = node.get("security")
    if member is None:
        return ()
    alternatives: list[tuple[SecurityScheme, ...]] = []
    for element in member.elements():
        found = [scheme.follow() for scheme in _schemes_of(element, known, problems)]
        alternatives.append(tuple(_scheme(scheme) for scheme in found if scheme is not None))
    return tuple(alternatives)


def _schemes_of(element: Node, known: Node | None, problems: Problems) -> list[Node]:
    if isinstance(element.value, list):
        return list(element.elements())
    if isinstance(element.value, dict) and not {"type", "$ref"} & set(element.value):
        named = ((name, known.member(name) if known is not None else None) for name, _ in element.members())
        for name, scheme in (found := list(named)):
            if scheme is None:
                report_scheme(name, element, known, problems)
        return [scheme for _, scheme in found if scheme is not None]
    return [element]


def texts(node: Node | None) -> tuple[str, ...]:
    """The elements of a list as texts."""
    if node is None or not isinstance(node.value, list):
        return ()
    return tuple(
        str(value).lower() if isinstance(value, bool) else str(value)
        for value in node.value
        if isinstance(value, (str, int, float))
    )


def _scheme(node: Node) -> SecurityScheme:
    return SecurityScheme(
        id=node.token,
        kind=node.text("type"),
        place=node.place,
        location=node.text("in"),
        name=node.text("name"),
        scheme=node.text("scheme"),
        bearer_format=node.text("bearerFormat"),
        description=node.text("description"),
    )


def _address(node: Node, problems: Problems) -> _Address:
    """Protocol, host and path; also where a 3.x server has a `url`, or a URL for a host."""
    protocol, pathname = node.text("protocol"), node.text("pathname")
    written = node.text("host") or node.text("url")
    scheme, host, rest = split_url(written)
    if node.text("host") and (scheme or rest):
        parts = {"host": host, "protocol": scheme or protocol, "pathname": rest + pathname.removeprefix("/")}
        shown = ", ".join(f"`{key}: {value[:60]}`" for key, value in parts.items() if value)
        problems.warning(
            "WSG314",
            f"`host` must be a host with an optional port, but it is `{written[:80]}`; it is read as {shown}",
            node.place_of("host"),
            f"write {shown}",
        )
    if not protocol or {protocol.lower(), scheme.lower()} <= {"ws", "wss"}:
        protocol = scheme or protocol
    if rest and rest != "/":
        pathname = rest if not pathname or rest.endswith(pathname) else rest.rstrip("/") + pathname
    return _Address(protocol, host, pathname)


def _variables(node: Node, address: _Address, problems: Problems) -> tuple[ServerVariable, ...]:
    member = node.get("variables")
    declared = list(member.members()) if member is not None else []
    found = {name: _variable(name, raw, problems) for name, raw in declared}
    used = list(_names((address.protocol, address.host, address.pathname)))
    for name, raw in declared:
        if name not in used and f"{{{name}}}" not in node.text("url"):
            message = f"the variable `{name[:60]}` is not in the address of the server"
            help = f"add `{{{name[:60]}}}` to the address, or remove the variable"
            problems.warning("WSG318", message, raw.files.documents[raw.file].place(raw.pointer, key=True), help)
    for name in used:
        if name not in found:
            message = f"the address of the server has `{{{name[:60]}}}`, which is not in its `variables`"
            problems.warning("WSG315", message, node.place, f"add `{name[:60]}` to `variables`")
            found[name] = ServerVariable(name, node.place)
    return tuple(found.values())


def report_default(default: Node | None, enum: tuple[str, ...], what: str, problems: Problems) -> None:
    """Tell that a default is none of the values that are allowed; `what` has them."""
    if default is None or not isinstance(default.value, (str, int, float)) or not enum:
        return
    if str(default.value) not in enum:
        allowed = ", ".join(f"`{value[:40]}`" for value in enum[:8])
        message = f"the default of the {what} is `{str(default.value)[:60]}`, but it must be one of {allowed}"
        problems.warning("WSG319", message, default.place, "add it to `enum`, or choose another default")


def _variable(name: str, raw: Node, problems: Problems) -> ServerVariable:
    node = raw.follow() or raw
    report_default(node.get("default"), texts(node.member("enum")), f"variable `{name[:60]}`", problems)
    return ServerVariable(
        name=name,
        place=node.place,
        enum=texts(node.member("enum")),
        default=node.text("default") if node.get("default") is not None else None,
        description=node.text("description"),
    )


def _names(parts: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(name for part in parts for name in VARIABLE.findall(part))
