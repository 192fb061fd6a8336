/** The seam between frames and payloads. One codec per generated package. */

import type { InvalidPayload } from "./errors.js";

/** A frame as it is sent or received: text, or binary. */
export type Frame = string | Uint8Array;

/** The message key and the payload of a frame. */
export type Decoded = readonly [key: string, payload: unknown];

/** What reads something from a payload; undefined where there is nothing. */
export type Getter = (payload: unknown) => unknown;

/** A frame that is no message: not JSON, or without a message key, or with a payload of the wrong shape. */
export class Undecodable extends Error {
  /** The message key, where the frame says one that the protocol knows. */
  readonly key: string | undefined;
  readonly error: InvalidPayload;
  /** What stands where its payload should be. */
  readonly payload: unknown;

  constructor(
    key: string | undefined,
    error: InvalidPayload,
    payload?: unknown,
  ) {
    super(error.message);
    this.key = key;
    this.error = error;
    this.payload = payload;
  }
}

/** A frame of a message that the document does not describe. */
export class UnknownMessageKey extends Error {
  /** What the frame calls itself. */
  readonly type: string | undefined;

  constructor(type?: string) {
    super(`unknown message ${type}`);
    this.type = type;
  }
}

/** How values are written as JSON, and read. */
export interface JsonForm {
  parse(text: string): unknown;
  stringify(value: unknown): string | undefined;
}

/** What the session needs. */
export interface Codec {
  readonly json: JsonForm;
  /**
   * The message of a text frame.
   *
   * @throws UnknownMessageKey: no message of the protocol.
   * @throws Undecodable: anything else that is wrong.
   */
  decode(frame: string): Decoded;
  /** The same of a binary frame. */
  decodeBinary(frame: Uint8Array): Decoded;
  /**
   * The whole frame of a message; `payload` is undefined for a message without one.
   *
   * @throws InvalidRequest: the payload does not fit; nothing may be sent.
   */
  encode(key: string, payload: unknown): Frame;
  /** The payload as JSON values by wire name; what is absent stays absent. */
  parameters(key: string, payload: unknown): Readonly<Record<string, unknown>>;
  /** Like `encode`, from JSON values that have been checked before. */
  encodeParameters(
    key: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Frame;
}
