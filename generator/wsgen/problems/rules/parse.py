"""1xx: reading a file as JSON or YAML."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG101": Rule(
        "A file cannot be read",
        "The document, or a file that it refers to, does not exist or may not be read.",
        "Check the name and the permissions of the file.",
    ),
    "WSG102": Rule(
        "A file is too large",
        "Documents are bounded to 16 MiB, so that a hostile one cannot exhaust memory.",
        "Split the document, or take out what no WebSocket channel needs.",
    ),
    "WSG103": Rule(
        "A file is not UTF-8",
        "Documents are UTF-8, with or without a byte order mark (RFC 8259, section 8.1).",
        "Save the file as UTF-8.",
    ),
    "WSG104": Rule(
        "A file is not JSON",
        "A file that is named .json, or begins as JSON does, must be JSON as RFC 8259 defines it.",
        "Mend the syntax at the place that is named. A YAML document is named .yaml.",
    ),
    "WSG105": Rule(
        "A file is not YAML",
        "The text breaks the syntax of YAML.",
        "Mend the syntax at the place that is named; often it is the indentation or a missing quote.",
    ),
    "WSG106": Rule(
        "A key stands twice in one object",
        "Readers disagree on which of the two counts, so neither is taken.",
        "Remove or rename one of them.",
    ),
    "WSG107": Rule(
        "A document is nested too deeply",
        "Nesting is bounded to 100 levels. Real documents have fewer than 40.",
        "Move inner schemas to components and refer to them.",
    ),
    "WSG108": Rule(
        "YAML aliases cannot be expanded",
        "An alias refers to something that contains it, to an anchor that does not exist, or the "
        "aliases of a document expand to more than a million values.",
        "Use `$ref`, which can be recursive, instead of an alias.",
    ),
    "WSG109": Rule(
        "A value has no JSON form",
        "A document is JSON, also where it is written as YAML: NaN and infinities, numbers beyond "
        "all bounds, keys that are not scalars and halves of surrogate pairs cannot be in it.",
        "Leave the value out, or write it as a string.",
    ),
    "WSG110": Rule(
        "A file holds more than one YAML document",
        "Only the first document of a YAML stream is read.",
        "Keep one document in each file.",
    ),
    "WSG112": Rule(
        "A document cannot be fetched",
        "A document whose URL the command line or the configuration names is fetched, within bounds of size and time. "
        "Headers of the configuration go to its origin alone, and what it refers to has to come from there.",
        "Check the address and the `headers`, or save the document to a file.",
    ),
    "WSG113": Rule(
        "A module gives no document",
        "`package.module:attribute` is imported in a process of its own. The attribute is a dictionary, a function "
        "that returns one, or an object with `.asyncapi()`.",
        "Correct the name, or what the message says of the module. It has to be importable from the configuration's "
        "folder by the interpreter that runs wsgen.",
    ),
    "WSG111": Rule(
        "A YAML tag is not known",
        "Tags outside of the YAML core schema have no meaning in an AsyncAPI document; the value is "
        "read as if it had none.",
        "Remove the tag.",
    ),
    "WSG114": Rule(
        "A file has text before the document",
        "A file that is neither YAML nor JSON as a whole is searched for a fenced block, or for a line that begins "
        "with `asyncapi:`. What stands before it, and after the fence, is passed over.",
        "Remove the text, or put `#` before its lines.",
    ),
}
