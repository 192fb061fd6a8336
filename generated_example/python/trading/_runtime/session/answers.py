"""What the server asks, and the client answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..operations import HandlerOperation
from .consumers import Consumer
from .correlation import reader, with_id
from .routes import Maker, unwrapped

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Answers", "Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the server. `id` is what its reply repeats, `generation` says on which connection it came."""

    operation: HandlerOperation[Any, Any]
    payload: Any
    id: object
    generation: int


class Answers:
    """The handlers of one session, and what they answer."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, operation: HandlerOperation[Any, Any], consumer: Consumer) -> None:
        """Give `consumer` every request of `operation`, as `Asked`, unless an earlier one gets them."""
        consumer.answers = True
        self._session.switchboard.handle(operation.request, consumer, self._asked(operation))

    def send(self, asked: Asked, result: object) -> None:
        """Send what a handler returned; nothing if the connection on which it was asked has ended.

        Raises:
            InvalidRequest: the reply does not fit its schema; nothing was sent.
        """
        session, operation = self._session, asked.operation
        if not operation.replies or not session.connected or asked.generation != session.generation:
            return
        key, payload = unwrapped(result, operation.events, operation.replies[0])
        correlation = operation.correlation
        if correlation is None:
            frame = session.codec.encode(key, payload)
        else:
            frame, _ = with_id(session.codec, key, payload, correlation.reply, correlation, lambda: asked.id)
        session.say(frame)

    def _asked(self, operation: HandlerOperation[Any, Any]) -> Maker:
        session, correlation = self._session, operation.correlation
        if correlation is None:
            return lambda payload: Asked(operation, payload, None, session.generation)
        read = reader(session.codec, operation.request, correlation.request, correlation)
        return lambda payload: Asked(operation, payload, read(payload, session.frame), session.generation)
