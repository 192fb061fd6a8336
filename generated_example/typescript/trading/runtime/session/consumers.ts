/** Who gets values, and what waits for them. */

import type { Delivery, SubscriptionState } from "../options.js";
import type { Call } from "./calls.js";
import type { Lease } from "./leases.js";
import type { Session } from "./session.js";
import { NONE, type Wire } from "./wires.js";

const HIGH_WATER_MARK = 4096;

/** Ten thousand consumers share it. */
const USUAL: Delivery = {};

/** What waits for a consumer. */
export interface Queue {
  readonly size: number;
  push(value: unknown): void;
  shift(): unknown;
  clear(): void;
}

/** A queue that costs the same at any length. */
class Fifo implements Queue {
  #values: unknown[] = [];
  #head = 0;

  get size(): number {
    return this.#values.length - this.#head;
  }

  push(value: unknown): void {
    this.#values.push(value);
  }

  shift(): unknown {
    const value = this.#values[this.#head];
    this.#values[this.#head++] = undefined;
    if (this.#head * 2 > this.#values.length) {
      this.#values.splice(0, this.#head);
      this.#head = 0;
    }
    return value;
  }

  clear(): void {
    this.#values = [];
    this.#head = 0;
  }
}

/** What a consumer may be made with. */
export interface ConsumerOptions {
  readonly onReset?: (() => void) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly delivery?: Delivery | undefined;
}

/**
 * A callback, or a queue that a stream takes from.
 *
 * `accept` is what the dispatcher calls with each value: the callback itself,
 * the queue while an asynchronous callback runs or for a stream, or nothing at
 * all once the consumer has ended. A result that is a promise is served by the
 * shell.
 */
export class Consumer {
  readonly domain: string;
  readonly onReset: (() => void) | undefined;
  readonly onError: ((error: unknown) => void) | undefined;
  /** Whether it is given what the server asks, which is of interest as long as the connection lasts. */
  answers = false;
  busy = false;
  delivered = 0;
  dropped = 0;
  resets = 0;
  state: SubscriptionState = "CREATED";
  topic: string | undefined;
  wire: Wire | undefined;
  call: Call | undefined;
  lease: Lease | undefined;
  ended = false;
  watched = false;
  error: Error | undefined;
  /** Called when there is something to take, or nothing will come any more. */
  wake: (() => void) | undefined;
  accept: (value: unknown) => unknown;
  readonly #callback: ((value: unknown) => unknown) | undefined;
  readonly #delivery: Delivery;
  readonly #limit: number;
  #queue: Queue | undefined;
  /** Whether it blocks, and has not caught up since it was at its high-water mark. */
  #behind = false;
  #session: Session | undefined;
  #onEnded: readonly ((consumer: Consumer) => void)[] = NONE;

  constructor(
    domain: string,
    callback: ((value: never) => unknown) | undefined,
    { onReset, onError, delivery = USUAL }: ConsumerOptions = {},
  ) {
    this.domain = domain;
    this.onReset = onReset;
    this.onError = onError;
    this.#callback = callback as ((value: unknown) => unknown) | undefined;
    this.#delivery = delivery;
    this.#limit = delivery.limit ?? HIGH_WATER_MARK;
    if (!callback) this.#queue = this.#newQueue();
    this.accept = this.#callback ?? ((value) => this.#takeIn(value));
  }

  get isStream(): boolean {
    return !this.#callback;
  }

  /** How many values wait for it. */
  get waiting(): number {
    return this.#queue?.size ?? 0;
  }

  /** It is one of this client's on this connection. */
  join(session: Session, lease: Lease): void {
    this.#session = session;
    this.lease = lease;
    lease.consumers.add(this);
  }

  /** The value that has waited longest. There is one. */
  take(): unknown {
    const queue = this.#queue!;
    const value = queue.shift();
    if (this.#behind && queue.size <= this.#limit >> 1) this.#noLongerOver();
    return value;
  }

  /** An asynchronous callback has begun; what arrives meanwhile waits. */
  started(): void {
    this.busy = true;
    if (!this.ended) {
      this.accept = (value) => {
        this.delivered--; // it is counted when the callback gets it
        this.#takeIn(value);
      };
    }
  }

  /**
   * Call the callback with the next waiting value; undefined when nothing waits
   * and it is idle again. Throws whatever the callback throws.
   */
  nextResult(): PromiseLike<unknown> | undefined {
    while (this.waiting && !this.ended) {
      this.delivered++;
      const callback = this.#callback!;
      const result = callback(this.take());
      if (isAwaitable(result)) return result;
    }
    this.#idle();
    return undefined;
  }

  /** What waits, and the callback that runs, are of no interest any more; what comes from now on is. */
  startOver(): void {
    this.#idle();
    this.#noLongerOver();
  }

  /** Nothing is delivered from now on. */
  stop(): void {
    this.#stopAccepting();
    this.#queue?.clear();
  }

  /** The last that happens to a consumer. After an error a stream still gives out what it had taken in. */
  end(error?: Error): void {
    if (this.state === "DELETED") return;
    this.error = error;
    this.state = "DELETED";
    if (this.isStream && error) this.#stopAccepting();
    else this.stop();
    this.lease?.consumers.delete(this);
    this.wake?.();
    const actions = this.#onEnded;
    this.#onEnded = NONE;
    for (const action of actions) action(this);
  }

  /** The unsubscribe that it has asked for is done. */
  left(): void {
    this.end();
    this.call?.settle();
  }

  /** Run `action` at the end. */
  whenEnded(action: (consumer: Consumer) => void): void {
    this.#onEnded = [...this.#onEnded, action];
  }

  #newQueue(): Queue {
    return this.#delivery.queue?.(() => this.#drop()) ?? new Fifo();
  }

  /** A value that waits. */
  #takeIn(value: unknown): void {
    const queue = (this.#queue ??= this.#newQueue());
    const { size } = queue;
    const { policy = "block" } = this.#delivery;
    // Reading stops before the consumer is over its mark.
    const full = size >= (policy === "block" ? this.#limit - 1 : this.#limit);
    if (full && !this.#makesRoom(policy, queue)) return;
    queue.push(value);
    this.wake?.();
  }

  #makesRoom(policy: Delivery["policy"], queue: Queue): boolean {
    switch (policy) {
      case "block":
        this.#behind = true;
        return this.#session!.pressure.over(this);
      case "drop_oldest":
        queue.shift();
        this.#drop();
        return true;
      case "latest":
        return true;
      default:
        this.#session!.overflow(this);
        return false;
    }
  }

  #drop(): void {
    this.dropped++;
    this.#session?.reports.dropped(this);
  }

  #idle(): void {
    this.busy = false;
    this.#queue = undefined;
    if (!this.ended) this.accept = this.#callback!;
  }

  #stopAccepting(): void {
    this.ended = true;
    this.accept = () => {};
    this.#noLongerOver();
  }

  #noLongerOver(): void {
    if (this.#behind) {
      this.#behind = false;
      this.#session?.pressure.relieved(this);
    }
  }
}

/** Whether a result has to be awaited. */
export function isAwaitable(result: unknown): result is PromiseLike<unknown> {
  return (
    result != null &&
    typeof (result as Partial<PromiseLike<unknown>>).then === "function"
  );
}
