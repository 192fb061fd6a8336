"""Views of methods: heads, docstrings, and the one call of the runtime that each of them makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wsgen.landing.python import Identifier
from wsgen.naming import HandlerNames, PushNames, RequestNames, SendNames, SubscriptionNames
from wsgen.operations import Handler, Push, Request, Send, Subscription, WireMessage

from .layout import Code, call, definition, lay
from .package import Method
from .texts import DEPRECATED, docs, every, raises, told, undivided
from .types import DomainView

__all__ = ["methods"]

_RUNTIME = "._runtime"

SHOWN = 3
"""How many updates are named where they say best what is subscribed to."""
_LOST = ("ConnectionLost", "there is no connection, or it ended first; `sent` says if it may have arrived.")
_HANDED_ON = ("on_disconnect=on_disconnect", "ttl=ttl")


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
        yield _events(view, names.union, names.union_method, names.union_constant)


def _method(
    head: str, parameters: Sequence[str], returns: str, paragraphs: Sequence[str], lead: str, body: Code
) -> Method:
    return Method(
        head=definition(head, ("self", *parameters), returns, 4),
        docstring=docs(8, paragraphs),
        body=lay(body, 8, lead=lead),
        stub=definition(head, ("self", *parameters), returns, 4, trail=" ..."),
    )


def _payload(view: DomainView, message: WireMessage, name: str) -> tuple[list[str], str]:
    """The parameter of a payload (none where there is no payload), and the argument that hands it on."""
    type = view.sent(message)
    return ([], "None") if type == "None" else ([f"{name}: {type}"], name)


def _omittable(parameters: list[str], message: WireMessage) -> list[str]:
    return [f"{parameter} = None" if message.optional else parameter for parameter in parameters]


def _timeout(view: DomainView) -> str:
    return f"timeout: {view.scope.builtin('float')} | None = None"


def _waiting(view: DomainView) -> list[str]:
    """Parameters that say what becomes of a call while the connection is lost."""
    on_disconnect = view.scope.use(_RUNTIME, "OnDisconnect")
    return [f"on_disconnect: {on_disconnect} | None = None", f"ttl: {view.scope.builtin('float')} | None = None"]


def _stop(view: DomainView) -> str:
    return f"{view.scope.use('collections.abc', 'Callable')}[[], None]"


def _on_error(view: DomainView) -> str:
    exception = view.scope.builtin("Exception")
    return f"on_error: {view.scope.use('collections.abc', 'Callable')}[[{exception}], None] | None = None"


def _callback(view: DomainView, type: str) -> str:
    return f"{view.scope.use(_RUNTIME, 'Callback')}[{type}]"


def _stream_of(view: DomainView, type: str) -> str:
    return f"{view.scope.use(_RUNTIME, 'Stream')}[{type}]"


def _delivery(view: DomainView) -> str:
    return f"delivery: {view.scope.use(_RUNTIME, 'Delivery')} | None = None"


def _said(message: WireMessage, otherwise: str, ours: str = "") -> list[str]:
    """What the document says of a message, or a sentence of ours; then what is always so."""
    first, rest = told(message.summary, message.description)
    lead = f"{first or otherwise} {ours}".strip()
    lines = [lead] if len(lead) <= 90 else [first or otherwise, ours]
    return [*lines, *rest, DEPRECATED if message.deprecated else ""]


def _about(view: DomainView, each: Subscription) -> str:
    """What is subscribed to, in the document's words."""
    alone = len(view.domain.subscriptions) == 1
    if alone and view.domain.name:
        return view.domain.name
    updates = [update.message.key for update in each.updates]
    return "`, `".join(updates) if len(updates) <= SHOWN and not view.domain.name else each.subscribe.key


def _subscribe(view: DomainView, each: Subscription, names: SubscriptionNames) -> Method:
    parameters, argument = _payload(view, each.subscribe, "request")
    on_reset = f"on_reset: {_stop(view)} | None = None"
    callback = f"on_update: {_callback(view, view.update_type(each, names))}"
    about = _about(view, each)
    confirmed = "Returns after the server's confirmation."
    returns = confirmed if each.confirmation is not None else "Returns when it is sent; the server confirms nothing."
    keywords = ("on_reset=on_reset", "on_error=on_error", "timeout=timeout")
    return _method(
        f"async def {names.subscribe}",
        [*parameters, callback, "*", on_reset, _on_error(view), _timeout(view)],
        view.scope.use(_RUNTIME, "Subscription"),
        [
            *_said(each.subscribe, f"Subscribe to `{about}`.", returns),
            raises(_subscribe_errors(view, each)),
        ],
        "return await ",
        call(f"{view.receiver}.subscribe", names.constant, argument, "on_update", *keywords),
    )


def _subscribe_errors(view: DomainView, each: Subscription) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    confirmation = each.confirmation
    if confirmation is not None and (confirmation.status is not None or confirmation.refusals):
        models = view.types.reply_models(each)
        found.append(("SubscriptionRejected", f"the server refused; `reply` is a {models}." if models else "refused."))
    if each.strict_topic:
        found.append(("TopicMismatch", "the server confirmed another topic than the configuration says."))
    if each.route is None and any(update.topic is None for update in each.updates):
        found.append(
            (
                "AmbiguousRoute",
                "subscribed with other parameters already; updates do not say whose they are.",
            )
        )
    if confirmation is not None:
        found.append(("SubscribeTimeout", "no answer within `timeout` seconds (default 5)."))
    return found


def _stream(view: DomainView, each: Subscription, names: SubscriptionNames) -> Method:
    parameters, argument = _payload(view, each.subscribe, "request")
    about = _about(view, each)
    text = f"The updates of `{about}` as a stream: entering it subscribes, leaving it unsubscribes."
    return _method(
        f"def {names.stream}",
        [*_omittable(parameters, each.subscribe), "*", _delivery(view), _timeout(view)],
        _stream_of(view, view.update_type(each, names)),
        [text, DEPRECATED if each.subscribe.deprecated else ""],
        "return ",
        call(f"{view.receiver}.stream", names.constant, argument, "delivery=delivery", "timeout=timeout"),
    )


def _request(view: DomainView, each: Request, names: RequestNames) -> Method:
    parameters, argument = _payload(view, each.message, "payload")
    answers = " or ".join(f"`{reply.key}`" for reply in each.replies)
    returns = view.reply_type(each, names)
    return _method(
        f"async def {names.method}",
        [*_omittable(parameters, each.message), "*", _timeout(view), *_waiting(view)],
        returns,
        [
            *_said(each.message, f"Send `{each.message.key}`; answered with {answers}."),
            raises(
                [
                    ("RequestTimeout", "no answer within `timeout` seconds (default 5)."),
                    _LOST,
                ]
            ),
        ],
        "await " if returns == "None" else "return await ",
        call(f"{view.receiver}.request", names.constant, argument, "timeout=timeout", *_HANDED_ON),
    )


def _send(view: DomainView, each: Send, names: SendNames) -> Method:
    parameters, argument = _payload(view, each.message, "payload")
    ours = "Returns when the message is handed to the connection."
    return _method(
        f"async def {names.method}",
        [*_omittable(parameters, each.message), "*", *_waiting(view)],
        "None",
        [*_said(each.message, f"Send `{each.message.key}`.", ours), raises([_LOST])],
        "await ",
        call(f"{view.receiver}.send", names.constant, argument, *_HANDED_ON),
    )


def _handler(view: DomainView, each: Handler, names: HandlerNames) -> Method:
    message = each.message
    first, rest = told(message.summary, message.description)
    answer = view.answer_type(each, names)
    kind = f"{view.scope.use(_RUNTIME, 'RequestHandler')}[{view.received(message)}, {answer}]"
    answers = " or ".join(f"`{reply.key}`" for reply in each.replies)
    return _method(
        f"def {names.method}",
        [f"handler: {kind}", "*", _on_error(view)],
        _stop(view),
        [
            f"Answer every `{message.key}` with what `handler` makes of it, which is sent as {answers}; call the "
            "result to stop.",
            first,
            *rest,
            DEPRECATED if message.deprecated else "",
        ],
        "return ",
        call(f"{view.receiver}.handle", names.constant, "handler", "on_error=on_error"),
    )


def _listener(view: DomainView, each: Push, names: PushNames) -> Method:
    message = each.message
    first, rest = told(message.summary, message.description)
    return _method(
        f"def {names.listener}",
        [f"callback: {_callback(view, view.received(message))}", "*", _delivery(view), _on_error(view)],
        _stop(view),
        [
            f"Call `callback` with {every(message)}; call the result to stop.",
            undivided(message),
            first,
            *rest,
            DEPRECATED if message.deprecated else "",
        ],
        "return ",
        call(f"{view.receiver}.listen", names.constant, "callback", "delivery=delivery", "on_error=on_error"),
    )


def _push_stream(view: DomainView, each: Push, names: PushNames) -> Method:
    return _method(
        f"def {names.stream}",
        ["*", _delivery(view)],
        _stream_of(view, view.received(each.message)),
        [
            f"E{every(each.message)[1:]} as a stream: an asynchronous context manager and iterator.",
            undivided(each.message),
        ],
        "return ",
        call(f"{view.receiver}.listen_stream", names.constant, "delivery=delivery"),
    )


def _events(view: DomainView, alias: Identifier, method: Identifier, constant: Identifier) -> Method:
    where = "in this domain" if view.domain.name else "outside of domains"
    return _method(
        f"def {method}",
        ["*", _delivery(view)],
        _stream_of(view, alias),
        [f"All that the server sends unasked {where}; `match` tells the classes apart."],
        "return ",
        call(f"{view.receiver}.listen_stream", constant, "delivery=delivery"),
    )
