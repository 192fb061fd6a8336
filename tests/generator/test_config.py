from __future__ import annotations

from pathlib import Path

import pytest
from wsgen.config import Config, Verbs, find_config, load_config
from wsgen.problems import Problem, Problems, Stop


def written(folder: Path, text: str, name: str = "wsgen.toml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def load(folder: Path, text: str, name: str = "wsgen.toml") -> tuple[Config, list[Problem]]:
    problems = Problems()
    config = load_config(folder, problems, written(folder, text, name))
    return config, list(problems)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    problems = Problems()
    config = load_config(tmp_path, problems, None)
    assert (config.clients, len(problems)) == ((), 0)
    assert config.defaults.models == "pydantic"
    assert config.defaults.fakes
    assert config.defaults.domain("bars").topic == "server"


def test_a_whole_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config, problems = load(
        tmp_path,
        """
        [tool.wsgen]
        strict_enums = true
        fakes = false

        [[tool.wsgen.client]]
        input = "specs/datafeed.asyncapi.json"
        output = "src/clients/datafeed"
        url_env = "DATAFEED_WS_URL"
        rename = { QuoteData = "Quote" }

        [tool.wsgen.client.domains.bars]
        topic = "bars:{symbol}:{resolution}"
        route = { symbol = "symbol" }
        delivery = { policy = "latest", key = "symbol" }
        reply = { status = "state", ok = ["accepted", true] }

        [tool.wsgen.client.domains."broker.orders"]
        route = "connection"
        verbs = { update = ["filled", "placed"], unsubscribe = "" }
        """,
        "pyproject.toml",
    )
    assert problems == []
    (client,) = config.clients
    assert client.input == "specs/datafeed.asyncapi.json"
    assert client.output == Path("src/clients/datafeed")
    assert (client.url_env, client.strict_enums, client.fakes) == ("DATAFEED_WS_URL", True, False)
    assert client.rename == {"QuoteData": "Quote"}
    bars = client.domain("bars")
    assert (bars.topic, bars.route) == ("bars:{symbol}:{resolution}", {"symbol": "symbol"})
    assert bars.delivery is not None
    assert (bars.delivery.policy, bars.delivery.key) == ("latest", "symbol")
    assert (bars.reply.status, bars.reply.ok) == ("state", ("accepted", True))
    assert client.domain("broker.orders").route == "connection"
    assert client.domain("broker.orders").verbs == Verbs("subscribe", "", ("filled", "placed"))
    assert client.domain("bars").verbs == Verbs()


def test_an_unknown_key_has_its_line_and_a_suggestion(tmp_path: Path) -> None:
    text = '[[client]]\ninput = "a.json"\n\n[client.domains.bars]\ntopic = "server"\nrout = "connection"\n'
    _, (problem,) = load(tmp_path, text)
    assert (problem.code, problem.level) == ("WSG902", "error")
    assert (problem.place.line, problem.place.column) == (6, 1)
    assert problem.message == "`rout` is not a key of this table"
    assert problem.help == "did you mean `route`?"


def test_an_unknown_key_of_the_second_client_is_placed_there(tmp_path: Path) -> None:
    text = '[[client]]\ninput = "a.json"\n[[client]]\ninput = "b.json"\noutptu = "b"\n'
    _, (problem,) = load(tmp_path, text)
    assert (problem.place.line, problem.help) == (5, "did you mean `output`?")


def test_a_key_in_an_inline_table_has_its_column(tmp_path: Path) -> None:
    text = '[[client]]\ninput = "a.json"\n[client.domains]\nbars = { topic = "server", rute = "connection" }\n'
    _, (problem,) = load(tmp_path, text)
    assert (problem.place.line, problem.place.column) == (4, 28)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("output = 3", "WSG903", "`output` must be a string that is not empty, and is the number 3"),
        ('strict_enums = "yes"', "WSG903", '`strict_enums` must be true or false, and is the string "yes"'),
        ("rename = { A = 1 }", "WSG903", "`rename` must be a table of strings, none of them empty, and is a table"),
        ("domains = []", "WSG903", "`domains` must be a table, and is a list"),
        (
            'url_env = "1 X"',
            "WSG903",
            '`url_env` must be the name of an environment variable, and is the string "1 X"',
        ),
        (
            'perspective = "sever"',
            "WSG904",
            '`perspective` must be one of "auto", "server", "client", and is "sever"',
        ),
        (
            'target = "typscript"',
            "WSG904",
            '`target` must be one of "python", "typescript", and is "typscript"',
        ),
    ],
)
def test_wrong_values(tmp_path: Path, line: str, code: str, message: str) -> None:
    _, (problem,) = load(tmp_path, f'[[client]]\ninput = "a.json"\n{line}\n')
    assert (problem.code, problem.message, problem.place.line) == (code, message, 3)


@pytest.mark.parametrize(
    ("text", "line", "column", "help"),
    [
        ("deliverry = { }", 3, 1, "did you mean `delivery`?"),
        ("delivery = { policy = 'fail', limitt = 3 }", 3, 31, "did you mean `limit`?"),
        ("heartbeat.type = 'ping'\nheartbeat.interval = 1\nheartbeat.replly = 'pong'", 5, 1, "did you mean `reply`?"),
        ("[client.verbs]\nsubscripe = 'x'", 4, 1, "did you mean `subscribe`?"),
        ("[client.domains.a]\nreply.statuss = 'x'", 4, 1, "did you mean `status`?"),
        ("[client.domains.'a.b'.delivery]\npolicy = 'fail'\nkeyy = 'x'", 5, 1, "did you mean `key`?"),
        ("domains.a.verbs = { updates = 'x' }", 3, 21, "did you mean `update`?"),
        ("zzz = 1", 3, 1, "known here are `allow_refs`, "),
    ],
)
def test_unknown_keys_at_every_depth(tmp_path: Path, text: str, line: int, column: int, help: str) -> None:
    _, (problem,) = load(tmp_path, f'[[client]]\ninput = "a.json"\n{text}\n')
    assert (problem.code, problem.place.line, problem.place.column) == ("WSG902", line, column)
    assert problem.help.startswith(help)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("strict_topic = 1", "`strict_topic` must be true or false, and is the number 1"),
        ("pipeline = 'no'", '`pipeline` must be true or false, and is the string "no"'),
        ("readme = []", "`readme` must be true or false, and is a list"),
        ("output = ''", '`output` must be a string that is not empty, and is the string ""'),
        ("envelope = true", "`envelope` must be the property that wraps payloads, or false, and is true"),
        ("perspective = 1", '`perspective` must be one of "auto", "server", "client", and is the number 1'),
        ("models = 'attrs'", '`models` must be one of "pydantic", "msgspec", and is "attrs"'),
        (
            "heartbeat = { type = 'a', interval = 0 }",
            "`interval` must be a number of seconds above 0, and is the number 0",
        ),
        (
            "heartbeat = { type = 'a', interval = inf }",
            "`interval` must be a number of seconds above 0, and is the number inf",
        ),
        ("heartbeat = { interval = 1 }", "`heartbeat` needs `type`"),
        (
            "heartbeat = { type = 'a', interval = 1, payload = 2026-01-01 }",
            "`payload` must be a payload as JSON can say it, without dates and infinities, and is a date",
        ),
        ("delivery = { policy = 'fail', limit = 0 }", "`limit` must be a whole number above 0, and is the number 0"),
        (
            "domains.a.route = true",
            '`route` must be "connection", "broadcast", or a table with pairs of update field and parameter, '
            "and is true",
        ),
        ("runtime = 'shared'", '`runtime = "shared"` needs `runtime_output`, the folder of the one copy'),
    ],
)
def test_wrong_values_say_both_sides(tmp_path: Path, line: str, message: str) -> None:
    _, (problem,) = load(tmp_path, f'[[client]]\ninput = "a.json"\n{line}\n')
    assert (problem.level, problem.message, problem.place.line) == ("error", message, 3)


def test_a_key_of_json_that_stands_twice(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, '{"input": "a",\n "input": "b"}', "wsgen.json")
    assert (problem.code, problem.place.line) == ("WSG901", 2)
    assert problem.related[0][0].line == 1


def test_null_is_no_value(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, '{"input": "a", "verbs": null}', "wsgen.json")
    assert problem.message == "`verbs` must be a table, and is null"


def test_clients_stand_on_what_holds_for_all(tmp_path: Path) -> None:
    config, problems = load(
        tmp_path,
        """
        strict_enums = true
        rename = { A = "B" }
        verbs = { subscribe = "listen" }
        delivery = { policy = "fail" }
        domains.bars.topic = "bars:{symbol}"
        [[client]]
        input = "a.json"
        strict_enums = false
        rename = { C = "D" }
        verbs = { update = ["tick"] }
        [client.domains.bars]
        strict_topic = true
        verbs = { unsubscribe = "" }
        """,
    )
    assert problems == []
    (client,) = config.clients
    assert (client.strict_enums, client.rename) == (False, {"A": "B", "C": "D"})
    bars = client.domain("bars")
    assert (bars.topic, bars.strict_topic) == ("bars:{symbol}", True)
    assert bars.verbs == Verbs("listen", "", ("tick",))
    assert client.domain("other").verbs == Verbs("listen", "unsubscribe", ("tick",))
    assert bars.delivery is not None
    assert bars.place_of("delivery").line == 5


@pytest.mark.parametrize(
    "text",
    [
        "strict_topic = true",
        "domains.a.strict_topic = true",
        "strict_topic = true\ndomains.a.route = 'broadcast'",
        "runtime_output = 'x'",
    ],
)
def test_keys_that_can_do_nothing_are_noted(tmp_path: Path, text: str) -> None:
    _, (problem,) = load(tmp_path, f'[[client]]\ninput = "a.json"\n{text}\n')
    assert (problem.code, problem.level, problem.place.line) == ("WSG905", "note", 3)


def test_latest_needs_its_key(tmp_path: Path) -> None:
    text = 'input = "a.json"\n[domains.bars]\ndelivery = { policy = "latest" }\n'
    _, (problem,) = load(tmp_path, text)
    assert (problem.code, problem.place.line) == ("WSG903", 3)


def test_a_client_without_input(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, '[[client]]\noutput = "x"\n')
    assert (problem.code, problem.help) == ("WSG903", 'add `input = "asyncapi.json"`')


def test_text_that_is_no_toml_stops(tmp_path: Path) -> None:
    problems = Problems()
    with pytest.raises(Stop):
        load_config(tmp_path, problems, written(tmp_path, "a = \n"))
    (problem,) = problems
    assert (problem.code, problem.place.line) == ("WSG901", 1)


def test_a_named_file_that_is_not_there_stops(tmp_path: Path) -> None:
    problems = Problems()
    with pytest.raises(Stop):
        load_config(tmp_path, problems, tmp_path / "none.toml")
    assert [problem.code for problem in problems] == ["WSG901"]


def test_the_keys_of_the_older_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """{
      "input": "backend/asyncapi.json",
      "output": "src/plugins",
      "baseClass": "wsClientBase.ts",
      "template": "factory",
      "options": {"generateTypes": true, "generateMocks": false, "generateTests": true, "generateDocs": false}
    }"""
    config, (problem,) = load(tmp_path, text, "wsgen.json")
    assert config.clients[0].input == "backend/asyncapi.json"
    assert (problem.code, problem.level) == ("WSG905", "note")
    assert "`baseClass`, `template`, `options.generateTests` have no effect" in problem.message
    assert (config.clients[0].fakes, config.clients[0].readme) == (False, False)


def test_unknown_keys_of_json_have_lines(tmp_path: Path) -> None:
    text = '{\n  "client": [\n    {"input": "a", "outputs": "b"}\n  ]\n}'
    _, (problem,) = load(tmp_path, text, "wsgen.json")
    assert (problem.code, problem.place.line, problem.place.column) == ("WSG902", 3, 20)


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    file = written(tmp_path, '[[client]]\ninput = "specs/a.json"\n[[client]]\ninput = "shop.app:service"\n')
    assert find_config(Path()) == file
    config = load_config(Path(), Problems())
    assert [client.input for client in config.clients] == ["../specs/a.json", "shop.app:service"]


def test_a_pyproject_without_our_table_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep", '[project]\nname = "wsgen-user"\n', "pyproject.toml")
    outer = written(tmp_path, 'input = "a.json"\n')
    assert find_config(tmp_path / "deep") == outer


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('models = "msgspec"', '`models` is for `target = "python"` alone, and this client is `"typescript"`'),
        ("typed_formats = true", "`typed_formats` is for"),
        ("picows = true", "`picows` is for"),
        ('url_env = "URL"', "`url_env` is for"),
        ('runtime = "shared"\nruntime_output = "r"', "`runtime` is for"),
    ],
)
def test_a_client_in_typescript_has_no_settings_of_python(tmp_path: Path, line: str, says: str) -> None:
    _, problems = load(tmp_path, f'[[client]]\ninput = "a.json"\ntarget = "typescript"\n{line}\n')
    assert {problem.code for problem in problems} == {"WSG915"}
    assert problems[0].place.line == 4
    assert problems[0].message.startswith(says)


def test_a_client_in_python_has_no_import_extension(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, '[[client]]\ninput = "a.json"\nimport_extension = ".ts"\n')
    assert (problem.code, problem.place.line) == ("WSG915", 3)


def test_what_holds_for_all_clients_is_for_those_of_its_target(tmp_path: Path) -> None:
    config, problems = load(
        tmp_path,
        """
        models = "msgspec"
        runtime = "shared"
        runtime_output = "runtime"
        import_extension = "none"
        strict_enums = true

        [[client]]
        input = "a.json"

        [[client]]
        input = "b.json"
        target = "typescript"
        """,
    )
    assert problems == []
    python, typescript = config.clients
    assert (python.models, python.runtime, python.import_extension) == ("msgspec", "shared", ".js")
    assert (typescript.models, typescript.runtime, typescript.import_extension) == ("pydantic", "vendored", "none")
    assert python.strict_enums
    assert typescript.strict_enums
