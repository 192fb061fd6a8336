/**
 * Fake servers: the other side of a generated client, inside the program of a test.
 *
 * A generated fake server is a `FakeServer` with typed methods for everything that its clients can be sent. What it
 * answers is decided here, by the descriptors that the clients themselves work with. Nothing of this module is part
 * of a client.
 */

import type { Codec, Frame } from "./codec.js";
import { ConnectionLost } from "./errors.js";
import {
  type JsonCodec,
  jsonCodec,
  reversed,
  type Traffic,
} from "./json_codec.js";
import type {
  Confirmation,
  HandlerOperation,
  Protocol,
  PushOperation,
  RequestOperation,
  SendOperation,
  SubscriptionOperation,
} from "./operations.js";
import { way } from "./rules.js";
import {
  canonicalParameters,
  computedTopic,
  getter,
  idOf,
  idText,
  maker,
  reader,
  releaseParameters,
  Roles,
  unwrapped,
  withId,
} from "./session/index.js";
import { put } from "./session/wires.js";
import { VirtualClock } from "./shell/fakes.js";
import {
  type MemoryAttempt,
  type MemoryConnection,
  MemoryTransport,
} from "./transport.js";

/** A function from a client's payload to the server's answer; null takes it away. */
export type Handler<Payload, Answer> = ((payload: Payload) => Answer) | null;

/** A message of a client. */
export interface Received {
  readonly message: string;
  /** Undefined for a message without one. */
  readonly payload: unknown;
}

/** A subscription that the server has confirmed, of one connection. */
export interface FakeSubscription {
  readonly domain: string;
  readonly request: unknown;
  readonly topic: string;
}

/** Those who get an update: all who follow the topic, or who asked for `request`; else all of the domain. */
export interface Only<Request> {
  readonly topic?: string | undefined;
  readonly request?: Request | undefined;
}

/** Nobody is there who could be sent it. */
export class LookupError extends Error {
  override name = "LookupError";
}

type Subscribe = SubscriptionOperation<never, unknown>;
type Operation =
  Subscribe | RequestOperation<never, unknown> | SendOperation<never>;
type Values = Readonly<Record<string, unknown>>;

interface Held extends FakeSubscription {
  readonly operation: Subscribe;
  /** Its canonical parameters. */
  readonly key: string;
  /** The topic as it is written, which can be a number. */
  readonly named: unknown;
}

interface Question {
  readonly operation: HandlerOperation<unknown, never>;
  /** What its reply will repeat. */
  readonly id: string | undefined;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Dialogue {
  readonly peer: MemoryConnection;
  held: readonly Held[];
  readonly asked: Set<Question>;
}

/** What a status says that refuses, where the document lists no value for that. */
const REFUSALS = ["error", "failed", "rejected", false] as const;
const OK_VALUES = ["ok", "success", "subscribed", true] as const;

/**
 * Base of generated fake servers. It is its own network: `transport` is the client's way to it.
 *
 *     const server = new FakeTradingServer();
 *     const trading = new TradingClient("ws://fake", { transport: server.transport });
 *
 * It confirms every subscribe and unsubscribe, and answers what is answered without a payload. Everything else is
 * answered by the functions that are given to its `on…` properties; where one is missing, or throws, the connection
 * is closed with code 1011 and the reason.
 *
 * Its clients have a time of their own (delays of retries, timeouts, silence). It passes as real time does, and
 * `advance` and `until` put it forward: what would take a minute has then happened at once. All times are in
 * milliseconds.
 */
export class FakeServer {
  /** For the option `transport` of clients. */
  readonly transport: MemoryTransport;
  /** What clients have sent, in order. Clear it as you like. */
  readonly received: Received[] = [];
  readonly #clock = new VirtualClock();
  readonly #clients: Codec;
  readonly #codec: JsonCodec;
  readonly #traffic: Traffic;
  readonly #handlers = new Map<string, (payload: never) => unknown>();
  readonly #answers = new Map<
    string,
    (dialogue: Dialogue, payload: unknown) => Frame | undefined
  >();
  readonly #dialogues = new Set<Dialogue>();
  readonly #credentials = new Set<string>();
  #lastId = 0;
  #faults = noFaults();

  constructor(protocol: Protocol, operations: Iterable<Operation>) {
    this.#clients = protocol.codec;
    const codec = protocol.codec as JsonCodec;
    this.#traffic = reversed(codec.traffic);
    this.#codec = codec.other?.() ?? jsonCodec(this.#traffic);
    for (const operation of operations) this.#offer(operation);
    const clock = this.#clock;
    this.transport = new MemoryTransport((attempt) => this.#meet(attempt), {
      clock,
    });
  }

  /** What is subscribed to now, over all connections. */
  get subscriptions(): readonly FakeSubscription[] {
    return [...this.#dialogues].flatMap(({ held }) => held);
  }

  /** The server's end of every connection so far, in order. */
  get connections(): readonly MemoryConnection[] {
    return this.transport.connections;
  }

  /** How many connections are open. */
  get connected(): number {
    return this.#dialogues.size;
  }

  /** Answer a message of clients by a function; what the generated `on…` properties do. */
  on<Payload, Answer>(
    message: string,
    handler: Handler<Payload, Answer>,
  ): void {
    if (handler) this.#handlers.set(message, handler);
    else this.#handlers.delete(message);
  }

  /** Put the time forward, and let everything happen that comes with it. */
  advance(milliseconds: number): Promise<void> {
    return this.#clock.advance(milliseconds / 1000);
  }

  /** Await something, and put the time forward for as long as that takes, an hour at the most unless it is said. */
  until<T>(promise: PromiseLike<T>, within = 3_600_000): Promise<T> {
    return this.#clock.until(promise, within / 1000);
  }

  /** From now on, answer so much later. */
  delay(milliseconds: number): void {
    this.#faults.delay = milliseconds / 1000;
  }

  /** From now on, answer nothing; or nothing of these messages, by their wire types. */
  goSilent(...messages: string[]): void {
    this.#faults.mute ||= !messages.length;
    for (const message of messages) this.#faults.silent.add(message);
  }

  /** From now on, refuse connections with this HTTP status, and `Retry-After` (seconds) if given. */
  rejectHandshakes(status: number, retryAfter?: number): void {
    this.#faults.rejection = [status, retryAfter];
  }

  /**
   * From now on, refuse connections with the headers and the query that clients have connected with so far; before
   * the first connection, with those that it comes with. Connections that are open stay open.
   */
  expireCredentials(status: 401 | 403 = 401): void {
    const { expired } = this.#faults;
    for (const known of this.#credentials) expired.set(known, status);
    if (!this.#credentials.size) this.#faults.expiresNext = status;
  }

  /** End all of these: refusals, delays, silence, rejected handshakes, expired credentials. */
  recover(): void {
    this.#faults = noFaults();
  }

  /** End every connection: with a close frame of this code, or without any, as a broken network does. */
  drop(code?: number, reason = ""): void {
    for (const { peer } of [...this.#dialogues]) {
      if (code === undefined) peer.drop();
      else peer.close(code, reason);
    }
  }

  /** Send any text on every connection, or bytes as a binary message. Throws `LookupError`: nobody is connected. */
  sendRaw(frame: Frame): void {
    for (const { peer } of this.#somebody()) peer.send(frame);
  }

  // What generated methods call.

  /** Send an update. Throws `LookupError`: nobody is subscribed. */
  update<Request, Data>(
    operation: SubscriptionOperation<Request, Data>,
    update: Data,
    only: Only<Request> = {},
  ): void {
    const one = operation.updates[0]!;
    const [key, data] = unwrapped(one.event, one.key, update);
    const kind = operation.updates.find((each) => each.key === key) ?? one;
    for (const [peer, named] of this.#followers(
      operation,
      only,
      kind.topic !== undefined,
    )) {
      let whole: unknown = data;
      if (kind.data !== undefined) {
        whole = put({}, kind.data, data);
        if (kind.topic !== undefined) {
          whole = put(whole as Values, kind.topic, named);
        }
      }
      peer.send(this.#codec.encode(key, whole));
    }
  }

  /** Send a message on every connection. Throws `LookupError`: nobody is connected. */
  push<Data>(operation: PushOperation<Data>, payload: Data): void {
    this.sendRaw(this.#codec.encode(operation.messages[0]!, payload));
  }

  /** Ask the client that came last, and give its answer. Rejects when it goes. */
  ask<Request, Reply>(
    operation: HandlerOperation<Request, Reply>,
    payload: Request,
  ): Promise<Reply> {
    const dialogue = this.#somebody().at(-1)!;
    const { request, correlation } = operation;
    const kind = correlation?.kind;
    const [frame, id] = correlation
      ? withId(
          this.#codec,
          request,
          payload,
          correlation.request,
          correlation,
          () => kind && idOf(kind, ++this.#lastId, Math.random),
        )
      : [this.#codec.encode(request, payload), undefined];
    return new Promise((resolve, reject) => {
      dialogue.asked.add({
        operation,
        id,
        resolve: resolve as (reply: unknown) => void,
        reject,
      });
      dialogue.peer.send(frame);
    });
  }

  /** From now on, refuse a subscribe, in these words; given a `request`, that alone. */
  refuse<Request>(
    operation: SubscriptionOperation<Request, unknown>,
    message: string,
    request?: Request,
  ): void {
    const parameters =
      request === undefined
        ? ""
        : canonicalParameters(this.#clients, operation, request);
    const place = `${operation.subscribe} ${parameters}`;
    this.#faults.refusals.set(place, message);
  }

  // Clients come and go.

  #meet(attempt: MemoryAttempt): void {
    const { url, headers, subprotocols } = attempt.request;
    const credentials = JSON.stringify([
      url.split("?")[1],
      Object.entries(headers).sort(),
      subprotocols,
    ]);
    const faults = this.#faults;
    this.#credentials.add(credentials);
    if (faults.expiresNext !== undefined) {
      faults.expired.set(credentials, faults.expiresNext);
      faults.expiresNext = undefined;
    }
    const expired = faults.expired.get(credentials);
    if (faults.rejection) return attempt.refuse(...faults.rejection);
    if (expired !== undefined) return attempt.refuse(expired);
    const peer = attempt.accept(subprotocols[0]);
    const dialogue: Dialogue = { peer, held: [], asked: new Set() };
    this.#dialogues.add(dialogue);
    peer.onFrame = (frame) => this.#receive(dialogue, frame);
    peer.onEnd = () => {
      this.#dialogues.delete(dialogue);
      const gone = new ConnectionLost(
        undefined,
        "the client has gone",
        "maybe",
      );
      for (const { reject } of dialogue.asked) reject(gone);
    };
  }

  #somebody(): readonly Dialogue[] {
    if (!this.#dialogues.size) throw new LookupError("nobody is connected");
    return [...this.#dialogues];
  }

  // What they send, and what they are answered.

  #offer(operation: Operation): void {
    const answers = this.#answers;
    if ("subscribe" in operation) {
      answers.set(operation.subscribe, (dialogue, payload) =>
        this.#subscribe(dialogue, operation, payload),
      );
      if (operation.unsubscribe !== undefined) {
        answers.set(operation.unsubscribe, (dialogue, payload) =>
          this.#release(dialogue, operation, payload),
        );
      }
    } else if ("request" in operation) {
      answers.set(operation.request, (_, payload) =>
        this.#reply(operation, payload),
      );
    } else {
      const { message, acknowledgement } = operation;
      answers.set(message, (_, payload) => {
        this.#handle(message, payload);
        return acknowledgement === undefined
          ? undefined
          : this.#codec.encode(
              acknowledgement,
              this.#isEmpty(acknowledgement) ? undefined : {},
            );
      });
    }
  }

  #receive(dialogue: Dialogue, frame: Frame): void {
    const { peer } = dialogue;
    let decoded: readonly [key: string, payload: unknown];
    try {
      decoded =
        typeof frame === "string"
          ? this.#codec.decode(frame)
          : this.#codec.decodeBinary(frame);
    } catch (error) {
      peer.close(1007, (error as Error).message.slice(0, 100));
      return;
    }
    const [key, payload] = decoded;
    this.received.push({ message: key, payload });
    if (this.#takeReply(dialogue, key, payload, frame)) return;
    const { mute, silent, delay } = this.#faults;
    if (mute || silent.has(key)) return;
    let answer: Frame | undefined;
    try {
      answer = this.#answers.get(key)?.(dialogue, payload);
    } catch (error) {
      const words = `${key}: ${(error as Error).message}`;
      peer.close(1011, words.slice(0, 100));
      return;
    }
    if (answer === undefined) return;
    const send = () => {
      if (peer.open) peer.send(answer);
    };
    if (delay) this.#clock.callAt(this.#clock.time() + delay, send);
    else send();
  }

  /** Whether a message is the answer to what the server asked. */
  #takeReply(
    { asked }: Dialogue,
    key: string,
    payload: unknown,
    frame: Frame,
  ): boolean {
    for (const question of asked) {
      const { replies, events, correlation } = question.operation;
      if (!replies.includes(key)) continue;
      if (question.id !== undefined && correlation) {
        const read = reader(correlation.reply, correlation);
        if (idText(read(payload, frame)) !== question.id) continue;
      }
      asked.delete(question);
      question.resolve(maker(events, key)?.(payload) ?? payload);
      return true;
    }
    return false;
  }

  #handle(message: string, payload: unknown): unknown {
    const handler = this.#handlers.get(message) as
      ((payload: unknown) => unknown) | undefined;
    return handler?.(payload);
  }

  #isEmpty(message: string): boolean {
    return this.#traffic.sent[message]?.empty === true;
  }

  #subscribe(
    dialogue: Dialogue,
    operation: Subscribe,
    request: unknown,
  ): Frame | undefined {
    const { confirmation, subscribe, domain } = operation;
    const key = canonicalParameters(this.#clients, operation, request);
    const topic = computedTopic(operation, key) ?? `${domain}:${key}`;
    const { refusals } = this.#faults;
    const refusal =
      refusals.get(`${subscribe} ${key}`) ?? refusals.get(`${subscribe} `);
    const hold = (named: unknown) => {
      const held = {
        operation,
        domain,
        request,
        key,
        topic: String(named),
        named,
      };
      dialogue.held = [
        ...dialogue.held.filter(
          (each) => each.operation !== operation || each.key !== key,
        ),
        held,
      ];
    };
    if (!confirmation) {
      hold(topic);
      this.#handle(subscribe, request);
      return undefined;
    }
    const id = idIn(confirmation, request);
    const [refuser] = Object.entries(confirmation.refusals ?? {});
    if (refusal !== undefined && refuser) {
      const [message, path] = refuser;
      const said = path === null ? {} : { [path]: refusal };
      const told = { ...this.#way(message), ...said, ...id };
      return this.#codec.encode(message, assembled(told));
    }
    const reply =
      refusal === undefined && this.#handlers.has(subscribe)
        ? this.#handle(subscribe, request)
        : this.#made(confirmation, topic, id, refusal);
    const roles = new Roles(confirmation);
    if (roles.ok(reply, undefined)) hold(roles.named(reply) ?? topic);
    return this.#codec.encode(
      confirmation.key,
      this.#isEmpty(confirmation.key) ? undefined : reply,
    );
  }

  /** A reply that confirms, or refuses, and says which message it is. */
  #made(
    confirmation: Confirmation,
    topic: string,
    id: Values,
    refusal?: string,
  ): Values {
    const values = confirmed(confirmation, topic, id, refusal);
    return assembled({ ...this.#way(confirmation.key), ...values });
  }

  /** What tells a message apart, by path. */
  #way(message: string): Values {
    return way(this.#traffic.sentRule, message) ?? {};
  }

  #release(
    dialogue: Dialogue,
    operation: Subscribe,
    payload: unknown,
  ): Frame | undefined {
    const { release, defaults } = operation;
    const unsubscribe = operation.unsubscribe!;
    const given: Values = {
      ...defaults,
      ...this.#clients.parameters(unsubscribe, payload),
    };
    const released = dialogue.held.find((held) => {
      if (held.operation !== operation) return false;
      const sent = JSON.parse(held.key) as Values;
      const expected = releaseParameters(operation, sent, held.named);
      return Object.entries(expected).every(
        ([name, value]) =>
          JSON.stringify(given[name]) === JSON.stringify(value),
      );
    });
    dialogue.held = dialogue.held.filter((held) => held !== released);
    if (!release) return undefined;
    const reply = this.#handlers.has(unsubscribe)
      ? this.#handle(unsubscribe, payload)
      : this.#made(release, released?.topic ?? "", idIn(release, payload));
    return this.#codec.encode(
      release.key,
      this.#isEmpty(release.key) ? undefined : reply,
    );
  }

  #reply(
    { request, replies, events }: RequestOperation<never, unknown>,
    payload: unknown,
  ): Frame | undefined {
    const [only] = replies;
    if (this.#handlers.has(request)) {
      const reply = this.#handle(request, payload);
      return only === undefined
        ? undefined
        : this.#codec.encode(...unwrapped(events, only, reply));
    }
    if (only === undefined) return undefined;
    if (replies.length === 1 && this.#isEmpty(only)) {
      return this.#codec.encode(only, undefined);
    }
    throw new LookupError("give it a function that returns the reply");
  }

  /** Who gets an update, under which topic. `named` says that updates carry it; else one is enough for each. */
  #followers<Request>(
    operation: SubscriptionOperation<Request, unknown>,
    { topic, request }: Only<Request>,
    named: boolean,
  ): readonly (readonly [peer: MemoryConnection, topic: unknown])[] {
    const present = this.#somebody();
    const wanted =
      request === undefined
        ? undefined
        : canonicalParameters(this.#clients, operation, request);
    const found = new Map<string, readonly [MemoryConnection, unknown]>();
    present.forEach(({ peer, held }, number) => {
      for (const each of held) {
        if (each.operation !== operation) continue;
        if (topic !== undefined && topic !== each.topic) continue;
        if (wanted !== undefined && wanted !== each.key) continue;
        const followed = named ? each.topic : "";
        found.set(`${number} ${followed}`, [peer, each.named]);
      }
    });
    if (found.size) return [...found.values()];
    if (topic !== undefined) return present.map(({ peer }) => [peer, topic]);
    throw new LookupError(`nobody is subscribed to \`${operation.domain}\``);
  }
}

/** What is wrong with a server just now. */
function noFaults() {
  return {
    delay: 0,
    mute: false,
    silent: new Set<string>(),
    rejection: undefined as
      readonly [status: number, retryAfter: number | undefined] | undefined,
    expired: new Map<string, number>(),
    expiresNext: undefined as number | undefined,
    /** The words, by subscribe message and canonical parameters. */
    refusals: new Map<string, string>(),
  };
}

/** What the answer repeats of a message, by its path there. */
function idIn({ correlation }: Confirmation, payload: unknown): Values {
  const found = correlation && getter(correlation.request)(payload);
  return found === undefined ? {} : { [correlation!.reply]: found };
}

/** What confirms, or refuses in these words, by path. */
function confirmed(
  confirmation: Confirmation,
  topic: string,
  id: Values,
  refusal?: string,
): Values {
  const values: Record<string, unknown> = { ...id };
  if (confirmation.topic !== undefined) values[confirmation.topic] = topic;
  if (confirmation.message !== undefined && refusal !== undefined) {
    values[confirmation.message] = refusal;
  }
  if (confirmation.status !== undefined) {
    const { ok = OK_VALUES } = confirmation;
    const [status] =
      refusal === undefined ? ok : REFUSALS.filter((no) => !ok.includes(no));
    values[confirmation.status] = status;
  }
  return values;
}

/** An object in which these values stand at their paths. */
function assembled(values: Values): Values {
  let whole: Values = {};
  for (const [path, value] of Object.entries(values)) {
    whole = put(whole, path, value);
  }
  return whole;
}
