"""From checked tables to settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from wsgen.problems import Place, Problems

from .reading import Source, Table
from .settings import (
    ClientSettings,
    Config,
    Connecting,
    DeliverySettings,
    DomainSettings,
    Models,
    PerspectiveSetting,
    ReplyRoles,
    RouteSetting,
    Target,
    Verbs,
)

__all__ = ["read_config", "read_extensions"]

TARGETS: Mapping[str, Target] = {"python": "python"}
MODELS: Mapping[str, Models] = {"pydantic": "pydantic"}
PERSPECTIVES: Mapping[str, PerspectiveSetting] = {"auto": "auto", "server": "server", "client": "client"}
CONNECTIONS: Mapping[str, Connecting] = {"auto": "auto", "per-channel": "per-channel", "shared": "shared"}
POLICIES: Mapping[str, Literal["block", "drop_oldest", "latest", "fail"]] = {
    "block": "block",
    "drop_oldest": "drop_oldest",
    "latest": "latest",
    "fail": "fail",
}
ROUTES: Mapping[str, RouteSetting] = {"connection": "connection", "broadcast": "broadcast"}
WITHOUT_EFFECT = ("baseClass", "template", "options")
_LOCATOR = re.compile(r"-$|https?://|[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")
_ENVIRONMENT_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")


def read_config(file: Path, table: Table) -> Config:
    """The configuration in `table`, which stands in `file`."""
    defaults = _client(table, ClientSettings(input="", place=table.place), file.parent)
    clients = tuple(_listed(each, defaults, file.parent) for each in table.array("client"))
    if file.suffix == ".json":
        _seed_keys(table)
    table.finish()
    if defaults.input:
        clients = (defaults, *clients)
        defaults = replace(defaults, input="", output=None)
    return Config(file, clients, defaults)


def read_extensions(extensions: Mapping[str, object], place: Place, problems: Problems) -> ClientSettings:
    """The settings in a document, as `x-wsgen-perspective`, in the words of a client's table."""
    prefix = "x-wsgen-"
    values = {
        name.removeprefix(prefix).replace("-", "_"): value
        for name, value in extensions.items()
        if name.startswith(prefix)
    }
    table = Table(values, (), Source(place.file, {}, problems, place))
    found = _client(table, ClientSettings(input="", place=place), Path())
    table.finish()
    return found


def _listed(table: Table, defaults: ClientSettings, folder: Path) -> ClientSettings:
    client = _client(table, replace(defaults, input="", output=None), folder)
    if "input" not in table.values:
        message = "a client needs `input`, the document to read"
        table.source.problems.error("WSG903", message, table.place, 'add `input = "asyncapi.json"`')
    table.finish()
    return client


def _client(table: Table, defaults: ClientSettings, folder: Path) -> ClientSettings:
    """A client's keys, on top of what holds for all. Does not `finish` the table."""
    given = table.text("input")
    output = table.text("output")
    return ClientSettings(
        input=defaults.input if given is None else _openable(given, folder),
        output=defaults.output if output is None else Path(_beside(folder, output)),
        target=table.choice("target", defaults.target, TARGETS, later=("typescript",)),
        models=table.choice("models", defaults.models, MODELS, later=("msgspec",)),
        perspective=table.choice("perspective", defaults.perspective, PERSPECTIVES),
        connection=table.choice("connection", defaults.connection, CONNECTIONS),
        discriminator=table.text("discriminator", defaults.discriminator),
        rename={**defaults.rename, **table.pairs("rename")},
        verbs=_verbs(table, defaults.verbs) or defaults.verbs,
        include=table.texts("include", defaults.include),
        exclude=table.texts("exclude", defaults.exclude),
        url_env=_environment_variable(table, defaults.url_env),
        fakes=table.flag("fakes", defaults.fakes),
        strict_enums=table.flag("strict_enums", defaults.strict_enums),
        domains={
            **defaults.domains,
            **{name: _domain(each, defaults.verbs) for name, each in table.tables("domains").items()},
        },
        place=table.place,
    )


def _openable(given: str, folder: Path) -> str:
    """A path becomes one that opens from the current folder; everything else stays."""
    return given if _LOCATOR.match(given) else _beside(folder, given)


def _beside(folder: Path, given: str) -> str:
    path = folder / given
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _environment_variable(table: Table, default: str | None) -> str | None:
    name = table.text("url_env", default)
    if name is not None and not _ENVIRONMENT_VARIABLE.match(name):
        table.wrong("url_env", "the name of an environment variable", 'write, for example, `url_env = "WS_URL"`')
        return default
    return name


def _verbs(table: Table, defaults: Verbs) -> Verbs | None:
    verbs = table.table("verbs")
    if verbs is None:
        return None
    found = Verbs(
        subscribe=cast("str", verbs.text("subscribe", defaults.subscribe)),
        unsubscribe=cast("str", verbs.text("unsubscribe", defaults.unsubscribe)),
        update=verbs.texts("update", defaults.update),
    )
    verbs.finish()
    return found


def _domain(table: Table, verbs: Verbs) -> DomainSettings:
    found = DomainSettings(
        topic=table.text("topic") or "server",
        route=_route(table),
        reply=_roles(table),
        replies=_replies(table),
        delivery=_delivery(table),
        verbs=_verbs(table, verbs),
        place=table.place,
    )
    table.finish()
    return found


def _route(table: Table) -> RouteSetting:
    if isinstance(table.values.get("route"), dict):
        return table.pairs("route") or None
    return table.choice("route", None, ROUTES)


def _roles(table: Table) -> ReplyRoles:
    reply = table.table("reply")
    if reply is None:
        return ReplyRoles()
    found = ReplyRoles(
        status=reply.text("status"),
        message=reply.text("message"),
        topic=reply.text("topic"),
        ok=_ok_values(reply),
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
    if found.policy == "latest" and found.key is None:
        message = 'the policy "latest" keeps one update for each value of a field, and `key` does not name it'
        help = 'add `key`, for example `key = "symbol"`'
        delivery.source.problems.error("WSG903", message, delivery.place, help)
    delivery.finish()
    return found


def _seed_keys(table: Table) -> None:
    """Keys of an older generator's configuration are accepted, and said to do nothing."""
    table.asked.extend(WITHOUT_EFFECT)
    given = [f"`{key}`" for key in WITHOUT_EFFECT if key in table.values]
    if given:
        verb = "has" if len(given) == 1 else "have"
        message = f"{', '.join(given)} {verb} no effect: clients sit on the copied runtime, with all their types"
        table.source.problems.note("WSG905", message, table.place)
