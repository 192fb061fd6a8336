/** The transport on `WebSocket`: the platform's own, or one that is injected, such as that of the package `ws`. */

import type { Frame } from "../codec.js";
import { ConnectionFault, HandshakeRejected } from "../errors.js";
import type {
  ConnectRequest,
  Link,
  Receiver,
  Transport,
  WebSocketConstructor,
  WebSocketLike,
} from "../transport.js";

/** Milliseconds that the closing handshake may take. */
const CLOSE_TIMEOUT = 2000;

/** Bytes that may wait to be sent before `drain` waits, and the milliseconds after which it looks again. */
const HIGH_WATER = 64 * 1024;
const LOOK_AGAIN = 20;

/** What the sockets of `ws` and of Bun can do besides. */
interface Extended extends WebSocketLike {
  on?(event: string, listener: (...given: any[]) => void): unknown;
  addEventListener?(event: string, listener: () => void): unknown;
  ping?(): void;
  pause?(): void;
  resume?(): void;
  terminate?(): void;
}

/** What is asked of the platform; not all have all of it. */
interface Platform {
  readonly WebSocket?: new (url: string, offer: unknown) => Extended;
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** Connections by `WebSocket`. Those of the same constructor are equal. */
export function webSocketTransport(
  injected: WebSocketConstructor | undefined,
): Transport {
  return {
    connect: (request, receiver, signal) =>
      new Promise((resolve, reject) => {
        const socket = open(request, injected);
        socket.binaryType = "arraybuffer";
        const give = () => {
          detach(socket);
          drop(socket);
        };
        signal.addEventListener("abort", give);
        socket.on?.("unexpected-response", (asked, answer) => {
          give();
          asked.destroy();
          reject(
            new HandshakeRejected(
              answer.statusCode,
              retryAfter(answer.headers["retry-after"]),
            ),
          );
        });
        // That of Node tells no end where it refuses a port by itself.
        socket.onerror = socket.onclose = ({ error, message }) => {
          const why = error?.message ?? message;
          reject(
            new ConnectionFault(
              `the connection could not be opened${why ? `: ${why}` : ""}`,
            ),
          );
        };
        socket.onopen = () => {
          signal.removeEventListener("abort", give);
          resolve(linkOf(socket, request, receiver));
        };
      }),
  };
}

function open(
  { url, subprotocols, headers, maxSize }: ConnectRequest,
  injected: WebSocketConstructor | undefined,
): Extended {
  const offered = [...subprotocols];
  const { WebSocket } = globalThis as Platform;
  if (injected && injected !== WebSocket) {
    return new injected(url, offered, {
      headers,
      maxPayload: maxSize,
      perMessageDeflate: false,
    });
  }
  if (!WebSocket) {
    throw new TypeError(
      "this platform has no `WebSocket`; give a constructor: `{ WebSocket }` of the package ws",
    );
  }
  // Node, Deno and Bun take this in the place of the list; what a browser makes of it is a subprotocol.
  const all = { protocols: offered, headers };
  return new WebSocket(url, Object.keys(headers).length ? all : offered);
}

/** Whether headers of ours can be sent: by an injected constructor, and everywhere but in browsers. */
export function sendsHeaders(injected: unknown): boolean {
  const { process, WebSocket } = globalThis as Platform;
  return Boolean(
    (injected && injected !== WebSocket) || process?.versions?.node,
  );
}

function linkOf(
  socket: Extended,
  { pingInterval, pingTimeout }: ConnectRequest,
  receiver: Receiver,
): Link {
  const held: Frame[] = [];
  let paused = true;
  let deaf = false;
  let end: readonly [code: number | undefined, reason: string] | undefined;
  let told!: () => void;
  const gone = new Promise<void>((resolve) => (told = resolve));
  const timers = new Set<ReturnType<typeof setTimeout>>();

  const tell = () => {
    if (!end || held.length) return;
    timers.forEach(clearTimeout);
    receiver.lost(...end);
    told();
  };
  const finish = (code: number | undefined, reason: string) => {
    if (end) return;
    end = [code, reason];
    tell();
  };
  const flush = () => {
    while (held.length && !paused) receiver.receive(held.shift()!);
    if (!paused) tell();
  };
  const abort = (reason: string) => {
    if (end) return;
    held.length = 0;
    deaf = true;
    detach(socket);
    drop(socket);
    queueMicrotask(() => finish(undefined, reason));
  };

  const take = (data: string | ArrayBuffer, binary?: boolean) => {
    if (deaf) return;
    const frame =
      typeof data === "string"
        ? data
        : binary === false
          ? String(data)
          : new Uint8Array(data);
    if (paused || held.length) held.push(frame);
    else receiver.receive(frame);
  };
  // What `ws` emits costs less than the events that it makes of that.
  if (socket.on) socket.on("message", take);
  else socket.onmessage = ({ data }) => take(data);
  socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
    finish(code === 1006 ? undefined : code, reason);
  if (socket.ping && pingInterval) {
    keepAlive(
      socket,
      pingInterval,
      pingTimeout,
      timers,
      () => paused,
      () => abort("no pong in time"),
    );
  }

  return {
    subprotocol: socket.protocol,
    send(frame) {
      if (!end) socket.send(frame);
    },
    close(code, reason) {
      if (end) return;
      held.length = 0;
      paused = false;
      deaf = true;
      socket.resume?.();
      timers.add(setTimeout(() => abort(""), CLOSE_TIMEOUT));
      socket.close(code, reason);
    },
    abort: () => abort(""),
    pauseReading() {
      paused = true;
      socket.pause?.();
    },
    resumeReading() {
      paused = false;
      socket.resume?.();
      if (held.length || end) queueMicrotask(flush);
    },
    drain() {
      return end || socket.bufferedAmount <= HIGH_WATER
        ? undefined
        : new Promise((resolve) => {
            const look = () => {
              if (end || socket.bufferedAmount <= HIGH_WATER) resolve();
              else setTimeout(look, LOOK_AGAIN);
            };
            look();
          });
    },
    waitClosed: () => gone,
  };
}

/** Ping regularly; `dead` when no pong came during a whole timeout in which frames were read. */
function keepAlive(
  socket: Extended,
  interval: number,
  timeout: number | null,
  timers: Set<ReturnType<typeof setTimeout>>,
  paused: () => boolean,
  dead: () => void,
): void {
  const later = (action: () => void, delay: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      action();
    }, delay);
    timers.add(timer);
  };
  let unanswered: object | undefined;
  const pong = () => (unanswered = undefined);
  if (socket.on) socket.on("pong", pong);
  else socket.addEventListener?.("pong", pong);
  const ping = () => {
    if (!unanswered) {
      socket.ping!();
      if (timeout !== null) wait((unanswered = {}), timeout);
    }
    later(ping, interval);
  };
  const wait = (sent: object, timeout: number) =>
    later(() => {
      if (unanswered !== sent) return;
      if (paused()) wait(sent, timeout);
      else dead();
    }, timeout);
  later(ping, interval);
}

/** Nothing of this socket is of interest any more. An error without a listener would end a program of Node. */
function detach(socket: WebSocketLike): void {
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.onerror = () => {};
}

function drop(socket: Extended): void {
  if (socket.terminate) socket.terminate();
  else socket.close();
}

/** Seconds to wait by `Retry-After`: a number or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const found = /^\s*\d+\s*$/.test(value)
    ? Number(value)
    : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(found) ? undefined : Math.max(0, found);
}
