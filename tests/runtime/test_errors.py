"""The tree of errors: each is a sentence with its facts as attributes, and survives pickle and copy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from wsgen_runtime import errors
from wsgen_runtime.errors import (
    AmbiguousRoute,
    CallTimeout,
    Closed,
    ConnectionFailed,
    ConnectionFault,
    ConnectionLost,
    HandshakeRejected,
    InvalidPayload,
    InvalidRequest,
    LocalError,
    OptionsConflict,
    RemoteError,
    RequestTimeout,
    SlowConsumer,
    SubscribeTimeout,
    SubscriptionRejected,
    TopicMismatch,
    WsgenError,
)

EXAMPLES: list[tuple[WsgenError, dict[str, object], str]] = [
    (OptionsConflict("timeout"), {"option": "timeout"}, "`timeout`"),
    (AmbiguousRoute("bars"), {"domain": "bars"}, "`bars`"),
    (
        InvalidRequest("bars.subscribe", "$.symbol", "expected text"),
        {"message": "bars.subscribe", "path": "$.symbol", "problem": "expected text"},
        "`bars.subscribe` was not sent: expected text at `$.symbol`",
    ),
    (Closed(), {}, "the client is closed"),
    (SlowConsumer("bars", 4096), {"domain": "bars", "queued": 4096}, "4096 messages"),
    (
        SubscriptionRejected("bars", "no such symbol", {"status": "error"}),
        {"domain": "bars", "message": "no such symbol", "reply": {"status": "error"}},
        "the server refused the subscription to `bars`: no such symbol",
    ),
    (
        TopicMismatch("bars", "bars:A", "bars:B"),
        {"domain": "bars", "expected": "bars:A", "topic": "bars:B"},
        "`bars`: expected the topic 'bars:A', the server confirmed 'bars:B'",
    ),
    (
        InvalidPayload("bars.update", "$.payload", "missing"),
        {"message": "bars.update", "path": "$.payload", "problem": "missing"},
        "`bars.update` of the server is not valid: missing at `$.payload`",
    ),
    (HandshakeRejected(403), {"status": 403, "retry_after": None}, "HTTP status 403"),
    (HandshakeRejected(302, detail="elsewhere"), {"status": 302, "detail": "elsewhere"}, "302: elsewhere"),
    (
        ConnectionLost(1006, "gone", "maybe"),
        {"code": 1006, "reason": "gone", "sent": "maybe"},
        "the connection was lost with code 1006 (gone); what was sent may have reached the server",
    ),
    (
        ConnectionLost(None, "", "no"),
        {"code": None, "reason": "", "sent": "no"},
        "the connection was lost without a close frame",
    ),
    (ConnectionFailed(1, None), {"attempts": 1, "cause": None}, "no connection after 1 attempt"),
    (
        ConnectionFailed(5, HandshakeRejected(503)),
        {"attempts": 5},
        "no connection after 5 attempts: the server refused the connection with HTTP status 503",
    ),
    (RequestTimeout("chat.join", 5.0), {"message": "chat.join", "timeout": 5.0}, "no answer to `chat.join` within 5 s"),
    (SubscribeTimeout("bars.subscribe", 0.5), {"message": "bars.subscribe", "timeout": 0.5}, "within 0.5 s"),
]


def _copied(error: WsgenError) -> WsgenError:
    return copy.copy(error)


def _deeply_copied(error: WsgenError) -> WsgenError:
    return copy.deepcopy(error)


def _pickled(error: WsgenError) -> WsgenError:
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, WsgenError)
    return again


def facts(error: WsgenError) -> dict[str, object]:
    return {name: str(fact) if isinstance(fact, Exception) else fact for name, fact in vars(error).items()}


@pytest.mark.parametrize(("error", "expected", "words"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_facts_and_sentence(error: WsgenError, expected: dict[str, object], words: str) -> None:
    assert {name: getattr(error, name) for name in expected} == expected
    assert words in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("again", [_copied, _deeply_copied, _pickled])
@pytest.mark.parametrize("error", [entry[0] for entry in EXAMPLES], ids=lambda error: type(error).__name__)
def test_pickle_and_copy_keep_all(error: WsgenError, again: Callable[[WsgenError], WsgenError]) -> None:
    other = again(error)

    assert other is not error
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert facts(other) == facts(error)


def test_the_examples_have_every_class_that_is_raised() -> None:
    bases = {WsgenError, LocalError, RemoteError, ConnectionFault, CallTimeout}
    classes = {getattr(errors, name) for name in errors.__all__}

    assert {type(error) for error, _, _ in EXAMPLES} == classes - bases


def test_a_timeout_is_a_timeout_error_too() -> None:
    assert issubclass(RequestTimeout, TimeoutError)
    assert issubclass(SubscribeTimeout, TimeoutError)


def _drawn() -> dict[str, str]:
    """Child to parent, as the picture at the top of the module has it."""
    parents: dict[str, str] = {}
    stack: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        words = [word for word in line.split() if word.isidentifier()]
        drawn = line.startswith("    ") and words and hasattr(errors, words[0])
        if drawn:
            depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
            del stack[depth:]
            if stack:
                parents[words[0]] = stack[-1]
            stack.append(words[0])
    return parents


def test_the_picture_is_the_tree() -> None:
    tree = {
        name: next(base.__name__ for base in getattr(errors, name).__bases__ if issubclass(base, WsgenError))
        for name in errors.__all__
        if name != "WsgenError"
    }

    assert _drawn() == tree
