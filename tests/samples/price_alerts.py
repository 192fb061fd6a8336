"""A service that tells when a price passes a limit.

It is written against `QuotesSource`, so it takes the `quotes` of a client, of a part of it, or of a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generated_example.python.trading import Quote, QuotesSource, QuotesSubscriptionRequest
from generated_example.python.trading.errors import SubscriptionRejected
from generated_example.python.trading.runtime import Subscription

__all__ = ["Crossing", "PriceAlerts", "UnknownSymbol"]


class UnknownSymbol(Exception):
    """The market has no such symbol."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A bid that passed the limit."""

    symbol: str
    bid: float
    upwards: bool


class PriceAlerts:
    """Watches symbols, and calls `tell` with every crossing of their limits."""

    def __init__(self, quotes: QuotesSource, tell: Callable[[Crossing], None]) -> None:
        self._quotes = quotes
        self._tell = tell
        self._watches: dict[str, _Watch] = {}

    async def watch(self, symbol: str, limit: float) -> None:
        """Watch a symbol. Returns when the market has confirmed that.

        Raises:
            UnknownSymbol: it has no such symbol.
        """
        watch = _Watch(limit, self._tell)
        request = QuotesSubscriptionRequest(symbols=[symbol])
        try:
            watch.subscription = await self._quotes.subscribe(request, watch.update, on_reset=watch.forget)
        except SubscriptionRejected as refusal:
            raise UnknownSymbol(refusal.message) from refusal
        self._watches[symbol] = watch

    async def forget(self, symbol: str) -> None:
        """Watch a symbol no longer."""
        watch = self._watches.pop(symbol)
        if watch.subscription is not None:
            await watch.subscription.unsubscribe()

    def last(self, symbol: str) -> float | None:
        """The latest bid of a symbol; None while there is none that could be trusted."""
        return self._watches[symbol].last


class _Watch:
    """One symbol: a crossing is seen between two bids of the same connection."""

    def __init__(self, limit: float, tell: Callable[[Crossing], None]) -> None:
        self.subscription: Subscription | None = None
        self.last: float | None = None
        self._limit = limit
        self._tell = tell

    def update(self, quote: Quote) -> None:
        before, self.last = self.last, quote.bid
        if before is None or quote.bid is None or (before < self._limit) == (quote.bid < self._limit):
            return
        self._tell(Crossing(quote.symbol, quote.bid, upwards=quote.bid >= self._limit))

    def forget(self) -> None:
        """After an outage nobody knows what the price did meanwhile."""
        self.last = None
