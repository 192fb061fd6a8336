/**
 * What happens when consumers are slower than the server.
 *
 * The policy "block" stops reading at a consumer's high-water mark, and goes on
 * at half of it. Two things limit that. While a call waits for its reply,
 * reading must go on, or a request made inside `for await` would wait for ever
 * for a reply that nobody reads: the queue grows instead, up to a bound. And one
 * slow consumer must not starve the others: reading may pause for five seconds
 * in any twenty. When either is used up, the fullest consumer ends with
 * `SlowConsumer`.
 */

import type { Consumer } from "./consumers.js";
import type { Session } from "./session.js";
import type { Timer } from "./timers.js";

/** Characters of text frames, or bytes of binary ones. */
const BOUND = 16 * 1024 * 1024;
const BUDGET = 5;
const WINDOW = 20;

/** Who is too full, and whether reading is paused because of it. */
export class Pressure {
  /** Consumers above their high-water mark, and the size of what came since. */
  readonly #full = new Map<Consumer, number>();
  #paused = false;
  readonly #session: Session;
  #pauses: (readonly [begin: number, end: number])[] = [];
  #since = 0;
  #timer: Timer | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** One more value for a consumer at its mark, of the frame that has just come. Whether it may still be kept. */
  over(consumer: Consumer): boolean {
    const held = (this.#full.get(consumer) ?? 0) + this.#session.size;
    if (held > BOUND) {
      this.#endConsumer(consumer);
      return false;
    }
    this.#full.set(consumer, held);
    this.weigh();
    return !consumer.ended;
  }

  /** A consumer has caught up, or has ended. */
  relieved(consumer: Consumer): void {
    if (this.#full.delete(consumer)) this.weigh();
  }

  /** Pause or resume as things stand now. */
  weigh(): void {
    if (!this.#full.size || !this.#mayPause) this.resume();
    else if (!this.#paused) this.#pause();
  }

  /** Read again, whatever is full. */
  resume(): void {
    if (this.#paused) {
      this.reset();
      this.#session.silence?.start();
      this.#session.emit({ kind: "resume" });
    }
  }

  /** Nothing is paused: the connection ended, or reading goes on. */
  reset(): void {
    if (this.#paused) {
      this.#paused = false;
      this.#pauses.push([this.#since, this.#session.clock()]);
    }
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #pause(): void {
    const now = this.#session.clock();
    const end = this.#endOfBudget(now);
    if (end <= now) {
      this.#endFullest();
      return;
    }
    this.#paused = true;
    this.#since = now;
    this.#timer = this.#session.timers.at(end, () => this.#endFullest());
    this.#session.silence?.stop();
    this.#session.emit({ kind: "pause" });
  }

  /** Whether nobody waits for a reply. */
  get #mayPause(): boolean {
    const { connected, exchange } = this.#session;
    return (
      connected && !exchange.slots.some((slot) => slot.waiting && slot.urgent)
    );
  }

  /** When a pause that begins now would have to end. It uses up nothing while an earlier one leaves the window. */
  #endOfBudget(now: number): number {
    this.#pauses = this.#pauses.filter(([, end]) => end > now - WINDOW);
    let left = BUDGET;
    for (const [begin, end] of this.#pauses) {
      left -= end - Math.max(begin, now - WINDOW);
    }
    let at = now;
    for (const [begin, end] of this.#pauses) {
      if (left <= begin + WINDOW - at) break;
      left -= Math.max(0, begin + WINDOW - at);
      at = end + WINDOW;
    }
    return left > 0 ? at + left : now;
  }

  #endFullest(): void {
    let fullest: Consumer | undefined;
    for (const consumer of this.#full.keys()) {
      if (!fullest || consumer.waiting > fullest.waiting) fullest = consumer;
    }
    if (fullest) this.#endConsumer(fullest);
    this.weigh();
  }

  #endConsumer(consumer: Consumer): void {
    this.#full.delete(consumer);
    this.#session.overflow(consumer);
  }
}
