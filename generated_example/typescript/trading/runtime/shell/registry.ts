/** Connections that are shared by the clients of one program. */

import type { Address } from "../addresses.js";
import { OptionsConflict } from "../errors.js";
import type { Protocol } from "../operations.js";
import type { ConnectionOptions, Url } from "../options.js";
import type { Lease } from "../session/index.js";
import { Driver, type Observer } from "./driver.js";
import { webSocketTransport } from "./websocket_transport.js";

/** What has to be equal, beside the protocol, for two clients to share a connection. */
interface Place {
  readonly url: Url;
  readonly address: Address;
  readonly lane: string;
  readonly credentials: readonly unknown[];
}

/** Options that belong to one client, or are part of what makes connections the same. */
const OWN = new Set([
  "onState",
  "onUnknown",
  "logger",
  "transport",
  "WebSocket",
  "headers",
  "query",
  "subprotocols",
  "cookies",
]);

const DEFAULTS: ConnectionOptions = {
  openTimeout: 10_000,
  timeout: 5000,
  pingInterval: 20_000,
  pingTimeout: 20_000,
  maxSize: 16 * 1024 * 1024,
  maxAttempts: 5,
  retry: {},
  onDisconnect: "fail",
  ttl: 30_000,
  heartbeat: null,
};

const connections = new WeakMap<Protocol, Map<Driver, Place>>();

/**
 * The connection that clients of `protocol` share for this URL, credentials and lane; a new one if there is none.
 *
 * @throws OptionsConflict: the connection is there, and an option that was given differs.
 */
export function acquire(
  protocol: Protocol,
  url: Url,
  address: Address,
  options: ConnectionOptions,
  lease: Lease,
  observer: Observer,
  lane: string,
): Driver {
  let drivers = connections.get(protocol);
  if (!drivers) connections.set(protocol, (drivers = new Map()));
  const { transport, WebSocket, headers, query, subprotocols, cookies } =
    options;
  const place: Place = {
    url,
    address,
    lane,
    credentials: [transport, WebSocket, headers, query, subprotocols, cookies],
  };
  for (const [driver, present] of drivers) {
    if (same(place, present)) {
      checkOptions(driver.options, options);
      driver.share(lease, observer);
      return driver;
    }
  }
  const forget = (driver: Driver) => drivers.delete(driver);
  const made = transport ?? webSocketTransport(WebSocket);
  const driver = new Driver(
    protocol,
    url,
    address,
    made,
    options,
    lane !== "",
    forget,
  );
  drivers.set(driver, place);
  driver.share(lease, observer);
  return driver;
}

function checkOptions(
  present: ConnectionOptions,
  given: ConnectionOptions,
): void {
  const known: Readonly<Record<string, unknown>> = { ...DEFAULTS, ...present };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !OWN.has(name) && !same(known[name], value)) {
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
