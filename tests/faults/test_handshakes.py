"""Handshakes that are refused, slow, or answered by nobody: at the first connect, and after a loss."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from wsgen_runtime import ConnectionFailed, ConnectionLost, HandshakeRejected, Retry

from tests.faults.clients import HASTE, Calls, FaultClient
from tests.faults.invariants import end_of, nothing_left, recovered, until
from tests.faults.proxy import Blackhole, Plan, Slow, proxied
from tests.faults.server import Answer, FaultyServer, faulty_server

PASSING = [408, 425, 429, 500, 502, 503, 504]
FINAL = [400, 404, 410, 426]
DENIED = [401, 403]
THREE = Retry(delays=(0.0, 0.02, 0.05))
SECRETS = {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Cookie": "session=secret"}


async def drop(server: FaultyServer, client: FaultClient) -> None:
    """Lose the connection, and wait until the client knows."""
    known = len(client.events)
    server.reset_all()
    await until(lambda: "RECONNECTING" in client.states[known:], "the loss is noticed")


@pytest.mark.parametrize("status", PASSING)
async def test_a_status_that_may_pass_is_tried_again(status: int) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        await client.watch("A")
        server.behaviour.answers.extend([Answer(status)] * 2)
        await drop(server, client)
        await recovered(server, client)
        assert len(server.attempts) == 4


@pytest.mark.parametrize("status", FINAL)
async def test_a_status_that_repeating_cannot_mend_ends_everything(status: int) -> None:
    async with nothing_left(), faulty_server() as server, FaultClient(server.url) as client:
        watch = await client.watch("A")
        server.behaviour.answers.append(Answer(status))
        await drop(server, client)
        with pytest.raises(HandshakeRejected) as caught:
            await end_of(watch)
        assert caught.value.status == status
        assert (client.connection.state, watch.subscription.state) == ("FAILED", "DELETED")
        assert len(server.attempts) == 2

        await client.watch("A")
        await recovered(server, client)
        assert client.wanted == {"bars:A"}


@pytest.mark.parametrize("status", DENIED)
async def test_denied_credentials_are_asked_for_once_more(status: int) -> None:
    tokens = iter(["first", "expired", "second", "expired", "expired"])
    attempts: list[int] = []

    async def headers(attempt: int) -> dict[str, str]:
        attempts.append(attempt)
        return {"Authorization": f"Bearer {next(tokens)}"}

    async with nothing_left(), faulty_server() as server:
        server.behaviour.token, server.behaviour.denied = "first", status
        async with FaultClient(server.url, headers=headers) as client:
            watch = await client.watch("A")
            server.behaviour.token = "second"
            await drop(server, client)
            await recovered(server, client)
            assert attempts == [1, 1, 2]
            await until(lambda: server.attempts[-1].time + 0.25 < asyncio.get_running_loop().time(), "it is stable")

            server.behaviour.token = "third"
            server.reset_all()
            with pytest.raises(HandshakeRejected) as caught:
                await end_of(watch)
            assert caught.value.status == status
            assert client.connection.state == "FAILED"
            assert attempts == [1, 1, 2, 1, 2]
            given = [attempt.headers["authorization"].removeprefix("Bearer ") for attempt in server.attempts]
            assert given == ["first", "expired", "second", "expired", "expired"]


@pytest.mark.parametrize("status", DENIED)
async def test_denied_at_the_first_connect(status: int) -> None:
    async with nothing_left(), faulty_server() as server:
        server.behaviour.answer = Answer(status)
        client = FaultClient(server.url)
        with pytest.raises(HandshakeRejected) as caught:
            await client.watch("A")
        assert caught.value.status == status
        assert len(server.attempts) == 2
        server.behaviour.answer = None
        await client.watch("A")
        await recovered(server, client)
        await client.close()


@pytest.mark.parametrize(("status", "first"), [(429, True), (503, False)], ids=["at first", "after a loss"])
async def test_retry_after_is_honoured(status: int, first: bool) -> None:
    async with nothing_left(), faulty_server() as server:
        refusal = Answer(status, (("Retry-After", "1"),))
        client = FaultClient(server.url)
        if first:
            server.behaviour.answers.append(refusal)
        await client.watch("A")
        if not first:
            server.behaviour.answers.append(refusal)
            await drop(server, client)
        await recovered(server, client)
        refused, accepted = server.attempts[-2:]
        assert 1.0 <= accepted.time - refused.time < 2.0
        await client.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("first", [True, False], ids=["at first", "after a loss"])
async def test_a_redirect_to_another_origin_is_not_followed(status: int, first: bool) -> None:
    async with nothing_left(), faulty_server() as stranger, faulty_server() as server:
        redirect = Answer(status, (("Location", stranger.url),))
        client = FaultClient(server.url, headers=SECRETS)
        if first:
            server.behaviour.answer = redirect
            with pytest.raises(HandshakeRejected) as caught:
                await client.watch("A")
        else:
            watch = await client.watch("A")
            server.behaviour.answer = redirect
            await drop(server, client)
            with pytest.raises(HandshakeRejected) as caught:
                await end_of(watch)
        assert caught.value.status == status
        assert "secret" not in f"{caught.value!r} {client!r} {client.events}"
        assert stranger.attempts == []
        assert server.attempts[-1].headers["x-api-key"] == "secret"
        await client.close()


async def test_a_blackhole_costs_one_open_timeout() -> None:
    async with nothing_left(), faulty_server() as server:
        hole: Plan = (Blackhole(),)
        async with proxied(server.port, hole, (), hole) as proxy:
            async with FaultClient(proxy.url, open_timeout=0.2) as client:
                await client.watch("A")
                await drop(server, client)
                await recovered(server, client)
                assert [event.attempt for event in client.events if event.state == "CONNECTED"] == [2, 2]
                assert server.accepted == 2


async def test_nothing_but_blackholes_is_a_failure() -> None:
    async with nothing_left(), faulty_server() as server:
        async with proxied(server.port, *[(Blackhole(),)] * 3) as proxy:
            client = FaultClient(proxy.url, open_timeout=0.1, retry=THREE)
            calls = Calls()
            for call in (client.watch("A"), client.join("lobby"), client.connect()):
                calls.start(call)
            errors = await calls.settled()
            assert [type(error) for error in errors] == [ConnectionFailed] * 3
            assert [error.attempts for error in errors if isinstance(error, ConnectionFailed)] == [3, 3, 3]
            assert server.attempts == []
            await until(lambda: client.connection.state == "FAILED", "no attempt is left")
            await client.watch("A")
            await recovered(server, client)
            await client.close()


async def test_a_handshake_that_dribbles_is_in_time_or_not() -> None:
    async with nothing_left(), faulty_server() as server:
        plans: list[Plan] = [(Slow("down", 1, 0.05),), (Slow("up", 1, 0.05),), (Slow("down", 20, 0.001),)]
        async with proxied(server.port, *plans) as proxy, FaultClient(proxy.url, open_timeout=0.3) as client:
            await client.watch("A")
            await recovered(server, client)
            assert [event.attempt for event in client.events if event.state == "CONNECTED"] == [3]


async def test_nobody_listens_for_a_while() -> None:
    async with nothing_left(), faulty_server() as server, proxied(server.port) as proxy:
        async with FaultClient(proxy.url) as client:
            await client.watch("A")
            proxy.stop_listening()
            proxy.cut()
            await until(lambda: client.connection.state == "RECONNECTING", "the loss is noticed")
            calls = Calls()
            waiting = calls.start(client.watch("B"))
            lost = calls.start(client.join("lobby"))
            with pytest.raises(ConnectionLost) as caught:
                await lost
            assert caught.value.sent == "no"
            assert not waiting.done()
            await proxy.listen()
            assert await calls.settled() == [None, caught.value]
            await recovered(server, client)
            assert client.wanted == {"bars:A", "bars:B"}


async def test_nobody_listens_for_too_long() -> None:
    retry = replace(HASTE, give_up_after=0.4)
    async with nothing_left(), faulty_server() as server:
        async with FaultClient(server.url, retry=retry) as client:
            watch = await client.watch("A")
            server.stop_listening()
            started = time.monotonic()
            server.reset_all()
            await until(lambda: client.connection.state == "RECONNECTING", "the loss is noticed")
            calls = Calls()
            calls.start(watch.subscription.wait_ended())
            calls.start(client.watch("B"))
            for error in await calls.settled():
                assert isinstance(error, ConnectionFailed)
                assert isinstance(error.cause, ConnectionRefusedError)
            assert time.monotonic() - started < 1.0
            assert client.connection.state == "FAILED"
            await server.listen()
            await client.connection.reconnect()
            await client.watch("A")
            await recovered(server, client)
