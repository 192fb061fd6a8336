"""What a document says about its own client, in `x-wsgen-*` extensions of its root, its `info` and its messages."""

from __future__ import annotations

from dataclasses import replace

from wsgen.config import ClientSettings, layered, read_extensions, read_message_extensions
from wsgen.model import Application
from wsgen.problems import Problems

from .envelope import Wires
from .replies import split_wire_type
from .traffic import Traffic

__all__ = ["effective_settings", "with_messages"]

PREFIX = "x-wsgen-"


def effective_settings(application: Application, settings: ClientSettings, problems: Problems) -> ClientSettings:
    """The settings with what the document adds; where both speak, the configuration wins."""
    if settings.document is not None or not any(name.startswith(PREFIX) for name in application.extensions):
        return settings
    own = read_extensions(application.extensions, application.place, problems)
    # What is said of domains stays in a layer of its own: all that the configuration says of them is above it.
    above = replace(settings, document=replace(own, place=application.place))
    return layered(above, replace(own, every=above.every, domains={}))


def with_messages(settings: ClientSettings, traffic: Traffic, wires: Wires, problems: Problems) -> ClientSettings:
    """The settings with what stands beside messages, or beside operations of one message."""
    sides = ((traffic.sent, wires.sent), (traffic.received, wires.received))
    for messages, of_side in sides:
        for key, message in messages.items():
            operation = traffic.operations.get(key)
            extensions = {**(operation.extensions if operation else {}), **message.extensions}
            if any(name.startswith(PREFIX) for name in extensions):
                domain, verb = split_wire_type(of_side[key])
                said = read_message_extensions(extensions, verb, message.place, problems)
                settings = settings.with_message(domain, of_side[key].key, said)
    return settings
