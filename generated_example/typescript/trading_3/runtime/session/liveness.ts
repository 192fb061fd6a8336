/**
 * Is anybody there? Heartbeats of the application, and the silence after which a
 * connection counts as dead.
 *
 * Protocol pings are the transport's. A server may ask for messages of the
 * application all the same: some close a connection on which the client has said
 * nothing for a while, whatever it pings.
 */

import { Slot, type Wait } from "./calls.js";
import type { Session } from "./session.js";
import type { Timer } from "./timers.js";

/** A message that is sent regularly; seconds from one to the next. */
export interface Beat {
  readonly type: string;
  readonly interval: number;
  readonly payload?: unknown;
  /** The message key of the answer, which is swallowed. */
  readonly reply?: string | null | undefined;
}

/** What watches over open connections. */
export interface Watch {
  /** The connection is open. */
  start(): void;
  /** The connection has ended. */
  stop(): void;
}

/** What notices that the server is silent. */
export interface SilenceWatch extends Watch {
  /** A frame came. */
  heard(): void;
}

/** Sends the message of `beat` as long as the connection is open. */
export function beating({ type, interval, payload, reply }: Beat) {
  return (session: Session): Watch => {
    const { clock, codec, exchange, timers } = session;
    const frame = codec.encode(type, payload);
    const unanswered = new Map<Slot, Wait>();
    let timer: Timer | undefined;
    const start = () => {
      timer = timers.at(clock() + interval, beat);
    };
    const beat = () => {
      start();
      const answered = () => {
        unanswered.get(slot)?.cancel();
        unanswered.delete(slot);
      };
      const slot = new Slot(answered, answered, {
        urgent: false,
      });
      exchange.ask(slot, reply == null ? [] : [reply], frame);
      if (reply == null) return;
      const silent = () => {
        unanswered.delete(slot);
        slot.waiting = false;
      };
      unanswered.set(slot, exchange.clockFor(slot, undefined, silent));
    };
    const stop = () => {
      timer?.cancel();
      for (const wait of unanswered.values()) wait.cancel();
      unanswered.clear();
    };
    return { start, stop };
  };
}

/** Gives a connection up on which nothing has come for so many seconds. While reading is paused, it is stopped. */
export function listening(longest: number) {
  return (session: Session): SilenceWatch => {
    const { clock, timers } = session;
    let heardAt = 0;
    let timer: Timer | undefined;
    const heard = () => {
      heardAt = clock();
    };
    const set = () => {
      timer = timers.at(heardAt + longest, () => {
        if (heardAt + longest > clock()) set();
        else session.stale();
      });
    };
    const start = () => {
      heard();
      set();
    };
    return { heard, start, stop: () => timer?.cancel() };
  };
}
