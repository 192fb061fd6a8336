/** What applications see, over a transport in memory. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";

import {
  oneAtATime,
  AmbiguousRoute,
  Client,
  Closed,
  type ConnectionEvent,
  ConnectionFailed,
  ConnectionLost,
  type ConnectionOptions,
  HandshakeRejected,
  MemoryTransport,
  OptionsConflict,
  RequestTimeout,
  SubscriptionRejected,
  webSocketInterface,
  connectionEvents,
  handle,
  listen,
  listenStream,
  request,
  send,
  stream,
  subscribe,
  latest,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import {
  answer,
  APART,
  BARS,
  type Bar,
  bar,
  JOIN,
  MESSAGE,
  PROTOCOL,
  said,
  TYPING,
  WHO,
} from "./trading.js";

const QUICK: ConnectionOptions = {
  retry: { delays: [0, 1], stableAfter: 1 },
  logger: null,
};

/** A transport whose servers answer as they should, and the options that use it. */
function world(options: ConnectionOptions = {}) {
  const transport = new MemoryTransport((attempt) => {
    const server = attempt.accept();
    server.onFrame = (frame) => {
      const reply = answer(frame as string);
      if (reply !== undefined) server.send(reply);
    };
  });
  const client = (more: ConnectionOptions = {}) =>
    new Client(PROTOCOL, "ws://test", {
      ...QUICK,
      ...options,
      ...more,
      transport,
    });
  const server = () => transport.connections.at(-1)!;
  return { transport, client, server };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

const types = (frames: readonly unknown[]) =>
  frames.map((frame) => (JSON.parse(frame as string) as { type: string }).type);

test("what a program prints of a client has no secret in it", async () => {
  const secret = "s3cret";
  const { client, transport } = world({
    headers: { "X-Key": secret },
    query: { token: secret },
  });
  const trading = client();
  await trading.connect();
  const [attempt] = transport.attempts;
  assert.equal(attempt?.request.headers["X-Key"], secret);
  assert.match(attempt.request.url, /token=s3cret/);
  for (const shown of [trading, trading.connection]) {
    assert.doesNotMatch(inspect(shown, { depth: Infinity }), /s3cret/);
    assert.doesNotMatch(String(shown), /s3cret/);
  }
  await trading.close();
});

describe("subscriptions", () => {
  test("resolve after the confirmation, and give updates to their own", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const [apple, google]: [Bar[], Bar[]] = [[], []];
    const one = await subscribe(trading, BARS, { symbol: "AAPL" }, (each) =>
      apple.push(each),
    );
    await subscribe(trading, BARS, { symbol: "GOOG" }, (each) =>
      google.push(each),
    );
    server().send(bar("AAPL", 1));
    server().send(bar("GOOG", 2));
    assert.deepEqual(apple, [{ symbol: "AAPL", close: 1 }]);
    assert.deepEqual(google, [{ symbol: "GOOG", close: 2 }]);
    assert.equal(one.topic, "bars:AAPL");
    assert.equal(one.state, "CONFIRMED");
    await one.unsubscribe();
    assert.equal(one.state, "DELETED");
    await one.waitEnded();
    server().send(bar("AAPL", 3));
    assert.equal(apple.length, 1);
    await trading.close();
    assert.deepEqual(server().closeReceived, [1000, ""]);
  });

  test("that are refused reject with the server's words", async () => {
    const { client } = world();
    const trading = client();
    await assert.rejects(
      subscribe(trading.connection, BARS, { symbol: "NO" }, () => {}),
      (error) =>
        error instanceof SubscriptionRejected &&
        error.words === "no such symbol",
    );
    await trading.close();
  });

  test("share one wire subscription", async () => {
    const { client, server } = world();
    const [one, other] = [client(), client()];
    const seen: number[] = [];
    const first = await subscribe(
      one.connection,
      BARS,
      { symbol: "A" },
      ({ close }) => seen.push(close),
    );
    await subscribe(other.connection, BARS, { symbol: "A" }, ({ close }) =>
      seen.push(-close),
    );
    assert.equal(server().received.length, 1);
    server().send(bar("A", 1));
    assert.deepEqual(seen, [1, -1]);
    await first.unsubscribe();
    assert.equal(server().received.length, 1);
    await one.close();
    assert.equal(server().open, true);
    await other.close();
    assert.equal(server().open, false);
  });

  test("are renewed after a loss, and their consumers are told", async () => {
    const { client, server, transport } = world();
    const trading = client();
    let resets = 0;
    const seen: number[] = [];
    const subscription = await subscribe(
      trading.connection,
      BARS,
      { symbol: "A" },
      ({ close }) => seen.push(close),
      { onReset: () => resets++ },
    );
    server().drop();
    while (!subscription.resets) await soon();
    assert.equal(transport.connections.length, 2);
    assert.equal(resets, 1);
    server().send(bar("A", 2));
    assert.deepEqual(seen, [2]);
    await trading.close();
  });

  test("are given up by a signal, and leave nothing", async () => {
    const { client, server } = world();
    const trading = client();
    await trading.connect();
    server().onFrame = undefined;
    const cancel = new AbortController();
    const pending = subscribe(
      trading.connection,
      BARS,
      { symbol: "A" },
      () => {},
      { signal: cancel.signal },
    );
    cancel.abort(new Error("enough"));
    await assert.rejects(pending, /enough/);
    await assert.rejects(
      subscribe(trading.connection, BARS, { symbol: "A" }, () => {}, {
        signal: cancel.signal,
      }),
      /enough/,
    );
    server().send(answer(server().received[0] as string)!);
    assert.deepEqual(types(server().received), [
      "bars.subscribe",
      "bars.unsubscribe",
    ]);
    await trading.close();
  });

  test("end with the client, and later calls reject", async () => {
    const { client, server } = world();
    const trading = client();
    const subscription = await subscribe(
      trading.connection,
      BARS,
      { symbol: "A" },
      () => {},
    );
    server().onFrame = undefined;
    const pending = request(trading.connection, JOIN, { room: "x" });
    const [closed] = await Promise.all([
      trading.close(),
      assert.rejects(pending, Closed),
    ]);
    assert.equal(closed, undefined);
    await subscription.waitEnded();
    await assert.rejects(
      send(trading.connection, TYPING, { room: "x" }),
      Closed,
    );
    await trading.close();
  });

  test("a callback that throws is reported, and harms nobody", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const failed: unknown[] = [];
    const seen: number[] = [];
    const fail = () => {
      throw new Error("mine");
    };
    await subscribe(trading, BARS, { symbol: "A" }, fail, {
      onError: (error) => failed.push((error as Error).message),
    });
    await subscribe(trading, BARS, { symbol: "A" }, async () => fail(), {
      onError: (error) => failed.push((error as Error).message),
    });
    await subscribe(trading, BARS, { symbol: "A" }, ({ close }) =>
      seen.push(close),
    );
    server().send(bar("A", 1));
    await soon();
    assert.deepEqual(seen, [1]);
    assert.deepEqual(failed, ["mine", "mine"]);
    await trading.close();
  });

  test("a callback that promises gets its next value afterwards", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const order: string[] = [];
    await subscribe(trading, BARS, { symbol: "A" }, async ({ close }) => {
      order.push(`begin ${close}`);
      await soon();
      order.push(`end ${close}`);
    });
    server().send(bar("A", 1));
    server().send(bar("A", 2));
    while (order.length < 4) await soon();
    assert.deepEqual(order, ["begin 1", "end 1", "begin 2", "end 2"]);
    await trading.close();
  });

  test("flat updates go to a connection of their own", async () => {
    const { client, transport } = world();
    const trading = client().connection;
    const seen: string[] = [];
    const one = await subscribe(trading, APART, { symbol: "A" }, () =>
      seen.push("A"),
    );
    await subscribe(trading, APART, { symbol: "B" }, () => seen.push("B"));
    assert.equal(transport.connections.length, 2);
    transport.connections[1]!.send(bar("?", 1));
    assert.deepEqual(seen, ["B"]);
    await one.unsubscribe();
    await soon();
    assert.equal(transport.connections[0]!.open, false);
    await trading.close();
    assert.equal(transport.connections[1]!.open, false);
  });

  test("flat updates without a route cannot have two parameter sets", async () => {
    const { client } = world();
    const trading = client().connection;
    const flat = { ...APART, route: oneAtATime };
    await subscribe(trading, flat, { symbol: "A" }, () => {});
    await assert.rejects(
      subscribe(trading, flat, { symbol: "B" }, () => {}),
      AmbiguousRoute,
    );
    await trading.close();
  });
});

describe("streams", () => {
  test("subscribe when they are read, and unsubscribe when they are left", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const values = stream(trading, BARS, { symbol: "A" });
    const seen: number[] = [];
    const sending = (async () => {
      while (values.topic === undefined) await soon();
      for (const close of [1, 2, 3]) server().send(bar("A", close));
    })();
    for await (const { close } of values) {
      seen.push(close);
      if (close === 2) break;
    }
    await sending;
    assert.deepEqual(seen, [1, 2]);
    assert.deepEqual(types(server().received), [
      "bars.subscribe",
      "bars.unsubscribe",
    ]);
    assert.deepEqual(await values.next(), { done: true, value: undefined });
    await trading.close();
  });

  test("end with the client", async () => {
    const { client } = world();
    const trading = client().connection;
    const values = stream(trading, BARS, { symbol: "A" });
    const reading = values.next();
    await trading.connect();
    await soon();
    await trading.close();
    assert.deepEqual(await reading, { done: true, value: undefined });
  });

  test("end by a signal", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const cancel = new AbortController();
    const { signal } = cancel;
    const values = stream(trading, BARS, { symbol: "A" }, { signal });
    const reading = values.next();
    while (values.topic === undefined) await soon();
    cancel.abort(new Error("enough"));
    await assert.rejects(reading, /enough/);
    assert.deepEqual(types(server().received), [
      "bars.subscribe",
      "bars.unsubscribe",
    ]);
    await trading.close();
  });

  test("keep the latest of each", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const values = stream(
      trading,
      BARS,
      { symbol: "A" },
      { delivery: latest("symbol") },
    );
    const first = values.next();
    while (values.topic === undefined) await soon();
    for (const close of [1, 2, 3]) server().send(bar("A", close));
    assert.equal((await first).value?.close, 3);
    assert.equal(values.dropped, 2);
    await values.return();
    await trading.close();
  });

  test("of pushes connect when they are read", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const values = listenStream(trading, MESSAGE);
    const reading = values.next();
    await trading.connect();
    server().send(said("chat.message", { text: "hello" }));
    assert.deepEqual((await reading).value, { text: "hello" });
    await trading.close();
  });
});

describe("requests, sends, pushes, handlers", () => {
  test("a reply resolves its call", async () => {
    const { client } = world();
    const trading = client().connection;
    assert.deepEqual(await request(trading, JOIN, { room: "x" }), {
      members: 2,
    });
    await trading.close();
  });

  test("silence rejects after the timeout, in milliseconds", async () => {
    const { client, server } = world();
    const trading = client().connection;
    await trading.connect();
    server().onFrame = undefined;
    await assert.rejects(
      request(trading, JOIN, { room: "x" }, { timeout: 20 }),
      (error) => error instanceof RequestTimeout && error.timeout === 20,
    );
    await trading.close();
  });

  test("a call in flight tells that it may have arrived", async () => {
    const { client, server } = world();
    const trading = client().connection;
    await trading.connect();
    server().onFrame = undefined;
    const call = request(trading, JOIN, { room: "x" });
    server().close(1012, "restart");
    await assert.rejects(
      call,
      (error) =>
        error instanceof ConnectionLost &&
        error.code === 1012 &&
        error.sent === "maybe",
    );
    await trading.close();
  });

  test("a listener gets pushes until it is stopped", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const seen: string[] = [];
    const stop = listen(trading, MESSAGE, ({ text }) => seen.push(text));
    assert.equal(trading.state, "DISCONNECTED");
    await trading.connect();
    server().send(said("chat.message", { text: "one" }));
    stop();
    server().send(said("chat.message", { text: "two" }));
    assert.deepEqual(seen, ["one"]);
    await trading.close();
  });

  test("a handler answers with the id that it was asked with", async () => {
    const { client, server } = world();
    const trading = client().connection;
    const stop = handle(trading, WHO, async () => ({ name: "me" }));
    assert.throws(() => handle(trading, WHO, () => ({ name: "" })), TypeError);
    await trading.connect();
    server().send(said("who", { id: 7 }));
    await soon();
    assert.deepEqual(server().take(), [
      said("who.response", { name: "me", id: 7 }),
    ]);
    stop();
    handle(
      trading,
      WHO,
      () => {
        throw new Error("no");
      },
      { errorReply: (error) => ({ name: (error as Error).message }) },
    );
    server().send(said("who", { id: 8 }));
    await soon();
    assert.deepEqual(server().take(), [
      said("who.response", { name: "no", id: 8 }),
    ]);
    await trading.close();
  });
});

describe("connections", () => {
  test("one that is refused for good rejects with the status", async () => {
    const transport = new MemoryTransport((attempt) => attempt.refuse(404));
    const trading = new Client(PROTOCOL, "ws://test", { ...QUICK, transport });
    await assert.rejects(
      trading.connect(),
      (error) => error instanceof HandshakeRejected && error.status === 404,
    );
    assert.equal(trading.connection.state, "FAILED");
    await trading.close();
  });

  test("attempts are as many as delays, and another call starts afresh", async () => {
    let good = false;
    const transport = new MemoryTransport((attempt) =>
      good ? attempt.accept() : attempt.unreachable(),
    );
    const trading = new Client(PROTOCOL, "ws://test", { ...QUICK, transport });
    await assert.rejects(
      trading.connect(),
      (error) => error instanceof ConnectionFailed && error.attempts === 2,
    );
    good = true;
    await trading.connection.reconnect();
    assert.equal(trading.connection.state, "CONNECTED");
    await trading.close();
  });

  test("credentials are asked for at every attempt", async () => {
    const asked: (string | undefined)[] = [];
    const transport = new MemoryTransport((attempt) => {
      asked.push(attempt.request.url, attempt.request.headers["Cookie"]);
      if (asked.length > 2) attempt.accept();
      else attempt.refuse(401);
    });
    const trading = new Client(PROTOCOL, "ws://test/x?a=1", {
      ...QUICK,
      transport,
      query: (attempt) => ({ token: `t&${attempt}` }),
      cookies: async () => ({ session: "s" }),
    });
    await trading.connect();
    assert.deepEqual(asked, [
      "ws://test/x?a=1&token=t%261",
      "session=s",
      "ws://test/x?a=1&token=t%262",
      "session=s",
    ]);
    await trading.close();
  });

  test("other options than those of the open connection conflict", async () => {
    const { client } = world();
    const [one, other] = [client(), client({ timeout: 1 })];
    await one.connect();
    await assert.rejects(
      other.connect(),
      (error) => error instanceof OptionsConflict && error.option === "timeout",
    );
    const elsewhere = client({ timeout: 1, query: { a: "1" } });
    await elsewhere.connect();
    await Promise.all([one.close(), other.close(), elsewhere.close()]);
  });

  test("every change of state is told", async () => {
    const { client, server } = world();
    const told: string[] = [];
    const trading = client({ onState: ({ state }) => told.push(state) });
    const events: ConnectionEvent[] = [];
    const watching = (async () => {
      for await (const event of connectionEvents(trading.connection))
        events.push(event);
    })();
    await trading.connect();
    server().close(1012);
    while (told.length < 4) await soon();
    await trading.close();
    await watching;
    const states = [
      "CONNECTING",
      "CONNECTED",
      "RECONNECTING",
      "CONNECTED",
      "CLOSED",
    ];
    assert.deepEqual(told, states);
    assert.deepEqual(
      events.map(({ state }) => state),
      states,
    );
    assert.equal(events[2]!.reason, 1012);
  });

  test("what is no message of the document goes to a hook", async () => {
    const { client, server } = world();
    const strange: (string | undefined)[] = [];
    const trading = client({ onUnknown: ({ type }) => strange.push(type) });
    await trading.connect();
    server().send(said("other", 1));
    server().send("{");
    server().send(new Uint8Array(1));
    assert.deepEqual(strange, ["other", undefined, undefined]);
    const { unknown, invalid } = trading.connection.stats;
    assert.deepEqual([unknown, invalid], [1, 2]);
    await trading.close();
  });

  test("closing while connecting works, and it is final", async () => {
    const transport = new MemoryTransport(() => new Promise(() => {}));
    const trading = new Client(PROTOCOL, "ws://test", { ...QUICK, transport });
    const connecting = assert.rejects(trading.connect(), Closed);
    await trading.close();
    await connecting;
  });

  test("what leaves its block is closed", async () => {
    const { client, server } = world();
    const trading = client();
    await trading.connect();
    await trading[Symbol.asyncDispose]();
    assert.equal(server().open, false);
  });

  test("headers need a constructor that sends them, in a browser", () => {
    const secret = { headers: { "X-Api-Key": "secret" } };
    const own = Object.getOwnPropertyDescriptor(globalThis, "process")!;
    Object.defineProperty(globalThis, "process", { ...own, get: () => ({}) });
    try {
      for (const WebSocket of [undefined, globalThis.WebSocket]) {
        assert.throws(
          () => new Client(PROTOCOL, "ws://test", { ...secret, WebSocket }),
          (error: Error) => !error.message.includes("secret"),
        );
      }
    } finally {
      Object.defineProperty(globalThis, "process", own);
    }
    const { client } = world(secret);
    assert.doesNotMatch(client().connection.toString(), /secret/);
    assert.throws(() => new Client(PROTOCOL, "http://test"), TypeError);
  });
});

describe("in a browser", () => {
  test("the attempt that is due is made when there is a hint", async () => {
    for (const hint of ["online", "visibilitychange"]) {
      const page = Object.assign(new EventTarget(), {
        visibilityState: "visible",
      });
      Object.assign(globalThis, { window: page, document: page });
      try {
        const { client, server, transport } = world({
          retry: { delays: [3_600_000], giveUpAfter: null },
        });
        const trading = client({ connectTimeout: 10_000 });
        const connecting = trading.connect();
        await soon();
        assert.equal(transport.attempts.length, 0);
        page.dispatchEvent(new Event(hint));
        await connecting;
        server().close(1012);
        await soon();
        assert.equal(trading.connection.state, "RECONNECTING");
        page.dispatchEvent(new Event(hint));
        while (transport.connections.length < 2) await soon();
        await trading.close();
        page.dispatchEvent(new Event(hint));
        await soon();
        assert.equal(transport.connections.length, 2);
      } finally {
        Reflect.deleteProperty(globalThis, "window");
        Reflect.deleteProperty(globalThis, "document");
      }
    }
  });
});

test("subscriptions by their ids", async () => {
  const { transport, server } = world();
  const bars = webSocketInterface(PROTOCOL, BARS, "ws://test", {
    ...QUICK,
    transport,
  });
  const seen: number[] = [];
  const id = await bars.subscribe({ symbol: "A" }, ({ close }) =>
    seen.push(close),
  );
  server().send(bar("A", 1));
  await bars.unsubscribe(id);
  await bars.unsubscribe(id);
  assert.deepEqual(seen, [1]);
  assert.deepEqual(types(server().received), [
    "bars.subscribe",
    "bars.unsubscribe",
  ]);
  await bars.close();
});
