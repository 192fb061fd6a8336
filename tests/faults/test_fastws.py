"""The generated client and a real FastWS server in bad weather."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from generated_example.python.trading import (
    BarsSubscriptionRequest,
    ChatJoin,
    OrdersSubscriptionRequest,
    Quote,
    QuotesSubscriptionRequest,
    TradingClient,
)
from generated_example.python.trading.errors import ConnectionLost, HandshakeRejected, RemoteError
from generated_example.python.trading.runtime import ConnectionEvent, Retry
from tests.faults.invariants import nothing_left, until
from tests.servers import TradingServer

HASTE = Retry(delays=(0.01, 0.02, *[0.05] * 8), stable_after=0.0, give_up_after=20.0)
SYMBOLS = [f"S{number}" for number in range(20)]


class Trader:
    """A client with twenty subscriptions, and what happened to it."""

    def __init__(self, url: str, **options: Any) -> None:
        self.events: list[ConnectionEvent] = []
        self.quotes: dict[str, list[float | None]] = {symbol: [] for symbol in SYMBOLS}
        self.resets = dict.fromkeys(SYMBOLS, 0)
        self.topics: dict[str, str] = {}
        defaults: Any = {"retry": HASTE, "on_state": self.events.append}
        self.client = TradingClient(url, **{**defaults, **options})

    async def subscribe(self) -> None:
        async def one(symbol: str) -> None:
            def update(quote: Quote) -> None:
                assert quote.symbol == symbol, f"{symbol} got a quote of {quote.symbol}"
                self.quotes[symbol].append(quote.bid)

            def reset() -> None:
                self.resets[symbol] += 1

            request = QuotesSubscriptionRequest(symbols=[symbol])
            subscription = await self.client.quotes.subscribe(request, update, on_reset=reset)
            assert subscription.topic is not None
            self.topics[symbol] = subscription.topic

        await asyncio.gather(*(one(symbol) for symbol in SYMBOLS))

    async def well(self, server: TradingServer) -> None:
        """Wait until the server has the twenty subscriptions, on one connection, and every update arrives."""
        await until_holds(server, sorted(self.topics.values()))
        await self.client.connect()
        marks = {symbol: 100.0 + number for number, symbol in enumerate(SYMBOLS)}
        for symbol, bid in marks.items():
            topic = self.topics[symbol]
            update = {"topic": topic, "payload": {"symbol": symbol, "bid": bid}}
            assert await server.push(topic, "quotes.update", update) == 1
        await self.client.ping()
        assert {symbol: quotes[-1:] for symbol, quotes in self.quotes.items()} == {
            symbol: [bid] for symbol, bid in marks.items()
        }

    @property
    def losses(self) -> list[int | str | None]:
        return [event.reason for event in self.events if event.state == "RECONNECTING"]


async def until_holds(server: TradingServer, topics: list[str]) -> None:
    """Wait until the server has exactly one connection, with these topics."""
    found: list[list[str]] = []
    for _ in range(400):
        found = [sorted(connection["topics"]) for connection in (await server.state())["connections"]]
        if found == [topics]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"wanted {topics}, the server has {found}")


@pytest.mark.parametrize("code", [1012, 1001, 1011, 4000])
async def test_a_kick_costs_no_subscription(trading_server: TradingServer, code: int) -> None:
    async with nothing_left():
        trader = Trader(trading_server.url)
        async with trader.client:
            await trader.subscribe()
            for kick in range(1, 4):
                assert await trading_server.kick(code) == 1
                await until(lambda: len(trader.losses) == kick, "the kick is noticed")  # noqa: B023
                await trader.well(trading_server)
            assert trader.losses == [code] * 3
            assert set(trader.resets.values()) == {3}
            received = (await trading_server.state())["received"]
            assert received["quotes.subscribe"] == 4 * len(SYMBOLS)
            assert "quotes.unsubscribe" not in received


async def test_a_restart_on_the_same_port_costs_no_subscription(trading_server: TradingServer) -> None:
    async with nothing_left():
        trader = Trader(trading_server.url)
        async with trader.client:
            await trader.subscribe()
            await trading_server.stop()
            await until(lambda: trader.losses == [1012], "the restart is noticed")
            with pytest.raises(ConnectionLost) as caught:
                await trader.client.chat.join(ChatJoin(room="lobby"))
            assert caught.value.sent == "no"
            joining = asyncio.ensure_future(trader.client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print))
            await trading_server.start()
            bars = await joining
            assert bars.topic is not None
            trader.topics["bars"] = bars.topic
            await until_holds(trading_server, sorted(trader.topics.values()))
            await bars.unsubscribe()
            del trader.topics["bars"]
            await trader.well(trading_server)
            assert set(trader.resets.values()) == {1}


async def test_expired_credentials_are_renewed_on_reconnect(trading_server: TradingServer) -> None:
    token = "morning"
    attempts: list[int] = []

    async def headers(attempt: int) -> dict[str, str]:
        attempts.append(attempt)
        if attempt > 1:
            await asyncio.sleep(0)  # an identity provider would be asked here
            return {"Authorization": "Bearer evening"}
        return {"Authorization": f"Bearer {token}"}

    await trading_server.mode(token="morning")
    async with nothing_left():
        trader = Trader(trading_server.url, headers=headers)
        async with trader.client:
            await trader.subscribe()
            await trading_server.mode(token="evening")
            await trading_server.kick()
            await until(lambda: attempts == [1, 1, 2], "the old credentials, then fresh ones")
            await trader.well(trading_server)
            assert set(trader.resets.values()) == {1}


async def test_credentials_that_stay_expired_end_everything(trading_server: TradingServer) -> None:
    await trading_server.mode(token="morning")
    async with nothing_left():
        trader = Trader(trading_server.url, headers={"Authorization": "Bearer morning"})
        async with trader.client:
            await trader.subscribe()
            orders = await trader.client.broker_orders.subscribe(OrdersSubscriptionRequest(account_id="ACC"), print)
            await trading_server.mode(token="evening")
            await trading_server.kick()
            with pytest.raises(HandshakeRejected) as caught:
                await asyncio.wait_for(orders.wait_ended(), 10)
            assert caught.value.status == 403
            assert trader.client.connection.state == "FAILED"
            assert "morning" not in f"{caught.value!r} {trader.events}"


async def test_a_subscription_that_ends_connections_ends_alone(trading_server: TradingServer) -> None:
    async with nothing_left():
        trader = Trader(trading_server.url)
        async with trader.client:
            await trader.subscribe()
            await trading_server.mode(poison=["AAPL"])
            with pytest.raises(RemoteError):
                await trader.client.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print)
            await trader.well(trading_server)
            assert trader.losses == [1003, 1003]
