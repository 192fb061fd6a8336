/** Fake servers, and the time of their clients. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  FakeServer,
  LookupError,
} from "../../runtime/wsgen_runtime/typescript/fakes.js";
import {
  Client,
  ConnectionFailed,
  ConnectionLost,
  HandshakeRejected,
  SubscribeTimeout,
  SubscriptionRejected,
  handle,
  listen,
  request,
  subscribe,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import {
  BARS,
  type Bar,
  JOIN,
  MESSAGE,
  PROTOCOL,
  TYPING,
  WHO,
} from "./trading.js";

/** A fake server and a client of it. */
function pair() {
  const server = new FakeServer(PROTOCOL, [BARS, JOIN, TYPING]);
  const client = new Client(PROTOCOL, "ws://fake", {
    transport: server.transport,
    logger: null,
  });
  return { server, client, trading: client.connection };
}

describe("a fake server", () => {
  test("confirms what is subscribed to, and sends updates to whom they are for", async () => {
    const { server, client, trading } = pair();
    const seen: Bar[] = [];
    const subscription = await subscribe(
      trading,
      BARS,
      { symbol: "A" },
      (each) => seen.push(each),
    );
    assert.deepEqual(
      server.subscriptions.map(({ domain, request }) => [domain, request]),
      [["bars", { symbol: "A" }]],
    );
    server.update(BARS, { symbol: "A", close: 1 });
    server.update(
      BARS,
      { symbol: "A", close: 2 },
      { request: { symbol: "A" } },
    );
    assert.throws(
      () => server.update(BARS, seen[0]!, { request: { symbol: "B" } }),
      LookupError,
    );
    assert.deepEqual(seen, [
      { symbol: "A", close: 1 },
      { symbol: "A", close: 2 },
    ]);
    await subscription.unsubscribe();
    assert.deepEqual(server.subscriptions, []);
    assert.deepEqual(
      server.received.map(({ message }) => message),
      ["bars.subscribe", "bars.unsubscribe"],
    );
    await client.close();
    assert.equal(server.connected, 0);
    assert.throws(() => server.push(MESSAGE, { text: "" }), LookupError);
  });

  test("refuses what it is told to refuse", async () => {
    const { server, client, trading } = pair();
    server.refuse(BARS, "not today", { symbol: "B" });
    await subscribe(trading, BARS, { symbol: "A" }, () => {});
    await assert.rejects(
      subscribe(trading, BARS, { symbol: "B" }, () => {}),
      (error) =>
        error instanceof SubscriptionRejected && error.words === "not today",
    );
    server.recover();
    await subscribe(trading, BARS, { symbol: "B" }, () => {});
    await client.close();
  });

  test("answers by functions, and says where one is missing", async () => {
    const { server, client, trading } = pair();
    server.on("chat.join", ({ room }: { room: string }) => ({
      members: room.length,
    }));
    assert.deepEqual(await request(trading, JOIN, { room: "abc" }), {
      members: 3,
    });
    server.on("chat.join", null);
    await assert.rejects(
      request(trading, JOIN, { room: "abc" }),
      (error) =>
        error instanceof ConnectionLost &&
        error.code === 1011 &&
        error.reason.includes("chat.join: give it a function"),
    );
    await client.close();
  });

  test("asks its clients", async () => {
    const { server, client, trading } = pair();
    handle(trading, WHO, ({ id }) => ({ name: `me ${id}` }));
    await client.connect();
    assert.deepEqual(await server.ask(WHO, { id: 7 }), { name: "me 7", id: 7 });
    const pending = assert.rejects(
      server.ask({ ...WHO, replies: ["never"] }, { id: 8 }),
      ConnectionLost,
    );
    await client.close();
    await pending;
  });

  test("pushes to everybody", async () => {
    const { server, client, trading } = pair();
    const seen: string[] = [];
    listen(trading, MESSAGE, ({ text }) => seen.push(text));
    await client.connect();
    server.push(MESSAGE, { text: "hello" });
    assert.deepEqual(seen, ["hello"]);
    await client.close();
  });
});

describe("the time of a fake server", () => {
  test("a minute of attempts has happened at once", async () => {
    const { server, client } = pair();
    server.rejectHandshakes(503);
    const begin = performance.now();
    await assert.rejects(
      server.until(client.connect()),
      (error) =>
        error instanceof ConnectionFailed &&
        error.cause instanceof HandshakeRejected &&
        error.attempts === 5,
    );
    assert.ok(performance.now() - begin < 5000);
    await client.close();
  });

  test("silence is a timeout, and a late answer changes nothing", async () => {
    const { server, client, trading } = pair();
    await client.connect();
    server.goSilent("bars.subscribe");
    await assert.rejects(
      server.until(subscribe(trading, BARS, { symbol: "A" }, () => {})),
      SubscribeTimeout,
    );
    server.recover();
    server.delay(2000);
    let done = false;
    const pending = subscribe(trading, BARS, { symbol: "A" }, () => {});
    void pending.then(() => (done = true));
    await server.advance(1500);
    assert.equal(done, false);
    await server.advance(1000);
    assert.equal(done, true);
    server.recover();
    await client.close();
  });

  test("a lost connection is renewed in its own time", async () => {
    const { server, client, trading } = pair();
    const subscription = await subscribe(
      trading,
      BARS,
      { symbol: "A" },
      () => {},
    );
    server.expireCredentials();
    server.drop();
    await server.advance(400);
    assert.equal(subscription.resets, 0);
    server.recover();
    await server.advance(60_000);
    assert.equal(subscription.resets, 1);
    assert.equal(server.connected, 1);
    await client.close();
  });

  test("what does not happen is not waited for", async () => {
    const { server } = pair();
    const cancel = server.transport.clock!.callAt(1e6, () => {});
    await assert.rejects(
      server.until(new Promise(() => {}), 1000),
      /not done within 1 s/,
    );
    cancel();
  });
});
