/**
 * Which reply answers a subscribe, where the server is known to send some twice
 * and only their order pairs them.
 *
 * A topic that comes for the first time on a connection is no repetition: it
 * answers the oldest subscribe. One that has come before is a repetition, or it
 * answers a subscribe with other parameters of the same topic; what comes next
 * tells. So such a server is asked for one subscription at a time, and a reply
 * in doubt waits until the call that it could answer would time out. If the
 * server is silent until then, its latest replies are those that were meant.
 */

import type { ReplyQueue, Slot } from "./calls.js";
import type { MessageRoute } from "./routes.js";
import type { Session } from "./session.js";

const TOLD = 1_024;

/** A reply that may be a repetition, or that came behind one. */
interface Doubt {
  readonly key: string;
  readonly topic: string;
  readonly payload: unknown;
  /** Whether its topic had not come before. */
  readonly first: boolean;
}

/** What has come on one connection, and what of it is in doubt. */
export class Repetition {
  /** The topics of replies, each with the parameters that it is certainly of. */
  readonly told = new Map<string, string | undefined>();
  /** Whether it is not certain of some replies whose they are. */
  guessed = false;
  readonly #session: Session;
  readonly #doubts = new Map<ReplyQueue, Doubt[]>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The connection has ended. */
  clear(): void {
    this.told.clear();
    this.guessed = false;
    this.#doubts.clear();
  }

  /** A reply with this topic is taken to be of `slot`. */
  confirmed(slot: Slot, topic: string, certain: boolean): void {
    const { wire } = slot;
    if (!wire) return;
    if (slot.topic !== topic) {
      wire.guessed = true;
      this.guessed ||= !certain;
    }
    this.tell(topic, certain ? wire.key : undefined);
  }

  /** A reply with this topic has come; `parameters` where it is certainly theirs. */
  tell(topic: string, parameters?: string): void {
    const { told } = this;
    const known = told.get(topic);
    if (!parameters) told.delete(topic);
    told.set(topic, parameters ?? known);
    if (told.size > TOLD) told.delete(told.keys().next().value!);
  }

  /** The slot that a reply certainly answers. Undefined: it is in doubt, and whoever it answers will be told. */
  find(
    message: MessageRoute,
    queue: ReplyQueue,
    topic: string,
    payload: unknown,
  ): Slot | undefined {
    const doubts = this.#doubts.get(queue) ?? [];
    const slot = this.#certain(queue, topic, doubts);
    if (slot) {
      this.confirmed(slot, topic, true);
      return slot;
    }
    this.#doubts.set(queue, doubts);
    const first = !this.told.has(topic);
    doubts.push({ key: message.key, topic, payload, first });
    this.tell(topic);
    const firsts = doubts.filter((doubt) => doubt.first);
    if (firsts.length === queue.slots.length) {
      this.#answer(queue, firsts, true);
    }
    return undefined;
  }

  #certain(
    queue: ReplyQueue,
    topic: string,
    doubts: readonly Doubt[],
  ): Slot | undefined {
    const slot = queue.known(topic);
    if (slot || doubts.length) return slot;
    if (!this.told.has(topic)) return queue.match(topic);
    const own = this.told.get(topic);
    return queue.slots.find((slot) => slot.wire && slot.wire.key === own);
  }

  /** The server is silent, and the call of `slot` is about to time out. Whether a reply in doubt answers it. */
  settle(slot: Slot): boolean {
    for (const queue of slot.queues) {
      const doubts = this.#doubts.get(queue);
      const place = queue.slots.indexOf(slot);
      if (doubts && place >= 0) {
        this.#answer(queue, doubts.slice(-1 - place), false);
        return !queue.slots.includes(slot);
      }
    }
    return false;
  }

  /** Give the oldest slots these replies. */
  #answer(queue: ReplyQueue, doubts: readonly Doubt[], certain: boolean): void {
    this.#doubts.delete(queue);
    const slots = [...queue.slots];
    for (const [at, doubt] of doubts.entries()) {
      const slot = slots[at];
      // Unless a callback has ended the connection.
      if (slot && queue.slots.includes(slot)) {
        this.confirmed(slot, doubt.topic, certain);
        this.#session.exchange.answer(
          slot,
          queue,
          doubt.key,
          doubt.payload,
          false,
        );
      }
    }
  }
}
