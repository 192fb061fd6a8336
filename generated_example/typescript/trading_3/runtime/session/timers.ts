/** Timers on a clock that somebody else reads. */

/** One deadline. `cancel` it when what it waited for has come. */
export class Timer {
  readonly when: number;
  readonly order: number;
  #timers: Timers;
  #action: (() => void) | undefined;

  constructor(timers: Timers, when: number, order: number, action: () => void) {
    this.#timers = timers;
    this.when = when;
    this.order = order;
    this.#action = action;
  }

  get live(): boolean {
    return this.#action !== undefined;
  }

  cancel(): void {
    if (this.#action) {
      this.#action = undefined;
      this.#timers.forget();
    }
  }

  fire(): void {
    const action = this.#action;
    this.#action = undefined;
    action?.();
  }
}

const before = (one: Timer, other: Timer): boolean =>
  one.when < other.when || (one.when === other.when && one.order < other.order);

/** Deadlines, earliest first; equal ones in the order in which they were set. */
export class Timers {
  #heap: Timer[] = [];
  #count = 0;
  #live = 0;

  /** How many are set. */
  get size(): number {
    return this.#live;
  }

  at(when: number, action: () => void): Timer {
    const timer = new Timer(this, when, ++this.#count, action);
    this.#live++;
    this.#push(timer);
    return timer;
  }

  /** One was cancelled. */
  forget(): void {
    this.#live--;
    // Calls that are answered in time leave their timers behind; without this
    // the heap would grow for ever.
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#live) {
      const live = this.#heap.filter((timer) => timer.live);
      this.#heap = [];
      for (const timer of live) this.#push(timer);
    }
  }

  /** When the next timer is due. */
  next(): number | undefined {
    while (this.#heap[0] && !this.#heap[0].live) this.#pop();
    return this.#heap[0]?.when;
  }

  /** Run everything that is due at `now`, in order. */
  fire(now: number): void {
    for (
      let when = this.next();
      when !== undefined && when <= now;
      when = this.next()
    ) {
      this.#live--;
      this.#pop()?.fire();
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at) {
      const above = (at - 1) >> 1;
      const parent = heap[above]!;
      if (before(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop()!;
    if (!heap.length) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      if (!left) break;
      const right = heap[below + 1];
      if (right && before(right, left)) below++;
      const child = heap[below]!;
      if (before(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
