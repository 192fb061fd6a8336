/** What callers hold: subscriptions and streams. */

import type { Stream, Subscription, SubscriptionState } from "../options.js";
import type { Consumer } from "../session/index.js";
import type { Driver } from "./driver.js";

let count = 0;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A confirmed subscription. */
export class ConsumerSubscription implements Subscription {
  readonly id: string;
  readonly #driver: Driver;
  readonly #consumer: Consumer;

  constructor(driver: Driver, consumer: Consumer) {
    this.id = `${consumer.domain}-${++count}`;
    this.#driver = driver;
    this.#consumer = consumer;
  }

  get topic(): string | undefined {
    return this.#consumer.topic;
  }

  get state(): SubscriptionState {
    return this.#consumer.state;
  }

  get delivered(): number {
    return this.#consumer.delivered;
  }

  get dropped(): number {
    return this.#consumer.dropped;
  }

  get resets(): number {
    return this.#consumer.resets;
  }

  unsubscribe(): Promise<void> {
    return leave(this.#driver, this.#consumer);
  }

  cancel(): void {
    this.#driver.session.leave(this.#consumer);
    this.#driver.carryOut();
  }

  async waitEnded(): Promise<void> {
    const consumer = this.#consumer;
    consumer.watched = true;
    if (consumer.state !== "DELETED") {
      await new Promise<void>((resolve) => consumer.whenEnded(() => resolve()));
    }
    if (consumer.error) throw consumer.error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }
}

/** Values to iterate over. */
export class ConsumerStream<T> implements Stream<T> {
  readonly #consumer: Consumer;
  readonly #enter: (consumer: Consumer) => Promise<Driver>;
  readonly #signal: AbortSignal | undefined;
  #driver: Driver | undefined;
  #reading = false;

  constructor(
    consumer: Consumer,
    enter: (consumer: Consumer) => Promise<Driver>,
    signal: AbortSignal | undefined,
  ) {
    this.#consumer = consumer;
    this.#enter = enter;
    this.#signal = signal;
  }

  get topic(): string | undefined {
    return this.#consumer.topic;
  }

  get resets(): number {
    return this.#consumer.resets;
  }

  get dropped(): number {
    return this.#consumer.dropped;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const consumer = this.#consumer;
    if (this.#reading) {
      throw new TypeError("a stream has one reader at a time");
    }
    this.#reading = true;
    try {
      if (!this.#driver && !consumer.ended) await this.#begin();
      while (!consumer.waiting) {
        if (this.#signal?.aborted) throw this.#signal.reason;
        if (consumer.error) throw consumer.error;
        if (consumer.ended) return DONE;
        await new Promise<void>((resolve) => (consumer.wake = resolve));
        consumer.wake = undefined;
      }
      const value = consumer.take() as T;
      if (this.#driver?.session.effects.length) this.#driver.carryOut();
      return { done: false, value };
    } finally {
      this.#reading = false;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    if (this.#driver) await leave(this.#driver, this.#consumer);
    else this.#consumer.end();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #begin(): Promise<void> {
    const signal = this.#signal;
    signal?.throwIfAborted();
    this.#driver = await this.#enter(this.#consumer);
    const stop = () => void this.return().catch(() => {});
    signal?.addEventListener("abort", stop);
    this.#consumer.whenEnded(() => signal?.removeEventListener("abort", stop));
  }
}

async function leave(driver: Driver, consumer: Consumer): Promise<void> {
  const call = driver.session.leave(consumer);
  driver.carryOut();
  if (call) await driver.settled(call);
}
