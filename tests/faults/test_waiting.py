"""Several callers that wait for the same thing while it happens."""

from __future__ import annotations

import asyncio

import pytest
from wsgen_runtime import ConnectionFailed, Retry

from tests.faults.clients import Calls, FaultClient
from tests.faults.invariants import nothing_left, until
from tests.faults.proxy import Blackhole, proxied
from tests.faults.server import faulty_server


async def test_two_who_unsubscribe_the_same_subscription_both_return() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        watch = await client.watch("A")
        calls = Calls()
        calls.start(watch.subscription.unsubscribe())
        calls.start(watch.subscription.unsubscribe())
        assert await calls.settled(3.0) == [None, None]


@pytest.mark.parametrize("drop", [True, False])
async def test_an_unsubscribe_that_is_under_way_when_the_client_closes_returns(drop: bool) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        watch = await client.watch("A")
        server.behaviour.reply_delay = 0.1
        calls = Calls()
        calls.start(watch.subscription.unsubscribe())
        await until(lambda: server.received["bars.unsubscribe"] == 1, "it is under way")
        if drop:
            server.reset_all()
        await client.close()
        assert await calls.settled(3.0) == [None]
        assert watch.subscription.state == "DELETED"


async def test_who_was_told_of_the_failure_may_call_again_at_once() -> None:
    """The error of a call is the end of the attempts, not the beginning of their end."""
    retry = Retry(delays=(0.0, 0.02, 0.05))
    async with nothing_left(), faulty_server() as server, proxied(server.port, *[(Blackhole(),)] * 3) as proxy:
        client = FaultClient(proxy.url, open_timeout=0.1, retry=retry)
        with pytest.raises(ConnectionFailed):
            await client.watch("A")
        assert client.connection.state == "FAILED"
        await client.watch("A")
        await client.close()


async def test_two_who_wait_for_the_end_are_both_told() -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        watch = await client.watch("A")
        calls = Calls()
        calls.start(watch.subscription.wait_ended())
        calls.start(watch.subscription.wait_ended())
        await asyncio.sleep(0)
        await watch.subscription.unsubscribe()
        assert await calls.settled(3.0) == [None, None]
