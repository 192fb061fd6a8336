"""Whom `trading-3.asyncapi.yaml` describes: told with its evidence, and said otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "specs" / "trading-3.asyncapi.yaml").read_text("utf-8")
SAID = TEXT.replace("\ninfo:\n", "\ninfo:\n  x-wsgen-perspective: client\n")
CONFIGURED = '[[tool.wsgen.client]]\ninput = "trading.yaml"\nperspective = "{}"\n'


@pytest.mark.parametrize(
    ("document", "configuration", "value", "reason"),
    [
        (TEXT, "", "server", "`subscribeBars` has action receive and a reply"),
        (TEXT, CONFIGURED.format("client"), "client", "the configuration says client"),
        (SAID, "", "client", "the document itself says client"),
        (SAID, CONFIGURED.format("server"), "server", "the configuration says server"),
    ],
    ids=["evidence", "key", "extension", "both"],
)
def test_it_is_printed_and_can_be_said(
    document: str,
    configuration: str,
    value: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from wsgen.cli import main

    monkeypatch.chdir(tmp_path)
    Path("trading.yaml").write_text(document, "utf-8")
    if configuration:
        Path("wsgen.toml").write_text(configuration, "utf-8")

    def printed(*options: str) -> str:
        with pytest.raises(SystemExit) as end:
            main(["inspect", "trading.yaml", *options])
        assert end.value.code == 0
        return capsys.readouterr().out

    assert printed().splitlines()[1:3] == [f"the document describes the {value}", f"  because {reason}"]
    found: dict[str, Any] = json.loads(printed("--json"))
    assert (found["perspective"]["value"], found["perspective"]["certain"]) == (value, True)
    sent = {each["id"] for each in found["messages"] if each["direction"] == "to_server"}
    assert ("bars.subscribe" in sent, "bars.update" in sent) == (value == "server", value == "client")
