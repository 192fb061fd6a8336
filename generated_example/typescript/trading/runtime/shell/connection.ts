/** A client's own view of a connection that others may share. */

import {
  type Address,
  channelUrl,
  handshakeHeaders,
  publicUrl,
} from "../addresses.js";
import type { Getter } from "../codec.js";
import { Closed } from "../errors.js";
import type {
  HandlerOperation,
  Protocol,
  PushOperation,
  RequestOperation,
  SendOperation,
  SubscriptionOperation,
} from "../operations.js";
import {
  type Callback,
  type ConnectionEvent,
  type ConnectionOptions,
  type ConnectionState,
  type ConnectionStats,
  type Delivery,
  type HandleOptions,
  type ListenOptions,
  type RequestHandler,
  type RequestOptions,
  type SendOptions,
  seconds,
  type Stream,
  type StreamOptions,
  type SubscribeOptions,
  type Subscription,
  type Url,
} from "../options.js";
import {
  type Call,
  canonicalParameters,
  Consumer,
  getter,
  Lease,
} from "../session/index.js";
import { answering } from "./answering.js";
import type { Driver, Observer } from "./driver.js";
import { ConsumerStream, ConsumerSubscription } from "./handles.js";
import { acquire } from "./registry.js";

type Listener = (driver: Driver, lease: Lease) => void;
type Share = readonly [driver: Driver, lease: Lease];

/**
 * What a client can do with its connection. The socket behind it is shared by all clients of the package with the
 * same URL and credentials, and is opened by the first call.
 */
export class Connection {
  readonly #protocol: Protocol;
  readonly #url: Url;
  readonly #address: Address;
  readonly #options: ConnectionOptions;
  readonly #lanes = new Map<string, Share>();
  readonly #listeners = new Map<Consumer, Listener>();
  readonly #handled = new Set<unknown>();
  readonly #events = new Set<(event: ConnectionEvent) => void>();
  readonly #observer: Observer;
  #share: Share | undefined;
  #closed = false;

  constructor(
    protocol: Protocol,
    url: Url,
    options: ConnectionOptions = {},
    address: Address = { template: "" },
  ) {
    const all = { ...protocol.defaults, ...options };
    const { heartbeat } = all;
    if (heartbeat) {
      protocol.codec.encode(heartbeat.message, heartbeat.payload);
    }
    const headers = [
      ...Object.keys(handshakeHeaders(address)),
      ...(all.headers || all.cookies ? ["headers"] : []),
    ];
    if (headers.length && !all.WebSocket && !all.transport) {
      throw new TypeError(
        "the platform's own WebSocket sends no headers of ours; give a constructor that does: `{ WebSocket }` of the package ws",
      );
    }
    channelUrl(typeof url === "function" ? "ws://later" : url, address);
    this.#protocol = protocol;
    this.#url = url;
    this.#address = address;
    this.#options = all;
    this.#observer = {
      stateChanged: (event) => this.#emit(event),
      strangeMessage: (message) => this.#hook(all.onUnknown, message),
    };
  }

  get state(): ConnectionState {
    if (this.#closed) return "CLOSED";
    return this.#share?.[0].session.state ?? "DISCONNECTED";
  }

  get stats(): ConnectionStats {
    const session = this.#share?.[0].session;
    return {
      attempts: session?.attempts ?? 0,
      unknown: session?.reports.unknown ?? 0,
      invalid: session?.reports.invalid ?? 0,
      unrouted: session?.reports.unrouted ?? 0,
    };
  }

  /**
   * Open the connection, or wait until it is open. Optional: the first call does it.
   *
   * @throws ConnectionFailed: no attempt succeeded.
   * @throws HandshakeRejected: the server refused, and trying again would not help.
   * @throws Closed: the client is closed.
   */
  async connect({ signal }: Pick<SendOptions, "signal"> = {}): Promise<void> {
    await this.#call(signal, ({ session }, lease) => session.connect(lease));
  }

  /** Start afresh after a failure, as `connect` does. Does nothing where the connection is open. */
  reconnect(options?: Pick<SendOptions, "signal">): Promise<void> {
    return this.connect(options);
  }

  /** Every change of state from now on, until the client is closed. */
  events(): AsyncIterableIterator<ConnectionEvent, undefined, void> {
    const consumer = new Consumer("events", undefined, {
      delivery: { policy: "drop_oldest", limit: 1000 },
    });
    const take = (event: ConnectionEvent) => void consumer.accept(event);
    this.#events.add(take);
    consumer.whenEnded(() => this.#events.delete(take));
    if (this.#closed) consumer.end();
    return eventsOf(consumer);
  }

  /**
   * End everything of this client: its subscriptions are unsubscribed, its calls reject with `Closed`. The last
   * client of a shared connection closes it with code 1000. Final; a second call does nothing.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const shares = [...this.#lanes.values()];
    if (this.#share) shares.push(this.#share);
    this.#lanes.clear();
    this.#emit({
      state: "CLOSED",
      reason: undefined,
      attempt: 0,
      error: undefined,
    });
    const closing = shares.map(
      ([driver, lease]) => [driver, driver.close(lease)] as const,
    );
    for (const consumer of this.#listeners.keys()) consumer.end();
    this.#listeners.clear();
    await Promise.all(closing.map(([driver, call]) => driver.settled(call)));
    await Promise.all(shares.map(([driver]) => driver.gone()));
  }

  // What generated methods call.

  /** Subscribe; resolves after the server's confirmation. See the generated method. */
  async subscribe<Request, Data>(
    operation: SubscriptionOperation<Request, Data>,
    request: Request,
    onUpdate: Callback<Data>,
    { onReset, onError, timeout, signal }: SubscribeOptions = {},
  ): Promise<Subscription> {
    const { domain, delivery } = operation;
    const key = keyOf(delivery);
    const consumer = new Consumer(domain, onUpdate, {
      onReset,
      onError,
      delivery,
      key,
    });
    return new ConsumerSubscription(
      await this.#subscribe(operation, request, consumer, timeout, signal),
      consumer,
    );
  }

  /** Updates to iterate over; see the generated method. */
  stream<Request, Data>(
    operation: SubscriptionOperation<Request, Data>,
    request: Request,
    { delivery, timeout, signal }: StreamOptions = {},
  ): Stream<Data> {
    return new ConsumerStream(
      streamed(operation.domain, delivery ?? operation.delivery),
      (consumer) =>
        this.#subscribe(operation, request, consumer, timeout, signal),
      signal,
    );
  }

  /** Send; resolves with the reply. See the generated method. */
  request<Request, Reply>(
    operation: RequestOperation<Request, Reply>,
    payload: Request,
    { timeout, ttl, onDisconnect, signal }: RequestOptions = {},
  ): Promise<Reply> {
    const options = {
      timeout: seconds(timeout),
      ttl: seconds(ttl),
      onDisconnect,
    };
    return this.#call(signal, ({ session }, lease) =>
      session.request(lease, operation, payload, options),
    ) as Promise<Reply>;
  }

  /** Send; resolves when the message is handed over. See the generated method. */
  async send<Request>(
    operation: SendOperation<Request>,
    payload: Request,
    { ttl, onDisconnect, signal }: SendOptions = {},
  ): Promise<void> {
    const options = { ttl: seconds(ttl), onDisconnect };
    await this.#call(signal, ({ session }, lease) =>
      session.send(lease, operation, payload, options),
    );
    await this.#share?.[0].drain();
  }

  /** Call `callback` with every push of `operation`, until the result is called. Does not connect. */
  listen<Data>(
    operation: PushOperation<Data>,
    callback: Callback<Data>,
    { delivery, onError, signal }: ListenOptions = {},
  ): () => void {
    const key = keyOf(delivery);
    const consumer = new Consumer(operation.name, callback, {
      onError,
      delivery,
      key,
    });
    const stop = this.#listen(consumer, ({ session }, lease) =>
      session.listen(lease, operation, consumer),
    );
    signal?.addEventListener("abort", stop);
    return () => {
      signal?.removeEventListener("abort", stop);
      stop();
    };
  }

  /** Every push of `operation` to iterate over; the first `next` connects. */
  listenStream<Data>(
    operation: PushOperation<Data>,
    { delivery, signal }: ListenOptions = {},
  ): Stream<Data> {
    return new ConsumerStream(
      streamed(operation.name, delivery),
      async (consumer) => {
        const [driver, lease] = this.#use();
        driver.session.listen(lease, operation, consumer);
        await this.connect({ signal });
        return driver;
      },
      signal,
    );
  }

  /**
   * Answer every request of `operation` with what `handler` returns, until the result is called. Does not connect.
   * Requests are handled one after the other, or with `concurrent` all at once. What the handler throws is reported,
   * and answered with what `errorReply` makes of it, or not at all. What was asked on a connection that has ended is
   * not answered.
   *
   * @throws TypeError: this client has a handler for it.
   * @throws Closed: the client is closed.
   */
  handle<Request, Reply>(
    operation: HandlerOperation<Request, Reply>,
    handler: RequestHandler<Request, Reply>,
    options: HandleOptions<Reply> = {},
  ): () => void {
    if (this.#handled.has(operation)) {
      throw new TypeError(
        `\`${operation.request}\` has a handler; call what registering it returned first`,
      );
    }
    const { onError } = options;
    const callback = answering(
      () => this.#share![0],
      () => consumer,
      handler,
      options,
    );
    const consumer: Consumer = new Consumer(operation.request, callback, {
      onError,
    });
    const stop = this.#listen(consumer, ({ session }, lease) =>
      session.handle(lease, operation, consumer),
    );
    this.#handled.add(operation);
    return () => {
      this.#handled.delete(operation);
      stop();
    };
  }

  /** Where it leads, without what may be secret. */
  toString(): string {
    const url = this.#url;
    return `${this.#protocol.name} connection to ${typeof url === "function" ? "a URL of its own for each attempt" : publicUrl(url)} (${this.state})`;
  }

  // Inside.

  async #call(
    signal: AbortSignal | undefined,
    start: (driver: Driver, lease: Lease) => Call,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const [driver, lease] = this.#use();
    const call = start(driver, lease);
    driver.carryOut();
    return driver.settled(call, () => driver.session.abandon(call), signal);
  }

  async #subscribe(
    operation: SubscriptionOperation<never, unknown>,
    request: unknown,
    consumer: Consumer,
    timeout: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Driver> {
    signal?.throwIfAborted();
    const apart = operation.route === "connection";
    const [driver, lease] = apart
      ? this.#useLane(operation, request, consumer)
      : this.#use();
    const { session } = driver;
    const wait = seconds(timeout);
    const call = session.subscribe(lease, operation, request, consumer, wait);
    driver.carryOut();
    await driver.settled(call, () => session.leave(consumer), signal);
    return driver;
  }

  #use(): Share {
    if (this.#closed) throw new Closed();
    if (this.#share) {
      const [driver, lease] = this.#share;
      if (driver.session.state !== "FAILED") return this.#share;
      driver.detach(lease);
    }
    this.#share = this.#acquire("");
    for (const takeIn of this.#listeners.values()) takeIn(...this.#share);
    return this.#share;
  }

  #useLane(
    operation: SubscriptionOperation<never, unknown>,
    request: unknown,
    consumer: Consumer,
  ): Share {
    if (this.#closed) throw new Closed();
    const { codec } = this.#protocol;
    const lane = `${operation.domain}:${canonicalParameters(codec, operation, request)}`;
    const present = this.#lanes.get(lane);
    const over =
      present && ["FAILED", "CLOSED"].includes(present[0].session.state);
    const share = !present || over ? this.#acquire(lane) : present;
    this.#lanes.set(lane, share);
    const [driver, lease] = share;
    const leave = () => {
      if (lease.consumers.size || lease.calls.size || lease.closed) return;
      if (this.#lanes.get(lane) === share) this.#lanes.delete(lane);
      driver.close(lease);
    };
    consumer.whenEnded(() => queueMicrotask(leave));
    return share;
  }

  #acquire(lane: string): Share {
    const lease = new Lease();
    const driver = acquire(
      this.#protocol,
      this.#url,
      this.#address,
      this.#options,
      lease,
      this.#observer,
      lane,
    );
    return [driver, lease];
  }

  #listen(consumer: Consumer, takeIn: Listener): () => void {
    if (this.#closed) throw new Closed();
    this.#listeners.set(consumer, takeIn);
    const share = this.#share;
    if (share && share[0].session.state !== "FAILED") takeIn(...share);
    return () => {
      this.#listeners.delete(consumer);
      this.#share?.[0].session.leave(consumer);
    };
  }

  #emit(event: ConnectionEvent): void {
    for (const take of [...this.#events]) take(event);
    this.#hook(this.#options.onState, event);
  }

  #hook<T>(hook: ((value: T) => void) | undefined, value: T): void {
    try {
      hook?.(value);
    } catch (error) {
      const { logger = console } = this.#options;
      logger?.error?.(`${this.#protocol.name}: a hook threw`, error);
    }
  }
}

/** Base of generated clients. */
export class Client {
  readonly connection: Connection;

  constructor(
    protocol: Protocol,
    url: Url,
    options: ConnectionOptions = {},
    address?: Address,
  ) {
    this.connection = new Connection(protocol, url, options, address);
  }

  /**
   * Open the connection. Optional: the first call does it.
   *
   * @throws ConnectionFailed: no attempt succeeded.
   * @throws HandshakeRejected: the server refused, and trying again would not help.
   */
  connect(options?: Pick<SendOptions, "signal">): Promise<void> {
    return this.connection.connect(options);
  }

  /** Unsubscribe, and let go of the connection. Final; a second call does nothing. */
  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function streamed(domain: string, delivery: Delivery | undefined): Consumer {
  return new Consumer(domain, undefined, { delivery, key: keyOf(delivery) });
}

function keyOf(delivery: Delivery | undefined): Getter | undefined {
  if (delivery?.policy !== "latest") return undefined;
  if (delivery.key !== undefined) return getter(delivery.key);
  throw new TypeError(
    'the policy "latest" needs `key`, the name of the field that tells values apart',
  );
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
