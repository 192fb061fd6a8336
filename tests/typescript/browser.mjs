/** Does with a page what it is told, a line of JSON each: `node browser.mjs CHROMIUM`. */

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = await browser.newPage({ viewport: { width: 800, height: 420 } });
const problems = [];
page.on("pageerror", (error) => problems.push(String(error)));

/** What a visitor sees: the state, and status and price by symbol. */
function seen() {
  const rows = [...document.querySelectorAll("#bars tr")].map((row) =>
    [...row.cells].map((cell) => cell.textContent.trim()),
  );
  return {
    state: document.querySelector("#state").value,
    rows: Object.fromEntries(
      rows.map(([symbol, status, price]) => [symbol, [status, price]]),
    ),
  };
}

async function until(holds, wanted) {
  const end = Date.now() + 20_000;
  for (;;) {
    const now = await page.evaluate(seen);
    if (holds(now)) return;
    if (Date.now() > end) {
      const told = [JSON.stringify(now), ...problems].join("; ");
      throw new Error(`not ${JSON.stringify(wanted)}: ${told}`);
    }
    await page.waitForTimeout(20);
  }
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

const STEPS = {
  open: ({ url }) => page.goto(url),
  follow: async ({ symbol }) => {
    await page.fill("[name=symbol]", symbol);
    await page.click("text=Follow");
  },
  stop: ({ symbol }) => page.click(`tr:has-text("${symbol}") button`),
  close: () => page.click("#close"),
  sees: ({ state, rows }) =>
    until(
      (now) => now.state === state && (rows === null || same(now.rows, rows)),
      { state, rows },
    ),
  moves: async ({ symbol }) => {
    const prices = new Set();
    await until((now) => {
      prices.add(now.rows[symbol]?.[1]);
      return prices.size > 3;
    }, "several prices");
  },
  misses: ({ state }) => until((now) => now.state !== state, { not: state }),
  shoot: ({ path }) => page.screenshot({ path }),
  silent: () => {
    if (problems.length) throw new Error(problems.join("; "));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { step, ...values } = JSON.parse(line);
  try {
    await STEPS[step](values);
    console.log("done");
  } catch (error) {
    console.log(String(error).replaceAll("\n", " "));
  }
}
await browser.close();
