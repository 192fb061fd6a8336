/** Connections of one set of parameters each, for updates that do not say whose they are. */

import type { Apart, SubscriptionOperation } from "../operations.js";
import { canonicalParameters, type Consumer } from "../session/index.js";
import { mustWait, released } from "../session/alone.js";
import type { Connection, Share } from "./connection.js";
import { acquire } from "./registry.js";
import { Closed } from "../errors.js";

/** Route by a connection for each set of parameters. It is closed when nobody of its client uses it. */
export const ownConnection: Apart = { mustWait, released, share };

function share(
  connection: Connection,
  operation: SubscriptionOperation<never, unknown>,
  request: unknown,
  consumer: Consumer,
): Share {
  const { closed, lanes } = connection;
  const { codec } = connection.endpoint.protocol;
  if (closed) throw new Closed();
  const lane = `${operation.domain}:${canonicalParameters(codec, operation, request)}`;
  const present = lanes.get(lane);
  const over =
    present && ["FAILED", "CLOSED"].includes(present[0].session.state);
  const found = !present || over ? acquire(connection, lane) : present;
  lanes.set(lane, found);
  const [driver, lease] = found;
  const leave = () => {
    if (lease.consumers.size || lease.calls.size || lease.closed) return;
    if (lanes.get(lane) === found) lanes.delete(lane);
    driver.close(lease);
  };
  consumer.whenEnded(() => queueMicrotask(leave));
  return found;
}
