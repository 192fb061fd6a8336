"""Connections that look open and are not, and servers that are merely quiet or slow."""

from __future__ import annotations

import asyncio

import pytest
from wsgen_runtime import Heartbeat
from wsgen_runtime.shell.websockets_transport import WebSocketsTransport

from tests.faults.clients import Calls, FaultClient, unless_lost
from tests.faults.invariants import nothing_left, recovered, until
from tests.faults.proxy import Direction, HalfOpen, proxied
from tests.faults.server import faulty_server

PINGS = {"ping_interval": 0.05, "ping_timeout": 0.1}
QUIET = {"ping_interval": None, "max_silence": 0.2}


@pytest.mark.parametrize("options", [PINGS, QUIET], ids=["pings", "max_silence"])
@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("position", range(0, 7, 2))
async def test_a_half_open_connection_is_noticed(
    direction: Direction, position: int, options: dict[str, object]
) -> None:
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, (HalfOpen(direction, position),)) as proxy:
            async with FaultClient(proxy.url, **options) as client:
                for symbol in ("A", "B", "C"):
                    await client.watch(symbol)
                    await unless_lost(client.join("lobby"))
                await until(lambda: server.accepted == 2, "the silence is noticed")
                await recovered(server, client)
                assert client.wanted == {"bars:A", "bars:B", "bars:C"}


async def test_a_server_that_becomes_silent_loses_no_caller() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        async with FaultClient(proxy.url, **QUIET) as client:
            await client.watch("A")
            proxy.freeze()
            calls = Calls()
            calls.start(client.watch("B"))
            calls.start(unless_lost(client.join("lobby")))
            calls.start(client.watches[0].subscription.unsubscribe())
            assert await calls.settled() == [None, None, None]
            await recovered(server, client)
            assert client.wanted == {"bars:B"}
            reasons = [event.reason for event in client.events if event.state == "RECONNECTING"]
            assert reasons == ["stale"]


async def test_closing_a_half_open_connection_is_bounded() -> None:
    loop = asyncio.get_running_loop()
    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        client = FaultClient(proxy.url, transport=WebSocketsTransport(close_timeout=0.2))
        await client.watch("A")
        proxy.freeze()
        started = loop.time()
        await client.close()
        assert loop.time() - started < 2.0


async def test_pongs_that_do_not_come_end_the_connection() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, **PINGS) as client:
        await client.watch("A")
        server.behaviour.pongs = False
        await until(lambda: server.accepted == 2, "the missing pong is noticed")
        server.behaviour.pongs = True
        await recovered(server, client)
        assert client.connection.state == "CONNECTED"


async def test_a_slow_server_that_answers_one_after_the_other_is_not_silent() -> None:
    """40 answers of 10 ms each: the last caller waits longer than the timeout, and the server is never silent."""
    async with nothing_left(), faulty_server() as server, FaultClient(server.url, timeout=0.2) as client:
        server.behaviour.reply_delay = 0.01
        calls = Calls()
        for number in range(40):
            calls.start(client.watch(str(number)))
        assert await calls.settled() == [None] * 40
        server.reset_all()
        await until(lambda: server.accepted == 2, "connected again")
        await recovered(server, client)
        assert server.received["bars.subscribe"] == 80
        assert server.accepted == 2


async def test_a_heartbeat_keeps_a_connection_that_would_be_closed_as_idle() -> None:
    heartbeat = Heartbeat("ping", 0.1, reply="pong")
    async with nothing_left(), faulty_server() as server:
        server.behaviour.idle = 0.4
        async with FaultClient(server.url, heartbeat=heartbeat) as client:
            await client.watch("A")
            await until(lambda: server.received["ping"] >= 10, "ten heartbeats")
            assert await client.join("lobby") == "lobby"
            await recovered(server, client)
            assert server.accepted == 1
