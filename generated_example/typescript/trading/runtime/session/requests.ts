/** Requests and sends: what clients ask and say, apart from subscriptions. */

import type { Frame } from "../codec.js";
import { ConnectionLost, RequestTimeout } from "../errors.js";
import type { RequestOperation, SendOperation } from "../operations.js";
import type { OnDisconnect } from "../options.js";
import type { Attempts } from "./attempts.js";
import { Call, Slot } from "./calls.js";
import { withId } from "./correlation.js";
import type { Lease } from "./leases.js";
import { maker } from "./routes.js";
import type { Session } from "./session.js";

/** How one request or send differs from the options of its connection. Times are in seconds. */
export interface CallOptions {
  readonly timeout?: number | undefined;
  readonly onDisconnect?: OnDisconnect | undefined;
  readonly ttl?: number | undefined;
}

/** The requests and sends of one session. */
export class Requests {
  readonly #session: Session;
  readonly #attempts: Attempts;

  constructor(session: Session, attempts: Attempts) {
    this.#session = session;
    this.#attempts = attempts;
  }

  /** See `Session.request`. */
  request(
    lease: Lease,
    operation: RequestOperation<never, unknown>,
    payload: unknown,
    options: CallOptions,
  ): Call {
    const [frame, id] = this.#encode(operation, payload);
    const call = new Call(operation.request, lease);
    call.timeout = options.timeout ?? this.#session.defaultTimeout;
    this.#whenConnected(
      call,
      () => this.#ask(operation, call, frame, id),
      options,
    );
    return call;
  }

  /** See `Session.send`. */
  send(
    lease: Lease,
    operation: SendOperation<never>,
    payload: unknown,
    options: CallOptions,
  ): Call {
    const session = this.#session;
    const { message, acknowledgement } = operation;
    const frame = session.codec.encode(message, payload);
    if (acknowledgement != null) {
      session.switchboard.message(acknowledgement).swallowed = true;
    }
    const call = new Call(message, lease);
    const start = () => {
      session.exchange.say(frame);
      call.settle();
    };
    this.#whenConnected(call, start, options);
    return call;
  }

  /** End a call; its slot stays until its reply comes. */
  giveUp(call: Call, error: Error): void {
    if (call.settled) return;
    call.fail(error);
    if (call.wait) {
      call.wait.slot.waiting = false;
      this.#session.exchange.letNextGo(call.wait.slot);
    }
  }

  #whenConnected(call: Call, start: () => void, options: CallOptions): void {
    const session = this.#session;
    const {
      onDisconnect = session.options.onDisconnect,
      ttl = session.options.ttl,
    } = options;
    const lost = () => call.fail(this.#lostUnsent());
    if (session.connected) {
      start();
    } else if (session.state !== "RECONNECTING") {
      session.waitForConnection(call, start, (error) => call.fail(error));
    } else if (onDisconnect === "fail") {
      lost();
    } else {
      session.waitForConnection(call, start, lost, ttl);
    }
  }

  #lostUnsent(): ConnectionLost {
    const { cause } = this.#attempts;
    if (cause instanceof ConnectionLost) {
      return new ConnectionLost(cause.code, cause.reason, "no");
    }
    const reason = cause instanceof Error ? cause.message : String(cause ?? "");
    return new ConnectionLost(undefined, reason, "no");
  }

  #encode(
    operation: RequestOperation<never, unknown>,
    payload: unknown,
  ): readonly [frame: Frame, id?: string | undefined] {
    const { codec, ids, switchboard } = this.#session;
    const { request, replies, correlation } = operation;
    if (!correlation) return [codec.encode(request, payload)];
    const { kind } = correlation;
    const queues = replies.map((key) => {
      switchboard.replyId(key, correlation);
      return switchboard.queue(key);
    });
    const next = () => {
      for (;;) {
        const id = kind == null ? undefined : ids.next(kind);
        if (!queues.some((queue) => queue.withId(String(id)))) return id;
      }
    };
    const path = correlation.request;
    return withId(codec, request, payload, path, correlation, next);
  }

  #ask(
    operation: RequestOperation<never, unknown>,
    call: Call,
    frame: Frame,
    id: string | undefined,
  ): void {
    if (call.settled) return;
    const session = this.#session;
    const { replies, events, pipeline = true } = operation;
    const queues = replies.map((key) => session.switchboard.queue(key));
    const busy = pipeline ? undefined : queues.find((queue) => queue.awaited);
    if (busy) {
      busy.heldBack.push(() => this.#ask(operation, call, frame, id));
      return;
    }
    const slot = new Slot(
      session.exchange.nextSequence(),
      (key, payload) => call.settle(maker(events, key)?.(payload) ?? payload),
      (error) => call.fail(error),
      { id },
    );
    session.exchange.ask(slot, replies, frame);
    call.wait = session.exchange.clockFor(slot, call.timeout, () => {
      call.fail(new RequestTimeout(call.message, call.timeout * 1000));
      slot.waiting = false;
      session.exchange.letNextGo(slot);
      session.alignment.unanswered(slot);
    });
  }
}
