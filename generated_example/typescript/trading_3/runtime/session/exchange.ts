/** What was sent on one connection and is answered: slots, their replies, and how long the server is silent. */

import type { Frame } from "../codec.js";
import {
  type ReplyQueue,
  type Slot,
  Staircase,
  type Wait,
  waiting,
} from "./calls.js";
import type { MessageRoute } from "./routes.js";
import type { Session } from "./session.js";

/** The unanswered frames of one session. */
export class Exchange {
  readonly #session: Session;
  readonly #answered = new Staircase();
  readonly #slots = new Map<number, Slot>();
  #sequence = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Unanswered frames, oldest first. */
  get slots(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  /** Send a frame that the server answers. */
  ask(slot: Slot, replies: readonly string[], frame: Frame): void {
    const { switchboard, renewal, pressure } = this.#session;
    for (const key of replies) switchboard.queue(key).append(slot);
    slot.sequence = ++this.#sequence;
    if (replies.length) this.#slots.set(slot.sequence, slot);
    else renewal.oneWaySinceAnswer = true;
    this.#session.transmit(frame);
    pressure.weigh();
  }

  /** Send a frame that the server does not answer. */
  say(frame: Frame): void {
    this.#session.renewal.oneWaySinceAnswer = true;
    this.#session.transmit(frame);
  }

  /** A clock that runs while the server is silent. */
  clockFor(
    slot: Slot,
    timeout: number | undefined,
    expired: () => void,
    started: number = this.#session.clock(),
  ): Wait {
    const { defaultTimeout, timers } = this.#session;
    return waiting(
      slot,
      started,
      timeout ?? defaultTimeout,
      timers,
      this.#answered,
      expired,
    );
  }

  /**
   * A reply came: find its slot, and restart the clocks of all that was sent
   * after it. Undefined: nobody waits for it. `waiting` of the slot is what it
   * was before.
   */
  reply(
    message: MessageRoute,
    queue: ReplyQueue,
    payload: unknown,
    frame: Frame,
  ): Slot | undefined {
    const id = message.idOf(payload, frame);
    const byId = id !== undefined;
    const slot = byId
      ? queue.withId(id)
      : this.#session.alignment.find(message, queue, payload);
    if (slot) this.answer(slot, queue, message.key, payload, byId);
    return slot;
  }

  /** Give a slot its reply, a message `key`. */
  answer(
    slot: Slot,
    queue: ReplyQueue,
    key: string,
    payload: unknown,
    byId: boolean,
  ): void {
    this.#settle(slot, queue, byId);
    slot.answered(key, payload);
    this.#goOn(slot);
  }

  /** A reply came that is not valid: whose it is fails. */
  spoil(
    message: MessageRoute,
    payload: unknown,
    frame: Frame,
    error: Error,
  ): void {
    const { queue } = message;
    if (!queue?.slots.length) return;
    const id = message.idOf(payload, frame);
    const byId = id !== undefined;
    const slot = byId ? queue.withId(id) : queue.slots[0];
    if (slot) {
      this.#settle(slot, queue, byId);
      slot.failed(error);
      this.#goOn(slot);
    }
  }

  /** Those who waited until nobody waits for a reply of these kinds may be the next to ask. */
  letNextGo(slot: Slot): void {
    for (const queue of slot.queues) {
      while (queue.heldBack.length && !queue.awaited) queue.heldBack.shift()!();
    }
  }

  /** The connection has ended. */
  clear(): void {
    this.#slots.clear();
    this.#answered.clear();
  }

  #settle(slot: Slot, queue: ReplyQueue, byId: boolean): void {
    const { alignment, clock, renewal, pressure } = this.#session;
    const { sequence } = slot;
    if (!byId) queue.replied = this.#sequence;
    for (const one of slot.queues) one.remove(slot, this.#sequence, byId);
    this.#slots.delete(sequence);
    alignment.answered(slot);
    const oldest = this.#slots.keys().next().value ?? this.#sequence + 1;
    this.#answered.note(sequence, clock(), oldest);
    renewal.oneWaySinceAnswer = false;
    pressure.weigh();
  }

  #goOn(slot: Slot): void {
    this.letNextGo(slot);
    this.#session.renewal.goOn();
  }
}
