"""A subscription that ends connections is ended alone; what only looks like it is not."""

from __future__ import annotations

import pytest
from wsgen_runtime import RemoteError

from tests.faults.clients import Calls, FaultClient
from tests.faults.invariants import end_of, nothing_left, recovered, until
from tests.faults.server import faulty_server

BLAMING = [1003, 1007, 1008, 1009, 1011]


@pytest.mark.parametrize("code", BLAMING)
async def test_a_new_subscription_that_ends_connections_ends_alone(code: int) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        server.behaviour.poison["P"] = code
        for symbol in ("A", "B"):
            await client.watch(symbol)
        with pytest.raises(RemoteError):
            await client.watch("P")
        await recovered(server, client)
        assert client.wanted == {"bars:A", "bars:B"}
        assert server.accepted == 3
        assert "FAILED" not in client.states


@pytest.mark.parametrize("poison", [["1"], ["0"], ["4"], ["1", "3"]], ids="".join)
async def test_a_subscription_that_becomes_poison_ends_alone(poison: list[str]) -> None:
    symbols = [str(number) for number in range(5)]
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        watches = {symbol: await client.watch(symbol) for symbol in symbols}
        server.behaviour.poison = dict.fromkeys(poison, 1003)
        server.close_all(1012)
        for symbol in poison:
            with pytest.raises(RemoteError):
                await end_of(watches[symbol])
        await recovered(server, client)
        assert client.wanted == {f"bars:{symbol}" for symbol in symbols if symbol not in poison}
        assert server.accepted <= 2 + 2 * len(poison)


@pytest.mark.parametrize("code", [1003, 1011])
async def test_who_was_only_asked_when_it_happened_is_not_ended(code: int) -> None:
    """A fault of the server's own, while a subscription waits for its answer."""
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        await client.watch("A")
        server.behaviour.reply_delay = 0.05
        calls = Calls()
        calls.start(client.watch("B"))
        await until(lambda: server.received["bars.subscribe"] == 2, "asked")
        server.close_all(code)
        assert await calls.settled() == [None]
        server.behaviour.reply_delay = 0.0
        await recovered(server, client)
        assert client.wanted == {"bars:A", "bars:B"}


async def test_faults_of_the_network_blame_nobody() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        server.behaviour.reply_delay = 0.03
        calls = Calls()
        calls.start(client.watch("A"))
        for drop in range(8):
            await until(lambda: server.received["bars.subscribe"] > drop, "asked")  # noqa: B023
            server.reset_all() if drop % 2 else server.close_all(1012)
        assert await calls.settled() == [None]
        await recovered(server, client)


@pytest.mark.parametrize("innocents", [1, 3])
async def test_who_stands_before_the_poison_lives(innocents: int) -> None:
    """The server ends the connection before it has answered what came earlier: at first the wrong one is suspected."""
    symbols = [str(number) for number in range(innocents)]
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        for symbol in (*symbols, "P", "Z"):
            await client.watch(symbol)
        poisoned = client.watches[innocents]
        server.behaviour.poison, server.behaviour.hasty, server.behaviour.reply_delay = {"P": 1003}, True, 0.01
        server.close_all(1012)
        with pytest.raises(RemoteError):
            await end_of(poisoned)
        await recovered(server, client)
        assert client.wanted == {f"bars:{symbol}" for symbol in (*symbols, "Z")}


async def test_a_one_way_frame_may_have_been_the_cause() -> None:
    """The server closed, and either of two frames may be to blame: the subscription is not, however often."""
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        await client.watch("A")
        server.behaviour.reply_delay = 5.0
        calls = Calls()
        calls.start(client.watch("B"))
        for number in range(1, 5):
            await until(lambda: server.received["bars.subscribe"] == 2 * number, "asked")  # noqa: B023
            calls.start(client.type("lobby"))
            await until(lambda: server.received["chat.typing"] == number, "sent")  # noqa: B023
            server.close_all(1003)
            await until(lambda: server.accepted == number + 1, "connected again")  # noqa: B023
        server.behaviour.reply_delay = 0.0
        server.reset_all()
        assert await calls.settled() == [None] * 5
        await recovered(server, client)
