"""What the tests of all codecs are played with, as msgspec."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType, field
from wsgen_runtime.msgspec_codec import Envelope, MsgspecCodec, Untagged

from tests.runtime.codecs import Kit

__all__ = ["CODEC", "KIT", "Either", "Order", "Quote", "QuoteUpdate", "Response", "Tick", "Tock"]


class Quote(Struct, kw_only=True):
    symbol: str
    last_price: float = field(name="lastPrice")
    note: str | UnsetType = UNSET


class QuoteUpdate(Struct, kw_only=True):
    topic: str
    payload: Quote


class Response(Struct, kw_only=True):
    status: Literal["ok", "error"] | str
    topic: str | UnsetType = UNSET


class Order(Struct, kw_only=True):
    kind: Literal["order"] = "order"
    account_id: str = field(name="accountId")
    limit: int | UnsetType | None = field(name="limitPrice", default=UNSET)
    comment: str | UnsetType = UNSET
    quantity: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    legs: list[Quote] | UnsetType = UNSET


class Tick(Struct, kw_only=True, tag_field="event", tag="tick"):
    event: ClassVar[Literal["tick"]] = "tick"
    price: float


class Tock(Struct, kw_only=True, tag_field="event", tag="tock"):
    kind: ClassVar[Literal["tock"]] = "tock"
    count: int


Either: TypeAlias = Untagged[Quote | Response]

CODEC = MsgspecCodec(
    Envelope(tag="type", payload="payload"),
    sent={"orders.place": Order, "ping": None, "names": dict[str, int], "maybe": Order | None},
    received={
        "quotes.update": QuoteUpdate,
        "quotes.subscribe.response": Response,
        "now": dict[str, int],
        "pong": None,
        "either": Either,
        "maybe": Quote | None,
        "all": list[Quote],
    },
)


KIT = Kit(
    make=MsgspecCodec, codec=CODEC, Quote=Quote, QuoteUpdate=QuoteUpdate, Response=Response, Order=Order, Tick=Tick
)
