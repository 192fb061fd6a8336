/** What the server asks, and the client answers. */

import type { Frame } from "../codec.js";
import type { HandlerOperation } from "../operations.js";
import type { Consumer } from "./consumers.js";
import type { Lease } from "./leases.js";
import { unwrapped } from "./routes.js";
import type { Session } from "./session.js";

/** A request of the server. */
export interface Asked {
  readonly operation: HandlerOperation<unknown, never>;
  readonly payload: unknown;
  /** What its reply repeats. */
  readonly id: unknown;
  /** On which connection it came. */
  readonly generation: number;
}

/**
 * Deliver every request of the server to `consumer`, as `Asked`, from now on.
 * Does not connect. Among several consumers, the first one gets them.
 *
 * @throws Closed: the client is closed.
 */
export function handle(
  session: Session,
  lease: Lease,
  operation: HandlerOperation<unknown, never>,
  consumer: Consumer,
): void {
  session.takeIn(lease, consumer);
  consumer.answers = true;
  const { request, correlation } = operation;
  const asked = (payload: unknown, frame: Frame): Asked => ({
    operation,
    payload,
    id: correlation?.asked(payload, frame),
    generation: session.generation,
  });
  session.switchboard.add(request, consumer, asked);
}

/**
 * Send what a handler returned; nothing if the connection on which it was
 * asked has ended.
 *
 * @throws InvalidRequest: the reply does not fit; nothing was sent.
 */
export function answer(
  session: Session,
  { operation, id, generation }: Asked,
  result: unknown,
): void {
  const { replies, events, correlation } = operation;
  if (
    !replies.length ||
    !session.connected ||
    generation !== session.generation
  ) {
    return;
  }
  const [key, payload] = unwrapped(events, replies[0]!, result);
  const { codec, exchange } = session;
  exchange.say(
    correlation?.answer(codec, key, payload, id) ?? codec.encode(key, payload),
  );
}
