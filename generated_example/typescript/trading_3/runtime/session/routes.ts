/** From a decoded message to its consumers. Everything here runs once per frame: keep it short. */

import type { Frame } from "../codec.js";
import type { Paired, Update } from "../operations.js";
import { reading } from "../rules.js";
import type { ReplyQueue } from "./calls.js";
import type { Consumer } from "./consumers.js";
import type { Reader } from "./correlation.js";
import type { Session } from "./session.js";
import type { Domain } from "./subscriptions.js";

/** What takes messages of one kind. */
export type Route = (payload: unknown, frame: Frame) => unknown;

/** What makes of a payload the value that consumers get. */
export type Maker = (payload: unknown, frame: Frame) => unknown;

/** A payload with the message that it is of, where consumers get several kinds. */
export function maker(
  events: boolean | undefined,
  key: string,
): ((payload: unknown) => unknown) | undefined {
  return events ? (payload) => ({ type: key, payload }) : undefined;
}

/** The message and the payload of what a handler returned; `only` where there are no several. */
export function unwrapped(
  events: boolean | undefined,
  only: string,
  value: unknown,
): readonly [key: string, payload: unknown] {
  if (!events) return [only, value];
  const { type, payload } = value as { type: string; payload?: unknown };
  return [type, payload];
}

/** Give one value to several consumers; one that fails harms no other. */
export function deliver(
  session: Session,
  consumers: readonly Consumer[],
  value: unknown,
): void {
  for (let at = 0; at < consumers.length; at++) {
    const consumer = consumers[at]!;
    if (consumer.ended) continue;
    consumer.delivered++;
    const { accept } = consumer;
    try {
      const result = accept(value);
      if (result !== undefined) session.callbackStarted(consumer, result);
    } catch (error) {
      session.callbackFailed(consumer, error);
    }
  }
}

/** One kind of update of one domain. */
export interface UpdateRoute {
  /** Whether nobody else gets what this domain has no use for. */
  alone: boolean;
  /** Whether it was of use. */
  readonly deliver: (payload: unknown, frame: Frame) => boolean;
}

/** The route of updates of a domain that are told apart by `pairs` of field and parameter, by their topic, or not at all. */
export function updateRoute(
  session: Session,
  domain: Domain,
  { key, topic, data: path, event }: Update,
  pairs: Paired | undefined,
): UpdateRoute {
  const { operation, places } = domain;
  const { sinks } = places;
  const byTopic = topic == null ? undefined : reading(topic);
  const address = pairs ? pairs.address(pairs, path) : byTopic;
  const data = path == null ? undefined : reading(path);
  const make = maker(event, key);
  // Updates often come in rows of one topic.
  let latest: unknown;
  let seen = -1;
  let consumers: readonly Consumer[] | undefined;
  const route = {
    alone: false,
    deliver: (payload: unknown, frame: Frame) => {
      const where = address && (address(payload) ?? undefined);
      let value = data ? (data(payload) ?? undefined) : payload;
      if (make) value = make(value);
      if (where !== latest || seen !== places.changes) {
        latest = where;
        seen = places.changes;
        consumers = sinks.get(where);
      }
      if (consumers) {
        deliver(session, consumers, value);
        return true;
      }
      const kept = places.keep(where, value, frame.length, domain.asking > 0);
      if (!kept && route.alone) session.countUnrouted(operation.domain);
      return kept;
    },
  };
  return route;
}

/** All that a message can be: a reply, an update, a push, a request of the server, or something to swallow. */
export class MessageRoute {
  readonly key: string;
  queue: ReplyQueue | undefined;
  topic: ((payload: unknown) => string | undefined) | undefined;
  /** Those whose subscribes it confirms. */
  domains: readonly Domain[] = [];
  #ids: readonly Reader[] = [];
  updates: readonly UpdateRoute[] = [];
  listeners: readonly (readonly [Consumer, Maker | undefined])[] = [];
  swallowed = false;
  readonly #session: Session;

  constructor(session: Session, key: string) {
    this.#session = session;
    this.key = key;
  }

  /** Whether a subscription that it confirmed has this topic. */
  holds(topic: string): boolean {
    return this.domains.some((domain) => domain.places.holds(topic));
  }

  /** `read` gives the id of the request that it answers, as text. */
  answersBy(read: Reader): void {
    if (!this.#ids.includes(read)) this.#ids = [...this.#ids, read];
  }

  /** The id of the request that it answers, where it says one. */
  idOf(payload: unknown, frame: Frame): string | undefined {
    for (const read of this.#ids) {
      const found = read(payload, frame);
      if (found !== undefined) return found as string;
    }
    return undefined;
  }

  /** The function that does what this route does now. */
  quickest(): Route {
    const [update, another] = this.updates;
    const alone = !!update && !another && !this.queue && !this.listeners.length;
    for (const each of this.updates) each.alone = alone;
    return alone
      ? update.deliver
      : (payload, frame) => this.#deliver(payload, frame);
  }

  #deliver(payload: unknown, frame: Frame): void {
    const session = this.#session;
    const { queue, updates, listeners } = this;
    const unasked =
      updates.length > 0 || listeners.some(([{ answers }]) => !answers);
    if (queue?.slots.length) {
      const slot = session.exchange.reply(this, queue, payload, frame);
      // What may also come unasked, such as an echo, is lost to nobody because
      // a call was given up.
      if (slot && (slot.waiting || !unasked)) return;
    } else if (queue && this.domains.length && !unasked) {
      session.alignment.surplus(this, payload);
    }
    let used = this.swallowed;
    for (const update of this.updates) {
      used = update.deliver(payload, frame) || used;
    }
    let answered = false; // a request is answered once
    for (const [consumer, make] of this.listeners) {
      if (!(consumer.answers && answered)) {
        answered ||= consumer.answers;
        deliver(session, [consumer], make ? make(payload, frame) : payload);
      }
      used = true;
    }
    if (!used) session.countUnrouted(this.key);
  }
}
