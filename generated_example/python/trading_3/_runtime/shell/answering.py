"""Calls an application's handlers with what the server asks, and sends what they return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..options import RequestHandler
from ..session import Asked, Consumer
from .driver import Driver

__all__ = ["Answering"]


class Answering:
    """The callback of a consumer that takes requests. `driver` is that of the connection, or None before there is one.

    Whatever the handler raises goes on to whoever called, after `error_reply` has had its chance to answer.
    """

    def __init__(
        self,
        driver: Callable[[], Driver | None],
        handler: RequestHandler[Any, Any],
        error_reply: Callable[[Exception], Any] | None,
        *,
        concurrent: bool,
    ) -> None:
        self._driver = driver
        self._handler = handler
        self._error_reply = error_reply
        self._concurrent = concurrent
        self.consumer: Consumer | None = None

    def __call__(self, asked: Asked) -> Awaitable[None] | None:
        driver = self._driver()
        assert driver is not None, "what is asked comes on a connection"
        try:
            result = self._handler(asked.payload)
            if not hasattr(result, "__await__"):
                driver.session.answers.send(asked, result)
                return None
        except Exception as error:
            self._answer_failed(driver, asked, error)
            raise
        answering = self._answer_later(driver, asked, result)
        if not self._concurrent:
            return answering
        assert self.consumer is not None, "it is set before anything is asked"
        driver.serve_beside(self.consumer, answering)
        return None

    async def _answer_later(self, driver: Driver, asked: Asked, result: Awaitable[Any]) -> None:
        try:
            driver.session.answers.send(asked, await result)
        except Exception as error:
            self._answer_failed(driver, asked, error)
            raise
        finally:
            driver.carry_out()
        await driver.drain()

    def _answer_failed(self, driver: Driver, asked: Asked, error: Exception) -> None:
        if self._error_reply is not None:
            driver.session.answers.send(asked, self._error_reply(error))
