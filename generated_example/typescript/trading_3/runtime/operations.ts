/**
 * The descriptors that generated modules hand to the runtime: what is sent, what
 * answers, what follows.
 *
 * A message is named by its *message key*: the wire type where the protocol has
 * one, else a name that the codec gives to what it recognises. Paths (`topic`,
 * `status` …) are wire names joined by dots, relative to the message's payload.
 * The type parameters are what callers see: the request's type, the reply's, the
 * update's.
 */

import type { Codec, Frame, Getter } from "./codec.js";
import type { ConnectionOptions, Delivery } from "./options.js";
import type { Consumer } from "./session/consumers.js";
import type { Numbered } from "./session/correlation.js";
import type { Session } from "./session/session.js";
import type { Domain } from "./session/subscriptions.js";
import type { Parameters } from "./session/wires.js";
import type { Connection, Share } from "./shell/connection.js";

/** All that the clients of one generated package share. */
export interface Protocol {
  readonly name: string;
  readonly codec: Codec;
  /** The options of clients that do not say otherwise. */
  readonly defaults?: ConnectionOptions;
}

/**
 * How a reply says which request it answers: by an id that it repeats.
 *
 * Where a request has no id at its path, one of this `kind` is put there, which
 * no other request of the connection has; without a kind, callers give ids, or
 * there is none. Ids are compared by their text: 7 and "7" are the same. A reply
 * with an id settles the call that was sent with it; one without belongs to the
 * oldest call that was sent without, or to the oldest of all.
 */
export interface CorrelationPaths {
  /** The path of the id in the request, */
  readonly request: string;
  /** and in the reply. */
  readonly reply: string;
  readonly kind?: "integer" | "string" | "uuid";
  /** Whether these are paths in the payload (default), or in the whole frame. */
  readonly within?: "payload" | "frame";
}

/** The same, with what the session does about it; `correlated` makes one. */
export interface Correlation extends CorrelationPaths {
  /** The id in a request of the server. */
  asked(payload: unknown, frame: Frame): unknown;
  /** The id in a reply, as text; undefined: it has none. */
  replied(payload: unknown, frame: Frame): string | undefined;
  /** Parameters without the id. */
  bare(parameters: Parameters): Parameters;
  /** The frame of a request, and its id. */
  ask(
    session: Session,
    operation: RequestOperation<never, unknown>,
    payload: unknown,
  ): Numbered;
  /** The frame of an answer that repeats `id`. */
  answer(codec: Codec, key: string, payload: unknown, id: unknown): Frame;
  /** The frame of `parameters`, with a new id where it has none; and the id. */
  number(
    session: Session,
    message: string,
    frame: Frame,
    parameters: Parameters,
  ): Numbered;
}

/** The reply to a subscribe or an unsubscribe, and where in it stands what. */
export interface Confirmation {
  readonly key: string;
  /** A reply without a status confirms. */
  readonly status?: string;
  readonly message?: string;
  readonly topic?: string;
  /** The values of `status` that confirm; default "ok", "success", "subscribed" and true. */
  readonly ok?: readonly (string | boolean)[];
  /** Messages that come in its place when the server refuses, each with the path of the server's words in it. */
  readonly refusals?: Readonly<Record<string, string | null>>;
  readonly correlation?: Correlation;
}

/** A message that carries updates. */
export interface Update {
  readonly key: string;
  /** The path of the topic; without it, the update does not name its subscription. */
  readonly topic?: string;
  /** The path of what consumers get; default: the whole payload. */
  readonly data?: string;
  /** Whether consumers get `{ type, payload }`, because there are several kinds of update. */
  readonly event?: boolean;
}

/** What an unsubscribe says, given the parameters of its subscribe and the server's topic; `released` makes one. */
export type Release = (sent: Parameters, topic: unknown) => Parameters;

/** The topic of a subscription; `templated` and `sortedJson` are rules. */
export type TopicRule = (domain: string, parameters: Parameters) => string;

/** Updates are told apart by fields; `byFields` makes one. */
export interface Paired {
  /** The field of an update, and the parameter that says the same. */
  readonly pairs: Readonly<Record<string, string>>;
  readonly addresses: (
    own: Paired,
    message: string,
    parameters: Parameters,
  ) => readonly unknown[];
  readonly address: (own: Paired, data: string | undefined) => Getter;
}

/** One set of parameters at a time; `oneAtATime` is it. */
export interface Alone {
  /** Whether another set of parameters is just being released. Throws `AmbiguousRoute`: it is there to stay. */
  mustWait(domain: Domain, key: string): boolean;
  /** A set of parameters has been released. */
  released(domain: Domain): void;
}

/** Each set of parameters has a connection of its own; `ownConnection` is it. */
export interface Apart extends Alone {
  readonly share: (
    connection: Connection,
    operation: SubscriptionOperation<never, unknown>,
    request: unknown,
    consumer: Consumer,
  ) => Share;
}

/** How updates without a topic find their subscriptions. */
export type Route = Paired | Alone | Apart | "broadcast";

/** Subscribe, unsubscribe and update of one domain. */
export interface SubscriptionOperation<in Request, out Data> {
  readonly "~types"?: (request: Request) => Data;
  readonly domain: string;
  readonly subscribe: string;
  /** Null: a subscription is confirmed when it is sent. */
  readonly confirmation: Confirmation | null;
  readonly updates: readonly Update[];
  readonly unsubscribe?: string;
  readonly release?: Confirmation;
  /** What an unsubscribe says; default: the parameters of the subscribe. */
  readonly released?: Release;
  /** The schema defaults of the parameters: two requests that differ only in them are the same subscription. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** The topic by the parameters; without it the server alone knows it. */
  readonly topicRule?: TopicRule;
  /** Whether a subscription that is confirmed with another topic ends with `TopicMismatch`. */
  readonly strictTopic?: boolean;
  readonly route?: Route;
  /** What consumers get that do not say otherwise. */
  readonly delivery?: Delivery;
}

/** A message that the server answers. */
export interface RequestOperation<in Request, out Reply> {
  readonly "~types"?: (request: Request) => Reply;
  readonly request: string;
  /** Every message that can be the answer. */
  readonly replies: readonly string[];
  /** Whether callers get `{ type, payload }`, because there are several kinds of reply. */
  readonly events?: boolean;
  readonly correlation?: Correlation;
  /** False: one is sent when nobody waits for a reply of its kinds any more. */
  readonly pipeline?: boolean;
}

/** A message of the server that the client answers, by a function of the application. */
export interface HandlerOperation<out Request, in Reply> {
  readonly "~types"?: (reply: Reply) => Request;
  readonly request: string;
  /** Every message that can be the answer. */
  readonly replies: readonly string[];
  /** Whether the function returns `{ type, payload }`, because there are several kinds of reply. */
  readonly events?: boolean;
  /** The id that it finds in the request is copied into the reply, unless that has one. */
  readonly correlation?: Correlation;
}

/** A message that the server does not answer. A frame of `acknowledgement` is swallowed. */
export interface SendOperation<in Request> {
  readonly "~types"?: (request: Request) => void;
  readonly message: string;
  readonly acknowledgement?: string;
}

/** Messages that the server sends unasked. */
export interface PushOperation<out Data> {
  readonly "~types"?: () => Data;
  readonly name: string;
  readonly messages: readonly string[];
  /** Whether consumers get `{ type, payload }`, because there are several messages. */
  readonly events?: boolean;
}
