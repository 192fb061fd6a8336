"""What a connection tells the log: one logger, named after the package; one line per event; no secrets."""

from __future__ import annotations

import logging

import pytest
from wsgen_runtime.errors import ConnectionLost
from wsgen_runtime.options import Delivery
from wsgen_runtime.session import Consumer

from .sessions import Bench, ok, released, topic_of, update

NAME = "scenarios"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger=NAME)
    return caplog


def lines(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Level and text of every line since the last time."""
    found = [(record.levelname, record.getMessage()) for record in log.records]
    assert {record.name for record in log.records} <= {NAME}
    assert all("\n" not in text for _, text in found)
    log.clear()
    return found


def test_the_life_of_a_connection(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    assert lines(log) == [("INFO", "connected")]

    bench.held("AAPL", lambda _: None)
    bench.receive(update("AAPL", 1))
    assert lines(log) == []

    bench.session.close(bench.lease)
    bench.receive(released("bars", topic_of("AAPL")))
    bench.advance(2)
    assert lines(log) == [("INFO", "closed")]


def test_each_failed_attempt_is_one_line(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    call = bench.session.connect(bench.lease)
    for delay in (1, 2, 4, 8, 0):
        bench.collect()
        bench.session.unreachable(bench.attempts[-1].generation, OSError("refused"))
        bench.advance(delay)

    assert lines(log) == [
        ("INFO", "attempt 1 failed: refused; the next one in 1 s"),
        ("INFO", "attempt 2 failed: refused; the next one in 2 s"),
        ("INFO", "attempt 3 failed: refused; the next one in 4 s"),
        ("INFO", "attempt 4 failed: refused; the next one in 8 s"),
        ("ERROR", "failed: no connection after 5 attempts: refused"),
    ]
    assert call.settled


def test_an_answer_to_the_unsubscribe_that_is_none(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    refused, silent = bench.held("AAPL", lambda _: None), bench.held("MSFT", lambda _: None)
    lines(log)

    bench.session.leave(refused)
    bench.session.leave(silent)
    bench.receive(released("bars", topic_of("AAPL"), status="error"))
    bench.advance(5)

    assert lines(log) == [
        ("WARNING", "bars: the server refused the unsubscribe: 'no'"),
        ("WARNING", "bars: no answer to the unsubscribe"),
    ]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (b'{"type": "unheard"}', "%d unknown messages so far; this one is 'unheard'"),
        (b"not json", "%d invalid messages so far; this one: "),
        (b'{"type": "chat.message"}', "%d messages so far that nobody waited for; this one is of chat.message"),
        (b'{"type": "pong"}', "%d messages so far that nobody waited for; this one is of pong"),
    ],
)
def test_the_first_of_a_kind_and_every_thousandth(log: pytest.LogCaptureFixture, frame: bytes, words: str) -> None:
    bench = Bench()
    bench.connect()
    lines(log)

    for _ in range(2_500):
        bench.session.receive(frame)

    found = lines(log)
    assert [level for level, _ in found] == ["WARNING"] * 3
    for (_, text), count in zip(found, (1, 1_000, 2_000), strict=True):
        assert text.startswith(words % count)


def test_a_slow_consumer_is_one_line(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    bench.held("AAPL", delivery=Delivery("fail"))
    lines(log)

    bench.receive(*(update("AAPL", n) for n in range(4_200)))

    assert lines(log) == [("WARNING", "a consumer of `bars` was ended: 4096 messages were waiting for it")]


def test_a_callback_that_raised_is_one_line_with_its_traceback(log: pytest.LogCaptureFixture) -> None:
    def callback(value: int) -> None:
        raise ValueError(f"no {value}")

    bench = Bench()
    bench.connect()
    bench.held("AAPL", callback)
    lines(log)

    bench.receive(update("AAPL", 7))

    (record,) = log.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)
    assert lines(log) == [("ERROR", "bars: a callback raised ValueError: no 7")]


def test_an_end_that_nobody_awaited(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    bench.held("AAPL", lambda _: None)
    watched = bench.held("MSFT", lambda _: None)
    watched.watched = True
    bench.held("GOOG")
    pending, call = bench.bars("IBM", lambda _: None)
    lines(log)

    domain = bench.session._domains[id(bench.operations.subscriptions["bars"])]
    domain.lost(lambda sent: ConnectionLost(1003, "gone", "maybe" if sent else "no"))

    assert call.error is pending.error, "a pending call raises the cause: that is no end that nobody awaited"
    ((level, text),) = lines(log)
    assert level == "ERROR"
    assert text.startswith("bars: the subscription ended: the connection was lost with code 1003 (gone)")


def test_an_end_of_ones_own_is_no_line(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    consumer = bench.held("AAPL", lambda _: None)
    bench.held("MSFT", lambda _: None)
    lines(log)

    bench.session.leave(consumer)
    bench.receive(released("bars", topic_of("AAPL")))
    bench.session.close(bench.lease)
    bench.advance(1)

    assert lines(log) == [("INFO", "closed")]


def test_frames_are_told_at_debug_level_only_and_cut(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger=NAME)
    bench = Bench()
    bench.connect()
    bench.bars("A" * 1_000, lambda _: None)
    bench.receive(ok("bars", "B" * 1_000))

    found = [text for level, text in lines(caplog) if level == "DEBUG"]
    assert [text[0] for text in found] == [">", "<"]
    assert "bars.subscribe" in found[0]
    assert "bars.subscribe.response" in found[1]
    assert all(len(text) < 220 for text in found)


def test_whether_frames_are_told_is_read_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=NAME)
    bench = Bench()
    caplog.set_level(logging.DEBUG, logger=NAME)
    bench.connect()
    bench.held("AAPL", lambda _: None)

    assert {level for level, _ in lines(caplog)} == {"INFO"}


def test_words_of_the_server_are_cut_and_quoted(log: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()
    lines(log)

    bench.receive({"type": "evil\nINFO connected" + "x" * 10_000})

    ((level, text),) = lines(log)
    assert level == "WARNING"
    assert len(text) < 300


def test_the_log_is_never_configured_by_the_runtime() -> None:
    logger = logging.getLogger(NAME)
    before = (logger.level, list(logger.handlers), logger.propagate)

    Bench().connect()

    assert (logger.level, logger.handlers, logger.propagate) == before
    assert Consumer("bars", None).watched is False
