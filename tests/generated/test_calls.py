"""Generated methods at work, over a transport in memory: what is sent, and as what answers arrive."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .packages import SPECS, from_client, write
from .sink import SCHEMAS, sink


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package of the client that takes every name of ours, imported."""
    root = tmp_path_factory.mktemp("calls")
    write(from_client(sink(), SCHEMAS, "sink_calls"), root / "sink_calls")
    sys.path.insert(0, str(root))
    try:
        yield importlib.import_module("sink_calls")
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "sink_calls"]:
            del sys.modules[name]


class Server:
    """Answers frames as it is told, and keeps them."""

    def __init__(self, package: Any) -> None:
        self.frames: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.send: Callable[[dict[str, Any]], None] = self._nobody
        runtime = importlib.import_module(f"{package.__name__}.runtime")
        self.transport = runtime.MemoryTransport(
            self._serve, schedule=lambda call: asyncio.get_running_loop().call_soon(call)
        )

    def _nobody(self, frame: dict[str, Any]) -> None:
        raise AssertionError("nobody is connected")

    def _serve(self, attempt: Any) -> None:
        self.urls.append(attempt.request.url)
        connection = attempt.accept()
        self.send = connection.send_json

        def answer(raw: bytes) -> None:
            frame = json.loads(raw)
            self.frames.append(frame)
            if frame["type"] in self.answers:
                connection.send_json(self.answers[frame["type"]])

        connection.on_frame = answer


@pytest.fixture
def server(package: Any) -> Server:
    return Server(package)


async def test_replies_of_several_kinds_have_a_class_each(package: Any, server: Server) -> None:
    async with package.OneClient("ws://server.test", transport=server.transport) as client:
        server.answers["chat.str"] = {"type": "chat.bad", "payload": {"value": "no"}}
        reply = await client.one_chat.str(package.Str(value="x"))
        assert reply == package.ChatBadReply(package.Exception(value="no"))
        server.answers["chat.str"] = {"type": "chat.none"}
        assert await client.one_chat.str(package.Str(value="y")) == package.ChatNoneReply()
    assert server.frames[0] == {"type": "chat.str", "payload": {"value": "x"}}


async def test_a_payload_that_is_optional_can_be_left_out(package: Any, server: Server) -> None:
    server.answers["chat.float"] = {"type": "chat.floats", "payload": [1.5]}
    async with package.OneClient("ws://server.test", transport=server.transport) as client:
        assert await client.one_chat.float() == [1.5]
        assert await client.one_chat.float(package.Float(value="x")) == [1.5]
    assert server.frames == [{"type": "chat.float"}, {"type": "chat.float", "payload": {"value": "x"}}]


async def test_pushes_arrive_as_events_in_one_stream(package: Any, server: Server) -> None:
    async with (
        package.OneClient("ws://server.test", transport=server.transport) as client,
        client.one_chat.events() as events,
    ):
        server.send({"type": "chat.gone"})
        server.send({"type": "chat.notice", "payload": {"value": "a"}})
        received = [await anext(aiter(events)), await anext(aiter(events))]
    assert received == [package.ChatGoneEvent(), package.ChatNoticeEvent(package.Protocol(value="a"))]


async def test_updates_of_several_kinds_have_a_class_each(package: Any, server: Server) -> None:
    server.answers["md.subscribe"] = {"type": "md.subscribe.response"}
    async with package.OneClient("ws://server.test", transport=server.transport) as client:
        received: list[Any] = []
        stream = client.market_data.md_stream(package.MdSubscribe(symbol="a"))
        async with stream as updates:
            server.send({"type": "md.Stream", "payload": {"topic": "md:a", "data": {"value": "s"}}})
            received.append(await anext(aiter(updates)))
    assert received == [package.MarketDataMdStreamEvent(package.Stream(value="s"))]


async def test_the_address_is_appended_and_its_parameters_are_quoted(package: Any, server: Server) -> None:
    arguments: dict[str, Any] = {"symbol": "a/b c", "kind": "b", "connection": 7, "ids": [1, 2]}
    async with package.TwoClient("ws://server.test/base", **arguments, transport=server.transport):
        pass
    async with package.OneClient(package.servers.LOCAL, transport=server.transport):
        pass
    assert server.urls == ["ws://server.test/base/two/a%2Fb%20c/xb/7?ids=1&ids=2", "ws://127.0.0.1:80/ws/one"]


async def test_a_domain_alone_opens_the_same_connection(package: Any, server: Server) -> None:
    async with package.two_chat_client(symbol="s", connection=7, ids=[], transport=server.transport):
        pass
    assert server.urls == ["ws://127.0.0.1:80/ws/two/s/xa/7"]


def test_servers_with_variables_are_functions(package: Any) -> None:
    assert package.servers.production(port="443") == "wss://eu.example.com:443/{other}"


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_document_gives_the_same_bytes(seed: str, tmp_path: Path) -> None:
    code = (
        "import hashlib, sys\nfrom pathlib import Path\nfrom tests.generated.packages import from_document\n"
        "files = from_document(Path(sys.argv[1]), Path(sys.argv[2]), 'trading')\n"
        "for path, text in files.items(): print(path, hashlib.sha256(text.encode()).hexdigest())"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, str(SPECS / "trading.asyncapi.json"), str(tmp_path / folder)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=SPECS.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed, folder in (("0", "here"), (seed, "there"))
    ]
    assert outputs[0].count("\n") > 20
    assert outputs[0] == outputs[1]
