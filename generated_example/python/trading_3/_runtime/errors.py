"""What can go wrong, by blame.

    WsgenError
    ├── LocalError                  your program asked for something that cannot be done
    │   ├── OptionsConflict         a connection is open with other options
    │   ├── AmbiguousRoute          updates could not be told apart
    │   ├── InvalidRequest          a payload does not fit its schema; nothing was sent
    │   ├── Closed                  the client is closed
    │   └── SlowConsumer            a consumer fell too far behind
    ├── RemoteError                 the server answered, and not with what was asked for
    │   ├── SubscriptionRejected
    │   ├── TopicMismatch
    │   └── InvalidPayload
    ├── ConnectionFault             the connection could not be had, or was lost
    │   ├── HandshakeRejected
    │   ├── ConnectionLost
    │   └── ConnectionFailed
    └── CallTimeout                 nobody answered in time (also a TimeoutError)
        ├── RequestTimeout
        └── SubscribeTimeout

Every class keeps its facts as attributes; `str()` of an instance is one sentence. Instances survive
`pickle` and `copy`.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AmbiguousRoute",
    "CallTimeout",
    "Closed",
    "ConnectionFailed",
    "ConnectionFault",
    "ConnectionLost",
    "HandshakeRejected",
    "InvalidPayload",
    "InvalidRequest",
    "LocalError",
    "OptionsConflict",
    "RemoteError",
    "RequestTimeout",
    "SlowConsumer",
    "SubscribeTimeout",
    "SubscriptionRejected",
    "TopicMismatch",
    "WsgenError",
]


class WsgenError(Exception):
    """Base of everything that a generated client raises by itself."""

    def __reduce__(self) -> tuple[object, ...]:
        # Exception.__reduce__ would call the class with the sentence instead of the facts.
        return (_rebuild, (type(self), str(self), dict(self.__dict__)))


def _rebuild(kind: type[WsgenError], sentence: str, facts: dict[str, object]) -> WsgenError:
    error = kind.__new__(kind)
    Exception.__init__(error, sentence)
    error.__dict__.update(facts)
    return error


class LocalError(WsgenError):
    """The program asked for something that cannot be done; the connection is as it was."""


class OptionsConflict(LocalError):
    """The connection to this URL is shared and was opened with other options.

    Attributes:
        option: the name of the option that differs. Values are not kept: they may be secret.
    """

    def __init__(self, option: str) -> None:
        self.option = option
        super().__init__(
            f"the connection to this URL is already open with another value of `{option}`; "
            f"give the same value, leave it out, or close the other client first"
        )


class AmbiguousRoute(LocalError):
    """Updates of this domain do not say which subscription they belong to, and one is already there.

    Attributes:
        domain: the domain that was subscribed to.
    """

    def __init__(self, domain: str) -> None:
        self.domain = domain
        super().__init__(
            f"updates of `{domain}` carry no topic, so a second set of parameters on one connection cannot be "
            f"told from the first; set `route` for this domain to pairs of update field and parameter "
            f'(`route = {{ field = "parameter" }}`), to "connection" (a connection for each set of parameters), '
            f'or to "broadcast" (every update to everyone)'
        )


class InvalidRequest(LocalError):
    """The payload does not fit its schema. Nothing was sent.

    Attributes:
        path: where in the payload, as `$.name[0]`.
        problem: what is wrong there.
    """

    def __init__(self, message: str, path: str, problem: str) -> None:
        self.message = message
        self.path = path
        self.problem = problem
        super().__init__(f"`{message}` was not sent: {problem} at `{path}`")


class Closed(LocalError):
    """The client is closed; make a new one."""

    def __init__(self) -> None:
        super().__init__("the client is closed")


class SlowConsumer(LocalError):
    """A consumer fell behind and was ended, so that it could not hold up the others.

    Attributes:
        domain: the domain or message that it consumed.
        queued: how many messages were waiting for it.
    """

    def __init__(self, domain: str, queued: int) -> None:
        self.domain = domain
        self.queued = queued
        super().__init__(f"a consumer of `{domain}` was ended: {queued} messages were waiting for it")


class RemoteError(WsgenError):
    """The server answered, and not with what was asked for."""


class SubscriptionRejected(RemoteError):
    """The server refused the subscription.

    Attributes:
        domain: the domain that was subscribed to.
        message: the server's words; empty when it gave none.
        reply: the whole reply.
    """

    def __init__(self, domain: str, message: str, reply: object) -> None:
        self.domain = domain
        self.message = message
        self.reply = reply
        super().__init__(f"the server refused the subscription to `{domain}`" + (f": {message}" if message else ""))


class TopicMismatch(RemoteError):
    """The server confirmed a topic other than the configured rule says; the subscription was undone.

    Attributes:
        domain: the domain that was subscribed to.
        expected: the topic by the configured rule.
        topic: the topic of the server's reply.
    """

    def __init__(self, domain: str, expected: str, topic: str) -> None:
        self.domain = domain
        self.expected = expected
        self.topic = topic
        super().__init__(f"`{domain}`: expected the topic {expected!r}, the server confirmed {topic!r}")


class InvalidPayload(RemoteError):
    """A message of the server does not fit its schema.

    Attributes:
        message: the name of the message; None when the frame says none.
        path: where in the frame, as `$.payload.price`.
        problem: what is wrong there.
    """

    def __init__(self, message: str | None, path: str, problem: str) -> None:
        self.message = message
        self.path = path
        self.problem = problem
        super().__init__(
            f"{f'`{message}`' if message else 'a frame'} of the server is not valid: {problem} at `{path}`"
        )


class ConnectionFault(WsgenError):
    """The connection could not be had, or was lost."""


class HandshakeRejected(ConnectionFault):
    """The server answered the opening handshake with an HTTP status other than 101.

    Attributes:
        status: the HTTP status.
        retry_after: seconds that the server asks to wait (`Retry-After`); None when it does not say.
        detail: what more there is to know, such as where a redirect would have led; may be empty.
    """

    def __init__(self, status: int, retry_after: float | None = None, detail: str = "") -> None:
        self.status = status
        self.retry_after = retry_after
        self.detail = detail
        super().__init__(
            f"the server refused the connection with HTTP status {status}" + (f": {detail}" if detail else "")
        )


class ConnectionLost(ConnectionFault):
    """The connection ended while something depended on it.

    Attributes:
        code: the close code (RFC 6455, section 7.4); None when there was no close frame.
        reason: the server's words, or why the client dropped the connection; empty when there are none.
        sent: "no" when the frame of the call had not been sent, "maybe" when it may have reached the server.
    """

    def __init__(self, code: int | None, reason: str, sent: Literal["no", "maybe"]) -> None:
        self.code = code
        self.reason = reason
        self.sent: Literal["no", "maybe"] = sent
        how = "without a close frame" if code is None else f"with code {code}"
        super().__init__(
            f"the connection was lost {how}"
            + (f" ({reason})" if reason else "")
            + ("; what was sent may have reached the server" if sent == "maybe" else "")
        )


class ConnectionFailed(ConnectionFault):
    """The connection could not be established, and no attempt is left.

    Attributes:
        attempts: how many attempts were made.
        cause: what ended the last of them.
    """

    def __init__(self, attempts: int, cause: BaseException | None) -> None:
        self.attempts = attempts
        self.cause = cause
        times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        super().__init__(f"no connection after {times}" + (f": {cause}" if cause is not None and str(cause) else ""))


class CallTimeout(WsgenError, TimeoutError):
    """Nobody answered in time. The connection is as it was; a late answer is dropped.

    Attributes:
        message: what was sent.
        timeout: how long the server was silent, in seconds.
    """

    def __init__(self, message: str, timeout: float) -> None:
        self.message = message
        self.timeout = timeout
        super().__init__(f"no answer to `{message}` within {timeout:g} s")


class RequestTimeout(CallTimeout):
    """No reply to a request."""


class SubscribeTimeout(CallTimeout):
    """No confirmation of a subscription."""
