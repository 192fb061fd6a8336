/** Streams: updates, pushes and changes of state to iterate over. */

import type { PushOperation, SubscriptionOperation } from "../operations.js";
import type {
  ConnectionEvent,
  ListenOptions,
  Stream,
  StreamOptions,
} from "../options.js";
import { Consumer } from "../session/index.js";
import * as pushes from "../session/listeners.js";
import type { Connection } from "./connection.js";
import type { Driver } from "./driver.js";
import { leave } from "./handles.js";
import { enter } from "./subscriptions.js";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Updates to iterate over; see the generated method. */
export function stream<Request, Data>(
  connection: Connection,
  operation: SubscriptionOperation<Request, Data>,
  request: Request,
  options: StreamOptions = {},
): Stream<Data> {
  const { delivery = operation.delivery, signal } = options;
  return new ConsumerStream(
    new Consumer(operation.domain, undefined, { delivery }),
    (consumer) => enter(connection, operation, request, consumer, options),
    signal,
  );
}

/** Every push of `operation` to iterate over; the first `next` connects. */
export function listenStream<Data>(
  connection: Connection,
  operation: PushOperation<Data>,
  { delivery, signal }: ListenOptions = {},
): Stream<Data> {
  return new ConsumerStream(
    new Consumer(operation.name, undefined, { delivery }),
    async (consumer) => {
      const [driver, lease] = connection.use();
      pushes.listen(driver.session, lease, operation, consumer);
      await connection.connect({ signal });
      return driver;
    },
    signal,
  );
}

/** Every change of state from now on, until the client is closed. */
export function connectionEvents({
  closed,
  watchers,
}: Connection): AsyncIterableIterator<ConnectionEvent, undefined, void> {
  const consumer = new Consumer("events", undefined, {
    delivery: { policy: "drop_oldest", limit: 1000 },
  });
  const take = (event: ConnectionEvent) => void consumer.accept(event);
  watchers.add(take);
  consumer.whenEnded(() => watchers.delete(take));
  if (closed) consumer.end();
  return eventsOf(consumer);
}

async function* eventsOf(
  consumer: Consumer,
): AsyncGenerator<ConnectionEvent, undefined, void> {
  try {
    for (;;) {
      while (consumer.waiting) {
        const event = consumer.take() as ConnectionEvent;
        yield event;
        if (event.state === "CLOSED") return;
      }
      if (consumer.ended) return;
      await new Promise<void>((resolve) => (consumer.wake = resolve));
    }
  } finally {
    consumer.end();
  }
}

/** Values to iterate over. */
class ConsumerStream<T> implements Stream<T> {
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
