/**
 * What clients take of a stream of bars: `node figures.mjs ROLE COUNT`, one JSON line for each figure.
 *
 * The role `serve` answers every client in its own protocol and sends COUNT updates to each; `follow KIND` takes them
 * and tells the CPU time of each; `idle` tells the memory of COUNT subscriptions that wait.
 */

import type { Socket } from "node:net";

import { Centrifuge } from "centrifuge";
import { createClient } from "graphql-ws";
import { type RawData, WebSocket, WebSocketServer } from "ws";

import { TradingClient } from "../../../generated_example/typescript/trading/index.js";

const TOPIC = 'bars:{"resolution":"1","symbol":"AAPL"}';
const BAR = {
  time: 1700000000000,
  open: 187.25,
  high: 187.5,
  low: 187,
  close: 187.375,
  volume: 1200,
};

type Frame = Record<string, any>;

/** From what a client sends to the answer, and to the updates that begin with it. */
function answer(frame: Frame): [reply?: Frame | undefined, update?: Frame] {
  switch (frame.type) {
    case "raw":
    case "bars.subscribe": {
      const symbol = String(frame.payload?.symbol ?? "AAPL");
      const topic = TOPIC.replace("AAPL", symbol);
      const payload = { status: "ok", message: "", topic };
      const update = { type: "bars.update", payload: { topic, payload: BAR } };
      const reply = { type: "bars.subscribe.response", payload };
      return symbol === "AAPL" ? [reply, update] : [reply];
    }
    case "connection_init":
      return [{ type: "connection_ack" }];
    case "subscribe": {
      const payload = { data: { bars: BAR } };
      return [undefined, { id: frame.id, type: "next", payload }];
    }
  }
  if (frame.connect) {
    return [{ id: frame.id, connect: { client: "c", version: "0" } }];
  }
  if (frame.subscribe) {
    const push = { channel: frame.subscribe.channel, pub: { data: BAR } };
    return [{ id: frame.id, subscribe: {} }, { push }];
  }
  return [];
}

function serve(count: number): void {
  const server = new WebSocketServer({
    port: 0,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  server.on("connection", (socket, { socket: wire }) => {
    socket.on("message", (message: RawData) => {
      for (const line of String(message).split("\n")) {
        const [reply, update] = answer(JSON.parse(line) as Frame);
        if (reply) socket.send(JSON.stringify(reply));
        if (update) flood(socket, wire, JSON.stringify(update), count);
      }
    });
  });
  server.on("listening", () => {
    const address = server.address();
    if (typeof address === "object") console.log(address?.port);
  });
}

/** Send in large writes, so that the server is not the limit, and never buffer more than a socket takes. */
function flood(
  socket: WebSocket,
  wire: Socket,
  frame: string,
  count: number,
): void {
  let sent = 0;
  const more = () => {
    if (wire.writableLength < 1_000_000) {
      wire.cork();
      const end = Math.min(count, sent + 1_000);
      for (; sent < end; sent += 1) socket.send(frame);
      wire.uncork();
    }
    if (sent < count) setImmediate(more);
  };
  more();
}

type Follow = (url: string, onBar: (bar: typeof BAR) => void) => () => void;

class Plain extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

const CLIENTS: Record<string, Follow> = {
  "ws + JSON.parse": (url, onBar) => {
    const socket = new Plain(url);
    socket.on("open", () => socket.send(JSON.stringify({ type: "raw" })));
    socket.on("message", (message: RawData) => {
      const frame = JSON.parse(String(message)) as Frame;
      if (frame.type === "bars.update") onBar(frame.payload.payload);
    });
    return () => socket.terminate();
  },
  wsgen: (url, onBar) => {
    const trading = new TradingClient(url, { WebSocket: Plain });
    void trading.bars.subscribe({ symbol: "AAPL" }, (bar) =>
      onBar(bar as typeof BAR),
    );
    return () => void trading.close();
  },
  "graphql-ws": (url, onBar) => {
    const client = createClient({ url, webSocketImpl: Plain });
    client.subscribe<{ bars: typeof BAR }>(
      { query: "subscription { bars }" },
      {
        next: (result) => result.data && onBar(result.data.bars),
        error: () => undefined,
        complete: () => undefined,
      },
    );
    return () => void client.dispose();
  },
  centrifuge: (url, onBar) => {
    const client = new Centrifuge(url, { websocket: Plain });
    const subscription = client.newSubscription("bars");
    subscription.on("publication", ({ data }) => onBar(data as typeof BAR));
    subscription.subscribe();
    client.connect();
    return () => client.disconnect();
  },
};

/** Microseconds of CPU time for each of `count` updates; the first tenth warms up. */
function follow(url: string, kind: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const warm = Math.floor(count / 10);
    let [got, sum] = [0, 0];
    let start = process.cpuUsage();
    const stop = CLIENTS[kind]?.(url, (bar) => {
      got += 1;
      sum += bar.close;
      if (got === warm) start = process.cpuUsage();
      if (got !== count) return;
      const { user, system } = process.cpuUsage(start);
      stop?.();
      if (sum === count * BAR.close) resolve((user + system) / (count - warm));
      else reject(new Error(`${kind} got other bars`));
    });
  });
}

/** Bytes of the heap for each of `count` subscriptions, of a client that has them confirmed. */
async function idle(url: string, count: number): Promise<number> {
  const trading = new TradingClient(url, { WebSocket: Plain });
  const nothing = () => undefined;
  const some = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        trading.bars.subscribe({ symbol: `S${from + index}` }, nothing),
      ),
    );
  const kept = await some(0, 100);
  const used = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  kept.push(...(await some(100, 100 + count)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const bytes = (used() - before) / count;
  if (kept.length !== count + 100) throw new Error("a subscription is missing");
  await trading.close();
  return bytes;
}

const [role, ...words] = process.argv.slice(2);
if (role === "serve") {
  serve(Number(words[0]));
} else if (role === "follow") {
  const [url = "", kind = "", count = ""] = words;
  console.log(await follow(url, kind, Number(count)));
  process.exit(0);
} else {
  const [url = "", count = ""] = words;
  console.log(await idle(url, Number(count)));
  process.exit(0);
}
