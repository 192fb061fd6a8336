/** Rules of the contract that no scenario can show: what lies outside of a session. */

import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { WebSocket as Ws, WebSocketServer } from "ws";

import {
  Client,
  type ConnectionOptions,
  MemoryTransport,
  stream,
  type Transport,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import { answer, BARS, bar, PROTOCOL } from "./trading.js";

/** A test that would wait for ever fails instead. */
const LIMITED = { timeout: 20_000 };

const OPTIONS: ConnectionOptions = { retry: { delays: [0] }, logger: null };

test("R1: clients that start at once share one connection, and the last one closes it", async () => {
  const transport = new MemoryTransport((attempt) => attempt.accept());
  const make = () =>
    new Client(PROTOCOL, "ws://test", { ...OPTIONS, transport });
  const [one, other] = [make(), make()];
  await Promise.all([one.connect(), other.connect()]);
  assert.equal(transport.connections.length, 1);
  const [server] = transport.connections;

  await one.close();
  assert.equal(server!.open, true);
  assert.equal(other.connection.state, "CONNECTED");

  await other.close();
  assert.deepEqual(server!.closeReceived?.[0], 1000);
});

test("R1: clients with other credentials have connections of their own", async () => {
  const transport = new MemoryTransport((attempt) => attempt.accept());
  const make = (token: string) =>
    new Client(PROTOCOL, "ws://test", {
      ...OPTIONS,
      transport,
      query: { token },
    });
  const clients = [make("a"), make("b"), make("a")];
  await Promise.all(clients.map((client) => client.connect()));
  assert.equal(transport.connections.length, 2);
  await Promise.all(clients.map((client) => client.close()));
});

test(
  "a transport that tells no end does not hold up a close for ever",
  LIMITED,
  async () => {
    const memory = new MemoryTransport();
    const transport: Transport = {
      async connect(request, receiver) {
        const link = await memory.connect(request, {
          receive: (frame) => receiver.receive(frame),
          lost() {},
        });
        const never = () => new Promise<void>(() => {});
        return Object.assign(Object.create(link), { waitClosed: never });
      },
    };
    const trading = new Client(PROTOCOL, "ws://test", {
      ...OPTIONS,
      transport,
    });
    await trading.connect();
    const begin = performance.now();
    await trading.close();
    assert.ok(performance.now() - begin > 1000);
    assert.equal(trading.connection.state, "CLOSED");
  },
);

test(
  "C12: pings survive a pause that is longer than their timeout",
  LIMITED,
  async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    let pings = 0;
    server.on("connection", (peer) => {
      peer.on("ping", () => pings++);
      peer.on("message", (data) => {
        const reply = answer(String(data));
        if (reply !== undefined) peer.send(reply);
      });
    });
    const states: string[] = [];
    const trading = new Client(PROTOCOL, `ws://127.0.0.1:${port}/ws`, {
      ...OPTIONS,
      WebSocket: Ws,
      pingInterval: 50,
      pingTimeout: 250,
      onState: ({ state }) => states.push(state),
    });
    const values = stream(
      trading.connection,
      BARS,
      { symbol: "A" },
      { delivery: { limit: 2 } },
    );
    const first = values.next();
    while (values.topic === undefined) await pause(1);
    const [peer] = server.clients;
    for (let close = 0; close < 50; close++) peer!.send(bar("A", close));
    await first;
    await pause(600);
    for (let count = 1; count < 50; count++) await values.next();
    const before = pings;
    while (pings < before + 2) await pause(1);

    assert.deepEqual(states, ["CONNECTING", "CONNECTED"]);
    await trading.close();
    await new Promise((resolve) => server.close(resolve));
  },
);

const pause = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
