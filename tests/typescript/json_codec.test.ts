/** Which message a frame is, and how one is written. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  Undecodable,
  UnknownMessageKey,
} from "../../runtime/wsgen_runtime/typescript/codec.js";
import { InvalidRequest } from "../../runtime/wsgen_runtime/typescript/errors.js";
import {
  jsonCodec,
  reversed,
  type Traffic,
} from "../../runtime/wsgen_runtime/typescript/json_codec.js";
import type { Rule } from "../../runtime/wsgen_runtime/typescript/rules.js";

const WRAPPED: Traffic = {
  envelope: { tag: "type", payload: "payload" },
  sent: {
    "bars.subscribe": {},
    ping: { empty: true },
    order: { constants: { side: "buy" } },
  },
  received: { "bars.update": {}, pong: { empty: true }, "7": {} },
};

const led = (rule: Rule) =>
  jsonCodec({
    envelope: { tag: "", payload: null },
    sent: {},
    received: {
      opened: {},
      closed: {},
      price: {},
      words: { raw: "text" },
      blob: { raw: "binary" },
      nothing: { empty: true },
    },
    rule,
  });

describe("a tag tells messages apart", () => {
  const codec = jsonCodec(WRAPPED);

  test("the payload is what the wrapper holds", () => {
    const frame = '{"type":"bars.update","payload":{"price":1}}';
    assert.deepEqual(codec.decode(frame), ["bars.update", { price: 1 }]);
    assert.deepEqual(codec.decode('{"type":"bars.update","payload":null}'), [
      "bars.update",
      null,
    ]);
  });

  test("a message without a payload has none, whatever stands there", () => {
    assert.deepEqual(codec.decode('{"type":"pong","payload":3}'), [
      "pong",
      undefined,
    ]);
  });

  test("a number is a tag, too", () => {
    assert.deepEqual(codec.decode('{"type":7,"payload":[]}'), ["7", []]);
  });

  test("a tag of truth is no number", () => {
    const { decode } = jsonCodec({
      envelope: { tag: "m.op", payload: "d" },
      sent: {},
      received: { "0": {}, "1": {}, true: {} },
    });
    for (const [tag, key] of [
      ["1", "1"],
      ["0", "0"],
      ['"1"', "1"],
    ]) {
      assert.equal(decode(`{"m":{"op":${tag}}}`)[0], key);
    }
    for (const truth of ["true", "false"]) {
      assert.throws(
        () => decode(`{"m":{"op":${truth}}}`),
        (error) =>
          error instanceof Undecodable &&
          error.message.includes("no message type that is text at `$.m.op`"),
      );
    }
  });

  test("what the document does not describe is unknown, by its name", () => {
    for (const type of ["other", "__proto__", "constructor", "toString"]) {
      assert.throws(
        () => codec.decode(JSON.stringify({ type })),
        (error) => error instanceof UnknownMessageKey && error.type === type,
      );
    }
  });

  test("what is no message says why", () => {
    for (const frame of [
      "{",
      "",
      "[]",
      "null",
      "1",
      '"type"',
      "{}",
      '{"type":null}',
      '{"type":{"a":1}}',
      '{"__proto__":{"type":"pong"}}',
    ]) {
      assert.throws(() => codec.decode(frame), Undecodable, frame);
    }
    assert.throws(() => codec.decodeBinary(new Uint8Array(1)), Undecodable);
  });

  test("no frame reaches what objects inherit", () => {
    const [, payload] = codec.decode(
      '{"type":"bars.update","payload":{"__proto__":{"admin":true}}}',
    );
    assert.equal((payload as { admin?: boolean }).admin, undefined);
    assert.equal(Object.hasOwn(payload as object, "__proto__"), true);
    assert.equal(({} as { admin?: boolean }).admin, undefined);
  });

  test("a frame says what it is, and constants are always sent", () => {
    assert.equal(
      codec.encode("bars.subscribe", { symbol: "A" }),
      '{"type":"bars.subscribe","payload":{"symbol":"A"}}',
    );
    assert.equal(codec.encode("ping", undefined), '{"type":"ping"}');
    assert.equal(
      codec.encode("order", { side: undefined, size: 1 }),
      '{"type":"order","payload":{"side":"buy","size":1}}',
    );
    assert.equal(
      codec.encode("order", { side: "sell" }),
      '{"type":"order","payload":{"side":"sell"}}',
    );
  });

  test("what cannot be written is refused before it is sent", () => {
    const round: Record<string, unknown> = {};
    round["self"] = round;
    for (const payload of [round, { size: 1n }, () => 1]) {
      assert.throws(
        () => codec.encode("bars.subscribe", payload),
        InvalidRequest,
      );
    }
    assert.throws(() => codec.encode("ping", 1), InvalidRequest);
    assert.throws(() => codec.encode("pong", undefined), RangeError);
  });

  test("parameters are the caller's own, and what is absent stays absent", () => {
    const given = { symbol: "A", tags: ["x"], other: undefined };
    const found = codec.parameters("bars.subscribe", given);
    assert.deepEqual(found, { symbol: "A", tags: ["x"] });
    (found["tags"] as string[]).push("y");
    assert.deepEqual(given.tags, ["x"]);
    assert.equal(
      codec.encodeParameters("bars.subscribe", found),
      '{"type":"bars.subscribe","payload":{"symbol":"A","tags":["x","y"]}}',
    );
  });

  test("the other side reads what this side writes, and back", () => {
    const server = jsonCodec(reversed(WRAPPED));
    const sent = codec.encode("bars.subscribe", { symbol: "A" }) as string;
    assert.deepEqual(server.decode(sent), ["bars.subscribe", { symbol: "A" }]);
    const said = server.encode("bars.update", { price: 1 }) as string;
    assert.deepEqual(codec.decode(said), ["bars.update", { price: 1 }]);
  });
});

describe("a rule tells messages apart", () => {
  test("by a value: 1, '1' and true are three", () => {
    const { decode } = led({
      by: "value",
      path: "a.b",
      cases: [
        [1, "opened"],
        ["1", "closed"],
        [true, "price"],
      ],
      absent: "nothing",
    });
    assert.equal(decode('{"a":{"b":1}}')[0], "opened");
    assert.equal(decode('{"a":{"b":1.0}}')[0], "opened");
    assert.equal(decode('{"a":{"b":"1"}}')[0], "closed");
    assert.equal(decode('{"a":{"b":true}}')[0], "price");
    assert.equal(decode('{"a":1}')[0], "nothing");
    assert.throws(() => decode('{"a":{"b":2}}'), UnknownMessageKey);
    assert.throws(() => decode('{"a":{"b":[1]}}'), UnknownMessageKey);
  });

  test("by a property that is there", () => {
    const { decode } = led({
      by: "key",
      cases: [
        ["bid", "price"],
        ["constructor", "opened"],
        ["__proto__", "closed"],
      ],
    });
    assert.equal(decode('{"bid":null}')[0], "price");
    assert.equal(decode('{"__proto__":1}')[0], "closed");
    assert.equal(decode('{"constructor":1}')[0], "opened");
    assert.throws(() => decode("{}"), UnknownMessageKey);
    assert.throws(() => decode("[]"), UnknownMessageKey);
  });

  test("by the type, also of what is no JSON", () => {
    const { decode, decodeBinary } = led({
      by: "type",
      path: "",
      cases: [
        ["array", { by: "value", path: "1", cases: [["t", "opened"]] }],
        ["object", "closed"],
        ["text", "words"],
        ["binary", "blob"],
      ],
    });
    assert.deepEqual(decode('[0,"t"]'), ["opened", [0, "t"]]);
    assert.equal(decode("{}")[0], "closed");
    assert.deepEqual(decode("hello"), ["words", "hello"]);
    assert.deepEqual(decode("12"), ["words", "12"]);
    const bytes = new Uint8Array([1]);
    assert.deepEqual(decodeBinary(bytes), ["blob", bytes]);
  });

  test("true is not 1, also where more decides", () => {
    const more = (key: string): Rule => ({
      by: "value",
      path: "b",
      cases: [["x", key]],
    });
    const one = [1, more("opened")] as const;
    const strict = led({ by: "value", path: "a", cases: [one] }).decode;
    const both = led({
      by: "value",
      path: "a",
      cases: [one, [true, more("closed")]],
    }).decode;
    assert.equal(strict('{"a":1,"b":"x"}')[0], "opened");
    assert.equal(both('{"a":1,"b":"x"}')[0], "opened");
    assert.equal(both('{"a":true,"b":"x"}')[0], "closed");
    for (const frame of ['{"a":true,"b":"x"}', '{"a":"1","b":"x"}']) {
      assert.throws(() => strict(frame), UnknownMessageKey);
    }
  });

  test("where nothing tells, the first that can be it", () => {
    const { decode } = led(["nothing", "blob", "closed", "words"]);
    assert.equal(decode("{}")[0], "closed");
    assert.equal(decode("no JSON")[0], "words");
  });
});

test("any JSON is a message, or is refused with one of two errors", () => {
  const codecs = [
    jsonCodec(WRAPPED),
    led({
      by: "value",
      path: "type",
      cases: [["a", "opened"]],
      otherwise: {
        by: "type",
        path: "payload.0",
        cases: [["number", "price"]],
        otherwise: { by: "key", cases: [["length", "closed"]] },
      },
    }),
  ];
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const names = ["type", "payload", "__proto__", "constructor", "length", "0"];
  const leaves = [null, true, 1, -0.5, "a", "bars.update", "__proto__", ""];
  const value = (depth: number): string => {
    const kind = random(depth > 3 ? 1 : 3);
    if (kind === 0) return JSON.stringify(leaves[random(leaves.length)]);
    const inner = Array.from({ length: random(4) }, () => value(depth + 1));
    if (kind === 1) return `[${inner.join()}]`;
    const pairs = inner.map(
      (each) => `${JSON.stringify(names[random(names.length)])}:${each}`,
    );
    return `{${pairs.join()}}`;
  };
  let read = 0;
  for (let round = 0; round < 5000; round++) {
    const frame = value(0);
    for (const codec of codecs) {
      try {
        const [key] = codec.decode(frame);
        assert.equal(Object.hasOwn(codec.traffic.received, key), true);
        read++;
      } catch (error) {
        const known =
          error instanceof Undecodable || error instanceof UnknownMessageKey;
        assert.equal(known, true, `${frame}: ${error}`);
      }
    }
  }
  assert.ok(read > 100);
  assert.deepEqual(Object.keys(Object.prototype), []);
});
