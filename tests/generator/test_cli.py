from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import wsgen.pipeline
from wsgen.cli import main
from wsgen.cli.exits import exit_code
from wsgen.problems import Place, Problems
from wsgen.problems.rules import RULES

ROOT = Path(__file__).parents[2]
TRADING = ROOT / "specs" / "trading.asyncapi.json"

QUOTES = """\
asyncapi: 3.0.0
info: {title: Quotes WebSocket API, version: '1'}
channels:
  quotes:
    address: /quotes
    messages:
      ask: {payload: {type: object, properties: {type: {const: quotes.ask}, symbol: {type: string}}}}
      quote: {payload: {type: object, properties: {type: {const: quotes.quote}, bid: {type: number}}}}
operations:
  sendAsk:
    summary: Sent from the client to the server
    action: receive
    channel: {$ref: '#/channels/quotes'}
    messages: [{$ref: '#/channels/quotes/messages/ask'}]
  receiveQuote:
    summary: Sent from the server to the client
    action: send
    channel: {$ref: '#/channels/quotes'}
    messages: [{$ref: '#/channels/quotes/messages/quote'}]
"""


@dataclass(frozen=True, slots=True)
class Run:
    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a small document in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quotes.yaml").write_text(QUOTES, "utf-8")
    return tmp_path


@pytest.fixture
def wsgen_(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> Run:
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        assert isinstance(end.value.code, int)
        captured = capsys.readouterr()
        assert "Traceback (most recent" not in captured.err
        return Run(end.value.code, captured.out, captured.err)

    return run


def broken(folder: Path, old: str, new: str) -> None:
    assert old in QUOTES
    (folder / "quotes.yaml").write_text(QUOTES.replace(old, new), "utf-8")


class TestBuild:
    def test_a_document_alone_is_enough(self, folder: Path, wsgen_: Any) -> None:
        run = wsgen_("build", "quotes.yaml")
        assert (run.code, run.err) == (0, "")
        assert (folder / "quotes" / "client.py").is_file()
        assert run.out.startswith("quotes.yaml → quotes/ (")

    def test_every_build_shows_the_direction(self, folder: Path, wsgen_: Any) -> None:
        run = wsgen_("build", "quotes.yaml")
        lines = [" ".join(line.split()) for line in run.out.splitlines()]
        assert "the document describes the server" in lines
        assert "the client sends quotes.ask" in lines
        assert "the client receives quotes.quote" in lines

    def test_files_of_other_folders_are_allowed_by_an_option(self, folder: Path, wsgen_: Any) -> None:
        (folder / "api").mkdir()
        (folder / "shared").mkdir()
        (folder / "shared/price.yaml").write_text("{type: number}", "utf-8")
        text = """
asyncapi: 3.0.0
info: {title: Feed, version: 1.0.0}
channels:
  feed: {address: /, messages: {tick: {payload: {$ref: ../shared/price.yaml}}}}
operations:
  ticks: {action: send, channel: {$ref: '#/channels/feed'}}
"""
        (folder / "api/feed.yaml").write_text(text, "utf-8")
        refused = wsgen_("build", "api/feed.yaml")
        assert refused.code == 3
        assert "error[WSG305]" in refused.err
        assert "--allow-ref shared" in refused.err
        for command in ("validate", "inspect", "build"):
            assert wsgen_(command, "api/feed.yaml", "--allow-ref", "shared").code == 0
        assert (folder / "feed/client.py").is_file()

    def test_a_second_build_writes_nothing(self, folder: Path, wsgen_: Any) -> None:
        wsgen_("build", "quotes.yaml")
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        run = wsgen_("build", "quotes.yaml")
        assert "written" not in run.out
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before

    def test_two_folders_get_the_same_bytes(self, folder: Path, wsgen_: Any) -> None:
        for name in ("one", "two"):
            assert wsgen_("build", "quotes.yaml", "-o", f"{name}/quotes").code == 0
        one, two = (
            {
                path.relative_to(folder / name): path.read_bytes()
                for path in (folder / name).rglob("*")
                if path.is_file()
            }
            for name in ("one", "two")
        )
        assert one == two

    def test_with_several_documents_the_output_is_the_parent(self, folder: Path, wsgen_: Any) -> None:
        (folder / "trades.yaml").write_text(QUOTES.replace("Quotes WebSocket API", "Trades Service"), "utf-8")
        run = wsgen_("build", "quotes.yaml", "trades.yaml", "-o", "clients")
        assert run.code == 0
        assert sorted(path.name for path in (folder / "clients").iterdir()) == ["quotes", "trades"]

    def test_an_invalid_document_leaves_all_clients_alone(self, folder: Path, wsgen_: Any) -> None:
        (folder / "bad.yaml").write_text("asyncapi: 3.0.0\ninfo: 3\n", "utf-8")
        run = wsgen_("build", "quotes.yaml", "bad.yaml", "-o", "clients")
        assert run.code == 3
        assert not (folder / "clients").exists()

    def test_two_documents_with_one_name(self, folder: Path, wsgen_: Any) -> None:
        (folder / "again.yaml").write_text(QUOTES, "utf-8")
        run = wsgen_("build", "quotes.yaml", "again.yaml")
        assert (run.code, "WSG908" in run.err) == (2, True)
        assert not (folder / "quotes").exists()

    def test_the_configuration_names_the_clients(self, folder: Path, wsgen_: Any) -> None:
        (folder / "wsgen.toml").write_text('[[client]]\ninput = "*.yaml"\noutput = "src/live"\n', "utf-8")
        assert wsgen_("build").code == 0
        assert (folder / "src" / "live" / ".wsgen.json").is_file()

    def test_a_named_document_finds_its_client_in_the_configuration(self, folder: Path, wsgen_: Any) -> None:
        (folder / "wsgen.toml").write_text('[[client]]\ninput = "quotes.yaml"\noutput = "live"\n', "utf-8")
        assert wsgen_("build", "./quotes.yaml").code == 0
        assert (folder / "live").is_dir()

    def test_here_is_a_folder_with_a_name(self, folder: Path, wsgen_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "stock_quotes").mkdir()
        monkeypatch.chdir(folder / "stock_quotes")
        assert wsgen_("build", "../quotes.yaml", "-o", ".").code == 0
        assert "class StockQuotesClient" in (folder / "stock_quotes" / "client.py").read_text("utf-8")

    def test_an_edit_is_kept_without_force(self, folder: Path, wsgen_: Any) -> None:
        wsgen_("build", "quotes.yaml")
        (folder / "quotes" / "client.py").write_text("mine\n", "utf-8")
        run = wsgen_("build", "quotes.yaml")
        assert (run.code, "WSG606" in run.err) == (1, True)
        assert (folder / "quotes" / "client.py").read_text("utf-8") == "mine\n"
        assert wsgen_("build", "quotes.yaml", "--force").code == 0
        assert (folder / "quotes" / "client.py").read_text("utf-8") != "mine\n"

    def test_warnings_fail_where_it_is_strict(self, folder: Path, wsgen_: Any) -> None:
        lines = [line for line in QUOTES.splitlines(keepends=True) if "summary" not in line]
        silent = "".join(lines).replace("sendAsk", "one").replace("receiveQuote", "two")
        (folder / "quotes.yaml").write_text(silent, "utf-8")
        run = wsgen_("build", "quotes.yaml", "--strict")
        assert (run.code, "WSG402" in run.err) == (3, True)
        assert not (folder / "quotes").exists()
        assert wsgen_("build", "quotes.yaml").code == 0

    def test_output_of_ours_that_fails_is_a_fault_of_ours(
        self, folder: Path, wsgen_: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pathlib import PurePosixPath

        import wsgen.emit

        monkeypatch.setattr(wsgen.emit, "emit", lambda package, **how: {PurePosixPath("client.py"): "a = ("})
        run = wsgen_("build", "quotes.yaml")
        assert (run.code, "WSG601" in run.err) == (70, True)
        assert not (folder / "quotes").exists()
        assert wsgen_("build", "quotes.yaml", "--no-verify").code == 0

    def test_standard_input(self, folder: Path) -> None:
        command = [sys.executable, "-m", "wsgen.cli", "build", "-", "-o", "out"]
        run = subprocess.run(command, input=QUOTES.encode(), capture_output=True, check=False)
        assert (run.returncode, run.stderr) == (0, b"")
        assert json.loads((folder / "out" / ".wsgen.json").read_text("utf-8"))["documents"] == {}


class TestStrict:
    @pytest.mark.parametrize("command", ["build", "validate", "inspect"])
    def test_warnings_fail_with_strict_alone(self, folder: Path, wsgen_: Any, command: str) -> None:
        broken(folder, "version: '1'", "version: 1")
        plain, strict = wsgen_(command, "quotes.yaml"), wsgen_(command, "quotes.yaml", "--strict")
        assert (plain.code, strict.code) == (0, 3)
        assert "warning[WSG208]" in plain.err
        assert plain.err == strict.err


class TestExitCodes:
    def test_nothing_to_build_is_usage(self, folder: Path, wsgen_: Any) -> None:
        run = wsgen_("build")
        assert (run.code, "WSG907" in run.err) == (2, True)

    def test_an_unknown_option_is_usage(self, wsgen_: Any) -> None:
        assert wsgen_("build", "--forse").code == 2

    def test_a_wrong_configuration_is_usage(self, folder: Path, wsgen_: Any) -> None:
        (folder / "wsgen.toml").write_text('[[client]]\ninput = "quotes.yaml"\noutptu = "x"\n', "utf-8")
        run = wsgen_("build")
        assert run.code == 2
        assert "wsgen.toml:3:1: error[WSG902]: `outptu` is not a key of this table" in run.err
        assert "help: did you mean `output`?" in run.err

    def test_a_document_that_is_not_there_is_a_fault(self, folder: Path, wsgen_: Any) -> None:
        assert wsgen_("build", "nothing.yaml").code == 4

    def test_a_document_that_is_wrong(self, folder: Path, wsgen_: Any) -> None:
        broken(folder, "title: Quotes WebSocket API, ", "")
        assert wsgen_("validate", "quotes.yaml").code in (0, 3)
        (folder / "quotes.yaml").write_text("asyncapi: [", "utf-8")
        assert wsgen_("build", "quotes.yaml").code == 3

    def test_a_folder_that_cannot_be_written_is_a_fault(self, folder: Path, wsgen_: Any) -> None:
        (folder / "out").write_text("a file", "utf-8")
        run = wsgen_("build", "quotes.yaml", "-o", "out")
        assert (run.code, "WSG608" in run.err) == (4, True)

    def test_a_fault_of_ours_is_told_without_a_traceback(
        self, folder: Path, wsgen_: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: object, **options: object) -> None:
            raise ZeroDivisionError("by\x1b[31m zero")

        monkeypatch.setattr(wsgen.pipeline, "build_client", fail)
        run = wsgen_("build", "quotes.yaml")
        assert run.code == 70
        assert "ZeroDivisionError" in run.err
        assert "\x1b" not in run.err
        assert "report" in run.err

    def test_debug_shows_where(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: object, **options: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(wsgen.pipeline, "build_client", fail)
        with pytest.raises(SystemExit) as end:
            main(["build", "quotes.yaml", "--debug"])
        assert end.value.code == 70
        assert "Traceback" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("codes", "expected"),
        [
            ((), 0),
            (("WSG201",), 3),
            (("WSG101",), 4),
            (("WSG902",), 2),
            (("WSG606",), 1),
            (("WSG602",), 70),
            (("WSG201", "WSG606"), 3),
            (("WSG201", "WSG902"), 2),
            (("WSG201", "WSG603"), 70),
        ],
    )
    def test_the_gravest_problem_decides(self, codes: tuple[str, ...], expected: int) -> None:
        problems = Problems()
        for code in codes:
            problems.error(code, "wrong", Place("x"))
        problems.warning("WSG425", "perhaps", Place("x"))
        assert exit_code(problems, strict=False) == expected
        assert exit_code(problems, strict=True) == (expected if expected > 1 else 3)


class TestProblems:
    def test_a_problem_has_its_place_a_frame_and_help(self, folder: Path, wsgen_: Any) -> None:
        broken(folder, "{const: quotes.quote}", "{type: string}")
        broken_text = (folder / "quotes.yaml").read_text("utf-8")
        (folder / "quotes.yaml").write_text(
            broken_text.replace("      quote:", "      other: {payload: {type: object}}\n      quote:").replace(
                "    messages: [{$ref: '#/channels/quotes/messages/quote'}]",
                "    messages:\n      - {$ref: '#/channels/quotes/messages/quote'}\n"
                "      - {$ref: '#/channels/quotes/messages/other'}",
            ),
            "utf-8",
        )
        run = wsgen_("build", "quotes.yaml")
        assert run.code == 0
        assert "quotes.yaml:9:7: warning[WSG410]: `quote`, `other` cannot be told apart" in run.err
        assert "  9 |       quote: {payload:" in run.err
        assert "    |       ^^^^^\n" in run.err
        assert "  quotes.yaml:8:7: `other` looks the same" in run.err
        assert "  help: give each message a `const` of its own" in run.err

    def test_problems_as_json(self, folder: Path, wsgen_: Any) -> None:
        (folder / "wsgen.toml").write_text("outptu = 1\n", "utf-8")
        run = wsgen_("validate", "quotes.yaml", "--format", "json")
        (problem,) = json.loads(run.out)
        assert problem["code"] == "WSG902"
        assert problem["place"] == {"file": "wsgen.toml", "line": 1, "column": 1, "pointer": "/outptu"}

    @pytest.mark.parametrize("options", [[], ["--check"], ["--diff"], ["--verbose"]], ids=str)
    def test_of_a_build_as_json_are_all_of_standard_output(self, folder: Path, wsgen_: Any, options: list[str]) -> None:
        run = wsgen_("build", "quotes.yaml", "--format", "json", *options)
        found = [each["code"] for each in json.loads(run.out)]
        assert (found, run.code) == ((["WSG610"], 1) if options == ["--check"] else ([], 0))
        assert "quotes.yaml → quotes/" in run.err

    def test_text_of_a_document_cannot_steer_the_terminal(self, folder: Path, wsgen_: Any) -> None:
        broken(folder, "title: Quotes WebSocket API", r'title: "\e[31m[bold]Quotes\u202e"')
        run = wsgen_("inspect", "quotes.yaml")
        assert "\x1b" not in run.out + run.err
        assert "\u202e" not in run.out
        assert "[bold]Quotes" in run.out

    def test_a_document_in_one_line_is_shown_in_part(self, folder: Path, wsgen_: Any) -> None:
        text = json.dumps({"asyncapi": "3.0.0", "x-fill": "x" * 5000, "info": 3, "channels": {}})
        (folder / "long.json").write_text(text, "utf-8")
        run = wsgen_("validate", "long.json")
        assert run.code == 3
        assert all(len(line) < 300 for line in run.err.splitlines())
        assert "…" in run.err


class TestInspect:
    def test_the_table(self, wsgen_: Any) -> None:
        run = wsgen_("inspect", str(TRADING))
        lines = [line.split() for line in run.out.splitlines()]
        assert run.code == 0
        assert ["broker.orders", "subscribe", ".subscribe", ".subscribe.response"] in lines
        assert ["chat", "request", ".join", ".joined"] in lines
        assert ["chat", "push", ".message"] in lines
        assert ["request", "ping", "pong"] in lines

    def test_json(self, wsgen_: Any) -> None:
        answer = wsgen_("inspect", str(TRADING), "--json").answer
        assert answer["perspective"]["value"] == "server"
        assert answer["buildable"] is True
        quotes, release = [each for each in answer["operations"] if each["domain"] == "quotes"]
        assert (quotes["kind"], quotes["message"]) == ("subscription", "quotes.subscribe")
        assert quotes["replies"] == ["quotes.subscribe.response"]
        assert quotes["updates"] == ["quotes.update"]
        assert quotes["unsubscribe"] == "quotes.unsubscribe"
        assert (release["kind"], release["message"]) == ("request", "quotes.unsubscribe")
        assert (release["replies"], release["part_of"]) == (["quotes.unsubscribe.response"], "quotes.subscribe")
        (update,) = [each for each in answer["messages"] if each["id"] == "quotes.update"]
        assert update["direction"] == "from_server"
        assert update["discriminator"] == {"by": "constant", "property": "type", "value": "quotes.update"}

    @pytest.mark.parametrize("text", ["asyncapi: [", "asyncapi: 3.0.0\ninfo: 3\nchannels: {}\n", ""])
    def test_refused_documents_are_answered_too(self, folder: Path, wsgen_: Any, text: str) -> None:
        (folder / "bad.yaml").write_text(text, "utf-8")
        run = wsgen_("inspect", "bad.yaml", "--json")
        assert (run.code, run.answer["buildable"]) == (3, False)
        assert {"perspective", "messages", "operations"} <= run.answer.keys()
        assert run.answer["problems"]


class TestValidate:
    def test_several_documents(self, folder: Path, wsgen_: Any) -> None:
        (folder / "bad.yaml").write_text("asyncapi: [", "utf-8")
        run = wsgen_("validate", "quotes.yaml", "bad.yaml")
        assert (run.code, run.out) == (3, "")
        assert "bad.yaml:2:1: error[WSG105]" in run.err
        assert sorted(path.name for path in folder.iterdir()) == ["bad.yaml", "quotes.yaml"]


class TestExplain:
    def test_a_rule(self, wsgen_: Any) -> None:
        run = wsgen_("explain", "wsg425")
        assert run.code == 0
        assert run.out.startswith(f"WSG425: {RULES['WSG425'].title}")
        assert RULES["WSG425"].mend in " ".join(run.out.split())

    def test_an_unknown_code(self, wsgen_: Any) -> None:
        run = wsgen_("explain", "WSG42")
        assert run.code == 2
        assert "did you mean WSG4" in run.err


def test_version(wsgen_: Any) -> None:
    run = wsgen_("--version")
    assert run.code == 0
    assert run.out.startswith("wsgen ")


def in_a_process(code: str, *arguments: str) -> list[str]:
    """The names of the modules that a command line has loaded at its end."""
    script = (
        "import json, sys\n"
        "from wsgen.cli import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as end:\n"
        f"    assert end.code == {code}, end.code\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    modules: list[str] = json.loads(run.stdout.splitlines()[-1])
    return modules


HEAVY = {"datamodel_code_generator", "jinja2", "jsonschema", "websockets", "yaml"}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = {module.split(".")[0] for module in in_a_process("0", *arguments)}
    assert loaded & (HEAVY | {"pydantic"}) == set()


@pytest.mark.parametrize("arguments", [("build", "--help"), ("explain", "WSG425")])
def test_a_command_loads_what_it_needs(arguments: tuple[str, ...]) -> None:
    loaded = {module.split(".")[0] for module in in_a_process("0", *arguments)}
    assert loaded & HEAVY == set()


def test_a_document_is_understood_without_the_model_generator() -> None:
    loaded = {module.split(".")[0] for module in in_a_process("0", "inspect", str(TRADING))}
    assert loaded & {"datamodel_code_generator", "jinja2", "websockets"} == set()


def test_every_code_that_is_reported_has_its_rule() -> None:
    import re

    used: set[str] = set()
    for file in (ROOT / "generator" / "wsgen").rglob("*.py"):
        if "rules" not in file.parts:
            used |= set(re.findall(r'"(WSG\d{3})"', file.read_text("utf-8")))
    assert used - RULES.keys() == set()
