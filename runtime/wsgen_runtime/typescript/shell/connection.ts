/** A client's own view of a connection that others may share. */

import { type Address, checkedUrl, publicUrl } from "../addresses.js";
import { Closed } from "../errors.js";
import type { Protocol } from "../operations.js";
import type {
  ConnectionEvent,
  ConnectionOptions,
  ConnectionState,
  ConnectionStats,
  SendOptions,
  UnknownMessage,
  Url,
} from "../options.js";
import type { Call, Consumer, Lease } from "../session/index.js";
import type { Driver, Endpoint, Observer } from "./driver.js";
import { acquire } from "./registry.js";
import { sendsHeaders } from "./websocket_transport.js";

/** What one client has of a connection. */
export type Share = readonly [driver: Driver, lease: Lease];

/**
 * What a client can do with its connection. The socket behind it is shared by all clients of the package with the
 * same URL and credentials, and is opened by the first call.
 *
 * What is asked and said on it are functions (`subscribe`, `request`, `listen`, …): a bundle has those that are used.
 */
export class Connection implements Observer {
  /** Connections of one set of parameters each, by their lanes. */
  readonly lanes = new Map<string, Share>();
  /** What takes a listener in, on the first connection and on each one after a failure. */
  readonly listeners = new Map<Consumer, (share: Share) => void>();
  /** Those who follow changes of state. */
  readonly watchers = new Set<(event: ConnectionEvent) => void>();
  closed = false;
  readonly #endpoint: Endpoint; // a secret may be in it, and what is private is not shown
  #share: Share | undefined;

  constructor(
    protocol: Protocol,
    url: Url,
    options: ConnectionOptions = {},
    address?: Address,
  ) {
    const all = { ...protocol.defaults, ...options };
    const { heartbeat } = all;
    if (heartbeat) {
      protocol.codec.encode(heartbeat.message, heartbeat.payload);
    }
    const headers =
      all.headers ??
      all.cookies ??
      Object.keys(address?.handshake(address) ?? {})[0];
    if (headers && !all.transport && !sendsHeaders(all.WebSocket)) {
      throw new TypeError(
        "a browser's WebSocket sends no headers of ours; give a constructor that does as the option `WebSocket`",
      );
    }
    const server = typeof url === "function" ? "ws://later" : url;
    address?.locate(server, address) ?? checkedUrl(server);
    this.#endpoint = { protocol, url, address, options: all };
  }

  get state(): ConnectionState {
    if (this.closed) return "CLOSED";
    return this.#share?.[0].session.state ?? "DISCONNECTED";
  }

  get stats(): ConnectionStats {
    const session = this.#share?.[0].session;
    const { unknown = 0, invalid = 0, unrouted = 0 } = session?.reports ?? {};
    const attempts = session?.attempts.total ?? 0;
    return { attempts, unknown, invalid, unrouted };
  }

  /**
   * Open the connection, or wait until it is open. Optional: the first call does it.
   *
   * @throws ConnectionFailed: no attempt succeeded.
   * @throws HandshakeRejected: the server refused, and trying again would not help.
   * @throws Closed: the client is closed.
   */
  async connect({ signal }: Pick<SendOptions, "signal"> = {}): Promise<void> {
    await this.call(signal, ({ session }, lease) => session.connect(lease));
  }

  /** Start afresh after a failure, as `connect` does. Does nothing where the connection is open. */
  reconnect(options?: Pick<SendOptions, "signal">): Promise<void> {
    return this.connect(options);
  }

  /**
   * End everything of this client: its subscriptions are unsubscribed, its calls reject with `Closed`. The last
   * client of a shared connection closes it with code 1000. Final; a second call does nothing.
   */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const shares = [...this.lanes.values()];
    if (this.#share) shares.push(this.#share);
    this.lanes.clear();
    this.stateChanged({
      state: "CLOSED",
      reason: undefined,
      attempt: 0,
      error: undefined,
    });
    const closing = shares.map(
      ([driver, lease]) => [driver, driver.close(lease)] as const,
    );
    for (const consumer of this.listeners.keys()) consumer.end();
    this.listeners.clear();
    await Promise.all(closing.map(([driver, call]) => driver.settled(call)));
    await Promise.all(shares.map(([driver]) => driver.gone()));
  }

  /** Where it leads, without what may be secret. */
  toString(): string {
    const { protocol, url } = this.#endpoint;
    return `${protocol.name} connection to ${typeof url === "function" ? "a URL of its own for each attempt" : publicUrl(url)} (${this.state})`;
  }

  // What the functions need that ask and say something.

  /** Where it leads, and how. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** The connection that was used last. */
  get share(): Share | undefined {
    return this.#share;
  }

  /** The connection of this client as it is; undefined before the first call, and after a failure. */
  get present(): Share | undefined {
    const share = this.#share;
    return share?.[0].session.state === "FAILED" ? undefined : share;
  }

  /**
   * The connection of this client; a new one after a failure.
   *
   * @throws Closed: the client is closed.
   */
  use(): Share {
    if (this.closed) throw new Closed();
    const { present } = this;
    if (present) return present;
    if (this.#share) this.#share[0].detach(this.#share[1]);
    const share = (this.#share = acquire(this, ""));
    for (const takeIn of this.listeners.values()) takeIn(share);
    return share;
  }

  /** The result of the call that `start` makes. */
  async call(
    signal: AbortSignal | undefined,
    start: (driver: Driver, lease: Lease) => Call,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const [driver, lease] = this.use();
    const call = start(driver, lease);
    driver.carryOut();
    return driver.settled(call, () => driver.session.abandon(call), signal);
  }

  /** See `Observer`. */
  stateChanged(event: ConnectionEvent): void {
    for (const take of [...this.watchers]) take(event);
    this.#hook(this.#endpoint.options.onState, event);
  }

  /** See `Observer`. */
  strangeMessage(message: UnknownMessage): void {
    this.#hook(this.#endpoint.options.onUnknown, message);
  }

  #hook<T>(hook: ((value: T) => void) | undefined, value: T): void {
    try {
      hook?.(value);
    } catch (error) {
      const { logger = console } = this.#endpoint.options;
      logger?.error?.(`${this.#endpoint.protocol.name}: a hook threw`, error);
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
