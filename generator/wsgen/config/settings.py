"""What can be configured. Every field says its default; names of fields of messages are wire names.

`docs/configuration.md` says the same for users, key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from wsgen.problems import Place

from .layers import Layer, layered

__all__ = [
    "ClientSettings",
    "Config",
    "Connecting",
    "DeliverySettings",
    "DomainSettings",
    "EnvelopeSetting",
    "Framing",
    "HeartbeatSettings",
    "ImportExtension",
    "Int64",
    "Models",
    "PerspectiveSetting",
    "Policy",
    "ReplyRoles",
    "RouteSetting",
    "RuntimeSetting",
    "SubscriptionSettings",
    "Target",
    "Verbs",
]

Target: TypeAlias = Literal["python", "typescript"]
ImportExtension: TypeAlias = Literal[".js", ".ts", "none"]
Int64: TypeAlias = Literal["number", "bigint"]
Models: TypeAlias = Literal["pydantic", "msgspec"]
RuntimeSetting: TypeAlias = Literal["vendored", "shared"]
PerspectiveSetting: TypeAlias = Literal["auto", "server", "client"]
Connecting: TypeAlias = Literal["auto", "per-channel", "shared"]
Policy: TypeAlias = Literal["block", "drop_oldest", "latest", "fail"]
Framing: TypeAlias = Literal["auto", "plain"]
RouteSetting: TypeAlias = Mapping[str, str] | Literal["connection", "broadcast"] | None
EnvelopeSetting: TypeAlias = str | Literal[False] | None

NOWHERE = Place("wsgen.toml")


@dataclass(frozen=True, slots=True)
class Verbs(Layer):
    """The last words of wire types that make a subscription.

    Attributes:
        subscribe: asks for updates; default "subscribe"; empty: there is no subscription.
        unsubscribe: ends them; default "unsubscribe"; empty: leaving is local.
        update: carries them; default "update". Several make a union.
    """

    subscribe: str = "subscribe"
    unsubscribe: str = "unsubscribe"
    update: tuple[str, ...] = ("update",)
    given: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)


@dataclass(frozen=True, slots=True)
class ReplyRoles(Layer):
    """Which properties of a confirmation say what, as paths joined by dots. None: found by name; empty: none does.

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
    given: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """What happens when a consumer is slow; default: the runtime's, "block" at 4,096 updates.

    Attributes:
        policy: "block", "drop_oldest", "latest" or "fail".
        limit: how many updates may wait; None: the runtime's default.
        key: for "latest", the field that tells updates apart.
    """

    policy: Policy = "block"
    limit: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """A message that clients send regularly.

    Attributes:
        type: the message, by its wire type.
        interval: seconds from one to the next.
        payload: its payload as JSON, with wire names; None: a message without one.
        reply: the wire type of the server's answer, which is swallowed; None: it does not answer.
    """

    type: str
    interval: float
    payload: object = None
    reply: str | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class DomainSettings(Layer):
    """One domain, as `[tool.wsgen.client.domains."broker.orders"]`.

    Attributes:
        topic: "server" (default: the server's reply names the topic), "sorted-json", or a template over the
            parameters, as "bars:{symbol}:{resolution}".
        strict_topic: whether a confirmation with another topic ends the subscription; default False: the server's
            topic is taken.
        route: how updates without a topic find their subscription: pairs of update field and parameter,
            "connection" or "broadcast". Default None: one set of parameters at a time, but for a template
            whose fields the update has: then pairs of these.
        reply: roles of the confirmation's properties.
        replies: verbs to the wire types that answer them; an empty list: nothing answers.
        delivery: None: the runtime's default.
        verbs: the words that make a subscription.
        pipeline: whether a request is sent while an earlier one waits for its reply; default True.
    """

    topic: str = "server"
    strict_topic: bool = False
    route: RouteSetting = None
    reply: ReplyRoles = ReplyRoles()
    replies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    delivery: DeliverySettings | None = None
    verbs: Verbs = Verbs()
    pipeline: bool = True
    place: Place = NOWHERE
    given: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)


@dataclass(frozen=True, slots=True)
class SubscriptionSettings:
    """One subscription that no domain's verbs make, as `[tool.wsgen.client.subscriptions.trades]`.

    Messages are named by wire type or id. What is None is found in the document.

    Attributes:
        subscribe: the message that subscribes; None: the one with the table's name.
        unsubscribe: the message that ends it; empty: leaving is local. It can be the same message.
        unsubscribe_values: what the unsubscribe has in place of the subscribe's values, by path.
        unsubscribe_topic: the path in the unsubscribe that is filled with the server's topic.
        updates: the messages that carry updates; an empty list: there is no subscription.
        update_topic: the path of the topic in updates.
        confirmation: the message that confirms; empty: nothing does.
        refusals: messages that come instead of it.
        domain: the settings that subscriptions of domains have too: topic, route, reply, delivery.
    """

    subscribe: str | None = None
    unsubscribe: str | None = None
    unsubscribe_values: Mapping[str, str] = field(default_factory=dict[str, str])
    unsubscribe_topic: str | None = None
    updates: tuple[str, ...] | None = None
    update_topic: str | None = None
    confirmation: str | None = None
    refusals: tuple[str, ...] | None = None
    domain: DomainSettings = DomainSettings()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class ClientSettings(Layer):
    """One client: a document, and how its package is made.

    Attributes:
        input: the document's path as it can be opened from the current folder, an URL, "-", or "module:app".
        folder: the folder of the configuration, as it can be opened from the current one.
        headers: HTTP headers for an `input` that is an URL; `${NAME}` in a value is an environment variable.
        output: the package's folder; None: named after the document.
        target: the language; default "python".
        import_extension: what import paths of TypeScript end with; default ".js".
        int64: what integers of 64 bits are in TypeScript; default "number", which rounds those over 2^53.
        models: what payload models are made of; default "pydantic".
        runtime: "vendored" (default): a copy in each package; "shared": one copy at `runtime_output`.
        runtime_output: the folder of the shared runtime.
        perspective: whom the document describes; default "auto": the evidence decides.
        connection: "per-channel": each address is a connection of its own; "shared": one for all; default
            "auto": addresses that are no paths share one where the server has a path.
        discriminator: the property that holds the wire type, as a path; default None: found by constants.
        envelope: the property that wraps payloads, False: none does; default None: found in the schemas.
        wire_types: the wire types of messages, by their ids, where `discriminator` is set and they are not the
            messages' names; default: none.
        framing: "plain": what a document of a foreign framing describes is sent as it stands; default "auto".
        rename: names of the document to names in code; default: none.
        include, exclude: patterns over wire types (`bars.*`); default: everything, nothing.
        heartbeat: what clients send regularly; default None: nothing.
        url_env: an environment variable that holds the URL; default None.
        fakes: whether the package has a fake server for tests of applications; default True.
        readme: whether the package has a README; default True.
        picows: whether the runtime has the transport on picows; default False.
        strict_enums: closes all enums; default False: unknown values of received ones are kept.
        typed_formats: dates, times and UUIDs become objects; default False: they stay the text that travels.
        every: what holds for every domain.
        domains: settings of domains by dotted name, on top of `every`.
        document: what the document says; everything else is on top of it.
        messages: what the document says beside single messages, by wire type.
        replies: messages, of either side, to those that answer them; an empty list: nothing answers.
        subscriptions: settings of subscriptions that no domain's verbs make, by a name of your own.
        allow_refs: folders outside of the document's own whose files it may refer to; default: none.
        place: where the configuration stands.
    """

    input: str
    folder: Path = Path()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    output: Path | None = None
    target: Target = "python"
    import_extension: ImportExtension = ".js"
    int64: Int64 = "number"
    models: Models = "pydantic"
    runtime: RuntimeSetting = "vendored"
    runtime_output: Path | None = None
    perspective: PerspectiveSetting = "auto"
    connection: Connecting = "auto"
    discriminator: str | None = None
    envelope: EnvelopeSetting = None
    wire_types: Mapping[str, str] = field(default_factory=dict[str, str])
    framing: Framing = "auto"
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    heartbeat: HeartbeatSettings | None = None
    url_env: str | None = None
    fakes: bool = True
    readme: bool = True
    picows: bool = False
    strict_enums: bool = False
    typed_formats: bool = False
    every: DomainSettings = DomainSettings()
    replies: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    subscriptions: Mapping[str, SubscriptionSettings] = field(default_factory=dict[str, SubscriptionSettings])
    domains: Mapping[str, DomainSettings] = field(default_factory=dict[str, DomainSettings])
    document: ClientSettings | None = None
    messages: Mapping[str, DomainSettings] = field(default_factory=dict[str, DomainSettings])
    allow_refs: tuple[Path, ...] = ()
    place: Place = NOWHERE
    given: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)

    def domain(self, name: str) -> DomainSettings:
        """The settings of a domain: its own, then those of every domain, then the document's in the same order."""
        found = self.domains.get(name, DomainSettings(place=self.place))
        for below in (self.every, *((self.document.domain(name),) if self.document else ())):
            found = layered(found, below)
        return found

    def pipeline_of(self, domain: str, wire_type: str) -> bool:
        """Whether a request may be sent while earlier ones wait; the one setting that messages have each their own."""
        own = self.messages.get(wire_type)
        if own is None or "pipeline" not in own.given:
            return self.domain(domain).pipeline
        return layered(layered(self.domains.get(domain, DomainSettings()), self.every), own).pipeline

    def with_message(self, domain: str, wire_type: str, said: DomainSettings) -> ClientSettings:
        """These settings with what the document says beside one message of a domain."""
        document = self.document or ClientSettings(input="")
        others = {name: place for name, place in said.given.items() if name != "pipeline"}
        for_domain = replace(said, pipeline=DomainSettings().pipeline, given=others)
        below = document.domains.get(domain, DomainSettings())
        domains = {**document.domains, domain: layered(for_domain, below)}
        messages = {**self.messages, wire_type: said}
        return replace(self, document=replace(document, domains=domains), messages=messages)


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
