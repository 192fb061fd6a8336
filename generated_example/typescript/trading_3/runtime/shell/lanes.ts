/** Connections of one set of parameters each, for updates that do not say whose they are. */

import type { SubscriptionOperation } from "../operations.js";
import { canonicalParameters, type Consumer } from "../session/index.js";
import type { Connection, Share } from "./connection.js";
import { acquire } from "./registry.js";
import { Closed } from "../errors.js";

/** The connection of these parameters; it is closed when nobody of this client uses it. */
export function useLane(
  connection: Connection,
  operation: SubscriptionOperation<never, unknown>,
  request: unknown,
  consumer: Consumer,
): Share {
  const { closed, lanes, protocol } = connection;
  if (closed) throw new Closed();
  const lane = `${operation.domain}:${canonicalParameters(protocol.codec, operation, request)}`;
  const present = lanes.get(lane);
  const over =
    present && ["FAILED", "CLOSED"].includes(present[0].session.state);
  const share = !present || over ? acquire(connection, lane) : present;
  lanes.set(lane, share);
  const [driver, lease] = share;
  const leave = () => {
    if (lease.consumers.size || lease.calls.size || lease.closed) return;
    if (lanes.get(lane) === share) lanes.delete(lane);
    driver.close(lease);
  };
  consumer.whenEnded(() => queueMicrotask(leave));
  return share;
}
