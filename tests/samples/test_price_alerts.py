"""How an application is tested: with the fake server of its package, in one process, in no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from generated_example.python.trading import Quote, QuotesSubscriptionRequest, TradingClient
from generated_example.python.trading.errors import SubscribeTimeout
from generated_example.python.trading.fakes import FakeTradingServer, Received

from .price_alerts import Crossing, PriceAlerts, UnknownSymbol


class Tokens:
    """Gives a token, and another one when the server has refused the first."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def headers(self, attempt: int) -> dict[str, str]:
        self.given.append("stale" if attempt == 1 else "fresh")
        return {"Authorization": f"Bearer {self.given[-1]}"}


@pytest.fixture
def server() -> FakeTradingServer:
    return FakeTradingServer()


@pytest.fixture
def told() -> list[Crossing]:
    return []


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest_asyncio.fixture
async def trading(server: FakeTradingServer, tokens: Tokens) -> AsyncIterator[TradingClient]:
    async with TradingClient("ws://fake", transport=server.transport, headers=tokens.headers) as client:
        yield client


@pytest.fixture
def alerts(trading: TradingClient, told: list[Crossing]) -> PriceAlerts:
    return PriceAlerts(trading.quotes, told.append)


async def test_watching_subscribes(server: FakeTradingServer, alerts: PriceAlerts) -> None:
    await alerts.watch("AAPL", 190)

    assert server.received == [Received("quotes.subscribe", QuotesSubscriptionRequest(symbols=["AAPL"]))]


async def test_a_crossing_is_told(server: FakeTradingServer, alerts: PriceAlerts, told: list[Crossing]) -> None:
    await alerts.watch("AAPL", 190)

    for bid in (189.0, 189.5, 190.5, 191.0, 188.0):
        server.push_quotes(Quote(symbol="AAPL", bid=bid))

    assert told == [Crossing("AAPL", 190.5, upwards=True), Crossing("AAPL", 188.0, upwards=False)]


async def test_each_symbol_has_its_own_limit(
    server: FakeTradingServer, alerts: PriceAlerts, told: list[Crossing]
) -> None:
    await alerts.watch("AAPL", 190)
    await alerts.watch("MSFT", 400)

    for bid in (189.0, 191.0):
        server.push_quotes(Quote(symbol="MSFT", bid=bid), request=QuotesSubscriptionRequest(symbols=["MSFT"]))

    assert told == []
    assert alerts.last("AAPL") is None


async def test_an_unknown_symbol_is_refused(server: FakeTradingServer, alerts: PriceAlerts) -> None:
    server.refuse_quotes("no such symbol: NOPE", request=QuotesSubscriptionRequest(symbols=["NOPE"]))

    await alerts.watch("AAPL", 190)
    with pytest.raises(UnknownSymbol, match="no such symbol: NOPE"):
        await alerts.watch("NOPE", 1)


async def test_what_is_forgotten_is_unsubscribed(server: FakeTradingServer, alerts: PriceAlerts) -> None:
    await alerts.watch("AAPL", 190)
    await alerts.forget("AAPL")

    assert server.subscriptions == []
    with pytest.raises(LookupError, match="nobody is subscribed"):
        server.push_quotes(Quote(symbol="AAPL", bid=189.0))


async def test_no_crossing_is_seen_across_an_outage(
    server: FakeTradingServer, alerts: PriceAlerts, told: list[Crossing]
) -> None:
    await alerts.watch("AAPL", 190)
    server.push_quotes(Quote(symbol="AAPL", bid=189.0))

    server.drop(1012)
    await server.advance(5)

    assert alerts.last("AAPL") is None
    server.push_quotes(Quote(symbol="AAPL", bid=191.0))
    assert told == []
    assert alerts.last("AAPL") == 191.0


async def test_an_expired_token_is_renewed(server: FakeTradingServer, alerts: PriceAlerts, tokens: Tokens) -> None:
    await alerts.watch("AAPL", 190)

    server.expire_credentials()
    server.drop()
    await server.advance(30)

    assert tokens.given == ["stale", "stale", "fresh"]
    assert [each.domain for each in server.subscriptions] == ["quotes"]


async def test_a_silent_market_is_a_timeout(server: FakeTradingServer, alerts: PriceAlerts) -> None:
    server.go_silent()
    began = asyncio.get_running_loop().time()

    with pytest.raises(SubscribeTimeout):
        await server.until(alerts.watch("AAPL", 190))

    assert server.clock.time() >= 5
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_slow_market_is_waited_for(server: FakeTradingServer, alerts: PriceAlerts) -> None:
    server.delay(4)
    watching = asyncio.ensure_future(alerts.watch("AAPL", 190))

    await server.advance(3)
    assert not watching.done()
    await server.advance(1)
    await watching
    server.recover()


async def test_the_same_on_a_real_port(server: FakeTradingServer) -> None:
    told = asyncio.Queue[Crossing]()
    async with server.serve() as url, TradingClient(url) as trading:
        alerts = PriceAlerts(trading.quotes, told.put_nowait)
        await alerts.watch("AAPL", 190)
        server.push_quotes(Quote(symbol="AAPL", bid=189.0))
        server.push_quotes(Quote(symbol="AAPL", bid=191.0))
        assert await asyncio.wait_for(told.get(), 10) == Crossing("AAPL", 191.0, upwards=True)
