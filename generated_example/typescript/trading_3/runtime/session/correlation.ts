/** Ids in messages: how a reply says which request it answers. */

import type { Codec, Frame } from "../codec.js";
import type { Correlation, CorrelationPaths } from "../operations.js";
import type { Session } from "./session.js";
import { at, getter, isObject, type Parameters, put } from "./wires.js";

/** A frame, and the id that its answer will repeat. */
export type Numbered = readonly [frame: Frame, id?: string | undefined];

/** What stands in the place of the id, from a message's payload and its frame. */
export type Reader = (payload: unknown, frame: Frame) => unknown;

type Kind = NonNullable<CorrelationPaths["kind"]>;

/** Replies that repeat an id of their request: what a descriptor hands in where its messages do that. */
export function correlated(paths: CorrelationPaths): Correlation {
  const { request, kind } = paths;
  const read = reader(paths.reply, paths);
  const replied = (payload: unknown, frame: Frame) =>
    idText(read(payload, frame));
  return {
    ...paths,
    asked: reader(request, paths),
    replied,
    bare: (parameters) =>
      kind == null ? parameters : without(parameters, request),
    ask(session, operation, payload) {
      const queues = operation.replies.map((key) => {
        session.switchboard.message(key).answersBy(replied);
        return session.switchboard.queue(key);
      });
      const next = () => {
        for (;;) {
          const id = kind == null ? undefined : nextId(session, kind);
          if (!queues.some((queue) => queue.withId(String(id)))) return id;
        }
      };
      const { codec } = session;
      return withId(codec, operation.request, payload, request, paths, next);
    },
    answer: (codec, key, payload, id) =>
      withId(codec, key, payload, paths.reply, paths, () => id)[0],
    number(session, message, frame, parameters) {
      const given = at(parameters, request);
      if (kind == null || given !== undefined) return [frame, idText(given)];
      const id = nextId(session, kind);
      const said = put(parameters, request, id);
      return [session.codec.encodeParameters(message, said), idText(id)];
    },
  };
}

/** An id of this kind that the session has not given before; of a UUID (RFC 9562, version 4) the last digits count. */
function nextId(session: Session, kind: Kind): number | string {
  return idOf(kind, ++session.lastId, session.random);
}

/** The id with this number. `random` gives numbers in [0, 1). */
export function idOf(
  kind: Kind,
  number: number,
  random: () => number,
): number | string {
  if (kind === "integer") return number;
  if (kind === "string") return String(number);
  const digits = (length: number, value = random() * 16 ** length) =>
    Math.floor(value).toString(16).padStart(length, "0");
  const variant = Math.floor(8 + random() * 4).toString(16);
  return `${digits(8)}-${digits(4)}-4${digits(3)}-${variant}${digits(3)}-${digits(12, number)}`;
}

/** An id in the form in which ids are compared: servers may answer 7 with "7". Undefined: it is none. */
export function idText(value: unknown): string | undefined {
  return ["number", "string", "bigint"].includes(typeof value)
    ? String(value)
    : undefined;
}

/** What reads the id at `path` of a message. */
export function reader(path: string, { within }: CorrelationPaths): Reader {
  const get = getter(path);
  return within === "frame"
    ? (_, frame) => get(JSON.parse(frame as string))
    : get;
}

/**
 * The frame of a message, with an id at `path` unless its payload has something
 * there; and that id. No id is put where the object that would hold it is
 * missing, or where `next` gives none.
 *
 * @throws InvalidRequest: `payload` does not fit.
 */
export function withId(
  codec: Codec,
  key: string,
  payload: unknown,
  path: string,
  { within }: CorrelationPaths,
  next: () => unknown,
): Numbered {
  const frame = codec.encode(key, payload);
  const framed = within === "frame";
  if (!framed && payload == null) return [frame];
  const whole = framed
    ? (codec.json.parse(frame as string) as Parameters)
    : codec.parameters(key, payload);
  const dot = path.lastIndexOf(".");
  const place = dot < 0 ? whole : at(whole, path.slice(0, dot));
  const name = path.slice(dot + 1);
  if (!isObject(place)) return [frame];
  if (Object.hasOwn(place, name) && place[name] !== undefined) {
    return [frame, idText(place[name])];
  }
  const made = next();
  if (made === undefined) return [frame];
  const said = put(whole, path, made);
  return [
    framed ? codec.json.stringify(said)! : codec.encodeParameters(key, said),
    idText(made),
  ];
}

/** The same object with nothing at a path. */
function without(value: Parameters, path: string): Parameters {
  const [, name, rest] = /^([^.]*)\.?(.*)$/.exec(path) as unknown as [
    string,
    string,
    string,
  ];
  const { [name]: below, ...others } = value;
  if (!rest) return others;
  return isObject(below) ? { ...value, [name]: without(below, rest) } : value;
}
