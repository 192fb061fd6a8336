/** A protocol for tests of the shell, and the other side of it. */

import type {
  PushOperation,
  Protocol,
  RequestOperation,
  SendOperation,
  SubscriptionOperation,
  HandlerOperation,
} from "../../runtime/wsgen_runtime/typescript/operations.js";
import {
  correlated,
  jsonCodec,
  ownConnection,
} from "../../runtime/wsgen_runtime/typescript/index.js";

export interface Bar {
  readonly symbol: string;
  readonly close: number;
}

export const PROTOCOL: Protocol = {
  name: "trading",
  codec: jsonCodec({
    envelope: { tag: "type", payload: "payload" },
    sent: {
      "bars.subscribe": {},
      "bars.unsubscribe": {},
      "chat.join": {},
      "chat.typing": {},
      "who.response": {},
    },
    received: {
      "bars.subscribe.response": {},
      "bars.unsubscribe.response": {},
      "bars.update": {},
      "chat.joined": {},
      "chat.message": {},
      who: {},
    },
  }),
};

export const BARS: SubscriptionOperation<{ symbol: string }, Bar> = {
  domain: "bars",
  subscribe: "bars.subscribe",
  confirmation: {
    key: "bars.subscribe.response",
    status: "status",
    message: "message",
    topic: "topic",
  },
  unsubscribe: "bars.unsubscribe",
  release: { key: "bars.unsubscribe.response", topic: "topic" },
  updates: [{ key: "bars.update", topic: "topic", data: "payload" }],
};

export const APART: SubscriptionOperation<{ symbol: string }, Bar> = {
  ...BARS,
  updates: [{ key: "bars.update", data: "payload" }],
  route: ownConnection,
};

export const JOIN: RequestOperation<{ room: string }, { members: number }> = {
  request: "chat.join",
  replies: ["chat.joined"],
};

export const TYPING: SendOperation<{ room: string }> = {
  message: "chat.typing",
};

export const MESSAGE: PushOperation<{ text: string }> = {
  name: "chat.message",
  messages: ["chat.message"],
};

export const WHO: HandlerOperation<{ id: number }, { name: string }> = {
  request: "who",
  replies: ["who.response"],
  correlation: correlated({ request: "id", reply: "id" }),
};

/** What a good server answers to a frame; undefined: nothing. */
export function answer(frame: string): string | undefined {
  const { type, payload } = JSON.parse(frame) as {
    type: string;
    payload: { symbol: string; room: string };
  };
  const topic = `bars:${payload.symbol}`;
  if (type === "chat.join") return said("chat.joined", { members: 2 });
  if (type === "chat.typing" || type === "who.response") return undefined;
  return payload.symbol === "NO"
    ? said(`${type}.response`, { status: "error", message: "no such symbol" })
    : said(`${type}.response`, { status: "ok", topic });
}

export const bar = (symbol: string, close: number): string =>
  said("bars.update", { topic: `bars:${symbol}`, payload: { symbol, close } });

export const said = (type: string, payload: unknown): string =>
  JSON.stringify({ type, payload });
