"""4xx: from the model to operations and names."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

DIRECTION = {
    "WSG401": Rule(
        "A document has no WebSocket server",
        "The servers of the document have other protocols. Without any server the document is fine: the URL "
        "is then an argument of the client.",
        "Add a server with the protocol `ws` or `wss`, or remove the servers.",
    ),
    "WSG402": Rule(
        "It is not certain whom a document describes",
        "In 3.x `send` and `receive` are said of the application that the document describes. Documents "
        "describe the server or the client; here the signs for the two contradict each other, or there are "
        "none.",
        'Set `perspective = "server"` or `perspective = "client"` in the configuration, or '
        "`x-wsgen-perspective` in `info`.",
    ),
    "WSG403": Rule(
        "A channel has no WebSocket server",
        "The channel is limited to servers of other protocols, so the client cannot use it.",
        "Nothing, if that is meant; else add a WebSocket server to the channel.",
    ),
    "WSG404": Rule(
        "No operation uses a channel",
        "Only operations say which side sends a message, so the messages of the channel are left out. Where the "
        "document has no operation at all, its messages are taken as sent by the server, but for those whose words "
        "say that the client sends them.",
        "Add an operation with `action: send` or `action: receive` for the channel.",
    ),
    "WSG405": Rule(
        "A document has no messages",
        "No operation sends or receives a message, so a client could do nothing.",
        "Add operations, and messages to their channels.",
    ),
    "WSG406": Rule(
        "A document is of a foreign framing",
        "Socket.IO, STOMP, SignalR and the like put a format of their own around what is sent, which the document "
        "does not describe. A client that sent the described messages as they stand would not be understood.",
        "Use a client of that protocol. Where the server speaks plain WebSocket all the same, set "
        '`framing = "plain"` in the configuration.',
    ),
}

MESSAGES = {
    "WSG410": Rule(
        "Received messages cannot be told apart",
        "A client must know from a frame which message it is: from constants, from properties that only one "
        "message has, from its JSON type. What none of these tells apart arrives together, as an `Undivided` of "
        "all that it can be, and `read_as` reads it.",
        "Give each message a property with a `const` of its own, or set `discriminator` in the "
        "configuration to the property that holds the message's name, and `wire_types` where it holds another "
        "text.",
    ),
    "WSG411": Rule(
        "Constants contradict each other",
        "The branches of an `allOf` want different constants of one property, so no message can be valid.",
        "Leave one of the constants out.",
    ),
    "WSG412": Rule(
        "A reply is inferred from its name",
        "The wire type of a message is that of another one with `.response` at the end, and the document "
        "does not say that it is the reply.",
        "Say so in the document, or in the configuration under the domain's `replies`.",
    ),
    "WSG413": Rule(
        "A configured reply is not a message",
        "`replies` and `x-wsgen-reply` name wire types, or ids, of messages that the server sends.",
        "Correct the name. An empty list says that nothing answers.",
    ),
    "WSG415": Rule(
        "A correlation id is in headers",
        "WebSocket frames have no headers: what is sent is the payload. The id is ignored, and answers are matched "
        "by the order in which they come.",
        "Name a property of the payload: `$message.payload#/requestId`.",
    ),
    "WSG416": Rule(
        "A message goes both ways, and may be its own answer",
        "The server sends a message of the same wire type as the client. It can be the answer to the client's "
        "message, or what other clients have sent. Without a word on it in the document the latter is taken.",
        'Write `[tool.wsgen.client.replies]` with `"chat.message" = ["chat.message"]` where it is the answer, and '
        "with an empty list where it is not.",
    ),
    "WSG414": Rule(
        "The schema of a request is lost",
        "FastWS writes one message where a reply has the wire type of its request. Several schemas could be "
        "the request's, so its payload is not typed.",
        "Give the reply a wire type of its own.",
    ),
    "WSG417": Rule(
        "A reply cannot be told from other messages",
        "The document names the reply of a message, but nothing in a frame says that it is this reply and no "
        "message that comes unasked. The request is then only sent.",
        "Tell the messages apart: see WSG410.",
    ),
}

SUBSCRIPTIONS = {
    "WSG420": Rule(
        "The only push of a domain is taken as its update",
        "A domain has a `subscribe` with a reply, and one message that the server sends by itself.",
        'Write `verbs = { update = ["tick"] }` for the domain to settle it.',
    ),
    "WSG421": Rule(
        "Several pushes of a domain are taken as its updates",
        "A domain has a `subscribe` with a reply, and several messages that the server sends by itself, "
        "none of which is called `update`. Each update is delivered as one of them.",
        'Write `verbs = { update = ["placed", "filled"] }` for the domain, with those that are updates.',
    ),
    "WSG422": Rule(
        "A subscribe message has no updates",
        "The domain has no message that the server sends by itself, so subscribing is a plain request.",
        "Add the message with the updates to what the server sends.",
    ),
    "WSG423": Rule(
        "Nothing answers a subscribe message",
        "No message of the server is known to confirm the subscription, so it counts as confirmed as soon as it is "
        "sent. A refusal goes unnoticed.",
        "Name the reply in the document, or in the configuration under the domain's `replies`.",
    ),
    "WSG424": Rule(
        "Leaving a subscription is local",
        "The unsubscribe message is filled from the parameters of the subscription, or from the server's "
        "topic. This one wants something else, so no message is sent when a subscription ends.",
        "Let it take parameters of the subscription, or a single `topic`.",
    ),
    "WSG425": Rule(
        "Updates do not say which subscription they belong to",
        "The updates of the domain are flat: they have no topic. With two sets of parameters on one "
        "connection, the updates of one could reach the listeners of the other, so the second set is "
        "refused at run time.",
        'Write `route = { symbol = "symbol" }` for the domain: pairs of update field and parameter; or '
        '"connection": a connection for each set of parameters; or "broadcast": every update to everyone.',
    ),
    "WSG426": Rule(
        "A topic or a route names something that is not there",
        "A template names parameters of the subscription; a route names fields of the updates, and parameters.",
        "Use one of the names that the help lists. They are wire names.",
    ),
    "WSG427": Rule(
        "No value of a status is known to agree",
        'A confirmation agrees when its status is "ok", "success", "subscribed" or true. This status has '
        "other values, so every subscription would be refused.",
        'Write `reply = { ok = ["accepted"] }` for the domain.',
    ),
    "WSG428": Rule(
        "A role of a reply names a property that is not there",
        "`reply` says which properties of a confirmation are its status, message and topic.",
        "Use one of the names that the help lists. They are wire names.",
    ),
    "WSG430": Rule(
        "A configured subscription names a message that is not there",
        "`subscribe` and `unsubscribe` name messages that the client sends; `updates`, `confirmation` and `refusals` "
        "name messages that the server sends; all by wire type or id.",
        "Correct the name.",
    ),
    "WSG429": Rule(
        "A subscribe message has several replies",
        "One message confirms a subscription. The first one that the document names is taken.",
        "Name the one that confirms under the domain's `replies`.",
    ),
}

RULES: dict[str, Rule] = {**DIRECTION, **MESSAGES, **SUBSCRIPTIONS}
