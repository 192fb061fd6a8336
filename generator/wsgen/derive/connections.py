"""Which channels share a connection, and which servers it can be made to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from wsgen.config import ClientSettings
from wsgen.model import Application, Channel, Operation, SecurityScheme, Server
from wsgen.problems import Problems

__all__ = ["Group", "find_security", "group_channels"]

_URL = re.compile(r"wss?://[^/?]*", re.IGNORECASE)

WEBSOCKET = frozenset({"ws", "wss", "websocket", "websockets", "ws+json", "wss+json"})


@dataclass(frozen=True, slots=True)
class Group:
    """Channels on one connection. `address` is None where they are topics and no paths, or have none."""

    address: str | None
    channels: tuple[Channel, ...]
    servers: tuple[Server, ...]
    operations: tuple[Operation, ...]


def group_channels(application: Application, settings: ClientSettings, problems: Problems) -> tuple[Group, ...]:
    """The connections of an application, in document order; those without operations are left out.

    Channels with one address and the same servers are one connection. A channel whose address is no path
    (AsyncAPI leaves its meaning to the protocol) is a topic on a connection that it shares with the others,
    where the server's URL has a path of its own.
    """
    servers = tuple(server for server in application.servers if server.protocol.lower() in WEBSOCKET)
    if application.servers and not servers:
        _no_websocket_server(application, problems)
        return ()
    grouped: dict[tuple[str | None, tuple[str, ...]], list[Channel]] = {}
    for channel in application.channels:
        own = _servers_of(channel, servers)
        if application.servers and not own:
            message = f"channel `{channel.id}` has no WebSocket server and is left out"
            problems.note("WSG403", message, channel.place)
            continue
        address = _address(channel, own, settings, problems)
        grouped.setdefault((address, tuple(server.id for server in own)), []).append(channel)
    used: defaultdict[str, list[tuple[int, Operation]]] = defaultdict(list)
    for number, operation in enumerate(application.operations):
        used[operation.channel].append((number, operation))
    groups = (_group(used, address, channels, servers) for (address, _), channels in grouped.items())
    replied = {each.reply.channel for each in application.operations if each.reply and each.reply.channel}
    return tuple(group for group in groups if _is_used(group, replied, problems))


def _no_websocket_server(application: Application, problems: Problems) -> None:
    protocols = sorted({server.protocol for server in application.servers})
    first = application.servers[0]
    problems.error(
        "WSG401",
        f"no WebSocket server: a client needs the protocol `ws` or `wss`, and the servers have {', '.join(protocols)}",
        first.place,
        "add a server with `protocol: wss`, or remove `servers`: the URL is then an argument of the client",
    )


def _servers_of(channel: Channel, servers: Iterable[Server]) -> tuple[Server, ...]:
    return tuple(server for server in servers if not channel.servers or server.id in channel.servers)


def find_security(group: Group) -> tuple[tuple[SecurityScheme, ...], ...]:
    """The alternatives of all servers and operations of a connection, each once."""
    asked = [server.security for server in group.servers] + [each.security for each in group.operations]
    return tuple(dict.fromkeys(alternative for security in asked for alternative in security if alternative))


def _address(channel: Channel, servers: tuple[Server, ...], settings: ClientSettings, problems: Problems) -> str | None:
    if settings.connection == "shared":
        return None
    whole = _URL.match(channel.address or "")
    if whole is not None and channel.address is not None:
        path = channel.address[whole.end() :] or "/"
        message = f"the address of channel `{channel.id[:60]}` is a whole URL, of which `{path[:60]}` is taken"
        problems.warning("WSG451", message, channel.place, f"write `address: {path[:60]}`, and the rest as a server")
        return path
    if settings.connection == "per-channel" or channel.address is None or channel.address.startswith("/"):
        return channel.address
    topics = any(server.pathname.strip("/") for server in servers)
    return None if topics else channel.address


def _group(
    used: Mapping[str, list[tuple[int, Operation]]],
    address: str | None,
    channels: list[Channel],
    servers: tuple[Server, ...],
) -> Group:
    """`used` has the operations of each channel, with their numbers in the document."""
    ids = dict.fromkeys(channel.id for channel in channels)
    numbered = sorted((pair for id in ids for pair in used.get(id, ())), key=lambda pair: pair[0])
    operations = tuple(operation for _, operation in numbered)
    own = tuple(server for server in servers if any(server in _servers_of(each, [server]) for each in channels))
    return Group(address, tuple(channels), own, operations)


def _is_used(group: Group, replied: Set[str], problems: Problems) -> bool:
    """Warn of channels whose messages no operation sends or receives, not even as replies."""
    used = {operation.channel for operation in group.operations}
    for channel in group.channels:
        if channel.messages and channel.id not in used and channel.id not in replied:
            problems.warning(
                "WSG404",
                f"no operation uses channel `{channel.id}`, so nothing says which side sends its messages",
                channel.place,
                "add operations with `action: send` and `action: receive` for this channel",
            )
    return bool(group.operations)
