/**
 * What clients and servers say to each other, by the descriptors of generated packages, in memory. Standard input has
 * a list of `Talk`; what comes out is a list with what is not as it should be, null where all is well.
 */

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import type { Frame } from "../../runtime/wsgen_runtime/typescript/codec.js";
import {
  SubscriptionRejected,
  TopicMismatch,
} from "../../runtime/wsgen_runtime/typescript/errors.js";
import type { FakeServer } from "../../runtime/wsgen_runtime/typescript/fakes.js";
import {
  Client,
  handle,
  type JsonCodec,
  jsonCodec,
  type MemoryConnection,
  MemoryTransport,
  request,
  subscribe,
} from "../../runtime/wsgen_runtime/typescript/index.js";
import { reversed } from "../../runtime/wsgen_runtime/typescript/json_codec.js";
import type {
  Correlation,
  HandlerOperation,
  Protocol,
  RequestOperation,
  SubscriptionOperation,
} from "../../runtime/wsgen_runtime/typescript/operations.js";

type Subscribe = SubscriptionOperation<unknown, unknown>;
type Ask = RequestOperation<unknown, unknown>;
type Answer = HandlerOperation<unknown, unknown>;
type Json = Record<string, unknown>;

/** A frame as text, and the payload in it; null where there is none. */
interface Said {
  readonly key: string;
  readonly text: string;
  readonly binary: boolean;
  readonly payload: unknown;
  readonly certain: boolean;
}

interface Talk {
  readonly client: number;
  readonly connection: number;
  readonly kind: "update" | "confirmation" | "refusal" | "reply" | "asked";
  readonly key: string;
  readonly keys: readonly string[];
  readonly begin: Said | null;
  readonly follow: readonly (Said | null)[];
}

/** A package: a protocol and a fake server for each of its connections, and all that its modules export. */
export interface Package {
  readonly protocols: readonly { readonly codec: unknown }[];
  readonly fakes: readonly (new () => FakeServer)[];
  readonly modules: readonly object[];
}

/** Play all talks of standard input, and print what is wrong. */
export async function play(packages: readonly Package[]): Promise<void> {
  const found: (string | null)[] = [];
  for (const talk of JSON.parse(readFileSync(0, "utf-8")) as readonly Talk[]) {
    found.push(await played(packages[talk.client]!, talk));
  }
  console.log(JSON.stringify(found));
  process.exit(0); // clients of talks that went wrong may hold timers
}

async function played(from: Package, talk: Talk): Promise<string | null> {
  const protocol = from.protocols[talk.connection] as Protocol;
  try {
    if (talk.kind === "update") return await updates(from, protocol, talk);
    for (const said of talk.follow) {
      const wrong =
        talk.kind === "reply"
          ? await reply(from, protocol, talk, said)
          : talk.kind === "asked"
            ? await asked(from, protocol, talk, said)
            : await confirmation(from, protocol, talk, said);
      if (wrong) return `${wrong}; ${said?.text}`;
    }
    return null;
  } catch (error) {
    return String(error);
  }
}

async function updates(
  from: Package,
  protocol: Protocol,
  talk: Talk,
): Promise<string | null> {
  const operation = subscribeOf(from, talk);
  const server = operation.confirmation
    ? new from.fakes[talk.connection]!()
    : undefined;
  const transport = server?.transport ?? new MemoryTransport();
  const client = new Client(protocol, "ws://test", { transport });
  const got: unknown[] = [];
  try {
    const take = (value: unknown) => void got.push(value);
    await soon(subscribe(client.connection, operation, begun(talk), take));
    const topic = server?.subscriptions.at(-1)?.topic;
    for (const said of talk.follow) {
      got.length = 0;
      const { key, frame } = follows(protocol, operation, talk, said, topic);
      transport.connections.at(-1)!.send(frame);
      await turn();
      const [told, payload] = decoded(protocol, frame);
      const update = operation.updates.find((each) => each.key === told);
      if (!update) return `${key} is taken for ${told}`;
      const value = update.data ? at(payload, update.data.split(".")) : payload;
      const expected = update.event ? { type: told, payload: value } : value;
      if (got.length !== 1 || !isDeepStrictEqual(got[0], expected)) {
        return `the subscriber got ${JSON.stringify(got)}; ${String(frame)}`;
      }
    }
    return null;
  } finally {
    await client.close();
  }
}

function follows(
  protocol: Protocol,
  operation: Subscribe,
  talk: Talk,
  said: Said | null,
  topic: string | undefined,
): { readonly key: string; readonly frame: Frame } {
  if (!said)
    return { key: talk.keys[0]!, frame: bare(protocol, talk.keys[0]!) };
  const path = operation.updates.find(({ key }) => key === said.key)?.topic;
  if (path === undefined || topic === undefined) {
    return { key: said.key, frame: framed(said) };
  }
  const whole: unknown = JSON.parse(said.text);
  const way = [...wrapped(protocol), ...path.split(".")];
  const there = at(whole, way);
  const number = Number(topic);
  const numeric = typeof there === "number" && !Number.isNaN(number);
  put(whole, way, numeric ? number : topic);
  return { key: said.key, frame: JSON.stringify(whole) };
}

async function confirmation(
  from: Package,
  protocol: Protocol,
  talk: Talk,
  said: Said | null,
): Promise<string | null> {
  const operation = subscribeOf(from, talk);
  const transport = new MemoryTransport();
  const client = new Client(protocol, "ws://test", { transport });
  try {
    const calling = subscribe(
      client.connection,
      operation,
      begun(talk),
      () => {},
    );
    const frame = await answered(
      protocol,
      transport,
      calling,
      said,
      operation.confirmation!.key,
      operation.confirmation!.correlation,
    );
    try {
      await soon(calling);
    } catch (error) {
      if (error instanceof TopicMismatch) return null;
      if (!(error instanceof SubscriptionRejected)) throw error;
      const [, payload] = decoded(protocol, frame);
      return isDeepStrictEqual(error.reply, payload)
        ? null
        : `refused with ${JSON.stringify(error.reply)}`;
    }
    return talk.kind === "refusal" ? "it is not refused" : null;
  } finally {
    await client.close();
  }
}

async function reply(
  from: Package,
  protocol: Protocol,
  talk: Talk,
  said: Said | null,
): Promise<string | null> {
  const operation = found<Ask>(
    from,
    talk,
    (each) => each.request === talk.key && same(each.replies, talk.keys),
  );
  const transport = new MemoryTransport();
  const client = new Client(protocol, "ws://test", { transport });
  try {
    const calling = request(client.connection, operation, begun(talk));
    const frame = await answered(
      protocol,
      transport,
      calling,
      said,
      operation.replies[0]!,
      operation.correlation,
    );
    const value = await soon(calling);
    const [key, payload] = decoded(protocol, frame);
    const expected = operation.events ? { type: key, payload } : payload;
    if (!operation.replies.includes(key)) return `taken for ${key}`;
    return isDeepStrictEqual(value, expected)
      ? null
      : `the call gave ${JSON.stringify(value)}`;
  } finally {
    await client.close();
  }
}

/** Wait for the frame of a call, and answer it; what was sent. */
async function answered(
  protocol: Protocol,
  transport: MemoryTransport,
  calling: Promise<unknown>,
  said: Said | null,
  key: string,
  correlation: Correlation | undefined,
): Promise<Frame> {
  let failure: unknown;
  calling.catch((error: unknown) => (failure = error));
  let link: MemoryConnection | undefined;
  for (let count = 0; count < 20 && !link?.received.length; count++) {
    await turn();
    link = transport.connections.at(-1);
  }
  const asked = link?.received.at(-1);
  if (!link || asked === undefined) {
    throw failure ?? new Error("nothing was sent");
  }
  const frame = said
    ? withId(protocol, said, asked, correlation)
    : bare(protocol, key);
  link.send(frame);
  return frame;
}

function withId(
  protocol: Protocol,
  said: Said,
  asked: Frame,
  correlation: Correlation | undefined,
): Frame {
  if (!correlation || said.binary || typeof asked !== "string") {
    return framed(said);
  }
  const before = correlation.within === "frame" ? [] : wrapped(protocol);
  const id = at(JSON.parse(asked), [
    ...before,
    ...correlation.request.split("."),
  ]);
  if (id === undefined) return framed(said);
  const whole: unknown = JSON.parse(said.text);
  const way = [...before, ...correlation.reply.split(".")];
  put(whole, way, typeof at(whole, way) === "string" ? String(id) : id);
  return JSON.stringify(whole);
}

async function asked(
  from: Package,
  protocol: Protocol,
  talk: Talk,
  said: Said | null,
): Promise<string | null> {
  const operation = found<Answer>(
    from,
    talk,
    (each) => each.request === talk.key && same(each.replies, talk.keys),
  );
  const transport = new MemoryTransport();
  const client = new Client(protocol, "ws://test", { transport });
  const got: unknown[] = [];
  const key = said?.key ?? operation.replies[0]!;
  const payload = said ? given(said) : undefined;
  handle(client.connection, operation, (value) => {
    got.push(value);
    return operation.events ? { type: key, payload } : payload;
  });
  try {
    await soon(client.connect());
    const frame = talk.begin ? framed(talk.begin) : bare(protocol, talk.key);
    const link = transport.connections.at(-1)!;
    link.send(frame);
    await turn();
    const [, expected] = decoded(protocol, frame);
    if (got.length !== 1 || !isDeepStrictEqual(got[0], expected)) {
      return `the handler got ${JSON.stringify(got)}`;
    }
    if (link.received.length !== 1) {
      return `${link.received.length} frames were sent`;
    }
    if (!said?.certain) return null;
    const [told] = read(serverCodec(protocol), link.received[0]!);
    return told === key ? null : `the answer is taken for ${told}`;
  } finally {
    await client.close();
  }
}

function subscribeOf(from: Package, talk: Talk): Subscribe {
  return found<Subscribe>(
    from,
    talk,
    ({ subscribe, updates }) =>
      subscribe === talk.key &&
      same(
        updates?.map(({ key }) => key),
        talk.keys,
      ),
  );
}

function found<Operation>(
  from: Package,
  talk: Talk,
  matches: (operation: Operation) => boolean,
): Operation {
  const operation = (operations(from) as unknown as Operation[]).find(matches);
  if (!operation) throw new Error(`no descriptor has ${talk.key}`);
  return operation;
}

function operations(from: Package): (Subscribe | Ask)[] {
  return from.modules
    .flatMap((module) => Object.values(module) as unknown[])
    .filter((each) => typeof each === "object" && each !== null)
    .filter(
      (each) => "subscribe" in each || "request" in each || "message" in each,
    ) as (Subscribe | Ask)[];
}

function same(some: readonly string[] | undefined, others: readonly string[]) {
  return isDeepStrictEqual(some, [...others]);
}

function begun({ begin }: Talk): unknown {
  return begin ? given(begin) : undefined;
}

function given({ binary, text, payload }: Said): unknown {
  if (binary) return new TextEncoder().encode(text);
  return payload ?? undefined;
}

function framed({ binary, text }: Said): Frame {
  return binary ? new TextEncoder().encode(text) : text;
}

function bare(protocol: Protocol, key: string): Frame {
  return serverCodec(protocol).encode(key, undefined);
}

function serverCodec(protocol: Protocol): JsonCodec {
  return jsonCodec(reversed((protocol.codec as JsonCodec).traffic));
}

function decoded({ codec }: Protocol, frame: Frame) {
  return read(codec as JsonCodec, frame);
}

function read(codec: JsonCodec, frame: Frame) {
  return typeof frame === "string"
    ? codec.decode(frame)
    : codec.decodeBinary(frame);
}

function wrapped({ codec }: Protocol): readonly string[] {
  const { payload } = (codec as JsonCodec).traffic.envelope;
  return payload === null ? [] : [payload];
}

function at(value: unknown, way: readonly string[]): unknown {
  return way.reduce<unknown>((inner, name) => (inner as Json)?.[name], value);
}

function put(value: unknown, way: readonly string[], to: unknown): void {
  let inner = value as Json;
  for (const name of way.slice(0, -1)) inner = (inner[name] ??= {}) as Json;
  inner[way.at(-1)!] = to;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function soon<T>(promise: PromiseLike<T>): Promise<T> {
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    alarm = setTimeout(() => reject(new Error("not settled in 2 s")), 2000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(alarm);
  }
}
