/**
 * The seam between the runtime and a socket, and a transport that needs no socket.
 *
 * A `Transport` makes connections. An open one has two faces: its `Link` is what the client calls, its `Receiver`
 * is what it calls. Everything on a `Link` is synchronous and keeps its order. The rules that every transport keeps:
 *
 * - When `connect` rejects, its receiver is never called.
 * - An open connection does not read before the first `resumeReading`. What arrives until then waits.
 * - A receiver is never called from inside a call of its link.
 * - `lost` is called exactly once, as the last, whoever ended the connection.
 */

import type { Frame } from "./codec.js";
import { ConnectionFault, HandshakeRejected } from "./errors.js";

/** All that one attempt to connect needs. Times are in milliseconds. */
export interface ConnectRequest {
  /** A `ws` or `wss` URL, complete with path and query. */
  readonly url: string;
  /** Sent with the handshake, where that can be done. */
  readonly headers: Readonly<Record<string, string>>;
  /** Offered to the server, the preferred one first (RFC 6455, section 1.9). */
  readonly subprotocols: readonly string[];
  /** Between protocol pings; null: none are sent. */
  readonly pingInterval: number | null;
  /** Of waiting for a pong before the connection counts as dead; null: for ever. */
  readonly pingTimeout: number | null;
  /** Bytes of the largest message that is accepted. */
  readonly maxSize: number;
}

/** What a connection gives to. */
export interface Receiver {
  /** A message, whole: text, or binary where it is no string. */
  receive(frame: Frame): void;
  /**
   * The connection has ended.
   *
   * @param code The close code (RFC 6455, section 7.4); 1005 for a close frame without one; undefined when there
   * was no close frame.
   * @param reason The words beside the code, or what this side saw; may be empty.
   */
  lost(code: number | undefined, reason: string): void;
}

/** An open connection, from the client's side. After its end every method does nothing. */
export interface Link {
  /** The subprotocol that the server chose; empty when it chose none. */
  readonly subprotocol: string;
  /** Send a message: text, or binary where it is no string. */
  send(frame: Frame): void;
  /**
   * Start the closing handshake, after all that has been sent. Nothing is received afterwards, and `lost` follows
   * within a bounded time, also if the server is silent.
   */
  close(code: number, reason: string): void;
  /** Drop the connection without a closing handshake. Nothing is received afterwards; `lost` follows. */
  abort(): void;
  /** Receive nothing; what arrives waits. */
  pauseReading(): void;
  /** Receive, beginning with what has waited. */
  resumeReading(): void;
  /** A promise to wait for while more is waiting to be sent than should; undefined otherwise. */
  drain(): Promise<void> | undefined;
  /** After `close` or `abort`: resolves when `lost` has been called. */
  waitClosed(): Promise<void>;
}

/** Tells the time in seconds from any origin, and calls back later. */
export interface Clock {
  time(): number;
  /** Call once, when the time has come; never from inside this method. The result cancels it. */
  callAt(when: number, callback: () => void): () => void;
}

/** Makes connections. */
export interface Transport {
  /** Where its connections take their time from; left out: the platform. */
  readonly clock?: Clock | undefined;
  /**
   * Open a connection that gives to `receiver`. When `signal` aborts, nothing of it is left, and what the promise
   * does is of no interest any more.
   *
   * Rejects with `HandshakeRejected` when the server answers with an HTTP status other than 101, and with any other
   * error where it could not be had.
   */
  connect(
    request: ConnectRequest,
    receiver: Receiver,
    signal: AbortSignal,
  ): Promise<Link>;
}

/** A constructor as `WebSocket` of the platform is one; that of `ws` takes options as its third argument. */
export type WebSocketConstructor = new (
  url: string,
  subprotocols?: string[],
  ...options: any[]
) => WebSocketLike;

/** What is used of a socket. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly bufferedAmount: number;
  onopen: ((event: any) => unknown) | null;
  onmessage: ((event: any) => unknown) | null;
  onclose: ((event: any) => unknown) | null;
  onerror: ((event: any) => unknown) | null;
  send(data: any): void;
  close(code?: number, reason?: string): void;
}

/** Answers an attempt to connect, at once or as an async function. */
export type Serve = (attempt: MemoryAttempt) => unknown;

/**
 * Connections inside one program: no port, and no wait that is not yours.
 *
 *     const transport = new MemoryTransport();
 *     const trading = new TradingClient("ws://test", { transport });
 *     await trading.connect();
 *     transport.connections.at(-1)!.sendJson({ type: "chat.message", payload: { text: "hello" } });
 *
 * By default every attempt is accepted. `serve` decides otherwise: it is called with each attempt and calls its
 * `accept`, `refuse` or `unreachable`.
 *
 * What the server's end sends is received before the call returns, unless a rule of this module forbids it (the
 * connection is not open yet, reading is paused, the client is in the middle of a call): then it is received when
 * that is over.
 */
export class MemoryTransport implements Transport {
  readonly clock: Clock | undefined;
  /** Every attempt so far, in order. */
  readonly attempts: MemoryAttempt[] = [];
  /** The server's end of every accepted attempt, in order. */
  readonly connections: MemoryConnection[] = [];
  readonly #serve: Serve;

  constructor(
    serve: Serve = (attempt) => attempt.accept(),
    { clock }: { readonly clock?: Clock | undefined } = {},
  ) {
    this.#serve = serve;
    this.clock = clock;
  }

  /** See `Transport.connect`. */
  async connect(request: ConnectRequest, receiver: Receiver): Promise<Link> {
    const attempt = new MemoryAttempt(request);
    this.attempts.push(attempt);
    await this.#serve(attempt);
    const { answer } = attempt;
    if (!answer) {
      throw new TypeError(
        "`serve` returned without an answer: call accept(), refuse() or unreachable()",
      );
    }
    if (answer instanceof Error) throw answer;
    this.connections.push(answer);
    return answer.linkTo(receiver);
  }
}

/** One attempt to connect. The server answers it once: `accept`, `refuse` or `unreachable`. */
export class MemoryAttempt {
  /** What the client asked for. */
  readonly request: ConnectRequest;
  /** The answer; undefined before there is one. */
  answer: MemoryConnection | Error | undefined;

  constructor(request: ConnectRequest) {
    this.request = request;
  }

  /** Open the connection; the server's end of it. `subprotocol` is one that the client offered. */
  accept(subprotocol = ""): MemoryConnection {
    const { subprotocols } = this.request;
    if (subprotocol && !subprotocols.includes(subprotocol)) {
      throw new TypeError(
        `the subprotocol "${subprotocol}" was not offered; offered: ${subprotocols.join(", ")}`,
      );
    }
    const connection = new MemoryConnection(this.request, subprotocol);
    this.#say(connection);
    return connection;
  }

  /** Answer the handshake with this HTTP status, and with `Retry-After` (seconds) if given. */
  refuse(status: number, retryAfter?: number): void {
    this.#say(new HandshakeRejected(status, retryAfter));
  }

  /** Fail as a network does. */
  unreachable(error: Error = new ConnectionFault("nobody listens there")) {
    this.#say(error);
  }

  #say(answer: MemoryConnection | Error): void {
    if (this.answer) throw new TypeError("the attempt has been answered");
    this.answer = answer;
  }
}

/** The server's end of a connection in memory. */
export class MemoryConnection {
  /** What the client asked for. */
  readonly request: ConnectRequest;
  readonly subprotocol: string;
  /** Messages of the client, in order. */
  readonly received: Frame[] = [];
  /** Called with each message of the client; may answer, close, drop. */
  onFrame: ((frame: Frame) => unknown) | undefined;
  /** Called once, when either side has ended the connection. */
  onEnd: (() => unknown) | undefined;
  /** Code and reason of the client's close frame; undefined before there was one. */
  closeReceived: readonly [code: number, reason: string] | undefined;
  /** Whether the client dropped the connection. */
  aborted = false;
  /** Whether the client does not read. */
  paused = true;
  readonly #waiting: Frame[] = [];
  readonly #ended: Promise<void>;
  #told!: () => void;
  #receiver: Receiver | undefined;
  #busy = false;
  #end: readonly [code: number | undefined, reason: string] | undefined;

  constructor(request: ConnectRequest, subprotocol: string) {
    this.request = request;
    this.subprotocol = subprotocol;
    this.#ended = new Promise((resolve) => (this.#told = resolve));
  }

  /** Whether neither side has ended the connection. */
  get open(): boolean {
    return !this.#end;
  }

  /** Send a text message, or a binary one that is no string. */
  send(frame: Frame): void {
    if (this.#end) throw new TypeError("the connection has ended");
    this.#waiting.push(frame);
    this.#flush();
  }

  /** Send a value as JSON. */
  sendJson(value: unknown): void {
    this.send(JSON.stringify(value));
  }

  /** The messages received since the last call of this method. */
  take(): Frame[] {
    return this.received.splice(0);
  }

  /** Close with a close frame, after all that was sent. Closing what has ended does nothing. */
  close(code = 1000, reason = ""): void {
    this.#finish(code, reason);
  }

  /** End without a close frame, as a broken network does, after all that was sent. */
  drop(): void {
    this.#finish(undefined, "");
  }

  /** The client's end. */
  linkTo(receiver: Receiver): Link {
    this.#receiver = receiver;
    const leave = (code: number | undefined, reason: string) => {
      this.#waiting.length = 0;
      this.paused = false;
      this.#during(() => this.#finish(code, reason));
    };
    return {
      subprotocol: this.subprotocol,
      send: (frame) => {
        if (this.#end) return;
        this.received.push(frame);
        this.#during(() => this.onFrame?.(frame));
      },
      close: (code, reason) => {
        if (!this.#end) this.closeReceived = [code, reason];
        leave(code, reason);
      },
      abort: () => {
        if (!this.#end) this.aborted = true;
        leave(undefined, "");
      },
      pauseReading: () => {
        this.paused = true;
      },
      resumeReading: () => {
        this.paused = false;
        this.#during(() => {});
      },
      drain: () => undefined,
      waitClosed: () => this.#ended,
    };
  }

  #finish(code: number | undefined, reason: string): void {
    if (this.#end) return;
    this.#end = [code, reason];
    this.onEnd?.();
    this.#flush();
  }

  /** Run what a call of the link causes on this side. The receiver is called soon, but not meanwhile. */
  #during(effect: () => unknown): void {
    const busy = this.#busy;
    this.#busy = true;
    try {
      effect();
    } finally {
      this.#busy = busy;
    }
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const receiver = this.#receiver;
    if (this.#busy || !receiver) return;
    this.#busy = true;
    try {
      while (this.#waiting.length && !this.paused) {
        receiver.receive(this.#waiting.shift()!);
      }
      if (this.#end && !this.#waiting.length) {
        this.#receiver = undefined;
        receiver.lost(...this.#end);
        this.#told();
      }
    } finally {
      this.#busy = false;
    }
  }
}
