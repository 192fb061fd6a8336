/**
 * Asking again on a new connection, and finding the subscription that ends
 * connections.
 *
 * What is wanted is sent again in its original order, all at once. Two kinds are
 * sent only after every other one has been answered, one at a time: those whose
 * topic is in doubt, and the *suspects*. A suspect was the oldest unanswered
 * call when the server ended the connection because of what was sent on it. One
 * that does so again while it is alone is ended.
 */

import { RemoteError } from "../errors.js";
import type { Call, Slot } from "./calls.js";
import type { Domain } from "./subscriptions.js";
import type { Wire } from "./wires.js";

/** Close codes with which servers end a connection because of what was sent on it (RFC 6455, section 7.4). */
const POISON_CODES: readonly unknown[] = [1003, 1007, 1008, 1009, 1011];

/** What is asked for again, and what must be asked for alone. */
export class Renewal {
  /** Whether something was sent, since the last answered call, that no answer tells about. */
  oneWaySinceAnswer = false;
  readonly #domains: ReadonlyMap<unknown, Domain>;
  #singleFile: Wire[] = [];

  constructor(domains: ReadonlyMap<unknown, Domain>) {
    this.#domains = domains;
  }

  /** There is a connection: send in the order in which it was asked for. How many are wanted from before. */
  begin(waiting: ReadonlyMap<Call, () => void>): number {
    const starts: [order: number, start: () => void][] = [];
    for (const [call, start] of [...waiting]) {
      call.stopWaiting();
      starts.push([call.order, start]);
    }
    const wires = this.#wires.filter((wire) => wire.wanted);
    for (const wire of wires.sort((one, other) => one.order - other.order)) {
      if (wire.alone) this.queue(wire);
      else starts.push([wire.order, () => wire.domain.opened(wire)]);
    }
    starts.sort(([one], [other]) => one - other);
    for (const [, start] of starts) start();
    this.goOn();
    return wires.length;
  }

  /** How many answers to subscribes are awaited. */
  get asking(): number {
    let sum = 0;
    for (const domain of this.#domains.values()) sum += domain.asking;
    return sum;
  }

  /** Those whose topic only the order of replies says. */
  get guessed(): readonly Wire[] {
    return this.#wires.filter((wire) => wire.guessed);
  }

  /** Send one when nothing else is asked for. */
  queue(wire: Wire): void {
    wire.queued = true;
    this.#singleFile.push(wire);
  }

  /** Send the next of those that are sent alone, when nothing else is asked for. */
  goOn(): void {
    while (this.#singleFile.length && !this.asking) {
      const wire = this.#singleFile.shift()!;
      if (wire.queued) {
        wire.queued = false;
        wire.domain.opened(wire);
      }
    }
  }

  /** The connection ended; `slot` is its oldest unanswered call. Whether a subscription is to blame. */
  ended(code: number | undefined, slot: Slot | undefined): boolean {
    this.#singleFile = [];
    const oneWay = this.oneWaySinceAnswer;
    this.oneWaySinceAnswer = false;
    const wire = slot?.wire;
    if (oneWay || !wire?.wanted || !POISON_CODES.includes(code)) return false;
    if (wire.suspect) {
      const { domain } = wire.domain.operation;
      wire.domain.expel(
        wire,
        () =>
          new RemoteError(
            `the server ends the connection (code ${code}) whenever it is asked for this subscription to \`${domain}\``,
          ),
      );
    } else {
      wire.suspect = wire.alone = true;
    }
    return true;
  }

  get #wires(): Wire[] {
    return [...this.#domains.values()].flatMap((domain) => [
      ...domain.wires.values(),
    ]);
  }
}
