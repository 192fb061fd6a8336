"""`wsgen init`, as in a new repository: what it finds, where it writes, and that a build follows."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from wsgen.cli.discovery import find_documents

from .reading import SPECS
from .rule_examples import run_wsgen

QUOTES = """\
asyncapi: 2.6.0
info: {title: Quotes API, version: 1.0.0}
channels:
  /quotes:
    subscribe: {message: {name: quote, payload: {type: object}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(path: str, text: str = QUOTES) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, "utf-8")


def outputs(file: str) -> list[tuple[str, str]]:
    clients = tomllib.loads(Path(file).read_text("utf-8"))["tool"]["wsgen"]["client"]
    return [(client["input"], client["output"]) for client in clients]


def test_it_is_followed_by_a_build(folder: Path) -> None:
    shutil.copy(SPECS / "trading.asyncapi.json", folder / "trading.asyncapi.json")
    document("specs/quotes.yaml")
    code, out, err = run_wsgen("init")
    assert (code, err) == (0, "")
    assert out == (
        "wsgen.toml: 2 clients\n"
        "  specs/quotes.yaml → clients/quotes/\n"
        "  trading.asyncapi.json → clients/trading/\n"
        "next: wsgen build\n"
    )
    assert run_wsgen("build")[0] == 0
    assert (folder / "clients" / "trading" / "bars.py").is_file()
    assert (folder / "clients" / "quotes" / "client.py").is_file()


def test_what_the_document_leaves_open_stands_there_and_settles_it(folder: Path) -> None:
    shutil.copy(SPECS / "trading.asyncapi.json", folder / "trading.asyncapi.json")
    run_wsgen("init")
    assert "WSG425" in run_wsgen("build")[2]
    text = Path("wsgen.toml").read_text("utf-8")
    assert text.count("# domains.alerts.route") == 3
    Path("wsgen.toml").write_text(text.replace("# domains.alerts.route", "domains.alerts.route", 1), "utf-8")
    assert "WSG425" not in run_wsgen("build")[2]


def test_every_comment_is_a_key_that_can_be_taken(folder: Path) -> None:
    document("quotes.yaml")
    run_wsgen("init")
    lines = Path("wsgen.toml").read_text("utf-8").splitlines()
    keys = [line.removeprefix("# ") for line in lines if line.startswith("# ") and " = " in line]
    assert len(keys) == 3
    kept = "\n".join(line for line in lines if not line.startswith("#"))
    Path("wsgen.toml").write_text(kept + "\n" + "\n".join(keys).replace("bars.*", "*"), "utf-8")
    code, _, err = run_wsgen("build")
    assert (code, err) == (0, "")
    assert "url_env" in (folder / "clients" / "quotes" / "protocol.py").read_text("utf-8")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["x = 1", 'x = "no end of line"'])
def test_a_pyproject_keeps_every_byte(ending: str, last: str) -> None:
    document("quotes.yaml")
    former = ending.join(["# a comment", "[project]", 'name = "shop"', "", "[tool.other]", last])
    former = former + ending if last == "x = 1" else former
    Path("pyproject.toml").write_bytes(former.encode())
    assert run_wsgen("init")[0] == 0
    content = Path("pyproject.toml").read_bytes()
    assert content.startswith(former.encode())
    assert (b"\r\n" in content) == (ending == "\r\n")
    assert content.count(b"\n") == content.count(ending.encode())
    assert outputs("pyproject.toml") == [("quotes.yaml", "clients/quotes")]
    assert run_wsgen("build")[0] == 0


@pytest.mark.parametrize(
    ("name", "files", "output"),
    [
        ("shop", [], "clients/quotes"),
        ("my-shop", ["my_shop/__init__.py"], "my_shop/clients/quotes"),
        ("my.shop", ["src/my_shop/__init__.py", "src/other/__init__.py"], "src/my_shop/clients/quotes"),
        ("shop", ["src/other/__init__.py"], "src/other/clients/quotes"),
        ("shop", ["src/a/__init__.py", "src/b/__init__.py"], "src/clients/quotes"),
    ],
)
def test_clients_go_into_the_projects_package(name: str, files: list[str], output: str) -> None:
    document("quotes.yaml")
    for file in files:
        document(file, "")
    document("pyproject.toml", f'[project]\nname = "{name}"\n')
    run_wsgen("init")
    assert outputs("pyproject.toml") == [("quotes.yaml", output)]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("wsgen.toml", "# mine\n"),
        ("wsgen.json", "{}"),
        ("pyproject.toml", "[tool.wsgen]\nfakes = false\n"),
    ],
)
def test_a_configuration_is_never_changed(file: str, text: str) -> None:
    document("quotes.yaml")
    document(file, text)
    code, out, err = run_wsgen("init")
    assert (code, out) == (2, "")
    assert f"`{file}` holds a configuration already, and is left as it is" in err
    assert Path(file).read_text("utf-8") == text
    assert sorted(path.name for path in Path().iterdir()) == sorted(["quotes.yaml", file])


def test_a_pyproject_that_is_no_toml_is_left() -> None:
    document("quotes.yaml")
    document("pyproject.toml", "a = \n")
    code, _, err = run_wsgen("init")
    assert (code, "pyproject.toml" in err, "WSG901" in err) == (2, True, True)
    assert Path("pyproject.toml").read_text("utf-8") == "a = \n"


def test_a_tool_that_cannot_be_added_to() -> None:
    document("quotes.yaml")
    document("pyproject.toml", "tool = { other = 1 }\n")
    code, _, err = run_wsgen("init")
    assert (code, "WSG901" in err) == (2, True)
    assert Path("pyproject.toml").read_text("utf-8") == "tool = { other = 1 }\n"


def test_nothing_is_found() -> None:
    document("openapi.yaml", "openapi: 3.0.0\n")
    code, _, err = run_wsgen("init")
    assert (code, "name one: `wsgen init SPEC`" in err) == (2, True)
    assert not Path("wsgen.toml").exists()


def test_documents_of_one_title_get_folders_of_their_own() -> None:
    for path in ("v1/quotes.yaml", "v2/quotes.yaml", "v2/again.yaml"):
        document(path)
    run_wsgen("init")
    assert outputs("wsgen.toml") == [
        ("v1/quotes.yaml", "clients/quotes"),
        ("v2/again.yaml", "clients/quotes_v2"),
        ("v2/quotes.yaml", "clients/quotes_2"),
    ]
    assert run_wsgen("build")[0] == 0


def test_a_document_that_cannot_be_built_waits_in_a_comment() -> None:
    document("good.yaml")
    document("bad.yaml", "asyncapi: 2.6.0\ninfo: {title: \"Bad\\nTitle\", version: '1'}\nchannels: 3\n")
    code, out, _ = run_wsgen("init")
    assert code == 0
    assert "bad.yaml → no client yet, see the comment" in out
    assert outputs("wsgen.toml") == [("good.yaml", "clients/quotes")]
    assert '# input = "bad.yaml"' in Path("wsgen.toml").read_text("utf-8")
    assert run_wsgen("build")[0] == 0


def test_documents_can_be_named() -> None:
    document("a.yaml")
    document("b.yaml")
    run_wsgen("init", "b.yaml")
    assert outputs("wsgen.toml") == [("b.yaml", "clients/quotes")]


def test_what_is_looked_at(folder: Path) -> None:
    for path in (
        *("a.yaml", "deep/er/b.yml", "c.json", "upper.YAML", "src/asyncapi.yaml"),
        *("node_modules/x/n.yaml", ".git/g.yaml", ".hidden/h.yaml", "env/e.yaml", "mine/v.yaml", ".dot.yaml", "t.txt"),
    ):
        document(path, QUOTES if not path.endswith(".json") else '{"info": {"x": "asyncapi"}, "asyncapi": "2.6.0"}')
    document("mine/pyvenv.cfg", "")
    document("fragment.yaml", "Bar: {type: object}\n")
    document("openapi.json", '{"openapi": "3.0.0", "info": {"description": "not asyncapi: 2"}}')
    document("broken.yaml", "asyncapi: 2.0.0\n[")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    found = [path.as_posix() for path in find_documents(Path())]
    assert found == ["a.yaml", "c.json", "deep/er/b.yml", "src/asyncapi.yaml", "upper.YAML"]


@pytest.mark.parametrize(
    ("files", "arguments", "output", "extension"),
    [
        ([], ["--target", "typescript"], "clients/quotes", ".js"),
        (["package.json"], [], "clients/quotes", ".js"),
        (["package.json", "src/main.ts"], [], "src/clients/quotes", ".js"),
        (["deno.json"], [], "clients/quotes", ".ts"),
        (["deno.jsonc", "package.json"], [], "clients/quotes", ".ts"),
        (["src/shop/__init__.py"], ["--target", "typescript"], "src/clients/quotes", ".js"),
    ],
)
def test_a_configuration_for_typescript(
    files: list[str], arguments: list[str], output: str, extension: str, folder: Path
) -> None:
    document("quotes.yaml")
    for file in files:
        document(file, "{}")
    code, out, _ = run_wsgen("init", *arguments)
    assert (code, out.splitlines()[0]) == (0, "wsgen.toml: 1 client in TypeScript")
    (client,) = tomllib.loads(Path("wsgen.toml").read_text("utf-8"))["tool"]["wsgen"]["client"]
    expected = {"input": "quotes.yaml", "output": output, "target": "typescript", "import_extension": extension}
    assert client == expected
    assert run_wsgen("build")[0] == 0
    assert f'from "./client{extension}"' in (folder / output / "index.ts").read_text("utf-8")


@pytest.mark.parametrize(
    ("files", "arguments"), [(["package.json", "pyproject.toml"], []), (["package.json"], ["--target", "python"])]
)
def test_a_project_of_python_that_has_npm_besides(files: list[str], arguments: list[str], folder: Path) -> None:
    document("quotes.yaml")
    for file in files:
        document(file, "")
    run_wsgen("init", *arguments)
    assert run_wsgen("build")[0] == 0
    assert (folder / "clients" / "quotes" / "client.py").is_file()


def test_every_comment_for_typescript_is_a_key_that_can_be_taken() -> None:
    document("quotes.yaml")
    run_wsgen("init", "--target", "typescript")
    lines = Path("wsgen.toml").read_text("utf-8").splitlines()
    keys = [line.removeprefix("# ") for line in lines if line.startswith("# ") and " = " in line]
    assert [key.split(" = ")[0] for key in keys] == ["include", "fakes"]
    text = "\n".join([*(line for line in lines if not line.startswith("#")), *keys])
    Path("wsgen.toml").write_text(text.replace("bars.*", "*"), "utf-8")
    assert run_wsgen("build")[0] == 0
    assert not Path("clients/quotes/fakes.ts").exists()
