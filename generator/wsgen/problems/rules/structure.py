"""2xx: is it AsyncAPI?"""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG201": Rule(
        "A file is not an AsyncAPI document",
        "The root of a document is an object whose field `asyncapi` is the version of the specification. Where only "
        "the field is missing, the form of the document tells the version, with a warning.",
        "Give the AsyncAPI document, or add the field `asyncapi`.",
    ),
    "WSG202": Rule(
        "The version of AsyncAPI is not known",
        "2.0 to 2.6, 3.0 and 3.1 are known. A later minor version of 2 or 3 is read as the last "
        "known one, with a warning; any other version is refused. A document that says 2.x and is written as 3.x "
        "(operations with an `action` in the root field `operations`) is read as 3.0, with a warning.",
        "Convert the document to a known version, or correct the field.",
    ),
    "WSG203": Rule(
        "A required field is missing",
        "The specification requires the field. Where the client can do without it this is a warning.",
        "Add the field.",
    ),
    "WSG204": Rule(
        "A value has the wrong type",
        "The specification wants another kind of value here. `null` for an optional field is taken "
        "as absent, with a warning; so is much else whose meaning is plain, as `required: true` on a property, "
        "a list of servers, or the name of a channel instead of a reference to it.",
        "Write the kind of value that the message names.",
    ),
    "WSG205": Rule(
        "A value is not one of those that are allowed",
        "The specification lists the values of this field.",
        "Use one of the values that the message lists.",
    ),
    "WSG206": Rule(
        "A number or a list is out of its bounds",
        "Lengths and counts in JSON Schema are not negative, some lists must not be empty, and some have no equal "
        "elements. Such a keyword has no effect.",
        "Change the value as the message says.",
    ),
    "WSG207": Rule(
        "A field is not known",
        "The specification has no such field here, so it is ignored; fields of another version of AsyncAPI are "
        "read where their meaning is plain. Extensions begin with `x-`.",
        "Correct the name; where the field is meant as an extension, let it begin with `x-`.",
    ),
    "WSG208": Rule(
        "A number or boolean stands where a string is wanted",
        "YAML reads an unquoted 1.0 as a number. It is taken as the string that it looks like.",
        'Put it in quotes: "1.0".',
    ),
}
