"""The transports' own tests, with the older versions of `websockets` that the runtime supports."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from wsgen_runtime.shell.dispatching import DISPATCHING_MAJORS

from tests.environments import environment

HERE = Path(__file__).parent
TESTS = [str(HERE / f"test_transport_{name}.py") for name in ("handshake", "sockets", "flow")]


@pytest.mark.parametrize("major", DISPATCHING_MAJORS[:-1])
def test_both_transports_keep_their_rules_with_websockets(major: int) -> None:
    tools = ("pytest>=8.2", "pytest-asyncio>=0.25", "hypothesis>=6.100")
    python = environment((f"websockets=={major}.*", *tools))
    result = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=HERE.parents[1],
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    assert " passed" in result.stdout
