/** The protocol of all scenarios, over plain JSON values; see `tests/scenarios/protocol.py`. */

import {
  type Codec,
  type Decoded,
  Undecodable,
  UnknownMessageKey,
} from "../../runtime/wsgen_runtime/typescript/codec.js";
import { InvalidPayload } from "../../runtime/wsgen_runtime/typescript/errors.js";
import type {
  Confirmation,
  HandlerOperation,
  Protocol,
  PushOperation,
  RequestOperation,
  SendOperation,
  SubscriptionOperation,
} from "../../runtime/wsgen_runtime/typescript/operations.js";
import type { Bounded } from "../../runtime/wsgen_runtime/typescript/options.js";
import {
  byFields,
  correlated,
  latest,
  oneAtATime,
  released,
  sortedJson,
  templated,
} from "../../runtime/wsgen_runtime/typescript/session/index.js";

type Subscription = SubscriptionOperation<never, unknown>;

const PUSHES = ["chat.message", "chat.notice"];
export const REQUESTS: Readonly<Record<string, string>> = {
  "chat.join": "chat.joined",
  ping: "pong",
};
/** Requests with an id that their replies repeat: in the payload, or beside it. */
const NUMBERED_REQUESTS: Readonly<Record<string, readonly string[]>> = {
  lookup: ["lookup.found", "lookup.failed"],
  probe: ["probe.result"],
};
/** Requests of which one is asked at a time. */
const SERIAL: Readonly<Record<string, string>> = { slow: "slow.done" };
/** What the server asks, with an id. */
const ASKED: Readonly<Record<string, string>> = {
  "server.ask": "server.answer",
};
const SENDS = ["chat.typing"];
const WRAPPED = ["bars", "quotes"];
const FLAT = ["alerts", "orders"];

const RECEIVED = new Set([
  ...PUSHES,
  ...Object.values(REQUESTS),
  ...Object.values(NUMBERED_REQUESTS).flat(),
  ...Object.values(SERIAL),
  ...Object.keys(ASKED),
  ...[...WRAPPED, ...FLAT].map((domain) => `${domain}.update`),
  ...[...WRAPPED, ...FLAT].map((domain) => `${domain}.subscribe.response`),
  ...[...WRAPPED, "alerts"].map((domain) => `${domain}.unsubscribe.response`),
  "ticks.update",
  "books.update",
  "books.subscribed",
  "books.refused",
]);

/** Payloads are what JSON makes of them; only what the protocol itself reads is checked. */
const codec: Codec = {
  json: JSON,
  decode(frame): Decoded {
    let value: unknown;
    try {
      value = JSON.parse(frame);
    } catch (error) {
      throw new Undecodable(
        undefined,
        new InvalidPayload(undefined, "$", String(error)),
      );
    }
    const { type, payload } = Object(value) as Record<string, unknown>;
    if (Array.isArray(value) || typeof type !== "string") {
      throw new UnknownMessageKey();
    }
    if (!RECEIVED.has(type)) throw new UnknownMessageKey(type);
    check(type, payload);
    return [type, payload ?? undefined];
  },
  decodeBinary() {
    throw new Undecodable(
      undefined,
      new InvalidPayload(undefined, "$", "expected text, got a binary frame"),
    );
  },
  encode: (key, payload) => JSON.stringify({ type: key, payload }),
  encodeParameters: (key, parameters) =>
    JSON.stringify({ type: key, payload: parameters }),
  parameters: (_, payload) => JSON.parse(JSON.stringify(payload)),
};

function check(key: string, payload: unknown): void {
  const wrapped = WRAPPED.includes(key.split(".")[0]!);
  const name = key.endsWith(".response")
    ? "status"
    : key.endsWith(".update") && wrapped
      ? "topic"
      : undefined;
  if (!name) return;
  const found = (Object(payload) as Record<string, unknown>)[name];
  if (Array.isArray(payload) || typeof found !== "string") {
    const error = new InvalidPayload(key, `$.payload.${name}`, "expected text");
    throw new Undecodable(key, error, payload);
  }
}

/** Descriptors of all domains, with the options of one scenario. */
export interface Operations {
  readonly protocol: Protocol;
  readonly subscriptions: Readonly<Record<string, Subscription>>;
  /** The domains of which each set of parameters has a connection of its own. */
  readonly lanes: ReadonlySet<string>;
  readonly requests: Readonly<Record<string, RequestOperation<never, unknown>>>;
  readonly handlers: Readonly<Record<string, HandlerOperation<unknown, never>>>;
  readonly sends: Readonly<Record<string, SendOperation<never>>>;
  readonly pushes: Readonly<Record<string, PushOperation<unknown>>>;
}

/** What a scenario says of its domains. */
export interface DomainOptions {
  readonly route?: Readonly<
    Record<
      string,
      "connection" | "broadcast" | Readonly<Record<string, string>>
    >
  >;
  readonly topic?: Readonly<Record<string, string>>;
  readonly strict_topic?: boolean;
  readonly delivery?: Readonly<
    Record<
      string,
      Bounded | { readonly policy: "latest"; readonly key: string }
    >
  >;
}

export function operations(options: DomainOptions): Operations {
  const of = <Value>(names: readonly string[], make: (name: string) => Value) =>
    Object.fromEntries(names.map((name) => [name, make(name)]));
  return {
    protocol: { name: "scenarios", codec },
    lanes: new Set(
      Object.entries(options.route ?? {})
        .filter(([, route]) => route === "connection")
        .map(([domain]) => domain),
    ),
    subscriptions: {
      ...of([...WRAPPED, ...FLAT], (domain) => subscription(domain, options)),
      ticks: UNCONFIRMED,
      books: NUMBERED,
    },
    requests: {
      ...of(Object.keys(REQUESTS), (request) => ({
        request,
        replies: [REQUESTS[request]!],
      })),
      ...of(Object.keys(NUMBERED_REQUESTS), (request) => ({
        request,
        replies: NUMBERED_REQUESTS[request]!,
        correlation: correlated({
          request: "ref",
          reply: "ref",
          kind: "string",
          within: request === "probe" ? "frame" : "payload",
        }),
      })),
      ...of(Object.keys(SERIAL), (request) => ({
        request,
        replies: [SERIAL[request]!],
        pipeline: false,
      })),
    },
    handlers: of(Object.keys(ASKED), (request) => ({
      request,
      replies: [ASKED[request]!],
      correlation: correlated({ request: "id", reply: "id" }),
    })),
    sends: of(SENDS, (message) => ({ message })),
    pushes: of(PUSHES, (name) => ({ name, messages: [name] })),
  };
}

function subscription(domain: string, options: DomainOptions): Subscription {
  const confirmation = (verb: string): Confirmation => ({
    key: `${domain}.${verb}.response`,
    status: "status",
    message: "message",
    topic: "topic",
  });
  const topicRule = options.topic?.[domain];
  const route = options.route?.[domain];
  const delivery = options.delivery?.[domain];
  const key = `${domain}.update`;
  return {
    domain,
    subscribe: `${domain}.subscribe`,
    confirmation: confirmation("subscribe"),
    updates: [
      WRAPPED.includes(domain)
        ? { key, topic: "topic", data: "payload" }
        : { key },
    ],
    ...(domain !== "orders" && {
      unsubscribe: `${domain}.unsubscribe`,
      release: confirmation("unsubscribe"),
    }),
    ...(domain === "bars" && { defaults: { resolution: "1" } }),
    strictTopic: options.strict_topic ?? false,
    ...(topicRule !== undefined && {
      topicRule:
        topicRule === "sorted-json" ? sortedJson : templated(topicRule),
    }),
    ...(typeof route === "object" && { route: byFields(route) }),
    ...(route === "broadcast" && { route }),
    ...(FLAT.includes(domain) &&
      (!route || route === "connection") && { route: oneAtATime }),
    ...(delivery !== undefined && {
      delivery: delivery.policy === "latest" ? latest(delivery.key) : delivery,
    }),
  };
}

/** A domain whose subscribes and unsubscribes nobody answers; updates have the parameter `symbol`. */
const UNCONFIRMED: Subscription = {
  domain: "ticks",
  subscribe: "ticks.subscribe",
  confirmation: null,
  unsubscribe: "ticks.unsubscribe",
  updates: [{ key: "ticks.update" }],
  route: byFields({ symbol: "symbol" }),
};

/**
 * A domain whose subscribes have an id that their confirmation repeats, or a
 * refusal that is another message; the server gives subscriptions numbers, and
 * an unsubscribe names one.
 */
const NUMBERED: Subscription = {
  domain: "books",
  subscribe: "books.subscribe",
  confirmation: {
    key: "books.subscribed",
    topic: "number",
    refusals: { "books.refused": "words" },
    correlation: correlated({ request: "id", reply: "id", kind: "integer" }),
  },
  unsubscribe: "books.unsubscribe",
  released: released({
    parameters: [],
    values: { reason: "done" },
    topic: "numbers.0",
  }),
  updates: [{ key: "books.update", topic: "number", data: "payload" }],
};
