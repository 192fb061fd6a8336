/** A client that is built with `int64 = "bigint"`, and its fake server. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeLedgerServer } from "./ledger/fakes.js";
import { type Entry, LedgerClient } from "./ledger/index.js";

const ODD = 9007199254740993n;
const EVEN = 9007199254740992n;

function opened(): [FakeLedgerServer, LedgerClient] {
  const server = new FakeLedgerServer();
  const { transport } = server;
  return [server, new LedgerClient("ws://fake", { transport })];
}

/** The frames that the server has got, as text. */
const frames = (server: FakeLedgerServer) =>
  server.transport.connections.flatMap(({ received }) => received.map(String));

test("what is received is exact where the document says so", async () => {
  const [server, ledger] = opened();
  const entries: Entry[] = [];
  const request = { account: ODD };
  await ledger.entries.subscribe(request, (each) => entries.push(each));
  server.sendRaw(`{"type": "entries.update", "payload": {
    "account": ${ODD},
    "count": 7,
    "ratio": 12345678901234567890.5,
    "parent": {"account": 5, "anything": ["\\"${ODD}", ${ODD}]},
    "history": [1, -${ODD}],
    "balances": {"usd": 18446744073709551615, "__proto__": 2},
    "either": "${ODD}",
    "candle": [3, 4],
    "anything": {"deep": ${ODD}, "text": "${ODD}"}
  }}`);
  await server.advance(0);
  const [entry] = entries as [Entry];
  assert.equal(entry.account, ODD);
  assert.equal(entry.count, 7);
  assert.equal(entry.ratio, 12345678901234567890.5);
  assert.equal(entry.parent!.account, 5n);
  assert.deepEqual(entry.parent!.anything, [`"${ODD}`, Number(ODD)]);
  assert.deepEqual(entry.history, [1n, -ODD]);
  assert.deepEqual(Object.entries(entry.balances!), [
    ["usd", 18446744073709551615n],
    ["__proto__", 2n],
  ]);
  assert.equal(entry.either, `${ODD}`);
  assert.deepEqual(entry.candle, [3n, 4]);
  const anything = { deep: Number(ODD), text: `${ODD}` };
  assert.deepEqual(entry.anything, anything);
  await ledger.close();
});

test("what is sent is exact, and what is answered", async () => {
  const [server, ledger] = opened();
  server.onFind = ({ account }) => ({ account: account + 1n });
  const entry = await ledger.find({ account: EVEN, history: [1n, ODD] });
  assert.deepEqual(entry, { account: ODD });
  await ledger.note({ account: ODD, either: null });
  assert.deepEqual(frames(server), [
    `{"type":"find","payload":{"account":${EVEN},"history":[1,${ODD}]}}`,
    `{"type":"note","payload":{"account":${ODD},"either":null}}`,
  ]);
  assert.deepEqual(
    server.received.map(({ payload }) => (payload as Entry).account),
    [EVEN, ODD],
  );
  await ledger.close();
});

test("subscriptions whose integers a number would take for one", async () => {
  const [server, ledger] = opened();
  const heard: [string, bigint][] = [];
  const follow = (account: bigint) =>
    ledger.entries.subscribe({ account }, (entry) =>
      heard.push([`${account}`, entry.account]),
    );
  const subscriptions = [await follow(ODD), await follow(EVEN)];
  await follow(5n);
  for (const account of [EVEN, ODD, 5n]) {
    server.pushEntries({ account }, { request: { account } });
  }
  await server.advance(0);
  assert.deepEqual(heard, [
    [`${EVEN}`, EVEN],
    [`${ODD}`, ODD],
    ["5", 5n],
  ]);
  server.drop();
  await server.advance(10_000);
  for (const each of subscriptions) await each.unsubscribe();
  const text = frames(server).filter((frame) => frame.includes("unsubscribe"));
  assert.deepEqual(text, [
    `{"type":"entries.unsubscribe","payload":{"account":${ODD}}}`,
    `{"type":"entries.unsubscribe","payload":{"account":${EVEN}}}`,
  ]);
  await ledger.close();
});

test("an application that has given them a form of its own", async () => {
  const prototype = BigInt.prototype as { toJSON?: () => string };
  prototype.toJSON = () => "own";
  try {
    const [server, ledger] = opened();
    await ledger.note({ account: ODD });
    assert.match(frames(server)[0]!, /"account":9007199254740993\}/);
    await ledger.close();
  } finally {
    delete prototype.toJSON;
  }
});
