"""FastWS writes one message where a reply has its request's wire type, and loses the request's schema."""

from __future__ import annotations

from dataclasses import replace

from wsgen.model import Always, Application, Message, Named, Schema
from wsgen.operations import WireMessage
from wsgen.problems import Problems

from .discriminator import Tags
from .schemas import Schemas, unreferenced
from .traffic import Traffic
from .words import words

__all__ = ["recover_requests", "says_echo"]

ECHO_WORDS = frozenset({"echo", "reply", "replies", "response", "responds", "answer", "answers", "acknowledges"})


def recover_requests(
    traffic: Traffic, tags: Tags, schemas: Schemas, application: Application, problems: Problems
) -> None:
    """Give the sent side of echoes its own schema back, where the document still holds it.

    FastWS keeps messages by wire type, so that of an echo the reply is left; the schema of the request then
    stands among the components and nothing refers to it. One that fits is the request's. With
    several the request is anything. With none the document means what it says: one schema for both.
    """
    if not tags.path or not traffic.sent.keys() & traffic.received.keys():
        return
    spare = [Named(key, application.place) for key in unreferenced(application)]
    for key, message in traffic.sent.items():
        if key not in traffic.received:
            continue
        value = tags.values[key]
        fitting = [each for each in spare if schemas.pinned(each).get(tags.path) == value]
        if len(fitting) == 1:
            traffic.sent[key] = replace(message, payload=Named(fitting[0].key, message.place))
        elif fitting:
            traffic.sent[key] = replace(message, payload=_anything(message, tags.path, schemas))
            problems.warning(
                "WSG414",
                f"the reply to `{value}` has the same wire type, and {len(fitting)} schemas could be the "
                f"request's: its payload is not typed",
                message.place,
                "give the reply a wire type of its own",
            )


def _anything(message: Message, tag: str, schemas: Schemas) -> Schema | None:
    """The message's wrapper around anything; a message that is no wrapper becomes anything as a whole."""
    shape = schemas.shape(message.payload)
    wrapped = [name for name in schemas.properties(message.payload) if name != tag]
    if shape is None or len(wrapped) > 1:
        return Always(message.place)
    name = wrapped[0] if wrapped else "payload"
    return replace(shape, properties={**shape.properties, name: Always(message.place)})


def says_echo(asking: Message, answer: Message, wire: WireMessage, schemas: Schemas) -> bool:
    """Whether a message of the client's wire type is the server's answer, and not what others have sent.

    FastWS writes tags as a constant beside any text, and such a server answers with the wire type of the request.
    In other documents words must say so: what goes both ways is mostly passed on to others, as in a chat.
    """
    if schemas.has_loose_tag(asking.payload) or schemas.has_loose_tag(answer.payload):
        return True
    texts = (asking.summary, asking.description, answer.summary, answer.description, wire.key, wire.id)
    return not ECHO_WORDS.isdisjoint(word for text in texts for word in words(text))
