/**
 * Getting a connection, and getting it back: when the next attempt is due, and
 * when there is none left.
 *
 * An *outage* lasts from a loss until a connection has been stable for
 * `stableAfter`; a server that accepts and closes at once is one long outage.
 * Delays, the time to give up and the one further attempt after a denial count
 * by it. A first connect has exact delays of its own; for denials it is an
 * outage like another.
 */

import {
  ConnectionFailed,
  ConnectionLost,
  HandshakeRejected,
} from "../errors.js";
import { judge, type Verdict } from "../retry.js";
import type { Session } from "./session.js";
import type { Timer } from "./timers.js";

/** Makes the error of whoever depended on a connection, given whether a frame of theirs had been sent. */
export type Cause = (sent: boolean) => Error;

/** The attempts to connect of one session. */
export class Attempts {
  /** The number of the attempt whose answers count; every end of a connection raises it. */
  generation = 0;
  total = 0;
  /** Attempts in this outage. */
  number = 0;
  cause: unknown;
  readonly #session: Session;
  readonly #random: () => number;
  #timer: Timer | undefined;
  /** Whether the timer stands for an attempt that is due, not for one under way. */
  #due = false;
  #outageSince: number | undefined;
  #connectedAt = 0;
  #denied = false;

  constructor(session: Session, random: () => number) {
    this.#session = session;
    this.#random = random;
  }

  /** When the attempt that is due or under way begins or ends by itself; undefined without one. */
  get end(): number | undefined {
    return this.#timer?.live ? this.#timer.when : undefined;
  }

  /** Seconds that a call waits for a connection. */
  get patience(): number {
    const { connectTimeout, maxAttempts, openTimeout } = this.#session.options;
    if (connectTimeout !== undefined) return connectTimeout;
    if (maxAttempts === undefined) return 60;
    let sum = openTimeout * maxAttempts;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      sum += this.#listedDelay(attempt);
    }
    return sum;
  }

  /** Begin a first connect. */
  first(): void {
    this.number = 0;
    this.cause = this.#outageSince = undefined;
    this.#denied = false;
    this.#after(this.#delayBefore(1) ?? 0);
  }

  /** The attempt under way has led to a connection. */
  succeeded(): void {
    this.stop();
    this.#connectedAt = this.#session.clock();
  }

  /**
   * A connection ended. Undefined: another attempt is due; else why there is none.
   *
   * `excused`: the end is somebody's fault who has been found, and says nothing
   * about the connection.
   */
  lost(failure: ConnectionLost, excused: boolean): Cause | undefined {
    const now = this.#session.clock();
    this.generation++;
    const stable =
      now - this.#connectedAt >= this.#session.options.retry.stableAfter;
    if (stable) this.#denied = false;
    if (stable || this.#outageSince === undefined) {
      this.#outageSince = now;
      this.number = 0;
    }
    this.cause = failure;
    return this.#next(failure, 0, excused);
  }

  /** The attempt under way failed. Undefined: another one is due; else why there is none. */
  failed(error: unknown, retryAfter: number): Cause | undefined {
    this.stop();
    this.generation++; // a late answer to this attempt is not one to the next
    this.cause = error;
    return this.#next(error, retryAfter, false);
  }

  /** Make the attempt that is due at once: there is reason to think that it will succeed now. */
  hurry(): void {
    if (!this.#due || !this.#timer?.live) return;
    this.#timer.cancel();
    this.#try();
  }

  /** No attempt is due or under way any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #next(
    failure: unknown,
    retryAfter: number,
    excused: boolean,
  ): Cause | undefined {
    const verdict = this.#judge(failure);
    const { action } = verdict;
    if (!excused) {
      if (action === "never" || (action === "once" && this.#denied)) {
        return fatal(failure);
      }
      this.#denied ||= action === "once";
    }
    const listed = this.#delay();
    const delay = Math.max(listed ?? 0, retryAfter);
    if (listed === undefined || this.#tooLate(delay)) {
      const attempts = this.number;
      return () => new ConnectionFailed(attempts, failure);
    }
    this.#session.reports.attemptDue(failure, verdict, this.number, delay);
    this.#after(delay);
    return undefined;
  }

  #judge(failure: unknown): Verdict {
    try {
      return this.#session.options.retry.judge(failure);
    } catch (error) {
      this.#session.reports.judgeFailed(error);
      return judge(failure);
    }
  }

  #delay(): number | undefined {
    if (this.#outageSince === undefined) {
      return this.#delayBefore(this.number + 1);
    }
    const delay = this.#listedDelay(this.number + 1);
    if (delay === 0) return this.#random() / 2;
    return delay / 2 + (delay / 2) * this.#random();
  }

  /** Seconds before an attempt of a first connect, from 1; undefined when there is none left. */
  #delayBefore(attempt: number): number | undefined {
    const { maxAttempts = Infinity } = this.#session.options;
    return attempt > maxAttempts ? undefined : this.#listedDelay(attempt);
  }

  /** Seconds before an attempt, from 1. Past the listed delays they double, up to 30 s. */
  #listedDelay(attempt: number): number {
    const { delays } = this.#session.options.retry;
    const last = delays.at(-1) ?? 0;
    const doublings = attempt - Math.max(1, delays.length);
    return doublings <= 0
      ? (delays[attempt - 1] ?? 0)
      : Math.min(30, Math.max(1, last) * 2 ** doublings);
  }

  #tooLate(delay: number): boolean {
    const since = this.#outageSince;
    if (since === undefined) {
      // A first connect: nobody waits longer for it, whatever the server asks for.
      return delay > this.patience;
    }
    const { giveUpAfter = Infinity } = this.#session.options.retry;
    return this.#session.clock() + delay > since + giveUpAfter;
  }

  #after(delay: number): void {
    if (delay > 0) {
      const due = this.#session.clock() + delay;
      this.#timer = this.#session.timers.at(due, () => this.#try());
      this.#due = true;
    } else {
      this.#try();
    }
  }

  #try(): void {
    const attempt = ++this.number;
    this.#due = false;
    this.total++;
    const generation = ++this.generation;
    const { openTimeout } = this.#session.options;
    this.#timer = this.#session.timers.at(
      this.#session.clock() + openTimeout,
      () => {
        this.#session.emit({ kind: "abort" });
        this.#session.failed(
          generation,
          new Error(`no handshake within ${openTimeout} s`),
        );
      },
    );
    this.#session.emit({ kind: "open", attempt, generation });
  }
}

function fatal(failure: unknown): Cause {
  if (failure instanceof HandshakeRejected) return () => failure;
  if (failure instanceof ConnectionLost) {
    const { code, reason } = failure;
    return (sent) => new ConnectionLost(code, reason, sent ? "maybe" : "no");
  }
  return () => new ConnectionFailed(1, failure);
}
