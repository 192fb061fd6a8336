"""Servers that end connections again and again: how often a client comes back, and that it loses nothing."""

from __future__ import annotations

import asyncio

import pytest
from wsgen_runtime import Retry

from tests.faults.clients import HASTE, Calls, FaultClient, Reset
from tests.faults.invariants import nothing_left, recovered, until
from tests.faults.server import faulty_server

SPAN = 8.0
"""Seconds in which a client with the default delays connects at most six times."""


async def connects_of(accept: int | None, confirm: int | None) -> int:
    """How often a client with the default delays connects to a server that ends every connection with this code:
    right after accepting it, or right after the first confirmation."""
    async with faulty_server() as server:
        server.behaviour.close_on_accept, server.behaviour.close_on_confirm = accept, confirm
        client = FaultClient(server.url, retry=Retry())
        calls = Calls()
        subscribing = calls.start(client.watch("A"))
        await asyncio.sleep(SPAN)
        connects = len(server.attempts)
        assert client.connection.state in ("RECONNECTING", "CONNECTED")
        assert subscribing.done() is (accept is None)
        await client.close()
        await calls.settled()
        return connects


async def test_no_storm_against_a_server_that_accepts_or_confirms_and_closes() -> None:
    async with nothing_left():
        ends = [(1012, None), (1000, None), (None, 1012), (None, 1000), (None, 1011)]
        connects = await asyncio.gather(*(connects_of(*end) for end in ends))
    print(f"\nthe worst reconnect storm: {max(connects)} connects in {SPAN:g} s; each of {ends}: {connects}")
    assert max(connects) <= 6, connects
    assert min(connects) >= 3, connects


@pytest.mark.parametrize("code", [1000, 1001, 1012, 1013, 4000])
async def test_restarts_end_no_subscription(code: int) -> None:
    symbols = [str(number) for number in range(20)]
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        for symbol in symbols:
            await client.watch(symbol)
        for restart in range(1, 9):
            await server.restart(code, down=0.01 * (restart % 3))
            await until(lambda: server.accepted > restart, "connected again")  # noqa: B023
            await recovered(server, client)
        assert client.wanted == {f"bars:{symbol}" for symbol in symbols}
        assert {watch.listener.resets for watch in client.watches} == {8}
        assert server.only.subscribed == [f"bars:{symbol}" for symbol in symbols]


async def test_updates_that_overtake_their_confirmation_come_after_the_reset() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        server.behaviour.snapshot = "before"
        watches = [await client.watch("A"), await client.watch("B"), await client.watch("A")]
        alerts = await client.watch_alerts("high")
        for number in range(2, 5):
            server.reset_all()
            await until(lambda: server.accepted == number, "connected again")  # noqa: B023
            await recovered(server, client)
        for watch in (*watches[:2], alerts):
            kinds = ["reset" if isinstance(note, Reset) else note.connection for note in watch.listener.notes]
            assert kinds == [1, "reset", 2, 2, "reset", 3, 3, "reset", 4, 4]


async def test_a_restart_in_the_middle_of_resubscribing_ends_no_subscription() -> None:
    symbols = [str(number) for number in range(20)]
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        for symbol in symbols:
            await client.watch(symbol)
        server.behaviour.reply_delay = 0.005
        for _ in range(6):
            accepted = server.accepted
            server.reset_all()
            await until(lambda: server.accepted > accepted and len(server.only.held) > 5, "resubscribing")  # noqa: B023
            server.close_all(1012)
        await recovered(server, client)
        assert client.wanted == {f"bars:{symbol}" for symbol in symbols}


@pytest.mark.parametrize(("idle", "retry"), [(0.3, HASTE), (6.0, Retry())], ids=["in haste", "as it is by default"])
async def test_a_server_that_closes_idle_clients_costs_no_subscription(idle: float, retry: Retry) -> None:
    """Each connection has lasted long enough to be stable, so none is waited for longer than the one before."""
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, retry=retry) as client:
        server.behaviour.idle = idle
        watches = [await client.watch(symbol) for symbol in ("A", "B", "C")]
        await until(lambda: server.accepted >= 4, "idle for long enough", patience=10.0 + 4 * idle)
        server.behaviour.idle = None
        await recovered(server, client)
        assert [watch.listener.resets for watch in watches] == [server.accepted - 1] * 3
        assert [event.reason for event in client.events if event.state == "RECONNECTING"] == [1000] * (
            server.accepted - 1
        )
