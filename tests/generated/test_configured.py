"""Each key of the configuration, and the same words in the document, seen from the package that is built."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from websockets.asyncio.server import ServerConnection, serve
from wsgen.config import load_config
from wsgen.pipeline import build_client
from wsgen.problems import Problem, Problems, Stop

from .packages import write

BARS = """
  bars.subscribe: {payload: {$ref: '#/components/schemas/Ask'}SUB}
  bars.subscribe.response: {payload: {$ref: '#/components/schemas/Done'}}
  bars.update: {payload: {$ref: '#/components/schemas/Bar'}}
  ping: {payload: {$ref: '#/components/schemas/Beat'}}
  pong: {}
  now: {payload: {$ref: '#/components/schemas/Beat'}ASK}
  now.response: {payload: {$ref: '#/components/schemas/Beat'}}
"""
SCHEMAS = """
  Ask: {type: object, required: [symbol], properties: {symbol: {type: string}}}
  Done: {type: object, properties: {status: {type: string}, topic: {type: string}, state: {type: string}}}
  Bar: {type: object, properties: {symbol: {type: string}, close: {type: number}}}
  Beat: {type: object, required: [n], properties: {n: {type: integer}}}
"""
REPLIES = {"bars.subscribe": "bars.subscribe.response", "now": "now.response"}
PUSHES = {"bars.update", "pong"}


def document(*, info: str = "", sub: str = "", ask: str = "") -> dict[str, Any]:
    """A feed with a subscription, a request, and a message that is sent; with words in YAML at three places."""
    said = {"SUB": f", {sub}" if sub else "", "ASK": f", {ask}" if ask else ""}
    messages = yaml.safe_load(BARS.replace("SUB", said["SUB"]).replace("ASK", said["ASK"]))
    for key, each in messages.items():
        frame = {"type": {"const": key}} | ({"payload": each.pop("payload")} if "payload" in each else {})
        each["payload"] = {"type": "object", "required": ["type"], "properties": frame}

    def reference(key: str) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/feed/messages/{key}"}]

    channel = {"$ref": "#/channels/feed"}
    operations: dict[str, Any] = {
        key: {"action": "send" if key in PUSHES else "receive", "channel": channel, "messages": reference(key)}
        for key in messages
        if key not in REPLIES.values()
    }
    for key, reply in REPLIES.items():
        operations[key]["reply"] = {"messages": reference(reply)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Feed", "version": "1", **yaml.safe_load(f"{{{info}}}")},
        "channels": {"feed": {"address": "/feed", "messages": messages}},
        "operations": operations,
        "components": {"schemas": yaml.safe_load(SCHEMAS)},
    }


class Built:
    """A package and what was said while it was built."""

    def __init__(self, root: Path, name: str, problems: list[Problem]) -> None:
        self.module: Any = importlib.import_module(name)
        self.runtime: Any = importlib.import_module(f"{name}.runtime")
        self.errors: Any = importlib.import_module(f"{name}.errors")
        self.folder = root / name
        self.problems = problems

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


Build = Callable[..., Built]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Builds, from a configuration and words in the document, a package that can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def build(configuration: str = "", **said: str) -> Built:
        (tmp_path / "feed.json").write_text(json.dumps(document(**said)), "utf-8")
        name = f"feed_{len(names)}"
        names.append(name)
        toml = f'[[client]]\ninput = "feed.json"\noutput = "{name}"\n{configuration}'
        (tmp_path / "wsgen.toml").write_text(toml, "utf-8")
        problems = Problems()
        (client,) = load_config(tmp_path, problems).clients
        write(build_client(client, problems).files, tmp_path / name)
        importlib.invalidate_caches()
        return Built(tmp_path, name, list(problems))

    yield build
    for module in [module for module in sys.modules if module.partition(".")[0] in names]:
        del sys.modules[module]


class Server:
    """The other side, in memory: keeps frames, and answers by their type."""

    def __init__(self, built: Built, **answers: dict[str, Any]) -> None:
        self.frames: list[dict[str, Any]] = []
        self.answers = answers
        self.send: Callable[[dict[str, Any]], None] = lambda frame: None
        self.transport = built.runtime.MemoryTransport(
            self._serve, schedule=lambda call: asyncio.get_running_loop().call_soon(call)
        )

    def _serve(self, attempt: Any) -> None:
        connection = attempt.accept()
        self.send = connection.send_json

        def answer(raw: bytes) -> None:
            frame = json.loads(raw)
            self.frames.append(frame)
            reply = self.answers.get(frame["type"].replace(".", "_"))
            if reply is not None:
                connection.send_json(reply)

        connection.on_frame = answer


def confirmed(**payload: str) -> dict[str, Any]:
    return {"type": "bars.subscribe.response", "payload": payload}


class TestStrictTopic:
    STRICT = '[client.domains.bars]\ntopic = "bars:{symbol}"\nstrict_topic = true\n'

    async def test_another_topic_is_refused(self, build: Build) -> None:
        built = build(self.STRICT)
        server = Server(built, bars_subscribe=confirmed(status="ok", topic="bars:aapl"))
        async with built.module.Feed0Client("ws://feed.test", transport=server.transport) as client:
            with pytest.raises(built.errors.TopicMismatch) as mismatch:
                await client.bars.subscribe(built.module.Ask(symbol="AAPL"), print)
        assert "bars:AAPL" in str(mismatch.value)

    async def test_without_it_the_servers_topic_is_taken(self, build: Build) -> None:
        built = build('[client.domains.bars]\ntopic = "bars:{symbol}"\n')
        server = Server(built, bars_subscribe=confirmed(status="ok", topic="bars:aapl"))
        async with built.module.Feed0Client("ws://feed.test", transport=server.transport) as client:
            assert (await client.bars.subscribe(built.module.Ask(symbol="AAPL"), print)).topic == "bars:aapl"

    async def test_the_document_can_say_so(self, build: Build) -> None:
        built = build(sub="x-wsgen-topic: 'bars:{symbol}', x-wsgen-strict-topic: true")
        assert "strict_topic=True" in (built.folder / "bars.py").read_text("utf-8")

    async def test_the_configuration_wins(self, build: Build) -> None:
        said = "x-wsgen-topic: 'bars:{symbol}', x-wsgen-strict-topic: true"
        built = build("strict_topic = false\n", sub=said)
        assert "strict_topic" not in (built.folder / "bars.py").read_text("utf-8")


class TestPipeline:
    @staticmethod
    async def sent_at_once(built: Built) -> int:
        """How many of two requests are sent before the first is answered."""
        server = Server(built)
        async with built.module.Feed0Client("ws://feed.test", transport=server.transport) as client:
            asked = [asyncio.ensure_future(client.now(built.module.Beat(n=n))) for n in (1, 2)]
            while not server.frames:
                await asyncio.sleep(0)
            for _ in range(20):  # whatever else would be sent has been
                await asyncio.sleep(0)
            sent = len(server.frames)
            for n in (1, 2):
                while len(server.frames) < n:
                    await asyncio.sleep(0)
                server.send({"type": "now.response", "payload": {"n": n}})
            assert [reply.n for reply in await asyncio.gather(*asked)] == [1, 2]
        return sent

    async def test_requests_do_not_wait(self, build: Build) -> None:
        assert await self.sent_at_once(build()) == 2

    async def test_they_wait_where_it_is_configured(self, build: Build) -> None:
        assert await self.sent_at_once(build("pipeline = false\n")) == 1

    async def test_they_wait_where_the_document_says_so(self, build: Build) -> None:
        assert await self.sent_at_once(build(ask="x-wsgen-pipeline: false")) == 1

    async def test_they_wait_in_one_domain(self, build: Build) -> None:
        assert await self.sent_at_once(build('[client.domains.""]\npipeline = false\n')) == 1

    async def test_the_configuration_wins(self, build: Build) -> None:
        assert await self.sent_at_once(build("pipeline = true\n", ask="x-wsgen-pipeline: false")) == 2


class TestHeartbeat:
    HEARTBEAT = 'heartbeat = { type = "ping", interval = 0.01, payload = { n = 7 }, reply = "pong" }\n'

    @pytest.mark.parametrize("where", ["configuration", "document"])
    async def test_it_is_sent_to_a_server(self, build: Build, where: str) -> None:
        said = "x-wsgen-heartbeat: {type: ping, interval: 0.01, payload: {n: 7}, reply: pong}"
        built = build(self.HEARTBEAT) if where == "configuration" else build(info=said)
        assert set(built.codes) == {"WSG425"}
        beats: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def answer(connection: ServerConnection) -> None:
            async for frame in connection:
                beats.put_nowait(json.loads(frame))
                await connection.send(json.dumps({"type": "pong"}))

        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with built.module.Feed0Client(f"ws://127.0.0.1:{port}"):
                async with asyncio.timeout(10):
                    found = [await beats.get() for _ in range(2)]
        assert found == [{"type": "ping", "payload": {"n": 7}}] * 2

    async def test_a_frame_that_is_the_payload(self, build: Build) -> None:
        built = build(
            'envelope = false\nheartbeat = { type = "ping", interval = 0.01, payload = { payload = { n = 7 } } }\n'
        )
        server = Server(built)
        async with built.module.Feed0Client("ws://feed.test", transport=server.transport), asyncio.timeout(10):
            while not server.frames:
                await asyncio.sleep(0.001)
        assert server.frames[0] == {"type": "ping", "payload": {"n": 7}}

    async def test_an_option_turns_it_off(self, build: Build) -> None:
        built = build(self.HEARTBEAT)
        server = Server(built)
        async with built.module.Feed0Client("ws://feed.test", transport=server.transport, heartbeat=None):
            await asyncio.sleep(0.05)
        assert server.frames == []

    async def test_a_domain_alone_has_it_too(self, build: Build) -> None:
        built = build(self.HEARTBEAT)
        server = Server(built)
        async with built.module.bars_client("ws://feed.test", transport=server.transport), asyncio.timeout(10):
            while not server.frames:
                await asyncio.sleep(0.001)
        assert server.frames[0]["type"] == "ping"

    async def test_it_is_kept_by_include(self, build: Build) -> None:
        built = build(f'include = ["bars.*"]\n{self.HEARTBEAT}')
        assert not hasattr(built.module.Feed0Client, "now")
        assert 'Heartbeat("ping"' in (built.folder / "protocol.py").read_text("utf-8")

    def test_the_readme_tells(self, build: Build) -> None:
        text = (build(self.HEARTBEAT).folder / "README.md").read_text("utf-8")
        assert "While it is connected, it sends `ping` every 0.01 seconds" in text


class TestUrlEnv:
    async def test_the_variable_is_read(self, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
        built = build('url_env = "FEED_URL"\n')
        monkeypatch.setenv("FEED_URL", "ws://feed.test/base")
        urls: list[str] = []

        def accept(attempt: Any) -> None:
            urls.append(attempt.request.url)
            attempt.accept()

        transport = built.runtime.MemoryTransport(
            accept, schedule=lambda call: asyncio.get_running_loop().call_soon(call)
        )
        async with built.module.Feed0Client(transport=transport), built.module.bars_client(transport=transport):
            pass
        async with built.module.Feed0Client("ws://other.test", transport=transport):
            pass
        assert urls == ["ws://feed.test/base/feed", "ws://other.test/feed"]

    @pytest.mark.parametrize(("value", "state"), [(None, "is not set"), ("", "is empty")])
    def test_without_it_the_error_names_it(
        self, build: Build, monkeypatch: pytest.MonkeyPatch, value: str | None, state: str
    ) -> None:
        built = build('url_env = "FEED_URL"\n')
        monkeypatch.delenv("FEED_URL", raising=False)
        if value is not None:
            monkeypatch.setenv("FEED_URL", value)
        with pytest.raises(ValueError, match=f"environment variable FEED_URL, which would hold it, {state}"):
            built.module.Feed0Client()

    def test_the_readme_shows_it(self, build: Build) -> None:
        text = (build('url_env = "FEED_URL"\n').folder / "README.md").read_text("utf-8")
        assert "async with Feed0Client() as feed0:" in text
        assert "`FEED_URL`" in text

    def test_without_the_key_an_url_is_needed(self, build: Build) -> None:
        with pytest.raises(TypeError, match="url"):
            build().module.Feed0Client()


class TestEnvelope:
    async def test_the_frame_can_be_the_payload(self, build: Build) -> None:
        built = build("envelope = false\n")
        assert 'Envelope(tag="type", payload=None)' in (built.folder / "protocol.py").read_text("utf-8")

    def test_the_document_can_say_so(self, build: Build) -> None:
        built = build(info="x-wsgen-envelope: false")
        assert 'Envelope(tag="type", payload=None)' in (built.folder / "protocol.py").read_text("utf-8")


def test_roles_for_every_domain(build: Build) -> None:
    text = (build('reply = { status = "state", ok = ["in"] }\n').folder / "bars.py").read_text("utf-8")
    assert 'Confirmation("bars.subscribe.response", status="state", topic="topic", ok=("in",))' in text


def test_roles_beside_the_message(build: Build) -> None:
    text = (build(sub="x-wsgen-reply: {status: state, ok: in}").folder / "bars.py").read_text("utf-8")
    assert 'Confirmation("bars.subscribe.response", status="state", topic="topic", ok=("in",))' in text


def test_routes_and_deliveries_beside_the_message(build: Build) -> None:
    said = "x-wsgen-route: {symbol: symbol}, x-wsgen-delivery: {policy: latest, key: symbol}"
    text = (build(sub=said).folder / "bars.py").read_text("utf-8")
    assert 'route={"symbol": "symbol"}' in text
    assert 'delivery=Delivery(policy="latest", key="symbol")' in text


def test_a_general_line_of_the_configuration_wins_over_a_particular_one_of_the_document(build: Build) -> None:
    built = build('delivery = { policy = "fail" }\n', sub="x-wsgen-delivery: {policy: drop_oldest}")
    assert 'policy="fail"' in (built.folder / "bars.py").read_text("utf-8")


@pytest.mark.parametrize(
    "said", ["x-wsgen-replies: bars.subscribe.response", "x-wsgen-reply: [bars.subscribe.response]"]
)
def test_replies_beside_the_message(build: Build, said: str) -> None:
    assert "bars.subscribe.response" in (build(sub=said).folder / "bars.py").read_text("utf-8")


def test_no_readme(build: Build) -> None:
    built = build("readme = false\n")
    assert not (built.folder / "README.md").exists()
    assert (built.folder / "client.py").exists()


class TestPicows:
    async def test_a_package_that_is_built_with_it_connects_with_it(self, build: Build) -> None:
        built = build("picows = true\n")

        async def answer(ws: ServerConnection) -> None:
            async for raw in ws:
                assert json.loads(raw)["type"] == "now"
                await ws.send(json.dumps({"type": "now.response", "payload": {"n": 2}}))

        async with serve(answer, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with built.module.Feed0Client(f"ws://127.0.0.1:{port}/feed", transport="picows") as client:
                assert (await client.now(built.module.Beat(n=1))).n == 2

    def test_without_it_the_error_names_the_key(self, build: Build) -> None:
        built = build()
        with pytest.raises(ValueError, match="picows = true"):
            built.module.Feed0Client("ws://127.0.0.1:1/feed", transport="picows")

    def test_a_document_has_no_say_in_it(self, build: Build) -> None:
        with pytest.raises(Stop):
            build(info="x-wsgen-picows: true")
