"""`wsgen build --watch` as a process, with files that really change."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wsgen.cli.watching import watched

QUOTES = """\
asyncapi: 2.6.0
info: {title: Quotes, version: 1.0.0}
channels:
  /quotes:
    subscribe: {message: {name: quote, payload: {$ref: schemas/quote.yaml}}}
"""
QUOTE = "{type: object, properties: {bid: {type: number}}}\n"
PATIENCE = 60
"""Seconds for a line; on a machine with nothing else to do it takes less than one."""


class Watching:
    """A running process, and the lines that it prints."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wsgen.cli", "build", "--watch", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def until(self, start: str) -> list[str]:
        """The lines up to one that begins with `start`."""
        found: list[str] = []
        while not (found and found[-1].startswith(start)):
            try:
                found.append(self.lines.get(timeout=PATIENCE))
            except queue.Empty:
                raise AssertionError(f"no line begins with {start!r} among {found}") from None
        return found

    def built(self) -> str:
        return "\n".join(self.until("watching "))


Start = Callable[..., Watching]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.chdir(tmp_path)
    save("specs/quotes.yaml", QUOTES)
    save("specs/schemas/quote.yaml", QUOTE)
    running: list[Watching] = []

    def start(*arguments: str) -> Watching:
        running.append(Watching(*arguments))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.wait()
        assert each.process.stdout is not None
        each.process.stdout.close()


def save(path: str, text: str) -> None:
    """As editors do: beside the file first, then in its place."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}~").write_text(text, "utf-8")
    Path(f"{path}~").replace(path)


def models(folder: str = "quotes") -> str:
    return Path(folder, "models.py").read_text("utf-8")


def test_documents_and_what_they_refer_to(start: Start) -> None:
    run = start("specs/quotes.yaml", "-o", "quotes")
    assert "specs/quotes.yaml → quotes/" in run.built()
    save("specs/schemas/quote.yaml", QUOTE.replace("bid", "ask"))
    assert "specs/schemas/quote.yaml" in run.until("changed: ")[-1]
    run.built()
    assert "ask:" in models()
    save("specs/quotes.yaml", QUOTES.replace("schemas/quote.yaml", "schemas/other.yaml"))
    assert "WSG301" in run.built()
    save("specs/schemas/other.yaml", QUOTE.replace("bid", "last"))
    assert "specs/schemas/other.yaml" in run.until("changed: ")[-1]
    run.built()
    assert "last:" in models()


def test_an_error_is_shown_and_the_last_good_output_kept(start: Start) -> None:
    run = start("specs/quotes.yaml", "-o", "quotes")
    run.built()
    before = {path: path.read_bytes() for path in Path("quotes").rglob("*") if path.is_file()}
    save("specs/quotes.yaml", "asyncapi: [")
    shown = run.built()
    assert "error[WSG105]" in shown
    assert "the last good output is kept; Ctrl-C ends" in shown
    assert {path: path.read_bytes() for path in Path("quotes").rglob("*") if path.is_file()} == before
    save("specs/quotes.yaml", QUOTES.replace("name: quote", "name: tick"))
    assert "kept" not in run.built()


def test_the_configuration_and_its_patterns(start: Start) -> None:
    save("wsgen.toml", '[[client]]\ninput = "specs/*.yaml"\n')
    run = start()
    run.built()
    assert not Path("trades").exists()
    save("specs/trades.yaml", QUOTES.replace("Quotes", "Trades"))
    assert run.until("changed: ")[-1].startswith("changed: specs/")
    assert "specs/trades.yaml → trades/" in run.built()
    Path("specs/quotes.yaml").unlink()
    run.until("changed: ")
    assert "specs/quotes.yaml" not in run.built()
    save("wsgen.toml", '[[client]]\ninput = "specs/trades.yaml"\noutput = "other"\n')
    assert run.until("changed: ")[-1] == "changed: wsgen.toml"
    run.built()
    assert "bid:" in models("other")
    save("wsgen.toml", "nonsense = 1\n")
    assert "WSG902" in run.built()
    save("wsgen.toml", '[[client]]\ninput = "specs/trades.yaml"\noutput = "third"\n')
    run.built()
    assert "bid:" in models("third")


def test_the_package_of_an_application(start: Start) -> None:
    save("shop/__init__.py", "")
    save("shop/names.py", 'TITLE = "One"\n')
    save(
        "shop/app.py",
        "from .names import TITLE\n"
        'channels = {"/q": {"subscribe": {"message": {"name": "quote", "payload": {"type": "object"}}}}}\n'
        'document = {"asyncapi": "2.6.0", "info": {"title": TITLE, "version": "1"}, "channels": channels}\n',
    )
    run = start("shop.app:document")
    assert "shop.app:document → one/" in run.built()
    save("shop/names.py", 'TITLE = "Two"\n')
    assert "shop.app:document → two/" in run.built()


def test_it_ends_cleanly(start: Start) -> None:
    run = start("specs/quotes.yaml", "-o", "quotes")
    run.built()
    run.process.send_signal(signal.SIGINT)
    assert run.until("no longer watching")
    assert run.process.wait(PATIENCE) == 0


def test_what_is_not_on_the_disk_is_told(start: Start) -> None:
    run = start("http://127.0.0.1:9/x.yaml")
    assert "WSG112" in run.built()
    assert run.until("  not watched: ") == ["  not watched: http://127.0.0.1:9/x.yaml"]


def test_all_files_of_a_document_are_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save("specs/quotes.yaml", QUOTES)
    save("specs/schemas/quote.yaml", "allOf: [{$ref: more.yaml}, {$ref: missing.yaml#/A}, {$ref: '#/x'}]\n")
    save("specs/schemas/more.yaml", "{$ref: ../quotes.yaml}\n")
    found = watched(["specs/quotes.yaml"], None, None)
    assert {path.as_posix() for path in found.files if "specs" in path.parts} == {
        "specs/quotes.yaml",
        "specs/schemas/quote.yaml",
        "specs/schemas/more.yaml",
        "specs/schemas/missing.yaml",
    }
    before = found.state()
    os.utime("specs/schemas/more.yaml", ns=(1, 1))
    assert found.state() != before
