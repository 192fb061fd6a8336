/** What can be set on a connection, and the types that callers meet. */

import { judge, type Verdict } from "./retry.js";
import type { Queue } from "./session/consumers.js";
import {
  beating,
  listening,
  type SilenceWatch,
  type Watch,
} from "./session/liveness.js";
import type { Session } from "./session/session.js";
import type { Transport, WebSocketConstructor } from "./transport.js";

/** What a request or send does while the connection is lost: fail with `ConnectionLost` at once, or wait for another one. */
export type OnDisconnect = "fail" | "queue";

export type ConnectionState =
  | "DISCONNECTED"
  | "CONNECTING"
  | "CONNECTED"
  | "RECONNECTING"
  | "FAILED"
  | "CLOSED";

export type SubscriptionState =
  "CREATED" | "PENDING" | "CONFIRMED" | "UNSUBSCRIBING" | "DELETED";

/** What happens when a consumer is slower than its updates. Nothing is ever dropped silently. */
export type Delivery = Bounded | Latest;

export interface Bounded {
  /** "block" (default) stops reading, "drop_oldest" keeps the newest `limit`, "fail" ends the consumer with `SlowConsumer`. */
  readonly policy?: "block" | "drop_oldest" | "fail";
  /** How many values may wait; default 4096. */
  readonly limit?: number;
  readonly queue?: never;
}

/** One value waits for each value of a field; `latest` makes one. */
export interface Latest {
  readonly policy: "latest";
  /** The field that tells values apart. */
  readonly key: string;
  readonly limit?: never;
  readonly queue: (replaced: () => void) => Queue;
}

/** A frame that could not be delivered as what the document describes. */
export interface UnknownMessage {
  /** What the frame calls itself, if it says so. */
  readonly type: string | undefined;
  /** The frame as it came. */
  readonly raw: string | Uint8Array;
  /** What is wrong with it; undefined for a message that the document does not describe. */
  readonly error: Error | undefined;
}

/** A change of the connection's state. */
export interface ConnectionEvent {
  /** The state that was entered. */
  readonly state: ConnectionState;
  /** A close code, an HTTP status, or a word of the client's own ("desynchronised"). */
  readonly reason: number | string | undefined;
  /** The number of the attempt that is under way or succeeded, from 1; 0 outside of connecting. */
  readonly attempt: number;
  /** The error behind it, if any. */
  readonly error: Error | undefined;
}

/** Where lines of the log go. A level without a function is not logged; with `debug`, every frame is. */
export interface Logger {
  debug?(line: string, error?: unknown): void;
  info?(line: string, error?: unknown): void;
  warn?(line: string, error?: unknown): void;
  error?(line: string, error?: unknown): void;
}

/** The options that the session itself acts on, complete. All times are in seconds. */
export interface SessionOptions {
  /** How long a call waits for its answer. */
  readonly timeout: number;
  /** How long a call waits for a connection; undefined: what the options below allow, 60 where they have no end. */
  readonly connectTimeout: number | undefined;
  /** How long one attempt may take. */
  readonly openTimeout: number;
  /** Attempts of a first connect; undefined: for ever. */
  readonly maxAttempts: number | undefined;
  readonly retry: {
    /** Before each attempt of a first connect, exactly. */
    readonly delays: readonly number[];
    /** How long a connection must last before an outage counts as over. */
    readonly stableAfter: number;
    /** After which an outage of an established connection is final; undefined: never. */
    readonly giveUpAfter: number | undefined;
    /** Says of a failure whether another attempt is worth it. */
    readonly judge: (failure: unknown) => Verdict;
  };
  readonly onDisconnect: OnDisconnect;
  /** How long a queued call waits for another connection. */
  readonly ttl: number;
  /** What sends a message regularly, */
  readonly heartbeat: ((session: Session) => Watch) | undefined;
  /** and what notices that nothing comes. */
  readonly silence: ((session: Session) => SilenceWatch) | undefined;
  readonly logger: Logger;
}

/** Called with each value, in order. One that returns a promise is awaited before its next value. */
export type Callback<T> = (value: T) => unknown;

/** Called with each request of the server; its result, or what that promises, is the reply. */
export type RequestHandler<Request, Reply> = (
  request: Request,
) => Reply | PromiseLike<Reply>;

/** A value, or a function (also an async one) from the number of the attempt, from 1, to the value. */
export type Credential<T> = T | ((attempt: number) => T | PromiseLike<T>);

/** A `ws` or `wss` URL, or a function that gives one for each attempt. */
export type Url = Credential<string>;

/** When a connection is tried again. All times are in milliseconds. */
export interface Retry {
  /** Before each attempt of a first connect, exactly; default 0, 1000, 2000, 4000, 8000. */
  readonly delays?: readonly number[] | undefined;
  /** How long a connection must last before an outage counts as over; default 5000. */
  readonly stableAfter?: number | undefined;
  /** After which an outage of an established connection is final; default 300000, null: never. */
  readonly giveUpAfter?: number | null | undefined;
  /** Says of a failure whether another attempt is worth it. */
  readonly judge?: ((failure: unknown) => Verdict) | undefined;
}

/** A message that is sent regularly, for servers that close connections on which the client says nothing. */
export interface HeartbeatMessage {
  /** The message key. */
  readonly message: string;
  /** From one to the next, in milliseconds. */
  readonly interval: number;
  readonly payload?: unknown;
  /** The message key of the server's answer, which is swallowed; left out when it does not answer. */
  readonly reply?: string | null | undefined;
}

/** The same, with what sends it; `heartbeat` makes one. */
export interface Heartbeat extends HeartbeatMessage {
  readonly watch: (own: HeartbeatMessage) => (session: Session) => Watch;
}

/** How long the server may be silent, with what notices it; `silence` makes one. */
export interface Silence {
  readonly milliseconds: number;
  readonly watch: (seconds: number) => (session: Session) => SilenceWatch;
}

/** Send a message regularly. */
export function heartbeat(message: HeartbeatMessage): Heartbeat {
  return { ...message, watch: beatingOf };
}

const beatingOf = ({ message, interval, payload, reply }: HeartbeatMessage) =>
  beating({ type: message, interval: seconds(interval), payload, reply });

/** Without any frame of the server for so many milliseconds, the connection counts as dead. */
export function silence(milliseconds: number): Silence {
  return { milliseconds, watch: listening };
}

/** Options of a connection. All may be left out; all times are in milliseconds. */
export interface ConnectionOptions {
  /**
   * Headers of the handshake: Node, Deno and Bun send them, browsers do not. Like the three below, they are asked
   * for again at every attempt.
   */
  readonly headers?: Credential<Readonly<Record<string, string>>> | undefined;
  /** Further pairs of the URL's query. */
  readonly query?: Credential<Readonly<Record<string, string>>> | undefined;
  /** Subprotocols that are offered, the preferred one first. */
  readonly subprotocols?: Credential<readonly string[]> | undefined;
  /** Cookies, where headers are sent; a browser sends its own. */
  readonly cookies?: Credential<Readonly<Record<string, string>>> | undefined;
  /** How long a call waits for a connection; default: what `retry` allows, 60000 where that has no end. */
  readonly connectTimeout?: number | undefined;
  /** How long one attempt may take; default 10000. */
  readonly openTimeout?: number | undefined;
  /** How long a call waits for its answer; default 5000. */
  readonly timeout?: number | undefined;
  /** Attempts of a first connect; default 5, or as many as `retry.delays`; null: for ever. */
  readonly maxAttempts?: number | null | undefined;
  readonly retry?: Retry | undefined;
  /**
   * What a request or send does while the connection is lost: "fail" (default) rejects with `ConnectionLost` at
   * once, "queue" waits for a connection as long as `ttl` allows. Nothing that was sent is ever sent again.
   */
  readonly onDisconnect?: OnDisconnect | undefined;
  /** How long a queued call waits; default 30000. */
  readonly ttl?: number | undefined;
  /** A `heartbeat`. Default: what the package was built with, else none. Null: none. */
  readonly heartbeat?: Heartbeat | null | undefined;
  /** A `silence` after which the connection counts as dead; default: none. */
  readonly maxSilence?: Silence | undefined;
  /** Protocol pings, with a `WebSocket` that can send them: that of `ws`, or of Bun. Default 20000 each, null: none. */
  readonly pingInterval?: number | null | undefined;
  readonly pingTimeout?: number | null | undefined;
  /** Bytes of the largest message that is accepted, by a `WebSocket` that takes the option; default 16 MiB. */
  readonly maxSize?: number | undefined;
  /** The constructor of sockets, such as that of the package `ws`; default: the platform's own. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** What makes connections in place of sockets, such as a `MemoryTransport`. */
  readonly transport?: Transport | undefined;
  /** Where lines of the log go; default: warnings and errors to the console. Null: nowhere. */
  readonly logger?: Logger | null | undefined;
  /** Called with every frame that is no message of the document, or is not valid. */
  readonly onUnknown?: ((message: UnknownMessage) => void) | undefined;
  /** Called with every change of state. */
  readonly onState?: ((event: ConnectionEvent) => void) | undefined;
}

/** What a subscribe takes. */
export interface SubscribeOptions {
  /** Called when the subscription was renewed after a lost connection; updates in between are missing. */
  readonly onReset?: (() => void) | undefined;
  /** Called with what the callback throws, before the log is told. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Milliseconds that the call waits for its answer. */
  readonly timeout?: number | undefined;
  /** Gives the call up, and the subscription with it, as long as it is not confirmed. */
  readonly signal?: AbortSignal | undefined;
}

/** What a stream of updates takes. */
export interface StreamOptions {
  readonly delivery?: Delivery | undefined;
  /** Milliseconds that the subscribe waits for its answer. */
  readonly timeout?: number | undefined;
  /** Ends the stream; whoever waits for its next value gets the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a one-way message takes. */
export interface SendOptions {
  readonly onDisconnect?: OnDisconnect | undefined;
  /** Milliseconds. */
  readonly ttl?: number | undefined;
  /** Gives the call up. What has been sent cannot be taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** What a request takes. */
export interface RequestOptions extends SendOptions {
  /** Milliseconds that the call waits for its reply. */
  readonly timeout?: number | undefined;
}

/** What a listener of pushes takes. */
export interface ListenOptions {
  readonly delivery?: Delivery | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
}

/** What a handler of the server's requests takes. */
export interface HandleOptions<Reply = any> {
  /** Whether requests are handled all at once, where the handler is asynchronous. */
  readonly concurrent?: boolean | undefined;
  /** What is answered when the handler throws; left out: nothing. */
  readonly errorReply?: ((error: unknown) => Reply) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A confirmed subscription. */
export interface Subscription {
  /** A name of it, unique in this program. */
  readonly id: string;
  /** The topic that the server confirmed; undefined when its reply had none. */
  readonly topic: string | undefined;
  readonly state: SubscriptionState;
  /** How many updates this consumer was given. */
  readonly delivered: number;
  /** How many updates it lost because it was slow; see `Delivery`. */
  readonly dropped: number;
  /** How often the subscription was renewed after a lost connection; updates in between are missing. */
  readonly resets: number;
  /** Leave. The last one to leave a topic waits for the server's answer; ends `DELETED` in every case. */
  unsubscribe(): Promise<void>;
  /** Leave at once, without waiting; for use inside a callback. */
  cancel(): void;
  /** Resolves after an own `unsubscribe` or the client's close; rejects with what ended it otherwise. */
  waitEnded(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Updates to iterate over, once and by one reader. The first `next` subscribes, `return` unsubscribes. */
export interface Stream<T> extends AsyncIterableIterator<T, undefined, void> {
  readonly topic: string | undefined;
  /** How often the subscription was renewed after a lost connection; updates in between are missing. */
  readonly resets: number;
  /** How many values it lost because it was slow; see `Delivery`. */
  readonly dropped: number;
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Counters of a connection since it was made. */
export interface ConnectionStats {
  /** Attempts to connect. */
  readonly attempts: number;
  /** Messages that the document does not describe. */
  readonly unknown: number;
  /** Frames that were not valid. */
  readonly invalid: number;
  /** Valid messages that nobody waited for. */
  readonly unrouted: number;
}

/** Milliseconds as seconds. */
export function seconds(milliseconds: number): number;
export function seconds(milliseconds: number | undefined): number | undefined;
export function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

const DEFAULTS = {
  openTimeout: 10_000,
  timeout: 5000,
  pingInterval: 20_000,
  pingTimeout: 20_000,
  maxSize: 16 * 1024 * 1024,
  retry: {},
  onDisconnect: "fail" as OnDisconnect,
  ttl: 30_000,
  heartbeat: null,
} satisfies ConnectionOptions;

const DELAYS = [0, 1000, 2000, 4000, 8000];

/** Options of which those with a default are there. */
type Completed = ConnectionOptions & {
  readonly [Name in keyof typeof DEFAULTS | "maxAttempts"]-?: Exclude<
    ConnectionOptions[Name],
    undefined
  >;
};

/** Options with their defaults; attempts are as many as delays unless they are given. */
export function completed(options: ConnectionOptions): Completed {
  const given = Object.entries(options).filter(([, it]) => it !== undefined);
  const { delays = DELAYS } = options.retry ?? {};
  return {
    ...DEFAULTS,
    maxAttempts: Math.max(1, delays.length),
    ...Object.fromEntries(given),
  };
}

/** The session's part of connection options. */
export function sessionOptions(options: ConnectionOptions): SessionOptions {
  const all = completed(options);
  const { heartbeat, logger, maxAttempts, maxSilence, retry } = all;
  const { delays = DELAYS, giveUpAfter = 300_000, stableAfter = 5000 } = retry;
  return {
    timeout: seconds(all.timeout),
    connectTimeout: seconds(all.connectTimeout),
    openTimeout: seconds(all.openTimeout),
    maxAttempts: maxAttempts ?? undefined,
    retry: {
      delays: delays.map(seconds) as number[],
      stableAfter: seconds(stableAfter),
      giveUpAfter: seconds(giveUpAfter ?? undefined),
      judge: retry.judge ?? judge,
    },
    onDisconnect: all.onDisconnect,
    ttl: seconds(all.ttl),
    heartbeat: heartbeat?.watch(heartbeat),
    silence: maxSilence?.watch(seconds(maxSilence.milliseconds)),
    logger:
      logger === undefined
        ? {
            warn: (...line) => console.warn(...line),
            error: (...line) => console.error(...line),
          }
        : (logger ?? {}),
  };
}
