"""Foreign framings: protocols over WebSocket whose frames a document does not describe.

Socket.IO, STOMP and the like put a format of their own around what is sent. A client that sends the described
payloads as they stand would not be understood. Such a document gives itself away by the marks of its protocol: in
the names and URLs of its servers, in addresses, in what it says of itself, in content types. What is plain JSON is
no such case, whatever hub it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wsgen.config import ClientSettings, lines_of
from wsgen.model import Application, Server
from wsgen.problems import Place, Problems

from .connections import WEBSOCKET

__all__ = ["report_framing"]


@dataclass(frozen=True, slots=True)
class _Framing:
    """A protocol. `mark` gives it away in an address or a URL, `word` in a name or in prose."""

    name: str
    word: re.Pattern[str]
    mark: re.Pattern[str] | None = None


def _framing(name: str, word: str, mark: str = "") -> _Framing:
    return _Framing(
        name,
        re.compile(rf"(?<![\w-])(?:{word})(?![\w])", re.IGNORECASE),
        re.compile(mark, re.IGNORECASE) if mark else None,
    )


FRAMINGS = (
    _framing("Socket.IO", r"socket\.io|socketio|engine\.io", r"/socket\.io(?:[/?]|$)|/engine\.io(?:[/?]|$)|[?&]EIO=\d"),
    _framing("SockJS", r"sockjs", r"/sockjs(?:[/?]|$)"),
    _framing("STOMP", r"stomp(?:\.?js)?"),
    _framing("SignalR", r"signalr", r"/signalr(?:[/?]|$)"),
    _framing("Phoenix channels", r"phoenix(?:'s)? (?:channels?|sockets?|framework)", r"[?&]vsn=\d"),
    _framing("SocketCluster", r"socketcluster(?:-client)?", r"/socketcluster(?:[/?]|$)"),
    _framing("Colyseus", r"colyseus(?:\.js)?"),
    _framing("Lightstreamer", r"lightstreamer|TLCP", r"/lightstreamer(?:[/?]|$)"),
    _framing("CometD", r"cometd|bayeux", r"/cometd(?:[/?]|$)"),
    _framing("WAMP", r"wamp\.2\.(?:json|msgpack|cbor)|wamp (?:protocol|router)|autobahn\.?js|crossbar\.io"),
    _framing("DDP", r"meteor(?:'s)? ddp|ddp protocol"),
    _framing("MQTT over WebSocket", r"mqtt (?:over|via) (?:web ?sockets?|wss?)"),
)

PROTOBUF = re.compile(r"application/(?:x-|vnd\.google\.)?proto(?:buf)?\b", re.IGNORECASE)

DENIAL = re.compile(
    r"\b(?:not?|never|without|instead of|rather than|unlike|no longer|replac\w+|migrat\w+)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
"""Words before a name that say that this is not the protocol."""


@dataclass(frozen=True, slots=True)
class _Sign:
    framing: str
    words: str
    place: Place


def report_framing(application: Application, settings: ClientSettings, problems: Problems) -> bool:
    """Refuse a document whose frames are of another protocol than it describes, and name what gave it away."""
    sign = None if settings.framing == "plain" else next(_signs(application), None)
    if sign is None:
        return False
    problems.error(
        "WSG406",
        f"the document describes {sign.framing}, whose frames are not the messages themselves: {sign.words}",
        sign.place,
        f"a client of {sign.framing} is needed; if the server takes and sends the described messages as they stand, "
        "say so in the configuration",
        settled_by=lines_of((("framing",), "plain", "the messages travel as they are described")),
    )
    return True


def _signs(application: Application) -> Iterator[_Sign]:
    """Signs that speak for themselves, strongest first."""
    servers = [server for server in application.servers if server.protocol.lower() in WEBSOCKET]
    for framing in FRAMINGS:
        for server in servers:
            yield from _of_server(framing, server)
        for channel in application.channels:
            if framing.mark is not None and framing.mark.search(channel.address or ""):
                yield _Sign(framing.name, f"the address `{channel.address}` says so", channel.place)
        yield from _of_prose(framing, application)
    messages = [message for channel in application.channels for message in channel.messages]
    kinds = [message.content_type or application.default_content_type for message in messages]
    if kinds and all(PROTOBUF.match(kind) for kind in kinds):
        yield _Sign("Protocol Buffers", f"the content type of its messages is `{kinds[0]}`", application.place)


def _of_server(framing: _Framing, server: Server) -> Iterator[_Sign]:
    url = f"{server.host}{server.pathname}"
    if framing.mark is not None and framing.mark.search(url):
        path = server.pathname or url
        yield _Sign(framing.name, f"the URL of server `{server.id}` has the path `{path}`", server.place)
    for text in (server.id, server.title, server.description):
        if _speaks_of(framing, text):
            yield _Sign(framing.name, f"server `{server.id}` says so", server.place)
            return


def _of_prose(framing: _Framing, application: Application) -> Iterator[_Sign]:
    if _speaks_of(framing, application.title):
        yield _Sign(framing.name, "the title says so", application.place)
    if _speaks_of(framing, application.description):
        yield _Sign(framing.name, "the description says so", application.place)
    for channel in application.channels:
        if any(_speaks_of(framing, text) for text in (channel.title, channel.summary, channel.description)):
            yield _Sign(framing.name, f"channel `{channel.id}` says so", channel.place)
            return


def _speaks_of(framing: _Framing, text: str) -> bool:
    """Whether a text names the protocol, and does not name it as what is not there."""
    return any(not DENIAL.search(text[: found.start()]) for found in framing.word.finditer(text))
