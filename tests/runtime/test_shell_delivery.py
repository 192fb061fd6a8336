"""Values on their way to streams and callbacks on asyncio, over a transport in memory."""

from __future__ import annotations

import asyncio

import pytest
from wsgen_runtime import (
    Delivery,
    SlowConsumer,
)

from tests.runtime.shells import (
    BARS,
    PING,
    Server,
    TestClient,
    turns,
)


@pytest.fixture
def server() -> Server:
    return Server()


async def test_a_stream_that_is_not_read_stops_the_socket_and_loses_nothing(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}) as bars:
            for close in range(5000):
                server.bar("AAPL", close)
            await turns()
            assert server.only.paused
            reader = aiter(bars)
            assert [(await anext(reader))["close"] for _ in range(4096)] == list(range(4096))
            await turns()
            assert not server.only.paused
            assert [(await anext(reader))["close"] for _ in range(904)] == list(range(4096, 5000))
            assert bars.dropped == 0


async def test_a_request_from_inside_a_stream_is_answered_though_it_is_full(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}) as bars:
            for close in range(5000):
                server.bar("AAPL", close)
            await turns()
            async for _ in bars:
                assert await client.connection.request(PING, None) is None
                break


@pytest.mark.parametrize(
    ("delivery", "kept"),
    [
        (Delivery("drop_oldest", limit=3), [7, 8, 9]),
        (Delivery("latest", key="parity"), [8, 9]),
    ],
)
async def test_a_slow_stream_may_lose_values_by_its_policy(server: Server, delivery: Delivery, kept: list[int]) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}, delivery=delivery) as bars:
            for number in range(10):
                payload = {"close": number, "parity": number % 2}
                server.push("bars.update", {"topic": "bars:AAPL", "payload": payload})
            await turns()
            reader = aiter(bars)
            assert [(await anext(reader))["close"] for _ in kept] == kept
            assert bars.dropped == 10 - len(kept)


async def test_a_slow_stream_may_be_ended_and_keeps_what_it_had(server: Server) -> None:
    async with TestClient(transport=server.transport) as client:
        async with client.connection.stream(BARS, {"symbol": "AAPL"}, delivery=Delivery("fail", limit=4)) as bars:
            for close in range(5):
                server.bar("AAPL", close)
            await turns()
            reader = aiter(bars)
            assert [(await anext(reader))["close"] for _ in range(4)] == [0, 1, 2, 3]
            with pytest.raises(SlowConsumer) as caught:
                await anext(reader)
            assert caught.value.queued == 4
        await client.connection.request(PING, None)


async def test_an_asynchronous_callback_is_served_one_at_a_time_in_order(server: Server) -> None:
    running = 0
    seen: list[float] = []

    async def on_bar(bar: dict[str, float]) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        seen.append(bar["close"])
        running -= 1

    async with TestClient(transport=server.transport) as client:
        subscription = await client.connection.subscribe(BARS, {"symbol": "AAPL"}, on_bar)
        for close in range(5):
            server.bar("AAPL", close)
        await turns(60)
        assert seen == [0, 1, 2, 3, 4]
        assert subscription.delivered == 5


async def test_a_callback_that_raises_harms_nobody_else(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Exception] = []
    bars: list[object] = []

    def bad(bar: object) -> None:
        raise ValueError("mine")

    async with TestClient(transport=server.transport) as client:
        await client.connection.subscribe(BARS, {"symbol": "AAPL"}, bad, on_error=errors.append)
        await client.connection.subscribe(BARS, {"symbol": "AAPL"}, bars.append)
        server.bar("AAPL", 1.0)
        await turns()
        assert bars == [{"close": 1.0}]
        assert await client.connection.request(PING, None) is None
    assert [str(error) for error in errors] == ["mine"]
    assert "a callback raised ValueError: mine" in caplog.text


async def test_an_asynchronous_callback_may_unsubscribe_itself(server: Server) -> None:
    seen: list[object] = []
    async with TestClient(transport=server.transport) as client:

        async def once(bar: object) -> None:
            seen.append(bar)
            await subscription.unsubscribe()

        subscription = await client.connection.subscribe(BARS, {"symbol": "AAPL"}, once)
        server.bar("AAPL", 1.0)
        server.bar("AAPL", 2.0)
        await turns(40)
        assert (seen, subscription.state) == ([{"close": 1.0}], "DELETED")
