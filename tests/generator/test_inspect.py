"""`wsgen inspect`: the table, and the JSON that docs/schemas/inspect.schema.json describes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from wsgen.cli.examples import example_of
from wsgen.problems.rules import RULES

from .reading import SPECS
from .rule_examples import run_wsgen, write_form
from .test_specs import INVALID, VALID

ROOT = Path(__file__).parents[2]
TRADING = SPECS / "trading.asyncapi.json"
CORPUS = Path(os.environ.get("WSGEN_CORPUS", "no corpus"))
DOCUMENTS = sorted(path for folder in ("ws", "multi", "other") for path in (CORPUS / folder).glob("*.*"))


def closed(schema: Any) -> Any:
    """The schema, without room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if found.get("type") in ("object", ["object", "null"]) and "properties" in found:
        found["additionalProperties"] = False
    return found


SCHEMAS = {
    name: json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    for name in ("inspect", "problems")
}
ANSWER = Draft202012Validator(closed(SCHEMAS["inspect"]))


def answer(path: Path) -> dict[str, Any]:
    code, out, err = run_wsgen("inspect", path.as_posix(), "--json")
    found: dict[str, Any] = json.loads(out)
    ANSWER.validate(found)
    if not found["buildable"]:
        assert code in (3, 4), err
    return found


def assert_names_refer_to_each_other(found: dict[str, Any]) -> None:
    ids = {message["id"] for message in found["messages"]}
    channels = {connection["channel"] for connection in found["connections"]}
    servers = {server["id"] for server in found["servers"]}
    schemes = {scheme["id"] for scheme in found["security"]}
    for connection in found["connections"]:
        assert set(connection["servers"]) <= servers
    for server in found["servers"]:
        assert {scheme for all_of in server["security"] for scheme in all_of} <= schemes
    for message in found["messages"]:
        assert message["connection"] in channels
    for operation in found["operations"]:
        assert operation["connection"] in channels
        named = [operation["message"], *operation["replies"], *operation["updates"]]
        assert {*named, *filter(None, [operation["unsubscribe"]])} <= ids


class TestSchema:
    def test_it_is_one(self) -> None:
        for schema in SCHEMAS.values():
            Draft202012Validator.check_schema(schema)

    def test_problems_have_one_form(self) -> None:
        for name in ("problem", "place"):
            assert SCHEMAS["inspect"]["$defs"][name] == SCHEMAS["problems"]["$defs"][name]

    @pytest.mark.parametrize("path", [TRADING, *VALID, *INVALID], ids=lambda path: path.name)
    def test_of_our_documents(self, path: Path) -> None:
        assert_names_refer_to_each_other(answer(path))

    @pytest.mark.parametrize("code", [code for code in RULES if code.startswith("WSG4")])
    def test_of_the_examples(self, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for mended in (False, True):
            write_form(example_of(code), tmp_path, mended=mended)
            assert_names_refer_to_each_other(answer(Path(example_of(code).parts[0].name)))

    @pytest.mark.skipif(not DOCUMENTS, reason="WSGEN_CORPUS names no folder with documents")
    def test_of_real_documents(self) -> None:
        for path in DOCUMENTS:
            assert_names_refer_to_each_other(answer(path))


def told(command: str, document: Path, *options: str) -> list[tuple[str, Any]]:
    """Codes and places of the problems that a command prints."""
    printed = json.loads(run_wsgen(command, document.as_posix(), *options)[1])
    return [(each["code"], each["place"]) for each in (printed["problems"] if isinstance(printed, dict) else printed)]


class TestProblems:
    def test_are_those_of_a_build(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Names that meet, patterns and defaults that cannot be used: what comes after the derivation, too."""
        monkeypatch.chdir(tmp_path)
        document = tmp_path / "quotes.yaml"
        document.write_text(UNLIKE, "utf-8")
        found = told("inspect", document, "--json")
        assert {"WSG462", "WSG465", "WSG480"} <= {code for code, _ in found}
        assert found == told("validate", document, "--format", "json")

    @pytest.mark.parametrize("document", [TRADING, *VALID, *INVALID], ids=lambda path: path.name)
    def test_of_our_documents_are_those_of_validate(self, document: Path) -> None:
        assert told("inspect", document, "--json") == told("validate", document, "--format", "json")

    @pytest.mark.parametrize("code", [code for code in RULES if code.startswith("WSG4") and code != "WSG463"])
    def test_of_the_examples_are_those_of_validate(
        self, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        document = Path(example_of(code).parts[0].name)
        for mended in (False, True):
            write_form(example_of(code), tmp_path, mended=mended)
            assert told("inspect", document, "--json") == told("validate", document, "--format", "json")

    def test_a_name_that_cannot_be_one_is_not_buildable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("trading.json").write_bytes(TRADING.read_bytes())
        Path("wsgen.toml").write_text('[[client]]\ninput = "trading.json"\nrename = { Quote = "1" }\n', "utf-8")
        found = answer(Path("trading.json"))
        assert (found["buildable"], [each["code"] for each in found["problems"]]) == (False, ["WSG425", "WSG482"])

    def test_the_model_generator_is_not_loaded_for_them(self, tmp_path: Path) -> None:
        code = f"""\
import contextlib, sys
from wsgen.cli import main
with contextlib.suppress(SystemExit):
    main(["inspect", {str(TRADING)!r}, "--json"])
sys.exit(any(name.startswith(("datamodel_code_generator", "pydantic", "jinja2")) for name in sys.modules))
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert (done.returncode, "WSG425" in done.stdout) == (0, True), done.stderr

    def test_as_json_are_all_of_standard_output(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        code, out, err = run_wsgen("inspect", str(TRADING), "--format", "json")
        assert (code, [each["code"] for each in json.loads(out)]) == (0, ["WSG425"])
        assert "connection" in err

    def test_stand_in_the_answer_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        code, out, err = run_wsgen("inspect", str(TRADING), "--json", "--format", "json", "--strict")
        assert (code, err) == (3, "")
        assert [each["code"] for each in json.loads(out)["problems"]] == ["WSG425"]


class TestAnswer:
    def test_of_subscriptions(self) -> None:
        found = answer(TRADING)
        alerts, ending = [each for each in found["operations"] if each["domain"] == "alerts"]
        assert alerts == {
            "connection": "/",
            "domain": "alerts",
            "kind": "subscription",
            "verb": "subscribe",
            "message": "alerts.subscribe",
            "replies": ["alerts.subscribe.response"],
            "updates": ["alerts.update"],
            "unsubscribe": "alerts.unsubscribe",
            "unsubscribe_replies": ["alerts.unsubscribe.response"],
            "parameters": [{"name": "level", "required": True}],
            "confirmation": {"status": "status", "message": "message", "topic": "topic", "ok": None},
            "topic_rule": None,
            "route": None,
            "certain": True,
            "warnings": ["WSG425"],
        }
        assert ending == {
            "connection": "/",
            "domain": "alerts",
            "kind": "request",
            "verb": "unsubscribe",
            "message": "alerts.unsubscribe",
            "replies": ["alerts.unsubscribe.response"],
            "updates": [],
            "unsubscribe": None,
            "certain": True,
            "part_of": "alerts.subscribe",
            "warnings": [],
        }

    def test_of_servers_security_and_parameters(self, tmp_path: Path) -> None:
        document = tmp_path / "quotes.yaml"
        document.write_text(CONNECTIONS, "utf-8")
        found = answer(document)
        assert found["servers"] == [
            {
                "id": "production",
                "url": "wss://{region}.example.com/v1",
                "protocol": "wss",
                "host": "{region}.example.com",
                "pathname": "/v1",
                "variables": [{"name": "region", "default": "eu", "enum": ["eu", "us"]}],
                "security": [["token"]],
            }
        ]
        assert found["security"] == [{"id": "token", "type": "http", "in": "", "name": "", "scheme": "bearer"}]
        (connection,) = found["connections"]
        assert connection["address"] == "/quotes/{symbol}"
        assert connection["parameters"] == [{"name": "symbol", "default": None, "enum": []}]
        assert (connection["security"], connection["heartbeat"]) == ([["token"]], None)
        assert connection["query"] == [{"name": "depth", "required": True}, {"name": "since", "required": False}]


CONNECTIONS = """\
asyncapi: 3.0.0
info: {title: Quotes, version: 1.0.0}
servers:
  production:
    host: '{region}.example.com'
    pathname: /v1
    protocol: wss
    variables: {region: {default: eu, enum: [eu, us]}}
    security: [{$ref: '#/components/securitySchemes/token'}]
channels:
  quotes:
    address: /quotes/{symbol}
    parameters: {symbol: {}}
    messages: {quote: {payload: {type: object}}}
    bindings: {ws: {query: {type: object, required: [depth], properties: {depth: {type: integer}, since: {}}}}}
operations:
  quotes: {action: send, summary: Sent by the server, channel: {$ref: '#/channels/quotes'}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
"""

UNLIKE = """\
asyncapi: 3.0.0
info: {title: Quotes, version: 1.0.0}
channels:
  quotes:
    address: /quotes
    messages:
      quote: {payload: {type: object, properties: {type: {const: quote}, bid: {type: string, pattern: '^(?=b)'}}}}
      Quote: {payload: {type: object, properties: {type: {const: Quote}, depth: {type: integer, default: deep}}}}
operations:
  quotes: {action: send, summary: Sent by the server, channel: {$ref: '#/channels/quotes'}}
"""

HEARTBEAT = """\
[[client]]
input = "trading.json"
heartbeat = { type = "ping", interval = 15, reply = "pong" }
"""

Inspect = Callable[..., list[str]]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """The lines that are printed at a width, or into a pipe."""

    def run(document: Path, width: int | None = None) -> list[str]:
        environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        if width is not None:
            environment["COLUMNS"] = str(width)
        done = subprocess.run(
            [sys.executable, "-m", "wsgen.cli", "inspect", str(document)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**environment, "PYTHONIOENCODING": "utf-8"},
            cwd=tmp_path,
            check=True,
        )
        return done.stdout.splitlines()

    return run


class TestTable:
    @pytest.mark.parametrize("width", [80, 120, None])
    def test_of_trading_fits(self, inspect: Inspect, width: int | None) -> None:
        lines = inspect(TRADING, width)
        start = next(index for index, line in enumerate(lines) if line.startswith("domain "))
        assert [line.split() for line in lines[start : start + 4]] == [
            ["domain", "operation", "sent", "received", "notes"],
            ["bars", "subscribe", ".subscribe", ".subscribe.response"],
            ["bars", "update", ".update", "server's", "topic"],
            ["bars", "unsubscribe", ".unsubscribe", ".unsubscribe.response"],
        ]
        assert "alerts         subscribe    .subscribe    .subscribe.response    WSG425" in lines
        assert len(lines[start:]) == 19
        assert all(line == line.rstrip() and len(line) <= (width or 200) for line in lines)

    def test_a_name_that_is_too_long_goes_on_below(self, inspect: Inspect, tmp_path: Path) -> None:
        document = tmp_path / "quotes.yaml"
        document.write_text(CONNECTIONS.replace("quote: {payload", f"{'q' * 100}: {{payload"), "utf-8")
        lines = inspect(document, 60)
        start = next(index for index, line in enumerate(lines) if line.startswith("operation "))
        assert "".join(lines[start:]).count("q") == 100
        assert all(len(line) <= 60 for line in lines[start:])
        assert inspect(document)[-1] == f"push       {'q' * 100}"

    def test_a_connection_shows_where_it_leads(self, inspect: Inspect, tmp_path: Path) -> None:
        document = tmp_path / "quotes.yaml"
        document.write_text(CONNECTIONS, "utf-8")
        lines = inspect(document, 120)
        start = lines.index("connection /quotes/{symbol}")
        assert lines[start:] == [
            "connection /quotes/{symbol}",
            "  server      production: wss://{region}.example.com/v1 (region = eu, of eu | us)",
            "  parameters  symbol",
            "  query       depth, since?",
            "  security    token http bearer",
            "  received    1 message, known by being the only one",
            "",
            "operation  received",
            "push       quote",
        ]

    def test_a_heartbeat_is_shown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("trading.json").write_bytes(TRADING.read_bytes())
        Path("wsgen.toml").write_text(HEARTBEAT, "utf-8")
        (connection,) = answer(Path("trading.json"))["connections"]
        assert connection["heartbeat"] == {"message": "ping", "interval": 15, "reply": "pong"}
        assert "  heartbeat  ping → pong, every 15 s" in run_wsgen("inspect", "trading.json")[1].splitlines()
