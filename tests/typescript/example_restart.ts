/** The generated client of the example through a restart of the server, whose URL is the argument. */

import process from "node:process";

import { TradingClient } from "../../generated_example/typescript/trading/index.js";

const url = process.argv.at(-1)!;
const trading = new TradingClient(url, {
  headers: async () => ({ "X-Api-Key": "secret" }),
  logger: null,
});

const subscription = await trading.bars.subscribe(
  { symbol: "AAPL" },
  (bar) => {
    console.log(`close ${bar.close}`);
    if (bar.close === 0) void trading.close();
  },
  { onReset: () => console.log("renewed") },
);
console.log(`subscribed to ${subscription.topic}`);
await subscription.waitEnded();
console.log(trading.connection.state);
