/**
 * The core of a connection, without a socket, an event loop, a clock or
 * randomness.
 *
 * Frames and clock readings go in; `take()` gives what the shell has to do, in
 * order. Deliveries do not take that way: `receive` calls the consumers itself,
 * so that an update costs one decode, one look-up and the call.
 *
 *     shell                                session
 *     ─────                                ───────
 *     opened / failed                  →   the attempt that "open" asked for
 *     receive / receiveBinary / lost   →   what the socket gives
 *     tick                             →   at `nextTimer`
 *     take                             ←   effects
 *
 * Rules for the next editor: a state changes only in `#enter`; a subscription
 * changes only by the table in `transitions`; every frame that the server
 * answers takes its slot before it is sent; nothing here awaits.
 */

import {
  type Codec,
  type Decoded,
  type Frame,
  Undecodable,
  UnknownMessageKey,
} from "../codec.js";
import {
  Closed,
  ConnectionFailed,
  ConnectionLost,
  HandshakeRejected,
  SlowConsumer,
} from "../errors.js";
import type { Protocol, SubscriptionOperation } from "../operations.js";
import type {
  ConnectionEvent,
  ConnectionState,
  SessionOptions,
  UnknownMessage,
} from "../options.js";
import { Alignment } from "./alignment.js";
import { Attempts, type Cause } from "./attempts.js";
import { Call, Cancelled, whenAllSettled } from "./calls.js";
import { type Consumer, isAwaitable } from "./consumers.js";
import type { Effect } from "./effects.js";
import { Exchange } from "./exchange.js";
import type { Lease } from "./leases.js";
import type { SilenceWatch, Watch } from "./liveness.js";
import { Pressure } from "./pressure.js";
import { Renewal } from "./renewal.js";
import { Reports } from "./reports.js";
import { Domain } from "./subscriptions.js";
import { Switchboard } from "./switchboard.js";
import { type Timer, Timers } from "./timers.js";
import type { Wire } from "./wires.js";

const CLOSE_GRACE = 1;

/** Seconds by which the timers of a row of attempts may be late in all. */
const LATE = 0.25;

/** One connection: its state, its calls, its subscriptions. All times are in seconds. */
export class Session {
  readonly codec: Codec;
  readonly reports: Reports;
  state: ConnectionState = "DISCONNECTED";
  effects: Effect[] = [];
  /** Of the frame that is being given to consumers: characters, or bytes. */
  size = 0;
  readonly options: SessionOptions;
  /** Monotonic seconds. */
  readonly clock: () => number;
  readonly timers = new Timers();
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  /** The number of the latest id that was made. */
  lastId = 0;
  readonly renewal: Renewal;
  readonly switchboard = new Switchboard(this);
  readonly alignment = new Alignment(this);
  readonly exchange = new Exchange(this);
  readonly pressure = new Pressure(this);
  readonly #heartbeat: Watch | undefined;
  /** Notices that nothing comes. */
  readonly silence: SilenceWatch | undefined;
  readonly leases = new Set<Lease>();
  readonly domains = new Map<unknown, Domain>();
  /** Calls that wait for a connection, and what they do when it is there. */
  readonly waiting = new Map<Call, () => void>();
  readonly attempts: Attempts;
  readonly #logsFrames: boolean;
  readonly #routes = this.switchboard.routes;
  #order = 0;
  #closing: Timer | undefined;
  #whenClosed: (() => void) | undefined;

  /** `clock` gives monotonic seconds; `random` gives numbers in [0, 1). */
  constructor(
    protocol: Protocol,
    options: SessionOptions,
    clock: () => number,
    random: () => number,
  ) {
    this.codec = protocol.codec;
    this.options = options;
    this.clock = clock;
    this.reports = new Reports(protocol.name, options.logger);
    this.#logsFrames = this.reports.frames;
    this.random = random;
    this.renewal = new Renewal(this.domains);
    this.#heartbeat = options.heartbeat?.(this);
    this.silence = options.silence?.(this);
    this.attempts = new Attempts(this, random);
  }

  // What the shell asks.

  get connected(): boolean {
    return this.state === "CONNECTED";
  }

  /** Seconds that a call waits for its answer, unless it says otherwise. */
  get defaultTimeout(): number {
    return this.options.timeout;
  }

  /** The number of the attempt whose answers count. */
  get generation(): number {
    return this.attempts.generation;
  }

  /** When `tick` wants to be called. */
  get nextTimer(): number | undefined {
    return this.timers.next();
  }

  /** What is to be done, in order; empty most of the time. */
  take(): readonly Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** Fire the timers that are due. */
  tick(): void {
    this.timers.fire(this.clock());
  }

  // What a client does.

  /** Let another client share this connection. */
  lease(lease: Lease): void {
    this.leases.add(lease);
  }

  /** Take a client out of a connection that has failed; its listeners can go to another one. */
  detach(lease: Lease): void {
    this.leases.delete(lease);
    for (const consumer of lease.consumers) this.switchboard.silence(consumer);
    lease.consumers.clear();
  }

  /** Settles when the connection can be used. */
  connect(lease: Lease): Call {
    lease.check();
    const call = new Call("connect", lease);
    const start = () => call.settle();
    if (this.connected) start();
    else this.waitForConnection(call, start, (error) => call.fail(error));
    return call;
  }

  /**
   * Settles with the consumer after the server's confirmation.
   *
   * @throws Closed, InvalidRequest, AmbiguousRoute: nothing was sent.
   */
  subscribe(
    lease: Lease,
    operation: SubscriptionOperation<never, unknown>,
    request: unknown,
    consumer: Consumer,
    timeout: number = this.defaultTimeout,
  ): Call {
    lease.check();
    let domain = this.domains.get(operation);
    if (!domain) {
      domain = new Domain(this, operation);
      this.domains.set(operation, domain);
    }
    return domain.subscribe(lease, request, consumer, timeout);
  }

  /** End a subscription, or give up one that is pending. The call of the unsubscribe, if a frame was sent. */
  leave(consumer: Consumer): Call | undefined {
    if (consumer.wire) return consumer.wire.domain.leave(consumer);
    this.#unlisten(consumer);
    return undefined;
  }

  /** The caller gave up; the slot of its request stays until the reply comes. */
  abandon(call: Call, error: Error = new Cancelled()): void {
    if (call.settled) return;
    call.fail(error);
    if (call.wait) {
      const { slot } = call.wait;
      slot.waiting = false;
      this.exchange.letNextGo(slot);
    }
  }

  /**
   * Take a consumer in that is no subscriber. Does not connect.
   *
   * @throws Closed: the client is closed.
   */
  takeIn(lease: Lease, consumer: Consumer): void {
    lease.check();
    consumer.join(this, lease);
    consumer.state = "CONFIRMED";
  }

  /** End all that one client has here; the last one closes the connection. Settles when that is done. */
  close(lease: Lease): Call {
    const done = new Call("close");
    if (lease.closed) {
      done.settle();
      return done;
    }
    lease.closed = true;
    this.leases.delete(lease);
    const releases = new Set<Call>();
    const order = ({ wire }: Consumer) => wire?.order ?? 0;
    for (const consumer of [...lease.consumers].sort(
      (one, other) => order(one) - order(other),
    )) {
      if (
        consumer.wire &&
        consumer.call &&
        consumer.state !== "UNSUBSCRIBING"
      ) {
        consumer.wire.domain.leave(consumer, new Closed());
      } else {
        const release = this.leave(consumer);
        if (release) releases.add(release);
      }
    }
    for (const call of [...lease.calls]) {
      if (!releases.has(call)) this.abandon(call, new Closed());
    }
    if (!this.leases.size && !this.#is("CLOSED")) {
      this.#closeLast(releases, done);
    } else {
      const settle = () => done.settle();
      done.timer = this.timers.at(this.clock() + CLOSE_GRACE, settle);
      whenAllSettled(releases, settle);
    }
    return done;
  }

  // What the socket says.

  /** The attempt succeeded. */
  opened(generation: number): void {
    if (!this.#awaits(generation)) return;
    const again = this.#is("RECONNECTING");
    this.attempts.succeeded();
    this.#enter("CONNECTED", undefined, this.attempts.number);
    this.#heartbeat?.start();
    this.silence?.start();
    const renewed = this.renewal.begin(this.waiting);
    this.reports.connected(again ? renewed : undefined);
  }

  /** The attempt failed: with `HandshakeRejected` where the server answered, else before. */
  failed(generation: number, error: unknown): void {
    if (!this.#awaits(generation)) return;
    const { status, retryAfter = 0 } =
      error instanceof HandshakeRejected ? error : {};
    const cause = this.attempts.failed(error, retryAfter);
    if (cause) this.#fail(cause, status);
  }

  /** The socket ended; everything that arrived before has been given to `receive`. */
  lost(generation: number, code: number | undefined, reason = ""): void {
    if (generation !== this.generation) return;
    if (this.#closing) this.#closed();
    else if (this.connected) {
      this.#interrupted(new ConnectionLost(code, reason, "maybe"), code);
    }
  }

  /** A frame came, binary where it is no string. Consumers are called from here. */
  receive(frame: Frame): void {
    if (this.#logsFrames) this.reports.frame("<", frame);
    this.silence?.heard();
    this.size = frame.length;
    let decoded: Decoded;
    try {
      decoded =
        typeof frame === "string"
          ? this.codec.decode(frame)
          : this.codec.decodeBinary(frame);
    } catch (error) {
      this.#undecodable(error, frame);
      return;
    }
    const route = this.#routes.get(decoded[0]);
    if (route) route(decoded[1], frame);
    else this.countUnrouted(decoded[0]);
  }

  // What consumers do.

  /** A callback returned something: a promise is served, anything else is of no interest. */
  callbackStarted(consumer: Consumer, result: unknown): void {
    if (isAwaitable(result)) {
      consumer.started();
      this.emit({ kind: "serve", consumer, awaitable: result });
    }
  }

  /** Report what a callback threw. */
  callbackFailed(consumer: Consumer, error: unknown): void {
    this.reports.callbackFailed(consumer, error);
  }

  /** A promise of "serve" is done: what is to be awaited next for this consumer, if anything. */
  served(consumer: Consumer): PromiseLike<unknown> | undefined {
    for (;;) {
      try {
        return consumer.nextResult();
      } catch (error) {
        this.callbackFailed(consumer, error);
      }
    }
  }

  /** End a consumer that fell too far behind. */
  overflow(consumer: Consumer): void {
    const error = new SlowConsumer(consumer.domain, consumer.waiting);
    this.reports.slow(error);
    if (consumer.wire) consumer.wire.domain.leave(consumer, error);
    else this.#unlisten(consumer, error);
  }

  // What its parts need.

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  /** Send a frame. */
  transmit(frame: Frame): void {
    if (this.#logsFrames) this.reports.frame(">", frame);
    this.emit({ kind: "transmit", frame });
  }

  nextOrder(): number {
    return ++this.#order;
  }

  /** Run `start` when the connection is there, or `giveUp` when that takes too long. */
  waitForConnection(
    call: Call,
    start: () => void,
    giveUp: (error: Error) => void,
    patience?: number,
  ): void {
    this.waiting.set(call, start);
    call.order ||= this.nextOrder();
    const attempts = this.attempts;
    const byDefault =
      patience === undefined && this.options.connectTimeout === undefined;
    const tooLong = () => {
      // By default the last attempt ends at the same instant, or a little
      // later: its outcome settles the call.
      const { end } = attempts;
      const now = this.clock();
      if (byDefault && end !== undefined && end <= now + LATE) {
        call.timer = this.timers.at(Math.max(end, now), tooLong);
      } else {
        giveUp(new ConnectionFailed(attempts.number, attempts.cause));
      }
    };
    const due = this.clock() + (patience ?? attempts.patience);
    call.waitIn(this.waiting, this.timers.at(due, tooLong));
    if (this.#is("DISCONNECTED") || this.#is("FAILED")) {
      this.#enter("CONNECTING", undefined, 1);
      attempts.first();
    }
  }

  /**
   * Replies no longer belong to the calls that they reach: only a new connection
   * helps. Topics that were learned by position may belong to others, and are
   * asked for again one at a time.
   */
  desynchronised(doubtful: readonly Wire[]): void {
    if (!this.connected) return;
    const reason = "desynchronised";
    for (const wire of doubtful) wire.doubt();
    this.emit({ kind: "close", code: 1000, reason });
    this.#interrupted(new ConnectionLost(undefined, reason, "maybe"), reason);
  }

  /** Nothing has come for too long: the socket is dead, and has nobody for a closing handshake. */
  stale(): void {
    const reason = "the server is silent";
    this.emit({ kind: "abort" });
    this.#interrupted(new ConnectionLost(undefined, reason, "maybe"), "stale");
  }

  /** A valid message that nobody waits for. */
  countUnrouted(what: string): void {
    if (!this.#is("CLOSED")) this.reports.nobodyWaited(what);
  }

  // Inside.

  #unlisten(consumer: Consumer, error?: Error): void {
    this.switchboard.silence(consumer);
    consumer.end(error);
  }

  /** A frame that is no message, or not a valid one; anything else that was thrown goes on. */
  #undecodable(bad: unknown, frame: Frame): void {
    if (bad instanceof UnknownMessageKey) {
      this.#strange({ type: bad.type, raw: frame, error: undefined });
      return;
    }
    if (!(bad instanceof Undecodable)) throw bad;
    const { key, error, payload } = bad;
    if (key !== undefined) {
      this.exchange.spoil(this.switchboard.message(key), payload, frame, error);
    }
    this.#strange({ type: key, raw: frame, error });
  }

  #strange(message: UnknownMessage): void {
    if (this.#is("CLOSED")) return;
    this.reports.strange(message);
    this.emit({ kind: "strange", message });
  }

  // The connection.

  /** Whether this is the state now; a callback may have changed it. */
  #is(state: ConnectionState): boolean {
    return this.state === state;
  }

  /** Whether an attempt is under way, and it is this one. */
  #awaits(generation: number): boolean {
    return (
      generation === this.generation &&
      (this.#is("CONNECTING") || this.#is("RECONNECTING"))
    );
  }

  #enter(
    state: ConnectionState,
    reason?: ConnectionEvent["reason"],
    attempt = 0,
    error?: Error,
  ): void {
    this.state = state;
    const event: ConnectionEvent = { state, reason, attempt, error };
    this.reports.entered(event);
    this.emit({ kind: "changed", event });
  }

  /** The connection is gone, and another one may come: calls in flight fail, subscriptions wait. */
  #interrupted(failure: ConnectionLost, why: ConnectionEvent["reason"]): void {
    const { code, reason } = failure;
    this.#stopWatching();
    this.pressure.reset();
    const excused = this.renewal.ended(code, this.exchange.slots[0]);
    const cause = this.attempts.lost(failure, excused);
    if (cause) {
      this.#fail(cause, why);
      return;
    }
    this.#enter("RECONNECTING", why, 0, failure);
    this.#endSlots();
    for (const domain of this.domains.values()) domain.interrupted();
    for (const lease of [...this.leases]) {
      const calls = [...lease.calls].filter((call) => !this.waiting.has(call));
      for (const call of calls) {
        const sent = call.wait ? "maybe" : "no";
        call.fail(new ConnectionLost(code, reason, sent));
      }
    }
  }

  /** No connection, and none to come by itself: everything that depends on it ends. */
  #fail(error: Cause, reason: ConnectionEvent["reason"]): void {
    this.#enter("FAILED", reason, this.attempts.number, error(false));
    this.#endSlots();
    const leases = [...this.leases];
    const calls = leases.flatMap((lease) => [...lease.calls]);
    const consumers = leases.flatMap((lease) => [...lease.consumers]);
    for (const domain of [...this.domains.values()]) domain.lost(error);
    for (const call of calls) call.fail(error(!!call.wait));
    for (const consumer of consumers) {
      if (!consumer.wire && consumer.isStream) {
        this.#unlisten(consumer, error(false));
      }
    }
  }

  #stopWatching(): void {
    this.#heartbeat?.stop();
    this.silence?.stop();
  }

  #endSlots(): void {
    this.switchboard.drain();
    this.alignment.clear();
    this.exchange.clear();
    for (const { consumers } of this.leases) {
      for (const consumer of [...consumers]) {
        if (consumer.answers) consumer.startOver();
      }
    }
  }

  #closeLast(releases: Iterable<Call>, done: Call): void {
    const was = this.state;
    const settle = () => done.settle();
    this.pressure.resume();
    this.#stopWatching();
    this.#enter("CLOSED");
    if (was === "CONNECTED") {
      const finish = () => this.#finishClosing();
      this.#whenClosed = settle;
      this.#closing = this.timers.at(this.clock() + CLOSE_GRACE, finish);
      whenAllSettled(releases, finish);
      return;
    }
    this.attempts.stop();
    if (was === "CONNECTING" || was === "RECONNECTING") {
      this.emit({ kind: "abort" });
    }
    this.#closed();
    settle();
  }

  #finishClosing(): void {
    if (this.#closing) {
      this.emit({ kind: "close", code: 1000, reason: "" });
      this.#closed();
    }
  }

  /** Nothing is left of the connection. */
  #closed(): void {
    this.attempts.generation++;
    this.#closing?.cancel();
    this.#closing = undefined;
    this.#endSlots();
    for (const domain of this.domains.values()) {
      domain.lost(() => new Closed());
    }
    this.switchboard.clear();
    this.domains.clear();
    const whenClosed = this.#whenClosed;
    this.#whenClosed = undefined;
    whenClosed?.();
  }
}
