/** What the session asks of its shell. The shell carries them out in order. */

import type { Frame } from "../codec.js";
import type { ConnectionEvent, UnknownMessage } from "../options.js";
import type { Consumer } from "./consumers.js";

export type Effect =
  /** Open a socket; answer with `opened` or `failed` of the same generation. */
  | {
      readonly kind: "open";
      readonly attempt: number;
      readonly generation: number;
    }
  /** Send a text frame, or a binary one where it is no string. */
  | { readonly kind: "transmit"; readonly frame: Frame }
  /** Close the socket with the closing handshake. Nothing more is expected of it. */
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  /** Give up the attempt or the socket at once. Nothing more is expected of it. */
  | { readonly kind: "abort" }
  /** Take nothing more from the socket for now; pings go on. */
  | { readonly kind: "pause" }
  /** Take from the socket again. */
  | { readonly kind: "resume" }
  /** The connection entered a state. */
  | { readonly kind: "changed"; readonly event: ConnectionEvent }
  /** A frame came that is no message of the protocol, or not a valid one. */
  | { readonly kind: "strange"; readonly message: UnknownMessage }
  /** An asynchronous callback is under way: await it, then call `Session.served`. */
  | {
      readonly kind: "serve";
      readonly consumer: Consumer;
      readonly awaitable: PromiseLike<unknown>;
    };
