"""What the server asks, and clients answer: over a transport in memory, and with a fake server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from pydantic import BaseModel
from wsgen_runtime import (
    Client,
    Closed,
    ConnectionLost,
    ConnectionOptions,
    InvalidRequest,
    MemoryConnection,
    MemoryTransport,
    Retry,
)
from wsgen_runtime.fakes import FakeServer
from wsgen_runtime.operations import Correlation, HandlerOperation, Protocol, RequestOperation
from wsgen_runtime.pydantic_codec import Envelope, PydanticCodec

URL = "ws://server.test/ws"


class Question(BaseModel):
    id: int | None = None
    text: str = ""


class Answer(BaseModel):
    id: int | None = None
    text: str


class Refusal(BaseModel):
    id: int | None = None
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerReply:
    payload: Answer


@dataclass(frozen=True, slots=True)
class RefusalReply:
    payload: Refusal


@dataclass(frozen=True, slots=True)
class DoneReply:
    pass


CODEC = PydanticCodec(
    Envelope("type", "payload"),
    sent={"answer": Answer, "refusal": Refusal, "done": None},
    received={"ask": Question, "poll": Question, "hello": None},
)
PROTOCOL = Protocol("answering", CODEC)
ID = Correlation(request="id", reply="id", kind="integer")
EVENTS: dict[str, type[object]] = {"answer": AnswerReply, "refusal": RefusalReply, "done": DoneReply}
ASK: HandlerOperation[Question, Answer] = HandlerOperation(request="ask", replies=("answer",), correlation=ID)
POLL: HandlerOperation[Question, AnswerReply | RefusalReply | DoneReply] = HandlerOperation(
    request="poll", replies=("answer", "refusal", "done"), events=EVENTS
)
HELLO: HandlerOperation[None, None] = HandlerOperation(request="hello", replies=("done",))


class AnsweringClient(Client):
    def __init__(self, transport: MemoryTransport, **options: Any) -> None:
        options = {"transport": transport, "retry": Retry(delays=(0.0,)), **options}
        super().__init__(PROTOCOL, URL, cast(ConnectionOptions, options))


@pytest.fixture
def transport() -> MemoryTransport:
    return MemoryTransport(schedule=lambda call: asyncio.get_running_loop().call_soon(call))


def only(transport: MemoryTransport) -> MemoryConnection:
    return [connection for connection in transport.connections if connection.open][-1]


def ask(transport: MemoryTransport, kind: str = "ask", **payload: object) -> None:
    only(transport).send_json({"type": kind, "payload": payload})


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def taken(transport: MemoryTransport) -> list[Any]:
    return [json.loads(frame) for frame in only(transport).take()]


async def test_what_a_handler_returns_is_sent(transport: MemoryTransport) -> None:
    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, lambda question: Answer(text=question.text.upper()))
        ask(transport, text="why")
        await settle()
        assert taken(transport) == [{"type": "answer", "payload": {"text": "WHY"}}]


async def test_the_id_of_the_request_is_copied_unless_the_reply_has_one(transport: MemoryTransport) -> None:
    async def handler(question: Question) -> Answer:
        return Answer(id=99, text="own") if question.text == "own" else Answer(text="copied")

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, handler)
        ask(transport, id=7)
        ask(transport, id=8, text="own")
        await settle()
        assert [frame["payload"] for frame in taken(transport)] == [
            {"text": "copied", "id": 7},
            {"id": 99, "text": "own"},
        ]


async def test_an_id_beside_the_payload_is_copied_too(transport: MemoryTransport) -> None:
    framed = Correlation("id", "id", within="frame")
    operation: HandlerOperation[None, None] = HandlerOperation(request="hello", replies=("done",), correlation=framed)

    async def handler(_: None) -> None:
        await asyncio.sleep(0)

    async with AnsweringClient(transport) as client:
        client.connection.handle(operation, handler)
        only(transport).send_json({"type": "hello", "id": "a"})
        only(transport).send_json({"type": "hello", "id": "b"})
        await settle()
        assert taken(transport) == [{"type": "done", "id": "a"}, {"type": "done", "id": "b"}]


async def test_a_class_says_which_of_several_replies_it_is(transport: MemoryTransport) -> None:
    replies: Iterator[AnswerReply | RefusalReply | DoneReply] = iter(
        [RefusalReply(Refusal(reason="no")), DoneReply(), AnswerReply(Answer(text="yes"))]
    )
    async with AnsweringClient(transport) as client:
        client.connection.handle(POLL, lambda _: next(replies))
        for _ in range(3):
            ask(transport, "poll")
        await settle()
        assert taken(transport) == [
            {"type": "refusal", "payload": {"reason": "no"}},
            {"type": "done"},
            {"type": "answer", "payload": {"text": "yes"}},
        ]


async def test_requests_are_handled_one_after_the_other(transport: MemoryTransport) -> None:
    running: list[str] = []
    gates = {text: asyncio.Event() for text in "abc"}

    async def handler(question: Question) -> Answer:
        running.append(question.text)
        await gates[question.text].wait()
        return Answer(text=question.text)

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, handler)
        for text in "abc":
            ask(transport, text=text)
        await settle()
        assert running == ["a"]
        gates["b"].set()
        gates["a"].set()
        await settle()
        assert running == ["a", "b", "c"]
        assert [frame["payload"]["text"] for frame in taken(transport)] == ["a", "b"]


async def test_concurrent_handlers_run_at_once(transport: MemoryTransport) -> None:
    gates = {text: asyncio.Event() for text in "abc"}

    async def handler(question: Question) -> Answer:
        await gates[question.text].wait()
        return Answer(text=question.text)

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, handler, concurrent=True)
        for number, text in enumerate("abc"):
            ask(transport, text=text, id=number)
        await settle()
        for text in "cab":
            gates[text].set()
            await settle()
        assert [frame["payload"] for frame in taken(transport)] == [
            {"text": "c", "id": 2},
            {"text": "a", "id": 0},
            {"text": "b", "id": 1},
        ]


@pytest.mark.parametrize("concurrent", [False, True])
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_handler_that_raises_is_reported_and_answers_nothing(
    transport: MemoryTransport, caplog: pytest.LogCaptureFixture, *, concurrent: bool, asynchronous: bool
) -> None:
    def plain(question: Question) -> Answer:
        if question.text == "bad":
            raise ValueError("what a question")
        return Answer(text="fine")

    async def later(question: Question) -> Answer:
        await asyncio.sleep(0)
        return plain(question)

    errors: list[Exception] = []
    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, later if asynchronous else plain, concurrent=concurrent, on_error=errors.append)
        ask(transport, text="bad")
        ask(transport, text="good")
        await settle()
        assert [frame["payload"]["text"] for frame in taken(transport)] == ["fine"]
    assert [str(error) for error in errors] == ["what a question"]
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "ask: a callback raised ValueError: what a question"
    ]


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_an_error_may_be_answered(transport: MemoryTransport, *, asynchronous: bool) -> None:
    def plain(question: Question) -> AnswerReply:
        raise ValueError(question.text)

    async def later(question: Question) -> AnswerReply:
        return plain(question)

    errors: list[Exception] = []
    async with AnsweringClient(transport) as client:
        client.connection.handle(
            POLL,
            later if asynchronous else plain,
            error_reply=lambda error: RefusalReply(Refusal(reason=str(error))),
            on_error=errors.append,
        )
        ask(transport, "poll", text="nonsense")
        await settle()
        assert taken(transport) == [{"type": "refusal", "payload": {"reason": "nonsense"}}]
    assert [str(error) for error in errors] == ["nonsense"]


async def test_a_reply_that_does_not_fit_is_an_error_of_the_handler(transport: MemoryTransport) -> None:
    errors: list[Exception] = []
    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, cast(Any, lambda _: Question()), on_error=errors.append)
        ask(transport)
        await settle()
        assert taken(transport) == []
    assert [type(error) for error in errors] == [InvalidRequest]


async def test_handlers_are_cancelled_when_the_connection_ends_and_serve_the_next_one(
    transport: MemoryTransport,
) -> None:
    cancelled: list[str] = []
    gate = asyncio.Event()

    async def handler(question: Question) -> Answer:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            cancelled.append(question.text)
            raise
        return Answer(text=question.text)

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, handler)
        for text in ("running", "waiting"):
            ask(transport, text=text)
        await settle()
        only(transport).drop()
        await settle()
        assert cancelled == ["running"]
        await client.connect()
        gate.set()
        ask(transport, text="next")
        await settle()
        assert [frame["payload"] for frame in taken(transport)] == [{"text": "next"}]


@pytest.mark.parametrize("concurrent", [False, True])
async def test_an_answer_never_goes_to_another_connection(transport: MemoryTransport, *, concurrent: bool) -> None:
    gate = asyncio.Event()

    async def stubborn(question: Question) -> Answer:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await gate.wait()
        return Answer(text=question.text)

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, stubborn, concurrent=concurrent)
        ask(transport, text="old")
        await settle()
        only(transport).drop()
        await settle()
        await client.connect()
        gate.set()
        await settle()
        assert taken(transport) == []


@pytest.mark.parametrize("concurrent", [False, True])
async def test_handlers_are_cancelled_by_close(transport: MemoryTransport, *, concurrent: bool) -> None:
    before = asyncio.all_tasks()
    ended: list[str] = []

    async def handler(question: Question) -> Answer:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(question.text)
        raise AssertionError

    async with AnsweringClient(transport) as client:
        client.connection.handle(ASK, handler, concurrent=concurrent)
        ask(transport, text="a")
        await settle()
    await settle()
    assert ended == ["a"]
    assert asyncio.all_tasks() == before


async def test_a_handler_may_close_the_client(transport: MemoryTransport) -> None:
    async def handler(question: Question) -> Answer:
        await client.close()
        return Answer(text="too late")

    client = AnsweringClient(transport)
    async with client:
        client.connection.handle(ASK, handler)
        server = only(transport)
        ask(transport)
        await settle()
        assert server.take() == []
        assert server.close_received == (1000, "")


async def test_a_handler_may_ask_the_server_meanwhile(transport: MemoryTransport) -> None:
    codec = PydanticCodec(
        Envelope("type", "payload"), sent={"answer": Answer, "time": None}, received={"ask": Question, "now": Answer}
    )
    now: RequestOperation[None, Answer] = RequestOperation(request="time", replies=("now",))
    client = Client(Protocol("asking", codec), URL, {"transport": transport})

    async def handler(_: Question) -> Answer:
        return Answer(text=(await client.connection.request(now, None)).text)

    async with client:
        client.connection.handle(ASK, handler)
        ask(transport)
        await settle()
        assert taken(transport) == [{"type": "time"}]
        only(transport).send_json({"type": "now", "payload": {"text": "noon"}})
        await settle()
        assert taken(transport) == [{"type": "answer", "payload": {"text": "noon"}}]


async def test_there_is_one_handler_for_a_request_until_it_is_taken_back(
    transport: MemoryTransport, caplog: pytest.LogCaptureFixture
) -> None:
    async with AnsweringClient(transport) as client:
        stop = client.connection.handle(ASK, lambda _: Answer(text="first"))
        with pytest.raises(RuntimeError, match="`ask` has a handler"):
            client.connection.handle(ASK, lambda _: Answer(text="second"))
        stop()
        ask(transport)
        await settle()
        assert taken(transport) == []
        assert client.connection.stats.unrouted == 1
        client.connection.handle(ASK, lambda _: Answer(text="second"))
        ask(transport)
        await settle()
        assert [frame["payload"]["text"] for frame in taken(transport)] == ["second"]
    with pytest.raises(Closed):
        client.connection.handle(HELLO, lambda _: None)


async def test_of_two_clients_on_one_connection_the_first_answers(transport: MemoryTransport) -> None:
    async with AnsweringClient(transport) as first, AnsweringClient(transport) as second:
        first.connection.handle(ASK, lambda _: Answer(text="first"))
        second.connection.handle(ASK, lambda _: Answer(text="second"))
        ask(transport)
        await settle()
        assert [frame["payload"]["text"] for frame in taken(transport)] == ["first"]
        await first.close()
        ask(transport)
        await settle()
        assert [frame["payload"]["text"] for frame in taken(transport)] == ["second"]


async def test_handlers_wait_for_a_connection_and_outlive_a_failure(transport: MemoryTransport) -> None:
    client = AnsweringClient(transport)
    client.connection.handle(HELLO, lambda _: None)
    assert transport.attempts == []
    async with client:
        only(transport).close(4400)
        await settle()
        assert client.connection.state == "FAILED"
        await client.connect()
        only(transport).send_json({"type": "hello"})
        await settle()
        assert taken(transport) == [{"type": "done"}]


# A fake server asks.


class FakeAsker(FakeServer):
    """As a generated one, with a method for each request of the server."""

    def __init__(self) -> None:
        super().__init__(PROTOCOL, ())

    async def ask(self, payload: Question) -> Answer:
        return await self._ask(ASK, payload)

    async def poll(self, payload: Question) -> AnswerReply | RefusalReply | DoneReply:
        return await self._ask(POLL, payload)


async def test_a_fake_server_asks(caplog: pytest.LogCaptureFixture) -> None:
    server = FakeAsker()
    async with AnsweringClient(server.transport) as client:
        client.connection.handle(ASK, lambda question: Answer(text=question.text * 2))
        client.connection.handle(POLL, lambda _: RefusalReply(Refusal(reason="no")))
        assert await server.ask(Question(text="ab")) == Answer(id=1, text="abab")
        assert await server.poll(Question()) == RefusalReply(Refusal(reason="no"))
        assert [each.message for each in server.received] == ["answer", "refusal"]


async def test_a_fake_server_tells_answers_apart() -> None:
    server = FakeAsker()
    gates: dict[str, asyncio.Event] = {text: asyncio.Event() for text in "ab"}

    async def handler(question: Question) -> Answer:
        await gates[question.text].wait()
        return Answer(text=question.text)

    async with AnsweringClient(server.transport) as client:
        client.connection.handle(ASK, handler, concurrent=True)
        first, second = (asyncio.create_task(server.ask(Question(text=text))) for text in "ab")
        await settle()
        gates["b"].set()
        assert (await second).text == "b"
        assert not first.done()
        gates["a"].set()
        assert (await first).text == "a"


def end_by_drop(server: FakeAsker) -> None:
    server.drop()


def end_by_close(server: FakeAsker) -> None:
    server.drop(1001)


@pytest.mark.parametrize("end", [end_by_drop, end_by_close])
async def test_a_fake_server_is_told_when_the_client_goes(end: Callable[[FakeAsker], None]) -> None:
    server = FakeAsker()

    async def handler(_: Question) -> Answer:
        await asyncio.sleep(60)
        raise AssertionError

    async with AnsweringClient(server.transport) as client:
        client.connection.handle(ASK, handler)
        asking = asyncio.create_task(server.ask(Question()))
        await settle()
        end(server)
        with pytest.raises(ConnectionLost):
            await asking
    with pytest.raises(LookupError):
        await server.ask(Question())


async def test_a_fake_server_asks_over_a_port() -> None:
    server = FakeAsker()
    async with server.serve() as url:
        client = Client(PROTOCOL, url, {})
        async with client:
            client.connection.handle(ASK, lambda question: Answer(text=question.text * 2))
            assert (await server.ask(Question(text="ab"))).text == "abab"
            client.connection.handle(POLL, cast(Any, lambda _: asyncio.sleep(60)))
            asking = asyncio.create_task(server.poll(Question()))
            await asyncio.sleep(0.05)
        with pytest.raises(ConnectionLost):
            await asking
