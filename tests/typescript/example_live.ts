/** The generated client of the example against the real server, whose URL is the argument. */

import assert from "node:assert/strict";
import process from "node:process";

import {
  BarsWebSocketClientFactory,
  type ChatMessage,
  TradingClient,
} from "../../generated_example/typescript/trading/index.js";
import { test } from "./running.js";

const url = process.argv.at(-1)!;
const options = { headers: { "X-Api-Key": "secret" } };

test("subscriptions, requests, sends and pushes", async () => {
  const trading = new TradingClient(url, options);
  const request = { symbol: "AAPL" };
  const subscription = await trading.bars.subscribe(request, () => {});
  assert.equal(subscription.state, "CONFIRMED");
  assert.equal(subscription.topic, 'bars:{"resolution":"1","symbol":"AAPL"}');
  await subscription.unsubscribe();
  const joined = await trading.chat.join({ room: "lobby", nick: "me" });
  assert.equal(joined.room, "lobby");
  const heard = new Promise<ChatMessage>((resolve) => {
    trading.chat.onMessage(resolve);
  });
  await trading.chat.typing({ room: "lobby" });
  const { sequence } = await trading.chat.post({ room: "lobby", text: "hi" });
  assert.equal((await heard).sequence, sequence);
  await trading.ping();
  assert.deepEqual(Object.keys(await trading.now()).sort(), [
    "milliseconds",
    "seconds",
  ]);
  await trading.close();
});

test("a subscription by its id", async () => {
  const bars = BarsWebSocketClientFactory(url, options);
  const id = await bars.subscribe({ symbol: "AAPL" }, () => {});
  await bars.unsubscribe(id);
  await bars.close();
});

test("pings of ours end no connection that is alive", async () => {
  const trading = new TradingClient(url, {
    ...options,
    pingInterval: 50,
    pingTimeout: 500,
  });
  await trading.connect();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(trading.connection.state, "CONNECTED");
  assert.equal(trading.connection.stats.attempts, 1);
  await trading.close();
});
