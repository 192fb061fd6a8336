"""Generated fake servers opposite their own clients: every kind of operation, and bad weather."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import pytest_asyncio
from wsgen.config import ClientSettings
from wsgen.pipeline import build_client
from wsgen.problems import Problems

from generated_example.python.trading import (
    Alert,
    AlertsSubscriptionRequest,
    Bar,
    BarsSubscriptionRequest,
    ChatJoin,
    ChatJoined,
    ChatMessage,
    ChatMessageEvent,
    ChatNoticeEvent,
    ChatPost,
    ChatTyping,
    OrdersSubscriptionRequest,
    PlacedOrder,
    Quote,
    QuotesSubscriptionRequest,
    SubscriptionResponse,
    TradingClient,
)
from generated_example.python.trading.errors import (
    ConnectionFailed,
    ConnectionLost,
    HandshakeRejected,
    InvalidRequest,
    RequestTimeout,
    SubscriptionRejected,
)
from generated_example.python.trading.fakes import FakeSubscription, FakeTradingServer, Received
from generated_example.python.trading.protocol import PROTOCOL
from generated_example.python.trading.runtime import ConnectionEvent, Delivery, Retry

from .packages import SPECS, from_client, write
from .sink import SCHEMAS, sink

ROOT = SPECS.parent
AAPL = BarsSubscriptionRequest(symbol="AAPL")
MSFT = BarsSubscriptionRequest(symbol="MSFT")


def bar(close: float) -> Bar:
    return Bar(time=0, open=close, high=close, low=close, close=close)


@pytest.fixture
def server() -> FakeTradingServer:
    return FakeTradingServer()


@pytest_asyncio.fixture
async def trading(server: FakeTradingServer) -> AsyncIterator[TradingClient]:
    async with TradingClient("ws://fake", transport=server.transport) as client:
        yield client


class TestSubscriptions:
    async def test_they_are_confirmed_under_a_topic(self, server: FakeTradingServer, trading: TradingClient) -> None:
        subscription = await trading.bars.subscribe(AAPL, print)

        assert subscription.state == "CONFIRMED"
        assert server.subscriptions == [FakeSubscription("bars", AAPL, subscription.topic)]
        assert server.received == [Received("bars.subscribe", AAPL)]

    async def test_updates_have_arrived_when_a_push_returns(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        bars: list[Bar] = []
        await trading.bars.subscribe(AAPL, bars.append)

        server.push_bars(bar(1))
        server.push_bars(bar(2), request=AAPL)
        server.push_bars(bar(3), topic=server.subscriptions[0].topic)

        assert bars == [bar(1), bar(2), bar(3)]

    async def test_a_request_or_a_topic_chooses(self, server: FakeTradingServer, trading: TradingClient) -> None:
        apple: list[Bar] = []
        microsoft: list[Bar] = []
        await trading.bars.subscribe(AAPL, apple.append)
        of_microsoft = await trading.bars.subscribe(MSFT, microsoft.append)

        server.push_bars(bar(1))
        server.push_bars(bar(2), request=BarsSubscriptionRequest(symbol="AAPL", resolution="1"))
        server.push_bars(bar(3), topic=of_microsoft.topic)

        assert apple == [bar(1), bar(2)]
        assert microsoft == [bar(1), bar(3)]

    async def test_a_topic_that_nobody_follows_is_sent_all_the_same(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        server.push_bars(bar(1), topic="bars:nobody")
        await trading.ping()
        assert trading.connection.stats.unrouted == 1

    async def test_pushing_to_nobody_is_an_error(self, server: FakeTradingServer, trading: TradingClient) -> None:
        with pytest.raises(LookupError, match="nobody is subscribed to `bars`"):
            server.push_bars(bar(1))
        await trading.bars.subscribe(AAPL, print)
        with pytest.raises(LookupError, match="MSFT"):
            server.push_bars(bar(1), request=MSFT)
        await trading.close()
        with pytest.raises(LookupError, match="nobody is connected"):
            server.push_bars(bar(1))

    async def test_leaving_ends_them(self, server: FakeTradingServer, trading: TradingClient) -> None:
        apple = await trading.bars.subscribe(AAPL, print)
        await trading.bars.subscribe(MSFT, print)
        await apple.unsubscribe()

        assert [each.request for each in server.subscriptions] == [MSFT]
        assert server.received[-1] == Received("bars.unsubscribe", AAPL)

    async def test_without_an_unsubscribe(self, server: FakeTradingServer, trading: TradingClient) -> None:
        orders: list[PlacedOrder] = []
        order = PlacedOrder(id="1", symbol="AAPL", side=1, quantity=2)
        await trading.broker_orders.subscribe(OrdersSubscriptionRequest(account_id="a"), orders.append)

        server.push_broker_orders(order)

        assert orders == [order]
        assert not hasattr(server, "on_broker_orders_unsubscribe")

    async def test_flat_updates(self, server: FakeTradingServer, trading: TradingClient) -> None:
        alerts: list[Alert] = []
        alert = Alert(level="critical", text="fire")
        await trading.alerts.subscribe(AlertsSubscriptionRequest(level="critical"), alerts.append)

        server.push_alerts(alert)
        server.push_alerts(alert, request=AlertsSubscriptionRequest(level="critical"))

        assert alerts == [alert, alert]

    async def test_streams(self, server: FakeTradingServer, trading: TradingClient) -> None:
        quote = Quote(symbol="AAPL", bid=1)
        async with trading.quotes.stream(QuotesSubscriptionRequest(symbols=["AAPL"])) as quotes:
            server.push_quotes(quote)
            assert await anext(aiter(quotes)) == quote
        assert server.subscriptions == []

    async def test_a_refusal_of_all(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.refuse_bars("closed today")
        with pytest.raises(SubscriptionRejected, match="closed today") as refused:
            await trading.bars.subscribe(AAPL, print)
        assert isinstance(refused.value.reply, SubscriptionResponse)
        assert refused.value.reply.status == "error"
        assert server.subscriptions == []

        server.recover()
        await trading.bars.subscribe(AAPL, print)

    async def test_a_refusal_of_one(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.refuse_bars(request=MSFT)
        await trading.bars.subscribe(AAPL, print)
        with pytest.raises(SubscriptionRejected):
            await trading.bars.subscribe(MSFT, print)

    async def test_an_answer_in_the_tests_own_words(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.on_bars_subscribe = lambda request: SubscriptionResponse(
            status="ok", message="welcome", topic=f"my:{request.symbol}"
        )
        bars: list[Bar] = []
        subscription = await trading.bars.subscribe(AAPL, bars.append)
        server.push_bars(bar(1))

        assert subscription.topic == "my:AAPL"
        assert bars == [bar(1)]

    async def test_each_client_gets_what_it_follows(self, server: FakeTradingServer, trading: TradingClient) -> None:
        mine: list[Bar] = []
        theirs: list[Bar] = []
        await trading.bars.subscribe(AAPL, mine.append)
        async with TradingClient("ws://other", transport=server.transport) as other:
            await other.bars.subscribe(MSFT, theirs.append)
            assert server.connected == 2
            server.push_bars(bar(1), request=MSFT)
        assert (mine, theirs) == ([], [bar(1)])
        assert server.connected == 1


class TestRequests:
    async def test_a_function_answers(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.on_chat_join = lambda payload: ChatJoined(room=payload.room, members=3)
        assert await trading.chat.join(ChatJoin(room="pit")) == ChatJoined(room="pit", members=3)
        assert server.received == [Received("chat.join", ChatJoin(room="pit"))]
        assert server.on_chat_join is not None

    async def test_an_answer_without_a_payload_needs_none(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        await asyncio.wait_for(trading.ping(), 10)
        assert [each.message for each in server.received] == ["ping"]

    async def test_a_reply_that_is_no_model(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.on_now = lambda _: {"seconds": 12}
        assert await trading.now() == {"seconds": 12}

    async def test_a_missing_function_is_named(self, server: FakeTradingServer, trading: TradingClient) -> None:
        with pytest.raises(ConnectionLost, match=r"1011 \(on_chat_post: give it a function"):
            await trading.chat.post(ChatPost(room="pit", text="hi"))

    async def test_a_function_that_raises_is_named(self, server: FakeTradingServer, trading: TradingClient) -> None:
        def join(payload: ChatJoin) -> ChatJoined:
            raise ValueError(f"no room {payload.room}")

        server.on_chat_join = join
        with pytest.raises(ConnectionLost, match="on_chat_join: no room pit"):
            await trading.chat.join(ChatJoin(room="pit"))

    async def test_an_answer_that_is_not_valid_is_not_sent(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        joined = ChatJoined(room="pit", members=1)
        joined.members = 0
        server.on_chat_join = lambda payload: joined
        with pytest.raises(ConnectionLost, match=r"`chat\.joined` was not sent"):
            await trading.chat.join(ChatJoin(room="pit"))

    async def test_a_function_can_be_taken_away(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.on_now = lambda _: {"seconds": 1}
        server.on_now = None
        with pytest.raises(ConnectionLost, match="on_now"):
            await trading.now()


class TestSendsAndPushes:
    async def test_a_send_is_received_and_acknowledged(self, server: FakeTradingServer, trading: TradingClient) -> None:
        heard: list[ChatTyping] = []
        server.on_chat_typing = heard.append

        await trading.chat.typing(ChatTyping(room="pit"))
        await trading.ping()

        assert heard == [ChatTyping(room="pit")]
        assert (trading.connection.stats.unknown, trading.connection.stats.invalid) == (0, 0)

    async def test_pushes(self, server: FakeTradingServer, trading: TradingClient) -> None:
        messages: list[ChatMessage] = []
        trading.chat.on_message(messages.append)
        hello = ChatMessage(room="pit", nick="ann", text="hello")

        server.push_chat_message(hello)
        assert messages == [hello]

        async with trading.chat.events() as events:
            server.push_chat_message(hello)
            server.push_chat_notice(hello)
            received = [await anext(aiter(events)), await anext(aiter(events))]
        assert received == [ChatMessageEvent(hello), ChatNoticeEvent(hello)]

    async def test_what_is_not_valid_is_not_pushed(self, server: FakeTradingServer, trading: TradingClient) -> None:
        await trading.bars.subscribe(AAPL, print)
        update, message = bar(1), ChatMessage(room="pit", nick="a", text="b")
        for one, attribute, value in ((update, "time", "now"), (message, "room", 1)):
            setattr(one, attribute, value)
        with pytest.raises(InvalidRequest):
            server.push_bars(update)
        with pytest.raises(InvalidRequest):
            server.push_chat_message(message)

    async def test_every_frame_is_one_that_the_client_decodes(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        frames: list[bytes] = []
        connection = server.transport.connections[-1]
        send = connection.send

        def note(frame: bytes) -> None:
            frames.append(frame)
            send(frame)

        connection.send = note  # type: ignore[method-assign]  # the wire, seen from outside
        subscription = await trading.bars.subscribe(AAPL, print)
        server.push_bars(bar(1))
        await trading.ping()
        await trading.chat.typing(ChatTyping(room="pit"))
        await subscription.unsubscribe()

        decoded = [PROTOCOL.codec.decode(frame) for frame in frames]
        assert [key for key, _ in decoded] == [
            "bars.subscribe.response",
            "bars.update",
            "pong",
            "chat.None",
            "bars.unsubscribe.response",
        ]
        update = {"topic": subscription.topic, "payload": {"time": 0, "open": 1, "high": 1, "low": 1, "close": 1}}
        assert json.loads(frames[1]) == {"type": "bars.update", "payload": update}


class TestBadWeather:
    @pytest.mark.parametrize("code", [None, 1012, 4000])
    async def test_after_a_drop_it_is_asked_again(
        self, server: FakeTradingServer, trading: TradingClient, code: int | None
    ) -> None:
        resets: list[str] = []
        await trading.bars.subscribe(AAPL, print, on_reset=lambda: resets.append("reset"))

        server.drop(code, "restart")
        assert server.connected == 0
        await server.advance(10)

        assert trading.connection.state == "CONNECTED"
        assert resets == ["reset"]
        assert [each.request for each in server.subscriptions] == [AAPL]

    async def test_delays_of_retries_take_no_time(self, server: FakeTradingServer) -> None:
        server.reject_handshakes(503)
        began = asyncio.get_running_loop().time()
        client = TradingClient("ws://fake", transport=server.transport, retry=Retry(delays=(0, 60, 600)))
        with pytest.raises(ConnectionFailed):
            await server.until(client.connect())
        assert len(server.transport.attempts) == 3
        assert server.clock.time() >= 660
        assert asyncio.get_running_loop().time() - began < 10
        await client.close()

    async def test_retry_after_is_told(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.reject_handshakes(429, retry_after=40)
        server.drop()
        await server.advance(30)
        assert len(server.transport.attempts) == 2
        server.recover()
        await server.advance(30)
        assert trading.connection.state == "CONNECTED"

    async def test_silence_is_a_timeout(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.go_silent()
        with pytest.raises(RequestTimeout):
            await server.until(trading.ping(timeout=30))
        assert server.clock.time() >= 30
        assert server.received == [Received("ping", None)]

    async def test_silence_about_one_message(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.go_silent("ping")
        server.on_now = lambda _: {"seconds": 1}
        with pytest.raises(RequestTimeout):
            await server.until(trading.ping())
        assert await trading.now() == {"seconds": 1}

    async def test_a_stale_connection_is_noticed(self, server: FakeTradingServer) -> None:
        events: list[ConnectionEvent] = []
        async with TradingClient(
            "ws://fake", transport=server.transport, max_silence=30, on_state=events.append
        ) as trading:
            await trading.ping()
            await server.advance(31)
        assert [event.reason for event in events if event.state == "RECONNECTING"] == ["stale"]

    async def test_answers_can_be_late(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.delay(3)
        ping = asyncio.ensure_future(trading.ping())
        await server.advance(2)
        assert not ping.done()
        await server.until(ping)
        assert 3 <= server.clock.time() < 5

    @pytest.mark.parametrize("status", [401, 403])
    async def test_expired_credentials(self, server: FakeTradingServer, status: Any) -> None:
        tokens = iter(["old", "old", "new"])
        client = TradingClient(
            "ws://fake", transport=server.transport, query=lambda attempt: {"token": next(tokens, "newer")}
        )
        async with client as trading:
            server.expire_credentials(status)
            server.drop(1001)
            await server.advance(60)
            assert trading.connection.state == "CONNECTED"
        asked = [attempt.request.url.partition("=")[2] for attempt in server.transport.attempts]
        assert asked == ["old", "old", "new"]

    async def test_credentials_that_are_never_renewed(self, server: FakeTradingServer) -> None:
        server.expire_credentials()
        client = TradingClient("ws://fake", transport=server.transport, headers={"Authorization": "old"})
        with pytest.raises(HandshakeRejected, match="401"):
            await server.until(client.connect())
        await client.close()

    async def test_any_bytes(self, server: FakeTradingServer, trading: TradingClient) -> None:
        server.send_raw(b"{")
        server.send_raw(b'{"type":"weather"}')
        assert (trading.connection.stats.invalid, trading.connection.stats.unknown) == (1, 1)


class TestOnAPort:
    async def test_every_kind_of_operation(self, server: FakeTradingServer) -> None:
        server.on_chat_join = lambda payload: ChatJoined(room=payload.room, members=1)
        async with server.serve() as url, TradingClient(url) as trading:
            assert url.startswith("ws://127.0.0.1:")
            async with trading.bars.stream(AAPL) as bars:
                server.push_bars(bar(1))
                assert await anext(aiter(bars)) == bar(1)
            assert (await trading.chat.join(ChatJoin(room="pit"))).members == 1
            await trading.ping()
        assert server.connected == 0

    async def test_drops_and_credentials(self, server: FakeTradingServer) -> None:
        tokens = iter(["old", "old", "new"])
        back = asyncio.Event()
        async with (
            server.serve() as url,
            TradingClient(
                url,
                headers=lambda attempt: {"Authorization": next(tokens, "newer")},
                retry=Retry(delays=(0.01, 0.01, 0.01)),
            ) as trading,
        ):
            await trading.bars.subscribe(AAPL, print, on_reset=back.set)
            server.expire_credentials()
            server.drop(1012)
            await asyncio.wait_for(back.wait(), 10)
        assert next(tokens, None) is None

    async def test_no_close_frame(self, server: FakeTradingServer) -> None:
        ended: asyncio.Queue[ConnectionEvent] = asyncio.Queue()
        async with server.serve() as url, TradingClient(url, on_state=ended.put_nowait) as trading:
            await trading.ping()
            server.drop()
            while (event := await asyncio.wait_for(ended.get(), 10)).state != "RECONNECTING":
                pass
            assert server.connected == 0
        assert event.reason is None

    async def test_refused_for_a_while(self, server: FakeTradingServer) -> None:
        server.reject_handshakes(503, retry_after=1)
        async with server.serve() as url:
            client = TradingClient(url, max_attempts=1)
            with pytest.raises(ConnectionFailed, match="503"):
                await client.connect()
            await client.close()


class TestOneCallAlone:
    async def test_it_waits_for_a_connection_where_others_fail(
        self, server: FakeTradingServer, trading: TradingClient
    ) -> None:
        server.on_chat_join = lambda join: ChatJoined(room=join.room, members=1)
        server.reject_handshakes(503)
        server.drop(1012)
        await server.advance(1)
        with pytest.raises(ConnectionLost):
            await trading.chat.typing(ChatTyping(room="a"))
        with pytest.raises(ConnectionLost):
            await server.until(trading.chat.typing(ChatTyping(room="b"), on_disconnect="queue", ttl=3))
        waiting = [
            asyncio.ensure_future(trading.chat.typing(ChatTyping(room="c"), on_disconnect="queue")),
            asyncio.ensure_future(trading.chat.join(ChatJoin(room="d"), on_disconnect="queue", ttl=60)),
        ]
        server.recover()
        server.received.clear()
        await server.until(asyncio.gather(*waiting))
        assert server.received == [
            Received("chat.typing", ChatTyping(room="c")),
            Received("chat.join", ChatJoin(room="d")),
        ]

    async def test_a_slow_listener_loses_what_it_says(self, server: FakeTradingServer, trading: TradingClient) -> None:
        got: list[str] = []
        gate = asyncio.Event()

        async def slow(message: ChatMessage) -> None:
            got.append(message.text)
            await gate.wait()

        trading.chat.on_message(slow, delivery=Delivery("drop_oldest", limit=1))
        for text in "abc":
            server.push_chat_message(ChatMessage(room="a", text=text, nick="u"))
        gate.set()
        await server.advance(0)
        assert got == ["a", "c"]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The fakes of the client that takes every name of ours, imported."""
    root = tmp_path_factory.mktemp("fakes")
    write(from_client(sink(), SCHEMAS, "sink_fakes"), root / "sink_fakes")
    sys.path.insert(0, str(root))
    try:
        importlib.import_module("sink_fakes.fakes")
        yield importlib.import_module("sink_fakes")
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "sink_fakes"]:
            del sys.modules[name]


class TestEveryNameTaken:
    async def test_replies_of_several_kinds(self, package: Any) -> None:
        server = package.fakes.FakeOneServer()
        async with package.OneClient("ws://fake", transport=server.transport) as client:
            for reply in (package.ChatBadReply(package.Exception(value="no")), package.ChatNoneReply()):
                server.on_one_chat_str = lambda _, reply=reply: reply
                assert await client.one_chat.str(package.Str(value="x")) == reply

    async def test_updates_of_several_kinds(self, package: Any) -> None:
        server = package.fakes.FakeOneServer()
        update = package.MarketDataMdStreamEvent(package.Stream(value="s"))
        async with package.OneClient("ws://fake", transport=server.transport) as client:
            async with client.market_data.md_stream(package.MdSubscribe(symbol="a")) as updates:
                server.push_market_data_md(update)
                assert await anext(aiter(updates)) == update
                assert server.subscriptions[0].topic == "md:a"

    async def test_pushes_without_a_payload(self, package: Any) -> None:
        server = package.fakes.FakeOneServer()
        async with package.OneClient("ws://fake", transport=server.transport) as client:
            async with client.one_chat.events() as events:
                server.push_one_chat_gone()
                assert await anext(aiter(events)) == package.ChatGoneEvent()

    async def test_a_subscription_of_the_facade(self, package: Any) -> None:
        server = package.fakes.FakeOneServer()
        updates: list[Any] = []
        async with package.OneClient("ws://fake", transport=server.transport) as client:
            await client.subscribe(package.Subscribe(a="x"), updates.append)
            server.push_updates(package.TypeAlias(value="x"))
        assert updates == [package.TypeAlias(value="x")]

    async def test_each_connection_has_a_server(self, package: Any) -> None:
        server = package.fakes.FakeTwoServer()
        closed: list[Any] = []
        arguments: dict[str, Any] = {"symbol": "s t", "connection": 7, "ids": [1, 2], "heartbeat": "on"}
        async with package.TwoClient("ws://fake", **arguments, url_="x", transport=server.transport) as client:
            client.two_chat.on_closed(closed.append)
            server.push_two_chat_closed(package.Closed(value="bye"))
            (connection,) = server.connections
            assert connection.open
        assert closed == [package.Closed(value="bye")]
        assert (connection.path, connection.query) == ("/two/s%20t/xa/7", {"ids": ["1", "2"], "heartbeat": ["on"]})
        assert (connection.headers["url"], connection.open) == ("x", False)
        assert repr(connection) == "<ended connection to /two/s%20t/xa/7>"


class TestTypes:
    def check(self, tmp_path: Path, body: str) -> str:
        (tmp_path / "use.py").write_text(
            "from generated_example.python.trading import *\n"
            "from generated_example.python.trading.fakes import FakeTradingServer\n"
            f"server = FakeTradingServer()\n{body}\n",
            "utf-8",
        )
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(tmp_path / "use.py")]
        command += ["--cache-dir", str(tmp_path / "cache")]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout

    def test_what_fits_is_accepted(self, tmp_path: Path) -> None:
        body = (
            "server.on_chat_join = lambda payload: ChatJoined(room=payload.room, members=1)\n"
            "server.on_ping = None\n"
            'server.push_quotes(Quote(symbol="A"), request=QuotesSubscriptionRequest(symbols=["A"]))'
        )
        assert "Success" in self.check(tmp_path, body)

    def test_what_does_not_fit_is_an_error(self, tmp_path: Path) -> None:
        body = (
            "server.on_chat_join = lambda payload: ChatPosted(sequence=1)\n"
            "server.on_chat_post = lambda payload: ChatPosted(sequence=payload.rooom)\n"
            'server.push_quotes(Alert(level="info", text="x"))\n'
            'server.push_alerts(Alert(level="info", text="x"), topic="x")'
        )
        output = self.check(tmp_path, body)
        assert {line.split(":")[1] for line in output.splitlines() if ": error:" in line} == {"4", "5", "6", "7"}


class TestTheSetting:
    def built(self, settings: ClientSettings) -> set[PurePosixPath]:
        return set(build_client(settings, Problems(), check=True).files)

    def test_fakes_can_be_left_out(self, tmp_path: Path) -> None:
        spec = str(SPECS / "trading.asyncapi.json")
        with_them = self.built(ClientSettings(input=spec, output=tmp_path / "trading"))
        without = self.built(ClientSettings(input=spec, output=tmp_path / "trading", fakes=False))
        assert with_them - without == {
            PurePosixPath("fakes.py"),
            PurePosixPath("_runtime/fakes.py"),
            PurePosixPath("_runtime/shell/fakes.py"),
        }

    def test_the_readme_says_nothing_of_them_then(self, tmp_path: Path) -> None:
        settings = ClientSettings(input=str(SPECS / "trading.asyncapi.json"), output=tmp_path / "trading", fakes=False)
        readme = build_client(settings, Problems(), check=False).files[PurePosixPath("README.md")]
        assert "fake" not in readme.lower()
