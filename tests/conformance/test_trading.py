"""The generated trading client against a real FastWS server, over real sockets, on each transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import uvloop

from generated_example.python.trading import (
    Alert,
    AlertsSubscriptionRequest,
    Bar,
    BarsSubscriptionRequest,
    ChatJoin,
    ChatMessage,
    ChatMessageEvent,
    ChatNoticeEvent,
    ChatPost,
    ChatTyping,
    OrdersSubscriptionRequest,
    PlacedOrder,
    Quote,
    QuotesSubscriptionRequest,
    SubscriptionResponse,
    TradingClient,
    quotes_client,
)
from generated_example.python.trading.errors import (
    AmbiguousRoute,
    Closed,
    ConnectionFailed,
    ConnectionLost,
    InvalidRequest,
    SubscribeTimeout,
    SubscriptionRejected,
)
from generated_example.python.trading.runtime import Retry
from tests.servers import TradingServer
from tests.transports import TRANSPORTS, picows_lent_to

BAR = {"time": 1, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5}


@pytest.fixture(params=TRANSPORTS)
def client(request: pytest.FixtureRequest, trading_server: TradingServer) -> Iterator[TradingClient]:
    transport: str = request.param
    with picows_lent_to("generated_example.python.trading") if transport == "picows" else nullcontext():
        yield TradingClient(trading_server.url, transport=transport)


async def test_these_tests_run_on_each_loop(request: pytest.FixtureRequest) -> None:
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop) == ("uvloop" in request.node.name)


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that an event of the server brings about; fail with `what` when it never does."""
    try:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(what) from None


def received(state: dict[str, Any]) -> dict[str, int]:
    counters: dict[str, int] = state["received"]
    return counters


async def test_two_subscriptions_on_one_connection_each_get_their_own(
    client: TradingClient, trading_server: TradingServer
) -> None:
    first: list[Quote] = []
    second: list[Quote] = []
    async with client:
        one = await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), first.append)
        two = await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["MSFT"], depth=5), second.append)
        assert one.topic is not None
        assert two.topic is not None
        assert one.topic != two.topic
        for topic, symbol in ((one.topic, "AAPL"), (two.topic, "MSFT"), (one.topic, "AAPL")):
            sent = await trading_server.push(
                topic, "quotes.update", {"topic": topic, "payload": {"symbol": symbol, "bid": 1.0}}
            )
            assert sent == 1
        await until(lambda: len(first) == 2 and len(second) == 1, "three quotes were pushed")
        assert [quote.symbol for quote in first] == ["AAPL", "AAPL"]
        assert [(quote.symbol, quote.bid, quote.ask) for quote in second] == [("MSFT", 1.0, None)]
        assert len((await trading_server.state())["connections"]) == 1


async def test_two_listeners_make_one_subscribe_and_one_unsubscribe(
    client: TradingClient, trading_server: TradingServer
) -> None:
    first: list[Bar] = []
    second: list[Bar] = []
    async with client:
        one = await client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), first.append)
        two = await client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL", resolution="1"), second.append)
        assert one.topic is not None
        await trading_server.push(one.topic, "bars.update", {"topic": one.topic, "payload": BAR})
        await until(lambda: bool(first and second), "a bar was pushed")
        assert first == second == [Bar(time=1, open=1.0, high=2.0, low=0.5, close=1.5)]
        assert first[0].volume == 0

        await one.unsubscribe()
        assert received(await trading_server.state()).get("bars.unsubscribe", 0) == 0
        await two.unsubscribe()
        counters = received(await trading_server.state())
        assert (counters["bars.subscribe"], counters["bars.unsubscribe"]) == (1, 1)


async def test_a_stream_of_bars(client: TradingClient, trading_server: TradingServer) -> None:
    async with client:
        async with client.bars.stream(BarsSubscriptionRequest(symbol="AAPL")) as bars:
            assert bars.topic is not None
            for close in (1.0, 2.0, 3.0):
                update = {"topic": bars.topic, "payload": {**BAR, "close": close}}
                await trading_server.push(bars.topic, "bars.update", update)
            closes = [(await anext(aiter(bars))).close for _ in range(3)]
        assert closes == [1.0, 2.0, 3.0]
        assert received(await trading_server.state())["bars.unsubscribe"] == 1


async def test_a_refusal_names_the_reason_and_the_connection_lives_on(
    client: TradingClient, trading_server: TradingServer
) -> None:
    await trading_server.mode(reject=["BAD"])
    async with client:
        with pytest.raises(SubscriptionRejected) as caught:
            await client.bars.subscribe(BarsSubscriptionRequest(symbol="BAD"), print)
        assert isinstance(caught.value.reply, SubscriptionResponse)
        assert caught.value.reply.status == "error"
        assert caught.value.message == caught.value.reply.message != ""
        await client.ping()


async def test_silence_raises_a_timeout(client: TradingClient, trading_server: TradingServer) -> None:
    await trading_server.mode(silent=["MUTE"])
    async with client:
        with pytest.raises(SubscribeTimeout):
            await client.bars.subscribe(BarsSubscriptionRequest(symbol="MUTE"), print, timeout=0.2)
        assert received(await trading_server.state())["bars.subscribe"] == 1


async def test_flat_updates_refuse_a_second_set_of_parameters(
    client: TradingClient, trading_server: TradingServer
) -> None:
    alerts: list[Alert] = []
    async with client:
        high = await client.alerts.subscribe(AlertsSubscriptionRequest(level="critical"), alerts.append)
        with pytest.raises(AmbiguousRoute, match="route") as caught:
            await client.alerts.subscribe(AlertsSubscriptionRequest(level="info"), print)
        assert caught.value.domain == "alerts"
        assert high.topic is not None
        await trading_server.push(high.topic, "alerts.update", {"level": "critical", "text": "halt"})
        await until(lambda: bool(alerts), "an alert was pushed")
        assert (alerts[0].level, alerts[0].text) == ("critical", "halt")
        await high.unsubscribe()
        low = await client.alerts.subscribe(AlertsSubscriptionRequest(level="info"), alerts.append)
        assert low.state == "CONFIRMED"


async def test_a_nested_domain_without_unsubscribe(client: TradingClient, trading_server: TradingServer) -> None:
    orders: list[PlacedOrder] = []
    async with client:
        subscription = await client.broker_orders.subscribe(OrdersSubscriptionRequest(account_id="ACC"), orders.append)
        topic = subscription.topic
        assert topic is not None
        order = {"id": "1", "symbol": "AAPL", "side": -1, "quantity": 2.0, "state": "filled"}
        await trading_server.push(topic, "broker.orders.update", {"topic": topic, "payload": order})
        await until(lambda: bool(orders), "an order was pushed")
        assert (orders[0].side, orders[0].state, orders[0].limit) == (-1, "filled", None)
        await subscription.unsubscribe()
        assert subscription.state == "DELETED"
        await trading_server.push(topic, "broker.orders.update", {"topic": topic, "payload": order})
        await client.ping()
        assert len(orders) == 1


async def test_requests_sends_and_pushes(client: TradingClient, trading_server: TradingServer) -> None:
    messages: list[ChatMessage] = []
    async with client:
        stop = client.chat.on_message(messages.append)
        joined = await client.chat.join(ChatJoin(room="lobby", nick="ann"))
        assert (joined.room, joined.members) == ("lobby", 1)
        async with client.chat.events() as events:
            posted = await client.chat.post(ChatPost(room="lobby", text="hello"))
            await trading_server.push("chat:lobby", "chat.notice", {"room": "lobby", "nick": "", "text": "closing"})
            found = [await anext(aiter(events)) for _ in range(2)]
        match found:
            case [ChatMessageEvent(payload=message), ChatNoticeEvent(payload=notice)]:
                assert (message.text, message.sequence, notice.text) == ("hello", posted.sequence, "closing")
            case _:
                raise AssertionError(found)
        assert [message.text for message in messages] == ["hello"]
        stop()
        await client.chat.typing(ChatTyping(room="lobby"))
        await client.ping()
        now = await client.now()
        assert isinstance(next(iter(now.values())), int)
        counters = received(await trading_server.state())
        assert counters["chat.typing"] == 1
        assert client.connection.stats.unrouted == 0
        assert client.connection.stats.unknown == 0


async def test_forty_calls_at_once_get_their_own_replies(client: TradingClient, trading_server: TradingServer) -> None:
    async with client:
        rooms = [f"room-{number}" for number in range(40)]
        joined = await asyncio.gather(*(client.chat.join(ChatJoin(room=room)) for room in rooms))
        assert [one.room for one in joined] == rooms


async def test_a_payload_that_does_not_fit_is_refused_before_it_is_sent(
    client: TradingClient, trading_server: TradingServer
) -> None:
    async with client:
        request = BarsSubscriptionRequest(symbol="AAPL")
        request.symbol = ""
        with pytest.raises(InvalidRequest) as caught:
            await client.bars.subscribe(request, print)
        assert caught.value.path == "$.symbol"
        await client.ping()
        assert "bars.subscribe" not in received(await trading_server.state())


async def test_a_domain_alone_shares_the_clients_connection(trading_server: TradingServer) -> None:
    async with TradingClient(trading_server.url) as client, quotes_client(trading_server.url) as quotes:
        await quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), print)
        await client.ping()
        assert len((await trading_server.state())["connections"]) == 1


async def test_a_clean_close_leaves_nothing_behind(client: TradingClient, trading_server: TradingServer) -> None:
    before = asyncio.all_tasks()
    async with client:
        bars = await client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print)
        await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), print)
    assert bars.state == "DELETED"
    await bars.wait_ended()
    with pytest.raises(Closed):
        await client.ping()
    counters = received(await trading_server.state())
    assert (counters["bars.unsubscribe"], counters["quotes.unsubscribe"]) == (1, 1)
    await until(lambda: asyncio.all_tasks() <= before, "no task of the client is left")
    assert (await trading_server.state())["connections"] == []


async def test_a_restarted_server_gets_its_subscriptions_back(
    client: TradingClient, trading_server: TradingServer
) -> None:
    bars: list[Bar] = []
    resets: list[int] = []
    async with client:
        subscription = await client.bars.subscribe(
            BarsSubscriptionRequest(symbol="AAPL"), bars.append, on_reset=lambda: resets.append(len(bars))
        )
        quotes = await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), print)
        topic = subscription.topic
        assert topic is not None
        await trading_server.kick(1012)
        await until(lambda: bool(resets) and quotes.state == "CONFIRMED", "the subscriptions were renewed")
        assert (subscription.state, quotes.state, subscription.resets) == ("CONFIRMED", "CONFIRMED", 1)
        await trading_server.push(topic, "bars.update", {"topic": topic, "payload": BAR})
        await until(lambda: bool(bars), "a bar was pushed")
        (connection,) = (await trading_server.state())["connections"]
        assert set(connection["topics"]) == {topic, quotes.topic}
        assert resets == [0]


async def test_a_kicked_client_that_may_not_come_back_says_why(trading_server: TradingServer) -> None:
    async with TradingClient(trading_server.url, retry=Retry(give_up_after=0.0)) as client:
        subscription = await client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print)
        await trading_server.kick(1012)
        with pytest.raises(ConnectionFailed) as caught:
            await subscription.wait_ended()
        assert isinstance(caught.value.cause, ConnectionLost)
        assert caught.value.cause.code == 1012
        assert client.connection.state == "FAILED"
        await client.ping()


def test_a_package_without_the_transport_on_picows_says_so() -> None:
    with pytest.raises(ValueError, match="built without transport='picows'"):
        TradingClient("ws://127.0.0.1:1", transport="picows")
