"""What callers see of a lost connection: streams, slow consumers, queued calls, shared connections, closing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from wsgen_runtime import Closed, ConnectionEvent, ConnectionLost, Delivery

from tests.faults.clients import BARS, HASTE, PING, Calls, FaultClient, Listener, Reset
from tests.faults.invariants import nothing_left, own_updates_in_order, recovered, until, wanted_is_held
from tests.faults.proxy import proxied
from tests.faults.server import FaultyServer, faulty_server
from tests.scenarios.protocol import Operations


async def lose(server: FaultyServer, client: FaultClient) -> None:
    """Lose the connection for good: nobody listens any more."""
    server.stop_listening()
    server.reset_all()
    await until(lambda: client.connection.state == "RECONNECTING", "the loss is noticed")


async def test_a_stream_goes_on_after_a_drop_and_counts_it() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        found: list[tuple[int, int]] = []
        async with client.connection.stream(BARS, {"symbol": "A"}) as bars:
            async for bar in bars:
                found.append((bar["connection"], bars.resets))
                if len(found) == 6:
                    break
                if len(found) % 2:
                    server.tick()
                else:
                    server.reset_all()
        assert found == [(1, 0), (1, 0), (2, 1), (2, 1), (3, 2), (3, 2)]
        await until(lambda: wanted_is_held(server, client) is None, "the stream has left")


async def test_a_slow_stream_loses_nothing_that_came_before_the_drop() -> None:
    """Reading is paused when the connection is reset: what had come is given out, then the new connection's."""
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        stream = client.connection.stream(BARS, {"symbol": "A"}, delivery=Delivery(limit=10))
        async with stream as bars:
            for _ in range(50):
                server.tick()
            await asyncio.sleep(0.1)  # so that the pause has begun; nothing below depends on it
            server.close_all(1012)
            found: list[Any] = []
            while not found or found[-1]["connection"] == 1:
                found.append(await anext(aiter(bars)))
            assert [bar["sequence"] for bar in found[:-1]] == list(range(1, len(found)))
            assert len(found) == 52
            assert bars.resets == 1


async def test_a_callback_that_awaits_keeps_its_order_through_drops() -> None:
    listener = Listener()

    async def slow(bar: dict[str, Any]) -> None:
        await asyncio.sleep(0.001)
        listener.update(bar)

    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        await client.connection.subscribe(BARS, {"symbol": "A"}, slow)
        for number in range(2, 6):
            for _ in range(10):
                server.tick()
            server.close_all(1001)
            await until(lambda: server.accepted == number and bool(server.only.held), "connected again")  # noqa: B023
        await until(lambda: len(listener.updates) == 4 * 11 + 1, lambda: f"{len(listener.updates)} updates")
        sequences = [update.sequence for update in listener.updates]
        assert sequences == sorted(sequences)


async def test_a_callback_that_raises_or_leaves_harms_no_renewal() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:

        def explode(*_: object) -> None:
            raise ZeroDivisionError

        broken = await client.connection.subscribe(BARS, {"symbol": "A"}, explode, on_reset=explode)
        leaving = await client.connection.subscribe(BARS, {"symbol": "B"}, print, on_reset=lambda: leaving.cancel())
        watch = await client.watch("A")
        server.reset_all()
        await until(lambda: server.accepted == 2, "connected again")
        await recovered(server, client)
        assert (broken.state, leaving.state, watch.listener.resets) == ("CONFIRMED", "DELETED", 1)


async def test_a_request_fails_at_once_or_waits_its_time() -> None:
    async with nothing_left(), faulty_server() as server:
        async with FaultClient(server.url) as client:
            await client.watch("A")
            await lose(server, client)
            with pytest.raises(ConnectionLost) as caught:
                await client.ping()
            assert caught.value.sent == "no"
            await server.listen()
            await recovered(server, client)

        async with FaultClient(server.url, on_disconnect="queue", ttl=0.2) as client:
            await client.watch("A")
            await lose(server, client)
            with pytest.raises(ConnectionLost) as caught:
                await client.ping()
            assert caught.value.sent == "no"
            calls = Calls()
            calls.start(client.ping())
            calls.start(client.type("lobby"))
            await server.listen()
            assert await calls.settled() == [None, None]
            await recovered(server, client)
        assert server.received["chat.typing"] == 1


async def test_what_was_sent_is_never_sent_again() -> None:
    async with nothing_left(), faulty_server() as server:
        async with FaultClient(server.url, on_disconnect="queue", ttl=5.0) as client:
            await client.watch("A")
            server.behaviour.reply_delay = 5.0
            calls = Calls()
            calls.start(client.join("lobby"))
            await until(lambda: server.received["chat.join"] == 1, "sent")
            server.behaviour.reply_delay = 0.0
            server.reset_all()
            (error,) = await calls.settled()
            assert isinstance(error, ConnectionLost)
            assert error.sent == "maybe"
            await recovered(server, client)
        assert server.received["chat.join"] == 1


async def test_clients_that_share_a_connection_come_back_on_one() -> None:
    async with nothing_left(), faulty_server() as server:
        async with FaultClient(server.url) as first, FaultClient(server.url) as second:
            await first.watch("A")
            await second.watch("A")
            await second.watch("B")
            for number in range(2, 5):
                server.reset_all()
                await until(lambda: server.accepted == number, "connected again")  # noqa: B023
                await until(lambda: wanted_is_held(server, first, second) is None, "everything is held once")
            await first.close()
            await recovered(server, second)
            assert len(server.peers) == 1
            own_updates_in_order([*first.watches, *second.watches])
            assert [watch.listener.resets for watch in second.watches] == [3, 3]


async def test_every_lane_comes_back() -> None:
    """Updates that carry no key at all: each set of parameters has a connection of its own."""
    alerts = Operations({"alerts": "connection"}).subscriptions["alerts"]
    levels = ["low", "middle", "high"]
    listeners = {level: Listener() for level in levels}
    async with nothing_left(), faulty_server() as server:
        server.behaviour.snapshot = None
        async with FaultClient(server.url) as client:
            for level, listener in listeners.items():
                await client.connection.subscribe(alerts, {"level": level}, listener.update, on_reset=listener.reset)

            def well() -> bool:
                held = sorted(topic for peer in server.peers for topic in peer.held)
                return held == sorted(f"alerts:{level}" for level in levels)

            for _ in range(3):
                await until(well, "every lane has its subscription")
                server.reset_all()
            await until(well, "every lane has its subscription")
            server.tick()
            await until(lambda: all(one.updates for one in listeners.values()), "every lane has its update")
        for level, listener in listeners.items():
            assert {update.topic for update in listener.updates} == {f"alerts:{level}"}
            assert listener.notes[:3] == [Reset()] * 3


@pytest.mark.parametrize("reachable", [True, False])
async def test_closing_while_the_connection_is_lost(reachable: bool) -> None:
    async with nothing_left(), faulty_server() as server:
        client = FaultClient(server.url)
        watch = await client.watch("A")
        await lose(server, client)
        calls = Calls()
        calls.start(client.watch("B"))
        calls.start(watch.subscription.wait_ended())
        calls.start(client.connect())
        if reachable:
            await server.listen()
        await client.close()
        pending, ended, connecting = await calls.settled(2.0)
        assert isinstance(pending, Closed)
        assert ended is None
        assert isinstance(connecting, Closed)
        assert client.connection.state == "CLOSED"
        accepted = server.accepted
        await server.listen()
        await asyncio.sleep(4 * max(HASTE.delays))  # an attempt would have come by now
        assert server.accepted == accepted


async def test_leaving_while_the_connection_is_lost_sends_nothing() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        first, second, third = [await client.watch(symbol) for symbol in ("A", "B", "C")]
        await lose(server, client)
        await asyncio.wait_for(first.subscription.unsubscribe(), 0.5)
        second.subscription.cancel()
        assert (first.subscription.state, second.subscription.state) == ("DELETED", "DELETED")
        coming = asyncio.ensure_future(client.watch("D"))
        await asyncio.sleep(0)
        coming.cancel()
        with pytest.raises(asyncio.CancelledError):
            await coming
        await server.listen()
        await recovered(server, client)
        assert client.wanted == {third.topic}
        assert server.received == {"bars.subscribe": 4, "ping": 1}


async def test_states_are_told_in_order_with_their_reasons() -> None:
    told: list[ConnectionEvent] = []

    async def listen(client: FaultClient) -> None:
        async for event in client.connection.events():
            told.append(event)

    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        client = FaultClient(proxy.url)
        listening = asyncio.ensure_future(listen(client))
        await asyncio.sleep(0)
        await client.watch("A")
        server.close_all(1012)
        await until(lambda: server.accepted == 2, "connected again")
        await recovered(server, client)
        proxy.cut()
        await until(lambda: server.accepted == 3, "connected again")
        await recovered(server, client)
        await client.close()
        await asyncio.wait_for(listening, 2)
    assert told == client.events
    assert [(event.state, event.reason) for event in told] == [
        ("CONNECTING", None),
        ("CONNECTED", None),
        ("RECONNECTING", 1012),
        ("CONNECTED", None),
        ("RECONNECTING", None),
        ("CONNECTED", None),
        ("CLOSED", None),
    ]


async def test_a_request_from_inside_an_iteration_survives_drops() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        answered = lost = 0
        async with client.connection.stream(BARS, {"symbol": "A"}, delivery=Delivery(limit=2)) as bars:
            async for _ in bars:
                for _ in range(5):
                    server.tick()
                try:
                    await client.connection.request(PING, None, timeout=1.0)
                    answered += 1
                except ConnectionLost:
                    lost += 1
                if (answered + lost) % 5 == 0:
                    server.reset_all()
                if answered >= 20:
                    break
        assert server.accepted >= 4
