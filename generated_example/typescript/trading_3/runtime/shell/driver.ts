/** One session on one socket: carries out what the session asks, and tells it what the socket says. */

import { type Address, checkedUrl, queryPairs } from "../addresses.js";
import type { Frame } from "../codec.js";
import type { Protocol } from "../operations.js";
import {
  completed,
  type ConnectionEvent,
  type ConnectionOptions,
  type Credential,
  seconds,
  sessionOptions,
  type UnknownMessage,
  type Url,
} from "../options.js";
import {
  type Call,
  Cancelled,
  type Consumer,
  type Effect,
  type Lease,
  Session,
} from "../session/index.js";
import type { Clock, ConnectRequest, Link, Transport } from "../transport.js";

/** Who wants to know what happens to a connection. */
export interface Observer {
  stateChanged(event: ConnectionEvent): void;
  strangeMessage(message: UnknownMessage): void;
}

/** Where a connection leads, and how. */
export interface Endpoint {
  readonly protocol: Protocol;
  readonly url: Url;
  readonly address: Address | undefined;
  readonly options: ConnectionOptions;
}

/** The most milliseconds that a timer of the platform can wait. */
const LONGEST = 2 ** 31 - 1;

/** Seconds that a transport may take to end a connection; those of ours take two. */
const TIME_TO_END = 5;

const PLATFORM: Clock = {
  time: () => seconds(performance.now()),
  callAt(when, callback) {
    const delay = Math.ceil((when - PLATFORM.time()) * 1000);
    const timer = setTimeout(callback, Math.min(Math.max(0, delay), LONGEST));
    return () => clearTimeout(timer);
  },
};

/** A session, its socket and its timer. */
export class Driver {
  readonly session: Session;
  readonly lane: string;
  readonly #endpoint: Endpoint; // a secret may be in it, and what is private is not shown
  readonly #transport: Transport;
  readonly #onClosed: (driver: Driver) => void;
  readonly #clock: Clock;
  readonly #observers = new Map<Lease, Observer>();
  readonly #serving = new Map<Consumer, object>();
  #link: Link | undefined;
  #left: Link | undefined;
  #opening: AbortController | undefined;
  #timerAt = Infinity;
  #cancelTimer: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(
    endpoint: Endpoint,
    lane: string,
    transport: Transport,
    onClosed: (driver: Driver) => void,
  ) {
    const clock = (this.#clock = transport.clock ?? PLATFORM);
    this.session = new Session(
      endpoint.protocol,
      sessionOptions(endpoint.options),
      () => clock.time(),
      Math.random,
    );
    this.#endpoint = endpoint;
    this.lane = lane;
    this.#transport = transport;
    this.#onClosed = onClosed;
    this.#unwatch = whenReachable(() => {
      this.session.attempts.hurry();
      this.#tick();
    });
  }

  /** Where it leads, and how. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Let one more client use this connection. */
  share(lease: Lease, observer: Observer): void {
    this.session.lease(lease);
    this.#observers.set(lease, observer);
  }

  /** Take a client out of a failed connection. */
  detach(lease: Lease): void {
    this.session.detach(lease);
    this.#observers.delete(lease);
  }

  /** End what one client has here; the last one closes the connection. */
  close(lease: Lease): Call {
    this.#observers.delete(lease);
    const mine = new Set(lease.consumers);
    const call = this.session.close(lease);
    this.carryOut();
    this.#stopServing((consumer) => mine.has(consumer));
    return call;
  }

  /** The result of a call, or its error. When `signal` aborts first, `giveUp` undoes what the call did. */
  settled(
    call: Call,
    giveUp?: () => unknown,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        reject(signal!.reason);
        giveUp?.();
        this.carryOut();
      };
      signal?.addEventListener("abort", abort);
      call.whenSettled(({ error, result }) => {
        signal?.removeEventListener("abort", abort);
        if (!error) resolve(result);
        else if (!(error instanceof Cancelled)) reject(error);
        else reject(new DOMException("the call was given up", "AbortError"));
      });
    });
  }

  /** Resolves when nothing is left of the connection that was closed last, or its transport has had its time. */
  async gone(): Promise<void> {
    const link = this.#left;
    if (!link) return;
    let cancel: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      const clock = this.#clock;
      cancel = clock.callAt(clock.time() + TIME_TO_END, resolve);
    });
    await Promise.race([link.waitClosed(), late]);
    cancel?.();
  }

  /** A promise to wait for while the socket takes no more. */
  drain(): Promise<void> | undefined {
    return this.#link?.drain();
  }

  /** Do what the session asks, in order, and set the timer. */
  carryOut(): void {
    const { session } = this;
    while (session.effects.length) {
      for (const effect of session.take()) this.#carryOut(effect);
    }
    const when = session.nextTimer ?? Infinity;
    // A timer that is early finds nothing due; setting it anew for every call would cost more.
    if (when < this.#timerAt || when === Infinity) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      this.#timerAt = Infinity;
    }
    if (when < this.#timerAt) {
      this.#timerAt = when;
      this.#cancelTimer = this.#clock.callAt(when, () => this.#tick());
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case "transmit":
        this.#link?.send(effect.frame);
        break;
      case "serve":
        void this.#serve(effect.consumer, effect.awaitable);
        break;
      case "open":
        void this.#open(effect.attempt, effect.generation);
        break;
      case "close":
        this.#leave((link) => link.close(effect.code, effect.reason));
        break;
      case "abort":
        this.#opening?.abort();
        this.#leave((link) => link.abort());
        break;
      case "pause":
        this.#link?.pauseReading();
        break;
      case "resume":
        this.#link?.resumeReading();
        break;
      case "changed":
        this.#changed(effect.event);
        break;
      case "strange":
        for (const observer of [...this.#observers.values()]) {
          observer.strangeMessage(effect.message);
        }
    }
  }

  #tick(): void {
    this.#cancelTimer?.();
    this.#timerAt = Infinity;
    try {
      this.session.tick();
    } finally {
      this.carryOut();
    }
  }

  #leave(how: (link: Link) => void): void {
    const link = this.#link;
    this.#link = undefined;
    if (link) {
      this.#left = link;
      how(link);
    }
  }

  #changed(event: ConnectionEvent): void {
    const over = event.state === "FAILED" || event.state === "CLOSED";
    if (over || event.state === "RECONNECTING") {
      this.#stopServing(({ answers }) => answers);
    }
    if (over) {
      this.#unwatch?.();
      this.#onClosed(this);
    }
    if (this.lane) return; // the state of a client is that of its main connection
    for (const observer of [...this.#observers.values()]) {
      observer.stateChanged(event);
    }
  }

  async #serve(consumer: Consumer, first: PromiseLike<unknown>): Promise<void> {
    const token = {};
    this.#serving.set(consumer, token);
    let awaitable: PromiseLike<unknown> | undefined = first;
    while (awaitable) {
      try {
        await awaitable;
      } catch (error) {
        this.session.callbackFailed(consumer, error);
      }
      if (this.#serving.get(consumer) !== token) return;
      awaitable = this.session.served(consumer);
      this.carryOut();
    }
    if (this.#serving.get(consumer) === token) this.#serving.delete(consumer);
  }

  /** What these consumers do is of no interest any more. */
  #stopServing(whom: (consumer: Consumer) => boolean): void {
    for (const consumer of [...this.#serving.keys()]) {
      if (whom(consumer)) this.#serving.delete(consumer);
    }
  }

  async #open(attempt: number, generation: number): Promise<void> {
    const { session } = this;
    const { signal } = (this.#opening = new AbortController());
    const receiver = {
      receive: (frame: Frame) => {
        session.receive(frame);
        if (session.effects.length) this.carryOut();
      },
      lost: (code: number | undefined, reason: string) => {
        session.lost(generation, code, reason);
        this.carryOut();
      },
    };
    let link: Link | undefined;
    try {
      const request = await this.#request(attempt);
      if (signal.aborted) return;
      link = await this.#transport.connect(request, receiver, signal);
    } catch (error) {
      session.failed(generation, error);
    }
    if (link && generation !== session.generation) {
      link.abort();
    } else if (link) {
      this.#link = link;
      session.opened(generation);
    }
    this.carryOut();
    link?.resumeReading();
  }

  async #request(attempt: number): Promise<ConnectRequest> {
    const { url: server, address, options } = this.#endpoint;
    const { maxSize, pingInterval, pingTimeout } = completed(options);
    const ask = async <T>(given: Credential<T> | undefined) =>
      typeof given === "function"
        ? await (given as (attempt: number) => T | PromiseLike<T>)(attempt)
        : given;
    const given = (await ask(options.headers)) ?? {};
    const cookies = Object.entries((await ask(options.cookies)) ?? {});
    const headers = {
      ...address?.handshake(address, given),
      ...given,
      ...(cookies.length && {
        Cookie: cookies.map((pair) => pair.join("=")).join("; "),
      }),
    };
    const pairs = queryPairs((await ask(options.query)) ?? {}).join("&");
    const subprotocols = (await ask(options.subprotocols)) ?? [];
    const base = (await ask(server))!;
    const url = address?.locate(base, address) ?? checkedUrl(base);
    return {
      url: pairs ? `${url}${url.includes("?") ? "&" : "?"}${pairs}` : url,
      headers,
      subprotocols,
      pingInterval,
      pingTimeout,
      maxSize,
    };
  }
}

/** What only a browser has; elsewhere not even its types are there. */
interface Page {
  readonly window?: EventTarget;
  readonly document?: EventTarget & { readonly visibilityState: string };
}

/** In a browser: run `action` when the network is back, or the page is shown again. The result stops it. */
function whenReachable(action: () => void): (() => void) | undefined {
  const { window, document } = globalThis as Page;
  if (!window || !document) return undefined;
  const shown = () => {
    if (document.visibilityState === "visible") action();
  };
  window.addEventListener("online", action);
  document.addEventListener("visibilitychange", shown);
  return () => {
    window.removeEventListener("online", action);
    document.removeEventListener("visibilitychange", shown);
  };
}
