/** Connections that are shared by the clients of one program. */

import { OptionsConflict } from "../errors.js";
import type { Protocol } from "../operations.js";
import { completed, type ConnectionOptions } from "../options.js";
import { Lease } from "../session/index.js";
import type { Connection, Share } from "./connection.js";
import { Driver, type Endpoint } from "./driver.js";
import { webSocketTransport } from "./websocket_transport.js";

const CREDENTIALS = [
  "transport",
  "WebSocket",
  "headers",
  "query",
  "subprotocols",
  "cookies",
] as const;

/** Options that belong to one client, or are part of what makes connections the same. */
const OWN: readonly string[] = [
  "onState",
  "onUnknown",
  "logger",
  ...CREDENTIALS,
];

const connections = new WeakMap<Protocol, Set<Driver>>();

/**
 * The share of a client in the connection of this URL, credentials and lane; in a new one if there is none.
 *
 * @throws OptionsConflict: the connection is there, and an option that was given differs.
 */
export function acquire(client: Connection, lane: string): Share {
  const { endpoint } = client;
  const { protocol, options } = endpoint;
  let drivers = connections.get(protocol);
  if (!drivers) connections.set(protocol, (drivers = new Set()));
  let driver: Driver | undefined;
  for (const present of drivers) {
    if (
      present.lane === lane &&
      same(place(present.endpoint), place(endpoint))
    ) {
      checkOptions(present.endpoint.options, options);
      driver = present;
    }
  }
  if (!driver) {
    const made = options.transport ?? webSocketTransport(options.WebSocket);
    driver = new Driver(endpoint, lane, made, (gone) => drivers.delete(gone));
    drivers.add(driver);
  }
  const lease = new Lease();
  driver.share(lease, client);
  return [driver, lease];
}

/** What has to be equal, beside the protocol and the lane, for two clients to share a connection. */
function place({ url, address, options }: Endpoint): readonly unknown[] {
  return [url, address, ...CREDENTIALS.map((name) => options[name])];
}

function checkOptions(
  present: ConnectionOptions,
  given: ConnectionOptions,
): void {
  const known = new Map(Object.entries(completed(present)));
  for (const [name, value] of Object.entries(given)) {
    if (
      value !== undefined &&
      !OWN.includes(name) &&
      !same(known.get(name), value)
    ) {
      throw new OptionsConflict(name);
    }
  }
}

/** Whether two values are equal: arrays and plain objects by what is in them. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isPlain(one) || !isPlain(other)) return false;
  const names = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every(
      (name) => Object.hasOwn(other, name) && same(one[name], other[name]),
    )
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || Array.isArray(value);
}
