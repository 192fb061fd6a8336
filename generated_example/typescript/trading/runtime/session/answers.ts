/** What the server asks, and the client answers. */

import type { HandlerOperation } from "../operations.js";
import type { Consumer } from "./consumers.js";
import { reader, withId } from "./correlation.js";
import { type Maker, unwrapped } from "./routes.js";
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

/** The handlers of one session, and what they answer. */
export class Answers {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Give `consumer` every request of `operation`, as `Asked`, unless an earlier one gets them. */
  add(operation: HandlerOperation<unknown, never>, consumer: Consumer): void {
    consumer.answers = true;
    const session = this.#session;
    const { request, correlation } = operation;
    const read = correlation && reader(correlation.request, correlation);
    const asked: Maker = (payload): Asked => ({
      operation,
      payload,
      id: read?.(payload, session.frame),
      generation: session.generation,
    });
    session.switchboard.handle(request, consumer, asked);
  }

  /**
   * Send what a handler returned; nothing if the connection on which it was
   * asked has ended.
   *
   * @throws InvalidRequest: the reply does not fit; nothing was sent.
   */
  send({ operation, id, generation }: Asked, result: unknown): void {
    const session = this.#session;
    const { codec } = session;
    const { replies, events, correlation } = operation;
    if (
      !replies.length ||
      !session.connected ||
      generation !== session.generation
    ) {
      return;
    }
    const [key, payload] = unwrapped(events, replies[0]!, result);
    const [frame] = correlation
      ? withId(codec, key, payload, correlation.reply, correlation, () => id)
      : [codec.encode(key, payload)];
    session.exchange.say(frame);
  }
}
