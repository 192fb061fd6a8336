"""9xx: configuration."""

from __future__ import annotations

from .rule import Rule

__all__ = ["RULES"]

RULES: dict[str, Rule] = {
    "WSG901": Rule(
        "A configuration cannot be read",
        "The configuration stands in pyproject.toml under `[tool.wsgen]`, in wsgen.toml, or in wsgen.json.",
        "Correct the name of the file, or its syntax at the place that is named.",
    ),
    "WSG902": Rule(
        "A key of the configuration is not known",
        "A key that does nothing would hide a typing error, so every key has to be known.",
        "Correct the key, or remove it.",
    ),
    "WSG903": Rule(
        "A value of the configuration has the wrong type",
        "Each key takes one kind of value.",
        "Write the kind of value that the message names.",
    ),
    "WSG904": Rule(
        "A value of the configuration is not one of those that are allowed",
        "Some keys take one of a few words. A word that a later version will have is refused too.",
        "Use one of the words that the message lists.",
    ),
    "WSG905": Rule(
        "A key of the configuration has no effect",
        "Keys of an older generator are accepted in wsgen.json, so that its file can stay. Some of them do nothing.",
        "Remove the key when the older generator is gone.",
    ),
    "WSG906": Rule(
        "A domain of the configuration is not in the document",
        "The settings of a domain have the dotted name that stands before the last dot of its wire types.",
        "Correct the name, or remove the table.",
    ),
    "WSG907": Rule(
        "There is nothing to build",
        "`wsgen build` takes documents as arguments, or builds every client of the configuration.",
        "Name a document, or add a client to the configuration.",
    ),
    "WSG908": Rule(
        "Two clients have one output folder",
        "Each package has a folder of its own; the later one would remove the files of the earlier.",
        "Give each its `output` in the configuration.",
    ),
    "WSG909": Rule(
        "A heartbeat cannot be sent",
        "A heartbeat is a message that the client sends, with a payload that fits it; its reply is one that the "
        "server sends.",
        "Correct the name or the payload.",
    ),
    "WSG915": Rule(
        "A setting is for another target",
        "Some settings say how one language is written, and mean nothing in the other. One that holds for several "
        "clients is for those of its target.",
        "Leave it out, or set it for the clients of its target.",
    ),
    "WSG914": Rule(
        "Nothing can be watched",
        "`wsgen build --watch` watches files, with the library watchfiles: `pip install 'wsgen[watch]'`.",
        "Save the document to a file, or install the library.",
    ),
    "WSG913": Rule(
        "There is a configuration already",
        "`wsgen init` writes a first configuration, and changes none.",
        "Add clients to the configuration by hand, or remove it.",
    ),
    "WSG912": Rule(
        "A header of the configuration cannot be sent",
        "`${NAME}` in a header is an environment variable, so that no secret stands in the file.",
        "Set the variable, or leave the header out.",
    ),
    "WSG911": Rule(
        "A shared runtime has no folder",
        'With `runtime = "shared"` the packages of a configuration import one copy of the runtime.',
        "Add `runtime_output`, the folder of that copy.",
    ),
    "WSG910": Rule(
        "The configured envelope does not fit the messages",
        "An envelope is an object with the wire type and one property that wraps the payload, in both directions.",
        "Name the property that wraps payloads, or write `envelope = false` where the frame is the payload.",
    ),
}
