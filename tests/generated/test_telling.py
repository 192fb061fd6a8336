"""Documents of each way to tell messages apart, built, imported and talked to: the right listener hears each frame."""

from __future__ import annotations

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from wsgen.model import Json

from tests.transports import picows_lent_to

from .packages import SPECS, from_document, write

Heard = list[tuple[str, Any]]

HEARD: Mapping[str, Sequence[tuple[object, str]]] = {
    "tell-by-pairs": [
        ({"op": 10, "interval": 5}, "on_hello"),
        ({"op": 0, "t": "READY", "user": "u"}, "on_ready"),
        ({"op": 0, "t": "RESUMED"}, "on_resumed"),
    ],
    "tell-by-lists": [
        ({"type": "typing_stop", "user": "u"}, "on_typing"),
        ({"type": "said", "text": "t"}, "on_said"),
        ({"type": "room_opened", "room": "r"}, "on_room_opened"),
        ({"type": "room_closed", "room": "r"}, "on_room_closed"),
    ],
    "tell-by-keys": [
        ({"partial": "a"}, "on_partial"),
        ({"text": "a", "id": 1}, "on_final"),
        ({"Err": "no"}, "on_outcome"),
    ],
    "tell-by-types": [
        ([{"id": "a"}], "on_devices"),
        ({"id": "a"}, "on_device"),
        (3, "on_count"),
        ("hb", "on_heartbeat"),
    ],
    "tell-by-positions": [([1, "hb"], "on_hb"), ([1, "trade", 2.5], "on_trade"), ([1, [1.5]], "on_book")],
    "tell-by-frames": [
        (b"\x00\x01", "on_audio"),
        ({"type": "begin", "id": "i"}, "on_begin"),
        ({"type": "end"}, "on_end"),
        ("not JSON", "on_note"),
    ],
    "tell-one-from-a-tag": [
        ({"jsonrpc": "2.0", "method": "changed"}, "on_changed"),
        ({"jsonrpc": "2.0", "method": "moved"}, "on_moved"),
        ({"jsonrpc": "2.0", "id": 1, "result": "x"}, "on_result"),
    ],
    "tell-true-from-one": [
        ({"ok": True, "text": "t"}, "on_confirmed"),
        ({"ok": 1, "count": 2}, "on_counted"),
        ({"ok": False}, "on_refused"),
        ({"ok": 0}, "on_empty"),
    ],
    "tell-by-discriminator": [({"kind": "Cat", "lives": 9}, "on_pet"), ({"kind": "gone"}, "on_gone")],
    "tell-by-address": [({"channel": "trades", "price": 1.5}, "on_trades"), ({"channel": "quotes"}, "on_quotes")],
}

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
UNDIVIDED: Json = {
    "asyncapi": "3.0.0",
    "info": {"title": "Undivided", "version": "1.0.0"},
    "channels": {
        "feed": {
            "address": "/",
            "messages": {
                "opened": {
                    "payload": {"type": "object", "properties": {"by": {"type": "string"}, "at": {"type": "integer"}}}
                },
                "closed": {
                    "payload": {"type": "object", "properties": {"why": {"type": "string"}, "at": {"type": "integer"}}}
                },
                "tick": {"payload": {"type": "array", "items": {"type": "number"}}},
            },
        }
    },
    "operations": {"tell": {"action": "send", "channel": {"$ref": "#/channels/feed"}}},
}
NOTES: Json = {
    "asyncapi": "3.0.0",
    "info": {"title": "Notes", "version": "1.0.0"},
    "channels": {
        "feed": {
            "address": "/",
            "messages": {
                "note": {"contentType": "text/plain", "payload": TEXT},
                "name": {"payload": TEXT},
            },
        }
    },
    "operations": {"tell": {"action": "send", "channel": {"$ref": "#/channels/feed"}}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All packages; each is called like its document."""
    root = tmp_path_factory.mktemp("telling")
    for name in HEARD:
        package = name.replace("-", "_")
        write(from_document(SPECS / "valid" / f"{name}.yaml", root, package), root / package)
    write(from_document(UNDIVIDED, root, "undivided_feed"), root / "undivided_feed")
    write(from_document(SPECS / "valid" / "null-payloads.yaml", root, "null_payloads"), root / "null_payloads")
    write(from_document(NOTES, root, "notes"), root / "notes")
    sys.path.insert(0, str(root))
    try:
        yield root
    finally:
        sys.path.remove(str(root))


def facade(package: Any) -> Any:
    (name,) = [name for name in package.__all__ if name.endswith("Client")]
    return getattr(package, name)


async def talk(package: Any, frames: Sequence[object], **options: Any) -> tuple[Heard, list[Any]]:
    """What the listeners of a client hear of a server on a real socket, and what is strange to it."""
    heard: Heard = []
    strange: list[Any] = []

    async def speak(connection: ServerConnection) -> None:
        for frame in frames:
            raw = isinstance(frame, bytes) or frame == "not JSON"
            await connection.send(frame if raw else json.dumps(frame))  # type: ignore[arg-type]  # text or bytes
        await connection.close()

    async with serve(speak, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = facade(package)(f"ws://127.0.0.1:{port}", **options)
        client.connection.on_unknown = strange.append
        for name in dir(client):
            if name.startswith("on_"):
                getattr(client, name)(lambda payload, name=name: heard.append((name, payload)))
        async with client:
            for _ in range(200):
                if len(heard) + len(strange) >= len(frames):
                    break
                await asyncio.sleep(0.01)
    return heard, strange


@pytest.mark.parametrize("name", HEARD)
def test_every_frame_reaches_its_listener(folder: Path, name: str, transport: str) -> None:
    package = importlib.import_module(name.replace("-", "_"))
    with picows_lent_to(package.__name__):
        heard, _ = asyncio.run(talk(package, [frame for frame, _ in HEARD[name]], transport=transport))
    assert [listener for listener, _ in heard[: len(HEARD[name])]] == [listener for _, listener in HEARD[name]]


def test_what_cannot_be_told_apart_is_read_by_the_application(folder: Path) -> None:
    package = importlib.import_module("undivided_feed")
    runtime = importlib.import_module("undivided_feed.runtime")
    errors = importlib.import_module("undivided_feed.errors")
    heard, _ = asyncio.run(talk(package, [{"why": "late", "at": 3}, [1.5]]))
    (_, message), (listener, tick) = heard[:2]
    assert message.raw == {"why": "late", "at": 3}
    assert runtime.read_as(message, package.Closed) == package.Closed(why="late", at=3)
    assert (listener, tick) == ("on_tick", [1.5])
    wrong, _ = asyncio.run(talk(package, [{"at": "soon"}]))
    with pytest.raises(errors.InvalidPayload):
        runtime.read_as(wrong[0][1], package.Opened)


def test_a_text_is_read_as_it_came_also_where_it_looks_like_json(folder: Path) -> None:
    package, runtime = importlib.import_module("notes"), importlib.import_module("notes.runtime")
    heard, _ = asyncio.run(talk(package, [7, "not JSON", "Ann"]))
    assert [runtime.read_as(message, str) for _, message in heard[:3]] == ["7", "not JSON", "Ann"]


def test_null_is_sent_where_the_document_requires_it(folder: Path) -> None:
    package = importlib.import_module("null_payloads")
    runtime = importlib.import_module("null_payloads.runtime")

    async def converse() -> tuple[list[bytes], list[object]]:
        transport = runtime.MemoryTransport()
        heard: list[object] = []
        async with package.PollClient("ws://test", transport=transport) as polls:
            polls.on_nothing_new(heard.append)
            await polls.poll()
            transport.connections[-1].send(b"null")
        async with package.CommandsClient("ws://test", transport=transport) as commands:
            commands.on_started(heard.append)
            await commands.start()
            await commands.stop()
            transport.connections[-1].send(b'{"type":"started"}')
        return [frame for each in transport.connections for frame in each.received], heard

    frames, heard = asyncio.run(converse())
    assert frames == [b"null", b'{"type":"start","payload":null}', b'{"type":"stop"}']
    assert heard == [None, None]


def test_fakes_send_null_too(folder: Path) -> None:
    package = importlib.import_module("null_payloads")
    fakes = importlib.import_module("null_payloads.fakes")

    async def converse() -> tuple[list[object], list[str]]:
        server = fakes.FakePollServer()
        heard: list[object] = []
        async with package.PollClient("ws://fake", transport=server.transport) as polls:
            polls.on_nothing_new(heard.append)
            await polls.poll()
            server.push_nothing_new()
        return heard, [each.message for each in server.received]

    assert asyncio.run(converse()) == ([None], ["poll"])


def test_fakes_send_any_of_them_and_take_binary_frames(folder: Path) -> None:
    undivided, frames = importlib.import_module("undivided_feed"), importlib.import_module("tell_by_frames")
    fakes = importlib.import_module("undivided_feed.fakes"), importlib.import_module("tell_by_frames.fakes")

    async def converse() -> tuple[list[Any], list[Any], list[Any]]:
        heard: list[Any] = []
        server = fakes[0].FakeUndividedFeedServer()
        async with facade(undivided)("ws://fake", transport=server.transport) as client:
            client.on_message(heard.append)
            server.push_message(undivided.Opened(by="me"))
        notes: list[Any] = []
        other = fakes[1].FakeTellByFramesServer()
        async with facade(frames)("ws://fake", transport=other.transport) as client:
            client.on_audio(notes.append)
            client.on_note(notes.append)
            await client.audio(b"\x01")
            await client.note("text, not JSON")
            other.push_audio(b"\x02")
            other.push_note("hello")
            await asyncio.sleep(0)
        return heard, notes, [(each.message, each.payload) for each in other.received]

    heard, notes, received = asyncio.run(converse())
    assert [each.raw for each in heard] == [{"by": "me"}]
    assert notes == [b"\x02", "hello"]
    assert received == [("audio", b"\x01"), ("note", "text, not JSON")]


APPLICATION = """
from undivided_feed import Closed, Opened, UndividedFeedClient, UndividedFeedMessage
from undivided_feed.runtime import Undivided, read_as


def on_message(message: UndividedFeedMessage) -> str | None:
    either: Undivided[Opened | Closed] = message
    opened: Opened = read_as(either, Opened)
    closed: Closed = read_as(message, Closed)
    return opened.by or closed.why


def follow(client: UndividedFeedClient) -> None:
    client.on_message(lambda message: print(on_message(message)))
"""


def test_type_checkers_find_nothing(folder: Path) -> None:
    (folder / "application.py").write_text(APPLICATION, "utf-8")
    packages = [word for name in ("undivided_feed", "tell_by_frames", "tell_by_keys") for word in ("-p", name)]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(folder / "cache")]
    done = subprocess.run([*command, *packages], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([*command, "application.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_type_checkers_refuse_a_model_that_is_none_of_them(folder: Path) -> None:
    wrong = (
        APPLICATION + "\n\nclass Other: ...\n\n\ndef f(m: Undivided[Opened | Closed]) -> None:\n    read_as(m, Other)\n"
    )
    (folder / "wrong.py").write_text(wrong, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(folder / "cache"),
        "wrong.py",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("error:")) == (1, 1), done.stdout
