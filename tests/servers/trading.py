"""A trading back end as its own team would write it: FastWS 0.1.7, one WebSocket, five domains.

It runs in a virtual environment of its own (`python trading.py`; see `tests/servers/__init__.py`), so nothing
here imports wsgen, and the type checkers of this project do not read it. Its AsyncAPI document is
`specs/trading.asyncapi.json`.

The routes below `/admin` are for tests: what the market does, and what the server has seen.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket, WebSocketException, status
from fastws import Client, FastWS, Message, OperationRouter
from pydantic import BaseModel, Field


@dataclass
class Behaviour:
    """How the server treats what it is asked for; set through `/admin/mode`."""

    subscribe_delay: float = 0.0
    reject: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    poison: list[str] = field(default_factory=list)
    token: str | None = None
    silence_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, names: set[str]) -> str | None:
        """Wait as told; the words of the refusal, or None to go on. An error here ends the connection."""
        if self.subscribe_delay:
            await asyncio.sleep(self.subscribe_delay)
        if names & set(self.silent):
            await self.silence_over.wait()
        if names & set(self.poison):
            raise ValueError("a fault of the service")
        if refused := sorted(names & set(self.reject)):
            return f"not available: {', '.join(refused)}"
        return None


MODES = ("subscribe_delay", "reject", "silent", "poison", "token")

behaviour = Behaviour()
received: dict[str, Counter[str]] = {}


def count(client: Client, operation: str) -> None:
    received.setdefault(client.uid, Counter())[operation] += 1


class SubscriptionResponse(BaseModel):
    """The answer to every subscribe and unsubscribe."""

    status: Literal["ok", "error"] = Field(description="Whether the request was granted.")
    message: str = Field(description="What happened, in words for a log.")
    topic: str = Field(description="The topic that updates of this subscription carry.")


def topic_of(domain: str, parameters: BaseModel) -> str:
    values = {name: "" if value is None else value for name, value in sorted(parameters)}
    return f"{domain}:{json.dumps(values, separators=(',', ':'))}"


async def subscribe(client: Client, domain: str, parameters: BaseModel, names: set[str]) -> SubscriptionResponse:
    count(client, f"{domain}.subscribe")
    topic = topic_of(domain, parameters)
    if refusal := await behaviour.meet(names):
        return SubscriptionResponse(status="error", message=refusal, topic=topic)
    client.subscribe(topic)
    return SubscriptionResponse(status="ok", message="Subscribed", topic=topic)


async def unsubscribe(client: Client, domain: str, parameters: BaseModel) -> SubscriptionResponse:
    count(client, f"{domain}.unsubscribe")
    topic = topic_of(domain, parameters)
    if topic not in client.topics:
        return SubscriptionResponse(status="error", message="Not subscribed", topic=topic)
    client.unsubscribe(topic)
    return SubscriptionResponse(status="ok", message="Unsubscribed", topic=topic)


class BarsSubscriptionRequest(BaseModel):
    """Which bars to follow."""

    symbol: str = Field(description="Ticker symbol, such as `AAPL`.", min_length=1)
    resolution: str = Field(default="1", description="Length of a bar: minutes, or `1D`, `1W`.")


class Bar(BaseModel):
    """Price and volume of one interval."""

    time: int = Field(description="Start of the interval, milliseconds since 1970-01-01 UTC.")
    open: float
    high: float
    low: float
    close: float
    volume: int = Field(default=0, ge=0, description="Shares traded in the interval.")


class BarUpdate(BaseModel):
    """A bar, and the topic that it belongs to."""

    topic: str
    payload: Bar


bars = OperationRouter(prefix="bars.", tags=["market"])


@bars.send("subscribe", reply="subscribe.response", summary="Follow the bars of a symbol")
async def subscribe_bars(payload: BarsSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Follow the bars of one symbol.

    The current bar is sent whenever a trade changes it; a new one begins with the next interval.
    """
    return await subscribe(client, "bars", payload, {payload.symbol})


@bars.send("unsubscribe", reply="unsubscribe.response", summary="Stop following the bars of a symbol")
async def unsubscribe_bars(payload: BarsSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Stop following the bars of one symbol. The parameters are those of the subscription."""
    return await unsubscribe(client, "bars", payload)


@bars.recv("update", summary="A bar has changed")
async def update_bars(payload: BarUpdate) -> BarUpdate:
    """A bar has changed, or a new one has begun."""
    return payload


class QuotesSubscriptionRequest(BaseModel):
    """Which quotes to follow."""

    symbols: list[str] = Field(description="Ticker symbols; their order is part of the topic.", min_length=1)
    depth: int | None = Field(default=None, ge=1, description="Levels of the book; all if absent.")


class Quote(BaseModel):
    """The best prices for one symbol."""

    symbol: str = Field(description="Ticker symbol.")
    bid: float | None = Field(default=None, description="Best bid; null while nobody bids.")
    ask: float | None = Field(default=None, description="Best ask; null while nobody offers.")
    status: Literal["trading", "halted"] = "trading"


class QuoteUpdate(BaseModel):
    """A quote, and the topic that it belongs to."""

    topic: str
    payload: Quote


quotes = OperationRouter(prefix="quotes.", tags=["market"])


@quotes.send("subscribe", reply="subscribe.response", summary="Follow the quotes of some symbols")
async def subscribe_quotes(payload: QuotesSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Follow the best bid and ask of several symbols under one topic."""
    return await subscribe(client, "quotes", payload, set(payload.symbols))


@quotes.send("unsubscribe", reply="unsubscribe.response", summary="Stop following quotes")
async def unsubscribe_quotes(payload: QuotesSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Stop following quotes. The parameters are those of the subscription."""
    return await unsubscribe(client, "quotes", payload)


@quotes.recv("update", summary="A quote has changed")
async def update_quotes(payload: QuoteUpdate) -> QuoteUpdate:
    """The bid, the ask or the status of a symbol has changed."""
    return payload


class Side(IntEnum):
    """1 buys, -1 sells."""

    BUY = 1
    SELL = -1


class OrdersSubscriptionRequest(BaseModel):
    """Which account's orders to follow."""

    account_id: str = Field(alias="accountId", description="Account whose orders are wanted.")


class PlacedOrder(BaseModel):
    """An order as the exchange knows it."""

    id: str = Field(description="Identifier given by the exchange.")
    symbol: str
    side: Side
    quantity: float = Field(gt=0, description="Shares ordered.")
    limit: float | None = Field(default=None, description="Limit price; absent for a market order.")
    state: Literal["working", "filled", "cancelled"] = "working"


class OrderUpdate(BaseModel):
    """An order, and the topic that it belongs to."""

    topic: str
    payload: PlacedOrder


orders = OperationRouter(prefix="orders.", tags=["broker"])


@orders.send("subscribe", reply="subscribe.response", summary="Follow the orders of an account")
async def subscribe_orders(payload: OrdersSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Follow the orders of an account, for as long as the connection lasts."""
    return await subscribe(client, "broker.orders", payload, {payload.account_id})


@orders.recv("update", summary="An order has changed")
async def update_orders(payload: OrderUpdate) -> OrderUpdate:
    """An order was placed, filled or cancelled."""
    return payload


class AlertsSubscriptionRequest(BaseModel):
    """Which alerts to follow."""

    level: Literal["info", "warning", "critical"] = Field(description="Alerts of this level are sent.")


class Alert(BaseModel):
    """Something that a person should know about."""

    level: Literal["info", "warning", "critical"]
    text: str
    time: int | None = Field(default=None, description="Milliseconds since 1970-01-01 UTC.")


alerts = OperationRouter(prefix="alerts.", tags=["operations"])


@alerts.send("subscribe", reply="subscribe.response", summary="Follow the alerts of a level")
async def subscribe_alerts(payload: AlertsSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Follow the alerts of one level."""
    return await subscribe(client, "alerts", payload, {payload.level})


@alerts.send("unsubscribe", reply="unsubscribe.response", summary="Stop following the alerts of a level")
async def unsubscribe_alerts(payload: AlertsSubscriptionRequest, client: Client) -> SubscriptionResponse:
    """Stop following the alerts of one level."""
    return await unsubscribe(client, "alerts", payload)


@alerts.recv("update", summary="An alert")
async def update_alerts(payload: Alert) -> Alert:
    """An alert of the level that was asked for."""
    return payload


class ChatJoin(BaseModel):
    """Which room to join, and as whom."""

    room: str = Field(min_length=1)
    nick: str = Field(default="guest", description="Name that the others in the room see.")


class ChatJoined(BaseModel):
    """The room as it is found."""

    room: str
    members: int = Field(ge=1, description="Members of the room, the new one included.")


class ChatPost(BaseModel):
    """Something to say in a room."""

    room: str
    text: str = Field(min_length=1, max_length=2000)


class ChatPosted(BaseModel):
    """The place of a message in its room."""

    sequence: int = Field(ge=1)


class ChatTyping(BaseModel):
    """Where somebody is typing."""

    room: str


class ChatMessage(BaseModel):
    """Something said in a room."""

    room: str
    nick: str
    text: str
    sequence: int = Field(default=0, description="Counts the messages of the server; 0 for a notice.")


chat = OperationRouter(prefix="chat.", tags=["chat"])
nicks: dict[str, str] = {}
sequence = Counter[str]()


@chat.send("join", reply="joined", summary="Join a room")
async def join_chat(payload: ChatJoin, client: Client, app: FastWS) -> ChatJoined:
    """Join a room. Its messages and notices are sent from now on."""
    count(client, "chat.join")
    topic = f"chat:{payload.room}"
    client.subscribe(topic)
    nicks[client.uid] = payload.nick
    members = sum(topic in other.topics for other in app.connections.values())
    return ChatJoined(room=payload.room, members=members)


@chat.send("post", reply="post.response", summary="Say something in a room")
async def post_chat(payload: ChatPost, client: Client, app: FastWS) -> ChatPosted:
    """Say something in a room. All members get it as `chat.message`, the sender before the answer."""
    count(client, "chat.post")
    sequence["chat"] += 1
    message = ChatMessage(
        room=payload.room, nick=nicks.get(client.uid, "guest"), text=payload.text, sequence=sequence["chat"]
    )
    await app.server_send(Message(type="chat.message", payload=message.model_dump()), topic=f"chat:{payload.room}")
    return ChatPosted(sequence=message.sequence)


@chat.send("typing", summary="Tell a room that you are typing")
async def typing_chat(payload: ChatTyping, client: Client):
    """Tell a room that you are typing. There is no answer."""
    count(client, "chat.typing")


@chat.recv("message", summary="Somebody said something")
async def message_chat(payload: ChatMessage) -> ChatMessage:
    """Somebody said something in a room that this connection has joined."""
    return payload


@chat.recv("notice", summary="A notice to a room")
async def notice_chat(payload: ChatMessage) -> ChatMessage:
    """The house tells a room something."""
    return payload


async def authenticate(ws: WebSocket) -> bool:
    if behaviour.token and ws.headers.get("authorization") != f"Bearer {behaviour.token}":
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)  # before `accept`: HTTP 403
    await ws.accept()
    return True


service = FastWS(
    title="Trading WebSocket API",
    version="1.0.0",
    description="Market data, orders, alerts and chat over one WebSocket.",
    auth_handler=authenticate,
)
service.include_router(bars)
service.include_router(quotes)
service.include_router(orders, prefix="broker.")
service.include_router(alerts)
service.include_router(chat)


@service.send("ping", reply="pong", summary="Is anybody there?")
async def ping(client: Client):
    """Is anybody there? Answered with `pong`."""
    count(client, "ping")


@service.send("now", reply="now.response", summary="What time is it?")
async def now(client: Client) -> dict[str, int]:
    """The server's clock, by name of the unit."""
    count(client, "now")
    return {"seconds": 1_792_000_000, "milliseconds": 1_792_000_000_000}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    service.setup(app)
    yield


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws")
async def stream(client: Annotated[Client, Depends(service.manage)]) -> None:
    await service.serve(client)


@app.post("/admin/push")
async def push(topic: str, type: str, request: Request) -> dict[str, int]:
    """Send the body as the payload of `type` to every connection that has subscribed to `topic`."""
    listeners = sum(topic in client.topics for client in service.connections.values())
    await service.server_send(Message(type=type, payload=await request.json()), topic=topic)
    return {"sent": listeners}


@app.post("/admin/kick")
async def kick(code: int = 1012, reason: str = "") -> dict[str, int]:
    """Close every connection with this code."""
    return {"kicked": await close_all(code, reason)}


@app.post("/admin/mode")
async def mode(request: Request) -> dict[str, Any]:
    """Set any of `subscribe_delay` (seconds), `reject`, `silent` and `poison` (lists of names), `token` (required)."""
    values = await request.json()
    if unknown := sorted(values.keys() - set(MODES)):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_ENTITY, f"no mode {unknown}; there are {MODES}")
    for name, value in values.items():
        setattr(behaviour, name, value)
    return {}


@app.post("/admin/reset")
async def reset() -> dict[str, Any]:
    """Close every connection, forget all counters, behave."""
    global behaviour
    behaviour.silence_over.set()
    behaviour = Behaviour()
    await close_all(1001, "reset")
    service.connections.clear()
    received.clear()
    nicks.clear()
    sequence.clear()
    return {}


@app.get("/admin/state")
async def state() -> dict[str, Any]:
    """What is open now, and how often each operation was received since the last reset."""
    connections = [
        {
            "topics": sorted(client.topics),
            "received": dict(received.get(uid, {})),
            "query": client.ws.url.query,
            "headers": dict(client.ws.headers),
        }
        for uid, client in service.connections.items()
    ]
    return {"connections": connections, "received": dict(sum(received.values(), Counter[str]()))}


async def close_all(code: int, reason: str) -> int:
    closing = [asyncio.ensure_future(client.ws.close(code, reason)) for client in service.connections.values()]
    if closing:
        await asyncio.wait(closing, timeout=1)
    for task in closing:
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return len(closing)


def main() -> None:
    """Serve on a port of 127.0.0.1, the argument or a free one: print it, and stop when standard input ends."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=stop_with_parent, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
