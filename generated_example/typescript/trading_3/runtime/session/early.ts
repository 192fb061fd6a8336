/** Updates that come before the confirmation of the subscribe that they are for. */

const MESSAGES = 1_000;
const CHARACTERS = 4 * 1024 * 1024;

type Kept = readonly [address: unknown, value: unknown, size: number];

/** What one domain keeps, each with its address; the oldest go where it is too much. */
export class EarlyUpdates {
  readonly #lost: () => void;
  #kept: Kept[] = [];
  #size = 0;

  /** `lost` is told of each that goes unseen. */
  constructor(lost: () => void) {
    this.#lost = lost;
  }

  get length(): number {
    return this.#kept.length;
  }

  /** Keep an update of so many characters. */
  keep(address: unknown, value: unknown, size: number): void {
    this.#kept.push([address, value, size]);
    this.#size += size;
    while (this.#kept.length > MESSAGES || this.#size > CHARACTERS) {
      this.#size -= this.#kept.shift()![2];
      this.#lost();
    }
  }

  /** What was kept for these addresses; it is kept no more. */
  take(addresses: readonly unknown[]): readonly Kept[] {
    const taken: Kept[] = [];
    this.#kept = this.#kept.filter((entry) => {
      if (!addresses.includes(entry[0])) return true;
      taken.push(entry);
      this.#size -= entry[2];
      return false;
    });
    return taken;
  }

  /** Keep nothing any more; what is in `missedByNobody` was lost to nobody. */
  drop(missedByNobody: ReadonlyMap<unknown, unknown>): void {
    const kept = this.#kept;
    this.#kept = [];
    this.#size = 0;
    for (const [address] of kept) {
      if (!missedByNobody.has(address)) this.#lost();
    }
  }
}
