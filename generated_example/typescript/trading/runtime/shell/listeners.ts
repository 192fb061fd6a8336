/** What the server sends unasked: pushes, and requests that a client answers. */

import { Closed } from "../errors.js";
import type { HandlerOperation, PushOperation } from "../operations.js";
import type {
  Callback,
  HandleOptions,
  ListenOptions,
  RequestHandler,
} from "../options.js";
import { Consumer } from "../session/index.js";
import * as answers from "../session/answers.js";
import * as pushes from "../session/listeners.js";
import { answering } from "./answering.js";
import type { Connection, Share } from "./connection.js";

/** Call `callback` with every push of `operation`, until the result is called. Does not connect. */
export function listen<Data>(
  connection: Connection,
  operation: PushOperation<Data>,
  callback: Callback<Data>,
  { delivery, onError, signal }: ListenOptions = {},
): () => void {
  const given = { onError, delivery };
  const consumer = new Consumer(operation.name, callback, given);
  const stop = add(connection, consumer, ([{ session }, lease]) =>
    pushes.listen(session, lease, operation, consumer),
  );
  signal?.addEventListener("abort", stop);
  return () => {
    signal?.removeEventListener("abort", stop);
    stop();
  };
}

/**
 * Answer every request of `operation` with what `handler` returns, until the result is called. Does not connect.
 * Requests are handled one after the other, or with `concurrent` all at once. What the handler throws is reported,
 * and answered with what `errorReply` makes of it, or not at all. What was asked on a connection that has ended is
 * not answered.
 *
 * @throws TypeError: this client has a handler for it.
 * @throws Closed: the client is closed.
 */
export function handle<Request, Reply>(
  connection: Connection,
  operation: HandlerOperation<Request, Reply>,
  handler: RequestHandler<Request, Reply>,
  options: HandleOptions<Reply> = {},
): () => void {
  const { request } = operation;
  for (const { answers, domain } of connection.listeners.keys()) {
    if (answers && domain === request) {
      throw new TypeError(
        `\`${request}\` has a handler; call what registering it returned first`,
      );
    }
  }
  const { onError } = options;
  const callback = answering(
    () => connection.share![0],
    () => consumer,
    handler,
    options,
  );
  const consumer: Consumer = new Consumer(request, callback, { onError });
  consumer.answers = true;
  return add(connection, consumer, ([{ session }, lease]) =>
    answers.handle(session, lease, operation, consumer),
  );
}

/** Let a consumer listen on this client's connections; the result ends that. */
function add(
  connection: Connection,
  consumer: Consumer,
  takeIn: (share: Share) => void,
): () => void {
  if (connection.closed) throw new Closed();
  const { listeners, present } = connection;
  listeners.set(consumer, takeIn);
  if (present) takeIn(present);
  return () => {
    listeners.delete(consumer);
    connection.share?.[0].session.leave(consumer);
  };
}
