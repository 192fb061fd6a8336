"""One API in AsyncAPI 2.4, as FastWS publishes it, and in 3.1, as an author writes it: the client is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from wsgen.config import ClientSettings
from wsgen.operations import ClientConnection
from wsgen.pipeline import understand
from wsgen.problems import Problems

from generated_example.python import trading, trading_3

from .packages import SPECS

ACKNOWLEDGED = "chat.None"
"""FastWS answers what has no answer with this; a server that is none has no such message."""


def connections(document: str) -> dict[str, ClientConnection]:
    problems = Problems()
    found = understand(ClientSettings(input=str(SPECS / document), output=Path("trading")), problems)
    assert {problem.code for problem in problems} == {"WSG425"}
    assert found is not None
    return {each.channel: each for each in found.client.connections}


def bare(value: Any) -> Any:
    """The value without places, field by field."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {"": type(value).__name__, **{name: bare(each) for name, each in fields.items() if name != "place"}}
    if isinstance(value, Mapping):
        return {name: bare(each) for name, each in value.items()}
    return [bare(each) for each in value] if isinstance(value, tuple) else value


@pytest.fixture(scope="module")
def twins() -> tuple[ClientConnection, ClientConnection]:
    return connections("trading.asyncapi.json")["/"], connections("trading-3.asyncapi.yaml")["trading"]


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ClientConnection)])
def test_what_is_derived_is_the_same(field: str, twins: tuple[ClientConnection, ClientConnection]) -> None:
    old, new = twins
    if field in ("channel", "address", "servers", "security", "title", "description", "place"):
        return  # what the 3.1 document says besides
    if field in ("sent", "received"):
        by_key = [{each.key: bare(each) for each in getattr(one, field)} for one in twins]
        by_key[0].pop(ACKNOWLEDGED, None)
        assert by_key[0] == by_key[1]
        return
    without = [dataclasses.replace(domain, sends=_unacknowledged(domain.sends)) for domain in old.domains]
    expected = bare(tuple(without)) if field == "domains" else bare(getattr(old, field))
    assert bare(getattr(new, field)) == expected


def _unacknowledged(sends: Any) -> Any:
    return tuple(dataclasses.replace(send, acknowledgement=None) for send in sends)


def test_the_other_channel_is_a_connection_of_its_own() -> None:
    other = connections("trading-3.asyncapi.yaml")["marketData"]
    assert other.address == "/marketdata/{symbol}"
    taken = [(each.location, each.name, each.kinds, each.many, each.required) for each in other.arguments]
    assert taken == [
        ("path", "symbol", ("string",), False, True),
        ("query", "heartbeat", ("boolean",), False, False),
        ("query", "side", ("string",), True, False),
        ("query", "limit", ("integer",), False, False),
        ("header", "X-Client", ("string",), False, False),
    ]
    assert [[scheme.id for scheme in alternative] for alternative in other.security] == [["token"], ["key"]]


def test_the_models_are_the_same() -> None:
    names = [name for name in trading.__all__ if _is_model(getattr(trading, name))]
    assert len(names) > 15
    for name in names:
        assert getattr(trading, name).model_json_schema() == getattr(trading_3, name).model_json_schema()


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


@pytest.mark.parametrize("module", ["bars", "quotes", "broker_orders", "alerts", "chat"])
def test_the_modules_differ_in_their_connection_alone(module: str) -> None:
    old, new = (
        (SPECS.parent / "generated_example" / "python" / package / f"{module}.py").read_text("utf-8")
        for package in ("trading", "trading_3")
    )
    new = new.replace("TRADING_ADDRESS, TRADING_PROTOCOL", "PROTOCOL").replace(
        "TRADING_PROTOCOL, url, address=TRADING_ADDRESS", "PROTOCOL, url"
    )
    assert new == old.replace(f', acknowledgement="{ACKNOWLEDGED}"', "")
