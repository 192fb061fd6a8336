/** Which message goes where: one route for each message key, made when something first has to do with it. */

import { ReplyQueue } from "./calls.js";
import type { Consumer } from "./consumers.js";
import {
  type Maker,
  MessageRoute,
  type Route,
  type UpdateRoute,
} from "./routes.js";
import type { Session } from "./session.js";

/** The routes of one session. `routes` holds, for each message key, the function that takes its messages. */
export class Switchboard {
  readonly routes = new Map<string, Route>();
  readonly #session: Session;
  readonly #messages = new Map<string, MessageRoute>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** What becomes of messages of this kind. */
  message(key: string): MessageRoute {
    let message = this.#messages.get(key);
    if (!message) {
      message = new MessageRoute(this.#session, key);
      this.#messages.set(key, message);
      this.#settle(message);
    }
    return message;
  }

  /** The queue of those who wait for replies of this kind. */
  queue(key: string): ReplyQueue {
    const message = this.message(key);
    if (!message.queue) {
      message.queue = new ReplyQueue();
      this.#settle(message);
    }
    return message.queue;
  }

  /** Messages of this kind are updates of a domain. */
  addUpdate(key: string, route: UpdateRoute): void {
    const message = this.message(key);
    message.updates = [...message.updates, route];
    this.#settle(message);
  }

  /** Deliver every message of this kind to `consumer`; where consumers answer it, the first of them gets it. */
  add(key: string, consumer: Consumer, make: Maker | undefined): void {
    const message = this.message(key);
    message.listeners = [...message.listeners, [consumer, make]];
    this.#settle(message);
  }

  /** Deliver nothing to `consumer` any more. */
  silence(consumer: Consumer): void {
    for (const message of this.#messages.values()) {
      message.listeners = message.listeners.filter(([one]) => one !== consumer);
      this.#settle(message);
    }
  }

  /** The connection has ended: no reply comes any more. */
  drain(): void {
    for (const message of this.#messages.values()) message.queue?.drain();
  }

  /** Nothing goes anywhere. */
  clear(): void {
    this.#messages.clear();
    this.routes.clear();
  }

  #settle(message: MessageRoute): void {
    this.routes.set(message.key, message.quickest());
  }
}
