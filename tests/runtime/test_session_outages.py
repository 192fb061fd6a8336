"""What scenarios cannot see of a lost connection: its log, what errors carry, and what comes before what."""

from __future__ import annotations

import logging

import pytest
from wsgen_runtime.errors import ConnectionFailed, ConnectionLost, HandshakeRejected, RemoteError, SlowConsumer
from wsgen_runtime.options import Delivery, Heartbeat, Retry, SessionOptions
from wsgen_runtime.retry import Verdict
from wsgen_runtime.session import Abort, Consumer

from .sessions import Bench, ok, topic_of, update

NAME = "scenarios"


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.connect()
    bench.advance(10)
    return bench


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger=NAME)
    return caplog


def lines(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [(record.levelname, record.getMessage()) for record in log.records]
    log.clear()
    return found


def fail_attempt(bench: Bench) -> None:
    bench.session.unreachable(bench.attempts[-1].generation, OSError("refused"))
    bench.collect()


def test_an_outage_is_told_line_by_line(bench: Bench, log: pytest.LogCaptureFixture) -> None:
    """R29: reason, attempt and delay; how many subscriptions are renewed; one line per event."""
    bench.held("AAPL", lambda _: None)
    bench.held("MSFT", lambda _: None)
    lines(log)

    bench.lose(1012)
    bench.advance(0.25)
    fail_attempt(bench)
    bench.advance(0.75)
    bench.open()

    assert lines(log) == [
        (
            "INFO",
            "reconnecting in 0.25 s (attempt 1): the connection was lost with code 1012; what was sent may have "
            "reached the server; the server ended the connection, and may take a new one",
        ),
        ("INFO", "attempt 1 failed: refused; the next one in 0.75 s"),
        ("INFO", "reconnected; 2 subscriptions are renewed"),
    ]


@pytest.mark.parametrize("code", [1002, 1007, 1009, 1010])
def test_a_close_for_what_we_sent_is_an_error_in_the_log(
    bench: Bench, log: pytest.LogCaptureFixture, code: int
) -> None:
    """R4: such a close is retried and reported at error level."""
    bench.lose(code)

    assert [level for level, _ in lines(log)] == ["ERROR"]
    assert bench.session.state == "RECONNECTING"


def test_giving_up_is_one_error(log: pytest.LogCaptureFixture) -> None:
    """R29: FAILED is told at error level, and so is each end that nobody awaited."""
    bench = Bench(SessionOptions(retry=Retry(give_up_after=0.0)))
    bench.connect()
    bench.held("AAPL", lambda _: None)
    lines(log)

    bench.lose(1006)

    assert [level for level, _ in lines(log)] == ["ERROR", "ERROR"]
    assert bench.session.state == "FAILED"


@pytest.mark.parametrize(("on_disconnect", "sent"), [("before", "maybe"), ("after", "no")])
def test_whether_a_request_may_have_arrived(bench: Bench, on_disconnect: str, sent: str) -> None:
    """R8: what was sent may have arrived; what is asked for later was not sent."""
    early = bench.join() if on_disconnect == "before" else None
    bench.lose(1012)
    call = early or bench.join()

    assert isinstance(call.error, ConnectionLost)
    assert (call.error.sent, call.error.code) == (sent, 1012)


def test_a_fatal_close_says_its_code(bench: Bench) -> None:
    """R5: a fatal close raises `ConnectionLost` with its code."""
    consumer = bench.held("AAPL", lambda _: None)

    bench.lose(4404)

    assert isinstance(consumer.error, ConnectionLost)
    assert consumer.error.code == 4404


def test_a_fatal_handshake_says_its_status(bench: Bench) -> None:
    """R5: a fatal handshake raises `HandshakeRejected` with its status."""
    consumer = bench.held("AAPL", lambda _: None)

    bench.lose(1006)
    bench.advance(0.25)
    bench.session.refused(bench.attempts[-1].generation, 410)
    bench.collect()

    assert isinstance(consumer.error, HandshakeRejected)
    assert consumer.error.status == 410


def test_spent_attempts_keep_their_cause() -> None:
    """R5: when the attempts are spent, the error has their number and the last cause."""
    bench = Bench(SessionOptions(retry=Retry(give_up_after=2.0)))
    bench.connect()
    consumer = bench.held("AAPL", lambda _: None)

    bench.lose(1006)
    for delay in (0.25, 0.75):
        bench.advance(delay)
        fail_attempt(bench)

    assert isinstance(consumer.error, ConnectionFailed)
    assert (consumer.error.attempts, str(consumer.error.cause)) == (2, "refused")


@pytest.mark.parametrize(("retry_after", "due"), [(0.1, 0.75), (20.0, 20.0)])
def test_retry_after_is_honoured_after_a_loss(bench: Bench, retry_after: float, due: float) -> None:
    """R4: the server's wish to wait is honoured where it is longer than the delay."""
    bench.lose(1006)
    bench.advance(0.25)
    bench.session.refused(bench.attempts[-1].generation, 503, retry_after)
    bench.collect()

    bench.advance(due - 0.01)
    assert bench.session.attempts == 2
    bench.advance(0.01)
    assert bench.session.attempts == 3


def test_retry_after_beyond_the_time_to_give_up(bench: Bench) -> None:
    """R3, R4: an attempt that would be due after `give_up_after` is not made, whoever asked for the delay."""
    bench.lose(1006)
    bench.advance(0.25)
    bench.session.refused(bench.attempts[-1].generation, 429, 301.0)
    bench.collect()

    assert bench.session.state == "FAILED"


def test_what_is_retried_can_be_replaced() -> None:
    """R4: one function decides, and it is an option."""
    seen: list[Exception] = []

    def never(failure: Exception) -> Verdict:
        seen.append(failure)
        return Verdict("never", "because")

    bench = Bench(SessionOptions(retry=Retry(judge=never)))
    bench.connect()
    bench.lose(1012)

    assert bench.session.state == "FAILED"
    assert [type(failure) for failure in seen] == [ConnectionLost]


def test_a_reset_comes_before_later_updates(bench: Bench) -> None:
    """R20: also before those that arrived before the confirmation."""
    order: list[object] = []
    consumer = Consumer("bars", order.append, on_reset=lambda: order.append("reset"))
    bench.subscribe("bars", {"symbol": "AAPL"}, consumer=consumer)
    bench.receive(ok("bars", topic_of("AAPL")), update("AAPL", 1))

    bench.lose(1012)
    bench.advance(0.25)
    bench.open()
    bench.receive(update("AAPL", 2), ok("bars", topic_of("AAPL")), update("AAPL", 3))

    assert order == [1, "reset", 2, 3]
    assert consumer.resets == 1


def test_a_reset_that_raises_harms_nobody(bench: Bench, log: pytest.LogCaptureFixture) -> None:
    """R20, R25: it is reported, and the others get theirs."""
    order: list[object] = []

    def fail() -> None:
        raise ValueError("no cache")

    first = Consumer("bars", order.append, on_reset=fail)
    second = Consumer("bars", order.append, on_reset=lambda: order.append("reset"))
    bench.subscribe("bars", {"symbol": "AAPL"}, consumer=first)
    bench.subscribe("bars", {"symbol": "AAPL"}, consumer=second)
    bench.receive(ok("bars", topic_of("AAPL")))
    bench.lose(1012)
    bench.advance(0.25)
    bench.open()
    lines(log)
    bench.receive(ok("bars", topic_of("AAPL")), update("AAPL", 1))

    assert order == ["reset", 1, 1]
    assert lines(log) == [("ERROR", "bars: a callback raised ValueError: no cache")]


def test_a_reset_may_leave_and_subscribe(bench: Bench) -> None:
    """R20, C10: what a reset does to its own subscription and to others is done."""
    got: list[object] = []
    other = bench.held("MSFT", got.append)
    first = Consumer("bars", got.append, on_reset=lambda: leave_both())

    def leave_both() -> None:
        bench.session.leave(other)
        bench.session.leave(first)
        bench.bars("GOOGL", got.append)

    bench.subscribe("bars", {"symbol": "AAPL"}, consumer=first)
    bench.receive(ok("bars", topic_of("AAPL")))
    bench.lose(1012)
    bench.advance(0.25)
    bench.open()
    bench.receive(ok("bars", topic_of("MSFT")), update("MSFT", 1))
    bench.frames()
    bench.receive(ok("bars", topic_of("AAPL")), update("AAPL", 2), update("MSFT", 3))

    assert got == [1]
    assert [frame["type"] for frame in bench.frames()] == ["bars.unsubscribe", "bars.unsubscribe", "bars.subscribe"]
    assert first.state == other.state == "UNSUBSCRIBING"


def test_a_stale_socket_has_nobody_for_a_closing_handshake() -> None:
    """R7: it is dropped."""
    bench = Bench(SessionOptions(max_silence=30.0))
    bench.connect()

    bench.advance(30)

    assert [type(end) for end in bench.ended] == [Abort]


def test_a_heartbeat_without_an_answer_is_a_one_way_frame() -> None:
    """R19: after it nobody knows what the server closed for."""
    bench = Bench(SessionOptions(heartbeat=Heartbeat("chat.typing", 3.0)))
    bench.connect()
    _, call = bench.bars("AAPL")
    for _ in range(3):
        bench.advance(3)
        bench.lose(1003)
        bench.advance(2)
        bench.open()

    assert not call.settled


def test_a_poisoned_subscription_says_which_and_why(bench: Bench) -> None:
    """R19: the second time it ends with `RemoteError`, a sentence with domain and code."""
    _, call = bench.bars("AAPL")
    bench.lose(1003)
    bench.advance(0.25)
    bench.open()
    bench.lose(1003)

    assert type(call.error) is RemoteError
    assert "bars" in str(call.error)
    assert "1003" in str(call.error)


def test_an_outage_of_any_length_leaves_nothing_behind() -> None:
    """R27: a thousand attempts leave no timer."""
    patient = Bench(SessionOptions(retry=Retry(give_up_after=None)))
    patient.connect()
    patient.lose(1006)
    for _ in range(1_000):
        patient.advance(30)
        fail_attempt(patient)

    assert patient.session.state == "RECONNECTING"
    assert patient.session.attempts > 1_000
    patient.session.close(patient.lease)
    assert patient.session.clean


def test_a_queue_that_may_not_pause_grows_to_a_bound_in_bytes(bench: Bench) -> None:
    """R24: while a call waits, reading goes on until 16 MiB have come beyond the mark; then the fullest ends."""
    slow = bench.held("AAPL", delivery=Delivery("block", limit=2))
    fine = bench.held("MSFT", delivery=Delivery("block", limit=2))
    call = bench.join(timeout=60.0)
    bench.receive(update("MSFT", 1))
    megabyte = "x" * (1024 * 1024 - 200)

    bench.receive(*(update("AAPL", megabyte) for _ in range(16)))
    assert slow.state == "CONFIRMED"
    bench.receive(update("AAPL", megabyte), update("AAPL", megabyte))

    assert isinstance(slow.error, SlowConsumer)
    assert not call.settled
    assert fine.state == "CONFIRMED"
    assert bench.session.connected


def test_a_slow_asynchronous_callback_is_a_consumer_like_another(bench: Bench) -> None:
    """R24: what waits behind it counts, and reading pauses."""

    async def slow(value: object) -> None:
        """Never served here."""

    consumer = bench.held("AAPL", slow, delivery=Delivery("block", limit=2))
    bench.receive(update("AAPL", 1), update("AAPL", 2), update("AAPL", 3))
    bench.advance(4.9)
    assert consumer.state == "CONFIRMED"

    bench.advance(0.1)

    assert isinstance(consumer.error, SlowConsumer)
    for serving in bench.serving:
        serving.awaitable.close()  # type: ignore[attr-defined]  # it is the coroutine from above
