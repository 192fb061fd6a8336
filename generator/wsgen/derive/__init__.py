"""From the model of a document to the operations of its client.

The path of one connection: its channels' messages by direction (`perspective`, `connections`, `traffic`), how
each is known (`discriminator`, `echo`; `undivided` where it is not), what the frames wrap (`envelope`), what
answers what (`replies`), and what the messages of a domain become together (`domains`, `subscriptions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from wsgen.config import ClientSettings, lines_of
from wsgen.model import Application
from wsgen.operations import Client, ClientConnection, Domain, Perspective, WireMessage
from wsgen.problems import Problems

from .arguments import find_arguments
from .connections import Group, find_security, group_channels
from .discriminator import find_tags
from .domains import build_domains
from .echo import recover_requests
from .envelope import Wires, find_envelope, wires_of
from .extensions import effective_settings, with_messages
from .framing import report_framing
from .heartbeats import find_heartbeat, report_heartbeat, with_heartbeat
from .ids import with_optional_ids
from .perspective import client_direction, find_perspective
from .recognition import search_of
from .replies import find_answers
from .schemas import Schemas
from .traffic import Traffic, ids_of_messages, messages_by_key, traffic_of
from .undivided import delivered, find_undivided, report_contradictions, report_undivided, settled_answers, wire_rule
from .unsaid import with_operations

__all__ = ["Schemas", "client_direction", "derive", "effective_settings"]


def derive(application: Application, settings: ClientSettings, problems: Problems) -> Client:
    """The client's view of an application.

    What cannot be decided is reported, and left out or typed less; with errors among the problems the result
    serves for showing, not for building.
    """
    settings = effective_settings(application, settings, problems)
    perspective = find_perspective(application, settings)
    _report_perspective(application, perspective, problems)
    application = with_operations(application, perspective, problems)
    groups = group_channels(application, settings, problems)
    schemas = Schemas(application.schemas)
    messages = messages_by_key(application)
    ids = ids_of_messages(messages)
    foreign = bool(groups) and report_framing(application, settings, problems)
    connections = tuple(
        _connection(
            group,
            traffic_of(group, messages, ids, perspective),
            application,
            schemas,
            settings,
            problems,
            foreign=foreign,
        )
        for group in groups
    )
    if not any(connection.sent or connection.received for connection in connections) and not problems.fatal:
        message = "no message is sent or received, so there is nothing that a client could do"
        problems.error("WSG405", message, application.place, "add operations with messages to the channels")
    _report_unknown_domains(connections, settings, problems)
    report_heartbeat(connections, settings, problems)
    connections, definitions = with_optional_ids(connections, application.schemas)
    return Client(
        title=application.title,
        version=application.version,
        description=application.description,
        perspective=perspective,
        connections=connections,
        place=application.place,
        definitions=definitions,
    )


def _connection(
    group: Group,
    traffic: Traffic,
    application: Application,
    schemas: Schemas,
    settings: ClientSettings,
    problems: Problems,
    *,
    foreign: bool,
) -> ClientConnection:
    sent, received = find_tags(traffic, group, application, schemas, settings)
    recover_requests(traffic, sent, schemas, application, problems)
    envelope = find_envelope(traffic, sent, received, schemas, settings, problems)
    wires = wires_of(traffic, sent, received, envelope, schemas)
    undivided = find_undivided(received, wires.received)
    if not foreign:
        report_undivided(undivided, wires.received.values(), schemas, problems)
    if received.rule is not None:
        report_contradictions(traffic.received.values(), schemas, problems)
    settings = with_messages(settings, traffic, wires, problems)
    answers = find_answers(settings, traffic, wires, envelope.payload, schemas, problems)
    answers = settled_answers(answers, wires.sent, undivided, problems)
    every = Wires(wires.sent, delivered(wires.received, undivided))
    domains = build_domains(search_of(every, wires, traffic, answers, settings, schemas, problems))
    shown, domains = _selected(every, domains, settings)
    heartbeat = find_heartbeat(every, settings, schemas, problems)
    shown = with_heartbeat(shown, every, heartbeat)
    kept = {wire.key for each in shown.received.values() for wire in (each, *each.members)}
    first = group.channels[0]
    return ClientConnection(
        channel=first.id,
        address=group.address,
        envelope=envelope,
        sent=tuple(shown.sent.values()),
        received=tuple(wire for wire in wires.received.values() if wire.key in kept),
        domains=domains,
        place=first.place,
        servers=group.servers,
        heartbeat=heartbeat,
        arguments=find_arguments(group, schemas, settings, problems),
        security=find_security(group),
        title=first.title if len(group.channels) == 1 else "",
        description=(first.description or first.summary) if len(group.channels) == 1 else "",
        undivided=tuple(wire for wire in shown.received.values() if wire.members),
        rule=wire_rule(received.rule, wires.received, undivided, kept),
        sent_rule=wire_rule(sent.rule, shown.sent, {}, {wire.key for wire in shown.sent.values()}),
    )


def _report_perspective(application: Application, perspective: Perspective, problems: Problems) -> None:
    if perspective.certain or not application.operations:
        return
    other = "client" if perspective.value == "server" else "server"
    problems.warning(
        "WSG402",
        f"it is not certain whom the document describes; the {perspective.value} is taken, because "
        f"{perspective.evidence[0]}",
        application.place,
        f"if the client sends what it should receive, the document describes the {other}; say so in the "
        f"configuration, or as `x-wsgen-perspective` in `info`",
        settled_by=lines_of(
            (("perspective",), perspective.value, "as it is taken"),
            (("perspective",), other, "the other way round"),
        ),
    )


def _selected(wires: Wires, domains: tuple[Domain, ...], settings: ClientSettings) -> tuple[Wires, tuple[Domain, ...]]:
    """What `include` and `exclude` leave, with the messages that it needs."""
    if not settings.include and not settings.exclude:
        return wires, domains

    def wanted(wire: WireMessage) -> bool:
        included = not settings.include or any(fnmatchcase(wire.key, each) for each in settings.include)
        return included and not any(fnmatchcase(wire.key, each) for each in settings.exclude)

    kept = tuple(
        replace(
            domain,
            subscriptions=tuple(each for each in domain.subscriptions if wanted(each.subscribe)),
            requests=tuple(each for each in domain.requests if wanted(each.message)),
            sends=tuple(each for each in domain.sends if wanted(each.message)),
            pushes=tuple(each for each in domain.pushes if wanted(each.message)),
            handlers=tuple(each for each in domain.handlers if wanted(each.message)),
        )
        for domain in domains
    )
    kept = tuple(each for each in kept if any(_messages_of(each)))
    needed = {id(wire) for domain in kept for wire in _messages_of(domain)}
    return (
        Wires(
            {key: wire for key, wire in wires.sent.items() if id(wire) in needed},
            {key: wire for key, wire in wires.received.items() if id(wire) in needed},
        ),
        kept,
    )


def _messages_of(domain: Domain) -> Iterable[WireMessage | None]:
    for subscription in domain.subscriptions:
        yield from (subscription.subscribe, subscription.unsubscribe)
        yield from (update.message for update in subscription.updates)
        for confirmation in (subscription.confirmation, subscription.release):
            if confirmation is not None:
                yield from (confirmation.message, *(refusal.message for refusal in confirmation.refusals))
    for request in domain.requests:
        yield from (request.message, *request.replies)
    for handler in domain.handlers:
        yield from (handler.message, *handler.replies)
    for send in domain.sends:
        yield from (send.message, send.acknowledgement)
    yield from (push.message for push in domain.pushes)


def _report_unknown_domains(
    connections: tuple[ClientConnection, ...], settings: ClientSettings, problems: Problems
) -> None:
    known = {domain.name for connection in connections for domain in connection.domains}
    said = {**(settings.document.domains if settings.document else {}), **settings.domains}
    for name, own in said.items():
        if name not in known and known:
            near = get_close_matches(name, known, 1)
            listed = ", ".join(f"`{each}`" for each in sorted(known) if each)
            help = f"did you mean `{near[0]}`?" if near else f"its domains are {listed or 'none'}"
            problems.warning("WSG906", f"the document has no domain `{name}`", own.place, help)
