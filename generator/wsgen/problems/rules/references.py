"""3xx: references, and what a document means."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG301": Rule(
        "The target of a reference does not exist",
        "A `$ref` is a URI reference whose fragment is a JSON pointer (RFC 6901); it has to lead to a value.",
        "Correct the pointer, or define what it points to.",
    ),
    "WSG302": Rule(
        "References refer to each other",
        "A chain of references comes back to itself without ever reaching a value. Recursion through "
        "properties or items is fine.",
        "Let one of them be the definition.",
    ),
    "WSG303": Rule(
        "`$ref` is not a reference",
        "The value of `$ref` is a string: a relative file, a fragment, or both.",
        "Write the reference as a string, as '#/components/schemas/Quote'.",
    ),
    "WSG304": Rule(
        "A reference leads to the network",
        "Nothing is fetched unless it is allowed, so that a document cannot make the generator call out.",
        "Save the file beside the document and refer to it by a relative path.",
    ),
    "WSG305": Rule(
        "A reference leads out of the document's folder",
        "A document may refer to files in its own folder and below, so that a foreign one cannot read others. Where a "
        "symbolic link leads is what counts. `--allow-ref DIR` allows the files of another folder.",
        "Move the file into the document's folder, or allow its folder.",
    ),
    "WSG306": Rule(
        "What stands beside `$ref` is ignored",
        "A Reference Object has no other fields. Annotations beside a reference to a schema are "
        "read; what would change the schema is not.",
        "Use `allOf` with the reference as its first member, or change the definition.",
    ),
    "WSG307": Rule(
        "A slash in a JSON pointer is not escaped",
        "In a JSON pointer `/` separates keys; one that belongs to a key is written `~1` (RFC 6901, "
        "section 3). The reference is followed as it is meant.",
        "Write '#/channels/~1quotes/messages/quote'.",
    ),
    "WSG308": Rule(
        "A document has too many parts",
        "The number of schemas, messages and references that are followed is bounded, so that a "
        "hostile document cannot exhaust memory or time.",
        "Split the document.",
    ),
    "WSG309": Rule(
        "Two operations have one id",
        "In 2.x an `operationId` belongs to one operation of the document. The later one is named after its channel.",
        "Give each of them an `operationId` of its own.",
    ),
    "WSG310": Rule(
        "The channel of an operation is not a channel of the document",
        "The `channel` of an operation refers to an entry of the root field `channels`. An operation that names none "
        "is on the only channel, or on the only one that has its messages; else it is left out, if there are others.",
        "Add the channel to the root field `channels` and refer to it there.",
    ),
    "WSG311": Rule(
        "A message of an operation is not one of its channel",
        "The `messages` of an operation, or of its reply, are a subset of the messages of the "
        "channel and refer to them there. The message is taken as if the channel had it.",
        "Add the message to the channel and refer to '#/channels/<channel>/messages/<message>'.",
    ),
    "WSG312": Rule(
        "A parameter of an address is not declared",
        "An address names a parameter in braces that the channel does not describe. It is taken as a string.",
        "Add the parameter to the channel's `parameters`.",
    ),
    "WSG313": Rule(
        "A declared parameter is not in the address",
        "The channel describes a parameter that its address does not contain, so it has no effect.",
        "Add `{symbol}` to the address, or remove the parameter.",
    ),
    "WSG314": Rule(
        "The host of a server has a scheme or a path",
        "In 3.x `host` is a host with an optional port; the rest stands in `protocol` and "
        "`pathname`. The parts are taken as they are meant.",
        "Write `host: quotes.example.com`, `protocol: wss`, `pathname: /v1`.",
    ),
    "WSG315": Rule(
        "A variable of a server is not declared",
        "The address of a server names a variable in braces that the server does not describe.",
        "Add the variable to the server's `variables`.",
    ),
    "WSG316": Rule(
        "A security scheme is not defined",
        "In 2.x a security requirement names a scheme of `components.securitySchemes`.",
        "Define the scheme, or correct its name.",
    ),
    "WSG317": Rule(
        "A payload is not described by JSON Schema",
        "Payloads in other schema formats (Avro, RAML, Protobuf) are passed on as bytes.",
        "Describe the payload with JSON Schema if the client is to know its fields.",
    ),
    "WSG318": Rule(
        "A variable of a server is not used",
        "The variables of a server stand in braces in its url (2.x), or in its host, pathname or protocol (3.x). One "
        "that stands nowhere becomes an argument without effect.",
        "Put it into the address, or remove it.",
    ),
    "WSG319": Rule(
        "A default is not one of the values that are allowed",
        "Where a server variable or a parameter has an `enum`, its `default` is one of these values.",
        "Add the default to `enum`, or choose another one.",
    ),
    "WSG320": Rule(
        "A channel names a server that does not exist",
        "The `servers` of a channel are servers of the document.",
        "Correct the name, or add the server.",
    ),
    "WSG321": Rule(
        "`x-response` does not lead to a message",
        "The extension `x-response` of a message refers to the message that answers it.",
        "Let it refer to a message, as '#/components/messages/joined'.",
    ),
    "WSG322": Rule(
        "The location of a correlation id is not understood",
        "It is a runtime expression: `$message.payload#` or `$message.header#` and a JSON pointer.",
        "Write `$message.payload#/id`.",
    ),
    "WSG323": Rule(
        "Two messages of a channel have one id",
        "Messages of 2.x documents get their ids from `messageId`, the key in components, or `name`. "
        "The later of two with the same ids is called after its operation.",
        "Give each message a `messageId`.",
    ),
    "WSG324": Rule(
        "A document describes no channel",
        "Without channels there is nothing that a client could send or receive.",
        "Add the channels.",
    ),
    "WSG325": Rule(
        "A correlation id is in a field that the payload does not have",
        "The location of a correlation id is a runtime expression: a JSON pointer into the message's payload or "
        "headers. Without the field, replies cannot be matched by it.",
        "Add the field to the payload, or correct the location.",
    ),
    "WSG326": Rule(
        "An example does not fit its schema",
        "Either the example is wrong or the schema is, and in the second case real messages may be refused. Patterns "
        "and formats are not looked at. No build fails by this.",
        "Correct the example, or the schema.",
    ),
    "WSG327": Rule(
        "A default does not fit its schema",
        "The default is what a receiver takes where the value is absent, so it has to be a value that may be there.",
        "Correct the default, or the schema.",
    ),
    "WSG328": Rule(
        "A reply has two addresses",
        "Where an operation's reply has an `address`, the address of its channel must be null or absent (section "
        '"Operation Reply Object"). The channel\'s is used.',
        "Remove one of the two.",
    ),
    "WSG329": Rule(
        "`nullable` is not a keyword of JSON Schema",
        "It is OpenAPI 3.0's. It is read as it is meant, and reported once for a document.",
        "Write `type: [number, 'null']`.",
    ),
}
