"""Fixtures for the tests of TypeScript."""

from __future__ import annotations

import os

import pytest

from .tools import NodeTools, Unavailable, install


@pytest.fixture(scope="session")
def node_tools() -> NodeTools:
    """Node with `tsc`, esbuild and prettier. Without Node the tests are left out, but not in CI."""
    try:
        return install()
    except Unavailable as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
