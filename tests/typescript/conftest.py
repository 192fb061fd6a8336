"""Fixtures for the tests of TypeScript."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .other import Other, process
from .platforms import there
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


@pytest.fixture(scope="module", params=["own", "22"])
def node(request: pytest.FixtureRequest, node_tools: NodeTools) -> str:
    """Node: the one on the path, and the one of the packages."""
    return there(f"Node {request.param}", node_tools.nodes[request.param])


@pytest.fixture(scope="module")
def other(node_tools: NodeTools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    """The session in TypeScript."""
    with process(node_tools, tmp_path_factory.mktemp("steps")) as running:
        yield running
