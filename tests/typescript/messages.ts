/**
 * What protocols take frames for. Standard input has a list of `[client, connection, side, frame]`: the number of
 * the client, of its protocol, the side that reads, and the frame, as text.
 */

import { readFileSync } from "node:fs";

import {
  type JsonCodec,
  jsonCodec,
  reversed,
} from "../../runtime/wsgen_runtime/typescript/json_codec.js";

type Case = readonly [
  client: number,
  connection: number,
  side: "client" | "server" | "client binary" | "server binary",
  frame: string,
];

/**
 * Print of all frames the key, or what is wrong with them, the payload, whether writing it gives the same again, and
 * whether what is written is read as the same; constants that it left out may have come to it.
 */
export function play(
  protocols: readonly (readonly { readonly codec: unknown }[])[],
): void {
  const cases = JSON.parse(readFileSync(0, "utf-8")) as readonly Case[];
  const found = cases.map(([number, connection, side, frame]) => {
    const client = protocols[number]![connection]!.codec as JsonCodec;
    const server = jsonCodec(reversed(client.traffic));
    const [reader, writer] = side.startsWith("server")
      ? [server, client]
      : [client, server];
    try {
      const [key, payload] = read(reader, side, frame);
      const written = writer.encode(key, payload);
      const [other, again] = read(reader, side, text(written));
      const kept = other === key && holds(again, payload);
      return [key, payload ?? null, same(written, frame), kept];
    } catch (error) {
      return [String(error), null, false, false];
    }
  });
  console.log(JSON.stringify(found));
}

function read(reader: JsonCodec, side: Case[2], frame: string) {
  return side.endsWith("binary")
    ? reader.decodeBinary(new TextEncoder().encode(frame))
    : reader.decode(frame);
}

function holds(whole: unknown, part: unknown): boolean {
  const equal = JSON.stringify(whole) === JSON.stringify(part);
  if (equal || typeof whole !== "object" || typeof part !== "object") {
    return equal;
  }
  const found = new Map(Object.entries(whole ?? {}));
  return Object.entries(part ?? {}).every(([name, value]) =>
    holds(found.get(name), value),
  );
}

function text(written: string | Uint8Array): string {
  return typeof written === "string"
    ? written
    : new TextDecoder().decode(written);
}

function same(written: string | Uint8Array, frame: string): boolean {
  if (typeof written !== "string") return text(written) === frame;
  const sorted = (text: string) => {
    try {
      return JSON.stringify(JSON.parse(text), (_, value: unknown) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort())
          : value,
      );
    } catch {
      return text;
    }
  };
  return written === frame || sorted(written) === sorted(frame);
}
