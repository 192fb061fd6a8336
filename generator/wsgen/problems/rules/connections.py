"""45x: what a connection is opened with."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG450": Rule(
        "A header cannot be given by the caller",
        "The ws binding of a channel lists the headers of the handshake, and each becomes an argument of the "
        "client. Those that the WebSocket handshake itself sets (RFC 6455, section 4.1), and names that are no "
        "header's (RFC 9110, section 5.1), cannot.",
        "Remove the header from the binding. A subprotocol is given with the option `subprotocols`.",
    ),
    "WSG451": Rule(
        "The address of a channel is a whole URL",
        "A channel's address stands below the URL of a server, which the caller can choose. Of a whole URL only "
        "the path and the query are taken.",
        "Write the path alone, and the rest as a server.",
    ),
    "WSG452": Rule(
        "A parameter of a topic stands in no message",
        "A channel whose address is no path, on a server whose URL has one, is a topic on a connection that it "
        "shares with others. Parameters of its address cannot stand in the URL then; a message has to say them, and "
        "none of the channel's has a property of that name.",
        "Add the property to the message that asks for the topic. Where the address is a path, begin it with `/`, or "
        'set `connection = "per-channel"`: the parameter is then an argument of the client.',
    ),
}
