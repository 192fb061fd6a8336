/**
 * Do replies that go by order still reach the calls that they answer?
 *
 * One reply that is lost lets the later ones reach the call before theirs, one
 * that comes twice lets them reach the call behind it. Neither shows in the
 * replies where only the server knows the topic of a subscription. It shows in
 * their number: in the end one call has no reply, or one reply has no call. A
 * call without a reply may also be a slow or silent server; so it has as long
 * again for a late one.
 */

import type { ReplyQueue, Slot, Wait } from "./calls.js";
import { Repetition } from "./repetition.js";
import type { MessageRoute } from "./routes.js";
import type { Session } from "./session.js";

/** How many connections replies that no call waits for may cost: there are servers that confirm what nobody asked. */
const SUSPICIONS = 3;

/** What one session knows about the order of its replies. */
export class Alignment {
  /** Whether the server has answered more often than it was asked. */
  repeats = false;
  #suspicions = 0;
  #shared = false;
  readonly #repetition: Repetition;
  readonly #session: Session;
  readonly #overdue = new Map<Slot, Wait>();

  constructor(session: Session) {
    this.#session = session;
    this.#repetition = new Repetition(session);
  }

  /** A call has timed out; its slot stays. */
  unanswered(slot: Slot): void {
    if (slot.misaligned) this.#lost(slot);
    else this.watch(slot);
  }

  /** Nobody waits for the reply of this slot any more, but it has to come. */
  watch(slot: Slot): void {
    if (this.#overdue.has(slot)) return;
    const wait = this.#session.exchange.clockFor(slot, undefined, () => {
      this.#overdue.delete(slot);
      if (slot.queues.some((queue) => queue.guessed)) this.#lost(slot);
    });
    this.#overdue.set(slot, wait);
  }

  /** A reply has come for it, perhaps late. */
  answered(slot: Slot): void {
    this.#overdue.get(slot)?.cancel();
    this.#overdue.delete(slot);
  }

  /** The connection has ended. */
  clear(): void {
    for (const wait of this.#overdue.values()) wait.cancel();
    this.#overdue.clear();
    if (this.#shared) {
      for (const wire of this.#session.renewal.guessed) wire.topic = undefined;
    }
    this.#shared = false;
    this.#repetition.clear();
  }

  /** The slot that a reply without an id belongs to. Undefined: it has come before, or may have. */
  find(
    message: MessageRoute,
    queue: ReplyQueue,
    payload: unknown,
  ): Slot | undefined {
    const topic = message.topic?.(payload);
    if (topic === undefined) return queue.match(undefined);
    if (this.repeats && message.domains.length) {
      return this.#repetition.find(message, queue, topic, payload);
    }
    const held = message.holds(topic);
    const slot = queue.match(topic, held);
    if (slot?.topic === topic) queue.latest = topic;
    if (!slot) {
      if (message.domains.length) this.surplus(message, payload);
    } else if (slot.wire) {
      // Two share the topic, or the reply has come twice.
      this.#shared ||=
        slot.topic !== topic && (held || this.#repetition.told.has(topic));
      this.#repetition.confirmed(slot, topic, false);
    }
    return slot;
  }

  /** Nothing more came for `slot`. Whether a reply that was in doubt has answered it now. */
  settle(slot: Slot): boolean {
    return this.#repetition.settle(slot);
  }

  /** A reply came that no call waits for. */
  surplus(message: MessageRoute, payload: unknown): void {
    const topic = message.topic?.(payload);
    if (topic === undefined || this.#suspicions === SUSPICIONS) return;
    const repetition = this.#repetition;
    const mistaken = this.repeats ? repetition.guessed : this.#shared;
    // It has come before, and was not taken for another one's.
    if (repetition.told.has(topic) && !mistaken) return;
    repetition.tell(topic);
    if (repetition.guessed || this.repeats) {
      this.repeats = true;
      this.#suspicions++;
      this.#session.desynchronised(this.#session.renewal.guessed);
    }
  }

  #lost(slot: Slot): void {
    this.#session.desynchronised(slot.queues.flatMap((queue) => queue.learned));
  }
}
