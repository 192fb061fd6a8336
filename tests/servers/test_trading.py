from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.environments import environment
from tests.servers import REQUIREMENTS, TradingServer
from tests.servers.document import PATH, document_text

QUOTES = {"type": "quotes.subscribe", "payload": {"symbols": ["A", "B"]}}
TOPIC = 'quotes:{"depth":"","symbols":["A","B"]}'


async def ask(ws: ClientConnection, message: object) -> object:
    await ws.send(json.dumps(message))
    return json.loads(await ws.recv())


def test_the_document_in_specs_is_what_the_server_publishes(trading_server: TradingServer) -> None:
    assert PATH.read_text(encoding="utf-8") == document_text(trading_server), (
        "specs/trading.asyncapi.json is stale; run `python -m tests.servers.document`"
    )


async def test_a_subscription_gets_what_is_pushed_to_its_topic(trading_server: TradingServer) -> None:
    quote = {"symbol": "A", "bid": 1.0, "ask": None, "status": "trading"}
    update = {"topic": TOPIC, "payload": quote}
    async with connect(trading_server.url) as ws:
        assert await ask(ws, QUOTES) == {
            "type": "quotes.subscribe.response",
            "payload": {"status": "ok", "message": "Subscribed", "topic": TOPIC},
        }
        assert await trading_server.push("quotes:{}", "quotes.update", update) == 0
        assert await trading_server.push(TOPIC, "quotes.update", update) == 1
        assert json.loads(await ws.recv()) == {"type": "quotes.update", "payload": update}
        state = await trading_server.state()
        assert state["connections"][0]["topics"] == [TOPIC]
        assert state["received"] == {"quotes.subscribe": 1}


async def test_modes_reject_and_are_forgotten_by_reset(trading_server: TradingServer) -> None:
    await trading_server.mode(reject=["B"])
    async with connect(trading_server.url) as ws:
        assert await ask(ws, QUOTES) == {
            "type": "quotes.subscribe.response",
            "payload": {"status": "error", "message": "not available: B", "topic": TOPIC},
        }
        await trading_server.reset()
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
    assert await trading_server.state() == {"connections": [], "received": {}}


async def test_a_silent_symbol_is_not_answered(trading_server: TradingServer) -> None:
    await trading_server.mode(silent=["A"])
    async with connect(trading_server.url) as ws:
        await ws.send(json.dumps(QUOTES))
        async with asyncio.timeout(10):
            while (await trading_server.state())["received"] != {"quotes.subscribe": 1}:
                pass
        assert (await trading_server.state())["connections"][0]["topics"] == []


async def test_a_token_is_asked_for_at_the_handshake(trading_server: TradingServer) -> None:
    await trading_server.mode(token="secret")
    with pytest.raises(InvalidStatus, match="403"):
        await connect(trading_server.url)
    headers = {"Authorization": "Bearer secret"}
    async with connect(f"{trading_server.url}?seat=1", additional_headers=headers):
        connection = (await trading_server.state())["connections"][0]
        assert (connection["query"], connection["headers"]["authorization"]) == ("seat=1", "Bearer secret")


async def test_kick_closes_with_the_code(trading_server: TradingServer) -> None:
    async with connect(trading_server.url) as ws:
        assert await ask(ws, {"type": "ping"}) == {"type": "pong"}
        assert await trading_server.kick(1012, "restart") == 1
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1012, "restart")


async def test_chat_answers_after_its_push_and_typing_is_answered_with_chat_none(
    trading_server: TradingServer,
) -> None:
    async with connect(trading_server.url) as ws:
        joined = await ask(ws, {"type": "chat.join", "payload": {"room": "r", "nick": "ann"}})
        assert joined == {"type": "chat.joined", "payload": {"room": "r", "members": 1}}
        message = {"room": "r", "nick": "ann", "text": "hi", "sequence": 1}
        posted = await ask(ws, {"type": "chat.post", "payload": {"room": "r", "text": "hi"}})
        assert posted == {"type": "chat.message", "payload": message}
        assert json.loads(await ws.recv()) == {"type": "chat.post.response", "payload": {"sequence": 1}}
        assert await ask(ws, {"type": "chat.typing", "payload": {"room": "r"}}) == {"type": "chat.None"}
        assert await trading_server.push("chat:r", "chat.notice", message) == 1
        assert json.loads(await ws.recv()) == {"type": "chat.notice", "payload": message}


async def test_now_is_answered_with_a_plain_object(trading_server: TradingServer) -> None:
    async with connect(trading_server.url) as ws:
        assert await ask(ws, {"type": "now"}) == {
            "type": "now.response",
            "payload": {"seconds": 1792000000, "milliseconds": 1792000000000},
        }


def test_an_unknown_mode_is_refused(trading_server: TradingServer) -> None:
    with pytest.raises(RuntimeError, match="no mode"):
        trading_server.admin.mode(rejects=["A"])


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_document_does_not_depend_on_the_hash_seed(seed: str) -> None:
    program = "import json, trading; print(json.dumps(trading.service.asyncapi(), indent=2, ensure_ascii=False))"
    result = subprocess.run(
        [str(environment(REQUIREMENTS)), "-W", "ignore", "-c", program],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.stdout == PATH.read_text(encoding="utf-8")


async def test_poison_ends_the_connection(trading_server: TradingServer) -> None:
    await trading_server.mode(poison=["B"])
    async with connect(trading_server.url) as ws:
        await ws.send(json.dumps(QUOTES))
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1003


async def test_a_restart_closes_with_1012_and_is_on_the_same_port(trading_server: TradingServer) -> None:
    async with connect(trading_server.url) as ws:
        await ask(ws, QUOTES)
        stopping = asyncio.create_task(trading_server.stop())
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1012
        await stopping
        with pytest.raises(ConnectionRefusedError):
            await connect(trading_server.url)
        await trading_server.start()
        assert await trading_server.state() == {"connections": [], "received": {}}


def test_the_server_ends_with_its_parent() -> None:
    parent = (
        "import os\n"
        "from tests.servers import trading_server\n"
        "with trading_server() as server:\n"
        "    print(server.url, flush=True)\n"
        "    os._exit(0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", parent],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    port = int(result.stdout.split(":")[2].partition("/")[0])
    assert refuses_within(port, seconds=20)


def refuses_within(port: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return True
    return False
