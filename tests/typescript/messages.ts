/**
 * What protocols take frames for. Standard input has a list of `[protocol, side, frame]`: the number of a protocol
 * among those of `protocols.js`, the side that reads, and the frame, as text.
 */

import { readFileSync } from "node:fs";

import {
  type JsonCodec,
  jsonCodec,
  reversed,
} from "../../runtime/wsgen_runtime/typescript/json_codec.js";

type Case = readonly [
  protocol: number,
  side: "client" | "server" | "client binary" | "server binary",
  frame: string,
];

/** Print the keys of all frames, or what is wrong with them; for each whether writing it gives the same again. */
export function play(
  protocols: readonly (readonly { readonly codec: unknown }[])[],
): void {
  const cases = JSON.parse(readFileSync(0, "utf-8")) as readonly Case[];
  const found = cases.map(([number, side, frame]) => {
    const [protocol, ...others] = protocols[number]!;
    if (!protocol || others.length) return null;
    const client = protocol.codec as JsonCodec;
    const server = jsonCodec(reversed(client.traffic));
    const [reader, writer] = side.startsWith("server")
      ? [server, client]
      : [client, server];
    try {
      const [key, payload] = side.endsWith("binary")
        ? reader.decodeBinary(new TextEncoder().encode(frame))
        : reader.decode(frame);
      return [key, same(writer.encode(key, payload), frame)];
    } catch (error) {
      return [String(error), false];
    }
  });
  console.log(JSON.stringify(found));
}

function same(written: string | Uint8Array, frame: string): boolean {
  if (typeof written !== "string") {
    return new TextDecoder().decode(written) === frame;
  }
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
