/** Ids in messages: how a reply says which request it answers. */

import type { Codec, Frame } from "../codec.js";
import type { Confirmation, Correlation } from "../operations.js";
import type { Session } from "./session.js";
import { at, getter, isObject, type Parameters, put } from "./wires.js";

/** What stands in the place of the id, from a message's payload and its frame. */
export type Reader = (payload: unknown, frame: Frame) => unknown;

/** Makes ids, no two of them equal. `random` gives numbers in [0, 1). */
export class Ids {
  readonly #random: () => number;
  #last = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** An id of this kind; of a UUID (RFC 9562, version 4) the last digits count. */
  next(kind: NonNullable<Correlation["kind"]>): number | string {
    const number = ++this.#last;
    if (kind === "integer") return number;
    if (kind === "string") return String(number);
    const digits = (length: number, value = this.#random() * 16 ** length) =>
      Math.floor(value).toString(16).padStart(length, "0");
    const variant = Math.floor(8 + this.#random() * 4).toString(16);
    return `${digits(8)}-${digits(4)}-4${digits(3)}-${variant}${digits(3)}-${digits(12, number)}`;
  }
}

/** An id in the form in which ids are compared: servers may answer 7 with "7". Undefined: it is none. */
export function idText(value: unknown): string | undefined {
  return typeof value === "number" || typeof value === "string"
    ? String(value)
    : undefined;
}

/** What reads the id at `path` of a message. */
export function reader(path: string, { within }: Correlation): Reader {
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
  { within }: Correlation,
  next: () => unknown,
): readonly [frame: Frame, id?: string | undefined] {
  const frame = codec.encode(key, payload);
  const framed = within === "frame";
  if (!framed && payload == null) return [frame];
  const whole = framed
    ? JSON.parse(frame as string)
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
    framed ? JSON.stringify(said) : codec.encodeParameters(key, said),
    idText(made),
  ];
}

/** The frame of `sent`, which is JSON, with a new id that its answer will repeat, where answers do that; and the id. */
export function withNewId(
  { codec, ids }: Session,
  message: string,
  frame: Frame,
  sent: string,
  confirmation: Confirmation | null | undefined,
): readonly [frame: Frame, id?: string | undefined] {
  const correlation = confirmation?.correlation;
  if (!correlation) return [frame];
  const { request, kind } = correlation;
  const parameters: Parameters = JSON.parse(sent);
  const given = at(parameters, request);
  if (kind == null || given !== undefined) return [frame, idText(given)];
  const id = ids.next(kind);
  const said = put(parameters, request, id);
  return [codec.encodeParameters(message, said), idText(id)];
}
