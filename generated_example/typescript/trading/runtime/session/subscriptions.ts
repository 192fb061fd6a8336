/**
 * The subscriptions of one domain on one connection.
 *
 * A *wire subscription* is one set of parameters: what one subscribe frame asks
 * for. Consumers with equal canonical parameters share it. Its two facts
 * (wanted, held) move only through `Domain.#happen`, by the table in
 * `transitions`; the methods named after acts are what the table orders. To add
 * a rule, add a line there.
 *
 * An update finds its consumers by its *address*: its topic, or the values of
 * its routing fields, or nothing at all where a domain has only one address.
 */

import {
  Closed,
  SubscribeTimeout,
  SubscriptionRejected,
  TopicMismatch,
} from "../errors.js";
import type {
  Alone,
  Confirmation,
  Paired,
  SubscriptionOperation,
} from "../operations.js";
import { type Happening, TABLE } from "../transitions.js";
import { Call, Cancelled, Slot } from "./calls.js";
import type { Consumer } from "./consumers.js";
import type { Lease } from "./leases.js";
import { Places } from "./places.js";
import { updateRoute } from "./routes.js";
import type { Session } from "./session.js";
import {
  canonical,
  computedTopic,
  NONE,
  parametersOf,
  releaseParameters,
  Roles,
  Wire,
} from "./wires.js";

/** All wire subscriptions of one operation on one connection. */
export class Domain {
  readonly operation: SubscriptionOperation<never, unknown>;
  readonly wires = new Map<string, Wire>();
  readonly places: Places;
  /** How many answers to subscribes are awaited. */
  asking = 0;
  readonly #session: Session;
  readonly #releasing = new Map<string, readonly [wire: Wire, slot: Slot]>();
  #releasedMeanwhile: (readonly [topic: string, slot: Slot])[] = [];
  /** What was left without an unsubscribe. */
  lingering: string | undefined;
  readonly #confirmation: Roles | undefined;
  readonly #release: Roles | undefined;
  readonly #pairs: Paired | undefined;
  readonly #singleAddress: boolean;
  readonly #alone: Alone | undefined;

  constructor(
    session: Session,
    operation: SubscriptionOperation<never, unknown>,
  ) {
    this.operation = operation;
    this.#session = session;
    const { confirmation, domain, release, route, updates } = operation;
    this.#confirmation = this.#roles(confirmation);
    this.#release = this.#roles(release);
    if (confirmation) {
      const message = session.switchboard.message(confirmation.key);
      message.domains = [...message.domains, this];
    }
    this.#pairs =
      typeof route === "object" && "pairs" in route ? route : undefined;
    this.#singleAddress =
      !this.#pairs && updates.every((update) => update.topic == null);
    const byTopic = !this.#pairs && !this.#singleAddress;
    this.places = new Places(session, domain, byTopic);
    this.#alone =
      typeof route === "object" && "mustWait" in route ? route : undefined;
    for (const update of updates) {
      const route = updateRoute(session, this, update, this.#pairs);
      session.switchboard.addUpdate(update.key, route);
    }
  }

  #roles(confirmation: Confirmation | null | undefined): Roles | undefined {
    if (!confirmation) return undefined;
    const roles = new Roles(confirmation);
    const { switchboard } = this.#session;
    switchboard.message(confirmation.key).topic = (reply) => roles.topic(reply);
    const { correlation } = confirmation;
    if (correlation) {
      for (const key of roles.keys) {
        switchboard.message(key).answersBy(correlation.replied);
      }
    }
    return roles;
  }

  // Consumers come and go.

  /**
   * Let `consumer` join the wire subscription of `request`.
   *
   * @throws InvalidRequest: `request` does not fit.
   * @throws AmbiguousRoute: updates of this domain could not be told from those
   *   of other parameters.
   */
  subscribe(
    lease: Lease,
    request: unknown,
    consumer: Consumer,
    timeout: number,
  ): Call {
    const session = this.#session;
    const { subscribe, defaults } = this.operation;
    const frame = session.codec.encode(subscribe, request);
    const sent = parametersOf(session.codec, this.operation, request);
    const key = canonical({ ...defaults, ...sent });
    const standsBack = this.#alone?.mustWait(this, key);
    const wire = this.wires.get(key) ?? new Wire(this, key);
    if (!wire.wanted && (wire.held === "absent" || wire.held === "releasing")) {
      const pairs = this.#pairs;
      if (pairs) {
        wire.addresses = pairs.addresses(pairs, subscribe, JSON.parse(key));
      }
      wire.frame = frame;
      const text = canonical(sent);
      wire.sent = text === key ? key : text; // one string for both
      wire.order = session.nextOrder();
    }
    this.wires.set(key, wire);
    const call = new Call(subscribe, lease);
    call.timeout = timeout;
    consumer.wire = wire;
    consumer.call = call;
    consumer.join(session, lease);
    wire.consumers = [...wire.consumers, consumer];
    if (!session.connected) {
      this.#waitForConnection(wire, consumer, call);
    } else if (!standsBack && !wire.queued) {
      this.#happen(wire, "joined");
      if (wire.held === "asked" && !call.wait && !call.settled) {
        this.#startClock(wire, consumer);
      }
    }
    return call;
  }

  /** The connection can be used. */
  opened(wire: Wire): void {
    if (this.wires.get(wire.key) === wire && wire.wanted && !wire.queued) {
      this.#happen(wire, "opened");
    }
  }

  /** Take a consumer out: its own wish, or with an error. The call of an unsubscribe in flight, if any. */
  leave(consumer: Consumer, error?: Error): Call | undefined {
    const { wire, call } = consumer;
    if (!wire?.consumers.includes(consumer)) {
      return consumer.state === "UNSUBSCRIBING" ? call : undefined;
    }
    wire.remove(consumer);
    this.places.refresh(wire);
    const pending = call && !call.settled;
    if (pending) {
      this.#keepClock(wire, call);
      call.fail(error ?? new Cancelled());
    }
    if (error) consumer.end(error);
    else consumer.stop();
    if (!wire.wanted) this.#happen(wire, "left");
    if (!error && !pending && wire.held === "releasing" && !wire.wanted) {
      consumer.state = "UNSUBSCRIBING";
      consumer.call = new Call(this.operation.unsubscribe!, consumer.lease);
      wire.leavers = [...wire.leavers, consumer];
      return consumer.call;
    }
    consumer.end(error);
    this.#tidy(wire);
    return undefined;
  }

  /** The connection ended, and another one may come: whoever wants something waits for it. */
  interrupted(): void {
    const leavers = this.#forgetConnection();
    for (const wire of [...this.wires.values()]) {
      for (const consumer of wire.consumers) {
        const { call } = consumer;
        consumer.state = "PENDING";
        if (call && !call.timer) {
          call.wait?.cancel();
          call.wait = undefined;
          call.order = wire.order;
          this.#waitForConnection(wire, consumer, call);
        }
      }
      this.#tidy(wire);
    }
    for (const consumer of leavers) consumer.left();
  }

  #waitForConnection(wire: Wire, consumer: Consumer, call: Call): void {
    this.#session.waitForConnection(
      call,
      () => this.opened(wire),
      (error) => this.leave(consumer, error),
    );
  }

  /** What the server had, and what was on its way, is gone. Those who were waiting to have left. */
  #forgetConnection(): readonly Consumer[] {
    const leavers: Consumer[] = [];
    for (const wire of this.wires.values()) {
      this.#happen(wire, "lost");
      this.#stopClock(wire);
      wire.ask = undefined;
      wire.renewing = wire.queued = wire.guessed = false;
      wire.asks = wire.undone = NONE;
      if (!this.#pairs) wire.addresses = NONE;
      leavers.push(...wire.leavers);
      wire.leavers = NONE;
    }
    this.places.clear();
    this.#releasing.clear();
    this.#releasedMeanwhile = [];
    this.lingering = undefined;
    return leavers;
  }

  /** End one wire subscription with an error, and ask for it no more. */
  expel(wire: Wire, error: () => Error): void {
    const { consumers } = wire;
    wire.consumers = NONE;
    for (const consumer of consumers) this.#end(consumer, error());
  }

  /** The connection ended, and everything on it; `error` makes the cause, given whether a frame was sent. */
  lost(error: (sent: boolean) => Error): void {
    const ended = [...this.wires.values()].map((wire) => ({
      wire,
      asked: wire.held === "asked" || wire.held === "held",
    }));
    const leavers = this.#forgetConnection();
    this.wires.clear();
    for (const consumer of leavers) consumer.left();
    for (const { wire, asked } of ended) this.expel(wire, () => error(asked));
  }

  /** End a consumer with an error; its call throws it, or the log is told. */
  #end(consumer: Consumer, error: Error): void {
    const { call } = consumer;
    consumer.end(error);
    if (call && !call.settled) call.fail(error);
    else if (!(error instanceof Closed)) this.#session.reports.ended(consumer);
  }

  #happen(wire: Wire, happening: Happening): void {
    const before = wire.held;
    const line = TABLE[happening][wire.wanted ? 1 : 0][before];
    if (line) {
      wire.held = line[0];
      this.asking += +(wire.held === "asked") - +(before === "asked");
      switch (line[1]) {
        case "ask":
          this.#ask(wire);
          break;
        case "confirm":
          this.#confirm(wire);
          break;
        case "reject":
          this.#reject(wire);
          break;
        case "release":
          this.#letGo(wire);
      }
    }
    if (!this.asking) {
      this.places.dropEarly();
      this.#forgetReleases();
    }
  }

  // Acts, as the table orders them.

  #ask(wire: Wire): void {
    const session = this.#session;
    const { subscribe, confirmation } = this.operation;
    wire.renewing = wire.consumers.some((consumer) => !consumer.call);
    const known = wire.renewing ? wire.topic : undefined;
    if (this.#mustQueue(known)) {
      wire.held = "absent";
      this.asking--;
      session.renewal.queue(wire);
      return;
    }
    const topic = known ?? computedTopic(this.operation, wire.key);
    const [frame, id] = confirmation?.correlation?.number(
      session,
      subscribe,
      wire.frame,
      JSON.parse(wire.sent),
    ) ?? [wire.frame];
    const slot = new Slot(
      (key, reply) => this.#answered(wire, slot, key, reply),
      (error) => this.#undecodable(wire, slot, error),
      { topic, wire, id, certain: known !== undefined },
    );
    wire.ask = slot;
    wire.asks = [...wire.asks, slot];
    this.places.released(
      this.#singleAddress ? [undefined] : wire.addresses,
      wire,
    );
    if (!this.#confirmation) {
      session.exchange.ask(slot, [], frame);
      wire.answered(slot);
      this.#confirmed(wire, slot, undefined);
      return;
    }
    session.exchange.ask(slot, this.#confirmation.keys, frame);
    this.#stopClock(wire);
    for (const consumer of wire.consumers) this.#startClock(wire, consumer);
    if (wire.renewing) {
      wire.wait = session.exchange.clockFor(slot, undefined, () =>
        this.#notRenewed(wire, slot),
      );
    }
  }

  /** Whether a subscribe, of a `topic` that is known or not, has to wait until no other one is asked for. */
  #mustQueue(topic: string | undefined): boolean {
    const { confirmation } = this.operation;
    const byOrder =
      topic === undefined && confirmation && !confirmation.correlation;
    const { alignment, renewal } = this.#session;
    return !!byOrder && alignment.repeats && renewal.asking > 1;
  }

  #confirm(wire: Wire): void {
    this.places.place(wire);
    wire.renewing = wire.alone = wire.suspect = false;
    wire.silences = 0;
    const renewed: Consumer[] = [];
    for (const consumer of wire.consumers) {
      if (consumer.ended) continue; // by what another one did when it was told
      const { call } = consumer;
      const pending = consumer.state !== "CONFIRMED";
      consumer.state = "CONFIRMED";
      consumer.topic = wire.topic;
      consumer.call = undefined;
      if (call && !call.settled) call.settle(consumer);
      else if (pending) renewed.push(consumer);
    }
    this.places.refresh(wire);
    for (const consumer of renewed) this.#reset(consumer);
    this.places.deliverEarly(wire);
  }

  /** Updates between the connections are missing. */
  #reset(consumer: Consumer): void {
    consumer.resets++;
    const { onReset } = consumer;
    if (!onReset || consumer.ended) return;
    try {
      onReset();
    } catch (error) {
      this.#session.callbackFailed(consumer, error);
    }
  }

  #reject(wire: Wire): void {
    for (const consumer of wire.consumers) {
      const renewed = !consumer.call;
      this.leave(consumer, wire.refusal);
      if (renewed) this.#session.reports.ended(consumer);
    }
  }

  #letGo(wire: Wire): void {
    const shared = this.places.holds(wire.topic, wire);
    this.places.unplace(wire, !shared);
    const { unsubscribe } = this.operation;
    if (unsubscribe == null || shared || !this.#session.connected) {
      wire.held = "absent";
      if (unsubscribe == null) this.lingering = wire.key;
    } else {
      this.#sendRelease(wire, unsubscribe);
    }
  }

  #sendRelease(wire: Wire, unsubscribe: string): void {
    const session = this.#session;
    const { release } = this.operation;
    const parameters = releaseParameters(
      this.operation,
      JSON.parse(wire.sent),
      wire.named ?? wire.topic,
    );
    const plain = session.codec.encodeParameters(unsubscribe, parameters);
    const [frame, id] = release?.correlation?.number(
      session,
      unsubscribe,
      plain,
      parameters,
    ) ?? [plain];
    const slot = new Slot(
      (key, reply) => this.#released(wire, slot, key, reply),
      () => this.#released(wire, slot),
      { topic: wire.topic, id },
    );
    session.exchange.ask(slot, this.#release?.keys ?? [], frame);
    if (release || this.#alone) this.places.releasing(wire);
    if (!release) {
      this.#happen(wire, "released");
      return;
    }
    this.#releasing.set(wire.topic ?? wire.key, [wire, slot]);
    wire.wait = session.exchange.clockFor(slot, undefined, () =>
      this.#releaseSilent(wire, slot),
    );
  }

  // Answers, and silence.

  #answered(wire: Wire, slot: Slot, key: string, reply: unknown): void {
    wire.answered(slot);
    const roles = this.#confirmation!;
    if (roles.ok(reply, key)) {
      this.#confirmed(wire, slot, roles.named(reply));
    } else if (wire.ask === slot || (wire.renewing && wire.held === "asked")) {
      const { domain } = this.operation;
      const message = roles.message(reply, key);
      this.#refuse(wire, new SubscriptionRejected(domain, message, reply));
    }
    this.#tidy(wire);
  }

  #confirmed(wire: Wire, slot: Slot, named: unknown): void {
    const expected = computedTopic(this.operation, wire.key);
    const topic = named === undefined ? expected : String(named);
    if (wire.held === "absent" || wire.held === "asked") {
      if (this.#undone(wire, slot, topic, named)) return;
      this.#learn(wire, topic, named);
      if (expected !== undefined && topic !== undefined && expected !== topic) {
        this.#mismatched(wire, expected, topic);
      }
    }
    this.#happen(wire, "confirmed");
  }

  /** The server said ok: the latest subscribe is answered with it, and other replies will name this topic. */
  #learn(wire: Wire, topic: string | undefined, named: unknown): void {
    wire.ask = undefined;
    wire.queued = false;
    wire.topic = topic;
    wire.named = named;
    if (!this.#pairs) {
      const same = named === undefined || named === topic;
      wire.addresses = same ? [topic] : [named, topic];
      if (this.#singleAddress) wire.addresses = [undefined];
    }
    for (const slot of wire.asks) {
      this.#entomb(slot);
      if (topic !== undefined) slot.learn(topic);
    }
    this.#stopClock(wire);
  }

  /** Nobody waits for the reply of a slot any more, but it has to come. */
  #entomb(slot: Slot): void {
    slot.waiting = false;
    this.#session.alignment.watch(slot);
  }

  /**
   * Whether an unsubscribe of this topic was sent after `slot`: then its ok no
   * longer holds, and whoever waits for it is asked again after that
   * unsubscribe.
   */
  #undone(
    wire: Wire,
    slot: Slot,
    topic: string | undefined,
    named: unknown,
  ): boolean {
    const [other, release] = this.#releasing.get(topic ?? wire.key) ?? [];
    if (!other || !release || release.sequence <= slot.sequence) return false;
    if (wire.ask === slot) {
      this.#learn(wire, topic, named);
      for (const consumer of wire.consumers) consumer.call?.wait?.cancel();
      this.#happen(wire, "undone");
      if (release.waiting) other.undone = [...other.undone, wire];
      else this.#happen(wire, "released");
    }
    return true;
  }

  #mismatched(wire: Wire, expected: string, topic: string): void {
    const { domain, strictTopic } = this.operation;
    if (!strictTopic) {
      this.#session.reports.otherTopic(domain, expected, topic);
      return;
    }
    for (const consumer of wire.consumers) {
      this.leave(consumer, new TopicMismatch(domain, expected, topic));
    }
  }

  #refuse(wire: Wire, error: Error): void {
    wire.ask = undefined;
    wire.refusal = error;
    for (const slot of wire.asks) this.#entomb(slot);
    this.#happen(wire, "refused");
  }

  #undecodable(wire: Wire, slot: Slot, error: Error): void {
    wire.answered(slot);
    if (wire.ask === slot) this.#refuse(wire, error);
    this.#tidy(wire);
  }

  #silent(wire: Wire, slot: Slot, consumer: Consumer): void {
    const { alignment } = this.#session;
    if (alignment.settle(slot)) return;
    this.#timeOut(wire, consumer);
    if (!wire.wanted) this.#allSilent(wire, slot);
    this.#unanswered(slot);
  }

  #timeOut(wire: Wire, consumer: Consumer): void {
    const seconds = consumer.call?.timeout ?? this.#session.defaultTimeout;
    const { subscribe } = this.operation;
    wire.remove(consumer);
    this.#end(consumer, new SubscribeTimeout(subscribe, seconds * 1000));
  }

  /** A subscription from before was not answered: it is asked for once more, and ends the second time. */
  #notRenewed(wire: Wire, slot: Slot): void {
    if (this.#session.alignment.settle(slot)) return;
    slot.waiting = false;
    if (++wire.silences === 1) {
      this.#happen(wire, "silent");
    } else {
      for (const consumer of wire.consumers) {
        if (!consumer.call) this.#timeOut(wire, consumer);
      }
      if (!wire.wanted) this.#allSilent(wire, slot);
    }
    this.#unanswered(slot);
  }

  #unanswered(slot: Slot): void {
    this.#session.alignment.unanswered(slot);
    this.#session.renewal.goOn();
  }

  #allSilent(wire: Wire, slot: Slot): void {
    slot.waiting = false;
    if (wire.ask === slot) wire.ask = undefined;
    this.#happen(wire, "silent");
    this.#tidy(wire);
  }

  #released(wire: Wire, slot: Slot, key?: string, reply?: unknown): void {
    this.places.released(wire.addresses, wire);
    const { waiting } = slot;
    slot.waiting = false;
    this.#releasedMeanwhile.push([slot.topic ?? wire.key, slot]);
    const { alignment, reports } = this.#session;
    if (!(this.asking && alignment.repeats)) this.#forgetReleases();
    if (!waiting) return;
    const roles = this.#release;
    if (roles && !roles.ok(reply, key)) {
      reports.releaseRefused(this.operation.domain, roles.message(reply, key));
    }
    this.#releaseDone(wire);
  }

  /** No answer to a subscribe that was sent before them is in doubt. */
  #forgetReleases(): void {
    for (const [topic, slot] of this.#releasedMeanwhile) {
      if (this.#releasing.get(topic)?.[1] === slot) {
        this.#releasing.delete(topic);
      }
    }
    this.#releasedMeanwhile = [];
  }

  #releaseSilent(wire: Wire, slot: Slot): void {
    slot.waiting = false;
    this.#session.reports.releaseSilent(this.operation.domain);
    if (!this.#alone) this.places.released(wire.addresses, wire);
    this.#releaseDone(wire);
    this.#session.alignment.unanswered(slot);
  }

  #releaseDone(wire: Wire): void {
    this.#stopClock(wire);
    const { leavers } = wire;
    const wires = [wire, ...wire.undone];
    wire.leavers = NONE;
    wire.undone = NONE;
    for (const one of wires) this.#happen(one, "released");
    for (const consumer of leavers) consumer.left();
    for (const one of wires) this.#tidy(one);
    this.#alone?.released(this);
  }

  // Clocks.

  #startClock(wire: Wire, consumer: Consumer): void {
    const slot = wire.ask;
    const { call } = consumer;
    if (!slot || !call || call.settled) return;
    if (!wire.renewing) this.#stopClock(wire);
    slot.waiting = true;
    consumer.state = "PENDING";
    // It may have joined a renewal that is asked for once more.
    call.wait?.cancel();
    call.wait = this.#session.exchange.clockFor(
      slot,
      call.timeout,
      () => this.#silent(wire, slot, consumer),
      call.wait?.started,
    );
  }

  /** A caller gave up what was asked for; the server's silence still has to be noticed. */
  #keepClock(wire: Wire, { wait }: Call): void {
    const slot = wire.ask;
    if (!wait || !slot || wire.wanted) return;
    slot.waiting = false;
    this.#stopClock(wire); // it may be that of a renewal, which the call joined
    wire.wait = this.#session.exchange.clockFor(
      slot,
      wait.timeout,
      () => {
        if (this.#session.alignment.settle(slot)) return;
        this.#allSilent(wire, slot);
        this.#unanswered(slot);
      },
      wait.started,
    );
  }

  #stopClock(wire: Wire): void {
    wire.wait?.cancel();
    wire.wait = undefined;
  }

  #tidy(wire: Wire): void {
    if (
      wire.wanted ||
      wire.held !== "absent" ||
      wire.asks.length ||
      wire.leavers.length
    ) {
      return;
    }
    this.#stopClock(wire);
    if (this.wires.get(wire.key) === wire) this.wires.delete(wire.key);
  }
}
