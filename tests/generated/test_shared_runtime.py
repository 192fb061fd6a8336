"""Packages that share one runtime: they import it, checkers find nothing, and a build keeps all of them right."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generator.rule_examples import run_wsgen

from .packages import SPECS

PROGRAM = """
import asyncio
from {trading} import BarsSubscriptionRequest, TradingClient
from {trading}.fakes import FakeTradingServer
from {trading}.runtime import Subscription
from {quotes} import QuotesClient
from {quotes}.runtime import Subscription as Same
assert Subscription is Same
assert TradingClient.__mro__[1] is QuotesClient.__mro__[1]

async def main() -> None:
    server = FakeTradingServer()
    async with TradingClient("ws://fake", transport=server.transport) as trading:
        await trading.bars.subscribe(BarsSubscriptionRequest(symbol="AAPL"), print)
        assert len(server.subscriptions) == 1

asyncio.run(main())
print("done")
"""
QUOTES = """\
asyncapi: 2.6.0
info: {title: Quotes, version: 1.0.0}
channels:
  /quotes:
    subscribe: {message: {name: quote, payload: {type: object}}}
"""

Project = Callable[[str, str], Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Makes a project with two clients in a folder, and the runtime in another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quotes.yaml").write_text(QUOTES, "utf-8")

    def make(clients: str, runtime: str) -> Path:
        text = f'runtime = "shared"\nruntime_output = "{runtime}"\n'
        for name, source in (("trading", SPECS / "trading.asyncapi.json"), ("quotes", "quotes.yaml")):
            text += f'[[client]]\ninput = {json.dumps(str(source))}\noutput = "{clients}/{name}"\n'
        (tmp_path / "wsgen.toml").write_text(text + "fakes = false\n", "utf-8")
        return tmp_path

    return make


LAYOUTS = [
    ("src/shop/clients", "src/shop/clients/runtime", "src", "shop.clients", "from ..runtime import"),
    ("src/shop/clients", "src/shop/ws", "src", "shop.clients", "from ...ws import"),
    (".", "ws_runtime", ".", "", "from ws_runtime import"),
    ("clients", "base/ws", ".", "clients", "from base.ws import"),
]


@pytest.mark.parametrize(("clients", "runtime", "root", "package", "line"), LAYOUTS)
def test_they_import_it(project: Project, clients: str, runtime: str, root: str, package: str, line: str) -> None:
    folder = project(clients, runtime)
    code, out, err = run_wsgen("build")
    assert (code, "error" in err) == (0, False), err
    assert out.startswith(f"shared runtime → {runtime}/ (")
    trading = folder / clients / "trading"
    assert not (trading / "_runtime").exists()
    assert line in (trading / "client.py").read_text("utf-8")
    assert not any("_runtime" in path.read_text("utf-8").replace("ws_runtime", "") for path in trading.glob("*.py"))
    names = {name: f"{package}.{name}".removeprefix(".") for name in ("trading", "quotes")}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(**names)],
        cwd=folder / root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "done\n", "")


@pytest.mark.parametrize(("clients", "runtime", "root", "package", "line"), LAYOUTS[::2])
def test_type_checkers_find_nothing(
    project: Project, clients: str, runtime: str, root: str, package: str, line: str
) -> None:
    folder = project(clients, runtime)
    run_wsgen("build", "--no-verify")
    names = [f"{package}.{name}".removeprefix(".") for name in ("trading", "quotes")]
    options = ["--strict", "--config-file=", "--cache-dir", str(folder / "cache"), "--namespace-packages"]
    mypy = [sys.executable, "-m", "mypy", *options, *(word for name in names for word in ("-p", name))]
    done = subprocess.run(mypy, cwd=folder / root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (folder / root / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    pyright = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", "."]
    done = subprocess.run(pyright, cwd=folder / root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_is_left_to_format_or_unused(project: Project) -> None:
    folder = project("src/shop/clients", "src/a_package_with_a_name/that_is_rather_long_for_a_package/and_below_it/ws")
    run_wsgen("build", "--no-verify")
    clients = ["src/shop/clients/trading", "src/shop/clients/quotes"]
    for options in (["format", "--line-length", "110", "--diff"], ["check", "--ignore-noqa", "--select", "F"]):
        command = [sys.executable, "-m", "ruff", *options[:1], "--isolated", *options[1:], *clients]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout


class TestBuild:
    def test_a_second_one_writes_nothing(self, project: Project) -> None:
        folder = project("clients", "clients/runtime")
        run_wsgen("build")
        before = {path: path.stat().st_mtime_ns for path in (folder / "clients").rglob("*")}
        code, out, _ = run_wsgen("build")
        assert code == 0
        assert out.splitlines()[0] == "shared runtime → clients/runtime/ (up to date)"
        assert {path: path.stat().st_mtime_ns for path in (folder / "clients").rglob("*")} == before
        assert run_wsgen("build", "--check")[0] == 0

    def test_check_sees_the_shared_copy(self, project: Project) -> None:
        folder = project("clients", "clients/runtime")
        run_wsgen("build")
        module = folder / "clients" / "runtime" / "errors.py"
        text = module.read_text("utf-8")
        module.write_text(text + "# mine\n", "utf-8")
        code, out, err = run_wsgen("build", "--check")
        assert (code, "# mine" in out, "clients/runtime/errors.py" in err) == (1, True, True)
        assert run_wsgen("build")[0] == 1
        assert module.read_text("utf-8").endswith("# mine\n")
        assert run_wsgen("build", "--force")[0] == 0
        assert module.read_text("utf-8") == text
        module.unlink()
        assert run_wsgen("build", "--check")[0] == 1
        assert run_wsgen("build")[0] == 0
        assert module.read_text("utf-8") == text

    def test_one_client_of_the_configuration_keeps_what_the_others_need(self, project: Project) -> None:
        folder = project("clients", "clients/runtime")
        run_wsgen("build")
        assert run_wsgen("build", "quotes.yaml")[0] == 0  # which has no fakes itself
        assert (folder / "clients" / "runtime" / "fakes.py").exists()
        assert run_wsgen("build", "--check")[0] == 0

    def test_to_a_shared_runtime_and_back(self, project: Project) -> None:
        folder = project("clients", "clients/runtime")
        shared = (folder / "wsgen.toml").read_text("utf-8")
        (folder / "wsgen.toml").write_text("\n".join(shared.split("\n")[2:]), "utf-8")
        run_wsgen("build")
        own = {path: path.read_bytes() for path in (folder / "clients" / "quotes").rglob("*") if path.is_file()}
        assert (folder / "clients" / "quotes" / "_runtime").is_dir()
        (folder / "wsgen.toml").write_text(shared, "utf-8")
        assert run_wsgen("build", "--check")[0] == 1
        run_wsgen("build")
        assert not (folder / "clients" / "quotes" / "_runtime").exists()
        (folder / "wsgen.toml").write_text("\n".join(shared.split("\n")[2:]), "utf-8")
        run_wsgen("build")
        now = {path: path.read_bytes() for path in (folder / "clients" / "quotes").rglob("*") if path.is_file()}
        assert now == own

    def test_another_place_is_another_import(self, project: Project) -> None:
        folder = project("clients", "clients/runtime")
        run_wsgen("build")
        project("clients", "base/ws")
        run_wsgen("build")
        assert "from base.ws import" in (folder / "clients" / "quotes" / "client.py").read_text("utf-8")
        assert run_wsgen("build", "--check")[0] == 0

    def test_the_folder_of_a_client_is_taken(self, project: Project) -> None:
        project("clients", "clients/trading")
        code, _, err = run_wsgen("build")
        assert (code, "WSG908" in err) == (2, True)
