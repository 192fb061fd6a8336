/** Plays a scenario against the session core: a fake clock, a fake random source, no socket; see `tests/scenarios/player.py`. */

import {
  HandshakeRejected,
  WsgenError,
} from "../../runtime/wsgen_runtime/typescript/errors.js";
import type {
  ConnectionEvent,
  Logger,
  SessionOptions,
} from "../../runtime/wsgen_runtime/typescript/options.js";
import { judge } from "../../runtime/wsgen_runtime/typescript/retry.js";
import {
  answer,
  beating,
  listening,
  type Asked,
  Call,
  Cancelled,
  canonicalParameters,
  Consumer,
  handle,
  Lease,
  listen,
  request,
  send,
  Session,
} from "../../runtime/wsgen_runtime/typescript/session/index.js";
import {
  type DomainOptions,
  type Operations,
  operations,
  REQUESTS,
} from "./protocol.js";

export type Step = Readonly<Record<string, any>>; // steps are checked by what they do

/** A step that does not hold. */
export class Failed extends Error {}

/** One connection of the scenario and what its socket would know. */
class Peer {
  readonly session: Session;
  readonly lease = new Lease();
  attempt: number | undefined;
  paused = false;
  #held: (() => void)[] = [];

  constructor(session: Session) {
    this.session = session;
    session.lease(this.lease);
  }

  /** A frame arrives; it waits while reading is paused. */
  give(frame: () => void): void {
    this.#held.push(frame);
    this.flush();
  }

  flush(): void {
    while (this.#held.length && !this.paused) {
      this.#held.shift()!();
      for (const { kind } of this.session.effects) {
        if (kind === "pause" || kind === "resume") {
          this.paused = kind === "pause";
        }
      }
    }
  }

  ended(): void {
    this.paused = false;
    this.#held = [];
  }
}

/** The state of one scenario between its steps. */
export class Player {
  now = 0;
  sent: unknown[] = [];
  events: ConnectionEvent[] = [];
  log: (readonly [level: string, line: string])[] = [];
  readonly got = new Map<string, unknown[]>();
  readonly resets = new Map<string, number>();
  readonly calls = new Map<string, Call>();
  readonly consumers = new Map<string, { peer: Peer; consumer: Consumer }>();
  readonly peers = new Map<string, Peer>();
  readonly #options: SessionOptions;
  readonly #operations: Operations;
  #current: Peer;
  #attempted: { session: Session; generation: number } | undefined;
  readonly #wanted = new Map<string, number>();
  readonly #raising = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #onUpdate = new Map<string, Step>();

  constructor(options: Step) {
    const level = (name: string) => (line: string) => {
      this.log.push([name, line]);
    };
    this.#options = sessionOptions(options, {
      info: level("INFO"),
      warn: level("WARNING"),
      error: level("ERROR"),
    });
    this.#operations = operations(options as DomainOptions);
    this.#current = this.#peer("");
  }

  /** Do one step; throws `Failed` with both sides where it does not hold. */
  play(step: Step): void {
    const action = Object.keys(STEPS).find((name) => name in step);
    if (!action) throw new Failed(`unknown step ${JSON.stringify(step)}`);
    STEPS[action]!.call(this, step);
    this.#pump();
  }

  /** All that can be seen from outside; of frames, payloads and events what has come since the last time. */
  seen(): unknown {
    const { sent, events, log } = this;
    const got = Object.fromEntries(this.got);
    this.sent = [];
    this.events = [];
    this.log = [];
    this.got.clear();
    const of = <Value>(
      table: ReadonlyMap<string, Value>,
      make: (value: Value) => unknown,
    ) =>
      Object.fromEntries(
        [...table].map(([label, value]) => [label, make(value)]),
      );
    return {
      sent,
      events: events.map(({ state, reason, attempt, error }) => [
        state,
        reason,
        attempt,
        word(error),
      ]),
      got,
      log,
      resets: Object.fromEntries(this.resets),
      calls: of(this.calls, (call) =>
        call.settled ? word(call.error) : "pending",
      ),
      handles: of(this.consumers, ({ consumer: one }) => [
        one.state,
        one.topic,
        one.delivered,
        one.dropped,
        one.waiting,
        word(one.error),
      ]),
      sessions: of(this.peers, ({ session }) => {
        const { state, attempts, nextTimer, reports } = session;
        const { unknown, invalid, unrouted } = reports;
        const due = nextTimer && Math.round(nextTimer * 1e6) / 1e6;
        return [
          state,
          attempts.total,
          clean(session),
          due,
          unknown,
          invalid,
          unrouted,
        ];
      }),
    };
  }

  #peer(lane: string): Peer {
    let peer = this.peers.get(lane);
    if (!peer) {
      const { protocol } = this.#operations;
      const clock = () => this.now;
      peer = new Peer(new Session(protocol, this.#options, clock, () => 0.5));
      this.peers.set(lane, peer);
    }
    return peer;
  }

  get main(): Peer {
    return this.#peer("");
  }

  get current(): Peer {
    return this.#current;
  }

  #pump(): void {
    for (const peer of [...this.peers.values()]) {
      for (const effect of peer.session.take()) {
        switch (effect.kind) {
          case "open":
            peer.attempt = effect.generation;
            this.#current = peer;
            this.#attempted = {
              session: peer.session,
              generation: effect.generation,
            };
            break;
          case "transmit":
            this.sent.push(JSON.parse(effect.frame as string));
            break;
          case "close":
          case "abort":
            peer.attempt = undefined;
            peer.ended();
            break;
          case "pause":
          case "resume":
            peer.paused = effect.kind === "pause";
            break;
          case "changed":
            this.events.push(effect.event);
        }
      }
    }
    for (const [label, count] of this.#wanted) {
      const { consumer } = this.consumers.get(label)!;
      let left = count;
      for (; left && consumer.waiting; left--) {
        this.#gotten(label).push(consumer.take());
      }
      this.#wanted.set(label, left);
    }
    for (const peer of this.peers.values()) peer.flush();
    for (const peer of this.peers.values()) {
      if (peer.session.effects.length) {
        this.#pump();
        break;
      }
    }
  }

  #gotten(label: string): unknown[] {
    let got = this.got.get(label);
    if (!got) this.got.set(label, (got = []));
    return got;
  }

  // Calls.

  call(label: string | undefined, start: () => Call | void): void {
    let call: Call | void;
    try {
      call = start();
    } catch (error) {
      call = settled(error as Error);
    }
    if (label !== undefined) this.calls.set(label, call ?? settled());
  }

  subscribe(step: Step): void {
    const label: string = step["as"] ?? step["subscribe"];
    const { protocol, subscriptions } = this.#operations;
    const operation = subscriptions[step["subscribe"]]!;
    const params = step["params"] ?? {};
    const lane = this.#operations.lanes.has(operation.domain)
      ? `${operation.domain}:${canonicalParameters(protocol.codec, operation, params)}`
      : "";
    const peer = this.#peer(lane);
    const { session, lease } = peer;
    const consumer = this.#consumer(label, operation.domain, step);
    this.call(label, () =>
      session.subscribe(lease, operation, params, consumer, step["timeout"]),
    );
    this.consumers.set(label, { peer, consumer });
  }

  #consumer(label: string, domain: string, step: Step): Consumer {
    const update = (value: unknown) => {
      this.#gotten(label).push(value);
      const next = this.#onUpdate.get(label);
      this.#onUpdate.delete(label);
      if (next) this.play(next);
      if (this.#raising.has(label)) {
        throw new Error("the scenario's callback raises");
      }
      return this.#busy.has(label) ? Promise.resolve() : undefined;
    };
    const delivery = this.#operations.subscriptions[domain]?.delivery;
    return new Consumer(domain, step["stream"] ? undefined : update, {
      onReset: () => {
        this.resets.set(label, (this.resets.get(label) ?? 0) + 1);
      },
      delivery,
    });
  }

  leave(step: Step): void {
    const label: string = step["unsubscribe"];
    const { peer, consumer } = this.consumers.get(label)!;
    const pending = consumer.call && !consumer.call.settled;
    this.call(pending ? undefined : label, () => peer.session.leave(consumer));
    if (pending && consumer.state === "UNSUBSCRIBING") {
      this.calls.set(label, consumer.call!);
    }
  }

  abandon(label: string): void {
    const entry = this.consumers.get(label);
    if (!entry) {
      this.#current.session.abandon(this.calls.get(label)!);
    } else if (entry.consumer.state === "UNSUBSCRIBING") {
      this.calls.set(label, settled(new Cancelled()));
    } else {
      entry.peer.session.leave(entry.consumer);
    }
  }

  request(step: Step): void {
    const label: string = step["as"] ?? step["request"];
    const { session, lease } = this.main;
    const operation = this.#operations.requests[step["request"]]!;
    this.call(label, () =>
      request(session, lease, operation, step["payload"], callOptions(step)),
    );
    this.calls.get(label)!.whenSettled((call) => {
      if (!call.error) this.#gotten(label).push(call.result ?? null);
    });
  }

  send(step: Step): void {
    const { session, lease } = this.main;
    const operation = this.#operations.sends[step["send"]]!;
    this.call(step["as"] ?? step["send"], () =>
      send(session, lease, operation, step["payload"], callOptions(step)),
    );
  }

  listen(step: Step): void {
    const label: string = step["as"] ?? step["listen"];
    const peer = this.main;
    const consumer = this.#consumer(label, step["listen"], step);
    const operation = this.#operations.pushes[step["listen"]]!;
    this.call(label, () =>
      listen(peer.session, peer.lease, operation, consumer),
    );
    this.consumers.set(label, { peer, consumer });
  }

  handle(step: Step): void {
    const label: string = step["as"] ?? step["handle"];
    const peer = this.main;
    const { session, lease } = peer;
    const consumer = new Consumer(step["handle"], (asked: Asked) => {
      this.#gotten(label).push(asked.payload);
      if ("answer" in step) answer(session, asked, step["answer"]);
    });
    const operation = this.#operations.handlers[step["handle"]]!;
    this.call(label, () => handle(session, lease, operation, consumer));
    this.consumers.set(label, { peer, consumer });
  }

  close(step: Step): void {
    for (const { session, lease } of [...this.peers.values()]) {
      this.call(step["as"] ?? "close", () => session.close(lease));
    }
  }

  raises(label: string): void {
    this.#raising.add(label);
  }

  busy(label: string): void {
    this.#busy.add(label);
  }

  onUpdate(label: string, step: Step): void {
    this.#onUpdate.set(label, step);
  }

  want(label: string, count: number): void {
    this.#wanted.set(label, (this.#wanted.get(label) ?? 0) + count);
  }

  // The socket.

  /** The attempt that is under way; else the latest one, whose answer then comes late. */
  attempt(): { session: Session; generation: number } {
    for (const peer of this.peers.values()) {
      const { session, attempt: generation } = peer;
      if (
        generation !== undefined &&
        ["CONNECTING", "RECONNECTING"].includes(session.state)
      ) {
        peer.attempt = undefined;
        this.#current = peer;
        return { session, generation };
      }
    }
    if (!this.#attempted) throw new Failed("there was no attempt");
    return this.#attempted;
  }

  give(text: string): void {
    const { session } = this.#current;
    this.#current.give(() => session.receive(text));
  }

  giveBinary(hex: string): void {
    const { session } = this.#current;
    const frame = Uint8Array.from(Buffer.from(hex, "hex"));
    this.#current.give(() => session.receive(frame));
  }

  lose(code: number | null): void {
    const { session } = this.#current;
    this.#current.ended();
    session.lost(session.generation, code ?? undefined);
  }

  advance(seconds: number): void {
    // Decimal seconds of a scenario add up as it says, not as binary fractions do.
    const end = rounded(this.now + seconds);
    for (;;) {
      let next: { when: number; session: Session } | undefined;
      for (const { session } of this.peers.values()) {
        const when = session.nextTimer;
        if (when === undefined || rounded(when) > end) continue;
        if (!next || when < next.when) next = { when, session };
      }
      if (!next) break;
      this.now = Math.max(this.now, next.when);
      next.session.tick();
      this.#pump();
    }
    this.now = Math.max(this.now, end);
  }
}

const STEPS: Readonly<Record<string, (this: Player, step: Step) => void>> = {
  abandon(step) {
    this.abandon(step["abandon"]);
  },
  advance(step) {
    this.advance(step["advance"]);
  },
  binary(step) {
    this.giveBinary(step["binary"]);
  },
  busy(step) {
    this.busy(step["busy"]);
  },
  cancel(step) {
    const { peer, consumer } = this.consumers.get(step["cancel"])!;
    peer.session.leave(consumer);
  },
  close(step) {
    this.close(step);
  },
  connect(step) {
    const { session, lease } = this.main;
    this.call(step["as"] ?? "connect", () => session.connect(lease));
  },
  done(step) {
    const { peer, consumer } = this.consumers.get(step["done"])!;
    if (consumer.busy) peer.session.served(consumer);
  },
  expect_attempts(step) {
    let attempts = 0;
    for (const { session } of this.peers.values())
      attempts += session.attempts.total;
    same(attempts, step["expect_attempts"], "attempts");
  },
  expect_clean(step) {
    const all = [...this.peers.values()];
    same(
      all.every(({ session }) => clean(session)),
      step["expect_clean"],
      "nothing left",
    );
  },
  expect_ended(step) {
    const { consumer } = this.consumers.get(step["expect_ended"])!;
    const ended = consumer.state === "DELETED";
    same(
      ended ? outcome(consumer.error) : "not ended",
      step["error"] ?? SETTLED,
      "end",
    );
  },
  expect_events(step) {
    const { events } = this;
    const wanted: Step[] = step["expect_events"];
    this.events = [];
    const found = events.map((event, at) =>
      Object.fromEntries(
        Object.keys(wanted[at] ?? { state: "" }).map((name) => [
          name,
          event[name as keyof ConnectionEvent],
        ]),
      ),
    );
    same(found, wanted, "events");
  },
  expect_got(step) {
    const found = this.got.get(step["expect_got"]) ?? [];
    this.got.delete(step["expect_got"]);
    same(found, step["values"], "payloads");
  },
  expect_handle(step) {
    const { consumer } = this.consumers.get(step["expect_handle"])!;
    same(consumer.state, step["state"], "state of the handle");
  },
  expect_pending(step) {
    same(fate(this.calls.get(step["expect_pending"])!), PENDING, "outcome");
  },
  expect_resets(step) {
    const found = this.resets.get(step["expect_resets"]) ?? 0;
    same(found, step["count"], "resets");
  },
  expect_sent(step) {
    const { sent } = this;
    this.sent = [];
    same(sent, step["expect_sent"], "frames sent");
  },
  expect_settled(step) {
    const call = this.calls.get(step["expect_settled"])!;
    same(fate(call), step["error"] ?? SETTLED, "outcome");
  },
  expect_state(step) {
    same(this.current.session.state, step["expect_state"], "state");
  },
  frame(step) {
    this.give(JSON.stringify(step["frame"]));
  },
  frames(step) {
    for (const frame of step["frames"]) this.give(JSON.stringify(frame));
  },
  handle(step) {
    this.handle(step);
  },
  listen(step) {
    this.listen(step);
  },
  lost(step) {
    this.lose(step["lost"]);
  },
  on_update(step) {
    this.onUpdate(step["on_update"], step["do"]);
  },
  opened() {
    const { session, generation } = this.attempt();
    session.opened(generation);
  },
  raises(step) {
    this.raises(step["raises"]);
  },
  reconnect(step) {
    const { session, lease } = this.main;
    this.call(step["as"] ?? "reconnect", () => session.connect(lease));
  },
  refused(step) {
    const { session, generation } = this.attempt();
    const error = new HandshakeRejected(step["refused"], step["retry_after"]);
    session.failed(generation, error);
  },
  request(step) {
    this.request(step);
  },
  send(step) {
    this.send(step);
  },
  subscribe(step) {
    this.subscribe(step);
  },
  take(step) {
    this.want(step["take"], step["count"] ?? 1);
  },
  text(step) {
    this.give(step["text"]);
  },
  unreachable() {
    const { session, generation } = this.attempt();
    session.failed(generation, new Error("refused"));
  },
  unsubscribe(step) {
    this.leave(step);
  },
};

/** Whether no call, slot, timer, consumer or subscription is left. */
function clean({ timers, exchange, waiting, leases, domains }: Session) {
  return (
    !timers.size &&
    !exchange.slots.length &&
    !waiting.size &&
    ![...leases].some((lease) => lease.calls.size || lease.consumers.size) &&
    ![...domains.values()].some(
      ({ wires, places: { sinks, at, topics, early } }) =>
        wires.size || sinks.size || at.size || topics.size || early.length,
    )
  );
}

/** Session options by their names in a scenario; one that is null has no bound. */
function sessionOptions(options: Step, logger: Logger): SessionOptions {
  const known = new Set(KNOWN);
  const unknown = Object.keys(options).filter((name) => !known.has(name));
  if (unknown.length) {
    throw new Failed(`unknown options: ${unknown.sort().join(", ")}`);
  }
  const retry: Step = options["retry"] ?? {};
  const delays: number[] = retry["delays"] ?? [0, 1, 2, 4, 8];
  const beat: Step | undefined = options["heartbeat"];
  const or = <Value>(value: Value | null | undefined, otherwise: Value) =>
    value === undefined ? otherwise : (value ?? undefined);
  return {
    timeout: options["timeout"] ?? 5,
    connectTimeout: options["connect_timeout"],
    openTimeout: options["open_timeout"] ?? 10,
    maxAttempts: or<number>(
      options["max_attempts"],
      Math.max(1, delays.length),
    ),
    retry: {
      delays,
      stableAfter: retry["stable_after"] ?? 5,
      giveUpAfter: or<number>(retry["give_up_after"], 300),
      judge,
    },
    onDisconnect: options["on_disconnect"] ?? "fail",
    ttl: options["ttl"] ?? 30,
    heartbeat:
      beat &&
      beating({
        type: beat["type"],
        interval: beat["interval"],
        payload: beat["payload"],
        reply: "reply" in beat ? beat["reply"] : REQUESTS[beat["type"]],
      }),
    silence: options["max_silence"] && listening(options["max_silence"]),
    logger,
  };
}

const KNOWN =
  "timeout connect_timeout open_timeout max_attempts on_disconnect ttl max_silence retry heartbeat route topic delivery strict_topic".split(
    " ",
  );

const callOptions = (step: Step) => ({
  timeout: step["timeout"],
  onDisconnect: step["on_disconnect"],
  ttl: step["ttl"],
});

const SETTLED = "settled without an error";
const PENDING = "still pending";

export const fate = (call: Call): string =>
  call.settled ? outcome(call.error) : PENDING;

export function outcome(error: Error | undefined): string {
  if (!error) return SETTLED;
  return error instanceof Cancelled ? "CancelledError" : error.name;
}

/** What an error is called; those that are not ours have other names in other languages. */
function word(error: Error | undefined): string | null {
  if (!error) return null;
  const ours = error instanceof WsgenError || error instanceof Cancelled;
  return ours ? outcome(error) : "another error";
}

function settled(error?: Error): Call {
  const call = new Call("");
  call.settle(undefined, error);
  return call;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}

function same(found: unknown, expected: unknown, what: string): void {
  if (ordered(found) !== ordered(expected)) {
    throw new Failed(
      `${what}:\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`,
    );
  }
}

/** JSON in which equal values are equal texts; what is undefined is null. */
export function ordered(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || !inner || Array.isArray(inner)) {
      return inner === undefined ? null : inner;
    }
    const entries = Object.entries(inner);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
