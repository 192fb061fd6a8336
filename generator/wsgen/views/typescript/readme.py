"""View of the package's README: what the client does, how each operation is called, what the package needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wsgen.landing.markdown import code, text
from wsgen.landing.typescript import identifier, key, literal, string
from wsgen.model import ABSENT, SecurityScheme
from wsgen.naming import DomainNames, HandlerNames, Names
from wsgen.operations import Client, Domain, Handler, WireMessage
from wsgen.payloads import PayloadTypes
from wsgen.views.credentials import scheme_cells, schemes_of
from wsgen.views.package import Readme, ReadmeDomain, ReadmeFake, ReadmeOperation
from wsgen.views.readme import direction
from wsgen.views.servers import server_text, servers_of
from wsgen.views.texts import summary

from .fakes import can_refuse, sample_name, sampled
from .layout import Doc, call, concat, entry, lay, obj
from .opening import example_arguments, told
from .samples import Samples
from .scope import Part, Scope
from .types import TypedPlace

__all__ = ["readme"]

REQUIREMENTS = (
    "a browser, Node 22 or newer, Deno, or Bun; on Node 20 the package `ws`, given as the option `WebSocket`",
    "TypeScript 5.2 or newer, or any bundler",
)


def readme(client: Client, places: Sequence[TypedPlace], names: Names, types: PayloadTypes, *, fakes: bool) -> Readme:
    """What `README.md` says. Every field is Markdown, or a line of an example."""
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
        credentials=tuple((*scheme_cells(each), _carried(each)) for each in schemes_of(places)),
        notes=tuple(_notes(places)),
        domains=tuple(_domain(_Caller(place, names, types, *pair)) for place in places for pair in place.domains()),
        fakes=tuple(_fake(place, names) for place in places) if fakes else (),
        samples=tuple(_samples(places)) if fakes else (),
        open_enums=tuple(code(each) for each in types.open_enums),
        requirements=REQUIREMENTS,
        runtime="with the runtime in `runtime`",
    )


def _opening(place: TypedPlace, names: Names) -> Iterator[str]:
    known = [place.servers[server.id] for server in place.connection.servers]
    fixed = [f"servers.{each.name}" for each in known if not each.variables]
    imported = [place.names.facade, *(["servers"] if fixed and place.needs_url else [])]
    yield f'import {{ {", ".join(imported)} }} from "./{names.package}/index.js";'
    yield ""
    given = example_arguments(place)
    url = (fixed[0] if fixed else '"wss://..."') if place.needs_url else "undefined" if given else ""
    made = call(f"new {place.names.facade}", *_given_of(url, given))
    yield from lay(concat(f"const {_variable(place)} = ", made, ";")).split("\n")
    yield "// …"
    yield f"await {_variable(place)}.close();"


def _given_of(*arguments: str) -> list[str]:
    return [each for each in arguments if each]


def _arguments(places: Sequence[TypedPlace]) -> Iterator[tuple[str, str, str, str]]:
    for place in places:
        for each in place.connection.arguments:
            must = each.required and each.default is ABSENT
            where = {"path": "in the address", "query": "in the query", "header": "a header"}[each.location]
            yield (
                code(place.argument(each)),
                code(place.names.facade),
                f"{where}, {code(each.name)}{'; required' if must else ''}",
                text(f"{told(each)} Deprecated." if each.deprecated else told(each)),
            )


def _servers(client: Client, names: Names) -> Iterator[tuple[str, str, str]]:
    for server in servers_of(client):
        own = names.servers[server.id]
        called = f"({{ {', '.join(own.variables.values())} }})" if server.variables else ""
        about = text(summary(server.description, server.title))
        yield code(f"servers.{own.name}{called}"), code(server_text(server)), about


def _carried(scheme: SecurityScheme) -> str:
    """The option that carries a scheme."""
    kind, scheme_name = scheme.kind.lower(), scheme.scheme.lower()
    if kind in ("httpapikey", "apikey") and scheme.name:
        option = {"query": "query", "header": "headers"}.get(scheme.location.lower())
        if option is not None:
            return code(f"{{ {option}: {{ {key(scheme.name)}: apiKey }} }}")
        cookie = f"{code(f'{{ cookies: {{ {key(scheme.name)}: apiKey }} }}')}; in a browser, a cookie of the page"
        return cookie if scheme.location.lower() == "cookie" else _ELSEWHERE
    if kind in ("http", "userpassword", "oauth2", "openidconnect"):
        basic = kind == "userpassword" or scheme_name == "basic"
        bearer = kind != "http" or scheme_name in ("", "bearer")
        word = "Basic" if basic else "Bearer" if bearer else scheme.scheme
        credential = 'btoa("user:password")' if basic else "token"
        return code(f"{{ headers: {{ Authorization: {string(word + ' ')} + {credential} }} }}")
    return _ELSEWHERE


_ELSEWHERE = "as the server's documentation says"


def _notes(places: Sequence[TypedPlace]) -> Iterator[str]:
    beats = {
        each.connection.heartbeat.message.key: each.connection.heartbeat for each in places if each.connection.heartbeat
    }
    for beat in beats.values():
        yield (
            f"While it is connected, it sends {code(beat.message.key)} every {beat.interval:g} seconds; the option "
            f"{code('heartbeat')} changes that."
        )


def _variable(place: TypedPlace) -> str:
    name = identifier(place.names.facade, "camel", lead="client")
    short = name.removesuffix("Client") or name
    return identifier(short, "camel", lead="client") if len(short) <= 24 else "client"


@dataclass(frozen=True, slots=True)
class _Caller:
    """How the operations of a domain are called in an application."""

    place: TypedPlace
    names: Names
    payloads: PayloadTypes
    domain: Domain
    domain_names: DomainNames

    @property
    def object(self) -> str:
        own = self.domain_names.own
        return _variable(self.place) if own is None else f"{_variable(self.place)}.{own.attribute}"

    def shown(self, part: Part) -> str:
        """A type in a few words."""
        return Scope((), self.payloads, ".js").shown(part) or "nothing"

    def payload(self, message: WireMessage) -> list[Doc]:
        """The arguments for a payload that is sent, as an example shows them."""
        part = self.place.types.sent(message)
        if part.raw:
            return ['"…"' if part.raw == "string" else "new Uint8Array()"]
        if part.type is None:
            return []
        return [Samples(self.payloads, "…").of(part.type) or "null as never"]

    def statement(self, lead: str, method: str, arguments: Sequence[Doc], end: str = ";") -> list[str]:
        """The lines of a call of a method."""
        return lay(concat(lead, call(f"{self.object}.{method}", *arguments), end)).split("\n")

    def answering(self, handler: Handler, names: HandlerNames) -> list[str]:
        """The lines that register a handler."""
        reply = handler.replies[0]
        found = self.payload(reply)
        payload = [concat("payload: ", each) for each in found]
        answer = found if names.union is None else [obj([entry("type", literal(reply.key)), *payload])]
        returned = lay(concat("return ", *answer, ";"), 2).split("\n") if answer else []
        head = f"{self.object}.{names.method}(async (request) => {{"
        return [
            head,
            "  console.log(request);",
            *(f"  {line}" if n == 0 else line for n, line in enumerate(returned)),
            "});",
        ]

    def loop(self, variable: str, method: str, arguments: Sequence[Doc]) -> list[str]:
        """The lines of a loop over a stream."""
        head = self.statement(f"for await (const {variable} of ", method, arguments, ") {")
        return [*head, f"  console.log({variable});", "}"]


def _domain(caller: _Caller) -> ReadmeDomain:
    found = list(_operations(caller))
    title = code(caller.domain.name) if caller.domain.name else "On the client itself"
    return ReadmeDomain(
        title=f"{title}, of {code(caller.place.names.facade)}" if caller.names.connections[1:] else title,
        text=text(summary(caller.domain.description)),
        example=tuple(line for _, lines in found for line in lines),
        operations=tuple(operation for operations, _ in found for operation in operations),
    )


def _operations(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    """For each operation its rows in the table, and its lines in the example."""
    yield from _subscriptions(caller)
    yield from _calls(caller)
    yield from _pushes(caller)


def _row(call: str, message: WireMessage, gives: str) -> ReadmeOperation:
    said = text(summary(message.summary, message.description))
    return ReadmeOperation(
        code(call), code(message.key), gives, f"{said} Deprecated.".strip() if message.deprecated else said
    )


def _subscriptions(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    pairs = zip(caller.domain.subscriptions, caller.domain_names.members.subscriptions, strict=True)
    for number, (each, names) in enumerate(pairs, 1):
        payload = caller.payload(each.subscribe)
        variable = "subscription" if number == 1 else f"subscription{number}"
        update = names.union or caller.shown(caller.place.types.update(each.updates[0]))
        given = "request, " if payload else ""
        rows = [
            _row(f"{names.subscribe}({given}onUpdate)", each.subscribe, f"`Subscription`; updates are {code(update)}"),
            _row(f"{names.stream}({given.removesuffix(', ')})", each.subscribe, code(f"Stream<{update}>")),
        ]
        lines = [
            *caller.statement(f"const {variable} = await ", names.subscribe, [*payload, "console.log"]),
            f"await {variable}.unsubscribe();",
            *caller.loop("update", names.stream, payload),
        ]
        yield rows, lines


def _calls(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    members = caller.domain_names.members
    for each, names in zip(caller.domain.requests, members.requests, strict=True):
        payload = caller.payload(each.message)
        types = caller.place.types
        reply = names.union or (caller.shown(types.received(each.replies[0])) if each.replies else "nothing")
        gives, end = ("nothing", "") if reply == "nothing" else (code(reply), f" // {reply}")
        row = _row(f"{names.method}({'payload' if payload else ''})", each.message, gives)
        *lines, last = caller.statement("await ", names.method, payload)
        yield [row], [*lines, f"{last}{end}"]
    for send, send_names in zip(caller.domain.sends, members.sends, strict=True):
        payload = caller.payload(send.message)
        row = _row(f"{send_names.method}({'payload' if payload else ''})", send.message, "nothing")
        yield [row], caller.statement("await ", send_names.method, payload)


def _pushes(caller: _Caller) -> Iterator[tuple[list[ReadmeOperation], list[str]]]:
    members, types = caller.domain_names.members, caller.place.types
    for handler, handler_names in zip(caller.domain.handlers, members.handlers, strict=True):
        answer = handler_names.union or caller.shown(types.sent(handler.replies[0]))
        row = _row(f"{handler_names.method}(handler)", handler.message, f"answered with {code(answer)}")
        yield [row], caller.answering(handler, handler_names)
    for each, names in zip(caller.domain.pushes, members.pushes, strict=True):
        type = caller.shown(types.received(each.message))
        rows = [
            _row(f"{names.listener}(callback)", each.message, f"calls back with {code(type)}"),
            _row(f"{names.stream}()", each.message, code(f"Stream<{type}>")),
        ]
        yield rows, caller.statement("", names.listener, ["console.log"])
    if members.union is not None and members.union_method is not None:
        row = ReadmeOperation(
            code(f"{members.union_method}()"),
            ", ".join(code(push.message.key) for push in caller.domain.pushes),
            code(f"Stream<{members.union}>"),
            "All of them in one stream.",
        )
        yield [row], caller.loop("event", members.union_method, [])


def _fake(place: TypedPlace, names: Names) -> ReadmeFake:
    fake = place.names.fake
    given = example_arguments(place) or ("" if place.names.arguments_type is None else "{}")
    made = call(f"new {place.names.facade}", *_given_of('"ws://fake"', given, "{ transport }"))
    return ReadmeFake(
        name=code(fake.server),
        example=(
            f'import {{ {place.names.facade} }} from "./{names.package}/index.js";',
            f'import {{ {fake.server} }} from "./{names.package}/fakes.js";',
            "",
            f"const server = new {fake.server}();",
            "const { transport } = server;",
            *lay(concat(f"const {_variable(place)} = ", made, ";")).split("\n"),
            f"await {_variable(place)}.close();",
        ),
        rows=tuple(_fake_rows(place)),
    )


def _samples(places: Sequence[TypedPlace]) -> Iterator[tuple[str, str]]:
    for each, properties in sampled(places):
        given = code(" ".join(lay(obj(properties)).split()))
        yield code(f"{sample_name(each)}(given)"), f"{code(each.name)}: {given}, and what is given"


def _fake_rows(place: TypedPlace) -> Iterator[tuple[str, str, str]]:
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
            payload = "" if place.types.received(handler.message).nothing else "payload"
            yield code(f"await {name}({payload})"), code(handler.message.key), "asks it, and gives the answer"
        for push, name in zip(domain.pushes, fake.pushes, strict=True):
            payload = "" if place.types.received(push.message).nothing else "payload"
            yield code(f"{name}({payload})"), code(push.message.key), "sends it"
