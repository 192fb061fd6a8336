/**
 * Integers of 64 bits without loss: `bigint` where the document says so, and exact text on the wire. A package that
 * is not built for it imports nothing of this.
 */

import {
  type JsonCodec,
  jsonCodec,
  reversed,
  type Traffic,
} from "./json_codec.js";
import { isObject, own, plainInteger } from "./rules.js";

type Parameters = Readonly<Record<string, unknown>>;

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

/** All messages of a connection, and where such integers stand in them. */
export interface ExactTraffic extends Traffic {
  readonly integers: Places;
}

/** The codec of messages that have such integers: a `bigint` where one stands, and nowhere else. */
export function exactCodec(traffic: ExactTraffic): JsonCodec {
  const { sent, received, types } = traffic.integers;
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
        const inner = below((place) => {
          const at = own(place, "at") as readonly unknown[] | undefined;
          return own(place, "items") ?? at?.[index];
        });
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

  const arrived = by(received, (value, exact) =>
    exact && Number.isInteger(value)
      ? BigInt(value as number)
      : typeof value === "bigint" && !exact
        ? Number(value)
        : value,
  );
  const plain = by(sent, plainInteger);
  const whole = by(sent, (value, exact) =>
    exact && typeof value === "string" && /^-?\d+$/.test(value)
      ? BigInt(value)
      : value,
  );
  const codec = jsonCodec(traffic, { parse, stringify });

  return {
    ...codec,
    other: () =>
      exactCodec({
        ...reversed(traffic),
        integers: { sent: received, received: sent, types },
      }),
    decode(text) {
      const [key, payload] = codec.decode(text);
      return [key, arrived(key, payload)];
    },
    encodeParameters: (key, parameters) =>
      codec.encodeParameters(key, whole(key, parameters) as Parameters),
    parameters: (key, payload) =>
      plain(key, codec.parameters(key, payload)) as Parameters,
  };
}

/** What platforms have that tell the text of a number, too (ECMAScript's `JSON.parse` with source text). */
const rawJson = () => (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;

/** No other text begins with it. */
let mark = "";
const marker = (): string => (mark ||= `${Math.random()}:`);

const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;

const rounded = (text: string): boolean =>
  /^-?\d{16,}$/.test(text) && !Number.isSafeInteger(Number(text));

/** Like `JSON.parse`, but integers that a number would round are a `bigint`. */
export function parse(text: string): unknown {
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

/** Like `JSON.stringify`, with a `bigint` as a number. */
export function stringify(value: unknown): string {
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
