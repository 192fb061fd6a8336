"""What answers what, in both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from wsgen.config import ClientSettings, lines_of
from wsgen.model import Message
from wsgen.operations import Correlation, WireMessage
from wsgen.problems import Problems

from .correlation import correlation, has_outcome, ids_of, path_of
from .echo import says_echo
from .envelope import Wires
from .named import Names, SharedId, confirms_all, forms, names_of
from .schemas import Schemas
from .traffic import Traffic
from .words import about, answers_by_prose, is_answer, is_standing, pairs, words

__all__ = ["Answer", "Answers", "Source", "find_answers", "message_names", "split_wire_type"]

Source: TypeAlias = Literal["configured", "declared", "correlated", "echo", "named", "none"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes after one message.

    Attributes:
        replies: the messages of which one answers; empty: nothing does.
        refusals: those that answer when something went wrong.
        acknowledgement: FastWS's frame after a one-way message, which says nothing.
        source: how the replies were found.
        unasked: whether the replies can also come when nobody asked.
    """

    replies: tuple[WireMessage, ...] = ()
    refusals: tuple[WireMessage, ...] = ()
    acknowledgement: WireMessage | None = None
    source: Source = "none"
    correlation: Correlation | None = None
    certain: bool = True
    unasked: bool = False

    @property
    def all(self) -> tuple[WireMessage, ...]:
        return tuple({id(each): each for each in (*self.replies, *self.refusals)}.values())


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by the key of the message that is answered: of the server's to ours, of ours to the server's."""

    requests: Mapping[str, Answer]
    handlers: Mapping[str, Answer]


@dataclass(slots=True)
class _Side:
    """One direction: who asks, who answers, and all that the rules below look at."""

    asking: Mapping[str, Message]
    askers: Mapping[str, WireMessage]
    answers: Mapping[str, Message]
    answerers: Mapping[str, WireMessage]
    declared: Mapping[str, tuple[str, ...]]
    to_server: bool
    settings: ClientSettings
    traffic: Traffic
    wrapper: str | None
    schemas: Schemas
    problems: Problems
    by_name: Mapping[str, WireMessage] = field(default_factory=dict[str, WireMessage])
    names: Names = field(default_factory=lambda: names_of(()))
    shared: Mapping[str, SharedId] = field(default_factory=dict[str, SharedId])
    correlated: SharedId = field(default_factory=SharedId)
    keys: Mapping[int, str] = field(default_factory=dict[int, str])

    def candidates(self) -> tuple[WireMessage, ...]:
        return tuple(self.answerers.values())


def split_wire_type(wire: WireMessage) -> tuple[str, str]:
    """Domain and verb: a wire type at its last dot. Without a dot, or a wire type, the domain is empty."""
    if wire.discriminator.by != "constant":
        return "", wire.key
    domain, dot, verb = wire.key.rpartition(".")
    return (domain, verb) if dot and domain and verb else ("", wire.key)


def find_answers(
    settings: ClientSettings,
    traffic: Traffic,
    wires: Wires,
    wrapper: str | None,
    schemas: Schemas,
    problems: Problems,
) -> Answers:
    """The answer to each message of either side, by the message's key.

    The first of these that applies: the configuration (or `x-wsgen-replies` of the message), what the document
    declares (`reply`, `x-response`), a correlation id that both have, an id property of the same name in both,
    the same wire type in the other direction where something says that it answers, names (with a warning), none.
    """

    def side(*, to_server: bool) -> _Side:
        mine, theirs = (traffic.sent, wires.sent), (traffic.received, wires.received)
        (asking, askers), (answers, answerers) = (mine, theirs) if to_server else (theirs, mine)
        declared = traffic.declared if to_server else traffic.asked
        found = _Side(
            *(asking, askers, answers, answerers, declared, to_server, settings, traffic, wrapper, schemas, problems),
            by_name=message_names(answerers, traffic),
            names=names_of(answerers.values()),
            keys={id(wire): key for key, wire in answerers.items()},
        )
        found.shared, found.correlated = _shared_ids(found), _correlated(found)
        wanted = [about(name) for wire in askers.values() for name in forms(wire)]
        ends = frozenset(each[index:] for each in wanted for index in range(len(each)))
        for one in (*found.shared.values(), found.correlated):
            one.settle(ends)
        return found

    ours = side(to_server=True)
    requests = {key: _answer(ours, message) for key, message in traffic.sent.items()}
    requests = _with_pong_of_heartbeats(ours, requests)
    taken = {id(reply) for answer in requests.values() for reply in answer.all}
    free = {key for key, wire in wires.sent.items() if not requests[key].all and id(wire) not in taken}
    theirs = side(to_server=False)
    asked = {
        key: _asked(theirs, message, free)
        for key, message in traffic.received.items()
        if id(wires.received[key]) not in taken
    }
    for key, answer in requests.items():
        if answer.source == "named":
            _report_named(ours, ours.askers[key], answer)
    for key, answer in asked.items():
        if answer.source == "named":
            _report_named(theirs, theirs.askers[key], answer)
    return Answers(requests, {key: answer for key, answer in asked.items() if answer.replies})


def message_names(side: Mapping[str, WireMessage], traffic: Traffic) -> dict[str, WireMessage]:
    """What a configuration can call messages: wire types first, then ids, then what else the document says."""
    found: dict[str, WireMessage] = {}
    for wire in side.values():
        found.setdefault(wire.key, wire)
    for wire in side.values():
        found.setdefault(wire.id, wire)
    for key, wire in side.items():
        for name in traffic.spoken.get(key, ()):
            found.setdefault(name, wire)
    return found


def _answer(side: _Side, message: Message) -> Answer:
    wire = side.askers[message.key]
    configured = _configured(side, message, wire)
    if configured is not None:
        found = Answer(configured, source="configured")
        return _with_id(side, message, found)
    declared = _declared(side, message)
    if declared is not None:
        return _with_id(side, message, declared)
    if all(is_answer(name) for name in forms(wire)):
        return Answer()
    by_id = _by_correlation_id(side, message) or _by_id_property(side, wire)
    if by_id is not None:
        return by_id
    same = side.by_name.get(wire.key)
    tagged = same is not None and same.key == wire.key and same.discriminator.by == "constant"
    if same is not None and tagged and wire.discriminator.by == "constant":
        return _echo(side, message, wire, same)
    return _by_name(side, wire)


def _asked(side: _Side, message: Message, free: set[str]) -> Answer:
    """What the client answers: more is needed than for a request, since an application must then do it."""
    wire = side.askers[message.key]
    configured = _configured(side, message, wire)
    if configured is not None:
        return _with_id(side, message, Answer(configured, source="configured"))
    declared = _declared(side, message)
    if declared is not None:
        return _with_id(side, message, declared)
    found = _by_name(side, wire)
    replies = tuple(each for each in found.replies if side.keys[id(each)] in free)
    if not replies or not found.certain or found.unasked:
        return Answer()
    return _with_id(side, message, replace(found, replies=replies, refusals=()))


# What is said outright.


def _configured(side: _Side, message: Message, wire: WireMessage) -> tuple[WireMessage, ...] | None:
    domain, verb = split_wire_type(wire)
    settings = side.settings.domain(domain)
    names, place = settings.replies.get(verb), settings.place_of("replies")
    if names is not None and not side.to_server and not all(name in side.by_name for name in names):
        names = None  # it speaks of a message of that name which clients send
    if names is None:
        spoken = (wire.key, wire.id, *side.traffic.spoken.get(message.key, ()))
        names = next((side.settings.replies[each] for each in spoken if each in side.settings.replies), None)
        place = side.settings.place_of("replies")
    heartbeat = side.settings.heartbeat
    if names is None and side.to_server and heartbeat is not None and heartbeat.type == wire.key and heartbeat.reply:
        names = (heartbeat.reply,) if heartbeat.reply in side.by_name else None
    if names is None:
        return None
    for name in names:
        if name not in side.by_name:
            known = ", ".join(f"`{each.key}`" for each in side.candidates())
            sender = "the server" if side.to_server else "the client"
            text = f"the reply `{name}` of `{wire.key}` is no message that {sender} sends; those are {known}"
            side.problems.error("WSG413", text, place, "correct the name, or write an empty list for no reply")
    return tuple(side.by_name[name] for name in names if name in side.by_name)


def _declared(side: _Side, message: Message) -> Answer | None:
    keys = side.declared.get(message.key)
    if keys is None:
        return None
    if len(keys) == 1 and _is_none_reply(side, message, keys[0]):
        return Answer(acknowledgement=side.answerers[keys[0]])
    return Answer(tuple(side.answerers[key] for key in keys), source="declared")


def _is_none_reply(side: _Side, message: Message, key: str) -> bool:
    """FastWS answers a one-way message of a router with `<prefix>None`, without a payload.

    Both have the name of the handler, so that a message that is really called None is not mistaken for it.
    """
    reply, wire = side.answers[key], side.answerers[key]
    same_handler = bool(message.name) and reply.name == message.name
    return wire.payload is None and same_handler and split_wire_type(wire)[1] == "None"


# Ids.


def _with_id(side: _Side, message: Message, answer: Answer) -> Answer:
    """The answer with the id that it shares with what it answers, if there is one."""
    if not answer.replies:
        return answer
    path = _id_path(side, message)
    for reply in answer.all:
        other = _id_path(side, _message(side, reply))
        if path is not None and other is not None:
            wire = side.askers[message.key]
            return replace(answer, correlation=correlation(path, other, wire, side.schemas))
    wire = side.askers[message.key]
    return replace(answer, correlation=_shared_id(side, wire, answer.all))


def _message(side: _Side, wire: WireMessage) -> Message:
    return side.answers[side.keys[id(wire)]]


def _id_path(side: _Side, message: Message) -> str | None:
    """The path of a message's correlation id. There are no headers in a frame."""
    id = message.correlation_id
    if id is None:
        return None
    if id.source == "header":
        if side.to_server:
            side.problems.warning(
                "WSG415",
                f"the correlation id of `{message.id}` is in its headers, which WebSocket frames do not have; "
                "it is ignored",
                id.place,
                "name a property of the payload: `$message.payload#/requestId`",
            )
        return None
    return path_of(id, side.wrapper)


def _shared_id(side: _Side, wire: WireMessage, replies: Iterable[WireMessage]) -> Correlation | None:
    own = ids_of(wire, side.schemas)
    for reply in replies:
        theirs = ids_of(reply, side.schemas)
        for name, (path, kind) in own.items():
            if name in theirs:
                return Correlation(path, theirs[name][0], kind)
    return None


def _by_correlation_id(side: _Side, message: Message) -> Answer | None:
    path = _id_path(side, message)
    if path is None:
        return None
    wire, shared = side.askers[message.key], side.correlated
    replies, refusals = shared.answers_to(wire, side.names.near(wire))
    if not replies and len(shared.members) == 1:
        replies = (shared.members[0],)
    if not replies:
        return None
    found = correlation(path, shared.paths[id(replies[0])], wire, side.schemas)
    return Answer(replies, refusals, source="correlated", correlation=found)


def _by_id_property(side: _Side, wire: WireMessage) -> Answer | None:
    """Answers that repeat an id of the request."""
    for name, (path, kind) in ids_of(wire, side.schemas).items():
        shared = side.shared.get(name)
        replies, refusals = shared.answers_to(wire, side.names.near(wire)) if shared is not None else ((), ())
        if shared is not None and replies:
            found = Correlation(path, shared.paths[id(replies[0])], kind)
            return Answer(replies, refusals, source="correlated", correlation=found)
    return None


def _shared_ids(side: _Side) -> dict[str, SharedId]:
    """Those that can answer, by the names of the ids that they carry.

    Things have an `id` too: a message with one is an answer where it says how something went, or is called so.
    """
    found: dict[str, SharedId] = {}
    for wire in side.answerers.values():
        for name, (path, _) in ids_of(wire, side.schemas).items():
            if _answers(side, wire, plain=name == "id"):
                found.setdefault(name, SharedId()).add(wire, path)
    return found


def _correlated(side: _Side) -> SharedId:
    """Those that can answer and have a correlation id in their payload."""
    found = SharedId()
    for key, message in side.answers.items():
        id = message.correlation_id
        path = path_of(id, side.wrapper) if id is not None and id.source == "payload" else None
        if path is not None:
            found.add(side.answerers[key], path)
    return found


def _answers(side: _Side, each: WireMessage, *, plain: bool) -> bool:
    if any(is_answer(name) for name in forms(each)):
        return True
    return not plain or (has_outcome(each, side.schemas) and not about(each.id))


# Names.


def _by_name(side: _Side, wire: WireMessage) -> Answer:
    replies: list[WireMessage] = []
    refusals: list[WireMessage] = []
    certain, unasked = True, False
    for each in side.names.near(wire):
        kinds = [found for asking in forms(wire) for name in forms(each) if (found := pairs(asking, name))]
        if kinds and kinds[0][0] == "refusal":
            refusals.append(each)
        elif kinds:
            replies.append(each)
            certain = certain and any(sure for _, sure in kinds)
            unasked = unasked or not _says_so(each)
    if not replies:
        general = [(each, confirms_all(wire, each)) for each in side.names.near(wire)]
        replies = [each for each, kind in general if kind == "reply"]
        refusals += [each for each, kind in general if kind == "refusal" and each not in refusals]
    if not replies:
        told = _told(side, wire)
        replies, certain, unasked = [each for each, _ in told], all(sure for _, sure in told), True
    if not replies:
        return Answer(refusals=tuple(refusals), source="none")
    answer = Answer(tuple(replies), tuple(refusals), source="named", certain=certain, unasked=unasked)
    return replace(answer, correlation=_shared_id(side, wire, answer.all))


def _told(side: _Side, wire: WireMessage) -> list[tuple[WireMessage, bool]]:
    """Those whose own descriptions say that they answer it, and whether that is beyond doubt."""
    found: list[tuple[WireMessage, bool]] = []
    for each in side.names.telling:
        said = answers_by_prose(f"{each.summary}. {each.description}", forms(wire))
        if each.key != wire.key and said is not None:
            found.append((each, said))
    sure = [pair for pair in found if pair[1]]
    return sure or found


def _says_so(wire: WireMessage) -> bool:
    """Whether a message is called an answer, or what only answers are called."""
    if any(is_answer(name) or is_standing(name) for name in forms(wire)):
        return True
    return any(not _PAST.isdisjoint(words(name)) for name in forms(wire))


_PAST = frozenset({"subscribed", "unsubscribed", "authenticated", "authorized", "resumed", "registered", "identified"})


def _with_pong_of_heartbeats(side: _Side, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """A `pong` that answers no `ping` answers the one heartbeat."""
    taken = {id(reply) for answer in answers.values() for reply in answer.all}
    pongs = [each for each in side.candidates() if about(each.id) == ("pong",) and id(each) not in taken]
    beats = [key for key, wire in side.askers.items() if about(wire.id)[-1:] == ("heartbeat",) and not answers[key].all]
    if len(pongs) != 1 or len(beats) != 1:
        return dict(answers)
    answer = Answer((pongs[0],), source="named")
    found = replace(answer, correlation=_shared_id(side, side.askers[beats[0]], answer.replies))
    return {**answers, beats[0]: found}


def _echo(side: _Side, message: Message, wire: WireMessage, same: WireMessage) -> Answer:
    """The same wire type in the other direction: an answer where something says so, else others' messages."""
    reply = _message(side, same)
    shared = _shared_id(side, wire, [same])
    if shared is not None or says_echo(message, reply, wire, side.schemas):
        return Answer((same,), source="echo", correlation=shared)
    if side.to_server:
        side.problems.warning(
            "WSG416",
            f"`{wire.key}` goes both ways, and nothing says that the server's is the answer to the client's: "
            "it is sent, and listened for",
            wire.place,
            "say in the configuration whether it is",
            ((same.place, "what the server sends"),),
            _settled_by((wire, (), "as it is taken"), (wire, [same], "the server's is the answer")),
        )
    return Answer()


def _report_named(side: _Side, wire: WireMessage, answer: Answer) -> None:
    replies = answer.all
    listed = " or ".join(f"`{each.key}`" for each in replies)
    side.problems.warning(
        "WSG412",
        f"{listed} is taken as the reply to `{wire.key}` by its name alone",
        wire.place,
        "say so in the document (`x-response`, or `reply` in 3.x), or in the configuration",
        ((replies[0].place, "the reply"),),
        _settled_by((wire, replies, "this is the reply"), (wire, (), "nothing answers")),
    )


def _settled_by(*ways: tuple[WireMessage, Sequence[WireMessage], str]) -> str:
    return lines_of(
        *((("replies", wire.key), [each.key for each in replies], meaning) for wire, replies, meaning in ways),
    )
