"""Channels, servers and what opens a connection: from ten lines of a document to a real handshake."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any, get_args

import pytest

from .sites import imported, site

TRADE = "{payload: {type: object, required: [type], properties: {type: {const: trade}, price: {type: number}}}}"
BEAT = "{payload: {type: object, required: [type], properties: {type: {const: beat}}}}"
FRAME = {"type": "trade", "price": 1.5}

GEMINI = f"""
asyncapi: 3.0.0
info: {{title: Gemini, version: '1'}}
servers:
  public: {{host: api.gemini.test, pathname: /v1, protocol: wss}}
channels:
  marketData:
    address: /marketdata/{{symbol}}
    parameters: {{symbol: {{enum: [btcusd, ethbtc], description: what to follow, examples: [btcusd]}}}}
    bindings:
      ws:
        query:
          type: object
          required: [depth]
          properties:
            heartbeat: {{type: boolean, default: false, description: send heartbeats}}
            depth: {{type: integer, enum: [1, 50]}}
            kinds: {{type: array, items: {{type: string, enum: [bid, ask]}}}}
            ratio: {{type: number}}
        headers: {{type: object, properties: {{X-Client: {{type: string}}}}}}
    messages: {{trade: {TRADE}, beat: {BEAT}}}
operations:
  feed: {{action: send, channel: {{$ref: '#/channels/marketData'}}}}
"""


def signature(function: Any) -> dict[str, str]:
    """The parameters of a constructor or a function, as they are written."""
    found = [each for each in inspect.signature(function).parameters.values() if each.name != "self"]
    return {
        each.name: each.annotation if each.default is each.empty else f"{each.annotation} = {each.default!r}"
        for each in found
    }


def module(package: Any, name: str) -> Any:
    return importlib.import_module(f"{package.__name__}.{name}")


class TestParameters:
    async def test_a_parameterised_channel_takes_typed_arguments(self, tmp_path: Path, transport: str) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            async with site(FRAME) as server:
                options: dict[str, Any] = {"symbol": "btcusd", "heartbeat": True, "depth": 50, "transport": transport}
                async with package.GeminiClient(server.url, **options, kinds=["bid", "ask"], x_client="me") as market:
                    async with market.events() as events:
                        event = await anext(aiter(events))
            assert event == package.TradeEvent(package.Trade(type="trade", price=1.5))
            assert server.targets == ["/marketdata/btcusd?heartbeat=true&depth=50&kinds=bid&kinds=ask"]
            assert server.headers[0]["X-Client"] == "me"

    async def test_renamed_arguments_are_sent_by_their_own_names(self, tmp_path: Path, transport: str) -> None:
        rename = "{symbol: pair, heartbeat: beats, X-Client: client, public: LIVE, kinds: sides}"
        document = GEMINI.replace("version: '1'", f"version: '1', x-wsgen-rename: {rename}")
        with imported(document, tmp_path, "gemini_renamed") as package:
            async with site(FRAME) as server:
                options: dict[str, Any] = {
                    "pair": "btcusd",
                    "beats": True,
                    "depth": 50,
                    "client": "me",
                    "transport": transport,
                }
                async with package.GeminiRenamedClient(server.url, **options, sides=["bid"]) as market:
                    assert (await anext(aiter(market.events()))).type == "trade"
            assert server.targets == ["/marketdata/btcusd?heartbeat=true&depth=50&kinds=bid"]
            assert server.headers[0]["X-Client"] == "me"
            assert module(package, "servers").LIVE == "wss://api.gemini.test/v1"

    async def test_a_loop_gets_what_came_with_the_handshake(self, tmp_path: Path, transport: str) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            async with site(FRAME, {"type": "beat"}) as server:
                options: dict[str, Any] = {"symbol": "btcusd", "depth": 50, "transport": transport}
                async with package.GeminiClient(server.url, **options) as market:
                    received: list[str] = []
                    async for event in market.events():
                        received.append(event.type)
                        if len(received) == 2:
                            break
            assert received == ["trade", "beat"]

    async def test_what_is_left_out_is_not_sent(self, tmp_path: Path) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            async with site() as server:
                async with package.GeminiClient(f"{server.url}/v1/", symbol="ethbtc", depth=1):
                    pass
            assert server.targets == ["/v1/marketdata/ethbtc?depth=1"]
            assert "X-Client" not in server.headers[0]

    def test_the_signature_says_all_of_it(self, tmp_path: Path) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            assert signature(package.GeminiClient) == {
                "url": "Url = 'wss://api.gemini.test/v1'",
                "symbol": "Literal['btcusd', 'ethbtc']",
                "heartbeat": "bool | None = None",
                "depth": "Literal[1, 50]",
                "kinds": "Sequence[Literal['bid', 'ask']] | None = None",
                "ratio": "float | None = None",
                "x_client": "str | None = None",
                "options": "Unpack[GeminiOptions]",
            }
            assert "symbol: What to follow. For example `btcusd`." in package.GeminiClient.__doc__
            assert "heartbeat: Send heartbeats. Left out, the server takes `False`." in package.GeminiClient.__doc__

    def test_many_values_have_a_name(self, tmp_path: Path) -> None:
        symbols = ["btcusd", "ethbtc", "ethusd", "zecusd", "zecbtc", "zeceth"]
        document = GEMINI.replace("[btcusd, ethbtc], ", f"[{', '.join(symbols)}], ")
        with imported(document, tmp_path, "gemini") as package:
            assert signature(package.GeminiClient)["symbol"] == "Symbol"
            assert list(get_args(package.Symbol)) == symbols
        model = f"messages: {{symbol: {BEAT.replace('beat', 'symbol')}, "
        with imported(document.replace("messages: {", model), tmp_path, "gemini_symbol") as package:
            assert signature(package.GeminiSymbolClient)["symbol"] == "GeminiSymbolSymbol"
            assert package.Symbol(type="symbol").type == "symbol"

    async def test_the_option_that_an_argument_displaces_is_there_under_another_name(self, tmp_path: Path) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            beat = module(package, "runtime").Heartbeat("nothing", 5.0)
            with pytest.raises(ValueError, match="'nothing' is no message"):
                package.GeminiClient(symbol="btcusd", depth=1, connection_heartbeat=beat)

    async def test_a_callers_header_comes_before_the_bindings(self, tmp_path: Path, transport: str) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            async with site() as server:
                given = {"x-client": "mine", "Authorization": "Bearer t"}
                options: dict[str, Any] = {"symbol": "btcusd", "depth": 1, "x_client": "me", "transport": transport}
                async with package.GeminiClient(server.url, **options, headers=lambda attempt: given):
                    pass
            assert server.headers[0]["x-client"] == "mine"
            assert "X-Client" not in server.headers[0]
            assert server.headers[0]["Authorization"] == "Bearer t"

    async def test_other_arguments_are_another_connection(self, tmp_path: Path, transport: str) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            async with site() as server:
                same: dict[str, Any] = {"symbol": "btcusd", "depth": 1, "x_client": "me", "transport": transport}
                async with (
                    package.GeminiClient(server.url, **same),
                    package.GeminiClient(server.url, **same),
                    package.GeminiClient(server.url, **{**same, "depth": 50}),
                    package.GeminiClient(server.url, **{**same, "symbol": "ethbtc"}),
                    package.GeminiClient(server.url, **{**same, "x_client": "you"}),
                ):
                    pass
            paths = [target.removeprefix("/marketdata/") for target in server.targets]
            assert paths == ["btcusd?depth=1", "btcusd?depth=50", "ethbtc?depth=1", "btcusd?depth=1"]

    async def test_a_value_cannot_change_the_path(self, tmp_path: Path, transport: str) -> None:
        document = GEMINI.replace("enum: [btcusd, ethbtc], ", "")
        with imported(document, tmp_path, "gemini") as package:
            async with site() as server:
                for symbol in ("a/b", "a?b", "a#b", "%2e%2e", "é", "../x"):
                    async with package.GeminiClient(server.url, symbol=symbol, depth=1, transport=transport):
                        pass
            assert server.targets == [
                f"/marketdata/{each}?depth=1" for each in ("a%2Fb", "a%3Fb", "a%23b", "%252e%252e", "%C3%A9", "..%2Fx")
            ]
            with pytest.raises(ValueError, match="step to another path"):
                package.GeminiClient(symbol="..", depth=1)

    async def test_the_fake_sees_what_was_connected_with(self, tmp_path: Path) -> None:
        with imported(GEMINI, tmp_path, "gemini") as package:
            fake = module(package, "fakes").FakeGeminiServer()
            options: dict[str, Any] = {"symbol": "btcusd", "depth": 1, "transport": fake.transport}
            async with package.GeminiClient("ws://fake", **options):
                assert fake.connections[0].path == "/marketdata/btcusd"
                assert fake.connections[0].query == {"depth": ["1"]}
            async with fake.serve() as url:
                async with package.GeminiClient(url, symbol="ethbtc", depth=50, x_client="me"):
                    assert fake.connections[1].path == "/marketdata/ethbtc"
                    assert fake.connections[1].headers["X-Client"] == "me"

    async def test_parameters_of_a_2_x_document_keep_their_types(self, tmp_path: Path, transport: str) -> None:
        document = f"""
asyncapi: 2.6.0
info: {{title: Room, version: '1'}}
channels:
  /rooms/{{room-id}}/{{part}}:
    parameters:
      room-id: {{description: the room, schema: {{type: integer}}}}
      part: {{schema: {{type: string, enum: [all, new], default: all}}}}
    bindings: {{ws: {{method: GET, query: {{type: object, properties: {{token: {{type: string}}}}}}}}}}
    subscribe: {{message: {TRADE}}}
"""
        with imported(document, tmp_path, "room") as package:
            assert signature(package.RoomClient) == {
                "url": "Url",
                "room_id": "int",
                "part": "Literal['all', 'new'] = 'all'",
                "token": "str | None = None",
                "options": "Unpack[ConnectionOptions]",
            }
            async with site() as server:
                async with package.RoomClient(server.url, room_id=7, token="t&x", transport=transport):
                    pass
            assert server.targets == ["/rooms/7/all?token=t%26x"]

    async def test_a_query_in_the_address_stays_a_query(self, tmp_path: Path, transport: str) -> None:
        document = f"""
asyncapi: 3.0.0
info: {{title: Feed, version: '1'}}
channels:
  feed: {{address: '/ws?token={{token}}', parameters: {{token: {{}}}}, messages: {{trade: {TRADE}}}}}
operations: {{feed: {{action: send, channel: {{$ref: '#/channels/feed'}}}}}}
"""
        with imported(document, tmp_path, "feed") as package:
            async with site() as server:
                async with package.FeedClient(f"{server.url}/api?x=1", token="a/b&c", transport=transport):
                    pass
            assert server.targets == ["/api/ws?x=1&token=a%2Fb%26c"]


def several(servers: str, *addresses: str) -> str:
    """A document with a channel for each address, and one push on each."""
    channels = "".join(
        f"  channel{index}: {{address: {address}, messages: {{push{index}: {{payload: {{type: object, "
        f"required: [type], properties: {{type: {{const: push{index}}}}}}}}}}}}}\n"
        for index, address in enumerate(addresses)
    )
    operations = "".join(
        f"  push{index}: {{action: send, channel: {{$ref: '#/channels/channel{index}'}}}}\n"
        for index in range(len(addresses))
    )
    head = f"asyncapi: 3.0.0\ninfo: {{title: Several, version: '1'}}\nservers: {servers}\n"
    return f"{head}channels:\n{channels}operations:\n{operations}"


class TestConnections:
    async def test_each_path_is_a_facade_with_a_connection(self, tmp_path: Path) -> None:
        document = several("{}", "/quotes", "/orders")
        with imported(document, tmp_path, "several") as package:
            async with site() as server:
                async with package.Channel0Client(server.url), package.Channel1Client(server.url):
                    pass
            assert sorted(server.targets) == ["/orders", "/quotes"]

    async def test_plain_names_on_a_server_with_a_path_share_a_connection(self, tmp_path: Path) -> None:
        document = several("{main: {host: x.test, pathname: /ws, protocol: wss}}", "quotes", "orders.new")
        with imported(document, tmp_path, "several") as package:
            async with site({"type": "push1"}, {"type": "push0"}) as server:
                async with package.SeveralClient(f"{server.url}/ws") as client, client.events() as events:
                    received = [await anext(aiter(events)), await anext(aiter(events))]
            assert [event.type for event in received] == ["push1", "push0"]
            assert server.targets == ["/ws"]

    async def test_plain_names_on_a_server_without_a_path_are_paths(self, tmp_path: Path) -> None:
        document = several("{main: {host: x.test, protocol: wss}}", "quotes", "orders")
        with imported(document, tmp_path, "several") as package:
            async with site() as server:
                async with package.Channel0Client(server.url), package.Channel1Client(server.url):
                    pass
            assert sorted(server.targets) == ["/orders", "/quotes"]

    async def test_channels_without_an_address_are_at_the_servers_url(self, tmp_path: Path) -> None:
        document = several("{main: {host: x.test, pathname: /ws, protocol: wss}}", "null", "'/orders'")
        with imported(document, tmp_path, "several") as package:
            async with site() as server:
                async with package.Channel0Client(f"{server.url}/ws"), package.Channel1Client(f"{server.url}/ws"):
                    pass
            assert sorted(server.targets) == ["/ws", "/ws/orders"]

    @pytest.mark.parametrize("root", ["/", "''"])
    async def test_the_root_adds_nothing(self, root: str, tmp_path: Path) -> None:
        with imported(several("{}", root), tmp_path, "several") as package:
            async with site() as server:
                async with package.SeveralClient(f"{server.url}/api/v1/ws"):
                    pass
            assert server.targets == ["/api/v1/ws"]


SERVERS = """
  production: {host: x.test, pathname: /ws, protocol: wss, description: the real one}
  staging-eu:
    host: '{region}.{domain}:{port}'
    pathname: /{base}
    protocol: wss
    description: for trying
    variables:
      region: {enum: [eu, us], default: eu, description: where it stands}
      port: {default: '8443'}
      domain: {}
      base: {default: api/v2}
"""


class TestServers:
    def test_servers_are_constants_and_functions(self, tmp_path: Path) -> None:
        with imported(several(SERVERS, "/a"), tmp_path, "several") as package:
            servers = package.servers
            assert servers.PRODUCTION == "wss://x.test/ws"
            assert servers.staging_eu(domain="y.test") == "wss://eu.y.test:8443/api/v2"
            assert servers.staging_eu(domain="y.test", region="us", port="1", base="") == "wss://us.y.test:1/"
            assert signature(servers.staging_eu) == {
                "region": "Literal['eu', 'us'] = 'eu'",
                "port": "str = '8443'",
                "domain": "str",
                "base": "str = 'api/v2'",
            }
            with pytest.raises(ValueError, match="'domain'"):
                servers.staging_eu(domain="evil.test/")
            assert servers.__all__ == ["PRODUCTION", "staging_eu"]

    def test_of_several_servers_none_is_the_default(self, tmp_path: Path) -> None:
        with imported(several(SERVERS, "/a"), tmp_path, "several") as package:
            assert signature(package.SeveralClient)["url"] == "Url"

    def test_a_server_with_defaults_alone_is_the_default(self, tmp_path: Path) -> None:
        one = "{only: {host: '{region}.x.test', protocol: wss, variables: {region: {enum: [eu], default: eu}}}}"
        with imported(several(one, "/a"), tmp_path, "several") as package:
            assert signature(package.SeveralClient)["url"] == "Url = 'wss://eu.x.test'"

    def test_a_server_that_needs_a_variable_is_not(self, tmp_path: Path) -> None:
        one = "{only: {host: '{region}.x.test', protocol: wss, variables: {region: {enum: [eu]}}}}"
        with imported(several(one, "/a"), tmp_path, "several") as package:
            assert signature(package.SeveralClient)["url"] == "Url"

    def test_a_default_that_the_document_forgot_to_list_is_possible(self, tmp_path: Path) -> None:
        one = "{only: {host: '{region}.x.test', protocol: wss, variables: {region: {enum: [eu], default: us}}}}"
        with imported(several(one, "/a"), tmp_path, "several") as package:
            assert signature(package.servers.only) == {"region": "Literal['eu', 'us'] = 'us'"}

    @pytest.mark.parametrize("url", ["wss://x.test:1/ws", "x.test:1/ws"])
    def test_servers_of_2_x_are_the_same(self, url: str, tmp_path: Path) -> None:
        document = f"""
asyncapi: 2.2.0
info: {{title: Old, version: '1'}}
servers: {{main: {{url: '{url}', protocol: wss}}}}
channels: {{/: {{subscribe: {{message: {TRADE}}}}}}}
"""
        with imported(document, tmp_path, "old") as package:
            assert package.servers.MAIN == "wss://x.test:1/ws"

    def test_without_servers_there_is_no_module(self, tmp_path: Path) -> None:
        with imported(several("{}", "/a"), tmp_path, "several") as package:
            assert not hasattr(package, "servers")
            assert not (tmp_path / "several" / "servers.py").exists()
