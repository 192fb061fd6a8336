/** Unsubscribes that do not say the parameters of their subscribe. */

import type { Release } from "../operations.js";
import { type Parameters, put } from "./wires.js";

/** What an unsubscribe says. */
export interface ReleaseParts {
  /** Its parameters; default: those of the subscribe. */
  readonly parameters?: readonly string[];
  /** What a parameter is called in the subscribe, where it has another name there. */
  readonly names?: Readonly<Record<string, string>>;
  /** What else it says, by path. A number in a path is an index. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** The path of the server's topic. */
  readonly topic?: string;
}

/** From what a subscribe said, and the topic, to what its unsubscribe says. */
export function released({
  parameters: names,
  names: own = {},
  values = {},
  topic: path,
}: ReleaseParts): Release {
  return (sent, topic) => {
    if (
      names?.length === 1 &&
      names[0] === "topic" &&
      !Object.hasOwn(sent, "topic") &&
      path == null
    ) {
      return { topic: topic ?? null };
    }
    let said: Parameters = Object.fromEntries(
      (names ?? Object.keys(sent)).flatMap((name) => {
        const there = Object.hasOwn(own, name) ? own[name]! : name;
        return Object.hasOwn(sent, there) ? [[name, sent[there]]] : [];
      }),
    );
    for (const [place, value] of Object.entries(values)) {
      said = put(said, place, value);
    }
    return path == null || topic === undefined ? said : put(said, path, topic);
  };
}
