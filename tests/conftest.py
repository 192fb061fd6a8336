"""Fixtures for all tests."""

from __future__ import annotations

import importlib
import random
from collections.abc import Generator

import hypothesis
import pytest

from tests.servers import TradingServer
from tests.servers import trading_server as run_trading_server

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--example", help="a folder whose packages take the place of those in generated_example/python")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give random tests a seed that is known, so that a failure in CI can be had again."""
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(random.randrange(2**32))
    example: str | None = config.getoption("--example")
    if example is not None:
        examples = importlib.import_module("generated_example.python")
        examples.__path__ = [example, *examples.__path__]


def pytest_report_header(config: pytest.Config) -> str:
    return f"random tests: --hypothesis-seed={config.getoption('--hypothesis-seed')}"


@pytest.fixture(scope="session")
def trading_process() -> Generator[TradingServer]:
    """The trading server's process, for the whole run."""
    with run_trading_server() as server:
        yield server


@pytest.fixture
def trading_server(trading_process: TradingServer) -> TradingServer:
    """A real FastWS server on a port of 127.0.0.1, without connections, counters or special modes."""
    trading_process.renew()
    return trading_process
