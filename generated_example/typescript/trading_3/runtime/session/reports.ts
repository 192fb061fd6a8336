/** What a connection tells the log, and the counters behind it. One line per event; nothing that may be secret. */

import { ConnectionLost } from "../errors.js";
import type { ConnectionEvent, Logger, UnknownMessage } from "../options.js";
import type { Verdict } from "../retry.js";
import type { Consumer } from "./consumers.js";

const LOG_EVERY = 1_000;
const CUT = 200;

/** The log of one connection. */
export class Reports {
  unknown = 0;
  invalid = 0;
  unrouted = 0;
  readonly #name: string;
  readonly #logger: Logger;

  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
  }

  /** Whether every frame goes to the log. */
  get frames(): boolean {
    return !!this.#logger.debug;
  }

  /** The connection entered a state. */
  entered({ state, error }: ConnectionEvent): void {
    if (state === "FAILED") this.#log("error", `failed: ${words(error)}`);
    if (state === "CLOSED") this.#log("info", "closed");
  }

  /** There is a connection: the first one, or another one on which so many subscriptions are renewed. */
  connected(renewed: number | undefined): void {
    this.#log(
      "info",
      renewed === undefined
        ? "connected"
        : `reconnected; ${renewed} subscriptions are renewed`,
    );
  }

  /** Another attempt is due after a loss, or after an attempt that failed; `failed` is how many did. */
  attemptDue(
    failure: unknown,
    { level = "info", because }: Verdict,
    failed: number,
    delay: number,
  ): void {
    const due = `${Number(delay.toPrecision(3))} s`;
    this.#log(
      level,
      failure instanceof ConnectionLost
        ? `reconnecting in ${due} (attempt ${failed + 1}): ${words(failure)}; ${because}`
        : `attempt ${failed} failed: ${words(failure)}; the next one in ${due}`,
    );
  }

  judgeFailed(error: unknown): void {
    this.#log(
      "error",
      `retry.judge threw ${words(error)}; the usual judgement holds`,
    );
  }

  /** A frame was sent, or received: `direction` is ">" or "<". */
  frame(direction: string, frame: string | Uint8Array): void {
    this.#log("debug", `${direction} ${frame.slice(0, CUT)}`);
  }

  /** A frame that is no message of the document, or not a valid one. */
  strange({ type, error }: UnknownMessage): void {
    if (error) {
      this.#count(
        ++this.invalid,
        `invalid messages; this one: ${words(error)}`,
      );
    } else {
      this.#count(++this.unknown, `unknown messages; this one is ${cut(type)}`);
    }
  }

  /** A valid message that nobody waits for. */
  nobodyWaited(what: string): void {
    this.#count(
      ++this.unrouted,
      `messages that nobody waited for; this one is of ${what}`,
    );
  }

  /** What a callback threw goes to `onError`, then to the log. */
  callbackFailed({ domain, onError }: Consumer, error: unknown): void {
    try {
      onError?.(error);
    } catch (another) {
      this.#log("error", `${domain}: onError threw`, another);
    }
    this.#log("error", `${domain}: a callback threw`, error);
  }

  /** A slow consumer lost a value, as its policy says. */
  dropped({ domain, dropped }: Consumer): void {
    this.#count(dropped, `values lost by a slow consumer of ${domain}`);
  }

  slow(error: Error): void {
    this.#log("warn", words(error));
  }

  /** A subscription ended by itself; the log is told unless somebody waits for the end. */
  ended({ domain, error, watched, isStream }: Consumer): void {
    if (error && !watched && !isStream) {
      this.#log("error", `${domain}: the subscription ended: ${words(error)}`);
    }
  }

  releaseRefused(domain: string, message: string): void {
    const said = message && `: ${cut(message)}`;
    this.#log("warn", `${domain}: the server refused the unsubscribe${said}`);
  }

  releaseSilent(domain: string): void {
    this.#log("warn", `${domain}: no answer to the unsubscribe`);
  }

  otherTopic(domain: string, expected: string, topic: string): void {
    this.#log(
      "warn",
      `${domain}: expected the topic ${cut(expected)}, the server confirmed ${cut(topic)}`,
    );
  }

  /** The first of a kind is worth a line, and every thousandth. */
  #count(count: number, what: string): void {
    if (count === 1 || count % LOG_EVERY === 0) {
      this.#log("warn", `${count} ${what}`);
    }
  }

  #log(level: keyof Logger, line: string, error?: unknown): void {
    const text = `${this.#name}: ${line}`;
    if (error === undefined) this.#logger[level]?.(text);
    else this.#logger[level]?.(text, error);
  }
}

const words = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const cut = (text: string | null | undefined): string =>
  JSON.stringify(text?.slice(0, CUT) ?? null);
