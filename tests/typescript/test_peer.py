"""The known failures of clients of this pattern, in TypeScript, on every platform, against a real FastWS server."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.servers import TradingServer

from .node_tests import bundled, named, report, run_with
from .platforms import PLATFORMS, command
from .tools import HERE, NodeTools

PEER = HERE / "peer.ts"


@pytest.fixture(scope="module", params=PLATFORMS)
def results(
    request: pytest.FixtureRequest,
    node_tools: NodeTools,
    trading_process: TradingServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, str]:
    program = command(node_tools, request.param)
    script = bundled(node_tools, tmp_path_factory.mktemp("peer"), [PEER])
    trading_process.renew()
    port = trading_process.url.split(":")[2].split("/")[0]
    found = run_with(program, script, port, PLATFORMS[request.param])
    trading_process.renew()
    return found


def test_all_thirteen_are_there() -> None:
    assert [name.split()[0] for name in named(PEER, "against")] == [f"T{number}" for number in range(1, 14)]


@pytest.mark.parametrize("name", named(PEER, "against"), ids=lambda name: name.replace(" ", "-"))
def test_it_does_not_happen(name: str, results: Mapping[str, str]) -> None:
    assert results.get(name) == "ok", report(results[""], name)
