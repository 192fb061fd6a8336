/** Requests and sends: what clients ask and say, apart from subscriptions. */

import type { Frame } from "../codec.js";
import { ConnectionLost, RequestTimeout } from "../errors.js";
import type { RequestOperation, SendOperation } from "../operations.js";
import type { OnDisconnect } from "../options.js";
import { Call, Slot } from "./calls.js";
import type { Lease } from "./leases.js";
import { maker } from "./routes.js";
import type { Session } from "./session.js";

/** How one request or send differs from the options of its connection. Times are in seconds. */
export interface CallOptions {
  readonly timeout?: number | undefined;
  readonly onDisconnect?: OnDisconnect | undefined;
  readonly ttl?: number | undefined;
}

/**
 * Settles with the reply's payload.
 *
 * @throws Closed, InvalidRequest: nothing was sent.
 */
export function request(
  session: Session,
  lease: Lease,
  operation: RequestOperation<never, unknown>,
  payload: unknown,
  options: CallOptions = {},
): Call {
  lease.check();
  const { request, correlation } = operation;
  const [frame, id] = correlation
    ? correlation.ask(session, operation, payload)
    : [session.codec.encode(request, payload)];
  const call = new Call(request, lease);
  call.timeout = options.timeout ?? session.defaultTimeout;
  const start = () => ask(session, operation, call, frame, id);
  whenConnected(session, call, start, options);
  return call;
}

/**
 * Settles when the frame is handed over.
 *
 * @throws Closed, InvalidRequest: nothing was sent.
 */
export function send(
  session: Session,
  lease: Lease,
  operation: SendOperation<never>,
  payload: unknown,
  options: CallOptions = {},
): Call {
  lease.check();
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
  whenConnected(session, call, start, options);
  return call;
}

function whenConnected(
  session: Session,
  call: Call,
  start: () => void,
  {
    onDisconnect = session.options.onDisconnect,
    ttl = session.options.ttl,
  }: CallOptions,
): void {
  const lost = () => call.fail(lostUnsent(session.attempts.cause));
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

function lostUnsent(cause: unknown): ConnectionLost {
  if (cause instanceof ConnectionLost) {
    return new ConnectionLost(cause.code, cause.reason, "no");
  }
  const reason = cause instanceof Error ? cause.message : String(cause ?? "");
  return new ConnectionLost(undefined, reason, "no");
}

function ask(
  session: Session,
  operation: RequestOperation<never, unknown>,
  call: Call,
  frame: Frame,
  id: string | undefined,
): void {
  if (call.settled) return;
  const { replies, events, pipeline = true } = operation;
  const { exchange, switchboard } = session;
  const queues = replies.map((key) => switchboard.queue(key));
  const busy = pipeline ? undefined : queues.find((queue) => queue.awaited);
  if (busy) {
    busy.heldBack.push(() => ask(session, operation, call, frame, id));
    return;
  }
  const slot = new Slot(
    (key, payload) => call.settle(maker(events, key)?.(payload) ?? payload),
    (error) => call.fail(error),
    { id },
  );
  exchange.ask(slot, replies, frame);
  call.wait = exchange.clockFor(slot, call.timeout, () => {
    call.fail(new RequestTimeout(call.message, call.timeout * 1000));
    slot.waiting = false;
    exchange.letNextGo(slot);
    session.alignment.unanswered(slot);
  });
}
