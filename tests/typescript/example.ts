/** The generated client of the example, with the generated fake server on the other side. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  FakeTradingServer,
  makeAlert,
  makeBar,
} from "../../generated_example/typescript/trading/fakes.js";
import {
  type Bar,
  BarsWebSocketClientFactory,
  type ChatEvent,
  TradingClient,
} from "../../generated_example/typescript/trading/index.js";
import { FakeMarketDataServer } from "../../generated_example/typescript/trading_3/fakes.js";
import {
  MarketDataClient,
  servers,
  type Trade,
} from "../../generated_example/typescript/trading_3/index.js";

const BAR: Bar = { time: 1, open: 1, high: 2, low: 0.5, close: 1.5 };

function opened(): [FakeTradingServer, TradingClient] {
  const server = new FakeTradingServer();
  const { transport } = server;
  return [server, new TradingClient("ws://fake", { transport })];
}

test("a subscription is confirmed, updated and released", async () => {
  const [server, trading] = opened();
  const bars: Bar[] = [];
  const request = { symbol: "AAPL", resolution: "5" };
  const subscription = await trading.bars.subscribe(request, (bar) =>
    bars.push(bar),
  );
  server.pushBars(BAR, { request });
  await server.advance(0);
  assert.deepEqual(bars, [BAR]);
  await subscription.unsubscribe();
  assert.deepEqual(server.subscriptions, []);
  await trading.close();
});

test("what is refused rejects in the server's words", async () => {
  const [server, trading] = opened();
  server.refuseBars("no such symbol");
  const refused = trading.bars.subscribe({ symbol: "XXX" }, () => {});
  await assert.rejects(refused, /no such symbol/);
  await trading.close();
});

test("a subscription by id", async () => {
  const server = new FakeTradingServer();
  const { transport } = server;
  const bars = BarsWebSocketClientFactory("ws://fake", { transport });
  const heard: number[] = [];
  const id = await bars.subscribe({ symbol: "AAPL" }, (bar) => {
    heard.push(bar.close);
  });
  server.pushBars(BAR);
  await server.advance(0);
  await bars.unsubscribe(id);
  assert.deepEqual([typeof id, heard], ["string", [1.5]]);
  assert.deepEqual(server.subscriptions, []);
  await bars.close();
});

test("requests, sends and all pushes of a domain", async () => {
  const [server, trading] = opened();
  server.onChatJoin = ({ room }) => ({ room, members: 3 });
  assert.deepEqual(await trading.chat.join({ room: "lobby" }), {
    room: "lobby",
    members: 3,
  });
  await trading.ping();
  await trading.chat.typing({ room: "lobby" });
  const events = trading.chat.events();
  const first = events.next();
  const message = { room: "lobby", nick: "a", text: "hello" };
  await server.advance(0);
  server.pushChatNotice(message);
  const found: ChatEvent = (await first).value as ChatEvent;
  assert.deepEqual(found, { type: "chat.notice", payload: message });
  await events.return();
  const sent = server.received.map((each) => each.message);
  assert.deepEqual(sent, ["chat.join", "ping", "chat.typing"]);
  await trading.close();
});

test("a stream subscribes when it is iterated, and leaves with the loop", async () => {
  const [server, trading] = opened();
  for await (const bar of streamed(server, trading)) {
    assert.deepEqual(bar, BAR);
    break;
  }
  assert.deepEqual(server.subscriptions, []);
  await trading.close();
});

function streamed(server: FakeTradingServer, trading: TradingClient) {
  const stream = trading.bars.stream({ symbol: "AAPL" });
  const pushing = setInterval(() => {
    if (server.subscriptions.length === 0) return;
    clearInterval(pushing);
    server.pushBars(BAR);
  }, 1);
  return stream;
}

test("a channel with arguments, of a document in AsyncAPI 3.1", async () => {
  const server = new FakeMarketDataServer();
  const stream = new MarketDataClient(
    servers.PRODUCTION,
    { symbol: "AAPL", side: ["buy", "sell"], xClient: "tests" },
    { transport: server.transport, query: { key: "secret" } },
  );
  const trades: Trade[] = [];
  stream.onTrade((trade) => trades.push(trade));
  await stream.connect();
  const { url, headers } = server.connections[0]!.request;
  assert.equal(
    url,
    "wss://trading.example.com/marketdata/AAPL?side=buy&side=sell&key=secret",
  );
  assert.equal(headers["X-Client"], "tests");
  server.pushTrade({ type: "trade", price: 1, quantity: 2, side: "buy" });
  await server.advance(0);
  assert.equal(trades[0]!.price, 1);
  await stream.close();
});

test("samples have what they must, and what a test gives", () => {
  const bar = makeBar({ close: 1.5, volume: 3 });
  const least = { time: 0, open: 0, high: 0, low: 0, close: 1.5, volume: 3 };
  assert.deepEqual(bar, least);
  assert.deepEqual(makeAlert(), { level: "info", text: "" });
});
