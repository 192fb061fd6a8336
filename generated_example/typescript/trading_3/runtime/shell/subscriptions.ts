/** Subscriptions of a client. */

import type { SubscriptionOperation } from "../operations.js";
import {
  type Callback,
  seconds,
  type StreamOptions,
  type SubscribeOptions,
  type Subscription,
} from "../options.js";
import { Consumer } from "../session/index.js";
import type { Connection } from "./connection.js";
import type { Driver } from "./driver.js";
import { ConsumerSubscription } from "./handles.js";

/** Subscribe; resolves after the server's confirmation. See the generated method. */
export async function subscribe<Request, Data>(
  connection: Connection,
  operation: SubscriptionOperation<Request, Data>,
  request: Request,
  onUpdate: Callback<Data>,
  options?: SubscribeOptions,
): Promise<Subscription> {
  return new ConsumerSubscription(
    ...(await follow(connection, operation, request, onUpdate, options)),
  );
}

/** The same, without what an application holds. */
export async function follow<Request, Data>(
  connection: Connection,
  operation: SubscriptionOperation<Request, Data>,
  request: Request,
  onUpdate: Callback<Data>,
  options: SubscribeOptions = {},
): Promise<readonly [driver: Driver, consumer: Consumer]> {
  const { domain, delivery } = operation;
  const { onReset, onError } = options;
  const given = { onReset, onError, delivery };
  const consumer = new Consumer(domain, onUpdate, given);
  return [
    await enter(connection, operation, request, consumer, options),
    consumer,
  ];
}

/** Subscribe a consumer; resolves after the server's confirmation. */
export async function enter(
  connection: Connection,
  operation: SubscriptionOperation<never, unknown>,
  request: unknown,
  consumer: Consumer,
  { timeout, signal }: Pick<StreamOptions, "timeout" | "signal">,
): Promise<Driver> {
  signal?.throwIfAborted();
  const { route } = operation;
  const [driver, lease] =
    typeof route === "object" && "share" in route
      ? route.share(connection, operation, request, consumer)
      : connection.use();
  const { session } = driver;
  const wait = seconds(timeout);
  const call = session.subscribe(lease, operation, request, consumer, wait);
  driver.carryOut();
  await driver.settled(call, () => session.leave(consumer), signal);
  return driver;
}
