/**
 * Is anybody there? Heartbeats of the application, and the silence after which a
 * connection counts as dead.
 *
 * Protocol pings are the transport's. A server may ask for messages of the
 * application all the same: some close a connection on which the client has said
 * nothing for a while, whatever it pings.
 */

import type { Frame } from "../codec.js";
import { Slot, type Wait } from "./calls.js";
import type { Session } from "./session.js";
import type { Timer } from "./timers.js";

/** The two timers of an open connection; each is there only where its option is given. */
export class Liveness {
  readonly #session: Session;
  readonly #frame: Frame;
  readonly #unanswered = new Map<Slot, Wait>();
  #heardAt = 0;
  #beating: Timer | undefined;
  #listening: Timer | undefined;

  constructor(session: Session) {
    this.#session = session;
    const { heartbeat } = session.options;
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
    if (this.#session.options.maxSilence !== undefined)
      this.#heardAt = this.#session.clock();
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
    if (this.#session.options.heartbeat) {
      const due =
        this.#session.clock() + this.#session.options.heartbeat.interval;
      this.#beating = this.#session.timers.at(due, () => this.#beat());
    }
  }

  #beat(): void {
    const session = this.#session;
    const reply = this.#session.options.heartbeat?.reply;
    this.#setBeat();
    const answered = () => {
      this.#unanswered.get(slot)?.cancel();
      this.#unanswered.delete(slot);
    };
    const slot = new Slot(session.exchange.nextSequence(), answered, answered, {
      urgent: false,
    });
    session.exchange.ask(slot, reply == null ? [] : [reply], this.#frame);
    if (reply != null) {
      const wait = session.exchange.clockFor(slot, undefined, () => {
        this.#unanswered.delete(slot);
        slot.waiting = false;
      });
      this.#unanswered.set(slot, wait);
    }
  }

  #setListening(): void {
    if (this.#session.options.maxSilence === undefined) return;
    const due = this.#heardAt + this.#session.options.maxSilence;
    this.#listening = this.#session.timers.at(due, () => {
      this.#listening = undefined;
      if (
        this.#heardAt + this.#session.options.maxSilence! >
        this.#session.clock()
      ) {
        this.#setListening();
      } else {
        this.#session.stale();
      }
    });
  }
}
