"""2.x documents in the shape of 3.x, place for place.

What changes its shape is made anew, with the identity and the place of what it was made from: servers, channels,
operations, messages. What did not change (schemas, parameters, bindings) is the document's own node.
`publish` becomes the action "receive" and `subscribe` becomes "send", because 2.x names what *others* may do and
3.x what the described application does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import NamedTuple

from .document import Json
from .problems import Problems
from .resolve import Node, Tree, made, made_list, made_value, merged
from .structure import major_of

__all__ = ["Address", "alternatives", "report_scheme", "split_url", "upgrade"]

_ACTIONS = {"publish": "receive", "subscribe": "send"}
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*|\{[^{}]*\})://|//)?([^/?]*)(.*)", re.DOTALL)
_WEB_SOCKET = frozenset({"ws", "wss"})


class Address(NamedTuple):
    """A URL in parts; each may be empty, and may hold variables in braces."""

    scheme: str
    host: str
    pathname: str


def upgrade(tree: Tree, problems: Problems) -> Tree:
    """A 2.x tree in the shape of 3.x, and in a 3.x tree what is written as 2.x writes it.

    Two things go beyond the shape of 3.x, because it cannot say them: an element of a `security` list may be a
    list of schemes that are all needed, and a channel's parameter keeps its `schema`. The next stage is
    `build.build`.
    """
    root = with_named_servers(tree.root)
    if major_of(tree) == 2:
        return Tree(_Upgrade(root, problems).root())
    channels = root.get("channels")
    if channels is not None and any(_verbs(raw) for _, raw in channels.members()):
        return Tree(_Upgrade(root, problems).mixed(channels))
    return Tree(root) if root is not tree.root else tree


def with_named_servers(root: Node) -> Node:
    """A document whose servers are a list with names for them: their `name`, else `server` and a number."""
    servers = root.get("servers")
    if servers is None or not isinstance(servers.value, list):
        return root
    named: dict[str, Node] = {}
    for number, raw in enumerate(servers.elements(), 1):
        server = raw.follow()
        own = server.text("name") if server is not None else ""
        counted = f"server{number}" if len(servers.value) > 1 else "server"
        named[_free(own or counted, counted, named)] = raw
    return made(root, {**dict(root.members()), "servers": made(servers, named)})


def _verbs(raw: Node) -> bool:
    channel = raw.follow()
    return channel is not None and any(isinstance(_value(channel, verb), dict) for verb in _ACTIONS)


def _value(node: Node, key: str) -> Json:
    member = node.member(key)
    return member.value if member is not None else None


def report_scheme(name: str, at: Node, known: Node | None, problems: Problems) -> None:
    """Tell that a security requirement names a scheme that is not defined; `known` holds those that are."""
    message = f"the security scheme `{name[:60]}` is not in `components.securitySchemes`"
    close = get_close_matches(name[:60], [key for key, _ in known.members()] if known is not None else [], n=1)
    help = f"did you mean `{close[0]}`?" if close else "define it there"
    problems.warning("WSG316", message, at.files.documents[at.file].place(at.pointer, key=True), help)


def split_url(url: str) -> Address:
    """Scheme, host and the rest of a URL that may lack any of them."""
    match = _URL.fullmatch(url.strip())
    if match is None:
        return Address("", url, "")
    return Address(match[1] or "", match[2], match[3])


@dataclass(slots=True)
class _Upgrade:
    document: Node
    problems: Problems
    messages: dict[str, Node] = field(default_factory=dict[str, Node])
    servers: dict[str, Node] = field(default_factory=dict[str, Node])

    def root(self) -> Node:
        document = self.document
        parts = {key: node for key, node in document.members() if key not in {"tags", "externalDocs"}}
        servers = document.get("servers")
        if servers is not None:
            for key, raw in servers.members():
                server = raw.follow()
                if server is not None:
                    self.servers[key] = self._server(server, raw)
            parts["servers"] = made(servers, self.servers)
        channels = document.get("channels")
        if channels is not None:
            operations: dict[str, Node] = {}
            entries = {
                key: self._channel(key, raw, item, operations)
                for key, raw in channels.members()
                if isinstance((item := raw.follow()), Node) and isinstance(item.value, dict)
            }
            parts["channels"] = made(channels, entries)
            parts["operations"] = made(channels, operations)
        components = document.get("components")
        if components is not None:
            parts["components"] = self._components(components)
        return made(document, parts)

    def mixed(self, channels: Node) -> Node:
        """A 3.x document that has operations in channels, as 2.x has them."""
        parts = dict(self.document.members())
        entries, operations = dict(channels.members()), dict[str, Node]()
        known = self.document.get("operations")
        if known is not None:
            operations.update(known.members())
        for key, raw in channels.members():
            item = raw.follow()
            if item is not None and _verbs(raw):
                address, messages, servers = item.member("address"), item.get("messages"), item.member("servers")
                channel = self._channel(key, raw, _without(item, "servers"), operations, messages)
                own = {"address": address, "servers": servers}
                stated = {name: node for name, node in own.items() if node is not None}
                entries[key] = made(raw, {**dict(channel.members()), **stated})
        return made(
            self.document, {**parts, "channels": made(channels, entries), "operations": made(channels, operations)}
        )

    def _server(self, server: Node, raw: Node) -> Node:
        parts = dict(server.members())
        url = parts.get("url")
        if url is None and "host" in parts:
            self._put_security(parts, server)
            return made(raw, parts)
        address = split_url(server.text("url"))
        protocol = server.text("protocol")
        if not protocol or {protocol.lower(), address.scheme.lower()} <= _WEB_SOCKET:
            protocol = address.scheme or protocol
        at = url or server
        parts["protocol"] = made_value(parts.get("protocol") or at, protocol)
        parts["host"] = made_value(at, address.host)
        if address.pathname:
            parts["pathname"] = made_value(at, address.pathname)
        self._put_security(parts, server)
        return made(raw, parts)

    def _put_security(self, parts: dict[str, Node], owner: Node) -> None:
        """Requirements by name as lists of the schemes themselves."""
        requirements = owner.get("security")
        if requirements is None:
            return
        alternatives: list[Node] = []
        for requirement in requirements.elements():
            schemes = [self._scheme(name, at) for name, at in requirement.members()]
            found = tuple(scheme for scheme in schemes if scheme is not None)
            if len(found) == len(schemes):
                alternatives.append(made_list(requirement, found))
        parts["security"] = made_list(requirements, tuple(alternatives))

    def _scheme(self, name: str, at: Node) -> Node | None:
        components = self.document.get("components")
        known = components.get("securitySchemes") if components is not None else None
        if known is not None and known.member(name) is not None:
            return known.get(name)
        report_scheme(name, at, known, self.problems)
        return None

    def _channel(self, key: str, raw: Node, item: Node, operations: dict[str, Node], known: Node | None = None) -> Node:
        parts = {name: node for name, node in item.members() if name not in {*_ACTIONS, "$ref", "servers"}}
        parts["address"] = made_value(raw, key)
        names = item.get("servers")
        if names is not None:
            servers = (self._named_server(name) for name in names.elements())
            parts["servers"] = made_list(names, tuple(server for server in servers if server is not None))
        messages: dict[str, Node] = {}
        for id, message in known.members() if known is not None else ():
            target = message.follow()
            messages[id] = target if target is not None else message
        found: list[tuple[str, Node, tuple[Node, ...]]] = []
        for verb in _ACTIONS:
            operation = item.get(verb)
            if operation is not None and isinstance(operation.value, dict):
                operation = _with_traits(operation)
                fallback = operation.text("operationId") or f"{key}.{verb}"
                found.append((verb, operation, self._messages_of(operation, messages, fallback)))
        parts["messages"] = made(item, messages)
        channel = made(raw, parts)
        for verb, operation, used in found:
            id = self._operation_id(operation, f"{key}.{verb}", operations)
            operations[id] = self._operation(verb, operation, channel, used)
        return channel

    def _operation_id(self, operation: Node, other: str, taken: dict[str, Node]) -> str:
        own = operation.text("operationId")
        id = _free(own or other, other, taken)
        if own and id != own:
            self.problems.warning(
                "WSG309",
                f"two operations have the id `{own[:60]}`; this one is called `{id[:60]}`",
                operation.place_of("operationId"),
                "give each of them an `operationId` of its own",
                ((taken[own].place, "the other one"),),
            )
        return id

    def _named_server(self, name: Node) -> Node | None:
        if isinstance(name.value, str) and name.value in self.servers:
            return self.servers[name.value]
        known = ", ".join(f"`{key}`" for key in list(self.servers)[:5]) or "none"
        close = get_close_matches(str(name.value)[:60], list(self.servers)[:100], n=1)
        self.problems.warning(
            "WSG320",
            f"the channel names the server `{str(name.value)[:60]}`, but the document has {known}",
            name.place,
            f"did you mean `{close[0]}`?" if close else "add it to the root field `servers`",
        )
        return None

    def _operation(self, verb: str, operation: Node, channel: Node, messages: tuple[Node, ...]) -> Node:
        left_out = {"message", "messages", "operationId", "traits"}
        parts = {name: node for name, node in operation.members() if name not in left_out}
        parts["action"] = made_value(operation, _ACTIONS[verb])
        parts["channel"] = channel
        parts["messages"] = made_list(_message_of(operation) or operation, messages)
        self._put_security(parts, operation)
        return made(operation, parts)

    def _messages_of(self, operation: Node, known: dict[str, Node], fallback: str) -> tuple[Node, ...]:
        """The messages of an operation; those that are new to its channel are put to `known` by their ids."""
        member = _message_of(operation)
        found = list(alternatives(member)) if member is not None else []
        taken = {node.key for node in known.values()}
        for index, (raw, message) in enumerate(found, 1):
            if message.key in taken:
                continue
            upgraded = self._message(message)
            last = fallback if len(found) == 1 else f"{fallback}.{index}"
            known[self._message_id(raw, message, upgraded, last, known)] = upgraded
            taken.add(message.key)
        return tuple({message.key: self._message(message) for _, message in found}.values())

    def _message_id(self, raw: Node, message: Node, upgraded: Node, last: str, taken: dict[str, Node]) -> str:
        own = [id for id in _ids(raw, message, upgraded) if id]
        for id in own:
            if id not in taken:
                return id
        id = _free(last, last, taken)
        if own:
            self.problems.warning(
                "WSG323",
                f"two messages of the channel have the id `{own[0][:60]}`; this one is called `{id[:60]}`",
                message.place,
                "give each of them a `messageId`",
                ((taken[own[0]].place, "the other one"),),
            )
        return id

    def _message(self, message: Node) -> Node:
        if message.key not in self.messages:
            whole = _with_traits(message)
            parts = {name: node for name, node in whole.members() if name not in {"traits", "schemaFormat"}}
            payload, format = whole.member("payload"), whole.member("schemaFormat")
            if payload is not None and format is not None and isinstance(format.value, str):
                parts["payload"] = made(payload, {"schemaFormat": format, "schema": payload})
            self.messages[message.key] = made(message, parts)
        return self.messages[message.key]

    def _components(self, components: Node) -> Node:
        parts = dict(components.members())
        messages = components.get("messages")
        if messages is not None:
            upgraded: dict[str, Node] = {}
            for _, raw in messages.members():
                message = raw.follow()
                if message is None or not isinstance(message.value, dict) or "oneOf" in message.value:
                    continue
                ids = (*_ids(raw, message, self._message(message)), raw.token)
                id = next((id for id in ids if id and id not in upgraded), None)
                if id is not None:
                    upgraded[id] = self._message(message)
            parts["messages"] = made(messages, upgraded)
        return made(components, parts)


def _message_of(operation: Node) -> Node | None:
    """The `message` of an operation; 3.x's `messages` where that is all there is."""
    return operation.member("message") or operation.member("messages")


def _without(node: Node, key: str) -> Node:
    return made(node, {name: member for name, member in node.members() if name != key})


def _ids(raw: Node, message: Node, upgraded: Node) -> tuple[str, ...]:
    """What a message may be called: `messageId`, its key where it is defined, `name`."""
    defined = raw.is_reference or message.pointer.startswith("/components/messages/")
    key = message.token or PurePosixPath(message.file).stem
    return upgraded.text("messageId"), key if defined else "", upgraded.text("name")


def alternatives(member: Node) -> Iterator[tuple[Node, Node]]:
    """The messages of a 2.x `message`, as they stand and as they are defined; `oneOf` may be nested, or left out."""
    waiting = [member]
    opened: set[str] = set()
    while waiting:
        raw = waiting.pop()
        message = raw.follow()
        if message is not None and isinstance(message.value, list):
            waiting.extend(reversed(list(message.elements())))
            continue
        if message is None or not isinstance(message.value, dict):
            continue
        choices = message.member("oneOf")
        if choices is None or not isinstance(choices.value, list):
            yield raw, message
        elif message.key not in opened:
            opened.add(message.key)
            waiting.extend(reversed(list(choices.elements())))


def _with_traits(node: Node) -> Node:
    """With its traits merged in. In 2.x the trait wins, and the later trait over the earlier."""
    traits = node.get("traits")
    if traits is None:
        return node
    whole = node
    for raw in traits.elements():
        trait = raw.follow()
        if trait is not None and isinstance(trait.value, dict):
            whole = merged(whole, trait, node)
    return whole


def _free(id: str, other: str, taken: dict[str, Node]) -> str:
    """`id`, or `other`, or `other` with a number: the first that is not taken."""
    for candidate in (id, other):
        if candidate not in taken:
            return candidate
    number = 2
    while f"{other}-{number}" in taken:
        number += 1
    return f"{other}-{number}"
