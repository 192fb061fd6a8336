"""What the names of messages say: their words, what they are about, and whether they ask, answer or refuse.

All tables are in lower case and by *roots*: "subscribed", "subscription" and "subscribes" have the root "subscrib".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, TypeAlias

__all__ = [
    "CONFIRMING",
    "Answering",
    "Words",
    "about",
    "answering",
    "answers_by_prose",
    "confirms",
    "got",
    "is_answer",
    "is_control",
    "is_standing",
    "is_subscribe",
    "is_unsubscribe",
    "pairs",
    "pong",
    "root",
    "roots",
    "says_answer",
    "spoken",
    "standing",
    "topic_of",
]

Words: TypeAlias = tuple[str, ...]
Answering: TypeAlias = Literal["reply", "refusal"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[_\-./:\s]+(?!>)")
_WORD = re.compile(r"[^\W_]+")

IRREGULAR = {
    "subscription": "subscrib",
    "subscriptions": "subscrib",
    "sub": "subscrib",
    "unsub": "unsubscrib",
    "unsubscription": "unsubscrib",
    "authentication": "auth",
    "authenticate": "auth",
    "authenticated": "auth",
    "authorization": "auth",
    "authorisation": "auth",
    "authorize": "auth",
    "authorise": "auth",
    "authorized": "auth",
    "authorised": "auth",
    "registration": "register",
    "left": "leav",
    "sent": "send",
    "got": "get",
    "gone": "go",
    "status": "status",
    "news": "news",
}
"""Roots that the endings do not give."""

ENDINGS = ("ations", "ation", "ating", "ates", "ated", "ate", "ions", "ion", "ing", "ied", "ed", "ies", "s", "e")

ASKING = frozenset({"request", "req", "command", "cmd", "call", "query"})
REPLYING = frozenset(
    {
        *("response", "resp", "res", "reply", "answer", "result", "ack", "acknowledgement", "acknowledgment"),
        *("ok", "success", "successful", "succeeded", "confirmation", "confirmed", "complete", "completed"),
        *("done", "accepted", "finished"),
    }
)
REFUSING = frozenset(
    {"error", "err", "failed", "failure", "fail", "rejected", "reject", "refused", "denied", "nack", "exception"}
)
FILLING = frozenset(
    {
        *("message", "messages", "msg", "event", "events", "payload", "frame", "packet", "data"),
        *("client", "server", "ws", "websocket", "socket", "rpc", "json", "generic", "general", "common", "api"),
        *("the", "a", "an", "to", "of", "for", "from", "on", "stream", "streams", "control", "management"),
    }
)
"""Words that say nothing of what a message is about, where others are left."""

UPDATING = frozenset(
    {
        *("update", "updates", "updated", "notification", "notifications", "notify", "push", "delta", "snapshot"),
        *("change", "changed", "changes", "new", "received", "batch", "tick"),
    }
)
GETTING = frozenset({"get", "list", "fetch", "request", "query", "read", "load"})
LISTING = frozenset({"list", "info", "data", "state"})
SESSION = frozenset({"subscrib", "unsubscrib", "auth", "resum", "register", "identify", "login", "connect", "termin"})
"""What only the sender itself is told of: "authenticated" answers "authenticate", and "message deleted" is news."""

OTHER_ORDERS = frozenset({"update", "cancel", "delete", "remove", "list", "get", "modify", "close", "end", "set"})
"""What else can be done with a subscription."""

CONTROL = frozenset(
    {
        *("error", "err", "errors", "exception", "warning", "ping", "pong", "heartbeat", "heartbeats", "hb"),
        *("keepalive", "hello", "welcome", "connected", "connection", "disconnected", "disconnect", "reconnect"),
        *("auth", "authenticated", "authentication", "authorized", "unauthorized", "login", "logout", "loggedin"),
        *("ack", "ok", "goodbye", "bye", "close", "closed", "maintenance"),
    }
)
"""Words of messages about the connection itself, which no subscription has as its updates."""


def spoken(text: str) -> str:
    """Names in camel case or with separators as words; prose stays as it is."""
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", text))


@lru_cache(maxsize=16_384)
def words(name: str) -> Words:
    """The words of a name, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(spoken(name)))


@lru_cache(maxsize=16_384)
def root(word: str) -> str:
    """What a word has in common with its plural, participle and noun."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "us")):
            rest = word.removesuffix(ending)
            doubled = ending in ("ed", "ing") and rest[-1] == rest[-2] and rest[-1] not in "sl"
            rest = rest[:-1] if doubled else rest + "y" if ending in ("ied", "ies") else rest
            return IRREGULAR.get(rest, rest.removesuffix("e"))
    return word


def roots(names: Iterable[str]) -> Words:
    return tuple(root(word) for word in names)


def about(name: str) -> Words:
    """The roots of what a message is about: without words that ask, and without such as say nothing."""
    return _asked(words(name))


def _asked(given: Words) -> Words:
    """What is asked for; a message that is just called "query" is about that."""
    return _meaning(word for word in given if word not in ASKING) or _meaning(given)


def _meaning(rest: Iterable[str]) -> Words:
    """Roots, without filling words as long as others are left."""
    kept = tuple(rest)
    telling = tuple(word for word in kept if word not in FILLING)
    return roots(telling)


def answering(name: str) -> tuple[Answering | None, Words]:
    """Whether a name says that the message answers or refuses, and the roots of what it is about."""
    given = words(name)
    kind: Answering | None = None
    if any(word in REFUSING for word in given):
        kind = "refusal"
    elif any(word in REPLYING for word in given):
        kind = "reply"
    if kind is None:
        return None, _meaning(given)
    return kind, _meaning(word for word in given if word not in REPLYING and word not in REFUSING)


def pairs(asking: str, answer: str) -> tuple[Answering, bool] | None:
    """Whether one name is that of the answer to the other: as what, and whether that is beyond doubt.

    `x` and `x_response`, `XRequest` and `XResponse`, `x` and `x_ack`, `x_ok`, `x_error`; `ping` and `pong`;
    `subscribe` and `subscribed`; `get_x` or `list_x` and `x` (which may also come unasked).
    """
    wanted = about(asking)
    kind, said = answering(answer)
    if not wanted:
        return None
    if kind is not None and (said == wanted or _ping(wanted, said)):
        return kind, True
    if kind is not None:
        return None
    if said in standing(wanted):
        return "reply", True
    if _ping(wanted, said) or (said == wanted and set(wanted) & SESSION and words(answer) != words(asking)):
        return "reply", words(answer)[-1] not in ASKING
    return ("reply", True) if _got(words(asking), words(answer)) else None


_STANDING = (("subscrib",), ("unsubscrib",), ("subscrib", "status"), ("subscrib", "stat"))
"""`subscribe` is answered with the `subscription_status`, and so is `unsubscribe`."""


def confirms(asking: str, answer: str) -> Answering | None:
    """Whether a message confirms or refuses all subscribes, or all unsubscribes: `SubscribeTicker`, `subscribed`."""
    wanted = "subscrib" if is_subscribe(asking) else "unsubscrib" if is_unsubscribe(asking) else ""
    if not wanted:
        return None
    kind, said = answering(answer)
    if is_standing(answer):
        return "reply"
    if said != (wanted,):
        return None
    return kind or ("reply" if any(word.endswith("ed") for word in words(answer)) else None)


CONFIRMING: tuple[Words, ...] = (("subscrib",), ("unsubscrib",), ("subscrib", "status"), ("subscrib", "stat"))
"""What those are about."""


def is_standing(name: str) -> bool:
    """Whether a message says how subscriptions stand, which is what subscribing is answered with."""
    return answering(name)[1] in _STANDING[2:]


def is_answer(name: str) -> bool:
    """Whether a message is called an answer, so that nothing answers it."""
    return answering(name)[0] is not None or "pong" in words(name)


_ANSWERS_TO = re.compile(
    r"\b(?:repl(?:y|ies)|respon(?:se|ds?)|answers?|acknowledge?ments?|confirmation) (?:to|of|for) "
    r"(?P<after>[^.;\n]{1,60})"
    r"|\bconfirm(?:s|ing) (?P<confirmed>[^.;\n]{1,60})"
    r"|\bafter (?:a |an |the )?successful (?P<success>[^.;\n]{1,40})",
    re.IGNORECASE,
)


def says_answer(text: str) -> bool:
    """Whether a description says that a message answers something."""
    return _ANSWERS_TO.search(text) is not None


def answers_by_prose(text: str, asking: Iterable[str]) -> bool | None:
    """Whether a message's description says that it answers one of these names; None: it does not.

    False is less than that: "sent after a successful Hello" can be said of what comes later, too.
    """
    wanted = [about(name) for name in asking]
    for found in _ANSWERS_TO.finditer(text):
        said = _asked(words(found["after"] or found["confirmed"] or found["success"]))
        if any(each and said[: len(each)] == each for each in wanted):
            return found["success"] is None
    return None


def pong(wanted: Words) -> Words:
    """What the answer to a ping is about."""
    return tuple("pong" if each == "ping" else each for each in wanted)


def _ping(wanted: Words, said: Words) -> bool:
    return "ping" in wanted and said == pong(wanted)


def standing(wanted: Words) -> tuple[Words, ...]:
    """What the answer to a plain subscribe is about, where it says how subscriptions stand."""
    return _STANDING[2:] if wanted in _STANDING[:2] else ()


def got(asking: str) -> tuple[Words, ...]:
    """What the answer to `get_x` or `list_x` is about; as `answering` says it."""
    plain = tuple(word for word in words(asking) if word not in FILLING)
    if len(plain) < 2 or plain[0] not in GETTING:
        return ()
    rest = roots(plain[1:])
    return (rest, *((*rest, root(word)) for word in LISTING))


def _got(asking: Words, answer: Words) -> bool:
    """`get_state` and `state`, `list_devices` and `device_list`."""
    return _meaning(answer) in got(" ".join(asking))


def is_subscribe(name: str) -> bool:
    """Whether a name is an order to subscribe: `subscribe`, `eth_subscribe`, `TickerSubscription`."""
    return _ordered(name, "subscrib", "subscribe", "sub")


def is_unsubscribe(name: str) -> bool:
    """The same for `unsubscribe`."""
    return _ordered(name, "unsubscrib", "unsubscribe", "unsub")


def _ordered(name: str, wanted: str, *verbs: str) -> bool:
    given = [word for word in words(name) if word not in FILLING]
    asked = [word for word in given if word not in ASKING]
    if not asked or len(given) > 6 or given[0] in OTHER_ORDERS:
        return False
    order = any(word in verbs for word in given)
    noun = root(asked[-1]) == wanted and not asked[-1].endswith("ed")
    return order or noun


def topic_of(name: str) -> Words:
    """The roots of what a subscription or an update is about, which are the same for both."""
    dropped = {"subscrib", "unsubscrib", *roots(UPDATING), *roots(ASKING)}
    kept = tuple(word for word in words(name) if word not in FILLING)
    return tuple(each for each in roots(kept) if each not in dropped)


def is_control(name: str) -> bool:
    """Whether a message is about the connection itself: a greeting, a heartbeat, an error."""
    given = [word for word in words(name) if word not in FILLING]
    return any(word in CONTROL for word in given)
