/**
 * What can go wrong, by blame.
 *
 *     WsgenError
 *     ├── LocalError                  your program asked for something that cannot be done
 *     │   ├── OptionsConflict         a connection is open with other options
 *     │   ├── AmbiguousRoute          updates could not be told apart
 *     │   ├── InvalidRequest          a payload cannot be sent
 *     │   ├── Closed                  the client is closed
 *     │   └── SlowConsumer            a consumer fell too far behind
 *     ├── RemoteError                 the server answered, and not with what was asked for
 *     │   ├── SubscriptionRejected
 *     │   ├── TopicMismatch
 *     │   └── InvalidPayload
 *     ├── ConnectionFault             the connection could not be had, or was lost
 *     │   ├── HandshakeRejected
 *     │   ├── ConnectionLost
 *     │   └── ConnectionFailed
 *     └── CallTimeout                 nobody answered in time
 *         ├── RequestTimeout
 *         └── SubscribeTimeout
 *
 * Every class keeps its facts as properties; the message is one sentence.
 */

/** Base of everything that a generated client throws by itself. */
export class WsgenError extends Error {
  override name = "WsgenError";
}

/** The program asked for something that cannot be done; the connection is as it was. */
export class LocalError extends WsgenError {
  override name = "LocalError";
}

/** The connection to this URL is shared and was opened with other options. */
export class OptionsConflict extends LocalError {
  override name = "OptionsConflict";
  /** The name of the option that differs. Values are not kept: they may be secret. */
  declare readonly option: string;

  constructor(option: string) {
    super(
      `the connection to this URL is open with another \`${option}\`; give the same, leave it out, or close the other client first`,
    );
    this.option = option;
  }
}

/** Updates of this domain do not say which subscription they belong to, and one is already there. */
export class AmbiguousRoute extends LocalError {
  override name = "AmbiguousRoute";
  /** The domain that was subscribed to. */
  declare readonly domain: string;

  constructor(domain: string) {
    super(
      `updates of \`${domain}\` carry no topic, so a second set of parameters on one connection cannot be told from the first; set \`route\` for this domain to pairs of update field and parameter, to "connection", or to "broadcast"`,
    );
    this.domain = domain;
  }
}

/** The payload cannot be sent. Nothing was. */
export class InvalidRequest extends LocalError {
  override name = "InvalidRequest";
  /** Where in the payload, as `$.name[0]`. */
  declare readonly path: string;
  /** What is wrong there. */
  declare readonly problem: string;

  constructor(message: string, path: string, problem: string) {
    super(`\`${message}\` was not sent: ${problem} at \`${path}\``);
    this.path = path;
    this.problem = problem;
  }
}

/** The client is closed. */
export class Closed extends LocalError {
  override name = "Closed";

  constructor() {
    super("the client is closed");
  }
}

/** A consumer fell too far behind. */
export class SlowConsumer extends LocalError {
  override name = "SlowConsumer";
  declare readonly domain: string;
  /** How many messages were waiting for it. */
  declare readonly queued: number;

  constructor(domain: string, queued: number) {
    super(
      `a consumer of \`${domain}\` was ended: ${queued} messages were waiting for it`,
    );
    this.domain = domain;
    this.queued = queued;
  }
}

/** The server answered, and not with what was asked for. */
export class RemoteError extends WsgenError {
  override name = "RemoteError";
}

/** The server refused the subscription. */
export class SubscriptionRejected extends RemoteError {
  override name = "SubscriptionRejected";
  declare readonly domain: string;
  /** The server's words; empty when it gave none. */
  declare readonly words: string;
  /** The whole reply. */
  declare readonly reply: unknown;

  constructor(domain: string, words: string, reply: unknown) {
    super(
      `the server refused the subscription to \`${domain}\`${words && `: ${words}`}`,
    );
    this.domain = domain;
    this.words = words;
    this.reply = reply;
  }
}

/** The server confirmed a topic other than the configured rule says; the subscription was undone. */
export class TopicMismatch extends RemoteError {
  override name = "TopicMismatch";
  declare readonly domain: string;
  /** The topic by the configured rule. */
  declare readonly expected: string;
  /** The topic of the server's reply. */
  declare readonly topic: string;

  constructor(domain: string, expected: string, topic: string) {
    super(
      `\`${domain}\`: expected the topic '${expected}', the server confirmed '${topic}'`,
    );
    this.domain = domain;
    this.expected = expected;
    this.topic = topic;
  }
}

/** A message of the server is not what the document says. */
export class InvalidPayload extends RemoteError {
  override name = "InvalidPayload";
  /** Where in the frame, as `$.payload.price`. */
  declare readonly path: string;
  /** What is wrong there. */
  declare readonly problem: string;

  constructor(message: string | undefined, path: string, problem: string) {
    super(
      `${message ? `\`${message}\`` : "a frame"} of the server is not valid: ${problem} at \`${path}\``,
    );
    this.path = path;
    this.problem = problem;
  }
}

/** The connection could not be had, or was lost. */
export class ConnectionFault extends WsgenError {
  override name = "ConnectionFault";
}

/** The server answered the opening handshake with an HTTP status other than 101. */
export class HandshakeRejected extends ConnectionFault {
  override name = "HandshakeRejected";
  declare readonly status: number;
  /** Seconds that the server asks to wait (`Retry-After`). */
  declare readonly retryAfter: number | undefined;
  /** What more there is to know; may be empty. */
  declare readonly detail: string;

  constructor(status: number, retryAfter?: number, detail = "") {
    super(
      `the server refused the connection with HTTP status ${status}${detail && `: ${detail}`}`,
    );
    this.status = status;
    this.retryAfter = retryAfter;
    this.detail = detail;
  }
}

/** The connection ended while something depended on it. */
export class ConnectionLost extends ConnectionFault {
  override name = "ConnectionLost";
  /** The close code (RFC 6455, section 7.4); undefined when there was no close frame. */
  declare readonly code: number | undefined;
  /** The server's words, or why the client dropped the connection. */
  declare readonly reason: string;
  /** "no" when the frame of the call had not been sent, "maybe" when it may have reached the server. */
  declare readonly sent: "no" | "maybe";

  constructor(code: number | undefined, reason: string, sent: "no" | "maybe") {
    const how =
      code === undefined ? "without a close frame" : `with code ${code}`;
    super(
      `the connection was lost ${how}${reason && ` (${reason})`}${sent === "maybe" ? "; what was sent may have reached the server" : ""}`,
    );
    this.code = code;
    this.reason = reason;
    this.sent = sent;
  }
}

/** The connection could not be established, and no attempt is left. `cause` is what ended the last of them. */
export class ConnectionFailed extends ConnectionFault {
  override name = "ConnectionFailed";
  /** How many attempts were made. */
  declare readonly attempts: number;

  constructor(attempts: number, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause ?? "");
    super(
      `no connection after ${attempts} attempt${attempts === 1 ? "" : "s"}${words && `: ${words}`}`,
      { cause },
    );
    this.attempts = attempts;
  }
}

/** Nobody answered in time. The connection is as it was; a late answer is dropped. */
export class CallTimeout extends WsgenError {
  override name = "CallTimeout";
  /** How long the server was silent, in milliseconds. */
  declare readonly timeout: number;

  /** `message` is what was sent. */
  constructor(message: string, timeout: number) {
    super(`no answer to \`${message}\` within ${timeout / 1000} s`);
    this.timeout = timeout;
  }
}

/** No reply to a request. */
export class RequestTimeout extends CallTimeout {
  override name = "RequestTimeout";
}

/** No confirmation of a subscription. */
export class SubscribeTimeout extends CallTimeout {
  override name = "SubscribeTimeout";
}
