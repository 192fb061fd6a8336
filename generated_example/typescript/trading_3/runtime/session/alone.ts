/** Updates that do not say whose they are: one set of parameters can be asked for at a time. */

import { AmbiguousRoute } from "../errors.js";
import type { Alone } from "../operations.js";
import type { Domain } from "./subscriptions.js";

/** Route all updates to the one set of parameters that is there. */
export const oneAtATime: Alone = { mustWait, released };

/** See `Alone`. */
export function mustWait(
  { lingering, operation, wires }: Domain,
  key: string,
): boolean {
  let waits = false;
  let ambiguous = lingering !== undefined && lingering !== key;
  for (const other of wires.values()) {
    if (other.key === key) continue;
    ambiguous ||= other.wanted || other.held !== "releasing";
    waits = true;
  }
  if (ambiguous) throw new AmbiguousRoute(operation.domain);
  return waits;
}

/** See `Alone`. */
export function released(domain: Domain): void {
  for (const wire of [...domain.wires.values()]) domain.opened(wire);
}
