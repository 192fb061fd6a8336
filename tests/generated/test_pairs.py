"""Answers, handlers and subscriptions of small documents: from the document to a real server and back."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from websockets.asyncio.server import ServerConnection, serve
from wsgen.config import load_config
from wsgen.pipeline import build_client
from wsgen.problems import Problem, Problems

from .packages import write

Json: TypeAlias = dict[str, Any]


class Built:
    """A package, and what was said while it was built."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.module: Any = importlib.import_module(name)
        self.errors: Any = importlib.import_module(f"{name}.errors")
        self.fakes: Any = importlib.import_module(f"{name}.fakes")
        self.codes = [problem.code for problem in problems]


Build: TypeAlias = Callable[..., Built]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Builds a package from what the client sends and receives: messages in YAML, by id."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: list[str] = []

    def build(sent: str, received: str, configuration: str = "") -> Built:
        sides = {"publish": yaml.safe_load(sent), "subscribe": yaml.safe_load(received)}
        document = {
            "asyncapi": "2.6.0",
            "info": {"title": "Feed", "version": "1"},
            "channels": {
                "/": {
                    verb: {"message": {"oneOf": [{"$ref": f"#/components/messages/{id}"} for id in messages]}}
                    for verb, messages in sides.items()
                }
            },
            "components": {"messages": {id: message(each) for side in sides.values() for id, each in side.items()}},
        }
        (tmp_path / "feed.json").write_text(json.dumps(document), "utf-8")
        name = "feed"
        names.append(name)
        (tmp_path / "wsgen.toml").write_text(
            f'[[client]]\ninput = "feed.json"\noutput = "{name}"\npicows = true\n{configuration}'
        )
        problems = Problems()
        (settings,) = load_config(tmp_path, problems).clients
        write(build_client(settings, problems).files, tmp_path / name)
        importlib.invalidate_caches()
        return Built(name, list(problems))

    yield build
    for module in [module for module in sys.modules if module.partition(".")[0] in names]:
        del sys.modules[module]


def message(said: Json) -> Json:
    """A message whose payload has these properties; all are required, and texts that begin with `=` are constants."""
    extra = {key: said.pop(key) for key in list(said) if key in {"correlationId", "description"}}
    properties = {name: schema(each) for name, each in said.items()}
    return {"payload": {"type": "object", "required": list(properties), "properties": properties}, **extra}


def schema(said: Any) -> Json:
    if isinstance(said, dict):
        properties = {name: schema(each) for name, each in said.items()}
        return {"type": "object", "required": list(properties), "properties": properties}
    if isinstance(said, list):
        return {"type": "array", "items": schema(said[0])}
    return {"const": said[1:]} if said.startswith("=") else {"type": said}


Answering: TypeAlias = Callable[[ServerConnection, Json], Awaitable[None]]


class Server:
    """A server that keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[Json] = []
        self.url = ""
        self.connections: list[ServerConnection] = []

    async def say(self, **frame: Any) -> None:
        await self.connections[-1].send(json.dumps(frame))

    async def until(self, number: int) -> list[Json]:
        """The frames, once there are so many."""
        async with asyncio.timeout(10):
            while len(self.got) < number:
                await asyncio.sleep(0.005)
        return self.got


@asynccontextmanager
async def serving(answer: Answering) -> AsyncGenerator[Server]:
    found = Server()

    async def handle(connection: ServerConnection) -> None:
        found.connections.append(connection)
        async for frame in connection:
            found.got.append(json.loads(frame))
            await answer(connection, found.got[-1])

    async with serve(handle, "127.0.0.1", 0) as server:
        found.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield found


async def silent(connection: ServerConnection, frame: Json) -> None:
    """Answers nothing."""


async def say(connection: ServerConnection, **frame: Any) -> None:
    await connection.send(json.dumps(frame))


class TestIds:
    SENT = "square: {op: =square, req_id: integer, number: integer}"
    RECEIVED = """
      result: {op: =result, req_id: integer, number: integer}
      error: {op: =error, req_id: integer, message: string}
    """

    async def test_answers_out_of_order(self, build: Build, transport: str) -> None:
        module = build(self.SENT, self.RECEIVED).module
        waiting: list[Json] = []

        async def answer(connection: ServerConnection, frame: Json) -> None:
            waiting.append(frame)
            if len(waiting) == 3:
                for each in reversed(waiting):
                    number = each["number"] ** 2
                    await say(connection, op="result", req_id=each["req_id"], number=number)

        async with serving(answer) as server, module.FeedClient(server.url, transport=transport) as client:
            replies = await asyncio.gather(*(client.square(module.Square(number=n)) for n in (2, 3, 4)))
        assert [reply.payload.number for reply in replies] == [4, 9, 16]
        assert len({frame["req_id"] for frame in server.got}) == 3

    async def test_an_error_with_the_id_is_a_typed_answer(self, build: Build, transport: str) -> None:
        module = build(self.SENT, self.RECEIVED).module

        async def answer(connection: ServerConnection, frame: Json) -> None:
            await say(connection, op="error", req_id=frame["req_id"], message="no")

        async with serving(answer) as server, module.FeedClient(server.url, transport=transport) as client:
            reply = await client.square(module.Square(number=1))
        assert isinstance(reply, module.ErrorReply)
        assert reply.payload.message == "no"

    async def test_a_correlation_id(self, build: Build, transport: str) -> None:
        where = "correlationId: {location: '$message.payload#/meta/token'}"
        built = build(
            f"ask: {{type: =ask, meta: {{token: string}}, {where}}}",
            f"told: {{type: =told, meta: {{token: string}}, n: integer, {where}}}",
        )

        async def answer(connection: ServerConnection, frame: Json) -> None:
            await say(connection, type="told", meta=frame["meta"], n=7)

        async with serving(answer) as server, built.module.FeedClient(server.url, transport=transport) as client:
            ask = built.module.Ask
            meta = ask.model_fields["meta"].annotation
            assert (await client.ask(ask(meta=meta()))).n == 7
        assert server.got[0]["meta"]["token"]
        assert built.codes == []


class TestNames:
    async def test_a_pair_of_names(self, build: Build, transport: str) -> None:
        built = build(
            "GetUserRequest: {type: =GetUserRequest, name: string}",
            "GetUserResponse: {type: =GetUserResponse, age: integer}\nUserJoined: {type: =UserJoined, name: string}",
        )

        async def answer(connection: ServerConnection, frame: Json) -> None:
            await say(connection, type="GetUserResponse", age=len(frame["name"]))

        async with serving(answer) as server, built.module.FeedClient(server.url, transport=transport) as client:
            reply = await client.get_user_request(built.module.GetUserRequest(name="Ann"))
        assert reply.age == 3
        assert built.codes == ["WSG412"]

    async def test_what_goes_both_ways_is_sent_and_listened_for(self, build: Build, transport: str) -> None:
        said = "move: {type: =move, field: string}"
        built = build(said, said)

        async def answer(connection: ServerConnection, frame: Json) -> None:
            await say(connection, type="move", field="b2")

        async with serving(answer) as server, built.module.FeedClient(server.url, transport=transport) as client:
            async with client.move_stream() as moves:
                await client.move(built.module.Move(field="a1"))
                assert (await anext(aiter(moves))).field == "b2"
        assert built.codes == ["WSG416"]


class TestHandlers:
    SENT = "pong: {type: =pong, ping_id: string}"
    RECEIVED = "ping: {type: =ping, ping_id: string}\nnews: {type: =news, text: string}"

    async def test_the_server_asks(self, build: Build, transport: str) -> None:
        module = build(self.SENT, self.RECEIVED).module
        async with serving(silent) as server, module.FeedClient(server.url, transport=transport) as client:
            stop = client.on_ping(lambda ping: module.Pong(ping_id=ping.ping_id))
            await server.say(type="ping", ping_id="a")
            assert await server.until(1) == [{"type": "pong", "ping_id": "a"}]
            stop()

    async def test_the_fake_asks(self, build: Build) -> None:
        built = build(self.SENT, self.RECEIVED)
        fake = built.fakes.FakeFeedServer()
        async with built.module.FeedClient("ws://fake", transport=fake.transport) as client:
            client.on_ping(lambda ping: built.module.Pong(ping_id=ping.ping_id))
            assert (await fake.ask_ping(built.module.Ping(ping_id="b"))).ping_id == "b"


class TestSubscriptions:
    SENT = """
      subscribe: {op: =subscribe, channel: string}
      unsubscribe: {op: =unsubscribe, channel: string}
    """
    RECEIVED = """
      subscribed: {op: =subscribed, channel: string}
      subscribe_error: {op: =subscribe_error, message: string}
      trade: {op: =trade, channel: string, price: number}
    """

    async def test_a_channel_in_both(self, build: Build, transport: str) -> None:
        module = build(self.SENT, self.RECEIVED).module

        async def answer(connection: ServerConnection, frame: Json) -> None:
            if frame["op"] == "subscribe":
                await say(connection, op="subscribed", channel=frame["channel"])
                await say(connection, op="trade", channel=frame["channel"], price=len(frame["channel"]))

        async with serving(answer) as server, module.FeedClient(server.url, transport=transport) as client:
            async with client.stream(module.Subscribe(channel="a")) as one:
                async with client.stream(module.Subscribe(channel="bb")) as other:
                    assert (await anext(aiter(one))).price == 1
                    assert (await anext(aiter(other))).price == 2
            got = await server.until(4)
        assert got[2:] == [{"op": "unsubscribe", "channel": "bb"}, {"op": "unsubscribe", "channel": "a"}]

    async def test_a_refusal(self, build: Build, transport: str) -> None:
        built = build(self.SENT, self.RECEIVED)

        async def answer(connection: ServerConnection, frame: Json) -> None:
            await say(connection, op="subscribe_error", message="no such channel")

        async with serving(answer) as server, built.module.FeedClient(server.url, transport=transport) as client:
            with pytest.raises(built.errors.SubscriptionRejected, match="no such channel") as refused:
                await client.subscribe(built.module.Subscribe(channel="x"), print)
        assert isinstance(refused.value.reply, built.module.SubscribeError)

    async def test_the_fake_refuses_by_message(self, build: Build) -> None:
        built = build(self.SENT, self.RECEIVED)
        fake = built.fakes.FakeFeedServer()
        async with built.module.FeedClient("ws://fake", transport=fake.transport) as client:
            fake.refuse_updates("closed today")
            with pytest.raises(built.errors.SubscriptionRejected, match="closed today"):
                await client.subscribe(built.module.Subscribe(channel="x"), print)
            fake.recover()
            async with client.stream(built.module.Subscribe(channel="x")) as trades:
                fake.push_updates(built.module.Trade(channel="x", price=1.0))
                assert (await anext(aiter(trades))).price == 1.0
            assert fake.subscriptions == []

    async def test_without_a_confirmation(self, build: Build, transport: str) -> None:
        module = build(self.SENT, "trade: {op: =trade, channel: string, price: number}").module

        async with serving(silent) as server, module.FeedClient(server.url, transport=transport) as client:
            async with asyncio.timeout(4), client.stream(module.Subscribe(channel="a")) as trades:
                await server.say(op="trade", channel="a", price=1)
                assert (await anext(aiter(trades))).price == 1
            assert await server.until(2) == [
                {"op": "subscribe", "channel": "a"},
                {"op": "unsubscribe", "channel": "a"},
            ]

    async def test_it_is_asked_for_again_after_a_loss(self, build: Build, transport: str) -> None:
        module = build(self.SENT, "trade: {op: =trade, channel: string, price: number}").module
        prices: list[float] = []
        resets: list[None] = []
        async with serving(silent) as server, module.FeedClient(server.url, transport=transport) as client:
            request = module.Subscribe(channel="a")
            await client.subscribe(
                request, lambda trade: prices.append(trade.price), on_reset=lambda: resets.append(None)
            )
            await server.until(1)
            await server.connections[0].close(1012)
            await server.until(2)
            await server.say(op="trade", channel="a", price=3)
            async with asyncio.timeout(10):
                while not prices:
                    await asyncio.sleep(0.005)
        assert (prices, len(resets)) == ([3], 1)

    async def test_one_message_that_does_both(self, build: Build, transport: str) -> None:
        sent = "control: {action: string, channel: string}"
        built = build(
            sent,
            "tick: {type: =tick, channel: string, n: integer}",
            '[client.subscriptions.ticks]\nsubscribe = "control"\nunsubscribe = "control"\n'
            'unsubscribe_values = { action = "unsubscribe" }\nupdates = ["tick"]\nroute = { channel = "channel" }\n',
        )
        async with serving(silent) as server, built.module.FeedClient(server.url, transport=transport) as client:
            request = built.module.Control(action="subscribe", channel="a")
            async with client.stream(request):
                pass
            got = await server.until(2)
        assert got == [{"action": "subscribe", "channel": "a"}, {"action": "unsubscribe", "channel": "a"}]


class TestJsonRpc:
    SENT = """
      SubscribeRequest: {jsonrpc: =2.0, method: =feed_subscribe, id: integer, params: [string]}
      UnsubscribeRequest: {jsonrpc: =2.0, method: =feed_unsubscribe, id: integer, params: [string]}
    """
    RECEIVED = """
      SubscribeResponse: {kind: =subscribed, id: integer, result: integer}
      UnsubscribeResponse: {kind: =unsubscribed, id: integer, result: boolean}
      FeedNotification: {kind: =feed, params: {subscription: integer, result: {price: number}}}
    """

    async def test_notifications_find_their_subscription(self, build: Build, transport: str) -> None:
        module = build(self.SENT, self.RECEIVED).module
        held: dict[int, str] = {}

        async def answer(connection: ServerConnection, frame: Json) -> None:
            if frame["method"] == "feed_subscribe":
                number = 100 + len(held)
                held[number] = frame["params"][0]
                await say(connection, kind="subscribed", id=frame["id"], result=number)
                price = len(frame["params"][0])
                await say(connection, kind="feed", params={"subscription": number, "result": {"price": price}})
            else:
                del held[frame["params"][0]]
                await say(connection, kind="unsubscribed", id=frame["id"], result=True)

        async with serving(answer) as server, module.FeedClient(server.url, transport=transport) as client:
            async with client.stream(module.FeedSubscribe(params=["a"])) as one:
                async with client.stream(module.FeedSubscribe(params=["bb"])) as other:
                    assert (await anext(aiter(one))).params.result.price == 1
                    assert (await anext(aiter(other))).params.result.price == 2
        assert held == {}
        assert len({frame["id"] for frame in server.got}) == 4

    async def test_the_fake_numbers_subscriptions(self, build: Build) -> None:
        built = build(self.SENT, self.RECEIVED)
        fake = built.fakes.FakeFeedServer()
        async with built.module.FeedClient("ws://fake", transport=fake.transport) as client:
            async with client.stream(built.module.FeedSubscribe(params=["a"])) as prices:
                (held,) = fake.subscriptions
                params = {"subscription": int(held.topic), "result": {"price": 2}}
                fake.push_updates(built.module.Feed.model_validate({"params": params}))
                assert (await anext(aiter(prices))).params.result.price == 2
            assert fake.subscriptions == []
