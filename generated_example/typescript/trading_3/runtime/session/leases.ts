/** The share that one client has in a connection. */

import { Closed } from "../errors.js";
import type { Call } from "./calls.js";
import type { Consumer } from "./consumers.js";

/** What one client has on a connection: its calls and its consumers. */
export class Lease {
  readonly calls = new Set<Call>();
  readonly consumers = new Set<Consumer>();
  closed = false;

  /** @throws Closed: nothing can be asked for any more. */
  check(): void {
    if (this.closed) throw new Closed();
  }
}
