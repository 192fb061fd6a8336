"""From checked tables to settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import cast

from wsgen.problems import Place, Problems

from .layers import layered
from .reading import Source, Table
from .settings import (
    ClientSettings,
    Config,
    Connecting,
    DeliverySettings,
    DomainSettings,
    EnvelopeSetting,
    Framing,
    HeartbeatSettings,
    ImportExtension,
    Int64,
    Models,
    PerspectiveSetting,
    Policy,
    ReplyRoles,
    RouteSetting,
    RuntimeSetting,
    SubscriptionSettings,
    Target,
    Verbs,
)

__all__ = ["NOT_IN_DOCUMENTS", "for_target", "read_config", "read_extensions", "read_message_extensions"]

TARGETS: Mapping[str, Target] = {"python": "python", "typescript": "typescript"}
IMPORT_EXTENSIONS: Mapping[str, ImportExtension] = {".js": ".js", ".ts": ".ts", "none": "none"}
INT64: Mapping[str, Int64] = {"number": "number", "bigint": "bigint"}
MODELS: Mapping[str, Models] = {"pydantic": "pydantic", "msgspec": "msgspec"}
RUNTIMES: Mapping[str, RuntimeSetting] = {"vendored": "vendored", "shared": "shared"}
PERSPECTIVES: Mapping[str, PerspectiveSetting] = {"auto": "auto", "server": "server", "client": "client"}
CONNECTIONS: Mapping[str, Connecting] = {"auto": "auto", "per-channel": "per-channel", "shared": "shared"}
FRAMINGS: Mapping[str, Framing] = {"auto": "auto", "plain": "plain"}
POLICIES: Mapping[str, Policy] = {
    "block": "block",
    "drop_oldest": "drop_oldest",
    "latest": "latest",
    "fail": "fail",
}
ROUTES: Mapping[str, RouteSetting] = {"connection": "connection", "broadcast": "broadcast"}

NOT_IN_DOCUMENTS: Mapping[str, str] = dict.fromkeys(
    (
        "input",
        "headers",
        "allow_refs",
        "output",
        "target",
        "import_extension",
        "int64",
        "models",
        "runtime",
        "runtime_output",
        "url_env",
        "fakes",
        "readme",
        "picows",
    ),
    "how a package is made is for its user to say, in the configuration",
)
"""Keys of a client that a document has no say in, and why."""

EVERY_DOMAIN = ("strict_topic", "reply", "delivery", "verbs", "pipeline")
"""Keys of a domain that can be said for all domains of a client."""

OF_DOMAINS = (*EVERY_DOMAIN, "topic", "route", "replies")

LOCATOR = r"-$|https?://|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
"""What is no path: standard input, an URL, an attribute of a module."""

ENVIRONMENT_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"

_LOCATOR = re.compile(LOCATOR)
_ENVIRONMENT_VARIABLE = re.compile(ENVIRONMENT_VARIABLE.replace("$", r"\Z"))


def read_config(file: Path, table: Table) -> Config:
    """The configuration in `table`, which stands in `file`."""
    seed = _older_keys(table) if file.suffix == ".json" else ClientSettings(input="")
    defaults = layered(_client(table, file.parent), seed)
    clients = tuple(_listed(each, replace(defaults, input="", output=None), file.parent) for each in _clients(table))
    table.finish()
    if defaults.input:
        _check_target(defaults, defaults.target, table.source.problems)
        clients = (_of_its_target(defaults), *clients)
        defaults = replace(defaults, input="", output=None)
    for client in clients:
        _check_runtime(client, table.source.problems)
        _check_topics(client, table.source.problems)
    return Config(file, clients, _of_its_target(defaults))


def _clients(table: Table) -> list[Table]:
    return table.array("client")


def read_extensions(extensions: Mapping[str, object], place: Place, problems: Problems) -> ClientSettings:
    """What a document says about its client, as `x-wsgen-perspective` in its root or its `info`."""
    table = _extensions(extensions, place, problems)
    found = _described(table)
    table.finish(NOT_IN_DOCUMENTS)
    return found


def read_message_extensions(
    extensions: Mapping[str, object], verb: str, place: Place, problems: Problems
) -> DomainSettings:
    """What a document says beside one message, whose wire type ends in `verb`, about the message's domain.

    `x-wsgen-replies` (a wire type, a list of them, or false) names the message's own replies; `x-wsgen-reply`
    says the same unless it is a table of roles.
    """
    table = _extensions(extensions, place, problems)
    said = {key: table.values[key] for key in ("reply", "replies") if key in table.values}
    names = {key: value for key, value in said.items() if key == "replies" or not isinstance(value, dict)}
    rest = Table({k: v for k, v in table.values.items() if k not in names}, (), table.source)
    found = _domain(rest, "x-wsgen-name")
    for key, value in names.items():
        table.asked.append(key)
        items = cast("list[object]", value) if isinstance(value, list) else [] if value is False else [value]
        replies = tuple(item for item in items if isinstance(item, str) and item)
        if len(replies) != len(items):
            table.wrong(key, "a wire type, a list of wire types, or false")
        else:
            found = replace(found, replies={verb: replies}, given={**found.given, "replies": place})
    return found


def _extensions(extensions: Mapping[str, object], place: Place, problems: Problems) -> Table:
    prefix = "x-wsgen-"
    values = {
        name.removeprefix(prefix).replace("-", "_"): value
        for name, value in extensions.items()
        if name.startswith(prefix)
    }
    return Table(values, (), Source(place.file, {}, problems, place, extension=True))


def _listed(table: Table, defaults: ClientSettings, folder: Path) -> ClientSettings:
    own = _client(table, folder)
    client = _of_its_target(layered(own, defaults))
    _check_target(own, client.target, table.source.problems)
    if "input" not in table.values:
        message = "a client needs `input`, the document to read"
        table.source.problems.error("WSG903", message, table.place, 'add `input = "asyncapi.json"`')
    table.finish()
    return client


def _client(table: Table, folder: Path) -> ClientSettings:
    """A client's keys. Does not `finish` the table."""
    given = table.text("input")
    found = _described(table)
    return replace(
        found,
        input="" if given is None else _openable(given, folder),
        folder=Path(_beside(folder, ".")),
        headers=table.pairs("headers"),
        allow_refs=tuple(Path(_beside(folder, each)) for each in table.texts("allow_refs")),
        output=_folder(table, "output", folder),
        target=table.choice("target", "python", TARGETS),
        import_extension=table.choice("import_extension", ".js", IMPORT_EXTENSIONS),
        int64=table.choice("int64", "number", INT64),
        models=table.choice("models", "pydantic", MODELS),
        runtime=table.choice("runtime", "vendored", RUNTIMES),
        runtime_output=_folder(table, "runtime_output", folder),
        url_env=_environment_variable(table),
        fakes=table.flag("fakes", True),
        readme=table.flag("readme", True),
        picows=table.flag("picows", False),
        given={**found.given, **table.given(*NOT_IN_DOCUMENTS)},
    )


def _described(table: Table) -> ClientSettings:
    """The keys of a client that a document can say, too."""
    keys = ("perspective", "connection", "discriminator", "wire_types", "framing", "envelope")
    more = ("rename", "include", "exclude", "heartbeat", "strict_enums", "typed_formats")
    return ClientSettings(
        input="",
        perspective=table.choice("perspective", "auto", PERSPECTIVES),
        connection=table.choice("connection", "auto", CONNECTIONS),
        discriminator=table.text("discriminator"),
        wire_types=table.pairs("wire_types"),
        framing=table.choice("framing", "auto", FRAMINGS),
        envelope=_envelope(table),
        rename=table.pairs("rename"),
        include=table.texts("include"),
        exclude=table.texts("exclude"),
        heartbeat=_heartbeat(table),
        strict_enums=table.flag("strict_enums"),
        typed_formats=table.flag("typed_formats"),
        every=_every_domain(table),
        replies=_replies(table),
        subscriptions={name: _subscription(each) for name, each in table.tables("subscriptions").items()},
        domains={name: _domain(each) for name, each in table.tables("domains").items()},
        place=table.place,
        given=table.given(*keys, *more, *EVERY_DOMAIN),
    )


def _folder(table: Table, key: str, folder: Path) -> Path | None:
    given = table.text(key)
    return None if given is None else Path(_beside(folder, given))


def _openable(given: str, folder: Path) -> str:
    """A path becomes one that opens from the current folder; everything else stays."""
    return given if _LOCATOR.match(given) else _beside(folder, given)


def _beside(folder: Path, given: str) -> str:
    path = folder / given
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


_ONE_TARGET: Mapping[str, tuple[Target, str]] = {
    "models": ("python", "payloads are interfaces there, and need no library"),
    "typed_formats": ("python", "dates stay the text that travels there"),
    "picows": ("python", "it is a package for Python"),
    "url_env": ("python", "a page has no environment; give the client its URL"),
    "runtime": ("python", "each client has a copy of its own, which bundlers share or drop"),
    "runtime_output": ("python", "each client has a copy of its own, which bundlers share or drop"),
    "import_extension": ("typescript", "imports have no file names there"),
    "int64": ("typescript", "integers of any length are exact there"),
}
"""Keys that one target alone knows, and why the other does not."""


def _check_target(own: ClientSettings, target: Target, problems: Problems) -> None:
    """Report keys that were written for a client of another target; what holds for several clients is for some."""
    for key, (knows, why) in _ONE_TARGET.items():
        place = own.given.get(key)
        if place is not None and target != knows and _says_something(own, key):
            message = f'`{key}` is for `target = "{knows}"` alone, and this client is `"{target}"`: {why}'
            problems.error("WSG915", message, place, f"leave `{key}` out")


def for_target(client: ClientSettings, target: Target) -> ClientSettings:
    """A client of this target, without settings that are for others."""
    client = replace(client, target=target)
    others = [key for key, (target, _) in _ONE_TARGET.items() if target != client.target]
    defaults = ClientSettings(input="")
    given = {key: place for key, place in client.given.items() if key not in others}
    return replace(client, given=given, **{key: getattr(defaults, key) for key in others})


def _of_its_target(client: ClientSettings) -> ClientSettings:
    return for_target(client, client.target)


def _says_something(client: ClientSettings, key: str) -> bool:
    """Whether a key says more than what holds for every target."""
    return (key, getattr(client, key)) not in {("runtime", "vendored"), ("typed_formats", False), ("picows", False)}


def _check_runtime(client: ClientSettings, problems: Problems) -> None:
    if client.runtime == "shared" and client.runtime_output is None:
        message = '`runtime = "shared"` needs `runtime_output`, the folder of the one copy'
        help = 'add, for example, `runtime_output = "src/clients/runtime"`'
        problems.error("WSG911", message, client.place_of("runtime"), help)
    if client.runtime == "vendored" and client.runtime_output is not None:
        message = '`runtime_output` has no effect without `runtime = "shared"`'
        problems.note("WSG905", message, client.place_of("runtime_output"))


def _check_topics(client: ClientSettings, problems: Problems) -> None:
    """Whoever wants the server's topic to be the expected one has to say what is expected."""
    own = [layered(domain, client.every) for domain in client.domains.values()]
    strict = [domain for domain in own if domain.strict_topic]
    ruled = any(domain.topic != "server" for domain in strict)
    idle = [domain.place_of("strict_topic") for domain in strict if domain.topic == "server"]
    if client.every.strict_topic:
        idle = [] if ruled else [client.every.place_of("strict_topic")]
    for place in idle:
        message = "`strict_topic` has no effect where the server alone knows the topic"
        problems.note("WSG905", message, place, 'add a rule, for example `topic = "bars:{symbol}"`')


def _environment_variable(table: Table) -> str | None:
    name = table.text("url_env")
    if name is not None and not _ENVIRONMENT_VARIABLE.match(name):
        table.wrong("url_env", "the name of an environment variable", 'write, for example, `url_env = "WS_URL"`')
        return None
    return name


def _envelope(table: Table) -> EnvelopeSetting:
    table.asked.append("envelope")
    value = table.values.get("envelope")
    if "envelope" not in table.values or (isinstance(value, str) and value) or value is False:
        return cast(EnvelopeSetting, value)
    table.wrong("envelope", "the property that wraps payloads, or false", 'write, for example, `envelope = "payload"`')
    return None


def _heartbeat(table: Table) -> HeartbeatSettings | None:
    heartbeat = table.table("heartbeat")
    if heartbeat is None:
        return None
    type, interval, reply = heartbeat.text("type"), heartbeat.seconds("interval"), heartbeat.text("reply")
    heartbeat.asked.append("payload")
    payload = heartbeat.values.get("payload")
    if not _is_json(payload):
        heartbeat.wrong("payload", "a payload as JSON can say it, without dates and infinities")
    for key, example in (("type", '"ping"'), ("interval", "20")):
        if key not in heartbeat.values:
            message = f"`heartbeat` needs `{key}`"
            heartbeat.source.problems.error("WSG903", message, heartbeat.place, f"add `{key} = {example}`")
    heartbeat.finish()
    if type is None or interval is None:
        return None
    return HeartbeatSettings(type, interval, payload, reply, heartbeat.place)


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_json(each) for each in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return all(map(_is_json, cast("list[object]", value)))
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def _verbs(table: Table) -> Verbs:
    verbs = table.table("verbs")
    if verbs is None:
        return Verbs()
    usual = Verbs()
    found = Verbs(
        subscribe=cast("str", verbs.text("subscribe", usual.subscribe, empty=True)),
        unsubscribe=cast("str", verbs.text("unsubscribe", usual.unsubscribe, empty=True)),
        update=verbs.texts("update", usual.update),
        given=verbs.given("subscribe", "unsubscribe", "update"),
    )
    verbs.finish()
    return found


def _every_domain(table: Table) -> DomainSettings:
    """What a client's table says for all of its domains."""
    return DomainSettings(
        strict_topic=table.flag("strict_topic"),
        reply=_roles(table),
        delivery=_delivery(table),
        verbs=_verbs(table),
        pipeline=table.flag("pipeline", True),
        place=table.place,
        given=table.given(*EVERY_DOMAIN),
    )


def _domain(table: Table, *ignored: str) -> DomainSettings:
    found = replace(
        _every_domain(table),
        topic=table.text("topic") or "server",
        route=_route(table),
        replies=_replies(table),
        given=table.given(*OF_DOMAINS),
    )
    table.asked.extend(ignored)
    table.finish()
    return found


def _subscription(table: Table) -> SubscriptionSettings:
    found = SubscriptionSettings(
        subscribe=table.text("subscribe"),
        unsubscribe=table.text("unsubscribe", empty=True),
        unsubscribe_values=table.pairs("unsubscribe_values"),
        unsubscribe_topic=table.text("unsubscribe_topic"),
        updates=_listed_names(table, "updates"),
        update_topic=table.text("update_topic", empty=True),
        confirmation=table.text("confirmation", empty=True),
        refusals=_listed_names(table, "refusals"),
        domain=DomainSettings(
            topic=table.text("topic") or "server",
            route=_route(table),
            reply=_roles(table),
            delivery=_delivery(table),
            place=table.place,
            given=table.given("topic", "route", "reply", "delivery"),
        ),
        place=table.place,
    )
    table.finish()
    return found


def _listed_names(table: Table, key: str) -> tuple[str, ...] | None:
    found = table.texts(key)
    return found if key in table.values else None


def _route(table: Table) -> RouteSetting:
    value = table.values.get("route")
    if isinstance(value, dict) and value:
        return table.pairs("route")
    if "route" in table.values and not isinstance(value, str):
        table.asked.append("route")
        table.wrong("route", '"connection", "broadcast", or a table with pairs of update field and parameter')
        return None
    return table.choice("route", None, ROUTES)


def _roles(table: Table) -> ReplyRoles:
    reply = table.table("reply")
    if reply is None:
        return ReplyRoles()
    found = ReplyRoles(
        status=reply.text("status", empty=True),
        message=reply.text("message", empty=True),
        topic=reply.text("topic", empty=True),
        ok=_ok_values(reply),
        given=reply.given("status", "message", "topic", "ok"),
    )
    reply.finish()
    return found


def _ok_values(reply: Table) -> tuple[str | bool, ...] | None:
    reply.asked.append("ok")
    if "ok" not in reply.values:
        return None
    value = reply.values["ok"]
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    found = tuple(item for item in items if isinstance(item, str | bool))
    if not found or len(found) != len(items):
        reply.wrong("ok", "a list of strings, true or false", 'write, for example, `ok = ["ok"]`')
        return None
    return found


def _replies(table: Table) -> dict[str, tuple[str, ...]]:
    replies = table.table("replies")
    return {} if replies is None else {verb: replies.texts(verb) for verb in replies.values}


def _delivery(table: Table) -> DeliverySettings | None:
    delivery = table.table("delivery")
    if delivery is None:
        return None
    found = DeliverySettings(
        policy=delivery.choice("policy", "block", POLICIES),
        limit=delivery.number("limit"),
        key=delivery.text("key"),
    )
    if found.policy == "latest" and "key" not in delivery.values:
        message = 'the policy "latest" keeps one update for each value of a field, and `key` does not name it'
        help = 'add `key`, for example `key = "symbol"`'
        delivery.source.problems.error("WSG903", message, delivery.place, help)
    delivery.finish()
    return found


def _older_keys(table: Table) -> ClientSettings:
    """Keys of an older generator's configuration: two options have a meaning here, the rest is said to do nothing."""
    table.asked.extend(("$schema", "baseClass", "template"))
    idle = [key for key in ("baseClass", "template") if key in table.values]
    options = table.table("options")
    found = ClientSettings(input="")
    if options is not None:
        found = replace(
            found,
            fakes=options.flag("generateMocks", True),
            readme=options.flag("generateDocs", True),
            given={},
        )
        types, tests = options.flag("generateTypes", True), options.flag("generateTests", False)
        options.finish()
        idle += [] if types else ["options.generateTypes"]
        idle += ["options.generateTests"] if tests else []
    if idle:
        listed, verb = ", ".join(f"`{key}`" for key in idle), "has" if len(idle) == 1 else "have"
        message = f"{listed} {verb} no effect: clients sit on the copied runtime, with all their types"
        table.source.problems.note("WSG905", message, table.place)
    return found
