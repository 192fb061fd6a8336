"""48x: names of the output."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG480": Rule(
        "Only a number tells two names apart",
        "Names in code are made of the document's own words. Two things that differ in punctuation or case "
        "alone would be called the same in one scope, so one of them gets a number, which says nothing to a "
        "reader and can move to the other one when the document changes.",
        'Rename one in the document, or name it in the configuration: `rename = { "order-item" = "Item" }`.',
    ),
    "WSG481": Rule(
        "A renamed thing is not in the document",
        "The keys of `rename` are names of the document: of a schema, a domain, a message, a channel, a server, or "
        "what a connection takes (parameters, query, headers, variables of a server).",
        "Correct the name, or leave the line out.",
    ),
    "WSG482": Rule(
        "A new name is none in Python",
        "The values of `rename` become classes, modules, methods and arguments: letters of ASCII, digits and "
        "underscores, beginning with a letter, and no keyword.",
        "Choose another name.",
    ),
}
