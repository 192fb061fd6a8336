/**
 * The known failures of clients of this pattern (T1 to T13 of the contract), against a real FastWS server. The
 * arguments are the port of the server and which `WebSocket` to use: "ws" or the platform's "own".
 */

import assert from "node:assert/strict";
import process from "node:process";

import {
  Client,
  ConnectionFailed,
  type ConnectionOptions,
  HandshakeRejected,
  RemoteError,
  SubscribeTimeout,
  SubscriptionRejected,
  TopicMismatch,
  subscribe,
  type WebSocketConstructor,
  templated,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import { jsonCodec } from "../../runtime/wsgen_runtime/typescript/json_codec.js";
import type {
  Protocol,
  SubscriptionOperation,
} from "../../runtime/wsgen_runtime/typescript/operations.js";
import { test } from "./running.js";

const [PORT = "", SOCKET] = process.argv.slice(2);
const WebSocket: WebSocketConstructor | undefined =
  SOCKET === "ws" ? (await import("ws")).WebSocket : undefined;
const URL = `ws://127.0.0.1:${PORT}/ws`;

interface Bar {
  readonly close: number;
}

const PROTOCOL: Protocol = {
  name: "trading",
  codec: jsonCodec({
    envelope: { tag: "type", payload: "payload" },
    sent: {
      "bars.subscribe": {},
      "bars.unsubscribe": {},
      "quotes.subscribe": {},
      "quotes.unsubscribe": {},
    },
    received: {
      "bars.subscribe.response": {},
      "bars.unsubscribe.response": {},
      "bars.update": {},
      "quotes.subscribe.response": {},
      "quotes.unsubscribe.response": {},
      "quotes.update": {},
    },
  }),
};

const operation = <Request, Data>(
  domain: string,
): SubscriptionOperation<Request, Data> => ({
  domain,
  subscribe: `${domain}.subscribe`,
  confirmation: {
    key: `${domain}.subscribe.response`,
    status: "status",
    message: "message",
    topic: "topic",
  },
  unsubscribe: `${domain}.unsubscribe`,
  release: { key: `${domain}.unsubscribe.response`, topic: "topic" },
  updates: [{ key: `${domain}.update`, topic: "topic", data: "payload" }],
});

const BARS = operation<{ symbol: string; resolution?: string }, Bar>("bars");
const QUOTES = operation<{ symbols: string[] }, unknown>("quotes");

interface State {
  readonly connections: readonly { readonly topics: readonly string[] }[];
  readonly received: Readonly<Record<string, number>>;
}

async function admin(path: string, body: unknown = null): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${PORT}/admin/${path}`, {
    method: path === "state" ? "GET" : "POST",
    ...(path === "state"
      ? {}
      : {
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        }),
  });
  assert.equal(response.status, 200);
  return response.json();
}

const state = () => admin("state") as Promise<State>;

const topicOf = (symbol: string) =>
  `bars:${JSON.stringify({ resolution: "1", symbol })}`;

/** The server sends a bar of this symbol. */
async function trade(symbol: string, close: number): Promise<void> {
  const topic = topicOf(symbol);
  const query = new URLSearchParams({ topic, type: "bars.update" });
  const bar = { time: 0, open: 1, high: 1, low: 1, close };
  await admin(`push?${query}`, { topic, payload: bar });
}

async function until(
  what: () => unknown | Promise<unknown>,
  seconds = 10,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await what())) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => unhandled.push(error));

/** A test of a client; the server is as new before it, and nothing is left after it. */
function against(
  name: string,
  body: (
    client: Client,
    more: (options: ConnectionOptions) => Client,
  ) => unknown,
): void {
  test(name, async () => {
    await admin("reset");
    const made: Client[] = [];
    const more = (options: ConnectionOptions) => {
      const client = new Client(PROTOCOL, URL, {
        WebSocket,
        logger: null,
        retry: { delays: [0, 20, 20, 20, 20], stableAfter: 200 },
        ...options,
      });
      made.push(client);
      return client;
    };
    await body(more({}), more);
    await Promise.all(made.map((client) => client.close()));
    await until(async () => !(await state()).connections.length);
    assert.deepEqual(unhandled, []);
  });
}

const nothing = () => {};

against("T1 a refused subscribe is sent once", async ({ connection }) => {
  await admin("mode", { reject: ["A"] });
  await assert.rejects(
    subscribe(connection, BARS, { symbol: "A" }, nothing),
    (error) =>
      error instanceof SubscriptionRejected &&
      /not available/.test(error.words),
  );
  await subscribe(connection, BARS, { symbol: "B" }, nothing);
  assert.equal((await state()).received["bars.subscribe"], 2);
});

against("T2 another topic than the rule's ends it", async ({ connection }) => {
  const strict = {
    ...BARS,
    topicRule: templated("bars:{symbol}"),
    strictTopic: true,
  };
  await assert.rejects(
    subscribe(connection, strict, { symbol: "A" }, nothing),
    (error) => error instanceof TopicMismatch && error.topic === topicOf("A"),
  );
  await until(async () => (await state()).received["bars.unsubscribe"] === 1);
  assert.equal((await state()).received["bars.subscribe"], 1);
});

against("T3 a second listener waits, too", async ({ connection }) => {
  await admin("mode", { subscribe_delay: 0.3 });
  const begin = performance.now();
  const seen: number[] = [];
  await Promise.all(
    [1, 2].map(async (number) => {
      await subscribe(connection, BARS, { symbol: "A" }, () =>
        seen.push(number),
      );
      assert.ok(performance.now() - begin > 250);
    }),
  );
  assert.equal((await state()).received["bars.subscribe"], 1);
  await trade("A", 1);
  await until(() => seen.length === 2);
});

against("T4 leaving and coming sends one of each", async ({ connection }) => {
  const first = await subscribe(connection, BARS, { symbol: "A" }, nothing);
  const leaving = first.unsubscribe();
  await subscribe(connection, BARS, { symbol: "A" }, nothing);
  await leaving;
  const { received } = await state();
  assert.equal(received["bars.subscribe"], 2);
  assert.equal(received["bars.unsubscribe"], 1);
});

against(
  "T5 who comes during a release gets updates",
  async ({ connection }) => {
    const first = await subscribe(connection, BARS, { symbol: "A" }, nothing);
    const seen: number[] = [];
    const leaving = first.unsubscribe();
    await subscribe(connection, BARS, { symbol: "A" }, ({ close }) =>
      seen.push(close),
    );
    await leaving;
    await trade("A", 5);
    await until(() => seen.length);
    assert.deepEqual(seen, [5]);
  },
);

against("T6 nothing reconnects after close", async (client) => {
  await subscribe(client.connection, BARS, { symbol: "A" }, nothing);
  await admin("kick?code=1012");
  await client.close();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual((await state()).connections, []);
  assert.equal(client.connection.state, "CLOSED");
});

against("T7 a pending subscribe survives a drop", async ({ connection }) => {
  await admin("mode", { subscribe_delay: 0.5 });
  const pending = subscribe(connection, BARS, { symbol: "A" }, nothing);
  await until(async () => (await state()).received["bars.subscribe"] === 1);
  await admin("kick?code=1012");
  assert.equal((await pending).state, "CONFIRMED");
});

against("T8 an unsubscribe stays in its domain", async ({ connection }) => {
  const bars = await subscribe(connection, BARS, { symbol: "A" }, nothing);
  const quotes = await subscribe(
    connection,
    QUOTES,
    { symbols: ["A"] },
    nothing,
  );
  await bars.unsubscribe();
  const [{ topics }] = (await state()).connections as [
    State["connections"][number],
  ];
  assert.deepEqual(topics, [quotes.topic]);
  assert.equal(quotes.state, "CONFIRMED");
});

against("T9 a listener that throws starves nobody", async ({ connection }) => {
  const seen: number[] = [];
  const failed: unknown[] = [];
  await subscribe(
    connection,
    BARS,
    { symbol: "A" },
    () => {
      throw new Error("mine");
    },
    { onError: (error) => failed.push(error) },
  );
  await subscribe(connection, BARS, { symbol: "A" }, ({ close }) =>
    seen.push(close),
  );
  await trade("A", 1);
  await trade("A", 2);
  await until(() => seen.length === 2);
  assert.equal(failed.length, 2);
});

against("T10 one that stays silent ends alone", async (_, more) => {
  const client = more({ timeout: 500 });
  const { connection } = client;
  const seen: number[] = [];
  const good = await subscribe(connection, BARS, { symbol: "A" }, ({ close }) =>
    seen.push(close),
  );
  const bad = await subscribe(connection, BARS, { symbol: "B" }, nothing);
  await admin("mode", { silent: ["B"] });
  await admin("kick?code=1012");
  await assert.rejects(bad.waitEnded(), SubscribeTimeout);
  assert.equal(good.state, "CONFIRMED");
  await trade("A", 3);
  await until(() => seen.length);
  await client.close();
  await admin("reset"); // the server waits for its own silence to end
});

against("T11 after a failure it can be used again", async (_, more) => {
  const client = more({ headers: { Authorization: "Bearer wrong" } });
  await admin("mode", { token: "right" });
  await assert.rejects(client.connect(), (error) =>
    WebSocket
      ? error instanceof HandshakeRejected && error.status === 403
      : error instanceof ConnectionFailed && error.attempts === 5,
  );
  assert.equal(client.connection.state, "FAILED");
  await admin("mode", { token: null });
  await subscribe(client.connection, BARS, { symbol: "A" }, nothing);
  assert.equal(client.connection.state, "CONNECTED");
});

against("T12 success on the fifth attempt is success", async (_, more) => {
  const at = (good: number) => {
    const client = new Client(
      PROTOCOL,
      (attempt) => (attempt < good ? "ws://127.0.0.1:9/ws" : URL),
      { WebSocket, logger: null, retry: { delays: [0, 10, 10, 10, 10] } },
    );
    return client;
  };
  const [fifth, sixth] = [at(5), at(6)];
  await fifth.connect();
  assert.equal(fifth.connection.stats.attempts, 5);
  await assert.rejects(
    sixth.connect(),
    (error) => error instanceof ConnectionFailed && error.attempts === 5,
  );
  await Promise.all([fifth.close(), sixth.close(), more({}).close()]);
});

against("T13 one bad subscription ends alone", async ({ connection }) => {
  const seen: number[] = [];
  const good = await subscribe(connection, BARS, { symbol: "A" }, ({ close }) =>
    seen.push(close),
  );
  await admin("mode", { poison: ["B"] });
  await assert.rejects(
    subscribe(connection, BARS, { symbol: "B" }, nothing),
    RemoteError,
  );
  await until(() => good.state === "CONFIRMED" && good.resets);
  assert.ok(connection.stats.attempts <= 4);
  await trade("A", 3);
  await until(() => seen.length);
});
