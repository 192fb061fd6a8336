/** Subscriptions that are known by their ids, for applications that keep ids. */

import type { Address } from "../addresses.js";
import type { Protocol, SubscriptionOperation } from "../operations.js";
import type {
  Callback,
  ConnectionOptions,
  SubscribeOptions,
  Url,
} from "../options.js";
import { Connection } from "./connection.js";
import { leave, newId } from "./handles.js";
import { follow } from "./subscriptions.js";

/** Subscribe and unsubscribe of one domain, by ids. */
export interface WebSocketInterface<Request, Data> {
  /** Subscribe; resolves after the server's confirmation, with an id for `unsubscribe`. */
  subscribe(
    params: Request,
    onUpdate: Callback<Data>,
    options?: SubscribeOptions,
  ): Promise<string>;
  /** Leave. An id that is not known, or not any more, does nothing. */
  unsubscribe(id: string): Promise<void>;
  /** Leave everything, and let go of the connection. Final. */
  close(): Promise<void>;
}

/** The interface of one subscription operation, on a connection that is opened (or shared) when it is first used. */
export function webSocketInterface<Request, Data>(
  protocol: Protocol,
  operation: SubscriptionOperation<Request, Data>,
  url: Url,
  options: ConnectionOptions = {},
  address?: Address,
): WebSocketInterface<Request, Data> {
  const connection = new Connection(protocol, url, options, address);
  const known = new Map<string, () => Promise<void>>();
  return {
    async subscribe(params, onUpdate, options) {
      const [driver, consumer] = await follow(
        connection,
        operation,
        params,
        onUpdate,
        options,
      );
      const id = newId(consumer);
      known.set(id, () => leave(driver, consumer));
      return id;
    },
    async unsubscribe(id) {
      const end = known.get(id);
      known.delete(id);
      await end?.();
    },
    close: () => connection.close(),
  };
}
