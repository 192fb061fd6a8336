/**
 * What becomes of a wire subscription, as data.
 *
 * Two facts are kept apart for each set of parameters: whether somebody here
 * *wants* it, and what the server has of it on this connection (*held*). To
 * change the behaviour of subscriptions, change a line; a test holds the table
 * to that of the other language, over every pair.
 */

/** What the server has of a set of parameters, as far as this connection has told. */
export type Held = "absent" | "asked" | "held" | "releasing";

/** What can happen to a wire subscription. */
export type Happening =
  /** The connection can be used, or what stood in the way of asking is gone. */
  | "opened"
  /** A consumer arrived. */
  | "joined"
  /** The last consumer went. */
  | "left"
  /** The server said ok to a subscribe, perhaps late. */
  | "confirmed"
  /** The server refused the latest subscribe. */
  | "refused"
  /** The server did not answer the latest subscribe in time. */
  | "silent"
  /** The server answered the unsubscribe, with whatever words, or did not in time. */
  | "released"
  /** The server said ok to a subscribe, but an unsubscribe of the same topic was on its way behind it. */
  | "undone"
  /** The connection ended. */
  | "lost";

/** What the session does about it; each is a method of `Domain`. */
export type Act =
  /** Send the subscribe. */
  | "ask"
  /** Settle the calls of all consumers that wait. */
  | "confirm"
  /** End all consumers that wait with the server's refusal. */
  | "reject"
  /** Send the unsubscribe, where there is one and no other parameters share the topic. */
  | "release";

type Lines = { readonly [before in Held]?: readonly [after: Held, act?: Act] };

/**
 * For each happening: what follows where nobody wants it, and where somebody
 * does, which is the fact after the happening. What is not listed stays as it
 * is, and nothing is done about it.
 */
export const TABLE: Readonly<
  Record<Happening, readonly [unwanted: Lines, wanted: Lines]>
> = {
  opened: [{}, { absent: ["asked", "ask"] }],
  // A consumer joins what is under way, is confirmed at once, or waits for a
  // release in flight.
  joined: [{}, { absent: ["asked", "ask"], held: ["held", "confirm"] }],
  // What was only asked is not undone before its answer is known: a new
  // consumer may join it.
  left: [{ held: ["releasing", "release"] }, {}],
  // A late ok is adopted when somebody wants it, and undone when nobody does.
  confirmed: [
    { absent: ["releasing", "release"], asked: ["releasing", "release"] },
    { absent: ["held", "confirm"], asked: ["held", "confirm"] },
  ],
  refused: [{ asked: ["absent"] }, { asked: ["absent", "reject"] }],
  // Each caller's own clock ends its call; the wire subscription is silent when
  // the last of them has gone. One that is being renewed has no caller: it is
  // asked for once more.
  silent: [{ asked: ["absent"] }, { asked: ["asked", "ask"] }],
  released: [{ releasing: ["absent"] }, { releasing: ["asked", "ask"] }],
  // The wait for that unsubscribe is the same as for one of its own.
  undone: [
    { absent: ["releasing"], asked: ["releasing"] },
    { absent: ["releasing"], asked: ["releasing"] },
  ],
  lost: [
    { asked: ["absent"], held: ["absent"], releasing: ["absent"] },
    { asked: ["absent"], held: ["absent"], releasing: ["absent"] },
  ],
};
