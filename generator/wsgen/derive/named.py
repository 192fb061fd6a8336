"""Messages by what their names are about, so that an answer is found without comparing all names with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wsgen.operations import WireMessage

from .words import (
    CONFIRMING,
    Answering,
    Words,
    about,
    answering,
    confirms,
    got,
    is_answer,
    is_subscribe,
    is_unsubscribe,
    pairs,
    pong,
    says_answer,
    standing,
)

__all__ = ["Names", "SharedId", "confirms_all", "forms", "is_named", "names_of", "refuses"]


def forms(wire: WireMessage) -> tuple[str, ...]:
    """What a message is called: its wire type and its id."""
    return tuple(dict.fromkeys((wire.key, wire.id)))


def refuses(wire: WireMessage) -> bool:
    """Whether a message is called a refusal."""
    return any(answering(name)[0] == "refusal" for name in forms(wire))


@dataclass(frozen=True, slots=True)
class Names:
    """The messages that can answer, by the roots of what their names are about.

    Attributes:
        telling: those whose descriptions say that they answer something.
    """

    meanings: Mapping[Words, Sequence[WireMessage]]
    telling: Sequence[WireMessage]

    def near(self, wire: WireMessage) -> list[WireMessage]:
        """Those whose names could be that of the answer to `wire`, in document order."""
        found: dict[int, WireMessage] = {}
        for name in forms(wire):
            wanted = about(name)
            keys: list[Words] = [wanted[index:] for index in range(len(wanted))]
            keys += [pong(wanted), *standing(wanted), *got(name)]
            if is_subscribe(name) or is_unsubscribe(name):
                keys += CONFIRMING
            for key in keys:
                found.update((id(each), each) for each in self.meanings.get(key, ()))
        found.pop(id(wire), None)
        return list(found.values())


def names_of(wires: Iterable[WireMessage]) -> Names:
    meanings: dict[Words, list[WireMessage]] = {}
    telling: list[WireMessage] = []
    for wire in wires:
        for name in forms(wire):
            same = meanings.setdefault(answering(name)[1], [])
            if wire not in same[-1:]:
                same.append(wire)
        if says_answer(f"{wire.summary}. {wire.description}"):
            telling.append(wire)
    return Names(meanings, telling)


def is_named(wire: WireMessage, reply: WireMessage, kind: Answering) -> bool:
    """Whether a message is called like the answer to another one, or like the end of its name."""
    for asking in forms(wire):
        wanted = about(asking)
        for name in forms(reply):
            found, said = answering(name)
            paired = pairs(asking, name)
            if paired is not None and paired[0] == kind:
                return True
            if found == kind and said and wanted[-len(said) :] == said:
                return True
    return False


def confirms_all(wire: WireMessage, reply: WireMessage) -> Answering | None:
    """Whether a message answers every subscribe, whatever it is about, and `wire` is one."""
    for asking in forms(wire):
        for name in forms(reply):
            kind = confirms(asking, name)
            if kind is not None:
                return kind
    return None


@dataclass(slots=True)
class SharedId:
    """The messages that carry an id of one name, and where.

    Attributes:
        general: those that answer whatever has the id: their names are about nothing, or about no request.
    """

    paths: dict[int, str] = field(default_factory=dict[int, str])
    members: list[WireMessage] = field(default_factory=list[WireMessage])
    general: list[WireMessage] = field(default_factory=list[WireMessage])

    def add(self, wire: WireMessage, path: str) -> None:
        if id(wire) not in self.paths:
            self.paths[id(wire)] = path
            self.members.append(wire)

    def settle(self, wanted: frozenset[Words]) -> None:
        """Find the general ones. `wanted` has what requests are about, and every end of that."""
        for wire in self.members:
            said = [answering(name) for name in forms(wire)]
            called = [about for kind, about in said if kind is not None]
            if not called:
                general = len(self.members) == 1 and not any(is_answer(name) for name in forms(wire))
            else:
                general = () in called or not any(each in wanted for each in called)
            if general:
                self.general.append(wire)

    def answers_to(
        self, wire: WireMessage, near: Iterable[WireMessage]
    ) -> tuple[tuple[WireMessage, ...], tuple[WireMessage, ...]]:
        """Which of them answer, and which refuse: those with the name of `wire`, else those with nobody's."""
        own = [each for each in near if id(each) in self.paths]

        def called(kind: Literal["reply", "refusal"]) -> list[WireMessage]:
            return [each for each in own if is_named(wire, each, kind)]

        named, refusing = called("reply"), called("refusal")
        if not named:
            named = [each for each in own if confirms_all(wire, each) == "reply"]
        others = [each for each in self.general if each is not wire]
        errors = [each for each in others if refuses(each) and each not in refusing]
        replies = named or [each for each in others if not refuses(each)]
        return tuple(replies), (*refusing, *errors)
