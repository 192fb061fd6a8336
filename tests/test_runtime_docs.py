"""What `docs/runtime.md` says is so: its recipes run, its tables are those of the code, its diagrams are up to date."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from wsgen_runtime import errors
from wsgen_runtime.errors import ConnectionLost, HandshakeRejected
from wsgen_runtime.options import ConnectionOptions, SessionOptions
from wsgen_runtime.retry import judge
from wsgen_runtime.transitions import TABLE, Act, Happening, Held

from tests.diagrams import DOCUMENT, connection_diagram, subscription_diagram, with_diagrams
from tests.environments import environment
from tests.servers import REQUIREMENTS, TradingServer
from tests.test_readme import push_bars

TEXT = DOCUMENT.read_text("utf-8")
PACKAGES = Path(__file__).parents[1] / "generated_example" / "python"
RECIPES: dict[str, str] = dict(re.findall(r"^### ([^\n]+)\n\n```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def recipe(title: str, server: TradingServer | None = None) -> str:
    code = RECIPES[title]
    return code if server is None else code.replace("ws://localhost:8000/ws", server.url)


@contextmanager
def running(code: str, *interpreter: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a process of its own, where the example can be imported."""
    command = [*(interpreter or (sys.executable, "-W", "error")), "-c", code]
    process = subprocess.Popen(
        command, cwd=PACKAGES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def market(server: TradingServer) -> Iterator[None]:
    """Bars for whoever has subscribed."""
    stop = threading.Event()
    pushing = threading.Thread(target=push_bars, args=(server, stop))
    pushing.start()
    try:
        yield
    finally:
        stop.set()
        pushing.join()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a program that succeeds; what it printed since."""
    printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
    return printed


def until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.01)


def test_every_recipe_is_run() -> None:
    assert list(RECIPES) == [
        "A script",
        "A FastAPI application",
        "A fixture for pytest",
        "Tokens that expire",
        "Filling the gap after an outage",
    ]
    assert TEXT.count("```python\n") == len(RECIPES)


def test_the_script_ends_cleanly_at_ctrl_c(trading_server: TradingServer) -> None:
    with market(trading_server), running(recipe("A script", trading_server)) as script:
        assert line(script.stdout) == "1.5"
        script.send_signal(signal.SIGINT)
        finish(script)
    seen = trading_server.admin.state()
    assert seen["received"] == {"bars.subscribe": 1, "bars.unsubscribe": 1}


ASK_THE_APPLICATION = """
import json, socket, threading, urllib.request
import uvicorn

listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
serving.start()
answer = None
while answer is None:
    with urllib.request.urlopen(f"http://127.0.0.1:{listener.getsockname()[1]}/bars/AAPL", timeout=10) as response:
        answer = json.load(response)
print(answer["close"])
server.should_exit = True
serving.join()
"""


def test_the_application_runs_with_fastapi(trading_server: TradingServer) -> None:
    code = recipe("A FastAPI application", trading_server) + ASK_THE_APPLICATION
    with market(trading_server), running(code, str(environment(REQUIREMENTS))) as application:
        assert finish(application) == "1.5\n"
    seen = trading_server.admin.state()
    assert seen["received"] == {"bars.subscribe": 1, "bars.unsubscribe": 1}


def test_the_fixture_serves_a_test(tmp_path: Path) -> None:
    (tmp_path / "test_prices.py").write_text(recipe("A fixture for pytest"), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nfilterwarnings = error\npythonpath = {PACKAGES}\nasyncio_default_fixture_loop_scope = function\n",
        encoding="utf-8",
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_prices.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout
    assert "3 passed" in run.stdout


FETCH_TOKENS = """
import asyncio
from trading import TradingClient

tokens = iter(["first", "second"])


async def fetch() -> str:
    return next(tokens)


async def main() -> None:
    kept = Tokens(fetch)
    async with TradingClient("URL", headers=kept.headers) as one, TradingClient("URL", headers=kept.headers) as two:
        await one.ping()
        await two.ping()
        print(one.connection.stats.attempts, two.connection.stats.attempts)


asyncio.run(main())
"""


def test_a_refused_token_is_fetched_anew(trading_server: TradingServer) -> None:
    trading_server.admin.mode(token="second")
    with running(recipe("Tokens that expire") + FETCH_TOKENS.replace("URL", trading_server.url)) as program:
        assert finish(program) == "2 2\n"
    assert trading_server.admin.state()["received"] == {"ping": 2}


FOLLOW = """
async def load(symbol: str) -> None:
    print("loaded", symbol, flush=True)


async def main() -> None:
    async with TradingClient("URL") as trading:
        await follow(trading, "AAPL", lambda bar: None, load)


asyncio.run(main())
"""


def test_the_gap_is_filled_after_an_outage(trading_server: TradingServer) -> None:
    code = recipe("Filling the gap after an outage") + FOLLOW.replace("URL", trading_server.url)
    with running(code) as program:
        assert line(program.stdout) == "loaded AAPL"
        trading_server.admin.kick(1012)
        assert line(program.stdout) == "loaded AAPL"
        trading_server.admin.kick(4400, "enough")
        _, complaints = program.communicate(timeout=30)
    assert "ConnectionLost: the connection was lost with code 4400 (enough)" in complaints


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after some words, without its head."""
    table = re.search(r"(?:^\|.*\n)+", TEXT[TEXT.index(after) :], re.M)
    assert table is not None
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table[0].splitlines()[2:]]


def test_every_option_and_its_default_are_there() -> None:
    table = {name: row[1] for row in rows("## Options") for name in re.findall(r"`(\w+)`", row[0])}
    assert set(table) == set(ConnectionOptions.__annotations__)
    defaults = SessionOptions()
    numbers = {name: getattr(defaults, name) for name in ("timeout", "open_timeout", "max_attempts", "ttl")}
    assert {name: float(table[name]) for name in numbers} == numbers
    assert float(table["connect_timeout"]) == defaults.patience
    assert table["on_disconnect"] == f'`"{defaults.on_disconnect}"`'
    assert (table["heartbeat"], table["max_silence"]) == ("none", "none")


def test_the_delays_are_those_of_the_code() -> None:
    (first, again) = (cell.split(", ") for cell in rows("### Connecting and trying again")[0][1:])
    options = SessionOptions()
    assert [float(delay) for delay in first[:5]] == list(options.retry.delays)
    listed = [options.listed_delay(attempt) for attempt in range(1, 9)]
    expected = [(delay / 2, delay) if delay else (0.0, 0.5) for delay in listed]
    assert [tuple(float(end) for end in delay.split("–")) for delay in again[:8]] == expected


def failure(words: str, number: int) -> Exception:
    return HandshakeRejected(number) if words.startswith("handshake") else ConnectionLost(number, "", "maybe")


def test_what_is_worth_another_attempt_is_what_the_code_says() -> None:
    judged = {
        (words.split()[0], int(number)): verdict
        for words, verdict in rows("What is worth another attempt")
        for number in re.findall(r"(?<!from )(?<!to )\b\d{3,4}\b", words)
    }
    assert len(judged) > 30
    for (what, number), told in judged.items():
        verdict = judge(failure(what, number))
        assert told.split(",")[0] == verdict.action, number
        assert ("ERROR" in told) == (verdict.level == "error"), number


def test_every_error_is_in_the_table() -> None:
    told = [re.findall(r"`(\w+)`", row[0])[0] for row in rows("## Errors")]
    assert sorted(told) == sorted(set(errors.__all__) - {"WsgenError"})


def test_the_diagrams_are_up_to_date() -> None:
    assert with_diagrams(TEXT) == TEXT, "`make regen` draws them anew"


def test_the_diagram_of_a_subscription_leaves_out_what_changes_nothing() -> None:
    edges = [row for row in subscription_diagram().splitlines() if "-->" in row]
    assert "    wanted_held --> unwanted_releasing: left / release" in edges
    assert not [row for row in edges if re.match(r" *(\w+) --> \1: (?!.* / )", row)]
    table: dict[tuple[bool, Held, Happening], Any] = {**TABLE}
    table[True, Held.ASKED, Happening.REFUSED] = (Held.HELD, Act.CONFIRM)
    assert "    wanted_asked --> wanted_held: confirmed / confirm, refused / confirm" in subscription_diagram(table)


def test_a_closed_connection_has_no_way_out() -> None:
    edges = [row.strip() for row in connection_diagram().splitlines() if "-->" in row]
    assert "CONNECTED --> RECONNECTING: the connection ends" in edges
    assert not [row for row in edges if row.startswith("CLOSED")]
