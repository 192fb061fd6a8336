/**
 * How a receiver knows which message a frame is, as data.
 *
 * A rule is a tree. Its leaves are message keys; each inner node looks at one thing of the frame and says where
 * to go on. Every frame takes one way, so that no two messages can claim it. Paths are wire names joined by dots,
 * from the frame's top; a number is a position of an array. Cases are pairs, so that 1, "1" and true differ and a
 * name such as `__proto__` is one like any other.
 */

export type Tag = string | number | boolean;

/** The JSON types; "text" is a text frame of any content, "binary" a binary one. */
export type FrameType =
  | "object"
  | "array"
  | "string"
  | "number"
  | "boolean"
  | "null"
  | "text"
  | "binary";

/**
 * The value at `path` decides. `otherwise` is for frames with another value there, or with none; `absent` for
 * frames with none, so that those with another value are of no known message.
 */
export interface ByValue {
  readonly by: "value";
  readonly path: string;
  readonly cases: readonly (readonly [Tag, Rule])[];
  readonly otherwise?: Rule;
  readonly absent?: Rule;
}

/** The property that is there decides: the first of `cases` that the frame has. */
export interface ByKey {
  readonly by: "key";
  readonly cases: readonly (readonly [string, Rule])[];
  readonly otherwise?: Rule;
}

/** The type of what stands at `path` decides; an empty path is the frame itself. */
export interface ByType {
  readonly by: "type";
  readonly path: string;
  readonly cases: readonly (readonly [FrameType, Rule])[];
  readonly otherwise?: Rule;
}

/** A leaf is a message key. Several keys: nothing in the frame says which; the first whose shape fits is it. */
export type Rule = string | readonly string[] | ByValue | ByKey | ByType;

/** Stand for a text frame that is no JSON, and for a binary one. */
export const NOT_JSON = Symbol("not JSON");
export const BINARY = Symbol("binary");

/** What a rule leads to: a message key, or several; undefined: it is no message of the protocol. */
export type Decide = (frame: unknown) => string | readonly string[] | undefined;

const NOTHING: Decide = () => undefined;

/** A rule as a function of the decoded frame, `NOT_JSON`, or `BINARY`. */
export function decider(rule: Rule | undefined): Decide {
  if (rule === undefined) return NOTHING;
  if (typeof rule === "string" || !("by" in rule)) return () => rule;
  const cases = new Map<unknown, Decide>();
  for (const [tag, inner] of rule.cases) cases.set(tag, decider(inner));
  const otherwise = decider(rule.otherwise);
  if (rule.by === "value") {
    const read = reading(rule.path);
    const absent = rule.absent === undefined ? otherwise : decider(rule.absent);
    return (frame) => {
      const tag = read(frame);
      return (cases.get(tag) ?? (tag == null ? absent : otherwise))(frame);
    };
  }
  if (rule.by === "key") {
    const all = [...cases] as readonly [string, Decide][];
    return (frame) => {
      const found =
        isObject(frame) && all.find(([name]) => Object.hasOwn(frame, name));
      return (found ? found[1] : otherwise)(frame);
    };
  }
  const { path } = rule;
  const read = reading(path);
  return (frame) =>
    (
      cases.get(typeOf(read(frame))) ??
      (!path && frame !== BINARY ? cases.get("text") : undefined) ??
      otherwise
    )(frame);
}

const EXAMPLES: Readonly<Partial<Record<FrameType, unknown>>> = {
  object: {},
  array: [],
  string: "",
  number: 0,
  boolean: true,
  null: null,
};

/** Values, by path, with which a frame is led to the message `key`; undefined: no way leads there. */
export function way(
  rule: Rule | undefined,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof rule !== "object" || !("by" in rule)) {
    return rule === key || (rule && rule.includes(key)) ? {} : undefined;
  }
  const cases: readonly (readonly [unknown, Rule])[] = rule.cases;
  for (const [tag, inner] of cases) {
    const found = way(inner, key);
    if (!found) continue;
    if (rule.by === "value") return { [rule.path]: tag, ...found };
    if (rule.by === "key") return { [String(tag)]: {}, ...found };
    return rule.path
      ? { [rule.path]: EXAMPLES[tag as FrameType], ...found }
      : found;
  }
  const absent = rule.by === "value" ? way(rule.absent, key) : undefined;
  return absent ?? way(rule.otherwise, key);
}

function typeOf(value: unknown): FrameType {
  if (value == null) return "null";
  if (value === NOT_JSON) return "text";
  if (value === BINARY) return "binary";
  return Array.isArray(value) ? "array" : (typeof value as FrameType);
}

/** A `bigint` as parameters hold it: a number where that is exact, else its digits. */
export const plainInteger = (value: unknown): unknown =>
  typeof value !== "bigint"
    ? value
    : Number.isSafeInteger(Number(value))
      ? Number(value)
      : String(value);

/** Whether a JSON value is an object. */
export function isObject(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property of an object: what objects inherit (`constructor`) is none of a frame's. */
export function own(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined;
}

/**
 * What reads the place at a path of JSON values; undefined where nothing stands there. Own properties only. An empty
 * path is the value itself.
 */
export function reading(path: string): (value: unknown) => unknown {
  const [first = (value: unknown) => value, ...more] = path
    ? path.split(".").map(step)
    : [];
  return more.length
    ? (value) => more.reduce((inner, read) => read(inner), first(value))
    : first;
}

function step(name: string): (value: unknown) => unknown {
  if (/^\d+$/.test(name)) {
    return (value) =>
      Array.isArray(value)
        ? (value[Number(name)] as unknown)
        : own(value, name);
  }
  // Every update is read in this way, and nothing is inherited that is not there.
  return name in {}
    ? (value) => own(value, name)
    : (value) => (isObject(value) ? value[name] : undefined);
}
