/**
 * Is anybody there? Heartbeats of the application, and the silence after which a
 * connection counts as dead.
 *
 * Protocol pings are the transport's. A server may ask for messages of the
 * application all the same: some close a connection on which the client has said
 * nothing for a while, whatever it pings.
 */

import type { Frame } from "../codec.js";
import type { SessionOptions } from "../options.js";
import { Slot, type Wait } from "./calls.js";
import type { Session } from "./session.js";
import type { Timer, Timers } from "./timers.js";

/** The two timers of an open connection; each is there only where its option is given. */
export class Liveness {
  readonly #session: Session;
  readonly #clock: () => number;
  readonly #timers: Timers;
  readonly #heartbeat: SessionOptions["heartbeat"];
  readonly #maxSilence: number | undefined;
  readonly #frame: Frame;
  readonly #unanswered = new Map<Slot, Wait>();
  #heardAt = 0;
  #beating: Timer | undefined;
  #listening: Timer | undefined;

  constructor(
    session: Session,
    { heartbeat, maxSilence }: SessionOptions,
    clock: () => number,
    timers: Timers,
  ) {
    this.#session = session;
    this.#clock = clock;
    this.#timers = timers;
    this.#heartbeat = heartbeat;
    this.#maxSilence = maxSilence;
    this.#frame = heartbeat
      ? session.codec.encode(heartbeat.type, heartbeat.payload)
      : "";
  }

  /** The connection is open. */
  start(): void {
    this.#setBeat();
    this.resume();
  }

  /** A frame came. */
  heard(): void {
    if (this.#maxSilence !== undefined) this.#heardAt = this.#clock();
  }

  /** Reading is paused: silence is ours. */
  pause(): void {
    this.#listening?.cancel();
    this.#listening = undefined;
  }

  /** Reading goes on. */
  resume(): void {
    this.heard();
    this.#setListening();
  }

  /** The connection has ended. */
  stop(): void {
    this.pause();
    this.#beating?.cancel();
    this.#beating = undefined;
    for (const wait of this.#unanswered.values()) wait.cancel();
    this.#unanswered.clear();
  }

  #setBeat(): void {
    if (this.#heartbeat) {
      const due = this.#clock() + this.#heartbeat.interval;
      this.#beating = this.#timers.at(due, () => this.#beat());
    }
  }

  #beat(): void {
    const session = this.#session;
    const reply = this.#heartbeat?.reply;
    this.#setBeat();
    const answered = () => {
      this.#unanswered.get(slot)?.cancel();
      this.#unanswered.delete(slot);
    };
    const slot = new Slot(session.nextSequence(), answered, answered, {
      urgent: false,
    });
    session.ask(slot, reply == null ? [] : [reply], this.#frame);
    if (reply != null) {
      const wait = session.clockFor(slot, undefined, () => {
        this.#unanswered.delete(slot);
        slot.waiting = false;
      });
      this.#unanswered.set(slot, wait);
    }
  }

  #setListening(): void {
    if (this.#maxSilence === undefined) return;
    const due = this.#heardAt + this.#maxSilence;
    this.#listening = this.#timers.at(due, () => {
      this.#listening = undefined;
      if (this.#heardAt + this.#maxSilence! > this.#clock()) {
        this.#setListening();
      } else {
        this.#session.stale();
      }
    });
  }
}
