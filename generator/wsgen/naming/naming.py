"""The order in which names are settled: the document's before ours, the wider scope before the narrower."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from wsgen.config import ClientSettings, lines_of
from wsgen.model import Application, Server
from wsgen.operations import Client
from wsgen.problems import Problems

from .conventions import CONVENTIONS, Convention
from .definitions import component_names, definition_names, payload_names, payload_uses, root_ids
from .facades import connection_names, server_names
from .names import Names
from .settle import Clash, Scopes

__all__ = ["name", "payload_uses"]


def name(
    client: Client, application: Application, settings: ClientSettings, problems: Problems, *, package: str
) -> Names:
    """Every name of the package, whatever order the document has.

    Args:
        settings: `rename` pins names: of a schema its class; of a domain its module; of a message its method,
            or the class of its payload where the new name is capitalised; of a channel its façade; of a server
            its constant or function; of a parameter, a query or header, or a variable of a server its argument.
        package: the output folder's name.
    """
    words = CONVENTIONS[settings.target]
    rename = _checked_rename(client, application, settings, words, problems)
    scopes = Scopes()
    definitions = definition_names(client, application, rename, words, scopes)
    uses = payload_uses(client)
    roots = root_ids(client, uses)
    payloads = payload_names(client, roots, definitions, rename, words, scopes)
    connections = connection_names(client, package, rename, words, scopes)
    servers = server_names(_servers(client), rename, words, scopes)
    for clash in scopes.clashes:
        _report(clash, problems)
    return Names(
        package=words.module(package, lead="client"),
        connections=connections,
        definitions=definitions,
        payloads=payloads,
        roots=roots,
        servers=servers,
    )


def _servers(client: Client) -> list[Server]:
    return list({server.id: server for each in client.connections for server in each.servers}.values())


def _report(clash: Clash, problems: Problems) -> None:
    source, wanted = clash.wish.source, clash.wish.candidates[0]
    problems.warning(
        "WSG480",
        f"`{source}` would be called `{wanted}` in code, which is taken; it is called `{clash.name}`",
        clash.wish.place,
        "rename one of them in the document, or name it in the configuration",
        settled_by=lines_of((("rename", source), clash.name, "any name that is free")),
    )


def _checked_rename(
    client: Client, application: Application, settings: ClientSettings, words: Convention, problems: Problems
) -> dict[str, str]:
    """The pinned names that can be used; the others are reported."""
    known = frozenset(_known(client, application))
    usable: dict[str, str] = {}
    for old, new in settings.rename.items():
        if old not in known:
            near = get_close_matches(old, sorted(known), 1)
            problems.warning(
                "WSG481",
                f"`rename` speaks of `{old}`, which the document calls nothing that has a name in code",
                settings.place,
                f"did you mean `{near[0]}`?" if near else "leave it out",
            )
        elif not new.isidentifier() or new in words.keywords or new.startswith("_") or not new.isascii():
            problems.error(
                "WSG482",
                f"`rename` calls `{old}` {new!r}, which cannot be a public name in {words.language}",
                settings.place,
                "use ASCII letters, digits and underscores, beginning with a letter",
            )
        else:
            usable[old] = new
    return usable


def _known(client: Client, application: Application) -> Iterator[str]:
    yield from component_names(application)
    for connection in client.connections:
        yield connection.channel
        yield from (argument.name for argument in connection.arguments)
        yield from (domain.name for domain in connection.domains)
        yield from (message.key for message in (*connection.sent, *connection.received))
    for server in _servers(client):
        yield server.id
        yield from (variable.name for variable in server.variables)
