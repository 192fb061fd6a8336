"""Connections, subscriptions and streams on asyncio, over a transport in memory."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from typing import Any, cast

import pytest
from wsgen_runtime import (
    Closed,
    Connection,
    ConnectionEvent,
    ConnectionFailed,
    ConnectionLost,
    Delivery,
    HandshakeRejected,
    Heartbeat,
    InvalidPayload,
    MemoryAttempt,
    MemoryTransport,
    OptionsConflict,
    RequestTimeout,
    Retry,
    SubscribeTimeout,
    SubscriptionRejected,
    UnknownMessage,
    Url,
    Verdict,
    connection,
)
from wsgen_runtime.operations import Protocol
from wsgen_runtime.pydantic_codec import Envelope, PydanticCodec

from tests.runtime.shells import (
    ALERTS,
    BARS,
    JOIN,
    MESSAGE,
    OPERATIONS,
    PING,
    TYPING,
    URL,
    Server,
    TestClient,
    settled_tasks,
    turns,
)


@pytest.fixture
def server() -> Server:
    return Server()


async def test_subscribe_returns_after_the_confirmation_and_delivers_to_the_callback(server: Server) -> None:
    bars: list[object] = []
    async with TestClient(transport=server.transport) as client:
        subscription = await client.connection.subscribe(BARS, {"symbol": "AAPL"}, bars.append)
        assert (subscription.state, subscription.topic) == ("CONFIRMED", "bars:AAPL")

        server.bar("AAPL", 1.5)
        server.bar("GOOGL", 9.0)
        await turns()
        assert bars == [{"close": 1.5}]
        assert subscription.delivered == 1

        await subscription.unsubscribe()
        assert subscription.state == "DELETED"
        assert server.sent() == ["bars.subscribe", "bars.unsubscribe"]
        await subscription.wait_ended()


async def test_a_stream_subscribes_on_entering_and_unsubscribes_on_leaving(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}) as bars:
            for close in (1.0, 2.0, 3.0):
                server.bar("AAPL", close)
            found = []
            async for bar in bars:
                found.append(bar["close"])
                if len(found) == 3:
                    break
        assert found == [1.0, 2.0, 3.0]
        assert server.sent() == ["bars.subscribe", "bars.unsubscribe"]


async def test_a_waiting_reader_is_woken_by_an_update(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}) as bars:
            reading = asyncio.ensure_future(anext(aiter(bars)))
            await turns()
            assert not reading.done()
            server.bar("AAPL", 4.0)
            assert await reading == {"close": 4.0}


async def test_a_stream_that_was_not_entered_says_so(server: Server) -> None:
    client = TestClient(transport=server.transport)
    stream = client.connection.stream(BARS, {"symbol": "AAPL"})
    with pytest.raises(RuntimeError, match="enter the stream first"):
        aiter(stream)


async def test_requests_sends_and_pushes(server: Server) -> None:
    messages: list[object] = []
    async with TestClient(transport=server.transport) as client:
        stop = client.connection.listen(MESSAGE, messages.append)
        assert await client.connection.request(JOIN, {"room": "lobby"}) == {"room": "lobby"}
        assert await client.connection.request(PING, None) is None
        await client.connection.send(TYPING, {"room": "lobby"})
        server.push("chat.message", {"text": "hello"})
        await turns()
        stop()
        server.push("chat.message", {"text": "too late"})
        await turns()
    assert messages == [{"text": "hello"}]
    assert server.sent() == ["chat.join", "ping", "chat.typing"]


async def test_a_push_stream(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.listen_stream(MESSAGE) as messages:
            server.push("chat.message", {"text": "hello"})
            assert await anext(aiter(messages)) == {"text": "hello"}


async def test_nothing_connects_before_the_first_call(server: Server) -> None:
    client = TestClient(transport=server.transport)
    client.connection.listen(MESSAGE, print)
    await turns()
    assert server.transport.attempts == []
    assert client.connection.state == "DISCONNECTED"
    await client.connection.request(PING, None)
    assert len(server.transport.attempts) == 1
    await client.close()


def test_a_client_may_be_made_where_no_event_loop_runs(server: Server) -> None:
    client = TestClient(transport=server.transport)
    client.connection.listen(MESSAGE, print)
    assert client.connection.state == "DISCONNECTED"


async def test_two_clients_of_one_url_share_one_connection(server: Server) -> None:
    first, second = TestClient(transport=server.transport), TestClient(transport=server.transport)
    got: list[tuple[str, object]] = []
    await first.connection.subscribe(BARS, {"symbol": "AAPL"}, lambda bar: got.append(("first", bar)))
    await second.connection.subscribe(BARS, {"symbol": "AAPL"}, lambda bar: got.append(("second", bar)))
    assert len(server.transport.connections) == 1
    assert server.sent() == ["bars.subscribe"]

    await first.close()
    assert server.only.open
    server.bar("AAPL", 2.0)
    await turns()
    assert got == [("second", {"close": 2.0})]

    await second.close()
    await turns()
    assert server.transport.connections[0].close_received == (1000, "")
    assert server.sent() == ["bars.subscribe", "bars.unsubscribe"]


async def test_clients_that_start_at_once_share_one_connection(server: Server) -> None:
    clients = [TestClient(transport=server.transport) for _ in range(10)]
    await asyncio.gather(*(client.connect() for client in clients))
    assert len(server.transport.attempts) == 1
    await asyncio.gather(*(client.close() for client in clients))


@pytest.mark.parametrize(
    "different",
    [{"headers": {"Authorization": "other"}}, {"query": {"token": "other"}}, {"cookies": {"session": "other"}}],
)
async def test_other_credentials_are_another_connection(server: Server, different: dict[str, Any]) -> None:
    async with TestClient(transport=server.transport), TestClient(transport=server.transport, **different):
        assert len(server.transport.connections) == 2


async def test_equal_callables_are_the_same_credentials(server: Server) -> None:
    class Tokens:
        def headers(self, attempt: int) -> dict[str, str]:
            return {"Authorization": "token"}

    tokens = Tokens()
    async with TestClient(transport=server.transport, headers=tokens.headers):
        async with TestClient(transport=server.transport, headers=tokens.headers):
            assert len(server.transport.connections) == 1


async def test_options_that_differ_are_a_conflict_only_when_they_were_given(server: Server) -> None:
    async with TestClient(transport=server.transport, timeout=1.0):
        async with TestClient(transport=server.transport):
            pass
        with pytest.raises(OptionsConflict) as caught:
            await TestClient(transport=server.transport, timeout=2.0).connect()
        assert caught.value.option == "timeout"


async def test_a_closed_client_is_not_shared_with_a_new_one(server: Server) -> None:
    first = TestClient(transport=server.transport)
    await first.connect()
    closing = asyncio.ensure_future(first.close())
    await asyncio.sleep(0)
    async with TestClient(transport=server.transport) as second:
        await closing
        assert await second.connection.request(PING, None) is None
    assert len(server.transport.attempts) == 2


async def test_a_domain_alone_shares_the_connection(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with connection(OPERATIONS.protocol, URL, transport=server.transport) as shared:
            assert await shared.request(PING, None) is None
        assert client.connection.state == "CONNECTED"
    assert len(server.transport.attempts) == 1


async def test_a_connection_for_each_set_of_parameters(server: Server) -> None:
    high: list[object] = []
    low: list[object] = []
    async with TestClient(transport=server.transport) as client:
        one = await client.connection.subscribe(ALERTS, {"level": "high"}, high.append)
        await client.connection.subscribe(ALERTS, {"level": "low"}, low.append)
        assert len([c for c in server.transport.connections if c.open]) == 3
        by_level = {
            json.loads(c.received[0])["payload"]["level"]: c for c in server.transport.connections if c.received
        }
        by_level["high"].send_json({"type": "alerts.update", "payload": {"level": "high", "text": "a"}})
        by_level["low"].send_json({"type": "alerts.update", "payload": {"level": "low", "text": "b"}})
        await turns()
        assert (high, low) == ([{"level": "high", "text": "a"}], [{"level": "low", "text": "b"}])
        await one.unsubscribe()
        await turns()
        assert not by_level["high"].open
        assert by_level["low"].open
    await turns()
    assert not any(c.open for c in server.transport.connections)


async def test_a_refusal_raises_with_the_servers_words(server: Server) -> None:
    server.refused.add("BAD")
    async with TestClient(transport=server.transport) as client:
        with pytest.raises(SubscriptionRejected) as caught:
            await client.connection.subscribe(BARS, {"symbol": "BAD"}, print)
    assert caught.value.message == "no such symbol"
    assert caught.value.reply == {"status": "error", "message": "no such symbol", "topic": "bars:BAD"}


async def test_silence_is_a_timeout(server: Server) -> None:
    server.silent |= {"MUTE", "hall"}
    async with TestClient(transport=server.transport, timeout=0.02) as client:
        with pytest.raises(SubscribeTimeout, match=r"no answer to `bars\.subscribe` within 0\.02 s"):
            await client.connection.subscribe(BARS, {"symbol": "MUTE"}, print)
        with pytest.raises(RequestTimeout):
            await client.connection.request(JOIN, {"room": "hall"})
        with pytest.raises(TimeoutError):
            await client.connection.request(JOIN, {"room": "hall"}, timeout=0.01)


async def test_a_cancelled_subscribe_leaves_nothing_held(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        task = asyncio.ensure_future(client.connection.subscribe(BARS, {"symbol": "AAPL"}, print))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await turns()
        assert server.sent() == ["bars.subscribe", "bars.unsubscribe"]


async def test_a_cancelled_request_does_not_take_the_next_ones_reply(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        task = asyncio.ensure_future(client.connection.request(JOIN, {"room": "first"}))
        await asyncio.sleep(0)
        task.cancel()
        assert await client.connection.request(JOIN, {"room": "second"}) == {"room": "second"}
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_no_server_is_tried_as_often_as_there_are_delays(server: Server) -> None:
    server.unreachable = True
    client = TestClient(transport=server.transport, retry=Retry(delays=(0.0, 0.001, 0.001)))
    with pytest.raises(ConnectionFailed) as caught:
        await client.connect()
    assert (caught.value.attempts, len(server.transport.attempts)) == (3, 3)
    assert isinstance(caught.value.cause, ConnectionRefusedError)
    assert client.connection.state == "FAILED"

    server.unreachable = False
    assert await client.connection.request(PING, None) is None
    await client.close()


async def test_a_failed_client_finds_the_connection_that_another_one_made(server: Server) -> None:
    server.unreachable = True
    first = TestClient(transport=server.transport, retry=Retry(delays=(0.0,)))
    messages: list[object] = []
    first.connection.listen(MESSAGE, messages.append)
    with pytest.raises(ConnectionFailed):
        await first.connect()
    server.unreachable = False
    async with TestClient(transport=server.transport, retry=Retry(delays=(0.0,))):
        await first.connection.request(PING, None)
        server.push("chat.message", {"text": "still listening"})
        await turns()
        assert len([c for c in server.transport.connections if c.open]) == 1
        await first.close()
    assert messages == [{"text": "still listening"}]


async def test_a_refused_handshake_that_repeating_cannot_mend_is_raised_at_once(server: Server) -> None:
    server.status = 404
    client = TestClient(transport=server.transport)
    with pytest.raises(HandshakeRejected) as caught:
        await client.connect()
    assert caught.value.status == 404
    assert len(server.transport.attempts) == 1
    await client.close()


async def test_credentials_are_asked_for_each_attempt_and_stay_out_of_sight(server: Server) -> None:
    asked: list[int] = []

    async def headers(attempt: int) -> dict[str, str]:
        asked.append(attempt)
        return {"Authorization": f"Bearer secret-{attempt}"}

    server.unreachable = True
    client = TestClient(
        transport=server.transport,
        headers=headers,
        query=lambda attempt: {"token": "secret"},
        cookies={"session": "secret"},
        retry=Retry(delays=(0.0, 0.001)),
    )
    with pytest.raises(ConnectionFailed) as caught:
        await client.connect()
    assert asked == [1, 2]
    request = server.transport.attempts[1].request
    assert request.headers == {"Authorization": "Bearer secret-2", "Cookie": "session=secret"}
    assert request.url == "ws://server.test/ws?token=secret"
    for text in (repr(client), str(caught.value), repr(client.connection), repr(request)):
        assert "secret" not in text


async def test_a_url_may_be_asked_for_each_attempt(server: Server) -> None:
    asked: list[int] = []

    async def url(attempt: int) -> str:
        asked.append(attempt)
        return f"ws://user:secret@node-{attempt}.test/ws?token=secret"

    server.unreachable = True
    client = TestClient(url, transport=server.transport, query={"v": "1"}, retry=Retry(delays=(0.0, 0.001)))
    with pytest.raises(ConnectionFailed) as caught:
        await client.connect()
    assert asked == [1, 2]
    assert [attempt.request.url for attempt in server.transport.attempts] == [
        f"ws://user:secret@node-{attempt}.test/ws?token=secret&v=1" for attempt in (1, 2)
    ]
    for text in (repr(client), str(caught.value), repr(server.transport.attempts[0].request)):
        assert "secret" not in text


async def test_the_address_of_a_channel_is_put_behind_every_url(server: Server) -> None:
    operations = OPERATIONS.protocol
    async with connection(operations, lambda _: "ws://server.test/v1/", address="/ws", transport=server.transport):
        assert server.only.request.url == "ws://server.test/v1/ws"


@pytest.mark.parametrize("given", ["http://server.test/", "", None, 7])
async def test_what_is_no_url_is_a_failed_attempt(server: Server, given: object) -> None:
    client = TestClient(cast(Url, lambda _: given), transport=server.transport, retry=Retry(delays=(0.0, 0.001)))
    with pytest.raises(ConnectionFailed, match="no connection after 2 attempts: expected a URL such as"):
        await client.connect()
    assert server.transport.attempts == []


class Nodes:
    """Where the servers are; equal ones are one."""

    __hash__ = None  # type: ignore[assignment]  # functions that callers give need not be hashable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Nodes)

    def url(self, attempt: int) -> str:
        return URL

    __call__ = url


async def test_clients_whose_url_is_the_same_function_share_a_connection(server: Server) -> None:
    nodes = Nodes()
    same = [TestClient(nodes.url, transport=server.transport) for _ in range(2)]
    equal = [TestClient(Nodes(), transport=server.transport) for _ in range(2)]
    others = [TestClient(lambda _: URL, transport=server.transport), TestClient(URL, transport=server.transport)]
    for client in (*same, *equal, *others):
        await client.connect()
    assert len(server.transport.connections) == 4
    for client in (*same, *equal, *others):
        await client.close()


QUICK = Retry(delays=(0.0, 0.001, 0.001), stable_after=0.001, give_up_after=5.0)
NEVER = Retry(judge=lambda failure: Verdict("never", "the test says so"))


async def until(client: TestClient, state: str) -> None:
    async for event in client.connection.events():
        if event.state == state:
            return


async def test_a_lost_connection_comes_back_with_its_subscriptions(server: Server) -> None:
    server.silent.add("hall")
    bars: list[object] = []
    resets: list[int] = []
    messages: list[object] = []
    async with TestClient(transport=server.transport, retry=QUICK) as client:
        subscription = await client.connection.subscribe(
            BARS, {"symbol": "AAPL"}, bars.append, on_reset=lambda: resets.append(len(bars))
        )
        client.connection.listen(MESSAGE, messages.append)
        async with client.connection.stream(BARS, {"symbol": "GOOGL"}) as stream:
            request = asyncio.ensure_future(client.connection.request(JOIN, {"room": "hall"}))
            await turns()
            server.bar("AAPL", 1.0)
            connected = asyncio.ensure_future(until(client, "CONNECTED"))
            await turns()
            server.only.close(1012, "restart")
            with pytest.raises(ConnectionLost) as caught:
                await request
            assert (caught.value.code, caught.value.reason, caught.value.sent) == (1012, "restart", "maybe")
            await connected
            await turns()
            assert (subscription.state, subscription.resets, stream.resets) == ("CONFIRMED", 1, 1)
            server.bar("AAPL", 2.0)
            server.bar("GOOGL", 3.0)
            server.push("chat.message", {"text": "still here"})
            assert await anext(aiter(stream)) == {"close": 3.0}
        assert bars == [{"close": 1.0}, {"close": 2.0}]
        assert resets == [1]
        assert messages == [{"text": "still here"}]
        assert server.sent() == [
            *("bars.subscribe", "bars.subscribe", "chat.join"),
            *("bars.subscribe", "bars.subscribe", "bars.unsubscribe"),
        ]


async def test_a_connection_that_is_not_tried_again_ends_everything_on_it(server: Server) -> None:
    client = TestClient(transport=server.transport, retry=NEVER)
    subscription = await client.connection.subscribe(BARS, {"symbol": "AAPL"}, print)
    stream = client.connection.stream(BARS, {"symbol": "GOOGL"})
    bars = await stream.__aenter__()
    pushes = client.connection.listen_stream(MESSAGE)
    messages = await pushes.__aenter__()
    await turns()
    server.only.close(1012, "restart")
    with pytest.raises(ConnectionLost):
        await subscription.wait_ended()
    for one in (bars, messages):
        with pytest.raises(ConnectionLost):
            await anext(aiter(one))
    await stream.__aexit__(None, None, None)
    await pushes.__aexit__(None, None, None)
    assert client.connection.state == "FAILED"
    await client.connection.request(PING, None)
    await client.close()


async def test_what_is_asked_for_while_the_connection_is_lost(server: Server) -> None:
    queued = TestClient(transport=server.transport, retry=QUICK, on_disconnect="queue", ttl=5.0)
    failing = TestClient(transport=server.transport, retry=QUICK, headers={"X-Other": "connection"})
    async with queued, failing:
        for connection in list(server.transport.connections):
            connection.drop()
        await turns(2)
        states = (queued.connection.state, failing.connection.state)
        assert states == ("RECONNECTING", "RECONNECTING")
        with pytest.raises(ConnectionLost) as caught:
            await failing.connection.request(PING, None)
        assert caught.value.sent == "no"
        assert await queued.connection.request(PING, None) is None
        bars = await failing.connection.subscribe(BARS, {"symbol": "AAPL"}, print)
        assert bars.state == "CONFIRMED"


async def test_strange_frames_go_to_the_hook_and_harm_nothing(server: Server) -> None:
    strange: list[UnknownMessage] = []
    async with TestClient(transport=server.transport, on_unknown=strange.append) as client:
        server.only.send(b"not json")
        server.only.send_binary(b"\x00")
        server.push("news.update", {})
        server.push("chat.notice", {"text": "nobody listens"})
        await turns()
        assert await client.connection.request(PING, None) is None
        assert [message.type for message in strange] == [None, None, "news.update"]
        assert [type(message.error) for message in strange] == [InvalidPayload, InvalidPayload, type(None)]
        assert strange[2].raw == b'{"type":"news.update","payload":{}}'
        stats = client.connection.stats
        assert (stats.unknown, stats.invalid, stats.unrouted) == (1, 2, 1)


async def test_states_are_told_without_polling(server: Server) -> None:
    told: list[str] = []
    seen: list[ConnectionEvent] = []
    client = TestClient(transport=server.transport, on_state=lambda event: told.append(event.state))

    async def watch() -> None:
        async for event in client.connection.events():
            seen.append(event)

    watching = asyncio.ensure_future(watch())
    await asyncio.sleep(0)
    await client.connect()
    await client.close()
    await watching
    assert told == ["CONNECTING", "CONNECTED", "CLOSED"]
    assert [(event.state, event.attempt) for event in seen] == [("CONNECTING", 1), ("CONNECTED", 1), ("CLOSED", 0)]


async def test_close_is_final_and_settles_what_waits(server: Server) -> None:
    server.silent |= {"hall", "MUTE"}
    client = TestClient(transport=server.transport)
    await client.connection.subscribe(BARS, {"symbol": "AAPL"}, print)
    request = asyncio.ensure_future(client.connection.request(JOIN, {"room": "hall"}))
    subscribe = asyncio.ensure_future(client.connection.subscribe(BARS, {"symbol": "MUTE"}, print))
    await turns()
    await client.close()
    await client.close()
    for call in (request, subscribe):
        with pytest.raises(Closed):
            await call
    with pytest.raises(Closed):
        await client.connection.request(PING, None)
    with pytest.raises(Closed):
        client.connection.listen(MESSAGE, print)
    assert client.connection.state == "CLOSED"
    assert server.sent().count("bars.unsubscribe") == 1
    assert await settled_tasks() == set()


async def test_closing_while_connecting_works(server: Server) -> None:
    async def never(attempt: MemoryAttempt) -> None:
        await asyncio.Event().wait()

    client = TestClient(transport=MemoryTransport(never))
    connecting = asyncio.ensure_future(client.connect())
    await turns()
    await client.close()
    with pytest.raises(Closed):
        await connecting
    assert await settled_tasks() == set()


async def test_a_client_that_is_forgotten_warns_and_lets_go(server: Server) -> None:
    client = TestClient(transport=server.transport)
    await client.connect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del client
        gc.collect()
    assert [warning.category for warning in caught] == [ResourceWarning]
    await turns()
    assert not server.transport.connections[0].open


@pytest.mark.parametrize("url", ["http://server.test", "server.test/ws", "ws://", "ws://server.test/#x"])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL"):
        TestClient(url)


def test_an_unknown_option_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="time_out"):
        TestClient(URL, time_out=1)


@pytest.mark.parametrize(
    ("url", "address", "expected"),
    [
        ("ws://server.test", "/market/{symbol}", "ws://server.test/market/%7Bsymbol%7D"),
        ("ws://server.test/api/", "/market", "ws://server.test/api/market"),
        ("ws://server.test/api?x=1", "market", "ws://server.test/api/market?x=1"),
        ("ws://server.test/ws", "/", "ws://server.test/ws"),
    ],
)
async def test_the_address_of_a_channel_is_appended(server: Server, url: str, address: str, expected: str) -> None:
    shared = Connection(OPERATIONS.protocol, url, {"transport": server.transport}, address)
    await shared.connect()
    assert server.transport.attempts[0].request.url == expected
    await shared.close()


def test_a_heartbeat_that_cannot_be_sent_is_refused_at_once() -> None:
    protocol = Protocol(
        "pings", PydanticCodec(Envelope("type", "payload"), sent={"ping": None}, received={"pong": None})
    )
    Connection(protocol, URL, {"heartbeat": Heartbeat("ping", 1.0, reply="pong")})
    with pytest.raises(ValueError, match="no message that this client sends"):
        Connection(protocol, URL, {"heartbeat": Heartbeat("nonsense", 1.0)})


async def test_giving_the_default_is_no_conflict(server: Server) -> None:
    defaults: dict[str, Any] = {
        "retry": Retry(),
        "max_attempts": 5,
        "on_disconnect": "fail",
        "ttl": 30.0,
        "timeout": 5.0,
    }
    async with TestClient(transport=server.transport), TestClient(transport=server.transport, **defaults):
        assert len(server.transport.connections) == 1


async def test_a_judge_that_raises_is_reported_and_overruled(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    def judge(failure: Exception) -> Verdict:
        raise LookupError("no opinion")

    server.unreachable = True
    client = TestClient(transport=server.transport, retry=Retry(delays=(0.0, 0.001), judge=judge))
    with pytest.raises(ConnectionFailed):
        await client.connect()
    assert "Retry.judge raised LookupError: no opinion" in caplog.text
    await client.close()


async def test_a_client_that_is_closed_leaves_no_listener_on_the_shared_connection(server: Server) -> None:
    first, second = TestClient(transport=server.transport), TestClient(transport=server.transport)
    first.connection.listen(MESSAGE, print)
    await first.connect()
    await second.connect()
    await first.close()
    server.push("chat.message", {})
    await turns()
    assert second.connection.stats.unrouted == 1
    await second.close()


async def test_listeners_have_a_delivery_of_their_own(server: Server) -> None:
    got: list[int] = []
    gate = asyncio.Event()

    async def slow(message: dict[str, int]) -> None:
        got.append(message["n"])
        await gate.wait()

    async with TestClient(transport=server.transport) as client:
        client.connection.listen(MESSAGE, slow, delivery=Delivery("drop_oldest", limit=2))
        for number in range(6):
            server.push("chat.message", {"n": number})
        await turns()
        gate.set()
        await turns()
        assert got == [0, 4, 5]
        with pytest.raises(ValueError, match="needs `key`"):
            client.connection.listen(MESSAGE, slow, delivery=Delivery("latest"))


async def test_one_call_may_wait_for_a_connection_where_others_fail(server: Server) -> None:
    async with TestClient(transport=server.transport, retry=Retry(delays=(0.02,))) as client:
        server.only.drop()
        await turns()
        with pytest.raises(ConnectionLost):
            await client.connection.send(TYPING, {})
        with pytest.raises(ConnectionLost):
            await client.connection.request(PING, None)
        with pytest.raises(ConnectionLost):
            await client.connection.send(TYPING, {}, on_disconnect="queue", ttl=0.001)
        await asyncio.gather(
            client.connection.send(TYPING, {}, on_disconnect="queue", ttl=5),
            client.connection.request(PING, None, on_disconnect="queue", ttl=5),
        )
        assert server.sent() == ["chat.typing", "ping"]
