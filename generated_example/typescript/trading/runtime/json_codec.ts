/**
 * The JSON codec: which message a frame is, and where in it the payload stands. Payloads are what `JSON.parse`
 * makes of them and keep their wire names; they are not validated. One `JSON.parse` per frame.
 */

import {
  type Codec,
  type Decoded,
  type JsonForm,
  Undecodable,
  UnknownMessageKey,
} from "./codec.js";
import { InvalidPayload, InvalidRequest } from "./errors.js";
import {
  BINARY,
  type Decide,
  decider,
  isObject,
  NOT_JSON,
  own,
  reading,
  type Rule,
} from "./rules.js";

/** How a frame says what it is. */
export interface Envelope {
  /** The path of the wire type; empty where there is one message, or none that a tag tells apart. */
  readonly tag: string;
  /** The property that wraps the payload; null where the payload is the whole frame. */
  readonly payload: string | null;
  /** The path in frames that are sent, where it is another one; empty: they have none. */
  readonly sentTag?: string;
}

/** What one message carries; nothing said: JSON. */
export interface Shape {
  /** It is no JSON: its payload is the frame. */
  readonly raw?: "text" | "binary";
  /** It has no payload. */
  readonly empty?: boolean;
  /** It may be JSON or text: one of several messages that cannot be told apart is no JSON. */
  readonly text?: boolean;
  /** What a payload that is sent says in every case, by name; filled in where it is left out. */
  readonly constants?: Readonly<Record<string, unknown>>;
}

/** All messages of a connection by their keys, seen from this side. */
export interface Traffic {
  readonly envelope: Envelope;
  readonly sent: Readonly<Record<string, Shape>>;
  readonly received: Readonly<Record<string, Shape>>;
  /** What tells received messages apart, where a tag alone does not. */
  readonly rule?: Rule | undefined;
  /** The same for sent ones, for the other side. */
  readonly sentRule?: Rule | undefined;
}

/** A codec that says what it was made from. */
export interface JsonCodec extends Codec {
  readonly traffic: Traffic;
  /** The codec of the other side, where it is none of this module. */
  readonly other?: () => JsonCodec;
}

/** What only some documents need of a codec. */
interface CodecParts {
  /** The message of a frame without a tag; `whole` is undefined where it is no JSON, and `problem` says why. */
  readonly recognise?:
    ((whole: unknown, text: string, problem: string) => Decoded) | undefined;
  readonly decodeBinary: (frame: Uint8Array) => Decoded;
  readonly encodeRaw: typeof encodeRaw;
  readonly filled: typeof filled;
}

/** The codec of messages that are told apart by rules, are no JSON, or say constants. */
export function jsonCodec(traffic: Traffic, form?: JsonForm): JsonCodec {
  const { envelope, rule } = traffic;
  const received = new Map(Object.entries(traffic.received));
  const binary = binaryCase(rule);
  const only = [...received.keys()];
  const decide = rule === undefined ? () => only : decider(rule);
  const named = rule === undefined && (envelope.tag || only.length < 2);
  const parts: CodecParts = {
    recognise: named
      ? undefined
      : (whole = NOT_JSON, text, problem) =>
          byRule(decide(whole), received, whole, text, problem, rule),
    decodeBinary(frame) {
      const leaf = binary(BINARY);
      if (leaf === undefined) throw noBinary();
      return [typeof leaf === "string" ? leaf : leaf[0]!, frame];
    },
    encodeRaw,
    filled,
  };
  return taggedCodec(traffic, parts, form);
}

/** The codec of messages that are JSON, and say in one place what they are. `parts` and `form` are for other codecs. */
export function taggedCodec(
  traffic: Traffic,
  parts?: CodecParts,
  form: JsonForm = JSON,
): JsonCodec {
  const { envelope, sent } = traffic;
  const received = new Map(Object.entries(traffic.received));
  const { tag: path, payload: wrapper, sentTag = path } = envelope;
  const readTag = reading(path);
  const readPayload =
    wrapper === null
      ? (whole: unknown) => whole
      : wrapper.includes(".")
        ? (whole: unknown) => own(whole, wrapper)
        : reading(wrapper);
  const [only] = received.keys();
  // Most messages are of the kind of the one before.
  let latest: string | undefined;
  let shape: Shape = {};
  const recognise = parts?.recognise;

  const shapeOf = (key: string): Shape => {
    const shape = own(sent, key);
    if (!shape) throw new RangeError(`\`${key}\` is no message that is sent`);
    return shape as Shape;
  };
  const bodyOf = (payload: unknown, { constants }: Shape) =>
    constants && parts ? parts.filled(payload, constants) : payload;

  const encode = (key: string, payload: unknown): string | Uint8Array => {
    const shape = shapeOf(key);
    const { raw, empty } = shape;
    if (raw && parts) return parts.encodeRaw(key, raw, payload);
    const problem =
      typeof payload === "function" || typeof payload === "symbol"
        ? `a ${typeof payload} is no JSON`
        : empty && payload != null
          ? "expected no payload"
          : !empty && payload === undefined && wrapper === null
            ? "expected a payload"
            : "";
    if (problem) throw new InvalidRequest(key, "$", problem);
    const body = empty ? undefined : bodyOf(payload, shape);
    const frame = wrapper === null ? (body ?? {}) : {};
    const said = sentTag ? tagged(frame, sentTag, key) : frame;
    return json(
      form,
      key,
      wrapper === null || body === undefined
        ? said
        : { ...(said as object), [wrapper]: body },
    );
  };

  return {
    traffic,
    json: form,
    decode(text): Decoded {
      let whole: unknown;
      let problem = "";
      try {
        whole = form.parse(text);
      } catch (error) {
        problem = `not JSON: ${(error as Error).message}`;
      }
      if (recognise) return recognise(whole, text, problem);
      if (problem) throw invalid(undefined, "$", problem);
      let key = path ? readTag(whole) : only;
      if (typeof key === "number") key = String(key);
      if (typeof key !== "string") {
        if (!path) throw new UnknownMessageKey();
        throw invalid(undefined, `$.${path}`, "no message type that is text");
      }
      if (key !== latest) {
        const found = received.get(key);
        if (!found) throw new UnknownMessageKey(key);
        latest = key;
        shape = found;
      }
      return [key, shape.empty ? undefined : readPayload(whole)];
    },
    decodeBinary(frame) {
      if (!parts) throw noBinary();
      return parts.decodeBinary(frame);
    },
    encode,
    encodeParameters(key, parameters) {
      const { raw, empty } = shapeOf(key);
      if (raw) throw new InvalidRequest(key, "$", "it has no parameters");
      return encode(key, empty ? undefined : parameters);
    },
    parameters(key, payload) {
      const shape = shapeOf(key);
      if (shape.raw || shape.empty || payload == null) return {};
      const values = form.parse(json(form, key, bodyOf(payload, shape)));
      return isObject(values) ? values : {};
    },
  };
}

/** The same messages seen from the other side. */
export function reversed(traffic: Traffic): Traffic {
  const { envelope, sent, received, rule, sentRule } = traffic;
  return {
    envelope: {
      tag: envelope.sentTag ?? envelope.tag,
      payload: envelope.payload,
      sentTag: envelope.tag,
    },
    sent: received,
    received: sent,
    rule: sentRule,
    sentRule: rule,
  };
}

function binaryCase(rule: Rule | undefined): Decide {
  const byType = typeof rule === "object" && "by" in rule && rule.by === "type";
  return decider(
    byType && !rule.path
      ? rule.cases.find(([kind]) => kind === "binary")?.[1]
      : undefined,
  );
}

/** The first of these messages that a frame can be; one without a payload is any frame, so it comes last. */
function byRule(
  leaf: string | readonly string[] | undefined,
  received: ReadonlyMap<string, Shape>,
  whole: unknown,
  text: string,
  problem: string,
  rule?: Rule,
): Decoded {
  const keys = leaf === undefined || typeof leaf !== "string" ? leaf : [leaf];
  let last: string | undefined;
  for (const key of keys ?? []) {
    const shape = received.get(key);
    if (shape?.empty) last ??= key;
    else if (shape?.raw === "text") return [key, text];
    else if (shape && !shape.raw && whole !== NOT_JSON) return [key, whole];
    else if (shape?.text) return [key, text];
  }
  if (last !== undefined) return [last, undefined];
  if (whole === NOT_JSON) throw invalid(keys?.[0], "$", problem);
  throw new UnknownMessageKey(ownName(rule, whole));
}

/** What a frame calls itself, for messages about it. */
function ownName(rule: Rule | undefined, whole: unknown): string | undefined {
  if (typeof rule !== "object" || !("by" in rule)) return undefined;
  if (rule.by === "type") {
    return ownName(rule.cases.find(([kind]) => kind === "object")?.[1], whole);
  }
  const tag = rule.by === "value" ? reading(rule.path)(whole) : undefined;
  return typeof tag === "string" || typeof tag === "number"
    ? String(tag)
    : undefined;
}

function invalid(
  key: string | undefined,
  path: string,
  problem: string,
): Undecodable {
  return new Undecodable(key, new InvalidPayload(key, path, problem));
}

function noBinary(): Undecodable {
  return invalid(undefined, "$", "expected text, got a binary frame");
}

/** A payload with the constants that it leaves out. */
function filled(
  payload: unknown,
  constants: NonNullable<Shape["constants"]>,
): unknown {
  if (!isObject(payload)) return payload;
  const missing = Object.entries(constants).filter(
    ([name]) => !Object.hasOwn(payload, name) || payload[name] === undefined,
  );
  return missing.length
    ? { ...payload, ...Object.fromEntries(missing) }
    : payload;
}

/** A frame that says what it is; where it does so itself, it stays as it is. */
function tagged(frame: unknown, path: string, key: string): unknown {
  if (!isObject(frame)) return frame;
  const dot = path.indexOf(".");
  const name = dot < 0 ? path : path.slice(0, dot);
  const there = own(frame, name);
  if (dot < 0) return there === undefined ? { ...frame, [name]: key } : frame;
  const inner = tagged(there ?? {}, path.slice(dot + 1), key);
  return { ...frame, [name]: inner };
}

function json(form: JsonForm, key: string, value: unknown): string {
  let text: string | undefined;
  let problem = "it cannot be written as JSON";
  try {
    text = form.stringify(value);
  } catch (error) {
    problem += `: ${(error as Error).message}`;
  }
  if (text === undefined) throw new InvalidRequest(key, "$", problem);
  return text;
}

function encodeRaw(
  key: string,
  raw: "text" | "binary",
  payload: unknown,
): string | Uint8Array {
  if (raw === "text" && typeof payload === "string") return payload;
  if (raw === "binary") {
    if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
    if (payload instanceof Uint8Array) return payload;
  }
  const expected = raw === "text" ? "a string" : "a Uint8Array";
  throw new InvalidRequest(key, "$", `expected ${expected}`);
}
