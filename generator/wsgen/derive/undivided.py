"""Received messages that cannot be told apart: what stands for them, and what is said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar

from wsgen.config import lines_of
from wsgen.model import Message
from wsgen.operations import ByKey, ByType, ByValue, Discriminator, Rule, WireMessage
from wsgen.problems import Problems

from .decisions import leaves
from .discriminator import Tags
from .replies import Answer, Answers
from .schemas import Schemas

__all__ = [
    "Undivided",
    "delivered",
    "find_undivided",
    "report_contradictions",
    "report_undivided",
    "settled_answers",
    "wire_rule",
]

_CaseT = TypeVar("_CaseT")

USUAL = ("type", "event", "op", "action", "method", "kind", "channel", "topic", "name", "feed", "stream", "e", "t", "c")
"""How properties that say what a message is are often called; for proposals only."""

Undivided: TypeAlias = Mapping[tuple[str, ...], WireMessage]
"""What stands for several messages, by the keys of these in the document."""


def find_undivided(tags: Tags, wires: Mapping[str, WireMessage]) -> dict[tuple[str, ...], WireMessage]:
    """What stands for messages that the rule does not tell apart: one for each value of a tag, one for all others."""
    if tags.rule is None:
        return {}
    taken = {wire.key for wire in wires.values()}
    named: dict[str, list[tuple[str, ...]]] = {}
    for leaf in dict.fromkeys(leaf for leaf in leaves(tags.rule) if len(leaf) > 1):
        value = tags.found[leaf[0]].value
        name = str(value) if isinstance(value, str) and any(map(str.isalpha, value)) else "message"
        named.setdefault(name, []).append(leaf)
    found: dict[tuple[str, ...], WireMessage] = {}
    for name, each in named.items():
        key = name
        while key in taken:
            key = f"{key} message"
        taken.add(key)
        members = tuple(wires[member] for member in dict.fromkeys(member for leaf in each for member in leaf))
        wire = _standing_for(key, members)
        found.update(dict.fromkeys(each, wire))
    return found


def _standing_for(key: str, members: tuple[WireMessage, ...]) -> WireMessage:
    first = members[0]
    frames = {member.frame for member in members}
    return WireMessage(
        id=key,
        key=key,
        direction=first.direction,
        discriminator=Discriminator("undecidable"),
        payload=None,
        place=first.place,
        frame=first.frame if len(frames) == 1 else "json",
        members=members,
    )


def wire_rule(
    rule: Rule | None, wires: Mapping[str, WireMessage], undivided: Undivided, kept: Collection[str]
) -> Rule | None:
    """A rule with the keys of the wire in place of the document's, for the messages that are `kept`."""
    if rule is None:
        return None
    if isinstance(rule, tuple):
        standing = undivided.get(rule)
        keys = (standing.key,) if standing is not None else tuple(wires[key].key for key in rule if key in wires)
        return tuple(key for key in keys if key in kept) or None
    otherwise = wire_rule(rule.otherwise, wires, undivided, kept)
    if isinstance(rule, ByValue):
        absent = wire_rule(rule.absent, wires, undivided, kept)
        return replace(rule, cases=_cases(rule.cases, wires, undivided, kept), otherwise=otherwise, absent=absent)
    if isinstance(rule, ByKey):
        return replace(rule, cases=_cases(rule.cases, wires, undivided, kept), otherwise=otherwise)
    return ByType(rule.path, _cases(rule.cases, wires, undivided, kept), otherwise)


def _cases(
    cases: tuple[tuple[_CaseT, Rule], ...],
    wires: Mapping[str, WireMessage],
    undivided: Undivided,
    kept: Collection[str],
) -> tuple[tuple[_CaseT, Rule], ...]:
    found = ((case, wire_rule(rule, wires, undivided, kept)) for case, rule in cases)
    return tuple((case, rule) for case, rule in found if rule is not None)


def delivered(wires: Mapping[str, WireMessage], undivided: Undivided) -> dict[str, WireMessage]:
    """What consumers get, by keys: of the document's messages, and of what stands for several."""
    inside = {member for leaf in undivided for member in leaf}
    apart = {key: wire for key, wire in wires.items() if key not in inside}
    return {**apart, **{wire.key: wire for wire in undivided.values()}}


def settled_answers(
    answers: Answers, sent: Mapping[str, WireMessage], undivided: Undivided, problems: Problems
) -> Answers:
    """Answers with what stands for replies that cannot be told apart.

    A reply that looks like a message which is none cannot be taken for the answer, unless an id says so: it stays
    among the others. Where all that look alike are replies, each is that to the oldest request. A message that cannot
    be told from others asks nothing.
    """
    standing = {member.key: wire for wire in undivided.values() for member in wire.members}
    inside = {member for leaf in undivided for member in leaf}
    certain = [answer for answer in answers.requests.values() if not answer.unasked]
    replies = {reply.key for answer in certain for reply in answer.all}
    requests = {
        key: _settled(answer, sent[key], standing, replies, problems) for key, answer in answers.requests.items()
    }
    return Answers(requests, {key: answer for key, answer in answers.handlers.items() if key not in inside})


def _settled(
    answer: Answer,
    request: WireMessage,
    standing: Mapping[str, WireMessage],
    every: Collection[str],
    problems: Problems,
) -> Answer:
    lost = [reply for reply in answer.all if reply.key in standing]
    if not lost:
        return answer

    def told(replies: tuple[WireMessage, ...]) -> tuple[WireMessage, ...]:
        found = [standing.get(reply.key, reply) for reply in replies]
        by_id = answer.correlation is not None
        known = [each for each in found if by_id or all(member.key in every for member in each.members)]
        return tuple({each.key: each for each in known}.values())

    replies, refusals = told(answer.replies), told(answer.refusals)
    if not replies:
        _report_answer(request, lost[0], standing[lost[0].key], problems)
        return Answer()
    return replace(answer, replies=replies, refusals=refusals)


def _report_answer(request: WireMessage, reply: WireMessage, standing: WireMessage, problems: Problems) -> None:
    problems.warning(
        "WSG417",
        f"`{request.key}` becomes a send, because its reply `{reply.id}` cannot be told from other messages",
        request.place,
        f"the reply arrives with the others of `{standing.key}`; it becomes the answer once its messages can be "
        "told apart",
        ((reply.place, "the reply"),),
    )


def report_contradictions(messages: Iterable[Message], schemas: Schemas, problems: Problems) -> None:
    """Say of constants that no frame can have at once. The last of them is taken for what is meant."""
    for message in messages:
        for name, values in schemas.contradictions(message.payload).items():
            problems.warning(
                "WSG411",
                f"`{name}` of message `{message.id}` must be {' and '.join(repr(v) for v in values)} at once",
                message.place,
                "leave one of the constants out",
            )


def report_undivided(
    undivided: Undivided, received: Iterable[WireMessage], schemas: Schemas, problems: Problems
) -> None:
    """Say of each message that stands for several how they would be told apart."""
    for wire in {wire.key: wire for wire in undivided.values()}.values():
        first, second, *others = wire.members
        more = f" and {len(others)} more" if others else ""
        path = _likely(wire.members, received, schemas)
        problems.warning(
            "WSG410",
            f"`{first.id}`, `{second.id}`{more} cannot be told apart: they arrive together, and the application "
            f"reads them",
            first.place,
            "give each message a `const` of its own, or say in the configuration which property holds its name, and in "
            "`wire_types` what stands there of messages that it calls otherwise",
            ((second.place, f"`{second.id}` looks the same"),),
            settled_by=lines_of((("discriminator",), path, "if that is where the name of the message stands"))
            if path
            else "",
        )


def _likely(members: Iterable[WireMessage], received: Iterable[WireMessage], schemas: Schemas) -> str:
    """The property that most likely says what a message is, for the reader to judge: a free text that all of the
    members have, or else one that the document leaves out altogether. Empty: none would tell them apart.
    """
    free = [
        {name for name, schema in schemas.properties(member.payload).items() if schemas.is_text(schema)}
        - schemas.pinned(member.payload).keys()
        for member in members
    ]
    common = set[str].intersection(*free)
    found = next((name for name in USUAL if name in common), "")
    left_out = not any(USUAL[0] in schemas.properties(wire.payload) for wire in received)
    return found or (USUAL[0] if left_out else "")
