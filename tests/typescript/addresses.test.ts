/** Where a channel is; the expectations of `tests/runtime/test_addresses.py`. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  channelUrl,
  handshakeHeaders,
  publicUrl,
  serverUrl,
} from "../../runtime/wsgen_runtime/typescript/addresses.js";

test("an address is appended to the server's path", () => {
  const at = (server: string, template: string) =>
    channelUrl(server, { template });
  assert.equal(at("ws://host/api", "/ws"), "ws://host/api/ws");
  assert.equal(at("ws://host/api/", "ws"), "ws://host/api/ws");
  assert.equal(at("wss://host:1/api?x=1", "/"), "wss://host:1/api?x=1");
  assert.equal(at("ws://host?x=1", "/a?y=2"), "ws://host/a?x=1&y=2");
});

test("values cannot lead to another path or pair", () => {
  const at = (symbol: string) =>
    channelUrl("ws://host", {
      template: "/{symbol}/live",
      parameters: { symbol },
      query: { depth: 5, tags: ["a", "b"], none: undefined, on: true },
    });
  assert.equal(
    at("a/b?c#d"),
    "ws://host/a%2Fb%3Fc%23d/live?depth=5&tags=a&tags=b&on=true",
  );
  assert.equal(at("it's (x)*!"), at("it's (x)*!").replace(/[()'*!]/g, ""));
  assert.throws(() => at(""), /`symbol` .* is empty/);
  assert.throws(() => at(".."), /a step to another path/);
});

test("only a WebSocket URL is one, and a secret is not shown", () => {
  assert.throws(
    () => channelUrl("https://u:p@host/x?token=s", { template: "/" }),
    (error: Error) =>
      !/token|u:p/.test(error.message) &&
      /https:\/\/host\/x/.test(error.message),
  );
  assert.equal(publicUrl("wss://u:p@host/x?token=s#f"), "wss://host/x");
});

test("a variable of a server cannot lead to another host", () => {
  const template = "wss://{region}.example.com/{version}";
  assert.equal(
    serverUrl(template, { region: "eu", version: "v 1/a" }),
    "wss://eu.example.com/v%201/a",
  );
  assert.throws(
    () => serverUrl(template, { region: "evil.org/", version: "1" }),
    /cannot be "evil.org\/"/,
  );
  assert.throws(() => serverUrl(template, { region: "", version: "1" }));
  assert.equal(serverUrl("wss://{host}", { host: "ws://own:1" }), "ws://own:1");
});

test("headers that are absent are not sent, and none has a line break", () => {
  const headers = { "X-Key": 1, none: undefined, "X-On": true };
  assert.deepEqual(handshakeHeaders({ template: "", headers }), {
    "X-Key": "1",
    "X-On": "true",
  });
  assert.throws(
    () => handshakeHeaders({ template: "", headers: { a: "x\r\nb: y" } }),
    /control character/,
  );
});
