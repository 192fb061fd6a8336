"""View of the package's README: what the client does, how each operation is called, what the package needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wsgen.config import ClientSettings
from wsgen.landing.markdown import code, text
from wsgen.landing.python import identifier
from wsgen.model import ABSENT
from wsgen.naming import DomainNames, Names
from wsgen.operations import Client, Domain, WireMessage
from wsgen.payloads import Models

from .arguments import example_arguments, told
from .connections import NamedConnection
from .credentials import credential_rows
from .fakes import can_refuse, opened_with
from .layout import call, import_lines, lay
from .package import Readme, ReadmeDomain, ReadmeFake, ReadmeOperation
from .scope import import_order
from .servers import server_text, servers_of
from .texts import summary
from .types import Types

__all__ = ["direction", "readme"]

REQUIREMENTS = ("Python 3.11 or newer", "`websockets` 15 to 17")
LIBRARIES = {"pydantic": "`pydantic` 2.12 or newer", "msgspec": "`msgspec` 0.22 or newer"}


def readme(
    client: Client,
    places: Sequence[NamedConnection],
    names: Names,
    models: Models,
    *,
    settings: ClientSettings,
) -> Readme:
    """What `README.md` says. Every field is Markdown, or a line of a Python example."""
    return Readme(
        package=text(str(names.package)),
        module=names.package,
        api=text(f"{client.title} {client.version}"),
        description=text(summary(client.description)),
        perspective=("" if client.perspective.certain else "probably ") + client.perspective.value,
        evidence=tuple(text(each) for each in client.perspective.evidence),
        direction=tuple(direction(client)),
        openings=tuple(tuple(_opening(place, names)) for place in places),
        arguments=tuple(_arguments(places)),
        servers=tuple(_servers(client, names)),
        credentials=tuple(credential_rows(places)),
        notes=tuple(_notes(places)),
        domains=tuple(_domain(_Caller(place, names, *pair)) for place in places for pair in place.domains()),
        fakes=tuple(_fake(place, names) for place in places) if settings.fakes else (),
        open_enums=tuple(code(each) for each in models.open_enums),
        requirements=(*REQUIREMENTS, LIBRARIES[settings.models]),
        runtime="with the runtime that it shares with other packages"
        if settings.runtime == "shared"
        else "with the runtime in `_runtime`",
    )


def direction(client: Client) -> Iterator[str]:
    """The direction card: what crosses the wire, seen from this client."""
    domains = [domain for connection in client.connections for domain in connection.domains]
    lines = {
        "subscribes": [each.subscribe for domain in domains for each in domain.subscriptions],
        "requests": [each.message for domain in domains for each in domain.requests],
        "sends": [each.message for domain in domains for each in domain.sends],
        "answers": [each.message for domain in domains for each in domain.handlers],
        "receives unasked": [each.message for domain in domains for each in domain.pushes],
    }
    for verb, messages in lines.items():
        if messages:
            yield f"{verb}: {', '.join(dict.fromkeys(code(message.key) for message in messages))}"


def _opening(place: NamedConnection, names: Names) -> Iterator[str]:
    """A program that opens a façade."""
    known = [place.servers[server.id] for server in place.connection.servers]
    fixed = [f"servers.{each.name}" for each in known if not each.variables]
    imported: list[str] = [place.names.facade, *(["servers"] if fixed and place.needs_url else [])]
    yield import_lines(names.package, sorted(imported, key=import_order))
    yield ""
    url = [fixed[0] if fixed else '"wss://..."'] if place.needs_url else []
    opened = call(place.names.facade, *url, *example_arguments(place))
    yield lay(opened, 0, lead="async with ", trail=f" as {_variable(place)}:")
    yield "    ..."


def _arguments(places: Sequence[NamedConnection]) -> Iterator[tuple[str, str, str, str]]:
    """What the façades take besides the URL."""
    for place in places:
        for each in place.connection.arguments:
            must = each.required and each.default is ABSENT
            where = {"path": "in the address", "query": "in the query", "header": "a header"}[each.location]
            yield (
                code(f"{place.argument(each)}=..."),
                code(place.names.facade),
                f"{where}, {code(each.name)}{'; required' if must else ''}",
                text(told(each)),
            )


def _servers(client: Client, names: Names) -> Iterator[tuple[str, str, str]]:
    for server in servers_of(client):
        own = names.servers[server.id]
        called = f"({', '.join(f'{name}=...' for name in own.variables.values())})" if server.variables else ""
        about = text(summary(server.description, server.title))
        yield code(f"servers.{own.name}{called}"), code(server_text(server)), about


def _notes(places: Sequence[NamedConnection]) -> Iterator[str]:
    """What the configuration has settled for the whole client."""
    if places[0].url_env is not None:
        variable = code(places[0].url_env)
        yield f"Without a URL the environment variable {variable} is read; where it is not set, that is an error."
    beats = {
        each.connection.heartbeat.message.key: each.connection.heartbeat for each in places if each.connection.heartbeat
    }
    for beat in beats.values():
        yield (
            f"While it is connected, it sends {code(beat.message.key)} every {beat.interval:g} seconds; the option "
            f"{code('heartbeat')} changes that."
        )


def _variable(place: NamedConnection) -> str:
    name = identifier(place.names.facade, "snake", lead="client")
    short = name.removesuffix("_client") or name
    return short if len(short) <= 24 else "client"


@dataclass(frozen=True, slots=True)
class _Caller:
    """How the operations of a domain are called in an application."""

    place: NamedConnection
    names: Names
    domain: Domain
    domain_names: DomainNames

    @property
    def object(self) -> str:
        own = self.domain_names.own
        return _variable(self.place) if own is None else f"{_variable(self.place)}.{own.attribute}"

    @property
    def types(self) -> Types:
        return self.place.types

    def payload(self, message: WireMessage) -> str:
        """An argument for a payload, as an example shows it."""
        expression = self.types.sent(message)
        if expression.text == "None":
            return ""
        return f"{expression.text}(...)" if expression.models == (expression.text,) else "..."


def _domain(caller: _Caller) -> ReadmeDomain:
    blocks = [block for _, block in _operations(caller)]
    title = code(caller.domain.name) if caller.domain.name else "On the client itself"
    return ReadmeDomain(
        title=f"{title}, of {code(caller.place.names.facade)}" if caller.names.connections[1:] else title,
        text=text(summary(caller.domain.description)),
        example=tuple(_spaced(blocks)),
        operations=tuple(operation for operations, _ in _operations(caller) for operation in operations),
    )


def _spaced(blocks: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of all blocks, with an empty one between two of which one is longer than a line."""
    for index, block in enumerate(blocks):
        if index and (len(block) > 1 or len(blocks[index - 1]) > 1):
            yield ""
        yield from block


def _operations(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    """For each operation its rows in the table, and its lines in the example."""
    yield from _subscriptions(caller)
    yield from _calls(caller)
    yield from _handlers(caller)
    yield from _pushes(caller)


def _row(call: str, message: WireMessage, gives: str) -> ReadmeOperation:
    said = text(summary(message.summary, message.description))
    return ReadmeOperation(
        code(call), code(message.key), gives, f"{said} Deprecated.".strip() if message.deprecated else said
    )


def _subscriptions(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    pairs = zip(caller.domain.subscriptions, caller.domain_names.members.subscriptions, strict=True)
    for each, names in pairs:
        request = caller.payload(each.subscribe)
        update = names.union or caller.types.update(each.updates[0]).text
        given = "request, " if request else ""
        rows = [
            _row(
                f"{names.subscribe}({given}on_update)",
                each.subscribe,
                f"{code('Subscription')}; updates are {code(update)}",
            ),
            _row(f"{names.stream}({given.removesuffix(', ')})", each.subscribe, code(f"Stream[{update}]")),
        ]
        arguments = [request] if request else []
        lines = [
            lay(call(f"{caller.object}.{names.subscribe}", *arguments, "on_update"), 0, lead="subscription = await "),
            "await subscription.unsubscribe()",
            "",
            lay(call(f"{caller.object}.{names.stream}", *arguments), 0, lead="async with ", trail=" as updates:"),
            "    async for update in updates:",
            "        ...",
        ]
        yield rows, lines


def _calls(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    members = caller.domain_names.members
    for each, names in zip(caller.domain.requests, members.requests, strict=True):
        payload = caller.payload(each.message)
        reply = names.union or (caller.types.received(each.replies[0]).text if each.replies else "None")
        lead = "await " if reply == "None" else "reply = await "
        row = _row(f"{names.method}({'payload' if payload else ''})", each.message, code(reply))
        yield [row], [lay(call(f"{caller.object}.{names.method}", *([payload] if payload else [])), 0, lead=lead)]
    for send, send_names in zip(caller.domain.sends, members.sends, strict=True):
        payload = caller.payload(send.message)
        row = _row(f"{send_names.method}({'payload' if payload else ''})", send.message, code("None"))
        called = call(f"{caller.object}.{send_names.method}", *([payload] if payload else []))
        yield [row], [lay(called, 0, lead="await ")]


def _handlers(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    for each, names in zip(caller.domain.handlers, caller.domain_names.members.handlers, strict=True):
        answer = names.union or caller.types.sent(each.replies[0]).text
        row = _row(f"{names.method}(handler)", each.message, f"answered with {code(answer)}")
        yield [row], [lay(call(f"{caller.object}.{names.method}", "handler"), 0, lead="stop = ")]


def _pushes(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    members = caller.domain_names.members
    for each, names in zip(caller.domain.pushes, members.pushes, strict=True):
        type = caller.types.received(each.message).text
        rows = [
            _row(f"{names.listener}(callback)", each.message, f"calls back with {code(type)}"),
            _row(f"{names.stream}()", each.message, code(f"Stream[{type}]")),
        ]
        yield rows, [lay(call(f"{caller.object}.{names.listener}", "callback"), 0, lead="stop = ")]
    if members.union is not None:
        event_row = ReadmeOperation(
            code(f"{members.union_method}()"),
            ", ".join(code(push.message.key) for push in caller.domain.pushes),
            code(f"Stream[{members.union}]"),
            "All of them in one stream.",
        )
        lines = [
            f"async with {caller.object}.{members.union_method}() as events:",
            "    async for event in events:",
            "        ...",
        ]
        yield [event_row], lines


def _fake(place: NamedConnection, names: Names) -> ReadmeFake:
    fake = place.names.fake
    return ReadmeFake(
        name=code(fake.server),
        example=(
            import_lines(names.package, [place.names.facade]),
            import_lines(f"{names.package}.fakes", [fake.server]),
            "",
            f"server = {fake.server}()",
            lay(opened_with(place, "server.transport"), 0, lead="async with ", trail=f" as {_variable(place)}:"),
            "    ...",
        ),
        rows=tuple(_fake_rows(place)),
    )


def _fake_rows(place: NamedConnection) -> Iterator[tuple[str, str, str]]:
    for domain, fake in zip(place.connection.domains, place.names.fake.domains, strict=True):
        for each, names in zip(domain.subscriptions, fake.subscriptions, strict=True):
            updates = ", ".join(code(update.message.key) for update in each.updates)
            yield code(f"{names.push}(update)"), updates, "sends it to those who are subscribed"
            if can_refuse(each):
                yield code(f"{names.refuse}(message)"), code(each.subscribe.key), "refuses it"
        for request, name in zip(domain.requests, fake.requests, strict=True):
            yield code(f"{name} = function"), code(request.message.key), "answers it"
        for send, name in zip(domain.sends, fake.sends, strict=True):
            yield code(f"{name} = function"), code(send.message.key), "is called with it"
        for handler, name in zip(domain.handlers, fake.handlers, strict=True):
            payload = "" if place.types.received(handler.message).text == "None" else "payload"
            yield code(f"await {name}({payload})"), code(handler.message.key), "asks it, and gives the answer"
        for push, name in zip(domain.pushes, fake.pushes, strict=True):
            payload = "" if place.types.received(push.message).text == "None" else "payload"
            yield code(f"{name}({payload})"), code(push.message.key), "sends it"
