/** Updates that are told apart by fields of theirs, not by a topic. */

import type { Getter } from "../codec.js";
import { InvalidRequest } from "../errors.js";
import type { Paired } from "../operations.js";
import { plainInteger } from "../rules.js";
import { at, comparable, getter, type Parameters } from "./wires.js";

/** Route by pairs: the field of an update, and the parameter of the request that says the same. */
export function byFields(pairs: Readonly<Record<string, string>>): Paired {
  return { pairs, addresses, address };
}

/**
 * The addresses of updates that say these parameters: every combination, where
 * one lists several values.
 *
 * @throws InvalidRequest: a parameter is missing from what `message` asks for.
 */
function addresses(
  { pairs }: Paired,
  message: string,
  parameters: Parameters,
): readonly unknown[] {
  let found: unknown[][] = [[]];
  for (const name of Object.values(pairs)) {
    const value = at(parameters, name);
    if (value === undefined) {
      throw new InvalidRequest(
        message,
        `$.${name}`,
        "updates are routed by this parameter, which is missing",
      );
    }
    found = found.flatMap((before) =>
      [value].flat().map((one) => [...before, comparable(one)]),
    );
  }
  return found.map(addressOf);
}

/** What reads the address of an update; its fields are below `data`. */
function address({ pairs }: Paired, data: string | undefined): Getter {
  const below = data == null ? "" : `${data}.`;
  const fields = Object.keys(pairs).map((path) => getter(below + path));
  return (payload) => addressOf(fields.map((field) => field(payload)));
}

const addressOf = (values: readonly unknown[]): unknown =>
  values.length === 1
    ? plainInteger(values[0])
    : JSON.stringify(values.map(plainInteger));
