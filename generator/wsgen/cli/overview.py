"""What `wsgen inspect` prints: the direction card, and for each connection where it leads and what it offers."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from textwrap import fill
from typing import TYPE_CHECKING, TypeAlias, assert_never

from wsgen.model import ABSENT, Server
from wsgen.operations import (
    Argument,
    ClientConnection,
    Domain,
    Handler,
    Heartbeat,
    Push,
    Request,
    Route,
    Send,
    Subscription,
    WireMessage,
)
from wsgen.pipeline import Understood
from wsgen.problems import Problems

from .card import direction_card
from .inspection import operations_of, server_url, warnings_of
from .printing import printable

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["overview"]

COLUMNS = ("domain", "operation", "sent", "received", "notes")
NO_WRAP = frozenset({"domain", "operation"})
WAYS: Mapping[str, str] = {
    "single": "being the only one",
    "constant": "the constant `{}`",
    "enum": "the values of `{}`",
    "pair": "the pair `{}`",
    "required_key": "the key `{}`",
    "json_type": "their JSON type",
    "binary": "being binary",
    "undecidable": "nothing",
}
"""After "known by"."""

UNCERTAIN = "uncertain"
CARD_INDENT = 25
ENDLESS = 1_000_000
"""Columns of what is no terminal: nothing is wrapped, so that a line is an operation."""

Row: TypeAlias = tuple[str, ...]


def overview(understood: Understood, problems: Problems) -> str:
    """The text for a terminal as wide as standard output's, or for a pipe; colours on a terminal alone."""
    from rich.console import Console

    client = understood.client
    terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False, width=None if terminal else ENDLESS)
    with console.capture() as captured:
        console.print(printable(f"{client.title} {client.version}".strip()), style="bold")
        console.print(_wrapped(direction_card(client), console.width), soft_wrap=True)
        for connection in client.connections:
            console.print()
            console.print(_heading(connection), style="bold", soft_wrap=True)
            console.print(_facts(connection))
            rows = [row for domain in connection.domains for row in _rows(domain, problems)]
            if rows:
                console.print()
                console.print(_table(rows))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _wrapped(card: str, width: int) -> str:
    """The lines of the card, each that is too long going on below where its names begin."""
    lines = (
        fill(line, width, subsequent_indent=" " * CARD_INDENT, break_long_words=False, break_on_hyphens=False)
        for line in card.splitlines()
    )
    return "\n".join(lines)


def _heading(connection: ClientConnection) -> str:
    return printable(f"connection {connection.address or 'at the address of the server'}")


def _facts(connection: ClientConnection) -> Table:
    """Where a connection leads, and what it takes."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in _named_facts(connection):
        grid.add_row(f"  {name}", Text(printable(value)))
    return grid


def _named_facts(connection: ClientConnection) -> Iterator[tuple[str, str]]:
    for server in connection.servers:
        yield "server", f"{server.id}: {server_url(server)}{_variables(server)}"
    if not connection.servers:
        yield "server", "none in the document: the URL is an argument of the client"
    parameters = connection.arguments_of("path")
    if parameters:
        yield "parameters", ", ".join(map(_parameter, parameters))
    for name, found in (("query", connection.arguments_of("query")), ("headers", connection.arguments_of("header"))):
        if found:
            yield name, ", ".join(each.name if each.required else f"{each.name}?" for each in found)
    if connection.security:
        yield "security", _security(connection)
    if connection.heartbeat is not None:
        yield "heartbeat", _heartbeat(connection.heartbeat)
    for name, messages in (("sent", connection.sent), ("received", connection.received)):
        if messages:
            yield name, f"{_count(messages)}, known by {_known_by(messages)}"
    if connection.envelope.payload is not None:
        yield "payload", f"in `{connection.envelope.payload}`"


def _variables(server: Server) -> str:
    found = [f"{each.name} = {_choices(each.default, each.enum)}" for each in server.variables]
    return f" ({', '.join(found)})" if found else ""


def _choices(default: str | None, enum: tuple[str, ...]) -> str:
    values = " | ".join(enum)
    if default is None:
        return values or "any"
    return f"{default}, of {values}" if values else default


def _heartbeat(heartbeat: Heartbeat) -> str:
    answer = f" → {heartbeat.reply.key}" if heartbeat.reply else ""
    return f"{heartbeat.message.key}{answer}, every {heartbeat.interval:g} s"


def _security(connection: ClientConnection) -> str:
    return " or ".join(
        " and ".join(" ".join(filter(None, (one.id, one.kind, one.scheme))) for one in all_of) or "nothing"
        for all_of in connection.security
    )


def _parameter(parameter: Argument) -> str:
    default = None if parameter.default is ABSENT else str(parameter.default)
    known = default is not None or parameter.values
    values = tuple(map(str, parameter.values))
    return f"{parameter.name} = {_choices(default, values)}" if known else parameter.name


def _count(messages: Iterable[WireMessage]) -> str:
    number = sum(1 for _ in messages)
    return f"{number} message{'s' if number > 1 else ''}"


def _known_by(messages: Iterable[WireMessage]) -> str:
    """How a receiver tells messages apart; the most frequent way first."""
    found = Counter((each.discriminator.by, each.discriminator.property) for each in messages)
    ways = [(WAYS.get(by, by).format(property), number) for (by, property), number in found.most_common()]
    if len(ways) == 1:
        return ways[0][0]
    return ", ".join(f"{way} ({number})" for way, number in ways)


def _table(rows: list[Row]) -> Table:
    """The operations; a column without a word is left out."""
    from rich.table import Table
    from rich.text import Text

    used = [index for index in range(len(COLUMNS)) if any(row[index] for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index in used:
        table.add_column(COLUMNS[index], no_wrap=COLUMNS[index] in NO_WRAP, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(row[index])) for index in used))
    return table


def _rows(domain: Domain, problems: Problems) -> Iterator[Row]:
    """A row for each operation. A name that begins with a dot goes on from that of its domain."""
    name = domain.name
    for operation in operations_of(domain):
        warnings = warnings_of(operation, problems)
        match operation:
            case Subscription():
                yield from _subscription_rows(name, operation, warnings)
            case Request():
                notes = _notes(() if operation.certain else (UNCERTAIN,), warnings)
                yield name, "request", _key(name, operation.message), _keys(name, operation.replies), notes
            case Handler():
                notes = _notes(() if operation.certain else (UNCERTAIN,), warnings)
                yield name, "handler", _keys(name, operation.replies), _key(name, operation.message), notes
            case Send():
                yield name, "send", _key(name, operation.message), "", _notes((), warnings)
            case Push():
                yield name, "push", "", _key(name, operation.message), _notes((), warnings)
            case _:
                assert_never(operation)


def _subscription_rows(name: str, each: Subscription, warnings: list[str]) -> Iterator[Row]:
    doubt = () if each.certain else (UNCERTAIN,)
    confirmation = "" if each.confirmation is None else _key(name, each.confirmation.message)
    yield name, "subscribe", _key(name, each.subscribe), confirmation, _notes(doubt, warnings)
    yield name, "update", "", _keys(name, (update.message for update in each.updates)), _notes(_topic(each), [])
    if each.unsubscribe is not None:
        release = _key(name, each.release.message) if each.release else ""
        yield name, "unsubscribe", _key(name, each.unsubscribe), release, ""


def _notes(words: Iterable[str], warnings: list[str]) -> str:
    return ", ".join([*words, *warnings])


def _keys(domain: str, messages: Iterable[WireMessage]) -> str:
    return " | ".join(_key(domain, message) for message in messages)


def _key(domain: str, message: WireMessage) -> str:
    prefix = f"{domain}."
    return message.key[len(domain) :] if domain and message.key.startswith(prefix) else message.key


def _topic(subscription: Subscription) -> Iterator[str]:
    """How an update finds its subscription."""
    flat = any(update.topic is None for update in subscription.updates)
    if subscription.topic_rule is not None:
        yield f"topic {subscription.topic_rule}"
    elif not flat:
        yield "server's topic"
    if flat:
        yield _route(subscription.route)


def _route(route: Route) -> str:
    if route is None:
        return "no route"
    if isinstance(route, str):
        return f"route by {route}"
    return "route by " + ", ".join(field if field == name else f"{field} = {name}" for field, name in route.items())
