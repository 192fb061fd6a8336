"""What a fake server makes up of texts with a format is valid by that format."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft7Validator, FormatChecker

from .packages import SPECS, from_document, write

DOCUMENT = SPECS / "valid/formats-of-confirmations.yaml"
SCHEMA = {
    "type": "object",
    "required": ["at", "id", "who", "place", "note"],
    "properties": {
        "at": {"format": "date-time", "minLength": 20},
        "id": {"format": "uuid"},
        "who": {"required": ["email"], "properties": {"email": {"format": "email"}}},
        "place": {"format": "uri", "pattern": "^http://"},
        "note": {"const": ""},
    },
}


@pytest.mark.parametrize("models", ["pydantic", "msgspec"])
async def test_confirmations(
    models: Literal["pydantic", "msgspec"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"moments_{models}"
    write(from_document(DOCUMENT, tmp_path, package, models=models), tmp_path / package)
    monkeypatch.syspath_prepend(tmp_path)
    module: Any = importlib.import_module(package)
    fakes: Any = importlib.import_module(f"{package}.fakes")
    server = next(kind for name, kind in vars(fakes).items() if name.startswith("FakeMoments"))()
    codec = importlib.import_module(f"{package}.protocol").PROTOCOL.codec
    answers: list[bytes] = []
    accept = server._accept

    def overheard(attempt: Any) -> None:
        """The fake's own way to accept, with an ear on what the client receives."""
        accept(attempt)
        receive = attempt.answer._wire.receiver.receive

        def receive_and_keep(frame: bytes) -> None:
            answers.append(frame)
            receive(frame)

        attempt.answer._wire.receiver.receive = receive_and_keep

    server.transport._serve = overheard
    client = next(kind for name, kind in vars(module).items() if name.endswith("Client") and hasattr(kind, "connect"))

    async with client("ws://fake", transport=server.transport) as moments:
        await moments.moments.subscribe(module.MomentsSubscribe(), lambda update: None)

    answer = json.loads(answers[0])
    assert codec.decode(answers[0])[0] == "moments.subscribe.response"
    assert not [*Draft7Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(answer)], answer
    assert answer.keys() == {"type", "at", "id", "who", "place", "note"}
    assert answer["who"] == {"email": "nobody@example.com"}
