"""What clients in TypeScript and servers say to each other, by made-up frames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wsgen.config import ClientSettings
from wsgen.operations import Client
from wsgen.pipeline import understand
from wsgen.problems import Problems

from tests.corpus.conversations import encoded
from tests.corpus.exchanges import Exchange, exchanges
from tests.corpus.frames import Case, described

from .frames import payload_of, protocols_of
from .tools import HERE, NodeTools

__all__ = ["Talked", "talked"]


_FAKE = re.compile(r"^export class (\w+) extends \w*FakeServer\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Talked:
    """An exchange, and what is not as it should be; None where all is well."""

    document: Path
    exchange: Exchange
    wrong: str | None

    def __str__(self) -> str:
        return f"{self.document.name}: {self.exchange.kind} {self.exchange.key}: {self.wrong}"


def talked(tools: NodeTools, packages: Mapping[Path, Path], folder: Path) -> list[Talked]:
    """All exchanges of these documents, by their packages. What is made on the way is put into `folder`."""
    clients = {document: understand(ClientSettings(input=str(document)), Problems()).client for document in packages}
    given = [
        (document, exchange)
        for document, client in clients.items()
        for exchange in exchanges(client, described(document, client))
        if not exchange.outside
    ]
    numbers = {document: number for number, document in enumerate(packages)}
    entry = folder / "talks.ts"
    entry.write_text("\n".join([*_script(packages), ""]), "utf-8")
    script = tools.bundle(entry, folder / "talks.mjs")
    talks = [_talk(numbers[document], clients[document], exchange) for document, exchange in given]
    answers = json.loads(tools.node(script, stdin=json.dumps(talks)))
    return [Talked(*pair, answer) for pair, answer in zip(given, answers, strict=True)]


def _script(packages: Mapping[Path, Path]) -> Iterator[str]:
    clients: list[str] = []
    for number, package in enumerate(packages.values()):
        modules = sorted(each for each in package.glob("*.ts") if each.stem not in ("fakes", "index", "models"))
        names = [f"m{number}_{index}" for index, _ in enumerate(modules)]
        for name, module in zip(names, modules, strict=True):
            yield f'import * as {name} from "{module.resolve().with_suffix(".js").as_posix()}";'
        protocol = names[[module.stem for module in modules].index("protocol")]
        protocols = ", ".join(f"{protocol}.{each}" for each in protocols_of(package))
        yield f'import * as f{number} from "{(package / "fakes.js").resolve().as_posix()}";'
        fakes = ", ".join(f"f{number}.{each}" for each in _FAKE.findall((package / "fakes.ts").read_text("utf-8")))
        clients.append(f"{{ protocols: [{protocols}], fakes: [{fakes}], modules: [{', '.join(names)}] }}")
    yield f'import {{ play }} from "{(HERE / "talks.js").as_posix()}";'
    yield f"void play([{', '.join(clients)}]);"


def _talk(number: int, client: Client, exchange: Exchange) -> dict[str, object]:
    return {
        "client": number,
        "connection": exchange.connection,
        "kind": exchange.kind,
        "key": exchange.key,
        "keys": exchange.keys,
        "begin": _said(client, exchange.begin),
        "follow": [_said(client, case) for case in exchange.follow],
    }


def _said(client: Client, case: Case | None) -> dict[str, object] | None:
    if case is None:
        return None
    received = case.direction == "from_server"
    return {
        "key": case.delivered if received else case.key,
        "text": encoded({"value": case.value, "frame": case.frame}).decode(errors="ignore"),
        "binary": case.frame == "binary",
        "payload": payload_of(client.connections[case.connection], case),
        "certain": case.certain,
    }
