/** What fake servers need of the platform: time that passes at once. */

import type { Clock } from "../transport.js";

// Taken when the module is loaded: a test may put timers of its own in their places.
const { setTimeout, clearTimeout, performance } = globalThis;

/** How often promises may follow from each other at each moment of virtual time. */
const TURNS = 100;

interface Timer {
  readonly when: number;
  readonly callback: () => void;
}

/** Time that passes as real time does, and can be put forward. It begins at 0; all times are in seconds. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #begin = performance.now() / 1000;
  #alarm: ReturnType<typeof setTimeout> | undefined;

  time(): number {
    return performance.now() / 1000 - this.#begin;
  }

  /** See `Clock.callAt`. */
  callAt(when: number, callback: () => void): () => void {
    const timer = { when, callback };
    this.#timers.add(timer);
    this.#setAlarm();
    return () => {
      this.#timers.delete(timer);
      this.#setAlarm();
    };
  }

  /** Put the time forward: what becomes due is called in order, and what follows from it happens. */
  async advance(seconds: number): Promise<void> {
    const end = this.time() + seconds;
    await turn();
    while (this.#runNext(end)) await turn();
    this.#moveTo(end);
    await turn();
  }

  /** What a promise gives, with as much virtual time as that takes; rejects when that is more than `within`. */
  async until<T>(promise: PromiseLike<T>, within: number): Promise<T> {
    let done = false;
    const stop = () => (done = true);
    promise.then(stop, stop);
    const end = this.time() + within;
    for (;;) {
      await turn();
      if (done) return promise;
      if (!this.#runNext(end) && (this.#timers.size || this.time() > end)) {
        throw new Error(`not done within ${within} s of the fake's time`);
      }
    }
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (!first || timer.when < first.when) first = timer;
    }
    return first;
  }

  /** Go to the next timer and call it, if it is due by `until`; whether there was one. */
  #runNext(until: number): boolean {
    const timer = this.#next();
    if (!timer || timer.when > until) return false;
    this.#moveTo(timer.when);
    this.#timers.delete(timer);
    timer.callback();
    this.#setAlarm();
    return true;
  }

  #moveTo(when: number): void {
    this.#begin -= Math.max(0, when - this.time());
    this.#setAlarm();
  }

  /** Have the platform wake this clock for its next timer. */
  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const timer = this.#next();
    if (!timer) return;
    const delay = Math.min((timer.when - this.time()) * 1000, 2 ** 31 - 1);
    this.#alarm = setTimeout(
      () => {
        this.#runNext(this.time() + 0.001);
        this.#setAlarm();
      },
      Math.max(0, delay),
    );
  }
}

async function turn(): Promise<void> {
  for (let count = 0; count < TURNS; count++) await undefined;
  await new Promise((resolve) => setTimeout(resolve, 0));
}
