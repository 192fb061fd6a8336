/** What the server sends unasked, and who gets it. */

import type { PushOperation } from "../operations.js";
import type { Consumer } from "./consumers.js";
import type { Lease } from "./leases.js";
import { maker } from "./routes.js";
import type { Session } from "./session.js";

/**
 * Deliver every message of `operation` to `consumer`, from now on. Does not
 * connect.
 *
 * @throws Closed: the client is closed.
 */
export function listen(
  session: Session,
  lease: Lease,
  { messages, events }: PushOperation<unknown>,
  consumer: Consumer,
): void {
  session.takeIn(lease, consumer);
  for (const key of messages) {
    session.switchboard.add(key, consumer, maker(events, key));
  }
}
