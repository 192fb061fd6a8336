"""What the tests of all codecs are played with, as pydantic."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field
from wsgen_runtime.pydantic_codec import OMIT_NONE, Envelope, PydanticCodec, WireModel

from tests.runtime.codecs import Kit

__all__ = ["CODEC", "KIT", "Free", "Order", "Quote", "QuoteUpdate", "Response", "Tick"]


class Quote(WireModel):
    symbol: str
    last_price: Annotated[float, Field(alias="lastPrice")]
    note: str | None = None


class QuoteUpdate(WireModel):
    topic: str
    payload: Quote


class Response(WireModel):
    status: Literal["ok", "error"] | str
    topic: str | None = None


class Order(WireModel):
    wire_constants: ClassVar[frozenset[str]] = frozenset({"kind"})

    kind: Literal["order"] = "order"
    account_id: Annotated[str, Field(alias="accountId")]
    limit: Annotated[int | None, Field(alias="limitPrice")] = None
    comment: Annotated[str | None, OMIT_NONE] = None
    quantity: Annotated[int, Field(ge=1)] = 1
    legs: list[Quote] | None = None


class Free(WireModel):
    model_config = ConfigDict(extra="allow")

    name: str


class Tick(WireModel):
    wire_constants: ClassVar[frozenset[str]] = frozenset({"event"})

    event: Literal["tick"] = "tick"
    price: float


CODEC = PydanticCodec(
    Envelope(tag="type", payload="payload"),
    sent={"orders.place": Order, "ping": None, "names": dict[str, int], "free": Free, "maybe": Order | None},
    received={
        "quotes.update": QuoteUpdate,
        "quotes.subscribe.response": Response,
        "now": dict[str, int],
        "pong": None,
        "either": Quote | Response,
        "maybe": Quote | None,
        "free": Free,
        "all": list[Quote],
    },
)


KIT = Kit(
    make=PydanticCodec, codec=CODEC, Quote=Quote, QuoteUpdate=QuoteUpdate, Response=Response, Order=Order, Tick=Tick
)
