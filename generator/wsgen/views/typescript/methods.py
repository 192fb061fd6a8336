"""Views of methods: heads, JSDoc, and the one call of the runtime that each of them makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wsgen.landing.typescript import jsdoc
from wsgen.naming import HandlerNames, PushNames, RequestNames, SendNames, SubscriptionNames
from wsgen.operations import Handler, Push, Request, Send, Subscription, WireMessage
from wsgen.views.texts import every, told, undivided

from .layout import Doc, call, concat, generic, lay, parameters
from .package import Method
from .scope import RUNTIME, Part
from .types import DomainView

__all__ = ["methods"]

SHOWN = 3
"""How many updates are named where they say best what is subscribed to."""
_LOST = "@throws {ConnectionLost} There is no connection, or it ended first; `sent` says if it may have arrived."


def methods(view: DomainView) -> tuple[Method, ...]:
    """The methods of a domain: subscriptions, requests, sends, pushes, each in the document's order."""
    return tuple(_methods(view))


def _methods(view: DomainView) -> Iterator[Method]:
    domain, names = view.domain, view.names
    for subscription, subscription_names in zip(domain.subscriptions, names.subscriptions, strict=True):
        yield _subscribe(view, subscription, subscription_names)
        yield _stream(view, subscription, subscription_names)
    for request, request_names in zip(domain.requests, names.requests, strict=True):
        yield _request(view, request, request_names)
    for send, send_names in zip(domain.sends, names.sends, strict=True):
        yield _send(view, send, send_names)
    for handler, handler_names in zip(domain.handlers, names.handlers, strict=True):
        yield _handler(view, handler, handler_names)
    for push, push_names in zip(domain.pushes, names.pushes, strict=True):
        yield _listener(view, push, push_names)
        yield _push_stream(view, push, push_names)
    if names.union is not None and names.union_method is not None and names.union_constant is not None:
        yield _method(
            names.union_method,
            [_options(view, "ListenOptions")],
            _stream_of(view, names.union),
            [f"All that the server sends unasked {_where(view)}; `type` tells the messages apart."],
            [],
            call(view.scope.value(RUNTIME, "listenStream"), view.receiver, names.union_constant, "options"),
        )


def _where(view: DomainView) -> str:
    return "in this domain" if view.domain.name else "outside of domains"


def _method(
    name: str, given: Sequence[Doc], returns: Doc, paragraphs: Sequence[str], tags: Sequence[str], body: Doc
) -> Method:
    return Method(
        head=lay(parameters(name, given, returns, " {"), 2),
        comment=jsdoc(paragraphs, tags, indent=2),
        body=lay(concat("return ", body, ";"), 4),
    )


def _options(view: DomainView, name: str) -> Doc:
    return f"options?: {view.scope.type(RUNTIME, name)}"


def _payload(view: DomainView, message: WireMessage, name: str, *, last: bool = True) -> tuple[list[Doc], str]:
    """The parameter of a payload (none where there is no payload), and the argument that hands it on."""
    part = view.types.sent(message)
    if part.nothing:
        return [], "undefined"
    head = f"{name}{'?' if part.optional and last else ''}: "
    return [concat(head, view.scope.part(part if not last else _certain(part)))], name


def _certain(part: Part) -> Part:
    return replace(part, optional=False)


def _stream_of(view: DomainView, type: Doc) -> Doc:
    return generic(view.scope.type(RUNTIME, "Stream"), type)


def _callback(view: DomainView, type: Doc) -> Doc:
    return generic(view.scope.type(RUNTIME, "Callback"), type)


def _said(message: WireMessage, otherwise: str, ours: str = "") -> tuple[list[str], list[str]]:
    """What the document says of a message, or a sentence of ours; then what is always so. And its tags."""
    first, rest = told(message.summary, message.description)
    lead = f"{first or otherwise} {ours}".strip()
    lines = [lead] if len(lead) <= 70 else [first or otherwise, ours]
    return [*lines, *rest], _deprecated(message)


def _deprecated(message: WireMessage) -> list[str]:
    return ["@deprecated"] if message.deprecated else []


def _about(view: DomainView, each: Subscription) -> str:
    """What is subscribed to, in the document's words."""
    if len(view.domain.subscriptions) == 1 and view.domain.name:
        return view.domain.name
    updates = [update.message.key for update in each.updates]
    return "`, `".join(updates) if len(updates) <= SHOWN and not view.domain.name else each.subscribe.key


def _subscribe(view: DomainView, each: Subscription, names: SubscriptionNames) -> Method:
    given, argument = _payload(view, each.subscribe, "request", last=False)
    confirmed = "Resolves after the server's confirmation."
    ours = confirmed if each.confirmation is not None else "Resolves when it is sent; the server confirms nothing."
    lines, tags = _said(each.subscribe, f"Subscribe to `{_about(view, each)}`.", ours)
    callback = concat("onUpdate: ", _callback(view, view.update_type(each, names)))
    return _method(
        names.subscribe,
        [*given, callback, _options(view, "SubscribeOptions")],
        generic("Promise", view.scope.type(RUNTIME, "Subscription")),
        lines,
        [*_subscribe_errors(view, each), *tags],
        call(view.scope.value(RUNTIME, "subscribe"), view.receiver, names.constant, argument, "onUpdate", "options"),
    )


def _subscribe_errors(view: DomainView, each: Subscription) -> Iterator[str]:
    confirmation = each.confirmation
    if confirmation is not None and (confirmation.status is not None or confirmation.refusals):
        shown = [view.scope.shown(part) for part in view.types.refusals(each) if not part.nothing]
        models = " or a ".join(dict.fromkeys(f"`{text}`" for text in shown))
        reply = f"; `reply` is a {models}" if models else ""
        yield f"@throws {{SubscriptionRejected}} The server refused{reply}."
    if each.strict_topic:
        yield "@throws {TopicMismatch} The server confirmed another topic than the configuration says."
    if each.route is None and any(update.topic is None for update in each.updates):
        yield ("@throws {AmbiguousRoute} Subscribed with other parameters already; updates do not say whose they are.")
    if confirmation is not None:
        yield "@throws {SubscribeTimeout} No answer within `timeout` milliseconds (default 5000)."


def _stream(view: DomainView, each: Subscription, names: SubscriptionNames) -> Method:
    given, argument = _payload(view, each.subscribe, "request")
    return _method(
        names.stream,
        [*given, _options(view, "StreamOptions")],
        _stream_of(view, view.update_type(each, names)),
        [
            f"The updates of `{_about(view, each)}` as a stream: iterating over it subscribes, and leaving the loop "
            "unsubscribes."
        ],
        _deprecated(each.subscribe),
        call(view.scope.value(RUNTIME, "stream"), view.receiver, names.constant, argument, "options"),
    )


def _request(view: DomainView, each: Request, names: RequestNames) -> Method:
    given, argument = _payload(view, each.message, "payload")
    answers = " or ".join(f"`{reply.key}`" for reply in each.replies)
    lines, tags = _said(each.message, f"Send `{each.message.key}`; answered with {answers}.")
    reply = view.reply_type(each, names)
    return _method(
        names.method,
        [*given, _options(view, "RequestOptions")],
        generic("Promise", "void" if reply == "undefined" else reply),
        lines,
        ["@throws {RequestTimeout} No answer within `timeout` milliseconds (default 5000).", _LOST, *tags],
        call(view.scope.value(RUNTIME, "request"), view.receiver, names.constant, argument, "options"),
    )


def _send(view: DomainView, each: Send, names: SendNames) -> Method:
    given, argument = _payload(view, each.message, "payload")
    ours = "Resolves when the message is handed to the connection."
    lines, tags = _said(each.message, f"Send `{each.message.key}`.", ours)
    return _method(
        names.method,
        [*given, _options(view, "SendOptions")],
        "Promise<void>",
        lines,
        [_LOST, *tags],
        call(view.scope.value(RUNTIME, "send"), view.receiver, names.constant, argument, "options"),
    )


def _handler(view: DomainView, each: Handler, names: HandlerNames) -> Method:
    message = each.message
    first, rest = told(message.summary, message.description)
    answers = " or ".join(f"`{reply.key}`" for reply in each.replies)
    kind = generic(
        view.scope.type(RUNTIME, "RequestHandler"), view.received(message, argument=True), view.answer_type(each, names)
    )
    return _method(
        names.method,
        [concat("handler: ", kind), _options(view, "HandleOptions")],
        "() => void",
        [
            f"Answer every `{message.key}` with what `handler` makes of it, which is sent as {answers}; call the "
            "result to stop.",
            first,
            *rest,
        ],
        _deprecated(message),
        call(view.scope.value(RUNTIME, "handle"), view.receiver, names.constant, "handler", "options"),
    )


def _listener(view: DomainView, each: Push, names: PushNames) -> Method:
    message = each.message
    first, rest = told(message.summary, message.description)
    return _method(
        names.listener,
        [
            concat("callback: ", _callback(view, view.received(message, argument=True))),
            _options(view, "ListenOptions"),
        ],
        "() => void",
        [f"Call `callback` with {every(message)}; call the result to stop.", _apart(message), first, *rest],
        _deprecated(message),
        call(view.scope.value(RUNTIME, "listen"), view.receiver, names.constant, "callback", "options"),
    )


def _apart(message: WireMessage) -> str:
    return undivided(message).split(":")[0].rstrip(".") + "." if message.members else ""


def _push_stream(view: DomainView, each: Push, names: PushNames) -> Method:
    return _method(
        names.stream,
        [_options(view, "ListenOptions")],
        _stream_of(view, view.received(each.message, argument=True)),
        [f"E{every(each.message)[1:]} as a stream.", _apart(each.message)],
        _deprecated(each.message),
        call(view.scope.value(RUNTIME, "listenStream"), view.receiver, names.constant, "options"),
    )
