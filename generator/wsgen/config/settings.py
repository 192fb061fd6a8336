"""What can be configured. Every field says its default; names of fields of messages are wire names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from wsgen.problems import Place

__all__ = [
    "ClientSettings",
    "Config",
    "Connecting",
    "DeliverySettings",
    "DomainSettings",
    "Models",
    "PerspectiveSetting",
    "ReplyRoles",
    "RouteSetting",
    "Target",
    "Verbs",
]

Target: TypeAlias = Literal["python"]
Models: TypeAlias = Literal["pydantic"]
PerspectiveSetting: TypeAlias = Literal["auto", "server", "client"]
Connecting: TypeAlias = Literal["auto", "per-channel", "shared"]
RouteSetting: TypeAlias = Mapping[str, str] | Literal["connection", "broadcast"] | None

NOWHERE = Place("wsgen.toml")


@dataclass(frozen=True, slots=True)
class Verbs:
    """The last words of wire types that make a subscription.

    Attributes:
        subscribe: asks for updates; default "subscribe"; empty: there is no subscription.
        unsubscribe: ends them; default "unsubscribe"; empty: leaving is local.
        update: carries them; default "update". Several make a union.
    """

    subscribe: str = "subscribe"
    unsubscribe: str = "unsubscribe"
    update: tuple[str, ...] = ("update",)


@dataclass(frozen=True, slots=True)
class ReplyRoles:
    """Which properties of a confirmation say what, as paths joined by dots. None: found by name.

    Attributes:
        status: says whether the server agreed.
        message: the server's words.
        topic: the name that the server gives to the subscription.
        ok: values of `status` that agree; None: "ok", "success", "subscribed" and true.
    """

    status: str | None = None
    message: str | None = None
    topic: str | None = None
    ok: tuple[str | bool, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """What happens when a consumer is slow; default: the runtime's, "block" at 4,096 updates.

    Attributes:
        policy: "block", "drop_oldest", "latest" or "fail".
        limit: how many updates may wait; None: the runtime's default.
        key: for "latest", the field that tells updates apart.
    """

    policy: Literal["block", "drop_oldest", "latest", "fail"] = "block"
    limit: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class DomainSettings:
    """One domain, as `[tool.wsgen.client.domains."broker.orders"]`.

    Attributes:
        topic: "server" (default: the server's reply names the topic), "sorted-json", or a template over the
            parameters, as "bars:{symbol}:{resolution}".
        route: how updates without a topic find their subscription: pairs of update field and parameter,
            "connection" or "broadcast". Default None: one set of parameters at a time, but for a template
            whose fields the update has: then pairs of these.
        reply: roles of the confirmation's properties.
        replies: verbs to the wire types that answer them; an empty list: nothing answers.
        delivery: None: the runtime's default.
        verbs: None: those of the client.
    """

    topic: str = "server"
    route: RouteSetting = None
    reply: ReplyRoles = ReplyRoles()
    replies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    delivery: DeliverySettings | None = None
    verbs: Verbs | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """One client: a document, and how its package is made.

    Attributes:
        input: the document's path as it can be opened from the current folder, an URL, "-", or "module:app".
        output: the package's folder; None: named after the document.
        target: the language; default "python".
        models: what payload models are made of; default "pydantic".
        perspective: whom the document describes; default "auto": the evidence decides.
        connection: "per-channel": each address is a connection of its own; "shared": one for all; default
            "auto": addresses that are no paths share one where the server has a path.
        discriminator: the property that holds the wire type, as a path; default None: found by constants.
        rename: names of the document to names in code; default: none.
        verbs: the words that make subscriptions; domains can have their own.
        include, exclude: patterns over wire types (`bars.*`); default: everything, nothing.
        url_env: an environment variable that holds the URL; default None.
        fakes: whether the package has a fake server for tests of applications; default True.
        strict_enums: closes all enums; default False: unknown values of received ones are kept.
        domains: settings of domains by dotted name.
        place: where the configuration stands.
    """

    input: str
    output: Path | None = None
    target: Target = "python"
    models: Models = "pydantic"
    perspective: PerspectiveSetting = "auto"
    connection: Connecting = "auto"
    discriminator: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    verbs: Verbs = Verbs()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    url_env: str | None = None
    fakes: bool = True
    strict_enums: bool = False
    domains: Mapping[str, DomainSettings] = field(default_factory=dict[str, DomainSettings])
    place: Place = NOWHERE

    def domain(self, name: str) -> DomainSettings:
        """The settings of a domain; defaults where there are none."""
        return self.domains.get(name) or DomainSettings(place=self.place)

    def verbs_of(self, domain: str) -> Verbs:
        return self.domain(domain).verbs or self.verbs


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration file, or what holds without one.

    Attributes:
        file: the file; None where there is none.
        clients: its clients, in order.
        defaults: what holds for a document that no client names; its `input` is empty.
    """

    file: Path | None = None
    clients: tuple[ClientSettings, ...] = ()
    defaults: ClientSettings = ClientSettings(input="")
