"""Write `specs/trading.asyncapi.json`, as the trading server gives it: `python -m tests.servers.document`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.servers import TradingServer, trading_server

PATH = Path(__file__).parents[2] / "specs" / "trading.asyncapi.json"


def document_text(server: TradingServer) -> str:
    """The text of the document that a running server publishes."""
    return json.dumps(server.admin.document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with trading_server() as server:
        PATH.write_text(document_text(server), encoding="utf-8", newline="\n")
    print(f"wrote {PATH.name}")
