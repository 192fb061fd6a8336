"""What generated codecs in TypeScript take frames for, beside what the frames were made up as."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsgen.config import ClientSettings
from wsgen.operations import ClientConnection
from wsgen.pipeline import understand
from wsgen.problems import Problems

from tests.corpus.conversations import encoded
from tests.corpus.frames import KINDS, Case, described

from .tools import HERE, NodeTools

__all__ = ["Told", "frames_of", "payload_of", "protocols_of", "told"]

_PROTOCOL = re.compile(r"^export const (\w+): \w*Protocol\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose message a receiver can tell, or that is one of several that arrive together.

    Attributes:
        key: of what consumers get.
        payload: what they get; of a binary frame, nothing that JSON has.
    """

    case: Case
    key: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Told:
    """What a codec says of a frame: its message and payload, or what is wrong with it.

    Attributes:
        again: whether the other side writes it as it was.
        kept: whether what the other side writes is the same message with the same payload.
    """

    document: Path
    frame: Frame
    key: str
    payload: Any
    again: bool
    kept: bool

    @property
    def right(self) -> bool:
        payload = self.frame.case.frame == "binary" or self.payload == self.frame.payload
        return self.key == self.frame.key and payload and self.kept

    def __str__(self) -> str:
        frame = self.frame
        read = f"{self.key} with {self.payload!r}{'' if self.kept else ' once'}"
        return f"{self.document.name}: {frame.case.value!r} is {read}, not {frame.key} with {frame.payload!r}"


def frames_of(document: Path) -> Iterator[Frame]:
    """All frames of a document that say what they are."""
    client = understand(ClientSettings(input=str(document)), Problems()).client
    for each in described(document, client):
        connection = client.connections[each.connection]
        received = each.message.direction == "from_server"
        for case in (each.case(kind, value) for kind in KINDS for value in each.values[kind]):
            standing = received and case.delivered != case.key
            if not (case.certain or standing) or (standing and case.frame == "text" and _is_json(_text(case))):
                continue
            empty = each.message.payload is None and case.frame == "json" and not standing
            payload = None if empty else payload_of(connection, case)
            yield Frame(case, case.delivered if received else case.key, payload)


def payload_of(connection: ClientConnection, case: Case) -> Any:
    """What consumers of a frame get, or callers give."""
    if case.frame != "json":
        return _text(case)
    rule = connection.rule if case.direction == "from_server" else connection.sent_rule
    wrapper = connection.envelope.payload if rule is None else None
    return case.value if wrapper is None else case.value.get(wrapper)


def protocols_of(package: Path) -> list[str]:
    """The names of its protocols, in the order of its connections."""
    return _PROTOCOL.findall((package / "protocol.ts").read_text("utf-8"))


def told(tools: NodeTools, packages: Mapping[Path, Path], folder: Path) -> list[Told]:
    """All frames of these documents, as their packages read them. What is made on the way is put into `folder`."""
    given = [(document, frame) for document in packages for frame in frames_of(document)]
    used = list(dict.fromkeys(document for document, _ in given))
    entry = folder / "everything.ts"
    entry.write_text("\n".join([*_script([packages[document] for document in used]), ""]), "utf-8")
    script = tools.bundle(entry, folder / "messages.mjs")
    frames = [
        [used.index(document), frame.case.connection, _side(frame), _text(frame.case)] for document, frame in given
    ]
    answers = json.loads(tools.node(script, stdin=json.dumps(frames)))
    return [Told(document, frame, *answer) for (document, frame), answer in zip(given, answers, strict=True)]


def _script(packages: Sequence[Path]) -> Iterator[str]:
    lists: list[str] = []
    for number, package in enumerate(packages):
        module = (package / "protocol.ts").resolve()
        names = protocols_of(package)
        lists.append(f"[{', '.join(f'of{number}.{name}' for name in names)}]")
        yield f'import * as of{number} from "{module.with_suffix(".js").as_posix()}";'
    yield f'import {{ play }} from "{(HERE / "messages.js").as_posix()}";'
    yield f"play([{', '.join(lists)}]);"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _side(frame: Frame) -> str:
    side = "server" if frame.case.direction == "to_server" else "client"
    return f"{side} binary" if frame.case.frame == "binary" else side


def _text(case: Case) -> str:
    return encoded({"value": case.value, "frame": case.frame}).decode(errors="ignore")
