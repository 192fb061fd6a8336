"""Requests and sends: what clients ask and say, apart from subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import ConnectionLost, RequestTimeout, WsgenError
from ..operations import RequestOperation, SendOperation
from ..options import OnDisconnect, SessionOptions
from .attempts import Attempts
from .calls import Call, Cancelled, Slot
from .correlation import Ids, with_id
from .routes import maker

if TYPE_CHECKING:
    from .leases import Lease
    from .session import Session

__all__ = ["Requests"]


class Requests:
    """The requests and sends of one session."""

    __slots__ = ("_attempts", "_ids", "_options", "_session")

    def __init__(self, session: Session, options: SessionOptions, attempts: Attempts, ids: Ids) -> None:
        self._session = session
        self._ids = ids
        self._options = options
        self._attempts = attempts

    def request(
        self,
        lease: Lease,
        operation: RequestOperation[Any, Any],
        payload: object,
        timeout: float | None,
        on_disconnect: OnDisconnect | None,
        ttl: float | None,
    ) -> Call:
        """See `Session.request`."""
        frame, id = self._encode(operation, payload)
        call = Call(operation.request, lease)
        call.timeout = self._options.timeout if timeout is None else timeout
        self._when_connected(call, lambda: self._ask(operation, call, frame, id), on_disconnect, ttl)
        return call

    def send(
        self,
        lease: Lease,
        operation: SendOperation[Any],
        payload: object,
        on_disconnect: OnDisconnect | None,
        ttl: float | None,
    ) -> Call:
        """See `Session.send`."""
        session = self._session
        frame = session.codec.encode(operation.message, payload)
        if operation.acknowledgement is not None:
            session.switchboard.swallow(operation.acknowledgement)
        call = Call(operation.message, lease)

        def start() -> None:
            session.say(frame)
            call.settle()

        self._when_connected(call, start, on_disconnect, ttl)
        return call

    def give_up(self, call: Call, error: WsgenError | Cancelled) -> None:
        """End a call; its slot stays until its reply comes."""
        if call.settled:
            return
        call.settle(error=error)
        if call.wait is not None:
            call.wait.slot.entomb()
            self._session.let_next_go(call.wait.slot)

    def _when_connected(
        self, call: Call, start: Callable[[], None], on_disconnect: OnDisconnect | None, ttl: float | None
    ) -> None:
        session = self._session
        if session.connected:
            start()
        elif session.state != "RECONNECTING":
            session.wait_for_connection(call, start, lambda error: call.settle(error=error))
        elif (on_disconnect or self._options.on_disconnect) == "fail":
            call.settle(error=self._lost_unsent())
        else:
            patience = self._options.ttl if ttl is None else ttl
            session.wait_for_connection(call, start, lambda _: call.settle(error=self._lost_unsent()), patience)

    def _lost_unsent(self) -> ConnectionLost:
        cause = self._attempts.cause
        if isinstance(cause, ConnectionLost):
            return ConnectionLost(cause.code, cause.reason, "no")
        return ConnectionLost(None, "" if cause is None else str(cause), "no")

    def _encode(self, operation: RequestOperation[Any, Any], payload: object) -> tuple[bytes, str | None]:
        codec, switchboard, correlation = self._session.codec, self._session.switchboard, operation.correlation
        if correlation is None:
            return codec.encode(operation.request, payload), None
        for key in operation.replies:
            switchboard.reply_id(key, correlation)
        queues = [switchboard.queue(key) for key in operation.replies]

        def new() -> int | str | None:
            while correlation.kind is not None:
                id = self._ids.new(correlation.kind)
                if not any(queue.with_id(str(id)) for queue in queues):
                    return id
            return None

        return with_id(codec, operation.request, payload, correlation.request, correlation, new)

    def _ask(self, operation: RequestOperation[Any, Any], call: Call, frame: bytes, id: str | None) -> None:
        if call.settled:
            return
        session = self._session
        queues = [session.switchboard.queue(key) for key in operation.replies]
        busy = None if operation.pipeline else next((queue for queue in queues if queue.awaited), None)
        if busy is not None:
            busy.held_back.append(lambda: self._ask(operation, call, frame, id))
            return

        def answered(key: str, payload: Any) -> None:
            event = operation.events.get(key)
            call.settle(payload if event is None else maker(event)(payload))

        def expired() -> None:
            call.settle(error=RequestTimeout(call.message, call.timeout))
            slot.entomb()
            session.let_next_go(slot)
            session.alignment.unanswered(slot)

        slot = Slot(session.next_sequence(), "request", answered, lambda error: call.settle(error=error), id=id)
        session.ask(slot, operation.replies, frame)
        call.wait = session.clock_for(slot, call.timeout, expired)
