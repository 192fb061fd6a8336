/** What callers hold of a subscription. */

import type { Subscription, SubscriptionState } from "../options.js";
import type { Consumer } from "../session/index.js";
import type { Driver } from "./driver.js";

let count = 0;

/** A name of a subscription, unique in this program. */
export const newId = (consumer: Consumer): string => idOf(consumer, ++count);

const idOf = ({ domain }: Consumer, number: number) => `${domain}-${number}`;

/** A confirmed subscription. */
export class ConsumerSubscription implements Subscription {
  readonly #number = ++count;
  readonly #driver: Driver;
  readonly #consumer: Consumer;

  constructor(driver: Driver, consumer: Consumer) {
    this.#driver = driver;
    this.#consumer = consumer;
  }

  get id(): string {
    return idOf(this.#consumer, this.#number);
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

/** End a subscription; resolves when its unsubscribe is answered. */
export async function leave(driver: Driver, consumer: Consumer): Promise<void> {
  const call = driver.session.leave(consumer);
  driver.carryOut();
  if (call) await driver.settled(call);
}
