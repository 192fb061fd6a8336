/** Where the updates of one domain go: from addresses and topics to wire subscriptions and consumers. */

import type { Consumer } from "./consumers.js";
import { EarlyUpdates } from "./early.js";
import { deliver } from "./routes.js";
import type { Session } from "./session.js";
import type { Wire } from "./wires.js";

const GONE_ADDRESSES = 1_024;

type Wires = Map<unknown, readonly Wire[]>;

/** The addresses and topics that are held on one connection, those that were left, and updates that nobody holds yet. */
export class Places {
  /** Who gets the updates of each address. */
  readonly sinks = new Map<unknown, readonly Consumer[]>();
  /** How often they have become others. */
  changes = 0;
  readonly #session: Session;
  readonly at: Wires = new Map();
  readonly topics: Wires;
  /** Addresses of which nobody may miss updates; each with the parameters whose unsubscribe is on its way, if it is. */
  readonly #gone = new Map<unknown, string | undefined>();
  readonly early: EarlyUpdates;

  /** `byTopic`: the addresses of this domain are its topics. */
  constructor(session: Session, domain: string, byTopic: boolean) {
    this.#session = session;
    this.topics = byTopic ? this.at : new Map();
    this.early = new EarlyUpdates(() => session.countUnrouted(domain));
  }

  /** Whether a subscription with this topic is confirmed; `but` does not count. */
  holds(topic: string | undefined, but?: Wire): boolean {
    if (topic === undefined) return false;
    return !!this.topics.get(topic)?.some((wire) => wire !== but);
  }

  /** A subscription was confirmed. */
  place(wire: Wire): void {
    const alone = [wire]; // most of the time it is, and all tables hold the same list
    if (wire.topic !== undefined) add(this.topics, wire.topic, wire, alone);
    for (const address of wire.addresses) {
      this.#gone.delete(address);
      add(this.at, address, wire, alone);
    }
  }

  /** A subscription was left. `forget`: nobody is to miss what comes for its addresses. */
  unplace(wire: Wire, forget: boolean): void {
    remove(this.topics, wire.topic, wire);
    for (const address of wire.addresses) {
      remove(this.at, address, wire);
      if (forget && !this.at.has(address)) {
        this.#gone.set(address, undefined);
        if (this.#gone.size > GONE_ADDRESSES) {
          this.#gone.delete(this.#gone.keys().next().value);
        }
      }
    }
    if (forget) this.early.take(wire.addresses);
  }

  /** Its unsubscribe is on its way: what comes for its addresses until then is for nobody. */
  releasing({ addresses, key }: Wire): void {
    for (const address of addresses) {
      if (this.#gone.has(address)) this.#gone.set(address, key);
    }
  }

  /** From now on, what comes for these addresses is of a later subscribe. */
  released(addresses: readonly unknown[], { key }: Wire): void {
    for (const address of addresses) {
      if (this.#gone.get(address) === key) this.#gone.set(address, undefined);
    }
  }

  /** The consumers of a subscription have become others. */
  refresh(wire: Wire): void {
    this.changes++;
    for (const address of wire.addresses) {
      const wires = this.at.get(address) ?? [];
      const consumers = wires.flatMap((other) =>
        other.consumers.filter((consumer) => consumer.state === "CONFIRMED"),
      );
      // Most of the time they are all of one, and both hold the same list.
      const all = wires[0]?.consumers;
      const same = wires.length === 1 && all?.length === consumers.length;
      if (!consumers.length) this.sinks.delete(address);
      else this.sinks.set(address, same ? all : [...consumers]);
    }
  }

  /** Keep an update that has no consumer, if a subscribe is `asked` for. False: somebody may miss it. */
  keep(
    address: unknown,
    value: unknown,
    size: number,
    asked: boolean,
  ): boolean {
    if (this.at.has(address)) return true;
    if (!asked || this.#gone.get(address) !== undefined) {
      return this.#gone.has(address);
    }
    this.early.keep(address, value, size);
    return true;
  }

  /** Give out what came before the confirmation. */
  deliverEarly(wire: Wire): void {
    for (const [address, value] of this.early.take(wire.addresses)) {
      deliver(this.#session, this.sinks.get(address) ?? [], value);
    }
  }

  /** Nothing is asked for: what came before any confirmation is for nobody. */
  dropEarly(): void {
    this.early.drop(this.#gone);
  }

  /** The connection has ended. */
  clear(): void {
    this.changes++;
    for (const table of [this.sinks, this.at, this.topics, this.#gone]) {
      table.clear();
    }
    this.dropEarly();
  }
}

function add(
  table: Wires,
  key: unknown,
  wire: Wire,
  alone: readonly Wire[],
): void {
  const there = table.get(key);
  if (!there) table.set(key, alone);
  else if (!there.includes(wire)) table.set(key, [...there, wire]);
}

function remove(table: Wires, key: unknown, wire: Wire): void {
  const rest = table.get(key)?.filter((other) => other !== wire);
  if (rest?.length) table.set(key, rest);
  else table.delete(key);
}
