"""Ids in messages of pydantic models."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field
from wsgen_runtime.codec import Undecodable
from wsgen_runtime.operations import Correlation
from wsgen_runtime.pydantic_codec import OMIT_NONE, Envelope, PydanticCodec, WireModel
from wsgen_runtime.session.correlation import Ids, id_text, read_raw, reader, with_id


class Meta(WireModel):
    request_id: Annotated[UUID | None, Field(alias="requestId"), OMIT_NONE] = None


class Ask(WireModel):
    room: str
    req_id: Annotated[int | None, Field(alias="reqId"), OMIT_NONE] = None
    meta: Annotated[Meta | None, OMIT_NONE] = None


class Told(WireModel):
    req_id: Annotated[int | None, Field(alias="reqId"), OMIT_NONE] = None
    meta: Annotated[Meta | None, OMIT_NONE] = None
    price: float


FLAT = Envelope("op", None)
WRAPPED = Envelope("op", "data")
PLAIN = Correlation("reqId", "reqId", "integer")
DEEP = Correlation("meta.requestId", "meta.requestId", "uuid")
BESIDE = Correlation("id", "id", "integer", within="frame")
U = "0f0e0d0c-0b0a-4908-8706-050403020100"


def codec(envelope: Envelope) -> PydanticCodec:
    return PydanticCodec(envelope, sent={"ask": Ask}, received={"told": Told})


@pytest.mark.parametrize(
    ("envelope", "frame"),
    [(FLAT, b'{"room":"a","reqId":7,"op":"ask"}'), (WRAPPED, b'{"op":"ask","data":{"room":"a","reqId":7}}')],
)
def test_an_id_stands_under_its_wire_name(envelope: Envelope, frame: bytes) -> None:
    assert with_id(codec(envelope), "ask", Ask(room="a"), "reqId", PLAIN, lambda: 7) == (frame, "7")


def test_an_id_that_is_given_stays() -> None:
    frame, id = with_id(codec(FLAT), "ask", Ask(room="a", req_id=5), "reqId", PLAIN, lambda: 7)
    assert (frame, id) == (b'{"room":"a","reqId":5,"op":"ask"}', "5")
    given = Ask(room="a", meta=Meta(request_id=UUID(U)))
    assert with_id(codec(FLAT), "ask", given, "meta.requestId", DEEP, lambda: "x")[1] == U


def test_an_id_goes_into_an_object_that_is_there() -> None:
    frame, id = with_id(codec(WRAPPED), "ask", Ask(room="a", meta=Meta()), "meta.requestId", DEEP, lambda: U)
    assert (frame, id) == (b'{"op":"ask","data":{"room":"a","meta":{"requestId":"%s"}}}' % U.encode(), U)
    assert with_id(codec(WRAPPED), "ask", Ask(room="a"), "meta.requestId", DEEP, lambda: U)[1] is None


def test_an_id_beside_the_payload() -> None:
    frame, id = with_id(codec(WRAPPED), "ask", Ask(room="ä"), "id", BESIDE, lambda: 7)
    assert (frame.decode(), id) == ('{"op":"ask","data":{"room":"ä"},"id":7}', "7")


@pytest.mark.parametrize(
    ("envelope", "correlation", "frame", "id"),
    [
        (FLAT, PLAIN, b'{"op":"told","price":1,"reqId":7}', "7"),
        (WRAPPED, PLAIN, b'{"op":"told","data":{"price":1,"reqId":7}}', "7"),
        (WRAPPED, PLAIN, b'{"op":"told","data":{"price":1}}', None),
        (WRAPPED, DEEP, b'{"op":"told","data":{"price":1,"meta":{"requestId":"%s"}}}' % U.upper().encode(), U),
        (WRAPPED, DEEP, b'{"op":"told","data":{"price":1}}', None),
        (WRAPPED, BESIDE, b'{"op":"told","data":{"price":1},"id":"x"}', "x"),
    ],
)
def test_replies_are_read(envelope: Envelope, correlation: Correlation, frame: bytes, id: str | None) -> None:
    each = codec(envelope)
    key, payload = each.decode(frame)
    assert id_text(reader(each, key, correlation.reply, correlation)(payload, frame)) == id


@pytest.mark.parametrize(
    ("envelope", "correlation", "frame"),
    [
        (FLAT, PLAIN, b'{"op":"told","price":"high","reqId":7}'),
        (WRAPPED, PLAIN, b'{"op":"told","data":{"price":"high","reqId":7}}'),
        (WRAPPED, BESIDE, b'{"op":"told","data":[],"id":7}'),
    ],
)
def test_replies_that_are_not_valid_are_read(envelope: Envelope, correlation: Correlation, frame: bytes) -> None:
    with pytest.raises(Undecodable) as caught:
        codec(envelope).decode(frame)
    assert id_text(read_raw(caught.value.payload, frame, correlation.reply, correlation)) == "7"


def test_uuids_are_never_the_same_whatever_the_randomness() -> None:
    ids = Ids(lambda: 0.5)
    made = {ids.new("uuid") for _ in range(1_000)}
    assert len(made) == 1_000
    assert {UUID(str(each)).version for each in made} == {4}


@pytest.mark.parametrize("value", [None, True, False, [], {}, Meta()])
def test_what_is_no_id(value: Any) -> None:
    assert id_text(value) is None


def test_ids_are_compared_by_their_text() -> None:
    assert {id_text(7), id_text("7"), id_text(7.0)} == {"7"}
    assert id_text(UUID(U)) == U
    assert id_text(7.5) == "7.5"
