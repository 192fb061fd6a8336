/** Slow consumers that want the newest value of each kind, and no other. */

import type { Latest } from "../options.js";
import type { Queue } from "./consumers.js";
import { comparable, getter } from "./wires.js";

/** Keep the latest value for each value of the field `key`, where the first of them stood. */
export function latest(key: string): Latest {
  return {
    policy: "latest",
    key,
    queue: (replaced) => conflated(key, replaced),
  };
}

function conflated(path: string, replaced: () => void): Queue {
  const read = getter(path);
  const values = new Map<unknown, unknown>();
  return {
    get size() {
      return values.size;
    },
    push(value) {
      const key = comparable(read(value));
      if (values.has(key)) replaced();
      values.set(key, value);
    },
    shift() {
      const [[key, value]] = values as Iterable<[unknown, unknown]> as [
        [unknown, unknown],
      ];
      values.delete(key);
      return value;
    },
    clear: () => values.clear(),
  };
}
