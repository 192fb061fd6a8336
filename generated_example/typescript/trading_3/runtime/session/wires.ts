/** Wire subscriptions: sets of parameters, what is known of each, and how they are told apart. */

import type { Codec, Frame, Getter } from "../codec.js";
import type { Confirmation, SubscriptionOperation } from "../operations.js";
import { isObject, reading } from "../rules.js";
import type { Held } from "../transitions.js";
import type { Slot, Wait } from "./calls.js";
import type { Consumer } from "./consumers.js";
import type { Domain } from "./subscriptions.js";

/** JSON values by wire name. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Ten thousand idle subscriptions share their empty lists. */
export const NONE: readonly never[] = [];

/** A list without one of its members. */
function rest<Member>(
  list: readonly Member[],
  member: Member,
): readonly Member[] {
  const others = list.filter((other) => other !== member);
  return others.length ? [...others] : NONE; // a copy has no room to spare
}

/** One set of parameters. */
export class Wire {
  readonly domain: Domain;
  /** The canonical form of the parameters. */
  readonly key: string;
  /** The parameters as JSON, as they are sent in `frame`. */
  sent: string;
  frame: Frame = "";
  order = 0;
  held: Held = "absent";
  consumers: readonly Consumer[] = NONE;
  leavers: readonly Consumer[] = NONE;
  topic: string | undefined;
  /** The topic as the server writes it, which can be a number. */
  named: unknown;
  addresses: readonly unknown[] = NONE;
  /** The slot of the latest subscribe until its answer or silence. */
  ask: Slot | undefined;
  /** The slots of all subscribes that are unanswered. */
  asks: readonly Slot[] = NONE;
  refusal: Error | undefined;
  wait: Wait | undefined;
  /** Others of the same topic, which wait for the unsubscribe of this one. */
  undone: readonly Wire[] = NONE;
  /** Whether consumers from before the connection wait for it again, */
  renewing = false;
  /** and how often that went unanswered. */
  silences = 0;
  /** It is asked for when nothing else is: its topic is in doubt, or it is a suspect. */
  alone = false;
  /** The connection has ended because of it, as it seems. */
  suspect = false;
  /** It waits until nothing else is asked for. */
  queued = false;
  /** Only the order of replies says that its topic is its own. */
  guessed = false;

  constructor(domain: Domain, key: string) {
    this.domain = domain;
    this.key = this.sent = key;
  }

  get wanted(): boolean {
    return this.consumers.length > 0;
  }

  /** A consumer leaves. */
  remove(consumer: Consumer): void {
    this.consumers = rest(this.consumers, consumer);
  }

  /** One of its subscribes is unanswered no longer. */
  answered(slot: Slot): void {
    this.asks = rest(this.asks, slot);
  }

  /** Its topic may be another one's. */
  doubt(): void {
    this.topic = undefined;
    this.alone = true;
  }
}

/** Where in a confirmation stands what. */
export class Roles {
  /** The messages that can answer. */
  readonly keys: readonly string[];
  readonly #confirmation: Confirmation;
  readonly #refusals: Readonly<Record<string, string | null>>;

  constructor(confirmation: Confirmation) {
    this.#confirmation = confirmation;
    this.#refusals = confirmation.refusals ?? {};
    this.keys = [
      ...new Set([confirmation.key, ...Object.keys(this.#refusals)]),
    ];
  }

  ok(reply: unknown, key: string | undefined): boolean {
    const { key: own, status, ok = OK_VALUES } = this.#confirmation;
    if (key !== undefined && key !== own) return false;
    const found = status == null ? undefined : at(reply, status);
    return found === undefined || ok.includes(found as string | boolean);
  }

  message(reply: unknown, key: string | undefined): string {
    const { key: own, message } = this.#confirmation;
    const path =
      key === undefined || key === own ? message : this.#refusals[key];
    return topicText(path == null ? "" : (at(reply, path) ?? ""));
  }

  /** The topic as the server writes it. */
  named(reply: unknown): unknown {
    const { topic } = this.#confirmation;
    return topic == null ? undefined : comparable(at(reply, topic));
  }

  topic(reply: unknown): string | undefined {
    const named = this.named(reply);
    return named === undefined ? undefined : String(named);
  }
}

const OK_VALUES: readonly (string | boolean)[] = [
  "ok",
  "success",
  "subscribed",
  true,
];

/** Equal for two requests exactly when they ask for the same: defaults filled in, keys sorted, without an id. */
export function canonicalParameters(
  codec: Codec,
  operation: SubscriptionOperation<never, unknown>,
  request: unknown,
): string {
  return canonical({
    ...operation.defaults,
    ...parametersOf(codec, operation, request),
  });
}

/** What a request says of what it wants: all but the id that its confirmation repeats. */
export function parametersOf(
  codec: Codec,
  operation: SubscriptionOperation<never, unknown>,
  request: unknown,
): Parameters {
  const parameters = codec.parameters(operation.subscribe, request);
  return operation.confirmation?.correlation?.bare(parameters) ?? parameters;
}

/** What is sent to unsubscribe from what `sent` has asked for. */
export function releaseParameters(
  { released }: SubscriptionOperation<never, unknown>,
  sent: Parameters,
  topic: unknown,
): Parameters {
  return released ? released(sent, topic) : sent;
}

export { isObject };

/** What reads what stands at a path of names joined by dots, a number being an index of an array; undefined if nothing does, or null. */
export function getter(path: string): Getter {
  const read = reading(path);
  return (value) => read(value) ?? undefined;
}

export const at = (value: unknown, path: string): unknown =>
  getter(path)(value);

/** The same object with `inner` at a path. Objects on the way are made where they are missing; a number is an index of a list. */
export function put(
  value: Parameters,
  path: string,
  inner: unknown,
): Parameters {
  const [, name, rest] = /^([^.]*)\.?(.*)$/.exec(path) as unknown as [
    string,
    string,
    string,
  ];
  const below = value[name];
  return {
    ...value,
    [name]: !rest
      ? inner
      : /^\d+$/.test(rest)
        ? [inner]
        : put(isObject(below) ? below : {}, rest, inner),
  };
}

/** The topic of canonical parameters by the operation's rule; undefined where the server alone knows it. */
export function computedTopic(
  { domain, topicRule }: SubscriptionOperation<never, unknown>,
  key: string,
): string | undefined {
  return topicRule?.(domain, JSON.parse(key));
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(
          Object.entries(inner).sort(([one], [other]) =>
            one < other ? -1 : 1,
          ),
        )
      : inner,
  );
}

/** A value that is equal to others of the same content. */
export function comparable(value: unknown): unknown {
  return typeof value === "object" && value ? canonical(value) : value;
}

/** A topic, or a part of one, as text. */
export const topicText = (value: unknown): string =>
  typeof value === "string" ? value : canonical(value);
