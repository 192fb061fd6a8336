/**
 * Integers of 64 bits without loss: `bigint` where the document says so, and exact text on the wire. A package that
 * is not built for it imports nothing of this.
 */

import { isObject, plainInteger } from "./rules.js";

/**
 * Where such integers stand in a value: it is one, or a type of this name has them, or its properties, its other
 * properties, its items, its items by their index, or one of several.
 */
export type Place =
  | true
  | string
  | readonly Place[]
  | {
      readonly fields?: Readonly<Record<string, Place>>;
      readonly rest?: Place;
      readonly items?: Place;
      readonly at?: readonly (Place | null)[];
    };

/** Where they stand in the payloads of messages, by key; and in types, by a name. */
export interface Places {
  readonly sent: Readonly<Record<string, Place>>;
  readonly received: Readonly<Record<string, Place>>;
  readonly types: Readonly<Record<string, Place>>;
}

/** What a codec needs besides, to keep them. */
export interface Integers {
  /** Like `JSON.parse`, but integers that a number would round are a `bigint`. */
  parse(text: string): unknown;
  /** Like `JSON.stringify`, with `bigint` as a number. */
  stringify(value: unknown): string;
  /** A payload as callers get it: `bigint` where one belongs, and nowhere else. */
  received(key: string, payload: unknown): unknown;
  /** Parameters as values that JSON holds: what a number would round is text. */
  plain(key: string, parameters: unknown): unknown;
  /** The reverse of `plain`. */
  sent(key: string, parameters: unknown): unknown;
  /** The same for the other side. */
  reversed(): Integers;
}

export function exactIntegers({ sent, received, types }: Places): Integers {
  const open = (place: Place): readonly Place[] =>
    typeof place === "string"
      ? open(types[place]!)
      : Array.isArray(place)
        ? place.flatMap(open)
        : [place];

  const walk = (
    value: unknown,
    places: readonly Place[],
    leaf: (value: unknown, exact: boolean) => unknown,
  ): unknown => {
    const all = places.flatMap(open);
    const below = (choose: (place: unknown) => unknown) =>
      all.map(choose).filter(Boolean) as Place[];
    if (Array.isArray(value)) {
      return value.map((each, index) => {
        const inner = below(
          (place) => own(place, "items") ?? own(own(place, "at"), `${index}`),
        );
        return walk(each, inner, leaf);
      });
    }
    if (!isObject(value)) return leaf(value, all.includes(true));
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        const inner = below(
          (place) => own(own(place, "fields"), name) ?? own(place, "rest"),
        );
        return [name, walk(each, inner, leaf)];
      }),
    );
  };
  const by =
    (
      side: Readonly<Record<string, Place>>,
      leaf: (value: unknown, exact: boolean) => unknown,
    ) =>
    (key: string, payload: unknown) =>
      payload instanceof Uint8Array
        ? payload
        : walk(payload, Object.hasOwn(side, key) ? [side[key]!] : [], leaf);

  return {
    parse,
    stringify,
    received: by(received, (value, exact) =>
      exact && Number.isInteger(value)
        ? BigInt(value as number)
        : typeof value === "bigint" && !exact
          ? Number(value)
          : value,
    ),
    plain: by(sent, plainInteger),
    sent: by(sent, (value, exact) =>
      exact && typeof value === "string" && /^-?\d+$/.test(value)
        ? BigInt(value)
        : value,
    ),
    reversed: () => exactIntegers({ sent: received, received: sent, types }),
  };
}

const own = (value: unknown, name: string): unknown =>
  value && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** What platforms have that tell the text of a number, too (ECMAScript's `JSON.parse` with source text). */
const rawJson = () => (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;

/** No other text begins with it. */
let mark = "";
const marker = (): string => (mark ||= `${Math.random()}:`);

const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;

const rounded = (text: string): boolean =>
  /^-?\d{16,}$/.test(text) && !Number.isSafeInteger(Number(text));

function parse(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  if (rawJson()) {
    const keep = (_: string, value: unknown, { source }: { source: string }) =>
      typeof value === "number" && rounded(source) ? BigInt(source) : value;
    return JSON.parse(text, keep as (name: string, value: unknown) => unknown);
  }
  JSON.parse(text); // what follows is for text that is JSON
  const marked = text.replace(TOKEN, (token) =>
    rounded(token) ? `"${marker()}${token}"` : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(marker())
      ? BigInt(value.slice(mark.length))
      : value,
  );
}

function stringify(value: unknown): string {
  const rawJSON = rawJson();
  // Applications give `BigInt` a `toJSON` of their own: what it was stands in `this`.
  const text = JSON.stringify(
    value,
    function (
      this: Readonly<Record<string, unknown>>,
      name: string,
      inner: unknown,
    ) {
      const given = this[name];
      if (typeof given !== "bigint") return inner;
      return rawJSON ? rawJSON(String(given)) : `${marker()}${given}`;
    },
  );
  return rawJSON || text === undefined
    ? text
    : text.replaceAll(new RegExp(`"${marker()}(-?\\d+)"`, "g"), "$1");
}
