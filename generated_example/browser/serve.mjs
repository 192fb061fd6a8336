/** Bundles the page, serves it, and answers its WebSocket with bars that nobody traded. */

import { context } from "esbuild";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const first = Number(process.env.PORT ?? 8765);
const here = fileURLToPath(new URL(".", import.meta.url));
const bundle = await context({
  entryPoints: [`${here}main.ts`],
  bundle: true,
  format: "esm",
  target: "es2022",
  outdir: here,
  write: false,
});
const { port } = await bundle.serve({ servedir: here, port: first });
console.log(`open http://localhost:${port}/`);

const server = new WebSocketServer({ port: port + 1, path: "/ws" });
server.on("connection", (socket) => {
  const prices = new Map();
  const send = (type, payload) =>
    socket.send(JSON.stringify({ type, payload }));
  socket.on("message", (frame) => {
    const { type, payload } = JSON.parse(String(frame));
    const topic = `bars:${payload.symbol}:${payload.resolution ?? "1"}`;
    if (type === "bars.subscribe") prices.set(topic, 100);
    if (type === "bars.unsubscribe") prices.delete(topic);
    send(`${type}.response`, { status: "ok", message: "", topic });
  });
  const timer = setInterval(() => {
    for (const [topic, open] of prices) {
      const close = open + Math.random() - 0.5;
      const [high, low] = [Math.max(open, close), Math.min(open, close)];
      const bar = { time: Date.now(), open, high, low, close };
      prices.set(topic, close);
      send("bars.update", { topic, payload: bar });
    }
  }, 250);
  socket.on("close", () => clearInterval(timer));
});
