"""The command line, as it is typed in some folder."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from wsgen.cli import main

__all__ = ["QUOTES", "TRADES", "WSGEN", "Run", "wsgen"]

WSGEN = [sys.executable, "-m", "wsgen.cli"]

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

TRADES = QUOTES.replace("Quotes", "Trades").replace("quotes", "trades")


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def wsgen(folder: Path, *arguments: str, text: str | None = None) -> Run:
    """Run `wsgen` in a folder, with `text` on its standard input. No traceback ever escapes."""
    if text is not None or "--jobs" in arguments:
        command = [*WSGEN, *arguments]
        run = subprocess.run(command, cwd=folder, input=text, capture_output=True, encoding="utf-8")
        found = Run(run.returncode, run.stdout, run.stderr)
    else:
        out, err = io.StringIO(), io.StringIO()
        with chdir(folder), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
            main(list(arguments))
        assert isinstance(end.value.code, int)
        found = Run(end.value.code, out.getvalue(), err.getvalue())
    assert "Traceback" not in found.err
    return found
