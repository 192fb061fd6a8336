/** Requests and sends of a client. */

import type { RequestOperation, SendOperation } from "../operations.js";
import { type RequestOptions, seconds, type SendOptions } from "../options.js";
import * as session from "../session/requests.js";
import type { Connection } from "./connection.js";

/** Send; resolves with the reply. See the generated method. */
export function request<Request, Reply>(
  connection: Connection,
  operation: RequestOperation<Request, Reply>,
  payload: Request,
  { timeout, ttl, onDisconnect, signal }: RequestOptions = {},
): Promise<Reply> {
  const options = {
    timeout: seconds(timeout),
    ttl: seconds(ttl),
    onDisconnect,
  };
  return connection.call(signal, (driver, lease) =>
    session.request(driver.session, lease, operation, payload, options),
  ) as Promise<Reply>;
}

/** Send; resolves when the message is handed over. See the generated method. */
export async function send<Request>(
  connection: Connection,
  operation: SendOperation<Request>,
  payload: Request,
  { ttl, onDisconnect, signal }: SendOptions = {},
): Promise<void> {
  const options = { ttl: seconds(ttl), onDisconnect };
  await connection.call(signal, (driver, lease) =>
    session.send(driver.session, lease, operation, payload, options),
  );
  await connection.present?.[0].drain();
}
