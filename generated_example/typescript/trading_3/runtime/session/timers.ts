/** Timers on a clock that somebody else reads. */

/** The index of the first item for which `past` holds; all for which it does not come before. */
export function firstIndex<Item>(
  items: readonly Item[],
  past: (item: Item) => boolean,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (past(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Take an item out; the first of many costs no more than that of few. */
export function take(items: unknown[], place: number): void {
  if (place > 0) items.splice(place, 1);
  else if (!place) items.shift();
}

/** One deadline. `cancel` it when what it waited for has come. */
export class Timer {
  readonly when: number;
  readonly action: () => void;
  readonly #all: Timer[];

  constructor(all: Timer[], when: number, action: () => void) {
    this.#all = all;
    this.when = when;
    this.action = action;
  }

  /** Whether it is to come. */
  get live(): boolean {
    return this.#place >= 0;
  }

  cancel(): void {
    take(this.#all, this.#place);
  }

  get #place(): number {
    const all = this.#all;
    return all.indexOf(
      this,
      firstIndex(all, ({ when }) => when >= this.when),
    );
  }
}

/** Deadlines, earliest first; equal ones in the order in which they were set. */
export class Timers {
  readonly #all: Timer[] = [];

  /** How many are set. */
  get size(): number {
    return this.#all.length;
  }

  at(when: number, action: () => void): Timer {
    const timer = new Timer(this.#all, when, action);
    const place = firstIndex(this.#all, (other) => other.when > when);
    this.#all.splice(place, 0, timer);
    return timer;
  }

  /** When the next timer is due. */
  next(): number | undefined {
    return this.#all[0]?.when;
  }

  /** Run everything that is due at `now`, in order. */
  fire(now: number): void {
    while (this.#all[0] && this.#all[0].when <= now) {
      this.#all.shift()!.action();
    }
  }
}
