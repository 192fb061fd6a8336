/** What can be set on a connection, and the types that callers meet. */

import type { Verdict } from "./retry.js";

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
export interface Delivery {
  /**
   * "block" (default) stops reading, "drop_oldest" keeps the newest `limit`,
   * "latest" keeps one for each value of `key`, "fail" ends the consumer with
   * `SlowConsumer`.
   */
  readonly policy?: "block" | "drop_oldest" | "latest" | "fail";
  /** How many values may wait; default 4096. */
  readonly limit?: number;
  /** For "latest": the field that tells values apart. */
  readonly key?: string;
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
  /** A message that is sent every `interval`; `reply` is the wire type of the server's answer, which is swallowed. */
  readonly heartbeat:
    | {
        readonly type: string;
        readonly interval: number;
        readonly payload?: unknown;
        readonly reply?: string | null | undefined;
      }
    | undefined;
  /** Without any frame of the server for so long, the connection counts as dead. */
  readonly maxSilence: number | undefined;
  readonly logger: Logger;
}
