/** Integers of 64 bits as text, with what the platform has for them and without. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  parse,
  stringify,
} from "../../runtime/wsgen_runtime/typescript/integers.js";

const platform = JSON as { rawJSON?: unknown };

/** With the platform's own functions, where it has them, and without. */
function twice(body: () => void): void {
  const own = platform.rawJSON;
  try {
    if (own) body();
    delete platform.rawJSON;
    body();
  } finally {
    if (own) platform.rawJSON = own;
  }
}

describe("integers as text", () => {
  test("those that a number holds are numbers, others are exact", () => {
    twice(() => {
      for (const text of [
        "0",
        "-1",
        "9007199254740991",
        "-9007199254740991",
        "1e16",
        "1234567890123456.5",
        "12345678901234567890e-3",
        "0.12345678901234567890",
      ]) {
        assert.equal(parse(text), Number(text));
      }
      for (const text of ["9007199254740992", "-9223372036854775808"]) {
        assert.equal(parse(text), BigInt(text));
      }
    });
  });

  test("digits in texts and names stay there", () => {
    twice(() => {
      const digits = "12345678901234567890";
      for (const text of [`"${digits}`, `\\${digits}"`, `\u0001${digits}`]) {
        const value = { [text]: [text, `${digits},${digits}`] };
        assert.deepEqual(parse(JSON.stringify(value)), value);
        assert.equal(stringify(value), JSON.stringify(value));
      }
    });
  });

  test("what is written is read again", () => {
    twice(() => {
      const value = { a: [1n, -9223372036854775808n, "x", null], b: { c: 2n } };
      const text = '{"a":[1,-9223372036854775808,"x",null],"b":{"c":2}}';
      assert.equal(stringify(value), text);
      assert.deepEqual(parse(text), {
        a: [1, -9223372036854775808n, "x", null],
        b: { c: 2 },
      });
      assert.equal(stringify(undefined), undefined);
    });
  });

  test("what is no JSON is refused as ever", () => {
    twice(() => {
      for (const text of [
        "12345678901234567890,",
        '"12345678901234567890',
        "012345678901234567890",
        '{"a":12345678901234567890',
      ]) {
        assert.throws(() => parse(text), SyntaxError);
      }
    });
  });

  test("a long text does not take long", () => {
    twice(() => {
      const value = [`${"\\".repeat(100_000)}${"9".repeat(100_000)}`];
      const text = JSON.stringify(value);
      assert.deepEqual(parse(text), value);
      assert.throws(() => parse(text.slice(0, -2)), SyntaxError);
    });
  });
});
