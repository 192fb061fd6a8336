/** Calls an application's handlers with what the server asks, and sends what they return. */

import type { HandleOptions, RequestHandler } from "../options.js";
import {
  answer,
  type Asked,
  type Consumer,
  isAwaitable,
} from "../session/index.js";
import type { Driver } from "./driver.js";

/**
 * The callback of a consumer that takes requests. Whatever the handler throws goes on to whoever called, after
 * `errorReply` has had its chance to answer.
 */
export function answering(
  driver: () => Driver,
  consumer: () => Consumer,
  handler: RequestHandler<any, any>,
  { errorReply, concurrent }: HandleOptions,
): (asked: Asked) => unknown {
  const send = (asked: Asked, reply: unknown) =>
    answer(driver().session, asked, reply);
  const failed = (asked: Asked, error: unknown) => {
    if (errorReply) send(asked, errorReply(error));
  };
  const later = async (asked: Asked, result: PromiseLike<unknown>) => {
    const { session } = driver();
    try {
      answer(session, asked, await result);
    } catch (error) {
      failed(asked, error);
      throw error;
    } finally {
      driver().carryOut();
    }
    await driver().drain();
  };
  return (asked) => {
    let result: unknown;
    try {
      result = handler(asked.payload);
      if (!isAwaitable(result)) return send(asked, result);
    } catch (error) {
      failed(asked, error);
      throw error;
    }
    const answered = later(asked, result);
    if (!concurrent) return answered;
    answered.catch((error) => {
      driver().session.callbackFailed(consumer(), error);
      driver().carryOut();
    });
  };
}
