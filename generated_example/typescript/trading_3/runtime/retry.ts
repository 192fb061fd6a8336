/** Whether a failure of a connection is worth another attempt. `judge` of the option `retry` replaces it. */

import { ConnectionLost, HandshakeRejected } from "./errors.js";

/** What to do about a failure. */
export interface Verdict {
  /** "once" is one further attempt in this outage, with fresh credentials. */
  readonly action: "retry" | "once" | "never";
  /** The reason, for the log. */
  readonly because: string;
  /** At which level the log tells it; "info" if it does not say. */
  readonly level?: "info" | "error";
}

const verdict = (
  action: Verdict["action"],
  because: string,
  level: "info" | "error" = "info",
): Verdict => ({ action, because, level });

/** The first case that applies decides. Close codes are those of RFC 6455, section 7.4. */
export function judge(failure: unknown): Verdict {
  if (failure instanceof HandshakeRejected) {
    const { status } = failure;
    if (status === 401 || status === 403) return denied();
    if ([408, 425, 429].includes(status)) return later();
    return status >= 500 && status < 600
      ? verdict("retry", "the server has a fault, and servers recover")
      : verdict("never", "the server answers this request in no other way");
  }
  const code = failure instanceof ConnectionLost ? failure.code : undefined;
  if (code == null) {
    return verdict("retry", "the network failed, and networks recover");
  }
  if ([1008, 4401, 4403].includes(code)) return denied();
  if (code === 4408 || code === 4429) return later();
  if (code >= 4400 && code < 4500) {
    return verdict("never", "the server says that the client is at fault");
  }
  return [1002, 1007, 1009, 1010].includes(code)
    ? verdict("retry", "the server could not read what was sent", "error")
    : verdict("retry", "the server ended the connection");
}

const denied = () =>
  verdict("once", "the server did not accept the credentials");

const later = () =>
  verdict("retry", "the server asks for another attempt later");
