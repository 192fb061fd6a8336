"""The client of the 3.1 document against a plain `websockets` server: what holds for its twin, and its streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from generated_example.python.trading_3 import (
    Alert,
    AlertsSubscriptionRequest,
    Bar,
    BarsSubscriptionRequest,
    ChatJoin,
    ChatMessageEvent,
    ChatNoticeEvent,
    ChatPost,
    ChatTyping,
    HeartbeatEvent,
    MarketDataClient,
    OrdersSubscriptionRequest,
    PlacedOrder,
    Quote,
    QuotesSubscriptionRequest,
    TradeEvent,
    TradingClient,
    quotes_client,
    servers,
)
from generated_example.python.trading_3.errors import (
    AmbiguousRoute,
    Closed,
    ConnectionFailed,
    HandshakeRejected,
    SubscribeTimeout,
    SubscriptionRejected,
)
from generated_example.python.trading_3.fakes import FakeMarketDataServer
from generated_example.python.trading_3.models import Heartbeat, Trade
from generated_example.python.trading_3.runtime import Heartbeat as HeartbeatOption
from generated_example.python.trading_3.runtime import Retry
from tests.conformance.test_trading import BAR, until
from tests.servers.plain import PlainServer, plain_server
from tests.transports import TRANSPORTS, picows_lent_to

AAPL = BarsSubscriptionRequest(symbol="AAPL")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[PlainServer]:
    async with plain_server() as plain:
        yield plain


@pytest.fixture(autouse=True, scope="module")
def picows() -> Iterator[None]:
    with picows_lent_to("generated_example.python.trading_3"):
        yield


@pytest_asyncio.fixture(params=TRANSPORTS)
async def client(request: pytest.FixtureRequest, server: PlainServer) -> TradingClient:
    return TradingClient(server.url, transport=request.param)


class TestTheCommonPart:
    async def test_two_subscriptions_each_get_their_own(self, client: TradingClient, server: PlainServer) -> None:
        first: list[Quote] = []
        second: list[Quote] = []
        async with client:
            one = await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), first.append)
            two = await client.quotes.subscribe(QuotesSubscriptionRequest(symbols=["MSFT"], depth=5), second.append)
            for topic, symbol in ((one.topic, "AAPL"), (two.topic, "MSFT")):
                assert topic is not None
                update = {"topic": topic, "payload": {"symbol": symbol, "bid": 1.0}}
                assert await server.push(topic, "quotes.update", update) == 1
            await until(lambda: bool(first and second), "two quotes were pushed")
            assert ([each.symbol for each in first], [each.symbol for each in second]) == (["AAPL"], ["MSFT"])
            assert len(server.visitors) == 1

    async def test_two_listeners_make_one_subscribe(self, client: TradingClient, server: PlainServer) -> None:
        async with client:
            one = await client.bars.subscribe(AAPL, print)
            two = await client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL", resolution="1"), print)
            await one.unsubscribe()
            assert server.received["bars.unsubscribe"] == 0
            await two.unsubscribe()
            assert (server.received["bars.subscribe"], server.received["bars.unsubscribe"]) == (1, 1)

    async def test_a_stream_of_bars(self, client: TradingClient, server: PlainServer) -> None:
        async with client, client.bars.stream(AAPL) as bars:
            assert bars.topic is not None
            for close in (1.0, 2.0):
                update = {"topic": bars.topic, "payload": {**BAR, "close": close}}
                await server.push(bars.topic, "bars.update", update)
            assert [(await anext(aiter(bars))).close for _ in range(2)] == [1.0, 2.0]

    async def test_a_refusal_and_silence(self, client: TradingClient, server: PlainServer) -> None:
        server.reject.add("BAD")
        server.silent.add("MUTE")
        async with client:
            with pytest.raises(SubscriptionRejected, match="not available"):
                await client.bars.subscribe(BarsSubscriptionRequest(symbol="BAD"), print)
            with pytest.raises(SubscribeTimeout):
                await client.bars.subscribe(BarsSubscriptionRequest(symbol="MUTE"), print, timeout=0.2)
            await client.ping()

    async def test_flat_updates_refuse_a_second_set(self, client: TradingClient, server: PlainServer) -> None:
        alerts: list[Alert] = []
        async with client:
            high = await client.alerts.subscribe(AlertsSubscriptionRequest(level="critical"), alerts.append)
            with pytest.raises(AmbiguousRoute, match="route"):
                await client.alerts.subscribe(AlertsSubscriptionRequest(level="info"), print)
            assert high.topic is not None
            await server.push(high.topic, "alerts.update", {"level": "critical", "text": "halt"})
            await until(lambda: bool(alerts), "an alert was pushed")

    async def test_a_nested_domain_without_unsubscribe(self, client: TradingClient, server: PlainServer) -> None:
        orders: list[PlacedOrder] = []
        async with client:
            request = OrdersSubscriptionRequest(account_id="ACC")
            subscription = await client.broker_orders.subscribe(request, orders.append)
            assert subscription.topic is not None
            order = {"id": "1", "symbol": "AAPL", "side": -1, "quantity": 2.0}
            await server.push(
                subscription.topic, "broker.orders.update", {"topic": subscription.topic, "payload": order}
            )
            await until(lambda: bool(orders), "an order was pushed")
            assert (orders[0].side, orders[0].limit) == (-1, None)
            await subscription.unsubscribe()

    async def test_requests_sends_and_pushes(self, client: TradingClient, server: PlainServer) -> None:
        async with client:
            joined = await client.chat.join(ChatJoin(room="lobby", nick="ann"))
            assert (joined.room, joined.members) == ("lobby", 1)
            async with client.chat.events() as events:
                posted = await client.chat.post(ChatPost(room="lobby", text="hello"))
                await server.push("chat:lobby", "chat.notice", {"room": "lobby", "nick": "", "text": "closing"})
                found = [await anext(aiter(events)) for _ in range(2)]
            match found:
                case [ChatMessageEvent(payload=message), ChatNoticeEvent(payload=notice)]:
                    assert (message.nick, message.sequence, notice.text) == ("ann", posted.sequence, "closing")
                case _:
                    raise AssertionError(found)
            await client.chat.typing(ChatTyping(room="lobby"))
            await client.ping()
            assert (await client.now())["seconds"] == 1_792_000_000
            assert server.received["chat.typing"] == 1
            assert (client.connection.stats.unrouted, client.connection.stats.unknown) == (0, 0)

    async def test_a_domain_alone_shares_the_connection(self, server: PlainServer) -> None:
        async with TradingClient(server.url) as client, quotes_client(server.url) as quotes:
            await quotes.subscribe(QuotesSubscriptionRequest(symbols=["AAPL"]), print)
            await client.ping()
            assert len(server.visitors) == 1

    async def test_a_kick_is_survived(self, client: TradingClient, server: PlainServer) -> None:
        bars: list[Bar] = []
        resets: list[None] = []
        async with client:
            subscription = await client.bars.subscribe(AAPL, bars.append, on_reset=lambda: resets.append(None))
            await server.kick(1012)
            await until(lambda: bool(resets), "the subscription was renewed")
            assert subscription.topic is not None
            await server.push(subscription.topic, "bars.update", {"topic": subscription.topic, "payload": BAR})
            await until(lambda: bool(bars), "a bar was pushed")

    async def test_a_clean_close_leaves_nothing_behind(self, client: TradingClient, server: PlainServer) -> None:
        async with client:
            bars = await client.bars.subscribe(AAPL, print)
        assert bars.state == "DELETED"
        with pytest.raises(Closed):
            await client.ping()
        assert server.received["bars.unsubscribe"] == 1
        await until(lambda: not server.visitors, "the server has seen the end")


TRADES = [
    {"type": "trade", "price": 1.5, "quantity": 10, "side": "buy"},
    {"type": "trade", "price": 1.25, "quantity": 5, "side": "sell"},
]


class TestMarketData:
    @pytest.mark.parametrize("transport", TRANSPORTS)
    async def test_a_stream_for_a_symbol(self, server: PlainServer, transport: str) -> None:
        server.trades = TRADES
        async with MarketDataClient(
            server.url, symbol="BRK/B", heartbeat=True, side=["buy"], x_client="test", transport=transport
        ) as market:
            prices: list[float] = []
            async for event in market.events():
                match event:
                    case TradeEvent(payload=trade):
                        prices.append(trade.price)
                    case HeartbeatEvent(payload=beat):
                        assert beat.sequence == 0
                        break
        assert prices == [1.5]
        ((symbol, query, headers),) = server.streams
        assert (symbol, query) == ("BRK/B", {"heartbeat": ["true"], "side": ["buy"]})
        assert headers["X-Client"] == "test"

    async def test_each_symbol_is_a_connection(self, server: PlainServer) -> None:
        async with (
            MarketDataClient(server.url, symbol="AAPL"),
            MarketDataClient(server.url, symbol="AAPL"),
            MarketDataClient(server.url, symbol="MSFT"),
        ):
            await until(lambda: len(server.streams) == 2, "two connections")
        assert [(symbol, query) for symbol, query, _ in server.streams] == [("AAPL", {}), ("MSFT", {})]

    async def test_both_channels_at_once(self, server: PlainServer) -> None:
        server.trades = TRADES[:1]
        async with TradingClient(server.url) as trading, MarketDataClient(server.url, symbol="AAPL") as market:
            async with market.trade_stream() as trades:
                assert (await anext(aiter(trades))).side == "buy"
            await trading.ping()

    async def test_credentials(self, server: PlainServer) -> None:
        server.token = "secret"
        headers = {"Authorization": "Bearer secret"}
        async with MarketDataClient(server.url, symbol="AAPL", headers=headers, x_client="test"):
            pass
        with pytest.raises(ConnectionFailed) as caught:
            await MarketDataClient(server.url, symbol="AAPL", retry=Retry(delays=(0.0,))).connect()
        assert isinstance(caught.value.cause, HandshakeRejected)
        assert caught.value.cause.status == 401

    async def test_the_fake_of_a_stream(self) -> None:
        fake = FakeMarketDataServer()
        prices: list[float] = []
        async with MarketDataClient("ws://fake", symbol="AAPL", limit=3, transport=fake.transport) as market:
            market.on_trade(lambda trade: prices.append(trade.price))
            fake.push_trade(Trade(price=2.0, quantity=1, side="buy"))
            fake.push_heartbeat(Heartbeat(sequence=0))
        assert prices == [2.0]
        assert (fake.connections[0].path, fake.connections[0].query) == ("/marketdata/AAPL", {"limit": ["3"]})

    def test_servers(self) -> None:
        assert servers.PRODUCTION == "wss://trading.example.com"
        assert servers.staging(region="us") == "wss://us.staging.trading.example.com:8443"
        assert servers.local(port="8080") == "ws://127.0.0.1:8080"

    def test_the_option_whose_name_is_taken(self) -> None:
        with pytest.raises(ValueError, match="'beat' is no message"):
            MarketDataClient(servers.PRODUCTION, symbol="AAPL", connection_heartbeat=HeartbeatOption("beat", 5.0))

    async def test_a_loop_that_is_broken_lets_go_of_its_stream(self) -> None:
        fake = FakeMarketDataServer()
        trade = Trade(price=2.0, quantity=1, side="buy")
        async with MarketDataClient("ws://fake", symbol="AAPL", transport=fake.transport) as market:

            async def first() -> float:
                async for each in market.trade_stream():
                    return each.price
                raise AssertionError("the stream has ended")

            price = asyncio.create_task(first())
            await fake.advance(0)
            fake.push_trade(trade)
            assert await price == 2.0
            assert market.connection.stats.unrouted == 0
            await fake.advance(0)
            fake.push_trade(trade)
            assert market.connection.stats.unrouted == 1
