/** A page that follows bars. It does what an application would do: subscribe, show, unsubscribe, close. */

import { type Bar, TradingClient } from "../typescript/trading/index.js";
import { WsgenError } from "../typescript/trading/errors.js";

const KEPT = 60;

const url =
  new URLSearchParams(location.search).get("url") ??
  `ws://${location.hostname}:${Number(location.port) + 1}/ws`;

function element<Kind extends Element>(selector: string): Kind {
  const found = document.querySelector<Kind>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

const state = element<HTMLOutputElement>("#state");
const problem = element<HTMLParagraphElement>("#problem");
const rows = element<HTMLTableSectionElement>("#bars");
const template = document.createElement("template");
template.innerHTML = `<tr><td></td><td></td><td></td>
  <td><svg width="160" height="24"><polyline /></svg></td>
  <td><button>Stop</button></td></tr>`;

const trading = new TradingClient(url, {
  onState: (event) => {
    state.value = event.state;
    for (const refresh of refreshers) refresh();
  },
});
const refreshers = new Set<() => void>();

/** The points of a line through these values, oldest first. */
function course(values: readonly number[]): string {
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const place = (value: number, index: number) =>
    `${(160 * index) / KEPT},${22 - (20 * (value - least)) / range}`;
  return values.map(place).join(" ");
}

async function follow(symbol: string): Promise<void> {
  const row = (template.content.cloneNode(true) as DocumentFragment)
    .firstElementChild as HTMLTableRowElement;
  const [name, status, price] = row.cells;
  const line = row.querySelector("polyline");
  if (!name || !status || !price || !line) return;
  name.textContent = symbol;
  status.textContent = "PENDING";
  rows.append(row);

  const closes: number[] = [];
  const show = (bar: Bar) => {
    closes.push(bar.close);
    closes.splice(0, closes.length - KEPT);
    price.textContent = bar.close.toFixed(2);
    line.setAttribute("points", course(closes));
  };
  let refresh = () => {};
  try {
    const subscription = await trading.bars.subscribe({ symbol }, show, {
      onReset: () => refresh(),
    });
    refresh = () => {
      status.textContent = subscription.state;
    };
    refreshers.add(refresh);
    refresh();
    row.querySelector("button")?.addEventListener("click", async () => {
      refreshers.delete(refresh);
      row.remove();
      await subscription.unsubscribe();
    });
  } catch (error) {
    row.remove();
    if (!(error instanceof WsgenError)) throw error;
    problem.textContent = `${symbol}: ${error.message}`;
  }
}

element<HTMLFormElement>("#follow").addEventListener("submit", (event) => {
  event.preventDefault();
  problem.textContent = "";
  const form = new FormData(event.target as HTMLFormElement);
  void follow(String(form.get("symbol")));
});
element<HTMLButtonElement>("#close").addEventListener("click", () => {
  void trading.close();
});
