"""Nodes to channels and operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from wsgen.model import Channel, Message, Operation, Parameter, Reply, WebSocketBinding
from wsgen.problems import Problems
from wsgen.resolve import Node
from wsgen.upgrade import alternatives

from .locations import location_of
from .messages import Messages, tags
from .schemas import Schemas
from .servers import VARIABLE, report_default, security, texts
from .traits import with_traits

__all__ = ["Channels"]

_MAX_STEPS = 50


@dataclass(slots=True)
class Channels:
    """Makes channels, then the operations on them.

    Attributes:
        servers: ids of servers by the keys of their nodes.
        schemes: the security schemes of the components.
        found: the channels by id.
    """

    problems: Problems
    schemas: Schemas
    messages: Messages
    servers: dict[str, str]
    schemes: Node | None
    found: dict[str, Channel] = field(default_factory=dict[str, Channel])
    _ids: dict[str, str] = field(default_factory=dict[str, str])
    _nowhere: list[Node] = field(default_factory=list[Node])
    _message_ids: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def add(self, id: str, raw: Node, node: Node) -> None:
        """Take the channel `id`; `raw` is its entry, `node` what it leads to."""
        self._ids[raw.key] = id
        self._ids.setdefault(node.key, id)
        address = node.member("address")
        text = address.value if address is not None and isinstance(address.value, str) else None
        self.found[id] = Channel(
            id=id,
            address=text,
            place=raw.place,
            title=node.text("title"),
            summary=node.text("summary"),
            description=node.text("description"),
            servers=self._servers(node),
            parameters=self._parameters(node, text),
            messages=self._messages(id, node),
            binding=self._binding(node),
            tags=tags(node),
            extensions=node.extensions(),
        )

    def operation(self, id: str, raw: Node) -> Operation | None:
        """The operation that is defined at `raw`; None where it has no action or channel."""
        node = with_traits(raw)
        action = node.text("action")
        channel = self._channel(node, node) if node.member("channel") is not None else self._unsaid_channel(node)
        if channel is None or action not in {"send", "receive"}:
            return None
        direction: Literal["send", "receive"] = "send" if action == "send" else "receive"
        return Operation(
            id=id,
            action=direction,
            channel=channel,
            messages=self._chosen(node, channel, "messages", self.found[channel].messages),
            place=raw.place,
            reply=self._reply(node, channel),
            title=node.text("title"),
            summary=node.text("summary"),
            description=node.text("description"),
            deprecated=node.flag("deprecated") or node.flag("x-deprecated"),
            security=security(node, self.schemes, self.problems),
            tags=tags(node),
            extensions=node.extensions(),
        )

    def _servers(self, node: Node) -> tuple[str, ...]:
        member = node.get("servers")
        found = [self._server(raw) for raw in (member.elements() if member is not None else ())]
        return tuple(dict.fromkeys(id for id in found if id is not None))

    def _server(self, raw: Node) -> str | None:
        """The id of a server that a channel lists; a bare name is one too."""
        ids = dict.fromkeys(self.servers.values())
        if isinstance(raw.value, str):
            id = raw.value if raw.value in ids else None
        elif not raw.is_reference and raw.key not in self.servers:
            return None
        else:
            id = _first(raw, self.servers)
        if id is None and raw.follow() is not None:
            named = str(raw.value.get("$ref")) if isinstance(raw.value, dict) else str(raw.value)
            close = get_close_matches(named.rpartition("/")[2], ids, n=1)
            known = ", ".join(f"`{each[:40]}`" for each in list(ids)[:5]) or "none"
            self.problems.warning(
                "WSG320",
                f"the channel names the server `{named[:60]}`, but the document has {known}",
                raw.place,
                f"did you mean `#/servers/{close[0]}`?" if close else "add it to the root field `servers`",
            )
        return id

    def _messages(self, id: str, node: Node) -> tuple[Message, ...]:
        ids = self._message_ids.setdefault(id, {})
        member = node.get("messages")
        made: list[Message] = []
        listed = list(member.members()) if member is not None else _single(id, node)
        for name, raw in listed:
            message = raw.follow()
            if message is not None and isinstance(message.value, dict):
                ids[raw.key] = name
                ids.setdefault(message.key, name)
                made.append(self.messages.make(message, name))
        return tuple(made)

    def _binding(self, node: Node) -> WebSocketBinding | None:
        bindings = node.get("bindings")
        binding = bindings.get("ws") if bindings is not None else None
        if binding is None or not isinstance(binding.value, dict):
            return None
        return WebSocketBinding(
            place=binding.place,
            method=binding.text("method"),
            query=self.schemas.use_member(binding, "query"),
            headers=self.schemas.use_member(binding, "headers"),
        )

    def _parameters(self, node: Node, address: str | None) -> tuple[Parameter, ...]:
        member = node.get("parameters")
        declared: dict[str, Parameter] = {}
        for name, raw in member.members() if member is not None else ():
            parameter = raw.follow()
            if parameter is not None and isinstance(parameter.value, dict):
                declared[name] = self._parameter(name, parameter)
                if address is not None and f"{{{name}}}" not in address:
                    message = f"the parameter `{name[:60]}` is not in the address `{address[:80]}`"
                    help = f"add `{{{name[:60]}}}` to the address, or remove the parameter"
                    self.problems.warning("WSG313", message, raw.place, help)
        for name in VARIABLE.findall(address or ""):
            if name not in declared:
                message = f"the address has `{{{name[:60]}}}`, which is not in `parameters`; it is any string"
                help = f"add `{name[:60]}` to the channel's `parameters`"
                self.problems.warning("WSG312", message, node.place, help)
                declared[name] = Parameter(name, node.place)
        return tuple(declared.values())

    def _parameter(self, name: str, node: Node) -> Parameter:
        schema = node.get("schema")
        location_of(node, f"parameter `{name[:60]}`", self.problems)
        own = node.get("default") or (schema.get("default") if schema is not None else None)
        default = own.value if own is not None else None
        enum = texts(node.get("enum") or (schema.get("enum") if schema is not None else None))
        report_default(own, enum, f"parameter `{name[:60]}`", self.problems)
        return Parameter(
            name=name,
            place=node.place,
            schema=self.schemas.use_member(node, "schema"),
            enum=enum,
            default=str(default) if isinstance(default, (str, int, float)) else None,
            description=node.text("description"),
            examples=texts(node.member("examples")),
            location=node.text("location"),
        )

    def _channel(self, owner: Node, operation: Node) -> str | None:
        """The id of the channel that an operation or a reply refers to."""
        member = owner.member("channel")
        if member is None:
            return None
        if isinstance(member.value, str):
            return self._channel_by_text(member.value, member)
        id = _first(member, self._ids)
        if id is None and member.follow() is not None:
            self.problems.error(
                "WSG310",
                "the operation refers to a channel that is not in the root field `channels`",
                member.place,
                "add the channel there, and refer to '#/channels/<id>'",
            )
        return id

    def _unsaid_channel(self, operation: Node) -> str | None:
        """The channel of an operation that names none: the only one, or the only one that has its messages."""
        if len(self.found) == 1:
            return next(iter(self.found))
        messages = operation.get("messages")
        listed = list(messages.elements()) if messages is not None else []
        having = [id for id, ids in self._message_ids.items() if all(_first(raw, ids) is not None for raw in listed)]
        if listed and len(having) == 1:
            message = f"the operation does not say on which channel it is; its messages are those of `{having[0][:60]}`"
            help = f"add `channel: {{$ref: '#/channels/{_escaped(having[0])}'}}`"
            self.problems.warning("WSG310", message, operation.place, help)
            return having[0]
        self._nowhere.append(operation)
        return None

    def report_nowhere(self, *, others: bool) -> None:
        """Report operations without a channel: they are left out where there are `others`, else nothing is left."""
        known = ", ".join(f"`{id[:40]}`" for id in list(self.found)[:5]) or "none"
        for operation in self._nowhere:
            message = f"the operation does not say on which channel it is, and the document has {known}"
            help = "add `channel: {$ref: '#/channels/<id>'}`"
            if others:
                self.problems.warning("WSG310", f"{message}; it is left out", operation.place, help)
            else:
                self.problems.error("WSG310", message, operation.place, help)

    def _channel_by_text(self, text: str, member: Node) -> str | None:
        """By id or address: not what the specification says, but what such a document means."""
        for id, channel in self.found.items():
            if text in {id, channel.address}:
                return id
        if text.lower().startswith(("http://", "https://")):
            message = f"the operation is on `{text[:60]}`, which is no channel but a URL of HTTP; it is left out"
            self.problems.warning(
                "WSG310", message, member.place, "remove the operation, or refer to '#/channels/<id>'"
            )
            return None
        known = ", ".join(f"`{id[:40]}`" for id in list(self.found)[:5]) or "none"
        message = f"the operation names the channel `{text[:60]}`, but the document has {known}"
        self.problems.error("WSG310", message, member.place, "refer to '#/channels/<id>'")
        return None

    def _chosen(self, owner: Node, channel: str, key: str, otherwise: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages that an operation or a reply lists; `otherwise` where it has no list.

        The `message` of 2.x counts too: it would otherwise be read as "all messages".
        """
        member, single = owner.get(key), owner.member("message")
        if member is not None and isinstance(member.value, list):
            listed = list(member.elements())
        elif single is not None:
            listed = [raw for raw, _ in alternatives(single)]
        else:
            return otherwise
        chosen: dict[str, Message] = {}
        for raw in listed:
            message = raw.follow()
            if message is None or not isinstance(message.value, dict):
                continue
            id = _first(raw, self._message_ids[channel])
            if raw.is_reference and (id is None or not _through_channel(raw)):
                self._report_message(raw, channel, message)
            made = self.messages.make(message, id or message.token)
            chosen.setdefault(made.id, made)
        return tuple(chosen.values())

    def _report_message(self, raw: Node, channel: str, message: Node) -> None:
        at = _escaped(channel)
        self.problems.warning(
            "WSG311",
            f"the message `{message.key[:100]}` is referred to past the channel `{channel[:60]}`",
            raw.place,
            f"refer to '#/channels/{at}/messages/…', and add it there if it is missing",
        )

    def _reply(self, operation: Node, channel: str) -> Reply | None:
        node = operation.get("reply")
        if node is None or not isinstance(node.value, dict):
            return None
        own = node.member("channel") is None
        target = None if own else self._channel(node, operation)
        address = node.get("address")
        if address is not None:
            location_of(address, "reply's address", self.problems)
            self._report_two_addresses(address, target)
        # Without a channel and without messages, a reply says nothing of what it is.
        otherwise = () if target is None else self.found[target].messages
        return Reply(
            messages=self._chosen(node, target or channel, "messages", otherwise),
            place=node.place,
            channel=target,
            address=(address.text("location") or None) if address is not None else None,
        )

    def _report_two_addresses(self, address: Node, channel: str | None) -> None:
        known = self.found[channel].address if channel is not None else None
        if channel is not None and known is not None:
            self.problems.warning(
                "WSG328",
                f"the reply has an `address` of its own, and its channel `{channel[:60]}` has the address "
                f"`{known[:60]}`; the reply is expected on the channel",
                address.place,
                "remove the reply's `address`, or let the channel's be null",
                ((self.found[channel].place, "the channel"),),
            )


def _single(id: str, channel: Node) -> list[tuple[str, Node]]:
    """The messages of a channel that has `message`, as the operations of 2.x do."""
    member = channel.member("message")
    found = list(alternatives(member)) if member is not None else []
    return [
        (message.text("name") or (raw.token if len(found) == 1 and raw.is_reference else f"{id}.{index}"), raw)
        for index, (raw, message) in enumerate(found, 1)
    ]


def _escaped(channel: str) -> str:
    """An id as it stands in a reference."""
    return channel.replace("~", "~0").replace("/", "~1")[:60]


def _through_channel(raw: Node) -> bool:
    """Whether a reference to a message leads to a channel's message first, as the specification wants."""
    first = raw.first_target()
    return first is not None and "/messages/" in first.pointer and not first.pointer.startswith("/components/messages/")


def _steps(node: Node) -> Iterator[Node]:
    """A reference, and all that its chain leads through."""
    here: Node | None = node
    for _ in range(_MAX_STEPS):
        if here is None:
            return
        yield here
        if not here.is_reference:
            return
        here = here.first_target()


def _first(node: Node, ids: dict[str, str]) -> str | None:
    """The id of the first node on the way of a reference that has one."""
    return next((ids[step.key] for step in _steps(node) if step.key in ids), None)
