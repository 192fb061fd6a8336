/** What applications see, over real sockets: the `WebSocket` of the package `ws`, and that of the platform. */

import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";

import { WebSocket as Ws, WebSocketServer, type WebSocket as Peer } from "ws";

import {
  Client,
  ConnectionFailed,
  type ConnectionOptions,
  HandshakeRejected,
  type WebSocketConstructor,
  listen,
  request,
  send,
  stream,
  subscribe,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import {
  answer,
  BARS,
  bar,
  JOIN,
  MESSAGE,
  PROTOCOL,
  said,
  TYPING,
} from "./trading.js";

const OPTIONS: ConnectionOptions = {
  retry: { delays: [0, 1], stableAfter: 1 },
  logger: null,
};

/** A `WebSocket` that has no more than the platform's own: no pings, no pauses, no headers. */
const plain = class {
  constructor(url: string, subprotocols?: string[]) {
    const socket = new Ws(url, subprotocols);
    const names = ["ping", "pause", "resume", "terminate", "on"];
    return new Proxy(socket, {
      get: (target, name) => {
        if (names.includes(name as string)) return undefined;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, name, value) => Reflect.set(target, name, value, target),
    });
  }
} as unknown as WebSocketConstructor;

const SOCKETS: [string, WebSocketConstructor][] = [
  ["ws", Ws],
  ["plain", plain],
  ["the platform's own", WebSocket],
];

interface World {
  readonly url: string;
  readonly peers: Peer[];
  readonly requests: IncomingMessage[];
  readonly frames: string[];
}

/** A server on a socket for the length of `body`; `meet` is called with each connection. */
async function served(
  body: (world: World) => Promise<void>,
  meet?: (peer: Peer) => void,
  settings: object = {},
): Promise<void> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    ...settings,
  });
  const world: World = { url: "", peers: [], requests: [], frames: [] };
  server.on("connection", (peer, request) => {
    world.peers.push(peer);
    world.requests.push(request);
    peer.on("message", (data) => {
      const frame = String(data);
      world.frames.push(frame);
      const reply = answer(frame);
      if (reply !== undefined) peer.send(reply);
    });
    meet?.(peer);
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await body({ ...world, url: `ws://127.0.0.1:${port}/ws` });
  } finally {
    for (const peer of server.clients) peer.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
}

const until = async (what: () => unknown) => {
  const end = performance.now() + 5000;
  while (!what()) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

describe("over sockets", () => {
  test("subscribe, update, request, unsubscribe, close", async () => {
    for (const [, WebSocket] of SOCKETS) {
      await served(async ({ url, peers, frames }) => {
        const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket });
        const seen: number[] = [];
        const subscription = await subscribe(
          trading.connection,
          BARS,
          { symbol: "A" },
          ({ close }) => seen.push(close),
        );
        peers[0]!.send(bar("A", 1));
        peers[0]!.send(bar("A", 2));
        const reply = await request(trading.connection, JOIN, { room: "x" });
        assert.deepEqual(reply, { members: 2 });
        assert.deepEqual(seen, [1, 2]);
        await send(trading.connection, TYPING, { room: "é" });
        await subscription.unsubscribe();
        assert.equal(frames.includes(said("chat.typing", { room: "é" })), true);
        let code: number | undefined;
        peers[0]!.on("close", (given) => (code = given));
        await trading.close();
        await until(() => code !== undefined);
        assert.equal(code, 1000);
      });
    }
  });

  test("what comes together with the handshake is not lost", async () => {
    for (const [, WebSocket] of SOCKETS) {
      await served(
        async ({ url }) => {
          const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket });
          const seen: string[] = [];
          listen(trading.connection, MESSAGE, ({ text }) => seen.push(text));
          await trading.connect();
          await until(() => seen.length === 2);
          assert.deepEqual(seen, ["one", "two"]);
          await trading.close();
        },
        (peer) => {
          peer.send(said("chat.message", { text: "one" }));
          peer.send(said("chat.message", { text: "two" }));
        },
      );
    }
  });

  test("a restart of the server is survived", async () => {
    for (const [, WebSocket] of SOCKETS) {
      await served(async ({ url, peers }) => {
        const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket });
        const subscription = await subscribe(
          trading.connection,
          BARS,
          { symbol: "A" },
          () => {},
        );
        peers[0]!.close(1012, "restart");
        await until(() => subscription.resets === 1);
        peers[1]!.terminate();
        await until(() => subscription.resets === 2);
        assert.equal(subscription.state, "CONFIRMED");
        await trading.close();
      });
    }
  });

  test("a close code for good ends the client", async () => {
    await served(
      async ({ url }) => {
        const reasons: unknown[] = [];
        const trading = new Client(PROTOCOL, url, {
          ...OPTIONS,
          WebSocket: Ws,
          onState: ({ state, reason }) => {
            if (state === "FAILED") reasons.push(reason);
          },
        });
        await trading.connect();
        await until(() => reasons.length);
        assert.deepEqual(reasons, [4400]);
        assert.equal(trading.connection.state, "FAILED");
        await trading.close();
      },
      (peer) => peer.close(4400, "no"),
    );
  });

  test("headers, subprotocols and query reach the server", async () => {
    for (const WebSocket of [Ws, globalThis.WebSocket, undefined]) {
      await served(async ({ url, requests }) => {
        const trading = new Client(PROTOCOL, url, {
          ...OPTIONS,
          WebSocket,
          headers: async () => ({ "X-Api-Key": "secret" }),
          cookies: { session: "s" },
          subprotocols: ["v2", "v1"],
          query: { token: "a b" },
        });
        await trading.connect();
        const { headers, url: asked } = requests[0]!;
        assert.equal(asked, "/ws?token=a%20b");
        assert.equal(headers["x-api-key"], "secret");
        assert.equal(headers.cookie, "session=s");
        assert.match(headers["sec-websocket-protocol"]!, /^v2, ?v1$/);
        await trading.close();
      });
    }
  });

  test("a socket that tells an error and no end is unreachable", async () => {
    const silent = class {
      constructor(url: string) {
        queueMicrotask(() => this.onerror?.({ message: `not ${url}` }));
      }
      onerror: ((event: unknown) => void) | undefined;
      close() {}
    } as unknown as WebSocketConstructor;
    const trading = new Client(PROTOCOL, "ws://test", {
      ...OPTIONS,
      WebSocket: silent,
    });
    await assert.rejects(trading.connect(), /not ws:\/\/test/);
    await trading.close();
  });

  test("a refused handshake tells its status", async () => {
    const verifyClient = (
      _: unknown,
      done: (ok: boolean, code: number) => void,
    ) => done(false, 404);
    await served(
      async ({ url }) => {
        for (const [name, WebSocket] of SOCKETS) {
          const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket });
          await assert.rejects(trading.connect(), (error) =>
            name === "ws"
              ? error instanceof HandshakeRejected && error.status === 404
              : error instanceof ConnectionFailed && error.attempts === 2,
          );
          await trading.close();
        }
      },
      undefined,
      { verifyClient },
    );
  });

  test("where nobody listens, the attempts are spent", async () => {
    let gone = "";
    await served(async ({ url }) => {
      gone = url;
    });
    for (const [, WebSocket] of SOCKETS) {
      const trading = new Client(PROTOCOL, gone, { ...OPTIONS, WebSocket });
      await assert.rejects(
        trading.connect(),
        (error) => error instanceof ConnectionFailed && error.attempts === 2,
      );
      await trading.close();
    }
  });

  test("a server that answers no ping is dead", async () => {
    await served(
      async ({ url }) => {
        const reasons: unknown[] = [];
        const trading = new Client(PROTOCOL, url, {
          ...OPTIONS,
          WebSocket: Ws,
          pingInterval: 10,
          pingTimeout: 20,
          onState: ({ state, error }) => {
            if (state === "RECONNECTING") reasons.push(error?.message);
          },
        });
        await trading.connect();
        await until(() => reasons.length);
        assert.match(String(reasons[0]), /no pong in time/);
        await trading.close();
      },
      undefined,
      { autoPong: false },
    );
  });

  test("a pong that is on its way ends nothing", async () => {
    await served(
      async ({ url, peers }) => {
        const trading = new Client(PROTOCOL, url, {
          ...OPTIONS,
          WebSocket: Ws,
          pingInterval: 20,
          pingTimeout: 200,
        });
        await trading.connect();
        let pings = 0;
        peers[0]!.on("ping", (data) => {
          pings++;
          setTimeout(() => peers[0]!.pong(data), 10);
        });
        await until(() => pings === 60);
        assert.equal(trading.connection.stats.attempts, 1);
        await trading.close();
      },
      undefined,
      { autoPong: false },
    );
  });

  test("a slow consumer holds reading up, and loses nothing", async () => {
    for (const [, WebSocket] of SOCKETS) {
      await served(async ({ url, peers }) => {
        const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket });
        const seen: number[] = [];
        const values = stream(
          trading.connection,
          BARS,
          { symbol: "A" },
          { delivery: { policy: "block", limit: 10 } },
        );
        const first = values.next();
        await until(() => values.topic !== undefined);
        for (let close = 0; close < 500; close++) {
          peers[0]!.send(bar("A", close));
        }
        seen.push((await first).value!.close);
        for await (const { close } of values) {
          seen.push(close);
          if (seen.length === 500) break;
        }
        assert.deepEqual(
          seen,
          seen.map((_, index) => index),
        );
        await trading.close();
      });
    }
  });

  test("a silent server does not hold up a close", async () => {
    await served(async ({ url, peers }) => {
      const trading = new Client(PROTOCOL, url, { ...OPTIONS, WebSocket: Ws });
      await trading.connect();
      await until(() => peers.length);
      peers[0]!.pause();
      const begin = performance.now();
      await trading.close();
      assert.ok(performance.now() - begin < 4000);
    });
  });

  test("the platform's own is taken where there is one", async () => {
    await served(async ({ url }) => {
      const own = globalThis.WebSocket;
      const missing = new Client(PROTOCOL, url, OPTIONS);
      try {
        (globalThis as { WebSocket?: unknown }).WebSocket = undefined;
        await assert.rejects(missing.connect(), /no `WebSocket`/);
        (globalThis as { WebSocket?: unknown }).WebSocket = plain;
        await missing.connect();
        await missing.close();
      } finally {
        globalThis.WebSocket = own;
      }
    });
  });
});
