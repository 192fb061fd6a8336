/**
 * Calls, and which reply belongs to which.
 *
 * Servers of this kind answer in order and without an id, so a reply belongs to
 * the oldest slot of its kind, unless something in it says better. *Every* frame
 * that the server will answer takes a slot before it is sent. A call that nobody
 * waits for any more leaves its slot in place as a tombstone: the reply that
 * reaches it is the one that was meant for it.
 */

import type { Lease } from "./leases.js";
import { firstIndex, take, type Timer, type Timers } from "./timers.js";
import type { Wire } from "./wires.js";

/** The outcome of a call that its own caller gave up. */
export class Cancelled extends Error {}

/** Something that a caller waits for. It settles exactly once, with a result or an error. */
export class Call {
  readonly message: string;
  readonly lease: Lease | undefined;
  timeout = 0;
  order = 0;
  settled = false;
  result: unknown = undefined;
  error: Error | undefined;
  wait: Wait | undefined;
  timer: Timer | undefined;
  #queue: Map<Call, () => void> | undefined;
  #actions: readonly ((call: Call) => void)[] = [];

  constructor(message: string, lease?: Lease) {
    this.message = message;
    this.lease = lease;
    lease?.calls.add(this);
  }

  /** Run `action` when the call settles, at once if it has. */
  whenSettled(action: (call: Call) => void): void {
    if (this.settled) action(this);
    else this.#actions = [...this.#actions, action];
  }

  /** It waits in `queue` for a connection, as long as `timer` allows. */
  waitIn(queue: Map<Call, () => void>, timer: Timer): void {
    this.#queue = queue;
    this.timer = timer;
  }

  /** There is a connection, or no need of one any more. */
  stopWaiting(): void {
    this.timer?.cancel();
    this.#queue?.delete(this);
    this.timer = this.#queue = undefined;
  }

  settle(result?: unknown, error?: Error): void {
    if (this.settled) return;
    this.settled = true;
    this.result = result;
    this.error = error;
    this.lease?.calls.delete(this);
    this.wait?.cancel();
    this.stopWaiting();
    const actions = this.#actions;
    this.#actions = [];
    for (const action of actions) action(this);
  }

  fail(error: Error): void {
    this.settle(undefined, error);
  }
}

/**
 * The place of one sent frame among those that wait for a reply.
 *
 * `waiting` is false for a tombstone: nobody waits any more, and the reply that
 * is meant for it is still to come. `topic` is what its reply will say, where
 * that is known: of an unsubscribe, and of a subscribe that another answer to
 * the same parameters has overtaken. One that is not `certain` is that of a
 * rule, from which the server may differ. `id` is what it was sent with and its
 * reply will repeat, where it was. `wire` is what a subscribe asks for.
 */
export class Slot {
  /** Its number among the frames that were sent; 0 before. */
  sequence = 0;
  readonly answered: (key: string, payload: unknown) => void;
  readonly failed: (error: Error) => void;
  topic: string | undefined;
  readonly wire: Wire | undefined;
  readonly id: string | undefined;
  certain: boolean;
  /** Whether reading must go on until it is answered. */
  readonly urgent: boolean;
  waiting = true;
  queues: readonly ReplyQueue[] = [];

  constructor(
    answered: (key: string, payload: unknown) => void,
    failed: (error: Error) => void,
    {
      topic,
      wire,
      id,
      certain = true,
      urgent = true,
    }: {
      topic?: string | undefined;
      wire?: Wire;
      id?: string | undefined;
      certain?: boolean;
      urgent?: boolean;
    } = {},
  ) {
    this.answered = answered;
    this.failed = failed;
    this.topic = topic;
    this.wire = wire;
    this.id = id;
    this.certain = certain;
    this.urgent = urgent;
  }

  /** The reply will name this topic. */
  learn(topic: string): void {
    if (!this.marked) for (const queue of this.queues) queue.mark();
    this.topic = topic;
    this.certain = true;
  }

  /** Whether something other than the order says which reply is its own. */
  get marked(): boolean {
    return (this.id ?? this.topic) !== undefined;
  }

  /** Whether a reply that came since this was sent may have been its own, taken by a tombstone before it. */
  get misaligned(): boolean {
    return this.queues.some(
      (queue) => queue.replied >= this.sequence && queue.shadows(this),
    );
  }
}

/** The slots that wait for one kind of reply, oldest first. */
export class ReplyQueue {
  readonly slots: Slot[] = [];
  heldBack: (() => void)[] = [];
  /** What learned its topic by position since the queue was last empty. */
  learned: Wire[] = [];
  /** The topic of the latest reply that had the topic of its slot. */
  latest: string | undefined;
  /** The sequence number of the latest frame that had been sent when the latest reply without an id came. */
  replied = 0;
  readonly #risen = new Staircase();
  /** How many slots are marked. */
  #marked = 0;

  append(slot: Slot): void {
    slot.queues = [...slot.queues, this];
    this.slots.push(slot);
    this.#marked += +slot.marked;
  }

  /** A slot has become a marked one. */
  mark(): void {
    this.#marked++;
  }

  /** The oldest slot that was sent with this id. */
  withId(id: string): Slot | undefined {
    return this.slots.find((slot) => slot.id === id);
  }

  /**
   * The slot that a reply belongs to: by its topic where exactly one waiting
   * call has it, else by order.
   *
   * A subscribe that was repeated has the oldest of its slots answered first, so
   * that those behind keep their places. By order, a reply with a topic passes
   * over slots that are known to have another one, unless all do; and every
   * reply over those that wait for one with an id, unless all do.
   *
   * Undefined: it has come before. That is so where its topic is `held` by a
   * subscription already, and all who wait are known or expected to have another
   * one; or where all are known to, and it was that of the reply before.
   */
  match(topic: string | undefined, held = false): Slot | undefined {
    const fits = (first: Slot | undefined) =>
      !first || topic === undefined || (first.topic === topic && first.waiting);
    const oldest = this.slots[0];
    if (!this.#marked || (oldest?.id === undefined && fits(oldest))) {
      return oldest;
    }
    let slots = this.slots.filter((slot) => slot.id === undefined);
    if (!slots.length) slots = this.slots;
    const first = slots[0];
    if (!first || topic === undefined || fits(first)) return first;
    const known = this.known(topic);
    if (known) return known;
    const found = slots.find(
      (slot) =>
        slot.topic === undefined || slot.topic === topic || !slot.certain,
    );
    if (!found) return held || topic === this.latest ? undefined : first;
    return held && found.topic !== undefined && found.topic !== topic
      ? undefined
      : found;
  }

  /** The slot that a reply with this topic belongs to, where exactly one waiting call is known to have it. */
  known(topic: string): Slot | undefined {
    const same = this.slots.filter((slot) => slot.topic === topic);
    const [one, another] = same.filter((slot) => slot.waiting);
    if (!one || another) return undefined;
    return one.wire ? same.find((slot) => slot.wire === one.wire) : one;
  }

  /** Whether a topic was learned by position since the queue was last empty. */
  get guessed(): boolean {
    return this.learned.some((wire) => wire.topic !== undefined);
  }

  /** Whether anybody waits for a reply of this kind. */
  get awaited(): boolean {
    return this.slots.some((slot) => slot.waiting);
  }

  /** Whether a tombstone stands before `slot`, or stood there at some time. */
  shadows(slot: Slot): boolean {
    if (this.#risen.latestBefore(slot.sequence) >= slot.sequence) return true;
    for (const other of this.slots) {
      if (other === slot) break;
      if (!other.waiting && (other.id === undefined || slot.id !== undefined)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A reply came for `slot`; `sent` is the sequence number of the latest frame
   * that was sent. One that was found by its id says nothing about the order of
   * the others.
   */
  remove(slot: Slot, sent: number, byId: boolean): void {
    const { slots } = this;
    take(slots, slots.indexOf(slot));
    this.#marked -= +slot.marked;
    if (!slots.length) this.learned = [];
    if (byId) return;
    if (slots.length && slot.wire?.guessed) this.learned.push(slot.wire);
    if (!slot.waiting) {
      this.#risen.note(slot.sequence, sent, slots[0]?.sequence ?? sent + 1);
    }
  }

  /**
   * Empty the queue; the connection has ended. What learned its topic by
   * position before a reply that was still to come may have learned another
   * one's, and forgets it.
   */
  drain(): void {
    for (const wire of this.learned) wire.topic = undefined;
    this.slots.length = this.#marked = 0;
    this.#risen.clear();
    this.heldBack = [];
    this.learned = [];
    this.latest = undefined;
  }
}

/**
 * When something last happened to any frame that was sent before a given one.
 *
 * Kept as pairs of sequence and time, both rising, so that a thousand calls
 * behind one slow server cost no more than a search each.
 */
export class Staircase {
  #steps: (readonly [sequence: number, when: number])[] = [];

  /** It happened to frame `sequence`, the latest so far; nobody will ask about frames before `oldest`. */
  note(sequence: number, when: number, oldest: number): void {
    const steps = this.#steps;
    steps.splice(this.#below(sequence), Infinity, [sequence, when]);
    steps.splice(0, this.#below(oldest) - 1);
  }

  latestBefore(sequence: number): number {
    return this.#steps[this.#below(sequence) - 1]?.[1] ?? -Infinity;
  }

  clear(): void {
    this.#steps = [];
  }

  /** How many steps are of frames before `sequence`. */
  #below(sequence: number): number {
    return firstIndex(this.#steps, ([one]) => one >= sequence);
  }
}

/** The clock of one call. */
export interface Wait {
  readonly slot: Slot;
  readonly started: number;
  readonly timeout: number;
  cancel(): void;
}

/**
 * A clock that runs while the server is silent, and starts anew when the server
 * answers anything that was sent before.
 */
export function waiting(
  slot: Slot,
  started: number,
  timeout: number,
  timers: Timers,
  answers: Staircase,
  expired: () => void,
): Wait {
  let timer: Timer;
  const set = (silentSince: number) => {
    timer = timers.at(silentSince + timeout, () => {
      const answered = answers.latestBefore(slot.sequence);
      if (answered > started && answered + timeout > timer.when) set(answered);
      else expired();
    });
  };
  set(started);
  return { slot, started, timeout, cancel: () => timer.cancel() };
}

/** Run `action` once all of `calls` have settled. */
export function whenAllSettled(
  calls: Iterable<Call>,
  action: () => void,
): void {
  const waiting = [...calls].filter((call) => !call.settled);
  let left = waiting.length;
  if (!left) action();
  for (const call of waiting) {
    call.whenSettled(() => {
      if (!--left) action();
    });
  }
}
