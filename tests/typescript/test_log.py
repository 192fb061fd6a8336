"""What a connection tells the log in TypeScript. That it tells as much as in Python is shown by `test_same_steps`."""

from __future__ import annotations

from typing import Any

import pytest

from .other import Other


def lines(other: Other, *steps: dict[str, Any], options: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """Level and text of every line."""
    found = [tuple(line) for seen in other.seen(options or {}, list(steps)) for line in seen["log"]]
    assert all(text.startswith("scenarios: ") and "\n" not in text for _, text in found)
    return [(level, text.removeprefix("scenarios: ")) for level, text in found]


CONNECTED: tuple[dict[str, Any], ...] = ({"connect": True}, {"opened": True})
HELD: tuple[dict[str, Any], ...] = (
    {"subscribe": "bars", "params": {"symbol": "A"}, "as": "a"},
    {"frame": {"type": "bars.subscribe.response", "payload": {"status": "ok", "topic": "bars:A"}}},
)
UPDATE: dict[str, Any] = {"frame": {"type": "bars.update", "payload": {"topic": "bars:A", "payload": {}}}}


def test_the_life_of_a_connection(other: Other) -> None:
    found = lines(
        other,
        *CONNECTED,
        *HELD,
        UPDATE,
        {"lost": 1012},
        {"advance": 0.25},
        {"opened": True},
        {"close": True},
        {"advance": 1},
    )
    assert found == [
        ("INFO", "connected"),
        (
            "INFO",
            "reconnecting in 0.25 s (attempt 1): the connection was lost with code 1012; what was sent may have "
            "reached the server; the server ended the connection",
        ),
        ("INFO", "reconnected; 1 subscriptions are renewed"),
        ("INFO", "closed"),
    ]


def test_each_failed_attempt_is_one_line(other: Other) -> None:
    tries = [step for delay in (1, 2, 4, 8, 1) for step in ({"unreachable": True}, {"advance": delay})]
    assert lines(other, {"connect": True}, *tries) == [
        ("INFO", "attempt 1 failed: refused; the next one in 1 s"),
        ("INFO", "attempt 2 failed: refused; the next one in 2 s"),
        ("INFO", "attempt 3 failed: refused; the next one in 4 s"),
        ("INFO", "attempt 4 failed: refused; the next one in 8 s"),
        ("ERROR", "failed: no connection after 5 attempts: refused"),
    ]


def test_what_the_server_says_of_an_unsubscribe(other: Other) -> None:
    refusal = {"type": "bars.unsubscribe.response", "payload": {"status": "error", "message": "no", "topic": "bars:A"}}
    left: tuple[dict[str, Any], ...] = (*CONNECTED, *HELD, {"unsubscribe": "a"})

    assert lines(other, *left, {"frame": refusal})[1:] == [
        ("WARNING", 'bars: the server refused the unsubscribe: "no"')
    ]
    assert lines(other, *left, {"advance": 5})[1:] == [("WARNING", "bars: no answer to the unsubscribe")]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"frame": {"type": "unheard"}}, '%d unknown messages; this one is "unheard"'),
        ({"text": "not json"}, "%d invalid messages; this one: "),
        ({"frame": {"type": "pong"}}, "%d messages that nobody waited for; this one is of pong"),
    ],
)
def test_the_first_of_a_kind_and_every_thousandth(other: Other, step: dict[str, Any], words: str) -> None:
    found = lines(other, *CONNECTED, *[step] * 2_500)[1:]

    assert [level for level, _ in found] == ["WARNING"] * 3
    for (_, text), count in zip(found, (1, 1_000, 2_000), strict=True):
        assert text.startswith(words % count)


def test_a_callback_that_threw_is_one_line(other: Other) -> None:
    assert lines(other, *CONNECTED, *HELD, {"raises": "a"}, UPDATE)[1:] == [("ERROR", "bars: a callback threw")]


def test_a_slow_consumer_is_one_line(other: Other) -> None:
    subscribe, confirmed = HELD
    options = {"delivery": {"bars": {"policy": "fail", "limit": 2}}}
    found = lines(other, *CONNECTED, {**subscribe, "stream": True}, confirmed, *[UPDATE] * 4, options=options)
    assert found[1:] == [("WARNING", "a consumer of `bars` was ended: 2 messages were waiting for it")]


def test_words_of_the_server_are_cut_and_quoted(other: Other) -> None:
    ((level, text),) = lines(other, *CONNECTED, {"frame": {"type": "evil\nINFO connected" + "x" * 10_000}})[1:]
    assert level == "WARNING"
    assert len(text) < 300
