"""Run in an interpreter of its own: imports packages and plays their cases and exchanges. It imports nothing of wsgen.

Usage: python -m tests.corpus.probe WORK_FILE; the file is a list of {"package": folder, "cases": [case, ...],
"exchanges": [exchange, ...]}, the answer a line of JSON per package: {"package", "error" or null,
"played": {kind: count}, "faults": {kind: count}, "wrong": [sentence, ...]}.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from .conversations import Conversations, decoded, encoded


def main(work: Path) -> None:
    """Play the cases of every package that `work` names."""
    for entry in json.loads(work.read_text("utf-8")):
        answer: dict[str, Any] = {"package": entry["package"], "error": None, "played": {}, "faults": {}, "wrong": []}
        try:
            play = Play(Path(entry["package"]))
            for case in entry["cases"]:
                play.case(case)
            for exchange in entry["exchanges"]:
                play.exchange(exchange)
            answer |= {"played": dict(play.played), "wrong": play.wrong, "faults": dict(play.faults)}
        except Exception:
            answer["error"] = traceback.format_exc()
        print(json.dumps(answer), flush=True)


class Play:
    """The cases of one package."""

    def __init__(self, package: Path) -> None:
        sys.path.insert(0, str(package.parent))
        names = sorted(path.stem for path in package.glob("*.py"))
        self.modules = [importlib.import_module(f"{package.name}.{name}") for name in names if name != "__init__"]
        self.runtime = importlib.import_module(f"{package.name}._runtime")
        self.operations = importlib.import_module(f"{package.name}._runtime.operations")
        self.errors = importlib.import_module(f"{package.name}._runtime.errors")
        protocol = importlib.import_module(f"{package.name}.protocol")
        self.protocols = [each for each in vars(protocol).values() if isinstance(each, self.operations.Protocol)]
        self.codec = next(each for name, each in vars(protocol).items() if name.endswith("Codec"))
        self.envelope = protocol.Envelope
        self.conversations = Conversations(package.name, self.protocols)
        self.played: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.wrong: list[str] = []

    def case(self, case: Mapping[str, Any]) -> None:
        """Play one case; what is not as it should be is added to `wrong`."""
        kind = f"{case['kind']} {case['direction']}"
        protocol = self.protocols[case["connection"]]
        try:
            trouble = (self._received if case["direction"] == "from_server" else self._sent)(protocol, case)
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        self.played[kind] += 1
        if trouble:
            self.faults[kind] += 1
            self.wrong.append(f"{kind} {case['key']}: {trouble}; {json.dumps(case['value'])[:2000]}")

    def exchange(self, exchange: Mapping[str, Any]) -> None:
        """Play one exchange; the same."""
        kind = exchange["kind"]
        try:
            trouble = self.conversations.play(exchange, self._payload)
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}"
        self.played[kind] += max(1, len(exchange["follow"]))
        if trouble:
            self.faults[kind] += 1
            begin = exchange["begin"] and exchange["begin"]["value"]
            self.wrong.append(f"{kind} {exchange['key']}: {trouble}; {json.dumps(begin)[:1000]}")

    def _received(self, protocol: Any, case: Mapping[str, Any]) -> str | None:
        key, payload = self._decoded(protocol.codec, case)
        if key != case["delivered"]:
            return f"taken for `{key}`"
        if isinstance(payload, self.runtime.Undivided):
            trouble = self._read_as_one_of(protocol.codec, payload, case)
        else:
            trouble = self._compared(case, protocol.codec.reversed().encode(key, payload))
        if trouble:
            return trouble
        pushes = [each for each in self._all(self.operations.PushOperation) if key in each.messages]
        return asyncio.run(self._pushed(protocol, pushes[0], case)) if pushes else None

    def _decoded(self, codec: Any, case: Mapping[str, Any]) -> tuple[str, Any]:
        frame = encoded(case)
        key, payload = codec.decode_binary(frame) if case["frame"] == "binary" else codec.decode(frame)
        return key, payload

    def _compared(self, case: Mapping[str, Any], again: bytes) -> str | None:
        """What differs in a frame that was made of what came of the frame of a case."""
        if case["frame"] != "json":
            return None if again == encoded(case) else f"becomes {again[:80]!r}"
        return compare(case["value"], decoded(again), case["declared"])

    def _read_as_one_of(self, codec: Any, payload: Any, case: Mapping[str, Any]) -> str | None:
        """Of several messages that look alike, one must be what the frame is."""
        if case["frame"] != "json":
            text = self.runtime.read_as(payload, str)
            return None if text == encoded(case).decode() else f"becomes {text!r}"
        troubles: list[str] = []
        (union,) = get_args(codec._received[case["delivered"]])
        for model in get_args(union) if isinstance(union, UnionType) else (union,):
            if model is None or model is type(None):
                troubles.append("has no payload")
                continue
            try:
                read = self.runtime.read_as(payload, model)
            except self.errors.InvalidPayload as error:
                troubles.append(str(error))
                continue
            difference = self._compared(case, self._alone(model).reversed().encode("one", read))
            if difference is None:
                return None
            troubles.append(difference)
        return f"is none of those that it is with: {'; '.join(troubles)}"

    def _alone(self, model: object) -> Any:
        """A codec of one message that is its payload."""
        return self.codec(self.envelope("", None), sent={}, received={"one": model})

    async def _pushed(self, protocol: Any, operation: Any, case: Mapping[str, Any]) -> str | None:
        """Through a connection in memory: exactly one value must come."""
        transport = self.runtime.MemoryTransport()
        connection = self.runtime.Connection(protocol, "ws://test", {"transport": transport}, "")
        got: list[object] = []
        connection.listen(operation, got.append)
        await connection.connect()
        server = transport.connections[-1]
        (server.send_binary if case["frame"] == "binary" else server.send)(encoded(case))
        await asyncio.sleep(0)
        await connection.close()
        return None if len(got) == 1 else f"{len(got)} values reached the listener"

    def _sent(self, protocol: Any, case: Mapping[str, Any]) -> str | None:
        if case["certain"]:
            taken, _ = self._decoded(protocol.codec.reversed(), case)
            if taken != case["key"]:
                return f"taken for `{taken}` by the server"
        key, payload = case["key"], self._payload(protocol, case)
        difference = self._compared(case, protocol.codec.encode(key, payload))
        if difference:
            return difference
        sends = [each for each in self._all(self.operations.SendOperation) if each.message == key]
        return asyncio.run(self._handed_over(protocol, sends[0], payload, case)) if sends else None

    def _payload(self, protocol: Any, case: Mapping[str, Any]) -> Any:
        """What an application gives to send a case."""
        if case["certain"]:
            return self._decoded(protocol.codec.reversed(), case)[1]
        model = protocol.codec._sent_types[case["key"]]
        if model is None:
            return None
        if case["frame"] == "json":
            return self._alone(model).decode(encoded(case))[1]
        return case["value"] if case["frame"] == "text" else encoded(case)

    async def _handed_over(self, protocol: Any, operation: Any, payload: Any, case: Mapping[str, Any]) -> str | None:
        transport = self.runtime.MemoryTransport()
        connection = self.runtime.Connection(protocol, "ws://test", {"transport": transport}, "")
        await connection.connect()
        await connection.send(operation, payload)
        server = transport.connections[-1]
        frames = server.received_binary if case["frame"] == "binary" else server.received
        await connection.close()
        if len(frames) != 1:
            return f"{len(frames)} frames were sent"
        return self._compared(case, frames[0])

    def _all(self, kind: type) -> list[Any]:
        return [each for module in self.modules for each in vars(module).values() if isinstance(each, kind)]


def compare(before: Any, after: Any, declared: list[str], path: str = "$") -> str | None:
    """What differs, but for properties that nobody declares and constants that are always sent."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                difference = compare(value, after[name], declared, f"{path}.{name}")
                if difference:
                    return difference
            elif name in declared and not (path == "$" and value is None):  # a message without a payload
                return f"`{path}.{name}` is lost"
        return None
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"`{path}` has {len(after)} items"
        differences = (
            compare(one, other, declared, f"{path}[{index}]")
            for index, (one, other) in enumerate(zip(before, after, strict=True))
        )
        return next((each for each in differences if each), None)
    same = before == after and isinstance(before, bool) == isinstance(after, bool)
    return None if same else f"`{path}` becomes {json.dumps(after)[:80]}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
